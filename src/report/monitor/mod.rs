//! The history of an evaluation: what a check found, and numbers over time.

mod rows;
mod sentences;
mod table;
mod trend;
mod words;

pub(super) use rows::{
    PairedRow, check_rows, feature_cells, kind_words, measure_words, metric_tag_rows, stream_cells,
    tag_rows,
};
pub use sentences::check_headline;
pub(super) use sentences::{feature_words, input_sentence, judge_sentences, system_sentences};
pub use table::{check_json, check_table};
pub(super) use trend::day;
pub use trend::{monitor_json, trend_table};
pub(super) use words::Words;
