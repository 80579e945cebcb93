//! What is known of each model: its files with sizes and checksums, and the sources that have them.
//!
//! A manifest decides what is written to disk, so it is checked when it is read: no name in it can lead out of a
//! folder, whoever wrote it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use url::Url;

use super::digest::Sha256;
use crate::error::{Error, Result, nearest};

/// The models that can be fetched by name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    models: Vec<Model>,
}

/// A model: its files, and the sources that have them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Model {
    /// The name on the command line, and of its folder in the cache.
    pub name: String,
    /// What it consists of.
    pub kind: ModelKind,
    /// What it is for, in a few words.
    pub purpose: String,
    /// The licence of the weights, by its SPDX identifier.
    pub licence: String,
    /// The place on the model hub.
    pub hub: Option<HubSource>,
    /// The Python package that carries the same files.
    pub package: Option<PackageSource>,
    /// All files.
    pub files: Vec<ModelFile>,
}

/// What a model consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ModelKind {
    /// A folder with configuration, tokenizer and weights of an encoder.
    Encoder,
    /// A single file with a language model, which servers load.
    Gguf,
}

/// A repository on the model hub at one commit.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct HubSource {
    /// The repository as `OWNER/NAME`.
    pub repository: String,
    /// The commit, in 40 hexadecimal digits.
    pub revision: String,
}

/// A wheel of the Python registry.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PackageSource {
    /// The package.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The file name of the wheel.
    pub wheel: String,
    /// The size of the wheel, in bytes.
    pub size: u64,
    /// The checksum of the wheel.
    pub sha256: Sha256,
    /// The folder in the wheel that has the files of the model.
    pub folder: String,
}

/// A file of a model.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ModelFile {
    /// Its name, the same in every source.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its checksum.
    pub sha256: Sha256,
}

impl Manifest {
    /// Returns the manifest that is built into the program.
    ///
    /// # Errors
    ///
    /// It is not valid, which a test rules out.
    pub fn shipped() -> Result<Self> {
        Self::parse(include_str!("manifest.toml"))
            .map_err(|error| Error::internal(format!("the list of models: {error}")))
    }

    /// Reads a manifest in TOML.
    ///
    /// # Errors
    ///
    /// It is malformed, two models have one name, or a name could lead out of a folder.
    pub fn parse(text: &str) -> Result<Self> {
        let manifest: Self = toml::from_str(text).map_err(|error| {
            Error::input(format!("the manifest is not valid: {}", error.message()))
        })?;
        let mut names = BTreeSet::new();
        for model in &manifest.models {
            model.check().map_err(|why| {
                Error::input(format!("the manifest is not valid: model `{}`: {why}", model.name))
            })?;
            if !names.insert(&model.name) {
                let message =
                    format!("the manifest is not valid: two models are called `{}`", model.name);
                return Err(Error::input(message));
            }
        }
        Ok(manifest)
    }

    /// Returns all models.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// Returns the model of this name.
    ///
    /// # Errors
    ///
    /// There is none; the error names the nearest one, or all.
    pub fn model(&self, name: &str) -> Result<&Model> {
        let names = || self.models.iter().map(|model| model.name.as_str());
        let found = self.models.iter().find(|model| model.name == name);
        found.ok_or_else(|| {
            let error = Error::input(format!("there is no model `{name}`"))
                .detail(format!("the models are: {}", names().collect::<Vec<_>>().join(", ")));
            match nearest(&name.to_lowercase(), names()) {
                Some(meant) => error.hint(format!("did you mean {meant}?")),
                None => error,
            }
        })
    }
}

impl Model {
    /// Returns the size of all files, in bytes.
    pub fn size(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// Returns what is wrong with the entry.
    fn check(&self) -> std::result::Result<(), String> {
        let is_file_name = |name: &str| is_name(name) && !name.starts_with('.');
        if !is_file_name(&self.name) {
            return Err("its name is not a plain file name".to_owned());
        }
        let names: BTreeSet<&str> = self.files.iter().map(|file| file.name.as_str()).collect();
        if names.is_empty() || names.len() < self.files.len() {
            return Err("it needs files, each with a name of its own".to_owned());
        }
        if let Some(name) = names.iter().find(|name| !is_file_name(name)) {
            return Err(format!("`{name}` is not a plain file name"));
        }
        if self.kind == ModelKind::Gguf && self.files.len() > 1 {
            return Err("a model of the kind gguf has one file".to_owned());
        }
        if self.hub.is_none() && self.package.is_none() {
            return Err("it needs a source: hub, package or both".to_owned());
        }
        if let Some(HubSource { repository, revision }) = &self.hub {
            if !repository
                .split_once('/')
                .is_some_and(|(owner, name)| is_name(owner) && is_name(name))
            {
                return Err(format!("`{repository}` is not OWNER/NAME"));
            }
            if revision.len() != 40 || !revision.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(format!("`{revision}` is not a commit in 40 hexadecimal digits"));
            }
        }
        if let Some(package) = &self.package {
            let texts = [&package.name, &package.version, &package.wheel];
            // What begins with a hyphen could be read as a flag of pip.
            if let Some(text) =
                texts.into_iter().find(|text| !is_file_name(text) || text.starts_with('-'))
            {
                return Err(format!("`{text}` is not a plain name"));
            }
        }
        Ok(())
    }
}

