//! The numbers of a run of grades for people.

mod markdown;
mod rows;
mod sentences;
mod table;

pub use markdown::grades_markdown;
pub use sentences::grades_headline;
pub use table::grades_table;
