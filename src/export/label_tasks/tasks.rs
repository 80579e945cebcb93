//! Tasks to be done in another program: blind, with an opaque reference.

use std::io::Write;

use serde_json::{Map, Value, json};

use super::texts::{fields, texts};
use crate::error::{Error, Result};
use crate::export::JsonList;
use crate::labelling::{FormTask, Question};
use crate::report::csv_cell;

/// Writes tasks of Label Studio.
pub(super) fn label_studio(
    question: &Question,
    all: &[FormTask],
    output: &mut dyn Write,
) -> Result<()> {
    let mut list = JsonList::begin(output)?;
    for task in all {
        let mut data = Map::new();
        data.insert("evenhand".to_owned(), task.reference.to_string().into());
        data.insert("question".to_owned(), question.text.as_str().into());
        data.extend(fields(&task.shown));
        list.entry(&json!({ "data": data }))?;
    }
    list.end()
}

/// Writes records of Argilla. An empty text is one space, since the program requires a value in every field.
pub(super) fn argilla(question: &Question, all: &[FormTask], output: &mut dyn Write) -> Result<()> {
    let mut list = JsonList::begin(output)?;
    for task in all {
        let reference = task.reference.to_string();
        let metadata = json!({ "evenhand": reference, "question": question.text });
        list.entry(&record(&reference, fields(&task.shown), &metadata, &json!({}), "pending"))?;
    }
    list.end()
}

/// Returns a record of Argilla as its own export has it.
pub(super) fn record(
    id: &str,
    mut fields: Map<String, Value>,
    metadata: &Value,
    responses: &Value,
    status: &str,
) -> Value {
    for text in fields.values_mut().filter(|text| **text == "") {
        *text = " ".into();
    }
    json!({
        "id": id,
        "fields": fields,
        "metadata": metadata,
        "suggestions": {},
        "responses": responses,
        "vectors": {},
        "status": status,
    })
}

/// Writes a table with empty cells to fill in. Its texts are for people: they are escaped for spreadsheets, and not read
/// again.
pub(super) fn csv(
    question: &Question,
    all: &[FormTask],
    output: &mut (dyn Write + Send),
) -> Result<()> {
    let rows: Vec<Vec<(&str, String)>> = all.iter().map(|task| texts(&task.shown)).collect();
    let has = |name: &&str| rows.iter().flatten().any(|(known, _)| known == name);
    let (responses, answer, beside): (&[&str], _, &[&str]) = match question.scale {
        None => (&["left", "right"], "winner", &["both_acceptable", "note"]),
        Some(_) => (&["response"], "grade", &["note"]),
    };
    let shown: Vec<&str> = ["prompt"]
        .iter()
        .chain(responses)
        .copied()
        .chain(["reference", "context"].into_iter().filter(has))
        .collect();
    let criteria = question.criteria.iter().map(|criterion| format!("criteria.{}", criterion.name));
    let filled_in: Vec<String> = std::iter::once(answer.to_owned())
        .chain(criteria)
        .chain(beside.iter().map(|name| (*name).to_owned()))
        .collect();
    let written = |error: csv::Error| Error::unwritten(error.into());
    let mut table = csv::Writer::from_writer(output);
    let header = ["evenhand"].into_iter().chain(shown.iter().copied());
    let header = header.chain(filled_in.iter().map(String::as_str));
    table.write_record(header.map(|name| csv_cell(name).into_owned())).map_err(written)?;
    for (task, texts) in all.iter().zip(&rows) {
        let mut cells = vec![task.reference.to_string()];
        for name in &shown {
            let text = texts.iter().find(|(known, _)| known == name);
            cells.push(text.map_or_else(String::new, |(_, text)| csv_cell(text).into_owned()));
        }
        cells.resize(cells.len() + filled_in.len(), String::new());
        table.write_record(cells).map_err(written)?;
    }
    table.flush().map_err(Error::unwritten)
}
