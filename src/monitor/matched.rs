//! The units of two entries, comparisons or graded responses, by what has changed between them.
//!
//! What the judge says of texts that did not change shows the judge; of the same item with other responses, the
//! systems; and new items show the traffic.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::entry::{Entry, EntryItem, EntryUnit};
use super::scales::have_same_steps;

/// What has changed in a unit since the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing: item and responses are those of the baseline.
    Anchor,
    /// The responses, or one of them.
    Responses,
    /// The item: it is new, or its prompt, reference or context is another one.
    Item,
    /// The item is that of the baseline, which has no unit of the same systems for it.
    Pair,
}

/// Two entries with the units of the later one by what has changed.
#[derive(Debug)]
pub(super) struct Matched<'a> {
    pub(super) before: &'a Entry,
    pub(super) after: &'a Entry,
    /// Whether what the judge says in both can be compared: see [`have_same_steps`].
    pub(super) is_comparable: bool,
    /// By unit of the later entry: what has changed, and the unit of the earlier one with the same item and systems.
    pub(super) changes: Vec<(Change, Option<&'a EntryUnit>)>,
    /// By item of the later entry: whether the earlier one has it with the same text.
    pub(super) is_known: Vec<bool>,
    /// Items of the later entry with an id of the earlier one and another text.
    pub(super) items_changed: u64,
    /// Items of the earlier entry that the later one does not have.
    pub(super) items_gone: u64,
}

/// A unit in the baseline and now.
pub(super) type Both<'a> = (&'a EntryUnit, &'a EntryUnit);

/// The units of an entry by item and systems.
pub(super) type Index<'a> = HashMap<(&'a str, &'a Vec<String>), &'a EntryUnit>;

/// Returns the units of an entry by item and systems.
pub(super) fn index(entry: &Entry) -> Index<'_> {
    let units = entry.units.iter();
    units.map(|one| ((entry.item(one).id.as_str(), &one.systems), one)).collect()
}

impl<'a> Matched<'a> {
    /// Compares an entry with an earlier one.
    pub(super) fn of(before: &'a Entry, after: &'a Entry) -> Self {
        let items: HashMap<&str, &EntryItem> =
            before.items.iter().map(|item| (item.id.as_str(), item)).collect();
        let units = index(before);
        let of_unit = |one: &EntryUnit| {
            let item = after.item(one);
            let known = items.get(item.id.as_str()).filter(|known| known.text == item.text);
            if known.is_none() {
                return (Change::Item, None);
            }
            match units.get(&(item.id.as_str(), &one.systems)) {
                None => (Change::Pair, None),
                Some(found) if found.responses == one.responses => (Change::Anchor, Some(*found)),
                Some(found) => (Change::Responses, Some(*found)),
            }
        };
        let here: HashSet<&str> = after.items.iter().map(|item| item.id.as_str()).collect();
        let text =
            |item: &EntryItem| items.get(item.id.as_str()).map(|known| known.text == item.text);
        Self {
            before,
            after,
            is_comparable: have_same_steps(before, after),
            changes: after.units.iter().map(of_unit).collect(),
            is_known: after.items.iter().map(|item| text(item) == Some(true)).collect(),
            items_changed: after.items.iter().filter(|item| text(item) == Some(false)).count()
                as u64,
            items_gone: before.items.iter().filter(|item| !here.contains(item.id.as_str())).count()
                as u64,
        }
    }

    /// Returns the units with one change, each with that of the earlier entry where it has one.
    pub(super) fn with(
        &self,
        change: Change,
    ) -> impl Iterator<Item = (&'a EntryUnit, Option<&'a EntryUnit>)> + '_ {
        let all = self.after.units.iter().zip(&self.changes);
        all.filter(move |(_, (found, _))| *found == change)
            .map(|(after, (_, before))| (after, *before))
    }

    /// As [`answered`](Self::answered), each with its place among the units of the later entry.
    pub(super) fn answered_at(
        &self,
        change: Change,
    ) -> impl Iterator<Item = (usize, &'a EntryUnit, &'a EntryUnit)> + '_ {
        let all = self.after.units.iter().zip(&self.changes).enumerate();
        all.filter_map(move |(at, (after, (found, before)))| {
            let before = (*before).filter(|_| *found == change && self.is_comparable)?;
            (before.is_answered() && after.is_answered()).then_some((at, before, after))
        })
    }

    /// Returns the units with one change that both entries have answered; none if what the judge says cannot be compared.
    pub(super) fn answered(
        &self,
        change: Change,
    ) -> impl Iterator<Item = (&'a EntryUnit, &'a EntryUnit)> + '_ {
        self.answered_at(change).map(|(_, before, after)| (before, after))
    }
}

/// Groups values by a number, in its order: the units of a check are items and not comparisons.
pub(super) fn means_by_item(values: impl IntoIterator<Item = (u32, f64)>) -> BTreeMap<u32, f64> {
    let mut sums: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    for (item, value) in values {
        let (sum, n) = sums.entry(item).or_default();
        *sum += value;
        *n += 1.0;
    }
    sums.into_iter().map(|(item, (sum, n))| (item, (sum / n).clamp(0.0, 1.0))).collect()
}

/// Returns whether two entries are of the same run and judge: they have the same name and beginning, and what both have
/// answered is the same. Runs of the same second in two folders may have the same name.
pub(super) fn is_same_run(one: &Entry, other: &Entry) -> bool {
    let key = |entry: &Entry| {
        let run = &entry.run;
        (run.begun, run.file.clone(), run.rubric_digest.clone(), entry.judge.name.clone())
    };
    one.run.begun == other.run.begun && key(one) == key(other) && is_consistent(one, other)
}

/// Returns whether two entries have an answered unit in common, and all of these are equal.
fn is_consistent(one: &Entry, other: &Entry) -> bool {
    let known = index(other);
    let mut common = one.units.iter().filter_map(|here| {
        let there = known.get(&(one.item(here).id.as_str(), &here.systems))?;
        (here.is_answered() && there.is_answered()).then_some((here, *there))
    });
    let is_equal = |(here, there): (&EntryUnit, &EntryUnit)| {
        here.responses == there.responses
            && here.ended_like(there)
            && here.orders == there.orders
            && one.item(here).text == other.item(there).text
    };
    common.next().is_some_and(is_equal) && common.all(is_equal)
}
