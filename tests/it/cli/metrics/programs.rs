//! Custom metrics: programs that compute scores.

#![cfg(unix)]

use std::fs::File;
use std::io::Read as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{document, item, lines, metric, metrics, number, row, score, warning, with_items};
use crate::support::Folder;

/// Returns the number of characters of the first word of each response.
const LENGTH: &str = r#"while read -r line; do word=${line#*\"response\":\"}; word=${word%%[\" ]*}; echo ${#word}; done"#;
/// Returns whether each response is good, and an error for a broken one.
const GOOD: &str = r#"while read -r line; do case "$line" in
*'"response":"good'*) echo true;;
*'"response":"broken'*) echo '{"error":"cannot tell"}';;
*) echo '{"score":false}';;
esac; done"#;

fn folder() -> Folder {
    let items = [
        item("1", &[("a", "good"), ("b", "bad")], "good"),
        item("2", &[("a", "good one"), ("b", "broken")], "good"),
        item("3", &[("a", "so-so"), ("b", "good")], "good"),
    ];
    let folder = with_items(&items);
    folder.write("good.sh", GOOD);
    folder.write("length.sh", LENGTH);
    folder
}

#[test]
fn a_program_scores_responses_by_numbers_or_booleans() {
    let found = document(&folder(), &["--command", "sh length.sh", "--command", "good=sh good.sh"]);
    let names: Vec<&Value> =
        found["metrics"].as_array().unwrap().iter().map(|metric| &metric["metric"]).collect();
    assert_eq!(names, ["command:length", "command:good"]);
    for (name, system, expected, n) in [
        ("command:length", "a", (4.0 + 4.0 + 5.0) / 3.0, 3),
        ("command:length", "b", (3.0 + 6.0 + 4.0) / 3.0, 3),
        ("command:good", "a", 2.0 / 3.0, 3),
        ("command:good", "b", 0.5, 2),
    ] {
        let score = score(metric(&found, name), system);
        assert!((number(&score["value"]) - expected).abs() < 1e-12, "{name} of {system}: {score}");
        assert_eq!(score["n"], n, "{name} of {system}");
    }
    let signature = metric(&found, "command:good")["signature"].as_str().unwrap();
    assert!(signature.starts_with("command:") && !signature.contains("sh"), "{signature}");
    assert_eq!(metric(&found, "command:good")["pairs"][0]["difference"]["n"], 2);
}

#[test]
fn a_response_that_a_program_cannot_score_is_kept_with_the_reason_and_counted() {
    let found = document(&folder(), &["--command", "sh good.sh", "--per-item"]);
    let keys = [("id", "2"), ("system", "b"), ("metric", "command:good")];
    assert_eq!(
        *row(&found["items"], &keys),
        json!({"id": "2", "system": "b", "metric": "command:good", "value": null, "error": "cannot tell"})
    );
    let order = found["items"].as_array().unwrap().iter().map(|row| (&row["id"], &row["system"]));
    let order: Vec<String> = order.map(|(id, system)| format!("{id} {system}")).collect();
    let in_its_place = ["1 a", "1 b", "2 a", "2 b", "3 a", "3 b"];
    assert_eq!(order.join(", ").replace('"', ""), in_its_place.join(", "));
    let told = warning(&found, "no-score").unwrap();
    assert!(told.starts_with("1 of 6 responses"), "{told}");
    assert!(told.contains("item `2`, system `b`: cannot tell"), "{told}");
    let csv = metrics(&folder(), &["--command", "sh good.sh", "--per-item", "--format", "csv"]);
    let csv = csv.expect(0).stdout;
    let mut failed = csv.lines().filter(|line| line.ends_with(",cannot tell"));
    assert!(failed.next().unwrap().starts_with("item,command:good,,,2,b,,,"), "{csv}");
    assert_eq!(failed.next(), None);
}

#[test]
fn a_program_can_be_combined_with_metrics_and_selected_by_name() {
    let flags =
        ["--metric", "command:length", "--metric", "exact-match", "--command", "sh length.sh"];
    let found = document(&folder(), &flags);
    let names: Vec<&Value> =
        found["metrics"].as_array().unwrap().iter().map(|metric| &metric["metric"]).collect();
    assert_eq!(names, ["command:length", "exact-match"]);
}

