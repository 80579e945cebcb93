//! What an object of JSON says about a comparison.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::json::AnswerForm;
use super::{Reading, Unreadable, Vote};
use crate::input::Rubric;

/// The object of a reply. A repeated key is an error, so two votes in one object are not read as one.
#[derive(Deserialize)]
struct Answer {
    reasoning: Option<IgnoredAny>,
    vote: Option<Value>,
    criteria: Option<Value>,
}

/// Answers with the vote on a comparison.
#[derive(Debug, Clone, Copy)]
pub(super) struct VoteForm<'a>(pub(super) &'a Rubric);

impl AnswerForm for VoteForm<'_> {
    type Reading = Reading;
    type Choice = Vote;

    fn key(&self) -> &'static str {
        "vote"
    }

    fn read(&self, object: &str) -> Option<Result<Reading, Unreadable>> {
        let Ok(answer) = serde_json::from_str::<Answer>(object) else {
            return Some(Err(Unreadable::Malformed));
        };
        let vote = match answer.vote {
            Some(Value::String(word)) => Vote::from_word(&word),
            Some(_) => None,
            // A verdict that lacks its vote is one that cannot be read; anything else is no verdict.
            None if answer.reasoning.is_some() || answer.criteria.is_some() => None,
            None => return None,
        };
        let Some(vote) = vote else { return Some(Err(Unreadable::NoVote)) };
        let mut criteria = BTreeMap::new();
        if let Some(Value::Object(given)) = answer.criteria {
            for criterion in &self.0.criteria {
                let vote =
                    given.get(&criterion.name).and_then(Value::as_str).and_then(Vote::from_word);
                if let Some(vote) = vote {
                    criteria.insert(criterion.name.clone(), vote);
                }
            }
        }
        Some(Ok(Reading { criteria, ..Reading::of(vote) }))
    }

    fn choice(reading: &Reading) -> Vote {
        reading.vote
    }
}
