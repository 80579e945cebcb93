//! From a raw reply to the response of a system.

use super::finish::Finish;
use crate::input::ResponseMark;
use crate::judge::{LeadingReasoning, Reply, leading_reasoning};

/// The response that a reply gives.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// Its text, without the reasoning that the reply begins with, if it does. Where the reply has nothing else, the
    /// explanation of a refusal.
    pub text: String,
    /// What is the matter with it, if anything is.
    pub mark: Option<ResponseMark>,
    /// Whether reasoning was left out.
    pub reasoning_removed: bool,
}

/// Reads the response of a reply; `None` if the reply says that it was broken off, or comes with an error: then it is not
/// what the system would have answered, and is asked for again.
pub fn read_response(reply: &Reply) -> Option<Response> {
    let finish = Finish::of(reply.finish_reason.as_deref());
    if reply.status.is_some_and(|status| status >= 400) || finish == Finish::BrokenOff {
        return None;
    }
    let whole = reply.text.as_deref().unwrap_or_default();
    let reasoning = leading_reasoning(whole);
    let text = match reasoning {
        LeadingReasoning::None => whole,
        LeadingReasoning::Until(end) => without_end_marks(&whole[end..]).trim(),
        LeadingReasoning::Open => "",
    };
    let refusal = reply.refusal.as_deref().filter(|refusal| !refusal.is_empty());
    let is_empty = text.trim().is_empty();
    let mark = match finish {
        Finish::Refused => Some(ResponseMark::Refused),
        _ if refusal.is_some() => Some(ResponseMark::Refused),
        _ if reply.hit_token_limit() => Some(ResponseMark::CutOff),
        Finish::CutOff => Some(ResponseMark::Unfinished),
        _ if reasoning == LeadingReasoning::Open => Some(ResponseMark::Unfinished),
        _ if is_empty => Some(ResponseMark::Empty),
        _ => None,
    };
    let text = if is_empty { refusal.unwrap_or(text) } else { text };
    let reasoning_removed = reasoning != LeadingReasoning::None;
    Some(Response { text: text.to_owned(), mark, reasoning_removed })
}

/// Removes the marks that end a message of the harmony format.
fn without_end_marks(text: &str) -> &str {
    let marks = ["<|return|>", "<|end|>", "<|call|>"];
    let text = text.trim_end();
    marks.iter().find_map(|mark| text.strip_suffix(mark)).unwrap_or(text)
}
