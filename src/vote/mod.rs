//! From a raw reply to a vote by position, and from a vote to a preference by system; or to the grade of a response, or
//! to the response of a system.
//!
//! A [`Vote`] says which position a reply chose, a [`Preference`] which system; only the presentation
//! order turns one into the other. Only the reply is read, never the prompt that it may echo. A reply is
//! hostile data: reading it never fails in any other way than by being [`Unreadable`].

mod finish;
mod grade;
mod json;
mod lenient;
mod logprobs;
mod majority;
mod pattern;
mod response;
mod unreadable;
mod vote_answer;
mod vote_keys;

use std::collections::BTreeMap;

use self::finish::Finish;
use self::json::LenientReader;
use self::vote_answer::VoteForm;
use crate::input::{RecordedVote, ReplyFormat, Rubric, Take};
use crate::judge::{Reply, answer_range};
use crate::trial::{Order, Side};

pub use crate::input::{Grade, Vote};
pub use grade::{GradeReading, read_grade};
pub(crate) use majority::{choice_of_most, settled_choice};
pub use response::{Response, read_response};
pub use unreadable::Unreadable;

/// What a reply or a verdict chose, by system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Preference {
    /// The system on this side of the comparison.
    For(Side),
    /// Neither.
    Tie,
}

impl Preference {
    /// Returns what more than half of some choices are, if any.
    pub fn majority(choices: &[Self]) -> Option<Self> {
        choice_of_most(choices)
    }

    /// Returns what people prefer where some of them decided a comparison on which the others disagreed: the choice of
    /// more than half of those who decided, else of more than half of the others, if any. Where the others agree after all,
    /// it is theirs; without them nobody disagreed, and there is none.
    pub fn settled(people: &[Self], deciders: &[Self]) -> Option<Self> {
        settled_choice(people, deciders)
    }

    /// Returns the preference for one of two systems, or for neither.
    pub fn of_winner<T: PartialEq>(winner: Option<&T>, between: &[T; 2]) -> Self {
        match winner {
            None => Self::Tie,
            Some(winner) if *winner == between[0] => Self::For(Side::A),
            Some(_) => Self::For(Side::B),
        }
    }

    /// Returns the name of the preferred system, or `tie`.
    pub fn name_in(self, between: &[String; 2]) -> &str {
        match self {
            Self::For(Side::A) => &between[0],
            Self::For(Side::B) => &between[1],
            Self::Tie => "tie",
        }
    }

    /// Returns what it is worth to the system on a side: 1 for a win, ½ for a tie, 0 for a loss.
    pub fn worth(self, side: Side) -> f64 {
        match self {
            Self::Tie => 0.5,
            Self::For(winner) => f64::from(u8::from(winner == side)),
        }
    }
}

impl Vote {
    /// Returns the preference that this vote means under a presentation order.
    pub fn under(self, order: Order) -> Preference {
        match self {
            Self::First => Preference::For(order.first()),
            Self::Second => Preference::For(order.first().other()),
            Self::Tie => Preference::Tie,
        }
    }
}

/// What was read from a reply.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// The vote.
    pub vote: Vote,
    /// The probability of the answer, where the reply carries one. What the model gave to other tokens than the
    /// answers is missing from it.
    pub confidence: Option<f64>,
    /// The probability of the response shown first among the two answers, which add up to 1; where the reply
    /// carries one.
    pub first_probability: Option<f64>,
    /// The votes on single criteria, as far as they could be read.
    pub criteria: BTreeMap<String, Vote>,
}

impl Reading {
    fn of(vote: Vote) -> Self {
        Self { vote, confidence: None, first_probability: None, criteria: BTreeMap::new() }
    }

    /// Returns what a recorded vote says; the confidence is the probability of what it chose.
    fn of_recorded(recorded: RecordedVote) -> Self {
        let confidence = recorded.probability.and_then(|first| match recorded.vote {
            Vote::First => Some(first),
            Vote::Second => Some(1.0 - first),
            Vote::Tie => None,
        });
        Self { confidence, first_probability: recorded.probability, ..Self::of(recorded.vote) }
    }
}

/// What is read from the replies to one kind of question: a vote with what belongs to it, or a grade.
pub trait Answer: std::fmt::Debug + Sized + Send {
    /// What an answer chooses; repeats with the same choice agree.
    type Choice: std::fmt::Debug + Copy + Eq;

    /// Reads the answer of a reply as the rubric says.
    ///
    /// # Errors
    ///
    /// The reply has no readable answer.
    fn read(rubric: &Rubric, reply: &Reply) -> Result<Self, Unreadable>;

    /// Returns what the answer chooses.
    fn choice(&self) -> Self::Choice;
}

impl Answer for Reading {
    type Choice = Vote;

    fn read(rubric: &Rubric, reply: &Reply) -> Result<Self, Unreadable> {
        read_vote(rubric, reply)
    }

    fn choice(&self) -> Vote {
        self.vote
    }
}

impl Answer for GradeReading {
    type Choice = Grade;

    fn read(rubric: &Rubric, reply: &Reply) -> Result<Self, Unreadable> {
        read_grade(rubric, reply)
    }

    fn choice(&self) -> Grade {
        self.grade
    }
}

