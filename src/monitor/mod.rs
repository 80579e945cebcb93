//! The same evaluation over time: a history of runs, and whether judge, systems or traffic have changed since its
//! baseline.
//!
//! An [`Entry`] has what later checks need of one run of comparisons or of grades, without any text: its units are the one or
//! the other, with a score from 0 to 1, so that everything after it is the same for both. A [`History`] is a file of entries to which
//! lines are only added. [`check()`] compares the newest entry with the baseline and tells apart what has changed, by
//! what has not: verdicts on unchanged texts show the judge, other responses to the same items the systems, and new
//! items the traffic. An alarm has a stated rate of false alarms, however often the history is checked.
//!
//! ```text
//! RunFile,  labels, metrics ─Entry::of_run────┐
//! GradeRun, labels, metrics ─Entry::of_grades─┴→ Entry ─History::add→ history.jsonl
//! history.jsonl ─History::read→ entries ─Matched┬ judge_drift  ┐
//!                                               ├ system_drift ┼→ Check
//!                                               ├ input_drift  ┤
//!                                               └ streams      ┘
//! ```

mod check;
mod entry;
mod history;
mod input_drift;
mod judge_drift;
mod kappa;
mod limits;
mod matched;
mod metric_checks;
mod metric_drift;
mod metric_scores;
mod metrics_file;
mod new_items;
mod one_check;
mod rated;
mod record;
mod recorded_comparisons;
mod recorded_grades;
mod recorded_items;
mod repeated;
mod results;
mod scales;
mod stream;
mod streams;
mod system_drift;
mod trends;
mod two_samples;
mod warnings;
mod weights;

pub use check::{CheckOptions, check};
pub use entry::{
    Entry, EntryItem, EntryJudge, EntryLabels, EntryMetric, EntryModel, EntryRun, EntryScale,
    EntryServed, EntryUnit, FORMAT, ItemScore, JudgeKind, SystemScore,
};
pub use history::{Added, History};
pub use input_drift::{Category, FeatureDrift, FeatureOf, InputDrift};
pub use judge_drift::{FieldOfJudge, JudgeDrift, RateDrift, RightVerdicts, ServedChange};
pub use metric_drift::{MetricDrift, MetricTagDrift, MetricsDrift};
pub use metrics_file::read_metrics;
pub use rated::RateKind;
pub use record::EntryOptions;
pub use results::{CHECK_SCHEMA, ChangeCounts, Check, CheckResult, Drift, EntryName};
pub use scales::ScaleChange;
pub use stream::{MeanOfChecks, Measure, Stream, StreamKind, StreamName, StreamPoint};
pub use system_drift::{SystemDrift, TagDrift};
pub use trends::{Trend, trends};
