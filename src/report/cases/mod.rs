//! Cases as text for a terminal, as Markdown and as JSON.
//!
//! All three are written case by case: a heading, each case, and for JSON an end. The text of items and replies
//! is shown whole, wrapped to the width and indented below its heading, so that no text can pretend to be a
//! heading. Where two responses differ is marked below the line, by characters: colour only adds to it.
//!
//! ```text
//! Case ─words, replies→ headings and texts ─difference→ MarkedText ─layout→ lines ─text, markdown→ page
//! ```

mod difference;
mod graded;
mod json;
mod layout;
mod markdown;
mod page;
mod replies;
mod text;
mod words;

pub(in crate::report) use difference::{Difference, MarkedText, difference};
pub(super) use graded::{
    grade_case_value, grade_judged_value, grade_label_value, grade_people_line, grade_verdict_words,
};
pub(in crate::report) use json::{case_value, judged_value, label_value};
pub(super) use markdown::{markdown_parts, markdown_text};
pub(super) use page::columns_of_parts;
pub(super) use replies::{Part, direction_parts, order_parts};
pub(in crate::report) use text::difference_sentence;
pub(crate) use text::{content_text, reference_texts};
pub(super) use words::{
    people as people_line, preferred as preference_name, verdict as verdict_words,
};

pub use graded::{
    grade_cases_json_begin, grade_cases_markdown_heading, grade_cases_text_heading,
    json_grade_case, markdown_grade_case, text_grade_case,
};
pub use json::{cases_json_begin, cases_json_end, json_case};
pub use markdown::{cases_markdown_heading, markdown_case};
pub use page::CaseLayout;
pub use text::{cases_text_heading, text_case};
