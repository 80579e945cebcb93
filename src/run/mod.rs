//! Runs: one resumable body of replies in one file, and the engine that fills it.
//!
//! The run file holds raw replies and everything needed to read them again; votes and verdicts are
//! derived on reading. The [`Store`] is the one writer, [`RunFile`]s are any number of readers. [`begin`] puts
//! the plan into it, [`Outstanding`] says what is still to be asked, and [`engine`] asks it. Everything is a
//! stream: memory does not grow with the number of comparisons, but for a few bytes each.

pub mod engine;

mod adding;
mod attempt;
mod attempt_row;
mod ballots;
mod begin;
mod budget;
mod contents;
mod feed;
mod identity;
mod lock;
mod manifest;
mod merge;
mod outstanding;
mod parallel;
mod read;
mod reuse;
mod row_set;
mod store;
mod survey;
mod tally;
mod trial_loop;
mod writer;

pub use attempt::{Attempt, Ending, TrialKey};
pub use ballots::BallotRecord;
pub use begin::{Beginning, Begun, begin, is_same_run};
pub use budget::Budget;
pub use feed::Feed;
pub use identity::{Request, Requests, check_identity, rendering_digest};
pub use manifest::{FORMAT, JudgeRecord, Manifest, StoredJudge};
pub use merge::{Merged, merge, missing};
pub use outstanding::{Again, Asked, Open, OpenTrial, Outstanding, Page, open_trials};
pub use read::{ComparisonRecord, JudgedOrder, RunFile, TrialRecord, VerdictRecord};
pub use reuse::Reuse;
pub use row_set::RowSet;
pub use store::Store;
pub use survey::{Draft, Planning, PromptTokens, Survey, survey};
pub use tally::{Snapshot, Tally};
pub use writer::Writer;
