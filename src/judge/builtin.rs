//! Judges without a model: simple rules, and the reference metrics as judges. They are the baselines that a
//! model has to beat. Their replies are JSON verdicts, stored and read like those of a model.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;

use super::{CallError, CallErrorKind, ChatModel, Reply, ReplyFuture};
use crate::error::{Error, Remedy, Result, nearest};
use crate::input::{Message, Reference};
use crate::keyed_hash::KeyedHash;
use crate::metrics::{BertScore, SentenceMetric};
use crate::stats::nearly_equal;
use crate::trial::{Comparison, Trial};

/// Scores (0 to 100) that differ by at most this are a tie for the lexical judge.
const LEXICAL_MARGIN: f64 = 1.0;
/// The most scores of an encoder that are remembered: those of a response are needed in both orders and in several
/// comparisons of an item.
const MAX_REMEMBERED: usize = 10_000;

/// A judge that is built into the program.
#[derive(Debug)]
pub struct Builtin {
    rule: Rule,
    ties: bool,
}

#[derive(Debug)]
enum Rule {
    BertScore(RememberedBertScore),
    First,
    Lexical,
    Longer,
    Metric(SentenceMetric),
    Random { seed: u64 },
}

/// Returns the names after `builtin:`: four rules, the reference metrics, and `BERTScore`.
pub fn builtin_names() -> impl Iterator<Item = &'static str> {
    let metrics = SentenceMetric::ALL.into_iter().map(SentenceMetric::name);
    ["first", "lexical", "longer", "random"].into_iter().chain(metrics).chain([Builtin::BERT_SCORE])
}

impl Builtin {
    /// The name after `builtin:` of the judge that [`Builtin::of_bert_score`] returns.
    pub const BERT_SCORE: &'static str = "bertscore";

    /// Returns the judge that votes for the higher `BERTScore` (F1); `ties` says whether the rubric allows a tie.
    pub fn of_bert_score(bert_score: Arc<BertScore>, ties: bool) -> Self {
        Self { rule: Rule::BertScore(RememberedBertScore::new(bert_score)), ties }
    }

    /// Returns the judge of that name; `ties` says whether the rubric allows a tie.
    ///
    /// # Errors
    ///
    /// There is no such judge, or it needs an encoder.
    pub fn new(name: &str, ties: bool, seed: u64) -> Result<Self> {
        let rule = match name {
            "first" => Rule::First,
            "lexical" => Rule::Lexical,
            "longer" => Rule::Longer,
            "random" => Rule::Random { seed },
            Self::BERT_SCORE => {
                return Err(Error::usage("builtin:bertscore needs an encoder")
                    .suggest(Remedy::SupplyEncoder));
            }
            _ => Rule::Metric(SentenceMetric::from_name(name).ok_or_else(|| unknown(name))?),
        };
        Ok(Self { rule, ties })
    }

    /// Returns the word of the vote by position: `first`, `second` or `tie`.
    ///
    /// # Errors
    ///
    /// The encoder fails, if the judge has one.
    pub fn vote_word(&self, trial: &Trial<'_>) -> Result<&'static str> {
        Ok(self.vote_with_reason(trial)?.0)
    }

    /// Returns the word of the vote and the reason for it.
    fn vote_with_reason(&self, trial: &Trial<'_>) -> Result<(&'static str, String)> {
        Ok(match &self.rule {
            Rule::BertScore(bert_score) => {
                let references = references(trial);
                let score = |shown: &str| bert_score.score(shown, &references);
                let first = score(&trial.first().answer())?;
                let second = score(&trial.second().answer())?;
                self.by_score(Self::BERT_SCORE, [first, second], true)
            }
            Rule::First => ("first", "The first response is the first.".to_owned()),
            Rule::Random { seed } => (random(*seed, trial), "A coin was thrown.".to_owned()),
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
                self.by_score(metric.name(), scores(*metric, trial), metric.higher_is_better())
            }
        })
    }

    /// Returns the vote for the better of two scores, and the reason.
    fn by_score(
        &self,
        name: &str,
        [first, second]: [f64; 2],
        higher_is_better: bool,
    ) -> (&'static str, String) {
        // Scores that differ only by rounding are equal.
        let margin = if nearly_equal(first, second) { f64::INFINITY } else { 0.0 };
        let (vote, better) = if higher_is_better {
            (self.higher(first, second, margin), "higher")
        } else {
            (self.higher(-first, -second, margin), "lower")
        };
        let reason =
            format!("{name} against the reference: {first} and {second}, the {better} the better.");
        (vote, reason)
    }

    /// Returns the judge's name if it compares responses with a reference.
    fn needs_reference(&self) -> Option<&'static str> {
        match &self.rule {
            Rule::BertScore(_) => Some(Self::BERT_SCORE),
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
    let references = references(trial);
    [trial.first(), trial.second()].map(|shown| metric.score(&shown.answer(), &references))
}

fn references<'a>(trial: &Trial<'a>) -> Vec<&'a str> {
    trial.comparison.item.reference.iter().flat_map(Reference::texts).collect()
}

/// `BERTScore`, which remembers its last scores.
#[derive(Debug)]
struct RememberedBertScore {
    bert_score: Arc<BertScore>,
    /// By hash of the response and its references.
    known: Mutex<HashMap<blake3::Hash, f64>>,
}

impl RememberedBertScore {
    fn new(bert_score: Arc<BertScore>) -> Self {
        Self { bert_score, known: Mutex::default() }
    }

    /// Returns the F1 of a response.
    fn score(&self, response: &str, references: &[&str]) -> Result<f64> {
        let mut hasher = blake3::Hasher::new();
        for text in std::iter::once(&response).chain(references) {
            hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
        }
        let key = hasher.finalize();
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(score) = known().get(&key) {
            return Ok(*score);
        }
        let score = self.bert_score.score_alone(response, references)?.f1.unwrap_or(0.0);
        let mut known = known();
        if known.len() >= MAX_REMEMBERED {
            known.clear();
        }
        known.insert(key, score);
        Ok(score)
    }
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
    fn complete<'a>(
        &'a self,
        trial: Trial<'a>,
        _messages: &'a [Message],
        _max_tokens: Option<u64>,
    ) -> ReplyFuture<'a> {
        let reply = match self.vote_with_reason(&trial) {
            Ok((vote, reasoning)) => {
                let reply = json!({ "reasoning": reasoning, "criteria": {}, "vote": vote });
                Ok(Reply::from_text(reply.to_string()))
            }
            Err(error) => Err(CallError::new(CallErrorKind::EndpointRejected, error.to_string())),
        };
        Box::pin(std::future::ready(reply))
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
