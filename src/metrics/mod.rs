//! Reference metrics: how close a response is to a reference, one metric a file.
//!
//! Metrics compare texts and know nothing of judges. Each gives the numbers of the program that people
//! cite for it, to the last digit that matters (`tests/oracle`).
//!
//! A metric works in two steps, so that items can be streamed, shared out over cores and drawn again by a
//! bootstrap: what one item contributes is a small value that can be added to others ([`total`]), and a
//! score is made of a sum of them. A score of one item is the score of a sum of one.
//!
//! | metric | of one item | score |
//! | --- | --- | --- |
//! | exact match | [`exact_match`] | mean: a [`Ratio`] |
//! | token F1 | [`token_f1`] | mean: a [`Ratio`] |
//! | ROUGE-1, 2, L, Lsum | [`Rouge::scores`] | mean of F: a [`Ratio`] |
//! | BLEU | [`Bleu::statistics`] | [`Bleu::score`] |
//! | chrF, chrF++ | [`Chrf::statistics`] | [`Chrf::score`] |
//! | TER | [`Ter::statistics`] | [`TerStatistics::score`] |
//! | precision, recall, F1 of classes | [`ClassSums::of`] | [`averaged`], by class [`ClassSums::f1`] |
//! | valid JSON, JSON Schema | [`json_value`], [`Schema::accepts`] | mean: a [`Ratio`] |
//! | fields of JSON | [`json_fields`] | mean: a [`Ratio`] |
//! | length ratio, distinct-n, compression ratio | [`length_ratio`], [`distinct`], [`compression`] | [`Ratio::value`] |
//! | what a program of the user's says | [`CommandMetric::answers`] | mean: a [`Ratio`] |
//!
//! [`gather`] puts them together: items in, scores of systems with their intervals out.

use std::ops::AddAssign;

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
mod porter;
mod ratio;
mod rouge;
mod sentence;
mod shifts;
mod subsequence;
mod ter;
mod text;
mod token_f1;
mod tokenize;

pub use bleu::{Bleu, BleuScore, BleuStatistics, Smoothing};
pub use chrf::{Chrf, ChrfStatistics, chrf};
pub use classes::{Average, ClassScores, ClassSums, averaged, class_of};
pub use command::{Answer, CommandMetric, Row, name_of};
pub use descriptors::{compression, distinct, length_ratio};
pub use evaluation::{
    ClassReport, ClassRow, Evaluation, FEWEST_TO_TEST, Failed, FieldReport, Gathered, Keep,
    MetricReport, MetricSlice, PairDifference, ResponseScores, Scores,
    Settings as EvaluationSettings, Sliced, SystemScore, gather,
};
pub use exact_match::{SquadVersion, exact_match, normalized_answer};
pub use json::{FieldMatch, Schema, json_fields, json_value};
pub use metric::{Better, ClassMetric, Metric, Scale};
pub use ratio::Ratio;
pub use rouge::{Overlap, Rouge, RougeKind, RougeTokenizer, unreadable};
pub use sentence::SentenceMetric;
pub use ter::{Ter, TerStatistics};
pub use token_f1::token_f1;
pub use tokenize::BleuTokenizer;

/// The release of sacrebleu whose numbers BLEU, chrF and TER give, as it stands in their signatures.
const SACREBLEU: &str = "2.6.0";

/// Returns the sum of what items contribute: the statistics of a corpus.
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

/// Returns the number of references as it stands in a signature.
fn references_in_signature(references: Option<usize>) -> String {
    references.map_or_else(|| "var".to_owned(), |references| references.to_string())
}

/// Returns what tells some bytes from others in a signature: the beginning of their hash.
fn short_digest(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..12].to_owned()
}

/// Returns a setting as it stands in a signature.
fn yes_or_no(setting: bool) -> &'static str {
    if setting { "yes" } else { "no" }
}
