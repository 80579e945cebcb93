//! The script of the GitHub Action, run as the action runs it, and what the action passes to it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::server::{Answer, KEY, Scene};
use crate::support::{CommandOutput, Folder};

/// The folder of the action.
fn action() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/github-action")
}

/// Runs the script in a folder, with its settings and with evenhand on the path.
fn judge(folder: &Folder, settings: &[(&str, &str)]) -> CommandOutput {
    judge_by(Path::new(env!("CARGO_BIN_EXE_evenhand")), folder, settings)
}

fn judge_by(program: &Path, folder: &Folder, settings: &[(&str, &str)]) -> CommandOutput {
    let inherited = folder.command(&[]);
    let mut command = Command::new("sh");
    command.arg(action().join("judge.sh")).current_dir(folder.path());
    for (name, value) in inherited.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let path = format!("{}:/usr/bin:/bin", program.parent().unwrap().display());
    command.env("PATH", path).env_remove("GITHUB_OUTPUT").env_remove("GITHUB_STEP_SUMMARY");
    let always = [("RUBRIC", "helpfulness"), ("RUN", "runs/pr.db"), ("ITEMS", "items.jsonl")];
    command.envs(always.into_iter().chain(settings.iter().copied()));
    CommandOutput::of(&command.output().unwrap())
}

fn items() -> String {
    let line = |at: u32| {
        format!(
            "{{\"id\":\"q{at}\",\"prompt\":\"One?\",\"responses\":{{\"base\":\"no\",\"cand\":\"yes, {at}\"}}}}\n"
        )
    };
    (0..40).map(line).collect()
}

#[test]
fn the_gates_decide_the_exit_code_and_the_report_is_written() {
    let folder = Folder::new();
    folder.write("items.jsonl", &items());
    let rule = ("JUDGES", "builtin:longer\n");
    let passed = judge(&folder, &[rule, ("MAX_COST", "5"), ("GATES", "--min-win-rate cand=0.5")]);
    assert_eq!(passed.code, 0, "{}", passed.stderr);
    let report = std::fs::read_to_string(folder.path().join("evenhand-report.md")).unwrap();
    assert!(report.contains("cand"), "{report}");
    let missed = judge(&folder, &[rule, ("GATES", "--min-win-rate base=0.5")]);
    assert_eq!(missed.code, 6, "{}", missed.stderr);
    assert!(missed.stderr.contains("gate missed"), "{}", missed.stderr);
    assert!(!folder.path().join("runs/pr.db.before").exists());
}

#[test]
fn on_github_the_code_and_the_report_are_outputs_and_a_later_step_ends_the_job() {
    let folder = Folder::new();
    folder.write("items.jsonl", &items());
    let summary = folder.path().join("summary.md");
    let output = folder.path().join("output");
    let said = judge(
        &folder,
        &[
            ("JUDGES", "builtin:longer"),
            ("GATES", "--min-win-rate base=0.5"),
            ("GITHUB_OUTPUT", output.to_str().unwrap()),
            ("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()),
        ],
    );
    assert_eq!(said.code, 0, "{}", said.stderr);
    let output = std::fs::read_to_string(output).unwrap();
    assert!(output.contains("report=/") && output.ends_with("code=6\n"), "{output}");
    assert!(!std::fs::read_to_string(summary).unwrap().is_empty());
}

#[test]
fn replies_of_an_earlier_commit_are_not_asked_again() {
    let scene = Scene::new(3, |seen| seen.prefers("beta"));
    let settings = [("JUDGES", "judge-1"), ("TEST_JUDGE_KEY", KEY), ("NO_PROXY", "127.0.0.1")];
    let first = judge(&scene.folder, &settings);
    assert_eq!(first.code, 0, "{}", first.stderr);
    let asked = scene.server.requests();
    assert_eq!(asked, 6);
    scene.server.now(|_| Answer::error(500, "must not be asked"));
    let second = judge(&scene.folder, &settings);
    assert_eq!((second.code, scene.server.requests()), (0, asked), "{}", second.stderr);
}

#[test]
fn a_job_that_fails_loses_no_reply() {
    let scene = Scene::new(3, |seen| seen.prefers("beta"));
    let settings = [("JUDGES", "judge-1"), ("TEST_JUDGE_KEY", KEY), ("NO_PROXY", "127.0.0.1")];
    judge(&scene.folder, &settings).expect(0);
    let asked = scene.server.requests();
    // Files beside the run move with it.
    scene.folder.write("runs/pr.db-shm", "");
    scene.folder.write("broken.jsonl", "{\n");
    let broken = [&settings[..], &[("ITEMS", "broken.jsonl")]].concat();
    judge(&scene.folder, &broken).expect(3);
    let report = std::fs::read_to_string(scene.folder.path().join("evenhand-report.md")).unwrap();
    assert!(report.contains("there is no report") && report.contains("exit code 3"), "{report}");
    assert!(!scene.folder.path().join("runs/pr.db.before-shm").exists());
    scene.server.now(|_| Answer::error(500, "must not be asked"));
    judge(&scene.folder, &settings).expect(0);
    assert_eq!(scene.server.requests(), asked);
    // A job that was stopped has set the earlier run aside and begun another one.
    let run = |name: &str| scene.folder.path().join("runs").join(name);
    std::fs::rename(run("pr.db"), run("pr.db.before")).unwrap();
    scene.folder.write(
        "none.jsonl",
        "{\"id\":\"x\",\"prompt\":\"p\",\"responses\":{\"a\":\"1\",\"b\":\"22\"}}\n",
    );
    let rule = ["judge", "none.jsonl", "--rubric", "helpfulness", "--judge", "builtin:longer"];
    scene.run(&[&rule[..], &["--run", "runs/pr.db"]].concat()).expect(0);
    judge(&scene.folder, &settings).expect(0);
    assert_eq!(scene.server.requests(), asked);
    assert!(!run("pr.db.before").exists() && !run("pr.db.last").exists());
}

#[cfg(unix)]
#[test]
fn the_files_beside_a_run_are_set_aside_and_come_back_with_it() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = Folder::new();
    // A program that says what it finds, and fails as on a malformed file.
    folder.write("program/evenhand", "#!/bin/sh\nls runs >found.txt\nexit 3\n");
    let program = folder.path().join("program/evenhand");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    for name in ["pr.db", "pr.db-shm", "pr.db-wal"] {
        folder.write(&format!("runs/{name}"), name);
    }
    judge_by(&program, &folder, &[("JUDGES", "j")]).expect(3);
    let found = std::fs::read_to_string(folder.path().join("found.txt")).unwrap();
    assert_eq!(found, "pr.db.before\npr.db.before-shm\npr.db.before-wal\n");
    for name in ["pr.db", "pr.db-shm", "pr.db-wal"] {
        let text = std::fs::read_to_string(folder.path().join("runs").join(name)).unwrap();
        assert_eq!(text, name);
    }
}

