//! Whether the systems have changed: what the judge says of their other responses, and what metrics say.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::entry::{Entry, EntryComparison, EntryMetric};
use super::judge_drift::{PairDrift, win_rates};
use super::matched::{Both, Change, Matched};
use super::streams::{pairs, sample_of_baseline, sample_of_new_items, worth};
use super::weights::WeightedMean;
use crate::diff::PairedEstimates;
use crate::stats::{Estimate, clustered_mean};

/// Fewer items than this are no slice.
const LEAST_OF_SLICE: u64 = 10;
const CONFIDENCE: f64 = 0.95;

/// What has changed in the systems since the baseline.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct SystemDrift {
    /// Comparisons of the items of the baseline with other responses that both runs have answered.
    pub comparisons: u64,
    /// Win rates on the same items with other responses, paired by item.
    pub changed_responses: Vec<PairDrift>,
    /// The same by tag, where a value of a tag has at least ten items. The intervals are not adjusted for their number.
    pub by_tag: Vec<TagDrift>,
    /// Win rates on items that are new or have other texts, against the items of the baseline that are not in this run.
    /// They show systems and traffic together. Where the items were drawn with known probabilities, they are weighted.
    pub new_items: Vec<PairDrift>,
    /// Scores of metrics, which do not depend on the judge.
    pub metrics: Vec<MetricDrift>,
}

/// The win rates on items with one value of a tag.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct TagDrift {
    /// The tag.
    pub tag: String,
    /// Its value.
    pub value: String,
    /// The win rate.
    #[serde(flatten)]
    pub drift: PairDrift,
}

/// The score of a system by a metric.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct MetricDrift {
    /// The metric.
    pub metric: String,
    /// The system.
    pub system: String,
    /// Whether the difference is over the same items, whose responses changed; else it is that of two samples.
    pub is_paired: bool,
    /// The numbers.
    #[serde(flatten)]
    pub score: PairedEstimates,
}

/// Compares the systems.
pub(super) fn system_drift(matched: &Matched<'_>) -> SystemDrift {
    let changed: Vec<Both<'_>> = matched.answered(Change::Responses).collect();
    SystemDrift {
        comparisons: changed.len() as u64,
        changed_responses: win_rates(matched, &changed),
        by_tag: by_tag(matched, &changed),
        new_items: new_items(matched),
        metrics: metrics(matched.before, matched.after),
    }
}

fn by_tag(matched: &Matched<'_>, changed: &[Both<'_>]) -> Vec<TagDrift> {
    let mut groups: BTreeMap<(&str, &str), Vec<Both<'_>>> = BTreeMap::new();
    for both in changed {
        for (tag, value) in &matched.after.item(both.1).tags {
            groups.entry((tag, value)).or_default().push(*both);
        }
    }
    let mut found = Vec::new();
    for ((tag, value), group) in groups {
        let rates = win_rates(matched, &group).into_iter();
        found.extend(
            rates.filter(|one| one.rate.after.n >= LEAST_OF_SLICE).map(|drift| TagDrift {
                tag: tag.to_owned(),
                value: value.to_owned(),
                drift,
            }),
        );
    }
    found
}

fn new_items(matched: &Matched<'_>) -> Vec<PairDrift> {
    let rate = |pair: super::streams::Pair| {
        let value = |one: &EntryComparison| {
            let is_here = one.is_answered() && one.between == pair.between;
            Some((one.item, worth(one, pair.side).filter(|_| is_here)?))
        };
        let after = WeightedMean::of(&sample_of_new_items(matched, value, None)?)?;
        let before = sample_of_baseline(matched, value, LEAST_OF_SLICE as usize)?;
        let before = WeightedMean::of(&before)
            .map_or(Estimate::undefined(0), |mean| mean.estimate(CONFIDENCE));
        Some(PairDrift {
            system: pair.system().to_owned(),
            rate: independent(before, after.estimate(CONFIDENCE)),
            between: pair.between,
        })
    };
    pairs(matched.after).into_iter().filter_map(rate).collect()
}

