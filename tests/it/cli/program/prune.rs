//! `evenhand runs prune`: what is deleted, what is kept and why, and that nothing is without a yes.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use super::runs::running;
use crate::support::CommandOutput;
use crate::support::server::Scene;

const DAY: Duration = Duration::from_hours(24);

/// A folder `runs` with a complete run and an open one, both written 40 days ago, and a complete one of today.
fn scene() -> Scene {
    let scene = Scene::new(3, |seen| seen.prefers("beta"));
    scene.judge(&["--run", "runs/old.db"]).expect(0);
    scene.judge(&["--run", "runs/open.db", "--max-requests", "2"]).expect(5);
    scene.judge(&["--run", "runs/new.db"]).expect(0);
    age(&scene, "old.db", 40);
    age(&scene, "open.db", 40);
    scene
}

/// Makes a run look as if it had been written so many days ago.
fn age(scene: &Scene, name: &str, days: u32) {
    let file = std::fs::File::options().write(true).open(path(scene, name)).unwrap();
    let written = file.metadata().unwrap().modified().unwrap();
    file.set_modified(written - DAY * days).unwrap();
}

fn path(scene: &Scene, name: &str) -> PathBuf {
    scene.folder.path().join("runs").join(name)
}

fn files(scene: &Scene) -> BTreeSet<String> {
    let entries = std::fs::read_dir(scene.folder.path().join("runs")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn prune(scene: &Scene, flags: &[&str]) -> CommandOutput {
    scene.run(&[&["runs", "prune", "runs", "--older-than", "30d"], flags].concat())
}

#[test]
fn old_complete_runs_are_deleted_and_the_reason_for_each_is_printed() {
    let scene = scene();
    std::fs::write(path(&scene, "old.db-shm"), "left behind").unwrap();
    std::fs::write(path(&scene, "old.db.lock"), "").unwrap();
    std::fs::write(path(&scene, "other.lock"), "").unwrap();
    let said = prune(&scene, &["--yes"]).expect(0);
    assert!(said.stdout.starts_with("to delete: runs/old.db: complete, "), "{}", said.stdout);
    assert_eq!(said.stdout.lines().count(), 1);
    for part in [
        "kept: runs/open.db: 2 comparisons still open",
        "kept: runs/new.db: last written ",
        "1 run deleted, ",
    ] {
        assert!(said.stderr.contains(part), "no `{part}` in {}", said.stderr);
    }
    let left = ["new.db", "open.db", "other.lock"].map(ToOwned::to_owned);
    assert_eq!(files(&scene), BTreeSet::from(left));
}

#[test]
fn nothing_is_deleted_without_a_terminal_and_without_yes_or_by_a_dry_run() {
    let scene = scene();
    let before = files(&scene);
    let said = prune(&scene, &[]).expect(2);
    assert!(said.stderr.contains("there is no terminal to ask on"), "{}", said.stderr);
    assert!(said.stderr.contains("--yes"), "{}", said.stderr);
    // An answer that is piped in is no terminal.
    let mut command = scene.command(&["runs", "prune", "runs", "--older-than", "30d"]);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"yes\n").ok();
    assert_eq!(child.wait().unwrap().code(), Some(2));
    let said = prune(&scene, &["--dry-run"]).expect(0);
    assert!(said.stdout.starts_with("would delete: runs/old.db"), "{}", said.stdout);
    assert_eq!(files(&scene), before);
    let said = scene.run(&["runs", "prune", "runs", "--yes"]).expect(2);
    assert!(said.stderr.contains("--older-than"), "an age must be given: {}", said.stderr);
    assert_eq!(files(&scene), before);
}

#[test]
fn a_run_that_is_being_written_or_interrupted_is_kept() {
    let scene = Scene::new(2, |seen| seen.prefers("beta").held());
    let mut child = running(&scene);
    let prune = || scene.run(&["runs", "prune", "runs", "--older-than", "0s", "--yes"]).expect(0);
    assert!(prune().stderr.contains("running.db: a process is writing it"));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(prune().stderr.contains("running.db: interrupted, can be resumed"));
    assert!(path(&scene, "running.db").is_file());
}

#[cfg(unix)]
#[test]
fn what_is_no_run_or_cannot_be_read_or_is_a_link_or_named_by_the_job_is_kept() {
    let scene = scene();
    let run = std::fs::read(path(&scene, "old.db")).unwrap();
    std::fs::write(path(&scene, "notes.txt"), "mine").unwrap();
    std::fs::write(path(&scene, "cut.db"), &run[..run.len() / 2]).unwrap();
    let mut newer = run.clone();
    newer[60..64].copy_from_slice(&99_u32.to_be_bytes());
    std::fs::write(path(&scene, "newer.db"), newer).unwrap();
    std::os::unix::fs::symlink("old.db", path(&scene, "link.db")).unwrap();
    for name in ["notes.txt", "cut.db", "newer.db"] {
        age(&scene, name, 40);
    }
    let before = files(&scene);
    let mut command = scene.command(&["runs", "prune", "runs", "--older-than", "30d", "--yes"]);
    let output = command.env("EVENHAND_RUN", "runs/old.db").output().unwrap();
    let said = CommandOutput::of(&output).expect(0);
    for part in [
        "link.db: it is a link",
        "old.db: EVENHAND_RUN names it",
        "cut.db: cannot be read",
        "newer.db: format 99",
        "there is nothing to delete",
    ] {
        assert!(said.stderr.contains(part), "no `{part}` in {}", said.stderr);
    }
    assert_eq!(files(&scene), before);
}

#[cfg(unix)]
#[test]
fn a_run_to_which_a_link_in_the_folder_leads_is_kept() {
    use evenhand::run::{list_runs, remove_listed_run};
    use std::os::unix::fs::symlink;
    let scene = scene();
    for name in ["twice.db", "unlinked.db"] {
        std::fs::copy(path(&scene, "old.db"), path(&scene, name)).unwrap();
        age(&scene, name, 40);
    }
    symlink("old.db", path(&scene, "latest.db")).unwrap();
    // A link without the ending of runs, to another link, by an absolute path.
    symlink(path(&scene, "twice.db"), path(&scene, "one")).unwrap();
    symlink("one", path(&scene, "two")).unwrap();
    symlink("nothing.db", path(&scene, "broken.db")).unwrap();
    let before = files(&scene);
    let listed = list_runs(&scene.folder.path().join("runs")).unwrap().runs;
    let old = listed.iter().find(|run| run.path.ends_with("old.db")).unwrap();
    assert!(!remove_listed_run(old).unwrap(), "it is kept by the library too");
    let said = prune(&scene, &["--yes"]).expect(0);
    for part in [
        "kept: runs/old.db: the link runs/latest.db leads to it",
        "kept: runs/twice.db: the link runs/",
        "kept: runs/latest.db: it is a link",
        "1 run deleted, ",
    ] {
        assert!(said.stderr.contains(part), "no `{part}` in {}", said.stderr);
    }
    let left = files(&scene);
    let deleted: Vec<&String> = before.difference(&left).collect();
    assert_eq!(deleted, ["unlinked.db"]);
    assert!(path(&scene, "latest.db").is_file(), "the link still leads to a run");
    std::fs::remove_file(path(&scene, "latest.db")).unwrap();
    prune(&scene, &["--yes"]).expect(0);
    assert!(!files(&scene).contains("old.db"), "it is deleted once the link is gone");
}

#[test]
fn a_run_that_has_changed_since_it_was_listed_is_kept() {
    use evenhand::run::{list_runs, remove_listed_run};
    let scene = scene();
    let folder = scene.folder.path().join("runs");
    let listed = list_runs(&folder).unwrap().runs;
    let named = |name: &str| listed.iter().find(|run| run.path.ends_with(name)).unwrap();
    scene.items(4);
    scene.judge(&["--run", "runs/old.db"]).expect(0);
    assert!(!remove_listed_run(named("old.db")).unwrap());
    assert!(!remove_listed_run(named("open.db")).unwrap(), "it is not complete");
    assert!(remove_listed_run(named("new.db")).unwrap());
    assert_eq!(files(&scene), BTreeSet::from(["old.db".to_owned(), "open.db".to_owned()]));
}
