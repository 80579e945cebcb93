//! The numbers of each entry of a history on its own, to be shown over time.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::entry::{Entry, EntryUnit};
use super::history::History;
use super::rated::{RateKind, Rated, pair_of, rates, worth};
use super::scales::{ScaleChange, by_newest_scale};
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
/// metrics. All units of an entry count, so a change is that of judge, systems and items together. Rates of grades are
/// those by what the newest entry lets pass; those by other steps are numbers of their own.
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
    if entries.iter().any(Entry::may_be_not_assessed) {
        found.push(share("replies \"cannot assess\"", &EntryUnit::not_assessed));
    }
    found.extend(rates_by_scale(entries));
    found.extend(metrics(entries));
    found
}

/// Returns the rates: those by the newest scale first, and those by other scales apart from them.
fn rates_by_scale(entries: &[Entry]) -> Vec<Trend> {
    let scored = by_newest_scale(entries);
    let mut scales: Vec<&Entry> = Vec::new();
    for entry in scored.iter().rev() {
        if !scales.iter().any(|known| is_scored_like(known, entry)) {
            scales.push(entry);
        }
    }
    let of_scale = |(at, scale): (usize, &Entry)| {
        let has_scale = |entry: &Entry| is_scored_like(entry, scale);
        let all: BTreeSet<Rated> =
            scored.iter().filter(|entry| has_scale(entry)).flat_map(|entry| rates(entry)).collect();
        let kind = RateKind::of(scale);
        let which = if at == 0 { String::new() } else { earlier_scale(scale) };
        let trend = |rated: Rated| {
            let value = |one: &EntryUnit| {
                worth(one, rated.side).filter(|_| one.is_answered() && one.systems == rated.systems)
            };
            let points = scored.iter().map(|entry| {
                if has_scale(entry) { of_entry(entry, value) } else { Estimate::undefined(0) }
            });
            Trend::new(format!("{}{which}", rate_name(kind, &rated)), points)
        };
        all.into_iter().map(trend).collect::<Vec<Trend>>()
    };
    scales.into_iter().enumerate().flat_map(of_scale).collect()
}

/// Returns whether the scores of two entries are by the same steps of which the same pass.
fn is_scored_like(one: &Entry, other: &Entry) -> bool {
    ScaleChange::between(one, other).is_none()
}

/// Returns which scale is not the newest, to be added to the name of a rate.
fn earlier_scale(entry: &Entry) -> String {
    let Some(scale) = &entry.run.scale else { return String::new() };
    let passes =
        scale.pass_from.map(|lowest| format!(", passes from {}", scale.steps[lowest as usize]));
    format!(", earlier scale {}{}", scale.steps.join(" < "), passes.unwrap_or_default())
}

fn rate_name(kind: RateKind, rated: &Rated) -> String {
    let system = rated.system();
    match (kind, pair_of(&rated.systems)) {
        (RateKind::WinRate, Some(pair)) => {
            format!("win rate of {system} against {}", other_system(&pair, system))
        }
        (RateKind::MeanStep, _) => format!("mean step of {system}, 100 % is the best"),
        _ => format!("pass rate of {system}"),
    }
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
