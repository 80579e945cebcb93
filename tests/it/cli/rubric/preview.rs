//! `rubric preview`.

use serde_json::{Value, json};

use super::{assert_printable, rubric, scene};
use crate::support::server::{Answer, Scene};

fn preview(scene: &Scene, flags: &[&str]) -> Value {
    let command = ["rubric", "preview", "mine", "items.jsonl", "--id", "q-001", "--format", "json"];
    let said = scene.run(&[&command[..], flags].concat()).expect(0);
    serde_json::from_str(&said.stdout).unwrap()
}

#[test]
fn both_orders_are_shown_as_they_are_sent() {
    let scene = scene();
    let document = preview(&scene, &[]);
    assert_eq!(scene.server.requests(), 0, "nothing is sent");
    scene.judge(&["--rubric", "mine"]).expect(0);
    let sent: Vec<Value> =
        scene.server.seen().iter().map(|seen| seen.body["messages"].clone()).collect();
    for (order, first) in [(0, "alpha"), (1, "beta")] {
        let order = &document["comparisons"][0]["orders"][order];
        assert_eq!(order["first"], first);
        let messages: Vec<Value> = order["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|message| json!({ "role": message["role"], "content": message["content"] }))
            .collect();
        assert!(sent.contains(&json!(messages)), "{messages:?}");
        let tokens = order["messages"].as_array().unwrap().iter();
        let sum: u64 = tokens.map(|message| message["tokens_estimated"].as_u64().unwrap()).sum();
        assert_eq!(order["tokens_estimated"], sum);
        assert_eq!(order["answers"], json!([]));
    }
    let said = scene.run(&["rubric", "preview", "mine", "items.jsonl", "--id", "q-001"]).expect(0);
    assert!(said.stdout.contains("order 2 of 2: beta first, alpha second"), "{}", said.stdout);
    assert!(said.stdout.contains("(estimated from the length)"), "{}", said.stdout);
}

#[test]
fn the_answers_of_a_run_are_shown_with_their_votes() {
    let scene = scene();
    scene.judge(&["--rubric", "mine", "--repeat", "2"]).expect(0);
    let document = preview(&scene, &["--run", "run.db"]);
    let comparison = &document["comparisons"][0];
    assert_eq!(comparison["verdicts"]["judge-1"], json!({ "outcome": "kept", "winner": "alpha" }));
    assert_eq!(document["note"], Value::Null);
    for (order, vote) in [(0, "first"), (1, "second")] {
        let answers = comparison["orders"][order]["answers"].as_array().unwrap();
        assert_eq!(answers.len(), 2);
        for answer in answers {
            assert_eq!((&answer["judge"], &answer["vote"]), (&json!("judge-1"), &json!(vote)));
            assert!(answer["reply"].as_str().unwrap().contains("\"vote\""), "{answer}");
        }
    }
    // The rubric has changed since, so that the replies answer something else.
    rubric(&scene, "1.1.0", "Prefer beta.");
    let document = preview(&scene, &["--run", "run.db"]);
    let note = document["note"].as_str().unwrap();
    assert!(note.contains("run.db was asked with another prompt (rubric mine 1.0.0)"), "{note}");
    // The item has changed since.
    rubric(&scene, "1.0.0", "Prefer alpha.");
    let items = std::fs::read_to_string(scene.folder.path().join("items.jsonl")).unwrap();
    scene.folder.write("items.jsonl", &items.replace("Question q-001", "Query q-001"));
    let document = preview(&scene, &["--run", "run.db"]);
    assert!(document["note"].as_str().unwrap().starts_with("prompt of item q-001 has changed"));
}

#[test]
fn every_pair_of_systems_is_shown_or_those_that_are_named() {
    let scene = scene();
    let item =
        json!({ "id": "q-001", "prompt": "Why?", "responses": { "a": "A", "b": "B", "c": "C" } });
    scene.folder.write("items.jsonl", &format!("{item}\n"));
    scene.judge(&["--rubric", "mine"]);
    let pairs = |flags: &[&str]| -> Vec<Value> {
        let document = preview(&scene, &[flags, &["--run", "run.db"]].concat());
        let comparisons = document["comparisons"].as_array().unwrap();
        assert!(comparisons.iter().all(|one| one["verdicts"]["judge-1"]["outcome"].is_string()));
        comparisons.iter().map(|one| one["between"].clone()).collect()
    };
    assert_eq!(pairs(&[]), [json!(["a", "b"]), json!(["a", "c"]), json!(["b", "c"])]);
    assert_eq!(pairs(&["--system", "c"]), [json!(["a", "c"]), json!(["b", "c"])]);
    assert_eq!(pairs(&["--system", "c", "--system", "a"]), [json!(["a", "c"])]);
    let command = ["rubric", "preview", "mine", "items.jsonl", "--id", "q-001", "--system", "d"];
    let said = scene.run(&command).expect(2);
    assert!(said.stderr.contains("its systems are: a, b, c"), "{}", said.stderr);
}

#[test]
fn an_unknown_item_is_bad_input_with_the_nearest_id() {
    let scene = scene();
    let said = scene.run(&["rubric", "preview", "mine", "items.jsonl", "--id", "q-0001"]).expect(3);
    assert!(said.stderr.contains("there is no item `q-0001`"), "{}", said.stderr);
    assert!(said.stderr.contains("did you mean `q-001`?"), "{}", said.stderr);
}

#[test]
fn hostile_text_in_items_and_replies_is_escaped() {
    let scene = scene();
    let item = json!({
        "id": "q-001",
        "prompt": "Why \u{1b}]0;title\u{7}?",
        "responses": { "alpha\u{202e}": "\u{1b}[2J ALPHA", "beta": "\u{9b}31m BETA" },
    });
    scene.folder.write("items.jsonl", &format!("{item}\n"));
    scene.server.now(|_| Answer::says("\u{1b}[31m{\"reasoning\":\"\u{202e}\",\"vote\":\"first\"}"));
    scene.judge(&["--rubric", "mine"]).expect(0);
    for format in ["table", "json"] {
        let command =
            ["rubric", "preview", "mine", "items.jsonl", "--id", "q-001", "--run", "run.db"];
        let said = scene.run(&[&command[..], &["--format", format]].concat()).expect(0);
        assert!(said.stdout.contains("BETA"), "{}", said.stdout);
        assert_printable(&said.stdout);
        assert_printable(&said.stderr);
    }
}
