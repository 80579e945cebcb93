//! The run file as a file: opened, locked, written all or nothing, and what its errors mean.
//!
//! One `SQLite` file with a write-ahead log while it is being written, an ordinary single file afterwards.
//! A lock beside it keeps a second writer out. This is the only file that names `SQLite`; what is asked of it
//! stands in `contents.rs`, what is put into it in `adding.rs`.

use std::path::{Path, PathBuf};

use rusqlite::{CachedStatement, Connection, ErrorCode, OpenFlags};

use super::lock::{Lock, unwritable};
use super::manifest::FORMAT;
use crate::error::{Error, Result};

// What the queries in the files beside this one are written with.
pub(super) use rusqlite::types::ToSql;
pub(super) use rusqlite::{OptionalExtension as OptionalRow, Result as Queried, Row, params};

/// Marks an `SQLite` file as ours: "EVHD".
const APPLICATION: i32 = 0x4556_4844;

/// Rows have ids of their own and keys are indexes: `WITHOUT ROWID` would copy every reply about when the
/// tree is rebalanced, at three times the size and five times the time.
const SCHEMA: &str = include_str!("schema.sql");

/// A connection to a run file with messages that name it.
#[derive(Debug)]
pub(super) struct Database {
    connection: Connection,
    path: PathBuf,
}

impl Database {
    /// Opens an existing run file for reading.
    pub(super) fn read(path: &Path) -> Result<Self> {
        if !path.is_file() {
            return Err(Error::input(format!("{}: there is no such run file", path.display()))
                .hint("`evenhand judge` writes one"));
        }
        let database = Self::open_existing(path)?;
        database.check_format()?;
        Ok(database)
    }

    /// Opens a file without making it. Where it may be written, what a kill has left half done is brought
    /// to an end first; apart from that a reader changes nothing.
    fn open_existing(path: &Path) -> Result<Self> {
        let open = || {
            // One thread uses a connection at a time; SQLite need not lock for each value.
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(path, flags)?;
            connection.pragma_update(None, "query_only", true)?;
            Ok(connection)
        };
        let connection = open().map_err(|error| failure(path, &error))?;
        Ok(Self { connection, path: path.to_owned() })
    }

    /// Returns whether a run file holds no run yet: a kill may have come that early.
    pub(super) fn is_empty(path: &Path) -> Result<bool> {
        let database = Self::open_existing(path)?;
        let count = |sql: &str| {
            database.rows(sql, |row| row.get::<_, i64>(0)).map(|rows| rows.first() == Some(&0))
        };
        Ok(count("SELECT count(*) FROM sqlite_schema")?
            || (database.check_format().is_ok() && count("SELECT count(*) FROM manifest")?))
    }

    fn check_format(&self) -> Result<()> {
        let application: i32 = self.pragma("application_id")?;
        let shown = self.path.display();
        if application != APPLICATION {
            return Err(Error::input(format!("{shown}: this is not a run file of evenhand")));
        }
        let format: i32 = self.pragma("user_version")?;
        if format > FORMAT {
            return Err(Error::run(format!(
                "{shown}: the run file has format {format}, this program knows up to {FORMAT}"
            ))
            .hint("use the version of evenhand that wrote it, or a newer one"));
        }
        Ok(())
    }

    fn pragma(&self, name: &str) -> Result<i32> {
        let sql = format!("SELECT * FROM pragma_{name}");
        self.connection.query_row(&sql, [], |row| row.get(0)).map_err(|error| self.failed(&error))
    }

    /// Returns the path, for messages.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn failed(&self, error: &rusqlite::Error) -> Error {
        failure(&self.path, error)
    }

    /// Prepares a statement, once for all calls with the same text.
    pub(super) fn prepare(&self, sql: &str) -> Result<CachedStatement<'_>> {
        self.cached(sql).map_err(|error| self.failed(&error))
    }

    /// The same, where the error gets its message later.
    pub(super) fn cached(&self, sql: &str) -> Queried<CachedStatement<'_>> {
        self.connection.prepare_cached(sql)
    }

    /// Runs a statement that changes something; returns how many rows it changed.
    pub(super) fn execute(&self, sql: &str, values: &[&dyn ToSql]) -> Result<usize> {
        self.prepare(sql)?.execute(values).map_err(|error| self.failed(&error))
    }

    /// Returns the number that the last inserted row was given.
    pub(super) fn last_row(&self) -> i64 {
        self.connection.last_insert_rowid()
    }

    /// Returns what `read` makes of each row.
    pub(super) fn rows<T>(
        &self,
        sql: &str,
        read: impl Fn(&Row<'_>) -> Queried<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.connection.prepare(sql).map_err(|error| self.failed(&error))?;
        let rows = statement.query_map([], |row| read(row)).map_err(|error| self.failed(&error))?;
        rows.collect::<Queried<_>>().map_err(|error| self.failed(&error))
    }
}

/// The run file, opened for writing.
#[derive(Debug)]
pub struct Store {
    database: Database,
    /// There was no run in the file before.
    made: bool,
    /// The folders that were not there before, innermost first.
    folders: Vec<PathBuf>,
    lock: Lock,
}

