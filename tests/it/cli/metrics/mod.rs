//! `evenhand metrics` as a whole: from items, labels and flags to a document or a report.

mod classes;
mod default_metrics;
mod document;
mod fields;
mod flags;
mod formats;
mod grades;
mod labels;
mod many_items;
mod oracle;
mod program_scores;
mod programs;
mod ranking;
mod references;
mod refusals;
mod slices;
mod text_report;

use serde_json::{Value, json};

use crate::support::{CommandOutput, Folder};

/// Runs `evenhand metrics items.jsonl` to its end.
fn metrics(folder: &Folder, flags: &[&str]) -> CommandOutput {
    folder.run(&[&["metrics", "items.jsonl"], flags].concat())
}

/// Returns the JSON document.
fn document(folder: &Folder, flags: &[&str]) -> Value {
    let said = metrics(folder, &[flags, &["--format", "json"]].concat()).expect(0);
    assert_eq!(said.stderr, "", "all warnings are in the document");
    serde_json::from_str(&said.stdout).unwrap()
}

/// Returns the JSON document for these items.
fn of_items(items: &[Value], flags: &[&str]) -> Value {
    document(&with_items(items), flags)
}

fn with_items(items: &[Value]) -> Folder {
    let folder = Folder::new();
    folder.write("items.jsonl", &lines(items));
    folder
}

fn lines(values: &[Value]) -> String {
    let lines: Vec<String> = values.iter().map(ToString::to_string).collect();
    lines.join("\n") + "\n"
}

/// Returns an item with responses by system.
fn item(id: &str, responses: &[(&str, &str)], reference: impl Into<Value>) -> Value {
    let responses: serde_json::Map<String, Value> =
        responses.iter().map(|(system, text)| ((*system).to_owned(), (*text).into())).collect();
    json!({"id": id, "prompt": "?", "responses": responses, "reference": reference.into()})
}

/// Ten words: the reference of [`tenths`].
const WORDS: &str = "zero one two three four five six seven eight nine";

/// Returns ten words of which `right` are those of [`WORDS`], in order: ROUGE-1 and token F1 are `right` / 10.
fn tenths(right: usize) -> String {
    let words = WORDS.split(' ').enumerate();
    let words = words.map(|(at, word)| if at < right { word } else { "wrong" });
    words.collect::<Vec<_>>().join(" ")
}

/// Returns items with such responses: by item, the number of right words of each of the systems a, b, c, …
fn in_tenths<const SYSTEMS: usize>(right: &[[usize; SYSTEMS]]) -> Vec<Value> {
    let systems = ["a", "b", "c", "d", "e", "f"];
    let item_of = |(number, right): (usize, &[usize; SYSTEMS])| {
        let texts = right.map(tenths);
        let responses: Vec<(&str, &str)> =
            systems.into_iter().zip(texts.iter().map(String::as_str)).collect();
        item(&format!("t-{number}"), &responses, WORDS)
    };
    right.iter().enumerate().map(item_of).collect()
}

/// Returns the only object of a list in which every given key has its value.
fn row<'a>(rows: &'a Value, keys: &[(&str, &str)]) -> &'a Value {
    let mut found = rows
        .as_array()
        .unwrap_or_else(|| panic!("no list: {rows}"))
        .iter()
        .filter(|row| keys.iter().all(|(key, value)| row[key] == *value));
    let only = found.next().unwrap_or_else(|| panic!("no {keys:?} in {rows}"));
    assert!(found.next().is_none(), "several {keys:?} in {rows}");
    only
}

fn metric<'a>(document: &'a Value, name: &str) -> &'a Value {
    row(&document["metrics"], &[("metric", name)])
}

/// Returns the score of a system.
fn score<'a>(metric: &'a Value, system: &str) -> &'a Value {
    &row(&metric["systems"], &[("system", system)])["score"]
}

/// Returns the paired difference of two systems.
fn pair<'a>(metric: &'a Value, between: [&str; 2]) -> &'a Value {
    let mut pairs = metric["pairs"].as_array().unwrap().iter();
    pairs.find(|pair| pair["between"] == json!(between)).unwrap()
}

#[track_caller]
fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

/// Returns the message of a warning, or `None` if there is no such warning.
fn warning<'a>(document: &'a Value, code: &str) -> Option<&'a str> {
    let mut warnings = document["warnings"].as_array().unwrap().iter();
    warnings.find(|warning| warning["code"] == code)?["message"].as_str()
}

/// Returns the shipped tickets, with or without the tags that make slices.
fn tickets(tags: bool) -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/calibration/tickets/items.jsonl");
    let text = std::fs::read_to_string(path).unwrap();
    let mut items: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for item in items.iter_mut().filter(|_| !tags) {
        item.as_object_mut().unwrap().remove("tags");
    }
    items
}
