//! Votes written as one JSON object, alone, inside prose, or in a code fence.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{Reading, Unreadable, Vote, choose};
use crate::input::{Rubric, Take};

/// The object of a reply. A repeated key is an error, so two votes in one object are not read as one.
#[derive(Deserialize)]
struct Answer {
    reasoning: Option<IgnoredAny>,
    vote: Option<Value>,
    criteria: Option<Value>,
}

/// Finds the objects with a vote and reads the one that counts.
///
/// Objects are found from left to right and never inside one another, so a verdict that is quoted in a
/// string or nested in a field is not a vote. An answer that the end of the reply cuts off, or that is not
/// valid JSON, ends the search at its brace: what looks like a vote after that may be a quotation. Of
/// other things in braces, one that begins with a key (code) is skipped as a whole and is malformed if it
/// contains the word vote; of one without a key (a set) only the brace is skipped.
pub(super) fn read(
    text: &str,
    take: Take,
    rubric: &Rubric,
) -> Result<(Reading, usize), Unreadable> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        found.extend(loose_vote(&rest[..open]));
        rest = &rest[open..];
        let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
        match stream.next() {
            Some(Ok(_)) => {
                let end = stream.byte_offset();
                let answer = answer(&rest[..end], rubric);
                rest = &rest[end..];
                let end = text.len() - rest.len();
                found.extend(answer.map(|answer| answer.map(|reading| (reading, end))));
            }
            Some(Err(error)) if error.is_eof() => {
                found.push(Err(Unreadable::Truncated));
                rest = "";
            }
            _ => match first_key(rest) {
                Some("reasoning" | "criteria" | "vote") => {
                    found.push(Err(Unreadable::Malformed));
                    rest = "";
                }
                Some(_) => {
                    let (inside, after) = balanced(rest);
                    if inside.contains("vote") {
                        found.push(Err(Unreadable::Malformed));
                    }
                    rest = after;
                }
                None => rest = &rest[1..],
            },
        }
    }
    found.extend(loose_vote(rest));
    choose(found, take, |(reading, _)| reading.vote)
}

/// Finds the key of a vote outside of any object: what stands before it was taken apart wrongly, say
/// because a quotation in it was not escaped, and no vote around it can be trusted.
fn loose_vote<T>(text: &str) -> Option<Result<T, Unreadable>> {
    let mut after = text.split("\"vote\"").skip(1);
    after.any(|rest| rest.trim_start().starts_with(':')).then_some(Err(Unreadable::Malformed))
}

/// Returns the first key after a brace, if a key and a colon are there as in JSON or what other languages
/// take for it; prose has none.
fn first_key(text: &str) -> Option<&str> {
    let inside = text[1..].trim_start();
    let first = inside.chars().next()?;
    let (key, rest) = if matches!(first, '"' | '\'') {
        let rest = after_string(&inside[1..], first)?;
        (&inside[1..inside.len() - rest.len() - 1], rest)
    } else {
        let rest = inside.trim_start_matches(|char: char| char.is_alphanumeric() || char == '_');
        (&inside[..inside.len() - rest.len()], rest)
    };
    (!key.is_empty() && rest.trim_start().starts_with(':')).then_some(key)
}

/// Splits a text that begins with a brace after the brace that closes it, or at its end.
fn balanced(text: &str) -> (&str, &str) {
    let mut depth = 0_usize;
    let end = text.find(|char| {
        depth = match char {
            '{' => depth + 1,
            '}' => depth - 1,
            _ => depth,
        };
        depth == 0
    });
    text.split_at(end.map_or(text.len(), |end| end + 1))
}

/// Returns what follows the closing quote.
fn after_string(text: &str, quote: char) -> Option<&str> {
    let mut escaped = false;
    let end = text.find(|char| {
        let closes = char == quote && !escaped;
        escaped = char == '\\' && !escaped;
        closes
    })?;
    Some(&text[end + 1..])
}

/// Reads one object; `None` for one that has no vote and so is no answer.
fn answer(object: &str, rubric: &Rubric) -> Option<Result<Reading, Unreadable>> {
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
        for criterion in &rubric.criteria {
            let vote = given.get(&criterion.name).and_then(Value::as_str).and_then(Vote::from_word);
            if let Some(vote) = vote {
                criteria.insert(criterion.name.clone(), vote);
            }
        }
    }
    Some(Ok(Reading { criteria, ..Reading::of(vote) }))
}
