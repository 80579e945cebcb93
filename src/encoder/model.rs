//! The transformer: from token ids to vectors.
//!
//! Each layer is attention and a feed-forward network, each followed by a normalisation of the sum with its input. Only
//! the layers up to the chosen one are loaded and computed.

use candle_core::{
    CpuStorage, Device, InplaceOp1, InplaceOp2, Layout, Result as CandleResult, Storage, Tensor,
};
use rayon::prelude::*;

use super::config::{Config, Family};
use super::kernels::{Norm, add_bias, add_bias_gelu, add_norm, normalise, softmax};
use super::weights::WeightFile;
use crate::error::{Error, Result};

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

/// The names of the weights of a family.
struct Names {
    prefix: &'static str,
    family: Family,
    /// Whether normalisations have the names of the first BERT: `gamma` and `beta`.
    old: bool,
}

impl Names {
    fn of(config: &Config, weights: &WeightFile) -> Self {
        let prefix = config.family.prefix();
        let is_whole = weights.has(&format!("{prefix}embeddings.word_embeddings.weight"));
        let prefix = if is_whole { prefix } else { "" };
        let old = weights.has(&format!("{prefix}embeddings.LayerNorm.gamma"));
        Self { prefix, family: config.family, old }
    }

    fn embeddings(&self, of: &str) -> String {
        format!("{}embeddings.{of}_embeddings.weight", self.prefix)
    }

    /// Returns the names of the scale and the shift of a normalisation.
    fn norm(&self, of: &str) -> [String; 2] {
        let ends = if self.old { ["gamma", "beta"] } else { ["weight", "bias"] };
        ends.map(|end| format!("{}{of}.{end}", self.prefix))
    }

    /// Returns the place of a part of a layer.
    fn layer(&self, layer: usize, part: Part) -> String {
        let distil = self.family == Family::DistilBert;
        let (layers, part) = match part {
            Part::Query => ("attention.self.query", "attention.q_lin"),
            Part::Key => ("attention.self.key", "attention.k_lin"),
            Part::Value => ("attention.self.value", "attention.v_lin"),
            Part::Output => ("attention.output.dense", "attention.out_lin"),
            Part::OutputNorm => ("attention.output.LayerNorm", "sa_layer_norm"),
            Part::Up => ("intermediate.dense", "ffn.lin1"),
            Part::Down => ("output.dense", "ffn.lin2"),
            Part::DownNorm => ("output.LayerNorm", "output_layer_norm"),
        };
        if distil {
            format!("transformer.layer.{layer}.{part}")
        } else {
            format!("encoder.layer.{layer}.{layers}")
        }
    }
}

/// A part of a layer that has weights.
#[derive(Clone, Copy)]
enum Part {
    Query,
    Key,
    Value,
    Output,
    OutputNorm,
    Up,
    Down,
    DownNorm,
}

/// What is done with each tensor: it is checked, or it is read.
trait Visit {
    fn tensor(&mut self, name: &str, shape: &[usize], numbers: &mut Vec<f32>) -> Result<()>;
}

struct Check<'a>(&'a WeightFile);

impl Visit for Check<'_> {
    fn tensor(&mut self, name: &str, shape: &[usize], _: &mut Vec<f32>) -> Result<()> {
        self.0.check(name, shape)
    }
}

struct Read<'a>(&'a mut WeightFile);

impl Visit for Read<'_> {
    fn tensor(&mut self, name: &str, shape: &[usize], numbers: &mut Vec<f32>) -> Result<()> {
        self.0.read(name, shape, numbers)
    }
}

/// Walks over the weights.
struct Loader<'a, V> {
    config: &'a Config,
    names: &'a Names,
    visit: V,
}

impl<V: Visit> Loader<'_, V> {
    fn numbers(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let mut numbers = Vec::new();
        self.visit.tensor(name, shape, &mut numbers)?;
        Ok(numbers)
    }

    fn norm(&mut self, place: &str) -> Result<Norm> {
        let [scale, shift] = self.names.norm(place);
        let width = [self.config.hidden];
        Ok(Norm {
            scale: self.numbers(&scale, &width)?,
            shift: self.numbers(&shift, &width)?,
            epsilon: self.config.norm_epsilon,
        })
    }

    /// Returns several parts of a layer side by side, each of this number of rows and columns.
    fn parts(&mut self, layer: usize, parts: &[Part], size: [usize; 2]) -> Result<Weights> {
        let (mut matrix, mut bias) = (Vec::new(), Vec::new());
        for part in parts {
            let place = format!("{}{}", self.names.prefix, self.names.layer(layer, *part));
            self.visit.tensor(&format!("{place}.weight"), &size, &mut matrix)?;
            self.visit.tensor(&format!("{place}.bias"), &size[..1], &mut bias)?;
        }
        Ok(Weights { matrix, bias, size: [parts.len() * size[0], size[1]] })
    }

    fn embeddings(&mut self) -> Result<Embeddings> {
        let Config { hidden, vocabulary, positions, token_types, .. } = *self.config;
        Ok(Embeddings {
            words: self.numbers(&self.names.embeddings("word"), &[vocabulary, hidden])?,
            positions: self.numbers(&self.names.embeddings("position"), &[positions, hidden])?,
            types: match token_types {
                0 => Vec::new(),
                types => self.numbers(&self.names.embeddings("token_type"), &[types, hidden])?,
            },
            norm: self.norm("embeddings.LayerNorm")?,
        })
    }

    /// Returns the matrices of a layer: attention, its output, and both of the feed-forward network.
    fn layer(&mut self, layer: usize) -> Result<[Weights; 4]> {
        let Config { hidden, inner, .. } = *self.config;
        Ok([
            self.parts(layer, &[Part::Query, Part::Key, Part::Value], [hidden, hidden])?,
            self.parts(layer, &[Part::Output], [hidden, hidden])?,
            self.parts(layer, &[Part::Up], [inner, hidden])?,
            self.parts(layer, &[Part::Down], [hidden, inner])?,
        ])
    }
}

