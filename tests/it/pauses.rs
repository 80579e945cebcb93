//! Servers that ask to wait: too long, not at all, or so that a trial grows old in the queue.

use std::time::Duration;

use tokio::time::Instant;

use crate::server::{Answer, Scene, attempts};

#[test]
fn a_wait_that_no_trial_can_outlive_stops_the_judge_and_leaves_the_rest_pending() {
    for (succeeds, code, first) in [(true, 5, "kept beta"), (false, 4, "pending")] {
        let scene = Scene::new(20, move |seen| match seen.id.as_str() {
            "q-001" if succeeds => seen.prefers("beta"),
            _ => Answer::error(429, "The day's quota is used up").header("retry-after", "3600"),
        });
        scene.settings(&[("max_in_flight", "2"), ("total_timeout_s", "20")]);
        let began = Instant::now();
        let said = scene.judge(&[]).expect(code);
        assert!(began.elapsed() < Duration::from_secs(10), "it took {:?}", began.elapsed());
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
fn a_server_that_asks_for_no_wait_again_and_again_is_not_hammered() {
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
fn the_time_of_a_trial_runs_while_it_waits_in_the_queue() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    // The second request might leave after ten seconds.
    scene.settings(&[("requests_per_minute", "6"), ("total_timeout_s", "0.8")]);
    let began = Instant::now();
    scene.judge(&[]).expect(5);
    assert!(began.elapsed() < Duration::from_secs(8), "it took {:?}", began.elapsed());
    assert_eq!(scene.server.requests(), 1);
    assert_eq!(scene.outcomes(), ["failed"]);
    let verdicts = scene.verdicts();
    let endings = [0, 1].map(|order| &attempts(&verdicts[0], order)[0]);
    let waited = endings.iter().find(|attempt| attempt["ending"] == "exhausted").unwrap();
    assert!(waited["error"].as_str().unwrap().contains("all waiting included"), "{waited}");

    scene.settings(&[]);
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), ["kept beta"], "it is asked again by the same command");
}

#[test]
fn an_endpoint_that_only_asks_to_wait_is_down_and_its_judge_is_left() {
    for answer in [Answer::status(503, "<html>busy</html>"), Answer::error(429, "later")] {
        let scene = Scene::new(20, move |_| answer.clone());
        scene.settings(&[("max_in_flight", "2"), ("total_timeout_s", "1")]);
        let began = Instant::now();
        scene.judge(&[]).expect(4);
        assert!(began.elapsed() < Duration::from_secs(8), "it took {:?}", began.elapsed());
        assert_eq!(scene.outcomes(), vec!["pending"; 20]);
        scene.server.now(|seen| seen.prefers("beta"));
        scene.judge(&[]).expect(0);
    }
}

#[test]
fn an_endpoint_that_is_away_is_found_out_once_for_all_trials() {
    let scene = Scene::new(100, |seen| seen.prefers("beta"));
    scene.settings(&[("base_url", "\"http://127.0.0.1:9/v1\""), ("max_attempts", "3")]);
    let said = scene.judge(&["--format", "json"]).expect(4);
    let requests = said.json_lines()[0]["requests"].as_u64().unwrap();
    assert!((3..=12).contains(&requests), "{requests} requests");
    assert_eq!(scene.outcomes(), vec!["pending"; 100]);
}
