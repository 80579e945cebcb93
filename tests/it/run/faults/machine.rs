//! The machine of the user: full disks, files that cannot be written, closed output.

#![cfg(unix)]

use std::process::{Command, Stdio};

use crate::support::CommandOutput;
use crate::support::server::{Answer, ReceivedRequest, Scene, voted};

/// A verdict for `beta` with thirty thousand characters of reasoning, which fills a disk soon.
fn at_length(seen: &ReceivedRequest) -> Answer {
    let reasoning = "On the one hand. ".repeat(2_000);
    Answer::says(&seen.verdict("beta").replace("As the script says.", &reasoning)).after(20)
}

/// Runs a script of the shell in the scene's folder, in which `judge` is the whole command into
/// `disk/run.db`, and `verdicts` tells what that holds.
fn script(scene: &Scene, shell: &[&str], text: &str) -> CommandOutput {
    let program = env!("CARGO_BIN_EXE_evenhand");
    let functions = format!(
        "judge() {{ {program} judge items.jsonl --rubric helpfulness --judge judge-1 --run disk/run.db; }}\n\
         verdicts() {{ {program} verdicts disk/run.db --all; }}\n"
    );
    let given = scene.command(&[]);
    let mut command = Command::new(shell[0]);
    command.args(&shell[1..]).arg("-c").arg(functions + text);
    command.current_dir(scene.folder.path());
    for (name, value) in given.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    CommandOutput::of(&command.stdin(Stdio::null()).output().unwrap())
}

/// Runs a script that lets `judge` end before its time, and again once there is room, with `verdicts` after
/// each. Fails unless the first ends with 7 and this message, and nothing is asked again that was stored.
fn assert_goes_on_when_there_is_room(shell: &[&str], text: &str, message: &str) {
    let scene = Scene::new(30, at_length);
    scene.settings(&[("max_in_flight", "4")]);
    std::fs::create_dir(scene.folder.path().join("disk")).unwrap();
    let said = script(&scene, shell, text).expect(0);
    for fragment in
        [message, "hint: make the run file writable again, then run the same command", "exit 7"]
    {
        assert!(said.stderr.contains(fragment), "`{fragment}` is not in: {}", said.stderr);
    }
    let voted = |name: &str| {
        let text = std::fs::read_to_string(scene.folder.path().join(name)).unwrap();
        let verdicts = text.lines().map(|line| serde_json::from_str(line).unwrap());
        voted(&verdicts.collect::<Vec<_>>())
    };
    let (before, after) = (voted("before.jsonl"), voted("after.jsonl"));
    assert!((1..60).contains(&before.len()), "{} of 60 replies were stored", before.len());
    assert_eq!(after.len(), 60);
    for again in scene.server.seen().iter().filter(|seen| seen.before > 0) {
        let trial = (again.id.clone(), again.first.to_owned());
        assert!(!before.contains(&trial), "asked again although it was stored: {trial:?}");
    }
}

#[test]
fn a_file_at_its_size_limit_keeps_committed_replies() {
    // The signal would end the program; without it, writing fails.
    let text = "trap '' XFSZ
        (ulimit -f 1600; judge); echo \"exit $?\" >&2
        verdicts > before.jsonl || exit 98
        judge && verdicts > after.jsonl";
    let message = "error: disk/run.db: the run file cannot be read or written";
    assert_goes_on_when_there_is_room(&["sh"], text, message);
}

#[test]
fn a_command_with_closed_stdout_or_stderr_completes_the_run() {
    for closed in [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"] {
        let scene = Scene::new(3, |seen| seen.prefers("beta"));
        std::fs::create_dir(scene.folder.path().join("disk")).unwrap();
        script(&scene, &["sh"], &format!("judge {closed}")).expect(0);
        let kept = scene.run(&["verdicts", "disk/run.db"]).expect(0).json_lines();
        assert_eq!(kept.len(), 3, "{closed}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn stdout_on_a_full_disk_is_an_error_and_the_replies_are_stored() {
    let scene = Scene::new(3, |seen| seen.prefers("beta"));
    std::fs::create_dir(scene.folder.path().join("disk")).unwrap();
    let said = script(&scene, &["sh"], "judge > /dev/full").expect(7);
    let reason = "error: the output cannot be written to stdout: No space left";
    assert!(said.stderr.contains(reason), "{}", said.stderr);
    let kept = scene.run(&["verdicts", "disk/run.db"]).expect(0).json_lines();
    assert_eq!(kept.len(), 3);
}

/// Tests in which a shell mounts a file system.
mod needs_mount {
    use super::{assert_goes_on_when_there_is_room, script};
    use crate::support::server::Scene;

    /// A shell that may mount, where the system lets everybody have one.
    const SHELL: [&str; 3] = ["unshare", "-rm", "sh"];

    #[test]
    #[ignore = "needs a shell that may mount (unshare -rm)"]
    fn a_full_disk_keeps_committed_replies_and_the_same_command_resumes_when_there_is_room() {
        let text = "mount -t tmpfs -o size=700k none disk || exit 99
        judge; echo \"exit $?\" >&2
        verdicts > before.jsonl || exit 98
        mount -o remount,size=64m disk || exit 97
        judge && verdicts > after.jsonl";
        assert_goes_on_when_there_is_room(&SHELL, text, "error: disk/run.db: the disk is full");
    }

    #[test]
    #[ignore = "needs a shell that may mount (unshare -rm)"]
    fn a_read_only_disk_is_an_error_before_the_first_request_and_its_run_can_be_read() {
        let scene = Scene::new(2, |seen| seen.prefers("beta"));
        std::fs::create_dir(scene.folder.path().join("disk")).unwrap();
        let text = "mount -t tmpfs -o size=1m none disk || exit 99
        judge > /dev/null || exit 98
        mount -o remount,ro disk || exit 97
        judge; echo \"exit $?\" >&2
        verdicts";
        let said = script(&scene, &SHELL, text).expect(0);
        for fragment in ["run.db: the run file cannot be written: Read-only", "hint: ", "exit 7"] {
            assert!(said.stderr.contains(fragment), "`{fragment}` is not in: {}", said.stderr);
        }
        assert_eq!(said.json_lines().len(), 2);
        assert_eq!(scene.server.requests(), 4);
    }
}
