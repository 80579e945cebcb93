//! A calibration of grades for people: how far the judge can be trusted first, what to do last.
//!
//! Agreement of kept grades is always beside agreement of every reply, and every pass rate says what it estimates.

mod full;
mod json;
mod labelling;
mod markdown;
mod rows;
mod sentences;
mod table;

pub(in crate::report) use labelling::{
    GRADE_LABELLING_TITLES, grade_labelling_cells, grade_labelling_sentences,
};
pub(in crate::report) use rows::{
    main_rows as calibrated_rows, pass_rate_rows as calibrated_pass_rate_rows,
};
pub(in crate::report) use sentences::grade_trust_sentence;

pub use json::grade_calibration_json;
pub use markdown::grade_calibration_markdown;
pub use sentences::{grade_calibration_headline, grade_conclusion_sentence};
pub use table::grade_calibration_table;
