//! The configuration of an encoder: `config.json`, and what of `tokenizer_config.json` is needed.

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::read_small;
use crate::error::{Error, Result};

/// The most bytes of a configuration.
const MAX_BYTES: u64 = 1 << 20;
/// The largest numbers that are accepted; published encoders are far below.
const MAX_LAYERS: u64 = 512;
const MAX_WIDTH: u64 = 1 << 17;
const MAX_VOCABULARY: u64 = 1 << 24;
const MAX_POSITIONS: u64 = 1 << 20;

/// The architectures that are supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// BERT, and `MiniLM`.
    Bert,
    Roberta,
    XlmRoberta,
    DistilBert,
}

impl Family {
    /// The families by `model_type`.
    const ALL: [(&str, Self); 4] = [
        ("bert", Self::Bert),
        ("roberta", Self::Roberta),
        ("xlm-roberta", Self::XlmRoberta),
        ("distilbert", Self::DistilBert),
    ];

    /// Returns whether positions are counted from after that of the padding.
    pub(super) fn has_position_offset(self) -> bool {
        matches!(self, Self::Roberta | Self::XlmRoberta)
    }

    /// Returns what the names of weights start with in the files of whole models.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            Self::Bert => "bert.",
            Self::Roberta | Self::XlmRoberta => "roberta.",
            Self::DistilBert => "distilbert.",
        }
    }
}

/// The configuration of an encoder, with all numbers in the range in which encoders have them.
#[derive(Debug, Clone)]
pub(super) struct Config {
    pub(super) family: Family,
    /// The model that it was made from, by its name on a hub.
    pub(super) made_from: Option<String>,
    pub(super) hidden: usize,
    pub(super) inner: usize,
    pub(super) heads: usize,
    pub(super) layers: usize,
    pub(super) vocabulary: usize,
    pub(super) positions: usize,
    pub(super) token_types: usize,
    pub(super) norm_epsilon: f32,
    /// The token of the padding.
    pub(super) padding: u32,
    /// The most tokens of a text.
    pub(super) max_tokens: usize,
    /// How texts are split where there is only a vocabulary.
    pub(super) words: WordSettings,
}

/// The part of `tokenizer_config.json` that is needed.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub(super) struct WordSettings {
    pub(super) do_lower_case: bool,
    pub(super) strip_accents: Option<bool>,
    pub(super) tokenize_chinese_chars: bool,
    /// A float where no limit is set: 10^30.
    model_max_length: Option<f64>,
}

impl Default for WordSettings {
    fn default() -> Self {
        Self {
            do_lower_case: true,
            strip_accents: None,
            tokenize_chinese_chars: true,
            model_max_length: None,
        }
    }
}

/// The fields of `config.json` that are read. `DistilBERT` has its own names.
#[derive(Debug, Deserialize)]
struct ConfigFile {
    model_type: Option<String>,
    #[serde(rename = "_name_or_path")]
    name_or_path: Option<String>,
    #[serde(alias = "dim")]
    hidden_size: Option<u64>,
    #[serde(alias = "hidden_dim")]
    intermediate_size: Option<u64>,
    #[serde(alias = "n_heads")]
    num_attention_heads: Option<u64>,
    #[serde(alias = "n_layers")]
    num_hidden_layers: Option<u64>,
    vocab_size: Option<u64>,
    max_position_embeddings: Option<u64>,
    type_vocab_size: Option<u64>,
    layer_norm_eps: Option<f64>,
    pad_token_id: Option<u64>,
    #[serde(alias = "activation")]
    hidden_act: Option<String>,
    position_embedding_type: Option<String>,
}

