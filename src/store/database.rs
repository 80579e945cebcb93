//! A connection to a run file: opened, queried, and its errors as messages that name the file.
//!
//! Only `store/` names `SQLite`. The queries are in `*_queries.rs`, the inserts in `inserts.rs`.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use rusqlite::types::ToSql;
use rusqlite::{CachedStatement, Connection, ErrorCode, OpenFlags, Row};
use url::Url;

use super::columns::{ADDED, columns_with};
use super::manifest::FORMAT;
use crate::error::{Error, Remedy, Result};

/// Marks an `SQLite` file as a run file of evenhand: "EVHD".
pub(super) const APPLICATION: i32 = 0x4556_4844;

/// A connection to a run file.
#[derive(Debug)]
pub(crate) struct Database {
    pub(super) connection: Connection,
    path: PathBuf,
    /// The columns of an attempt for a `SELECT`.
    columns: OnceLock<String>,
}

impl Database {
    /// Returns the database of an open connection; `path` is for messages.
    pub(super) fn new(connection: Connection, path: PathBuf) -> Self {
        Self { connection, path, columns: OnceLock::new() }
    }

    /// Opens an existing run file for reading.
    ///
    /// # Errors
    ///
    /// There is no such file, it is no run file, or its format is newer.
    pub(super) fn read(path: &Path) -> Result<Self> {
        check_is_file(path)?;
        let database = Self::open_existing(path)?;
        database.check_format()?;
        Ok(database)
    }

    /// Opens a file without creating it. Where it may be written, `SQLite` first completes what a killed
    /// process left unfinished; apart from that a reader changes nothing.
    fn open_existing(path: &Path) -> Result<Self> {
        let open = || {
            // One thread uses a connection at a time; SQLite need not lock for each value.
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(path, flags)?;
            connection.pragma_update(None, "query_only", true)?;
            Ok(connection)
        };
        let connection = open().map_err(|error| failure(path, error))?;
        Ok(Self::new(connection, path.to_owned()))
    }

    /// Opens an existing run file as it is on the disk: it is neither locked nor written, and what another process has
    /// written but not moved into it yet is not seen. The tables are checked to be tables: a view could hold anything
    /// that a query then computes.
    ///
    /// # Errors
    ///
    /// It is no run file, its format is newer, or it lacks a table.
    pub(super) fn read_snapshot(path: &Path) -> Result<Self> {
        let open = || {
            let url = path.canonicalize().ok().and_then(|path| Url::from_file_path(path).ok());
            let url = url.map(|url| format!("{url}?immutable=1")).unwrap_or_default();
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
                | OpenFlags::SQLITE_OPEN_URI
                | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(url, flags)?;
            connection.pragma_update(None, "trusted_schema", false)?;
            Ok(connection)
        };
        let connection = open().map_err(|error| failure(path, error))?;
        let database = Self::new(connection, path.to_owned());
        database.check_format()?;
        let tables = database.count(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' \
             AND name IN ('manifest', 'judge', 'item', 'comparison', 'attempt')",
        )?;
        if tables == 5 {
            return Ok(database);
        }
        Err(Error::input(format!("{}: the run file is damaged: it lacks a table", path.display())))
    }

