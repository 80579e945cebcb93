//! Why the trials of a judge have no readable vote or grade.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::judge::{Reply, reasoning_is_marked};
use crate::store::TrialRecord;
use crate::vote::{Answer, Unreadable};

/// The most characters of an example.
const EXAMPLE_LENGTH: usize = 200;

/// How many trials have no readable vote, by the reason of their last reply.
///
/// The counts add up to the trials that were answered without a readable vote. Serializes as an object with
/// every reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UnreadableCounts([u64; Unreadable::ALL.len()]);

impl UnreadableCounts {
    /// Returns each reason with its number of trials, in the order of reports.
    pub fn iter(&self) -> impl Iterator<Item = (Unreadable, u64)> {
        Unreadable::ALL.into_iter().zip(self.0)
    }

    /// Returns the most frequent reason; of equally frequent ones the first. `None` if there is no trial.
    pub fn most_frequent(&self) -> Option<Unreadable> {
        let most = self.0.iter().max().filter(|number| **number > 0)?;
        self.iter().find(|(_, number)| number == most).map(|(reason, _)| reason)
    }
}

impl Serialize for UnreadableCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// What the trials have in common that were cut off.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CutOffSummary {
    /// Of them, those without any text.
    pub empty: u64,
    /// Of them, those with reasoning, in the text or apart from it.
    pub with_reasoning: u64,
    /// Of them, those that ended at the limit of their length.
    pub at_token_limit: u64,
    /// The most frequent `finish_reason` among them; `None` if most have none.
    pub finish_reason: Option<String>,
    /// The judge's `max_tokens`, where it has one.
    pub max_tokens: Option<u64>,
}

/// The part of a reply that an example shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ReplyPart {
    /// Its text.
    Text,
    /// The explanation of a refusal, in place of a text.
    Refusal,
    /// The reasoning that the server returned, in place of a text.
    Reasoning,
}

/// A reply that could not be read, shortened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct UnreadableExample {
    /// Why it could not be read.
    pub reason: Unreadable,
    /// What of it is shown.
    pub part: ReplyPart,
    /// At most 200 characters: its beginning and its end, with white space made single spaces.
    pub text: String,
}

impl UnreadableExample {
    fn of(reason: Unreadable, reply: &Reply) -> Option<Self> {
        let parts = [
            (ReplyPart::Text, &reply.text),
            (ReplyPart::Refusal, &reply.refusal),
            (ReplyPart::Reasoning, &reply.reasoning),
        ];
        let (part, text) = parts
            .into_iter()
            .filter_map(|(part, text)| Some((part, text.as_deref()?)))
            .find(|(_, text)| !text.trim().is_empty())?;
        Some(Self { reason, part, text: shorten(text) })
    }
}

/// Shortens a text to its beginning and its end.
fn shorten(text: &str) -> String {
    let mut short = String::new();
    for word in text.split_whitespace() {
        short.push_str(if short.is_empty() { "" } else { " " });
        short.push_str(word);
    }
    let length = short.chars().count();
    if length <= EXAMPLE_LENGTH {
        return short;
    }
    let begin = EXAMPLE_LENGTH * 3 / 5;
    let end = length - (EXAMPLE_LENGTH - begin - 1);
    let begin: String = short.chars().take(begin).collect();
    let end: String = short.chars().skip(end).collect();
    format!("{begin}…{end}")
}

/// Counts the reasons of one judge.
#[derive(Debug, Default)]
pub(crate) struct UnreadableReplies {
    counts: UnreadableCounts,
    empty: u64,
    with_reasoning: u64,
    at_token_limit: u64,
    finish_reasons: BTreeMap<Option<String>, u64>,
    /// For each reason, the first example.
    examples: [Option<UnreadableExample>; Unreadable::ALL.len()],
}

impl UnreadableReplies {
    /// Counts a trial if it has no readable vote.
    pub(super) fn add_trial<A: Answer>(&mut self, trial: &TrialRecord<A>) {
        let Some((reason, reply)) = trial.unreadable().zip(trial.deciding_reply()) else { return };
        self.counts.0[reason as usize] += 1;
        let example = &mut self.examples[reason as usize];
        if example.is_none() {
            *example = UnreadableExample::of(reason, reply);
        }
        if reason == Unreadable::Truncated {
            let text = reply.text.as_deref().unwrap_or_default();
            self.empty += u64::from(text.trim().is_empty());
            self.with_reasoning += u64::from(has_reasoning(reply));
            self.at_token_limit += u64::from(reply.hit_token_limit());
            *self.finish_reasons.entry(reply.finish_reason.clone()).or_default() += 1;
        }
    }

    pub(crate) fn counts(&self) -> UnreadableCounts {
        self.counts
    }

    /// Returns what the trials that were cut off have in common, if there are any.
    pub(super) fn cut_off(&self, max_tokens: Option<u64>) -> Option<CutOffSummary> {
        let most_frequent = self.finish_reasons.iter().max_by_key(|(_, number)| **number);
        most_frequent.map(|(finish_reason, _)| CutOffSummary {
            empty: self.empty,
            with_reasoning: self.with_reasoning,
            at_token_limit: self.at_token_limit,
            finish_reason: finish_reason.clone(),
            max_tokens,
        })
    }

    /// Returns an example of the most frequent reason.
    pub(crate) fn example(&self) -> Option<UnreadableExample> {
        let reason = self.counts.most_frequent()?;
        self.examples[reason as usize].clone()
    }
}

/// Returns whether a reply contains reasoning, in its text or apart from it.
fn has_reasoning(reply: &Reply) -> bool {
    let is_apart = reply.reasoning.as_deref().is_some_and(|reasoning| !reasoning.trim().is_empty());
    let is_counted = reply.usage.is_some_and(|usage| usage.reasoning > 0);
    is_apart || is_counted || reasoning_is_marked(reply.text.as_deref().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::shorten;

    #[test]
    fn a_shortened_text_has_at_most_200_characters_of_both_ends() {
        assert_eq!(shorten(" a\n\tb  c "), "a b c");
        let text = "é".repeat(200);
        assert_eq!(shorten(&text), text);
        let text = format!("begin {} end", "é".repeat(500));
        let short = shorten(&text);
        assert_eq!(short.chars().count(), 200);
        assert!(short.starts_with("begin é") && short.ends_with("é end"), "{short}");
    }
}
