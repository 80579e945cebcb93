//! A file with the responses of one system, joined to the items by id.

use std::collections::BTreeMap;
use std::path::Path;

use super::items::{Item, check_system_name, read_content};
use super::line_index::{Fingerprint, LineIndex};
use crate::error::{Error, Result, Warning};

/// The responses of one system.
#[derive(Debug)]
pub(super) struct ResponseFile {
    system: String,
    lines: LineIndex,
    unknown: BTreeMap<String, usize>,
}

/// Which responses have found their item, and how many items have found none.
#[derive(Debug)]
pub(super) struct Joined {
    /// One bit for each line of the file.
    matched: Vec<u64>,
    without: usize,
    first_without: String,
}

impl Joined {
    /// Notes where an item's response stands.
    pub(super) fn note(&mut self, place: Option<usize>, id: &str) {
        if let Some(place) = place {
            self.matched[place / 64] |= 1 << (place % 64);
        } else {
            if self.without == 0 {
                id.clone_into(&mut self.first_without);
            }
            self.without += 1;
        }
    }

    fn has(&self, place: usize) -> bool {
        self.matched[place / 64] & (1 << (place % 64)) != 0
    }
}

impl ResponseFile {
    /// Checks every line and remembers where it stands.
    ///
    /// # Errors
    ///
    /// The file cannot be read, a line lacks its fields, an id is there twice, or the name is reserved.
    pub(super) fn read(system: &str, path: &Path) -> Result<Self> {
        check_system_name(system)
            .map_err(|why| Error::usage(format!("--responses {system}=…: {why}")))?;
        let mut unknown = BTreeMap::new();
        let lines = LineIndex::read(path, |mut record| {
            let id = record.take_name("id")?;
            let response = record.take("response").ok_or_else(|| record.missing("response"))?;
            read_content(&record, "response", response)?;
            for field in record.leftovers(&["id", "response"])? {
                *unknown.entry(field).or_default() += 1;
            }
            Ok(Fingerprint::of(&[&id]))
        })?;
        if let Some([earlier, later]) = lines.first_repeated() {
            let mut record = lines.line(later)?;
            let id = record.take_name("id")?;
            let earlier = lines.number(earlier);
            return Err(record.error(format!("id `{id}` is already on line {earlier}")));
        }
        Ok(Self { system: system.to_owned(), lines, unknown })
    }

    /// Returns how long the longest line is, in bytes.
    pub(super) fn longest(&self) -> usize {
        self.lines.longest()
    }

    pub(super) fn nothing_joined(&self) -> Joined {
        let matched = vec![0; self.lines.len().div_ceil(64)];
        Joined { matched, without: 0, first_without: String::new() }
    }

    /// Gives an item its response; returns the response's place.
    ///
    /// # Errors
    ///
    /// The item has one already, or the file is not what it was.
    pub(super) fn join(&self, item: &mut Item, id: Fingerprint) -> Result<Option<usize>> {
        let Some(place) = self.lines.find(id).next() else { return Ok(None) };
        let mut record = self.lines.line(place)?;
        let id_there = record.take_name("id")?;
        self.lines.check(place, &record, Fingerprint::of(&[&id_there]))?;
        let response = record.take("response").ok_or_else(|| record.missing("response"))?;
        let response = read_content(&record, "response", response)?;
        if item.responses.insert(self.system.clone(), response).is_some() {
            let (system, id, at) = (&self.system, &item.id, &item.place);
            return Err(
                record.error(format!("`{system}` already has a response to `{id}` in {at}"))
            );
        }
        Ok(Some(place))
    }

    /// Returns what was odd about the file.
    ///
    /// # Errors
    ///
    /// The file is not what it was.
    pub(super) fn warnings(&self, joined: &Joined) -> Result<Vec<Warning>> {
        let file = self.lines.path().display();
        let mut warnings = Vec::new();
        for (field, count) in &self.unknown {
            let of =
                if *count == 1 { "1 response".to_owned() } else { format!("{count} responses") };
            let message = format!("{file}: field `{field}` of {of} is not used");
            warnings.push(Warning::new("unused-response-field", message));
        }
        let unmatched = (0..self.lines.len()).filter(|place| !joined.has(*place));
        let (mut count, mut first) = (0, None);
        for place in unmatched {
            count += 1;
            let earlier = first.is_none_or(|at| self.lines.number(place) < self.lines.number(at));
            first = if earlier { Some(place) } else { first };
        }
        if let Some(first) = first {
            let id = self.lines.line(first)?.take_name("id")?;
            let (ids, was) = if count == 1 { ("id is", "was") } else { ("ids are", "were") };
            let message = format!(
                "{file}: {count} {ids} not in the items file and {was} left out, the first is `{id}`"
            );
            warnings.push(Warning::new("unmatched-ids", message));
        }
        if joined.without > 0 {
            let items = if joined.without == 1 { "item has" } else { "items have" };
            let message = format!(
                "{file}: {} {items} no response of `{}`, the first is `{}`",
                joined.without, self.system, joined.first_without
            );
            warnings.push(Warning::new("missing-responses", message));
        }
        Ok(warnings)
    }
}
