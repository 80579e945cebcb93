//! How often a judge lets pass what people let pass, and lets fail what people let fail.

use super::panels::{GradePanel, GradeReply, LabelledGrades};
use crate::calibration::WeightedScores;
use crate::stats::Estimate;

/// The shares of passes and of fails, by people, that a judge finds.
#[derive(Debug, Default)]
pub(super) struct Rates {
    passes: WeightedScores,
    fails: WeightedScores,
}

impl Rates {
    /// Adds how far the judge lets a response pass, from 0 to 1, beside whether it passes by people.
    pub(super) fn push(&mut self, judge: f64, passes: bool, item: u32, weight: f64) {
        if passes {
            self.passes.push(judge, item, weight);
        } else {
            self.fails.push(1.0 - judge, item, weight);
        }
    }

    /// Adds every reply to a response. An unreadable reply is wrong; one that cannot assess the response is left out.
    pub(super) fn push_replies(
        &mut self,
        labelled: LabelledGrades<'_>,
        panel: &GradePanel,
        passes_by_judge: impl Fn(u8) -> bool,
    ) {
        let Some(passes) = panel.passes else { return };
        let (item, weight) = (labelled.row(panel).item, labelled.weight(panel));
        for reply in labelled.replies(panel) {
            let judge = match reply {
                GradeReply::Unreadable => !passes,
                GradeReply::Given(grade) => match grade.step() {
                    Some(step) => passes_by_judge(step),
                    None => continue,
                },
            };
            self.push(f64::from(judge), passes, item, weight);
        }
    }

    /// Returns the share of passes, by people, that the judge lets pass.
    pub(super) fn true_positive_rate(&self) -> Estimate {
        self.passes.share()
    }

    /// Returns the share of fails, by people, that the judge lets fail.
    pub(super) fn true_negative_rate(&self) -> Estimate {
        self.fails.share()
    }
}

/// Returns the rates of every reply to some labelled responses, by what the rubric lets pass.
pub(super) fn reply_rates<'a>(
    labelled: LabelledGrades<'a>,
    panels: impl Iterator<Item = &'a GradePanel>,
) -> Rates {
    let mut rates = Rates::default();
    if let Some(pass_from) = labelled.table.scale.pass_from {
        panels.for_each(|panel| rates.push_replies(labelled, panel, |step| step >= pass_from));
    }
    rates
}
