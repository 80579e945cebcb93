//! Grades of entries whose scales differ.
//!
//! What passes is read when grades are, so a rubric may say it anew at any time: grades by the same steps are compared by
//! what the newest rubric lets pass, whatever was said before. A judge that chooses among other steps is asked something
//! else, so its grades are not compared.

use std::borrow::Cow;

use serde::Serialize;

use super::entry::{Entry, EntryScale};
use crate::error::Warning;

/// How the scale of the newest entry differs from that of the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScaleChange {
    /// Other steps pass: rates of the baseline are those of its grades by what passes now.
    Passes,
    /// The steps are other ones: grades are not compared.
    Steps,
}

impl ScaleChange {
    /// Returns how the scale of an entry differs from that of an earlier one; `None` if it does not.
    pub(super) fn between(before: &Entry, after: &Entry) -> Option<Self> {
        let [earlier, now] = [before, after].map(|entry| entry.run.scale.as_ref());
        let passes = |scale: Option<&EntryScale>| scale.and_then(|scale| scale.pass_from);
        if have_same_steps(before, after) {
            return (passes(earlier) != passes(now)).then_some(Self::Passes);
        }
        Some(Self::Steps)
    }
}

impl EntryScale {
    /// Returns what a response is worth by its grades in both directions: see [`EntryUnit::score`](super::EntryUnit::score).
    /// `None` unless both are steps.
    fn score(&self, orders: &[Option<String>]) -> Option<f64> {
        let [written, reversed] = orders else { return None };
        let worth = |grade: &Option<String>| {
            let grade = grade.as_ref()?;
            let place = self.steps.iter().position(|step| step == grade)?;
            Some(match self.pass_from {
                Some(lowest) => f64::from(u8::from(place >= lowest as usize)),
                None => place as f64 / (self.steps.len() as f64 - 1.0),
            })
        };
        Some(f64::midpoint(worth(written)?, worth(reversed)?))
    }
}

/// Returns whether both entries have comparisons, or grades by the same steps.
pub(super) fn have_same_steps(one: &Entry, other: &Entry) -> bool {
    let steps = |entry: &Entry| entry.run.scale.as_ref().map(|scale| scale.steps.clone());
    steps(one) == steps(other)
}

/// Returns the entries with the scores that grades have by what the newest of them lets pass. One of other steps is as it
/// was. Of a jury only the kept grades are known, so its responses have no score where something else passed.
pub(super) fn by_newest_scale(entries: &[Entry]) -> Vec<Cow<'_, Entry>> {
    let newest = entries.last();
    let by_newest = |entry| match newest {
        Some(newest) if ScaleChange::between(entry, newest) == Some(ScaleChange::Passes) => {
            Cow::Owned(scored_by(entry, newest.run.scale.as_ref()))
        }
        _ => Cow::Borrowed(entry),
    };
    entries.iter().map(by_newest).collect()
}

fn scored_by(entry: &Entry, scale: Option<&EntryScale>) -> Entry {
    let mut entry = entry.clone();
    for unit in &mut entry.units {
        unit.score = scale.and_then(|scale| scale.score(&unit.orders));
    }
    if let (Some(own), Some(newest)) = (&mut entry.run.scale, scale) {
        own.pass_from = newest.pass_from;
    }
    entry
}

/// Returns how the scale of the newest entry differs from that of the baseline, of the entries of both as they were added.
pub(super) fn scale_change([baseline, later]: [&[Entry]; 2]) -> Option<ScaleChange> {
    ScaleChange::between(baseline.last()?, later.last()?)
}

/// Returns the warnings about the scale of the newest entry and about those of entries between the baseline and it.
pub(super) fn scale_warnings([baseline, later]: [&[Entry]; 2]) -> Vec<Warning> {
    let mut found = Vec::new();
    let (Some(baseline), Some((newest, between))) = (baseline.last(), later.split_last()) else {
        return found;
    };
    let change = ScaleChange::between(baseline, newest);
    found.extend(change.and_then(|change| scale_changed(change, baseline, newest)));
    let others = between.iter().filter(|entry| !have_same_steps(baseline, entry)).count() as u64;
    found.extend(Warning::counted(
        "runs-of-other-scale",
        others,
        ["run", "runs"],
        "between the baseline and the newest run graded by other steps than the baseline: no alarm counts their grades",
    ));
    found
}

fn scale_changed(change: ScaleChange, baseline: &Entry, newest: &Entry) -> Option<Warning> {
    let (before, after) = (baseline.run.scale.as_ref()?, newest.run.scale.as_ref()?);
    Some(match change {
        ScaleChange::Steps => Warning::new(
            "scale-changed",
            format!(
                "the scale has other steps than in the baseline ({} before, {} now), so grades are not compared; begin a new \
             baseline with this run",
                before.steps.join(" < "),
                after.steps.join(" < ")
            ),
        ),
        ScaleChange::Passes => {
            let lowest = |scale: &EntryScale| match scale.pass_from {
                Some(place) => format!("from `{}` on", scale.steps[place as usize]),
                None => "not said".to_owned(),
            };
            let rates = if is_of_jury(baseline) {
                "of the jury of the baseline only kept grades are known, so its rates are not compared"
            } else {
                "rates of earlier runs are those of their grades by what passes now"
            };
            let message = format!(
                "the rubric lets other steps pass than in the baseline ({} before, {} now): {rates}",
                lowest(before),
                lowest(after)
            );
            Warning::new("different-pass", message)
        }
    })
}

fn is_of_jury(entry: &Entry) -> bool {
    entry.judge.models.len() > 1
}
