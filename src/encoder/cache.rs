//! Similarities on disk, so that texts that were compared before are not encoded again.
//!
//! A row is found by a hash of the encoder's files, the layer and both texts, and has the similarities of the tokens,
//! which hold for every setting of `BERTScore`. There is no text in it. Each row carries a checksum, so that a damaged
//! one is computed again. Whatever goes wrong with the cache is a warning.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::error::{Result, Warning};
use crate::metrics::{Matches, TextPair};

/// A larger file is deleted when it is opened: it is a cache.
const MAX_BYTES: u64 = 1 << 30;
/// How long a writer waits for another one.
const PATIENCE: Duration = Duration::from_secs(2);
/// The number of bytes of a checksum.
const CHECKSUM: usize = 8;

/// The cache, which stops being used once it fails.
#[derive(Debug)]
pub(super) struct MatchCache {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// `None` after a failure to read.
    connection: Option<Connection>,
    /// Whether a failure to write has ended that.
    is_writable: bool,
    damaged_rows: u64,
    failure: Option<String>,
}

impl MatchCache {
    /// Opens the database at a path, or creates it.
    pub(super) fn open(path: &Path) -> Self {
        let (connection, failure) = match connect(path) {
            Ok(connection) => (Some(connection), None),
            Err(failure) => (None, Some(failure)),
        };
        let state = State { connection, is_writable: true, damaged_rows: 0, failure };
        Self { path: path.to_owned(), state: Mutex::new(state) }
    }

    /// Returns the similarities of pairs; `compute` is called with the distinct pairs that are not in the cache.
    pub(super) fn matches(
        &self,
        encoder: &blake3::Hash,
        layer: usize,
        pairs: &[TextPair<'_>],
        compute: impl FnOnce(&[TextPair<'_>]) -> Result<Vec<Matches>>,
    ) -> Result<Vec<Matches>> {
        let keys: Vec<Key> = pairs.iter().map(|pair| key(encoder, layer, *pair)).collect();
        let mut found = self.read(&keys);
        let mut missing: Vec<usize> = (0..pairs.len()).filter(|at| found[*at].is_none()).collect();
        missing.sort_by_key(|at| keys[*at]);
        missing.dedup_by_key(|at| keys[*at]);
        // In the order of the items, where equal references are close to each other.
        missing.sort_unstable();
        if missing.is_empty() {
            return Ok(found.into_iter().flatten().collect());
        }
        let unknown: Vec<TextPair<'_>> = missing.iter().map(|at| pairs[*at]).collect();
        let computed = compute(&unknown)?;
        let rows: Vec<(Key, &Matches)> =
            missing.iter().map(|at| keys[*at]).zip(&computed).collect();
        self.write(&rows);
        let by_key: std::collections::HashMap<Key, &Matches> = rows.into_iter().collect();
        for (found, key) in found.iter_mut().zip(&keys) {
            if found.is_none() {
                *found = by_key.get(key).copied().cloned();
            }
        }
        Ok(found.into_iter().flatten().collect())
    }

    /// Returns what is wrong with the cache.
    pub(super) fn warning(&self) -> Option<Warning> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.path.display();
        let message = match (&state.failure, state.damaged_rows) {
            (Some(failure), _) => {
                format!(
                    "{path}: the cache of similarities cannot be used: {failure}; scores are right without it"
                )
            }
            (None, 0) => return None,
            (None, rows) => format!(
                "{path}: {rows} rows of the cache of similarities were damaged and were computed again; delete the file if \
                 this happens repeatedly"
            ),
        };
        Some(Warning::new("no-cache", message))
    }

    /// Returns the similarities that are there.
    fn read(&self, keys: &[Key]) -> Vec<Option<Matches>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut damaged = 0;
        let read = |connection: &Connection| -> rusqlite::Result<Vec<Option<Matches>>> {
            let mut select =
                connection.prepare_cached("SELECT similarities FROM matches WHERE key = ?")?;
            let mut found = Vec::with_capacity(keys.len());
            for key in keys {
                let row: Option<Vec<u8>> =
                    select.query_row(params![key], |row| row.get(0)).optional()?;
                let matches = row.as_ref().map(|row| decode(key, row));
                damaged += u64::from(matches == Some(None));
                found.push(matches.flatten());
            }
            Ok(found)
        };
        let found = state.connection.as_ref().map(read);
        state.damaged_rows += damaged;
        match found {
            Some(Ok(found)) => found,
            Some(Err(error)) => {
                state.failure = Some(error.to_string());
                state.connection = None;
                vec![None; keys.len()]
            }
            None => vec![None; keys.len()],
        }
    }

    /// Stores similarities.
    fn write(&self, rows: &[(Key, &Matches)]) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.is_writable {
            return;
        }
        let write = |connection: &mut Connection| -> rusqlite::Result<()> {
            let transaction = connection.transaction()?;
            {
                let mut insert =
                    transaction.prepare_cached("INSERT OR REPLACE INTO matches VALUES (?, ?)")?;
                for (key, matches) in rows {
                    insert.execute(params![key, encode(key, matches)])?;
                }
            }
            transaction.commit()
        };
        if let Some(Err(error)) = state.connection.as_mut().map(write) {
            state.is_writable = false;
            state.failure = Some(error.to_string());
        }
    }
}

