//! Streams items from an items file and joins the responses of separate response files by id.
//!
//! Valid but unusual input (empty responses, equal responses, unknown fields, unmatched ids) is counted and
//! reported as warnings. Only fingerprints of the ids are kept in memory, to detect repeated ids.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use rayon::prelude::*;

use super::conversation::Content;
use super::data_file::DataFile;
use super::generated::ResponseMark;
use super::items::{FIELDS, Item, read_item};
use super::jsonl::{Fingerprint, Line, Lines};
use super::occurrences::Occurrences;
use super::response_file::{JoinCounts, ResponseFile};
use super::table::{EmptyCells, ItemColumns};
use crate::error::{Error, Remedy, Result, Warning, counted};

/// The most lines in a batch.
const BATCH_LINES: usize = 1024;
/// A batch ends once its lines have this many bytes together.
const BATCH_BYTES: usize = 4 << 20;

/// Items in memory, with the warnings about them.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Items {
    /// The items, in file order.
    pub items: Vec<Item>,
    /// One for each kind of unusual input, with its count.
    pub warnings: Vec<Warning>,
}

/// Reads all items into memory.
///
/// # Errors
///
/// As for [`ItemSource::open`], [`ItemReader::next_batch`] and [`ItemReader::finish`].
pub fn read_items(path: &Path, responses: &[(String, &Path)]) -> Result<Items> {
    read_all(&ItemSource::open(path, responses)?)
}

/// Reads all items into memory, whose responses are scored one by one: each item needs one only.
///
/// # Errors
///
/// As for [`read_items`].
pub fn read_scored_items(path: &Path) -> Result<Items> {
    read_all(&ItemSource::open(path, &[])?.with_single_responses())
}

fn read_all(source: &ItemSource) -> Result<Items> {
    let mut reader = source.read()?;
    let mut items = Vec::new();
    while let Some(batch) = reader.next_batch()? {
        items.extend(batch);
    }
    Ok(Items { items, warnings: reader.finish()? })
}

/// What items are read for: how many responses that takes, and its words for messages.
#[derive(Debug)]
struct Purpose {
    min_responses: usize,
    verb: &'static str,
    participle: &'static str,
    enough: &'static str,
    too_few: &'static str,
}

/// Responses are compared in pairs.
const JUDGING: Purpose = Purpose {
    min_responses: 2,
    verb: "compare",
    participle: "judged",
    enough: "responses of two systems",
    too_few: "fewer than two responses",
};

/// Each response is scored by itself.
const SCORING: Purpose = Purpose {
    min_responses: 1,
    verb: "score",
    participle: "scored",
    enough: "a response",
    too_few: "no response",
};

/// Systems are asked to respond to each prompt.
const RESPONDING: Purpose = Purpose {
    min_responses: 0,
    verb: "respond to",
    participle: "kept",
    enough: "a prompt",
    too_few: "no prompt",
};

/// An items file with the response files that are joined to it.
#[derive(Debug)]
pub struct ItemSource {
    file: DataFile,
    responses: Vec<ResponseFile>,
    purpose: &'static Purpose,
}

impl ItemSource {
    /// Returns the items in a file and in the response files, given as pairs of system and file. The columns of
    /// tables have the meanings that their names give them.
    ///
    /// # Errors
    ///
    /// As for [`ItemSource::of`].
    pub fn open(path: &Path, responses: &[(String, &Path)]) -> Result<Self> {
        let responses = responses
            .iter()
            .map(|(system, file)| (system.clone(), DataFile::responses(*file, EmptyCells::Error)));
        Self::of(DataFile::items(path, ItemColumns::default()), responses)
    }

    /// Validates and indexes the response files, given as pairs of system and file.
    ///
    /// The items file itself is opened by [`ItemSource::read`].
    ///
    /// # Errors
    ///
    /// A response file cannot be read, has a line without `id` or `response`, repeats an id, or belongs to a
    /// system with a reserved name.
    pub fn of(
        items: DataFile,
        responses: impl IntoIterator<Item = (String, DataFile)>,
    ) -> Result<Self> {
        let responses = responses.into_iter();
        let responses = responses.map(|(system, file)| ResponseFile::open(&system, file));
        let responses = responses.collect::<Result<_>>()?;
        Ok(Self { file: items, responses, purpose: &JUDGING })
    }

    /// Returns the same source for responses that are scored, not compared: one response per item is enough.
    #[must_use]
    pub fn with_single_responses(self) -> Self {
        Self { purpose: &SCORING, ..self }
    }

    /// Returns the same source for prompts that systems are asked to respond to: no response is needed.
    #[must_use]
    pub fn with_prompts_only(self) -> Self {
        Self { purpose: &RESPONDING, ..self }
    }

