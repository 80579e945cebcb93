//! What one entry adds to the watched numbers of metrics: whether responses that have changed have lower scores than those
//! of the baseline, or higher ones.
//!
//! Of scores nothing is known but their order: they may have any range. As long as a system has not changed, its response
//! of the baseline and the one of now could be exchanged, so of the responses with another score half are expected to have
//! a lower one: the sign test. Given the responses of the baseline, which every check is compared with, that share is
//! another one by chance, and varies no more than the mean of as many tosses of a coin. The limit allows for it.

use std::collections::HashSet;

use super::entry::{Entry, EntryMetric};
use super::limits::limit_of_sample;
use super::matched::Matched;
use super::metric_scores::{ChangedResponses, ScorePair, SharedMetric};
use super::one_check::{OneCheck, mean};
use super::stream::{Measure, StreamKind, StreamName};

/// Of fewer responses with another score, nothing is said.
const FEWEST: usize = 10;
/// The share of lower scores as long as nothing has changed.
const HALF: f64 = 0.5;

/// The responses that have a score already, each by the metric and what it is known by: they are evidence once.
#[derive(Default)]
pub(super) struct ScoredResponses<'a>(HashSet<(&'a str, [&'a str; 3])>);

impl<'a> ScoredResponses<'a> {
    /// Adds all of an entry.
    pub(super) fn add(&mut self, entry: &'a Entry) {
        for metric in &entry.metrics {
            let scored: HashSet<(&str, &str)> =
                metric.items.iter().map(|one| (one.id.as_str(), one.system.as_str())).collect();
            for one in &entry.units {
                let item = entry.item(one);
                for (system, digest) in one.systems.iter().zip(&one.responses) {
                    if scored.contains(&(item.id.as_str(), system)) {
                        self.0.insert((&metric.metric, [&item.text, system, digest]));
                    }
                }
            }
        }
    }

    fn is_new(&mut self, metric: &'a EntryMetric, response: [&'a str; 3]) -> bool {
        self.0.insert((&metric.metric, response))
    }
}

/// Returns what an entry adds by the metrics that it shares with the baseline.
pub(super) fn metric_checks<'a>(
    matched: &Matched<'a>,
    scored: &mut ScoredResponses<'a>,
) -> Vec<(StreamName, OneCheck)> {
    let mut found = Vec::new();
    let changed = ChangedResponses::of(matched);
    for metric in SharedMetric::all(matched.before, matched.after) {
        for system in metric.systems() {
            let mut pairs = changed.scores(metric, system);
            // What has the same score says nothing of the direction.
            pairs.retain(|one| one.before.total_cmp(&one.after).is_ne());
            if pairs.len() < FEWEST {
                continue;
            }
            let is_new: Vec<bool> =
                pairs.iter().map(|one| scored.is_new(metric.after, one.response)).collect();
            for measure in [Measure::MetricDown, Measure::MetricUp] {
                let check = check(matched.after, measure, &pairs, &is_new);
                found.extend(check.map(|check| {
                    let name = StreamName {
                        kind: StreamKind::System,
                        measure,
                        between: None,
                        system: Some(system.to_owned()),
                        metric: Some(metric.after.metric.clone()),
                    };
                    (name, check)
                }));
            }
        }
    }
    found
}

fn check(
    entry: &Entry,
    measure: Measure,
    pairs: &[ScorePair<'_>],
    is_new: &[bool],
) -> Option<OneCheck> {
    let values: Vec<f64> = pairs
        .iter()
        .map(|one| {
            f64::from(u8::from((one.after < one.before) == (measure == Measure::MetricDown)))
        })
        .collect();
    let limit = limit_of_sample(&vec![HALF; pairs.len()])?;
    let evidence: Vec<f64> =
        values.iter().zip(is_new).filter(|(_, is_new)| **is_new).map(|(value, _)| *value).collect();
    OneCheck::of(entry, &evidence, limit, [HALF, mean(values.into_iter())])
}