impl Config {
    /// Reads the configuration of the encoder in a folder.
    pub(super) fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("config.json");
        if !path.exists() {
            return Err(Error::input(format!("{}: there is no such file", path.display())).hint(
                "an encoder is a folder with config.json, tokenizer.json or vocab.txt, and model.safetensors",
            ));
        }
        let file: ConfigFile = read_json(&path)?;
        let invalid =
            |field: &str, what: &str| Error::input(format!("{}: {field}: {what}", path.display()));
        let Some(model_type) = &file.model_type else {
            return Err(invalid("model_type", "missing").hint(supported()));
        };
        let family = Family::ALL.iter().find(|(name, _)| name == model_type).map(|(_, of)| *of);
        let Some(family) = family else {
            let what = format!("`{model_type}` is not supported");
            return Err(invalid("model_type", &what).hint(supported()));
        };
        let distil = family == Family::DistilBert;
        let number = |field: &str, other: &str, value: Option<u64>, max: u64| {
            let field = if distil { other } else { field };
            match value {
                Some(value @ 1..) if value <= max => Ok(value as usize),
                Some(value) => Err(invalid(
                    field,
                    &format!("expected a number from 1 to {max}, found {value}"),
                )),
                None => Err(invalid(field, "missing")),
            }
        };
        let hidden = number("hidden_size", "dim", file.hidden_size, MAX_WIDTH)?;
        let heads = number("num_attention_heads", "n_heads", file.num_attention_heads, MAX_WIDTH)?;
        if hidden % heads != 0 {
            let what =
                format!("{hidden} is not a multiple of the number of attention heads, {heads}");
            return Err(invalid(if distil { "dim" } else { "hidden_size" }, &what));
        }
        if let Some(activation) = file.hidden_act.as_deref().filter(|one| *one != "gelu") {
            let what = format!("`{activation}` is not supported, only gelu");
            return Err(invalid(if distil { "activation" } else { "hidden_act" }, &what));
        }
        if let Some(kind) = file.position_embedding_type.as_deref().filter(|one| *one != "absolute")
        {
            let what = format!("`{kind}` is not supported, only absolute");
            return Err(invalid("position_embedding_type", &what));
        }
        let norm_epsilon = file.layer_norm_eps.filter(|_| !distil).unwrap_or(1e-12);
        if !(norm_epsilon > 0.0 && norm_epsilon < 1.0) {
            return Err(invalid("layer_norm_eps", "expected a number between 0 and 1"));
        }
        let positions = number(
            "max_position_embeddings",
            "max_position_embeddings",
            file.max_position_embeddings,
            MAX_POSITIONS,
        )?;
        let vocabulary = number("vocab_size", "vocab_size", file.vocab_size, MAX_VOCABULARY)?;
        let padding = file.pad_token_id.unwrap_or(u64::from(family.has_position_offset()));
        if padding >= vocabulary as u64 {
            let what = format!("{padding} is not below vocab_size, {vocabulary}");
            return Err(invalid("pad_token_id", &what));
        }
        let offset = if family.has_position_offset() { padding as usize + 1 } else { 0 };
        let usable = positions.saturating_sub(offset);
        if usable < 3 {
            return Err(invalid("max_position_embeddings", "there is no room for a token"));
        }
        let words = WordSettings::read(folder)?;
        let limit = words.model_max_length.filter(|length| *length >= 3.0);
        let max_tokens = limit.map_or(usable, |length| usable.min(length as usize));
        let token_types = match family {
            Family::DistilBert => 0,
            _ => number("type_vocab_size", "", file.type_vocab_size.or(Some(2)), MAX_POSITIONS)?,
        };
        Ok(Self {
            family,
            made_from: file.name_or_path.clone(),
            hidden,
            inner: number("intermediate_size", "hidden_dim", file.intermediate_size, MAX_WIDTH)?,
            heads,
            layers: number("num_hidden_layers", "n_layers", file.num_hidden_layers, MAX_LAYERS)?,
            vocabulary,
            positions,
            token_types,
            norm_epsilon: norm_epsilon as f32,
            padding: padding as u32,
            max_tokens,
            words,
        })
    }
}

impl WordSettings {
    fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("tokenizer_config.json");
        if path.exists() { read_json(&path) } else { Ok(Self::default()) }
    }
}

/// Reads a small JSON object; an error names the field.
fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = read_small(path, MAX_BYTES)?;
    let mut json = serde_json::Deserializer::from_str(&text);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let field = match error.path().to_string().as_str() {
            "." => String::new(),
            field => format!("{field}: "),
        };
        Error::input(format!("{}: {field}{}", path.display(), error.inner()))
    })
}

/// Says which encoders are supported.
fn supported() -> String {
    let names: Vec<&str> = Family::ALL.iter().map(|(name, _)| *name).collect();
    format!("the supported values of model_type are {}", names.join(", "))
}
