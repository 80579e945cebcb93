//! `evenhand runs`: what a folder with runs, and with anything else, contains.

use std::path::{Path, PathBuf};
use std::process::Child;

use serde_json::Value;

use crate::support::server::Scene;
use crate::support::{CommandOutput, Folder};

/// The runs of `folder` by the names of their files.
pub(super) fn listed(folder: &Folder, place: &str) -> Vec<Value> {
    let said = folder.run(&["runs", place, "--format", "json"]).expect(0);
    said.json_lines()[0]["runs"].as_array().unwrap().clone()
}

fn run_of<'a>(runs: &'a [Value], name: &str) -> &'a Value {
    let is_it = |run: &&Value| Path::new(run["run"].as_str().unwrap()).file_name().unwrap() == name;
    runs.iter().find(is_it).unwrap_or_else(|| panic!("no {name} in {runs:?}"))
}

/// The names and contents of all files of a folder.
fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries
        .filter(|path| path.is_file())
        .map(|path| (path.clone(), std::fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

#[test]
fn each_run_is_listed_with_state_size_judge_and_rubric() {
    let scene = Scene::new(5, |seen| seen.prefers("beta"));
    scene.judge(&["--run", "runs/complete.db"]).expect(0);
    scene.judge(&["--run", "runs/open.db", "--max-requests", "4"]).expect(5);
    let runs = listed(&scene.folder, "runs");
    assert_eq!(runs.len(), 2);
    let complete = run_of(&runs, "complete.db");
    assert_eq!(complete["state"], "complete");
    assert_eq!((&complete["open"], &complete["comparisons"]), (&0.into(), &5.into()));
    assert_eq!(complete["items"], 5);
    assert_eq!(complete["judges"], serde_json::json!(["judge-1"]));
    assert_eq!(
        complete["rubric"],
        serde_json::json!({ "name": "helpfulness", "version": "1.0.0" })
    );
    let size = std::fs::metadata(scene.folder.path().join("runs/complete.db")).unwrap().len();
    assert_eq!(complete["bytes"], size);
    for time in ["started", "last_written"] {
        assert!(complete[time].as_str().unwrap().ends_with('Z'), "{complete}");
    }
    let open = run_of(&runs, "open.db");
    assert_eq!((&open["state"], &open["open"]), (&"open".into(), &3.into()));

    let table = scene.folder.run(&["runs", "runs"]).expect(0).stdout;
    for part in [
        "runs/complete.db",
        " complete\n",
        "3 open\n",
        "5 comparisons, ",
        "judge judge-1, started ",
    ] {
        assert!(table.contains(part), "no `{part}` in\n{table}");
    }
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
}

#[test]
fn a_comparison_that_failed_for_a_temporary_reason_is_open_and_a_rejected_one_is_not() {
    use crate::support::server::Answer;
    let scene = Scene::new(4, |seen| match seen.id.as_str() {
        "q-001" => Answer::error(500, "oh"),
        "q-002" => Answer::error(413, "too long"),
        _ => seen.prefers("beta"),
    });
    scene.settings(&[("max_attempts", "1")]);
    scene.judge(&[]);
    let run = &listed(&scene.folder, ".")[0];
    assert_eq!((&run["state"], &run["open"]), (&"open".into(), &1.into()));
}

#[test]
fn without_a_folder_the_runs_of_the_project_are_listed() {
    let folder = Folder::new();
    folder.run(&["init"]).expect(0);
    let items = "calibration/tickets/items.jsonl";
    let judge = ["judge", items, "--rubric", "summary-quality", "--judge", "builtin:longer"];
    folder.run(&[&judge[..], &["--limit", "2"]].concat()).expect(0);
    let mut command = folder.command(&["runs", "--format", "json"]);
    let said = command.current_dir(folder.path().join("calibration")).output().unwrap();
    let list = CommandOutput::of(&said).expect(0).json_lines();
    assert_eq!(list[0]["runs"].as_array().unwrap().len(), 1);
}

/// A run that a process is writing, with answers held back.
pub(super) fn running(scene: &Scene) -> Child {
    let child = scene.judge_started(&["--run", "runs/running.db"]);
    scene.server.wait_for(1);
    child
}

#[test]
fn a_run_that_is_being_written_is_listed_and_neither_changed_nor_disturbed() {
    let scene = Scene::new(3, |seen| seen.prefers("beta").held());
    let child = running(&scene);
    let before = contents(&scene.folder.path().join("runs"));
    assert!(before.iter().any(|(path, _)| path.to_str().unwrap().ends_with("-wal")), "{before:?}");
    for _ in 0..3 {
        let runs = listed(&scene.folder, "runs");
        let run = run_of(&runs, "running.db");
        assert_eq!(run["state"], "running");
        assert_eq!(run["judges"], serde_json::json!(["judge-1"]), "the plan is in the file");
        assert_eq!(run["comparisons"], 3);
    }
    assert_eq!(contents(&scene.folder.path().join("runs")), before);
    scene.server.release_held();
    let said = CommandOutput::of(&child.wait_with_output().unwrap()).expect(0);
    assert!(said.stdout.contains("kept             3"), "{}", said.stdout);
    let runs = listed(&scene.folder, "runs");
    assert_eq!(run_of(&runs, "running.db")["state"], "complete");
}

#[test]
fn a_run_whose_process_was_killed_is_interrupted_and_is_not_repaired_by_looking_at_it() {
    let scene = Scene::new(3, |seen| seen.prefers("beta").held());
    let mut child = running(&scene);
    child.kill().unwrap();
    child.wait().unwrap();
    let before = contents(&scene.folder.path().join("runs"));
    let runs = listed(&scene.folder, "runs");
    let run = run_of(&runs, "running.db");
    assert_eq!((&run["state"], &run["comparisons"]), (&"interrupted".into(), &3.into()));
    assert_eq!(contents(&scene.folder.path().join("runs")), before);
    scene.server.release_held();
    scene.judge(&["--run", "runs/running.db"]).expect(0);
    assert_eq!(listed(&scene.folder, "runs")[0]["state"], "complete");
}

/// A database of another program with the mark of evenhand, whose tables are views that never end.
fn hostile_database(path: &Path) {
    let run = std::fs::read(path.with_file_name("complete.db")).unwrap();
    let mut bytes = run;
    // Breaks the page of the schema's tables but not the header.
    for byte in &mut bytes[110..2000] {
        *byte = 0xA5;
    }
    std::fs::write(path, bytes).unwrap();
}

#[cfg(unix)]
#[test]
fn foreign_damaged_and_hostile_files_do_not_break_the_list() {
    let scene = Scene::new(2, |seen| seen.prefers("beta"));
    scene.judge(&["--run", "runs/complete.db"]).expect(0);
    let folder = scene.folder.path().join("runs");
    let run = std::fs::read(folder.join("complete.db")).unwrap();
    std::fs::write(folder.join("cut.db"), &run[..run.len() / 2]).unwrap();
    let mut newer = run.clone();
    newer[60..64].copy_from_slice(&99_u32.to_be_bytes());
    std::fs::write(folder.join("newer.db"), newer).unwrap();
    hostile_database(&folder.join("hostile.db"));
    std::fs::write(folder.join("empty.db"), "").unwrap();
    std::fs::write(folder.join("notes.txt"), "SQLite format 3").unwrap();
    std::fs::write(folder.join("noise.db"), [7_u8; 9000]).unwrap();
    std::fs::write(folder.join("e\u{1b}[31mvil.db"), &run).unwrap();
    std::fs::create_dir(folder.join("folder.db")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.join("broken.db")).unwrap();
    std::os::unix::fs::symlink("complete.db", folder.join("link.db")).unwrap();
    let fifo = std::process::Command::new("mkfifo").arg(folder.join("pipe.db")).status().unwrap();
    assert!(fifo.success());
    let before = contents(&folder);
    let runs = listed(&scene.folder, "runs");
    let states: Vec<String> = runs
        .iter()
        .map(|run| {
            let name = Path::new(run["run"].as_str().unwrap()).file_name().unwrap();
            format!("{} {}", name.display(), run["state"].as_str().unwrap())
        })
        .collect();
    let expected = [
        "complete.db complete",
        "cut.db unreadable",
        "e\u{1b}[31mvil.db complete",
        "hostile.db unreadable",
        "link.db complete",
        "newer.db newer-format",
    ];
    assert_eq!(states, expected);
    assert!(run_of(&runs, "newer.db")["problem"].as_str().unwrap().contains("99"));
    assert!(run_of(&runs, "cut.db")["problem"].is_string());
    let table = scene.folder.run(&["runs", "runs"]).expect(0).stdout;
    assert!(table.chars().all(|char| char == '\n' || !char.is_control()), "{table:?}");
    assert!(table.contains("format 99, of a newer version"), "{table}");
    assert!(table.contains("3 files here that are no run"), "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    assert_eq!(contents(&folder), before, "nothing is written beside them");
}

/// Tests that make databases of their own.
mod needs_sqlite3 {
    use std::process::Command;

    use crate::support::Folder;

    #[test]
    #[ignore = "needs sqlite3"]
    fn a_database_whose_tables_are_endless_views_is_unreadable_at_once() {
        let folder = Folder::new();
        let endless = "WITH RECURSIVE n(json) AS (SELECT 1 UNION ALL SELECT json + 1 FROM n) SELECT json FROM n";
        let views = ["manifest", "judge", "item", "comparison", "attempt"]
            .map(|name| format!("CREATE VIEW {name} AS {endless};"))
            .concat();
        let script =
            format!("PRAGMA application_id = {}; PRAGMA user_version = 1; {views}", 0x4556_4844);
        let made = Command::new("sqlite3").arg(folder.path().join("x.db")).arg(script).status();
        assert!(made.unwrap().success());
        let run = &super::listed(&folder, ".")[0];
        assert_eq!(run["state"], "unreadable");
    }
}

#[test]
fn a_project_without_runs_lists_none() {
    let folder = Folder::new();
    assert_eq!(folder.run(&["runs"]).expect(0).stdout, "0 runs, 0 bytes\n");
    folder.run(&["runs", "prune", "--older-than", "1d", "--yes"]).expect(0);
    // A folder that was named must exist.
    folder.run(&["runs", "elsewhere"]).expect(3);
}
