//! Labels with everything that the label file says of them, as annotated tasks of other programs.

use std::io::Write;

use serde_json::{Map, Value, json};

use super::tasks::record;
use super::texts::fields;
use crate::error::Result;
use crate::export::JsonList;
use crate::input::{LabelSide, LabelTask, SkipReason, StandingLine as _};
use crate::keyed_hash::KeyedHash;
use crate::labelling::{AnsweredTask, Material, PageAnswer, SessionLine, slug};

/// The context of the ids by which an annotator is known in Argilla. It must not change, so that an annotator is the same
/// in every export.
const USER: &str = "evenhand: user of Argilla for an annotator";

/// Writes tasks of Label Studio with one annotation each.
pub(super) fn label_studio(
    material: &Material,
    lines: &[SessionLine],
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
fn results(answer: &PageAnswer, line: &SessionLine) -> Vec<Value> {
    let mut results = Vec::new();
    let mut add = |control: &str, to: &str, kind: &str, value: Value| {
        let id = KeyedHash::new("evenhand: result of an annotation of Label Studio")
            .texts([&**line.id(), line.annotator(), control])
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
    let choices = |word: &str| json!({ "choices": [word] });
    match (answer.choice, &answer.grade, answer.skipped) {
        (Some(side @ (LabelSide::Left | LabelSide::Right)), ..) => {
            // This control is its own object.
            add("winner", "winner", "pairwise", json!({ "selected": side.as_str() }));
        }
        (Some(side), ..) => add("otherwise", "prompt", "choices", choices(side.as_str())),
        (None, Some(grade), _) => add("grade", "response", "choices", choices(grade)),
        (None, None, Some(reason)) => {
            add("otherwise", "prompt", "choices", choices(reason.as_str()));
        }
        (None, None, None) => {}
    }
    if let Some(both) = answer.both_acceptable {
        add("both_acceptable", "prompt", "choices", choices(if both { "yes" } else { "no" }));
    }
    for (criterion, said) in criteria(answer) {
        add(&format!("criteria.{criterion}"), "prompt", "choices", choices(said));
    }
    if let Some(note) = &answer.note {
        add("note", "prompt", "textarea", json!({ "text": [note] }));
    }
    results
}

/// Returns what an answer says of each criterion: a side, or the name of a grade.
fn criteria(answer: &PageAnswer) -> impl Iterator<Item = (&str, &str)> {
    let sides = answer.criteria.iter().map(|(criterion, side)| (&**criterion, side.as_str()));
    sides.chain(answer.grades.iter().map(|(criterion, grade)| (&**criterion, &**grade)))
}

/// Writes records of Argilla with the responses of their annotators.
pub(super) fn argilla(
    material: &Material,
    lines: &[SessionLine],
    output: &mut dyn Write,
) -> Result<()> {
    let mut list = JsonList::begin(output)?;
    for line in lines {
        let task = AnsweredTask::of(material, line)?;
        let user = user(line.annotator());
        let mut responses = Map::new();
        let mut add = |question: String, value: &str| {
            responses.insert(question, json!([{ "value": value, "user_id": user }]));
        };
        if let Some(answer) = &task.shown.answer {
            let skipped = answer.skipped.map(SkipReason::as_str);
            match (line, &answer.grade) {
                (SessionLine::Comparison(_), _) => {
                    if let Some(said) = answer.choice.map(LabelSide::as_str).or(skipped) {
                        add("winner".to_owned(), said);
                    }
                }
                (SessionLine::Grade(_), Some(grade)) => add("grade".to_owned(), grade),
                // A step may be called like a reason to skip.
                (SessionLine::Grade(_), None) => {
                    if let Some(reason) = skipped {
                        add("skipped".to_owned(), reason);
                    }
                }
            }
            if let Some(both) = answer.both_acceptable {
                add("both_acceptable".to_owned(), if both { "yes" } else { "no" });
            }
            for (criterion, said) in criteria(answer) {
                // Names of questions are in small letters there.
                add(format!("criteria-{}", slug(criterion)), said);
            }
            if let Some(note) = &answer.note {
                add("note".to_owned(), note);
            }
        }
        let mut metadata = names(line, &task);
        for (field, value) in
            [("seconds", line.seconds().map(Value::from)), ("at", line.at().map(Value::from))]
        {
            metadata.extend(value.map(|value| (field.to_owned(), value)));
        }
        let [a, b] = line.systems();
        let id = KeyedHash::new("evenhand: id of a label in Argilla")
            .texts([&**line.id(), line.annotator(), a, b])
            .text(task_word(&line.asked()))
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
fn names(line: &SessionLine, task: &AnsweredTask) -> Map<String, Value> {
    let mut names = Map::new();
    let mut add = |field: &str, value: Value| names.insert(field.to_owned(), value);
    // The programs have ids of their own.
    add("item_id", json!(**line.id()));
    add("annotator", json!(**line.annotator()));
    let fields: &[&str] = match line {
        SessionLine::Comparison(_) => &["left_system", "right_system"],
        SessionLine::Grade(_) => &["system"],
    };
    for (field, system) in fields.iter().zip(&task.systems) {
        add(field, json!(**system));
    }
    if let Some(probability) = line.probability() {
        add("probability", probability.into());
    }
    match &line.asked() {
        LabelTask::Compare => {}
        LabelTask::Repeat => {
            add("repeat", true.into());
        }
        LabelTask::Equal(system) => {
            let other = line.systems().into_iter().find(|other| *other != &**system);
            add("other_system", json!(other.unwrap_or_default()));
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
