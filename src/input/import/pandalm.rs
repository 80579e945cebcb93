//! `PandaLM`'s layout: `testset-v1.json` with instructions, two responses and what three people chose,
//! and one file a judge with its result, reason and reference by the same index.
//!
//! The file comes out of a spreadsheet: an empty cell is `NaN`, and a response of `true` has become a
//! boolean. Both are taken for the text they were, and counted. The judges saw `response1` first, always.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::published::{Entry, Published, read_published};
use super::{Collected, LabelLine, Recording, judge_name, named};
use crate::error::{Error, Result};
use crate::input::items::{Content, Item};
use crate::input::recording::RecordedReply;
use crate::input::shipped::ShippedFile;

/// Reads the published replies.
pub(super) const RUBRIC: &str = "pandalm";

/// The rubric, with the prompt that asks for such replies.
pub(super) const EXTRAS: &[ShippedFile] = &[
    ShippedFile { path: "rubrics/pandalm.toml", text: include_str!("pandalm.toml") },
    ShippedFile { path: "prompts/pandalm.j2", text: include_str!("pandalm.j2") },
];

const ANNOTATORS: [&str; 3] = ["annotator1", "annotator2", "annotator3"];

/// How often something odd was met, and where first.
#[derive(Default)]
struct Count {
    times: usize,
    first: String,
}

impl Count {
    fn note(&mut self, id: &str) {
        if self.times == 0 {
            id.clone_into(&mut self.first);
        }
        self.times += 1;
    }

    /// Adds a sentence if there is something to tell.
    fn tell(&self, notices: &mut Vec<String>, what: impl FnOnce(usize) -> String) {
        if self.times > 0 {
            notices.push(format!("{}, first: {}", what(self.times), self.first));
        }
    }
}

/// Reads the test set and the judges' files, which go with it in the same call.
pub(super) fn collect(paths: &[PathBuf]) -> Result<Collected> {
    let mut data: Option<Published> = None;
    let mut told = Vec::new();
    for path in paths {
        let file = read_published(path)?;
        let first = file.first()?;
        if first.has("response1") || first.has("response2") {
            if let Some(other) = &data {
                return Err(Error::input(format!(
                    "{}: the test set is already given with {}",
                    path.display(),
                    other.path.display()
                ))
                .hint("give it once; the indices of two sets would be mixed up"));
            }
            data = Some(file);
        } else if let Some(prefix) = first.before("_result") {
            told.push((file, prefix));
        } else {
            return Err(unknown_layout(path, first));
        }
    }
    let Some(data) = data else {
        return Err(Error::input(
            "the test set with the responses and labels is not among the files",
        )
        .detail("the judges' files only have indices into it")
        .hint("give testset-v1.json too"));
    };
    let mut collected = read_items(&data)?;
    let ids: HashSet<&str> = collected.items.iter().map(|item| item.id.as_str()).collect();
    let mut judges: Vec<Recording> = Vec::new();
    for (file, prefix) in told {
        let judge = judge_of(&file.path)?;
        if judges.iter().any(|recording| recording.judge == judge) {
            return Err(Error::input(format!(
                "{}: replies of `{judge}` are already given",
                file.path.display()
            ))
            .hint("give each file once"));
        }
        let replies = read_replies(&file, &prefix, &ids, &data.path)?;
        let mut unreadable = Count::default();
        for reply in replies.iter().filter(|reply| !names_a_response(&reply.reply)) {
            unreadable.note(&reply.id);
        }
        unreadable.tell(&mut collected.notices, |times| {
            format!("{times} replies of {judge} name neither response nor a tie, kept as they are")
        });
        judges.push(Recording { judge, rubric: RUBRIC, replies });
    }
    collected.judges = judges;
    Ok(collected)
}

fn read_items(file: &Published) -> Result<Collected> {
    let (mut items, mut labels, mut notices) = (Vec::new(), Vec::new(), Vec::new());
    let (mut empty, mut odd) = (Count::default(), Count::default());
    let mut seen: HashMap<u64, usize> = HashMap::new();
    for (at, entry) in file.entries.iter().enumerate() {
        let id = take_id(entry, at, &mut seen)?;
        let mut responses = [String::new(), String::new()];
        for (field, response) in ["response1", "response2"].into_iter().zip(&mut responses) {
            *response = match entry.get(field) {
                Some(Value::String(text)) => text.clone(),
                Some(value @ (Value::Bool(_) | Value::Number(_))) => {
                    odd.note(&id);
                    value.to_string()
                }
                None if entry.has(field) => String::new(),
                Some(other) => return Err(entry.expected(field, "a string", other)),
                None => return Err(entry.missing(field)),
            };
            if response.is_empty() {
                empty.note(&id);
            }
        }
        for annotator in ANNOTATORS {
            let what = "0 (a tie), 1 or 2";
            let winner = match entry.number(annotator, what, |label| label <= 2)? {
                0 => "tie",
                1 => "a",
                _ => "b",
            };
            labels.push(LabelLine { id: id.clone(), annotator: annotator.to_owned(), winner });
        }
        let [first, second] = responses;
        items.push(Item {
            id,
            prompt: Content::Text(prompt(entry)?),
            responses: named(first, second),
            reference: None,
            context: None,
            tags: systems(entry)?,
            place: entry.place.clone(),
        });
    }
    empty.tell(&mut notices, |times| {
        format!("{times} responses are empty (NaN in the file), taken as empty texts")
    });
    odd.tell(&mut notices, |times| {
        format!("{times} responses are no text but a boolean or number, taken as its text")
    });
    Ok(Collected { items, labels, judges: Vec::new(), notices })
}

