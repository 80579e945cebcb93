//! Checking the newest entry of a history against its baseline.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use super::entry::Entry;
use super::history::History;
use super::input_drift::{FeatureOf, InputDrift, input_drift};
use super::judge_drift::{JudgeDrift, judge_drift};
use super::limits::{CONFIDENCE, Noise};
use super::matched::{Change, Matched, index};
use super::rated::RateKind;
use super::results::{
    CHECK_SCHEMA, ChangeCounts, Check, CheckResult, Drift, EntryName, deciding_stream,
};
use super::scales::{by_newest_scale, scale_change, scale_warnings};
use super::stream::{Stream, StreamKind};
use super::streams::{Baseline, streams};
use super::system_drift::system_drift;
use super::warnings::warnings;
use crate::error::{Error, Result};
use crate::stats::{Estimate, clustered_share, mean_interval, wilson};

/// What to check.
#[derive(Debug, Clone, Copy)]
pub struct CheckOptions<'a> {
    /// The name of the entry to compare with, or its beginning; by default the baseline of the history, else the first
    /// entry.
    pub baseline: Option<&'a str>,
    /// The least mean number of checks between false alarms of anything that is watched, given the limits.
    pub false_alarm_every: f64,
    /// The change that must be visible: if a larger one could have been missed, the check is inconclusive.
    pub visible_change: f64,
}

impl Default for CheckOptions<'_> {
    fn default() -> Self {
        Self { baseline: None, false_alarm_every: 1000.0, visible_change: 0.1 }
    }
}

/// Checks the newest entry of a history.
///
/// # Errors
///
/// There is no entry of the name of the baseline, a line that cannot be read may be the baseline or the newest entry, or
/// the options are out of range.
pub fn check(folder: &Path, history: &History, options: CheckOptions<'_>) -> Result<Check> {
    if let Some(damaged) = history.damaged.first() {
        let error = Error::input(damaged.clone());
        let details = history.damaged.iter().skip(1).take(5).cloned();
        return Err(details.fold(error, Error::detail).hint(
            "it may be the baseline or the newest run: restore it, or remove the line and add its run again",
        ));
    }
    let [baseline_at, later_at] = divided(&history.entries, options.baseline)?;
    let scales = [&history.entries[baseline_at.clone()], &history.entries[later_at.clone()]];
    let scored = by_newest_scale(&history.entries);
    let [baseline, later] = [baseline_at, later_at]
        .map(|at| scored[at].iter().map(AsRef::as_ref).collect::<Vec<&Entry>>());
    let baseline_names = baseline.iter().map(|entry| EntryName::of(entry)).collect();
    let main = baseline.last().copied();
    let (noise, known) = match main {
        // A rule always answers alike.
        Some(main) if main.is_rule() => {
            let n = main.units.len() as u64;
            let never = Estimate { value: Some(0.0), low: Some(0.0), high: Some(0.0), n };
            (Some(never), Noise::Rule)
        }
        _ => noise(&baseline).map_or((None, Noise::Unknown), |(noise, known)| (Some(noise), known)),
    };
    let range = |_| {
        Error::usage(
            "a false alarm can be allowed in more than one check only, and in finitely many",
        )
    };
    let all = Baseline { entries: baseline, noise: known };
    let streams = streams(&all, &later, options.false_alarm_every).map_err(range)?;
    let matched = later.last().zip(main).map(|(newest, main)| Matched::of(main, newest));
    let watched = streams.len() as f64 + 1.0;
    let threshold = 1.0 / (options.false_alarm_every * watched);
    let input = matched.as_ref().map(|matched| input_drift(matched, threshold));
    let judge = matched.as_ref().map(|matched| judge_drift(matched, noise));
    let AttributedAlarms { drift, unattributed } =
        attributed(&streams, judge.as_ref(), input.as_ref());
    let newest = later.last().copied().or(main);
    let mut found = Check {
        schema: CHECK_SCHEMA,
        history: folder.display().to_string(),
        entries: history.entries.len() as u64,
        result: CheckResult::NoAlarm,
        drift,
        unattributed,
        unseen: Vec::new(),
        baseline: baseline_names,
        newest: later.last().map(|entry| EntryName::of(entry)),
        checks: later.len() as u64,
        rate: newest.map_or(RateKind::WinRate, RateKind::of),
        scale_change: scale_change(scales),
        units: matched.as_ref().map(counts).unwrap_or_default(),
        judge,
        system: matched.as_ref().map(system_drift),
        input,
        false_alarm_every: options.false_alarm_every,
        visible_change: options.visible_change,
        streams,
        warnings: history.warnings.clone(),
    };
    found.unseen = unseen(&found);
    found.result = result(&found);
    found.warnings.extend(scale_warnings(scales));
    found.warnings.extend(warnings(&found, newest));
    Ok(found)
}

