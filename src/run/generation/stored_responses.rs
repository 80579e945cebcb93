//! What the stored attempts of a sample say: whether there is a response to the prompt as it is now.

use crate::run::outstanding::RetryScope;
use crate::store::{Attempt, AttemptResult};
use crate::vote::{Response, read_response};

/// How a sample has ended so far.
#[derive(Debug)]
pub(super) enum SampleState<'a> {
    /// With a response, given by this attempt.
    Responded(Response, &'a Attempt),
    /// With replies that are no response: each was broken off.
    BrokenOff,
    /// With an error; whether it may be temporary.
    Failed {
        /// The error.
        error: &'a str,
        is_temporary: bool,
    },
    /// It has not.
    Pending,
}

/// One sample of a system: how it has ended, and what asking it again needs to know.
#[derive(Debug)]
pub(super) struct Sample<'a> {
    pub(super) state: SampleState<'a>,
    /// The number of the last stored attempt, of any request; 0 if there is none.
    pub(super) last_attempt: u32,
    /// Replies to this request that are no response and count against asking again.
    pub(super) broken_off: u32,
    /// Whether another request has a response: that of an earlier prompt, template or parameter.
    pub(super) has_earlier_response: bool,
}

impl<'a> Sample<'a> {
    /// Reads the attempts of a system at a prompt that are of the sample `number`; `request` is the digest of the request
    /// that would be sent now.
    pub(super) fn read(attempts: &'a [Attempt], number: u32, request: &[u8; 32]) -> Self {
        let of_sample = attempts.iter().filter(|attempt| attempt.key.repeat == number);
        let last_attempt = of_sample.clone().map(|attempt| attempt.number).max().unwrap_or(0);
        let (now, earlier): (Vec<&Attempt>, Vec<&Attempt>) =
            of_sample.partition(|attempt| attempt.request == *request);
        let broken_off = now.iter().filter(|attempt| counts_as_broken_off(attempt)).count() as u32;
        let has_earlier_response = earlier.iter().any(|attempt| response(attempt).is_some());
        Self { state: state(&now), last_attempt, broken_off, has_earlier_response }
    }

    /// Returns whether it is to be asked.
    pub(super) fn is_open(&self, scope: RetryScope, max_retries: u32) -> bool {
        match (&self.state, scope) {
            (SampleState::Responded(..), _) | (SampleState::Pending, RetryScope::Failed) => false,
            (SampleState::Pending, RetryScope::Open)
            | (SampleState::Failed { .. } | SampleState::BrokenOff, RetryScope::Failed) => true,
            (SampleState::BrokenOff, RetryScope::Open) => self.broken_off <= max_retries,
            (SampleState::Failed { is_temporary, .. }, RetryScope::Open) => *is_temporary,
        }
    }
}

/// Returns whether one of some attempts gave a response of a sample, to whatever request.
pub(super) fn has_response(attempts: &[Attempt], number: u32) -> bool {
    let mut of_sample = attempts.iter().filter(|attempt| attempt.key.repeat == number);
    of_sample.any(|attempt| response(attempt).is_some())
}

fn response(attempt: &Attempt) -> Option<Response> {
    read_response(&attempt.reply).filter(|_| attempt.result == AttemptResult::Replied)
}

/// A reply that was cut off only to limit the cost says nothing about the next one.
fn counts_as_broken_off(attempt: &Attempt) -> bool {
    attempt.result == AttemptResult::Replied
        && !attempt.reply.hit_cost_limit()
        && read_response(&attempt.reply).is_none()
}

/// Returns how a sample has ended: with the first response, or else as its last attempt says that ended it.
fn state<'a>(attempts: &[&'a Attempt]) -> SampleState<'a> {
    let first = attempts.iter().find_map(|attempt| Some((response(attempt)?, *attempt)));
    if let Some((response, attempt)) = first {
        return SampleState::Responded(response, attempt);
    }
    let ended = attempts.iter().rev().find_map(|attempt| match attempt.result {
        AttemptResult::Replied if attempt.reply.hit_cost_limit() => Some(SampleState::Pending),
        AttemptResult::Replied => Some(SampleState::BrokenOff),
        AttemptResult::Rejected | AttemptResult::Exhausted => Some(SampleState::Failed {
            error: attempt.error.as_deref().unwrap_or_default(),
            is_temporary: attempt.result == AttemptResult::Exhausted,
        }),
        AttemptResult::Retried | AttemptResult::EndpointDown => None,
    });
    ended.unwrap_or(SampleState::Pending)
}
