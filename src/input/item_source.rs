//! The files that items come from, read as a stream as often as is wanted.
//!
//! An item's responses may lie in the items file or in one file per system, joined by id. Oddities that
//! are allowed (an empty response, two equal ones, fields nobody knows, ids without a partner) are counted
//! and reported, never passed over in silence. Of what has been read only fingerprints of the ids stay in
//! memory, so that no id can be there twice.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::items::{Content, FIELDS, Item, read_item};
use super::json::{Line, Lines};
use super::line_index::Fingerprint;
use super::responses::{Joined, ResponseFile};
use crate::error::{Error, Result, Warning};

/// How many lines are read at a time…
const BATCH: usize = 1024;
/// …unless they are as long as this together, in bytes.
const BATCH_BYTES: usize = 4 << 20;

/// Items as read, with what was odd about them.
#[derive(Debug, Default)]
pub struct Items {
    /// The items, in file order.
    pub items: Vec<Item>,
    /// One for each kind of oddity, with its count.
    pub warnings: Vec<Warning>,
}

/// Reads all items at once, for files that fit into memory.
///
/// # Errors
///
/// As for [`ItemSource::open`], [`ItemReader::next_batch`] and [`ItemReader::finish`].
pub fn read_items(path: &Path, responses: &[(String, &Path)]) -> Result<Items> {
    let source = ItemSource::open(path, responses)?;
    let mut reader = source.read()?;
    let mut items = Vec::new();
    while let Some(batch) = reader.next_batch()? {
        items.extend(batch);
    }
    Ok(Items { items, warnings: reader.finish()? })
}

/// What items are read for: how many responses that takes, and its words in messages.
#[derive(Debug)]
struct Purpose {
    least: usize,
    act: &'static str,
    done: &'static str,
    enough: &'static str,
    too_few: &'static str,
}

/// Responses are compared.
const JUDGING: Purpose = Purpose {
    least: 2,
    act: "compare",
    done: "judged",
    enough: "responses of two systems",
    too_few: "fewer than two responses",
};

/// Each response is scored by itself.
const SCORING: Purpose = Purpose {
    least: 1,
    act: "score",
    done: "scored",
    enough: "a response",
    too_few: "no response",
};

/// An items file, and the files with the responses of single systems.
#[derive(Debug)]
pub struct ItemSource {
    path: PathBuf,
    responses: Vec<ResponseFile>,
    purpose: &'static Purpose,
}

impl ItemSource {
    /// Reads the response files (system, file) once, to know where each response stands.
    ///
    /// # Errors
    ///
    /// A response file cannot be read or is no ordinary file, a line of it lacks its fields, an id is in
    /// it twice, or a system has a reserved name.
    pub fn open(path: &Path, responses: &[(String, &Path)]) -> Result<Self> {
        let responses = responses.iter().map(|(system, file)| ResponseFile::read(system, file));
        let responses = responses.collect::<Result<_>>()?;
        Ok(Self { path: path.to_owned(), responses, purpose: &JUDGING })
    }

    /// Returns the same source for responses that are scored, not compared: one response is enough.
    #[must_use]
    pub fn with_single_responses(self) -> Self {
        Self { purpose: &SCORING, ..self }
    }

    /// Returns the path of the items file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns whether the items can be read more than once: a pipe cannot.
    pub fn is_repeatable(&self) -> bool {
        self.path.is_file()
    }

    /// Begins to read.
    ///
    /// # Errors
    ///
    /// The items file cannot be opened.
    pub fn read(&self) -> Result<ItemReader<'_>> {
        Ok(ItemReader {
            source: self,
            lines: Lines::open(&self.path)?,
            seen: HashMap::new(),
            unknown: BTreeMap::new(),
            items: 0,
            joined: self.responses.iter().map(ResponseFile::nothing_joined).collect(),
            left_out: Oddity::default(),
            empty: Oddity::default(),
            equal: Oddity::default(),
        })
    }
}

/// Reads the items of a source, in the order of the file.
#[derive(Debug)]
pub struct ItemReader<'a> {
    source: &'a ItemSource,
    lines: Lines,
    /// The line of every id so far.
    seen: HashMap<Fingerprint, u32>,
    unknown: BTreeMap<String, usize>,
    /// Items with responses enough.
    items: usize,
    /// What was found in each response file.
    joined: Vec<Joined>,
    left_out: Oddity,
    empty: Oddity,
    equal: Oddity,
}

/// How often something odd was seen, and where first.
#[derive(Debug, Default)]
struct Oddity {
    count: usize,
    first: String,
}

impl Oddity {
    fn seen(&mut self, at: &str) {
        if self.count == 0 {
            at.clone_into(&mut self.first);
        }
        self.count += 1;
    }
}

/// One line of the items file, read and joined.
struct Read {
    item: Item,
    line: usize,
    fingerprint: Fingerprint,
    unknown: Vec<String>,
    /// The place of the response in each response file.
    places: Vec<Option<usize>>,
}

