//! Reference metrics, against the programs that define them and at their edges.

mod bertscore;
mod chrf;
mod classes;
mod command;
pub(crate) mod golden;
mod json_fields;
mod json_schema;
mod random_texts;
mod rouge_lsum;
