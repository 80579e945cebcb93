//! A rubric author's loop: findings, previews, and the history of tries.

mod lint;
mod preview;
mod tries;

pub use lint::{lint_json, lint_lines};
pub use preview::{grade_preview_json, grade_preview_text, preview_json, preview_text};
pub use tries::{grade_try_table, history_json, history_table, try_table};
