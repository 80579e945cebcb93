//! The result of a calibration of grades.

use serde::{Deserialize, Serialize};

use super::adjudication::of_responses;
use super::agreement::{GradeReplies, KeptGrades};
use super::baselines::GradeBaseline;
use super::criteria::CriterionAgreement;
use super::findings::GradeFinding;
use super::human::GradeHumanReport;
use super::labelling::GradeLabellingReport;
use super::pairs::CalibratedDifference;
use super::slices::GradeSlice;
use super::systems::CalibratedSystem;
use super::thresholds::Thresholds;
use crate::calibration::{AdjudicationReport, Conclusion, Part, Provenance};
use crate::error::Warning;
use crate::grading::order::ScaleOrderEffect;
use crate::input::{Grade, Scale};
use crate::stats::Estimate;

/// How far a judge of single responses can be trusted, in numbers.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct GradeCalibration {
    /// Where the numbers come from.
    pub provenance: Provenance,
    /// The judge's name, or `jury`.
    pub judge: String,
    /// The first thing to say about the judge. There is no simple rule to compare it with.
    pub conclusion: Conclusion,
    /// The half of the items that was measured; `None` for all.
    pub part: Option<Part>,
    /// How often the test part was looked at with this rubric, this time included.
    pub looks: Option<u64>,
    /// Responses planned.
    pub planned: u64,
    /// Of those, with at least one label.
    pub labelled: u64,
    /// People who labelled any of them.
    pub annotators: u64,
    /// The names of all people in the label file, in byte order.
    #[serde(skip)]
    pub annotator_names: Vec<String>,
    /// Labelled responses on which no grade has more than half of the labels.
    pub no_majority: u64,
    /// Labels of responses that are not in the run, which were ignored.
    pub labels_unmatched: u64,
    /// Labels of the other part, which were ignored.
    pub labels_other_part: u64,
    /// Forms of the label file that nobody has filled in.
    pub labels_blank: u64,
    /// Labelled responses that more than half of their annotators could not assess.
    pub labels_cannot_assess: u64,
    /// Replies about labelled responses that say that the response cannot be assessed.
    pub replies_cannot_assess: u64,
    /// Kept of all planned.
    pub coverage: Estimate,
    /// Kept of all labelled.
    pub labelled_coverage: Estimate,
    /// The grades that the rubric allows.
    pub scale: CalibratedScale,
    /// Agreement of kept grades with the labels.
    pub kept: KeptGrades,
    /// Agreement of every single reply with the labels.
    pub replies: GradeReplies,
    /// Each system, in the order of their names.
    pub systems: Vec<CalibratedSystem>,
    /// How each pair of systems differs.
    pub pairs: Vec<CalibratedDifference>,
    /// What the direction of the scale does to the judge.
    pub order: ScaleOrderEffect,
    /// The share of pairs of repeats in one direction that give the same grade; `None` without repeats.
    pub stability: Option<Estimate>,
    /// People among themselves; `None` unless some response has two annotators.
    pub human: Option<GradeHumanReport>,
    /// What was decided once more, where people or judge and people disagreed; `None` without a decision. It serializes with
    /// `responses` in place of `comparisons`.
    #[serde(serialize_with = "of_responses")]
    pub adjudication: Option<AdjudicationReport>,
    /// What is known of each annotator.
    pub labelling: GradeLabellingReport,
    /// How well simple rules order responses as people's grades do, beside the judge.
    pub baselines: Vec<GradeBaseline>,
    /// Agreement by criterion, where both sides grade the criteria.
    pub criteria: Vec<CriterionAgreement>,
    /// From which step on the judge's grade should be taken as a pass; `None` for a scale of two steps, for a rubric that
    /// does not say what passes, and where the labels of the dev part are all passes or all fails.
    pub thresholds: Option<Thresholds>,
    /// Agreement by tag of the items.
    pub slices: Vec<GradeSlice>,
    /// What changes how these numbers may be used, the most serious first; as warnings in the JSON.
    #[serde(rename = "warnings")]
    pub findings: Vec<GradeFinding>,
}

/// The grades that the rubric allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CalibratedScale {
    /// The names of the steps, worst first.
    pub steps: Vec<String>,
    /// The name of the lowest step that passes; `None` if the rubric does not say what passes.
    pub pass_from: Option<String>,
    /// Whether the judge may say that a response cannot be assessed.
    pub cannot_assess: bool,
}

impl CalibratedScale {
    pub(super) fn of(scale: &Scale) -> Self {
        Self {
            steps: scale.steps.iter().map(|step| step.name.clone()).collect(),
            pass_from: scale.pass_from.map(|step| scale.name_of(Grade::Step(step)).to_owned()),
            cannot_assess: scale.cannot_assess,
        }
    }
}

impl GradeCalibration {
    /// Records how often the test part has been looked at with this rubric, this time included; from the second time on
    /// that is a finding.
    pub fn record_test_look(&mut self, looks: u64) {
        self.looks = Some(looks);
        if looks > 1 {
            self.findings.push(GradeFinding::RepeatedLook { looks });
        }
    }

    /// Returns whether the jury was measured rather than one judge.
    pub fn is_jury(&self) -> bool {
        self.judge == "jury"
    }

    /// Returns the κ that says how far the judge can be trusted: over every reply, Cohen's of two steps, the weighted one
    /// of more.
    pub fn headline_kappa(&self) -> Estimate {
        self.replies.headline_kappa(self.scale.steps.len())
    }

    /// Returns agreement of kept grades minus agreement of all replies, over the responses with a label; `None` where all
    /// of these were kept, or one of both is undefined.
    pub(super) fn selection(&self) -> Option<f64> {
        let dropped = self.kept.n < self.labelled - self.no_majority;
        let difference = self.kept.agreement.value? - self.replies.agreement.value?;
        dropped.then_some(difference)
    }

    /// Returns the findings as warnings, the most serious first.
    pub fn warnings(&self) -> Vec<Warning> {
        self.findings.iter().map(GradeFinding::warning).collect()
    }
}
