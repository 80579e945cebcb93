//! From texts to tokens.
//!
//! `tokenizer.json` may ask for truncation and padding, which suit another task: both are switched off, and texts are
//! cut at the positions that the encoder has.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::{Map, Value, json};
use tokenizers::Tokenizer;

use super::config::{Config, Family, WordSettings};
use super::read_small;
use crate::error::{Error, Result};
use crate::metrics::TextTokens;

/// The most bytes of a tokenizer; that of XLM-R has 17 MB.
const MAX_BYTES: u64 = 64 << 20;

const TOKENIZER: &[&str] = &["tokenizer.json"];
const VOCABULARY: &[&str] = &["vocab.txt"];
const VOCABULARY_AND_MERGES: &[&str] = &["vocab.json", "merges.txt"];

/// The tokenizer of an encoder.
pub(super) struct TextTokenizer {
    /// Its first file, for messages.
    path: PathBuf,
    files: &'static [&'static str],
    tokenizer: Tokenizer,
    /// The tokens at the start and the end of every text.
    ends: [u32; 2],
    max_tokens: usize,
    vocabulary: usize,
    /// Whether words at the start of a text are read as those within it.
    adds_space: bool,
}

impl TextTokenizer {
    /// Reads the tokenizer of the encoder in a folder.
    pub(super) fn read(folder: &Path, config: &Config) -> Result<Self> {
        let there = |files: &&[&str]| files.iter().all(|name| folder.join(name).exists());
        let others = match config.family {
            Family::Bert | Family::DistilBert => VOCABULARY,
            Family::Roberta => VOCABULARY_AND_MERGES,
            Family::XlmRoberta => TOKENIZER,
        };
        let Some(files) = [TOKENIZER, others].into_iter().find(there) else {
            let mut names = TOKENIZER.join("");
            if others != TOKENIZER {
                names = format!("{names} or {}", others.join(" and "));
            }
            return Err(Error::input(format!("{}: there is no {names}", folder.display())).hint(
                "an encoder is a folder with config.json, a tokenizer, and model.safetensors",
            ));
        };
        // Where there are two files, a fault can be in either.
        let path = folder.join(files.join(" and "));
        let first = folder.join(files[0]);
        let text = if files == TOKENIZER {
            read_small(&first, MAX_BYTES)?
        } else if files == VOCABULARY {
            word_pieces(&first, &config.words)?.to_string()
        } else {
            byte_pairs(&first, &folder.join(files[1]))?.to_string()
        };
        let invalid = |error: tokenizers::Error| {
            let what = error.to_string();
            // A place in a text that was made here says nothing.
            let what = match what.split_once(" at line ") {
                Some((what, _)) if files != TOKENIZER => what,
                _ => &what,
            };
            Error::input(format!("{}: {what}", path.display()))
        };
        let mut tokenizer = Tokenizer::from_bytes(text).map_err(invalid)?;
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(invalid)?;
        let empty = tokenizer.encode_fast("", true).map_err(invalid)?;
        let [start, end] = *empty.get_ids() else {
            return Err(Error::input(format!(
                "{}: expected one token at the start and one at the end of a text, found {} in all",
                path.display(),
                empty.len()
            )));
        };
        let tokenizer = Self {
            path,
            files,
            tokenizer,
            ends: [start, end],
            max_tokens: config.max_tokens,
            vocabulary: config.vocabulary,
            adds_space: config.family == Family::Roberta,
        };
        tokenizer.check(&[start, end])?;
        Ok(tokenizer)
    }

