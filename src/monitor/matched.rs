//! The comparisons of two entries, by what has changed between them.
//!
//! What the judge says of texts that did not change shows the judge; of the same item with other responses, the
//! systems; and new items show the traffic.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::entry::{Entry, EntryComparison, EntryItem};

/// What has changed in a comparison since the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing: item and responses are those of the baseline.
    Anchor,
    /// The responses, or one of them.
    Responses,
    /// The item: it is new, or its prompt, reference or context is another one.
    Item,
    /// The item is that of the baseline, which has no such pair of systems.
    Pair,
}

/// Two entries with the comparisons of the later one by what has changed.
#[derive(Debug)]
pub(super) struct Matched<'a> {
    pub(super) before: &'a Entry,
    pub(super) after: &'a Entry,
    /// By comparison of the later entry: what has changed, and the comparison of the earlier one with the same item and
    /// systems.
    pub(super) changes: Vec<(Change, Option<&'a EntryComparison>)>,
    /// By item of the later entry: whether the earlier one has it with the same text.
    pub(super) is_known: Vec<bool>,
    /// Items of the later entry with an id of the earlier one and another text.
    pub(super) items_changed: u64,
    /// Items of the earlier entry that the later one does not have.
    pub(super) items_gone: u64,
}

/// The comparisons of an entry by item and systems.
pub(super) type Index<'a> = HashMap<(&'a str, &'a [String; 2]), &'a EntryComparison>;

/// Returns the comparisons of an entry by item and systems.
pub(super) fn index(entry: &Entry) -> Index<'_> {
    let comparisons = entry.comparisons.iter();
    comparisons.map(|one| ((entry.item(one).id.as_str(), &one.between), one)).collect()
}

impl<'a> Matched<'a> {
    /// Compares an entry with an earlier one.
    pub(super) fn of(before: &'a Entry, after: &'a Entry) -> Self {
        let items: HashMap<&str, &EntryItem> =
            before.items.iter().map(|item| (item.id.as_str(), item)).collect();
        let comparisons = index(before);
        let of_comparison = |one: &EntryComparison| {
            let item = after.item(one);
            let known = items.get(item.id.as_str()).filter(|known| known.text == item.text);
            if known.is_none() {
                return (Change::Item, None);
            }
            match comparisons.get(&(item.id.as_str(), &one.between)) {
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
            changes: after.comparisons.iter().map(of_comparison).collect(),
            is_known: after.items.iter().map(|item| text(item) == Some(true)).collect(),
            items_changed: after.items.iter().filter(|item| text(item) == Some(false)).count()
                as u64,
            items_gone: before.items.iter().filter(|item| !here.contains(item.id.as_str())).count()
                as u64,
        }
    }

    /// Returns the comparisons with one change, each with that of the earlier entry where it has one.
    pub(super) fn with(
        &self,
        change: Change,
    ) -> impl Iterator<Item = (&'a EntryComparison, Option<&'a EntryComparison>)> + '_ {
        let all = self.after.comparisons.iter().zip(&self.changes);
        all.filter(move |(_, (found, _))| *found == change)
            .map(|(after, (_, before))| (after, *before))
    }

    /// Returns the comparisons with one change that both entries have answered.
    pub(super) fn answered(
        &self,
        change: Change,
    ) -> impl Iterator<Item = (&'a EntryComparison, &'a EntryComparison)> + '_ {
        let both = self.with(change).filter_map(|(after, before)| Some((before?, after)));
        both.filter(|(before, after)| before.is_answered() && after.is_answered())
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
