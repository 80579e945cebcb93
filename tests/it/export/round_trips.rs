//! Layouts that can be imported come back as they were.

use serde_json::{Value, json};

use super::{json_file, judged};
use crate::support::{CommandOutput, Folder};

/// Imports a file, judges with the recorded judge, and exports the run.
fn there_and_back(folder: &Folder, file: &str, judge: &str, to: &str, flags: &[&str]) -> String {
    folder.run(&["import", file, "--to", "in"]).expect(0);
    let task =
        ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", judge, "--run", "run.db"];
    let inside = folder.path().join("in");
    let mut command = folder.command(&task);
    let said = CommandOutput::of(&command.current_dir(&inside).output().unwrap());
    assert!([0, 5].contains(&said.code), "{said:?}");
    let mut command = folder.command(&[&["export", "run.db", "--to", to], flags].concat());
    CommandOutput::of(&command.current_dir(&inside).output().unwrap()).expect(0).stdout
}

#[test]
fn annotations_of_alpaca_eval_come_back_to_the_last_bit() {
    let folder = Folder::new();
    let preferences = [1.000_000_000_000_000_2, 1.3, 1.999_999_999_999_999_8, 1.5, 2.0, 1.0];
    let annotations: Vec<Value> = preferences
        .iter()
        .enumerate()
        .map(|(at, preference)| {
            json!({
                "instruction": format!("Do {at}."), "output_1": "old", "generator_1": "z base",
                "output_2": format!("new {at} \u{202e}"), "generator_2": "a model", "annotator": "judge-1",
                "preference": preference, "dataset": "own",
            })
        })
        .collect();
    folder.write("annotations.json", &json!(annotations).to_string());
    let back = there_and_back(&folder, "annotations.json", "judge-1", "alpaca_eval", &[]);
    assert!(!back.contains('\u{202e}'), "no direction mark reaches a terminal");
    let back: Value = serde_json::from_str(&back).unwrap();
    assert_eq!(back, json!(annotations));
}

#[test]
fn votes_of_both_orders_are_averaged_to_a_preference() {
    let folder = judged();
    let said = folder.run(&["export", "run.db", "--to", "alpaca_eval"]).expect(0);
    let list: Value = serde_json::from_str(&said.stdout).unwrap();
    let list = list.as_array().unwrap();
    let preferences: Vec<&Value> = list.iter().map(|entry| &entry["preference"]).collect();
    assert_eq!(preferences, [2.0, 1.5, 1.5], "beta twice, a tie twice, and once each");
    assert_eq!(list[0]["generator_2"], "beta");
    assert!(said.stderr.contains("1 comparison with a conversation: left out"), "{}", said.stderr);
}

#[test]
fn outputs_of_judgebench_come_back_with_labels_and_decisions() {
    let folder = Folder::new();
    let judgment = |decision: &str| json!({ "judgment": { "judge_model": "m", "response": "So." }, "decision": decision });
    let pair = |id: &str, label: &str, decisions: [&str; 2]| {
        json!({
            "pair_id": id, "original_id": id, "source": "own", "question": format!("Solve {id}."), "response_model": "x",
            "response_A": "four", "response_B": "five", "label": label, "judge_name": "vanilla",
            "judgments": [judgment(decisions[0]), judgment(decisions[1])],
        })
    };
    let pairs = [
        pair("p1", "A>B", ["A>B", "B>A"]),
        pair("p2", "B>A", ["A>B", "A>B"]),
        pair("p3", "B>A", ["A=B", "A>B"]),
    ];
    let text: Vec<String> = pairs.iter().map(ToString::to_string).collect();
    folder.write("outputs.jsonl", &text.join("\n"));
    let flags = ["--labels", "labels.jsonl"];
    let back = there_and_back(&folder, "outputs.jsonl", "vanilla-m", "judgebench", &flags);
    let back: Vec<Value> = back.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(back.len(), pairs.len());
    for (back, pair) in back.iter().zip(&pairs) {
        for field in
            ["pair_id", "source", "question", "response_A", "response_B", "label", "response_model"]
        {
            assert_eq!(back[field], pair[field], "{field}");
        }
        for at in 0..2 {
            assert_eq!(back["judgments"][at]["decision"], pair["judgments"][at]["decision"]);
            assert_eq!(back["judgments"][at]["judgment"]["response"], "So.");
        }
    }
}

#[test]
fn judgebench_needs_labels() {
    let folder = judged();
    let said = folder.run(&["export", "run.db", "--to", "judgebench"]).expect(2);
    assert!(said.stderr.contains("--labels"), "{}", said.stderr);
    let flags = ["--labels", "labels.jsonl", "--output", "jb.jsonl"];
    let said =
        folder.run(&[&["export", "run.db", "--to", "judgebench"], &flags[..]].concat()).expect(0);
    assert!(said.stderr.contains("without a label that most people chose"), "{}", said.stderr);
    let beside = json_file(&folder.path().join("jb.jsonl.meta.json"));
    assert_eq!(beside["counts"]["unlabelled"], 1);
}
