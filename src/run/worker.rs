//! A [`JudgeWorker`] asks one judge: its settings, what all judges share, and whether it still may ask.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use super::health::EndpointHealth;
use super::latency_log::LatencyLog;
use super::progress::Progress;
use super::reservation::Budget;
use super::retry::StopReason;
use super::subject::ReplyReader;
use super::tokens::{max_prompt_tokens, max_request_cost, max_usage};
use super::until_decided::JudgeGate;
use crate::input::{JudgeSettings, Message};
use crate::judge::{ChatModel, Ports, ServerProfile, StartsServers};
use crate::pace::Pacer;
use crate::store::{Attempt, AttemptWriter, RowSet};

/// A judge that is asked.
#[derive(Debug)]
pub(super) struct AskedJudge<'a> {
    /// Its row in the run file.
    pub(super) row: i64,
    pub(super) settings: &'a JudgeSettings,
    pub(super) model: &'a dyn ChatModel,
    /// What starts the model's servers, if they are not running already.
    pub(super) starter: Option<&'a dyn StartsServers>,
    pub(super) pacer: &'a Pacer,
    /// How often an unreadable reply is asked again.
    pub(super) max_parse_retries: u32,
    /// How its replies are read.
    pub(super) reader: ReplyReader,
    /// The seed of the orders.
    pub(super) seed: u64,
    /// How often each order is asked.
    pub(super) repeat: u32,
    /// What the run file contains about its server.
    pub(super) stored_profile: ServerProfile,
    /// The comparisons that were asked and decided since asking began.
    pub(super) decided: &'a Mutex<RowSet>,
    /// What says which comparisons may begin, where asking ends as soon as a question is decided.
    pub(super) gate: Option<JudgeGate<'a>>,
}

impl AskedJudge<'_> {
    /// Returns how many requests in flight its endpoint sustained, if that was measured. A deterministic judge has no
    /// endpoint to measure, and a program is given as many trials as its settings allow.
    pub(super) fn sustained_in_flight(&self) -> Option<u32> {
        let is_measured = !self.model.is_deterministic() && self.settings.program().is_none();
        self.pacer.sustained_in_flight().filter(|_| is_measured)
    }

    /// Returns whether it takes time to answer: a deterministic judge is only looked up or computed.
    pub(super) fn has_latency(&self) -> bool {
        !self.model.is_deterministic()
    }

    /// Returns whether its time limit follows from the latencies that are seen. A model that keeps the limit itself has
    /// processes to end, which costs more than a request.
    pub(super) fn has_adaptive_limit(&self) -> bool {
        self.settings.stragglers.adaptive_timeout
            && self.has_latency()
            && !self.model.keeps_time_limit()
    }

    /// Returns whether a second request may be sent beside one that is late.
    pub(super) fn may_hedge(&self) -> bool {
        self.settings.stragglers.hedge && self.has_latency() && !self.model.keeps_time_limit()
    }
}

/// Where attempts are stored.
#[derive(Debug)]
pub(super) enum AttemptSink<'a> {
    /// In a run file.
    File(&'a AttemptWriter),
    /// In memory.
    Memory(&'a Mutex<Vec<Attempt>>),
}

impl AttemptSink<'_> {
    /// Stores an attempt; returns `false` if the run file cannot be written.
    async fn store(&self, attempt: Attempt) -> bool {
        match self {
            Self::File(writer) => writer.store(attempt).await,
            Self::Memory(_) => {
                self.store_now(attempt);
                true
            }
        }
    }

    /// Stores an attempt without waiting.
    pub(super) fn store_now(&self, attempt: Attempt) {
        match self {
            Self::File(writer) => writer.store_now(attempt),
            Self::Memory(attempts) => {
                attempts.lock().unwrap_or_else(PoisonError::into_inner).push(attempt);
            }
        }
    }

    /// Stores the profile of a judge's server.
    pub(super) async fn store_profile(&self, judge: i64, profile: ServerProfile) {
        if let Self::File(writer) = self {
            // A writer that has failed returns its error when it is finished.
            let _has_failed = !writer.store_profile(judge, profile).await;
        }
    }
}

/// What all judges that are asked together share.
#[derive(Debug)]
pub(super) struct AskContext<'a> {
    pub(super) sink: AttemptSink<'a>,
    pub(super) budget: &'a Budget,
    pub(super) progress: &'a Progress,
    /// The ports of the servers that are started.
    pub(super) ports: Ports,
    /// Cancelled when no new request may be sent.
    pub(super) cancel: CancellationToken,
}

