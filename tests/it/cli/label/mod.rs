//! `evenhand label`: the real program, asked over HTTP as a page would, and as no page would.

mod attacks;
mod blindness;
mod browser;
mod concurrent;
mod endings;
mod exported;
mod grades;
mod owner;
mod serving;
mod started;

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::Folder;

/// Names that appear nowhere by accident.
const SYSTEMS: [&str; 2] = ["zebra-system", "quokka-system"];
const JUDGE: &str = "walrus-judge";

/// Items without a run.
fn items(number: usize) -> Folder {
    let folder = Folder::new();
    let mut items = String::new();
    for at in 0..number {
        let responses = json!({ SYSTEMS[0]: format!("one {at}"), SYSTEMS[1]: format!("two {at}") });
        let item =
            json!({ "id": id(at), "prompt": format!("Prompt {at}?"), "responses": responses });
        writeln!(items, "{item}").unwrap();
    }
    folder.write("items.jsonl", &items);
    folder
}

/// A run over them: the judge prefers the second system, but for every fourth comparison, which it decides by position.
fn run(number: usize) -> Folder {
    let folder = items(number);
    let mut replies = String::new();
    for at in 0..number {
        for order in [[0, 1], [1, 0]] {
            let [first, second] = order.map(|system| SYSTEMS[system]);
            let vote = if at % 4 == 0 || first == SYSTEMS[1] { "first" } else { "second" };
            let reply = json!({ "id": id(at), "first": first, "second": second, "vote": vote });
            writeln!(replies, "{reply}").unwrap();
        }
    }
    folder.write("replies.jsonl", &replies);
    folder.write("evenhand.toml", &format!("[judges.{JUDGE}]\nrecorded = \"replies.jsonl\"\n"));
    let command =
        ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", JUDGE, "--run", "run.db"];
    folder.run(&command).expect(0);
    folder
}

fn id(at: usize) -> String {
    format!("wombat-{at:03}")
}

/// The lines of the label file.
fn lines(folder: &Folder) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.path().join("labels.jsonl")).unwrap();
    assert!(text.ends_with('\n'), "the last line is not complete: {text}");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Whether a line is a choice, a skip or the withdrawal of one.
fn is_answer(line: &Value) -> bool {
    let is_there = |field: &str| line.get(field).is_some_and(|value| !value.is_null());
    ["winner", "choice", "skipped", "undone"].into_iter().any(is_there)
}

/// The answers of one annotator, in the order in which they were given.
fn answers(folder: &Folder, annotator: &str) -> Vec<Value> {
    let of_annotator = |line: &Value| line["annotator"] == annotator && is_answer(line);
    lines(folder).into_iter().filter(of_annotator).collect()
}

/// An answer of a page.
fn choice(side: &str) -> Value {
    json!({ "choice": side, "seconds": 1.5 })
}
