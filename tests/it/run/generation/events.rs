//! `--format jsonl`: what a program that starts the command can follow.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::json;

use super::scene::{GenerationScene, echo};
use crate::support::server::Answer;

#[test]
fn the_plan_comes_first_and_the_result_last() {
    let scene = GenerationScene::echoing(3);
    let events = scene.generate(&["--format", "jsonl"]).expect(0).json_lines();
    let (plan, result) = (&events[0], events.last().unwrap());
    assert_eq!(
        plan,
        &json!({
            "event": "plan", "run": "runs/generate-items.db", "systems": ["plain", "brief"], "prompts": 3,
            "samples": 1,
        })
    );
    assert_eq!((&result["event"], &result["items"]), (&json!("result"), &json!(3)));
    let between = &events[1..events.len() - 1];
    assert!(!between.is_empty() && between.iter().all(|event| event["event"] == "progress"));
    let last = between.last().unwrap();
    assert_eq!([&last["planned"], &last["done"], &last["requests"]], [6, 6, 6]);
}

#[cfg(unix)]
#[test]
fn nothing_more_is_asked_when_the_reader_has_gone() {
    let scene = GenerationScene::new(400, |seen| Answer::says(&echo(seen)).after(300));
    scene.settings(&[("plain", &[("max_in_flight", "4")])]);
    let mut command =
        scene.command(&["--system", "plain", "--to", "items.jsonl", "--format", "jsonl"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    drop(reader);
    // 400 prompts would take 30 seconds.
    assert_eq!(child.wait().unwrap().code(), Some(5));
    assert!(scene.server.requests() < 200, "{}", scene.server.requests());
    assert_eq!(scene.items().len(), scene.server.requests(), "every answer is kept");
}
