//! Whether the systems have changed: what the judge says of their other responses, and what metrics say.

use std::collections::BTreeMap;

use serde::Serialize;

use super::entry::EntryUnit;
use super::judge_drift::{RateDrift, rate_drifts};
use super::matched::{Both, Change, Matched};
use super::metric_drift::{MetricsDrift, metric_drift};
use super::new_items::{sample_of_baseline, sample_of_new_items};
use super::rated::{Rated, rates, worth};
use super::two_samples::independent;
use super::weights::WeightedMean;
use crate::calibration::CONFIDENCE;
use crate::stats::Estimate;

/// Fewer items than this are no slice.
const LEAST_OF_SLICE: usize = 10;

/// What has changed in the systems since the baseline.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct SystemDrift {
    /// What is of items of the baseline, has other responses, and both runs have answered: comparisons, or responses.
    #[serde(rename = "comparisons")]
    pub units: u64,
    /// The rates on the same items with other responses, paired by item.
    pub changed_responses: Vec<RateDrift>,
    /// The same by tag, where a value of a tag has at least ten items. The intervals are not adjusted for their number.
    pub by_tag: Vec<TagDrift>,
    /// The rates on items that are new or have other texts, against the items of the baseline that are not in this run.
    /// They show systems and traffic together. Where the items were drawn with known probabilities, they are weighted.
    pub new_items: Vec<RateDrift>,
    /// Scores of metrics, which do not depend on the judge.
    #[serde(flatten)]
    pub metrics: MetricsDrift,
}

/// A rate on items with one value of a tag.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct TagDrift {
    /// The tag.
    pub tag: String,
    /// Its value.
    pub value: String,
    /// The rate.
    #[serde(flatten)]
    pub drift: RateDrift,
}

/// Compares the systems.
pub(super) fn system_drift(matched: &Matched<'_>) -> SystemDrift {
    let changed: Vec<Both<'_>> = matched.answered(Change::Responses).collect();
    SystemDrift {
        units: changed.len() as u64,
        changed_responses: rate_drifts(matched, &changed),
        by_tag: by_tag(matched, &changed),
        new_items: new_items(matched),
        metrics: metric_drift(matched, LEAST_OF_SLICE),
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
        let drifts = rate_drifts(matched, &group).into_iter();
        found.extend(
            drifts.filter(|one| one.rate.after.n >= LEAST_OF_SLICE as u64).map(|drift| TagDrift {
                tag: tag.to_owned(),
                value: value.to_owned(),
                drift,
            }),
        );
    }
    found
}

fn new_items(matched: &Matched<'_>) -> Vec<RateDrift> {
    let drift = |rated: Rated| {
        let is_here = |one: &EntryUnit| one.is_answered() && one.systems == rated.systems;
        let new: Vec<&EntryUnit> =
            matched.with(Change::Item).map(|(one, _)| one).filter(|one| is_here(one)).collect();
        let value =
            |one: &EntryUnit| Some((one.item, worth(one, rated.side).filter(|_| is_here(one))?));
        let mean = |values: Vec<(f64, f64)>| {
            WeightedMean::of(&values)
                .map_or(Estimate::undefined(0), |mean| mean.estimate(CONFIDENCE))
        };
        let after = mean(sample_of_new_items(matched, value, None)?);
        let before = mean(sample_of_baseline(matched, value, LEAST_OF_SLICE)?);
        (!new.is_empty()).then(|| RateDrift {
            system: rated.system().to_owned(),
            units: new.len() as u64,
            left_out: new.iter().filter(|one| one.score.is_none()).count() as u64,
            rate: independent(before, after),
            systems: rated.systems,
        })
    };
    rates(matched.after).into_iter().filter_map(drift).collect()
}
