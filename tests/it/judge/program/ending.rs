//! However a command ends, no process of the program is left.

use std::io::Read as _;

use crate::run::interruption::{heard, interrupt_twice, signal};
use crate::support::CommandOutput;
use crate::support::started_server::wait_until;

use super::Scene;

/// Hangs, with a child that would go on for long.
const HANGING: &str = "sleep 1000 & wait";

#[test]
fn a_second_signal_kills_the_processes_and_what_they_started() {
    let scene = Scene::answering(3, HANGING, "processes = 2");
    let child = scene.judge_started();
    wait_until("two trials", || scene.log("asked.log").len() >= 2);
    interrupt_twice(child);
    scene.assert_nothing_runs();
    assert_eq!(scene.outcomes(), vec!["pending"; 3]);
}

#[test]
fn a_signal_lets_the_trials_at_the_program_finish() {
    let held = "while ! [ -e \"$here/go\" ]; do sleep 0.05; done; beta";
    let scene = Scene::answering(4, held, "processes = 2");
    let mut child = scene.judge_started();
    wait_until("two trials", || scene.log("asked.log").len() >= 2);
    signal("INT", &child);
    let mut stderr = heard(&mut child, "stopping: waiting for 2 requests in flight");
    scene.folder.write("go", "");
    stderr.read_to_string(&mut String::new()).unwrap();
    CommandOutput::of(&child.wait_with_output().unwrap()).expect(130);
    scene.assert_nothing_runs();
    assert_eq!(scene.log("asked.log").len(), 2);
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 4]);
    assert_eq!(scene.log("asked.log").len(), 8);
}

#[test]
fn a_program_that_ignores_the_end_of_its_stdin_is_killed() {
    let scene = Scene::running(1, &format!("while next; do beta; done; {HANGING}"), "");
    scene.judge(&[]).expect(0);
    scene.assert_nothing_runs();
}

#[test]
fn a_program_sees_the_end_of_stdin_when_the_command_is_killed_and_the_run_goes_on() {
    // Nobody reads the last answer, and writing it must not end the process.
    let slow = "trap '' PIPE; sleep 0.2; beta";
    let scene = Scene::answering(5, slow, "processes = 2");
    let mut child = scene.judge_started();
    wait_until("four trials", || scene.log("asked.log").len() >= 4);
    child.kill().unwrap();
    child.wait().unwrap();
    scene.assert_nothing_runs();
    assert_eq!(scene.log("ends.log").len(), scene.groups().len());
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 5]);
}
