//! What is counted of the replies of a judge, whatever they are about: tokens, cost, and why some have no answer.

use serde::Serialize;

use super::pending::PendingCounts;
use super::unreadable::{CutOffSummary, UnreadableCounts, UnreadableExample, UnreadableReplies};
use crate::input::Price;
use crate::judge::Usage;
use crate::store::{Attempt, AttemptResult, JudgeRecord, TrialRecord};
use crate::verdict::Ballot;
use crate::vote::Answer;

/// Token counts, as the servers reported them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TokenCounts {
    /// Of the prompts.
    pub prompt: u64,
    /// Of those, read from the server's cache.
    pub cached: u64,
    /// Of those, written into the server's cache, where it charges for that.
    pub cache_written: u64,
    /// Of the replies.
    pub completion: u64,
    /// Of those, of the reasoning.
    pub reasoning: u64,
    /// Replies with a count.
    pub counted: u64,
    /// Replies without a count.
    pub unknown: u64,
}

impl TokenCounts {
    /// Returns the share of the prompts' tokens that the server read from its cache; `None` where it reports none.
    pub fn cached_share(&self) -> Option<f64> {
        (self.cached > 0 && self.prompt > 0).then(|| self.cached as f64 / self.prompt as f64)
    }

    /// Returns what the server's cache saved at a price, in USD: negative where writing it cost more than reading it
    /// saved.
    pub fn saved_by_cache(&self, price: Price) -> f64 {
        let Self { prompt, cached, cache_written, completion, .. } = *self;
        Usage { prompt, completion, cached, cache_written, ..Usage::default() }
            .saved_by_cache(price)
    }
}

/// What is known of the trials of a judge that were answered without a readable vote or grade.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct UnreadableFacts<'a> {
    /// What could not be read: `vote` or `grade`.
    pub wanted: &'static str,
    /// The trials that were answered, readably or not.
    pub answered: u64,
    /// How many could not be read, by reason.
    pub counts: UnreadableCounts,
    /// What the trials have in common that were cut off.
    pub cut_off: Option<&'a CutOffSummary>,
    /// A reply that could not be read.
    pub example: Option<&'a UnreadableExample>,
    /// Whether the replies were recorded, so that no server is to be asked about them.
    pub is_recording: bool,
}

impl<'a> UnreadableFacts<'a> {
    /// Returns those of a judge that grades.
    pub(crate) fn of_grades(
        answered: u64,
        counts: UnreadableCounts,
        cut_off: Option<&'a CutOffSummary>,
        example: Option<&'a UnreadableExample>,
        is_recording: bool,
    ) -> Self {
        Self { wanted: "grade", answered, counts, cut_off, example, is_recording }
    }
}

/// What is added up over the trials of one judge.
#[derive(Debug, Default)]
pub(crate) struct ReplyCounts {
    pub(crate) unreadable: UnreadableReplies,
    pub(crate) pending: PendingCounts,
    /// Trials that were answered, readably or not.
    pub(crate) answered: u64,
    pub(crate) tokens: TokenCounts,
    /// Replies stored, copied ones included.
    pub(crate) replies: u64,
    /// Of those, copied from another run.
    pub(crate) reused: u64,
    cost: f64,
    /// Replies that were paid for and whose cost is not known.
    without_cost: u64,
    /// The judge's `max_tokens`, where it has one.
    max_tokens: Option<u64>,
}

impl ReplyCounts {
    /// Returns counts of nothing yet.
    pub(crate) fn of(judge: &JudgeRecord) -> Self {
        Self { max_tokens: judge.max_tokens, ..Self::default() }
    }

    /// Adds a trial with all its attempts.
    pub(crate) fn add_trial<A: Answer>(&mut self, trial: &TrialRecord<A>) {
        self.answered += u64::from(matches!(trial.ballot, Ballot::Cast(_) | Ballot::Unreadable));
        self.unreadable.add_trial(trial);
        self.pending.add_trial(trial);
        trial.attempts.iter().for_each(|attempt| self.add_attempt(attempt));
    }

    /// Adds the replies to a trial that does not decide: they were paid for, and say nothing about the verdict.
    pub(crate) fn add_replies<A: Answer>(&mut self, trial: &TrialRecord<A>) {
        trial.attempts.iter().for_each(|attempt| self.add_attempt(attempt));
    }

    fn add_attempt(&mut self, attempt: &Attempt) {
        if attempt.result != AttemptResult::Replied {
            return;
        }
        self.replies += 1;
        self.reused += u64::from(attempt.reused);
        let paid = attempt.paid_usage();
        self.tokens.prompt += paid.prompt;
        self.tokens.cached += paid.cached;
        self.tokens.cache_written += paid.cache_written;
        self.tokens.completion += paid.completion;
        self.tokens.reasoning += paid.reasoning;
        if !attempt.reused {
            let is_counted = attempt.reply.usage.is_some();
            self.tokens.counted += u64::from(is_counted);
            self.tokens.unknown += u64::from(!is_counted);
            self.cost += attempt.cost.unwrap_or(0.0);
            self.without_cost += u64::from(attempt.cost.is_none());
        }
    }

    /// Returns what the replies have cost, in USD; `None` where a price or a token count is not known.
    pub(crate) fn cost(&self) -> Option<f64> {
        (self.without_cost == 0).then_some(self.cost)
    }

    /// Returns what the trials that were cut off have in common, if there are any.
    pub(crate) fn cut_off(&self) -> Option<CutOffSummary> {
        self.unreadable.cut_off(self.max_tokens)
    }
}
