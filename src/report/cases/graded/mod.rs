//! Graded responses as text for a terminal, as Markdown and as JSON; laid out as comparisons are.

mod json;
mod markdown;
mod text;
mod words;

pub use json::{grade_cases_json_begin, json_grade_case};
pub use markdown::{grade_cases_markdown_heading, markdown_grade_case};
pub use text::{grade_cases_text_heading, text_grade_case};
