//! A run file of generated responses: the prompts, and every attempt to have systems respond to them.
//!
//! It has the tables of a run of comparisons. A system at a server is a row of `judge`; a prompt is a row of `comparison`
//! without systems; a sample is a repeat in the order that comes first. Which attempt is a response to the prompt as it is
//! now follows from the digest of its request, so a prompt may change and change back, and no reply is ever deleted.

use std::cmp::Reverse;
use std::path::Path;

use rusqlite::params;
use serde::{Deserialize, Serialize};

use super::attempt::Attempt;
use super::comparison_queries::ComparisonPage;
use super::database::Database;
use super::inserts::ItemRow;
use super::manifest::{JudgeRecord, StoredJudge};
use super::planned_item::encode;
use super::row_set::RowSet;
use crate::error::{Error, Result};
use crate::input::{Item, Price};
use crate::judge::ServerProfile;

/// The word by which a manifest says that its file has generated responses.
const KIND: &str = "responses";
/// What stands for the systems of a comparison where a row is a prompt.
const NO_SYSTEMS: [&str; 2] = ["", ""];

/// The provenance of generated responses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GenerationManifest {
    kind: String,
    /// The version of the program that made the file; for people.
    pub evenhand: String,
    /// When the file was made, in seconds since 1970.
    pub created: u64,
    /// The items files that were written, the latest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<WrittenItems>,
}

/// What was written to an items file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WrittenItems {
    /// The digest of its text, by which the file is known wherever it is.
    pub digest: String,
    /// The number of items.
    pub items: u64,
    /// The systems whose responses were written.
    pub systems: Vec<String>,
}

/// The part of a manifest that says what a file contains.
#[derive(Deserialize)]
struct Kind {
    kind: Option<String>,
}

impl GenerationManifest {
    /// Returns the manifest of a new file.
    pub fn new(created: u64) -> Self {
        let evenhand = env!("CARGO_PKG_VERSION").to_owned();
        Self { kind: KIND.to_owned(), evenhand, created, outputs: Vec::new() }
    }
}

/// A run file of generated responses, opened for reading.
#[derive(Debug)]
pub struct GenerationFile {
    database: Database,
    manifest: GenerationManifest,
    systems: Vec<StoredJudge>,
}

impl GenerationFile {
    /// Opens a file for reading.
    ///
    /// # Errors
    ///
    /// There is no such file, it is no run file or a run of comparisons, it is damaged, or its format is newer.
    pub fn open(path: &Path) -> Result<Self> {
        let database = Database::read(path)?;
        let manifest = database.generation_manifest()?;
        let systems = database.judges()?;
        Ok(Self { database, manifest, systems })
    }

    /// Opens a file that may contain nothing yet, since the process that created it may have been killed; `None` if it
    /// contains nothing.
    ///
    /// # Errors
    ///
    /// As for [`GenerationFile::open`].
    pub fn open_if_started(path: &Path) -> Result<Option<Self>> {
        if Database::is_empty(path)? { Ok(None) } else { Self::open(path).map(Some) }
    }

    /// Returns the provenance.
    pub fn manifest(&self) -> &GenerationManifest {
        &self.manifest
    }

    /// Returns the systems that were ever asked, with their rows and the profiles of their servers.
    pub fn systems(&self) -> &[StoredJudge] {
        &self.systems
    }

    /// Returns what all requests may have cost so far, in USD, over all invocations; see
    /// [`RunFile::cost`](super::RunFile::cost).
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn cost(&self, price: impl Fn(&str) -> Option<Price>) -> Result<f64> {
        self.database.cost(&self.systems, price)
    }

    /// Returns the row of a prompt by the id of its item; `None` if the file does not have it.
    pub(crate) fn row_of(&self, id: &str) -> Result<Option<i64>> {
        let Some((item, _)) = self.database.item_digest(id)? else { return Ok(None) };
        self.database.comparison(item, &NO_SYSTEMS.map(ToOwned::to_owned))
    }

    /// Returns those of the next prompts after a row that are in `wanted`, with the attempts of one system at any of
    /// them, sorted by prompt; `None` at the end.
    pub(crate) fn page_after(
        &self,
        after: i64,
        wanted: &RowSet,
        system: i64,
    ) -> Result<Option<(ComparisonPage, Vec<Attempt>)>> {
        let Some(page) = self.database.comparisons_after(after, Some(wanted))? else {
            return Ok(None);
        };
        let attempts = self.database.attempts(after + 1..=page.last, system)?;
        Ok(Some((page, attempts)))
    }

    /// Returns the attempts of one system at one prompt in the order they were made: those of one sample, or of all,
    /// sample by sample.
    pub(crate) fn attempts_at(
        &self,
        prompt: i64,
        system: i64,
        sample: Option<u32>,
    ) -> Result<Vec<Attempt>> {
        match sample {
            Some(sample) => self.database.attempts_of_repeat(prompt, system, sample),
            None => self.database.attempts(prompt..=prompt, system),
        }
    }

    /// Reads the item of a prompt.
    pub(crate) fn item_at(&self, prompt: i64) -> Result<Item> {
        self.database.item_of(prompt)
    }