/// Opens the database, which gets its table if it is new.
fn connect(path: &Path) -> std::result::Result<Connection, String> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    }
    if std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() > MAX_BYTES) {
        std::fs::remove_file(path).map_err(|error| error.to_string())?;
    }
    let open = || {
        let connection = Connection::open(path)?;
        connection.busy_timeout(PATIENCE)?;
        let has_table: bool = connection.query_row(
            "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'matches')",
            [],
            |row| row.get(0),
        )?;
        if !has_table {
            connection.pragma_update(None, "journal_mode", "wal")?;
            connection.execute_batch(
                "CREATE TABLE IF NOT EXISTS matches (key BLOB PRIMARY KEY, similarities BLOB NOT NULL) WITHOUT ROWID",
            )?;
        }
        connection.pragma_update(None, "synchronous", "normal")?;
        Ok(connection)
    };
    open().map_err(|error: rusqlite::Error| error.to_string())
}

type Key = [u8; 32];

fn key(encoder: &blake3::Hash, layer: usize, pair: TextPair<'_>) -> Key {
    let mut hasher = blake3::Hasher::new_derive_key("evenhand: similarities of two texts");
    hasher.update(encoder.as_bytes()).update(&(layer as u64).to_le_bytes());
    for text in [pair.response, pair.reference] {
        hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
    }
    *hasher.finalize().as_bytes()
}

/// Returns a checksum, the number of the response's tokens, and the similarities of both texts.
fn encode(key: &Key, matches: &Matches) -> Vec<u8> {
    let Matches { response, reference } = matches;
    let mut row = vec![0; CHECKSUM];
    row.extend((response.len() as u32).to_le_bytes());
    row.extend(response.iter().chain(reference).flat_map(|number| number.to_le_bytes()));
    let checksum = checksum(key, &row[CHECKSUM..]);
    row[..CHECKSUM].copy_from_slice(&checksum);
    row
}

/// Returns the similarities of a row; `None` if it is damaged.
fn decode(key: &Key, row: &[u8]) -> Option<Matches> {
    let (found, rest) = row.split_first_chunk::<CHECKSUM>()?;
    if *found != checksum(key, rest) {
        return None;
    }
    let (tokens, numbers) = rest.split_first_chunk::<4>()?;
    let (numbers, []) = numbers.as_chunks::<4>() else { return None };
    let (response, reference) = numbers.split_at_checked(u32::from_le_bytes(*tokens) as usize)?;
    let [response, reference] = [response, reference]
        .map(|numbers| numbers.iter().map(|number| f32::from_le_bytes(*number)).collect());
    Some(Matches { response, reference })
}

fn checksum(key: &Key, bytes: &[u8]) -> [u8; CHECKSUM] {
    let hash = blake3::keyed_hash(key, bytes);
    let mut checksum = [0; CHECKSUM];
    checksum.copy_from_slice(&hash.as_bytes()[..CHECKSUM]);
    checksum
}