    /// Returns the systems whose responses are in separate files, in the order of these.
    pub fn listed_systems(&self) -> impl Iterator<Item = &str> {
        self.responses.iter().map(|file| file.system.as_str())
    }

    /// Returns the path of the items file.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Opens the items file and returns a reader at its first line.
    ///
    /// # Errors
    ///
    /// The items file cannot be opened.
    pub fn read(&self) -> Result<ItemReader<'_>> {
        Ok(ItemReader {
            source: self,
            lines: Lines::open(&self.file)?,
            seen: HashMap::new(),
            unknown_fields: BTreeMap::new(),
            items: 0,
            joined: self.responses.iter().map(ResponseFile::join_counts).collect(),
            skipped: Occurrences::default(),
            empty: Occurrences::default(),
            cut_off: Occurrences::default(),
            unfinished: Occurrences::default(),
            refused: Occurrences::default(),
            equal: Occurrences::default(),
        })
    }
}

/// Reads the items of a source in file order, batch by batch.
#[derive(Debug)]
pub struct ItemReader<'a> {
    source: &'a ItemSource,
    lines: Lines,
    /// The line number of every id so far.
    seen: HashMap<Fingerprint, u32>,
    /// How many items have each unknown field.
    unknown_fields: BTreeMap<String, usize>,
    /// The number of items with enough responses.
    items: usize,
    /// By response file.
    joined: Vec<JoinCounts>,
    /// Items with too few responses.
    skipped: Occurrences,
    /// Items with an empty response.
    empty: Occurrences,
    /// Items with a response that was cut off when it was generated.
    cut_off: Occurrences,
    /// Items with a response that ended before its end for another reason.
    unfinished: Occurrences,
    /// Items with a response that is a refusal.
    refused: Occurrences,
    /// Items with two equal responses.
    equal: Occurrences,
}

/// One parsed line of the items file, joined with the response files.
struct ParsedItem {
    item: Item,
    line: usize,
    fingerprint: Fingerprint,
    unknown_fields: Vec<String>,
    /// By response file, the position of the line that was joined.
    positions: Vec<Option<usize>>,
}