/// Returns where the baseline of a history is among its entries, and where those after it are.
fn divided(entries: &[Entry], named: Option<&str>) -> Result<[Range<usize>; 2]> {
    let range = if let Some(name) = named {
        let mut matching = (0..entries.len()).filter(|at| entries[*at].entry.starts_with(name));
        let (Some(at), None) = (matching.next(), matching.next()) else {
            let known: Vec<&str> = entries.iter().map(|entry| entry.entry.as_str()).collect();
            let known = crate::error::listed(&known);
            return Err(Error::usage(format!("no single entry has the name `{name}`"))
                .hint(format!("the entries are: {known}")));
        };
        at..at + 1
    } else {
        // The last entries in a row that belong to the baseline, up to one that begins it, and back to one that was
        // judged otherwise: what two judges say differently is no noise.
        let end = entries.iter().rposition(|entry| entry.baseline).map_or(1, |at| at + 1);
        let mut start = end.min(entries.len()).saturating_sub(1);
        while start > 0
            && entries[start].baseline
            && !entries[start].begins
            && entries[start - 1].baseline
            && entries[start - 1].is_judged_like(&entries[start])
        {
            start -= 1;
        }
        start..end
    };
    let (start, end) = (range.start, range.end.min(entries.len()));
    Ok([start..end, end..entries.len()])
}

/// Returns the share of verdicts that change by noise alone, and the most that it may be: between runs of the baseline, or
/// by the repeats of its last one; `None` if neither tells.
fn noise(baseline: &[&Entry]) -> Option<(Estimate, Noise)> {
    let main = baseline.last()?;
    let (mut values, mut items) = (Vec::new(), Vec::new());
    for (at, one) in baseline.iter().enumerate() {
        for other in &baseline[at + 1..] {
            let known = index(one);
            for unit in other.units.iter().filter(|one| one.is_answered()) {
                let item = other.item(unit);
                let key = (item.id.as_str(), &unit.systems);
                let Some(earlier) = known.get(&key).filter(|earlier| {
                    earlier.is_answered()
                        && earlier.responses == unit.responses
                        && one.item(earlier).text == item.text
                }) else {
                    continue;
                };
                values.push(f64::from(u8::from(!earlier.ended_like(unit))));
                items.push(item.id.as_str());
            }
        }
    }
    if !values.is_empty() {
        return with_limit(&values, &items);
    }
    let repeated = main.units.iter().filter_map(|one| Some((one.noise?, one.item)));
    let (values, items): (Vec<f64>, Vec<u32>) = repeated.unzip();
    with_limit(&values, &items)
}

/// Returns a share with the upper end of a one-sided interval. That is no closer than if every item were one observation,
/// since few changes say little of how much they vary.
fn with_limit<C: Ord>(values: &[f64], items: &[C]) -> Option<(Estimate, Noise)> {
    let (value, interval) = mean_interval(values, items, CONFIDENCE).ok()?;
    let all: BTreeSet<&C> = items.iter().collect();
    let n = all.len() as f64;
    let high = interval.high.max(wilson((value * n).min(n), n, CONFIDENCE).ok()?.high);
    Some((clustered_share(values, items), Noise::Share { value, high }))
}

fn counts(matched: &Matched<'_>) -> ChangeCounts {
    let of = |change: Change| matched.with(change).count() as u64;
    ChangeCounts {
        anchors: of(Change::Anchor),
        responses_changed: of(Change::Responses),
        items_changed: of(Change::Item),
        pairs_new: of(Change::Pair),
        unanswered: matched.after.units.iter().filter(|one| !one.is_answered()).count() as u64,
        items_edited: matched.items_changed,
        items_gone: matched.items_gone,
    }
}

/// What alarms are about, and those that cannot be attributed.
struct AttributedAlarms {
    drift: Vec<Drift>,
    unattributed: Vec<StreamKind>,
}

