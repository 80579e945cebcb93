//! The run file for the one process that writes it.
//!
//! One `SQLite` file with a write-ahead log while it is being written, an ordinary single file afterwards.
//! A lock beside it keeps a second writer out. This is the only file that names `SQLite`, for reading
//! ([`super::read`]) through [`Database`] as well.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use rusqlite::types::ToSql;
use rusqlite::{
    Connection, ErrorCode, OpenFlags, OptionalExtension as _, Row, Transaction, params,
};

use super::attempt::{Attempt, Ending, TrialKey, logprobs_to_text};
use super::identity::item_changed;
use super::lock::{Lock, unwritable};
use super::manifest::{FORMAT, JudgeRecord, Manifest, StoredJudge};
use crate::error::{Error, Result};
use crate::input::{Item, changed_field};
use crate::judge::{Learnt, Reply, Usage};
use crate::trial::{Order, Plan};

/// Marks an `SQLite` file as ours: "EVHD".
const APPLICATION: i32 = 0x4556_4844;

/// Rows have ids of their own and keys are indexes: `WITHOUT ROWID` would copy every reply about when the
/// tree is rebalanced, at three times the size and five times the time.
const SCHEMA: &str = include_str!("schema.sql");

/// The columns of an attempt, in the order in which they are written and read.
const COLUMNS: &str = "comparison, judge, b_first, repeat, number, ending, request, by_schema, reply, \
     refusal, logprobs, error, status, finish_reason, prompt_tokens, completion_tokens, cost, \
     latency_ms, model, fingerprint, reused, unsettled";

