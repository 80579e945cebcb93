//! `evenhand report` as a command: its format, where it writes, its gates and its exit codes.

mod commands;
mod gates;
mod output;

use serde_json::Value;

use crate::support::labelled_run::{JudgedRun, RunSpec, rows, unwrapped};
use crate::support::ugly_run::ugly_run;
use crate::support::{CommandOutput, Folder};

const LABELS: [&str; 2] = ["--labels", "labels.jsonl"];

fn report(folder: &Folder, flags: &[&str]) -> CommandOutput {
    folder.run(&[&["report", "run.db"], flags].concat())
}

/// κ over every reply is 0.9 and coverage 0.9, both of 60 comparisons.
fn good() -> JudgedRun {
    let kinds = [(27, "a/a", "a"), (27, "b/b", "b"), (3, "a/b", "a"), (3, "b/a", "b")];
    RunSpec::new(rows(&kinds)).judged()
}

/// Of 60 easy comparisons all are kept, for beta; of 60 hard ones, 12, for alpha; 10 have no tag.
fn sliced() -> RunSpec {
    let kinds = [(60, "b/b", "b"), (12, "a/a", "a"), (48, "a/b", "b"), (10, "b/b", "b")];
    let mut all = rows(&kinds);
    for (at, row) in all.iter_mut().enumerate().take(120) {
        row.tag = Some(if at < 60 { "easy" } else { "hard" }.to_owned());
    }
    RunSpec::new(all)
}

fn names_in(folder: &Folder) -> Vec<String> {
    let entries = std::fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn read(folder: &Folder, name: &str) -> String {
    std::fs::read_to_string(folder.path().join(name)).unwrap()
}

/// The lines of stderr that are about gates.
fn gate_lines(said: &CommandOutput) -> Vec<String> {
    said.stderr.lines().filter(|line| line.starts_with("gate ")).map(ToOwned::to_owned).collect()
}

#[test]
fn looks_at_the_test_part_are_counted() {
    let judged = good();
    let folder = &judged.folder;
    let flags = [&LABELS[..], &["--part", "test", "--format", "json"]].concat();
    for look in 1..=2 {
        let found: Value = serde_json::from_str(&report(folder, &flags).expect(0).stdout).unwrap();
        assert_eq!(found["calibration"]["looks"], look);
    }
    judged.calibrate(&["--part", "test"]).expect(0);
    assert_eq!(read(folder, "looks.jsonl").lines().count(), 3);
    report(folder, &[&LABELS[..], &["--part", "dev"]].concat()).expect(0);
    assert_eq!(read(folder, "looks.jsonl").lines().count(), 3, "dev is not counted");
    report(folder, &["--part", "test"]).expect(2);
}

#[test]
fn a_redacted_report_has_no_text_annotator_or_folder() {
    let folder = ugly_run(1, 2);
    let run = folder.path().join("run.db").display().to_string();
    let labels = folder.path().join("labels.jsonl").display().to_string();
    let items = folder.path().join("items.jsonl").display().to_string();
    let flags = ["--labels", &labels, "--items", &items];
    for format in ["table", "json", "markdown"] {
        let report = |more: &[&str]| {
            let command = [&["report", &run, "--format", format], &flags[..], more].concat();
            folder.run(&command).expect(0).stdout
        };
        let (open, redacted) = (report(&[]), report(&["--redact"]));
        let path = folder.path().display().to_string();
        assert!(open.contains(&path) && !redacted.contains(&path), "{format}: {redacted}");
        for private in ["Which is better?", "Polite?", "I cannot say", "\"ana\"", "\"cyd\""] {
            assert!(!redacted.contains(private), "{format}: {private} in {redacted}");
        }
    }
}

#[test]
fn a_report_is_about_the_jury_or_one_judge_of_it() {
    let kinds = [(20, "b/b b/b a/b", "b"), (20, "a/a a/a a/b", "a"), (4, "a/a b/b a/b", "a")];
    let judged = RunSpec::new(rows(&kinds)).judged();
    let found = |flags: &[&str]| -> Value {
        let flags = [flags, &["--format", "json", "--min-coverage", "0.99"]].concat();
        serde_json::from_str(&report(&judged.folder, &flags).expect(6).stdout).unwrap()
    };
    let jury = found(&[]);
    assert_eq!(jury["judge"], "jury");
    assert_eq!(jury["gates"][0]["estimate"]["n"], 44);
    let third = found(&["--judge", "judge-3"]);
    assert_eq!(third["judge"], "judge-3");
    assert_eq!(third["gates"][0]["estimate"]["value"], 0.0);
    let table = report(&judged.folder, &["--judge", "judge-1"]).expect(0).stdout;
    assert!(table.starts_with("judge-1 prefers") && !table.contains("judge-2"), "{table}");
    let table = report(&judged.folder, &[]).expect(0).stdout;
    for judge in ["judge-1, 44", "judge-2, 44", "judge-3, 44", "jury, 44"] {
        assert!(table.contains(judge), "{judge}: {table}");
    }
    let said = report(&judged.folder, &["--judge", "judge-9"]).expect(3);
    assert!(said.stderr.contains("judge-9"), "{}", said.stderr);
}

#[test]
fn what_would_change_the_winner_says_whose_preference_it_is() {
    let judged = good();
    let table = |flags: &[&str]| unwrapped(&report(&judged.folder, flags).expect(0).stdout);
    let alone = table(&[]);
    let of_judge = "the judge's preference would change, or there would be none, if ";
    let first = RunSpec::new(rows(&[(40, "b/b", "b"), (20, "a/a", "b"), (10, "a/b", "b")]));
    assert!(alone.contains("the judge prefers neither"), "{alone}");
    assert!(!alone.contains("without the labels"), "{alone}");
    let judged = first.judged();
    let with = unwrapped(&report(&judged.folder, &LABELS).expect(0).stdout);
    let people = "people's preference would change, or there would be none, only if at least 35 of the 70 labelled \
                  comparisons were reversed. What follows is about the preference of the judge alone";
    assert!(with.contains(people), "{with}");
    assert!(
        with.contains(&format!("order-averaged: {of_judge}10 of 70 comparisons were reversed."))
    );
    assert!(with.contains(&format!("kept verdicts: {of_judge}10 of 60 verdicts were reversed.")));
    assert!(!with.contains("would change the winner, or leave none"), "{with}");
}
