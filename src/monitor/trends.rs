//! The numbers of each entry of a history on its own, to be shown over time.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::entry::{Entry, EntryUnit};
use super::history::History;
use super::rated::{RateKind, pair_of, rates, worth};
use crate::stats::Estimate;
use crate::summary::ItemScores;
use crate::trial::other_system;

/// One number over all entries.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Trend {
    /// What it is, in words.
    pub name: String,
    /// Whether it is a share; else it is the score of a metric.
    pub is_share: bool,
    /// By entry, in their order: the number; undefined where the entry does not have it.
    pub points: Vec<Estimate>,
}

impl Trend {
    /// Returns a share over all entries.
    pub fn new(name: impl Into<String>, points: impl IntoIterator<Item = Estimate>) -> Self {
        Self { name: name.into(), is_share: true, points: points.into_iter().collect() }
    }
}

/// Returns what is shown of every entry: what the judge decides, its agreement with people, rates, and the scores of
/// metrics. All units of an entry count, so a change is that of judge, systems and items together.
pub fn trends(history: &History) -> Vec<Trend> {
    let entries = &history.entries;
    let share = |name: &str, value: &dyn Fn(&EntryUnit) -> Option<f64>| {
        Trend::new(name, entries.iter().map(|entry| of_entry(entry, value)))
    };
    let is_graded = entries.iter().any(Entry::has_grades);
    let decided = if is_graded { "kept grades" } else { "decided comparisons" };
    let mut found =
        vec![share(decided, &|one| one.is_answered().then(|| f64::from(u8::from(one.is_kept()))))];
    let agreement = share("agreement with people, every reply", &|one| {
        Some(1.0 - one.disagreement(one.label.as_deref()?)?)
    });
    if agreement.points.iter().any(|point| point.value.is_some()) {
        found.push(agreement);
    }
    let rate_of = |entry| rates(entry).into_iter().map(move |rated| (RateKind::of(entry), rated));
    let all: BTreeSet<_> = entries.iter().flat_map(rate_of).collect();
    for (kind, rated) in all {
        let system = rated.system();
        let name = match (kind, pair_of(&rated.systems)) {
            (RateKind::WinRate, Some(pair)) => {
                format!("win rate of {system} against {}", other_system(&pair, system))
            }
            (RateKind::MeanStep, _) => format!("mean step of {system}, 100 % is the best"),
            _ => format!("pass rate of {system}"),
        };
        let points = entries.iter().map(|entry| {
            if RateKind::of(entry) != kind {
                return Estimate::undefined(0);
            }
            of_entry(entry, |one| {
                worth(one, rated.side).filter(|_| one.is_answered() && one.systems == rated.systems)
            })
        });
        found.push(Trend::new(name, points));
    }
    found.extend(metrics(entries));
    found
}

fn of_entry(entry: &Entry, value: impl Fn(&EntryUnit) -> Option<f64>) -> Estimate {
    let mut scores = ItemScores::default();
    for one in &entry.units {
        if let Some(value) = value(one) {
            scores.push(value, one.item);
        }
    }
    scores.estimate()
}

fn metrics(entries: &[Entry]) -> Vec<Trend> {
    let mut known: BTreeMap<(&str, &str), Vec<Estimate>> = BTreeMap::new();
    for (at, entry) in entries.iter().enumerate() {
        for metric in &entry.metrics {
            for score in &metric.systems {
                let points = known.entry((&metric.metric, &score.system)).or_default();
                points.resize(at, Estimate::undefined(0));
                points.push(score.score);
            }
        }
    }
    known
        .into_iter()
        .map(|((metric, system), mut points)| {
            points.resize(entries.len(), Estimate::undefined(0));
            Trend { name: format!("{metric} of {system}"), is_share: false, points }
        })
        .collect()
}
