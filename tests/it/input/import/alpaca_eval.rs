//! Outputs and annotations of `alpaca_eval`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::small::{follow, import, read, write};
use crate::support::{CommandOutput, Folder};

fn annotation(instruction: &str, outputs: [&str; 2], preference: impl Into<Value>) -> Value {
    json!({
        "instruction": instruction, "output_1": outputs[0], "generator_1": "base model",
        "dataset": "own", "output_2": outputs[1], "generator_2": "new_model",
        "annotator": "Weighted_GPT4", "preference": preference.into(), "preference_version": "0.6.6",
    })
}

/// Preferences as they come out of log probabilities, beside draws and plain choices.
const PREFERENCES: [f64; 6] =
    [1.000_001_234_567_891_2, 1.999_999_999_999_999_8, 1.5, 1.0, 2.0, 0.0];

fn annotations() -> Value {
    let entries = PREFERENCES.iter().enumerate().map(|(at, preference)| {
        annotation(&format!("Do {at}."), [&format!("old {at}"), &format!("new {at}")], *preference)
    });
    entries.collect()
}

#[test]
fn a_preference_is_the_exact_probability_of_the_output_shown_first() {
    let folder = Folder::new();
    write(&folder, "annotations.json", &annotations());
    let said = import(&folder, "alpaca_eval", &["annotations.json"]).expect(0);
    let items = read(&folder, "out/items.jsonl");
    assert_eq!(
        items.lines().next().unwrap(),
        r#"{"id":"alpaca-0001","prompt":"Do 0.","responses":{"base model":"old 0","new_model":"new 0"},"tags":{"dataset":"own"}}"#
    );
    let recorded = read(&folder, "out/replies/weighted-gpt4.jsonl");
    let recorded: Vec<Value> =
        recorded.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(recorded.len(), 6);
    let votes: Vec<&Value> = recorded.iter().map(|line| &line["vote"]).collect();
    assert_eq!(votes, ["first", "second", "tie", "first", "second", "tie"]);
    for (line, preference) in recorded.iter().zip(PREFERENCES) {
        assert_eq!(line["first"], "base model");
        let preference = if preference == 0.0 { 1.5 } else { preference };
        // What alpaca_eval averages is the preference less 1: the probability of output_2.
        let of_second = 1.0 - line["probability"].as_f64().unwrap();
        assert_eq!(of_second.to_bits(), (preference - 1.0).to_bits(), "{line}");
    }
    assert!(said.stderr.contains("4 annotations do not say which output was shown first"));
    assert!(said.stderr.contains("2 annotations are draws and do not say which output"));
    assert!(
        said.stderr.contains("weighted-gpt4 was asked in one order only in 6 of 6 comparisons")
    );
    follow(&folder, &said, [0, 5, 0]);
    // What a ranking is made of: counts and probabilities as the run has them.
    let run = "out/runs/helpfulness-weighted-gpt4.db";
    let verdicts = folder.run(&["verdicts", run, "--all", "--replies"]).expect(0).json_lines();
    let stored: Vec<f64> = verdicts
        .iter()
        .map(|verdict| &verdict["orders"][0]["replies"][0]["recorded_vote"]["probability"])
        .map(|probability| 1.0 - probability.as_f64().unwrap())
        .collect();
    let published =
        PREFERENCES.map(|preference| if preference == 0.0 { 0.5 } else { preference - 1.0 });
    assert_eq!(stored.iter().map(|p| p.to_bits()).collect::<Vec<_>>(), published.map(f64::to_bits));
    let wins =
        |word: &str| verdicts.iter().filter(|v| v["orders"][0]["preference"] == word).count();
    assert_eq!([wins("new_model"), wins("base model"), wins("tie")], [2, 2, 2]);
}

#[test]
fn the_letter_that_a_judge_chose_says_what_it_was_shown_first() {
    let folder = Folder::new();
    let mut data = Vec::new();
    for (at, (letter, preference)) in
        [("m", 1.1), ("m", 1.9), ("M", 1.9), ("M", 1.1), ("m", 1.5)].iter().enumerate()
    {
        let mut entry = annotation(&format!("Do {at}."), ["old", "new"], *preference);
        let raw =
            json!({ "finish_reason": "length", "logprobs": { "content": [] }, "text": letter });
        entry["preference_raw_completion"] = if at == 2 { json!(letter) } else { raw };
        data.push(entry);
    }
    write(&folder, "annotations.json", &json!(data));
    let said = import(&folder, "alpaca_eval", &["annotations.json"]).expect(0);
    let recorded = read(&folder, "out/replies/weighted-gpt4.jsonl");
    let recorded: Vec<Value> =
        recorded.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let orders: Vec<[&Value; 3]> =
        recorded.iter().map(|line| [&line["first"], &line["vote"], &line["reply"]]).collect();
    let expected = [
        ["base model", "first", "m"],
        ["new_model", "first", "m"],
        ["base model", "second", "M"],
        ["new_model", "second", "M"],
        ["base model", "tie", "m"],
    ];
    assert_eq!(orders, expected);
    assert_eq!(recorded[1]["probability"].as_f64().unwrap().to_bits(), (1.9_f64 - 1.0).to_bits());
    assert!(
        said.stderr
            .contains("1 annotation is a draw and does not say which output was shown first")
    );
    assert!(!said.stderr.contains("annotation does not say"), "{}", said.stderr);
    let marked = recorded.iter().filter(|line| line["order"] == "unknown");
    assert_eq!(marked.count(), 1, "asking the other order cannot complete the draw");
}

