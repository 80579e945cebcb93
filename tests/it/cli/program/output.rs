//! Output that cannot be written: exit code 7 and the reason. A reader that has closed the output is no error.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::process::Stdio;

use crate::support::server::Scene;
use crate::support::{CommandOutput, Folder};

/// A folder with a run and labels, in which every command works.
fn judged() -> Folder {
    let folder = Folder::new();
    folder.run(&["init"]).expect(0);
    let items = "calibration/tickets/items.jsonl";
    let judge = ["judge", items, "--rubric", "summary-quality", "--judge", "builtin:longer"];
    folder.run(&[&judge[..], &["--limit", "4", "--run", "run.db"]].concat()).expect(0);
    folder
}

/// A command line of every command that prints something.
const COMMANDS: &[&[&str]] = &[
    &["--help"],
    &["--version"],
    &["judge", "--help"],
    &["init", "start"],
    &["check", "calibration/tickets/items.jsonl", "--rubric", "summary-quality"],
    &[
        "check",
        "calibration/tickets/items.jsonl",
        "--rubric",
        "summary-quality",
        "--format",
        "json",
    ],
    &[
        "judge",
        "calibration/tickets/items.jsonl",
        "--rubric",
        "summary-quality",
        "--judge",
        "builtin:longer",
        "--limit",
        "4",
        "--run",
        "run.db",
    ],
    &["verdicts", "run.db", "--all"],
    &["verdicts", "run.db", "--all", "--format", "csv"],
    &["sample", "run.db", "--n", "2"],
    &["calibrate", "run.db", "--labels", "calibration/tickets/labels.jsonl"],
    &["calibrate", "run.db", "--labels", "calibration/tickets/labels.jsonl", "--format", "json"],
    &["metrics", "calibration/tickets/items.jsonl", "--metric", "exact-match"],
    &["metrics", "calibration/tickets/items.jsonl", "--metric", "exact-match", "--format", "json"],
    &["metrics", "calibration/tickets/items.jsonl", "--metric", "exact-match", "--format", "csv"],
    &[
        "metrics",
        "calibration/tickets/items.jsonl",
        "--metric",
        "exact-match",
        "--format",
        "markdown",
    ],
    &["runs", "."],
    &["runs", ".", "--format", "json"],
    &["runs", "prune", ".", "--older-than", "0s", "--dry-run"],
    &["completions", "bash"],
    &["man"],
    &["man", "--to", "man"],
];

#[test]
fn a_full_disk_behind_stdout_is_exit_7_with_the_reason() {
    let folder = judged();
    for arguments in COMMANDS {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = folder.command(arguments).stdout(full).output().unwrap();
        let said = CommandOutput::of(&output);
        assert_eq!(said.code, 7, "{arguments:?}\n{}", said.stderr);
        let reason = "the output cannot be written to stdout: No space left on device";
        assert!(said.stderr.contains(reason), "{arguments:?}\n{}", said.stderr);
        assert!(!said.stderr.contains("fault of evenhand"), "{}", said.stderr);
        drop(std::fs::remove_dir_all(folder.path().join("start")));
    }
}

#[test]
fn a_closed_stdout_is_no_error() {
    let folder = judged();
    for arguments in COMMANDS {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = folder.command(arguments).stdout(writer).stderr(Stdio::piped()).output();
        let said = CommandOutput::of(&output.unwrap());
        assert_eq!(said.code, 0, "{arguments:?}\n{}", said.stderr);
        assert!(!said.stderr.contains("error"), "{arguments:?}\n{}", said.stderr);
        drop(std::fs::remove_dir_all(folder.path().join("start")));
    }
}

#[test]
fn a_recording_on_a_full_disk_is_exit_7_and_replies_stay_in_the_run() {
    let scene = Scene::new(2, |seen| seen.prefers("beta"));
    std::os::unix::fs::symlink("/dev/full", scene.folder.path().join("replies.jsonl")).unwrap();
    let said = scene.judge(&["--record", "replies.jsonl"]).expect(7);
    assert!(said.stderr.contains("replies.jsonl: No space left on device"), "{}", said.stderr);
    assert_eq!(scene.outcomes(), ["kept beta"; 2]);
}

#[test]
fn a_recording_to_a_device_is_written_to_it_and_does_not_replace_it() {
    let scene = Scene::new(2, |seen| seen.prefers("beta"));
    let link = scene.folder.path().join("replies.jsonl");
    std::os::unix::fs::symlink("/dev/null", &link).unwrap();
    scene.judge(&["--record", "replies.jsonl"]).expect(0);
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert!(!scene.folder.path().join("replies.jsonl.part").exists());
    let said = scene.judge(&["--record", "/dev/stdout"]).expect(0);
    assert_eq!(said.stdout.lines().filter(|line| line.starts_with(r#"{"id""#)).count(), 4);
}

#[test]
fn a_recording_that_is_a_folder_is_refused_before_the_first_request() {
    let scene = Scene::new(2, |seen| seen.prefers("beta"));
    std::fs::create_dir(scene.folder.path().join("replies")).unwrap();
    let said = scene.judge(&["--record", "replies"]).expect(3);
    assert!(said.stderr.contains("replies: this is a folder"), "{}", said.stderr);
    assert_eq!(scene.server.requests(), 0);
}

/// Tests on a full disk, which has to be mounted.
mod needs_mount {
    use std::process::Command;

    use crate::support::{CommandOutput, Folder};

    #[test]
    #[ignore = "needs a shell that may mount"]
    fn files_on_a_full_disk_are_exit_7() {
        let folder = super::judged();
        let program = env!("CARGO_BIN_EXE_evenhand");
        for command in ["init disk/start", "man --to disk/man"] {
            let script = format!(
                "mkdir -p disk && mount -t tmpfs -o size=16k none disk && {program} {command}"
            );
            let output = Command::new("unshare")
                .args(["-rm", "sh", "-c", &script])
                .current_dir(folder.path())
                .output();
            let said = CommandOutput::of(&output.unwrap()).expect(7);
            assert!(said.stderr.contains("No space left on device"), "{}", said.stderr);
        }
        drop::<Folder>(folder);
    }
}
