//! Logs of Inspect as JSON (`inspect log dump FILE`): the samples of one task, answered by one model.
//!
//! A sample is an item, with its target as the reference; each log is a system, named by its model. The choices of a
//! multiple-choice sample belong to its prompt. Scores of model graders are grades (`inspect_scores`).

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::collected::{Collected, Collector, add_response};
use super::conversations::content_of;
use super::inspect_scores::{Graders, LogScorers};
use super::source::Source;
use super::tags;
use crate::error::{Error, Result};
use crate::input::conversation::Content;
use crate::input::jsonl::{Path, Record};
use crate::input::read_conversation::read_content;
use crate::input::reference::Reference;

const LATER_EPOCH: (&str, &str) = (
    "sample is of a later epoch and is left out: a system has one response to an item",
    "samples are of later epochs and are left out: a system has one response to an item",
);
const NO_OUTPUT: (&str, &str) =
    ("sample has no output and is left out", "samples have no output and are left out");
const FAILED: (&str, &str) =
    ("sample ended in an error and is left out", "samples ended in an error and are left out");

/// Reads the logs.
pub(super) fn collect(sources: Vec<Source>) -> Result<Collected> {
    let mut collector = Collector::default();
    let mut graders = Graders::default();
    let mut models: BTreeMap<String, usize> = BTreeMap::new();
    for mut record in sources.into_iter().flat_map(|source| source.records) {
        let eval = record.take("eval").ok_or_else(|| record.missing("eval"))?;
        let name = |field: &str| eval.get(field).and_then(Value::as_str).map(ToOwned::to_owned);
        let Some(model) = name("model") else {
            return Err(record.error("eval.model is missing"));
        };
        let count = models.entry(model.clone()).or_default();
        *count += 1;
        let system = if *count == 1 { model } else { format!("{model} ({count})") };
        let samples = match record.take("samples") {
            Some(Value::Array(samples)) => samples,
            Some(other) => return Err(record.expected("samples", "a list of samples", &other)),
            None => {
                return Err(record
                    .error("samples is missing: the log has only its header")
                    .hint("write the whole log: inspect log dump FILE"));
            }
        };
        let task = name("task");
        let log = LogScorers::of(&eval, &samples);
        let mut seen = HashSet::new();
        for (at, mut entry) in samples.into_iter().enumerate() {
            let fields = entry.as_object_mut().map(std::mem::take);
            let place = format!("{}: samples[{at}]", record.place);
            let Some(fields) = fields else {
                return Err(Error::input(format!("{place}: expected an object")));
            };
            let mut sample = Record::new(place.clone(), record.line, fields);
            let scores = sample.take("scores").unwrap_or_default();
            let read = read(&mut collector, &mut seen, sample, &system, task.clone())?;
            if let Some(id) = read {
                graders.add(&mut collector, &log, &place, [&id, &system], &scores)?;
            }
        }
    }
    let mut collected = collector.finish();
    graders.finish(&mut collected);
    Ok(collected)
}

/// Reads a sample as an item with a response, and returns its id; `None` if it is left out.
fn read(
    collector: &mut Collector,
    seen: &mut HashSet<String>,
    mut sample: Record,
    system: &str,
    task: Option<String>,
) -> Result<Option<String>> {
    let id = sample.take_id()?;
    if sample.get("epoch").and_then(Value::as_u64).is_some_and(|epoch| epoch > 1)
        || !seen.insert(id.clone())
    {
        collector.notice(LATER_EPOCH, &id);
        return Ok(None);
    }
    let input = sample.take("input").ok_or_else(|| sample.missing("input"))?;
    let prompt = read_content(&mut sample, &Path::new("input"), input)?;
    let prompt = match &prompt {
        Content::Text(_) => prompt,
        Content::Turns(turns) => content_of(turns, "user"),
    };
    let prompt = with_choices(&mut sample, prompt)?;
    let output = sample.take("output").unwrap_or_default();
    let completion = output.get("completion").and_then(Value::as_str);
    if sample.get("error").is_some() {
        collector.notice(FAILED, &id);
        return Ok(None);
    }
    let message = output.pointer("/choices/0/message");
    // Messages with calls of tools are conversations; of the others the completion is the text, without the reasoning.
    let has_calls = message.is_some_and(|message| {
        message.get("tool_calls").and_then(Value::as_array).is_some_and(|calls| !calls.is_empty())
    });
    let response = match message {
        _ if completion.is_some() && !has_calls => completion.map(Content::from),
        Some(message) => {
            let mut message = message.clone();
            if let Some(parts) = message.get_mut("content").and_then(Value::as_array_mut) {
                parts.retain(|part| part.get("type").and_then(Value::as_str) != Some("reasoning"));
            }
            let list = Value::Array(vec![message]);
            let content = read_content(&mut sample, &Path::new("output.choices"), list)?;
            Some(content_of(content.turns(), "assistant"))
        }
        None => completion.map(Content::from),
    };
    let Some(response) = response else {
        collector.notice(NO_OUTPUT, &id);
        return Ok(None);
    };
    let target = match sample.take("target") {
        Some(Value::String(text)) if !text.is_empty() => Some(Reference::Text(text)),
        Some(Value::Array(texts)) if !texts.is_empty() => {
            let texts = texts.iter().map(|text| text.as_str().map(ToOwned::to_owned));
            texts.collect::<Option<Vec<_>>>().map(Reference::Several)
        }
        _ => None,
    };
    let item = collector.item(&sample.place, &id, prompt)?;
    item.reference = target;
    item.tags = tags([("task", task)]);
    add_response(item, &sample.place, system, response)?;
    Ok(Some(id))
}

/// Returns the prompt of a multiple-choice sample with what there is to choose from, which its input does not show; the
/// prompt itself of other samples. The letters are those that Inspect shows and that targets name.
///
/// # Errors
///
/// The choices are no list of texts, or nobody was asked.
fn with_choices(sample: &mut Record, mut prompt: Content) -> Result<Content> {
    let choices = match sample.take("choices") {
        None => return Ok(prompt),
        Some(Value::Array(choices)) if choices.is_empty() => return Ok(prompt),
        Some(Value::Array(choices)) => choices,
        Some(other) => return Err(sample.expected("choices", "a list of texts", &other)),
    };
    let mut lines = Vec::new();
    for (at, choice) in choices.iter().enumerate() {
        let Some(choice) = choice.as_str() else {
            return Err(sample.expected(format!("choices[{at}]"), "a text", choice));
        };
        lines.push(format!("{}) {choice}", letter(at)));
    }
    let text = match &mut prompt {
        Content::Text(text) => Some(text),
        Content::Turns(turns) => {
            let asked = turns.iter_mut().rfind(|turn| turn.role == "user");
            asked.map(|turn| &mut turn.content)
        }
    };
    let Some(text) = text else {
        return Err(
            sample.error("input: the sample is multiple choice, and no turn of it is of the user")
        );
    };
    text.push_str("\n\n");
    text.push_str(&lines.join("\n"));
    Ok(prompt)
}

/// Returns the letter of a choice, after `Z` a number from 1.
fn letter(at: usize) -> String {
    match u8::try_from(at) {
        Ok(at) if at < 26 => char::from(b'A' + at).to_string(),
        _ => (at - 25).to_string(),
    }
}
