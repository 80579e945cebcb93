//! Text encoders that run in this process: from texts to the vectors of their tokens, for `BERTScore`.
//!
//! An encoder is a folder as model hubs have it: `config.json`, `tokenizer.json` (or `vocab.txt`, or `vocab.json` with
//! `merges.txt`) and `model.safetensors`. The families are BERT, which `MiniLM` belongs to, `RoBERTa`, XLM-R and
//! `DistilBERT`. A folder is untrusted: sizes in its files are compared with each other and with the length of the
//! weights before anything is allocated.
//!
//! ```text
//! folder ─Config, TextTokenizer, WeightFile (checked)→ Encoder
//! texts ─TextTokenizer→ token ids ─Model (loaded when first needed)→ vectors ─matching→ Matches ⇄ MatchCache
//! ```
//!
//! Texts are not padded. The tokens of a batch of texts form one matrix for everything but attention, which is computed
//! text by text. A batch is computed by one thread, and batches in parallel.

mod cache;
mod config;
mod float16;
mod in_place;
mod kernels;
mod layers;
mod matching;
mod model;
mod parameters;
mod tokenizer;
mod weights;

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Error, Result, Warning};
use crate::metrics::{EncoderIdentity, LayerChoice, Matches, TextPair, TextTokens, TokenMatcher};
use cache::MatchCache;
use config::Config;
use matching::matches_of;
use model::Model;
use parameters::check_parameters;
use tokenizer::TextTokenizer;
use weights::WeightFile;

/// An encoder in a folder.
pub struct Encoder {
    folder: PathBuf,
    config: Config,
    tokenizer: TextTokenizer,
    identity: EncoderIdentity,
    /// The digest of all files.
    digest: blake3::Hash,
    /// `None` until its first use.
    model: Mutex<Option<Arc<Model>>>,
    cache: Option<MatchCache>,
}

impl Encoder {
    /// Opens the encoder in a folder and checks its files. The weights are read when they are first needed.
    ///
    /// `name` is the name by which reports call it. Without a `layer` it is the one that `bert_score` publishes for the
    /// model, or the last one.
    ///
    /// # Errors
    ///
    /// A file is missing, damaged, of another family, or does not agree with the others; or there is no such layer.
    pub fn open(folder: &Path, name: &str, layer: Option<usize>) -> Result<Self> {
        if !folder.is_dir() {
            let what = if folder.exists() { "is not a folder" } else { "does not exist" };
            return Err(Error::input(format!("{}: the encoder {what}", folder.display())).hint(
                "name a folder with config.json, tokenizer.json or vocab.txt, and model.safetensors",
            ));
        }
        let config = Config::read(folder)?;
        let (layer, chosen) = match layer {
            Some(layer) if layer > config.layers => {
                return Err(Error::input(format!(
                    "{}: there is no layer {layer}: the encoder has {}",
                    folder.display(),
                    config.layers
                ))
                .hint("choose a layer from 0, the embeddings, to that number"));
            }
            Some(layer) => (layer, LayerChoice::Given),
            None => layers::published(&config, name)
                .map_or((config.layers, LayerChoice::Last), |layer| {
                    (layer, LayerChoice::Published)
                }),
        };
        let tokenizer = TextTokenizer::read(folder, &config)?;
        check_parameters(&config, layer, &WeightFile::open(&weights_of(folder))?)?;
        let digest = digest(folder, &tokenizer)?;
        let identity = EncoderIdentity {
            name: name.to_owned(),
            digest: digest.to_hex()[..12].to_owned(),
            layer,
            layers: config.layers,
            chosen,
        };
        let model = Mutex::default();
        Ok(Self {
            folder: folder.to_owned(),
            config,
            tokenizer,
            identity,
            digest,
            model,
            cache: None,
        })
    }

    /// Keeps similarities in the database at `path`, which is created if it is missing, and takes known ones from it.
    ///
    /// It has no texts, only keyed hashes of them. A cache that cannot be used is a warning: see
    /// [`TokenMatcher::warnings`].
    #[must_use]
    pub fn with_cache(mut self, path: &Path) -> Self {
        self.cache = Some(MatchCache::open(path));
        self
    }

