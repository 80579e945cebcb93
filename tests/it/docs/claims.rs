//! What pages say in prose about their examples.

use std::collections::BTreeSet;

use evenhand::input::load_rubric;
use evenhand::judge::Reply;
use evenhand::vote::{Vote, read_vote};
use regex::Regex;
use serde_json::{Value, json};

use super::page::{Page, repository};
use crate::support::Folder;

/// A folder with the sample in it.
fn sample() -> Folder {
    let folder = Folder::new();
    folder.run(&["init"]).expect(0);
    folder
}

fn read_file(folder: &Folder, name: &str) -> String {
    std::fs::read_to_string(folder.path().join(name)).unwrap()
}

/// The scores of the sample's tickets about bookings, without some of them, with those of each response.
fn bookings(without: &[&str]) -> Value {
    let folder = sample();
    let items = read_file(&folder, "calibration/tickets/items.jsonl");
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
fn leaving_out_one_or_two_tickets_changes_the_leader_of_the_metrics_page() {
    assert_eq!(leaders(&bookings(&[])), ["model-c", "model-c", "model-a", "model-c"]);
    assert_eq!(leaders(&bookings(&["ticket-008", "ticket-064"])), ["model-a"; 4]);
    assert_eq!(leaders(&bookings(&["ticket-024"])), ["model-c"; 4]);
}

#[test]
fn scores_and_labels_of_single_tickets_are_those_of_the_metrics_page() {
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
    let labels = read_file(&sample(), "calibration/tickets/labels.jsonl");
    let labels = labels.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut winners: Vec<String> = labels
        .filter(|label| label["between"] == json!(["model-a", "model-c"]))
        .filter(|label| !of(label["id"].as_str().unwrap(), "ter").is_empty())
        .map(|label| label["winner"].as_str().unwrap().to_owned())
        .collect();
    winners.sort_unstable();
    assert_eq!(winners, [["model-a"; 4], ["model-c"; 4]].concat());
    let page = Page::read("docs/metrics.md").source;
    for number in ["27.0", "89.2", "ticket-008", "ticket-064", "ticket-024", "ticket-032"] {
        assert!(page.contains(number), "{number}");
    }
}

#[test]
fn the_sentence_about_the_metric_in_python_repeats_the_numbers_of_its_output() {
    let page = Page::read("docs/metrics.md");
    let mut blocks = page.blocks();
    let output =
        blocks.find(|block| block.language == "text" && block.text.contains("command:numbers  "));
    let output = &output.unwrap().text;
    let row = output.lines().find(|line| line.contains("command:numbers  ")).unwrap();
    let row: Vec<&str> = row.split_whitespace().rev().collect();
    let [_, right, _, names, ..] = row[..] else { panic!("{row:?}") };
    let sentence = format!(
        "names a winner in {names} % of the comparisons and agrees with the labels in {right} % of these"
    );
    let words: Vec<&str> = page.source.split_whitespace().collect();
    assert!(words.join(" ").contains(&sentence), "{sentence}");
}

/// Tests of a program in Python.
mod needs_python3 {
    use serde_json::Value;

    use super::{Page, sample};

    #[test]
    #[ignore = "needs python3"]
    fn the_metric_in_python_scores_single_tickets_as_the_metrics_page_says() {
        let page = Page::read("docs/metrics.md");
        let mut blocks = page.blocks();
        let program = blocks.find(|block| block.language == "python").unwrap();
        let folder = sample();
        folder.write("check_numbers.py", &program.text);
        let each = "metrics calibration/tickets/items.jsonl --per-item --format json --command";
        let each: Vec<&str> =
            each.split_whitespace().chain(["numbers=python3 check_numbers.py"]).collect();
        let found: Value = serde_json::from_str(&folder.run(&each).expect(0).stdout).unwrap();
        let score = |id: &str, system: &str| {
            let mut items = found["items"].as_array().unwrap().iter();
            items.find(|item| item["id"] == id && item["system"] == system).unwrap()["value"]
                .clone()
        };
        assert_eq!(score("ticket-058", "model-c"), 0.0, "from 29 October on");
        assert_eq!(score("ticket-025", "model-b"), 1.0, "the 10th instead of the 15th");
        assert_eq!(score("ticket-032", "model-a"), 0.0, "27 pupils");
    }
}

#[test]
fn the_json_reply_of_the_rubrics_page_is_read() {
    let page = Page::read("docs/rubrics.md");
    let mut blocks = page.blocks();
    let text = blocks.find(|block| block.language == "json").unwrap().text.clone();
    let folder = sample();
    let mut blocks = page.blocks();
    let rubric = blocks.find(|block| block.language == "toml").unwrap();
    let path = folder.write("rubrics/support-replies.toml", &rubric.text);
    let rubric = load_rubric(path.to_str().unwrap(), folder.path()).unwrap().rubric;
    let reading = read_vote(&rubric, &Reply { text: Some(text), ..Reply::default() }).unwrap();
    assert_eq!(reading.vote, Vote::First);
    let criteria = [("correctness", Vote::First), ("usability", Vote::Tie)];
    assert_eq!(reading.criteria, criteria.map(|(name, vote)| (name.to_owned(), vote)).into());
}

#[test]
fn the_verdicts_page_explains_every_key_of_a_line_and_no_other() {
    let folder = sample();
    let task = ["judge", "calibration/tickets/items.jsonl", "--rubric", "summary-quality"];
    let judge =
        ["--judge", "builtin:first", "--inconclusive", "pass", "--limit", "1", "--run", "run.db"];
    folder.run(&[&task[..], &judge].concat()).expect(0);
    let line = &folder.run(&["verdicts", "run.db", "--all"]).expect(0).json_lines()[0];
    let keys = |object: &Value| object.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let printed: BTreeSet<String> =
        keys(line).into_iter().chain(keys(&line["orders"][0])).collect();
    let page = Page::read("docs/verdicts.md").source;
    let (_, table) = page.split_once("| key | value |\n").unwrap();
    let rows = table.lines().take_while(|row| row.starts_with('|'));
    let first_cells = rows.filter_map(|row| row.strip_prefix("| ")?.split_once(" |"));
    let key = Regex::new("`([a-z_]+)`").unwrap();
    let explained: BTreeSet<String> = first_cells
        .flat_map(|(cell, _)| key.captures_iter(cell).map(|found| found[1].to_owned()))
        .collect();
    assert_eq!(explained, printed);
}

/// The number of a constant in a file of the source, as the pages write it.
fn constant(path: &str, name: &str) -> String {
    let source = std::fs::read_to_string(repository("src").join(path)).unwrap();
    let declaration = Regex::new(&format!(r"const {name}: \w+ = [^0-9;]*([0-9_]+)\)?;")).unwrap();
    let found = declaration.captures(&source).unwrap_or_else(|| panic!("{path}: no {name}"));
    match found[1].replace('_', "").as_str() {
        "6" => "six".to_owned(),
        number if number.len() == 4 => format!("{},{}", &number[..1], &number[1..]),
        number => number.to_owned(),
    }
}

#[test]
fn numbers_of_the_pages_are_constants_of_the_source() {
    for (page, words, path, name) in [
        ("docs/calibration.md", "BCa, {} resamples", "calibration/intervals.rs", "RESAMPLES"),
        ("docs/metrics.md", "BCa, {} resamples", "metrics/evaluation/estimates.rs", "RESAMPLES"),
        ("docs/metrics.md", "Above {} items", "metrics/evaluation/groups.rs", "MAX_GROUPS"),
        ("docs/metrics.md", "or {} in a", "metrics/evaluation/groups.rs", "MAX_GROUPS_OF_SLICE"),
        ("docs/metrics.md", "{} items", "metrics/evaluation/significance.rs", "MIN_ITEMS_TO_TEST"),
        ("README.md", "about the last {} milliseconds", "store/group_commit.rs", "INTERVAL"),
        ("docs/files.md", "about the last {} milliseconds", "store/group_commit.rs", "INTERVAL"),
        ("docs/large-runs.md", "starts at {} and", "pace/concurrency.rs", "SLOW_START"),
        ("docs/large-runs.md", "the largest of {} seconds", "run/time_limit.rs", "FLOOR"),
        ("docs/large-runs.md", "seconds, {} times the", "run/time_limit.rs", "FACTOR"),
        ("docs/large-runs.md", "and {} times the longest", "run/time_limit.rs", "LONGEST_FACTOR"),
        ("docs/large-runs.md", "of the last {} requests kept to", "run/time_limit.rs", "WINDOW"),
        ("docs/large-runs.md", "until {} replies", "run/time_limit.rs", "MIN_ANSWERS"),
        (
            "docs/large-runs.md",
            "that {} requests that were sent later",
            "run/time_limit.rs",
            "OVERTAKERS",
        ),
    ] {
        let words = words.replace("{}", &constant(path, name));
        let source = Page::read(page).source;
        let source: Vec<&str> = source.split_whitespace().collect();
        assert!(source.join(" ").contains(&words), "{page}: {words}");
    }
}

#[test]
fn every_number_in_the_table_of_savings_is_printed_by_a_command_of_its_page() {
    let text = std::fs::read_to_string(repository("docs/savings.md")).unwrap();
    let (before, page) = text.split_once("The commands below print").unwrap();
    // What is counted from the numbers beside it: half of the requests, and the difference of two rates.
    let counted = ["8.0", "6.9", "66"];
    let printed: String =
        page.split("```text\n").skip(1).map(|block| block.split("```").next().unwrap()).collect();
    let number = Regex::new(r"\d[\d,]*(?:\.\d+)?").unwrap();
    let rows: Vec<&str> = before.lines().filter(|line| line.starts_with("| ")).skip(2).collect();
    assert!(rows.len() >= 10, "{rows:?}");
    for row in rows {
        let cells: Vec<&str> = row.split('|').collect();
        // The name of a judge has a number too.
        for found in cells[2..].iter().flat_map(|cell| number.find_iter(cell)) {
            let is_there = Regex::new(&format!(
                r"(?:^|[^\d.,]){}(?:[^\d]|\.[^\d])",
                regex::escape(found.as_str())
            ));
            let is_printed = is_there.unwrap().is_match(&printed);
            assert!(is_printed || counted.contains(&found.as_str()), "{}: {row}", found.as_str());
        }
    }
}
