//! The numbers of a run for people: the sentence to quote first.

mod decision;
mod markdown;
mod rows;
mod sentences;
mod table;

pub(super) use rows::judge_win_rate_rows;
pub(super) use sentences::judge_headline;
pub(super) use table::meaning as outcome_meaning;

pub use markdown::summary_markdown;
pub use sentences::headline;
pub use table::summary_table;

pub(super) use markdown::judge_report;
pub(super) use table::{judge_section, pending_reasons, replies_line, unreadable_reasons};