impl Store {
    /// Opens the run file for writing, or makes it.
    ///
    /// # Errors
    ///
    /// Another process writes it, it cannot be written, it is no run file or of a newer format.
    pub fn open(path: &Path) -> Result<Self> {
        let parents = path.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
        let folders: Vec<PathBuf> =
            parents.take_while(|folder| !folder.exists()).map(Path::to_owned).collect();
        if let Some(folder) = folders.first() {
            std::fs::create_dir_all(folder).map_err(|error| unwritable(path, &error))?;
        }
        if path.is_dir() {
            return Err(Error::run(format!("{}: this is a folder", path.display()))
                .hint("--run names a file"));
        }
        // Another name of the same file is the same run.
        let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let lock = Lock::take(path)?;
        let connection = Connection::open(path).map_err(|error| failure(path, &error))?;
        connection.set_prepared_statement_cache_capacity(32);
        let database = Database { connection, path: path.to_owned() };
        let tables =
            database.rows("SELECT count(*) FROM sqlite_schema", |row| row.get::<_, i64>(0))?;
        // A kill may have come between making the file and making its tables.
        let new = tables.first() == Some(&0);
        if !new {
            database.check_format()?;
        }
        let prepare = || -> rusqlite::Result<()> {
            let connection = &database.connection;
            connection.busy_timeout(std::time::Duration::from_secs(10))?;
            connection.pragma_update(None, "journal_mode", "WAL")?;
            // Every commit reaches the disk: a reply that was paid for outlives a power cut.
            connection.pragma_update(None, "synchronous", "FULL")?;
            if new {
                let sql = format!(
                    "BEGIN IMMEDIATE; {SCHEMA} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {FORMAT}; COMMIT;"
                );
                connection.execute_batch(&sql)?;
            }
            Ok(())
        };
        prepare().map_err(|error| database.failed(&error))?;
        Ok(Self { database, made: new, folders, lock })
    }

    /// Returns where the file is.
    pub fn path(&self) -> &Path {
        &self.database.path
    }

    /// Writes all that `write` writes, or nothing where it fails.
    pub(super) fn all_or_nothing<T>(
        &mut self,
        write: impl FnOnce(&Database) -> Result<T>,
    ) -> Result<T> {
        let database = &self.database;
        let run = |sql: &str| {
            database.connection.execute_batch(sql).map_err(|error| database.failed(&error))
        };
        run("BEGIN IMMEDIATE")?;
        let written = write(database).and_then(|written| run("COMMIT").map(|()| written));
        if written.is_err() {
            // A full disk may have rolled it back already.
            let _rolled_back_already = run("ROLLBACK").is_err();
        }
        written
    }

    /// Returns the same file for reading what has been written.
    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    /// Gives the run up before it has begun: a file and folders that this store has made are removed, one
    /// that was there is a single ordinary file again.
    pub fn abandon(self) {
        if !self.made {
            self.settle();
        }
        let Self { database, made, folders, lock } = self;
        let path = database.path.clone();
        drop(database);
        if made {
            // What cannot be removed is an empty run, which the next command fills.
            let _still_there = std::fs::remove_file(path).is_err();
        }
        drop(lock);
        for folder in folders {
            let _not_empty = std::fs::remove_dir(folder).is_err();
        }
    }

    /// Returns a reader of the same file.
    ///
    /// # Errors
    ///
    /// The file cannot be opened.
    pub fn reader(&self) -> Result<super::read::RunFile> {
        super::read::RunFile::open(&self.database.path)
    }

    /// Turns the file into a single ordinary one, which can be copied and read anywhere.
    pub fn settle(&self) {
        // A reader may be at work; then the log stays, and nothing is lost.
        let _reader_at_work =
            self.database.connection.pragma_update(None, "journal_mode", "DELETE").is_err();
    }
}

/// Says what `SQLite`'s error means for the run file.
fn failure(path: &Path, error: &rusqlite::Error) -> Error {
    let shown = path.display();
    if matches!(error, rusqlite::Error::QueryReturnedNoRows) {
        return Error::input(format!("{shown}: the run was stopped before it began"))
            .hint("`evenhand judge` begins it");
    }
    let code = error.sqlite_error_code();
    let what = match code {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            return Error::input(format!(
                "{shown}: this is not a run file of evenhand, or it is damaged"
            ))
            .detail(error.to_string());
        }
        Some(ErrorCode::DiskFull) => "the disk is full",
        Some(ErrorCode::ReadOnly) => "the run file is read-only",
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another process is using the run file"
        }
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            "the run file cannot be opened"
        }
        Some(ErrorCode::SystemIoFailure) => "the run file cannot be read or written",
        _ => {
            return Error::input(format!("{shown}: the run file is damaged"))
                .detail(error.to_string());
        }
    };
    Error::run(format!("{shown}: {what}")).detail(error.to_string())
}

/// The error for a value that no version of this program has written.
pub(super) fn unreadable() -> rusqlite::Error {
    rusqlite::Error::InvalidQuery
}
