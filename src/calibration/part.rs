//! The dev and test parts: half of the items are for tuning a rubric, the other half for reporting on it.
//!
//! The part of an item follows from its id alone, so it does not change when items are added, reordered or
//! judged again. A rubric tuned on the test part looks better there than it is. This cannot be prevented, so it
//! is counted: every look at the test part is logged beside the labels.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::keyed_hash::KeyedHash;

/// One half of the items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// For tuning a rubric.
    Dev,
    /// For reporting on the rubric, once.
    Test,
}

impl Part {
    /// Returns the part of an item: one bit of a keyed hash of its id.
    pub fn of(id: &str) -> Self {
        let hash = KeyedHash::new("evenhand: dev or test part").bytes(id.as_bytes());
        if hash.bit() { Self::Test } else { Self::Dev }
    }

    /// Returns the word for it in files and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Test => "test",
        }
    }
}

/// One look at the test part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestLook {
    /// The rubric's name.
    pub rubric: String,
    /// The rubric's version.
    pub version: String,
    /// The judge.
    pub judge: String,
    /// The run file.
    pub run: String,
    /// The time, in seconds since 1970.
    pub at: u64,
}

impl TestLook {
    /// Returns the path of the log: `looks.jsonl` beside the label file, symbolic links resolved.
    ///
    /// # Errors
    ///
    /// The label file or the log is not a regular file.
    pub fn log_beside(labels: &Path) -> Result<PathBuf> {
        let regular = |path: &Path| std::fs::metadata(path).is_ok_and(|found| found.is_file());
        let real = labels.canonicalize().unwrap_or_else(|_| labels.to_owned());
        let log = real.with_file_name("looks.jsonl");
        for (path, wanted) in [(&real, true), (&log, log.exists())] {
            if wanted && !regular(path) {
                return Err(Error::input(format!("{}: not a regular file", path.display())).hint(
                    "looks at the test part are logged beside the label file, so it must be a file on disk",
                ));
            }
        }
        Ok(log)
    }

    /// Appends this look to the log and returns how many its rubric has had, this one included.
    ///
    /// # Errors
    ///
    /// The log cannot be read or written, or a line of it is not a look.
    pub fn log(&self, path: &Path) -> Result<u64> {
        let shown = path.display();
        let failed = |error: std::io::Error| {
            Error::unwritable(path, error).hint(
                "looks at the test part are logged beside the labels; make that folder writable, on a disk with \
                 enough space",
            )
        };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => return Err(failed(error)),
        };
        let mut looks = 1;
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let look: Self = serde_json::from_str(line).map_err(|error| {
                Error::input(format!("{shown}:{}: not a look at the test part: {error}", at + 1))
                    .hint("restore the file: it records how often the test part was looked at")
            })?;
            looks += u64::from(look.rubric == self.rubric);
        }
        let mut line = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" }.to_owned();
        line += &serde_json::to_string(self).map_err(|error| {
            Error::internal(format!("cannot write a look at the test part: {error}"))
        })?;
        line.push('\n');
        let mut file = OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
        file.write_all(line.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
        Ok(looks)
    }
}
