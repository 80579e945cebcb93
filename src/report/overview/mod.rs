//! The report on one run: the sentences to quote, and the documents that show everything that is known of it.

mod generated;
mod headline;
mod json;
mod markdown;
mod sections;
mod table;

pub(super) use generated::{
    GENERATED_TITLE, SystemTable, generated_lead, generated_notes, generated_tables, quality_name,
};
pub(super) use markdown::{Comment, write_section as write_markdown_section};
pub(super) use sections::{
    Group, Row, Section, generated as generated_section, label_margin_sentences, margin_sentences,
    requests as requests_section, row as share_row,
};
pub(super) use table::write_section as write_text_section;

pub use headline::{overview_headline, overview_warnings};
pub use json::overview_json;
pub use markdown::overview_markdown;
pub use table::overview_table;
