//! Faults of one of several servers of a model, and what a fleet gives.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::CommandOutput;
use crate::support::raw_server::{RawServer, Step};
use crate::support::server::{Answer, ClosedPort, ReceivedRequest, Scene, Server, attempts, voted};

/// A scene whose judge has the scene's own server and others as replicas.
fn fleet(items: usize, others: &[&str], changes: &[(&str, &str)]) -> Scene {
    let scene = Scene::new(items, prefers_beta);
    let own = scene.server.base_url();
    let urls: Vec<&str> = std::iter::once(own.as_str()).chain(others.iter().copied()).collect();
    replicas(&scene, &urls, changes);
    scene
}

/// Writes the settings with these replicas.
fn replicas(scene: &Scene, urls: &[&str], changes: &[(&str, &str)]) {
    let urls = format!("{urls:?}");
    // No attempt may be used: the first failure that uses one would be the last.
    let settings = [("base_urls", urls.as_str()), ("max_attempts", "1")];
    scene.settings(&[&settings, changes].concat());
}

fn prefers_beta(seen: &ReceivedRequest) -> Answer {
    seen.prefers("beta")
}

/// A server that never answers.
fn silent() -> RawServer {
    RawServer::start(|_| vec![Step::Hold])
}

fn ids(server: &Server) -> HashSet<String> {
    server.seen().into_iter().map(|seen| seen.id).collect()
}

/// Asserts that everything is kept, that no order was answered twice, and that no attempt was used.
fn assert_nothing_is_lost(scene: &Scene, items: usize) {
    assert_eq!(scene.outcomes(), vec!["kept beta"; items]);
    let verdicts = scene.verdicts();
    assert_eq!(voted(&verdicts).len(), items * 2);
    for attempt in verdicts.iter().flat_map(|verdict| [0, 1].map(|at| attempts(verdict, at))) {
        let endings: Vec<_> = attempt.iter().map(|stored| stored["ending"].as_str()).collect();
        let (last, before) = endings.split_last().unwrap();
        assert_eq!(*last, Some("reply"));
        assert!(before.iter().all(|ending| *ending == Some("retried")), "{endings:?}");
    }
}

/// How many replicas each item was asked at.
fn servers_of_items(servers: &[&Server]) -> HashMap<String, usize> {
    let mut servers_of = HashMap::new();
    for id in servers.iter().flat_map(|server| ids(server)) {
        *servers_of.entry(id).or_default() += 1;
    }
    servers_of
}

#[test]
fn both_orders_of_an_item_reach_the_same_replica_and_all_replicas_are_used() {
    let others = [Server::start(prefers_beta), Server::start(prefers_beta)];
    let urls = [others[0].base_url(), others[1].base_url()];
    let scene = fleet(60, &[&urls[0], &urls[1]], &[("max_in_flight", "6")]);
    scene.judge(&[]).expect(0);
    let servers = [&scene.server, &others[0], &others[1]];
    let counts = servers.map(Server::requests);
    assert_eq!(counts.iter().sum::<usize>(), 120);
    assert!(counts.iter().all(|count| *count >= 6), "{counts:?}");
    // Six in flight are within the slack, so no load makes an item leave its replica.
    assert!(servers_of_items(&servers).values().all(|servers| *servers == 1));
}

#[test]
fn a_replica_that_is_refused_from_the_start_is_left_and_named_at_the_end() {
    let closed = ClosedPort::new();
    let closed_url = format!("http://127.0.0.1:{}/v1", closed.number());
    let scene = fleet(20, &[&closed_url], &[]);
    let said = scene.judge(&[]).expect(0);
    assert_nothing_is_lost(&scene, 20);
    assert_eq!(scene.server.requests(), 40);
    let warning =
        format!("warning: judge-1: the replica {closed_url} failed and has not answered since");
    assert!(said.stderr.contains(&warning), "{}", said.stderr);
    assert!(said.stderr.contains("cannot connect to the endpoint"), "{}", said.stderr);
}