    /// Reads an item as it is stored.
    pub(crate) fn decode_item(&self, json: &str) -> Result<Item> {
        self.database.decode_item(json)
    }
}

/// Returns whether a run file has generated responses; it is looked at as
/// [`RunFile::open_snapshot`](super::RunFile::open_snapshot) does.
pub fn has_responses(path: &Path) -> bool {
    let manifest = Database::read_snapshot(path).and_then(|database| database.manifest_json());
    manifest.is_ok_and(|manifest| is_of_responses(&manifest))
}

impl Database {
    /// Returns an error if a file has generated responses and not comparisons.
    pub(super) fn check_has_comparisons(&self, manifest: &str) -> Result<()> {
        if !is_of_responses(manifest) {
            return Ok(());
        }
        Err(Error::input(format!(
            "{}: this run file has generated responses, and no comparisons",
            self.path().display()
        ))
        .hint("judge the items file that the responses were written to, and name the run file of that"))
    }

    /// Replaces the manifest of generated responses.
    pub(crate) fn set_generation_manifest(&self, manifest: &GenerationManifest) -> Result<()> {
        let sql = "INSERT OR REPLACE INTO manifest VALUES (1, ?)";
        self.execute(sql, params![encode(manifest)?]).map(|_| ())
    }

    /// Returns the manifest of generated responses.
    pub(super) fn generation_manifest(&self) -> Result<GenerationManifest> {
        let json = self.manifest_json()?;
        if !is_of_responses(&json) {
            return Err(Error::run(format!(
                "{}: this run file has comparisons, and no generated responses",
                self.path().display()
            ))
            .hint("name another run file"));
        }
        serde_json::from_str(&json).map_err(|error| self.damaged("manifest", error))
    }

    /// Writes the manifest and the systems; returns the rows of the systems, in the order given. A system has a row for
    /// each model and server that it was asked at, so that what an earlier one has replied keeps its provenance and is
    /// not taken for the replies of another.
    pub(crate) fn set_generation(
        &self,
        manifest: &GenerationManifest,
        systems: &[JudgeRecord],
    ) -> Result<Vec<i64>> {
        self.set_generation_manifest(manifest)?;
        let stored = self.judges()?;
        let mut rows = Vec::new();
        for system in systems {
            if let Some(known) = row_of(&stored, system) {
                let record = encode(&known.record.joined(system))?;
                self.execute(
                    "UPDATE judge SET json = ? WHERE row = ?",
                    params![record, known.row],
                )?;
                rows.push(known.row);
                continue;
            }
            let named = stored.iter().filter(|known| known.record.name == system.name).count();
            let key = match named {
                0 => system.name.clone(),
                earlier => format!("{}\n{}", system.name, earlier + 1),
            };
            let nothing = encode(&ServerProfile::default())?;
            let sql = "INSERT INTO judge (name, json, learnt) VALUES (?, ?, ?)";
            self.execute(sql, params![key, encode(system)?, nothing])?;
            rows.push(self.last_row());
        }
        Ok(rows)
    }

    /// Inserts the prompt of an item, or replaces its text; returns its row. `ordinal` is its number in the plan, counted
    /// from 1.
    pub(crate) fn put_prompt(&self, ordinal: i64, item: &Item) -> Result<i64> {
        let json = encode(item)?;
        let digest = *blake3::hash(json.as_bytes()).as_bytes();
        let between = NO_SYSTEMS.map(ToOwned::to_owned);
        let Some((row, stored)) = self.item_digest(&item.id)? else {
            let ItemRow { row, .. } = self.add_item(ordinal, item, &json, &digest)?;
            return self.add_comparison(ordinal, row, &between);
        };
        if stored != digest {
            let sql = "UPDATE item SET digest = ?, json = ? WHERE row = ?";
            self.execute(sql, params![digest, json, row])?;
        }
        let prompt = self.comparison(row, &between)?;
        prompt.map_or_else(|| self.add_comparison(ordinal, row, &between), Ok)
    }
}

/// Returns the row of a system at its server. Of several that have one of its servers, it is the one that has the most
/// of them, then the fewest others, then the earliest.
pub(crate) fn row_of<'a>(
    stored: &'a [StoredJudge],
    system: &JudgeRecord,
) -> Option<&'a StoredJudge> {
    let same = stored.iter().filter(|known| is_same_system(&known.record, system));
    same.min_by_key(|known| {
        let servers = known.record.servers();
        let shared = servers.filter(|url| system.servers().any(|other| other == *url)).count();
        (Reverse(shared), known.record.servers().count(), known.row)
    })
}

/// Returns whether two records of a system are of the same model at the same server. Parameters do not count: they are
/// in the digest of each request.
fn is_same_system(stored: &JudgeRecord, now: &JudgeRecord) -> bool {
    let is_same_place = if now.has_endpoint() || stored.has_endpoint() {
        stored.api == now.api && stored.shares_servers(now)
    } else {
        stored.command == now.command
    };
    stored.name == now.name && stored.model == now.model && is_same_place
}

fn is_of_responses(manifest: &str) -> bool {
    let kind = serde_json::from_str::<Kind>(manifest);
    kind.is_ok_and(|manifest| manifest.kind.as_deref() == Some(KIND))
}
