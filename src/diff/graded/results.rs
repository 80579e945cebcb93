//! What is known of the difference between two runs of grades.

use serde::Serialize;

use super::changes::GradeChanges;
use super::systems::SystemChange;
use crate::calibration::{CorrectVerdicts, Part};
use crate::diff::agreement::PairedEstimates;
use crate::diff::manifest::FieldChange;
use crate::diff::results::{RubricVersion, repeated_look};
use crate::error::Warning;
use crate::input::Scale;
use crate::overview::file_name;
use crate::stats::Estimate;

/// What changed between two runs of grades. Every list of two is that of the first run and that of the second.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct GradeDiff {
    /// The version of this document.
    pub schema: u32,
    /// The run files.
    pub runs: [String; 2],
    /// When each file was made, in seconds since 1970.
    pub begun: [u64; 2],
    /// The judges that are compared, or `jury`.
    pub judges: [String; 2],
    /// The rubrics, by name and version.
    pub rubrics: [RubricVersion; 2],
    /// The grades that each rubric allows; the steps have the same names.
    pub scales: [Scale; 2],
    /// How often each run asked each direction of the scale.
    pub repeats: [u32; 2],
    /// The half of the items that was compared; `None` for all.
    pub part: Option<Part>,
    /// How often the test part was looked at with the second rubric, this time included.
    pub looks: Option<u64>,
    /// The names of the fields of the manifest that differ.
    pub changed: Vec<String>,
    /// These fields with both values.
    pub manifest: Vec<FieldChange>,
    /// The unified difference of the rubric files; `None` if they are equal.
    pub rubric_diff: Option<String>,
    /// The unified difference of the prompt templates that are used; `None` if they are equal.
    pub prompt_diff: Option<String>,
    /// Responses that both runs have, with the same texts. All numbers are about these.
    pub responses: u64,
    /// The items of these responses.
    pub items: u64,
    /// Responses that only the first run has.
    pub only_before: u64,
    /// Responses that only the second run has.
    pub only_after: u64,
    /// Responses with other texts in the second run.
    pub texts_changed: u64,
    /// The ids of the first few of these.
    pub texts_changed_ids: Vec<String>,
    /// Responses of which the second run asked something.
    pub asked: u64,
    /// Responses of which the second run copied every reply from another run.
    pub copied: u64,
    /// How outcomes and grades changed.
    #[serde(flatten)]
    pub changes: GradeChanges,
    /// The share of kept grades, over the responses that both runs have answered.
    pub coverage: PairedEstimates,
    /// The pass rate and the mean step of each system.
    pub systems: Vec<SystemChange>,
    /// Agreement with people; `None` without labels.
    pub agreement: Option<LabelledGradeAgreement>,
    /// κ over every reply: Cohen's for two steps, the quadratically weighted one for more; `None` without labels.
    pub kappa: Option<PairedEstimates>,
    /// Whether texts were left out.
    pub redacted: bool,
    /// What changes how these numbers may be used.
    pub warnings: Vec<Warning>,
}

/// How often the replies of both runs agree with people, on the same responses.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct LabelledGradeAgreement {
    /// The share of replies that agree, in the first run.
    pub before: Estimate,
    /// The same in the second run.
    pub after: Estimate,
    /// The second minus the first, with an interval that is paired and clustered by item.
    pub difference: Estimate,
    /// `McNemar`'s two-sided mid-p-value of the hypothesis that both are right equally often, by `correct`; `None` if
    /// that counts nothing. It assumes that responses are independent, so with several of one item it is somewhat too
    /// small.
    pub mcnemar_mid_p: Option<f64>,
    /// On how many responses each run has kept the grade of most annotators.
    pub correct: CorrectVerdicts,
    /// Responses of both runs with a label.
    pub labelled: u64,
    /// Of those, without a grade of most annotators.
    pub no_majority: u64,
    /// People who labelled any of them.
    pub annotators: u64,
    /// Labels of other responses, which were ignored.
    pub labels_unmatched: u64,
    /// Lines of the label file that nobody has filled in.
    #[serde(skip)]
    pub labels_blank: u64,
}

impl GradeDiff {
    /// Returns how many responses have answers in both runs.
    pub fn answered(&self) -> u64 {
        self.responses - self.changes.pending
    }

    /// Records how often the test part has been looked at with the second rubric, this time included; from the second
    /// time on that is a warning.
    pub fn record_test_look(&mut self, looks: u64) {
        self.looks = Some(looks);
        self.warnings.extend(repeated_look(looks));
    }

    /// Leaves out every text: rubrics, prompts, patterns, addresses, the folders of files. Names of systems, judges,
    /// rubrics and steps, and ids of items stay.
    pub(super) fn redact(&mut self) {
        self.redacted = true;
        self.rubric_diff = None;
        self.prompt_diff = None;
        self.manifest.iter_mut().for_each(FieldChange::redact);
        for scale in &mut self.scales {
            scale.steps.iter_mut().for_each(|step| step.description = None);
        }
        for run in &mut self.runs {
            let name = file_name(run).to_owned();
            for warning in self.warnings.iter_mut().filter(|_| !run.is_empty()) {
                warning.message = warning.message.replace(&**run, &name);
            }
            *run = name;
        }
    }
}