static INSERT: LazyLock<String> =
    LazyLock::new(|| format!("INSERT INTO attempt ({COLUMNS}) VALUES ({}?)", "?, ".repeat(21)));

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

    fn failed(&self, error: &rusqlite::Error) -> Error {
        failure(&self.path, error)
    }

    /// Returns the path, for messages.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the manifest.
    pub(super) fn manifest(&self) -> Result<Manifest> {
        let json: String = self
            .connection
            .query_row("SELECT json FROM manifest", [], |row| row.get(0))
            .map_err(|error| self.failed(&error))?;
        serde_json::from_str(&json).map_err(|error| self.damaged("manifest", &error))
    }

    /// Returns the judges with their rows and what was learnt, in the order they were given.
    pub(super) fn judges(&self) -> Result<Vec<StoredJudge>> {
        let rows: Vec<(i64, String, String)> = self
            .rows("SELECT row, json, learnt FROM judge ORDER BY row", |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?;
        rows.into_iter()
            .map(|(row, json, learnt)| {
                let record =
                    serde_json::from_str(&json).map_err(|error| self.damaged("judge", &error))?;
                let learnt = serde_json::from_str(&learnt)
                    .map_err(|error| self.damaged("learnt", &error))?;
                Ok(StoredJudge { row, record, learnt })
            })
            .collect()
    }

    /// Returns one item by its id.
    pub(super) fn item(&self, id: &str) -> Result<Option<Item>> {
        let json: Option<String> = self
            .connection
            .query_row("SELECT json FROM item WHERE id = ?", [id], |row| row.get(0))
            .optional()
            .map_err(|error| self.failed(&error))?;
        json.map(|json| serde_json::from_str(&json).map_err(|error| self.damaged("item", &error)))
            .transpose()
    }

    /// Hands the stored text of every wanted item to `each`; that of others is not read from the disk.
    pub(super) fn items(
        &self,
        wanted: impl Fn(&str) -> bool,
        mut each: impl FnMut(String) -> Result<()>,
    ) -> Result<()> {
        let failed = |error| self.failed(&error);
        let mut all = self.connection.prepare("SELECT id, json FROM item").map_err(failed)?;
        let mut rows = all.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let id: String = row.get(0).map_err(failed)?;
            if wanted(&id) {
                each(row.get(1).map_err(failed)?)?;
            }
        }
        Ok(())
    }

    /// Returns an item as it is stored, if its text is still what the run was judged on.
    pub(super) fn unchanged(&self, item: &Item) -> Result<Option<Item>> {
        let Some(stored) = self.item(&item.id)? else { return Ok(None) };
        match changed_field(&stored, item) {
            Some(field) => Err(item_changed(&self.path, item, &field)),
            None => Ok(Some(stored)),
        }
    }

    /// Hands every comparison to `each` with its attempts, in the order of the plan, in constant memory.
    pub(super) fn comparisons(
        &self,
        mut each: impl FnMut(StoredComparison) -> Result<()>,
    ) -> Result<()> {
        let sql = format!(
            "SELECT {COLUMNS}, c.row, i.id, c.a, c.b FROM comparison c JOIN item i ON i.row = c.item \
             LEFT JOIN attempt t ON t.comparison = c.row \
             ORDER BY c.row, t.judge, t.b_first, t.repeat, t.row"
        );
        let failed = |error| self.failed(&error);
        let mut statement = self.connection.prepare(&sql).map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        let mut current: Option<StoredComparison> = None;
        while let Some(row) = rows.next().map_err(failed)? {
            let comparison = row.get(22).map_err(failed)?;
            if current.as_ref().is_none_or(|current| current.row != comparison) {
                if let Some(done) = current.take() {
                    each(done)?;
                }
                let id = row.get(23).map_err(failed)?;
                let between = [row.get(24).map_err(failed)?, row.get(25).map_err(failed)?];
                current =
                    Some(StoredComparison { row: comparison, id, between, attempts: Vec::new() });
            }
            if let Some(current) = &mut current
                && row.get::<_, Option<i64>>(0).map_err(failed)?.is_some()
            {
                current.attempts.push(read_attempt(row).map_err(failed)?);
            }
        }
        current.map_or(Ok(()), each)
    }

    fn rows<T>(&self, sql: &str, read: impl Fn(&Row<'_>) -> rusqlite::Result<T>) -> Result<Vec<T>> {
        let mut statement = self.connection.prepare(sql).map_err(|error| self.failed(&error))?;
        let rows = statement.query_map([], |row| read(row)).map_err(|error| self.failed(&error))?;
        rows.collect::<rusqlite::Result<_>>().map_err(|error| self.failed(&error))
    }

    /// Returns what each judge may have cost so far: USD, and tokens of replies without a cost.
    pub(super) fn costs(&self) -> Result<Vec<(i64, f64, Usage)>> {
        let sql = "SELECT judge, total(cost) + total(unsettled), \
                   total(CASE WHEN cost IS NULL AND unsettled = 0 THEN prompt_tokens END), \
                   total(CASE WHEN cost IS NULL AND unsettled = 0 THEN completion_tokens END) \
                   FROM attempt WHERE NOT reused GROUP BY judge";
        self.rows(sql, |row| {
            let tokens = |at| row.get::<_, f64>(at).map(|count| count as u64);
            let unpriced = Usage { prompt: tokens(2)?, completion: tokens(3)? };
            Ok((row.get(0)?, row.get(1)?, unpriced))
        })
    }

    /// Returns whether anything may have been paid for: a reply, or a success that could not be used.
    pub(super) fn has_cost(&self) -> Result<bool> {
        let sql = "SELECT 1 FROM attempt WHERE ending = 'reply' OR status BETWEEN 200 AND 299 \
                   OR unsettled > 0 LIMIT 1";
        Ok(!self.rows(sql, |row| row.get::<_, i64>(0))?.is_empty())
    }

    /// Returns the first error of a judge that ended a trial.
    pub(super) fn first_error(&self, judge: &str) -> Result<Option<String>> {
        let sql = "SELECT error FROM attempt t JOIN judge ON judge.row = t.judge \
                   WHERE name = ? AND ending IN ('refused', 'exhausted') ORDER BY t.row LIMIT 1";
        let found = self.connection.query_row(sql, [judge], |row| row.get(0));
        found.optional().map_err(|error| self.failed(&error))
    }

    pub(super) fn damaged(&self, what: &str, error: &serde_json::Error) -> Error {
        Error::input(format!("{}: the run file is damaged ({what}: {error})", self.path.display()))
    }
}

/// A comparison of the run with all attempts of all judges.
#[derive(Debug)]
pub(super) struct StoredComparison {
    pub(super) row: i64,
    pub(super) id: String,
    pub(super) between: [String; 2],
    pub(super) attempts: Vec<Attempt>,
}

/// The run file, opened for writing.
#[derive(Debug)]
pub struct Store {
    database: Database,
    _lock: Lock,
}

