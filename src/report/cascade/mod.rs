//! A cascade of two judges as text for a terminal, as Markdown and as JSON, and its verdicts as lines of JSON.
//!
//! ```text
//! CascadeReport ─sentences, rows→ table, markdown, json
//! CascadeVerdict ─json→ the line of `verdicts` with the judge that gave it
//! ```

mod json;
mod markdown;
mod rows;
mod sentences;
mod table;

pub use json::{cascade_json, json_cascade_verdict};
pub use markdown::cascade_markdown;
pub use sentences::cascade_headline;
pub use table::cascade_table;
