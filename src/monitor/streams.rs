//! The numbers that an alarm watches, and their evidence check by check.
//!
//! Each is a mean over items that can only be expected to stay below a limit as long as nothing has changed: replies
//! that disagree with people, what the judge does not decide or cannot assess, verdicts that are other ones, and rates and
//! scores of metrics in both directions. Those on unchanged texts show the judge; those on other responses to the same
//! items, the systems.
//!
//! Each number has an alarm of its own, at a threshold that is the stated number of checks between false alarms times
//! the number of everything that is watched: these numbers and the traffic. So the rates of their false alarms add up to
//! the stated one, whether they depend on each other or not.

use std::collections::{BTreeMap, HashSet};

use super::entry::{Entry, EntryUnit};
use super::limits::Noise;
use super::matched::{Change, Index, Matched, index};
use super::metric_checks::{ScoredResponses, metric_checks};
use super::new_items::new_items;
use super::one_check::{OneCheck, mean};
use super::rated::{RateKind, pair_of, rates, worth};
use super::repeated::Repeated;
use super::stream::{MeanOfChecks, Measure, Stream, StreamKind, StreamName, StreamPoint};
use crate::stats::{Alarm, StatError, betting_interval, smallest_visible_mean};

/// The baseline: one entry or several, of which the last is the one that later entries are compared with.
#[derive(Debug, Clone)]
pub(super) struct Baseline<'a> {
    pub(super) entries: Vec<&'a Entry>,
    /// How often verdicts change by noise alone: see [`Noise`].
    pub(super) noise: Noise,
}

impl<'a> Baseline<'a> {
    /// Returns the entry that later ones are compared with.
    pub(super) fn main(&self) -> Option<&'a Entry> {
        self.entries.last().copied()
    }
}

/// Returns the streams of the entries since the baseline, in an order of their own. Between false alarms of anything that
/// is watched there are `false_alarm_every` checks or more on average.
pub(super) fn streams(
    baseline: &Baseline<'_>,
    later: &[&Entry],
    false_alarm_every: f64,
) -> Result<Vec<Stream>, StatError> {
    let mut found: BTreeMap<StreamName, Vec<OneCheck>> = BTreeMap::new();
    let indices: Vec<(&Entry, Index<'_>)> =
        baseline.entries.iter().map(|one| (*one, index(one))).collect();
    let (mut judged, mut scored) = (HashSet::new(), ScoredResponses::default());
    for entry in &baseline.entries {
        fresh(entry, &mut judged);
        scored.add(entry);
    }
    for entry in later {
        let Some(main) = baseline.main() else { break };
        let matched = Matched::of(main, entry);
        let mut checked = metric_checks(&matched, &mut scored);
        // What cannot be compared is no evidence yet.
        if matched.is_comparable {
            let is_fresh = fresh(entry, &mut judged);
            checked.extend(checks(&Repeated {
                matched: &matched,
                indices: &indices,
                noise: baseline.noise,
                is_fresh: &is_fresh,
            }));
        }
        for (name, check) in checked {
            found.entry(name).or_default().push(check);
        }
    }
    // One of everything that is watched is the traffic, which has a test of its own.
    let threshold = false_alarm_every * (found.len() as f64 + 1.0);
    let newest = later.last().map(|entry| entry.entry.as_str());
    found.into_iter().map(|(name, checks)| stream(name, &checks, threshold, newest)).collect()
}

fn stream(
    name: StreamName,
    checks: &[OneCheck],
    threshold: f64,
    newest: Option<&str>,
) -> Result<Stream, StatError> {
    let mut alarm = Alarm::new(threshold)?;
    let (mut points, mut since, mut units, mut effective) = (Vec::new(), None, 0, 0.0);
    for check in checks {
        if !check.values.is_empty() {
            alarm.check(&check.values);
        }
        units += check.values.len() as u64;
        effective += check.effective;
        if !alarm.is_raised() {
            since = None;
        } else if since.is_none() {
            since = Some(check.entry.clone());
        }
        points.push(StreamPoint {
            entry: check.entry.clone(),
            value: check.after,
            evidence: alarm.evidence(),
            units: check.values.len() as u64,
        });
    }
    let last = checks.last().ok_or(StatError::Empty)?;
    let is_current = newest == Some(last.entry.as_str());
    let fresh = checks.iter().filter(|check| !check.values.is_empty());
    let means: Vec<f64> = fresh.map(|check| check.after).collect();
    let interval = betting_interval(&means, 0.05).ok();
    let visible = smallest_visible_mean(last.limit, effective, threshold)?;
    Ok(Stream {
        name,
        before: last.before,
        after: is_current.then_some(last.after),
        over_checks: MeanOfChecks {
            mean: (!means.is_empty()).then(|| mean(means.iter().copied())),
            low: interval.map(|interval| interval.low),
            high: interval.map(|interval| interval.high),
            checks: means.len() as u64,
        },
        limit: last.limit,
        checks: checks.len() as u64,
        units,
        evidence: alarm.evidence(),
        threshold,
        alarm: is_current && alarm.is_raised(),
        since: since.filter(|_| is_current),
        smallest_change: visible.map(|mean| mean - last.before),
        points,
    })
}

/// Returns, by unit of an entry, whether it is answered and its texts were not judged before. They are from now on.
fn fresh<'a>(
    entry: &'a Entry,
    judged: &mut HashSet<(&'a str, &'a Vec<String>, &'a Vec<String>)>,
) -> Vec<bool> {
    let is_fresh = |one: &'a EntryUnit| {
        one.is_answered()
            && judged.insert((entry.item(one).text.as_str(), &one.systems, &one.responses))
    };
    entry.units.iter().map(is_fresh).collect()
}