#[test]
fn every_annotation_counts_once_whatever_repeats() {
    let folder = Folder::new();
    let mut data = vec![
        annotation("Do.", ["old", "new"], 1),
        annotation("Do.", ["old", "new"], 2),
        annotation("Do.", ["old", "other"], 2),
        annotation("Do.", ["old", "new"], Value::Null),
    ];
    data[3]["annotator"] = json!("second");
    let mut itself = annotation("Alone.", ["x", "y"], 2);
    itself["generator_1"] = json!("new_model");
    data.push(itself);
    write(&folder, "annotations.json", &json!(data));
    let said = import(&folder, "alpaca_eval", &["annotations.json"]).expect(0);
    let items = read(&folder, "out/items.jsonl");
    assert_eq!(items.lines().count(), 4);
    assert!(items.contains(r#"{"new_model (1)":"x","new_model (2)":"y"}"#), "{items}");
    let recorded = read(&folder, "out/replies/weighted-gpt4.jsonl");
    let ids: Vec<&str> = recorded.lines().map(|line| line.split('"').nth(3).unwrap()).collect();
    assert_eq!(ids, ["alpaca-0001", "alpaca-0002", "alpaca-0003", "alpaca-0004"]);
    assert_eq!(
        read(&folder, "out/replies/second.jsonl"),
        "{\"id\":\"alpaca-0001\",\"first\":\"base model\",\"second\":\"new_model\",\"order\":\"unknown\",\"reply\":\"\"}\n"
    );
    assert!(said.stderr.contains("1 annotation has no preference"), "{}", said.stderr);
    assert!(said.stderr.contains("1 annotation compares a generator with itself"));
}

#[test]
fn several_models_share_their_instructions_and_the_baseline_is_planned() {
    let folder = Folder::new();
    let mut of_other = annotations();
    for entry in of_other.as_array_mut().unwrap() {
        entry["generator_2"] = json!("third");
    }
    write(&folder, "new.json", &annotations());
    write(&folder, "third.json", &of_other);
    let said = import(&folder, "alpaca_eval", &["new.json", "third.json"]).expect(0);
    assert_eq!(read(&folder, "out/items.jsonl").lines().count(), 6);
    assert!(said.stderr.contains("--baseline 'base model'"), "{}", said.stderr);
    assert_eq!(read(&folder, "out/replies/weighted-gpt4.jsonl").lines().count(), 12);
    let task = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "weighted-gpt4"];
    let flags = ["--baseline", "base model", "--run", "run.db"];
    let mut command = folder.command(&[&task[..], &flags].concat());
    CommandOutput::of(&command.current_dir(folder.path().join("out")).output().unwrap()).expect(5);
    let verdicts = folder.run(&["verdicts", "out/run.db", "--all"]).expect(0).json_lines();
    assert_eq!(verdicts.len(), 12);
    let has_vote = |verdict: &&Value| {
        verdict["orders"].as_array().unwrap().iter().any(|order| order["vote"].is_string())
    };
    assert_eq!(verdicts.iter().filter(has_vote).count(), 12, "one order of each");
}

#[test]
fn outputs_of_two_generators_are_items_and_annotations_of_people_are_labels() {
    let folder = Folder::new();
    let output = |generator: &str| json!([{ "instruction": "Do.", "output": format!("{generator} did"), "generator": generator, "dataset": "own" }]);
    write(&folder, "one.json", &output("one"));
    write(&folder, "two.json", &output("two"));
    let said = folder.run(&["import", "one.json", "two.json", "--to", "out"]).expect(0);
    assert!(said.stderr.contains("recognised as alpaca_eval: 1 item, 0 labels"), "{}", said.stderr);
    follow(&folder, &said, [0, 0, 0]);
    let alone = folder.run(&["import", "one.json", "--to", "alone"]).expect(3);
    assert!(alone.stderr.contains("no prompt has two responses"), "{}", alone.stderr);

    let mut people = Vec::new();
    for (annotator, preference) in [(0, 1), (7, 2), (9, 1)] {
        let mut entry = annotation("Do.", ["old", "new"], preference);
        entry["annotator_index"] = json!(annotator);
        entry.as_object_mut().unwrap().remove("annotator");
        people.push(entry);
    }
    write(&folder, "people.json", &json!(people));
    let said = folder.run(&["import", "people.json", "--to", "people"]).expect(0);
    let labels = read(&folder, "people/labels.jsonl");
    let mut expected = String::new();
    for (annotator, winner) in [(0, "base model"), (7, "new_model"), (9, "base model")] {
        let line = json!({ "id": "alpaca-0001", "annotator": format!("annotator-{annotator}"), "winner": winner });
        writeln!(expected, "{line}").unwrap();
    }
    assert_eq!(labels, expected);
    follow(&folder, &said, [0, 0, 0]);
}

#[test]
fn a_preference_that_is_none_is_refused_with_file_line_and_field() {
    for (preference, message) in [
        (json!(2.5), "preference: expected a number from 1 to 2, or 0 for a draw, found 2.5"),
        (json!(0.5), "preference: expected a number from 1 to 2, or 0 for a draw, found 0.5"),
        (json!("better"), "preference: expected a number from 1 to 2, found a string"),
    ] {
        let folder = Folder::new();
        let data = json!([
            annotation("Do.", ["old", "new"], 1),
            annotation("Do it.", ["o", "n"], preference)
        ]);
        write(&folder, "a.json", &data);
        let said = import(&folder, "alpaca_eval", &["a.json"]).expect(3);
        assert!(
            said.stderr.contains(message) && said.stderr.contains("a.json:"),
            "{}",
            said.stderr
        );
        assert!(!folder.path().join("out").exists());
    }
}
