//! The judge and the other annotators beside each annotator.

use serde::Serialize;

use super::judged::Judged;
use crate::calibration::{MOST_ANNOTATORS, ReplyChoice, WeightedScores, agreement_of_others};
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
pub(super) fn annotators(judged: &Judged<'_>) -> (Vec<AnnotatorReport>, u64) {
    let names = judged.annotators();
    let mut scores: Vec<AnnotatorScores> =
        names.iter().map(|_| AnnotatorScores::default()).collect();
    for row in judged.rows() {
        let judgements = judged.judgements(row);
        let item = judged.item(row);
        for (annotator, choice) in judgements {
            let of_annotator = &mut scores[*annotator as usize];
            of_annotator.labelled += 1;
            for reply in judged.table.replies(row) {
                let agrees = match reply {
                    ReplyChoice::Preferred(preference) => preference == *choice,
                    ReplyChoice::Unreadable => false,
                    ReplyChoice::Absent => continue,
                };
                of_annotator.judge.push(f64::from(agrees), item, 1.0);
            }
            if let Some(agreement) = agreement_of_others(judgements, *annotator, *choice) {
                of_annotator.others.push(agreement, item, 1.0);
            }
        }
    }
    let reports = names.iter().zip(scores).filter(|(_, scores)| scores.labelled > 0);
    let mut reports: Vec<AnnotatorReport> = reports
        .map(|(name, scores)| AnnotatorReport {
            annotator: name.to_string(),
            labelled: scores.labelled,
            judge: scores.judge.share(),
            others: Some(scores.others.share()).filter(|share| share.n > 0),
        })
        .collect();
    reports.sort_by_key(|report| std::cmp::Reverse(report.labelled));
    let left_out = reports.len().saturating_sub(MOST_ANNOTATORS) as u64;
    reports.truncate(MOST_ANNOTATORS);
    (reports, left_out)
}

#[derive(Default)]
struct AnnotatorScores {
    labelled: u64,
    judge: WeightedScores,
    others: WeightedScores,
}