/// Returns two independent estimates with their difference, whose interval is made from theirs: each end is the root of
/// the sum of the squares of how far the ends of both are away.
pub(super) fn independent(before: Estimate, after: Estimate) -> PairedEstimates {
    let n = before.n.min(after.n);
    let difference = (|| {
        let value = after.value? - before.value?;
        let below = (after.value? - after.low?).hypot(before.high? - before.value?);
        let above = (after.high? - after.value?).hypot(before.value? - before.low?);
        let (low, high) = (Some(value - below), Some(value + above));
        Some(Estimate { value: Some(value), low, high, n })
    })();
    PairedEstimates::new(before, after, difference.unwrap_or(Estimate::undefined(n)))
}

fn metrics(before: &Entry, after: &Entry) -> Vec<MetricDrift> {
    let mut found = Vec::new();
    let responses = [before, after].map(response_digests);
    for now in &after.metrics {
        let is_same =
            |one: &&EntryMetric| (&one.metric, &one.signature) == (&now.metric, &now.signature);
        let Some(earlier) = before.metrics.iter().find(is_same) else { continue };
        for score in &now.systems {
            let system = score.system.as_str();
            let Some(old) = earlier.systems.iter().find(|one| one.system == system) else {
                continue;
            };
            let differences = changed_scores(earlier, now, system, &responses);
            let paired = (differences.len() > 1).then(|| of_scores(&differences));
            found.push(MetricDrift {
                metric: now.metric.clone(),
                system: system.to_owned(),
                is_paired: paired.is_some(),
                score: paired.unwrap_or_else(|| independent(old.score, score.score)),
            });
        }
    }
    found
}

/// Returns the scores of the responses of a system that have changed, before and after.
fn changed_scores(
    before: &EntryMetric,
    after: &EntryMetric,
    system: &str,
    responses: &[HashMap<(&str, &str), &str>; 2],
) -> Vec<[f64; 2]> {
    let of_system = |metric: &EntryMetric| -> HashMap<String, f64> {
        let items = metric.items.iter().filter(|one| one.system == system);
        items.map(|one| (one.id.clone(), one.value)).collect()
    };
    let earlier = of_system(before);
    let changed = |id: &str| {
        let [before, after] = responses.each_ref().map(|known| known.get(&(id, system)));
        matches!((before, after), (Some(before), Some(after)) if before != after)
    };
    let items = after.items.iter().filter(|one| one.system == system && changed(&one.id));
    items.filter_map(|one| Some([*earlier.get(&one.id)?, one.value])).collect()
}

fn of_scores(scores: &[[f64; 2]]) -> PairedEstimates {
    let items: Vec<u32> = (0..scores.len() as u32).collect();
    let estimate = |value: &dyn Fn(&[f64; 2]) -> f64| {
        let values: Vec<f64> = scores.iter().map(value).collect();
        let n = values.len() as u64;
        clustered_mean(&values, &items, CONFIDENCE)
            .map_or(Estimate::undefined(n), |(mean, interval)| {
                Estimate::of(Some(mean), interval, n)
            })
    };
    PairedEstimates::new(
        estimate(&|score| score[0]),
        estimate(&|score| score[1]),
        estimate(&|score| score[1] - score[0]),
    )
}

/// Returns the digest of each response of the items that both entries may share, by item and system. The text of an item
/// is part of the key's meaning: another prompt under the same id is another item.
fn response_digests(entry: &Entry) -> HashMap<(&str, &str), &str> {
    let mut digests = HashMap::new();
    for comparison in &entry.comparisons {
        let item = entry.item(comparison);
        for (system, digest) in comparison.between.iter().zip(&comparison.responses) {
            digests.insert((item.id.as_str(), system.as_str()), digest.as_str());
        }
    }
    digests
}
