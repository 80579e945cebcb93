//! One stored attempt at a trial, and what the attempts of a trial amount to.

use crate::input::Rubric;
use crate::judge::{Reply, Usage};
use crate::trial::Order;
use crate::verdict::Ballot;
use crate::vote::{Reading, read};

/// Where an attempt belongs: the rows of comparison and judge in the run file, the order, the repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrialKey {
    /// The comparison's row.
    pub comparison: i64,
    /// The judge's row.
    pub judge: i64,
    /// Which response was shown first.
    pub order: Order,
    /// Which repeat, counted from 0.
    pub repeat: u32,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With a reply, readable or not.
    Reply,
    /// With an error answer after which the trial went on.
    Retried,
    /// Refused for good: the trial has failed.
    Refused,
    /// The last of the attempts that a trial has: it has failed, for a reason that may pass.
    Exhausted,
    /// The endpoint refused everything or could not be reached: the trial is still pending.
    Endpoint,
}

impl Ending {
    const ALL: [Self; 5] =
        [Self::Reply, Self::Retried, Self::Refused, Self::Exhausted, Self::Endpoint];

    /// Returns the word for it in the run file.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Retried => "retried",
            Self::Refused => "refused",
            Self::Exhausted => "exhausted",
            Self::Endpoint => "endpoint",
        }
    }

    /// Reads the word of the run file.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ending| ending.as_str() == word)
    }
}

/// One attempt at a trial, as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// The trial.
    pub key: TrialKey,
    /// Which attempt at the trial, counted from 1.
    pub number: u32,
    /// How it ended.
    pub ending: Ending,
    /// The digest of the request.
    pub request: [u8; 32],
    /// The reply; for an error, only its HTTP status and the server's answer are set.
    pub reply: Reply,
    /// What went wrong, in a sentence.
    pub error: Option<String>,
    /// What it cost in USD, where price and tokens are known.
    pub cost: Option<f64>,
    /// USD that it, or attempts before it that are not stored, may have cost beyond that: the worst case
    /// of a request whose cost is not known.
    pub unsettled: f64,
    /// How long the call took, in milliseconds.
    pub latency_ms: f64,
    /// Copied from another run: it cost nothing here.
    pub reused: bool,
}

impl Attempt {
    /// Returns the tokens that this run paid for.
    pub fn paid(&self) -> Usage {
        if self.reused { Usage::default() } else { self.reply.usage.unwrap_or_default() }
    }
}

/// How a trial stands after the attempts stored for it, in the order they were made.
///
/// Its vote is that of the first readable reply, which is returned with what was read from it. Without
/// one, the last attempt that ended something decides.
pub(super) fn ballot<'a>(
    attempts: impl DoubleEndedIterator<Item = &'a Attempt> + Clone,
    rubric: &Rubric,
) -> (Ballot, Option<(usize, Reading)>) {
    let replies = attempts.clone().filter(|attempt| attempt.ending == Ending::Reply);
    let mut readings = replies.map(|attempt| read(rubric, &attempt.reply)).enumerate();
    if let Some((at, reading)) = readings.find_map(|(at, reading)| Some((at, reading.ok()?))) {
        return (Ballot::Cast(reading.vote), Some((at, reading)));
    }
    let last = attempts.rev().find_map(|attempt| match attempt.ending {
        Ending::Reply => Some(Ballot::Unreadable),
        Ending::Refused | Ending::Exhausted => Some(Ballot::Failed),
        Ending::Retried | Ending::Endpoint => None,
    });
    (last.unwrap_or(Ballot::Pending), None)
}
