//! The file of a history: two writers, two branches, torn and damaged lines, newer formats.

use std::sync::Barrier;

use evenhand::monitor::{Added, Entry, History};
use serde_json::Value;

use super::{Monitored, Night, codes};
use crate::support::Folder;

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
    // Without its whole line it may be the newest run.
    monitored.folder.write("monitor/history.jsonl", &text[..text.len() - 200]);
    let said = monitored.folder.run(&["monitor", "check", "--history", "monitor"]).expect(3);
    assert!(said.stderr.contains("history.jsonl:2: the last line is torn"), "{}", said.stderr);
}

#[test]
fn a_damaged_line_that_may_be_the_baseline_ends_a_check() {
    let mut monitored = Monitored::with_baseline();
    monitored.add(&Night { wrong: 60, ..Night::default() }, &[]);
    monitored.add(&Night { wrong: 60, ..Night::default() }, &[]);
    monitored.check(6, &[]);
    let text = monitored.history();
    let check = ["monitor", "check", "--history", "monitor"];
    for (from, to) in [
        ("\"outcome\":\"kept\"", "\"outcome\":\"split\""),
        ("\"baseline\":true", "\"baseline\":false"),
        ("\"begun\":", "\"begun\":1"),
        ("{\"format\"", "\u{0}\u{0}\u{0}"),
    ] {
        let edited = text.replacen(from, to, 1);
        monitored.folder.write("monitor/history.jsonl", &edited);
        let said = monitored.folder.run(&check).expect(3);
        assert!(said.stderr.contains("history.jsonl:1: not an entry"), "{}", said.stderr);
        // With the line as it was, the damaged one is not needed.
        let whole = format!("{edited}{}\n", text.lines().next().unwrap());
        monitored.folder.write("monitor/history.jsonl", &whole);
        let found = monitored.check(6, &[]);
        assert_eq!(codes(&found), ["damaged-entry"]);
    }
}

#[test]
fn two_runs_of_the_same_name_and_second_are_two_entries() {
    let mut monitored = Monitored::new();
    monitored.add(&Night::default(), &[]);
    let entry =
        || -> Entry { serde_json::from_str(monitored.history().lines().next().unwrap()).unwrap() };
    let folder = monitored.folder.path().join("monitor");
    // Another run: what was judged differs.
    let mut other = entry();
    for item in &mut other.items {
        item.text = format!("{:0>16}", item.id);
    }
    other.entry = other.digest().unwrap();
    assert_eq!(History::add(&folder, other).unwrap(), Added::New);
    // The same run with one more verdict.
    let mut more = entry();
    more.units[0].outcome = "pending".to_owned();
    more.entry = more.digest().unwrap();
    assert_eq!(History::add(&folder, more).unwrap(), Added::Replaced);
    assert_eq!(History::read(&folder).unwrap().entries.len(), 2);
}

#[test]
fn histories_that_cannot_be_read_are_errors() {
    let monitored = Monitored::new();
    let check = ["monitor", "check", "--history", "monitor"];
    let said = monitored.folder.run(&check).expect(3);
    assert!(said.stderr.contains("there is no history in this folder"), "{}", said.stderr);
    monitored.folder.write("monitor/history.jsonl", "{\"format\":3}\n");
    let said = monitored.folder.run(&check).expect(7);
    assert!(said.stderr.contains("history.jsonl:1: the entry has format 3"), "{}", said.stderr);
    monitored.folder.write("monitor/history.jsonl", "{\"format\":1}\nnot json\n");
    let said = monitored.folder.run(&check).expect(3);
    assert!(said.stderr.contains("no line is an entry"), "{}", said.stderr);
    assert!(said.stderr.contains("history.jsonl:2: not an entry"), "{}", said.stderr);
}

#[test]
fn hostile_entries_do_not_crash_a_check() {
    type Edit = fn(&mut Entry);
    let edits: [(Edit, &str); 5] = [
        (|entry| entry.units[0].item = 99_999, "comparisons[0].item is out of range"),
        (|entry| entry.units[0].score = Some(7.5), "comparisons[0].score is out of range"),
        (|entry| entry.units[0].noise = Some(-1.0), "comparisons[0].noise is out of range"),
        (|entry| entry.units[0].orders.push(None), "comparisons[0].orders is out of range"),
        (|entry| entry.items[0].weight = Some(0.0), "items[0].weight is out of range"),
    ];
    let mut monitored = Monitored::new();
    monitored.add(&Night::default(), &[]);
    let text = monitored.history();
    for (edit, message) in edits {
        let mut entry: Entry = serde_json::from_str(text.trim()).unwrap();
        edit(&mut entry);
        entry.entry = entry.digest().unwrap();
        let folder = Folder::new();
        History::add(folder.path(), entry).unwrap();
        let folder = folder.path().to_str().unwrap();
        let said = monitored.folder.run(&["monitor", "check", "--history", folder]).expect(3);
        assert!(said.stderr.contains(message), "{message}\n{}", said.stderr);
    }
    // What is no number may be any text, and is escaped.
    let mut entry: Entry = serde_json::from_str(text.trim()).unwrap();
    entry.units[0].outcome = "\u{1b}[31mkept".to_owned();
    entry.run.file = "\u{1b}[31m.db".to_owned();
    entry.entry = entry.digest().unwrap();
    let folder = Folder::new();
    History::add(folder.path(), entry).unwrap();
    let folder = folder.path().to_str().unwrap();
    let said = monitored.folder.run(&["monitor", "check", "--history", folder]).expect(8);
    assert!(!said.stdout.contains('\u{1b}'), "{}", said.stdout);
}