/// What asks one judge. Two levels stop it: first no comparison may begin, then no request may be sent.
pub(super) struct JudgeWorker<'a> {
    pub(super) judge: &'a AskedJudge<'a>,
    pub(super) context: &'a AskContext<'a>,
    pub(super) health: EndpointHealth,
    pub(super) latencies: LatencyLog,
    /// No comparison may begin; those that have begun continue. The budget is exhausted.
    no_new_comparisons: AtomicBool,
    /// No request may be sent, not even for a comparison that has begun. The session was cancelled, or the
    /// judge was stopped.
    no_new_requests: CancellationToken,
}

impl<'a> JudgeWorker<'a> {
    /// Returns a worker that has asked nothing yet.
    pub(super) fn new(judge: &'a AskedJudge<'a>, context: &'a AskContext<'a>) -> Self {
        Self {
            judge,
            context,
            health: EndpointHealth::new(&judge.settings.name, judge.stored_profile.clone()),
            latencies: LatencyLog::default(),
            no_new_comparisons: AtomicBool::new(false),
            no_new_requests: context.cancel.child_token(),
        }
    }

    /// Returns the most that one request can cost, in USD.
    pub(super) fn max_request_cost(&self, messages: &[Message]) -> f64 {
        max_request_cost(self.judge.settings, messages)
    }

    /// Returns what a request must be allowed to cost, in USD, so that its reply is not likely to be cut off;
    /// `None` if that is not known yet.
    pub(super) fn smallest_request_cost(&self, messages: &[Message]) -> Option<f64> {
        let tokens = self.health.ample_reply()?.min(self.judge.settings.max_tokens?);
        let usage = max_usage(self.judge.settings, max_prompt_tokens(messages), tokens);
        self.judge.settings.price.map(|price| usage.cost(price))
    }

    /// Returns the most tokens of a reply for which a request costs no more than so many USD, where the cost is
    /// limited and that is lower than what would be sent anyway: near the end of the budget.
    pub(super) fn lowered_limit(&self, messages: &[Message], usd: f64) -> Option<u64> {
        if !self.context.budget.is_limited() {
            return None;
        }
        let settings = self.judge.settings;
        let (price, max_tokens) = settings.price.zip(settings.max_tokens)?;
        let prompt = max_usage(settings, max_prompt_tokens(messages), 0).cost(price);
        let tokens = (usd - prompt) * 1e6 / price.output_per_million;
        // The whole worst case is the limit itself, but for the last digit.
        let affordable = (tokens + 0.5 < max_tokens as f64).then_some(tokens as u64)?;
        let largest = self.judge.model.server_profile().largest_max_tokens;
        largest.is_none_or(|largest| affordable < largest).then_some(affordable)
    }

    /// Returns whether a further comparison may begin.
    pub(super) fn may_begin_comparison(&self) -> bool {
        !self.no_new_requests.is_cancelled() && !self.no_new_comparisons.load(Ordering::Relaxed)
    }

    /// Lets no further comparison begin; those that have begun continue.
    pub(super) fn stop_new_comparisons(&self) {
        self.no_new_comparisons.store(true, Ordering::Relaxed);
    }

    /// Stops the judge: further requests would have no chance.
    pub(super) fn stop_judge(&self, reason: StopReason, message: impl FnOnce() -> String) {
        tracing::info!(judge = self.judge.settings.name, reason = reason.as_str(), "judge stopped");
        self.health.record_stop(reason, message);
        self.no_new_requests.cancel();
    }

    /// Waits for `future`; returns `None` once no request may be sent any more.
    pub(super) async fn unless_stopped<F: Future>(&self, future: F) -> Option<F::Output> {
        tokio::select! {
            biased;
            () = self.no_new_requests.cancelled() => None,
            output = future => Some(output),
        }
    }

    /// Records that every trial of a comparison that was asked is decided.
    pub(super) fn record_decided(&self, comparison: i64) {
        self.judge.decided.lock().unwrap_or_else(PoisonError::into_inner).insert(comparison);
    }

    /// Stores an attempt.
    pub(super) async fn store(&self, attempt: Attempt) {
        if !self.context.sink.store(attempt).await {
            // The run file cannot be written: nothing more may be paid for.
            self.context.cancel.cancel();
        }
    }

    /// Stores the profile of the server as soon as it changes, so that not even a kill loses it.
    pub(super) async fn store_changed_profile(&self) {
        let now = self.judge.model.server_profile();
        if self.health.replace_profile(&now) {
            tracing::debug!(judge = self.judge.settings.name, "server profile stored");
            self.context.sink.store_profile(self.judge.row, now).await;
        }
    }
}
