//! The limit of open files, which bounds the connections of a run.
#![cfg(unix)]

use std::process::Command;

use crate::support::CommandOutput;
use crate::support::server::{Answer, Scene};

/// `judge` under limits of open files that `ulimit` sets before.
fn judge(scene: &Scene, limits: &str, flags: &[&str]) -> CommandOutput {
    let program = scene.judge_command(flags);
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{limits} && exec \"$@\""), "sh"]);
    shell.arg(program.get_program()).args(program.get_args());
    shell.current_dir(scene.folder.path());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    CommandOutput::of(&shell.output().unwrap())
}

#[test]
fn too_low_a_limit_of_open_files_is_an_error_before_the_first_request() {
    let scene = Scene::new(2, |seen| seen.prefers("beta"));
    scene.settings(&[("max_in_flight", "100")]);
    let said = judge(&scene, "ulimit -n 90", &[]).expect(3);
    for part in ["judges.judge-1.max_in_flight", "100 requests", "164", "90", "ulimit -n 164"] {
        assert!(said.stderr.contains(part), "{part}: {}", said.stderr);
    }
    assert_eq!(scene.server.requests(), 0);
    assert!(!scene.folder.path().join("run.db").exists());

    scene.settings(&[("max_in_flight", "26")]);
    judge(&scene, "ulimit -n 90", &[]).expect(0);
}

#[test]
fn the_connections_of_all_judges_of_a_jury_are_added_up() {
    let scene = Scene::new(1, |_| Answer::error(500, "not asked"));
    let judges = [("judge-1", "60"), ("judge-2", "70")]
        .map(|(name, most)| scene.judge_table(name, &[("max_in_flight", most)]));
    scene.folder.write("evenhand.toml", &judges.concat());
    let jury = ["--judge", "judge-1", "--judge", "judge-2"];
    let said = judge(&scene, "ulimit -n 190", &jury).expect(3);
    assert!(said.stderr.contains("judges.judge-2.max_in_flight"), "{}", said.stderr);
    assert!(said.stderr.contains("194 open files"), "{}", said.stderr);
}

#[test]
fn the_soft_limit_of_open_files_is_raised_up_to_the_hard_limit() {
    let scene = Scene::new(2, |seen| seen.prefers("beta"));
    scene.settings(&[("max_in_flight", "100")]);
    judge(&scene, "ulimit -Sn 40 && ulimit -Hn 200", &[]).expect(0);
    assert_eq!(scene.outcomes(), ["kept beta"; 2]);
}
