//! Graded responses as text for a terminal, as Markdown and as JSON; laid out as comparisons are.

mod json;
mod markdown;
mod text;
mod words;

pub(in crate::report) use json::{
    grade_case_value, judged_value as grade_judged_value, label_value as grade_label_value,
};
pub(in crate::report) use words::{people as grade_people_line, verdict as grade_verdict_words};

pub use json::{grade_cases_json_begin, json_grade_case};
pub use markdown::{grade_cases_markdown_heading, markdown_grade_case};
pub use text::{grade_cases_text_heading, text_grade_case};
