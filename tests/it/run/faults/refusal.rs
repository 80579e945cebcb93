//! A server that refuses requests: every one for a while or for good, or some of them.

use serde_json::{Value, json};

use crate::support::server::{Answer, Scene, attempts};

#[test]
fn many_refusals_with_and_without_retry_after_use_no_attempt() {
    for hint in [Some("0.1"), None] {
        // Both orders of seven items, once each. How long the waits are is random: the more refusals follow
        // one another without a reply between them, the longer.
        let scene = Scene::new(20, move |seen| {
            let refusal = Answer::error(429, "Rate limit reached");
            let refused = seen.before == 0 && ("q-006".."q-013").contains(&seen.id.as_str());
            match hint {
                Some(hint) if refused => refusal.header("retry-after", hint),
                None if refused => refusal,
                _ => seen.prefers("beta"),
            }
        });
        scene.settings(&[("max_in_flight", "8"), ("max_attempts", "1")]);
        let said = scene.judge(&[]).expect(0);
        assert!(said.stdout.contains("54 requests, 14 retries"), "{}", said.stdout);
        assert_eq!(scene.outcomes(), vec!["kept beta"; 20]);
        let verdicts = scene.verdicts();
        let stored = verdicts.iter().flat_map(|verdict| [0, 1].map(|at| attempts(verdict, at)));
        let refused = stored.flatten().filter(|attempt| attempt["status"] == 429);
        assert_eq!(refused.count(), 14, "each refusal is stored");
    }
}

#[test]
fn persistent_server_errors_use_all_attempts_and_the_same_command_retries() {
    let scene = Scene::new(20, |seen| match seen.id.as_str() {
        "q-001" | "q-002" => seen.prefers("beta"),
        _ => Answer::error(500, "The server had an error"),
    });
    let said = scene.judge(&[]).expect(5);
    assert!(said.stderr.contains("18 of 20 comparisons failed"), "{}", said.stderr);
    assert!(said.stderr.contains("HTTP 500: The server had an error"), "{}", said.stderr);
    assert!(said.stderr.contains("incomplete: 18 comparisons still open"), "{}", said.stderr);
    assert_eq!(scene.outcomes()[..3], ["kept beta", "kept beta", "failed"]);
    assert_eq!(scene.server.requests(), 2 * 2 + 18 * 2 * 2);
    let words = |attempt: &serde_json::Value| attempt["ending"].as_str().unwrap().to_owned();
    for verdict in &scene.verdicts()[2..] {
        let stored: Vec<String> = attempts(verdict, 1).iter().map(words).collect();
        assert_eq!(stored, ["retried", "exhausted"]);
    }

    scene.server.now(|seen| seen.prefers("alpha"));
    scene.judge(&[]).expect(0);
    assert_eq!(scene.server.requests(), 2 * 2 + 18 * 2 * 2 + 18 * 2, "only what failed");
    assert_eq!(scene.outcomes()[1..3], ["kept beta", "kept alpha"]);
}

#[test]
fn a_permanently_refused_request_fails_alone() {
    let scene = Scene::new(4, |seen| match seen.id.as_str() {
        "q-002" => Answer::error(400, "This model's maximum context length is 8192 tokens"),
        "q-003" => Answer::error(413, "Request too large"),
        "q-004" => {
            let error = json!({ "message": "Too long", "code": "context_length_exceeded" });
            Answer::json(400, &json!({ "error": error }))
        }
        _ => seen.prefers("beta"),
    });
    scene.settings(&[("max_in_flight", "2")]);
    let said = scene.judge(&[]).expect(0);
    assert!(
        said.stderr.contains("warning: "),
        "no warning of the refused requests: {}",
        said.stderr
    );
    assert_eq!(scene.outcomes(), ["kept beta", "failed", "failed", "failed"]);
    assert_eq!(scene.server.requests(), 8, "what is refused is not asked twice");
    let verdicts = scene.verdicts();
    let [refused] = attempts(&verdicts[1], 0) else { panic!("{verdicts:?}") };
    assert_eq!([&refused["ending"], &refused["reply"]].map(Value::is_string), [true, true]);
    assert!(refused["error"].as_str().unwrap().contains("maximum context length"));

    scene.judge(&[]).expect(0);
    assert_eq!(scene.server.requests(), 8, "nor by the same command");
}

#[test]
fn a_run_in_which_no_request_succeeds_exits_with_4() {
    let scene = Scene::new(2, |_| Answer::error(400, "Nobody understands you"));
    let said = scene.judge(&[]).expect(4);
    assert!(said.stderr.contains("Nobody understands you"), "{}", said.stderr);
    assert!(!said.stderr.contains("evenhand calibrate"), "there is no reply: {}", said.stderr);

    let scene = Scene::new(2, |_| Answer::status(500, "down"));
    scene.settings(&[("max_attempts", "1")]);
    scene.judge(&[]).expect(4);
}

#[test]
fn a_run_whose_every_request_was_refused_permanently_exits_with_an_error_again() {
    let scene = Scene::new(2, |_| Answer::error(400, "Nobody understands you"));
    scene.judge(&[]).expect(4);
    scene.judge(&[]).expect(4);
}

#[test]
fn an_endpoint_that_refuses_everything_stops_its_judge_and_nothing_is_lost() {
    let quota =
        json!({ "error": { "message": "You exceeded your quota", "code": "insufficient_quota" } });
    for (refusal, what) in [
        (Answer::error(401, "Incorrect API key provided"), "Incorrect API key provided"),
        (Answer::error(403, "Country not supported"), "Country not supported"),
        (Answer::error(404, "The model does not exist"), "The model does not exist"),
        (Answer::json(429, &quota), "You exceeded your quota"),
        (Answer::status(302, "gone").header("location", "http://127.0.0.1:9/"), "gone"),
    ] {
        let scene = Scene::new(20, move |seen| match seen.id.as_str() {
            "q-001" => seen.prefers("beta"),
            _ => refusal.clone(),
        });
        scene.settings(&[("max_in_flight", "2")]);
        let said = scene.judge(&[]).expect(4);
        assert!(said.stderr.contains(what) && said.stderr.contains("hint: "), "{}", said.stderr);
        // Twenty trials in the same words, and those that were in flight.
        let requests = scene.server.requests();
        assert!(requests <= 2 + 20 + 2, "{what}: {requests} requests");
        let mut expected = vec!["pending"; 20];
        expected[0] = "kept beta";
        assert_eq!(scene.outcomes(), expected, "{what}");

        let before = scene.server.requests();
        scene.server.now(|seen| seen.prefers("alpha"));
        scene.judge(&[]).expect(0);
        assert_eq!(scene.server.requests() - before, 38, "{what}: the first is not asked again");
    }
}
