//! Slices of the items by tag: what adds up in each, as many as there is room for.

use std::collections::BTreeMap;

use super::groups::{Groups, MOST_OF_SLICE};

/// Most values of a tag that make slices.
const MOST_VALUES: usize = 50;
/// Most slices of all tags together.
const MOST_SLICES: usize = 200;

/// What adds up in each slice, by family of metrics.
#[derive(Debug, Default)]
pub(super) struct Slices {
    /// By tag and value; `None` for a tag with too many values.
    tags: BTreeMap<String, Option<BTreeMap<String, Vec<Groups>>>>,
    count: usize,
    /// Whether there were more than there is room for.
    pub(super) left_out: bool,
}

impl Slices {
    /// Returns where a slice adds up; `None` for one that is left out.
    pub(super) fn of(
        &mut self,
        tag: &str,
        value: &str,
        families: usize,
    ) -> Option<&mut Vec<Groups>> {
        let values = self.tags.get_mut(tag);
        let is_new = match &values {
            Some(None) => return None,
            Some(Some(values)) if values.contains_key(value) => false,
            Some(Some(values)) if values.len() >= MOST_VALUES => {
                self.count -= values.len();
                self.tags.insert(tag.to_owned(), None);
                return None;
            }
            None | Some(Some(_)) => true,
        };
        if is_new {
            // Once one was left out none is let in: its first items would be missing.
            self.left_out |= self.count >= MOST_SLICES;
            if self.left_out {
                return None;
            }
            self.count += 1;
            let groups = std::iter::repeat_with(|| Groups::of(MOST_OF_SLICE)).take(families);
            let values = self.tags.entry(tag.to_owned()).or_insert_with(|| Some(BTreeMap::new()));
            values.as_mut()?.insert(value.to_owned(), groups.collect());
        }
        self.tags.get_mut(tag)?.as_mut()?.get_mut(value)
    }

    /// Returns what adds up in each slice, by family.
    pub(super) fn groups(&mut self) -> impl Iterator<Item = &mut Vec<Groups>> {
        self.tags.values_mut().flatten().flat_map(BTreeMap::values_mut)
    }

    /// Returns every slice, but for tags with one value only, which is no slice: tag, value, sums.
    pub(super) fn all(&self) -> Vec<(&str, &str, &[Groups])> {
        let tags = self.tags.iter().filter_map(|(tag, values)| Some((tag, values.as_ref()?)));
        let sliced = tags.filter(|(_, values)| values.len() > 1);
        let each = sliced.flat_map(|(tag, values)| {
            values.iter().map(|(value, groups)| (tag.as_str(), value.as_str(), groups.as_slice()))
        });
        each.collect()
    }

    /// Returns the tags with too many values.
    pub(super) fn too_fine(&self) -> impl Iterator<Item = &str> {
        let tags = self.tags.iter().filter(|(_, values)| values.is_none());
        tags.map(|(tag, _)| tag.as_str())
    }
}
