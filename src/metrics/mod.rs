//! Reference metrics: how close a response is to a reference. One metric per file.
//!
//! Metrics compare texts and are independent of judges. Each reproduces the scores of its reference
//! implementation (checked by `tests/oracle`).
//!
//! A metric is computed in two steps, so that items can be streamed, processed in parallel and resampled: each
//! item yields a small value of statistics, which can be added to those of other items ([`total`]), and the score
//! is a function of the sum. The score of one item is the function of its own statistics.
//!
//! | metric | statistics of one item | score |
//! | --- | --- | --- |
//! | exact match | [`exact_match`] | mean: a [`Ratio`] |
//! | token F1 | [`token_f1`] | mean: a [`Ratio`] |
//! | ROUGE-1, 2, L, Lsum | [`Rouge::scores`] | mean of F: a [`Ratio`] |
//! | BLEU | [`Bleu::statistics`] | [`Bleu::score`] |
//! | chrF, chrF++ | [`Chrf::statistics`] | [`Chrf::score`] |
//! | TER | [`Ter::statistics`] | [`TerStatistics::score`] |
//! | `BERTScore` | [`BertScores::of`] | mean: a [`Ratio`] |
//! | precision, recall, F1 of classes | [`ClassCounts::of`] | [`average_scores`], by class [`ClassCounts::f1`] |
//! | valid JSON, JSON Schema | [`json_value`], [`Schema::accepts`] | mean: a [`Ratio`] |
//! | fields of JSON | [`json_fields`] | mean: a [`Ratio`] |
//! | length ratio, distinct-n, compression ratio | [`length_ratio`], [`distinct`], [`compression`] | [`Ratio::value`] |
//! | scores of a user's program | [`CommandMetric::answers`] | mean: a [`Ratio`] |
//!
//! [`score_items`] and [`ScoreTotals::evaluate`] compute the scores of systems with intervals from a file of
//! items.

use std::ops::AddAssign;

mod bertscore;
mod bleu;
mod chrf;
mod classes;
mod command;
mod descriptors;
mod evaluation;
mod exact_match;
mod json;
mod metric;
mod ngrams;
mod ratio;
mod rouge;
mod sentence;
mod ter;
mod text;
mod token_f1;
mod tokenize;

pub use bertscore::{
    Baseline, Batches, BatchesOfSystem, BertScore, BertScorePart, BertScores, EncoderIdentity,
    EncodingProgress, Idf, LayerChoice, Matched, Matches, PairPadding, TextPair, TextTokens,
    TokenMatcher,
};
pub use bleu::{Bleu, BleuScore, BleuStatistics, Smoothing};
pub use chrf::{Chrf, ChrfStatistics, chrf};
pub use classes::{Average, ClassCounts, ClassScores, average_scores, class_of};
pub use command::{Answer, CommandMetric, SystemResponse, command_name};
pub use descriptors::{compression, distinct, length_ratio};
pub use evaluation::{
    ClassReport, ClassRow, Evaluation, EvaluationSettings, FieldReport, KeepScores,
    MIN_ITEMS_TO_TEST, MetricReport, MetricSlice, MissingScore, PairDifference, ResponseScores,
    ScoreTotals, Scores, SliceLimits, SystemScore, score_items,
};
pub use exact_match::{SquadVersion, exact_match, normalized_answer};
pub use json::{FieldMatch, Schema, json_fields, json_value};
pub use metric::{Better, ClassMetric, Metric, Scale};
pub use ratio::Ratio;
pub use rouge::{Overlap, Rouge, RougeKind, RougeTokenizer, is_mostly_non_ascii};
pub use sentence::SentenceMetric;
pub use ter::{Ter, TerStatistics};
pub use token_f1::token_f1;
pub use tokenize::BleuTokenizer;

/// The version of sacrebleu whose scores BLEU, chrF and TER reproduce, for their signatures.
const SACREBLEU: &str = "2.6.0";

/// Returns the sum of the statistics of items.
///
/// # Examples
///
/// ```
/// use evenhand::metrics::{Ter, total};
///
/// let items = [("a b c", "a b c"), ("a b", "a c")];
/// let items = items.map(|(response, reference)| Ter::default().statistics(response, &[reference]));
/// assert_eq!(total(items).score(), 20.0);
/// ```
pub fn total<T: Default + AddAssign>(items: impl IntoIterator<Item = T>) -> T {
    items.into_iter().fold(T::default(), |mut total, item| {
        total += item;
        total
    })
}

/// Returns the number of references in the form of a signature.
fn references_in_signature(references: Option<usize>) -> String {
    references.map_or_else(|| "var".to_owned(), |references| references.to_string())
}

/// Returns the beginning of a hash of some bytes, which identifies them in a signature.
fn short_digest(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..12].to_owned()
}

/// Returns a setting in the form of a signature.
fn yes_or_no(setting: bool) -> &'static str {
    if setting { "yes" } else { "no" }
}