/// Returns what the verdicts of one entry add to each stream.
fn checks(same: &Repeated<'_>) -> Vec<(StreamName, OneCheck)> {
    let Repeated { matched, is_fresh, .. } = *same;
    let mut found = Vec::new();
    let mut add = |name: StreamName, check: Option<OneCheck>| {
        found.extend(check.map(|check| (name, check)));
    };
    let may_be_not_assessed =
        [matched.before, matched.after].iter().any(|entry| entry.may_be_not_assessed());
    let of_judge = [Measure::Disagreement, Measure::Undecided, Measure::ChangedVerdicts];
    for measure in of_judge.into_iter().chain(may_be_not_assessed.then_some(Measure::NotAssessed)) {
        let kind = StreamKind::Judge;
        let name = StreamName { kind, measure, between: None, system: None, metric: None };
        add(name, same.check(Change::Anchor, measure, None));
    }
    let [down, up] = Measure::of_rate(RateKind::of(matched.after));
    for rated in rates(matched.after) {
        for (measure, side) in [(down, rated.side), (up, rated.side.other())] {
            // What is counted are losses of a side: a win rate that rises is one of the other side that falls.
            let scored = Some((rated.systems.as_slice(), side));
            let name = |kind| StreamName {
                kind,
                measure,
                between: pair_of(&rated.systems),
                system: Some(rated.system().to_owned()),
                metric: None,
            };
            add(name(StreamKind::Judge), same.check(Change::Anchor, measure, scored));
            add(name(StreamKind::System), same.check(Change::Responses, measure, scored));
            let loss = |one: &EntryUnit| Some(1.0 - worth(one, side)?);
            add(name(StreamKind::NewItems), new_items(matched, is_fresh, &rated.systems, loss));
        }
        if may_be_not_assessed {
            let measure = Measure::NotAssessed;
            let scored = Some((rated.systems.as_slice(), rated.side));
            let name = |kind| StreamName {
                kind,
                measure,
                between: None,
                system: Some(rated.system().to_owned()),
                metric: None,
            };
            add(name(StreamKind::System), same.check(Change::Responses, measure, scored));
            let share = new_items(matched, is_fresh, &rated.systems, EntryUnit::not_assessed);
            add(name(StreamKind::NewItems), share);
        }
    }
    found
}
