//! Why no label matches a response: each cause with its count, and what to do about the most frequent one.

use std::path::Path;

use super::panels::GradePanels;
use crate::calibration::{LET_OTHERS_LABEL, LabelledIn};
use crate::error::{Error, Remedy, counted};
use crate::input::GradeLabels;

/// Returns the error for labels of which none matches a response of the run or the items.
pub(super) fn no_label_matches(
    path: &Path,
    read: &GradeLabels,
    joined: &GradePanels,
    of: LabelledIn,
) -> Error {
    let path = path.display();
    let place = of.as_str();
    let [one_unknown, unknown] = [
        format!("label is for an id that is not in {place}"),
        format!("labels are for ids that are not in {place}"),
    ];
    let skipped = "response was skipped";
    let no_label = "line is another answer than a label: to a repeat, or a decision";
    let mut causes = [
        (read.skipped.len() as u64, skipped, "responses were skipped"),
        (
            (read.repeats.len() + read.adjudicated.len()) as u64,
            no_label,
            "lines are other answers than labels: to repeats, or decisions",
        ),
        (joined.blank, "line has no grade yet", "lines have no grade yet"),
        (joined.unknown_ids, one_unknown.as_str(), unknown.as_str()),
        (
            joined.other_responses,
            "label is for a response that was not graded",
            "labels are for responses that were not graded",
        ),
        (
            joined.other_part,
            "label is for an item of the other part",
            "labels are for items of the other part",
        ),
    ];
    // The most frequent one first.
    causes.sort_by_key(|(lines, ..)| std::cmp::Reverse(*lines));
    let (most, first, _) = causes[0];
    if most == 0 {
        return Error::input(format!("{path}: the file has no labels"))
            .suggest(Remedy::LabelSample);
    }
    let mut error = Error::input(format!("{path}: no label matches a response in {place}"));
    for (lines, one, several) in causes.into_iter().filter(|(lines, ..)| *lines > 0) {
        error = error.detail(counted(lines, one, several));
    }
    if let Some(alike) = &read.alike_ids {
        error = error.detail(alike.to_string());
    } else if let Some(id) = &joined.first_unknown_id {
        error = error.detail(format!("the first id that is not in {place} is `{id}`"));
    }
    if first == skipped || first == no_label {
        error.hint(LET_OTHERS_LABEL)
    } else if first.starts_with("line") {
        error.hint("write the name of a step or \"cannot assess\" as `grade` of each line, and who decided as `annotator`")
    } else if first.ends_with("part") {
        error.hint("label responses of this part, or calibrate on both parts")
    } else if of == LabelledIn::Items {
        error.hint("`id` must be an item's id, and `system` one of its systems")
    } else {
        error.suggest(Remedy::LabelSample)
    }
}
