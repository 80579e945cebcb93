//! The parameters of a transformer in a file of weights: their names in each family, and their shapes.
//!
//! One walk over the names serves to check a file, which allocates nothing, and to read it.

use super::config::{Config, Family};
use super::kernels::Norm;
use super::weights::WeightFile;
use crate::error::Result;

/// The vectors of tokens, positions and types, and how their sum is normalised.
pub(super) struct Embeddings {
    pub(super) words: Vec<f32>,
    pub(super) positions: Vec<f32>,
    pub(super) types: Vec<f32>,
    pub(super) norm: Norm,
}

/// A matrix of this number of rows and columns, and a bias for each row.
pub(super) struct LinearParameters {
    pub(super) matrix: Vec<f32>,
    pub(super) bias: Vec<f32>,
    pub(super) size: [usize; 2],
}

/// The parameters of one layer.
pub(super) struct LayerParameters {
    /// Those of queries, keys and values, one below the other.
    pub(super) attention: LinearParameters,
    pub(super) output: LinearParameters,
    pub(super) output_norm: Norm,
    pub(super) up: LinearParameters,
    pub(super) down: LinearParameters,
    pub(super) down_norm: Norm,
}

/// Checks that a file has the parameters of all layers up to `layer`, in the shapes of the configuration.
pub(super) fn check_parameters(config: &Config, layer: usize, weights: &WeightFile) -> Result<()> {
    let names = Names::of(config, weights);
    let mut parameters = Parameters { config, names, visit: Check(weights) };
    parameters.embeddings()?;
    (0..layer).try_for_each(|layer| parameters.layer(layer).map(drop))
}

/// The parameters in a file, visited in the order in which they are asked for.
pub(super) struct Parameters<'a, V> {
    config: &'a Config,
    names: Names,
    visit: V,
}

impl<'a> Parameters<'a, Read<'a>> {
    /// Returns the parameters to read from a file that has those of all layers up to `layer`.
    pub(super) fn of(
        config: &'a Config,
        layer: usize,
        weights: &'a mut WeightFile,
    ) -> Result<Self> {
        check_parameters(config, layer, weights)?;
        let names = Names::of(config, weights);
        Ok(Self { config, names, visit: Read(weights) })
    }
}

impl<V: Visit> Parameters<'_, V> {
    /// Returns those before the first layer.
    pub(super) fn embeddings(&mut self) -> Result<Embeddings> {
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

    /// Returns those of a layer, counted from 0.
    pub(super) fn layer(&mut self, layer: usize) -> Result<LayerParameters> {
        let Config { hidden, inner, .. } = *self.config;
        let attention = [Part::Query, Part::Key, Part::Value];
        Ok(LayerParameters {
            attention: self.linear(layer, &attention, [hidden, hidden])?,
            output: self.linear(layer, &[Part::Output], [hidden, hidden])?,
            output_norm: self.norm(&self.names.layer(layer, Part::OutputNorm))?,
            up: self.linear(layer, &[Part::Up], [inner, hidden])?,
            down: self.linear(layer, &[Part::Down], [hidden, inner])?,
            down_norm: self.norm(&self.names.layer(layer, Part::DownNorm))?,
        })
    }

    /// Returns the matrices of several parts of a layer one below the other, each of this number of rows and columns.
    fn linear(
        &mut self,
        layer: usize,
        parts: &[Part],
        size: [usize; 2],
    ) -> Result<LinearParameters> {
        let (mut matrix, mut bias) = (Vec::new(), Vec::new());
        for part in parts {
            let place = format!("{}{}", self.names.prefix, self.names.layer(layer, *part));
            self.visit.tensor(&format!("{place}.weight"), &size, &mut matrix)?;
            self.visit.tensor(&format!("{place}.bias"), &size[..1], &mut bias)?;
        }
        Ok(LinearParameters { matrix, bias, size: [parts.len() * size[0], size[1]] })
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

    fn numbers(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let mut numbers = Vec::new();
        self.visit.tensor(name, shape, &mut numbers)?;
        Ok(numbers)
    }
}

/// What is done with each tensor: it is checked, or it is read.
pub(super) trait Visit {
    fn tensor(&mut self, name: &str, shape: &[usize], numbers: &mut Vec<f32>) -> Result<()>;
}

struct Check<'a>(&'a WeightFile);

impl Visit for Check<'_> {
    fn tensor(&mut self, name: &str, shape: &[usize], _: &mut Vec<f32>) -> Result<()> {
        self.0.check(name, shape)
    }
}

/// Reads each tensor.
pub(super) struct Read<'a>(&'a mut WeightFile);

impl Visit for Read<'_> {
    fn tensor(&mut self, name: &str, shape: &[usize], numbers: &mut Vec<f32>) -> Result<()> {
        self.0.read(name, shape, numbers)
    }
}

/// The names of the parameters of a family.
struct Names {
    prefix: &'static str,
    family: Family,
    /// Whether normalisations have the names of the first BERT: `gamma` and `beta`.
    old: bool,
}

impl Names {
    fn of(config: &Config, weights: &WeightFile) -> Self {
        let prefix = config.family.prefix();
        let has_prefix = weights.has(&format!("{prefix}embeddings.word_embeddings.weight"));
        let prefix = if has_prefix { prefix } else { "" };
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

    /// Returns the place of a part of a layer, without the prefix.
    fn layer(&self, layer: usize, part: Part) -> String {
        let (of_bert, of_distilbert) = match part {
            Part::Query => ("attention.self.query", "attention.q_lin"),
            Part::Key => ("attention.self.key", "attention.k_lin"),
            Part::Value => ("attention.self.value", "attention.v_lin"),
            Part::Output => ("attention.output.dense", "attention.out_lin"),
            Part::OutputNorm => ("attention.output.LayerNorm", "sa_layer_norm"),
            Part::Up => ("intermediate.dense", "ffn.lin1"),
            Part::Down => ("output.dense", "ffn.lin2"),
            Part::DownNorm => ("output.LayerNorm", "output_layer_norm"),
        };
        if self.family == Family::DistilBert {
            format!("transformer.layer.{layer}.{of_distilbert}")
        } else {
            format!("encoder.layer.{layer}.{of_bert}")
        }
    }
}

/// A part of a layer that has parameters.
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
