//! What changes how the numbers of a difference between grades may be used.

use super::matched::MatchedGrades;
use super::results::GradeDiff;
use crate::diff::warnings::{FEW_ITEMS, detectable_points};
use crate::error::{Warning, counted, listed};
use crate::store::JudgeChoice;

/// One response, and several.
const RESPONSES: [&str; 2] = ["response", "responses"];

/// Returns the warnings, those about what was compared first.
pub(super) fn warnings(diff: &GradeDiff, matched: &MatchedGrades) -> Vec<Warning> {
    let mut found = Vec::new();
    what_is_compared(&mut found, diff);
    how_it_was_asked(&mut found, diff, matched);
    about_labels(&mut found, diff);
    found
}

fn responses(number: u64) -> String {
    let [one, several] = RESPONSES;
    counted(number, one, several)
}

fn what_is_compared(found: &mut Vec<Warning>, diff: &GradeDiff) {
    let [before, after] = &diff.runs;
    if diff.texts_changed > 0 {
        let ids = listed(&diff.texts_changed_ids);
        let more = diff.texts_changed > diff.texts_changed_ids.len() as u64;
        let others = if more { " and others" } else { "" };
        found.push(Warning::new(
            "texts-changed",
            format!(
                "{} left out, with another prompt, response, reference or context in {after}: {ids}{others}",
                responses(diff.texts_changed)
            ),
        ));
    }
    if diff.only_before + diff.only_after > 0 {
        found.push(Warning::new(
            "different-items",
            format!(
                "{} only in {before} and {} only in {after} are left out",
                responses(diff.only_before),
                responses(diff.only_after)
            ),
        ));
    }
    found.extend(Warning::counted(
        "pending",
        diff.changes.pending,
        RESPONSES,
        "still to be asked about in one of the runs: their outcomes are not compared; complete that run",
    ));
    let [one, other] = diff.scales.each_ref().map(|scale| scale.pass_from);
    if one != other {
        found.push(Warning::new(
            "different-pass",
            "the rubrics let different steps pass: the pass rates differ by that too; the mean steps do not",
        ));
    }
}

fn how_it_was_asked(found: &mut Vec<Warning>, diff: &GradeDiff, matched: &MatchedGrades) {
    let choices = matched.choices;
    if choices.contains(&JudgeChoice::Jury) && choices[0] != choices[1] {
        found.push(Warning::new(
            "jury-and-judge",
            "a jury is compared with one judge: its outcomes are kept, hung and pending, so that a grade that one judge \
             would lose as changed is lost as hung",
        ));
    }
    if diff.repeats[0] != diff.repeats[1] {
        let [before, after] = diff.repeats;
        found.push(Warning::new(
            "different-repeats",
            format!(
                "each direction was asked {before} times and {after} times: the grade of several repeats is that of more \
                 than half of them, so the runs also differ in how they decide"
            ),
        ));
    }
    if diff.changed.is_empty() && diff.runs[0] != diff.runs[1] && diff.asked > 0 {
        found.push(Warning::new(
            "same-manifest",
            "nothing differs in the manifests: what changed is noise, or the judge behind the name is another one",
        ));
    }
}

fn about_labels(found: &mut Vec<Warning>, diff: &GradeDiff) {
    let Some(agreement) = &diff.agreement else { return };
    let (n, majorities) = (agreement.labelled, agreement.labelled - agreement.no_majority);
    found.extend(Warning::counted(
        "labels-unmatched",
        agreement.labels_unmatched,
        ["label is", "labels are"],
        "about no response of both runs",
    ));
    found.extend(Warning::counted(
        "labels-blank",
        agreement.labels_blank,
        ["line of the labels is", "lines of the labels are"],
        "without a grade yet",
    ));
    if n < FEW_ITEMS {
        found.push(Warning::new(
            "few-labels",
            format!(
                "only {} labelled: differences of less than about {:.0} points cannot be seen, and intervals of κ are \
                 unreliable below {FEW_ITEMS}",
                counted(n, "response is", "responses are"),
                detectable_points(n)
            ),
        ));
    }
    if diff.responses > diff.items && majorities > 0 {
        found.push(Warning::new(
            "dependent-responses",
            "several responses are to one item: the p-value of McNemar's test takes them as independent and is somewhat \
             too small; the interval of the difference allows for it",
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