/// Returns what the alarms are about, and those that cannot be attributed.
fn attributed(
    streams: &[Stream],
    judge: Option<&JudgeDrift>,
    input: Option<&InputDrift>,
) -> AttributedAlarms {
    let alarms =
        |kind: StreamKind| streams.iter().filter(move |one| one.alarm && one.name.kind == kind);
    let judge_alarm = alarms(StreamKind::Judge).next().is_some();
    let (mut drift, mut unattributed) = (Vec::new(), Vec::new());
    if judge_alarm {
        drift.push(Drift::Judge);
    }
    let is_metric = |one: &&Stream| one.name.measure.is_metric();
    let changes = alarms(StreamKind::System).filter(|one| !is_metric(one));
    let change = changes.filter_map(|one| Some(one.after? - one.before)).reduce(f64::min);
    let is_of_systems = |change: f64| !judge_alarm && is_cleared(streams, judge, change);
    // A metric does not depend on the judge.
    if alarms(StreamKind::System).any(|one| is_metric(&one)) || change.is_some_and(is_of_systems) {
        drift.push(Drift::System);
    }
    if change.is_some_and(|change| !is_of_systems(change)) {
        unattributed.push(StreamKind::System);
    }
    let alarms_of = |of: FeatureOf| {
        let features = input.into_iter().flat_map(|input| &input.features);
        features.filter(move |feature| feature.of == of).any(|feature| feature.alarm)
    };
    // Another judge, or other systems, may decide less of new items, whatever these are.
    let is_of_traffic = drift.is_empty() && unattributed.is_empty() && is_asked_alike(judge);
    let undecided = alarms_of(FeatureOf::Verdicts);
    // Harder items lower a win rate as worse systems do.
    if alarms(StreamKind::NewItems).next().is_some() || (undecided && !is_of_traffic) {
        unattributed.push(StreamKind::NewItems);
    }
    if alarms_of(FeatureOf::Prompts) || (undecided && is_of_traffic) {
        drift.push(Drift::Input);
    }
    AttributedAlarms { drift, unattributed }
}

/// Returns whether the judge is asked as before, and its server names the same model.
fn is_asked_alike(judge: Option<&JudgeDrift>) -> bool {
    judge.is_some_and(|judge| judge.changed.is_empty() && judge.served.is_empty())
}

/// Returns whether the judge cannot have made a change of this size: it is asked alike, and so large a change of its
/// verdicts on anchors would have been seen.
fn is_cleared(streams: &[Stream], judge: Option<&JudgeDrift>, change: f64) -> bool {
    is_asked_alike(judge) && deciding_stream(streams).is_some_and(|stream| stream.shows(change))
}

/// Returns the kinds of streams with data in the newest run in which a change of the size that must be visible could have
/// been missed.
fn unseen(check: &Check) -> Vec<StreamKind> {
    let is_visible = |stream: &Stream| stream.shows(check.visible_change);
    let of_kind = |kind: StreamKind| {
        let verdicts = check.streams.iter().filter(|one| !one.name.measure.is_metric());
        verdicts.filter(move |one| one.name.kind == kind && one.after.is_some())
    };
    let has_data = |kind: StreamKind| match kind {
        StreamKind::Judge => true,
        StreamKind::System => check.units.responses_changed > 0,
        StreamKind::NewItems => check.units.items_changed > 0,
    };
    let is_seen = |kind: StreamKind| match kind {
        StreamKind::Judge => check.deciding_stream().is_some_and(is_visible),
        _ => of_kind(kind).next().is_some() && of_kind(kind).all(is_visible),
    };
    [StreamKind::Judge, StreamKind::System, StreamKind::NewItems]
        .into_iter()
        .filter(|kind| has_data(*kind) && !is_seen(*kind))
        .collect()
}

fn result(check: &Check) -> CheckResult {
    if !check.drift.is_empty() || !check.unattributed.is_empty() {
        CheckResult::Alarm
    } else if check.newest.is_some() && check.unseen.is_empty() {
        CheckResult::NoAlarm
    } else {
        CheckResult::Inconclusive
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_items_leave_the_noise_uncertain() {
        let high = |n: u32| match with_limit(&vec![0.0; n as usize], &(0..n).collect::<Vec<_>>()) {
            Some((_, Noise::Share { value: 0.0, high })) => high,
            other => panic!("{other:?}"),
        };
        // Wilson's upper ends of 0 of 10 and of 0 of 100 at 98 %.
        assert!((high(10) - 0.351_1).abs() < 1e-3, "{}", high(10));
        assert!((high(100) - 0.051_3).abs() < 1e-3, "{}", high(100));
        // Ten values of one item are one observation.
        let Some((_, Noise::Share { high: of_one, .. })) = with_limit(&[0.0; 10], &[7; 10]) else {
            panic!("no noise")
        };
        assert!(of_one > high(10), "{of_one}");
    }
}
