//! What `BERTScore` needs of an encoder.

use std::fmt;
use std::sync::Arc;

use crate::error::{Result, Warning};

/// An encoder, as far as `BERTScore` needs it.
///
/// Texts are given without white space around them.
pub trait TokenMatcher: fmt::Debug + Send + Sync {
    /// Returns what identifies the encoder.
    fn identity(&self) -> &EncoderIdentity;

    /// Returns the tokens at the start and the end of every text.
    fn ends(&self) -> [u32; 2];

    /// Returns the tokens of texts.
    ///
    /// # Errors
    ///
    /// The encoder cannot read a text.
    fn tokens(&self, texts: &[&str]) -> Result<Vec<TextTokens>>;

    /// Returns the best similarities of the tokens of pairs, in order.
    ///
    /// # Errors
    ///
    /// The encoder cannot be loaded or cannot read a text.
    fn matches(&self, pairs: &[TextPair<'_>]) -> Result<Vec<Matches>>;

    /// Returns what went wrong without changing a score, such as a cache that cannot be written.
    fn warnings(&self) -> Vec<Warning> {
        Vec::new()
    }
}

/// The tokens of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextTokens {
    /// The numbers of the tokens, those at the start and the end included.
    pub ids: Vec<u32>,
    /// Whether the text has more tokens than the encoder has positions.
    pub is_truncated: bool,
}

/// A response and a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TextPair<'a> {
    /// The response.
    pub response: &'a str,
    /// The reference.
    pub reference: &'a str,
}

/// The similarity of each token of two texts to the most similar token of the other: a cosine from -1 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Matches {
    /// By token of the response.
    pub response: Vec<f32>,
    /// By token of the reference.
    pub reference: Vec<f32>,
}

/// What is called while texts are encoded, with the number of pairs that were scored and of all pairs.
#[derive(Clone, Default)]
pub struct EncodingProgress(Option<Arc<dyn Fn(u64, u64) + Send + Sync>>);

impl EncodingProgress {
    /// Returns a progress that calls `report`.
    pub fn new(report: impl Fn(u64, u64) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(report)))
    }

    /// Reports the number of pairs that were scored, of all pairs.
    pub(super) fn report(&self, scored: u64, pairs: u64) {
        if let Some(report) = &self.0 {
            report(scored, pairs);
        }
    }
}

impl fmt::Debug for EncodingProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("EncodingProgress").field(&self.0.is_some()).finish()
    }
}

/// What identifies an encoder: scores of others are not comparable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncoderIdentity {
    /// Its name, for people.
    pub name: String,
    /// The beginning of a digest of its files.
    pub digest: String,
    /// The layer whose vectors are compared; 0 is before the first.
    pub layer: usize,
    /// The number of layers.
    pub layers: usize,
    /// Why this layer.
    pub chosen: LayerChoice,
}

impl fmt::Display for EncoderIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, digest, layer, layers, .. } = self;
        write!(f, "{name} ({digest}), layer {layer} of {layers}")
    }
}

/// Why a layer was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerChoice {
    /// The caller named it.
    Given,
    /// It is the one that `bert_score` publishes for the model.
    Published,
    /// Nothing is published for the model: the last layer.
    Last,
}

impl LayerChoice {
    /// Returns the word for a signature.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Published => "published",
            Self::Last => "last",
        }
    }
}
