//! The difference between two runs as text for a terminal, as Markdown and as JSON.
//!
//! Each begins with the same sentences. All three are written piece by piece, so that the texts of one comparison at a
//! time are in memory.
//!
//! ```text
//! RunDiff ─sentences, rows→ table, markdown, json
//! ChangedCase ─changed_case→ headings and texts of both runs side by side ↗
//! ```

mod changed_case;
mod graded;
mod json;
mod markdown;
mod rows;
mod sentences;
mod table;

pub(super) use changed_case::change_words;
pub(super) use graded::{
    changed_grade_value, grade_change_rows, grade_change_words, grade_manifest_lines, right_grades,
    system_rows,
};
pub(super) use json::changed_case_value;
pub(super) use rows::{
    ChangeRow, TITLES, change_rows, criterion_rows, criterion_words, field_lines, right_verdicts,
    run_lines,
};

pub use graded::{grade_diff_headline, grade_diff_json, grade_diff_markdown, grade_diff_table};
pub use json::diff_json;
pub use markdown::diff_markdown;
pub(super) use sentences::NOISE_UNKNOWN;

pub use sentences::diff_headline;
pub use table::diff_table;
