//! Finds and opens the text encoder that a command names.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use evenhand::metrics::TokenMatcher;
use evenhand::{Error, Result};

use super::arguments::EncoderArguments;
#[cfg(feature = "local")]
use super::cache_folder::cache_folder;
use super::cache_folder::model_cache;

/// The encoder that is used if none is named.
const DEFAULT: &str = "all-minilm-l6-v2";
/// The file of known similarities in the cache folder.
#[cfg(feature = "local")]
const CACHE_FILE: &str = "bertscore.db";

/// Where similarities that were computed before are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Similarities {
    /// In the cache folder, where new ones are kept.
    Cached,
    /// Nowhere: all are computed.
    Computed,
}

/// Opens the encoder that a command names, or the default one.
///
/// # Errors
///
/// There is no such encoder, its files are damaged, or the program was built without encoders.
pub(super) fn open(
    arguments: &EncoderArguments,
    similarities: Similarities,
) -> Result<Arc<dyn TokenMatcher>> {
    if cfg!(not(feature = "local")) {
        return Err(Error::usage(
            "this build of evenhand has no text encoders, which bertscore needs",
        )
        .hint("install one that has, in a clone of its repository: cargo install --locked --path . --features local"));
    }
    let (name, folder) = find(arguments.encoder.as_deref())?;
    open_folder(&name, &folder, arguments.layer, similarities)
}

/// Fails if flags of an encoder are given and nothing needs one.
pub(super) fn check_unused(arguments: &EncoderArguments, needed_by: &str) -> Result<()> {
    let flags =
        [("--encoder", arguments.encoder.is_some()), ("--layer", arguments.layer.is_some())];
    match flags.iter().find(|(_, is_given)| *is_given) {
        Some((flag, _)) => Err(unused(flag, needed_by)),
        None => Ok(()),
    }
}

/// Returns the error for a flag that has no effect.
pub(super) fn unused(flag: &str, needed_by: &str) -> Error {
    Error::usage(format!("{flag} is about an encoder, and nothing here uses one"))
        .hint(format!("add {needed_by}, or omit {flag}"))
}

/// Returns the name and the folder of an encoder.
fn find(given: Option<&str>) -> Result<(String, PathBuf)> {
    let pull = |name: &str| format!("`evenhand models pull {name}`");
    let Some(given) = given else {
        let folder = installed(DEFAULT)?.ok_or_else(|| {
            Error::input("bertscore needs a text encoder, and there is none").hint(format!(
                "fetch the default one with {}, or name a folder with --encoder DIR",
                pull(DEFAULT)
            ))
        })?;
        return Ok((DEFAULT.to_owned(), folder));
    };
    let path = Path::new(given);
    let is_path = path.components().count() != 1 || given.starts_with('.');
    if is_path || path.is_dir() {
        let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let name = whole.file_name().unwrap_or(whole.as_os_str());
        return Ok((name.to_string_lossy().into_owned(), path.to_owned()));
    }
    let folder = installed(given)?.ok_or_else(|| {
        Error::input(format!(
            "--encoder {given}: there is neither a folder nor a fetched model of that name"
        ))
        .hint(format!("fetch it with {}, or name the folder that has it", pull(given)))
    })?;
    Ok((given.to_owned(), folder))
}

/// Returns the folder of a model that was fetched; `None` if it was not.
fn installed(name: &str) -> Result<Option<PathBuf>> {
    Ok(evenhand::models::installed(model_cache()?.folder(), name))
}

#[cfg(feature = "local")]
fn open_folder(
    name: &str,
    folder: &Path,
    layer: Option<usize>,
    similarities: Similarities,
) -> Result<Arc<dyn TokenMatcher>> {
    let encoder = evenhand::encoder::Encoder::open(folder, name, layer)?;
    Ok(Arc::new(match similarities {
        Similarities::Cached => encoder.with_cache(&cache_folder()?.join(CACHE_FILE)),
        Similarities::Computed => encoder,
    }))
}

#[cfg(not(feature = "local"))]
fn open_folder(
    _name: &str,
    _folder: &Path,
    _layer: Option<usize>,
    _similarities: Similarities,
) -> Result<Arc<dyn TokenMatcher>> {
    Err(Error::internal("encoders are not compiled in"))
}
