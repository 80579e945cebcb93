//! Runs: one resumable body of replies in one file, and the engine that fills it.
//!
//! The run file holds raw replies and everything needed to read them again; votes and verdicts are
//! derived on reading. The [`Store`] is the one writer, [`RunFile`]s are any number of readers.
//! [`outstanding`] says what is still to be asked, and [`engine`] asks it.

pub mod engine;

mod attempt;
mod ballots;
mod begin;
mod budget;
mod identity;
mod lock;
mod manifest;
mod outstanding;
mod parallel;
mod read;
mod reuse;
mod store;
mod tally;
mod trial_loop;
mod writer;

pub use attempt::{Attempt, Ending, TrialKey};
pub use ballots::BallotRecord;
pub use begin::{Beginning, Begun, begin, is_same_run};
pub use budget::Budget;
pub use identity::{Requests, check_identity, rendering_digest};
pub use manifest::{FORMAT, JudgeRecord, Manifest, StoredJudge};
pub use outstanding::{Again, Open, OpenTrial, everything, outstanding};
pub use read::{ComparisonRecord, JudgedOrder, RunFile, TrialRecord, VerdictRecord};
pub use reuse::reusable;
pub use store::Store;
pub use tally::{Snapshot, Tally};
pub use writer::Writer;
