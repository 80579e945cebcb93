//! Judges without a model: simple rules, and the reference metrics as judges. They are the baselines that a
//! model has to beat. Their replies are JSON verdicts, stored and read like those of a model.

use serde_json::json;

use super::{ChatModel, Reply, ReplyFuture};
use crate::error::{Error, Result, nearest};
use crate::input::{Message, Reference};
use crate::keyed_hash::KeyedHash;
use crate::metrics::SentenceMetric;
use crate::stats::nearly_equal;
use crate::trial::{Comparison, Trial};

/// Scores (0 to 100) that differ by at most this are a tie for the lexical judge.
const LEXICAL_MARGIN: f64 = 1.0;

/// A judge that is built into the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Builtin {
    rule: Rule,
    ties: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    First,
    Lexical,
    Longer,
    Metric(SentenceMetric),
    Random { seed: u64 },
}

/// Returns the names after `builtin:`: four rules, and the reference metrics.
pub fn builtin_names() -> impl Iterator<Item = &'static str> {
    let metrics = SentenceMetric::ALL.into_iter().map(SentenceMetric::name);
    ["first", "lexical", "longer", "random"].into_iter().chain(metrics)
}

impl Builtin {
    /// Returns the judge of that name; `ties` says whether the rubric allows a tie.
    ///
    /// # Errors
    ///
    /// There is no such judge.
    pub fn new(name: &str, ties: bool, seed: u64) -> Result<Self> {
        let rule = match name {
            "first" => Rule::First,
            "lexical" => Rule::Lexical,
            "longer" => Rule::Longer,
            "random" => Rule::Random { seed },
            _ => Rule::Metric(SentenceMetric::from_name(name).ok_or_else(|| unknown(name))?),
        };
        Ok(Self { rule, ties })
    }

    /// Returns the word of the vote by position: `first`, `second` or `tie`.
    pub fn vote_word(&self, trial: &Trial<'_>) -> &'static str {
        self.vote_with_reason(trial).0
    }

    /// Returns the word of the vote and the reason for it.
    fn vote_with_reason(&self, trial: &Trial<'_>) -> (&'static str, String) {
        match self.rule {
            Rule::First => ("first", "The first response is the first.".to_owned()),
            Rule::Random { seed } => (random(seed, trial), "A coin was thrown.".to_owned()),
            Rule::Longer => {
                let length = |text: &str| text.chars().count() as f64;
                let (first, second) =
                    (length(&trial.first().to_text()), length(&trial.second().to_text()));
                (self.higher(first, second, 0.0), format!("{first} against {second} characters."))
            }
            Rule::Lexical => {
                let [first, second] = scores(SentenceMetric::Chrf, trial);
                let reason = format!("chrF against the reference: {first:.1} and {second:.1}.");
                (self.higher(first, second, LEXICAL_MARGIN), reason)
            }
            Rule::Metric(metric) => {
                let [first, second] = scores(metric, trial);
                let name = metric.name();
                // Scores that differ only by rounding are equal.
                let margin = if nearly_equal(first, second) { f64::INFINITY } else { 0.0 };
                let (vote, better) = if metric.higher_is_better() {
                    (self.higher(first, second, margin), "higher")
                } else {
                    (self.higher(-first, -second, margin), "lower")
                };
                let reason = format!(
                    "{name} against the reference: {first} and {second}, the {better} the better."
                );
                (vote, reason)
            }
        }
    }

    /// Returns the judge's name if it compares responses with a reference.
    fn needs_reference(&self) -> Option<&'static str> {
        match self.rule {
            Rule::First | Rule::Longer | Rule::Random { .. } => None,
            Rule::Lexical => Some("lexical"),
            Rule::Metric(metric) => Some(metric.name()),
        }
    }

    /// Returns the vote for the higher score, or a tie within the margin. Where the rubric allows no tie the
    /// margin does not apply, and equal scores are a vote for the first in both orders, so that the comparison
    /// flips and has no winner.
    fn higher(&self, first: f64, second: f64, margin: f64) -> &'static str {
        if first - second > margin {
            "first"
        } else if second - first > margin {
            "second"
        } else if self.ties {
            "tie"
        } else if second > first {
            "second"
        } else {
            "first"
        }
    }
}

/// Returns the scores of both responses against the item's references, in the order they are shown.
fn scores(metric: SentenceMetric, trial: &Trial<'_>) -> [f64; 2] {
    let references = trial.comparison.item.reference.iter().flat_map(Reference::texts);
    let references: Vec<&str> = references.collect();
    [trial.first(), trial.second()].map(|shown| metric.score(&shown.answer(), &references))
}

fn unknown(name: &str) -> Error {
    let error = Error::input(format!("there is no judge `builtin:{name}`"));
    if let Some(close) = nearest(&name.to_ascii_lowercase(), builtin_names()) {
        return error.hint(format!("did you mean `builtin:{close}`?"));
    }
    let known: Vec<_> = builtin_names().map(|known| format!("builtin:{known}")).collect();
    error.hint(format!("built-in judges: {}", known.join(", ")))
}

/// Returns a random vote for a trial, from a keyed hash, so that a run can be repeated.
fn random(seed: u64, trial: &Trial<'_>) -> &'static str {
    let hash = KeyedHash::new("evenhand: builtin:random")
        .seed(seed)
        .bytes(&trial.repeat.to_le_bytes())
        .texts([&trial.comparison.item.id, trial.first_system(), trial.second_system()]);
    if hash.bit() { "second" } else { "first" }
}

impl ChatModel for Builtin {
    fn complete<'a>(&'a self, trial: Trial<'a>, _messages: &'a [Message]) -> ReplyFuture<'a> {
        let (vote, reasoning) = self.vote_with_reason(&trial);
        let reply = json!({ "reasoning": reasoning, "criteria": {}, "vote": vote });
        Box::pin(std::future::ready(Ok(Reply::from_text(reply.to_string()))))
    }

    fn is_deterministic(&self) -> bool {
        true
    }

    fn check_comparison(&self, comparison: &Comparison) -> Result<()> {
        let Some(name) = self.needs_reference() else { return Ok(()) };
        let what = match &comparison.item.reference {
            None => "reference is missing",
            Some(Reference::Object(_)) => {
                "reference: expected a string or a list of strings, found an object"
            }
            Some(Reference::Text(_) | Reference::Several(_)) => return Ok(()),
        };
        Err(Error::input(format!("{}: {what}", comparison.item.place))
            .detail(format!("builtin:{name} compares both responses with the item's reference"))
            .hint("give every item a text as its reference, or use builtin:longer"))
    }
}
