//! Checking the newest entry of a history against its baseline.

use std::path::Path;

use super::entry::Entry;
use super::history::History;
use super::input_drift::{InputDrift, input_drift};
use super::judge_drift::judge_drift;
use super::limits::Noise;
use super::matched::{Change, Matched, index};
use super::results::{CHECK_SCHEMA, ChangeCounts, Check, CheckResult, Drift, EntryName};
use super::streams::{Baseline, Measure, Stream, StreamKind, streams};
use super::system_drift::system_drift;
use super::warnings::warnings;
use crate::error::{Error, Result};
use crate::stats::{Estimate, clustered_share};

/// What to check.
#[derive(Debug, Clone, Copy)]
pub struct CheckOptions<'a> {
    /// The name of the entry to compare with, or its beginning; by default the baseline of the history, else the first
    /// entry.
    pub baseline: Option<&'a str>,
    /// For each check, the chance of a false alarm of anything that is watched is at most one in this number.
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
/// There is no entry of the name of the baseline, or the options are out of range.
pub fn check(folder: &Path, history: &History, options: CheckOptions<'_>) -> Result<Check> {
    let (baseline, later) = divided(history, options.baseline)?;
    let baseline_names = baseline.iter().map(|entry| EntryName::of(entry)).collect();
    let main = baseline.last().copied();
    let noise = match main {
        // A rule always answers alike.
        Some(main) if main.is_rule() => Some(Estimate {
            value: Some(0.0),
            low: Some(0.0),
            high: Some(0.0),
            n: main.comparisons.len() as u64,
        }),
        _ => noise(&baseline),
    };
    let known = match &noise {
        _ if main.is_some_and(Entry::is_rule) => Noise::Rule,
        Some(noise) => noise.value.map_or(Noise::Unknown, Noise::Share),
        None => Noise::Unknown,
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
    let AttributedAlarms { drift, unattributed } = attributed(&streams, input.as_ref());
    let mut found = Check {
        schema: CHECK_SCHEMA,
        history: folder.display().to_string(),
        entries: history.entries.len() as u64,
        result: CheckResult::NoAlarm,
        drift,
        unattributed,
        baseline: baseline_names,
        newest: later.last().map(|entry| EntryName::of(entry)),
        checks: later.len() as u64,
        comparisons: matched.as_ref().map(counts).unwrap_or_default(),
        judge: matched.as_ref().map(|matched| judge_drift(matched, noise)),
        system: matched.as_ref().map(system_drift),
        input,
        false_alarm_every: options.false_alarm_every,
        visible_change: options.visible_change,
        streams,
        warnings: history.warnings.clone(),
    };
    found.result = result(&found);
    let newest = later.last().copied().or(main);
    found.warnings.extend(warnings(&found, newest));
    Ok(found)
}

/// Divides a history into its baseline and the entries after it.
fn divided<'a>(
    history: &'a History,
    named: Option<&str>,
) -> Result<(Vec<&'a Entry>, Vec<&'a Entry>)> {
    let entries = &history.entries;
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
        // The last entries in a row that belong to the baseline; a later one begins a new baseline.
        let end = entries.iter().rposition(|entry| entry.baseline).map_or(1, |at| at + 1);
        let marked = entries[..end].iter().rev().take_while(|entry| entry.baseline).count();
        end - marked.max(1)..end
    };
    let (start, end) = (range.start, range.end.min(entries.len()));
    Ok((entries[start..end].iter().collect(), entries[end..].iter().collect()))
}

/// Returns the share of verdicts that change by noise alone: between runs of the baseline, or by the repeats of its last
/// one; `None` if neither tells.
fn noise(baseline: &[&Entry]) -> Option<Estimate> {
    let main = baseline.last()?;
    let (mut values, mut items) = (Vec::new(), Vec::new());
    for (at, one) in baseline.iter().enumerate() {
        for other in &baseline[at + 1..] {
            let known = index(one);
            for comparison in other.comparisons.iter().filter(|one| one.is_answered()) {
                let item = other.item(comparison);
                let key = (item.id.as_str(), &comparison.between);
                let Some(earlier) = known.get(&key).filter(|earlier| {
                    earlier.is_answered()
                        && earlier.responses == comparison.responses
                        && one.item(earlier).text == item.text
                }) else {
                    continue;
                };
                values.push(f64::from(u8::from(!earlier.ended_like(comparison))));
                items.push(item.id.as_str());
            }
        }
    }
    if !values.is_empty() {
        return Some(clustered_share(&values, &items));
    }
    let repeated = main.comparisons.iter().filter_map(|one| Some((one.noise?, one.item)));
    let (values, items): (Vec<f64>, Vec<u32>) = repeated.unzip();
    (!values.is_empty()).then(|| clustered_share(&values, &items))
}

fn counts(matched: &Matched<'_>) -> ChangeCounts {
    let of = |change: Change| matched.with(change).count() as u64;
    ChangeCounts {
        anchors: of(Change::Anchor),
        responses_changed: of(Change::Responses),
        items_changed: of(Change::Item),
        pairs_new: of(Change::Pair),
        unanswered: matched.after.comparisons.iter().filter(|one| !one.is_answered()).count()
            as u64,
        items_edited: matched.items_changed,
        items_gone: matched.items_gone,
    }
}

/// Returns what the alarms are about, and those that cannot be attributed.
fn attributed(streams: &[Stream], input: Option<&InputDrift>) -> AttributedAlarms {
    let alarms = |kind: StreamKind| streams.iter().any(|one| one.alarm && one.name.kind == kind);
    let (judge, input) = (alarms(StreamKind::Judge), input.is_some_and(|input| input.alarm));
    let (system, new_items) = (alarms(StreamKind::System), alarms(StreamKind::NewItems));
    let (mut drift, mut unattributed) = (Vec::new(), Vec::new());
    if judge {
        drift.push(Drift::Judge);
    }
    if system && judge {
        unattributed.push(StreamKind::System);
    }
    if new_items && (judge || input) {
        unattributed.push(StreamKind::NewItems);
    }
    if !judge && (system || (new_items && !input)) {
        drift.push(Drift::System);
    }
    if input {
        drift.push(Drift::Input);
    }
    AttributedAlarms { drift, unattributed }
}

/// What alarms are about, and those that cannot be attributed.
struct AttributedAlarms {
    drift: Vec<Drift>,
    unattributed: Vec<StreamKind>,
}

fn result(check: &Check) -> CheckResult {
    if !check.drift.is_empty() {
        return CheckResult::Alarm;
    }
    let is_visible = |stream: &Stream| {
        stream.smallest_change.is_some_and(|change| change <= check.visible_change)
    };
    match check.deciding_stream() {
        Some(judge) if is_visible(judge) => {
            // Where responses have changed, a change of the systems must be visible, too.
            let of_systems = check.streams.iter().filter(|one| {
                one.name.kind == StreamKind::System
                    && one.name.measure == Measure::WinRateDown
                    && one.after.is_some()
            });
            if of_systems.into_iter().all(is_visible) {
                CheckResult::NoAlarm
            } else {
                CheckResult::Inconclusive
            }
        }
        _ => CheckResult::Inconclusive,
    }
}
