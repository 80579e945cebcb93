//! Every number that other commands report too is the same in the overview.

use serde_json::Value;

use super::{About, WITH_LABELS, WITHOUT_LABELS, found};
use crate::support::labelled_run::{JudgedRun, RunSpec, rows};

/// A value without the keys that depend on flags: gates, and the words that name them.
fn numbers(mut value: Value) -> Value {
    for key in ["gates", "warnings"] {
        value.as_object_mut().unwrap().remove(key);
    }
    value
}

fn spec(replies: [&'static str; 5]) -> RunSpec {
    let [kept, other, flipped, split, unread] = replies;
    RunSpec::new(rows(&[
        (17, kept, "aab"),
        (9, other, "bbb"),
        (6, flipped, "ab"),
        (3, split, "t"),
        (2, unread, ""),
    ]))
}

fn judge_json(judged: &JudgedRun) -> Value {
    let task = ["judge", "items.jsonl", "--rubric", "./r.toml", "--run", "run.db"];
    let flags = ["--judge", "judge-1", "--inconclusive", "pass", "--format", "json"];
    let command = [&task[..], &flags].concat();
    serde_json::from_str(&judged.folder.run(&command).expect(0).stdout).unwrap()
}

#[test]
fn the_calibration_is_that_of_calibrate() {
    let judged = spec(["a/a", "b/b", "a/b", "t/a", "?/b"]).judged();
    let document = judged.overview();
    assert_eq!(numbers(document["calibration"].clone()), {
        let mut found = numbers(judged.found(&[]));
        // Where the files lie is as it was given.
        for (file, key) in
            [("run.db", "/provenance/run"), ("labels.jsonl", "/provenance/labels/file")]
        {
            let path = judged.folder.path().join(file);
            *found.pointer_mut(key).unwrap() = path.to_str().unwrap().into();
        }
        found
    });
}

#[test]
fn the_calibration_of_one_judge_of_several_is_that_of_calibrate() {
    let replies = ["a/a b/b a/b", "b/b b/b b/b", "a/b a/a b/b", "t/a t/t a/a", "?/b b/b ?/?"];
    let judged = spec(replies).judged();
    for judge in [None, Some("judge-2")] {
        let flags: Vec<&str> = judge.map_or_else(Vec::new, |judge| vec!["--judge", judge]);
        let document = found(&judged.folder, About { judge, ..WITH_LABELS });
        let calibrated = judged.found(&flags);
        for key in ["judge", "orders", "kept", "position", "win_rates", "coverage", "headline"] {
            assert!(!calibrated[key].is_null(), "{key}");
            assert_eq!(document["calibration"][key], calibrated[key], "{key}");
        }
    }
}

#[test]
fn the_summary_is_that_of_judge() {
    let judged = spec(["a/a", "b/b", "a/b", "t/a", "?/b"]).judged();
    let mut printed = judge_json(&judged);
    let document = found(&judged.folder, WITHOUT_LABELS);
    let sentences: Vec<&str> =
        document["headline"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    assert_eq!(printed["headline"], sentences.join(" "));
    let summary = document["summary"].as_object().unwrap();
    printed.as_object_mut().unwrap().retain(|key, _| summary.contains_key(key));
    assert_eq!(printed, document["summary"]);
    assert_eq!(document["calibration"], Value::Null);
}

#[test]
fn the_parts_add_up_to_the_whole() {
    let judged = spec(["a/a", "b/b", "a/b", "t/a", "?/b"]).judged();
    let document = judged.overview();
    let summary = &document["summary"]["judges"][0];
    let table = &document["order_tables"][0];
    let cell = |i: usize, j: usize| table["counts"][i][j].as_u64().unwrap();
    let count = |outcome: &str| summary["outcomes"][outcome].as_u64().unwrap();
    assert_eq!(cell(0, 0) + cell(1, 1) + cell(2, 2), count("kept"));
    assert_eq!(cell(0, 2) + cell(2, 0), count("flipped"));
    assert_eq!(cell(0, 1) + cell(1, 0) + cell(1, 2) + cell(2, 1), count("split"));
    assert_eq!(table["left_out"], count("unparsed"));
    let margin = &document["margins"][0];
    assert_eq!(
        margin["dropped"]["comparisons"],
        summary["planned"].as_u64().unwrap() - count("kept")
    );
    let bounds = &document["calibration"]["win_rates"][0]["bounds"];
    assert_eq!(margin["dropped"]["tipping_share"], bounds["tipping_share"]);
    assert_eq!(margin["kept"]["of"], count("kept"));
    assert_eq!(margin["order_averaged"]["of"], summary["win_rates"][0]["order_averaged"]["n"]);
}
