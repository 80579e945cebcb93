//! What changes how the numbers of a difference may be used.

use super::matched::Matched;
use super::results::RunDiff;
use crate::calibration::PairedLabels;
use crate::error::{Warning, counted, listed};
use crate::store::JudgeChoice;

/// Fewer labelled items than this make intervals of κ unreliable.
pub(super) const FEW_ITEMS: u64 = 50;
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

fn comparisons(number: u64) -> String {
    let [one, several] = COMPARISONS;
    counted(number, one, several)
}

fn what_is_compared(found: &mut Vec<Warning>, diff: &RunDiff) {
    let [before, after] = &diff.runs;
    if diff.texts_changed > 0 {
        let more = diff.texts_changed.saturating_sub(diff.texts_changed_ids.len() as u64);
        let ids = listed(&diff.texts_changed_ids);
        let ids = if more > 0 && diff.texts_changed_ids.len() >= 20 {
            format!("{ids} and others")
        } else {
            ids
        };
        found.push(Warning::new(
            "texts-changed",
            format!(
                "{} left out, with another prompt, response, reference or context in {after}: {ids}",
                comparisons(diff.texts_changed)
            ),
        ));
    }
    if diff.only_before + diff.only_after > 0 {
        found.push(Warning::new(
            "different-items",
            format!(
                "{} only in {before} and {} only in {after} are left out",
                comparisons(diff.only_before),
                comparisons(diff.only_after)
            ),
        ));
    }
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
    let same = diff.changed.is_empty();
    if same && diff.runs[0] != diff.runs[1] && diff.asked > 0 {
        found.push(Warning::new(
            "same-manifest",
            "nothing differs in the manifests: what changed is noise, or the judge behind the name is another one",
        ));
    }
    if diff.noise.is_none() && !same && diff.repeats == [1, 1] {
        found.push(Warning::new(
            "noise-unknown",
            "how much of this is noise is unknown: neither run asked an order more than once",
        ));
    }
}

fn about_labels(found: &mut Vec<Warning>, diff: &RunDiff, labels: &PairedLabels) {
    let Some(agreement) = &diff.agreement else { return };
    let (n, majorities) = (agreement.labelled, agreement.labelled - agreement.no_majority);
    found.extend(Warning::counted(
        "labels-unmatched",
        agreement.labels_unmatched,
        ["label is", "labels are"],
        "about no comparison of both runs",
    ));
    found.extend(Warning::counted(
        "labels-blank",
        labels.read.blank as u64,
        ["line of the labels is", "lines of the labels are"],
        "without a winner yet",
    ));
    if n < FEW_ITEMS {
        found.push(Warning::new(
            "few-labels",
            format!(
                "only {} labelled: differences of less than about {:.0} points cannot be seen, and intervals of κ are \
                 unreliable below {FEW_ITEMS}",
                counted(n, "comparison is", "comparisons are"),
                detectable_points(n)
            ),
        ));
    }
    if diff.comparisons > diff.items && majorities > 0 {
        found.push(Warning::new(
            "dependent-comparisons",
            "several comparisons are of one item: the p-value of McNemar's test takes them as independent and is \
             somewhat too small; the interval of the difference allows for it",
        ));
    }
    let without: Vec<&str> = [
        ("the difference of agreement", Some(agreement.difference)),
        ("the difference of κ", diff.kappa.map(|kappa| kappa.difference)),
    ]
    .into_iter()
    .filter_map(|(name, estimate)| estimate.filter(|one| one.low.is_none()).map(|_| name))
    .collect();
    if !without.is_empty() {
        found.push(Warning::new(
            "no-interval",
            format!(
                "no interval for {}: it is undefined, or the same in every resample of the items, so the uncertainty \
                 is unknown, not 0",
                listed(&without)
            ),
        ));
    }
}

/// Returns the difference of agreement that a sample of `n` comparisons can show with a power of 80 % where a tenth of
/// them is right in only one run: `(1.96 + 0.84)·√(0.1/n)`, in points.
pub(super) fn detectable_points(n: u64) -> f64 {
    100.0 * (1.96 + 0.84) * (0.1 / n.max(1) as f64).sqrt()
}
