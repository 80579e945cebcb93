//! Which item of an instruction an output belongs to, where the instruction has several.
//!
//! An item has one output of a generator. The first item fits whose outputs of the wanted generators are absent or equal; it is
//! found without looking at all items, since an instruction may have thousands.

use std::collections::HashMap;

/// The items of one instruction, numbered from 0.
#[derive(Debug, Default)]
pub(super) struct InstructionItems {
    generators: HashMap<String, Outputs>,
    /// The ids of the items.
    pub(super) ids: Vec<String>,
}

/// The outputs of one generator in the items of an instruction.
#[derive(Debug, Default)]
struct Outputs {
    /// The items with an output, by the output, in order.
    of_text: HashMap<String, Vec<usize>>,
    /// Whether an item has an output; the items that follow have none.
    has_output: Vec<bool>,
    /// The first item without an output.
    free: usize,
}

impl InstructionItems {
    /// Returns the first item, from one on, that has these outputs or no other of their generators, and that `fits`; the
    /// number of items if there is none.
    pub(super) fn find(
        &self,
        outputs: &[(&str, &str)],
        from: usize,
        mut fits: impl FnMut(usize) -> bool,
    ) -> usize {
        let mut known: Vec<(usize, &[usize], &Outputs, &str)> = Vec::new();
        for (generator, output) in outputs {
            if let Some(of) = self.generators.get(*generator) {
                let equal = of.of_text.get(*output).map_or(&[][..], Vec::as_slice);
                known.push((of.free, equal, of, *output));
            }
        }
        // Up to the first free item of a generator, only items with the same output fit.
        known.sort_by_key(|(free, ..)| *free);
        let allows = |item: usize| {
            known.iter().all(|(_, equal, of, _)| {
                !of.has_output.get(item).copied().unwrap_or(false)
                    || equal.binary_search(&item).is_ok()
            })
        };
        let mut begin = from;
        for at in 0..known.len() {
            let end = known[at].0;
            let shortest = known[at..].iter().map(|(_, equal, ..)| *equal);
            let Some(shortest) = shortest.min_by_key(|equal| equal.len()) else { break };
            let first = shortest.partition_point(|item| *item < begin);
            let candidates = shortest[first..].iter().copied().take_while(|item| *item < end);
            for item in candidates {
                if fits(item) && allows(item) {
                    return item;
                }
            }
            begin = begin.max(end);
        }
        (begin..self.ids.len()).find(|item| fits(*item) && allows(*item)).unwrap_or(self.ids.len())
    }

    /// Notes that an item has an output.
    pub(super) fn set(&mut self, item: usize, generator: &str, output: &str) {
        let of = self.generators.entry(generator.to_owned()).or_default();
        if of.has_output.len() <= item {
            of.has_output.resize(item + 1, false);
        }
        if std::mem::replace(&mut of.has_output[item], true) {
            return;
        }
        let items = of.of_text.entry(output.to_owned()).or_default();
        let place = items.partition_point(|known| *known < item);
        items.insert(place, item);
        while of.has_output.get(of.free).copied().unwrap_or(false) {
            of.free += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::InstructionItems;

    /// Places pairs of outputs of two generators, one after the other, and counts the items that were looked at.
    fn place(pairs: impl Iterator<Item = [String; 2]>) -> (Vec<usize>, usize) {
        let (mut items, mut looked_at, mut placed) = (InstructionItems::default(), 0, Vec::new());
        for [one, other] in pairs {
            let outputs = [("one", one.as_str()), ("other", other.as_str())];
            let item = items.find(&outputs, 0, |_| {
                looked_at += 1;
                true
            });
            if item == items.ids.len() {
                items.ids.push(item.to_string());
            }
            for (generator, output) in outputs {
                items.set(item, generator, output);
            }
            placed.push(item);
        }
        (placed, looked_at)
    }

    #[test]
    fn an_item_has_one_output_of_a_generator() {
        let pairs = [["a", "x"], ["a", "y"], ["b", "x"], ["a", "x"], ["b", "y"], ["a", "y"]];
        let (placed, _) = place(pairs.iter().map(|pair| pair.map(str::to_owned)));
        assert_eq!(placed, [0, 1, 2, 0, 3, 1]);
    }

    #[test]
    fn an_output_joins_the_first_item_that_has_none_of_its_generator() {
        let mut items = InstructionItems {
            ids: vec!["0".into(), "1".into(), "2".into()],
            ..Default::default()
        };
        items.set(0, "one", "a");
        items.set(2, "one", "b");
        assert_eq!(items.find(&[("one", "c")], 0, |_| true), 1);
        assert_eq!(
            items.find(&[("one", "b")], 0, |_| true),
            1,
            "the first, not that with the same"
        );
        items.set(1, "one", "c");
        assert_eq!(items.find(&[("one", "b")], 0, |_| true), 2);
        assert_eq!(items.find(&[("one", "d")], 0, |_| true), 3);
        assert_eq!(items.find(&[("new", "d")], 1, |_| true), 1);
        assert_eq!(items.find(&[("one", "c"), ("new", "d")], 0, |_| true), 1);
    }

    #[test]
    fn thousands_of_outputs_are_not_compared_with_each_other() {
        let count = 3000;
        for (one, other) in [(1, count), (count, 1), (count, count), (2, count)] {
            let pairs = (0..count).map(|at| [(at % one).to_string(), (at % other).to_string()]);
            let (placed, looked_at) = place(pairs);
            assert_eq!(placed.last(), Some(&(count - 1)));
            assert!(looked_at <= count, "{looked_at} items were looked at for {one} and {other}");
        }
    }
}