    /// Returns whether a run file contains no run yet: the process that created it may have been killed.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub(super) fn is_empty(path: &Path) -> Result<bool> {
        let database = Self::open_existing(path)?;
        Ok(database.count("SELECT count(*) FROM sqlite_schema")? == 0
            || (database.check_format().is_ok()
                && database.count("SELECT count(*) FROM manifest")? == 0))
    }

    /// Checks that the file is a run file of a format that this program knows.
    pub(super) fn check_format(&self) -> Result<()> {
        let application: i32 = self.pragma("application_id")?;
        let shown = self.path.display();
        if application != APPLICATION {
            return Err(Error::input(format!("{shown}: this is not a run file of evenhand")));
        }
        let format: i32 = self.pragma("user_version")?;
        if format > FORMAT {
            return Err(Error::run(format!(
                "{shown}: the run file has format {format}, this program reads formats up to {FORMAT}"
            ))
            .hint("use the version of evenhand that wrote it, or a newer one"));
        }
        Ok(())
    }

    /// Sets the format of the file, so that a program that would misread it refuses it.
    pub(super) fn set_format(&self, format: i32) -> Result<()> {
        if self.pragma("user_version")? == format {
            return Ok(());
        }
        let set = self.connection.pragma_update(None, "user_version", format);
        set.map_err(|error| self.failed(error))
    }

    /// Returns the columns of an attempt for a `SELECT`, with nulls for those that an older file lacks.
    pub(super) fn columns(&self) -> Result<&str> {
        if let Some(columns) = self.columns.get() {
            return Ok(columns);
        }
        let existing = self.attempt_columns()?;
        let columns = columns_with(|name| existing.iter().any(|column| column == name));
        Ok(self.columns.get_or_init(|| columns))
    }

    /// Returns the names of the columns that attempts have in this file.
    fn attempt_columns(&self) -> Result<Vec<String>> {
        self.rows("SELECT name FROM pragma_table_info('attempt')", |row| row.get(0))
    }

    /// Adds the columns that an older file lacks, and replaces its view by one that shows them.
    pub(super) fn add_missing_columns(&self, view: &str) -> Result<()> {
        let existing = self.attempt_columns()?;
        let missing = ADDED.iter().filter(|(name, _)| existing.iter().all(|column| column != name));
        let add =
            |(name, kind): &(&str, &str)| format!("ALTER TABLE attempt ADD COLUMN {name} {kind}; ");
        let columns = missing.map(add).collect::<Vec<_>>().concat();
        if columns.is_empty() {
            return Ok(());
        }
        let sql = format!("BEGIN IMMEDIATE; {columns} DROP VIEW IF EXISTS replies; {view} COMMIT;");
        self.connection.execute_batch(&sql).map_err(|error| self.failed(error))
    }

    fn pragma(&self, name: &str) -> Result<i32> {
        let sql = format!("SELECT * FROM pragma_{name}");
        self.connection.query_row(&sql, [], |row| row.get(0)).map_err(|error| self.failed(error))
    }

    /// Returns the path, for messages.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Converts an error of `SQLite` to one that names the run file.
    pub(super) fn failed(&self, error: rusqlite::Error) -> Error {
        failure(&self.path, error)
    }

    /// Prepares a statement, once for all calls with the same text.
    pub(super) fn prepare(&self, sql: &str) -> Result<CachedStatement<'_>> {
        self.cached(sql).map_err(|error| self.failed(error))
    }

    /// Prepares a statement like [`Self::prepare`]; the caller converts the error.
    pub(super) fn cached(&self, sql: &str) -> rusqlite::Result<CachedStatement<'_>> {
        self.connection.prepare_cached(sql)
    }

    /// Executes a statement that changes the file; returns how many rows it changed.
    pub(super) fn execute(&self, sql: &str, values: &[&dyn ToSql]) -> Result<usize> {
        self.prepare(sql)?.execute(values).map_err(|error| self.failed(error))
    }

    /// Returns the rowid of the last inserted row.
    pub(super) fn last_row(&self) -> i64 {
        self.connection.last_insert_rowid()
    }

    /// Returns the result of a query for one count.
    pub(super) fn count(&self, sql: &str) -> Result<u64> {
        let count: i64 = self
            .connection
            .query_row(sql, [], |row| row.get(0))
            .map_err(|error| self.failed(error))?;
        Ok(count as u64)
    }

    /// Returns every row of a query, converted by `read`.
    pub(super) fn rows<T>(
        &self,
        sql: &str,
        read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.connection.prepare(sql).map_err(|error| self.failed(error))?;
        let rows = statement.query_map([], |row| read(row)).map_err(|error| self.failed(error))?;
        rows.collect::<rusqlite::Result<_>>().map_err(|error| self.failed(error))
    }

    /// Returns the error for a stored JSON value that cannot be read.
    pub(super) fn damaged(&self, what: &str, error: serde_json::Error) -> Error {
        Error::input(format!("{}: the run file is damaged ({what}: {error})", self.path.display()))
            .caused_by(error)
    }

    /// Returns the error for an item that lacks a response that its comparisons need.
    pub(crate) fn damaged_item(&self, id: &str) -> Error {
        Error::input(format!(
            "{}: the run file is damaged: item {id} lacks a response that a comparison needs",
            self.path.display()
        ))
    }
}

/// Checks that a path leads to a file.
fn check_is_file(path: &Path) -> Result<()> {
    let shown = path.display();
    match path.metadata() {
        Ok(found) if found.is_file() => Ok(()),
        Ok(found) if found.is_dir() => {
            Err(Error::input(format!("{shown}: this is a folder, not a run file"))
                .suggest(Remedy::RunFileInFolder(path.to_owned())))
        }
        Ok(_) => Err(Error::input(format!("{shown}: this is neither a file nor a folder"))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(Error::input(format!("{shown}: there is no such run file"))
                .suggest(Remedy::CreateRunFile(path.to_owned())))
        }
        Err(error) => Err(Error::input(format!("{shown}: {error}")).caused_by(error)),
    }
}

/// Converts an error of `SQLite` to what it means for the run file.
pub(super) fn failure(path: &Path, error: rusqlite::Error) -> Error {
    let shown = path.display();
    if matches!(error, rusqlite::Error::QueryReturnedNoRows) {
        return Error::input(format!(
            "{shown}: the run was interrupted before its plan was stored"
        ))
        .suggest(Remedy::StartRun);
    }
    let message = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            let message = format!("{shown}: this is not a run file of evenhand, or it is damaged");
            return Error::input(message).detail(error.to_string()).caused_by(error);
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
            let message = format!("{shown}: the run file is damaged");
            return Error::input(message).detail(error.to_string()).caused_by(error);
        }
    };
    Error::run(format!("{shown}: {message}")).detail(error.to_string()).caused_by(error)
}

/// Returns the error for a stored value that no version of this program has written.
pub(super) fn damaged_value() -> rusqlite::Error {
    rusqlite::Error::InvalidQuery
}
