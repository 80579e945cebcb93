//! Servers that ask to wait, and time limits while waiting.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use evenhand::store::RunFile;
use tokio::time::Instant;

use crate::support::server::{Answer, ClosedPort, Scene, Server, attempts};
use crate::support::{CommandOutput, GENEROUS_TIMEOUT};

#[test]
fn a_retry_after_beyond_total_timeout_stops_the_judge_and_leaves_the_rest_pending() {
    for (succeeds, code, first) in [(true, 5, "kept beta"), (false, 4, "pending")] {
        let scene = Scene::new(20, move |seen| match seen.id.as_str() {
            "q-001" if succeeds => seen.prefers("beta"),
            _ => Answer::error(429, "The day's quota is used up").header("retry-after", "3600"),
        });
        scene.settings(&[("max_in_flight", "2"), ("total_timeout_s", "600")]);
        let began = Instant::now();
        let said = scene.judge(&[]).expect(code);
        assert!(began.elapsed() < GENEROUS_TIMEOUT, "it took {:?}", began.elapsed());
        assert!(said.stderr.contains("3600 s"), "{}", said.stderr);
        assert!(said.stderr.contains("The day's quota is used up"), "{}", said.stderr);
        let mut expected = vec!["pending"; 20];
        expected[0] = first;
        assert_eq!(scene.outcomes(), expected);
        assert!(scene.server.requests() <= 4, "{} requests", scene.server.requests());

        scene.server.now(|seen| seen.prefers("beta"));
        scene.judge(&[]).expect(0);
        assert_eq!(scene.outcomes(), vec!["kept beta"; 20]);
    }
}

#[test]
fn repeated_refusals_with_retry_after_0_lead_to_growing_delays() {
    for items in [1, 50] {
        let answer = Answer::error(429, "slow down").header("retry-after", "0");
        let scene = Scene::new(items, move |_| answer.clone());
        scene.settings(&[("total_timeout_s", "1.8")]);
        scene.judge(&[]).expect(4);
        let requests = scene.server.requests();
        assert!((3..=10).contains(&requests), "{requests} requests for {items} items");
    }
}

#[test]
fn waiting_in_the_queue_counts_towards_total_timeout() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    // The second request could be sent after a minute.
    scene.settings(&[("requests_per_minute", "1"), ("total_timeout_s", "3")]);
    let began = Instant::now();
    scene.judge(&[]).expect(5);
    assert!(began.elapsed() < Duration::from_secs(50), "it took {:?}", began.elapsed());
    assert_eq!(scene.server.requests(), 1);
    assert_eq!(scene.outcomes(), ["failed"]);
    let verdicts = scene.verdicts();
    let endings = [0, 1].map(|order| &attempts(&verdicts[0], order)[0]);
    let waited = endings.iter().find(|attempt| attempt["ending"] == "exhausted").unwrap();
    assert!(waited["error"].as_str().unwrap().contains("the time limit of a trial"), "{waited}");

    scene.settings(&[]);
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), ["kept beta"], "it is asked again by the same command");
}

#[test]
fn an_endpoint_that_only_throttles_stops_its_judge() {
    for answer in [Answer::status(503, "<html>busy</html>"), Answer::error(429, "later")] {
        let scene = Scene::new(400, move |_| answer.clone());
        scene.settings(&[("max_in_flight", "2"), ("total_timeout_s", "1")]);
        let began = Instant::now();
        scene.judge(&[]).expect(4);
        // Detected trial by trial, this would take 400 seconds.
        assert!(began.elapsed() < GENEROUS_TIMEOUT, "it took {:?}", began.elapsed());
        assert_eq!(scene.outcomes(), vec!["pending"; 400]);
        scene.server.now(|seen| seen.prefers("beta"));
        scene.judge(&[]).expect(0);
    }
}

#[test]
fn an_unreachable_endpoint_is_detected_once_for_all_trials() {
    let scene = Scene::new(100, |seen| seen.prefers("beta"));
    let port = ClosedPort::new();
    let nobody = format!("\"http://127.0.0.1:{}/v1\"", port.number());
    scene.settings(&[("base_url", &nobody), ("max_attempts", "3")]);
    let said = scene.judge(&["--format", "json"]).expect(4);
    let requests = said.json_lines()[0]["requests"].as_u64().unwrap();
    assert!((3..=12).contains(&requests), "{requests} requests");
    assert_eq!(scene.outcomes(), vec!["pending"; 100]);
}

