//! Recorded replies of a judge, looked up by item and presentation order.
//!
//! The file is JSONL with one answer per line. `{"id","first","second","reply"}` holds the text of a reply, which is
//! read as the rubric says. In place of the text a line may hold what another program read from it:
//!
//! - `"vote"`: `"first"`, `"second"` or `"tie"`, by position;
//! - `"probability"`: that the response shown first is better, from 0 to 1. Without a vote it implies one: first above
//!   ½, second below it, a tie at exactly ½. A vote that it contradicts is an error.
//!
//! A line with `"order": "unknown"` has an answer of which nobody knows which response was shown first: it counts in the
//! order that the line names, and cannot be completed by asking the other one.
//!
//! A `reply` beside them is kept for people and not read. The answers to repeated trials are in the order of the
//! repeats. A line with `system` in place of `first` and `second` is about a single response that was graded
//! ([`recorded_grade`](super::recorded_grade)).

use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::data_file::DataFile;
use super::jsonl::{Fingerprint, LineIndex, Record};
use super::occurrences::Occurrences;
use super::recorded_answer::RecordedAnswer;
use super::recorded_grade;
use super::rubric::Scale;
use super::vote::{RecordedVote, Vote};
use crate::error::{Error, Result};

/// The field that says what is known of the order, and its only word; other words are ignored as other fields are.
const ORDER: &str = "order";
const UNKNOWN: &str = "unknown";

/// One line of a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedReply {
    /// The id of the item.
    pub id: String,
    /// The system whose response was shown first.
    pub first: String,
    /// The system whose response was shown second.
    pub second: String,
    /// What the judge answered.
    pub answer: RecordedAnswer,
}

impl Serialize for RecordedReply {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let RecordedAnswer { reply, vote, is_order_unknown, .. } = &self.answer;
        let mut line = serializer.serialize_map(None)?;
        line.serialize_entry("id", &self.id)?;
        line.serialize_entry("first", &self.first)?;
        line.serialize_entry("second", &self.second)?;
        if *is_order_unknown {
            line.serialize_entry(ORDER, UNKNOWN)?;
        }
        if let Some(recorded) = vote {
            line.serialize_entry("vote", &recorded.vote)?;
            if let Some(probability) = recorded.probability {
                line.serialize_entry("probability", &probability)?;
            }
        }
        match reply {
            Some(reply) => line.serialize_entry("reply", reply)?,
            None if vote.is_none() => line.serialize_entry("reply", "")?,
            None => {}
        }
        line.end()
    }
}

/// A file of recorded replies; a line is read when its reply is needed.
#[derive(Debug)]
pub struct Recording {
    lines: LineIndex,
    of_unknown_order: Occurrences,
}

impl Recording {
    /// Opens a recording: validates every line and indexes it. `scale` is that of the rubric by which it is read, if that
    /// grades.
    ///
    /// A `reply` of `null` is an empty reply. Unknown fields are ignored, because recordings are written by many
    /// programs.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or a line lacks `id`, `first` or `second` or any answer, or has a `reply` that is not a
    /// string, a `vote` that is none, a `probability` outside of 0 to 1, a vote that its probability contradicts, or a
    /// `grade` that the scale does not have.
    pub fn read(path: &Path, scale: Option<&Scale>) -> Result<Self> {
        let mut of_unknown_order = Occurrences::default();
        let lines = LineIndex::read(DataFile::recording(path), |mut record| {
            if is_grade(&record) {
                let key = recorded_grade::key_of(&mut record)?;
                let answer = recorded_grade::answer_of(&mut record)?;
                if let Some(scale) = scale {
                    recorded_grade::check(&record, &answer, scale)?;
                }
                return Ok(key);
            }
            let key = key_of(&mut record)?;
            if answer_of(&mut record)?.is_order_unknown {
                of_unknown_order.record(&record.place);
            }
            Ok(key)
        })?;
        Ok(Self { lines, of_unknown_order })
    }

    /// Returns the number of its lines.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Returns whether it has no line.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of lines that do not know which response was shown first, and the place of the first one.
    pub fn of_unknown_order(&self) -> Option<(usize, &str)> {
        let Occurrences { count, first } = &self.of_unknown_order;
        (*count > 0).then_some((*count, first.as_str()))
    }

    /// Returns the answer to an item in this presentation order, or `None` if it was not recorded.
    ///
    /// `repeat` selects one of several answers to the same trial, counted from 0.
    ///
    /// # Errors
    ///
    /// The file can no longer be read, or was changed after it was opened.
    pub fn answer(
        &self,
        id: &str,
        first: &str,
        second: &str,
        repeat: u32,
    ) -> Result<Option<RecordedAnswer>> {
        let mut positions = self.lines.find(Fingerprint::of(&[id, first, second]));
        let Some(position) = positions.nth(repeat as usize) else { return Ok(None) };
        let mut record = self.lines.record(position)?;
        let key = key_of(&mut record)?;
        self.lines.check_key(position, &record, key)?;
        answer_of(&mut record).map(Some)
    }

    /// Returns the answer about a single response with the steps in this direction, or `None` if it was not recorded;
    /// as [`Recording::answer`] does.
    ///
    /// # Errors
    ///
    /// As for [`Recording::answer`].
    pub fn grade(
        &self,
        id: &str,
        system: &str,
        is_reversed: bool,
        repeat: u32,
    ) -> Result<Option<RecordedAnswer>> {
        let mut positions = self.lines.find(recorded_grade::key(id, system, is_reversed));
        let Some(position) = positions.nth(repeat as usize) else { return Ok(None) };
        let mut record = self.lines.record(position)?;
        let key = recorded_grade::key_of(&mut record)?;
        self.lines.check_key(position, &record, key)?;
        recorded_grade::answer_of(&mut record).map(Some)
    }
}

