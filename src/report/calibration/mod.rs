//! A calibration for people: the sentences to quote first, what to do last.
//!
//! Agreement on kept verdicts is always beside agreement on every reply, and every win rate says what it
//! estimates.

mod full;
mod markdown;
mod rows;
mod sentences;
mod table;

pub use markdown::calibration_markdown;
pub(super) use rows::NumberFormat;
pub use sentences::{calibration_headline, conclusion_sentence};
pub use table::calibration_table;
