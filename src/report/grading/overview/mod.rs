//! The report on a run of grades: the sentences to quote, and the documents that show everything that is known of it.

mod json;
mod markdown;
mod sections;
mod table;

pub(in crate::report) use sections::{
    change_name, criterion_steps, direction_table, length_bands, lengths_lead,
};

pub use json::{grade_overview_headline, grade_overview_json};
pub use markdown::grade_overview_markdown;
pub use table::grade_overview_table;