#[test]
fn a_replica_that_dies_in_the_middle_loses_nothing_and_its_items_move() {
    let other = Server::start(|seen| seen.prefers("beta").held());
    let scene = fleet(40, &[&other.base_url()], &[("max_in_flight", "8")]);
    let child = scene.judge_started(&[]);
    // Some of its requests are on their way.
    other.wait_for(2);
    let began = ids(&other);
    drop(other);
    CommandOutput::of(&child.wait_with_output().unwrap()).expect(0);
    assert_nothing_is_lost(&scene, 40);
    assert_eq!(scene.server.requests(), 80, "what was answered is not asked again");
    assert!(began.is_subset(&ids(&scene.server)));
}

#[test]
fn a_replica_that_answers_500_from_some_time_on_loses_nothing() {
    let other = Server::start(prefers_beta);
    let scene = fleet(60, &[&other.base_url()], &[("max_in_flight", "4")]);
    scene.server.now(|seen| seen.prefers("beta").after(20));
    let broken = AtomicUsize::new(0);
    other.now(move |seen| {
        if broken.fetch_add(1, Ordering::SeqCst) < 10 {
            seen.prefers("beta")
        } else {
            Answer::error(500, "CUDA error: device lost")
        }
    });
    let said = scene.judge(&[]).expect(0);
    assert_nothing_is_lost(&scene, 60);
    let refused = other.requests() - 10;
    assert_eq!(scene.server.requests(), 120 - 10);
    // Those that were on their way together, and one after each rest.
    assert!((1..=12).contains(&refused), "{refused}");
    assert!(
        said.stderr.contains("others did: HTTP 500: CUDA error: device lost"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_replica_that_hangs_is_left_after_timeout_s_and_loses_nothing() {
    let other = silent();
    let settings = [("timeout_s", "1"), ("max_in_flight", "4")];
    let scene = fleet(30, &[&other.base_url()], &settings);
    let said = scene.judge(&[]).expect(0);
    assert_nothing_is_lost(&scene, 30);
    assert!(other.requests() >= 1);
    assert!(other.requests() <= 12, "{}", other.requests());
    assert!(said.stderr.contains("others did: no answer within 1.0 s"), "{}", said.stderr);
}

#[test]
fn a_replica_that_comes_back_is_used_again() {
    let other = Server::start(|_| Answer::error(502, "starting"));
    let scene = fleet(150, &[&other.base_url()], &[("max_in_flight", "4")]);
    scene.server.now(|seen| seen.prefers("beta").after(60));
    let child = scene.judge_started(&[]);
    other.wait_for(1);
    other.now(prefers_beta);
    let said = CommandOutput::of(&child.wait_with_output().unwrap()).expect(0);
    assert_nothing_is_lost(&scene, 150);
    // At most four were on their way when it failed.
    assert!(other.requests() > 8, "{}", other.requests());
    assert!(!said.stderr.contains("failed"), "{}", said.stderr);
}

#[test]
fn a_replica_that_asks_to_wait_keeps_nobody_else_waiting() {
    let other = Server::start(|_| {
        Answer::error(429, "Too many requests")
            .header("retry-after", "600")
            .header("x-ratelimit-remaining-requests", "0")
            .header("x-ratelimit-limit-requests", "10")
            .header("x-ratelimit-reset-requests", "60s")
    });
    let scene = fleet(30, &[&other.base_url()], &[("total_timeout_s", "30")]);
    // A pause of all would be longer than a trial may take.
    scene.judge(&[]).expect(0);
    assert_nothing_is_lost(&scene, 30);
    assert!((1..=40).contains(&other.requests()), "{}", other.requests());
    assert_eq!(scene.server.requests(), 60);
}

#[test]
fn a_replica_with_another_model_or_key_is_left_and_named_at_the_end() {
    for (status, message) in [
        (404, "The model `model-of-judge-1` does not exist."),
        (401, "Incorrect API key provided"),
        (400, "Invalid model name passed in model=model-of-judge-1"),
    ] {
        let other = Server::start(move |_| Answer::error(status, message));
        let third = Server::start(prefers_beta);
        let scene = fleet(30, &[&other.base_url(), &third.base_url()], &[("max_in_flight", "6")]);
        let said = scene.judge(&[]).expect(0);
        assert_nothing_is_lost(&scene, 30);
        let warning = format!(
            "{} failed and has not answered since; others did: HTTP {status}: {message}",
            other.base_url()
        );
        assert!(said.stderr.contains(&warning), "{}", said.stderr);
        assert!(other.requests() <= 16, "{}", other.requests());
        assert!(third.requests() > 0);
    }
}

fn fails_one_item(seen: &ReceivedRequest) -> Answer {
    match seen.id.as_str() {
        "q-007" => Answer::error(500, "The server had an error"),
        _ => seen.prefers("beta"),
    }
}

#[test]
fn one_prompt_that_every_replica_answers_with_an_error_fails_alone() {
    let other = Server::start(fails_one_item);
    let scene = fleet(30, &[&other.base_url()], &[("max_attempts", "2")]);
    scene.server.now(fails_one_item);
    scene.judge(&[]).expect(5);
    let mut expected = vec!["kept beta"; 30];
    expected[6] = "failed";
    assert_eq!(scene.outcomes(), expected);
    let asked = [&scene.server, &other]
        .map(|server| server.seen().iter().filter(|seen| seen.id == "q-007").count());
    let asked: usize = asked.iter().sum();
    // For each order two attempts, and at most eight failures of single replicas.
    assert!((4..=20).contains(&asked), "{asked}");
}

#[test]
fn replicas_that_are_all_out_of_reach_are_an_unreachable_endpoint() {
    let closed = [ClosedPort::new(), ClosedPort::new()];
    let urls = closed.each_ref().map(|port| format!("http://127.0.0.1:{}/v1", port.number()));
    let scene = Scene::new(20, prefers_beta);
    replicas(&scene, &[&urls[0], &urls[1]], &[("max_attempts", "3")]);
    let said = scene.judge(&[]).expect(4);
    assert!(said.stderr.contains("cannot connect to the endpoint"), "{}", said.stderr);
    assert!(!said.stderr.contains("others did"), "{}", said.stderr);
    assert_eq!(scene.outcomes(), vec!["pending"; 20]);
}

#[test]
fn replicas_that_all_die_leave_an_incomplete_run_that_the_same_command_completes() {
    let other = Server::start(prefers_beta);
    let scene =
        fleet(40, &[&other.base_url()], &[("total_timeout_s", "6"), ("max_in_flight", "4")]);
    let fails = |seen: &ReceivedRequest| match seen.id.as_str() {
        "q-001" | "q-002" => seen.prefers("beta"),
        _ => Answer::error(503, "shutting down"),
    };
    scene.server.now(fails);
    other.now(fails);
    scene.judge(&[]).expect(5);
    let mut counts = BTreeMap::new();
    for outcome in scene.outcomes() {
        *counts.entry(outcome).or_insert(0) += 1;
    }
    assert_eq!(counts, BTreeMap::from([("kept beta".into(), 2), ("pending".into(), 38)]));
    scene.server.now(prefers_beta);
    other.now(prefers_beta);
    let before = [&scene.server, &other].map(Server::requests).iter().sum::<usize>();
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 40]);
    let after = [&scene.server, &other].map(Server::requests).iter().sum::<usize>();
    assert_eq!(after - before, 76, "what was answered is not asked again");
}

#[test]
fn a_wrong_key_for_all_replicas_costs_a_handful_of_requests() {
    let refuses = |_: &ReceivedRequest| Answer::error(401, "Incorrect API key provided");
    let others = [Server::start(refuses), Server::start(refuses)];
    let scene = fleet(40, &[&others[0].base_url(), &others[1].base_url()], &[]);
    scene.server.now(refuses);
    let said = scene.judge(&[]).expect(4);
    assert!(said.stderr.contains("HTTP 401: Incorrect API key provided"), "{}", said.stderr);
    let asked = [&scene.server, &others[0], &others[1]].map(Server::requests);
    assert!(asked.iter().sum::<usize>() <= 12, "{asked:?}");
    assert_eq!(scene.outcomes(), vec!["pending"; 40]);
}
