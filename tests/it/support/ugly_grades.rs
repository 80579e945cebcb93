//! A run of grades with everything that is hard to show: hostile texts and names, reasoning, criteria, a response that
//! cannot be assessed, unreadable and missing replies, repeats, and two judges.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::ugly_run::HOSTILE;
use super::{Folder, lines_of};

/// The id of an item that a spreadsheet would compute.
pub(crate) const FORMULA: &str = "=1+1";

/// The rubric of the run; the name of its worst step is a formula.
pub(crate) const RUBRIC: &str = r#"name = "r"
version = "1.0.0"
description = "Is it good?"
mode = "grade"
scale = ["=poor", "fair", "good"]
pass_from = "good"
cannot_assess = true
[[criteria]]
name = "accuracy"
description = "Right?"
[[criteria]]
name = "tone"
description = "Polite?"
"#;

fn items() -> Vec<Value> {
    let call = json!([
        { "role": "user", "content": "Weather?" },
        { "role": "assistant", "content": "", "tool_calls": [
            { "id": "1", "type": "function", "function": { "name": "weather", "arguments": "{\"city\":\"Bonn\"}" } }] },
        { "role": "tool", "tool_call_id": "1", "content": "rain" },
    ]);
    vec![
        json!({ "id": "plain", "prompt": "What is the capital of France?", "reference": "Paris",
            "context": { "locale": "de" }, "tags": { "topic": "geo", "lang": "en" },
            "responses": { "alpha": "The capital of France is Paris.", "beta": "It is Lyon." } }),
        json!({ "id": FORMULA, "prompt": HOSTILE, "tags": { "topic": "@other" },
            "responses": { "alpha": HOSTILE, "beta": "<script>alert(1)</script>" } }),
        json!({ "id": "turns", "prompt": call, "responses": { "alpha": call, "beta": "It rains." } }),
        json!({ "id": "wide", "prompt": "日本の首都は？", "tags": { "topic": "geo" },
            "responses": { "alpha": "", "beta": "日本の首都は東京です。とても大きい街です。" } }),
    ]
}

/// A reply with a grade on both criteria.
fn grade(reasoning: &str, step: &str) -> String {
    json!({ "reasoning": reasoning, "criteria": { "accuracy": step, "tone": "fair" }, "grade": step }).to_string()
}

/// The replies of the first judge to a response, with the scale as written and reversed, once for each repeat.
fn replies(id: &str, system: &str) -> [[Option<String>; 2]; 2] {
    let same = |reply: String| [Some(reply.clone()), Some(reply)];
    let both = |reply: String| [same(reply.clone()), same(reply)];
    match (id, system) {
        ("plain", "alpha") => both(grade("It names the city.", "good")),
        ("plain", _) => [same(grade("It is wrong.", "fair")), same(grade("It is fine.", "good"))],
        (FORMULA, "alpha") => [
            [Some(grade(HOSTILE, "=poor")), Some(grade("Now better.", "good"))],
            same(format!("Well: {}", grade(HOSTILE, "=poor"))),
        ],
        (FORMULA, _) => [same("I cannot say.".to_owned()), same(String::new())],
        ("turns", "alpha") => both(grade("Nothing to grade.", "cannot assess")),
        ("turns", _) => [same(grade("Short.", "fair")), [None, None]],
        (_, "alpha") => both(grade("It is empty.", "fair")),
        _ => both(grade("東京です。", "good")),
    }
}

/// Grades with `judges` recorded judges, each direction `repeats` times. The first judge keeps 5 of 8 grades, if it is
/// asked once; every other one grades all of them as fair.
pub(crate) fn ugly_grades(judges: usize, repeats: usize) -> Folder {
    let folder = Folder::new();
    folder.write("items.jsonl", &lines_of(items()));
    folder.write("r.toml", RUBRIC);
    let count = repeats.to_string();
    let mut settings = String::new();
    let mut command = vec!["grade", "items.jsonl", "--rubric", "./r.toml", "--run", "run.db"];
    command.extend(["--repeat", &count]);
    let names: Vec<String> = (1..=judges).map(|judge| format!("judge-{judge}")).collect();
    for (judge, name) in names.iter().enumerate() {
        let mut recording = Vec::new();
        for item in items() {
            let id = item["id"].as_str().unwrap();
            for system in ["alpha", "beta"] {
                for (scale, replies) in ["written", "reversed"].into_iter().zip(replies(id, system))
                {
                    for reply in replies.into_iter().take(repeats).flatten() {
                        let reply = if judge == 0 { reply } else { grade("It is fair.", "fair") };
                        recording.push(
                            json!({ "id": id, "system": system, "scale": scale, "reply": reply }),
                        );
                    }
                }
            }
        }
        folder.write(&format!("{name}.jsonl"), &lines_of(recording));
        writeln!(settings, "[judges.{name}]\nrecorded = \"{name}.jsonl\"").unwrap();
        command.extend(["--judge", name]);
    }
    folder.write("evenhand.toml", &settings);
    folder.run(&command).expect(5);
    folder
}

/// Returns the lines of Markdown that are in no code block; every block must end.
pub(crate) fn outside_code(markdown: &str) -> Vec<&str> {
    let (mut fence, mut outside) = (String::new(), Vec::new());
    for line in markdown.lines() {
        let marks: String = line.chars().take_while(|char| *char == '`').collect();
        if fence.is_empty() && marks.len() >= 3 {
            fence = marks;
        } else if fence.is_empty() {
            outside.push(line);
        } else if line == fence {
            fence.clear();
        }
    }
    assert_eq!(fence, "", "{markdown}");
    outside
}