/// The vectors of tokens, positions and types, and how their sum is normalised.
struct Embeddings {
    words: Vec<f32>,
    positions: Vec<f32>,
    types: Vec<f32>,
    norm: Norm,
}

/// A matrix of this number of rows and columns, and a bias for each row.
struct Weights {
    matrix: Vec<f32>,
    bias: Vec<f32>,
    size: [usize; 2],
}

impl Model {
    /// Checks that a file has the weights of all layers up to `layer`, in the shapes of the configuration.
    pub(super) fn check(config: &Config, layer: usize, weights: &WeightFile) -> Result<()> {
        let names = &Names::of(config, weights);
        let mut loader = Loader { config, names, visit: Check(weights) };
        loader.embeddings()?;
        for layer in 0..layer {
            loader.layer(layer)?;
            for part in [Part::OutputNorm, Part::DownNorm] {
                loader.norm(&names.layer(layer, part))?;
            }
        }
        Ok(())
    }

    /// Reads the weights of all layers up to `layer`.
    pub(super) fn load(config: &Config, layer: usize, weights: &mut WeightFile) -> Result<Self> {
        Self::check(config, layer, weights)?;
        let names = &Names::of(config, weights);
        let mut loader = Loader { config, names, visit: Read(weights) };
        let Config { hidden, heads, .. } = *config;
        let Embeddings { words, mut positions, types, norm } = loader.embeddings()?;
        if let Some(first) = types.get(..hidden) {
            add_bias(&mut positions, first);
        }
        let layers = (0..layer).map(|layer| {
            let [mut attention, output, up, down] = loader.layer(layer)?;
            // The similarity of queries and keys is divided by the root of their width: here, once.
            let scale = 1.0 / ((hidden / heads) as f32).sqrt();
            attention.matrix[..hidden * hidden].iter_mut().for_each(|number| *number *= scale);
            attention.bias[..hidden].iter_mut().for_each(|number| *number *= scale);
            Ok(Layer {
                attention: Linear::new(attention)?,
                output: Linear::new(output)?,
                output_norm: loader.norm(&names.layer(layer, Part::OutputNorm))?,
                up: Linear::new(up)?,
                down: Linear::new(down)?,
                down_norm: loader.norm(&names.layer(layer, Part::DownNorm))?,
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
        let row = |table: &'static str, of: usize| {
            let table = if table == "words" { &self.words } else { &self.positions };
            &table[of * width..(of + 1) * width]
        };
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
                sums.extend_from_slice(row("words", *token as usize));
                positions.extend_from_slice(row("positions", position));
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
    fn new(Weights { matrix, bias, size: [rows, columns] }: Weights) -> Result<Self> {
        let matrix = Tensor::from_vec(matrix, (rows, columns), &Device::Cpu);
        Ok(Self { matrix: matrix.and_then(|matrix| matrix.t()).map_err(failed)?, bias })
    }
}

/// A function that changes the numbers of a tensor in their place.
struct Change<F>(F);

impl<F: Fn(&mut [f32])> InplaceOp1 for Change<F> {
    fn name(&self) -> &'static str {
        "change"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, _: &Layout) -> CandleResult<()> {
        (self.0)(numbers_of(storage)?);
        Ok(())
    }
}

/// A function that changes the numbers of a tensor in their place, by those of another one.
struct Combine<F>(F);

impl<F: Fn(&mut [f32], &[f32])> InplaceOp2 for Combine<F> {
    fn name(&self) -> &'static str {
        "combine"
    }

    fn cpu_fwd(
        &self,
        storage: &mut CpuStorage,
        _: &Layout,
        others: &CpuStorage,
        _: &Layout,
    ) -> CandleResult<()> {
        (self.0)(numbers_of(storage)?, others.as_slice()?);
        Ok(())
    }
}

fn numbers_of(storage: &mut CpuStorage) -> CandleResult<&mut [f32]> {
    match storage {
        CpuStorage::F32(numbers) => Ok(numbers),
        _ => Err(candle_core::Error::Msg("a tensor is not of numbers of 32 bits".to_owned())),
    }
}

/// Calls `of` with the numbers of a tensor that has no gaps.
pub(super) fn with_numbers<T>(tensor: &Tensor, of: impl FnOnce(&[f32]) -> T) -> CandleResult<T> {
    let (storage, _) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(numbers) => Ok(of(numbers.as_slice()?)),
        _ => Err(candle_core::Error::Msg("a tensor is on another device".to_owned())),
    }
}

pub(super) fn failed(error: candle_core::Error) -> Error {
    Error::internal(format!("the encoder failed: {error}")).caused_by(error)
}
