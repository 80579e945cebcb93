//! The report on one run: the sentences to quote, and the documents that show everything that is known of it.

mod headline;
mod json;

pub use headline::{overview_headline, overview_warnings};
pub use json::overview_json;
