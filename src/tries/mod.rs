//! The tries of a rubric's author: what each asked about, and what came of it.
//!
//! A try asks about the labelled comparisons, or the labelled responses where the rubric grades, of one half of the items
//! with a rubric that is being changed. [`TrySelection`] chooses them, [`TryInputs`] says whether anything has changed
//! since another try, and a [`History`] keeps the numbers of each [`Try`] in a file beside the labels, so that an author
//! sees which change helped. Each try has a run file of its own: replies to requests that did not change are copied from
//! earlier ones.
//!
//! ```text
//! ItemSource, Labels ─TrySelection→ ChosenSubjects ─run→ RunFile
//! RunFile ─summary, calibration, diff→ Try ─append→ History
//! GradeRun ─grading, diff→ Try ─append→ History
//! ```

mod changes;
mod history;
mod inputs;
mod labelled;
mod numbers;
mod places;
mod record;
mod selection;

pub use changes::{GradedChanges, TryChanges, VerdictChanges};
pub use history::History;
pub use inputs::TryInputs;
pub use numbers::{GradeNumbers, TryNumbers, VerdictNumbers};
pub use record::{BegunTry, Try, TryFacts};
pub use selection::{SelectionOptions, TrySelection};
