//! Questions that are refused, with what to do.

use super::{all_items, budget};
use crate::support::labelled_run::{RunSpec, rows};

fn judged() -> crate::support::labelled_run::JudgedRun {
    RunSpec::new(rows(&[(30, "b/b", "b"), (30, "a/a", "-")])).judged()
}

#[test]
fn numbers_outside_their_range_are_refused() {
    let judged = judged();
    for (flags, expected) in [
        (&["--margin", "0.5"][..], "the margin must lie between 0 and 0.5"),
        (&["--margin", "0"], "the margin must lie between 0 and 0.5"),
        (&["--minutes-per-label", "0"], "the seconds of a label must be above 0"),
        (&["--error", "1"], "expected a share between 0 and 1"),
        (&["--win-rate", "2"], "expected a share between 0 and 1"),
    ] {
        let said = budget(&judged, 100, flags).expect(2);
        assert!(said.stderr.contains(expected), "{flags:?}: {}", said.stderr);
        assert_eq!(said.stdout, "");
    }
}

#[test]
fn flags_about_asking_are_refused() {
    let judged = judged();
    for (flags, expected) in [
        (&["--baseline", "alpha"][..], "--system names the system"),
        (&["--reuse", "run.db"], "--pilot names runs"),
        (&["--shard", "1/2"], "a question is about all items"),
        (&["--labels", "labels.jsonl"], "--pilot <RUN>"),
    ] {
        let said = budget(&judged, 100, flags).expect(2);
        assert!(said.stderr.contains(expected), "{flags:?}: {}", said.stderr);
    }
}

#[test]
fn pilots_that_say_nothing_are_refused() {
    let judged = judged();
    let file = all_items(&judged.folder, 100);
    let command = ["budget", file, "--rubric", "./r.toml", "--judge", "builtin:longer"];
    let said = judged.folder.run(&[&command[..], &["--pilot", "run.db"]].concat()).expect(3);
    assert!(said.stderr.contains("run.db: the pilot is of another judge"), "{}", said.stderr);
    assert!(said.stderr.contains("its judges are: judge-1"), "{}", said.stderr);

    std::fs::copy(judged.folder.path().join("run.db"), judged.folder.path().join("again.db"))
        .unwrap();
    let said = budget(&judged, 100, &["--pilot", "run.db", "--pilot", "again.db"]).expect(2);
    assert!(
        said.stderr.contains("again.db: the judge `judge-1` has another pilot"),
        "{}",
        said.stderr
    );

    judged
        .folder
        .write("unknown.jsonl", "{\"id\":\"more-99\",\"annotator\":\"ana\",\"winner\":\"beta\"}\n");
    let said = budget(&judged, 100, &["--pilot", "run.db", "--labels", "unknown.jsonl"]).expect(3);
    assert!(
        said.stderr.contains("unknown.jsonl: no label is about a comparison of `beta`"),
        "{}",
        said.stderr
    );
}

#[test]
fn the_system_must_be_named_where_there_are_several_and_must_be_there() {
    let judged = judged();
    let said = budget(&judged, 100, &["--system", "gamma"]).expect(3);
    assert!(said.stderr.contains("gamma"), "{}", said.stderr);
    judged.folder.write(
        "three.jsonl",
        "{\"id\":\"q\",\"prompt\":\"P?\",\"responses\":{\"a\":\"x\",\"b\":\"y\",\"c\":\"z\"}}\n",
    );
    let command = ["budget", "three.jsonl", "--rubric", "./r.toml", "--judge", "builtin:longer"];
    let said = judged.folder.run(&command).expect(2);
    assert!(said.stderr.contains("--system SYSTEM, one of a, b, c"), "{}", said.stderr);
}

#[test]
fn a_rubric_that_grades_is_refused() {
    let judged = judged();
    let file = all_items(&judged.folder, 100);
    judged.folder.write(
        "g.toml",
        "name = \"g\"\nmode = \"grade\"\ndescription = \"Good?\"\nscale = [\"bad\", \"good\"]\npass_from = \"good\"\n",
    );
    let command = ["budget", file, "--rubric", "./g.toml", "--judge", "builtin:longer"];
    let said = judged.folder.run(&command);
    assert_ne!(said.code, 0);
    assert!(said.stderr.contains("grade"), "{}", said.stderr);
}
