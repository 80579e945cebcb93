//! A rubric author's loop: findings, previews, and the history of tries.

mod lint;

pub use lint::{lint_json, lint_lines};
