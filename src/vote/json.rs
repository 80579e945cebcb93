//! Answers written as one JSON object, alone, inside prose, or in a code fence: votes and grades.
//!
//! What an object says is read by an [`AnswerForm`]; which object counts is decided here, alike for all forms.

use serde::de::IgnoredAny;

use super::lenient::{LenientObject, NoObject, read_object};
use super::vote_keys::VoteKeys;
use super::{Unreadable, choose};
use crate::input::Take;

/// How answers of one kind are written.
pub(super) trait AnswerForm {
    /// What is read from an answer.
    type Reading;
    /// What two answers have in common that say the same.
    type Choice: PartialEq;

    /// Returns the key that an answer must have.
    fn key(&self) -> &'static str;

    /// Reads one object; `None` for one that has neither the key nor another part of an answer.
    fn read(&self, object: &str) -> Option<Result<Self::Reading, Unreadable>>;

    /// Returns what an answer chose.
    fn choice(reading: &Self::Reading) -> Self::Choice;
}

/// Finds the objects with an answer and reads the one that counts; returns also where it ends.
///
/// Objects are found from left to right and never inside one another, so a verdict that is quoted in a
/// string or nested in a field is not a vote. An answer that the end of the reply cuts off, or that is not
/// valid JSON, ends the search at its brace: what looks like a vote after that may be a quotation. Of
/// other things in braces, one that begins with a key (code) is skipped as a whole and is malformed if it
/// contains the word vote; of one without a key (a set) only the brace is skipped.
///
/// An object that is almost JSON is read only if it has the only vote of the whole text. A key of a vote
/// outside of any object says that what stands before it was taken apart wrongly; so does the end of an object
/// that did not begin.
pub(super) fn read<F: AnswerForm>(
    text: &str,
    take: Take,
    form: &F,
) -> Result<(F::Reading, usize), Unreadable> {
    let keys = VoteKeys::of(text, form.key());
    let mut lenient = LenientReader::of(text, form.key());
    let (mut found, mut at) = (Vec::new(), 0);
    let mut has_loose_vote = false;
    let mut search_prose = |found: &mut Vec<_>, start, end| {
        if keys.any_within(start, end) {
            has_loose_vote = true;
            found.push(Err(Unreadable::Malformed));
        }
    };
    while let Some(brace) = text[at..].find('{') {
        search_prose(&mut found, at, at + brace);
        at += brace;
        let rest = &text[at..];
        let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<IgnoredAny>();
        match stream.next() {
            Some(Ok(_)) => {
                let end = stream.byte_offset();
                let answer = form.read(&rest[..end]);
                at += end;
                found.extend(answer.map(|answer| answer.map(|reading| (reading, at))));
            }
            Some(Err(error)) if error.is_eof() => {
                found.push(Err(Unreadable::Truncated));
                at = text.len();
            }
            _ => {
                let is_only_vote = |length| !keys.any_outside(at, at + length);
                match not_json(rest, &mut lenient, form, is_only_vote) {
                    NotJson::Verdict(answer, length) => {
                        at += length;
                        found.push(answer.map(|reading| (reading, at)));
                    }
                    NotJson::Unreadable(reason) => {
                        found.push(Err(reason));
                        at = text.len();
                    }
                    NotJson::Skipped { length, has_vote } => {
                        found.extend(has_vote.then_some(Err(Unreadable::Malformed)));
                        at += length;
                    }
                }
            }
        }
    }
    search_prose(&mut found, at, text.len());
    if text[..at].ends_with('}') && ends_object(&text[at..]) {
        found.push(Err(Unreadable::Malformed));
    }
    if take == Take::First && has_loose_vote {
        return Err(Unreadable::Malformed);
    }
    choose(found, take, |(reading, _)| F::choice(reading))
}

/// Returns whether a text without any opening brace has the end of a string and an object: what stands before it
/// was quoted in a string of an object that began earlier.
fn ends_object(text: &str) -> bool {
    text.split(['"', '\'']).skip(1).any(|rest| rest.trim_start().starts_with('}'))
}

/// What begins with a brace and is not JSON.
enum NotJson<T> {
    /// The only verdict of the text, which is almost JSON, with its length.
    Verdict(Result<T, Unreadable>, usize),
    /// A verdict that cannot be read; what follows it cannot be trusted.
    Unreadable(Unreadable),
    /// Something else, of which a part is skipped.
    Skipped { length: usize, has_vote: bool },
}

/// Decides about what begins with a brace and is not JSON. `is_only_vote` says whether the text has no key of a
/// vote but within this length.
fn not_json<F: AnswerForm>(
    text: &str,
    lenient: &mut LenientReader,
    form: &F,
    is_only_vote: impl Fn(usize) -> bool,
) -> NotJson<F::Reading> {
    let key = first_key(text);
    if key.is_none() && !text[1..].trim_start().starts_with(['/', '#']) {
        return NotJson::Skipped { length: 1, has_vote: false };
    }
    let object = lenient.read(text);
    let has_one_vote = object.as_ref().is_ok_and(|object| object.has_one_vote);
    let answer = object.as_ref().ok().and_then(|object| form.read(&object.json));
    match (&object, answer, key) {
        (Ok(object), Some(answer), _) if has_one_vote && is_only_vote(object.length) => {
            NotJson::Verdict(answer, object.length)
        }
        (_, answer, Some(key)) if ["reasoning", "criteria", form.key()].contains(&key) => {
            NotJson::Unreadable(match object {
                Ok(_) if matches!(answer, Some(Err(Unreadable::NoVote))) => Unreadable::NoVote,
                Err(no_object) if no_object.is_cut_off => Unreadable::Truncated,
                _ => Unreadable::Malformed,
            })
        }
        (_, _, Some(_)) => {
            let (inside, _) = balanced(text);
            NotJson::Skipped { length: inside.len(), has_vote: inside.contains(form.key()) }
        }
        (_, _, None) => NotJson::Skipped { length: 1, has_vote: false },
    }
}

/// Reads objects that are almost JSON, as long as what it reads stays in proportion to the text.
pub(super) struct LenientReader {
    answer_key: &'static str,
    budget: usize,
}

impl LenientReader {
    /// Returns a reader for the objects of a text whose answers have this key.
    pub(super) fn of(text: &str, answer_key: &'static str) -> Self {
        Self { answer_key, budget: text.len().saturating_mul(4) }
    }

    /// Reads the object at the beginning of a part of the text.
    fn read(&mut self, text: &str) -> Result<LenientObject, NoObject> {
        if self.budget == 0 {
            return Err(NoObject { is_cut_off: false, read: 0 });
        }
        let object = read_object(text, self.answer_key);
        let read = object.as_ref().map_or_else(|no_object| no_object.read, |object| object.length);
        self.budget = self.budget.saturating_sub(read);
        object
    }

    /// Returns the length of the object at the beginning of a part of the text. Comments and single-quoted
    /// strings are no parts of it: they could begin before an answer and end inside it.
    pub(super) fn object_end(&mut self, text: &str) -> Option<usize> {
        self.read(text).ok().filter(|object| object.is_plain).map(|object| object.length)
    }
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
