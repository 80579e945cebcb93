//! What changes how the numbers of a difference between grades may be used.

use super::matched::MatchedGrades;
use super::results::GradeDiff;
use crate::diff::common_warnings::{few_labels, left_out, same_manifest, without_interval};
use crate::error::{Warning, listed};
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

fn what_is_compared(found: &mut Vec<Warning>, diff: &GradeDiff) {
    let only = [diff.only_before, diff.only_after];
    let texts_changed = (diff.texts_changed, &diff.texts_changed_ids[..]);
    found.extend(left_out(RESPONSES, &diff.runs, only, texts_changed));
    found.extend(Warning::counted(
        "pending",
        diff.changes.pending,
        RESPONSES,
        "still to be asked about in one of the runs: their outcomes are not compared; complete that run",
    ));
    let [one, other] = diff.scales.each_ref().map(|scale| scale.pass_from);
    if one != other {
        let message = if one.is_some() && other.is_some() {
            "the rubrics let different steps pass: the pass rates differ by that too; the mean steps do not"
        } else {
            "only one of the rubrics says what passes: pass rates are not compared, the mean steps are"
        };
        found.push(Warning::new("different-pass", message));
    }
    let of_few = diff.systems.iter().filter(|system| system.left_out * 2 > system.responses);
    let of_few: Vec<String> = of_few
        .map(|system| format!("{} ({} of {})", system.system, system.left_out, system.responses))
        .collect();
    if !of_few.is_empty() {
        found.push(Warning::new(
            "rates-of-few",
            format!(
                "the numbers of systems leave out most responses, since one of the runs did not grade them in both \
                 directions of the scale, or could not assess them: {}",
                listed(&of_few)
            ),
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
    found.extend(same_manifest(&diff.changed, &diff.runs, diff.asked));
}

fn about_labels(found: &mut Vec<Warning>, diff: &GradeDiff) {
    let Some(agreement) = &diff.agreement else { return };
    let majorities = agreement.labelled - agreement.no_majority;
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
    found.extend(few_labels(agreement.labelled, RESPONSES));
    if diff.responses > diff.items && majorities > 0 {
        found.push(Warning::new(
            "dependent-responses",
            "several responses are to one item: the p-value of McNemar's test takes them as independent and is somewhat \
             too small; the interval of the difference allows for it",
        ));
    }
    found.extend(without_interval(agreement.difference, diff.kappa));
}
