//! The run file, opened for writing: created, locked, and written in transactions.
//!
//! While it is being written it is an `SQLite` file with a write-ahead log; afterwards it is an ordinary single
//! file. A lock file beside it keeps a second writer out.

use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::attempt::Attempt;
use super::database::{APPLICATION, Database, failure};
use super::generation::GenerationManifest;
use super::lock::{Lock, unwritable};
use super::manifest::{FORMAT_WITHOUT_CASCADE, Manifest, StoredJudge};
use super::run_file::RunFile;
use crate::error::{Error, Remedy, Result};
use crate::judge::ServerProfile;

/// Rows have ids of their own and keys are indexes. `WITHOUT ROWID` was measured: three times the size and five
/// times the time, because rebalancing the tree moves the replies.
const SCHEMA: &str = include_str!("schema.sql");
/// Where the view begins in it, which is created anew where columns are added.
const VIEW: &str = "CREATE VIEW replies";

/// The run file, opened for writing. Dropping it leaves a single file, or none where nothing was
/// written to a new one.
#[derive(Debug)]
pub struct Store {
    // Closed before the cleanup, which comes next.
    database: Database,
    cleanup: Cleanup,
}

/// Removes what was created for a run to which nothing was written, and releases the lock.
#[derive(Debug)]
struct Cleanup {
    path: PathBuf,
    /// The file is new and nothing has been committed to it.
    is_new: bool,
    /// The folders that were created for it, innermost first.
    new_folders: Vec<PathBuf>,
    lock: Option<Lock>,
}

impl Drop for Cleanup {
    fn drop(&mut self) {
        if self.is_new {
            // What cannot be removed is an empty run, which the next command fills.
            let _still_there = std::fs::remove_file(&self.path).is_err();
        }
        drop(self.lock.take());
        if self.is_new {
            for folder in &self.new_folders {
                let _not_empty = std::fs::remove_dir(folder).is_err();
            }
        }
    }
}

impl Store {
    /// Opens a run file for writing, or creates it.
    ///
    /// # Errors
    ///
    /// Another process writes it, it cannot be written, it is no run file, or its format is newer.
    pub fn open(path: &Path) -> Result<Self> {
        let parents = path.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
        let new_folders: Vec<PathBuf> =
            parents.take_while(|folder| !folder.exists()).map(Path::to_owned).collect();
        if let Some(folder) = new_folders.first() {
            std::fs::create_dir_all(folder).map_err(|error| unwritable(path, error))?;
        }
        if path.is_dir() {
            return Err(Error::run(format!("{}: this is a folder", path.display()))
                .suggest(Remedy::AnotherRunFile));
        }
        // Another name of the same file is the same run.
        let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let lock = Lock::take(path)?;
        let connection = Connection::open(path).map_err(|error| failure(path, error))?;
        connection.set_prepared_statement_cache_capacity(32);
        let database = Database::new(connection, path.to_owned());
        // A process may have been killed between creating the file and creating its tables.
        let is_new = database.count("SELECT count(*) FROM sqlite_schema")? == 0;
        if !is_new {
            database.check_format()?;
        }
        let prepare = || -> rusqlite::Result<()> {
            let connection = &database.connection;
            connection.busy_timeout(std::time::Duration::from_secs(10))?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            // Every commit reaches the disk: a reply that was paid for survives a power failure.
            connection.pragma_update(None, "synchronous", "FULL")?;
            if is_new {
                connection.execute_batch(&format!(
                    "BEGIN IMMEDIATE; {SCHEMA} PRAGMA application_id = {APPLICATION}; \
                     PRAGMA user_version = {FORMAT_WITHOUT_CASCADE}; COMMIT;"
                ))?;
            }
            Ok(())
        };
        prepare().map_err(|error| database.failed(error))?;
        if !is_new {
            let view = SCHEMA.find(VIEW).map_or("", |begins| &SCHEMA[begins..]);
            database.add_missing_columns(view)?;
        }
        let path = path.to_owned();
        Ok(Self { database, cleanup: Cleanup { path, is_new, new_folders, lock: Some(lock) } })
    }

    /// Returns where the file is.
    pub fn path(&self) -> &Path {
        self.database.path()
    }

    /// Returns the manifest and the judges; `None` if the file is new.
    ///
    /// # Errors
    ///
    /// The file cannot be read or is damaged.
    pub fn manifest(&self) -> Result<Option<(Manifest, Vec<StoredJudge>)>> {
        if self.database.count("SELECT count(*) FROM manifest")? == 0 {
            return Ok(None);
        }
        Ok(Some((self.database.manifest()?, self.database.judges()?)))
    }

    /// Returns the manifest of generated responses and the systems; `None` if the file is new.
    ///
    /// # Errors
    ///
    /// The file has comparisons, cannot be read or is damaged.
    pub fn generation(&self) -> Result<Option<(GenerationManifest, Vec<StoredJudge>)>> {
        if self.database.count("SELECT count(*) FROM manifest")? == 0 {
            return Ok(None);
        }
        Ok(Some((self.database.generation_manifest()?, self.database.judges()?)))
    }

    /// Writes attempts and the profiles of judges' servers, all of it or nothing.
    ///
    /// # Errors
    ///
    /// The disk is full, the file was removed, or the like.
    pub fn write(&mut self, attempts: &[Attempt], profiles: &[(i64, ServerProfile)]) -> Result<()> {
        self.transaction(|database| {
            database.add_attempts(attempts)?;
            for (judge, profile) in profiles {
                database.set_server_profile(*judge, profile)?;
            }
            Ok(())
        })
    }

    /// Commits everything that `write` writes, or nothing where it fails.
    ///
    /// # Errors
    ///
    /// What `write` returns; or the commit fails.
    pub(crate) fn transaction<T>(
        &mut self,
        write: impl FnOnce(&Database) -> Result<T>,
    ) -> Result<T> {
        let database = &self.database;
        let run = |sql: &str| {
            database.connection.execute_batch(sql).map_err(|error| database.failed(error))
        };
        run("BEGIN IMMEDIATE")?;
        let written = write(database).and_then(|written| run("COMMIT").map(|()| written));
        if written.is_ok() {
            self.cleanup.is_new = false;
        } else {
            // On a full disk SQLite may have rolled back already.
            let _already_rolled_back = run("ROLLBACK").is_err();
        }
        written
    }

    /// Moves what is committed from the write-ahead log into the file, so that the plan can be read without the log.
    pub(crate) fn checkpoint(&self) {
        // What a reader keeps in the log stays there, and nothing is lost.
        let _reader_at_work =
            self.database.connection.query_row("PRAGMA wal_checkpoint", [], |_| Ok(())).is_err();
    }

    /// Converts the file to a single one without a write-ahead log, which can be copied and read anywhere.
    pub fn finalize(&self) {
        // While a reader is at work the log stays, and nothing is lost.
        let _reader_at_work =
            self.database.connection.pragma_update(None, "journal_mode", "DELETE").is_err();
    }

    /// Returns a reader of the same file, whether its rubric compares responses or grades them.
    ///
    /// # Errors
    ///
    /// The file cannot be opened.
    pub fn reader(&self) -> Result<RunFile> {
        RunFile::open_any(self.path())
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if !self.cleanup.is_new {
            self.finalize();
        }
    }
}