impl ItemReader<'_> {
    /// Returns the next items, some thousand at most; `None` at the end.
    ///
    /// # Errors
    ///
    /// A line that is not a JSON object, a field of the wrong type, an id that is there twice, a reserved
    /// system name, an item with fewer than two responses (none, if [single ones] are enough). Where there are
    /// response files such an item is left out and counted.
    ///
    /// [single ones]: ItemSource::with_single_responses
    pub fn next_batch(&mut self) -> Result<Option<Vec<Item>>> {
        // What a line gets from the response files is not known before it is read, only how much at most.
        let joined: usize = self.source.responses.iter().map(ResponseFile::longest).sum();
        let (mut lines, mut bytes) = (Vec::new(), 0);
        while lines.len() < BATCH && bytes < BATCH_BYTES {
            let Some(line) = self.lines.next_line()? else { break };
            bytes += line.text.len() + joined;
            lines.push(line);
        }
        if lines.is_empty() {
            return Ok(None);
        }
        let source = self.source;
        let read: Vec<Result<Read>> =
            lines.into_par_iter().map(|line| read_line(source, line)).collect();
        let mut items = Vec::with_capacity(read.len());
        for read in read {
            items.extend(self.take(read?)?);
        }
        Ok(Some(items))
    }

    /// Counts what a line brought; `None` if its item is left out.
    fn take(&mut self, read: Read) -> Result<Option<Item>> {
        let Read { item, line, fingerprint, unknown, places } = read;
        match self.seen.entry(fingerprint) {
            Entry::Occupied(earlier) => {
                let message = format!(
                    "{}: id `{}` is already on line {}",
                    item.place,
                    item.id,
                    earlier.get()
                );
                return Err(Error::input(message).hint("every item needs an id of its own"));
            }
            Entry::Vacant(entry) => {
                entry.insert(line as u32);
            }
        }
        for field in unknown {
            *self.unknown.entry(field).or_default() += 1;
        }
        for (joined, place) in self.joined.iter_mut().zip(places) {
            joined.note(place, &item.id);
        }
        if self.source.responses.is_empty() {
            require_responses(&item, self.source.purpose)?;
        } else if item.responses.len() < self.source.purpose.least {
            self.left_out.seen(&item.id);
            return Ok(None);
        }
        if item.responses.values().any(Content::is_empty) {
            self.empty.seen(&item.place);
        }
        let responses: Vec<&Content> = item.responses.values().collect();
        if responses.iter().enumerate().any(|(at, one)| responses[at + 1..].contains(one)) {
            self.equal.seen(&item.place);
        }
        self.items += 1;
        Ok(Some(item))
    }

    /// Returns what was odd, one sentence for each kind, with its count.
    ///
    /// # Errors
    ///
    /// There was no item, or none with responses enough.
    pub fn finish(self) -> Result<Vec<Warning>> {
        let (path, purpose) = (self.source.path.display(), self.source.purpose);
        if self.seen.is_empty() {
            return Err(Error::input(format!("{path}: there are no items in it")));
        }
        if self.items == 0 {
            return Err(Error::input(format!(
                "{path}: no item has {} once the response files are joined",
                purpose.enough
            ))
            .hint("the `id`s of the items and of the response files must be the same"));
        }
        let mut warnings: Vec<Warning> = self
            .unknown
            .iter()
            .map(|(field, count)| {
                let of = if *count == 1 { "1 item".to_owned() } else { format!("{count} items") };
                Warning::new(
                    "unused-item-field",
                    format!(
                        "field `{field}` of {of} is not used; `context` is for what the prompt needs, `tags` \
                         for slices"
                    ),
                )
            })
            .collect();
        for (file, joined) in self.source.responses.iter().zip(&self.joined) {
            warnings.extend(file.warnings(joined)?);
        }
        let all = self.items;
        let have = |count: usize| if count == 1 { "has" } else { "have" };
        let Oddity { count, first } = self.left_out;
        if count > 0 {
            let (items, are) = if count == 1 { ("item", "is") } else { ("items", "are") };
            warnings.push(Warning::new(
                "items-left-out",
                format!(
                    "{count} {items} {} {} and {are} left out, the first is `{first}`",
                    have(count),
                    purpose.too_few
                ),
            ));
        }
        let mut odd = |code, Oddity { count, first }, what| {
            if count > 0 {
                let have = have(count);
                let message = format!(
                    "{count} of {all} items {have} {what} {} like any other (first: {first})",
                    purpose.done
                );
                warnings.push(Warning::new(code, message));
            }
        };
        odd("empty-responses", self.empty, "an empty response; it is");
        odd("equal-responses", self.equal, "two equal responses; they are");
        Ok(warnings)
    }
}

fn read_line(source: &ItemSource, line: Line) -> Result<Read> {
    let mut record = line.parse()?;
    let mut item = read_item(&mut record)?;
    let line = record.line;
    let unknown = record.leftovers(&FIELDS)?;
    let fingerprint = Fingerprint::of(&[&item.id]);
    let mut places = Vec::with_capacity(source.responses.len());
    for file in &source.responses {
        places.push(file.join(&mut item, fingerprint)?);
    }
    Ok(Read { item, line, fingerprint, unknown, places })
}

fn require_responses(item: &Item, purpose: &Purpose) -> Result<()> {
    let names: Vec<&str> = item.responses.keys().map(String::as_str).collect();
    match names.as_slice() {
        [] => Err(Error::input(format!("{}: responses is missing", item.place))
            .detail(format!("item {} has nothing to {}", item.id, purpose.act))
            .hint(
                r#"write "responses":{"SYSTEM":"…","OTHER":"…"}, or give --responses SYSTEM=FILE"#,
            )),
        [only] if purpose.least > 1 => Err(Error::input(format!(
            "{}: responses: expected two or more systems, found one (`{only}`)",
            item.place
        ))
        .detail(format!("item {} has nothing to compare it with", item.id))
        .hint("give the other system's response, or leave the item out")),
        _ => Ok(()),
    }
}
