//! Labels with everything that the label file says of them: as a table that is read back without loss, and as annotated
//! tasks of other programs.

use std::collections::BTreeSet;
use std::io::Write;

use serde_json::{Map, Value, json};

use super::cell::escaped;
use super::tasks::record;
use super::texts::fields;
use crate::error::{Error, Result};
use crate::export::JsonList;
use crate::input::{LabelAnswer, LabelLine, LabelSide, LabelTask, SkipReason};
use crate::keyed_hash::KeyedHash;
use crate::labelling::{AnsweredTask, Material, PageAnswer, slug};

/// The context of the ids by which an annotator is known in Argilla. It must not change, so that an annotator is the same
/// in every export.
const USER: &str = "evenhand: user of Argilla for an annotator";

/// The columns before the criteria; the first marks the table as one whose texts are exact.
const COLUMNS: [&str; 16] = [
    "evenhand",
    "id",
    "annotator",
    "between.1",
    "between.2",
    "winner",
    "probability",
    "repeat",
    "equal",
    "adjudicated",
    "choice",
    "skipped",
    "left",
    "seconds",
    "at",
    "both_acceptable",
];

/// Writes a table that the reader of labels reads back.
pub(super) fn csv(lines: &[LabelLine], output: &mut (dyn Write + Send)) -> Result<()> {
    let criteria: BTreeSet<&str> =
        lines.iter().flat_map(|line| line.details.criteria.keys().map(String::as_str)).collect();
    let written = |error: csv::Error| Error::unwritten(error.into());
    let mut table = csv::Writer::from_writer(output);
    let names = criteria.iter().map(|criterion| format!("criteria.{}", escaped(criterion)));
    let header = COLUMNS.into_iter().map(ToOwned::to_owned).chain(names);
    table.write_record(header.chain(["note".to_owned()])).map_err(written)?;
    for line in lines {
        table.write_record(cells(line, &criteria)).map_err(written)?;
    }
    table.flush().map_err(Error::unwritten)
}

fn cells(line: &LabelLine, criteria: &BTreeSet<&str>) -> Vec<String> {
    let text = |text: &str| escaped(text).into_owned();
    let nothing = String::new;
    let name = |winner: &Option<std::sync::Arc<str>>| text(winner.as_deref().unwrap_or("tie"));
    let details = &line.details;
    let (winner, choice, skipped) = match &line.answer {
        LabelAnswer::Winner(winner) => (name(winner), nothing(), nothing()),
        LabelAnswer::Side(side) => (nothing(), side.as_str().to_owned(), nothing()),
        LabelAnswer::Skipped(reason) => (nothing(), nothing(), reason.as_str().to_owned()),
        LabelAnswer::Blank | LabelAnswer::Undone => (nothing(), nothing(), nothing()),
    };
    let (repeat, equal, adjudicated) = match &line.task {
        LabelTask::Compare => (nothing(), nothing(), nothing()),
        LabelTask::Repeat => ("true".to_owned(), nothing(), nothing()),
        LabelTask::Equal(system) => (nothing(), text(system), nothing()),
        LabelTask::Adjudicate(why) => (nothing(), nothing(), why.as_str().to_owned()),
    };
    let [a, b] = line.between.each_ref().map(|system| text(system));
    let number = |number: Option<f64>| number.map_or_else(nothing, |number| number.to_string());
    let mut cells = vec![
        "label".to_owned(),
        text(&line.id),
        text(&line.annotator),
        a,
        b,
        winner,
        number(line.probability),
        repeat,
        equal,
        adjudicated,
        choice,
        skipped,
        details.left.as_deref().map_or_else(nothing, text),
        number(details.seconds),
        details.at.as_deref().map_or_else(nothing, text),
        details.both_acceptable.map_or_else(nothing, |both| both.to_string()),
    ];
    cells.extend(
        criteria
            .iter()
            .map(|criterion| details.criteria.get(*criterion).map_or_else(nothing, name)),
    );
    cells.push(details.note.as_deref().map_or_else(nothing, text));
    cells
}

/// Writes tasks of Label Studio with one annotation each.
pub(super) fn label_studio(
    material: &Material,
    lines: &[LabelLine],
    output: &mut dyn Write,
) -> Result<()> {
    let mut list = JsonList::begin(output)?;
    for line in lines {
        let task = AnsweredTask::of(material, line)?;
        let mut data = names(line, &task);
        data.insert("question".to_owned(), material.question().text.as_str().into());
        data.extend(fields(&task.shown));
        let mut annotation = Map::new();
        if let Some(answer) = &task.shown.answer {
            let results = results(answer, line);
            annotation.insert("result".to_owned(), results.into());
            annotation.insert("was_cancelled".to_owned(), false.into());
            if let Some(seconds) = answer.seconds {
                annotation.insert("lead_time".to_owned(), seconds.into());
            }
            if let Some(at) = &answer.at {
                annotation.insert("created_at".to_owned(), at.as_str().into());
            }
        }
        list.entry(&json!({ "data": data, "annotations": [annotation] }))?;
    }
    list.end()
}

