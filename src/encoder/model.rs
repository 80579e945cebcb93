//! The transformer: from token ids to vectors.
//!
//! Each layer is attention and a feed-forward network, each followed by a normalisation of the sum with its input. Only
//! the layers up to the chosen one are loaded and computed.

use candle_core::{Device, Result as CandleResult, Tensor};
use rayon::prelude::*;

use super::config::Config;
use super::in_place::{Change, Combine, failed, with_numbers};
use super::kernels::{Norm, add_bias, add_bias_gelu, add_norm, normalise, softmax};
use super::parameters::{Embeddings, LayerParameters, LinearParameters, Parameters};
use super::weights::WeightFile;
use crate::error::Result;

/// The most tokens of a batch, unless a single text has more: enough for large matrix products, and few enough that
/// the numbers between them stay in the cache of a processor.
const BATCH_TOKENS: usize = 1024;

/// The loaded layers of an encoder.
pub(super) struct Model {
    hidden: usize,
    heads: usize,
    /// By token: its vector.
    words: Vec<f32>,
    /// By position: its vector, with that of the only type of tokens added.
    positions: Vec<f32>,
    /// The position of the first token, and the token that has none of its own.
    offset: Option<u32>,
    norm: Norm,
    layers: Vec<Layer>,
}

/// One layer. Matrices are such that rows of vectors are multiplied from the left.
struct Layer {
    /// Queries, keys and values side by side.
    attention: Linear,
    output: Linear,
    output_norm: Norm,
    up: Linear,
    down: Linear,
    down_norm: Norm,
}

struct Linear {
    matrix: Tensor,
    bias: Vec<f32>,
}

impl Model {
    /// Reads the weights of all layers up to `layer`.
    pub(super) fn load(config: &Config, layer: usize, weights: &mut WeightFile) -> Result<Self> {
        let mut parameters = Parameters::of(config, layer, weights)?;
        let Config { hidden, heads, .. } = *config;
        let Embeddings { words, mut positions, types, norm } = parameters.embeddings()?;
        if let Some(first) = types.get(..hidden) {
            add_bias(&mut positions, first);
        }
        let layers = (0..layer).map(|layer| {
            let LayerParameters { mut attention, output, output_norm, up, down, down_norm } =
                parameters.layer(layer)?;
            // The similarity of queries and keys is divided by the root of their width: here, once.
            let scale = 1.0 / ((hidden / heads) as f32).sqrt();
            attention.matrix[..hidden * hidden].iter_mut().for_each(|number| *number *= scale);
            attention.bias[..hidden].iter_mut().for_each(|number| *number *= scale);
            Ok(Layer {
                attention: Linear::new(attention)?,
                output: Linear::new(output)?,
                output_norm,
                up: Linear::new(up)?,
                down: Linear::new(down)?,
                down_norm,
            })
        });
        let layers = layers.collect::<Result<_>>()?;
        let offset = config.family.has_position_offset().then_some(config.padding);
        Ok(Self { hidden, heads, words, positions, offset, norm, layers })
    }

    /// Returns the number of numbers of a vector.
    pub(super) fn width(&self) -> usize {
        self.hidden
    }

    /// Returns the vectors of the tokens of each text, one after the other.
    pub(super) fn vectors(&self, texts: &[&[u32]]) -> Result<Vec<Vec<f32>>> {
        self.encode(texts, |vectors, rows| vectors[rows].to_vec())
    }

    /// Returns the vectors of the tokens of each text, each of the length 1.
    pub(super) fn directions(&self, texts: &[&[u32]]) -> Result<Vec<Tensor>> {
        self.encode(texts, |vectors, rows| {
            let mut vectors = vectors[rows].to_vec();
            normalise(&mut vectors, self.hidden);
            vectors
        })?
        .into_iter()
        .map(|vectors| {
            let shape = (vectors.len() / self.hidden, self.hidden);
            Tensor::from_vec(vectors, shape, &Device::Cpu).map_err(failed)
        })
        .collect()
    }

