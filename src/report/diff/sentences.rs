//! What changed, in sentences.

use crate::diff::{Noise, OutcomeChanges, RunDiff};
use crate::error::capitalised;
use crate::report::number_format::percent;
use crate::report::quantities::{count, counted};
use crate::stats::Estimate;

/// The warning that is a sentence of its own.
pub(in crate::report) const NOISE_UNKNOWN: &str = "noise-unknown";

/// Returns the sentences to quote: what changed in the manifests, in the outcomes and, with labels, in agreement with
/// people; and how much of that is noise.
pub fn diff_headline(diff: &RunDiff) -> Vec<String> {
    let all = [Some(manifest(diff)), Some(outcomes(diff)), noise(diff), agreement(diff)];
    all.into_iter().flatten().collect()
}

/// Says what changed in the manifests, and how much was asked.
fn manifest(diff: &RunDiff) -> String {
    let changed = match diff.changed.as_slice() {
        [] => "Nothing changed in the manifest".to_owned(),
        fields => format!("{} changed", fields.join(", ")),
    };
    let comparisons = counted(diff.comparisons, "comparison");
    let [asked, copied] = [diff.asked, diff.copied].map(count);
    format!("{changed}; {comparisons}, {asked} asked again, {copied} copied.")
}

fn outcomes(diff: &RunDiff) -> String {
    let OutcomeChanges { outcomes_changed, verdicts_reversed, kept_gained, kept_lost, .. } =
        &diff.outcomes;
    let of = format!("{} of {}", count(*outcomes_changed), counted(diff.answered(), "outcome"));
    let to: Vec<String> = diff
        .outcomes
        .reversals
        .iter()
        .map(|(name, number)| format!("{} to {name}", count(*number)))
        .collect();
    let to = if to.is_empty() { String::new() } else { format!(" ({})", to.join(", ")) };
    let are = if *kept_lost == 1 { "is" } else { "are" };
    let mut changes = vec![
        format!("{} became kept", count(*kept_gained)),
        format!("{} {are} no longer kept", count(*kept_lost)),
        format!("{} reversed{to}", count(*verdicts_reversed)),
    ];
    let other = diff.outcomes.other_changed;
    if other > 0 {
        changes.push(format!("{} changed otherwise", count(other)));
    }
    format!("{of} changed: {}.", changes.join(", "))
}

/// Says how much of that is noise, or that this is unknown.
fn noise(diff: &RunDiff) -> Option<String> {
    let Some(noise) = &diff.noise else {
        let unknown = diff.warnings.iter().find(|warning| warning.code == NOISE_UNKNOWN);
        return match unknown {
            Some(warning) => Some(capitalised(&format!("{}.", warning.message))),
            None if diff.asked == 0 && diff.copied > 0 => {
                Some("No comparison was asked again, so none can have changed by noise.".to_owned())
            }
            None => None,
        };
    };
    Some(measured_noise(noise))
}

fn measured_noise(noise: &Noise) -> String {
    let Noise { repeats_of, expected, observed, beyond } = noise;
    let (runs, unknown) = match repeats_of.as_slice() {
        ["before"] => ("the repeats of the first run", "second"),
        ["after"] => ("the repeats of the second run", "first"),
        _ => ("the repeats of both runs", "other"),
    };
    let beyond = match beyond {
        Some(beyond) => format!("The difference is {}.", number(beyond)),
        None => format!(
            "The noise of the {unknown} run is unknown, and so is how much of the change is beyond noise."
        ),
    };
    let [expected, observed] = [expected, observed].map(number);
    format!(
        "If each order is asked once, {observed} of {} change between the runs; {expected} are expected to change by \
         asking the same twice ({runs}). {beyond}",
        counted(noise.expected.n, "outcome")
    )
}

/// Returns a number of comparisons with its interval: `6.1 (3.2 – 9.0)`.
fn number(estimate: &Estimate) -> String {
    let Some(value) = estimate.value else { return "–".to_owned() };
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => format!("{} ({})", one(value), interval([low, high])),
        _ => format!("{} (no interval)", one(value)),
    }
}

/// Says how agreement with people changed, and whether that is shown to be a change.
fn agreement(diff: &RunDiff) -> Option<String> {
    let agreement = diff.agreement.as_ref()?;
    Some(agreement_sentence([&agreement.before, &agreement.after], &agreement.difference))
}

/// Says how agreement changed, and whether that is shown to be a change.
pub(super) fn agreement_sentence(both: [&Estimate; 2], difference: &Estimate) -> String {
    let [before, after] = both.map(|share| percent(share.value));
    let change = match (difference.value, difference.low, difference.high) {
        (Some(value), Some(low), Some(high)) => {
            let [value, low, high] = [value, low, high].map(|share| share * 100.0);
            let result = if low > 0.0 {
                "the second run agrees more often"
            } else if high < 0.0 {
                "the second run agrees less often"
            } else {
                "no difference shown"
            };
            format!("difference {} points, {}): {result}", one(value), interval([low, high]))
        }
        _ => "no interval)".to_owned(),
    };
    format!("Agreement with people, every reply: {before} → {after} ({change}.")
}

/// Writes a number with one decimal, without a sign where it is rounded to 0.
fn one(value: f64) -> String {
    match format!("{value:.1}").as_str() {
        "-0.0" => "0.0".to_owned(),
        text => text.replace('-', "−"),
    }
}

fn interval(ends: [f64; 2]) -> String {
    ends.map(one).join(" – ")
}
