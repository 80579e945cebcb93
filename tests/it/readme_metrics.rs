//! What the README shows and claims of reference metrics, compared with the program.

#![cfg(unix)]

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::{CommandOutput, Folder};

/// The README from a heading on.
fn section(heading: &str) -> String {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    readme.split_once(&format!("\n{heading}\n")).unwrap().1.to_owned()
}

/// The blocks of a language, in order.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let opening = format!("\n```{language}\n");
    text.split(&opening).skip(1).map(|block| block.split("```").next().unwrap()).collect()
}

/// A folder with the sample in it.
fn sample() -> Folder {
    let folder = Folder::new();
    folder.run(&["init"]).expect(0);
    folder
}

fn read(folder: &Folder, name: &str) -> String {
    std::fs::read_to_string(folder.path().join(name)).unwrap()
}

/// What a shell makes of commands in a folder, with evenhand on the path.
fn shell(folder: &Folder, commands: &str) -> CommandOutput {
    let programs = Path::new(env!("CARGO_BIN_EXE_evenhand")).parent().unwrap().display();
    let commands = format!("PATH='{programs}':\"$PATH\"\n{commands}");
    let mut shell = Command::new("sh");
    CommandOutput::of(&shell.args(["-ec", &commands]).current_dir(folder.path()).output().unwrap())
}

/// Whether a program can be run; says visibly that a test is skipped where not.
fn is_there(program: &str, test: &str) -> bool {
    let there =
        Command::new(program).arg("--version").output().is_ok_and(|said| said.status.success());
    if !there {
        eprintln!("SKIPPED {test}: there is no {program}");
    }
    there
}

/// The scores of the sample's tickets about bookings, without some of them, each response's own included.
fn bookings(without: &[&str]) -> Value {
    let folder = sample();
    let items = read(&folder, "calibration/tickets/items.jsonl");
    let wanted = |line: &&str| {
        let item: Value = serde_json::from_str(line).unwrap();
        item["tags"]["topic"] == "booking" && !without.iter().any(|id| item["id"] == *id)
    };
    let items: Vec<&str> = items.lines().filter(wanted).collect();
    assert_eq!(items.len(), 8 - without.len());
    folder.write("bookings.jsonl", &items.join("\n"));
    let metrics = ["rouge-l", "bleu", "chrf", "ter"].map(|metric| ["--metric", metric]);
    let command = ["metrics", "bookings.jsonl", "--per-item", "--format", "json"];
    let said = folder.run(&[&command[..], metrics.as_flattened()].concat()).expect(0);
    serde_json::from_str(&said.stdout).unwrap()
}

/// The system with the best of these scores.
fn best<'a>(better: &Value, scores: impl Iterator<Item = (&'a Value, f64)>) -> &'a str {
    let sign = if better == "lower" { -1.0 } else { 1.0 };
    let best = scores.max_by(|(_, one), (_, other)| (sign * one).total_cmp(&(sign * other)));
    best.unwrap().0.as_str().unwrap()
}

/// The system with the best score by each metric.
fn leaders(found: &Value) -> Vec<&str> {
    found["metrics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|report| {
            let systems = report["systems"].as_array().unwrap().iter();
            let score = |system: &Value| system["score"]["value"].as_f64().unwrap();
            best(&report["better"], systems.map(|system| (&system["system"], score(system))))
        })
        .collect()
}

#[test]
fn the_metrics_of_the_readme_that_contradict_each_other_are_what_the_program_prints() {
    let section = section("## Reference metrics, and what they are worth");
    let said = shell(&sample(), blocks(&section, "sh")[0]).expect(0);
    assert!(said.stdout.starts_with(blocks(&section, "text")[0]), "{}", said.stdout);
}

#[test]
fn one_or_two_tickets_turn_the_order_of_the_readmes_systems_around() {
    assert_eq!(leaders(&bookings(&[])), ["model-c", "model-c", "model-a", "model-c"]);
    assert_eq!(leaders(&bookings(&["ticket-008", "ticket-064"])), ["model-a"; 4]);
    assert_eq!(leaders(&bookings(&["ticket-024"])), ["model-c"; 4]);
}

#[test]
fn the_metrics_of_the_readme_do_not_see_what_it_says_they_do_not_see() {
    let found = bookings(&[]);
    let of = |id: &str, metric: &str| -> Vec<(&Value, f64)> {
        let items = found["items"].as_array().unwrap().iter();
        let these = items.filter(|item| item["id"] == id && item["metric"] == metric);
        these.map(|item| (&item["system"], item["value"].as_f64().unwrap())).collect()
    };
    let shown = |id: &str, metric: &str, system: usize| format!("{:.1}", of(id, metric)[system].1);
    assert_eq!(shown("ticket-024", "chrf", 2), "27.0");
    assert_eq!([0, 2].map(|system| shown("ticket-024", "ter", system)), ["89.2", "89.2"]);
    for report in found["metrics"].as_array().unwrap() {
        let scores = of("ticket-032", report["metric"].as_str().unwrap());
        assert_eq!(best(&report["better"], scores.into_iter()), "model-a", "{report}");
    }
    let labels = read(&sample(), "calibration/tickets/labels.jsonl");
    let labels = labels.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut winners: Vec<String> = labels
        .filter(|label| label["between"] == json!(["model-a", "model-c"]))
        .filter(|label| !of(label["id"].as_str().unwrap(), "ter").is_empty())
        .map(|label| label["winner"].as_str().unwrap().to_owned())
        .collect();
    winners.sort_unstable();
    assert_eq!(winners, [["model-a"; 4], ["model-c"; 4]].concat());
}

#[test]
fn the_python_metric_of_the_readme_says_what_the_readme_says() {
    if !is_there("python3", "the README's metric in Python") {
        return;
    }
    let section = section("### A metric of your own");
    let folder = sample();
    folder.write("check_numbers.py", blocks(&section, "python")[0]);
    let said = shell(&folder, blocks(&section, "sh")[0]).expect(0);
    let shown = blocks(&section, "text")[0];
    assert!(said.stdout.contains(shown), "{}", said.stdout);

    let row: Vec<&str> = shown.lines().last().unwrap().split_whitespace().rev().collect();
    let [_, right, _, names, ..] = row[..] else { panic!("{row:?}") };
    let sentence = format!(
        "names a winner in {names} % of the comparisons and agrees with the labels in {right} %"
    );
    assert!(section.contains(&sentence), "{sentence}");

    let each = "metrics calibration/tickets/items.jsonl --per-item --format json --command";
    let each: Vec<&str> =
        each.split_whitespace().chain(["numbers=python3 check_numbers.py"]).collect();
    let found: Value = serde_json::from_str(&folder.run(&each).expect(0).stdout).unwrap();
    let score = |id: &str, system: &str| {
        let mut items = found["items"].as_array().unwrap().iter();
        items.find(|item| item["id"] == id && item["system"] == system).unwrap()["value"].clone()
    };
    assert_eq!(score("ticket-058", "model-c"), 0.0, "from 29 October on");
    assert_eq!(score("ticket-025", "model-b"), 1.0, "the 10th instead of the 15th");
    assert_eq!(score("ticket-032", "model-a"), 0.0, "27 pupils");
}

#[test]
fn the_shell_metric_of_the_readme_works() {
    if !is_there("jq", "the README's metric in a shell") {
        return;
    }
    let section = section("### A metric of your own");
    let said = shell(&sample(), blocks(&section, "sh")[1]).expect(0);
    assert!(said.stdout.contains("command:short"), "{}", said.stdout);
    assert!(!said.stdout.contains("no-score"), "{}", said.stdout);
}
