//! `PandaLM`'s layout: `testset-v1.json` with instructions, two responses and the choices of three annotators,
//! and one file per judge with its result, reason and reference by the same index.
//!
//! The file was exported from a spreadsheet: an empty cell is `NaN`, and the response `true` is a boolean. Both
//! are read as the texts they were, and counted. The judges were always shown `response1` first.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::collected::{Collected, JudgeRecording, LabelLine, judge_name, responses};
use super::published::{Entry, PublishedFile, read_published};
use crate::error::{Error, Result, counted};
use crate::input::conversation::Content;
use crate::input::items::Item;
use crate::input::occurrences::Occurrences;
use crate::input::recorded_answer::RecordedAnswer;
use crate::input::recording::RecordedReply;
use crate::input::shipped::ShippedFile;

/// The rubric that reads the published replies.
pub(super) const RUBRIC: &str = "pandalm";

/// The rubric and the prompt that asks for replies of this form.
pub(super) const EXTRAS: &[ShippedFile] = &[
    ShippedFile { path: "rubrics/pandalm.toml", text: include_str!("pandalm.toml") },
    ShippedFile { path: "prompts/pandalm.j2", text: include_str!("pandalm.j2") },
];

const ANNOTATORS: [&str; 3] = ["annotator1", "annotator2", "annotator3"];

/// Adds a notice with the number of cases and the words for one or for several, unless `found` is empty.
fn add_notice(notices: &mut Vec<String>, found: &Occurrences, one: &str, several: &str) {
    if found.count > 0 {
        let cases = counted(found.count as u64, one, several);
        notices.push(format!("{cases} (first: {})", found.first));
    }
}

/// Reads the test set and the files of judges, which must be given together.
pub(super) fn collect(paths: &[PathBuf]) -> Result<Collected> {
    let mut data: Option<PublishedFile> = None;
    let mut judge_files = Vec::new();
    for path in paths {
        let file = read_published(path)?;
        let first = file.first()?;
        if first.has("response1") || first.has("response2") {
            if let Some(other) = &data {
                return Err(Error::input(format!(
                    "{}: the test set is already given as {}",
                    path.display(),
                    other.path.display()
                ))
                .hint("give only one test set, because entries are identified by their index"));
            }
            data = Some(file);
        } else if let Some(prefix) = first.prefix_before("_result") {
            judge_files.push((file, prefix));
        } else {
            return Err(unknown_layout(path, first));
        }
    }
    let Some(data) = data else {
        return Err(Error::input("none of the files is the test set with responses and labels")
            .detail("the files of judges only have indices into it")
            .hint("give testset-v1.json too"));
    };
    let mut collected = read_items(&data)?;
    let ids: HashSet<&str> = collected.items.iter().map(|item| item.id.as_str()).collect();
    let mut judges: Vec<JudgeRecording> = Vec::new();
    for (file, prefix) in judge_files {
        let judge = judge_of(&file.path)?;
        if judges.iter().any(|recording| recording.judge == judge) {
            return Err(Error::input(format!(
                "{}: the replies of `{judge}` are already given",
                file.path.display()
            ))
            .hint("give each file once"));
        }
        let replies = read_replies(&file, &prefix, &ids, &data.path)?;
        let mut unreadable = Occurrences::default();
        for reply in replies.iter().filter(|reply| !has_result(&reply.answer)) {
            unreadable.record(&reply.id);
        }
        add_notice(
            &mut collected.notices,
            &unreadable,
            &format!("reply of {judge} names neither a response nor a tie and is kept unchanged"),
            &format!("replies of {judge} name neither a response nor a tie and are kept unchanged"),
        );
        judges.push(JudgeRecording { judge, rubric: RUBRIC, replies });
    }
    collected.judges = judges;
    Ok(collected)
}

