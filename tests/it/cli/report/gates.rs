//! The gates of a report, also by tag, and its exit code.

use serde_json::Value;

use super::{LABELS, gate_lines, good, report, sliced};
use crate::support::CommandOutput;
use crate::support::labelled_run::{RunSpec, rows};

#[test]
fn gates_are_those_of_judge_without_labels_and_of_calibrate_with_them() {
    let judged = good();
    let folder = &judged.folder;
    let task = ["judge", "items.jsonl", "--rubric", "./r.toml", "--run", "run.db"];
    for threshold in ["0.5", "0.83", "0.97"] {
        let rate = format!("beta={threshold}");
        let gates =
            ["--min-coverage", threshold, "--min-consistency", threshold, "--min-win-rate", &rate];
        let judge = folder.run(&[&task[..], &["--judge", "judge-1"], &gates].concat());
        let found = report(folder, &gates).expect(judge.code);
        assert_eq!(gate_lines(&found), gate_lines(&judge));
        let gates = [&gates[..], &LABELS, &["--min-kappa", threshold]].concat();
        let calibrate = folder.run(&[&["calibrate", "run.db"], &gates[..]].concat());
        let found = report(folder, &gates).expect(calibrate.code);
        assert_eq!(gate_lines(&found), gate_lines(&calibrate));
        assert_eq!(gate_lines(&found).len(), 4);
    }
    report(folder, &["--min-coverage", "0.9"]).expect(8);
    report(folder, &["--min-coverage", "0.9", "--inconclusive", "pass"]).expect(0);
    report(folder, &[]).expect(0);
    let said = report(folder, &["--min-kappa", "0.5"]).expect(2);
    assert!(said.stderr.contains("--labels"), "{}", said.stderr);
}

#[test]
fn a_gate_on_a_system_that_is_not_compared_is_refused() {
    let judged = sliced().judged();
    for command in ["report", "calibrate"] {
        let command =
            [&[command, "run.db"], &LABELS[..], &["--min-win-rate", "gamma=0.5"]].concat();
        let said = judged.folder.run(&command).expect(2);
        assert!(said.stderr.contains("no comparison has the system `gamma`"), "{}", said.stderr);
        assert!(said.stderr.contains("the systems are: alpha, beta"), "{}", said.stderr);
    }
}

fn gates_of(said: &CommandOutput) -> Vec<Value> {
    let found: Value = serde_json::from_str(&said.stdout).unwrap();
    found["gates"].as_array().unwrap().clone()
}

#[test]
fn gate_by_applies_gates_to_each_value_of_a_tag() {
    let judged = sliced().judged();
    let folder = &judged.folder;
    let gates = ["--min-coverage", "0.5", "--min-consistency", "0.5", "--min-win-rate", "beta=0.4"];
    for labels in [&[][..], &LABELS] {
        let flags = [&gates[..], labels].concat();
        // The run as a whole passes the gates, the hard comparisons do not.
        report(folder, &flags).expect(0);
        let sliced = [&flags[..], &["--gate-by", "kind", "--format", "json"]].concat();
        let said = report(folder, &sliced).expect(6);
        assert!(said.stderr.contains("10 comparisons have no tag `kind`"), "{}", said.stderr);
        let missed = "gate missed: coverage [kind=hard] is 0.200";
        assert!(said.stderr.contains(missed), "{}", said.stderr);
        assert!(said.stderr.contains("gate passed: coverage [kind=easy] is 1.000"));
        let gates = gates_of(&said);
        assert_eq!(gates.len(), 9);
        assert!(gates[..3].iter().all(|gate| gate.get("slice").is_none()));
        // A gate on a slice is that of a report on these comparisons alone.
        for value in ["easy", "hard"] {
            let tag = format!("kind={value}");
            let alone = [&flags[..], &["--tag", &tag, "--format", "json"]].concat();
            let expected = gates_of(&report(folder, &alone));
            let of_slice = gates.iter().filter(|gate| gate["slice"]["value"] == value);
            let of_slice: Vec<Value> = of_slice.cloned().collect();
            assert_eq!(of_slice.len(), expected.len());
            for (mut found, expected) in of_slice.into_iter().zip(expected) {
                found.as_object_mut().unwrap().remove("slice");
                assert_eq!(found, expected, "{tag}");
            }
        }
    }
}

#[test]
fn a_slice_without_labels_is_inconclusive() {
    let mut spec = sliced();
    spec.rows[60..120].iter_mut().for_each(|row| row.labels = "");
    let judged = spec.judged();
    let gates = ["--min-win-rate", "beta=0.1", "--gate-by", "kind"];
    let said = report(&judged.folder, &[&gates[..], &LABELS].concat()).expect(8);
    let expected = "[kind=hard] is undefined (n 0)";
    assert!(said.stderr.contains(expected), "{}", said.stderr);
}

#[test]
fn labels_from_stdin_are_read_for_every_slice() {
    let judged = sliced().judged();
    let gates = ["--min-win-rate", "beta=0.4", "--gate-by", "kind", "--format", "json"];
    let from_file = report(&judged.folder, &[&gates[..], &LABELS].concat()).expect(0);
    let mut command = judged.folder.command(&["report", "run.db", "--labels", "-"]);
    let labels = std::fs::File::open(judged.folder.path().join("labels.jsonl")).unwrap();
    let said = CommandOutput::of(&command.args(gates).stdin(labels).output().unwrap()).expect(0);
    assert_eq!(gates_of(&said), gates_of(&from_file));
}

