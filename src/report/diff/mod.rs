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
mod json;
mod markdown;
mod rows;
mod sentences;
mod table;

pub use json::diff_json;
pub use markdown::diff_markdown;
pub use sentences::diff_headline;
pub use table::diff_table;
