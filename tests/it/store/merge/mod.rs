//! Merging: the runs of shards become the run that an undivided command would have made, and nothing is
//! added twice, lost, or left half done.

mod equality;
mod joins;
mod refusals;

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::CommandOutput;
use crate::support::server::{Answer, ReceivedRequest, Scene};

const SYSTEMS: [&str; 3] = ["alpha", "beta", "gamma"];

/// Items of which every other has a third system.
fn write_items(scene: &Scene, items: std::ops::RangeInclusive<usize>) {
    let mut text = String::new();
    for number in items {
        let id = format!("q-{number:03}");
        let systems = if number % 2 == 0 { &SYSTEMS[..] } else { &SYSTEMS[..2] };
        let said = |system: &&str| {
            let words = "word ".repeat(number * 7 % 11 + system.len());
            ((*system).to_owned(), json!(format!("{} says {words}on {id}.", system.to_uppercase())))
        };
        let responses: serde_json::Map<String, Value> = systems.iter().map(said).collect();
        let prompt = format!("Question {id} of the exam.");
        let tags = json!({ "half": if number <= 6 { "first" } else { "second" } });
        let item = json!({ "id": id, "prompt": prompt, "responses": responses, "tags": tags });
        writeln!(text, "{item}").unwrap();
    }
    scene.folder.write("items.jsonl", &text);
}

/// Answers by nothing but the request and how often it came, so that every run comes to the same replies:
/// readable ones and others, refusals, and errors that pass.
fn by_request(seen: &ReceivedRequest) -> Answer {
    let asked = seen.body["messages"].as_array().unwrap().last().unwrap()["content"].to_string();
    let mut shown: Vec<(usize, &str)> = SYSTEMS
        .into_iter()
        .filter_map(|name| Some((asked.find(&format!("{} says", name.to_uppercase()))?, name)))
        .collect();
    shown.sort_unstable();
    let [(_, first), (_, second)] = shown[..] else { panic!("two are shown: {asked}") };
    let number: usize = seen.id[2..].parse().unwrap();
    let strength = |name: &str| name.len() * 3 + number * name.len() % 5;
    let votes = |vote: &str| {
        Answer::says(&json!({ "reasoning": "", "criteria": {}, "vote": vote }).to_string())
    };
    match (number * 7 + first.len() * 3 + second.len() + seen.model().len()) % 13 {
        0 => Answer::says("Both are fine."),
        1 => Answer::error(413, "Payload too large"),
        2 if number == 4 => Answer::says(""),
        3 => votes("tie"),
        4 | 5 => votes("first"),
        _ if strength(first) >= strength(second) => votes("first"),
        _ => votes("second"),
    }
}

/// Two judges with a price, and labels of two people.
fn scene() -> Scene {
    let scene = Scene::new(0, by_request);
    let price = "{ input_per_million = 0.15, output_per_million = 0.6 }";
    let settings = [("price", price), ("max_parse_attempts", "1"), ("max_attempts", "1")];
    let two = scene.judge_table("one", &settings) + &scene.judge_table("another", &settings);
    scene.folder.write("evenhand.toml", &two);
    write_items(&scene, 1..=12);
    let mut labels = String::new();
    for number in 1..=12 {
        for (annotator, winner) in [("ana", "alpha"), ("ben", ["alpha", "beta", "tie"][number % 3])]
        {
            let between = json!(["alpha", "beta"]);
            let id = format!("q-{number:03}");
            let label =
                json!({ "id": id, "annotator": annotator, "between": between, "winner": winner });
            writeln!(labels, "{label}").unwrap();
        }
    }
    scene.folder.write("labels.jsonl", &labels);
    scene
}

const JURY: [&str; 6] = ["--judge", "one", "--judge", "another", "--repeat", "2"];

/// Judges every shard into a run of its own and returns their names.
fn judge_shards(scene: &Scene, of: usize, flags: &[&str]) -> Vec<String> {
    let runs = (1..=of).map(|number| {
        let (shard, run) = (format!("{number}/{of}"), format!("{number}-of-{of}.db"));
        scene.judge(&[flags, &["--shard", &shard, "--run", &run]].concat()).expect(0);
        run
    });
    runs.collect()
}

fn merge(scene: &Scene, runs: &[impl AsRef<str>], into: &str) -> CommandOutput {
    let runs: Vec<&str> = runs.iter().map(AsRef::as_ref).collect();
    scene.run(&[&["merge"], &runs[..], &["--run", into]].concat())
}

/// Every stored reply and verdict, without the time that it took.
fn verdicts(scene: &Scene, run: &str) -> Vec<Value> {
    let mut lines = Vec::new();
    for judge in [&[][..], &["--judge", "all"]] {
        let all = [&["verdicts", run, "--all", "--replies"], judge].concat();
        lines.extend(scene.run(&all).expect(0).json_lines());
    }
    for line in &mut lines {
        for order in line["orders"].as_array_mut().unwrap() {
            for reply in order["replies"].as_array_mut().unwrap() {
                assert!(reply.as_object_mut().unwrap().remove("latency_ms").is_some());
            }
        }
    }
    lines
}

/// What `judge` says of a finished run, without what it says of itself.
fn summary(scene: &Scene, run: &str, flags: &[&str]) -> Value {
    let before = scene.server.requests();
    let said = scene.judge(&[flags, &["--run", run, "--format", "json"]].concat()).expect(0);
    assert_eq!(scene.server.requests(), before, "{run}: nothing is open");
    let mut summary = said.json_lines()[0].clone();
    for key in ["run", "seconds"] {
        assert!(summary.as_object_mut().unwrap().remove(key).is_some());
    }
    summary
}

/// Every number that any command makes of a run.
fn numbers(scene: &Scene, run: &str, flags: &[&str]) -> (Vec<Value>, Value, Vec<String>) {
    let commands: [&[&str]; 7] = [
        &["calibrate", run, "--labels", "labels.jsonl", "--format", "json"],
        &["calibrate", run, "--labels", "labels.jsonl", "--format", "json", "--part", "dev"],
        &["sample", run, "--n", "7"],
        &["sample", run, "--n", "7", "--by", "outcome", "--seed", "3"],
        &["verdicts", run, "--format", "csv"],
        &["verdicts", run, "--outcome", "flipped"],
        &["calibrate", run, "--labels", "labels.jsonl"],
    ];
    let texts = commands.map(|command| {
        let text = scene.run(command).expect(0).stdout;
        without_provenance(&text).replace(run, "RUN")
    });
    (verdicts(scene, run), summary(scene, run, flags), texts.into())
}

/// The JSON of `calibrate` without where it comes from, which is another run for each; any other text as it is.
fn without_provenance(text: &str) -> String {
    let Ok(mut found) = serde_json::from_str::<Value>(text) else { return text.to_owned() };
    match found.get_mut("provenance") {
        Some(provenance) => {
            assert!(provenance.take().is_object());
            found.to_string()
        }
        None => text.to_owned(),
    }
}

fn assert_equal(scene: &Scene, one: &str, two: &str, flags: &[&str]) {
    let (first, second) = (numbers(scene, one, flags), numbers(scene, two, flags));
    for (first, second) in first.0.iter().zip(&second.0) {
        assert_eq!(first, second);
    }
    assert_eq!(first.0.len(), second.0.len());
    assert_eq!(first.1, second.1);
    for (first, second) in first.2.iter().zip(&second.2) {
        assert_eq!(first, second);
    }
}
