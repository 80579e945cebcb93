//! What has been observed, since asking began, of one judge's endpoint, behind one lock.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::Instant;

use super::prompt_audit::PromptAudit;
use super::refusal::{MAX_REFUSED, Situation, Success, Throttling};
use super::report::JudgeReport;
use super::retry::StopReason;
use crate::judge::{CallError, CallErrorKind, ServerProfile, Usage};
use crate::store::TrialKey;

/// Trials without a readable reply before the judge stops, if no trial has one.
pub(super) const MAX_UNREADABLE: u64 = 20;
/// Replies whose tokens were counted before their lengths say how long replies are.
const MIN_COUNTED: u64 = 10;
/// A reply of this many times the longest so far is not likely.
const AMPLE: u64 = 4;
/// The least that counts as ample, in tokens.
const MIN_AMPLE: u64 = 256;
/// How much of an error's sentence is compared, in characters.
const COMPARED: usize = 120;

/// How an endpoint is down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outage {
    /// It cannot be reached.
    Unreachable,
    /// It asks every request to wait.
    Throttled,
}

/// What is observed of an endpoint, and the judge's report.
#[derive(Debug)]
pub(super) struct EndpointHealth {
    state: Mutex<HealthState>,
    /// Signals what a refused trial waits for: a reply to another one, or that no other one is active.
    changed: Notify,
}

#[derive(Debug)]
struct HealthState {
    last_reply: Option<Instant>,
    /// Requests sent, and of those the last one that got a reply.
    sent: u64,
    last_replied: u64,
    /// The numbers of the requests that have no answer of any kind yet.
    unanswered: BTreeSet<u64>,
    /// Whether the last request found the endpoint down, and how.
    outage: Option<Outage>,
    /// How often it asked a request to wait.
    throttled: u64,
    /// The requests that were refused and after whose refusal no request was sent that got a reply, by their numbers.
    refused: BTreeMap<u64, RefusedRequest>,
    /// Trials and comparisons that are being asked and do not wait for others.
    active: usize,
    /// Whether all comparisons have begun.
    all_begun: bool,
    audit: PromptAudit,
    /// Replies whose tokens were counted, and the tokens of the longest.
    counted_replies: u64,
    longest_reply: u64,
    /// Whether the run has a reply with a vote.
    is_readable: bool,
    /// Whether such a reply has arrived since asking began.
    has_read: bool,
    /// Trials that ended without a readable reply.
    unreadable: u64,
    /// What the run file contains about the server.
    stored_profile: ServerProfile,
    report: JudgeReport,
}

/// A request that was refused.
#[derive(Debug, Clone)]
struct RefusedRequest {
    trial: TrialKey,
    /// The words in which it was.
    words: String,
    /// How many requests were sent until it was refused.
    sent: u64,
}

/// Counts a trial or a comparison as active, except while it is suspended, until dropped.
pub(super) struct Active<'a> {
    health: &'a EndpointHealth,
    is_counted: bool,
}

/// When a trial was throttled, for its [`Throttling`].
#[derive(Debug, Clone, Copy)]
pub(super) struct ThrottledTrial {
    times: u32,
    /// The most replies that there can be to requests sent until it was throttled first, and last.
    replies_at_first: u64,
    replies_at_last: u64,
    throttled_at_first: u64,
}

impl EndpointHealth {
    /// Returns the state before the first request.
    pub(super) fn new(judge: &str, stored_profile: ServerProfile) -> Self {
        let state = HealthState {
            last_reply: None,
            sent: 0,
            last_replied: 0,
            unanswered: BTreeSet::new(),
            outage: None,
            throttled: 0,
            refused: BTreeMap::new(),
            active: 0,
            all_begun: false,
            audit: PromptAudit::default(),
            counted_replies: 0,
            longest_reply: 0,
            is_readable: false,
            has_read: false,
            unreadable: 0,
            stored_profile,
            report: JudgeReport::new(judge),
        };
        Self { state: Mutex::new(state), changed: Notify::new() }
    }

    /// Records that a request is sent; returns its number.
    pub(super) fn record_request(&self) -> u64 {
        let mut state = self.state();
        state.sent += 1;
        let number = state.sent;
        state.unanswered.insert(number);
        number
    }

    /// Records an answer of any kind to the request with that number.
    pub(super) fn record_answer(&self, request: u64) {
        let mut state = self.state();
        let was_first = state.unanswered.first() == Some(&request);
        state.unanswered.remove(&request);
        let may_count_more = was_first && !state.refused.is_empty();
        drop(state);
        if may_count_more {
            self.changed.notify_waiters();
        }
    }

