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
    /// Why it is not a full answer; `None` if it is.
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
    let (text, reasoning) = without_reasoning(whole);
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

/// Returns a text without the reasoning that it begins with, and what it began with. White space around reasoning is
/// removed with it.
fn without_reasoning(whole: &str) -> (&str, LeadingReasoning) {
    let (mut text, mut last) = (whole, LeadingReasoning::None);
    loop {
        match leading_reasoning(text) {
            LeadingReasoning::None => return (text, last),
            LeadingReasoning::Open => return ("", LeadingReasoning::Open),
            found @ LeadingReasoning::Until(end) => {
                (text, last) = (without_end_marks(&text[end..]).trim(), found);
            }
        }
    }
}

/// Removes the marks that end a message of the harmony format.
fn without_end_marks(text: &str) -> &str {
    const MARKS: [&str; 3] = ["<|return|>", "<|end|>", "<|call|>"];
    let mut text = text.trim_end();
    while let Some(shorter) = MARKS.iter().find_map(|mark| text.strip_suffix(mark)) {
        text = shorter.trim_end();
    }
    text
}
