//! The ways to answer a question, and what each costs: `evenhand budget`.

mod golden;
mod refusals;
mod simulation;
mod ways;

use std::fmt::Write as _;

use serde_json::Value;

use crate::support::labelled_run::JudgedRun;
use crate::support::{CommandOutput, Folder};

/// Adds items to those of a pilot, up to so many, and returns the file of all.
pub(crate) fn all_items(folder: &Folder, items: usize) -> &'static str {
    let mut text = std::fs::read_to_string(folder.path().join("items.jsonl")).unwrap();
    for at in text.lines().count()..items {
        writeln!(
            text,
            r#"{{"id":"more-{at}","prompt":"P?","responses":{{"alpha":"x","beta":"y"}}}}"#
        )
        .unwrap();
    }
    folder.write("all.jsonl", &text);
    "all.jsonl"
}

/// The ways for the comparisons of a pilot, among so many items.
pub(crate) fn budget(pilot: &JudgedRun, items: usize, flags: &[&str]) -> CommandOutput {
    let file = all_items(&pilot.folder, items);
    let command = ["budget", file, "--rubric", "./r.toml", "--judge", "judge-1"];
    pilot.folder.run(&[&command[..], flags].concat())
}

/// The same as numbers.
#[track_caller]
pub(crate) fn document(said: &CommandOutput) -> Value {
    assert!(!said.stdout.contains("NaN") && !said.stdout.contains("inf"), "{}", said.stdout);
    serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {}", said.stdout))
}

/// The first way of a kind, by a judge if one is named.
#[track_caller]
pub(crate) fn way<'a>(
    found: &'a Value,
    kind: &str,
    judge: Option<&str>,
    is_batch: bool,
) -> &'a Value {
    let mut ways = found["ways"].as_array().unwrap().iter();
    let is_it = |way: &&Value| {
        way["kind"] == kind
            && way["is_batch"] == is_batch
            && judge.is_none_or(|judge| way["judge"] == judge)
    };
    ways.find(is_it).unwrap_or_else(|| panic!("no {kind}: {found}"))
}

/// Whether a way leaves something uncertain.
pub(crate) fn leaves(way: &Value, code: &str) -> bool {
    way["leaves"].as_array().unwrap().iter().any(|one| one["code"] == code)
}

#[track_caller]
pub(crate) fn number(found: &Value, pointer: &str) -> f64 {
    found.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("{pointer}: {found}"))
}