/// Returns the results of an annotation, by the controls of the labelling interface in the guide.
fn results(answer: &PageAnswer, line: &LabelLine) -> Vec<Value> {
    let mut results = Vec::new();
    let mut add = |control: &str, to: &str, kind: &str, value: Value| {
        let id = KeyedHash::new("evenhand: result of an annotation of Label Studio")
            .texts([&*line.id, &*line.annotator, control])
            .digest();
        let id = blake3::Hash::from_bytes(id);
        results.push(json!({
            "id": id.to_hex()[..10],
            "from_name": control,
            "to_name": to,
            "type": kind,
            "value": value,
        }));
    };
    match (answer.choice, answer.skipped) {
        (Some(side @ (LabelSide::Left | LabelSide::Right)), _) => {
            // This control is its own object.
            add("winner", "winner", "pairwise", json!({ "selected": side.as_str() }));
        }
        (Some(side), _) => {
            add("otherwise", "prompt", "choices", json!({ "choices": [side.as_str()] }));
        }
        (None, Some(reason)) => {
            add("otherwise", "prompt", "choices", json!({ "choices": [reason.as_str()] }));
        }
        (None, None) => {}
    }
    if let Some(both) = answer.both_acceptable {
        let word = if both { "yes" } else { "no" };
        add("both_acceptable", "prompt", "choices", json!({ "choices": [word] }));
    }
    for (criterion, side) in &answer.criteria {
        let control = format!("criteria.{criterion}");
        add(&control, "prompt", "choices", json!({ "choices": [side.as_str()] }));
    }
    if let Some(note) = &answer.note {
        add("note", "prompt", "textarea", json!({ "text": [note] }));
    }
    results
}

/// Writes records of Argilla with the responses of their annotators.
pub(super) fn argilla(
    material: &Material,
    lines: &[LabelLine],
    output: &mut dyn Write,
) -> Result<()> {
    let mut list = JsonList::begin(output)?;
    for line in lines {
        let task = AnsweredTask::of(material, line)?;
        let user = user(&line.annotator);
        let mut responses = Map::new();
        let mut add = |question: String, value: &str| {
            responses.insert(question, json!([{ "value": value, "user_id": user }]));
        };
        if let Some(answer) = &task.shown.answer {
            let said = answer.choice.map(LabelSide::as_str);
            if let Some(said) = said.or(answer.skipped.map(SkipReason::as_str)) {
                add("winner".to_owned(), said);
            }
            if let Some(both) = answer.both_acceptable {
                add("both_acceptable".to_owned(), if both { "yes" } else { "no" });
            }
            for (criterion, side) in &answer.criteria {
                // Names of questions are in small letters there.
                add(format!("criteria-{}", slug(criterion)), side.as_str());
            }
            if let Some(note) = &answer.note {
                add("note".to_owned(), note);
            }
        }
        let mut metadata = names(line, &task);
        for (field, value) in [
            ("seconds", line.details.seconds.map(Value::from)),
            ("at", line.details.at.as_deref().map(Value::from)),
        ] {
            metadata.extend(value.map(|value| (field.to_owned(), value)));
        }
        let id = KeyedHash::new("evenhand: id of a label in Argilla")
            .texts([&*line.id, &*line.annotator, &*line.between[0], &*line.between[1]])
            .text(task_word(&line.task))
            .digest();
        let entry = record(
            &uuid(id),
            fields(&task.shown),
            &metadata.into(),
            &responses.into(),
            "completed",
        );
        list.entry(&entry)?;
    }
    list.end()
}

/// Returns the names that belong to a label.
fn names(line: &LabelLine, task: &AnsweredTask) -> Map<String, Value> {
    let [left, right] = &task.systems;
    let mut names = Map::new();
    let mut add = |field: &str, value: Value| names.insert(field.to_owned(), value);
    // The programs have ids of their own.
    add("item_id", json!(*line.id));
    add("annotator", json!(*line.annotator));
    add("left_system", json!(**left));
    add("right_system", json!(**right));
    if let Some(probability) = line.probability {
        add("probability", probability.into());
    }
    match &line.task {
        LabelTask::Compare => {}
        LabelTask::Repeat => {
            add("repeat", true.into());
        }
        LabelTask::Equal(system) => {
            let other = line.between.iter().find(|other| *other != system);
            add("other_system", json!(other.map_or("", |other| &**other)));
        }
        LabelTask::Adjudicate(why) => {
            add("adjudicated", why.as_str().into());
        }
    }
    names
}

fn task_word(task: &LabelTask) -> &str {
    match task {
        LabelTask::Compare => "",
        LabelTask::Repeat => "repeat",
        LabelTask::Equal(system) => system,
        LabelTask::Adjudicate(why) => why.as_str(),
    }
}

/// Returns the id of an annotator, who has none in Argilla: the same for the same name.
fn user(annotator: &str) -> String {
    uuid(KeyedHash::new(USER).text(annotator).digest())
}

/// Returns a UUID of version 8, whose bits are a digest.
fn uuid(mut digest: [u8; 32]) -> String {
    digest[6] = (digest[6] & 0x0f) | 0x80;
    digest[8] = (digest[8] & 0x3f) | 0x80;
    let digits = blake3::Hash::from_bytes(digest).to_hex();
    format!(
        "{}-{}-{}-{}-{}",
        &digits[..8],
        &digits[8..12],
        &digits[12..16],
        &digits[16..20],
        &digits[20..32]
    )
}
