//! What is known of the difference between two runs.

use serde::Serialize;

use super::agreement::{LabelledAgreement, PairedEstimates};
use super::criteria::CriterionChange;
use super::manifest::FieldChange;
use super::noise::Noise;
use super::outcomes::OutcomeChanges;
use super::win_rates::WinRateChange;
use crate::calibration::Part;
use crate::error::Warning;
use crate::overview::file_name;

/// The version of the documented JSON of [`RunDiff`].
pub const SCHEMA: u32 = 1;

/// What changed between two runs. Every list of two is that of the first run and that of the second.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct RunDiff {
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
    /// How often each run asked each order.
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
    /// Comparisons that both runs have, with the same texts. All numbers are about these.
    pub comparisons: u64,
    /// The items of these comparisons.
    pub items: u64,
    /// Comparisons that only the first run has.
    pub only_before: u64,
    /// Comparisons that only the second run has.
    pub only_after: u64,
    /// Comparisons with other texts in the second run.
    pub texts_changed: u64,
    /// The ids of the first few of these.
    pub texts_changed_ids: Vec<String>,
    /// Comparisons of which the second run asked something.
    pub asked: u64,
    /// Comparisons of which the second run copied every reply from another run.
    pub copied: u64,
    /// How outcomes changed.
    #[serde(flatten)]
    pub outcomes: OutcomeChanges,
    /// The share of kept verdicts, over the comparisons that both runs have answered.
    pub coverage: PairedEstimates,
    /// How much of that is noise; `None` if no order was asked more than once.
    pub noise: Option<Noise>,
    /// Order-averaged win rates; empty for a jury.
    pub win_rates: Vec<WinRateChange>,
    /// Agreement with people; `None` without labels.
    pub agreement: Option<LabelledAgreement>,
    /// Cohen's κ over every reply; `None` without labels.
    pub kappa: Option<PairedEstimates>,
    /// What changed on each criterion; empty if no reply votes on criteria.
    pub criteria: Vec<CriterionChange>,
    /// Whether texts were left out.
    pub redacted: bool,
    /// What changes how these numbers may be used.
    pub warnings: Vec<Warning>,
}

/// Returns the warning about the second look at the test part, or a later one.
pub(crate) fn repeated_look(looks: u64) -> Option<Warning> {
    (looks > 1).then(|| {
        Warning::new(
            "repeated-look",
            format!(
                "this is look {looks} at the test part with this rubric: a rubric that is changed after such looks is \
                 tuned to these items, so its agreement on them is too high"
            ),
        )
    })
}

/// A rubric by its name and version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RubricVersion {
    /// The name.
    pub name: String,
    /// The version.
    pub version: String,
}

impl RubricVersion {
    pub(crate) fn new(name: &str, version: &str) -> Self {
        Self { name: name.to_owned(), version: version.to_owned() }
    }
}

impl RunDiff {
    /// Returns how many comparisons have answers in both runs.
    pub fn answered(&self) -> u64 {
        self.comparisons - self.outcomes.pending
    }

    /// Records how often the test part has been looked at with the second rubric, this time included; from the second
    /// time on that is a warning.
    pub fn record_test_look(&mut self, looks: u64) {
        self.looks = Some(looks);
        self.warnings.extend(repeated_look(looks));
    }

    /// Leaves out every text: rubrics, prompts, patterns, addresses, the folders of files. Names of systems, judges,
    /// rubrics and criteria, and ids of items stay.
    pub(super) fn redact(&mut self) {
        self.redacted = true;
        self.rubric_diff = None;
        self.prompt_diff = None;
        self.manifest.iter_mut().for_each(FieldChange::redact);
        for run in &mut self.runs {
            let name = file_name(run).to_owned();
            for warning in self.warnings.iter_mut().filter(|_| !run.is_empty()) {
                warning.message = warning.message.replace(&**run, &name);
            }
            *run = name;
        }
    }
}