impl HubSource {
    /// Returns the URL of a file.
    ///
    /// # Errors
    ///
    /// The endpoint cannot have paths below it.
    pub fn url(&self, endpoint: &Url, file: &str) -> Result<Url> {
        let mut url = endpoint.clone();
        let path = self.repository.split('/').chain(["resolve", &self.revision, file]);
        match url.path_segments_mut() {
            Ok(mut segments) => segments.pop_if_empty().extend(path),
            Err(()) => return Err(Error::input(format!("{endpoint} is not the URL of a server"))),
        };
        Ok(url)
    }

    /// Returns the page of the files in a browser, on the hub itself.
    pub fn page(&self) -> String {
        format!("https://huggingface.co/{}/tree/{}", self.repository, self.revision)
    }
}

/// Returns whether a text is a name of letters, digits, `.`, `_`, `+` and `-`, and no name of a folder such as `..`.
fn is_name(text: &str) -> bool {
    let is_plain = |char: char| char.is_ascii_alphanumeric() || "._+-".contains(char);
    text.chars().all(is_plain) && text.chars().any(|char| char.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An entry with one file, after some replacements.
    fn entry(replacements: &[(&str, &str)]) -> String {
        let text = r#"
[[models]]
name = "tiny"
kind = "gguf"
purpose = "tests"
licence = "MIT"
[models.hub]
repository = "owner/tiny"
revision = "0123456789abcdef0123456789abcdef01234567"
[models.package]
name = "tiny"
version = "1.0"
wheel = "tiny-1.0-py3-none-any.whl"
size = 10
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
folder = "tiny"
[[models.files]]
name = "tiny.gguf"
size = 4
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
"#;
        replacements.iter().fold(text.to_owned(), |text, (old, new)| {
            assert!(text.contains(old), "{old}");
            text.replace(old, new)
        })
    }

    #[test]
    fn the_shipped_manifest_is_valid_and_every_model_has_a_source_over_https() {
        let manifest = Manifest::shipped().unwrap();
        assert!(manifest.models().len() >= 4);
        let endpoint = Url::parse("https://huggingface.co").unwrap();
        for model in manifest.models() {
            let hub = model.hub.as_ref().unwrap();
            let url = hub.url(&endpoint, &model.files[0].name).unwrap();
            assert!(url.as_str().starts_with(&format!("{endpoint}{}/resolve/", hub.repository)));
        }
    }

    #[test]
    fn a_name_that_could_lead_out_of_a_folder_or_be_a_flag_is_refused() {
        Manifest::parse(&entry(&[])).unwrap();
        for (old, new, why) in [
            ("\"tiny.gguf\"", "\"../tiny.gguf\"", "`../tiny.gguf` is not a plain file name"),
            ("\"tiny.gguf\"", "\"..\"", "`..` is not a plain file name"),
            ("\"tiny.gguf\"", "\"/etc/passwd\"", "is not a plain file name"),
            ("\"tiny.gguf\"", "\"C:x\"", "`C:x` is not a plain file name"),
            ("name = \"tiny\"\nkind", "name = \".tiny\"\nkind", "its name is not"),
            ("owner/tiny", "owner/../tiny", "is not OWNER/NAME"),
            ("0123456789abcdef0123456789abcdef01234567", "main", "`main` is not a commit"),
            ("version = \"1.0\"", "version = \"1.0 -r\"", "`1.0 -r` is not a plain name"),
            ("name = \"tiny\"\nversion", "name = \"-r\"\nversion", "`-r` is not a plain name"),
            ("size = 4", "size = -4", "invalid value"),
            ("size = 4", "size = 4\nmore = 1", "unknown field `more`"),
        ] {
            let error = Manifest::parse(&entry(&[(old, new)])).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        let twice = entry(&[]) + &entry(&[]);
        let error = Manifest::parse(&twice).unwrap_err().to_string();
        assert!(error.contains("two models are called `tiny`"), "{error}");
    }

    #[test]
    fn an_endpoint_may_have_a_path() {
        let manifest = Manifest::parse(&entry(&[])).unwrap();
        let hub = manifest.models()[0].hub.as_ref().unwrap();
        for (endpoint, expected) in [
            ("https://hub.example", "https://hub.example/owner/tiny/resolve/"),
            ("https://hub.example/", "https://hub.example/owner/tiny/resolve/"),
            ("http://h:1/mirror/hf/", "http://h:1/mirror/hf/owner/tiny/resolve/"),
        ] {
            let url = hub.url(&Url::parse(endpoint).unwrap(), "tiny.gguf").unwrap();
            assert_eq!(url.as_str(), format!("{expected}{}/tiny.gguf", hub.revision));
        }
    }
}