impl ItemReader<'_> {
    /// Returns the next batch of items, at most 1024; `None` at the end.
    ///
    /// An item with too few responses (fewer than two, or none [for scoring]) is an error; but if there are
    /// response files, it is skipped and counted.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or a line is not a JSON object, has a field of the wrong type, repeats an id,
    /// names a reserved system, or has too few responses.
    ///
    /// [for scoring]: ItemSource::with_single_responses
    pub fn next_batch(&mut self) -> Result<Option<Vec<Item>>> {
        // How much a line gets from the response files is known only after the join; count the most.
        let joined: usize = self.source.responses.iter().map(ResponseFile::longest).sum();
        let (mut lines, mut bytes) = (Vec::new(), 0);
        while lines.len() < BATCH_LINES && bytes < BATCH_BYTES {
            let Some(line) = self.lines.next_line()? else { break };
            bytes += line.text.len() + joined;
            lines.push(line);
        }
        if lines.is_empty() {
            return Ok(None);
        }
        let source = self.source;
        let parsed: Vec<Result<ParsedItem>> =
            lines.into_par_iter().map(|line| parse_line(source, line)).collect();
        let mut items = Vec::with_capacity(parsed.len());
        for parsed in parsed {
            items.extend(self.accept(parsed?)?);
        }
        Ok(Some(items))
    }

    /// Updates the counts with an item and returns it; `None` if it is skipped.
    fn accept(&mut self, parsed: ParsedItem) -> Result<Option<Item>> {
        let ParsedItem { item, line, fingerprint, unknown_fields, positions } = parsed;
        match self.seen.entry(fingerprint) {
            Entry::Occupied(earlier) => {
                let message = format!(
                    "{}: id `{}` is already on line {}",
                    item.place,
                    item.id,
                    earlier.get()
                );
                return Err(Error::input(message).hint("give every item its own id"));
            }
            Entry::Vacant(entry) => {
                entry.insert(line as u32);
            }
        }
        for field in unknown_fields {
            *self.unknown_fields.entry(field).or_default() += 1;
        }
        for (joined, position) in self.joined.iter_mut().zip(positions) {
            joined.record(position, &item.id);
        }
        if self.source.responses.is_empty() {
            require_responses(&item, self.source.purpose)?;
        } else if item.responses.len() < self.source.purpose.min_responses {
            self.skipped.record(&item.id);
            return Ok(None);
        }
        if item.responses.values().any(Content::is_empty) {
            self.empty.record(&item.place);
        }
        let is_marked = |mark| {
            let marked = item.generated.iter().filter(|(_, made)| made.mark == Some(mark));
            marked.into_iter().any(|(system, _)| item.responses.contains_key(system))
        };
        if is_marked(ResponseMark::CutOff) {
            self.cut_off.record(&item.place);
        }
        if is_marked(ResponseMark::Unfinished) {
            self.unfinished.record(&item.place);
        }
        if is_marked(ResponseMark::Refused) {
            self.refused.record(&item.place);
        }
        let responses: Vec<&Content> = item.responses.values().collect();
        let equal = |(at, one): (usize, &&Content)| {
            responses[at + 1..].iter().any(|other| one.equals_apart_from_ids(other))
        };
        if responses.iter().enumerate().any(equal) {
            self.equal.record(&item.place);
        }
        self.items += 1;
        Ok(Some(item))
    }

    /// Returns the warnings: one for each kind of unusual input, with its count.
    ///
    /// # Errors
    ///
    /// The file has no items, none of them has enough responses, or a response file was changed meanwhile.
    pub fn finish(self) -> Result<Vec<Warning>> {
        let (path, purpose) = (self.source.file.shown(), self.source.purpose);
        if self.seen.is_empty() {
            return Err(Error::input(format!("{path}: the file has no items")));
        }
        if self.items == 0 {
            return Err(Error::input(format!(
                "{path}: no item has {}, even with the response files",
                purpose.enough
            ))
            .hint("use the same `id`s in the items file and in the response files"));
        }
        let mut warnings = self.source.file.warnings()?;
        warnings.extend(self.unknown_fields.iter().map(|(field, count)| {
            let of = counted(*count as u64, "item", "items");
            let message = format!(
                "field `{field}` of {of} is ignored; put data for the prompt into `context` and values \
                 to slice by into `tags`"
            );
            Warning::new("unused-item-field", message)
        }));
        for (file, joined) in self.source.responses.iter().zip(&self.joined) {
            warnings.extend(file.warnings(joined)?);
        }
        let all = self.items;
        let have = |count: usize| if count == 1 { "has" } else { "have" };
        let Occurrences { count, first } = self.skipped;
        if count > 0 {
            let (items, are) = if count == 1 { ("item", "is") } else { ("items", "are") };
            warnings.push(Warning::new(
                "items-left-out",
                format!(
                    "{count} {items} {} {} and {are} left out (first: `{first}`)",
                    have(count),
                    purpose.too_few
                ),
            ));
        }
        let mut warn = |code, Occurrences { count, first }, what| {
            if count > 0 {
                let have = have(count);
                let message = format!(
                    "{count} of {all} items {have} {what} {} like any other (first: {first})",
                    purpose.participle
                );
                warnings.push(Warning::new(code, message));
            }
        };
        warn("empty-responses", self.empty, "an empty response, which is");
        let cut_off = "a response that was cut off at the limit of its length, which is";
        warn("cut-off-responses", self.cut_off, cut_off);
        warn("unfinished-responses", self.unfinished, "a response that is unfinished, which is");
        warn("refused-responses", self.refused, "a refusal to respond, which is");
        warn("equal-responses", self.equal, "two equal responses, which are");
        Ok(warnings)
    }
}

/// Parses one line and joins the response files.
fn parse_line(source: &ItemSource, line: Line) -> Result<ParsedItem> {
    let mut record = line.parse()?;
    let mut item = read_item(&mut record)?;
    let line = record.line;
    let unknown_fields = record.unknown_fields(&FIELDS)?;
    let fingerprint = Fingerprint::of(&[&item.id]);
    let mut positions = Vec::with_capacity(source.responses.len());
    for file in &source.responses {
        positions.push(file.join(&mut item, fingerprint)?);
    }
    Ok(ParsedItem { item, line, fingerprint, unknown_fields, positions })
}

/// Fails if an item has too few responses.
fn require_responses(item: &Item, purpose: &Purpose) -> Result<()> {
    let names: Vec<&str> = item.responses.keys().map(String::as_str).collect();
    match names.as_slice() {
        [] if purpose.min_responses > 0 => {
            Err(Error::input(format!("{}: responses is missing", item.place))
                .at(&item.place)
                .in_field("responses")
                .detail(format!("item {} has nothing to {}", item.id, purpose.verb))
                .suggest(Remedy::AddResponses))
        }
        [only] if purpose.min_responses > 1 => Err(Error::input(format!(
            "{}: responses: expected two or more systems, found one (`{only}`)",
            item.place
        ))
        .at(&item.place)
        .in_field("responses")
        .detail(format!("item {} has nothing to compare it with", item.id))
        .hint("add the response of another system, or remove the item")),
        _ => Ok(()),
    }
}
