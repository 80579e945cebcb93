//! Responses that are not what was asked for are counted and marked; what was broken off is asked for again.

use serde_json::{Value, json};

use super::scene::{GenerationScene, ends};
use crate::support::server::Answer;

/// The response of a system that always answers alike, and what is known of it.
fn made(answer: impl Fn() -> Answer + Send + Sync + 'static) -> (Value, Value) {
    let scene = GenerationScene::new(1, move |_| answer());
    scene.run(&["--system", "plain", "--to", "items.jsonl"]).expect(0);
    let item = scene.items().remove(0);
    (item["responses"]["plain"].clone(), item["generated"]["plain"]["mark"].clone())
}

#[test]
fn a_response_is_marked_by_how_it_ended() {
    let cases = [
        (Some("Fine."), "stop", None, "Fine.", Value::Null),
        (Some("Half of"), "length", None, "Half of", json!("cut-off")),
        (Some(""), "length", None, "", json!("cut-off")),
        (Some(""), "stop", None, "", json!("empty")),
        (None, "stop", None, "", json!("empty")),
        (Some(" \n"), "stop", None, " \n", json!("empty")),
        (None, "stop", Some("I cannot."), "I cannot.", json!("refused")),
        (Some("Partly"), "content_filter", None, "Partly", json!("refused")),
        (None, "content_filter", None, "", json!("refused")),
        (Some("Partly"), "tool_calls", None, "Partly", json!("unfinished")),
        (Some("Partly"), "word_of_tomorrow", None, "Partly", json!("unfinished")),
    ];
    for (text, reason, refusal, expected, mark) in cases {
        let (response, found) = made(move || ends(text, reason, refusal));
        assert_eq!((&response, &found), (&json!(expected), &mark), "{text:?} {reason} {refusal:?}");
    }
}

#[test]
fn reasoning_in_the_text_is_no_part_of_the_response() {
    let (response, mark) = made(|| Answer::says("<think>\nHm, four.\n</think>\n\nFour."));
    assert_eq!((response, mark), (json!("Four."), Value::Null));
    // Reasoning that was not closed used up the tokens.
    let (response, mark) = made(|| ends(Some("<think>\nHm, four"), "length", None));
    assert_eq!((response, mark), (json!(""), json!("cut-off")));
    // The template of the chat has opened the reasoning.
    let (response, mark) = made(|| Answer::says("Hm, four.\n</think>\n\nFour."));
    assert_eq!((response, mark), (json!("Four."), Value::Null));
    let harmony = "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Four.<|return|>";
    let (response, mark) = made(move || Answer::says(harmony));
    assert_eq!((response, mark), (json!("Four."), Value::Null));
    let (response, mark) = made(|| Answer::says("<think>Hm"));
    assert_eq!((response, mark), (json!(""), json!("unfinished")));
    for (text, response) in [
        ("<think>a</think><think>b</think>Four.", "Four."),
        ("Hm, four.</think>\n\nFour.", "Four."),
        ("Hm, four.\n</think>Four.", "Four."),
        ("About <think> tags.\n</think>\nFour.", "Four."),
        (
            "<|start|>assistant<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Four.",
            "Four.",
        ),
        ("<|channel|>final<|message|>Four.<|end|><|return|>", "Four."),
    ] {
        let (found, mark) = made(move || Answer::says(text));
        assert_eq!((found, mark), (json!(response), Value::Null), "{text}");
    }
    // A response that writes about reasoning is left as it is.
    for text in [
        "First write the opening tag, then:\n```\n</think>\n```\nDone",
        "Write it like this:\n<think>\nHm\n</think>\nand then answer.",
        "Use <think>…</think> tags to mark the reasoning, then write the answer.",
        "Example: {\"a\": \"</think>\"} and more.",
        "To open the block write <think> and then reason.",
        "<b>Bold</b> and </think> in one line.",
    ] {
        let (response, mark) = made(move || Answer::says(text));
        assert_eq!((response, mark), (json!(text), Value::Null));
    }
    // White space of a response without reasoning is the system's.
    let (response, mark) = made(|| Answer::says("  indented\n"));
    assert_eq!((response, mark), (json!("  indented\n"), Value::Null));
}

