//! Programs that fail: what is said of them, and what becomes of their trials.

use std::time::Duration;

use super::{Scene, assert_says};

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
    scene.judge(&[]);
    assert_eq!(scene.outcomes(), ["kept beta", "failed", "kept beta"]);
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
        ("next; echo '{\"id\":\"x\",\"reply\":\"\"}'", &["nothing was asked under the id \"x\""]),
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
        let scene = Scene::running(8, script, "processes = 2");
        let said = scene.judge(&[]).expect(4);
        let all = ["error: judge-1: ", "the program `sh judge.sh` ", "hint: "];
        assert_says(&said.stderr, &[&all[..], causes].concat());
        assert!(scene.groups().len() <= 8, "{script}: {:?}", scene.groups());
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
fn a_late_answer_is_not_taken_for_another_trial() {
    let late = once("sleep 60 & wait; reply first", "beta");
    let scene = Scene::answering(1, &late, "processes = 1\ntimeout_s = 3\nmax_attempts = 3");
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), ["kept beta"]);
    assert!(scene.groups().len() >= 2);
    scene.assert_nothing_runs();
}

#[test]
fn a_program_that_hangs_is_named_with_its_stderr() {
    let scene = Scene::answering(2, "echo 'loading weights' >&2; sleep 60", "timeout_s = 0.5");
    let said = scene.judge(&[]).expect(4);
    assert_says(
        &said.stderr,
        &["the program `sh judge.sh` has not answered within 0.5 s", "loading weights"],
    );
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