/// Returns the item's id, which is made of its index.
fn take_id(entry: &Entry, at: usize, seen: &mut HashMap<u64, usize>) -> Result<String> {
    let index = entry.number("idx", "a whole number", |_| true)?;
    if let Some(earlier) = seen.insert(index, at) {
        return Err(entry
            .error("idx", format!("{index} is already the index of entry {earlier}"))
            .hint("every entry has an index of its own"));
    }
    Ok(format!("pandalm-{index:04}"))
}

/// The instruction, and below it the input where there is one.
fn prompt(entry: &Entry) -> Result<String> {
    let instruction = entry.text("instruction")?;
    if entry.get("input").is_none() {
        return Ok(instruction.to_owned());
    }
    Ok(match entry.text("input")? {
        "" => instruction.to_owned(),
        input => format!("{instruction}\n\nInput:\n{input}"),
    })
}

/// The systems behind the responses, as tags: the pairs change from item to item.
fn systems(entry: &Entry) -> Result<BTreeMap<String, String>> {
    let pair = entry.text("cmp_key")?;
    match pair.split('_').collect::<Vec<_>>().as_slice() {
        [first, second] if !first.is_empty() && !second.is_empty() => {
            let tag = |name: &str, system: &str| (name.to_owned(), system.to_owned());
            Ok([tag("a", first), tag("b", second)].into())
        }
        _ => Err(entry
            .error("cmp_key", format!("expected two systems joined by one `_`, found `{pair}`"))
            .hint("rename a system whose name has a `_` in it")),
    }
}

/// Puts a judge's fields together again, in the form in which `PandaLM` writes them.
fn read_replies(
    file: &Published,
    prefix: &str,
    ids: &HashSet<&str>,
    data: &Path,
) -> Result<Vec<RecordedReply>> {
    let field = |name: &str| format!("{prefix}_{name}");
    let (result, reason, reference) = (field("result"), field("reason"), field("reference"));
    let mut seen = HashMap::new();
    let mut replies = Vec::with_capacity(file.entries.len());
    for (at, entry) in file.entries.iter().enumerate() {
        let id = take_id(entry, at, &mut seen)?;
        if !ids.contains(id.as_str()) {
            return Err(entry
                .error("idx", format!("{} has no entry of this index", data.display()))
                .hint("give the judge's file and the test set of one version"));
        }
        let vote = match entry.get(&result) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(_)) => {
                let what = "0 (a tie), 1 or 2, or a text";
                match entry.number(&result, what, |vote| vote <= 2)? {
                    0 => "Tie".to_owned(),
                    vote => vote.to_string(),
                }
            }
            Some(other) => return Err(entry.expected(&result, "a number or a string", other)),
            None => return Err(entry.missing(&result)),
        };
        let part = |name: &str| match entry.get(name) {
            None if entry.has(name) => Ok(""),
            _ => entry.text(name),
        };
        let (reason, reference) = (part(&reason)?, part(&reference)?);
        replies.push(RecordedReply {
            id,
            first: "a".to_owned(),
            second: "b".to_owned(),
            reply: format!("{vote}\n\n### Reason: {reason}\n\n### Reference: {reference}"),
        });
    }
    Ok(replies)
}

/// Returns whether a reply begins with a result; the patterns of the rubric say the same.
fn names_a_response(reply: &str) -> bool {
    let result = reply.split(|char: char| !char.is_alphanumeric()).next();
    matches!(result, Some("0" | "1" | "2" | "Tie"))
}

/// A judge's file is called after it: `NAME-testset-v1.json`.
fn judge_of(path: &Path) -> Result<String> {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let name = stem.split_once("-testset").map_or(stem, |(name, _)| name);
    judge_name(name).ok_or_else(|| {
        Error::input(format!("{}: the file's name cannot be a judge's", path.display()))
            .hint("call it NAME-testset-v1.json, where NAME is neither `all` nor `jury`")
    })
}

fn unknown_layout(path: &Path, first: &Entry) -> Error {
    let error = Error::input(format!(
        "{}: neither the test set (idx, instruction, response1, annotator1…) nor a judge's results",
        path.display()
    ))
    .detail(format!("its entries have: {}", first.names().collect::<Vec<_>>().join(", ")));
    if first.has("output_1") {
        return error.hint("this looks like LLMBar's layout: --from llmbar");
    }
    error.hint("give testset-v1.json, and perhaps *-testset-v1.json of judges; testset-inference-v1.json has no responses")
}
