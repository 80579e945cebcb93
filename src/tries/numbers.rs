//! What came of a try, in numbers: of verdicts or of grades.

use serde::{Deserialize, Serialize};

use super::changes::{GradedChanges, TryChanges, VerdictChanges};
use crate::calibration::Calibration;
use crate::grading::{CalibratedScale, GradeCalibration};
use crate::stats::Estimate;

/// The numbers of a try. Its line says of which kind they are by the key `comparisons` or `responses`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum TryNumbers {
    /// The rubric compares responses.
    Verdicts(Box<VerdictNumbers>),
    /// The rubric grades single responses.
    Grades(Box<GradeNumbers>),
}

/// The numbers of a try of a rubric that compares responses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VerdictNumbers {
    /// Comparisons judged.
    pub comparisons: u64,
    /// Of those, with at least one label.
    pub labelled: u64,
    /// How often replies agree with people.
    pub agreement: Estimate,
    /// Cohen's κ over every reply.
    pub cohen_kappa: Estimate,
    /// How often kept verdicts agree with people.
    pub kept_agreement: Estimate,
    /// The share of kept verdicts.
    pub coverage: Estimate,
    /// How often both orders prefer the same response.
    pub consistency: Estimate,
    /// What differs from the try or run that it was compared with; `None` if there was none.
    pub changes: Option<TryChanges<VerdictChanges>>,
}

/// The numbers of a try of a rubric that grades single responses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GradeNumbers {
    /// Responses graded.
    pub responses: u64,
    /// Of those, with at least one label.
    pub labelled: u64,
    /// The grades that the rubric allowed.
    pub scale: CalibratedScale,
    /// How often replies have the grade that people gave.
    pub agreement: Estimate,
    /// κ over every reply: Cohen's for two steps, the quadratically weighted one for more.
    pub kappa: Estimate,
    /// How often replies pass what people pass; `None` if the rubric does not say what passes.
    pub true_positive_rate: Option<Estimate>,
    /// How often replies fail what people fail; `None` if the rubric does not say what passes.
    pub true_negative_rate: Option<Estimate>,
    /// How often kept grades are those that people gave.
    pub kept_agreement: Estimate,
    /// The mean of the kept step minus the mean step of people: above 0 for a lenient judge.
    pub bias: Estimate,
    /// The share of kept grades.
    pub coverage: Estimate,
    /// How often both directions of the scale give the same grade.
    pub consistency: Estimate,
    /// What differs from the try or run that it was compared with; `None` if there was none.
    pub changes: Option<TryChanges<GradedChanges>>,
}

impl VerdictNumbers {
    /// Returns the numbers of a calibration.
    pub(super) fn of(results: &Calibration) -> Self {
        Self {
            comparisons: results.planned,
            labelled: results.labelled,
            agreement: results.orders.agreement,
            cohen_kappa: results.orders.cohen_kappa,
            kept_agreement: results.kept.agreement,
            coverage: results.coverage,
            consistency: results.position.consistency,
            changes: None,
        }
    }
}

impl GradeNumbers {
    /// The key that only the line of a try of grades has.
    pub(super) const KEY: &str = "responses";

    /// Returns the numbers of a calibration of grades.
    pub(super) fn of(results: &GradeCalibration) -> Self {
        let GradeCalibration { replies, kept, .. } = results;
        let if_passing = |rate: Estimate| results.scale.pass_from.is_some().then_some(rate);
        Self {
            responses: results.planned,
            labelled: results.labelled,
            scale: results.scale.clone(),
            agreement: replies.agreement,
            kappa: results.headline_kappa(),
            true_positive_rate: if_passing(replies.true_positive_rate),
            true_negative_rate: if_passing(replies.true_negative_rate),
            kept_agreement: kept.agreement,
            bias: kept.bias,
            coverage: results.coverage,
            consistency: results.order.consistency,
            changes: None,
        }
    }
}
