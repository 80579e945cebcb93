//! While a judge whose server was started is asked: replicas, a server that dies, one that prints much.

use std::collections::BTreeSet;

use crate::support::server::{Answer, ReceivedRequest, Scene};
use crate::support::started_server::PORT_HEADER;

fn port(seen: &ReceivedRequest) -> String {
    seen.headers[PORT_HEADER].to_str().unwrap().to_owned()
}

#[test]
fn a_server_that_dies_while_it_is_asked_leaves_the_rest_pending_and_the_same_command_goes_on() {
    let settings = [("max_in_flight", "2")];
    let scene = Scene::started(10, "dies_after=6", &settings, |seen| seen.prefers("beta"));
    let said = scene.judge(&[]).expect(5);
    let expected = "error: judge-1: the server that was started ended with exit code 7; the last lines that it \
                    printed:\n  ";
    assert!(said.stderr.contains(expected), "{}", said.stderr);
    assert!(said.stderr.contains("fatal: out of memory"), "{}", said.stderr);
    assert!(said.stderr.contains("hint: run the same command again"), "{}", said.stderr);
    let outcomes = scene.outcomes();
    assert!(outcomes.contains(&"kept beta".to_owned()), "{outcomes:?}");
    assert!(outcomes.contains(&"pending".to_owned()), "{outcomes:?}");
    scene.assert_nothing_runs();

    while scene.outcomes().iter().any(|outcome| outcome != "kept beta") {
        let starts = scene.starts().len();
        let said = scene.judge(&[]);
        assert!([0, 5].contains(&said.code), "{said:?}");
        assert_eq!(scene.starts().len(), starts + 1, "it is started once for each command");
    }
}

#[test]
fn a_server_that_dies_before_any_reply_ends_the_command_with_4() {
    let scene = Scene::started(3, "dies_after=0", &[], |seen| seen.prefers("beta"));
    let said = scene.judge(&[]).expect(4);
    assert!(said.stderr.contains("the server that was started ended with exit code 7"), "{said:?}");
    assert!(scene.outcomes().iter().all(|outcome| outcome != "kept beta"));
}

#[test]
fn all_replicas_are_asked() {
    let scene = Scene::started(40, "plain", &[("replicas", "3")], |seen| seen.prefers("beta"));
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 40]);
    let asked: BTreeSet<String> = scene.server.seen().iter().map(port).collect();
    let started: BTreeSet<String> =
        scene.starts().iter().map(|started| started.port.to_string()).collect();
    assert_eq!(started.len(), 3);
    assert_eq!(asked, started);
    scene.assert_nothing_runs();
}

#[test]
fn replicas_go_on_without_one_that_dies_which_is_asked_nothing_more() {
    // Only the first of all requests kills the server that gets it.
    let scene = Scene::started(40, "plain", &[("replicas", "2"), ("max_in_flight", "4")], |seen| {
        if seen.id == "q-001" && seen.before == 0 && seen.first == "alpha" {
            return Answer::status(200, "").held();
        }
        seen.prefers("beta").after(20)
    });
    let child = scene.judge_started(&[]);
    scene.server.wait_for(8);
    let held =
        scene.server.seen().into_iter().find(|seen| seen.id == "q-001" && seen.first == "alpha");
    let held = port(&held.expect("it is among the first"));
    let victim =
        scene.starts().into_iter().find(|started| started.port.to_string() == held).unwrap();
    let kill =
        std::process::Command::new("kill").args(["-9", &victim.process.to_string()]).status();
    assert!(kill.unwrap().success());
    let said = crate::support::CommandOutput::of(&child.wait_with_output().unwrap()).expect(0);
    let expected = format!("warning: judge-1: the replica http://127.0.0.1:{held}/v1 failed");
    assert!(said.stderr.contains(&expected), "{}", said.stderr);
    assert!(said.stderr.contains("was ended by signal: 9"), "{}", said.stderr);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 40]);
    scene.assert_nothing_runs();
}

#[test]
fn a_server_that_prints_megabytes_is_never_made_to_wait() {
    let scene = Scene::started(8, "noise=3000000", &[], |seen| seen.prefers("beta"));
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 8]);
    scene.assert_nothing_runs();
}

#[test]
fn a_key_that_the_server_prints_is_not_shown() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    scene.start_by("sh -c 'echo \"the key is $TEST_JUDGE_KEY\" >&2; exit 9' {port}", &[]);
    let said = scene.judge(&[]).expect(4);
    assert!(said.stderr.contains("the key is [redacted]"), "{}", said.stderr);
    assert!(!said.stderr.contains(crate::support::server::KEY), "{}", said.stderr);
}