#[test]
fn marks_are_counted_and_said() {
    let scene = GenerationScene::new(6, |seen| match seen.id.as_str() {
        "q-001" | "q-002" => ends(Some("Half of"), "length", None),
        "q-003" => ends(None, "stop", Some("No.")),
        "q-004" => ends(Some(""), "stop", None),
        _ => Answer::says("Fine."),
    });
    let said = scene.run(&["--system", "plain", "--to", "items.jsonl"]).expect(0);
    for warning in [
        "plain: 2 of 6 responses were cut off at the limit of their length, and marked as such; a larger max_tokens asks all \
         responses of the system again",
        "plain: 1 of 6 responses is a refusal, and marked as such",
        "plain: 1 of 6 responses is empty, and marked as such",
    ] {
        assert!(said.stderr.contains(warning), "{}", said.stderr);
    }
    let row: Vec<&str> = said
        .stdout
        .lines()
        .find(|line| line.contains("plain"))
        .unwrap()
        .split_whitespace()
        .collect();
    assert_eq!(row[..7], ["plain", "6/6", "2", "0", "1", "1", "0"]);
}

#[test]
fn the_reader_of_items_says_which_are_marked() {
    let scene = GenerationScene::new(3, |seen| match (seen.id.as_str(), seen.model()) {
        ("q-002", "model-of-plain") => ends(Some("Half of"), "length", None),
        ("q-003", _) => ends(None, "stop", Some("No.")),
        _ => Answer::says(&format!("Fine, {}.", seen.model())),
    });
    scene.generate(&[]).expect(0);
    let check = ["check", "items.jsonl", "--rubric", "helpfulness"];
    let said = scene.folder.run(&check).expect(0);
    for warning in [
        "1 of 3 items has a response that was cut off at the limit of its length, which is judged like any other \
         (first: items.jsonl:2)",
        "1 of 3 items has a refusal to respond, which is judged like any other (first: items.jsonl:3)",
    ] {
        assert!(said.stderr.contains(warning), "{}", said.stderr);
    }
}

#[test]
fn a_response_that_the_server_broke_off_is_asked_for_again() {
    let scene = GenerationScene::new(2, |seen| match (seen.id.as_str(), seen.before) {
        ("q-001", 0) | ("q-002", _) => ends(Some("Half of"), "abort", None),
        _ => Answer::says("Whole."),
    });
    let said = scene.run(&["--system", "plain", "--to", "items.jsonl"]).expect(0);
    // The default of max_parse_attempts is 2: three requests.
    assert_eq!(scene.server.requests(), 2 + 3);
    assert_eq!(scene.items().len(), 1);
    assert_eq!(scene.items()[0]["responses"]["plain"], "Whole.");
    assert!(
        said.stderr.contains("plain: 1 of 2 responses was broken off by the server each time"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_system_whose_every_reply_is_broken_off_is_no_success() {
    let scene = GenerationScene::new(2, |_| ends(Some("Half of"), "error", None));
    for _ in 0..2 {
        let said = scene.run(&["--system", "plain", "--to", "items.jsonl"]).expect(4);
        assert!(said.stderr.contains("the server broke off every reply"), "{}", said.stderr);
    }
    assert!(!scene.folder.path().join("items.jsonl").exists());
}

#[test]
fn it_is_said_that_reasoning_was_left_out() {
    let scene = GenerationScene::new(2, |seen| match seen.id.as_str() {
        "q-001" => Answer::says("<think>Hm</think>Four."),
        _ => Answer::says("Four."),
    });
    scene.run(&["--system", "plain", "--to", "items.jsonl"]).expect(0);
    let flags: Vec<Value> = scene
        .items()
        .iter()
        .map(|item| item["generated"]["plain"]["reasoning_removed"].clone())
        .collect();
    assert_eq!(flags, [json!(true), Value::Null]);
}