#[test]
fn a_program_needs_no_reference_and_is_compared_with_labels() {
    let items = ["1", "2"]
        .map(|id| json!({"id": id, "prompt": "?", "responses": {"a": "good", "b": "bad"}}));
    let folder = with_items(&items);
    folder.write("good.sh", GOOD);
    folder.write("labels.jsonl", "{\"id\":\"1\",\"annotator\":\"ana\",\"winner\":\"a\"}\n");
    let found = document(&folder, &["--command", "sh good.sh", "--labels", "labels.jsonl"]);
    let of = metric(&found, "command:good");
    assert_eq!(score(of, "a")["value"], 1.0);
    assert_eq!(of["labels"]["agreement"]["value"], 1.0);
}

#[test]
fn a_program_without_valid_answers_is_refused_with_reason_and_hint() {
    for (command, why, hint) in [
        (
            "exit 4",
            "ended with exit code 4",
            "hint: the program must read lines of JSON from stdin",
        ),
        (
            "./no-such-program",
            "ended with exit code 127",
            "hint: the shell cannot find the program",
        ),
        ("echo nonsense", "`nonsense`", "hint: write only answers to stdout"),
        ("sed 's/.*/\"good\"/'", "it is a string", "hint: "),
        (
            "sleep 20",
            "no answer within 0.3 s",
            "hint: raise --time-limit if one answer takes longer",
        ),
    ] {
        let said = metrics(&folder(), &["--command", command, "--time-limit", "0.3"]).expect(3);
        assert_eq!(said.stdout, "", "{command}");
        for part in [&format!("error: command `{command}`"), why, hint] {
            assert!(said.stderr.contains(part), "{command}: no `{part}` in\n{}", said.stderr);
        }
    }
}

#[test]
fn invalid_input_is_found_before_a_program_is_started() {
    let item = |id: &str| json!({"id": id, "prompt": "?", "responses": {"a": "good", "b": "bad"}});
    let label = |id: &str, winner: &str| json!({"id": id, "annotator": "ana", "winner": winner});
    let good = [item("1"), item("2")];
    let twice = [item("1"), item("1")];
    let rouge = ["--metric", "rouge-l"];
    let labels = ["--labels", "labels.jsonl"];
    for (items, labelled, flags, why) in [
        (&good, label("1", "a"), rouge, "items.jsonl: no item has a reference"),
        (&twice, label("1", "a"), labels, "items.jsonl:2: "),
        (
            &good,
            label("3", "a"),
            labels,
            "labels.jsonl: no label matches a comparison in the items",
        ),
        (&good, label("1", "c"), labels, "labels.jsonl:1: "),
        (&good, label("1", "a"), ["--labels", "missing.jsonl"], "missing.jsonl: "),
    ] {
        let folder = with_items(items);
        folder.write("labels.jsonl", &lines(&[labelled]));
        let command = ["--command", "touch started; sed 's/.*/1/'"];
        let said = metrics(&folder, &[&flags[..], &command].concat()).expect(3);
        assert!(said.stderr.contains(why), "{}", said.stderr);
        assert!(!folder.path().join("started").exists(), "{why}");
    }
    let folder = with_items(&good);
    metrics(&folder, &["--command", "touch started; sed 's/.*/1/'"]).expect(0);
    assert!(folder.path().join("started").exists());
}

#[test]
fn two_programs_need_two_names() {
    let said = metrics(&folder(), &["--command", "sh good.sh", "--command", "good=true"]).expect(2);
    assert!(said.stderr.contains("two commands are called `good`"), "{}", said.stderr);
    assert!(said.stderr.contains("hint: give them names: "), "{}", said.stderr);
    for empty in ["", "name=", "name= "] {
        let said = metrics(&folder(), &["--command", empty]).expect(2);
        assert!(said.stderr.contains("the command is empty"), "{}", said.stderr);
    }
    let said = metrics(&folder(), &["--metric", "command:other"]).expect(2);
    assert!(said.stderr.contains("hint: define it with --command"), "{}", said.stderr);
}

#[test]
fn an_interrupt_while_a_program_hangs_ends_it_and_leaves_no_process() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let folder = folder();
        let witness = folder.path().join("witness");
        assert!(Command::new("mkfifo").arg(&witness).status().unwrap().success());
        let hanging = "exec 3>witness; sh -c 'sleep 20; echo survived >&3' & printf . >&3; wait";
        let mut started = folder.command(&["metrics", "items.jsonl", "--command", hanging]);
        started.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = started.spawn().unwrap();
        let mut pipe = File::open(&witness).unwrap();
        pipe.read_exact(&mut [0]).unwrap();
        let kill = format!("kill -{name} {}", child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        let mut rest = String::new();
        // Ends when the other end is closed.
        pipe.read_to_string(&mut rest).unwrap();
        assert_eq!(rest.replace('.', ""), "");
        assert_eq!(child.wait().unwrap().code(), Some(code));
        let mut stdout = String::new();
        child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        assert_eq!(stdout, "");
    }
}

