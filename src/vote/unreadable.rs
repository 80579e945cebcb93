//! Why a reply has no readable vote.

use serde::{Serialize, Serializer};

/// Why a reply has no readable vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
pub enum Unreadable {
    /// The reply or its JSON object is not complete, or its reasoning has no end.
    #[error("the reply is cut off")]
    Truncated,
    /// There is no text: empty or null content, no choices, nothing after the reasoning.
    #[error("the reply is empty")]
    Empty,
    /// The model or a filter of the provider refused to answer.
    #[error("the model or its provider refused to answer")]
    Refused,
    /// No vote is in the text.
    #[error("there is no vote in the reply")]
    NoVote,
    /// Different votes are in the text and nothing says which counts.
    #[error("the reply contains different votes")]
    Ambiguous,
    /// The JSON object is not valid, even if slips that cannot change the vote are tolerated.
    #[error("the JSON of the reply is not valid")]
    Malformed,
    /// The vote is a tie, which the rubric does not allow.
    #[error("the reply is a tie, which the rubric does not allow")]
    TieNotAllowed,
}

impl Unreadable {
    /// Every reason, in the order of reports.
    pub const ALL: [Self; 7] = [
        Self::Truncated,
        Self::Empty,
        Self::Refused,
        Self::NoVote,
        Self::Ambiguous,
        Self::Malformed,
        Self::TieNotAllowed,
    ];

    /// Returns the word for it in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Truncated => "cut-off",
            Self::Empty => "empty",
            Self::Refused => "refused",
            Self::NoVote => "no-vote",
            Self::Ambiguous => "two-votes",
            Self::Malformed => "not-json",
            Self::TieNotAllowed => "tie-not-allowed",
        }
    }
}

impl Serialize for Unreadable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
