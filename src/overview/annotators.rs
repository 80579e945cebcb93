//! The judge and the other annotators beside each annotator.

use serde::Serialize;

use super::judged::Judged;
use crate::calibration::{Calibration, ReplyChoice, WeightedScores};
use crate::stats::Estimate;

/// How often the judge, and the other annotators, agree with one annotator.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct AnnotatorReport {
    /// The annotator's name.
    pub annotator: String,
    /// The comparisons that this annotator labelled.
    pub labelled: u64,
    /// How often a reply of the judge prefers what this annotator does; an unreadable reply does not, an absent one is
    /// left out.
    pub judge: Estimate,
    /// How often most of the others prefer what this annotator does, over the comparisons that they labelled too; where
    /// the others have no majority, the share of them that does. `None` without such a comparison.
    pub others: Option<Estimate>,
}

/// Returns the annotators with the most labels first, and how many are not listed; none without labels.
pub(super) fn annotators(
    judged: &Judged<'_>,
    calibration: Option<&Calibration>,
) -> (Vec<AnnotatorReport>, u64) {
    let Some(calibration) = calibration else { return (Vec::new(), 0) };
    let names = judged.annotators();
    let mut judge: Vec<WeightedScores> = vec![WeightedScores::default(); names.len()];
    for row in judged.rows() {
        let item = judged.item(row);
        for (annotator, choice) in judged.judgements(row) {
            for reply in judged.table.replies(row) {
                let agrees = match reply {
                    ReplyChoice::Preferred(preference) => preference == *choice,
                    ReplyChoice::Unreadable => false,
                    ReplyChoice::Absent => continue,
                };
                judge[*annotator as usize].push(f64::from(agrees), item, 1.0);
            }
        }
    }
    // Some who are listed there have only skipped comparisons, or answered what is no label.
    let listed = calibration.labelling.annotators.iter().filter(|one| one.labelled > 0);
    let reports: Vec<AnnotatorReport> = listed
        .filter_map(|one| {
            let at = names.binary_search_by(|name| (**name).cmp(&one.annotator)).ok()?;
            Some(AnnotatorReport {
                annotator: one.annotator.clone(),
                labelled: one.labelled,
                judge: judge[at].share(),
                others: one.others,
            })
        })
        .collect();
    let left_out = calibration.annotators - reports.len() as u64;
    (reports, left_out)
}
