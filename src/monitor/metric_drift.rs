//! What metrics say of the systems. They do not depend on the judge.

use std::collections::BTreeMap;

use serde::Serialize;

use super::entry::{Entry, EntryMetric, SystemScore};
use super::matched::Matched;
use super::metric_scores::{ChangedResponses, ScorePair, SharedMetric, is_same};
use super::two_samples::independent;
use crate::calibration::CONFIDENCE;
use crate::diff::PairedEstimates;
use crate::stats::{Estimate, clustered_mean};

/// What metrics say of the responses that have changed.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct MetricsDrift {
    /// The scores.
    pub metrics: Vec<MetricDrift>,
    /// The same by tag, where a value of a tag has at least ten items. The intervals are not adjusted for their number.
    pub metrics_by_tag: Vec<MetricTagDrift>,
    /// Metrics that only one of the two runs has with these settings, so that they are not compared.
    pub metrics_unmatched: Vec<String>,
    /// Metrics without scores of single responses in one of the two runs, so that no alarm watches them.
    pub metrics_without_items: Vec<String>,
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
    /// Of the responses that changed, those with a lower score than before.
    pub lower: u64,
    /// Those with a higher score.
    pub higher: u64,
    /// The numbers.
    #[serde(flatten)]
    pub score: PairedEstimates,
}

/// The score of a system by a metric on items with one value of a tag.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct MetricTagDrift {
    /// The tag.
    pub tag: String,
    /// Its value.
    pub value: String,
    /// The score.
    #[serde(flatten)]
    pub drift: MetricDrift,
}

/// Compares the scores of metrics. A slice of fewer items than `least` is left out.
pub(super) fn metric_drift(matched: &Matched<'_>, least: usize) -> MetricsDrift {
    let changed = ChangedResponses::of(matched);
    let shared = SharedMetric::all(matched.before, matched.after);
    let without =
        shared.iter().filter(|one| one.before.items.is_empty() || one.after.items.is_empty());
    let mut found = MetricsDrift {
        metrics_unmatched: unmatched(matched.before, matched.after),
        metrics_without_items: without.map(|one| one.after.metric.clone()).collect(),
        ..MetricsDrift::default()
    };
    for metric in shared {
        for system in metric.systems() {
            let pairs = changed.scores(metric, system);
            let drift = |pairs: &[ScorePair<'_>]| {
                (pairs.len() > 1).then(|| of_pairs(metric.after, system, pairs))
            };
            let whole = drift(&pairs).or_else(|| of_totals(metric, system));
            found.metrics.extend(whole);
            let mut groups: BTreeMap<(&str, &str), Vec<ScorePair<'_>>> = BTreeMap::new();
            for one in &pairs {
                for (tag, value) in &matched.after.items[one.item as usize].tags {
                    groups.entry((tag, value)).or_default().push(*one);
                }
            }
            for ((tag, value), group) in groups.iter().filter(|(_, group)| group.len() >= least) {
                found.metrics_by_tag.extend(drift(group).map(|drift| MetricTagDrift {
                    tag: (*tag).to_owned(),
                    value: (*value).to_owned(),
                    drift,
                }));
            }
        }
    }
    found
}

/// Returns the metrics of two entries that only one of them has with the same settings.
fn unmatched(before: &Entry, after: &Entry) -> Vec<String> {
    let only = |one: &Entry, other: &Entry| -> Vec<String> {
        let is_alone =
            |metric: &&EntryMetric| !other.metrics.iter().any(|one| is_same(one, metric));
        one.metrics.iter().filter(is_alone).map(|metric| metric.metric.clone()).collect()
    };
    let mut names = [only(before, after), only(after, before)].concat();
    names.sort();
    names.dedup();
    names
}

fn of_pairs(metric: &EntryMetric, system: &str, pairs: &[ScorePair<'_>]) -> MetricDrift {
    let items: Vec<u32> = pairs.iter().map(|one| one.item).collect();
    let estimate = |value: &dyn Fn(&ScorePair<'_>) -> f64| {
        let values: Vec<f64> = pairs.iter().map(value).collect();
        let n = values.len() as u64;
        clustered_mean(&values, &items, CONFIDENCE)
            .map_or(Estimate::undefined(n), |(mean, interval)| {
                Estimate::of(Some(mean), interval, n)
            })
    };
    MetricDrift {
        metric: metric.metric.clone(),
        system: system.to_owned(),
        is_paired: true,
        lower: pairs.iter().filter(|one| one.after < one.before).count() as u64,
        higher: pairs.iter().filter(|one| one.after > one.before).count() as u64,
        score: PairedEstimates::new(
            estimate(&|one| one.before),
            estimate(&|one| one.after),
            estimate(&|one| one.after - one.before),
        ),
    }
}

/// Returns the difference of the scores over all items of both runs, where no response that has changed can be compared.
fn of_totals(metric: SharedMetric<'_>, system: &str) -> Option<MetricDrift> {
    let score = |scores: &EntryMetric| {
        let of_system = |one: &&SystemScore| one.system == system;
        scores.systems.iter().find(of_system).map(|one| one.score)
    };
    Some(MetricDrift {
        metric: metric.after.metric.clone(),
        system: system.to_owned(),
        is_paired: false,
        lower: 0,
        higher: 0,
        score: independent(score(metric.before)?, score(metric.after)?),
    })
}
