//! What changes how the numbers of a difference may be used.

use super::common_warnings::{
    few_labels, left_out, same_manifest, unused_labels, without_interval,
};
use super::matched::Matched;
use super::results::RunDiff;
use crate::calibration::PairedLabels;
use crate::error::Warning;
use crate::store::JudgeChoice;

/// One comparison, and several.
const COMPARISONS: [&str; 2] = ["comparison", "comparisons"];

/// Returns the warnings, those about what was compared first.
pub(super) fn warnings(
    diff: &RunDiff,
    matched: &Matched,
    labels: Option<&PairedLabels>,
) -> Vec<Warning> {
    let mut found = Vec::new();
    what_is_compared(&mut found, diff);
    how_it_was_asked(&mut found, diff, matched);
    if let Some(labels) = labels {
        about_labels(&mut found, diff, labels);
    }
    found
}

fn what_is_compared(found: &mut Vec<Warning>, diff: &RunDiff) {
    let only = [diff.only_before, diff.only_after];
    let texts_changed = (diff.texts_changed, &diff.texts_changed_ids[..]);
    found.extend(left_out(COMPARISONS, &diff.runs, only, texts_changed));
    found.extend(Warning::counted(
        "pending",
        diff.outcomes.pending,
        COMPARISONS,
        "still to be asked in one of the runs: their outcomes are not compared; complete that run",
    ));
}

fn how_it_was_asked(found: &mut Vec<Warning>, diff: &RunDiff, matched: &Matched) {
    let choices = [matched.before.choice, matched.after.choice];
    if choices.contains(&JudgeChoice::Jury) && choices[0] != choices[1] {
        found.push(Warning::new(
            "jury-and-judge",
            "a jury is compared with one judge: its outcomes are kept, hung and pending, so that a verdict that one \
             judge would lose as flipped is lost as hung",
        ));
    }
    if diff.repeats[0] != diff.repeats[1] {
        let [before, after] = diff.repeats;
        found.push(Warning::new(
            "different-repeats",
            format!(
                "each order was asked {before} times and {after} times: the vote of several repeats is that of more \
                 than half of them, so the runs also differ in how they decide"
            ),
        ));
    }
    found.extend(same_manifest(&diff.changed, &diff.runs, diff.asked));
    if diff.noise.is_none() && !diff.changed.is_empty() && diff.repeats == [1, 1] {
        found.push(Warning::new(
            "noise-unknown",
            "how much of this is noise is unknown: neither run asked an order more than once",
        ));
    }
}

fn about_labels(found: &mut Vec<Warning>, diff: &RunDiff, labels: &PairedLabels) {
    let Some(agreement) = &diff.agreement else { return };
    let majorities = agreement.labelled - agreement.no_majority;
    let unmatched = agreement.labels_unmatched;
    let blank = labels.read.blank as u64;
    found.extend(unused_labels(unmatched, "about no comparison of both runs", blank));
    found.extend(few_labels(agreement.labelled, COMPARISONS));
    if diff.comparisons > diff.items && majorities > 0 {
        found.push(Warning::new(
            "dependent-comparisons",
            "several comparisons are of one item: the p-value of McNemar's test takes them as independent and is \
             somewhat too small; the interval of the difference allows for it",
        ));
    }
    found.extend(without_interval(agreement.difference, diff.kappa));
}
