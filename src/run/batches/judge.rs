//! A judge that is asked in batches, and what has happened to it since asking began.

use std::collections::HashSet;

use crate::input::{JudgeSettings, Price};
use crate::judge::{BatchApi, CallError, CallErrorKind};
use crate::pace::Pacer;
use crate::run::report::JudgeReport;
use crate::run::retry::StopReason;
use crate::run::subject::{ReplyReader, SubjectRenderer};

/// A judge that is asked in batches.
pub(super) struct BatchJudge<'a> {
    /// Its row in the run file.
    pub(super) row: i64,
    pub(super) settings: &'a JudgeSettings,
    pub(super) api: &'a dyn BatchApi,
    pub(super) renderer: &'a SubjectRenderer,
    pub(super) reader: ReplyReader,
    pub(super) max_parse_retries: u32,
    /// Only its delays are used: a batch is one request, however many requests it has.
    pub(super) pacer: Pacer,
}

/// What has happened to a judge since asking began.
#[derive(Debug)]
pub(super) struct BatchState {
    pub(super) report: JudgeReport,
    /// The most requests of the next batch, where the provider has refused a larger one.
    pub(super) most_requests: Option<u64>,
    /// Comparisons that are not asked again before the next command.
    pub(super) given_up: HashSet<i64>,
    /// Comparisons that progress counts as planned.
    pub(super) counted: HashSet<i64>,
    /// Whether any reply could be read.
    pub(super) has_readable: bool,
    /// Whether its batches can be looked at.
    pub(super) is_followed: bool,
}

impl BatchJudge<'_> {
    pub(super) fn name(&self) -> &str {
        &self.settings.name
    }

    /// Returns what tokens cost in a batch, if that is known.
    pub(super) fn price(&self) -> Option<Price> {
        self.settings.price_in_batches()
    }
}

impl BatchState {
    /// Returns the state before the first request.
    pub(super) fn new(judge: &str) -> Self {
        Self {
            report: JudgeReport::new(judge),
            most_requests: None,
            given_up: HashSet::new(),
            counted: HashSet::new(),
            has_readable: false,
            is_followed: true,
        }
    }

    /// Returns whether nothing more is submitted.
    pub(super) fn is_stopped(&self) -> bool {
        !self.report.stops.is_empty()
    }

    /// Records that nothing more is submitted, and why.
    pub(super) fn stop(&mut self, reason: StopReason, message: impl Into<String>) {
        tracing::info!(judge = self.report.judge, reason = reason.as_str(), "judge stopped");
        self.report.stops.entry(reason).or_insert_with(|| message.into());
    }

    /// Stops because of an error of a call about a batch; `what` was to be done.
    pub(super) fn stop_by(&mut self, what: &str, error: &CallError) {
        let reason = match error.kind {
            CallErrorKind::Throttled => StopReason::WaitTooLong,
            CallErrorKind::RequestRejected
            | CallErrorKind::UnsupportedParameter
            | CallErrorKind::UnknownRefusal
            | CallErrorKind::EndpointRejected => StopReason::EndpointRejected,
            _ => StopReason::Unreachable,
        };
        self.report.last_error = Some(error.message.clone());
        self.stop(reason, format!("{what}: {}", error.message));
    }
}