#[test]
fn the_sustained_requests_in_flight_are_shown_stored_and_used_by_the_next_command() {
    // The server accepts twenty requests at once.
    let inside = Arc::new(AtomicUsize::new(0));
    let scene = Scene::new(150, move |seen| {
        let mine = inside.fetch_add(1, Ordering::SeqCst) + 1;
        let inside = Arc::clone(&inside);
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20));
            inside.fetch_sub(1, Ordering::SeqCst);
        });
        if mine > 20 {
            return Answer::error(429, "too many at once").header("retry-after-ms", "30");
        }
        seen.prefers("beta").after(20)
    });
    let said = scene.judge(&["--format", "json"]).expect(0);
    let settled = &said.json_lines()[0]["concurrency"];
    assert_eq!(settled[0]["judge"], "judge-1");
    let in_flight = settled[0]["in_flight"].as_u64().unwrap();
    assert!((1..64).contains(&in_flight), "{in_flight}");

    let run = RunFile::open(&scene.folder.path().join("run.db")).unwrap();
    assert_eq!(run.judges()[0].server_profile.in_flight.map(u64::from), Some(in_flight));

    scene.server.now(|seen| match seen.id.as_str() {
        "q-151" => seen.prefers("beta"),
        _ => seen.prefers("beta").held(),
    });
    scene.items(300);
    let before = scene.server.requests();
    let child = scene.judge_started(&[]);
    // Two answers lift the initial limit of two to the stored limit, and no further.
    scene.server.wait_for(before + 2 + in_flight as usize);
    assert_eq!(scene.server.requests(), before + 2 + in_flight as usize);
    scene.server.release_held();
    let said = CommandOutput::of(&child.wait_with_output().unwrap()).expect(0);
    assert!(said.stdout.contains("judge-1: the endpoint sustained"), "{}", said.stdout);
    let said = scene.judge(&[]).expect(0);
    assert!(!said.stdout.contains("sustained"), "nothing was asked: {}", said.stdout);
}

#[test]
fn a_builtin_judge_has_no_sustained_requests_in_flight() {
    let scene = Scene::new(200, |seen| seen.prefers("beta"));
    let flags = ["--judge", "builtin:longer", "--format", "json"];
    let said = scene.judge(&flags).expect(0);
    assert_eq!(said.json_lines()[0]["concurrency"], serde_json::json!([]));
}

#[test]
fn a_request_above_the_servers_token_quota_fails_with_its_numbers_and_is_not_sent() {
    let scene =
        Scene::new(2, |seen| seen.prefers("beta").header("x-ratelimit-limit-tokens", "20000"));
    let long = "x".repeat(500_000);
    let item = serde_json::json!({
        "id": "q-003",
        "prompt": "Question q-003 of the exam.",
        "responses": { "alpha": format!("ALPHA {long}"), "beta": "BETA" },
    });
    let items = std::fs::read_to_string(scene.folder.path().join("items.jsonl")).unwrap();
    scene.folder.write("items.jsonl", &format!("{items}{item}\n"));
    scene.settings(&[("max_in_flight", "1")]);
    let began = Instant::now();
    // The trial stays open: quotas change.
    let said = scene.judge(&[]).expect(5);
    assert!(began.elapsed() < Duration::from_mins(1));
    assert!(said.stderr.contains("the quota is 20000 a minute"), "{}", said.stderr);
    assert!(scene.server.seen().iter().all(|seen| seen.id != "q-003"));
}

#[test]
fn judges_with_the_same_model_key_and_endpoint_share_the_lowest_of_their_quotas() {
    let scene = Scene::new(10, |seen| seen.prefers("beta"));
    let same = ("model", "\"one-model\"");
    let tables = [
        scene.judge_table("judge-1", &[same, ("requests_per_minute", "600")]),
        scene.judge_table("judge-2", &[same]),
        scene.judge_table("judge-3", &[("temperature", "1.0")]),
    ];
    scene.folder.write("evenhand.toml", &tables.concat());
    let flags = ["--judge", "judge-1", "--judge", "judge-2", "--judge", "judge-3"];
    scene.judge(&flags).expect(0);
    let seen = scene.server.seen();
    let of = |model: &str| -> Vec<Instant> {
        seen.iter().filter(|seen| seen.model() == model).map(|seen| seen.at).collect()
    };
    let (shared, alone) = (of("one-model"), of("model-of-judge-3"));
    assert_eq!([shared.len(), alone.len()], [40, 20]);
    // At ten a second, forty requests take almost four seconds; the third judge is not delayed.
    assert!(shared[39] - shared[0] > Duration::from_secs(3));
    assert!(alone[19] - alone[0] < shared[39] - shared[0]);
}

#[test]
fn a_quota_is_that_of_all_replicas_and_of_every_judge_that_uses_one_of_them() {
    let scene = Scene::new(10, |seen| seen.prefers("beta"));
    let other = Server::start(|seen| seen.prefers("beta"));
    let (one, two) = (scene.server.base_url(), other.base_url());
    let same = ("model", "\"one-model\"");
    let urls = [format!("{:?}", [&one, &two]), format!("{:?}", [&two, &one])];
    let tables = [
        scene.judge_table(
            "judge-1",
            &[same, ("base_urls", &urls[0]), ("requests_per_minute", "600")],
        ),
        scene.judge_table("judge-2", &[same, ("base_urls", &urls[1])]),
    ];
    scene.folder.write("evenhand.toml", &tables.concat());
    scene.judge(&["--judge", "judge-1", "--judge", "judge-2"]).expect(0);
    let seen = [scene.server.seen(), other.seen()];
    assert!(seen.iter().all(|seen| !seen.is_empty()));
    let mut all: Vec<Instant> = seen.iter().flatten().map(|seen| seen.at).collect();
    all.sort();
    assert_eq!(all.len(), 40);
    // At ten a second for both judges and both servers.
    assert!(all[39] - all[0] > Duration::from_secs(3));
}
