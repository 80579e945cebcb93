//! However a command ends, nothing that it started keeps running.

use std::io::Read as _;

use crate::run::interruption::{heard, interrupt_twice, signal};
use crate::support::CommandOutput;
use crate::support::server::Scene;
use crate::support::started_server::{running_in, wait_until};

/// A command that starts a program of its own and then becomes the server.
fn with_grandchild(scene: &Scene) -> String {
    format!("sh -c 'sleep 1000 & exec {}'", scene.command_of_server("plain").replace('\'', ""))
}

#[test]
fn what_the_server_has_started_ends_with_it() {
    let scene = Scene::new(1, |seen| seen.prefers("beta").held());
    scene.start_by(&with_grandchild(&scene), &[]);
    let child = scene.judge_started(&[]);
    scene.server.wait_for(2);
    let group = scene.starts()[0].group;
    assert!(running_in(group).len() >= 2, "the server and its child");
    scene.server.release_held();
    CommandOutput::of(&child.wait_with_output().unwrap()).expect(0);
    scene.assert_nothing_runs();
}

#[test]
fn a_server_that_ignores_sigterm_is_killed() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    let server = scene.command_of_server("plain").replace('\'', "");
    scene.start_by(&format!("sh -c 'trap \"\" TERM; exec {server}'"), &[]);
    scene.judge(&[]).expect(0);
    scene.assert_nothing_runs();
}

#[test]
fn a_signal_lets_requests_in_flight_finish_before_the_server_is_stopped() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let settings = [("max_in_flight", "4")];
        let scene = Scene::started(6, "plain", &settings, |seen| match seen.id.as_str() {
            "q-001" => seen.prefers("beta"),
            _ => seen.prefers("beta").held(),
        });
        let mut child = scene.judge_started(&[]);
        scene.server.wait_for(6);
        signal(name, &child);
        let mut stderr = heard(&mut child, "4 requests in flight");
        scene.server.release_held();
        let mut rest = String::new();
        stderr.read_to_string(&mut rest).unwrap();
        CommandOutput::of(&child.wait_with_output().unwrap()).expect(code);
        let mut expected = vec!["kept beta"; 3];
        expected.extend(["pending"; 3]);
        assert_eq!(scene.outcomes(), expected, "{rest}");
        scene.assert_nothing_runs();
    }
}

#[test]
fn a_second_signal_kills_the_server() {
    let scene = Scene::new(3, |seen| seen.prefers("beta").held());
    scene.start_by(&with_grandchild(&scene), &[("max_in_flight", "2")]);
    let child = scene.judge_started(&[]);
    scene.server.wait_for(2);
    interrupt_twice(child);
    assert_eq!(scene.outcomes(), ["pending"; 3]);
    scene.assert_nothing_runs();
}

#[test]
fn a_signal_while_the_server_starts_ends_both() {
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let scene = Scene::started(1, "loading=1000000", &[], |seen| seen.prefers("beta"));
        let child = scene.judge_started(&[]);
        scene.wait_for_starts(1);
        signal(name, &child);
        CommandOutput::of(&child.wait_with_output().unwrap()).expect(code);
        assert_eq!(scene.outcomes(), ["pending"]);
        scene.assert_nothing_runs();
    }
}

#[test]
fn the_server_ends_when_the_command_is_killed() {
    let scene = Scene::new(1, |seen| seen.prefers("beta").held());
    scene.start_by(&with_grandchild(&scene), &[]);
    let mut child = scene.judge_started(&[]);
    scene.server.wait_for(2);
    child.kill().unwrap();
    child.wait().unwrap();
    scene.assert_nothing_runs();
}

#[test]
fn a_server_whose_parent_process_ends_is_a_server_that_ended() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    let server = scene.command_of_server("loading=1000000").replace('\'', "");
    scene.start_by(&format!("sh -c '{server} & sleep 1'"), &[]);
    let said = scene.judge(&[]).expect(4);
    assert!(said.stderr.contains("the server ended with exit code 0"), "{}", said.stderr);
    scene.assert_nothing_runs();
}

#[test]
fn the_run_file_that_cannot_be_opened_starts_nothing() {
    let scene = Scene::started(1, "plain", &[], |seen| seen.prefers("beta"));
    scene.folder.write("run.db", "this is no run file");
    let said = scene.judge(&[]);
    assert_ne!(said.code, 0, "{said:?}");
    wait_until("nothing", || scene.starts().is_empty());
}
