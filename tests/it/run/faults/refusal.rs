//! A server that refuses every request for a while.

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
