//! The numbers that an alarm watches, and their evidence check by check.
//!
//! Each is a mean over items that can only be expected to stay below a limit as long as nothing has changed: replies
//! that disagree with people, comparisons that the judge does not decide, verdicts that are other ones, and win rates in
//! both directions. Those on unchanged texts show the judge; those on other responses to the same items, the systems.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::entry::{Entry, EntryComparison};
use super::limits::{Noise, limit_of_repeated, limit_of_sample, limit_of_weighted, usable};
use super::matched::{Change, Index, Matched, index, means_by_item};
use super::stream::{Measure, Stream, StreamKind, StreamName, StreamPoint};
use super::weights::{WeightedMean, weights};
use crate::stats::{
    Alarm, CheckedValues, Estimate, StatError, betting_interval, smallest_visible_mean,
};
use crate::trial::{Direction, Side};

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

/// What one check adds to a stream.
struct OneCheck {
    entry: String,
    /// The values of items that add evidence: none if all responses were judged before.
    values: CheckedValues,
    /// How many items of equal weight say as much as these.
    effective: f64,
    before: f64,
    after: f64,
    limit: f64,
}

/// Returns the streams of the entries since the baseline, in an order of their own. Between false alarms of anything that
/// is watched there are `false_alarm_every` checks or more on average.
pub(super) fn streams(
    baseline: &Baseline<'_>,
    later: &[&Entry],
    false_alarm_every: f64,
) -> Result<Vec<Stream>, StatError> {
    let mut found: BTreeMap<StreamName, Vec<OneCheck>> = BTreeMap::new();
    let mut judged = HashSet::new();
    for entry in &baseline.entries {
        fresh(entry, &mut judged);
    }
    for entry in later {
        let is_fresh = fresh(entry, &mut judged);
        for (name, check) in checks(baseline, entry, &is_fresh) {
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
    let visible = smallest_visible_mean(last.limit, effective, threshold)?;
    Ok(Stream {
        name,
        before: last.before,
        after: is_current.then_some(last.after),
        since_baseline: Estimate::of(
            (!means.is_empty()).then(|| mean(means.iter().copied())),
            betting_interval(&means, 0.05).ok(),
            means.len() as u64,
        ),
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

/// Returns, by comparison of an entry, whether it is answered and its texts were not judged before. They are from now on.
fn fresh<'a>(
    entry: &'a Entry,
    judged: &mut HashSet<(&'a str, &'a [String; 2], &'a [String; 2])>,
) -> Vec<bool> {
    let is_fresh = |one: &'a EntryComparison| {
        one.is_answered()
            && judged.insert((entry.item(one).text.as_str(), &one.between, &one.responses))
    };
    entry.comparisons.iter().map(is_fresh).collect()
}

/// Returns what one entry adds to each stream; `is_fresh` says of each comparison whether it can be evidence of systems.
fn checks(
    baseline: &Baseline<'_>,
    entry: &Entry,
    is_fresh: &[bool],
) -> Vec<(StreamName, OneCheck)> {
    let Some(main) = baseline.main() else { return Vec::new() };
    let matched = Matched::of(main, entry);
    let indices: Vec<(&Entry, Index<'_>)> =
        baseline.entries.iter().map(|one| (*one, index(one))).collect();
    let mut found = Vec::new();
    let mut add = |name: StreamName, check: Option<OneCheck>| {
        found.extend(check.map(|check| (name, check)));
    };
    let same = Repeated { matched: &matched, indices: &indices, noise: baseline.noise, is_fresh };
    for measure in [Measure::Disagreement, Measure::Undecided, Measure::ChangedVerdicts] {
        let name = StreamName { kind: StreamKind::Judge, measure, between: None, system: None };
        add(name, same.check(Change::Anchor, measure, None));
    }
    for pair in pairs(entry) {
        for (measure, side) in
            [(Measure::WinRateDown, pair.side), (Measure::WinRateUp, pair.side.other())]
        {
            // What is counted are losses of a side: a win rate that rises is one of the other side that falls.
            let scored = Some((&pair.between, side));
            let name = |kind| StreamName {
                kind,
                measure,
                between: Some(pair.between.clone()),
                system: Some(pair.system().to_owned()),
            };
            add(name(StreamKind::Judge), same.check(Change::Anchor, measure, scored));
            add(name(StreamKind::System), same.check(Change::Responses, measure, scored));
            add(name(StreamKind::NewItems), new_items(&matched, is_fresh, &pair.between, side));
        }
    }
    found
}

/// A pair of systems of an entry with the side whose wins are counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair {
    pub(super) between: [String; 2],
    pub(super) side: Side,
}

impl Pair {
    /// Returns the system whose wins are counted.
    pub(super) fn system(&self) -> &str {
        &self.between[usize::from(self.side == Side::B)]
    }
}

/// Returns the pairs of systems of an entry.
pub(super) fn pairs(entry: &Entry) -> BTreeSet<Pair> {
    let direction =
        Direction { baseline: entry.run.baseline_system.as_deref(), listed: &entry.run.listed };
    let pair = |one: &EntryComparison| Pair {
        side: direction.counted(&one.between),
        between: one.between.clone(),
    };
    entry.comparisons.iter().map(pair).collect()
}

/// Returns what a comparison is worth to a side.
pub(super) fn worth(comparison: &EntryComparison, side: Side) -> Option<f64> {
    let score = comparison.score?;
    Some(if side == Side::B { score } else { 1.0 - score })
}

/// Comparisons of items that the baseline has, too, with what all runs of the baseline say of them.
struct Repeated<'a> {
    matched: &'a Matched<'a>,
    indices: &'a [(&'a Entry, Index<'a>)],
    noise: Noise,
    is_fresh: &'a [bool],
}

impl Repeated<'_> {
    /// Returns the check of one measure, for win rates of one pair; `None` without any unit or limit.
    fn check(
        &self,
        change: Change,
        measure: Measure,
        scored: Option<(&[String; 2], Side)>,
    ) -> Option<OneCheck> {
        let mut after = Vec::new();
        // Unchanged texts are asked anew; other responses are evidence once, however often they are judged.
        let mut evidence = Vec::new();
        let mut before: Vec<Vec<(u32, f64)>> = vec![Vec::new(); self.indices.len()];
        for (at, earlier, comparison) in self.matched.answered_at(change) {
            if scored.is_some_and(|(between, _)| *between != comparison.between) {
                continue;
            }
            let label = comparison.label.as_ref().or(earlier.label.as_ref());
            let value = |one: &EntryComparison| match (measure, scored) {
                (Measure::Disagreement, _) => one.disagreement(label?),
                (Measure::Undecided, _) => Some(f64::from(u8::from(!one.is_kept()))),
                (Measure::ChangedVerdicts, _) => {
                    Some(f64::from(u8::from(!one.ended_like(earlier))))
                }
                (Measure::WinRateDown | Measure::WinRateUp, Some((_, side))) => {
                    worth(one, side).map(|worth| 1.0 - worth)
                }
                _ => None,
            };
            let Some(now) = value(comparison) else { continue };
            let item = self.matched.after.item(comparison);
            let key = (item.id.as_str(), &comparison.between);
            for ((entry, index), values) in self.indices.iter().zip(&mut before) {
                let same = index.get(&key).filter(|one| {
                    one.is_answered()
                        && one.responses == earlier.responses
                        && entry.item(one).text == item.text
                });
                values
                    .extend(same.and_then(|one| value(one)).map(|value| (comparison.item, value)));
            }
            after.push((comparison.item, now));
            if change == Change::Anchor || self.is_fresh[at] {
                evidence.push((comparison.item, now));
            }
        }
        let after = means_by_item(after);
        let before: Vec<BTreeMap<u32, f64>> = before.into_iter().map(means_by_item).collect();
        let units: Vec<Vec<f64>> = after
            .keys()
            .map(|item| before.iter().filter_map(|run| run.get(item).copied()).collect())
            .collect();
        let limit = match measure {
            Measure::ChangedVerdicts => self.limit_of_changes(&units)?,
            // Other responses: only one set of them is known, whatever the judge says of it twice.
            _ if change == Change::Responses => limit_of_sample(&last_of_each(&units)?)?,
            _ => limit_of_repeated(&units, self.noise)?,
        };
        let reference = match measure {
            Measure::ChangedVerdicts => match self.noise {
                Noise::Share { value, .. } => value,
                _ => 0.0,
            },
            _ => mean(units.iter().map(|values| mean(values.iter().copied()))),
        };
        if after.is_empty() {
            return None;
        }
        let now = mean(after.into_values());
        let values: Vec<f64> = means_by_item(evidence).into_values().collect();
        let mut checked = CheckedValues::default();
        checked.add(&values, limit).ok()?;
        Some(OneCheck {
            entry: self.matched.after.entry.clone(),
            effective: values.len() as f64,
            values: checked,
            before: reference,
            after: now,
            limit,
        })
    }

    /// Returns the most that verdicts may change by noise alone; `None` if that is not known.
    fn limit_of_changes(&self, units: &[Vec<f64>]) -> Option<f64> {
        match self.noise {
            Noise::Unknown => None,
            // A rule never changes; a share of 0 has no limit of its own.
            Noise::Rule => limit_of_repeated(&vec![vec![0.0]; units.len()], Noise::Rule),
            Noise::Share { high, .. } => usable(high),
        }
    }
}

fn last_of_each(units: &[Vec<f64>]) -> Option<Vec<f64>> {
    units.iter().map(|values| values.last().copied()).collect()
}

/// Returns the check of the losses of a side on new items, against the items of the baseline that are no anchors; against
/// all of them if these are fewer than ten. `None` where the probabilities of only some items are known.
fn new_items(
    matched: &Matched<'_>,
    is_fresh: &[bool],
    between: &[String; 2],
    side: Side,
) -> Option<OneCheck> {
    const FEWEST: usize = 10;
    let loss = |one: &EntryComparison| {
        let worth = worth(one, side).filter(|_| one.is_answered() && one.between == *between)?;
        Some((one.item, 1.0 - worth))
    };
    let after = sample_of_new_items(matched, loss, None)?;
    let now = WeightedMean::of(&after)?.mean;
    let before = sample_of_baseline(matched, loss, FEWEST)?;
    let limit = limit_of_weighted(&before)?;
    let evidence = sample_of_new_items(matched, loss, Some(is_fresh))?;
    let most = evidence.iter().map(|(_, weight)| *weight).fold(0.0, f64::max);
    // The mean of these is above the limit exactly if the weighted mean is, and they are in [0, 1].
    let values: Vec<f64> =
        evidence.iter().map(|(value, weight)| limit + weight / most * (value - limit)).collect();
    let mut checked = CheckedValues::default();
    checked.add(&values, limit).ok()?;
    Some(OneCheck {
        entry: matched.after.entry.clone(),
        before: WeightedMean::of(&before)?.mean,
        after: now,
        effective: WeightedMean::of(&evidence).map_or(0.0, |mean| mean.effective),
        values: checked,
        limit,
    })
}

/// Returns values of new items with their weights, by item; only of comparisons that are fresh, if that is given. `None`
/// where only some items have a weight.
pub(super) fn sample_of_new_items(
    matched: &Matched<'_>,
    value: impl Fn(&EntryComparison) -> Option<(u32, f64)>,
    is_fresh: Option<&[bool]>,
) -> Option<Vec<(f64, f64)>> {
    let all = matched.after.comparisons.iter().zip(&matched.changes).enumerate();
    let new = all.filter(|(at, (_, (change, _)))| {
        *change == Change::Item && is_fresh.is_none_or(|is_fresh| is_fresh[*at])
    });
    weighted(matched.after, means_by_item(new.filter_map(|(_, (one, _))| value(one))))
}

fn weighted(entry: &Entry, values: BTreeMap<u32, f64>) -> Option<Vec<(f64, f64)>> {
    let weights = weights(values.keys().map(|item| &entry.items[*item as usize]))?;
    Some(values.into_values().zip(weights).collect())
}

/// Returns values of items of the baseline with their weights: of those that the later entry does not have, unless they
/// are fewer than `fewest`; then of all. `None` where only some items have a weight.
pub(super) fn sample_of_baseline(
    matched: &Matched<'_>,
    value: impl Fn(&EntryComparison) -> Option<(u32, f64)>,
    fewest: usize,
) -> Option<Vec<(f64, f64)>> {
    let known: BTreeSet<&str> = matched
        .after
        .items
        .iter()
        .zip(&matched.is_known)
        .filter(|(_, known)| **known)
        .map(|(item, _)| item.id.as_str())
        .collect();
    let comparisons = &matched.before.comparisons;
    let is_other = |one: &&EntryComparison| !known.contains(matched.before.item(one).id.as_str());
    let others = means_by_item(comparisons.iter().filter(is_other).filter_map(&value));
    let chosen = if others.len() >= fewest {
        others
    } else {
        means_by_item(comparisons.iter().filter_map(&value))
    };
    weighted(matched.before, chosen)
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut n) = (0.0, 0.0);
    for value in values {
        sum += value;
        n += 1.0;
    }
    if n > 0.0 { sum / n } else { 0.0 }
}
