//! Running a judgement: a task is validated, planned, asked, and resumed.
//!
//! [`Task`] says what is judged and by whom. [`Task::prepare`] compiles it; [`PreparedTask::check`] then counts
//! what would be asked, and [`Session::plan`] writes the plan into a run file. [`Session::ask`] asks what is
//! open, both orders of a comparison together, and stores every answer. [`judge_pair`] judges a single pair
//! without a run file.
//!
//! Everything is a stream: memory does not grow with the number of comparisons, except for a few bytes each.
//! This module computes no statistics and knows no flags.
//!
//! ```text
//! Task → PreparedTask ─validate→ PlannedItem ─open→ Session
//!   ─outstanding→ SubjectToAsk ─prefetch→ ReadySubject ─engine→ TrialState
//!   ─retry, reservation, pace→ Attempt → AskReport
//! ```

mod ask_all;
mod batches;
mod cascade;
mod check;
mod decided_session;
mod earlier_rubrics;
mod engine;
mod generation;
mod health;
mod hold;
mod judge;
mod latency_log;
mod least_limits;
mod listing;
mod open_run;
mod outstanding;
mod pacers;
mod pair;
mod prefetch;
mod prefix_cache;
mod prepared;
mod prepared_judge;
mod progress;
mod prompt_audit;
mod refusal;
mod report;
mod reservation;
mod retry;
mod reuse;
mod reused_file;
mod same_family;
mod sending;
mod servers;
mod session;
mod session_file;
mod subject;
mod task;
mod time_limit;
mod tokens;
mod trial;
mod trial_log;
mod trial_state;
mod until_decided;
mod validate;
mod worker;

pub use batches::{BatchOptions, BatchReport};
pub use check::{CheckReport, CostForecast, JudgeForecast};
pub use generation::{
    Generation, GenerationForecast, GenerationPlan, GenerationSession, GenerationSummary,
    PreparedGeneration, System, SystemPlan, SystemSummary,
};
pub use judge::Judge;
pub use latency_log::{GivenUpCounts, LatencyQuantiles, LatencyTail};
pub use least_limits::LeastLimits;
pub use listing::{ListedRun, RunContents, RunList, RunState, list_runs, remove_listed_run};
pub use outstanding::RetryScope;
pub use pair::{PairVerdict, judge_pair};
pub use prepared::PreparedTask;
pub use progress::{
    EndedComparison, EndedGrade, EndedSubject, Progress, ProgressSnapshot, StartingServer,
};
pub use prompt_audit::CutPrompts;
pub use report::{AskReport, JudgeReport};
pub use retry::StopReason;
pub use session::{AskOptions, OpenComparisons, Session};
pub use task::Task;
pub use tokens::{PromptTokens, likely_prompt_tokens};
pub use validate::PlanSummary;
