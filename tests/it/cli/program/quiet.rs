//! `--quiet`: no progress, no notes, no next steps; errors, warnings and what explains an exit code stay.

use crate::support::CommandOutput;
use crate::support::server::{Answer, Scene};

#[test]
fn nothing_is_printed_to_stderr_where_nothing_is_wrong() {
    let scene = Scene::new(20, |seen| seen.prefers("beta"));
    let loud = scene.judge(&[]).expect(0);
    assert!(loud.stderr.contains("judging 100 %") && loud.stderr.contains("next: "));
    let quiet = scene.judge(&["--run", "other.db", "--quiet"]).expect(0);
    assert_eq!(quiet.stderr, "");
    let last_lines =
        |said: &CommandOutput| said.stdout.lines().take(8).collect::<Vec<_>>().join("\n");
    assert_eq!(last_lines(&quiet), last_lines(&loud), "the result is data and stays");
    for (value, is_quiet) in [
        ("1", true),
        ("true", true),
        ("YES", true),
        ("on", true),
        ("0", false),
        ("false", false),
        ("no", false),
        ("Off", false),
    ] {
        let mut command = scene.judge_command(&["--run", &format!("{value}.db")]);
        let said = command.env("EVENHAND_QUIET", value).output().unwrap();
        let stderr = CommandOutput::of(&said).expect(0).stderr;
        assert_eq!(
            (stderr.is_empty(), stderr.contains("next: ")),
            (is_quiet, !is_quiet),
            "{value}"
        );
    }
}

#[test]
fn the_notes_of_every_command_are_left_out() {
    let scene = Scene::new(3, |seen| seen.prefers("beta"));
    scene.judge(&["-q"]).expect(0);
    for arguments in [
        &["init", "start", "-q"][..],
        &["check", "items.jsonl", "--rubric", "helpfulness", "-q"],
        &["sample", "run.db", "--n", "2", "-q"],
        &["merge", "run.db", "--run", "merged.db", "-q"],
        &["runs", ".", "-q"],
        &["runs", "prune", ".", "--older-than", "1d", "-q"],
        &["-q", "verdicts", "run.db"],
    ] {
        assert_eq!(scene.run(arguments).expect(0).stderr, "", "{arguments:?}");
    }
}

#[test]
fn errors_warnings_and_what_explains_the_exit_code_are_printed() {
    let scene = Scene::new(6, |seen| match seen.id.as_str() {
        "q-001" => Answer::error(413, "too long"),
        _ => seen.prefers("beta"),
    });
    let said = scene.judge(&["-q", "--max-requests", "8"]).expect(5);
    assert!(said.stderr.contains("incomplete: "), "{}", said.stderr);
    let said = scene.judge(&["-q"]).expect(0);
    assert!(said.stderr.contains("warning: judge-1: 1 of 6 comparisons failed"), "{}", said.stderr);
    let said = scene.run(&["verdicts", "none.db", "-q"]).expect(3);
    assert!(said.stderr.contains("error: ") && said.stderr.contains("hint: "), "{}", said.stderr);
}