/// Reads the vote of a reply as the rubric says.
///
/// Only the answer is read: what follows the reasoning, if the text contains any. What the server returned as
/// reasoning apart from the text is never read. Where a vote was recorded it is the answer, and the text beside it is
/// for people.
///
/// # Errors
///
/// The reply has no readable vote. That is an outcome, not a failure: it is counted.
pub fn read_vote(rubric: &Rubric, reply: &Reply) -> Result<Reading, Unreadable> {
    if let Some(recorded) = reply.recorded_vote {
        return allowed(rubric, Reading::of_recorded(recorded));
    }
    let is_json = matches!(rubric.reply, ReplyFormat::Json { .. });
    let allowed = |reading| allowed(rubric, reading);
    match &rubric.reply {
        // One token is asked for, so that its end is always cut off.
        ReplyFormat::Logprobs { first, second } => read_text(reply, "vote", |answer, _| {
            logprobs::read(answer, &reply.logprobs, first, second)
        }),
        ReplyFormat::Json { take } => read_reply(
            reply,
            "vote",
            is_json,
            |answer| json::read(answer, *take, &VoteForm(rubric)),
            allowed,
        ),
        ReplyFormat::Pattern { first, second, tie, take } => read_reply(
            reply,
            "vote",
            is_json,
            |answer| pattern::read(answer, first, second, tie.as_ref(), *take),
            allowed,
        ),
        // No rubric that compares has this format.
        ReplyFormat::GradePattern { .. } => Err(Unreadable::NoVote),
    }
}

/// Reads the answer in a reply by `read`, which returns also where the answer ends, and checks it; `answer_key` is the
/// key that an answer of JSON must have.
fn read_reply<T>(
    reply: &Reply,
    answer_key: &'static str,
    is_json: bool,
    read: impl FnOnce(&str) -> Result<(T, usize), Unreadable>,
    check: impl FnOnce(T) -> Result<T, Unreadable>,
) -> Result<T, Unreadable> {
    read_text(reply, answer_key, |answer, finish| {
        let found = read(answer);
        // A reply that was cut off after its vote had more to say, and perhaps another vote. At its maximum length it
        // may have been complete: if an object is all that it says.
        let is_closing = |char: char| char.is_whitespace() || char == '`';
        let is_complete = |end: usize| answer[end..].trim_matches(is_closing).is_empty();
        let begins =
            answer.trim_start().trim_start_matches('`').trim_start_matches("json").trim_start();
        let may_be_complete =
            finish == Finish::CutOff && (!is_json || begins.starts_with(['{', '\u{feff}']));
        if finish != Finish::Stopped
            && !(may_be_complete && found.as_ref().is_ok_and(|(_, end)| is_complete(*end)))
        {
            return Err(Unreadable::Truncated);
        }
        found.and_then(|(reading, _)| check(reading))
    })
}

/// Reads the part of a reply that is its answer by `read`, which is also told how the reply ended.
fn read_text<T>(
    reply: &Reply,
    answer_key: &'static str,
    read: impl FnOnce(&str, Finish) -> Result<T, Unreadable>,
) -> Result<T, Unreadable> {
    let text = reply.text.as_deref().unwrap_or_default();
    let finish = Finish::of(reply.finish_reason.as_deref());
    let without_text = match finish {
        _ if reply.refusal.is_some() => Unreadable::Refused,
        Finish::Refused => Unreadable::Refused,
        Finish::CutOff | Finish::BrokenOff => Unreadable::Truncated,
        Finish::Stopped => Unreadable::Empty,
    };
    let mut lenient = LenientReader::of(text, answer_key);
    let Some(range) = answer_range(text, |text| lenient.object_end(text)) else {
        return Err(Unreadable::Truncated);
    };
    let answer = &text[range];
    if answer.trim().is_empty() && reply.logprobs.is_empty() {
        return Err(without_text);
    }
    let reading = read(answer, finish);
    // A refusal may come with a text that explains it.
    let is_refused = reply.refusal.is_some() || finish == Finish::Refused;
    reading.map_err(|reason| if is_refused { Unreadable::Refused } else { reason })
}

/// Returns a reading, unless it is a tie that the rubric does not allow.
fn allowed(rubric: &Rubric, reading: Reading) -> Result<Reading, Unreadable> {
    if reading.vote == Vote::Tie && !rubric.ties {
        return Err(Unreadable::TieNotAllowed);
    }
    Ok(reading)
}

/// Chooses among what was found in a reply, in the order of the text.
///
/// What could not be read counts in its place too: a last vote that is cut off must not let an earlier
/// one stand for it.
fn choose<T, V: PartialEq>(
    found: Vec<Result<T, Unreadable>>,
    take: Take,
    vote: impl Fn(&T) -> V,
) -> Result<T, Unreadable> {
    if take == Take::Only {
        let all: Vec<T> = found.into_iter().collect::<Result<_, _>>()?;
        if all.windows(2).any(|pair| vote(&pair[0]) != vote(&pair[1])) {
            return Err(Unreadable::Ambiguous);
        }
        return all.into_iter().next_back().ok_or(Unreadable::NoVote);
    }
    let mut found = found.into_iter();
    let chosen = if take == Take::First { found.next() } else { found.next_back() };
    chosen.unwrap_or(Err(Unreadable::NoVote))
}
