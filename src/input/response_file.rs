//! A file with the responses of one system, joined to the items by id (`--responses SYSTEM=FILE`).

use std::collections::BTreeMap;

use super::data_file::DataFile;
use super::items::Item;
use super::jsonl::{self, Fingerprint, LineIndex};
use super::occurrences::Occurrences;
use super::read_conversation::read_content;
use super::similar_names::alike;
use super::system_name::check_system_name;
use crate::error::{Error, Result, Warning, counted};

/// The response file of one system.
#[derive(Debug)]
pub(super) struct ResponseFile {
    pub(super) system: String,
    lines: LineIndex,
    /// How many lines have each unknown field.
    unknown_fields: BTreeMap<String, usize>,
}

/// Which lines of a response file were joined to an item, and which items have no line.
#[derive(Debug)]
pub(super) struct JoinCounts {
    /// One bit for each line of the file.
    matched: Vec<u64>,
    /// Items without a response in the file.
    missing: Occurrences,
    /// The ids of the first of them, to find mistyped ones in the file.
    missing_ids: Vec<String>,
}

/// So many ids are compared to find mistyped ones; more are no typing errors.
const MOST_COMPARED: usize = 1000;

impl JoinCounts {
    /// Records that item `id` was joined to the line at `position`, or to none.
    pub(super) fn record(&mut self, position: Option<usize>, id: &str) {
        if let Some(position) = position {
            self.matched[position / 64] |= 1 << (position % 64);
            return;
        }
        self.missing.record(id);
        if self.missing_ids.len() < MOST_COMPARED {
            self.missing_ids.push(id.to_owned());
        }
    }

    fn is_matched(&self, position: usize) -> bool {
        self.matched[position / 64] & (1 << (position % 64)) != 0
    }
}

impl ResponseFile {
    /// Opens a response file: validates every line and indexes it.
    ///
    /// # Errors
    ///
    /// The file cannot be read, a line lacks `id` or `response`, an id is repeated, or the system's name is
    /// reserved.
    pub(super) fn open(system: &str, file: DataFile) -> Result<Self> {
        check_system_name(system)
            .map_err(|why| Error::usage(format!("response file {}: {why}", file.shown())))?;
        let mut unknown_fields = BTreeMap::new();
        let lines = LineIndex::read(file, |mut record| {
            let id = record.take_id()?;
            let response = record.take("response").ok_or_else(|| record.missing("response"))?;
            read_content(&mut record, &jsonl::Path::new("response"), response)?;
            for field in record.unknown_fields(&["id", "response"])? {
                *unknown_fields.entry(field).or_default() += 1;
            }
            Ok(Fingerprint::of(&[&id]))
        })?;
        if let Some([earlier, later]) = lines.first_repeated() {
            let mut record = lines.record(later)?;
            let id = record.take_id()?;
            let earlier = lines.line_number(earlier);
            return Err(record
                .error(format!("id `{id}` is already on line {earlier}"))
                .hint("keep one response of the system for each item"));
        }
        Ok(Self { system: system.to_owned(), lines, unknown_fields })
    }

    /// Returns the length of the longest line, in bytes.
    pub(super) fn longest(&self) -> usize {
        self.lines.longest()
    }

    /// Returns counts for this file before any item is joined.
    pub(super) fn join_counts(&self) -> JoinCounts {
        let matched = vec![0; self.lines.len().div_ceil(64)];
        JoinCounts { matched, missing: Occurrences::default(), missing_ids: Vec::new() }
    }

    /// Adds the system's response to an item and returns the position of its line; `None` if there is none.
    ///
    /// # Errors
    ///
    /// The item already has a response of the system, or the file was changed after it was opened.
    pub(super) fn join(&self, item: &mut Item, id: Fingerprint) -> Result<Option<usize>> {
        let Some(position) = self.lines.find(id).next() else { return Ok(None) };
        let mut record = self.lines.record(position)?;
        let id_in_file = record.take_id()?;
        self.lines.check_key(position, &record, Fingerprint::of(&[&id_in_file]))?;
        let response = record.take("response").ok_or_else(|| record.missing("response"))?;
        let response = read_content(&mut record, &jsonl::Path::new("response"), response)?;
        if item.responses.insert(self.system.clone(), response).is_some() {
            let (system, id, at) = (&self.system, &item.id, &item.place);
            return Err(record
                .error(format!("`{system}` already has a response to `{id}` in {at}"))
                .hint(
                    "give the responses of a system either in the items file or in a response file",
                ));
        }
        Ok(Some(position))
    }

    /// Returns a warning for each kind of unknown field, for lines that match no item, and for items without a
    /// response in this file.
    ///
    /// # Errors
    ///
    /// The file was changed after it was opened.
    pub(super) fn warnings(&self, joined: &JoinCounts) -> Result<Vec<Warning>> {
        let file = self.lines.file().shown();
        let mut warnings = Vec::new();
        for (field, count) in &self.unknown_fields {
            let of = counted(*count as u64, "response", "responses");
            let message = format!("{file}: field `{field}` of {of} is ignored");
            warnings.push(Warning::new("unused-response-field", message));
        }
        let unmatched = || (0..self.lines.len()).filter(|position| !joined.is_matched(*position));
        if let Some(first) = unmatched().min_by_key(|position| self.lines.line_number(*position)) {
            let id = self.lines.record(first)?.take_id()?;
            let ids = counted(
                unmatched().count() as u64,
                "id is not in the items file and was ignored",
                "ids are not in the items file and were ignored",
            );
            let compared = unmatched().take(MOST_COMPARED);
            let compared = compared.map(|at| self.lines.record(at)?.take_id());
            let compared = compared.collect::<Result<Vec<_>>>()?;
            let known = joined.missing_ids.iter().map(String::as_str);
            let meant = alike(compared.iter().map(String::as_str), known);
            let meant = meant.map(|alike| format!("; {alike}")).unwrap_or_default();
            let message = format!("{file}: {ids} (first: `{id}`){meant}");
            warnings.push(Warning::new("unmatched-ids", message));
        }
        let Occurrences { count, first } = &joined.missing;
        if *count > 0 {
            let items = counted(*count as u64, "item has", "items have");
            let message =
                format!("{file}: {items} no response of `{}` (first: `{first}`)", self.system);
            warnings.push(Warning::new("missing-responses", message));
        }
        Ok(warnings)
    }
}
