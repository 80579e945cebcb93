//! The numbers of a run: outcomes, coverage, position consistency, win rates, tokens and cost.
//!
//! Each of them is computed here and nowhere else. [`summarise`] computes them for every judge of a run in
//! one pass; calibration feeds the same accumulators with the comparisons it has selected; reports only
//! format the result. The structures serialize as the documented JSON, since they are what the library
//! returns: separate ones for JSON would repeat every field.
//!
//! ```text
//! RunFile ─ComparisonRecord→ JudgeAccumulator ┬ OutcomeCounts
//!                                             ├ PositionCounts    → PositionSummary  ┐
//!                                             ├ ReplyCounts       → TokenCounts …    │
//!                                             └ WinRateScores     → WinRate          ┴→ JudgeSummary → RunSummary
//! ```

mod cascade;
mod gates;
mod item_scores;
mod judge_summary;
mod outcome_counts;
mod pending;
mod position;
mod replies;
mod run_summary;
mod unreadable;
mod win_rate;

pub use cascade::CascadeSummary;
pub use gates::{Gate, GateResult, GateSlice, Narrowing};
pub use judge_summary::JudgeSummary;
pub use outcome_counts::OutcomeCounts;
pub use pending::PendingCounts;
pub use position::PositionSummary;
pub use replies::{TokenCounts, UnreadableFacts};
pub use run_summary::{RunSummary, summarise};
pub use unreadable::{CutOffSummary, ReplyPart, UnreadableCounts, UnreadableExample};
pub use win_rate::WinRate;

pub(crate) use item_scores::ItemScores;
pub(crate) use position::PositionCounts;
pub(crate) use replies::ReplyCounts;
pub(crate) use win_rate::WinRateScores;