#[test]
fn a_program_that_fails_after_its_answers_causes_a_warning() {
    let found = document(&folder(), &["--command", "ones=sed 's/.*/1/'; exit 7"]);
    assert_eq!(score(metric(&found, "command:ones"), "a")["value"], 1.0);
    assert!(warning(&found, "command-status").unwrap().contains("ended with exit code 7"));
}

#[test]
fn items_and_labels_from_pipes_are_read_once() {
    let labels = "{\"id\":\"1\",\"annotator\":\"ana\",\"winner\":\"a\"}\n";
    for flags in [&["--command", "sh good.sh"][..], &["--metric", "exact-match"]] {
        let folder = folder();
        folder.write("labels.jsonl", labels);
        let flags = [flags, &["--labels", "labels.jsonl"]].concat();
        let expected = metrics(&folder, &flags).expect(0).stdout;
        for pipe in ["items", "labels"] {
            let path = folder.path().join(pipe);
            assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
            let file = folder.path().join(format!("{pipe}.jsonl"));
            let text = std::fs::read_to_string(file).unwrap();
            // It waits until somebody reads, and ends unless all of it is read at once.
            let writer = std::thread::spawn(move || std::fs::write(path, text));
            let arguments = if pipe == "items" {
                [&["metrics", "items"], &flags[..]].concat()
            } else {
                let but_last = &flags[..flags.len() - 1];
                [&["metrics", "items.jsonl"], but_last, &["labels"]].concat()
            };
            assert_eq!(folder.run(&arguments).expect(0).stdout, expected, "{pipe}");
            writer.join().unwrap().unwrap();
        }
    }
}

#[test]
fn a_program_without_any_score_is_an_error_unless_there_are_other_metrics() {
    let command = ["--command", "mute=sed 's/.*/{\"error\":\"no idea\"}/'"];
    let said = metrics(&folder(), &command).expect(3);
    for part in
        ["no response has a score of command:mute", "(item `1`, system `a`): no idea", "hint: "]
    {
        assert!(said.stderr.contains(part), "{}", said.stderr);
    }
    let found = document(&folder(), &[&command[..], &["--metric", "exact-match"]].concat());
    assert!(warning(&found, "no-score").unwrap().starts_with("6 of 6 responses"));
}

#[test]
fn scores_over_different_items_cause_a_warning_and_have_no_leader() {
    // One response of each system has no score, and not to the same item.
    let picky = r#"picky=while read -r line; do case "$line" in
*'"id":"1","system":"a"'*|*'"id":"2","system":"b"'*) echo null;;
*'"system":"a"'*) echo 2;; *) echo 1;; esac; done"#;
    let found = document(&folder(), &["--command", picky]);
    let of = metric(&found, "command:picky");
    assert_eq!([&score(of, "a")["n"], &score(of, "b")["n"]], [2, 2]);
    assert!(warning(&found, "unequal-items").unwrap().contains("by command:picky"));
    let page =
        metrics(&folder(), &["--command", picky, "--metric", "exact-match"]).expect(0).stdout;
    assert!(page.contains("n = 2") && !page.contains("each score over"), "{page}");
    assert!(!page.contains("Which system has the best score"), "{page}");
}

#[test]
fn the_reason_of_a_missing_score_is_one_line_in_text_and_whole_in_json() {
    let why = "the compiler did not like it ".repeat(12);
    let why = why.trim_end();
    let folder = folder();
    folder
        .write("fail.sh", &format!("while read -r line; do echo '{{\"error\":\"{why}\"}}'; done"));
    let flags = ["--command", "sh fail.sh", "--command", "sh length.sh", "--per-item"];
    let keys = [("id", "2"), ("system", "b"), ("metric", "command:fail")];
    let found = document(&folder, &flags);
    let kept = row(&found["items"], &keys)["error"].as_str().unwrap();
    assert!(kept.len() > 80 && why.starts_with(kept.trim_end_matches('…')), "{kept}");
    let page = metrics(&folder, &flags).expect(0).stdout;
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with("      the comp")).collect();
    assert_eq!(rows.len(), 6, "{page}");
    assert!(rows.iter().all(|row| row.chars().count() == 80), "{page}");
}
