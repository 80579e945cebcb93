//! The difference between two runs of grades as text for a terminal, as Markdown and as JSON; laid out as that of
//! comparisons is.

mod changed_case;
mod json;
mod markdown;
mod rows;
mod sentences;
mod table;

pub(in crate::report) use changed_case::change_words as grade_change_words;
pub(in crate::report) use json::changed_case_value as changed_grade_value;
pub(in crate::report) use rows::{
    change_rows as grade_change_rows, manifest_lines as grade_manifest_lines, right_grades,
    system_rows,
};

pub use json::grade_diff_json;
pub use markdown::grade_diff_markdown;
pub use sentences::grade_diff_headline;
pub use table::grade_diff_table;