#[test]
fn a_tag_that_no_item_has_or_that_is_an_id_is_refused() {
    let judged = sliced().judged();
    let said = report(&judged.folder, &["--min-coverage", "0.5", "--gate-by", "kinds"]).expect(3);
    assert!(said.stderr.contains("no item has a tag `kinds`"), "{}", said.stderr);
    assert!(said.stderr.contains("did you mean `kind`?"), "{}", said.stderr);
    let mut all = rows(&[(201, "b/b", "b")]);
    for row in &mut all {
        row.tag = Some(row.id.clone());
    }
    let judged = RunSpec::new(all).judged();
    let said = report(&judged.folder, &["--min-coverage", "0.5", "--gate-by", "kind"]).expect(2);
    assert!(said.stderr.contains("the tag has 201 values"), "{}", said.stderr);
}

#[test]
fn an_incomplete_run_is_reported_but_not_gated() {
    let mut spec = RunSpec::new(rows(&[(40, "b/b", "b"), (3, "b/-", "b")]));
    spec.code = 5;
    let judged = spec.judged();
    report(&judged.folder, &[]).expect(0);
    for labels in [&[][..], &LABELS] {
        let flags = [&["--min-coverage", "0.1"], labels].concat();
        let said = report(&judged.folder, &flags).expect(5);
        assert!(said.stderr.contains("incomplete: 3 of 43 comparisons are pending"), "{said:?}");
        assert!(said.stderr.contains("the gates were not checked"), "{said:?}");
        assert!(gate_lines(&said).is_empty());
    }
}

#[test]
fn a_run_that_kept_nothing_passes_no_check() {
    let judged = RunSpec::new(rows(&[(30, "a/b", "a")])).judged();
    report(&judged.folder, &[]).expect(0);
    let gate = ["--min-win-rate", "beta=0.1"];
    for flags in [&gate[..], &["--format", "junit"]] {
        let said = report(&judged.folder, flags).expect(8);
        assert!(said.stderr.contains("judge-1 kept no verdict on 30 comparisons"), "{said:?}");
        report(&judged.folder, &[flags, &["--inconclusive", "pass"]].concat()).expect(0);
    }
    // A gate on coverage decides by itself.
    report(&judged.folder, &["--min-coverage", "0"]).expect(0);
}

#[test]
fn gate_by_needs_a_gate_and_counts_a_tag_once() {
    let judged = sliced().judged();
    let said = report(&judged.folder, &["--gate-by", "kind"]).expect(2);
    assert!(said.stderr.contains("--gate-by kind: there is no gate to apply"), "{}", said.stderr);
    // κ is gated on the whole run only.
    report(&judged.folder, &[&LABELS[..], &["--gate-by", "kind", "--min-kappa", "0"]].concat())
        .expect(2);
    let twice = ["--gate-by", "kind", "--gate-by", "kind", "--min-coverage", "0.1"];
    assert_eq!(gate_lines(&report(&judged.folder, &twice).expect(0)).len(), 3);
}

#[test]
fn a_name_in_a_message_cannot_pass_for_a_line_of_its_own() {
    let forged = "easy\ngate passed: coverage [kind=hard] is 1.000\t\u{202e}";
    let mut spec = sliced();
    spec.rows[..60].iter_mut().for_each(|row| row.tag = Some(forged.to_owned()));
    let judged = spec.judged();
    let said = report(&judged.folder, &["--min-coverage", "0.1", "--gate-by", "kind"]).expect(0);
    let lines = gate_lines(&said);
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines.iter().any(|line| line.contains(r"easy\u{a}gate passed")), "{lines:?}");
    assert!(!said.stderr.contains(['\t', '\u{202e}']), "{}", said.stderr);
    // Errors and notes name what was typed.
    for (flags, code) in [
        (["--judge", "x\ngate passed: y"], 3),
        (["--min-win-rate", "x\ngate passed: y=0.5"], 2),
        (["--output", "x\ngate passed: y"], 0),
    ] {
        let said = report(&judged.folder, &flags).expect(code);
        assert!(said.stderr.contains("gate passed: y"), "{said:?}");
        assert!(gate_lines(&said).is_empty(), "{said:?}");
    }
}

#[test]
fn the_gates_of_a_jury_are_about_each_of_its_judges_however_it_is_chosen() {
    let judged = good();
    let folder = &judged.folder;
    let settings = "[judges.judge-1]\nrecorded = \"judge-1.jsonl\"\n[judges.two]\nrecorded = \"judge-1.jsonl\"\n";
    folder.write("evenhand.toml", settings);
    let judge = ["judge", "items.jsonl", "--rubric", "./r.toml", "--run", "jury.db"];
    folder.run(&[&judge[..], &["--judge", "judge-1", "--judge", "two"]].concat()).expect(0);
    let gate = ["report", "jury.db", "--min-consistency", "0.999"];
    let all = folder.run(&gate);
    let of_jury = folder.run(&[&gate[..], &["--judge", "jury"]].concat()).expect(all.code);
    assert_eq!(gate_lines(&of_jury), gate_lines(&all));
    assert_eq!(gate_lines(&all).len(), 2);
}