#[test]
fn the_action_passes_every_variable_that_the_script_reads() {
    let read = |name: &str| std::fs::read_to_string(action().join(name)).unwrap();
    let (script, action) = (read("judge.sh"), read("action.yml"));
    for variable in ["ITEMS", "RUBRIC", "JUDGES", "GATES", "ARGUMENTS", "LABELS", "RUN", "MAX_COST"]
    {
        assert!(
            script.contains(&format!("${variable}")) || script.contains(&format!("${{{variable}")),
            "{variable}"
        );
        assert!(action.contains(&format!("        {variable}: ${{{{ inputs.")), "{variable}");
    }
    // Inputs reach the shell as variables only, so that none can be a command.
    let mut in_script = false;
    for line in action.lines() {
        in_script =
            (in_script && line.starts_with("        ")) || line.trim_start().starts_with("run:");
        assert!(!(in_script && line.contains("${{")), "{line}");
    }
}

/// Returns the step of the action with a name, as its lines.
fn step(action: &str, name: &str) -> String {
    let start = action.find(&format!("- name: {name}")).unwrap();
    let rest = &action[start..];
    rest[..rest.find("\n\n").unwrap_or(rest.len())].to_owned()
}

#[test]
fn a_job_that_fails_keeps_its_replies_and_still_says_so() {
    let action = std::fs::read_to_string(action().join("action.yml")).unwrap();
    let keep = step(&action, "Keep the replies, also of a job that fails");
    assert!(keep.contains("if: ${{ always() }}") && keep.contains("actions/cache/save@"), "{keep}");
    let post = step(&action, "Post the report");
    // A pull request from a fork cannot be posted to, and another workflow's comment is not edited.
    assert!(post.contains("continue-on-error: true") && post.contains("startswith"), "{post}");
    assert!(post.contains("!cancelled()"), "{post}");
    let gate = step(&action, "Gate");
    assert!(gate.contains("!cancelled()") && gate.contains("exit \"${CODE:-1}\""), "{gate}");
}

/// Tests that need git.
mod needs_git {
    use std::path::Path;
    use std::process::Command;

    use crate::support::{CommandOutput, Folder};

    #[test]
    #[ignore = "needs git"]
    fn the_history_begins_on_a_branch_without_a_change_of_the_working_folder() {
        let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/pipeline.md");
        let guide = std::fs::read_to_string(guide).unwrap();
        let start = guide.find("tree=$(git mktree").unwrap();
        let commands = &guide[start..start + guide[start..].find("```").unwrap()];
        let folder = Folder::new();
        let script = format!(
            "set -eu
             git init -q --bare remote && git init -q work && cd work
             git remote add origin ../remote
             export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@localhost GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@localhost
             touch kept && git add kept && git commit -qm Begin
             {commands}
             test -e kept && test -z \"$(git status --porcelain)\"
             git clone -q --branch evenhand-history ../remote history && test -z \"$(ls history)\""
        );
        let mut command = Command::new("sh");
        command.arg("-c").arg(script).current_dir(folder.path()).env("HOME", folder.path());
        CommandOutput::of(&command.output().unwrap()).expect(0);
    }
}
