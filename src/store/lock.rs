//! The lock beside a run file: one writer at a time.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Error, Remedy, Result};

/// How long another process may take to see whether a run is locked, and how often that is waited for.
const GLANCE: Duration = Duration::from_millis(5);
const GLANCES: u32 = 4;

/// The exclusive right to write a run file, released when it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes the lock of a run file, without waiting.
    ///
    /// # Errors
    ///
    /// Another process holds it, or the folder cannot be written.
    pub(super) fn take(run: &Path) -> Result<Self> {
        let path = beside(run, ".lock");
        let mut attempts = 0;
        loop {
            let file = File::options().create(true).truncate(false).write(true).open(&path);
            let file = file.map_err(|error| unwritable(run, error))?;
            match file.try_lock() {
                Ok(()) if is_at(&file, &path) => return Ok(Self { file, path }),
                // The previous owner removed the file after we had opened it and before we locked it.
                Ok(()) => {}
                // [`is_locked`] may be looking.
                Err(std::fs::TryLockError::WouldBlock) if attempts < GLANCES => {
                    attempts += 1;
                    std::thread::sleep(GLANCE);
                }
                Err(std::fs::TryLockError::WouldBlock) => {
                    return Err(Error::run(format!(
                        "{}: another process is writing this run",
                        run.display()
                    ))
                    .suggest(Remedy::WaitOrAnotherRunFile));
                }
                Err(std::fs::TryLockError::Error(error)) => return Err(unwritable(run, error)),
            }
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Removed while the lock is held, so that nobody locks a file that is about to be removed.
        let _gone_already = std::fs::remove_file(&self.path).is_err();
        let _unlocked_by_closing = self.file.unlock().is_err();
    }
}

/// Returns the path of a file beside a run file.
pub(super) fn beside(run: &Path, suffix: &str) -> PathBuf {
    let mut name = run.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Returns whether a process is writing a run. It looks at the lock for a moment, which a writer that starts just then
/// waits for. A lock that cannot be looked at counts as held.
pub fn is_locked(run: &Path) -> bool {
    match File::open(beside(run, ".lock")) {
        Ok(file) => file.try_lock_shared().is_err(),
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    }
}

/// Returns whether an open file is the one at a path, and not one that has been replaced since.
#[cfg(unix)]
pub(crate) fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(held), Ok(there)) => held.ino() == there.ino() && held.dev() == there.dev(),
        _ => false,
    }
}

#[cfg(not(unix))]
pub(crate) fn is_at(_file: &File, _path: &Path) -> bool {
    // An open file cannot be removed here.
    true
}

/// Returns the error for a run file that cannot be written.
pub(super) fn unwritable(run: &Path, error: std::io::Error) -> Error {
    Error::run(format!("{}: the run file cannot be written: {error}", run.display()))
        .suggest(Remedy::AnotherRunFile)
        .caused_by(error)
}
