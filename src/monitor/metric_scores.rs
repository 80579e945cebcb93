//! The scores of metrics that two entries share, of responses to the same items that have changed.

use std::collections::HashMap;

use super::entry::{Entry, EntryMetric};
use super::matched::Matched;

/// A metric with the same settings in the baseline and now.
#[derive(Clone, Copy)]
pub(super) struct SharedMetric<'a> {
    pub(super) before: &'a EntryMetric,
    pub(super) after: &'a EntryMetric,
}

impl<'a> SharedMetric<'a> {
    /// Returns the metrics that two entries share.
    pub(super) fn all(before: &'a Entry, after: &'a Entry) -> Vec<Self> {
        let shared = |after: &'a EntryMetric| {
            let before = before.metrics.iter().find(|before| is_same(before, after))?;
            Some(Self { before, after })
        };
        after.metrics.iter().filter_map(shared).collect()
    }

    /// Returns the systems of which both entries have a score.
    pub(super) fn systems(&self) -> Vec<&'a str> {
        let is_known = |system: &str| self.before.systems.iter().any(|one| one.system == system);
        let systems = self.after.systems.iter().map(|one| one.system.as_str());
        systems.filter(|system| is_known(system)).collect()
    }
}

/// Returns whether two metrics are the same with the same settings, so that their scores can be compared.
pub(super) fn is_same(one: &EntryMetric, other: &EntryMetric) -> bool {
    (&one.metric, &one.signature) == (&other.metric, &other.signature)
}

/// The scores of a response that has changed, in the baseline and now.
#[derive(Debug, Clone, Copy)]
pub(super) struct ScorePair<'a> {
    /// The place of its item in the later entry.
    pub(super) item: u32,
    /// What the later response is known by: the digest of its item, the system, its own digest.
    pub(super) response: [&'a str; 3],
    pub(super) before: f64,
    pub(super) after: f64,
}

/// The responses of the later entry that are not those of the baseline to the same item.
pub(super) struct ChangedResponses<'a> {
    /// By the id of the item and the system: the place of the item, and what the later response is known by.
    known: HashMap<(&'a str, &'a str), (u32, [&'a str; 3])>,
}

impl<'a> ChangedResponses<'a> {
    /// Finds them. An item with another text is another item, whatever its id.
    pub(super) fn of(matched: &Matched<'a>) -> Self {
        let (before, after) = (matched.before, matched.after);
        let mut earlier: HashMap<(&str, &str), &str> = HashMap::new();
        for one in &before.units {
            let id = before.item(one).id.as_str();
            for (system, digest) in one.systems.iter().zip(&one.responses) {
                earlier.insert((id, system), digest);
            }
        }
        let mut known = HashMap::new();
        for one in after.units.iter().filter(|one| matched.is_known[one.item as usize]) {
            let item = after.item(one);
            for (system, digest) in one.systems.iter().zip(&one.responses) {
                let key = (item.id.as_str(), system.as_str());
                if earlier.get(&key).is_some_and(|earlier| earlier != digest) {
                    known.insert(
                        key,
                        (one.item, [item.text.as_str(), system.as_str(), digest.as_str()]),
                    );
                }
            }
        }
        Self { known }
    }

    /// Returns the scores of the responses of one system that have one in both entries, by item.
    pub(super) fn scores(&self, metric: SharedMetric<'a>, system: &str) -> Vec<ScorePair<'a>> {
        let of_system = |scores: &'a EntryMetric| {
            let items = scores.items.iter().filter(|one| one.system == system);
            items.map(|one| (one.id.as_str(), one.value))
        };
        let before: HashMap<&str, f64> = of_system(metric.before).collect();
        let pair = |(id, after): (&'a str, f64)| {
            let (item, response) = *self.known.get(&(id, system))?;
            Some(ScorePair { item, response, before: *before.get(id)?, after })
        };
        let mut found: Vec<ScorePair<'a>> = of_system(metric.after).filter_map(pair).collect();
        found.sort_by_key(|one| one.item);
        found.dedup_by_key(|one| one.item);
        found
    }
}