impl Store {
    /// Opens the run file for writing, or makes it.
    ///
    /// # Errors
    ///
    /// Another process writes it, it cannot be written, it is no run file or of a newer format.
    pub fn open(path: &Path) -> Result<Self> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
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
        Ok(Self { database, _lock: lock })
    }

    /// Returns what the run file says it is; `None` if it is new.
    ///
    /// # Errors
    ///
    /// The file cannot be read or is damaged.
    pub fn manifest(&self) -> Result<Option<(Manifest, Vec<StoredJudge>)>> {
        let sql = "SELECT one FROM manifest";
        if self.database.rows(sql, |row| row.get::<_, i64>(0))?.is_empty() {
            return Ok(None);
        }
        Ok(Some((self.database.manifest()?, self.database.judges()?)))
    }

    /// Returns where the file is.
    pub fn path(&self) -> &Path {
        &self.database.path
    }

    /// Forgets everything, for a run that holds no reply.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn clear(&mut self) -> Result<()> {
        let sql = "BEGIN IMMEDIATE; DELETE FROM attempt; DELETE FROM comparison; DELETE FROM item; \
                   DELETE FROM judge; DELETE FROM manifest; COMMIT;";
        self.database.connection.execute_batch(sql).map_err(|error| self.database.failed(&error))
    }

    /// Writes the manifest and the judges and returns the judges' rows, in the order given.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn set_manifest(
        &mut self,
        manifest: &Manifest,
        judges: &[JudgeRecord],
    ) -> Result<Vec<i64>> {
        let json = encode(manifest)?;
        let nothing = encode(&Learnt::default())?;
        let judges: Vec<(&str, String)> = judges
            .iter()
            .map(|judge| Ok((judge.name.as_str(), encode(judge)?)))
            .collect::<Result<_>>()?;
        self.transact(|transaction| {
            transaction.execute("INSERT OR REPLACE INTO manifest VALUES (1, ?)", [&json])?;
            let mut rows = Vec::new();
            for (name, json) in &judges {
                transaction.execute(
                    "INSERT INTO judge (name, json, learnt) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING",
                    [*name, json.as_str(), nothing.as_str()],
                )?;
                rows.push(transaction.query_row(
                    "SELECT row FROM judge WHERE name = ?",
                    [name],
                    |row| row.get(0),
                )?);
            }
            Ok(rows)
        })
    }

    /// Adds the items and comparisons of a plan that the run does not hold yet; returns the row of each
    /// comparison, in the order of the plan.
    ///
    /// # Errors
    ///
    /// The text of an item is not what the run holds, or the file cannot be written.
    pub fn add_plan(&mut self, plan: &Plan) -> Result<Vec<i64>> {
        let known = self.database.rows("SELECT id, row, digest FROM item", |row| {
            Ok((row.get::<_, String>(0)?, (row.get::<_, i64>(1)?, row.get::<_, Vec<u8>>(2)?)))
        })?;
        let known: HashMap<String, (i64, Vec<u8>)> = known.into_iter().collect();
        let mut changes: Vec<(Option<i64>, &Item, String, [u8; 32])> = Vec::new();
        let mut last: Option<&str> = None;
        for comparison in &plan.comparisons {
            let item = &*comparison.item;
            if last == Some(item.id.as_str()) {
                continue;
            }
            last = Some(&item.id);
            let json = encode(item)?;
            let digest = *blake3::hash(json.as_bytes()).as_bytes();
            match known.get(&item.id) {
                Some((_, stored)) if stored.as_slice() == digest => {}
                Some((row, _)) => {
                    let merged = self.merged(item)?;
                    changes.push((Some(*row), item, encode(&merged)?, digest));
                }
                None => changes.push((None, item, json, digest)),
            }
        }
        self.transact(|transaction| {
            let mut rows = Vec::with_capacity(plan.comparisons.len());
            {
                let mut add =
                    transaction.prepare("INSERT INTO item (id, digest, json) VALUES (?, ?, ?)")?;
                let mut change =
                    transaction.prepare("UPDATE item SET digest = ?, json = ? WHERE row = ?")?;
                for (row, item, json, digest) in &changes {
                    match row {
                        Some(row) => change.execute(params![digest, json, row])?,
                        None => add.execute(params![item.id, digest, json])?,
                    };
                }
                let mut add = transaction.prepare(
                    "INSERT INTO comparison (item, a, b) SELECT row, ?2, ?3 FROM item WHERE id = ?1 \
                     ON CONFLICT DO NOTHING",
                )?;
                let mut find = transaction.prepare(
                    "SELECT c.row FROM comparison c JOIN item i ON i.row = c.item WHERE i.id = ? AND a = ? AND b = ?",
                )?;
                for comparison in &plan.comparisons {
                    let key =
                        params![comparison.item.id, comparison.between[0], comparison.between[1]];
                    if add.execute(key)? == 1 {
                        rows.push(transaction.last_insert_rowid());
                    } else {
                        rows.push(find.query_row(key, |row| row.get(0))?);
                    }
                }
            }
            Ok(rows)
        })
    }

    /// An item as it is stored with what the file has added to it since.
    fn merged(&self, item: &Item) -> Result<Item> {
        let Some(mut stored) = self.database.unchanged(item)? else { return Ok(item.clone()) };
        stored.responses.extend(item.responses.clone());
        stored.tags.clone_from(&item.tags);
        Ok(stored)
    }

    /// Writes attempts and what was learnt, all or none of them.
    ///
    /// # Errors
    ///
    /// The disk is full, the file was taken away, or the like.
    pub fn write(&mut self, attempts: &[Attempt], learnt: &[(i64, Learnt)]) -> Result<()> {
        let learnt: Vec<(i64, String)> = learnt
            .iter()
            .map(|(judge, learnt)| Ok((*judge, encode(learnt)?)))
            .collect::<Result<_>>()?;
        self.transact(|transaction| {
            for attempt in attempts {
                insert(transaction, attempt)?;
            }
            for (judge, learnt) in &learnt {
                transaction
                    .execute("UPDATE judge SET learnt = ? WHERE row = ?", params![learnt, judge])?;
            }
            Ok(())
        })
    }

    /// Writes all of it or nothing.
    fn transact<T>(
        &mut self,
        write: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T> {
        let all = || {
            let transaction = self.database.connection.transaction()?;
            let written = write(&transaction)?;
            transaction.commit()?;
            Ok(written)
        };
        all().map_err(|error| failure(&self.database.path, &error))
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
    pub(super) fn settle(&self) {
        // A reader may be at work; then the log stays, and nothing is lost.
        let _reader_at_work =
            self.database.connection.pragma_update(None, "journal_mode", "DELETE").is_err();
    }
}

fn insert(connection: &Connection, attempt: &Attempt) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(&INSERT)?;
    let (key, reply) = (&attempt.key, &attempt.reply);
    let values: [&dyn ToSql; 22] = [
        &key.comparison,
        &key.judge,
        &(key.order == Order::BFirst),
        &key.repeat,
        &attempt.number,
        &attempt.ending.as_str(),
        &attempt.request,
        &reply.by_schema,
        &reply.text,
        &reply.refusal,
        &logprobs_to_text(&reply.logprobs),
        &attempt.error,
        &reply.status,
        &reply.finish_reason,
        &reply.usage.map(|usage| usage.prompt as i64),
        &reply.usage.map(|usage| usage.completion as i64),
        &attempt.cost,
        &attempt.latency_ms,
        &reply.model,
        &reply.fingerprint,
        &attempt.reused,
        &attempt.unsettled,
    ];
    statement.execute(values.as_slice()).map(|_| ())
}

