//! Records of Argilla as JSON: of version 2, by question or flattened, and of version 1, by person.
//!
//! By question, version 2 does not say which responses were discarded or are drafts; the other two do.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::words::{Asked, Collected};
use super::{
    ForeignAnswer, ForeignAnswers, ForeignTask, NO_TASK, TaskReference, leave_out, person, time,
};
use crate::error::{Error, Result};

/// What one person answered to the questions of a record.
#[derive(Debug, Default)]
struct Response {
    person: Option<String>,
    /// By question.
    values: Vec<(String, Value)>,
    status: Option<String>,
    at: Option<String>,
}

/// Reads a record.
pub(super) fn read_argilla_record(
    shown: &str,
    record: &Map<String, Value>,
    asked: Asked<'_>,
    read: &mut ForeignAnswers,
) -> Result<()> {
    let responses = match record.get("responses") {
        Some(Value::Array(by_person)) => by_person.iter().map(of_person).collect(),
        Some(Value::Object(by_question)) => by_questions(shown, by_question)?,
        None | Some(Value::Null) => flattened(shown, record)?,
        Some(_) => {
            return Err(Error::input(format!("{shown}: responses: expected an object or a list")));
        }
    };
    let Some(task) = task(record) else {
        leave_out(&mut read.left_out, NO_TASK, shown, responses.len());
        return Ok(());
    };
    if responses.is_empty() {
        read.open += 1;
    }
    for (number, response) in responses.into_iter().enumerate() {
        let shown = format!("{shown}: response {}", number + 1);
        match response.status.as_deref() {
            Some("discarded") => {
                read.discarded += 1;
                continue;
            }
            Some("draft") => {
                read.open += 1;
                continue;
            }
            _ => {}
        }
        let mut collected = Collected::new(&shown, asked, task.systems());
        for (question, value) in &response.values {
            // Version 1 has an object around each value.
            let value = value.get("value").unwrap_or(value);
            collected.add_all(question, value)?;
        }
        read.ignored.extend(collected.ignored.iter().cloned());
        match collected.finish(None, response.at)? {
            Some(answer) => read.answers.push(ForeignAnswer {
                shown,
                task: task.clone(),
                person: response.person,
                answer,
            }),
            None => read.open += 1,
        }
    }
    Ok(())
}

/// Returns the task of a record: in its metadata, in its fields, beside them, or as its id.
fn task(record: &Map<String, Value>) -> Option<ForeignTask> {
    let metadata = match record.get("metadata") {
        Some(Value::Object(metadata)) => Some(metadata.clone()),
        // As texts in some exports.
        Some(Value::String(text)) => {
            serde_json::from_str::<Value>(text).ok().and_then(|value| value.as_object().cloned())
        }
        _ => None,
    };
    let fields = record.get("fields").and_then(Value::as_object);
    let mut all = record.clone();
    for (name, value) in fields.into_iter().chain(metadata.as_ref()).flatten() {
        all.insert(name.clone(), value.clone());
    }
    // The record's own id, which version 1 calls external.
    let id = ["id", "external_id"].into_iter().find_map(|name| record.get(name)?.as_str());
    let by_id = || id.and_then(TaskReference::parse).map(ForeignTask::Form);
    ForeignTask::of(&all, true).or_else(by_id)
}

/// Version 1: `{"user_id": …, "values": {QUESTION: {"value": …}}, "status": …}`.
fn of_person(response: &Value) -> Response {
    let text = |field: &str| response.get(field).and_then(Value::as_str).map(ToOwned::to_owned);
    let values = response.get("values").and_then(Value::as_object).into_iter().flatten();
    Response {
        person: person(response.get("user_id")),
        values: values.map(|(question, value)| (question.clone(), value.clone())).collect(),
        status: text("status"),
        at: time(response.get("inserted_at")),
    }
}

/// Version 2: `{QUESTION: [{"value": …, "user_id": …}]}`.
fn by_questions(shown: &str, questions: &Map<String, Value>) -> Result<Vec<Response>> {
    let mut people = People::default();
    for (question, responses) in questions {
        let responses = match responses {
            Value::Array(responses) => responses.as_slice(),
            Value::Null => &[],
            _ => return Err(expected_list(shown, question)),
        };
        for response in responses {
            let of = people.of(person(response.get("user_id")));
            if let Some(value) = response.get("value") {
                of.values.push((question.clone(), value.clone()));
            }
            of.status = of
                .status
                .take()
                .or_else(|| response.get("status").and_then(Value::as_str).map(ToOwned::to_owned));
        }
    }
    Ok(people.all)
}

/// Version 2, flattened: `QUESTION.responses`, `QUESTION.responses.users` and `QUESTION.responses.status`, in the same
/// order.
fn flattened(shown: &str, record: &Map<String, Value>) -> Result<Vec<Response>> {
    let mut people = People::default();
    for (name, values) in record {
        let Some(question) = name.strip_suffix(".responses") else { continue };
        let list = |name: &str| match record.get(name) {
            Some(Value::Array(list)) => Ok(list.as_slice()),
            None | Some(Value::Null) => Ok(&[][..]),
            Some(_) => Err(expected_list(shown, name)),
        };
        if values.is_null() {
            continue;
        }
        let users = list(&format!("{name}.users"))?;
        let statuses = list(&format!("{name}.status"))?;
        for (at, value) in list(name)?.iter().enumerate() {
            let of = people.of(person(users.get(at)));
            of.values.push((question.to_owned(), value.clone()));
            let status = statuses.get(at).and_then(Value::as_str).map(ToOwned::to_owned);
            of.status = of.status.take().or(status);
        }
    }
    Ok(people.all)
}

fn expected_list(shown: &str, field: &str) -> Error {
    Error::input(format!("{shown}: {field}: expected a list"))
}

/// The responses of a record by person, in the order in which they first occur.
#[derive(Debug, Default)]
struct People {
    all: Vec<Response>,
    at: BTreeMap<Option<String>, usize>,
}

impl People {
    fn of(&mut self, person: Option<String>) -> &mut Response {
        let next = self.all.len();
        let at = *self.at.entry(person.clone()).or_insert(next);
        if at == next {
            self.all.push(Response { person, ..Response::default() });
        }
        &mut self.all[at]
    }
}
