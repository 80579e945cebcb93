//! How a completion ended, by what the server says of it.

use crate::judge::Reply;

/// Words for a completion that the model ended by itself. A server that says nothing is taken to mean the same.
const STOPPED: [&str; 17] = [
    "",
    "complete",
    "completed",
    "done",
    "end",
    "end_of_text",
    "end_turn",
    "eos",
    "eos_token",
    "eot",
    "finish",
    "finished",
    "none",
    "null",
    "stop",
    "stop_sequence",
    "stop_token",
];

/// Words for a completion that the model or a filter of the provider refused.
const REFUSED: [&str; 11] = [
    "blocked",
    "blocklist",
    "content_filter",
    "content_filtered",
    "guardrail_intervened",
    "prohibited_content",
    "recitation",
    "refusal",
    "safety",
    "sensitive",
    "spii",
];

/// Words for a completion that something broke off. Whatever it says, it had not come to its end.
const BROKEN_OFF: [&str; 10] = [
    "abort",
    "aborted",
    "canceled",
    "cancelled",
    "error",
    "failed_generation",
    "insufficient_system_resource",
    Reply::COST_LIMIT,
    "stream_ended_early",
    "timeout",
];

/// How a completion ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finish {
    /// The model had no more to say.
    Stopped,
    /// The model or a filter refused to go on.
    Refused,
    /// Something broke it off.
    BrokenOff,
    /// Anything else ended it: a limit on tokens, a tool call, a word that is not known.
    CutOff,
}

impl Finish {
    /// Returns the meaning of a `finish_reason`. Case does not matter, and neither does the kind of dash.
    pub(super) fn of(reason: Option<&str>) -> Self {
        let word = reason.unwrap_or_default().trim().to_ascii_lowercase().replace(['-', ' '], "_");
        if STOPPED.contains(&word.as_str()) {
            Self::Stopped
        } else if REFUSED.contains(&word.as_str()) {
            Self::Refused
        } else if BROKEN_OFF.contains(&word.as_str()) {
            Self::BrokenOff
        } else {
            Self::CutOff
        }
    }
}
