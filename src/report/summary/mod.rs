//! The numbers of a run for people: the sentence to quote first.

mod markdown;
mod sentences;
mod table;

pub use markdown::summary_markdown;
pub use sentences::headline;
pub use table::summary_table;

pub(super) use markdown::judge_report;
pub(super) use table::judge_section;
