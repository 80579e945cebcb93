//! The events of `judge --format jsonl`, for programs that follow a run.

use std::io::{BufRead as _, BufReader};

use serde_json::{Value, json};

use crate::support::CommandOutput;
use crate::support::server::{Answer, Scene};

fn of_kind<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["event"] == kind).collect()
}

#[test]
fn the_events_are_the_plan_each_comparison_progress_and_the_result() {
    let scene = Scene::new(6, |seen| match seen.id.as_str() {
        "q-001" => seen.prefers("alpha"),
        "q-002" => Answer::says(&seen.verdict(seen.first)),
        _ => seen.prefers("beta"),
    });
    let events = scene.judge(&["--format", "jsonl"]).expect(0).json_lines();
    let plan = json!({
        "event": "plan", "run": "run.db", "rubric": "helpfulness", "judges": ["judge-1"], "items": 6, "comparisons": 6,
    });
    assert_eq!(events[0], plan);
    let comparisons = of_kind(&events, "comparison");
    assert_eq!(comparisons.len(), 6);
    let first = comparisons.iter().find(|event| event["id"] == "q-001").unwrap();
    let expected = json!({
        "event": "comparison", "judge": "judge-1", "id": "q-001", "between": ["alpha", "beta"],
        "outcome": "kept", "winner": "alpha",
    });
    assert_eq!(**first, expected);
    let flipped = comparisons.iter().find(|event| event["id"] == "q-002").unwrap();
    assert_eq!((&flipped["outcome"], &flipped["winner"]), (&json!("flipped"), &Value::Null));
    let progress = of_kind(&events, "progress");
    let last = progress.last().unwrap();
    let counts =
        ["planned", "done", "kept", "flipped", "failed", "in_flight", "requests", "retries"];
    assert_eq!(counts.map(|count| last[count].as_u64().unwrap()), [6, 6, 5, 1, 0, 0, 12, 0]);
    let (result, judges) = (events.last().unwrap(), &events.last().unwrap()["judges"]);
    assert_eq!((&result["event"], &result["requests"]), (&json!("result"), &json!(12)));
    // The same command asks nothing more, and has the same result.
    let again = scene.judge(&["--format", "jsonl"]).expect(0).json_lines();
    assert!(of_kind(&again, "comparison").is_empty(), "those that the run had have no event");
    let document = scene.judge(&["--format", "json"]).expect(0).json_lines();
    assert_eq!(document[0]["judges"], *judges);
    assert_eq!(again.last().unwrap()["judges"], *judges);
}

#[test]
fn a_run_that_nobody_follows_any_more_asks_nothing_more() {
    let scene = Scene::new(200, |seen| seen.prefers("beta").after(100));
    scene.settings(&[("max_in_flight", "2")]);
    let mut child = scene.judge_started(&["--format", "jsonl"]);
    let mut events = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("\"comparison\"") {
        line.clear();
        events.read_line(&mut line).unwrap();
    }
    drop(events);
    let said = CommandOutput::of(&child.wait_with_output().unwrap());
    assert_eq!(said.code, 5, "{}", said.stderr);
    assert!(said.stderr.contains("incomplete: "), "{}", said.stderr);
    let asked = scene.server.requests();
    assert!(asked < 400, "{asked}");
    scene.server.now(|seen| seen.prefers("beta"));
    scene.judge(&[]).expect(0);
    assert_eq!(scene.server.requests(), 400, "nothing is asked twice");
}

#[test]
fn errors_on_stderr_have_their_place_in_the_input_as_fields() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    let place = |name: &str, text: &str, flags: &[&str]| {
        scene.folder.write(name, text);
        let mut command =
            vec!["check", "items.jsonl", "--rubric", "helpfulness", "--log-format", "json"];
        command.extend(flags);
        let said = scene.run(&command);
        let events = said.stderr.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let error = events.into_iter().find(|event| event["level"] == "ERROR").unwrap();
        ["file", "line", "field"].map(|key| error[key].clone())
    };
    let two = "{\"id\":\"a\",\"prompt\":\"p\",\"responses\":{\"x\":\"1\",\"y\":\"2\"}}\n";
    for (text, line, field) in [
        (format!("{two}{{\"id\":\"b\",\"prompt\":3,\"responses\":{{}}}}"), 2, json!("prompt")),
        (format!("\n{two}{{\"id\":\"b\",\"prompt\":\"p\"}}"), 3, json!("responses")),
        (format!("{two}{{\"id\":\"\"}}"), 2, json!("id")),
        (format!("{two}{{\"id\":"), 2, Value::Null),
        (format!("{two}[]"), 2, Value::Null),
        ("id,prompt,x,y\na,p,1,2\nb,p,1,\n".to_owned(), 3, json!("y")),
        ("id,prompt,x,y\na,p,1\n".to_owned(), 2, Value::Null),
        ("id,prompt,x,y\na,p,1,\"2\n".to_owned(), 2, Value::Null),
        ("[\n  {\"id\": \"a\",\n    \"prompt\": }]".to_owned(), 3, Value::Null),
    ] {
        assert_eq!(
            place("items.jsonl", &text, &[]),
            [json!("items.jsonl"), json!(line), field],
            "{text}"
        );
    }
    scene.items(1);
    let settings = "[judges.mine]\nmodel = \"m\"\nbase_uri = \"x\"\n";
    let expected = [json!("evenhand.toml"), json!(3), Value::Null];
    assert_eq!(place("evenhand.toml", settings, &["--judge", "mine"]), expected);
    let settings = "\n[judges.mine]\ntemperature = 1.0\n";
    let expected = [json!("evenhand.toml"), json!(2), Value::Null];
    assert_eq!(place("evenhand.toml", settings, &["--judge", "mine"]), expected);
}
