//! Layouts that can be imported come back as they were.

use serde_json::{Value, json};

use super::{json_file, judged};
use crate::support::{CommandOutput, Folder};

/// Imports a file, judges with the recorded judge, and exports the run.
fn there_and_back(folder: &Folder, file: &str, judge: &str, to: &str, flags: &[&str]) -> String {
    with_baseline(folder, file, judge, to, flags, &[])
}

/// The same with flags for the plan.
fn with_baseline(
    folder: &Folder,
    file: &str,
    judge: &str,
    to: &str,
    flags: &[&str],
    plan: &[&str],
) -> String {
    folder.run(&["import", file, "--to", "in"]).expect(0);
    let task =
        ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", judge, "--run", "run.db"];
    let inside = folder.path().join("in");
    let mut command = folder.command(&[&task[..], plan].concat());
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
    let back = with_baseline(
        &folder,
        "annotations.json",
        "judge-1",
        "alpaca_eval",
        &[],
        &["--baseline", "z base"],
    );
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

/// Counts wins of each system and draws as the leaderboard of `alpaca_eval` does.
fn counts_of(annotations: &Value) -> std::collections::BTreeMap<String, usize> {
    let mut counts = std::collections::BTreeMap::new();
    for entry in annotations.as_array().unwrap() {
        let preference = entry["preference"].as_f64().unwrap();
        let winner = match preference {
            1.5 => "draw",
            better if better < 1.5 => entry["generator_1"].as_str().unwrap(),
            _ => entry["generator_2"].as_str().unwrap(),
        };
        *counts.entry(winner.to_owned()).or_default() += 1;
    }
    counts
}

#[test]
fn what_was_shown_first_does_not_change_the_reference_of_alpaca_eval() {
    let folder = Folder::new();
    let chosen = [("m", 1.25), ("M", 1.25), ("m", 1.75), ("M", 1.75), ("M", 1.9), ("m", 1.5)];
    let annotations: Vec<Value> = chosen
        .iter()
        .enumerate()
        .map(|(at, (letter, preference))| {
            json!({
                "instruction": format!("Do {at}."), "output_1": "old", "generator_1": "base", "output_2": "new",
                "generator_2": "candidate", "annotator": "judge-1", "preference": preference,
                "raw_completion": letter,
            })
        })
        .collect();
    folder.write("annotations.json", &json!(annotations).to_string());
    let back = there_and_back(&folder, "annotations.json", "judge-1", "alpaca_eval", &[]);
    let back: Value = serde_json::from_str(&back).unwrap();
    let references = back.as_array().unwrap().iter().map(|entry| &entry["generator_1"]);
    assert_eq!(references.collect::<Vec<_>>(), ["base"; 6]);
    assert_eq!(counts_of(&back), counts_of(&json!(annotations)));
    for (entry, (_, preference)) in back.as_array().unwrap().iter().zip(chosen) {
        assert_eq!(entry["preference"], preference);
    }
}

#[test]
fn an_order_that_was_not_asked_is_no_judgment_of_judgebench() {
    let folder = Folder::new();
    let judgment =
        json!({ "judgment": { "judge_model": "m", "response": "So." }, "decision": "A>B" });
    let pair = json!({
        "pair_id": "p1", "question": "Solve.", "response_A": "four", "response_B": "five", "label": "A>B",
        "judge_name": "vanilla", "judgments": [judgment],
    });
    folder.write("outputs.jsonl", &pair.to_string());
    let flags = ["--labels", "labels.jsonl", "--output", "back.jsonl"];
    there_and_back(&folder, "outputs.jsonl", "vanilla-m", "judgebench", &flags);
    let text = std::fs::read_to_string(folder.path().join("in/back.jsonl")).unwrap();
    let back: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(back["judgments"].as_array().unwrap().len(), 1, "{back}");
    assert_eq!(back["judgments"][0]["judgment"].get("judge_model"), None);
    // Imported again, it is the same recording of the same judge.
    folder.run(&["import", "in/back.jsonl", "--to", "again"]).expect(0);
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(read("again/replies/vanilla-m.jsonl"), read("in/replies/vanilla-m.jsonl"));
}

#[test]
fn a_jury_is_refused_before_anything_is_written() {
    let folder = judged();
    let settings =
        "[judges.told]\nrecorded = \"votes.jsonl\"\n[judges.second]\nrecorded = \"votes.jsonl\"\n";
    folder.write("evenhand.toml", settings);
    let task = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "told"];
    folder.run(&[&task[..], &["--judge", "second", "--run", "jury.db"]].concat()).expect(0);
    let said = folder.run(&["export", "jury.db", "--to", "alpaca_eval"]).expect(2);
    assert_eq!(said.stdout, "");
    folder.run(&["export", "jury.db", "--to", "alpaca_eval", "--judge", "told"]).expect(0);
}

#[test]
fn nothing_that_is_read_is_written_over() {
    let folder = judged();
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    std::fs::rename(folder.path().join("labels.jsonl"), folder.path().join("x.meta.json")).unwrap();
    std::fs::create_dir(folder.path().join("sub")).unwrap();
    let before = (read("run.db"), read("x.meta.json"));
    for output in ["run.db", "./run.db", "sub/../run.db", "x.meta.json", "x"] {
        let flags = ["--to", "preferences", "--labels", "x.meta.json", "--output", output];
        let said = folder.run(&[&["export", "run.db"], &flags[..]].concat()).expect(2);
        assert!(said.stderr.contains("would be written over"), "{}", said.stderr);
        assert!((read("run.db"), read("x.meta.json")) == before, "{output}");
    }
    std::fs::rename(folder.path().join("x.meta.json"), folder.path().join("labels.csv")).unwrap();
    let flags = ["--to", "csv", "--labels", "labels.csv", "--output", "."];
    folder.run(&[&["export", "run.db"], &flags[..]].concat()).expect(2);
}
