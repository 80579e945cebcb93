//! The folder of models: which of them are complete, and what is left of interrupted ones.
//!
//! A model is in a folder of its name, which appears by one rename once every file has its checksum. The folder also
//! has the list of checksums, `SHA256SUMS`, in the form that `sha256sum -c` reads. So a model is complete if the list
//! is that of the manifest and every file has its size; no file needs to be read for that. An unfinished model is in
//! a hidden folder beside it.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use super::digest::hash_file;
use super::manifest::{Manifest, Model, ModelFile, ModelKind};
use super::step::Step;
use crate::error::{Error, Remedy};

/// The file with the checksums of a complete model.
const CHECKSUMS: &str = "SHA256SUMS";

/// A folder that has models.
#[derive(Debug, Clone)]
pub struct ModelCache {
    folder: PathBuf,
}

/// What a cache has of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ModelState {
    /// It is complete, here: a folder, or the file of a language model.
    Installed(PathBuf),
    /// Something is wrong with it: what, by file.
    Damaged(String),
    /// So many bytes of it have been fetched.
    Partial(u64),
    /// There is nothing.
    Absent,
}

/// Returns where a model that ships in the manifest is installed in a folder of models; `None` if it is not, is not
/// complete, or is not known.
pub fn installed(folder: &Path, name: &str) -> Option<PathBuf> {
    let manifest = Manifest::shipped().ok()?;
    ModelCache::new(folder).installed(manifest.model(name).ok()?)
}

impl ModelCache {
    /// Returns the cache in a folder, which need not exist.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// Returns the folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the path of a model if it is complete.
    pub fn installed(&self, model: &Model) -> Option<PathBuf> {
        match self.state(model) {
            ModelState::Installed(path) => Some(path),
            _ => None,
        }
    }

    /// Returns what there is of a model.
    pub fn state(&self, model: &Model) -> ModelState {
        let home = self.home(model);
        if home.exists() {
            return match damage(&home, model) {
                Some(damage) => ModelState::Damaged(damage),
                None => ModelState::Installed(self.path(model)),
            };
        }
        match partial_bytes(&self.partial(model), model) {
            0 => ModelState::Absent,
            bytes => ModelState::Partial(bytes),
        }
    }

    /// Returns the path that the name of a model stands for, whether it is there or not.
    pub(super) fn path(&self, model: &Model) -> PathBuf {
        match (model.kind, model.files.first()) {
            (ModelKind::Gguf, Some(file)) => self.home(model).join(&file.name),
            _ => self.home(model),
        }
    }

    /// Returns the folder of a complete model.
    pub(super) fn home(&self, model: &Model) -> PathBuf {
        self.folder.join(&model.name)
    }

    /// Returns the folder of an unfinished model.
    pub(super) fn partial(&self, model: &Model) -> PathBuf {
        self.folder.join(format!(".{}.partial", model.name))
    }

    /// Returns the folder of a damaged model while another takes its place.
    pub(super) fn replaced(&self, model: &Model) -> PathBuf {
        self.folder.join(format!(".{}.replaced", model.name))
    }

    /// Returns the file that whoever fetches the model has locked.
    pub(super) fn lock(&self, model: &Model) -> PathBuf {
        self.folder.join(format!(".{}.lock", model.name))
    }

    /// Reads every file of an installed model, and returns what differs from the manifest.
    pub(super) async fn difference(
        &self,
        model: &Model,
        cancel: &CancellationToken,
    ) -> Step<Option<String>> {
        for file in &model.files {
            let (hasher, _) = hash_file(&self.home(model).join(&file.name), cancel).await?;
            if hasher.finish() != file.sha256 {
                return Ok(Some(format!("{} has another checksum", file.name)));
            }
        }
        Ok(None)
    }
}

/// Writes the list of checksums into the folder of a model.
pub(super) fn write_checksums(folder: &Path, model: &Model) -> std::io::Result<()> {
    let path = folder.join(CHECKSUMS);
    fs::write(&path, checksums(model))?;
    fs::File::open(&path)?.sync_all()
}

/// Returns whether a name in the folder of a model belongs there.
pub(super) fn belongs(model: &Model, name: &str) -> bool {
    name == CHECKSUMS || model.files.iter().any(|file| file.name == name)
}

/// Returns the error for a file or folder of the cache that cannot be written.
pub(super) fn unwritable(path: &Path, error: std::io::Error) -> Error {
    Error::unwritable(path, error).suggest(Remedy::AnotherCacheFolder)
}

fn checksums(model: &Model) -> String {
    model.files.iter().fold(String::new(), |mut text, ModelFile { name, sha256, .. }| {
        let _written = writeln!(text, "{sha256}  {name}").is_ok();
        text
    })
}

/// Returns what is wrong with the folder of a model, without reading its files.
fn damage(home: &Path, model: &Model) -> Option<String> {
    for ModelFile { name, size, .. } in &model.files {
        match fs::metadata(home.join(name)) {
            Ok(metadata) if metadata.is_file() && metadata.len() == *size => {}
            Ok(metadata) if metadata.is_file() => {
                return Some(format!("{name} has {} bytes instead of {size}", metadata.len()));
            }
            Ok(_) => return Some(format!("{name} is not a file")),
            Err(error) => return Some(format!("{name}: {error}")),
        }
    }
    match fs::read_to_string(home.join(CHECKSUMS)) {
        Ok(text) if text == checksums(model) => None,
        Ok(_) => Some(format!("{CHECKSUMS} lists other files: it is of another version")),
        Err(error) => Some(format!("{CHECKSUMS}: {error}")),
    }
}

/// Returns how many bytes of an unfinished model there are.
fn partial_bytes(folder: &Path, model: &Model) -> u64 {
    let size = |file: &ModelFile| {
        let names = [file.name.clone(), part_name(file)];
        let sizes = names.map(|name| fs::metadata(folder.join(name)).map_or(0, |at| at.len()));
        sizes.into_iter().max().unwrap_or(0).min(file.size)
    };
    model.files.iter().map(size).sum()
}

/// Returns the name of a file while it is not complete.
pub(super) fn part_name(file: &ModelFile) -> String {
    format!("{}.part", file.name)
}
