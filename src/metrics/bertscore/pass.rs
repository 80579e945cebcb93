//! Scores the responses of items: a first pass counts, a second one scores.
//!
//! The first pass reads all items and keeps what a score needs of others: the frequencies of tokens in the references,
//! and the longest texts of each batch. The memory of both does not grow with the texts.

use std::collections::HashMap;

use rayon::prelude::*;

use super::scores::EMPTY;
use super::{Batches, BertScore, BertScores, Idf, TextPair, TextTokens, Weights, stripped};
use crate::error::{Error, Result, Warning, counted};
use crate::input::{Item, ItemSource, Reference};

/// The most pairs that are passed to the encoder at once.
const PAIRS_AT_ONCE: usize = 512;

/// The counts of the first pass, and how far the second one has come.
#[derive(Debug)]
pub(in crate::metrics) struct BertScorePass {
    idf: Option<Idf>,
    batches: Batches,
    /// By system: the number of its pairs that were scored.
    next: HashMap<String, usize>,
    scored: u64,
    /// The numbers of texts that are too long, and that have no tokens.
    truncated: u64,
    empty: u64,
}

/// The tokens of an item with references.
struct Tokens {
    /// By response.
    responses: Vec<TextTokens>,
    references: Vec<TextTokens>,
}

impl BertScorePass {
    /// Reads all items.
    pub(in crate::metrics) async fn count(
        settings: &BertScore,
        source: &ItemSource,
    ) -> Result<Self> {
        let mut pass = Self {
            idf: settings.idf.then(Idf::default),
            batches: Batches::default(),
            next: HashMap::new(),
            scored: 0,
            truncated: 0,
            empty: 0,
        };
        let mut reader = source.read()?;
        while let Some(items) = reader.next_batch()? {
            let texts = texts_of(&items);
            let tokens = tokens(settings, &texts)?;
            for ((item, _), tokens) in texts.iter().zip(&tokens) {
                pass.add(item, tokens);
            }
            // Lets the runtime handle a signal between batches.
            tokio::task::yield_now().await;
        }
        reader.finish()?;
        Ok(pass)
    }

    fn add(&mut self, item: &Item, tokens: &Tokens) {
        let Tokens { responses, references } = tokens;
        if references.is_empty() {
            return;
        }
        for text in responses.iter().chain(references) {
            self.truncated += u64::from(text.is_truncated);
            self.empty += u64::from(text.ids.len() <= EMPTY);
        }
        if let Some(idf) = &mut self.idf {
            for reference in references {
                idf.add(&reference.ids);
            }
        }
        for (system, response) in item.responses.keys().zip(responses) {
            for reference in references {
                self.batches.add(system, response.ids.len(), reference.ids.len());
            }
        }
    }

    /// Returns the warnings about the texts.
    pub(in crate::metrics) fn warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if self.truncated > 0 {
            let texts = counted(self.truncated, "text is", "texts are");
            warnings.push(Warning::new(
                "truncated-text",
                format!(
                    "{texts} longer than the encoder reads; bertscore compares only the beginning"
                ),
            ));
        }
        if self.empty > 0 {
            let texts = counted(self.empty, "text has", "texts have");
            warnings.push(Warning::new(
                "empty-text",
                format!(
                    "{texts} no tokens, so that its pairs have a bertscore of 0 before rescaling"
                ),
            ));
        }
        warnings
    }

    /// Scores the next items, which must come in the order in which they were counted: by item and response, the
    /// scores; `None` if the item has no reference that is a text.
    pub(in crate::metrics) async fn score(
        &mut self,
        settings: &BertScore,
        items: &[&Item],
    ) -> Result<Vec<Vec<Option<BertScores>>>> {
        let texts = texts_of(items.iter().copied());
        let tokens = tokens(settings, &texts)?;
        let pairs: Vec<TextPair<'_>> = texts
            .iter()
            .flat_map(|(_, texts)| {
                let Texts { responses, references } = texts;
                responses.iter().map(|text| stripped(text)).flat_map(|response| {
                    references.iter().map(move |reference| TextPair { response, reference })
                })
            })
            .collect();
        let mut matches = Vec::with_capacity(pairs.len());
        // The first pairs can take minutes.
        settings.progress.report(self.scored, self.batches.pairs());
        for pairs in pairs.chunks(PAIRS_AT_ONCE) {
            matches.extend(settings.encoder.matches(pairs)?);
            self.scored += pairs.len() as u64;
            settings.progress.report(self.scored, self.batches.pairs());
            tokio::task::yield_now().await;
        }
        let mut matches = matches.into_iter();
        let weights = Weights { idf: self.idf.as_ref(), ends: settings.encoder.ends() };
        let mut scores = Vec::with_capacity(items.len());
        for ((item, _), tokens) in texts.iter().zip(tokens) {
            let Tokens { responses, references } = tokens;
            let mut of_item = Vec::with_capacity(responses.len());
            for (system, response) in item.responses.keys().zip(&responses) {
                let response = &response.ids;
                let next = self.next.entry(system.clone()).or_default();
                let mut of_references = Vec::with_capacity(references.len());
                for reference in references.iter().map(|reference| &reference.ids) {
                    let matches = matches.next().filter(|matches| {
                        let lengths = [matches.response.len(), matches.reference.len()];
                        lengths == [response.len(), reference.len()]
                    });
                    let matches = matches
                        .ok_or_else(|| Error::internal("a text has other tokens than before"))?;
                    let padding =
                        self.batches.padding(system, *next, response.len(), reference.len())?;
                    *next += 1;
                    of_references.push(weights.scores(&matches, response, reference, padding));
                }
                let best = settings.rescaled(BertScores::best(of_references));
                of_item.push((!references.is_empty()).then_some(best));
            }
            scores.push(of_item);
        }
        Ok(scores)
    }
}

/// The texts of an item.
struct Texts<'a> {
    responses: Vec<std::borrow::Cow<'a, str>>,
    /// Without the white space around them.
    references: Vec<&'a str>,
}

fn texts_of<'a>(items: impl IntoIterator<Item = &'a Item>) -> Vec<(&'a Item, Texts<'a>)> {
    let texts = |item: &'a Item| {
        let references = item.reference.iter().flat_map(Reference::texts).map(stripped).collect();
        let responses = item.responses.values().map(|content| content.answer()).collect();
        (item, Texts { responses, references })
    };
    items.into_iter().map(texts).collect()
}

/// Returns the tokens of the responses and the references, by item.
fn tokens(settings: &BertScore, items: &[(&Item, Texts<'_>)]) -> Result<Vec<Tokens>> {
    let of_item = |(_, texts): &(&Item, Texts<'_>)| {
        let references = settings.encoder.tokens(&texts.references)?;
        let responses: Vec<&str> = texts.responses.iter().map(|text| stripped(text)).collect();
        // Without a reference, a response has no score; its tokens are not needed.
        let needed = if references.is_empty() { &[] } else { responses.as_slice() };
        let mut responses_of_item = settings.encoder.tokens(needed)?;
        let none = TextTokens { ids: Vec::new(), is_truncated: false };
        responses_of_item.resize(responses.len(), none);
        Ok(Tokens { responses: responses_of_item, references })
    };
    items.par_iter().map(of_item).collect()
}
