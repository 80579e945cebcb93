//! Deletes a run file with the files beside it, while nobody else can write it.

use std::path::Path;

use super::lock::{Lock, beside};
use crate::error::{Error, Result};

/// What `SQLite` may leave beside a file.
const SIDE_FILES: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Deletes a run file, the files of `SQLite` beside it and its lock file, if `may_delete` says so while the lock is
/// held; returns whether it did.
///
/// # Errors
///
/// Another process writes the run, or the file cannot be deleted.
pub fn remove_run(path: &Path, may_delete: impl FnOnce() -> Result<bool>) -> Result<bool> {
    let _lock = Lock::take(path)?;
    if !may_delete()? {
        return Ok(false);
    }
    let failed = |error: std::io::Error| {
        Error::run(format!("{}: the file cannot be deleted: {error}", path.display()))
            .caused_by(error)
    };
    std::fs::remove_file(path).map_err(failed)?;
    for suffix in SIDE_FILES {
        let _there_is_none = std::fs::remove_file(beside(path, suffix)).is_err();
    }
    Ok(true)
}
