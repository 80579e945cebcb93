//! Two runs over the same comparisons: what changed between them, and what changed with it.
//!
//! [`compare_runs`] joins the comparisons of two runs and says what differs in their manifests, which verdicts changed,
//! how much of that is noise, and with labels how agreement with people changed. It asks no judge anything.
//!
//! [`compare_grades`] does the same for two runs of grades.
//!
//! A comparison of both runs is the same if item id, pair of systems and all texts that the judge may be shown (prompt,
//! both responses, reference, context) are equal. The others are counted and take no part in any number.
//!
//! ```text
//! RunFile ─Answers┬→ Matched ┬ outcomes, noise, criteria, win_rates ┐
//! RunFile ─Answers┘          ├ PairedLabels → agreement ────────────┼→ RunDiff
//! manifests ─→ FieldChange, unified diffs ──────────────────────────┘
//! Matched ─cases→ DiffCase
//! ```

mod agreement;
mod answers;
mod cases;
mod common_warnings;
mod compare;
mod criteria;
mod graded;
mod manifest;
mod matched;
mod noise;
mod outcomes;
mod results;
mod warnings;
mod win_rates;

pub use agreement::{LabelledAgreement, PairedEstimates};
pub(crate) use answers::Answers;
pub use cases::{ChangedCase, ComparedRuns};
pub(crate) use common_warnings::{few_labels, left_out, unused_labels};
pub(crate) use compare::nothing_in_common;
pub use compare::{DiffOptions, compare_runs};
pub(crate) use criteria::paired;
pub use criteria::{CriterionChange, CriterionEstimates};
pub use graded::{
    ChangedGrade, ComparedGrades, GradeChange, GradeChanges, GradeDiff, LabelledGradeAgreement,
    SystemChange, compare_grades,
};
pub use manifest::FieldChange;
pub(crate) use matched::Matched;
pub use noise::Noise;
pub use outcomes::{Change, OutcomeChanges, Transition};
pub(crate) use results::repeated_look;
pub use results::{RubricVersion, RunDiff, SCHEMA};
pub use win_rates::WinRateChange;
