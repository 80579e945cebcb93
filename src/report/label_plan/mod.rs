//! Reports of a plan of labels: as text and as a JSON document.

mod json;
mod sentences;
mod table;

pub use json::label_plan_json;
pub use sentences::label_plan_headline;
pub use table::label_plan_table;