fn read_attempt(row: &Row<'_>) -> rusqlite::Result<Attempt> {
    let order = if row.get::<_, bool>(2)? { Order::BFirst } else { Order::AFirst };
    let ending = Ending::from_word(row.get_ref(5)?.as_str()?);
    let ending = ending.ok_or(rusqlite::Error::InvalidQuery)?;
    let logprobs: Option<String> = row.get(10)?;
    let logprobs = logprobs.and_then(|text| serde_json::from_str(&text).ok());
    let prompt: Option<i64> = row.get(14)?;
    let completion: Option<i64> = row.get(15)?;
    let tokens = |count: i64| u64::try_from(count).unwrap_or(0);
    Ok(Attempt {
        key: TrialKey { comparison: row.get(0)?, judge: row.get(1)?, order, repeat: row.get(3)? },
        number: row.get(4)?,
        ending,
        request: row.get(6)?,
        reply: Reply {
            by_schema: row.get(7)?,
            text: row.get(8)?,
            refusal: row.get(9)?,
            logprobs: logprobs.unwrap_or_default(),
            status: row.get(12)?,
            finish_reason: row.get(13)?,
            usage: prompt.map(|prompt| Usage {
                prompt: tokens(prompt),
                completion: tokens(completion.unwrap_or(0)),
            }),
            model: row.get(18)?,
            fingerprint: row.get(19)?,
            ..Reply::default()
        },
        error: row.get(11)?,
        cost: row.get(16)?,
        latency_ms: row.get(17)?,
        reused: row.get(20)?,
        unsettled: row.get(21)?,
    })
}

fn encode<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|error| Error::internal(format!("cannot write JSON: {error}")))
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
