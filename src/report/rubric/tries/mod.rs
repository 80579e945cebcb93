//! The tries of a rubric: the numbers of one that has just been made, and the history of all.

mod cost;
mod findings;
mod history;
mod table;

pub use history::{history_json, history_table};
pub use table::{grade_try_table, try_table};
