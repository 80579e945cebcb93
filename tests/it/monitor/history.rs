//! The file of a history: two writers, two branches, torn and damaged lines, newer formats.

use std::sync::Barrier;

use serde_json::Value;

use super::{Monitored, Night, codes};

#[test]
fn an_entry_names_the_run_and_has_no_text() {
    let mut monitored = Monitored::new();
    let said = monitored.add(&Night::default(), &[]);
    assert!(said.stderr.contains("added to monitor as "), "{}", said.stderr);
    let text = monitored.history();
    assert_eq!(text.lines().count(), 1);
    assert!(!text.contains("password") && !text.contains("euros"), "{text}");
    let entry: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(entry["format"], 1);
    assert_eq!(entry["run"]["manifest"].as_str().unwrap().len(), 16);
    assert_eq!(entry["judge"]["models"][0]["kind"], "recording");
    assert_eq!(entry["items"].as_array().unwrap().len(), 200);
    assert_eq!(entry["comparisons"][0]["label"], "cand");
    let attributes = monitored.folder.path().join("monitor/.gitattributes");
    assert!(std::fs::read_to_string(attributes).unwrap().contains("merge=union"));
}

#[test]
fn a_run_is_added_once() {
    let mut monitored = Monitored::new();
    monitored.add(&Night::default(), &[]);
    let before = monitored.history();
    let command =
        ["monitor", "add", "night-0.db", "--history", "monitor", "--labels", "labels.jsonl"];
    let said = monitored.folder.run(&command).expect(0);
    assert!(said.stderr.contains("has this run already"), "{}", said.stderr);
    assert_eq!(monitored.history(), before);
}

#[test]
fn a_run_that_is_added_again_with_labels_replaces_its_entry() {
    let mut monitored = Monitored::new();
    let run = monitored.judge(&Night::default());
    monitored.folder.run(&["monitor", "add", &run, "--history", "monitor", "--baseline"]).expect(0);
    let add = ["monitor", "add", &run, "--history", "monitor", "--labels", "labels.jsonl"];
    let said = monitored.folder.run(&add).expect(0);
    assert!(said.stderr.contains("in place of the earlier entry"), "{}", said.stderr);
    assert_eq!(monitored.history().lines().count(), 2);
    monitored.add(&Night::default(), &[]);
    let found = monitored.check(8, &[]);
    assert_eq!(
        (&found["entries"], &found["baseline"][0]["run"]),
        (&2.into(), &"night-0.db".into())
    );
    assert!(!found["judge"]["agreement"].is_null());
}

#[test]
fn several_writers_lose_nothing() {
    let mut monitored = Monitored::new();
    let runs: Vec<String> =
        (0..4).map(|_| monitored.judge(&Night { anchors: 20, ..Night::default() })).collect();
    let start = Barrier::new(runs.len());
    std::thread::scope(|scope| {
        for run in &runs {
            let (start, folder) = (&start, &monitored.folder);
            scope.spawn(move || {
                let mut command = folder.command(&["monitor", "add", run, "--history", "monitor"]);
                start.wait();
                assert!(command.output().unwrap().status.success());
            });
        }
    });
    let lines: Vec<Value> =
        monitored.history().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut places: Vec<u64> = lines.iter().map(|line| line["after"].as_u64().unwrap()).collect();
    places.sort_unstable();
    assert_eq!(places, [0, 1, 2, 3]);
}

#[test]
fn the_lines_of_two_branches_may_be_joined_in_any_order_and_twice() {
    let mut monitored = Monitored::with_baseline();
    monitored.add(&Night::default(), &[]);
    let flags = ["--visible-change", "0.5"];
    let before = monitored.check(0, &flags);
    let text = monitored.history();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.reverse();
    lines.extend(lines.clone());
    monitored.folder.write("monitor/history.jsonl", &lines.join("\n"));
    assert_eq!(monitored.check(0, &flags), before);
    let conflict =
        format!("<<<<<<< ours\n{}\n=======\n{}\n>>>>>>> theirs\n", lines[0], lines[1..].join("\n"));
    monitored.folder.write("monitor/history.jsonl", &conflict);
    let found = monitored.check(0, &flags);
    assert_eq!(codes(&found), ["conflict-in-history"; 3]);
    assert_eq!(found["streams"], before["streams"]);
}

#[test]
fn a_torn_line_is_passed_over_and_the_next_one_begins_after_it() {
    let mut monitored = Monitored::with_baseline();
    let text = monitored.history();
    let torn = format!("{text}{}", &text.lines().next().unwrap()[..200]);
    monitored.folder.write("monitor/history.jsonl", &torn);
    monitored.add(&Night::default(), &[]);
    let found = monitored.check(0, &["--visible-change", "0.5"]);
    assert_eq!(found["entries"], 3);
    assert_eq!(codes(&found), ["damaged-entry"]);
    monitored.folder.write("monitor/history.jsonl", &torn);
    let found = monitored.check(8, &[]);
    assert_eq!(codes(&found), ["torn-entry", "nothing-to-compare"]);
}

#[test]
fn an_entry_that_was_edited_does_not_count() {
    let mut monitored = Monitored::with_baseline();
    monitored.add(&Night::default(), &[]);
    let edited = monitored.history().replacen("\"outcome\":\"kept\"", "\"outcome\":\"split\"", 1);
    monitored.folder.write("monitor/history.jsonl", &edited);
    let found = monitored.check(0, &["--visible-change", "0.5"]);
    assert_eq!(found["entries"], 2);
    let message = found["warnings"][0]["message"].as_str().unwrap();
    assert!(
        message.contains("history.jsonl:1: ") && message.contains("changed after it was written"),
        "{message}"
    );
}

#[test]
fn histories_that_cannot_be_read_are_errors() {
    let monitored = Monitored::new();
    let check = ["monitor", "check", "--history", "monitor"];
    let said = monitored.folder.run(&check).expect(3);
    assert!(said.stderr.contains("there is no history in this folder"), "{}", said.stderr);
    monitored.folder.write("monitor/history.jsonl", "{\"format\":2}\n");
    let said = monitored.folder.run(&check).expect(7);
    assert!(said.stderr.contains("history.jsonl:1: the entry has format 2"), "{}", said.stderr);
    monitored.folder.write("monitor/history.jsonl", "{\"format\":1}\nnot json\n");
    let said = monitored.folder.run(&check).expect(3);
    assert!(said.stderr.contains("no line is an entry"), "{}", said.stderr);
    assert!(said.stderr.contains("history.jsonl:2: not an entry"), "{}", said.stderr);
}

#[test]
fn hostile_entries_do_not_crash_a_check() {
    let mut monitored = Monitored::new();
    monitored.add(&Night::default(), &[]);
    let text = monitored.history();
    for (from, to) in [
        ("\"item\":0,", "\"item\":99999,"),
        ("\"score\":1.0", "\"score\":7.5"),
        ("\"outcome\":\"kept\"", "\"outcome\":\"\u{1b}[31mkept\""),
        ("\"orders\":[", "\"orders\":[null,"),
    ] {
        let hostile = text.replacen(from, to, 1);
        assert_ne!(hostile, text, "{from}");
        monitored.folder.write("monitor/history.jsonl", &hostile);
        let said = monitored.folder.run(&["monitor", "check", "--history", "monitor"]).expect(3);
        assert!(!said.stderr.contains('\u{1b}'), "{}", said.stderr);
    }
}
