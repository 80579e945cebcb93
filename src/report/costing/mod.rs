//! Reports of the ways to answer a question: as text and as a JSON document.

mod json;
mod leaves;
mod sentences;
mod table;

pub use json::cost_json;
pub use sentences::cost_headline;
pub use table::cost_table;
