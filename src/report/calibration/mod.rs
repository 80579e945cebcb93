//! A calibration for people: the sentences to quote first, what to do last.
//!
//! Agreement on kept verdicts is always beside agreement on every reply, and every win rate says what it
//! estimates.

mod annotator_rows;
mod annotators;
mod full;
mod json;
mod jury_members;
mod labelling;
mod labelling_table;
mod margin_rule;
mod markdown;
mod rows;
mod sentences;
mod table;

pub(super) use annotator_rows::{
    AnnotatorNumber, AnnotatorRows, short_seconds, short_share, short_step, write_left_out,
};
pub(super) use annotators::{difference_sentences, pace_cell, share_cell};
pub(super) use full::confusion_matrix;
pub(super) use jury_members::{JURY_TITLES, jury_cells, jury_sentences};
pub(super) use labelling::{
    LABELLING_TITLES, adjudication_sentences, labelling_cells, labelling_sentences,
};
pub(super) use margin_rule::{RULE_TITLES, margin_rule_sentences, rule_cells};
pub(super) use rows::{NumberRow, main_rows, win_rate_rows};
pub(super) use sentences::{labelled, robustness};

pub use json::calibration_json;
pub use margin_rule::margin_choice_sentence;
pub use markdown::calibration_markdown;
pub use sentences::{calibration_headline, conclusion_sentence};
pub use table::calibration_table;

pub(super) use markdown::{annotator_table, calibration_tables};
pub(super) use table::calibration_sections;
