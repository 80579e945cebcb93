//! What a command reports after asking.

use std::collections::BTreeMap;

use super::batches::BatchReport;
use super::latency_log::LatencyTail;
use super::progress::ProgressSnapshot;
use super::prompt_audit::CutPrompts;
use super::retry::StopReason;
use crate::judge::FailedReplica;

/// The result of asking the judges of a session.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AskReport {
    /// Each judge, in the order they were given.
    pub judges: Vec<JudgeReport>,
    /// The counts at the end.
    pub counts: ProgressSnapshot,
    /// A request was not sent because the budget did not allow it.
    pub budget_exhausted: bool,
    /// The batches that were open at some time, in the order in which they were submitted.
    pub batches: Vec<BatchReport>,
}

/// The result of asking one judge.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct JudgeReport {
    /// The judge's name.
    pub judge: String,
    /// Why it was stopped before everything was asked, each reason with the first message; empty if it was
    /// not.
    pub stops: BTreeMap<StopReason, String>,
    /// Replies received.
    pub replies: u64,
    /// The message of the last error.
    pub last_error: Option<String>,
    /// Trials without a reply in the recording.
    pub missing_recordings: u64,
    /// The message for the first of them.
    pub first_missing_recording: Option<String>,
    /// How many requests in flight the endpoint sustained, if that was measured.
    pub sustained_in_flight: Option<u32>,
    /// The prompts that the server probably cut without saying so.
    pub cut_prompts: Option<CutPrompts>,
    /// The replicas that had failed at the end, while others answered.
    pub failed_replicas: Vec<FailedReplica>,
    /// How long its replies took; `None` where nothing was answered, or by a judge that takes no time.
    pub latency: Option<LatencyTail>,
}

impl JudgeReport {
    /// Returns the report before the first request.
    pub(super) fn new(judge: &str) -> Self {
        Self {
            judge: judge.to_owned(),
            stops: BTreeMap::new(),
            replies: 0,
            last_error: None,
            missing_recordings: 0,
            first_missing_recording: None,
            sustained_in_flight: None,
            cut_prompts: None,
            failed_replicas: Vec::new(),
            latency: None,
        }
    }

    /// Adds what happened when the same judge was asked again.
    pub(super) fn absorb(&mut self, later: Self) {
        for (reason, message) in later.stops {
            self.stops.entry(reason).or_insert(message);
        }
        self.replies += later.replies;
        self.last_error = later.last_error.or(self.last_error.take());
        self.missing_recordings += later.missing_recordings;
        if self.first_missing_recording.is_none() {
            self.first_missing_recording = later.first_missing_recording;
        }
        self.sustained_in_flight = later.sustained_in_flight.or(self.sustained_in_flight);
        self.cut_prompts = later.cut_prompts.or(self.cut_prompts.take());
        self.failed_replicas = later.failed_replicas;
        self.latency = later.latency.or(self.latency.take());
    }

    /// Returns whether the judge was stopped because its endpoint was unreachable, asked to wait for too long, or
    /// rejected one request after the other, because its program or a server that is started for it did not run, or
    /// because no turn of its shared quota could be booked.
    pub fn was_interrupted(&self) -> bool {
        let interrupts = |reason: &StopReason| {
            matches!(
                reason,
                StopReason::Unreachable
                    | StopReason::WaitTooLong
                    | StopReason::RequestsRejected
                    | StopReason::NotStarted
                    | StopReason::ServerEnded
                    | StopReason::ProgramFailed
                    | StopReason::NoLease
            )
        };
        self.stops.keys().any(interrupts)
    }
}
