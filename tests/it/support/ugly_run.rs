//! A run with everything that is hard to show: empty, equal and endless texts, wide and control characters, code
//! fences, conversations, criteria, unreadable, failed and missing replies, repeats, and two judges.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::Folder;

/// A text that acts on a terminal, pretends to be a heading, and closes a code fence.
pub(crate) const HOSTILE: &str =
    "\u{1b}[2Jgone\u{7}\r\nresponse of beta\n```\n# Heading <b>bold</b>\n```` | *x*\u{202e}\ttab\n";

const RUBRIC: &str = r#"name = "r"
description = "Which is better?"
ties = true
[[criteria]]
name = "accuracy"
description = "Right?"
[[criteria]]
name = "tone"
description = "Polite?"
[reply]
format = "json"
"#;

/// The items: id, prompt, responses of alpha and beta, and further fields.
fn items() -> Vec<Value> {
    let item = |id: &str, prompt: Value, [alpha, beta]: [Value; 2], more: Value| {
        let mut item =
            json!({ "id": id, "prompt": prompt, "responses": { "alpha": alpha, "beta": beta } });
        for (key, value) in more.as_object().unwrap() {
            item[key] = value.clone();
        }
        item
    };
    let call = json!([
        { "role": "user", "content": "Weather?" },
        { "role": "assistant", "content": "", "tool_calls": [
            { "id": "1", "type": "function", "function": { "name": "weather", "arguments": "{\"city\":\"Bonn\"}" } }] },
        { "role": "tool", "tool_call_id": "1", "content": "rain" },
    ]);
    vec![
        item(
            "plain",
            json!("What is the capital of France?"),
            [
                json!("The capital of France is Paris."),
                json!("The capital of France is Lyon, of course."),
            ],
            json!({ "reference": "Paris", "tags": { "topic": "geo", "lang": "en" } }),
        ),
        item(
            "empty",
            json!(""),
            [json!(""), json!("Something.")],
            json!({ "reference": ["", "Something"], "context": { "locale": "de" } }),
        ),
        item(
            "equal",
            json!("Same?"),
            [json!("same"), json!("same")],
            json!({ "tags": { "topic": "other" } }),
        ),
        item(
            "endless",
            json!("Go."),
            [json!("x".repeat(300)), json!(format!("{}y", "x".repeat(299)))],
            json!({}),
        ),
        item(
            "wide",
            json!("日本の首都は？"),
            [
                json!(
                    "日本の首都は東京です。とても大きい街です。👩‍👩‍👧 ❤️ どうぞお越しください、お待ちしております。"
                ),
                json!(
                    "日本の首都は大阪です。とても大きい街です。👩‍👩‍👧 ❤️ どうぞお越しください、お待ちしております。"
                ),
            ],
            json!({ "reference": { "city": "東京" } }),
        ),
        item(
            "hostile",
            json!(HOSTILE),
            [json!(HOSTILE), json!(format!("{HOSTILE}more"))],
            json!({}),
        ),
        item(
            "turns",
            call.clone(),
            [call, json!("It rains.")],
            json!({ "tags": { "topic": "geo" } }),
        ),
    ]
}

/// A reply with a vote on both criteria.
fn vote(reasoning: &str, choice: &str) -> String {
    json!({ "reasoning": reasoning, "criteria": { "accuracy": choice, "tone": "tie" }, "vote": choice }).to_string()
}

/// The replies of the first judge to an item, with alpha first and with beta first, once for each repeat.
fn replies(id: &str) -> [[Option<String>; 2]; 2] {
    let same = |reply: String| [Some(reply.clone()), Some(reply)];
    match id {
        "plain" => [
            same(vote("The first one names the city.", "first")),
            same(vote(
                "The second one names the city, and it says no more than was asked.",
                "second",
            )),
        ],
        "empty" => [same(vote("", "second")), same(vote("It says something.", "second"))],
        "equal" => [same(vote("No difference.", "tie")), same(vote("No difference.", "first"))],
        "endless" => [same("I cannot say.".to_owned()), same(String::new())],
        "wide" => [same(vote("東京です。", "first")), [Some(vote("東京です。", "second")), None]],
        "hostile" => [
            [Some(vote(HOSTILE, "first")), Some(vote("Now the other.", "second"))],
            same(format!("Well: {}", vote(HOSTILE, "first"))),
        ],
        _ => [same(vote("Calls a tool.", "first")), [None, None]],
    }
}

/// Judges with `judges` recorded judges, each order `repeats` times; there are `run.db` and `labels.jsonl`.
pub(crate) fn ugly_run(judges: usize, repeats: usize) -> Folder {
    let folder = Folder::new();
    let lines = |values: &[Value]| -> String {
        values.iter().flat_map(|value| [value.to_string(), "\n".to_owned()]).collect()
    };
    let items = items();
    folder.write("items.jsonl", &lines(&items));
    folder.write("r.toml", RUBRIC);
    let mut settings = String::new();
    let count = repeats.to_string();
    let mut command =
        vec!["judge", "items.jsonl", "--rubric", "./r.toml", "--run", "run.db", "--repeat", &count];
    let names: Vec<String> = (1..=judges).map(|judge| format!("judge-{judge}")).collect();
    for (judge, name) in names.iter().enumerate() {
        let mut recording = Vec::new();
        for item in &items {
            let id = item["id"].as_str().unwrap();
            for (order, replies) in replies(id).into_iter().enumerate() {
                let [first, second] =
                    if order == 0 { ["alpha", "beta"] } else { ["beta", "alpha"] };
                // Every other judge always prefers beta.
                let beta = vote("It is beta.", if order == 0 { "second" } else { "first" });
                for reply in replies.into_iter().take(repeats).flatten() {
                    let reply = if judge == 0 { &reply } else { &beta };
                    recording.push(
                        json!({ "id": id, "first": first, "second": second, "reply": reply }),
                    );
                }
            }
        }
        folder.write(&format!("{name}.jsonl"), &lines(&recording));
        writeln!(settings, "[judges.{name}]\nrecorded = \"{name}.jsonl\"").unwrap();
        command.extend(["--judge", name]);
    }
    folder.write("evenhand.toml", &settings);
    let label = |id: &str, annotator: &str, winner: &str| json!({ "id": id, "annotator": annotator, "between": ["alpha", "beta"], "winner": winner });
    folder.write(
        "labels.jsonl",
        &lines(&[
            label("plain", "ana", "alpha"),
            label("plain", "ben", "alpha"),
            label("plain", "cyd", "tie"),
            label("equal", "ana", "alpha"),
            label("equal", "ben", "beta"),
            label("wide", "ana", "tie"),
        ]),
    );
    folder.run(&command).expect(5);
    folder
}
