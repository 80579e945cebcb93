//! Votes by position: what replies choose, and what recordings may hold in place of replies.

use serde::{Deserialize, Serialize};

/// What a reply chose, by position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Vote {
    /// The response shown first.
    First,
    /// The response shown second.
    Second,
    /// Neither.
    Tie,
}

impl Vote {
    /// Returns the word for it in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Second => "second",
            Self::Tie => "tie",
        }
    }

    /// Reads the word of a JSON reply; case and surrounding white space do not matter.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        match word.trim().to_ascii_lowercase().as_str() {
            "first" => Some(Self::First),
            "second" => Some(Self::Second),
            "tie" => Some(Self::Tie),
            _ => None,
        }
    }
}

/// A vote that was recorded in place of the text of a reply, as other programs store judgments.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RecordedVote {
    /// The vote.
    pub vote: Vote,
    /// The probability that the response shown first is better, from 0 to 1, where it is known.
    pub probability: Option<f64>,
}

impl RecordedVote {
    /// Returns a vote without a probability.
    pub fn of(vote: Vote) -> Self {
        Self { vote, probability: None }
    }

    /// Returns the vote that a probability implies: for the response shown first above ½, for the other one below it,
    /// and a tie at exactly ½.
    pub fn implied_by(probability: f64) -> Self {
        let vote = if probability > 0.5 {
            Vote::First
        } else if probability < 0.5 {
            Vote::Second
        } else {
            Vote::Tie
        };
        Self { vote, probability: Some(probability) }
    }

    /// Returns whether the probability favours the response that the vote is against. A tie is not contradicted by any
    /// probability: a program may call a tie what is near enough to ½.
    pub(super) fn is_contradicted(self) -> bool {
        match (self.vote, self.probability) {
            (Vote::First, Some(probability)) => probability < 0.5,
            (Vote::Second, Some(probability)) => probability > 0.5,
            _ => false,
        }
    }
}