    /// Returns the names of its files.
    pub(super) fn files(&self) -> &'static [&'static str] {
        self.files
    }

    /// Returns the tokens at the start and the end of every text.
    pub(super) fn ends(&self) -> [u32; 2] {
        self.ends
    }

    /// Returns the tokens of texts.
    pub(super) fn tokens(&self, texts: &[&str]) -> Result<Vec<TextTokens>> {
        texts.par_iter().map(|text| self.tokens_of(text)).collect()
    }

    fn tokens_of(&self, text: &str) -> Result<TextTokens> {
        let text = match text {
            "" => String::new(),
            text if self.adds_space => format!(" {text}"),
            text => text.to_owned(),
        };
        let encoding = self
            .tokenizer
            .encode_fast(text, true)
            .map_err(|error| Error::input(format!("{}: {error}", self.path.display())))?;
        let mut ids = encoding.get_ids().to_vec();
        let is_truncated = ids.len() > self.max_tokens;
        if is_truncated {
            ids.truncate(self.max_tokens - 1);
            ids.push(self.ends[1]);
        }
        self.check(&ids)?;
        Ok(TextTokens { ids, is_truncated })
    }

    /// Checks that there are vectors for tokens.
    fn check(&self, ids: &[u32]) -> Result<()> {
        let Some(id) = ids.iter().find(|id| **id as usize >= self.vocabulary) else {
            return Ok(());
        };
        let token = self.tokenizer.id_to_token(*id).unwrap_or_default();
        Err(Error::input(format!(
            "{}: the token `{token}` has the number {id}, but vocab_size in config.json is {}",
            self.path.display(),
            self.vocabulary
        ))
        .hint("check that all files are of one encoder"))
    }
}

/// Returns the tokenizer of BERT for a vocabulary of one token per line, in the form of `tokenizer.json`.
fn word_pieces(path: &Path, words: &WordSettings) -> Result<Value> {
    let text = read_small(path, MAX_BYTES)?;
    // Of a token that occurs twice, the last place counts.
    let vocabulary: Map<String, Value> =
        text.lines().zip(0_u32..).map(|(token, id)| (token.to_owned(), id.into())).collect();
    let added = added(path, &vocabulary, ["[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"])?;
    Ok(json!({
        "added_tokens": added,
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": true,
            "handle_chinese_chars": words.tokenize_chinese_chars,
            "strip_accents": words.strip_accents,
            "lowercase": words.do_lower_case,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "BertProcessing",
            "cls": ["[CLS]", vocabulary["[CLS]"]],
            "sep": ["[SEP]", vocabulary["[SEP]"]],
        },
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": vocabulary,
        },
    }))
}

/// Returns the tokenizer of `RoBERTa` for a vocabulary and merges, in the form of `tokenizer.json`.
fn byte_pairs(path: &Path, merges: &Path) -> Result<Value> {
    let vocabulary: Map<String, Value> = serde_json::from_str(&read_small(path, MAX_BYTES)?)
        .map_err(|error| Error::input(format!("{}: {error}", path.display())))?;
    let text = read_small(merges, MAX_BYTES)?;
    let mut pairs = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.starts_with("#version") || line.trim().is_empty() {
            continue;
        }
        let Some(pair) = line.trim_end().split_once(' ') else {
            return Err(Error::input(format!(
                "{}:{number}: expected two tokens, found `{line}`",
                merges.display()
            )));
        };
        pairs.push(pair);
    }
    let added = added(path, &vocabulary, ["<s>", "<pad>", "</s>", "<unk>", "<mask>"])?;
    Ok(json!({
        "added_tokens": added,
        "pre_tokenizer": {
            "type": "ByteLevel",
            "add_prefix_space": false,
            "trim_offsets": true,
            "use_regex": true,
        },
        "post_processor": {
            "type": "RobertaProcessing",
            "cls": ["<s>", vocabulary["<s>"]],
            "sep": ["</s>", vocabulary["</s>"]],
            "trim_offsets": true,
            "add_prefix_space": false,
        },
        "model": {
            "type": "BPE",
            "unk_token": "<unk>",
            "fuse_unk": false,
            "vocab": vocabulary,
            "merges": pairs,
        },
    }))
}

/// Returns the special tokens of a vocabulary, in the form of `tokenizer.json`.
fn added(path: &Path, vocabulary: &Map<String, Value>, tokens: [&str; 5]) -> Result<Vec<Value>> {
    let added = tokens.into_iter().map(|token| {
        let id = vocabulary.get(token).ok_or_else(|| {
            Error::input(format!("{}: the vocabulary has no {token}", path.display()))
        })?;
        Ok(json!({
            "id": id,
            "content": token,
            "single_word": false,
            // RoBERTa's mask takes the space before it.
            "lstrip": token == "<mask>",
            "rstrip": false,
            "normalized": false,
            "special": true,
        }))
    });
    added.collect()
}
