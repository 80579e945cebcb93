//! The report on one run: the sentences to quote, and the documents that show everything that is known of it.

mod generated;
mod headline;
mod json;
mod markdown;
mod sections;
mod table;

pub(super) use generated::{
    GENERATED_TITLE, SystemTable, generated_lead, generated_notes, generated_tables,
};
pub(super) use sections::{label_margin_sentences, margin_sentences};

pub use headline::{overview_headline, overview_warnings};
pub use json::overview_json;
pub use markdown::overview_markdown;
pub use table::overview_table;
