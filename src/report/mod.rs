//! What people and programs get to see of a run.
//!
//! Functions from a run to text; printing it is the binary's business. No number stands without its
//! interval and its n where it has one, coverage stands beside every win rate, and everything that came
//! from outside is escaped for the place it goes to.

mod calibration;
mod columns;
mod escape;
mod metrics;
mod names;
mod page;
mod summary;
mod table;
mod verdicts;

pub use calibration::letter;
pub use escape::{csv_cell, for_terminal, json_line, markdown, write_json_line};
pub use metrics::{
    MOST_SLICED_METRICS, MOST_SLICED_SYSTEMS, MetricsDocument, metrics_csv, metrics_markdown,
    metrics_page,
};
pub use summary::{JudgeSummary, Position, RunSummary, Tokens, WinRate, summarise};
pub use table::{count, counted, seconds, table, usd};
pub use verdicts::{CSV_HEADER, csv_row, json_verdict};
