//! Tries from several working folders: the history, the runs and what it says of them.

use std::path::Path;

use serde_json::{Value, json};

use super::{complete, history, ids_of, rubric, scene, tried, try_it};
use crate::support::CommandOutput;
use crate::support::server::Scene;

/// Makes a try of the project `project`, as it is seen from the folder `working`.
fn try_from(scene: &Scene, working: &Path, project: &str, flags: &[&str]) -> CommandOutput {
    let [items, labels, config] = ["items.jsonl", "calibration/labels.jsonl", "evenhand.toml"]
        .map(|at| project.to_owned() + at);
    let mut command = scene.command(&["rubric", "try", "mine", &items, "--judge", "judge-1"]);
    command.args(["--labels", &labels, "--config", &config]).args(flags).current_dir(working);
    CommandOutput::of(&command.output().unwrap())
}

#[test]
fn a_try_is_known_in_every_working_folder() {
    let scene = scene();
    let project = scene.folder.path();
    let other = project.join("other/folder");
    std::fs::create_dir_all(&other).unwrap();
    try_it(&scene, &[]).expect(0);
    let requests = scene.server.requests();
    for (working, from) in [(&other, "../../"), (&project.join("calibration"), "../")] {
        let said = try_from(&scene, working, from, &[]).expect(0);
        assert!(said.stderr.contains("nothing has changed since"), "{}", said.stderr);
        let shown = format!("run: {from}runs/tries/mine-0001.db");
        assert!(said.stderr.contains(&shown), "{}", said.stderr);
    }
    assert_eq!((scene.server.requests(), complete(&scene.folder)), (requests, vec![1]));
    // A try of another folder is compared with the earlier one and kept with it.
    rubric(&scene, "1.1.0", "Prefer beta.");
    let said = try_from(&scene, &other, "../../", &["--format", "json"]).expect(0);
    let document: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(document["try"]["changes"]["against_try"], 1, "{}", said.stderr);
    assert!(project.join("runs/tries/mine-0002.db").exists());
    assert!(!other.join("runs").exists() && !project.join("calibration/runs").exists());
    // Back in the first folder, every reply is copied.
    rubric(&scene, "1.0.0", "Prefer alpha.");
    let requests = scene.server.requests();
    let third = tried(&scene, &[]);
    assert_eq!((scene.server.requests(), &third["try"]["try"]), (requests, &json!(3)));
    assert_eq!(third["try"]["run"], "runs/tries/mine-0003.db");
}

#[test]
fn a_history_names_files_relative_to_itself() {
    let scene = scene();
    tried(&scene, &[]);
    rubric(&scene, "1.1.0", "Prefer beta.");
    tried(&scene, &[]);
    let lines = history(&scene.folder);
    for line in &lines[..2] {
        assert_eq!(line["run"], "../runs/tries/mine-0001.db");
    }
    assert_eq!(lines[1]["labels"], "labels.jsonl");
    assert_eq!(lines[3]["changes"]["against"], "../runs/tries/mine-0001.db");
    let log = scene.run(&["rubric", "log", "--format", "json"]).expect(0);
    let log: Value = serde_json::from_str(&log.stdout).unwrap();
    assert_eq!(log["tries"][1]["run"], "runs/tries/mine-0002.db");
    assert_eq!(log["tries"][1]["labels"], "calibration/labels.jsonl");
    assert_eq!(log["tries"][1]["changes"]["against"], "runs/tries/mine-0001.db");
}

#[cfg(unix)]
#[test]
fn labels_behind_a_link_find_the_runs() {
    let scene = scene();
    let project = scene.folder.path();
    let shared = project.join("shared/people");
    std::fs::create_dir_all(&shared).unwrap();
    std::fs::rename(project.join("calibration"), shared.join("labels")).unwrap();
    std::os::unix::fs::symlink(shared.join("labels"), project.join("calibration")).unwrap();
    tried(&scene, &[]);
    let requests = scene.server.requests();
    assert!(project.join("runs/tries/mine-0001.db").exists());
    let said = try_it(&scene, &[]).expect(0);
    assert!(said.stderr.contains("nothing has changed since"), "{}", said.stderr);
    let said = try_from(&scene, &shared, "../../", &[]).expect(0);
    assert!(said.stderr.contains("nothing has changed since"), "{}", said.stderr);
    assert_eq!(scene.server.requests(), requests);
    assert_eq!(requests, 2 * ids_of(evenhand::calibration::Part::Dev).len());
}

#[test]
fn a_run_that_is_not_found_is_named_with_what_to_do() {
    let scene = scene();
    tried(&scene, &[]);
    try_it(&scene, &["--test"]).expect(0);
    for run in ["mine-0001.db", "mine-0002-test.db"] {
        std::fs::remove_file(scene.folder.path().join("runs/tries").join(run)).unwrap();
    }
    for (flags, run, number) in
        [(&[][..], "mine-0001.db", 1), (&["--test"], "mine-0002-test.db", 2)]
    {
        let said = try_it(&scene, flags).expect(0);
        let begin = format!("the run of try {number} was not found at runs/tries/{run}");
        assert!(said.stderr.contains(&begin), "{}", said.stderr);
        assert!(said.stderr.contains("put the file back there"), "{}", said.stderr);
    }
}