    /// Records a reply to the request with that number. `is_readable` says whether it has a vote.
    ///
    /// A reply to a request that was sent before a refusal says nothing about it: the endpoint may have begun to
    /// refuse everything since.
    pub(super) fn record_reply(&self, request: u64, is_readable: bool) {
        let mut state = self.state();
        state.last_reply = Some(Instant::now());
        state.last_replied = state.last_replied.max(request);
        state.outage = None;
        state.refused.retain(|_, refused| refused.sent >= request);
        state.is_readable |= is_readable;
        state.has_read |= is_readable;
        state.report.replies += 1;
        drop(state);
        self.changed.notify_waiters();
    }

    /// Records the tokens that the server counted for a prompt of so many bytes and its reply.
    pub(super) fn record_usage(&self, prompt_bytes: u64, usage: Usage) {
        let mut state = self.state();
        state.audit.add(prompt_bytes, usage.prompt);
        state.counted_replies += 1;
        state.longest_reply = state.longest_reply.max(usage.completion);
    }

    /// Returns how many tokens are ample for a reply, judging by the replies so far; `None` if there are few.
    pub(super) fn ample_reply(&self) -> Option<u64> {
        let state = self.state();
        let is_known = state.counted_replies >= MIN_COUNTED;
        is_known.then(|| (state.longest_reply * AMPLE).max(MIN_AMPLE))
    }

    /// Records that the run contains a reply with a vote.
    pub(super) fn record_stored_readable(&self) {
        self.state().is_readable = true;
    }

    /// Records that a trial ended without a readable reply; returns whether the judge should stop, since none of
    /// so many has one.
    pub(super) fn record_unreadable_trial(&self) -> bool {
        let mut state = self.state();
        state.unreadable += 1;
        !state.is_readable && state.unreadable >= MAX_UNREADABLE
    }

    /// Records an error.
    pub(super) fn record_error(&self, error: &CallError) {
        let mut state = self.state();
        state.outage = match error.kind {
            CallErrorKind::Unreachable => Some(Outage::Unreachable),
            CallErrorKind::Throttled => Some(Outage::Throttled),
            // Whether all are down, only another one shows.
            CallErrorKind::ReplicaFailed { .. } => state.outage,
            _ => None,
        };
        state.throttled += u64::from(error.kind == CallErrorKind::Throttled);
        state.report.last_error = Some(error.message.clone());
        if error.kind == CallErrorKind::NotRecorded {
            state.report.missing_recordings += 1;
            state.report.first_missing_recording.get_or_insert_with(|| error.message.clone());
        }
    }

    /// Records that the request with that number, of a trial, was refused; returns how many requests were sent until
    /// then.
    pub(super) fn record_refusal(&self, trial: TrialKey, number: u64, error: &CallError) -> u64 {
        let mut state = self.state();
        let sent = state.sent;
        state
            .refused
            .insert(number, RefusedRequest { trial, words: compared(&error.message), sent });
        drop(state);
        self.changed.notify_waiters();
        sent
    }

    /// Returns what has happened since a trial was refused; `sent` is what [`Self::record_refusal`] returned.
    pub(super) fn situation(&self, error: &CallError, sent: u64) -> Situation {
        let state = self.state();
        let words = compared(&error.message);
        // A trial may have been refused several times.
        let (mut refused, mut alike) = (HashSet::new(), HashSet::new());
        for one in state.counted() {
            refused.insert(&one.trial);
            if one.words == words {
                alike.insert(&one.trial);
            }
            if refused.len() >= MAX_REFUSED {
                break;
            }
        }
        let mut comparisons = state.refused.values().map(|refused| refused.trial.comparison);
        let first = comparisons.next();
        let is_lone = comparisons.all(|comparison| Some(comparison) == first);
        Situation {
            // A reply without a vote is no success, but shows that not everything is refused.
            last_success: if state.last_replied > sent {
                Success::Since
            } else if state.has_read {
                Success::Before
            } else if state.is_readable {
                Success::BeforeAsking
            } else {
                Success::None
            },
            refused_alike: alike.len(),
            refused: refused.len(),
            is_lone,
            others_active: state.active > 0 || !state.all_begun,
        }
    }