    /// Returns the vector of each token of each text, at the layer of the encoder.
    ///
    /// # Errors
    ///
    /// The weights cannot be read, or a text has a token that the encoder does not know.
    pub fn vectors(&self, texts: &[&str]) -> Result<Vec<Vec<Vec<f32>>>> {
        let tokens = self.tokenizer.tokens(texts)?;
        let ids: Vec<&[u32]> = tokens.iter().map(|tokens| tokens.ids.as_slice()).collect();
        let model = self.model()?;
        let rows = |(text, ids): (Vec<f32>, &&[u32])| {
            let rows = text.chunks_exact(text.len() / ids.len());
            rows.map(<[f32]>::to_vec).collect()
        };
        Ok(model.vectors(&ids)?.into_iter().zip(&ids).map(rows).collect())
    }

    /// Returns the model, which is loaded when it is first needed.
    fn model(&self) -> Result<Arc<Model>> {
        let mut model = self.model.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(model) = &*model {
            return Ok(Arc::clone(model));
        }
        let mut weights = WeightFile::open(&weights_of(&self.folder))?;
        let loaded = Arc::new(Model::load(&self.config, self.identity.layer, &mut weights)?);
        Ok(Arc::clone(model.insert(loaded)))
    }
}

impl TokenMatcher for Encoder {
    fn identity(&self) -> &EncoderIdentity {
        &self.identity
    }

    fn ends(&self) -> [u32; 2] {
        self.tokenizer.ends()
    }

    fn tokens(&self, texts: &[&str]) -> Result<Vec<TextTokens>> {
        self.tokenizer.tokens(texts)
    }

    fn matches(&self, pairs: &[TextPair<'_>]) -> Result<Vec<Matches>> {
        let compute = |pairs: &[TextPair<'_>]| {
            let model = self.model()?;
            matches_of(&model, &self.tokenizer, pairs)
        };
        match &self.cache {
            Some(cache) => cache.matches(&self.digest, self.identity.layer, pairs, compute),
            None => compute(pairs),
        }
    }

    fn warnings(&self) -> Vec<Warning> {
        self.cache.iter().filter_map(MatchCache::warning).collect()
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder")
            .field("folder", &self.folder)
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

fn weights_of(folder: &Path) -> PathBuf {
    folder.join("model.safetensors")
}

/// Returns the digest of everything that vectors depend on.
fn digest(folder: &Path, tokenizer: &TextTokenizer) -> Result<blake3::Hash> {
    let mut digest = blake3::Hasher::new_derive_key("evenhand: the files of an encoder");
    for name in ["config.json", "model.safetensors"].iter().chain(tokenizer.files()) {
        let path = folder.join(name);
        let (mut file, length) = open_file(&path)?;
        digest.update(&(name.len() as u64).to_le_bytes()).update(name.as_bytes());
        digest.update(&length.to_le_bytes());
        digest.update_reader(&mut file).map_err(|error| unreadable(&path, error))?;
    }
    Ok(digest.finalize())
}

/// Opens a file, which must be an ordinary one, and returns its length.
fn open_file(path: &Path) -> Result<(File, u64)> {
    let found = std::fs::metadata(path).map_err(|error| unreadable(path, error))?;
    if !found.is_file() {
        return Err(Error::input(format!("{}: expected a file", path.display())));
    }
    let file = File::open(path).map_err(|error| unreadable(path, error))?;
    Ok((file, found.len()))
}

/// Reads a text file of at most `most` bytes.
fn read_small(path: &Path, most: u64) -> Result<String> {
    let (file, length) = open_file(path)?;
    let too_large = || {
        Error::input(format!("{}: the file is larger than {} MB", path.display(), most >> 20))
            .hint("an encoder has no file of that size; check what the folder contains")
    };
    if length > most {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| unreadable(path, error))?;
    if bytes.len() as u64 > most {
        return Err(too_large());
    }
    String::from_utf8(bytes)
        .map_err(|_| Error::input(format!("{}: the file is not text in UTF-8", path.display())))
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    Error::input(format!("{}: cannot read: {error}", path.display())).caused_by(error)
}
