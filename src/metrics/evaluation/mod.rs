//! Evaluates systems by metrics: scores with intervals, paired differences, slices.
//!
//! Items are streamed and scored in parallel, and their statistics are summed in groups of bounded number. All
//! estimates are computed from these groups at the end. Labels of people are not used here.
//!
//! ```text
//! items ─score (each by itself, in parallel)→ ScoredItem ─┐
//!       ─CommandMetric (responses to a program)→ scores ──┴→ Totals → Groups ─bootstrap, sign flips→ Evaluation
//! ```

mod best;
mod class_reports;
mod estimates;
mod exact;
mod family;
mod groups;
mod interner;
mod issue;
mod issue_warnings;
mod references;
mod results;
mod scoring;
mod settings;
mod signature;
mod significance;
mod slices;
mod stream;
mod summary;
mod system_bootstrap;
mod totals;
mod warnings;

pub use results::{
    ClassReport, ClassRow, Evaluation, FieldReport, MetricReport, MetricSlice, MissingScore,
    PairDifference, ResponseScores, Scores, SystemScore,
};
pub use settings::{EvaluationSettings, KeepScores, SliceLimits};
pub use significance::MIN_ITEMS_TO_TEST;
pub use stream::{ScoreTotals, score_items};