    /// Encodes texts and returns what `of` makes of the numbers of each, given those of its batch and its place there.
    fn encode<T: Send>(
        &self,
        texts: &[&[u32]],
        of: impl Fn(&[f32], std::ops::Range<usize>) -> T + Sync,
    ) -> Result<Vec<T>> {
        // The longest first, so that no thread begins the longest batch when others are done.
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|at| std::cmp::Reverse(texts[*at].len()));
        let mut batches: Vec<Vec<usize>> = Vec::new();
        let mut room = 0;
        for at in order {
            let length = texts[at].len();
            if length > room {
                batches.push(Vec::new());
                room = BATCH_TOKENS.max(length);
            }
            room -= length;
            if let Some(batch) = batches.last_mut() {
                batch.push(at);
            }
        }
        let encoded = batches.into_par_iter().map(|batch| {
            let of_batch: Vec<&[u32]> = batch.iter().map(|at| texts[*at]).collect();
            let vectors = self.forward(&of_batch).map_err(failed)?;
            with_numbers(&vectors, |numbers| {
                let mut start = 0;
                let each = batch.iter().zip(of_batch).map(|(at, text)| {
                    let rows = start..start + text.len() * self.hidden;
                    start = rows.end;
                    (*at, of(numbers, rows))
                });
                each.collect::<Vec<_>>()
            })
            .map_err(failed)
        });
        let mut encoded: Vec<(usize, T)> =
            encoded.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect();
        encoded.sort_unstable_by_key(|(at, _)| *at);
        Ok(encoded.into_iter().map(|(_, of)| of).collect())
    }

    /// Returns the vectors of the tokens of all texts of a batch, one row each.
    fn forward(&self, texts: &[&[u32]]) -> CandleResult<Tensor> {
        let lengths: Vec<usize> = texts.iter().map(|text| text.len()).collect();
        let tokens: usize = lengths.iter().sum();
        let embedded = Tensor::from_vec(self.embed(texts), (tokens, self.hidden), &Device::Cpu)?;
        self.layers.iter().try_fold(embedded, |vectors, layer| {
            let parts = vectors.matmul(&layer.attention.matrix)?;
            parts.inplace_op1(&Change(|rows: &mut [f32]| add_bias(rows, &layer.attention.bias)))?;
            let context = self.attend(&parts, &lengths)?;
            let attended = context.matmul(&layer.output.matrix)?;
            attended.inplace_op2(
                &vectors,
                &Combine(|rows: &mut [f32], others: &[f32]| {
                    add_norm(rows, &layer.output.bias, others, &layer.output_norm);
                }),
            )?;
            let inner = attended.matmul(&layer.up.matrix)?;
            inner.inplace_op1(&Change(|rows: &mut [f32]| add_bias_gelu(rows, &layer.up.bias)))?;
            let output = inner.matmul(&layer.down.matrix)?;
            output.inplace_op2(
                &attended,
                &Combine(|rows: &mut [f32], others: &[f32]| {
                    add_norm(rows, &layer.down.bias, others, &layer.down_norm);
                }),
            )?;
            Ok(output)
        })
    }

    /// Returns the embeddings of the tokens of all texts.
    fn embed(&self, texts: &[&[u32]]) -> Vec<f32> {
        let width = self.hidden;
        let rows = |of: usize| of * width..(of + 1) * width;
        let (mut sums, mut positions) = (Vec::new(), Vec::new());
        for text in texts {
            let mut next = self.offset.map_or(0, |padding| padding as usize + 1);
            for token in *text {
                let position = match self.offset {
                    // A token of the padding, written out in a text, has the position of the padding.
                    Some(padding) if *token == padding => padding as usize,
                    _ => {
                        next += 1;
                        next - 1
                    }
                };
                sums.extend_from_slice(&self.words[rows(*token as usize)]);
                positions.extend_from_slice(&self.positions[rows(position)]);
            }
        }
        add_norm(&mut sums, &vec![0.0; width], &positions, &self.norm);
        sums
    }

    /// Returns the weighted sums of the values of each text's tokens, by queries, keys and values side by side.
    fn attend(&self, parts: &Tensor, lengths: &[usize]) -> CandleResult<Tensor> {
        let size = self.hidden / self.heads;
        let tokens: usize = lengths.iter().sum();
        let mut sums = vec![0.0; tokens * self.hidden];
        let mut start = 0;
        for length in lengths {
            let of_text = parts.narrow(0, start, *length)?;
            let of_text = of_text.reshape((*length, 3, self.heads, size))?;
            let part = |at| of_text.narrow(1, at, 1)?.squeeze(1)?.transpose(0, 1);
            let (queries, keys, values) = (part(0)?, part(1)?, part(2)?);
            let weights = queries.matmul(&keys.transpose(1, 2)?)?;
            weights.inplace_op1(&Change(|rows: &mut [f32]| softmax(rows, *length)))?;
            let by_head = weights.matmul(&values)?;
            with_numbers(&by_head, |by_head| {
                for (head, rows) in by_head.chunks_exact(length * size).enumerate() {
                    for (token, row) in rows.chunks_exact(size).enumerate() {
                        let at = (start + token) * self.hidden + head * size;
                        sums[at..at + size].copy_from_slice(row);
                    }
                }
            })?;
            start += length;
        }
        Tensor::from_vec(sums, (tokens, self.hidden), &Device::Cpu)
    }
}

impl Linear {
    fn new(
        LinearParameters { matrix, bias, size: [rows, columns] }: LinearParameters,
    ) -> Result<Self> {
        let matrix = Tensor::from_vec(matrix, (rows, columns), &Device::Cpu);
        Ok(Self { matrix: matrix.and_then(|matrix| matrix.t()).map_err(failed)?, bias })
    }
}
