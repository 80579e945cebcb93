//! What can be said of labels of single responses before anything is graded.

use super::findings::GradeFinding;
use crate::error::{Warning, counted};
use crate::input::GradeLabels;

/// Returns what changes how labels of single responses may be used, as far as the items tell without any grade.
pub fn grade_label_warnings(read: &GradeLabels) -> Vec<Warning> {
    let unused =
        read.warnings.iter().map(|field| GradeFinding::UnusedLabelField { field: field.clone() });
    let mut warnings: Vec<Warning> = unused.map(|finding| finding.warning()).collect();
    if let Some(alike) = &read.alike_ids {
        let ids = counted(
            read.unmatched_ids.len() as u64,
            "label has an id that is not among the items",
            "labels have an id that is not among the items",
        );
        warnings.push(Warning::new("labels-unmatched", format!("{ids}; {alike}")));
    }
    if let Some(annotators) = &read.alike_annotators {
        let annotators = annotators.each_ref().map(ToString::to_string);
        warnings.push(GradeFinding::SimilarAnnotators { annotators }.warning());
    }
    if read.blank > 0 {
        warnings.push(GradeFinding::LabelsBlank { lines: read.blank as u64 }.warning());
    }
    warnings
}
