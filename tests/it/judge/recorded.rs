//! Real comparisons with human labels and recorded judges, end to end, against numbers computed elsewhere.

use std::collections::HashMap;
use std::path::Path;

use evenhand::input::{Item, Roster, read_items, read_labels};
use serde_json::Value;

use crate::support::{Folder, real_data};

pub(crate) fn read_json(path: &Path) -> serde_json::Map<String, Value> {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A rubric that reads replies as the object `reply` says.
fn rubric(reply: &Value) -> String {
    let mut text = format!(
        "name = \"recorded\"\ndescription = \"Which is better?\"\nties = {}\n[reply]\n",
        reply.get("tie").is_some()
    );
    for (key, value) in reply.as_object().unwrap() {
        text.extend([key, " = '", value.as_str().unwrap(), "'\n"]);
    }
    text
}

/// A folder with the settings of one recorded judge and a rubric that reads it.
pub(crate) fn set_up(data: &Path, judge: &str, reply: &Value) -> Folder {
    let folder = Folder::new();
    let replies = data.join("replies").join(format!("{judge}.jsonl")).canonicalize().unwrap();
    let replies = Value::from(replies.to_str().unwrap());
    folder.write("evenhand.toml", &format!("[judges.\"{judge}\"]\nrecorded = {replies}\n"));
    folder.write("r.toml", &rubric(reply));
    folder
}

/// Plays back what the judge said and returns its numbers and its verdicts.
fn judged(data: &Path, judge: &str, reply: &Value, code: i32) -> (Value, Vec<Value>) {
    let folder = set_up(data, judge, reply);
    let items = data.join("items.jsonl").canonicalize().unwrap();
    let run = format!("{judge}.db");
    let task = ["judge", items.to_str().unwrap(), "--rubric", "./r.toml", "--judge", judge];
    let said = folder.run(&[&task[..], &["--run", &run, "--format", "json"]].concat()).expect(code);
    let summary: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(summary["judges"].as_array().unwrap().len(), 1);
    let verdicts = folder.run(&["verdicts", &run, "--all"]).expect(0).json_lines();
    (summary["judges"][0].clone(), verdicts)
}

/// The label of each item: the one winner all its annotators name.
pub(crate) fn winners(data: &Path, items: &[Item]) -> HashMap<String, String> {
    let labels = read_labels(&data.join("labels.jsonl"), &Roster::of(items)).unwrap();
    assert_eq!(labels.unmatched, 0);
    let winner = |label: evenhand::input::Label| {
        (label.id.to_string(), label.winner.map_or("tie".to_owned(), |winner| winner.to_string()))
    };
    labels.labels.into_iter().map(winner).collect()
}

#[track_caller]
fn assert_number(found: f64, expected: &Value, what: &str) {
    let expected = expected.as_f64().unwrap();
    assert!((found - expected).abs() < 1e-12, "{what}: found {found}, expected {expected}");
}

/// Fails unless every number of the judge is the one expected.
pub(crate) fn assert_judge(judge: &str, summary: &Value, expected: &Value) {
    assert_eq!(summary["judge"], judge);
    assert_eq!(summary["planned"], expected["comparisons"], "{judge}");
    let outcomes = summary["outcomes"].as_object().unwrap();
    for outcome in ["kept", "flipped", "split", "unparsed", "failed", "pending"] {
        let count = expected["outcomes"][outcome].as_u64().unwrap_or(0);
        assert_eq!(outcomes[outcome], count, "{judge}: {outcome}");
    }
    let known = expected["outcomes"].as_object().unwrap().keys();
    assert!(known.clone().all(|outcome| outcomes.contains_key(outcome)), "{judge}");
    let position = expected["position"].as_object().unwrap();
    assert_eq!(position.len(), 6);
    for (name, count) in position {
        assert_eq!(summary["position"][name], *count, "{judge}: {name}");
    }
    let kept = outcomes["kept"].as_f64().unwrap();
    let planned = summary["planned"].as_f64().unwrap();
    assert_number(kept / planned, &summary["coverage"]["value"], judge);
    let consistent = kept
        / ["kept", "flipped", "split"].map(|o| outcomes[o].as_f64().unwrap()).iter().sum::<f64>();
    assert_number(consistent, &summary["position"]["consistency"]["value"], judge);
}

/// Fails unless the verdicts agree with people as often as expected, kept ones and single replies.
pub(crate) fn assert_agreement(
    judge: &str,
    verdicts: &[Value],
    winners: &HashMap<String, String>,
    expected: &Value,
) {
    let (mut kept, mut orders) = (Vec::new(), Vec::new());
    for verdict in verdicts {
        let Some(label) = winners.get(verdict["id"].as_str().unwrap()) else { continue };
        if verdict["outcome"] == "kept" {
            kept.push(verdict["winner"] == *label);
        } else {
            assert!(verdict["winner"].is_null(), "{verdict}");
        }
        // An unreadable reply has no preference, and so is wrong.
        let orders_of = verdict["orders"].as_array().unwrap();
        orders.extend(orders_of.iter().map(|order| order["preference"] == *label));
    }
    for (name, right) in [("kept", kept), ("orders", orders)] {
        assert_eq!(right.len() as u64, expected[name]["n"], "{judge}: {name}");
        let agreement = right.iter().filter(|right| **right).count() as f64 / right.len() as f64;
        assert_number(agreement, &expected[name]["agreement"], &format!("{judge}: {name}"));
    }
}

/// Plays back every judge of a folder of real data against what is expected of it.
fn assert_every_judge(data: &Path, judges: usize) {
    let items = read_items(&data.join("items.jsonl"), &[]).unwrap();
    assert_eq!(items.warnings, []);
    let winners = winners(data, &items.items);
    let expected = read_json(&data.join("expected.json"));
    assert_eq!(expected.len(), judges);
    for (judge, expected) in &expected {
        let (summary, verdicts) = judged(data, judge, &expected["reply"], 0);
        assert_judge(judge, &summary, expected);
        assert_eq!(verdicts.len() as u64, expected["comparisons"], "{judge}");
        assert_agreement(judge, &verdicts, &winners, expected);
        if expected["orders_equals_published"] == true {
            assert_eq!(expected["orders"]["agreement"], expected["published_accuracy"]);
        }
    }
}

#[test]
fn eighteen_recorded_judges_of_llmbar_bring_the_expected_numbers() {
    let Some(data) = real_data("llmbar-natural") else { return };
    assert_every_judge(&data.join("llmbar-natural"), 18);
}

#[test]
fn gpt_4_on_vicuna80_brings_the_expected_numbers_with_ties() {
    let Some(data) = real_data("vicuna80") else { return };
    assert_every_judge(&data.join("vicuna80"), 1);
}

#[test]
fn reading_the_replies_anew_by_other_patterns_asks_nothing() {
    let Some(data) = real_data("other patterns") else { return };
    let data = data.join("vicuna80");
    let expected = read_json(&data.join("expected.json"));
    let right = &expected["gpt-4"]["reply"];
    // With first and second exchanged every winner is the other system, and every outcome stays.
    let mut exchanged = right.clone();
    exchanged["first"] = right["second"].clone();
    exchanged["second"] = right["first"].clone();
    let folder = set_up(&data, "gpt-4", &exchanged);
    folder.write("right.toml", &rubric(right));
    let items = data.join("items.jsonl").canonicalize().unwrap();
    let task = ["judge", items.to_str().unwrap(), "--rubric", "./r.toml", "--judge", "gpt-4"];
    folder.run(&[&task[..], &["--run", "run.db"]].concat()).expect(0);
    let wrong = folder.run(&["verdicts", "run.db", "--all"]).expect(0).json_lines();
    let anew = ["verdicts", "run.db", "--all", "--rubric", "./right.toml"];
    let anew = folder.run(&anew).expect(0).json_lines();
    let (_, verdicts) = judged(&data, "gpt-4", right, 0);
    assert_eq!(anew, verdicts);
    let other = |winner: &Value| match winner.as_str() {
        Some("gpt35") => Value::from("vicuna-13b"),
        Some("vicuna-13b") => Value::from("gpt35"),
        _ => winner.clone(),
    };
    assert_eq!(wrong.len(), anew.len());
    for (wrong, anew) in wrong.iter().zip(&anew) {
        assert_eq!(wrong["outcome"], anew["outcome"]);
        assert_eq!(wrong["winner"], other(&anew["winner"]));
    }
}

#[test]
fn pandalm_is_read_with_its_oddities() {
    let Some(data) = real_data("pandalm, reading") else { return };
    let data = data.join("pandalm");
    let read = read_items(&data.join("items.jsonl"), &[]).unwrap();
    assert_eq!(read.items.len(), 999);
    assert_eq!(read.warnings.len(), 1, "{:?}", read.warnings);
    assert!(
        read.warnings[0].message.contains("54 ")
            && read.warnings[0].message.contains("empty response"),
        "{:?}",
        read.warnings
    );
    let words = read.items.iter().flat_map(|item| item.responses.values());
    assert_eq!(words.filter(|response| response.to_text() == "true").count(), 6);
    let labels = read_labels(&data.join("labels.jsonl"), &Roster::of(&read.items)).unwrap();
    assert_eq!((labels.labels.len(), labels.unmatched), (2997, 0));
    assert!(labels.labels.iter().any(|label| label.winner.is_none()));
}

#[test]
fn a_recording_of_one_order_leaves_every_comparison_pending() {
    let Some(data) = real_data("pandalm, judging") else { return };
    let data = data.join("pandalm");
    let reply: Value = serde_json::json!({
        "format": "pattern", "take": "first", "first": r"\A1\b", "second": r"\A2\b",
        "tie": r"\ATie\b",
    });
    for (judge, [first, second, ties, unparsed]) in
        [("pandalm-7b", [433, 459, 107, 0]), ("gpt-3.5-turbo", [460, 476, 38, 25])]
    {
        let (summary, verdicts) = judged(&data, judge, &reply, 5);
        assert_eq!(summary["planned"], 999);
        assert_eq!(summary["outcomes"]["pending"], 999, "{judge}");
        assert_eq!(summary["coverage"]["value"], 0.0);
        let position = &summary["position"];
        assert_eq!(position["first_picks"], first, "{judge}");
        assert_eq!(position["second_picks"], second, "{judge}");
        assert_eq!(position["ties"], ties, "{judge}");
        assert_eq!(position["unparsed"], unparsed, "{judge}");
        for verdict in &verdicts {
            assert_eq!(verdict["outcome"], "pending");
            assert!(verdict["winner"].is_null() && verdict["orders"][1]["vote"].is_null());
        }
    }
}
