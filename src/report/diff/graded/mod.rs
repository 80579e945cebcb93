//! The difference between two runs of grades as text for a terminal, as Markdown and as JSON; laid out as that of
//! comparisons is.

mod changed_case;
mod json;
mod markdown;
mod rows;
mod sentences;
mod table;

pub use json::grade_diff_json;
pub use markdown::grade_diff_markdown;
pub use sentences::grade_diff_headline;
pub use table::grade_diff_table;
