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
    let program = Path::new(env!("CARGO_BIN_EXE_evenhand"));
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