fn read_items(file: &PublishedFile) -> Result<Collected> {
    let (mut items, mut labels, mut notices) = (Vec::new(), Vec::new(), Vec::new());
    let (mut empty, mut not_text) = (Occurrences::default(), Occurrences::default());
    let mut seen: HashMap<u64, usize> = HashMap::new();
    for (at, entry) in file.entries.iter().enumerate() {
        let id = take_id(entry, at, &mut seen)?;
        let mut texts = [String::new(), String::new()];
        for (field, text) in ["response1", "response2"].into_iter().zip(&mut texts) {
            *text = match entry.get(field) {
                Some(Value::String(text)) => text.clone(),
                Some(value @ (Value::Bool(_) | Value::Number(_))) => {
                    not_text.record(&id);
                    value.to_string()
                }
                None if entry.has(field) => String::new(),
                Some(other) => return Err(entry.expected(field, "a string", other)),
                None => return Err(entry.missing(field)),
            };
            if text.is_empty() {
                empty.record(&id);
            }
        }
        for annotator in ANNOTATORS {
            let what = "0 (a tie), 1 or 2";
            let winner = match entry.number(annotator, what, |label| label <= 2)? {
                0 => "tie",
                1 => "a",
                _ => "b",
            };
            labels.push(LabelLine {
                id: id.clone(),
                annotator: annotator.to_owned(),
                between: None,
                winner: winner.to_owned(),
            });
        }
        let [first, second] = texts;
        items.push(Item {
            id,
            prompt: Content::Text(prompt(entry)?),
            responses: responses(first, second),
            reference: None,
            context: None,
            tags: system_tags(entry)?,
            generated: BTreeMap::new(),
            place: entry.place.clone(),
        });
    }
    add_notice(
        &mut notices,
        &empty,
        "response is NaN in the file and imported as an empty text",
        "responses are NaN in the file and imported as empty texts",
    );
    add_notice(
        &mut notices,
        &not_text,
        "response is a boolean or number and imported as its text",
        "responses are booleans or numbers and imported as their text",
    );
    Ok(Collected { items, labels, notices, ..Collected::default() })
}

/// Returns the item's id, which is derived from its index.
fn take_id(entry: &Entry, at: usize, seen: &mut HashMap<u64, usize>) -> Result<String> {
    let index = entry.number("idx", "a whole number", |_| true)?;
    if let Some(earlier) = seen.insert(index, at) {
        return Err(entry
            .error("idx", format!("{index} is already the index of entry {earlier}"))
            .hint("give every entry its own index"));
    }
    Ok(format!("pandalm-{index:04}"))
}

/// Returns the instruction, followed by the input if there is one.
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

/// Returns the systems behind the responses as tags, because they differ from item to item.
fn system_tags(entry: &Entry) -> Result<BTreeMap<String, String>> {
    let pair = entry.text("cmp_key")?;
    match pair.split('_').collect::<Vec<_>>().as_slice() {
        [first, second] if !first.is_empty() && !second.is_empty() => {
            let tag = |name: &str, system: &str| (name.to_owned(), system.to_owned());
            Ok([tag("a", first), tag("b", second)].into())
        }
        _ => Err(entry
            .error(
                "cmp_key",
                format!("expected two system names joined by one `_`, found `{pair}`"),
            )
            .hint("rename systems whose names contain `_`")),
    }
}

/// Assembles the replies of a judge from its fields, in the form in which `PandaLM` writes them.
fn read_replies(
    file: &PublishedFile,
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
                .hint("give a judge's file and a test set of the same version"));
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
            answer: RecordedAnswer::of_text(format!(
                "{vote}\n\n### Reason: {reason}\n\n### Reference: {reference}"
            )),
        });
    }
    Ok(replies)
}

/// Returns whether a reply begins with a result that the patterns of the rubric recognise.
fn has_result(answer: &RecordedAnswer) -> bool {
    let reply = answer.reply.as_deref().unwrap_or_default();
    let result = reply.split(|char: char| !char.is_alphanumeric()).next();
    matches!(result, Some("0" | "1" | "2" | "Tie"))
}

/// Returns the judge's name from the name of its file, `NAME-testset-v1.json`.
fn judge_of(path: &Path) -> Result<String> {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let name = stem.split_once("-testset").map_or(stem, |(name, _)| name);
    judge_name(name).ok_or_else(|| {
        Error::input(format!("{}: no judge's name can be derived from the file's name", path.display()))
            .hint("rename the file to NAME-testset-v1.json, where NAME begins with a letter or digit and is neither `all` nor `jury`")
    })
}

fn unknown_layout(path: &Path, first: &Entry) -> Error {
    let error = Error::input(format!(
        "{}: expected the test set (idx, instruction, response1, annotator1, …) or the results of a judge",
        path.display()
    ))
    .detail(format!("its entries have the fields: {}", first.names().collect::<Vec<_>>().join(", ")));
    if first.has("output_1") {
        return error.hint("this looks like the layout of LLMBar: import it as `llmbar`");
    }
    error.hint("give testset-v1.json and, for judges, *-testset-v1.json; testset-inference-v1.json has no responses")
}
