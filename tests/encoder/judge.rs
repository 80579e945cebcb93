//! `--judge builtin:bertscore`.

use serde_json::{Value, json};

use crate::command::run;
use crate::tiny::TinyEncoder;

const RUBRIC: &str =
    "name = \"by-encoder\"\ndescription = \"Which is closer to the reference?\"\nties = true\n";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let texts = ["the cat sat on the mat.", "a man was paid", "the dog ran very fast"];
    let item = |at: usize| {
        let (one, other) = (texts[at % 3], texts[(at + 1) % 3]);
        json!({"id": format!("i{at}"), "prompt": "?", "responses": {"a": one, "b": other}, "reference": other})
            .to_string()
    };
    let mut lines: Vec<String> = (0..6).map(item).collect();
    let tie = json!({"id": "tie", "prompt": "?", "responses": {"a": "the cat", "b": "the cat"}, "reference": "a dog"});
    lines.push(tie.to_string());
    std::fs::write(folder.path().join("items.jsonl"), lines.join("\n")).unwrap();
    std::fs::write(folder.path().join("rubric.toml"), RUBRIC).unwrap();
    folder
}

fn flags<'a>(encoder: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    flags_of("builtin:bertscore", encoder, more)
}

fn flags_of<'a>(judge: &'a str, encoder: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let flags = [
        "judge",
        "items.jsonl",
        "--rubric",
        "rubric.toml",
        "--judge",
        judge,
        "--run",
        "run.db",
        "--encoder",
        encoder,
    ];
    [&flags[..], more].concat()
}

#[test]
fn it_votes_for_the_higher_score_in_both_orders_and_for_a_tie_of_equal_texts() {
    let encoder = TinyEncoder::new("bert");
    let folder = folder();
    run(folder.path(), &flags(encoder.path().to_str().unwrap(), &[])).expect(0);
    let said = run(folder.path(), &["verdicts", "run.db", "--format", "jsonl"]).expect(0).stdout;
    let verdicts: Vec<Value> =
        said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(verdicts.len(), 7, "{said}");
    for verdict in verdicts {
        let expected = if verdict["id"] == "tie" { "tie" } else { "b" };
        assert_eq!(verdict["winner"], expected, "{verdict}");
    }
}

#[test]
fn another_encoder_or_layer_is_another_run() {
    let encoder = TinyEncoder::new("bert");
    let folder = folder();
    let path = encoder.path().to_str().unwrap();
    run(folder.path(), &flags(path, &[])).expect(0);
    run(folder.path(), &flags(path, &["--layer", "3"])).expect(0);
    let said = run(folder.path(), &flags(path, &["--layer", "2"])).expect(7);
    assert!(said.stderr.contains("\"layer\":2"), "{}", said.stderr);
    let other = TinyEncoder::new("distilbert");
    let said = run(folder.path(), &flags(other.path().to_str().unwrap(), &[])).expect(7);
    assert!(said.stderr.contains("\"encoder\""), "{}", said.stderr);
}

#[test]
fn an_encoder_without_a_judge_that_uses_it_is_refused() {
    let folder = folder();
    let said = run(folder.path(), &flags_of("builtin:rouge-l", "x", &[])).expect(2);
    assert!(said.stderr.contains("--judge builtin:bertscore"), "{}", said.stderr);
}

#[test]
fn items_without_a_reference_are_refused_before_anything_is_judged() {
    let encoder = TinyEncoder::new("bert");
    let folder = folder();
    let item = json!({"id": "i", "prompt": "?", "responses": {"a": "x", "b": "y"}});
    std::fs::write(folder.path().join("items.jsonl"), item.to_string()).unwrap();
    let said = run(folder.path(), &flags(encoder.path().to_str().unwrap(), &[])).expect(3);
    assert!(said.stderr.contains("reference is missing"), "{}", said.stderr);
}