/// Returns whether a line is about a single response.
fn is_grade(record: &Record) -> bool {
    record.has("system") && !record.has("first") && !record.has("second")
}

fn key_of(record: &mut Record) -> Result<Fingerprint> {
    let key = [record.take_id()?, record.take_name("first")?, record.take_name("second")?];
    Ok(Fingerprint::of(&key.each_ref().map(String::as_str)))
}

fn answer_of(record: &mut Record) -> Result<RecordedAnswer> {
    let is_without_text = record.is_null("reply");
    let reply = match record.take("reply") {
        Some(Value::String(text)) => Some(text),
        Some(other) => return Err(record.expected("reply", "a string", &other)),
        None => None,
    };
    let vote = vote_of(record)?;
    if reply.is_none() && vote.is_none() && !is_without_text {
        return Err(match record.missing("reply") {
            error if error.hint_text().is_some() => error,
            error => error.hint("a line holds `reply`, or `vote`, `probability` or both"),
        });
    }
    let order = record.take(ORDER);
    let is_order_unknown = order.as_ref().and_then(Value::as_str) == Some(UNKNOWN);
    Ok(RecordedAnswer { reply, vote, is_order_unknown, grade: None })
}

fn vote_of(record: &mut Record) -> Result<Option<RecordedVote>> {
    const WORDS: &str = "\"first\", \"second\" or \"tie\"";
    let vote = match record.take("vote") {
        None => None,
        Some(Value::String(word)) => Some(Vote::from_word(&word).ok_or_else(|| {
            record.error(format!("vote: expected {WORDS}, found `{word}`")).hint(
                "a vote is by position: the response shown first or second, not the name of a system",
            )
        })?),
        Some(other) => return Err(record.expected("vote", WORDS, &other)),
    };
    let probability = match record.take("probability") {
        None => None,
        Some(Value::Number(number)) => {
            let probability = number.as_f64().filter(|number| (0.0..=1.0).contains(number));
            Some(probability.ok_or_else(|| {
                record
                    .error(format!("probability: expected a number from 0 to 1, found {number}"))
                    .hint("it is the probability that the response shown first is better")
            })?)
        }
        Some(other) => {
            return Err(record.expected("probability", "a number from 0 to 1", &other));
        }
    };
    let recorded = match (vote, probability) {
        (None, None) => return Ok(None),
        (None, Some(probability)) => RecordedVote::implied_by(probability),
        (Some(vote), probability) => RecordedVote { vote, probability },
    };
    if let (true, Some(probability)) = (recorded.is_contradicted(), recorded.probability) {
        let vote = recorded.vote.as_str();
        return Err(record
            .error(format!("probability: {probability} contradicts the vote \"{vote}\""))
            .hint("it is the probability that the response shown first is better, in the order of this line"));
    }
    Ok(Some(recorded))
}

/// Checks that a recording can be written, before any request is sent.
///
/// # Errors
///
/// The file or its folder cannot be created.
pub fn prepare_recording(path: &Path) -> Result<()> {
    let failed = |error| Error::unwritable(path, error);
    if path.is_dir() {
        return Err(
            Error::input(format!("{}: this is a folder", path.display())).hint("name a file in it")
        );
    }
    if is_special(path) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::File::create(partial_path(path)).map_err(failed)?;
    Ok(())
}

/// Returns whether a path is a device, a pipe or the like, which is written in place: renaming a file to its name would
/// replace it.
fn is_special(path: &Path) -> bool {
    path.metadata().is_ok_and(|found| !found.is_file())
}

/// Returns the path to which a file is written until it is complete.
pub(super) fn partial_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// Writes a recording atomically and returns the number of replies: an interrupted write leaves an existing
/// file unchanged.
///
/// `replies` calls the function it is given once for each reply.
///
/// # Errors
///
/// The file or its folder cannot be written, or `replies` returns an error, which is passed on.
pub fn write_recording<T: Serialize>(
    path: &Path,
    replies: impl FnOnce(&mut dyn FnMut(T) -> Result<()>) -> Result<()>,
) -> Result<usize> {
    let failed = |error| Error::unwritable(path, error);
    if is_special(path) {
        let file = std::fs::File::options().write(true).open(path).map_err(failed)?;
        return write_replies(path, file, replies).map(|(_, written)| written);
    }
    let partial = partial_path(path);
    let file = std::fs::File::create(&partial).map_err(failed)?;
    let written = write_replies(path, file, replies).and_then(|(file, written)| {
        file.sync_all().and_then(|()| std::fs::rename(&partial, path)).map_err(failed)?;
        Ok(written)
    });
    if written.is_err() {
        // The rest of a recording is of no use, and the disk may be full of it.
        let _gone_already = std::fs::remove_file(&partial).is_err();
    }
    written
}

/// Writes replies to a file; `path` is for messages.
fn write_replies<T: Serialize>(
    path: &Path,
    file: std::fs::File,
    replies: impl FnOnce(&mut dyn FnMut(T) -> Result<()>) -> Result<()>,
) -> Result<(std::fs::File, usize)> {
    let failed = |error| Error::unwritable(path, error);
    let mut file = BufWriter::new(file);
    let mut written = 0;
    replies(&mut |reply| {
        serde_json::to_writer(&mut file, &reply).map_err(|error| failed(error.into()))?;
        file.write_all(b"\n").map_err(failed)?;
        written += 1;
        Ok(())
    })?;
    let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
    Ok((file, written))
}
