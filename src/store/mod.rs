//! The run file: all replies of one run in one `SQLite` file.
//!
//! It stores the manifest, item texts, comparisons and every raw reply. Votes and verdicts are derived on
//! reading and never stored, so a better pattern or a corrected parser costs no request. [`Store`] is the one
//! writer, [`RunFile`]s are any number of readers. Everything is a stream: memory does not grow with the number
//! of comparisons, except for a few bytes each.
//!
//! No other module names `SQLite`. This module neither asks judges nor decides what is asked: that is
//! [`run`](crate::run)'s task.
//!
//! A run file has comparisons, which [`RunFile`] reads, grades, which [`GradeRun`] reads, or generated responses, which
//! [`GenerationFile`] reads.
//!
//! ```text
//! PlannedItem ─inserts→ rows
//! rows ─comparison_queries→ StoredComparison(Attempt) ─records→ TrialRecord → OrderRecord → VerdictRecord → ComparisonRecord
//! Attempt ─group_commit→ rows
//! ```

mod attempt;
mod attempt_numbers;
mod attempt_queries;
mod attempt_row;
mod ballots;
mod batch;
mod cascade_view;
mod columns;
mod comparison_queries;
mod database;
mod file;
mod generation;
mod grade_run;
mod group_commit;
mod header;
mod identity;
mod inserts;
mod item_queries;
mod judge_choice;
mod lock;
mod manifest;
mod manifest_queries;
mod merge;
mod parallel;
mod passes;
mod pending;
mod planned_item;
mod recording;
mod records;
mod remove;
mod request;
mod row_set;
mod run_file;
mod selection;
mod single;
mod text_diff;

pub use attempt::{Attempt, AttemptResult, TrialKey};
pub use attempt_numbers::AttemptNumbers;
pub use attempt_queries::ServedModel;
pub use ballots::BallotRecord;
pub use batch::{Batch, BatchStage};
pub(crate) use batch::{BatchRequest, NewBatch};
pub use comparison_queries::ComparisonKey;
pub(crate) use comparison_queries::ComparisonRow;
pub use file::Store;
pub(crate) use generation::row_of;
pub use generation::{GenerationFile, GenerationManifest, WrittenItems, has_responses};
pub use grade_run::{GradeRecord, GradeRun, GradedResponse};
pub use group_commit::AttemptWriter;
pub use header::{FileKind, file_kind};
pub use identity::check_identity;
pub(crate) use identity::{changed_parts, check_cascade};
pub use judge_choice::JudgeChoice;
pub(crate) use lock::is_at;
pub use lock::is_locked;
pub use manifest::{
    FORMAT, GeneratingModels, JudgeCascade, JudgeRecord, Manifest, StoredJudge, UntilDecided,
    names_of,
};
pub use merge::{MergeReport, merge, missing_comparisons};
pub use pending::PendingReason;
pub use planned_item::PlannedItem;
pub use records::{ComparisonRecord, OrderRecord, TrialRecord, VerdictRecord};
pub(crate) use records::{take_orders, take_verdict_record};
pub use remove::remove_run;
pub(crate) use request::reading_of;
pub use request::{Request, RequestRenderer, ResponseRenderer, rendering_digest};
pub use row_set::RowSet;
pub use run_file::RunFile;
