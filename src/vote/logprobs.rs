//! Votes as the likelier of two single-token answers.

use super::{Reading, Unreadable, Vote};
use crate::judge::TokenLogprob;

/// Compares the probabilities of the two answers as first token of the reply.
///
/// A token counts for an answer if it is the answer but for white space around it; where several do,
/// their probabilities add up. The confidence is the probability of the answer that is chosen. Without
/// log probabilities (a server that has none, a recording) the text itself must be one of the answers,
/// and there is no confidence.
pub(super) fn read(
    text: &str,
    logprobs: &[TokenLogprob],
    first: &str,
    second: &str,
) -> Result<Reading, Unreadable> {
    let (first, second) = (first.trim(), second.trim());
    if logprobs.is_empty() {
        return match text.trim() {
            answer if answer == first => Ok(Reading::of(Vote::First)),
            answer if answer == second => Ok(Reading::of(Vote::Second)),
            _ => Err(Unreadable::NoVote),
        };
    }
    let probability = |answer: &str| -> f64 {
        let hits = logprobs.iter().filter(|entry| entry.token.trim() == answer);
        hits.map(|entry| entry.logprob.exp()).sum()
    };
    let (of_first, of_second) = (probability(first), probability(second));
    let (vote, confidence) = if of_first > of_second {
        (Vote::First, of_first)
    } else if of_second > of_first {
        (Vote::Second, of_second)
    } else if of_first > 0.0 {
        return Err(Unreadable::Ambiguous);
    } else {
        return Err(Unreadable::NoVote);
    };
    Ok(Reading { confidence: Some(confidence.min(1.0)), ..Reading::of(vote) })
}
