//! Run files that the version before `store/` wrote open, read the same, and resume.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{CommandOutput, Folder};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/version-0.1.0").join(name)
}

/// Copies run files and items into a folder of the test's own.
fn folder() -> Folder {
    let folder = Folder::new();
    for name in ["builtin.db", "endpoint.db", "items.jsonl"] {
        std::fs::copy(fixture(name), folder.path().join(name)).unwrap();
    }
    folder
}

/// The verdicts that the previous version printed.
fn expected(name: &str) -> String {
    std::fs::read_to_string(fixture(name)).unwrap()
}

fn verdicts(folder: &Folder, run: &str) -> CommandOutput {
    folder.run(&["verdicts", run, "--all", "--replies"]).expect(0)
}

/// What the previous version did not print of a reply.
const NEW_KEYS: [&str; 6] = [
    "unreadable",
    "recorded_vote",
    "order_unknown",
    "reasoning",
    "reasoning_tokens",
    "cached_prompt_tokens",
];

/// What the previous version did not print of a verdict.
const NEW_KEYS_OF_VERDICTS: [&str; 4] = ["tags", "decided_by", "probability", "margin"];

/// Parses verdicts without what the previous version did not print of them and of their orders, and without some of
/// what is printed of each reply.
fn without(keys: &[&str], lines: &str) -> Vec<Value> {
    let mut values: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for value in &mut values {
        value
            .as_object_mut()
            .unwrap()
            .retain(|key, _| !NEW_KEYS_OF_VERDICTS.contains(&key.as_str()));
        for order in value["orders"].as_array_mut().unwrap() {
            order.as_object_mut().unwrap().retain(|key, _| key != "pending");
            for reply in order["replies"].as_array_mut().unwrap() {
                let reply = reply.as_object_mut().unwrap();
                reply.retain(|key, _| !keys.contains(&key.as_str()));
            }
        }
    }
    values
}

#[test]
fn a_run_file_of_the_previous_version_reads_as_it_did() {
    let folder = folder();
    for run in ["builtin", "endpoint"] {
        let printed = verdicts(&folder, &format!("{run}.db")).stdout;
        let before = expected(&format!("{run}.verdicts.jsonl"));
        assert_eq!(without(&NEW_KEYS, &printed), without(&[], &before), "{run}");
    }
}

#[test]
fn a_run_file_of_the_previous_version_resumes_to_what_an_undivided_run_gave() {
    let folder = folder();
    let task = ["items.jsonl", "--rubric", "summary-quality", "--judge", "builtin:random"];
    let flags = ["--repeat", "3", "--seed", "5", "--run", "builtin.db", "--format", "json"];
    let said = folder.run(&[&["judge"], &task[..], &flags].concat()).expect(0);
    assert_eq!(said.json_lines()[0]["requests"], 108 - 60, "only what was open is asked");
    let printed = verdicts(&folder, "builtin.db").stdout;
    let whole = expected("builtin.resumed.verdicts.jsonl");
    let keys = [&NEW_KEYS[..], &["latency_ms"]].concat();
    assert_eq!(without(&keys, &printed), without(&keys, &whole));
}

#[test]
fn a_complete_run_file_of_the_previous_version_asks_nothing() {
    let folder = folder();
    let settings =
        "[judges.scripted]\nmodel = \"scripted\"\nbase_url = \"http://127.0.0.1:18083/v1\"\n";
    folder.write("evenhand.toml", settings);
    let task = ["items.jsonl", "--rubric", "summary-quality", "--judge", "scripted"];
    let flags = ["--run", "endpoint.db", "--format", "json"];
    let said = folder.run(&[&["judge"], &task[..], &flags].concat()).expect(0);
    assert_eq!(said.json_lines()[0]["requests"], 0);
    assert!(said.stderr.contains("rejects temperature"), "its profile is known: {}", said.stderr);
}
