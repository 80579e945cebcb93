//! Cases: single comparisons of a run with everything that is known of them.
//!
//! A case is what a person looks at to understand a verdict: the prompt, both responses, the reference, every
//! reply with its votes, and the labels of people. [`Cases::select`] chooses the comparisons, by what identifies
//! them and by outcome, without keeping any text; [`Cases::for_each`] then reads them one after another, in
//! constant memory. Only the run file is needed. The formats are in [`report`](crate::report).
//!
//! ```text
//! RunFile ─CaseFilter→ rows ─BallotRecord→ OutcomeCounts, rows with the outcome
//! rows ─ComparisonRecord, Item, CaseLabels→ Case
//! ```
//!
//! [`GradeCases`] does the same with the graded responses of a run.

mod case;
mod grade_preview;
mod graded;
mod labels;
mod measures;
mod preview;
mod selection;

pub use case::{Case, CaseLabel};
pub use grade_preview::{GradePreview, PreviewedDirection};
pub(crate) use graded::GradeCaseLabels;
pub use graded::{GradeCase, GradeCaseLabel, GradeCases};
pub(crate) use labels::CaseLabels;
pub use measures::{VerdictAndPeople, flipped_criteria, margin};
pub use preview::{
    Preview, PreviewedAnswer, PreviewedMessage, PreviewedOrder, PreviewedRun, PreviewedVerdict,
};
pub use selection::{CaseFilter, Cases};