    /// Returns a future that ends when the situation of a refused trial has changed since the future was created.
    pub(super) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    /// Records that a trial was throttled, before the error is recorded; `trial` is what was returned the last
    /// time.
    pub(super) fn throttle(&self, trial: Option<ThrottledTrial>) -> (ThrottledTrial, Throttling) {
        let state = self.state();
        // Those in flight now were sent before this, and their replies say nothing about it.
        let expected = state.report.replies + state.unanswered.len() as u64;
        let before = trial.unwrap_or(ThrottledTrial {
            times: 0,
            replies_at_first: expected,
            replies_at_last: expected,
            throttled_at_first: state.throttled,
        });
        let times = before.times + 1;
        let throttled = state.throttled - before.throttled_at_first;
        let throttling = Throttling {
            times,
            replies_since_first: state.report.replies.saturating_sub(before.replies_at_first),
            replies_since_last: state.report.replies.saturating_sub(before.replies_at_last),
            // Those of the trial itself are not others'.
            others_throttled: throttled.saturating_sub(u64::from(before.times)),
        };
        (ThrottledTrial { times, replies_at_last: expected, ..before }, throttling)
    }

    /// Counts a trial or a comparison as active, until the value is dropped.
    pub(super) fn activate(&self) -> Active<'_> {
        self.state().active += 1;
        Active { health: self, is_counted: true }
    }

    /// Returns whether everything that has begun was refused and waits for what happens to others.
    pub(super) fn is_waiting_for_others(&self) -> bool {
        let state = self.state();
        state.active == 0 && !state.refused.is_empty()
    }

    /// Records that all comparisons have begun.
    pub(super) fn record_all_begun(&self) {
        self.state().all_begun = true;
        self.changed.notify_waiters();
    }

    /// Records that the judge is stopped; the first message for each reason stays.
    pub(super) fn record_stop(&self, reason: StopReason, message: impl FnOnce() -> String) {
        self.state().report.stops.entry(reason).or_insert_with(message);
    }

    /// Returns when the last reply arrived.
    pub(super) fn last_reply(&self) -> Option<Instant> {
        self.state().last_reply
    }

    /// Returns how the endpoint is down, if the last request found it unreachable or was throttled.
    pub(super) fn outage(&self) -> Option<Outage> {
        self.state().outage
    }

    /// Replaces the stored profile; returns whether it differs.
    pub(super) fn replace_profile(&self, now: &ServerProfile) -> bool {
        let mut state = self.state();
        let changed = state.stored_profile != *now;
        if changed {
            state.stored_profile.clone_from(now);
        }
        changed
    }

    /// Returns the stored profile.
    pub(super) fn stored_profile(&self) -> ServerProfile {
        self.state().stored_profile.clone()
    }

    /// Returns the report of the judge.
    pub(super) fn into_report(self) -> JudgeReport {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        JudgeReport { cut_prompts: state.audit.cut_prompts(), ..state.report }
    }

    fn state(&self) -> MutexGuard<'_, HealthState> {
        // No code panics while it holds this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl HealthState {
    /// Returns the refusals that count against the endpoint.
    ///
    /// Where many requests are in flight and one of several servers behind an address refuses, many are refused before
    /// the reply to a later request can show that others succeed. So once there was a reply, a request does not count
    /// that was sent before one that got a reply, or after one that has no answer yet. Where every trial that has begun
    /// waits for what happens to others, all count: they may occupy all places, so that no other can begin.
    fn counted(&self) -> impl Iterator<Item = &RefusedRequest> {
        let counted = if self.active == 0 || self.last_replied == 0 {
            0..u64::MAX
        } else {
            let first_unanswered = self.unanswered.first().copied().unwrap_or(u64::MAX);
            // Nothing counts where a request that was sent before the last that got a reply has no answer.
            self.last_replied + 1..first_unanswered.max(self.last_replied + 1)
        };
        self.refused.range(counted).map(|(_, refused)| refused)
    }
}

impl Active<'_> {
    /// Does not count it from now on.
    pub(super) fn suspend(&mut self) {
        if !std::mem::replace(&mut self.is_counted, false) {
            return;
        }
        let mut state = self.health.state();
        state.active -= 1;
        let was_last = state.active == 0;
        drop(state);
        if was_last {
            self.health.changed.notify_waiters();
        }
    }

    /// Counts it again.
    pub(super) fn resume(&mut self) {
        if !std::mem::replace(&mut self.is_counted, true) {
            self.health.state().active += 1;
        }
    }
}

impl Drop for Active<'_> {
    fn drop(&mut self) {
        self.suspend();
    }
}

/// Returns what is compared of a sentence: its beginning, without numbers, which may differ from trial to trial.
fn compared(message: &str) -> String {
    message.chars().filter(|char| !char.is_ascii_digit()).take(COMPARED).collect()
}
