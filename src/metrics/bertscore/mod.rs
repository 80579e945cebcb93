//! `BERTScore`: how similar the tokens of a response and a reference are to an encoder.
//!
//! An encoder turns every token of a text into a vector. Each token of the response is matched with the most similar
//! token of the reference, by the cosine of their vectors, and the mean of these similarities is the precision; recall
//! is the same from the side of the reference, and F1 is their harmonic mean.
//!
//! The scores are those of `bert_score` 0.3.13:
//!
//! - The tokens at the start and the end of a text take part in the matching, but have no weight in the means.
//! - An empty text scores 0 against everything.
//! - Of several references the best counts, by precision, recall and F1 each.
//! - With inverse document frequencies ([`Idf`]), rare tokens of the references have more weight.
//! - A [`Baseline`] rescales the scores.
//! - Texts are truncated where the encoder has no more positions.
//! - Pairs are scored in batches of 64 whose shorter texts are padded, and a padded position counts as a similarity of
//!   0: so a token that resembles nothing has at least 0 if the other text is shorter than the longest in its batch
//!   ([`Batches`]). Scores therefore depend a little on the order of the items.
//!
//! This module needs similarities only, from a [`TokenMatcher`]; the encoders that this program can run are behind the
//! cargo feature `local`.
//!
//! # References
//!
//! Zhang, T., Kishore, V., Wu, F., Weinberger, K. Q. and Artzi, Y. (2020). `BERTScore`: evaluating text generation with
//! BERT. *ICLR 2020*.

mod baseline;
mod batches;
mod idf;
mod matcher;
mod pass;
mod scores;

use std::sync::Arc;

use super::text::is_space;
use super::yes_or_no;
use crate::error::Result;

pub use baseline::Baseline;
pub use batches::{Batches, BatchesOfSystem, PairPadding};
pub use idf::Idf;
pub use matcher::{
    EncoderIdentity, EncodingProgress, LayerChoice, Matches, TextPair, TextTokens, TokenMatcher,
};
pub use scores::{BertScores, Matched};

pub(super) use pass::BertScorePass;

/// The version of `bert_score` whose scores are reproduced.
const BERT_SCORE: &str = "0.3.13";

/// Which of the three scores a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BertScorePart {
    /// The mean similarity of the response's tokens.
    Precision,
    /// The mean similarity of the reference's tokens.
    Recall,
    /// The harmonic mean of both.
    F1,
}

/// How `BERTScore` is computed.
#[derive(Debug, Clone)]
pub struct BertScore {
    /// The encoder.
    pub encoder: Arc<dyn TokenMatcher>,
    /// Whether tokens are weighted by how rare they are in the references.
    pub idf: bool,
    /// The scores that unrelated texts have, by which scores are rescaled.
    pub baseline: Option<Baseline>,
    /// What is called while texts are encoded.
    pub progress: EncodingProgress,
}

impl BertScore {
    /// Returns the settings of an encoder without idf and without rescaling.
    pub fn new(encoder: Arc<dyn TokenMatcher>) -> Self {
        Self { encoder, idf: false, baseline: None, progress: EncodingProgress::default() }
    }

    /// Returns the scores of one response: the best over the references, each pair scored by itself.
    ///
    /// A batch of one pair has no padding. Without idf: the weights of one item would mean nothing.
    ///
    /// # Errors
    ///
    /// The encoder fails.
    pub fn score_alone(&self, response: &str, references: &[&str]) -> Result<BertScores> {
        let response = stripped(response);
        let pairs: Vec<TextPair<'_>> = references
            .iter()
            .map(|reference| TextPair { response, reference: stripped(reference) })
            .collect();
        let mut texts: Vec<&str> = pairs.iter().map(|pair| pair.reference).collect();
        texts.push(response);
        let mut tokens = self.encoder.tokens(&texts)?;
        let of_response = tokens.pop().map(|tokens| tokens.ids).unwrap_or_default();
        let matches = self.encoder.matches(&pairs)?;
        let weights = Weights { idf: None, ends: self.encoder.ends() };
        let scores = matches.iter().zip(&tokens).map(|(matches, of_reference)| {
            weights.scores(matches, &of_response, &of_reference.ids, PairPadding::default())
        });
        Ok(self.rescaled(BertScores::best(scores)))
    }

    /// Returns the scores rescaled by the baseline, if there is one.
    fn rescaled(&self, scores: BertScores) -> BertScores {
        self.baseline.as_ref().map_or(scores, |baseline| baseline.rescale(scores))
    }

    /// Returns the settings in the form of a signature.
    pub(super) fn signature(&self, references: Option<usize>) -> String {
        let encoder = self.encoder.identity();
        let rescaled = self.baseline.as_ref().map_or("no", Baseline::digest);
        format!(
            "encoder:{}@{}|layer:{}/{}|chosen:{}|nrefs:{}|idf:{}|rescaled:{rescaled}|batch:{}|bert_score:{BERT_SCORE}|version:{}",
            encoder.name.replace('|', "_"),
            encoder.digest,
            encoder.layer,
            encoder.layers,
            encoder.chosen.as_str(),
            super::references_in_signature(references),
            yes_or_no(self.idf),
            batches::BATCH,
            env!("CARGO_PKG_VERSION"),
        )
    }
}

/// The weights of tokens in the means.
#[derive(Debug, Clone, Copy)]
struct Weights<'a> {
    idf: Option<&'a Idf>,
    /// The tokens at the start and the end of every text.
    ends: [u32; 2],
}

impl Weights<'_> {
    fn of(&self, tokens: &[u32]) -> Vec<f64> {
        let weight = |token: &u32| match self.idf {
            Some(idf) => idf.weight(*token),
            None => f64::from(!self.ends.contains(token)),
        };
        tokens.iter().map(weight).collect()
    }

    /// Returns the scores of a pair.
    fn scores(
        &self,
        matches: &Matches,
        response: &[u32],
        reference: &[u32],
        padding: PairPadding,
    ) -> BertScores {
        let best = |found: &[f32], clamp: bool| -> Vec<f64> {
            let floor = if clamp { 0.0 } else { f64::NEG_INFINITY };
            found.iter().map(|similarity| f64::from(*similarity).max(floor)).collect()
        };
        // A token is matched with the positions of the other text, so that text's padding counts.
        let of_response = best(&matches.response, padding.reference);
        let of_reference = best(&matches.reference, padding.response);
        let [response, reference] = [response, reference].map(|tokens| self.of(tokens));
        BertScores::of(
            Matched { best: &of_response, weights: &response },
            Matched { best: &of_reference, weights: &reference },
        )
    }
}

/// Returns a text without the white space around it, as Python strips it.
fn stripped(text: &str) -> &str {
    text.trim_matches(is_space)
}
