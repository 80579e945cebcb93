//! From the vectors of the tokens of two texts to the best similarity of each token.

use std::collections::HashMap;

use candle_core::Tensor;
use rayon::prelude::*;

use super::in_place::{failed, with_numbers};
use super::kernels::largest;
use super::model::Model;
use super::tokenizer::TextTokenizer;
use crate::error::{Error, Result};
use crate::metrics::{Matches, TextPair, TextTokens};

/// The most bytes of vectors that are held at once, unless the texts of a single pair have more.
const MAX_BYTES: usize = 128 << 20;

/// Returns the best similarities of the tokens of pairs. Each distinct text is encoded once, as long as its vectors fit
/// into memory with those of the pairs around it.
pub(super) fn matches_of(
    model: &Model,
    tokenizer: &TextTokenizer,
    pairs: &[TextPair<'_>],
) -> Result<Vec<Matches>> {
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut texts: Vec<&str> = Vec::new();
    let mut number = |text| {
        *numbers.entry(text).or_insert_with(|| {
            texts.push(text);
            texts.len() - 1
        })
    };
    let pairs: Vec<[usize; 2]> =
        pairs.iter().map(|pair| [number(pair.response), number(pair.reference)]).collect();
    let tokens = tokenizer.tokens(&texts)?;
    let most = MAX_BYTES / (model.width() * size_of::<f32>());
    let mut matches = Vec::with_capacity(pairs.len());
    let mut rest = pairs.as_slice();
    while !rest.is_empty() {
        let (some, after) = rest.split_at(fitting(rest, &tokens, most));
        matches.extend(matches_of_some(model, some, &tokens)?);
        rest = after;
    }
    Ok(matches)
}

/// Returns how many of the first pairs have at most `most` tokens in all distinct texts, but at least one.
fn fitting(pairs: &[[usize; 2]], tokens: &[TextTokens], most: usize) -> usize {
    let mut seen = vec![false; tokens.len()];
    let mut sum = 0;
    let fits = |pair: &&[usize; 2]| {
        for text in **pair {
            if !std::mem::replace(&mut seen[text], true) {
                sum += tokens[text].ids.len();
            }
        }
        sum <= most
    };
    pairs.iter().take_while(fits).count().max(1)
}

fn matches_of_some(
    model: &Model,
    pairs: &[[usize; 2]],
    tokens: &[TextTokens],
) -> Result<Vec<Matches>> {
    let mut texts: Vec<usize> = pairs.iter().flatten().copied().collect();
    texts.sort_unstable();
    texts.dedup();
    let ids: Vec<&[u32]> = texts.iter().map(|text| tokens[*text].ids.as_slice()).collect();
    let directions = model.directions(&ids)?;
    let of = |text: usize| {
        let at = texts.binary_search(&text);
        at.map(|at| &directions[at]).map_err(|_| Error::internal("a text was not encoded"))
    };
    pairs.par_iter().map(|[response, reference]| best(of(*response)?, of(*reference)?)).collect()
}

/// Returns the best similarities of the tokens of two texts, given the directions of their vectors.
fn best(response: &Tensor, reference: &Tensor) -> Result<Matches> {
    let similarities = || {
        let width = reference.dim(0)?;
        let cosines = response.matmul(&reference.t()?)?;
        with_numbers(&cosines, |cosines| largest(cosines, width))
    };
    let [response, reference] = similarities().map_err(failed)?;
    Ok(Matches { response, reference })
}
