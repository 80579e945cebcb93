//! Votes as the likelier of two single-token answers.

use super::{Reading, Unreadable, Vote};
use crate::judge::TokenLogprob;

/// Compares the probabilities of the two answers as first token of the reply.
///
/// A token counts for an answer if it is the answer but for white space around it; where several do,
/// their probabilities add up. The confidence is the probability of the answer that is chosen. Without
/// log probabilities (a server that has none, a recording) the text itself must be one of the answers,
/// and there is no probability.
///
/// The probability of the first answer is its share of both. Servers list the likeliest tokens only: an answer that is
/// not among them has the most that it can have, which is what the listed ones leave, and no more than the least of
/// them.
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
    let unlisted = unlisted(logprobs);
    // A logarithm above 0 is no probability, and must not make the share undefined.
    let known = |answer: f64| if answer > 0.0 { answer.min(1.0) } else { unlisted };
    let (first, second) = (known(of_first), known(of_second));
    Ok(Reading {
        confidence: Some(confidence.min(1.0)),
        first_probability: Some(first / (first + second)),
        ..Reading::of(vote)
    })
}

/// Returns the most that a token can have that is not among the likeliest.
fn unlisted(logprobs: &[TokenLogprob]) -> f64 {
    let listed = logprobs.iter().map(|entry| entry.logprob.exp());
    let rest = 1.0 - listed.clone().sum::<f64>();
    listed.fold(rest, f64::min).max(0.0)
}
