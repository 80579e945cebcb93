//! The tries of a rubric's author: which comparisons each judged, and what came of it.
//!
//! A try judges the labelled comparisons of one half of the items with a rubric that is being changed.
//! [`TrySelection`] chooses the comparisons, [`TryInputs`] says whether anything has changed since another try, and
//! a [`History`] keeps the numbers of each [`Try`] in a file beside the labels, so that an author sees which change
//! helped. Each try has a run file of its own: replies to requests that did not change are copied from earlier ones.
//!
//! ```text
//! ItemSource, Labels ─TrySelection→ ChosenComparisons ─run→ RunFile
//! RunFile ─summary, calibration, diff→ Try ─append→ History
//! ```

mod history;
mod inputs;
mod places;
mod record;
mod selection;

pub use history::History;
pub use inputs::TryInputs;
pub use record::{BegunTry, Try, TryChanges};
pub use selection::{SelectionOptions, TrySelection};
