//! From a raw reply to the response of a system.

use super::finish::Finish;
use crate::input::ResponseMark;
use crate::judge::{Reply, answer_range};

/// The response that a reply gives.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// Its text: what follows the reasoning, if the reply contains any. The explanation of a refusal where the reply has
    /// nothing else.
    pub text: String,
    /// What is the matter with it, if anything is.
    pub mark: Option<ResponseMark>,
}

/// Reads the response of a reply; `None` if the reply says that it was broken off, or comes with an error: then it is not
/// what the system would have answered, and is asked for again.
pub fn read_response(reply: &Reply) -> Option<Response> {
    let finish = Finish::of(reply.finish_reason.as_deref());
    if reply.status.is_some_and(|status| status >= 400) || finish == Finish::BrokenOff {
        return None;
    }
    let whole = reply.text.as_deref().unwrap_or_default();
    // Reasoning that is not closed leaves no answer.
    let answer = answer_range(whole, |_| None).map_or("", |range| &whole[range]);
    // White space around the reasoning is not part of the response, and neither is any of a response without it lost.
    let answer = if answer.len() == whole.len() { answer } else { answer.trim() };
    let refusal = reply.refusal.as_deref().filter(|refusal| !refusal.is_empty());
    let is_empty = answer.trim().is_empty();
    let mark = match finish {
        Finish::Refused => Some(ResponseMark::Refused),
        _ if refusal.is_some() => Some(ResponseMark::Refused),
        Finish::CutOff => Some(ResponseMark::CutOff),
        _ if is_empty && answer.len() != whole.len() => Some(ResponseMark::CutOff),
        _ if is_empty => Some(ResponseMark::Empty),
        _ => None,
    };
    let text = if is_empty { refusal.unwrap_or(answer) } else { answer };
    Some(Response { text: text.to_owned(), mark })
}
