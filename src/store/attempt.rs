//! One stored attempt at a trial, and what a trial's attempts say together.

use crate::input::Rubric;
use crate::judge::{Reply, Usage};
use crate::trial::Order;
use crate::verdict::Ballot;
use crate::vote::{Answer, Unreadable};

/// The trial of an attempt: the rows of comparison and judge in the run file, the order, the repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrialKey {
    /// The comparison's row.
    pub comparison: i64,
    /// The judge's row.
    pub judge: i64,
    /// Which response was shown first.
    pub order: Order,
    /// The repeat, counted from 0.
    pub repeat: u32,
}

/// What an attempt ended with, and what that meant for its trial.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttemptResult {
    /// A reply, readable or not.
    Replied,
    /// An error after which the trial was retried.
    Retried,
    /// A permanent refusal: the trial has failed.
    Rejected,
    /// The last error that the trial's limits allow: it has failed, for a reason that may be temporary.
    Exhausted,
    /// The endpoint rejected every request or could not be reached: the trial is still pending.
    EndpointDown,
}

impl AttemptResult {
    const ALL: [Self; 5] =
        [Self::Replied, Self::Retried, Self::Rejected, Self::Exhausted, Self::EndpointDown];

    /// Returns the word for it in the run file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Replied => "reply",
            Self::Retried => "retried",
            Self::Rejected => "refused",
            Self::Exhausted => "exhausted",
            Self::EndpointDown => "endpoint",
        }
    }

    /// Returns the result that a word of the run file stands for.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|result| result.as_str() == word)
    }
}

/// One attempt at a trial, as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// The trial.
    pub key: TrialKey,
    /// The number of the attempt within the trial, counted from 1.
    pub number: u32,
    /// What it ended with.
    pub result: AttemptResult,
    /// The digest of the request.
    pub request: [u8; 32],
    /// The reply; of an error, only the HTTP status and the server's answer are set, or a word in
    /// `finish_reason` that says that a recording has none.
    pub reply: Reply,
    /// What went wrong, in a sentence.
    pub error: Option<String>,
    /// What it cost in USD, where price and tokens are known.
    pub cost: Option<f64>,
    /// USD that may have been charged beyond `cost`: the worst case of requests whose cost is unknown. It
    /// includes earlier attempts of the trial that are not stored themselves.
    pub possible_cost: f64,
    /// How long the call took, in milliseconds; 0 for an answer of a batch.
    pub latency_ms: f64,
    /// Whether it was a request of a batch.
    pub batched: bool,
    /// Whether it was copied from another run; a copy costs nothing.
    pub reused: bool,
}

impl Attempt {
    /// Returns the tokens that this run paid for.
    pub fn paid_usage(&self) -> Usage {
        if self.reused { Usage::default() } else { self.reply.usage.unwrap_or_default() }
    }
}

/// What the stored attempts at a trial say.
pub(super) struct TrialReading<A: Answer> {
    /// The ballot.
    pub(super) ballot: Ballot<A::Choice>,
    /// The first readable reply: its number among the replies, and what was read from it.
    pub(super) decided_by: Option<(usize, A)>,
    /// For each reply, why it has no readable answer; `None` if it has one.
    pub(super) reasons: Vec<Option<Unreadable>>,
    /// Whether nobody knows in which order the reply with the vote was given.
    pub(super) is_order_unknown: bool,
}

/// Reads the stored attempts at a trial, in the order they were made.
///
/// The answer is that of the first readable reply. Without one, the last attempt that ended the trial decides.
pub(super) fn read_trial<'a, A: Answer>(
    attempts: impl DoubleEndedIterator<Item = &'a Attempt> + Clone,
    rubric: &Rubric,
) -> TrialReading<A> {
    let replies = attempts.clone().filter(|attempt| attempt.result == AttemptResult::Replied);
    let (mut decided_by, mut reasons, mut is_order_unknown) = (None, Vec::new(), false);
    for (at, attempt) in replies.enumerate() {
        match A::read(rubric, &attempt.reply) {
            Ok(reading) => {
                if decided_by.is_none() {
                    decided_by = Some((at, reading));
                    is_order_unknown = attempt.reply.is_order_unknown;
                }
                reasons.push(None);
            }
            Err(reason) => reasons.push(Some(reason)),
        }
    }
    let ballot = if let Some((_, reading)) = &decided_by {
        Ballot::Cast(reading.choice())
    } else {
        let mut last = attempts.rev().filter_map(|attempt| match attempt.result {
            AttemptResult::Replied => Some(Ballot::Unreadable),
            AttemptResult::Rejected | AttemptResult::Exhausted => Some(Ballot::Failed),
            AttemptResult::Retried | AttemptResult::EndpointDown => None,
        });
        last.next().unwrap_or(Ballot::Pending)
    };
    TrialReading { ballot, decided_by, reasons, is_order_unknown }
}
