//! What a line of a recording says that a judge answered, about a comparison or a single response.

use super::vote::RecordedVote;

/// What a line of a recording says that the judge answered.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecordedAnswer {
    /// The raw reply; `None` if the judge returned no text, or a vote was recorded without one.
    pub reply: Option<String>,
    /// The vote, where one was recorded.
    pub vote: Option<RecordedVote>,
    /// The name of the grade, where one was recorded of a single response.
    pub grade: Option<String>,
    /// Whether nobody knows which response was shown first; the line then names one of the two orders.
    pub is_order_unknown: bool,
}

impl RecordedAnswer {
    /// Returns the answer that is a text.
    pub fn of_text(reply: impl Into<String>) -> Self {
        Self { reply: Some(reply.into()), ..Self::default() }
    }

    /// Returns the answer that is a vote.
    pub fn of_vote(vote: RecordedVote) -> Self {
        Self { vote: Some(vote), ..Self::default() }
    }
}
