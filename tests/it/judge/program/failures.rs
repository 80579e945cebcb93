//! Programs that fail: what is said of them, and what becomes of their trials.

use std::time::Duration;

use super::{Scene, assert_says};

/// What is said of a program that never answers.
const GIVEN_UP: &str = "error: judge-1: 5 of its processes failed before the first answer";

/// Does the first command for the very first trial and the second one for others.
fn once(first: &str, others: &str) -> String {
    format!("if mkdir \"$here/once\" 2>/dev/null; then {first}; else {others}; fi")
}

#[test]
fn the_trials_of_a_process_that_crashes_are_asked_at_another_one() {
    let crash = "case $(wc -l <\"$here/asked.log\") in 3|9) echo boom >&2; exit 3 ;; esac; beta";
    let scene = Scene::answering(6, crash, "processes = 1\nmax_attempts = 6");
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 6]);
    assert_eq!(scene.groups().len(), 3);
}

#[test]
fn a_program_that_answers_one_trial_per_process_can_be_a_judge() {
    let scene = Scene::running(3, "next && beta", "processes = 2");
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 3]);
}

#[test]
fn a_trial_that_always_crashes_the_program_fails_alone() {
    let crash = "case $line in *q-002*) echo 'cannot read it' >&2; exit 3 ;; esac; beta";
    let scene = Scene::answering(3, crash, "max_attempts = 2\nprocesses = 1");
    scene.judge(&[]).expect(5);
    assert_eq!(scene.outcomes(), ["kept beta", "failed", "kept beta"]);
    // Both orders of the failed comparison were asked twice, the other four trials once.
    let asked = scene.log("asked.log");
    let again = asked.iter().filter(|id| id.ends_with("-2")).count();
    assert_eq!((asked.len(), again), (8, 2), "{asked:?}");
    let verdicts = scene.verdicts();
    let said = verdicts[1].to_string();
    assert_says(
        &said,
        &["the program `sh judge.sh` ended with exit code 3", "stderr: cannot read it"],
    );
}

#[test]
fn a_program_that_never_answers_is_given_up() {
    for (script, causes) in [
        ("echo 'no such model' >&2; exit 3", &["ended with exit code 3", "no such model"][..]),
        ("exit 0", &["ended with exit code 0"]),
        ("kill -KILL $$", &["was ended by signal: 9"]),
        ("next; echo hello", &["wrote something that is no answer: line 1 is `hello`"]),
        (
            "next; echo '{\"id\":\"x\",\"reply\":\"\"}'",
            &["no trial with the id \"x\" waits for an answer"],
        ),
        ("next; echo '{\"reply\":\"\"}'", &["it has no \"id\""]),
        ("next; echo \"{'id': 1}\"", &["it is not valid JSON", "json.dumps"]),
        ("next; reply first ',\"usage\":{\"input_tokens\":-1}'", &["\"usage\" has no number of"]),
        ("next; exec >&-; exec sleep 60", &["closed its stdout"]),
        (
            "next; error '\"kind\":\"sad\"'",
            &["the \"kind\" of its error is \"sad\"", "rate-limited"],
        ),
        ("next; head -c 40000000 /dev/zero | tr '\\0' x", &["longer than 32 MiB"]),
    ] {
        // Each process has two trials, and its failure counts once.
        let scene = Scene::running(8, script, "processes = 1\nmax_in_flight = 2");
        let said = scene.judge(&[]).expect(4);
        let all = [GIVEN_UP, "the program `sh judge.sh` ", "hint: "];
        assert_says(&said.stderr, &[&all[..], causes].concat());
        assert_eq!(scene.groups().len(), 5, "{script}");
        scene.assert_nothing_runs();
    }
}

#[test]
fn a_program_that_cannot_be_started_ends_the_command_at_once() {
    let scene = Scene::answering(50, "beta", "");
    for command in ["\"none-such --deep\"", "[\"./none\"]", "\"./items.jsonl\""] {
        scene.settings(command, "");
        let began = tokio::time::Instant::now();
        let said = scene.judge(&[]).expect(4);
        assert_says(&said.stderr, &["error: judge-1: cannot start the program `", "hint: "]);
        assert!(began.elapsed() < Duration::from_mins(1));
    }
}

#[test]
fn a_process_that_hangs_is_killed_with_its_children_and_its_trial_asked_at_another_one() {
    let hang = once("sleep 1000 & wait", "beta");
    let scene = Scene::answering(1, &hang, "processes = 1\ntimeout_s = 5\nmax_attempts = 2");
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), ["kept beta"]);
    assert_eq!(scene.groups().len(), 2);
    let asked = scene.log("asked.log");
    let again = asked.iter().filter(|id| id.ends_with("-2")).count();
    assert_eq!((asked.len(), again), (3, 1), "{asked:?}");
    scene.assert_nothing_runs();
}

#[test]
fn a_process_that_writes_more_than_answers_is_killed_with_its_children() {
    let noisy = once("beta; echo noise; sleep 1000 & wait", "beta");
    let scene = Scene::answering(2, &noisy, "processes = 1\nmax_attempts = 2");
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 2]);
    assert_eq!(scene.groups().len(), 2);
    // The trial that waited meanwhile has used an attempt.
    let asked = scene.log("asked.log");
    let again = asked.iter().filter(|id| id.ends_with("-2")).count();
    assert_eq!((asked.len(), again), (4, 1), "{asked:?}");
    scene.assert_nothing_runs();
}

#[test]
fn a_trial_whose_process_ends_in_order_after_another_answer_uses_no_attempt() {
    // Each process answers one trial, and ends when it has read the next one.
    let script = "next; beta; next; exit 0";
    let scene = Scene::running(2, script, "processes = 1\nmax_attempts = 1");
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 2]);
    assert_eq!((scene.groups().len(), scene.log("asked.log").len()), (4, 7));
}

#[test]
fn a_program_that_hangs_is_named_with_its_stderr() {
    let settings = "processes = 1\nmax_in_flight = 2\ntimeout_s = 2";
    let scene = Scene::answering(4, "echo 'loading weights' >&2; sleep 60", settings);
    let said = scene.judge(&[]).expect(4);
    let cause = "the program `sh judge.sh` has not answered within 2 s";
    assert_says(&said.stderr, &[GIVEN_UP, cause, "loading weights"]);
    assert_eq!(scene.groups().len(), 5);
    scene.assert_nothing_runs();
}

#[test]
fn an_answer_that_is_late_at_a_busy_process_is_ignored() {
    // The first trial is answered only after the second and the time limit of the first.
    let script = "next; line1=$line; id1=$id; next; beta; sleep 3; line2=$line\n\
                  line=$line1; id=$id1; reply tie; line=$line2\n\
                  while next; do beta; done";
    let settings = "processes = 1\nmax_in_flight = 2\ntimeout_s = 2\nmax_attempts = 5";
    let scene = Scene::running(1, script, settings);
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), ["kept beta"]);
    assert_eq!(scene.groups().len(), 1, "the process goes on");
}

#[test]
fn a_flood_on_stderr_holds_nothing_up() {
    let flood = "head -c 3000000 /dev/zero | tr '\\0' x >&2; beta";
    let scene = Scene::answering(2, flood, "processes = 1");
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 2]);
}
