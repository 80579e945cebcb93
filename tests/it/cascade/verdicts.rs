//! One line for each final verdict, with the judge that gave it; and names that act on what shows them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{COSTS, SMALL, Scene};
use crate::support::Folder;
use crate::support::labelled_run::rubric;

#[test]
fn every_verdict_says_which_judge_gave_it_and_has_the_shape_of_a_verdict() {
    let scene = Scene::new(&SMALL);
    let lines =
        scene.cascade(&[&COSTS[..], &["--format", "jsonl"]].concat()).expect(0).json_lines();
    assert_eq!(lines.len(), 20);
    let verdicts = |run: &str| -> BTreeMap<String, Value> {
        let said = scene.folder.run(&["verdicts", run, "--all"]).expect(0).json_lines();
        said.into_iter().map(|line| (line["id"].as_str().unwrap().to_owned(), line)).collect()
    };
    let (cheap, strong) = (verdicts("run.db"), verdicts("strong.db"));
    let (mut by_strong, mut ids) = (0, Vec::new());
    for mut line in lines {
        let id = line["id"].as_str().unwrap().to_owned();
        let given_by = line.as_object_mut().unwrap().remove("given_by").unwrap();
        // The rule is margin below 1.
        let is_sent = cheap[&id]["outcome"] != "kept" || cheap[&id]["margin"] != 1.0;
        assert_eq!(given_by, if is_sent { "strong" } else { "cheap" }, "{id}");
        by_strong += u64::from(is_sent);
        assert_eq!(line, if is_sent { strong[&id].clone() } else { cheap[&id].clone() });
        ids.push(id);
    }
    assert_eq!(by_strong, 10);
    assert!(ids.is_sorted(), "in the order of the cheap run");
}

#[test]
fn the_format_follows_from_the_ending_of_the_file() {
    let scene = Scene::new(&SMALL);
    let read = |name: &str| std::fs::read_to_string(scene.folder.path().join(name)).unwrap();
    for (file, begin) in [
        ("a.txt", "The cascade asks"),
        ("a.md", "**The cascade asks"),
        ("a.json", "{\"schema\""),
        ("a.jsonl", "{\"id\""),
    ] {
        let said = scene.cascade(&[&COSTS[..], &["--output", file]].concat()).expect(0);
        assert_eq!(said.stdout, "");
        assert!(read(file).starts_with(begin), "{file}: {}", read(file));
    }
    let said = scene.cascade(&["--output", "a.csv"]).expect(2).stderr;
    assert!(said.contains("no format has this ending"), "{said}");
}

#[test]
fn names_that_act_on_a_terminal_or_are_markup_are_escaped() {
    let folder = Folder::new();
    let judges = ["<b>cheap</b>|\u{1b}[2J\u{202e}", "strong\n| *x* | `y` @ana"];
    let mut settings = String::new();
    let (mut items, mut labels) = (String::new(), String::new());
    for at in 0..40 {
        let responses = json!({ "alpha": "one", "beta": "two" });
        let id = format!("q{at}\u{1b}");
        let item = json!({ "id": id, "prompt": "p", "responses": responses });
        writeln!(items, "{item}").unwrap();
        let label = json!({ "id": id, "annotator": "ana", "winner": "alpha" });
        writeln!(labels, "{label}").unwrap();
    }
    for (at, judge) in judges.iter().enumerate() {
        let mut recording = String::new();
        for item in 0..40 {
            for [first, second] in [["alpha", "beta"], ["beta", "alpha"]] {
                let reply =
                    if at == 1 && first == "beta" || at == 0 && item % 3 == 0 && first == "beta" {
                        "SECOND"
                    } else {
                        "FIRST"
                    };
                let line = json!({ "id": format!("q{item}\u{1b}"), "first": first, "second": second, "reply": reply });
                writeln!(recording, "{line}").unwrap();
            }
        }
        folder.write(&format!("{at}.jsonl"), &recording);
        let name = json!(judge).to_string().replace('\u{202e}', "\\u202e");
        writeln!(settings, "[judges.{name}]\nrecorded = \"{at}.jsonl\"").unwrap();
    }
    folder.write("items.jsonl", &items);
    folder.write("labels.jsonl", &labels);
    folder.write("evenhand.toml", &settings);
    folder.write("r.toml", &rubric("r", true));
    for (at, judge) in judges.iter().enumerate() {
        let run = format!("{at}.db");
        let command =
            ["judge", "items.jsonl", "--rubric", "./r.toml", "--judge", judge, "--run", &run];
        folder.run(&command).expect(0);
    }
    let cascade = |format: &str| {
        let command = ["cascade", "0.db", "1.db", "--labels", "labels.jsonl", "--format", format];
        folder.run(&command).expect(0).stdout
    };
    for format in ["table", "json", "markdown", "jsonl"] {
        let text = cascade(format);
        let acts = |char: char| char == '\u{202e}' || (char.is_control() && char != '\n');
        assert!(!text.contains(acts), "{format}: {text:?}");
    }
    let table = cascade("table");
    assert!(table.starts_with("The cascade asks strong\\u{a}| *x*"), "{table}");
    let markdown = cascade("markdown");
    assert!(!markdown.contains("<b>") && !markdown.contains("@ana"), "{markdown}");
    let document: Value = serde_json::from_str(&cascade("json")).unwrap();
    assert_eq!(document["judges"], json!(judges));
}
