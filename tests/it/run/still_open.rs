//! How many comparisons are still open when a command ends, for each scope and each reason to end.

use regex::Regex;

use crate::support::CommandOutput;
use crate::support::server::{Answer, ReceivedRequest, Scene};

/// The number of open comparisons that a command names; `None` where it names none.
fn open(said: &CommandOutput) -> Option<u64> {
    let pattern = Regex::new(r"(\d+) comparisons? still open").unwrap();
    pattern.captures(&said.stderr).map(|found| found[1].parse().unwrap())
}

/// A comparison that is kept, and four that fail for good.
fn four_refused(seen: &ReceivedRequest) -> Answer {
    match seen.id.as_str() {
        "q-001" => seen.prefers("beta"),
        _ => Answer::error(400, "Nobody understands you"),
    }
}

#[test]
fn retries_that_the_budget_ends_leave_those_open_that_were_not_asked_again() {
    let scene = Scene::new(5, four_refused);
    scene.settings(&[("max_in_flight", "1")]);
    scene.judge(&[]).expect(0);
    scene.server.now(|seen| match seen.id.as_str() {
        "q-002" | "q-004" => Answer::error(400, "Nobody understands you"),
        _ => seen.prefers("beta"),
    });
    // In vain for q-002; then for q-003, which is answered, and in vain for q-004.
    for (requests, left) in [("2", 3), ("4", 2)] {
        let said = scene.judge(&["--retry-failed", "--max-requests", requests]).expect(5);
        assert_eq!(open(&said), Some(left), "{requests}: {}", said.stderr);
        assert!(said.stderr.contains("the budget is used up"), "{}", said.stderr);
        assert!(said.stderr.contains("same command again to resume"), "{}", said.stderr);
    }
    let said = scene.judge(&["--retry-failed", "--max-requests", "9"]).expect(0);
    assert_eq!(open(&said), None, "all were asked again: {}", said.stderr);
    scene.server.now(|seen| seen.prefers("beta"));
    let said = scene.judge(&["--retry-failed", "--max-requests", "2"]).expect(5);
    assert_eq!(open(&said), Some(1), "{}", said.stderr);
    scene.judge(&["--retry-failed"]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 5]);
}

#[test]
fn retries_of_unreadable_replies_that_the_budget_ends_are_still_open() {
    let scene = Scene::new(3, |seen| match seen.id.as_str() {
        "q-001" => seen.prefers("beta"),
        _ => Answer::says("I cannot say."),
    });
    scene.settings(&[("max_parse_attempts", "1"), ("max_in_flight", "1")]);
    scene.judge(&[]).expect(0);
    // Three of the four attempts at one comparison: it is not decided.
    let said = scene.judge(&["--retry-failed", "--max-requests", "3"]).expect(5);
    assert_eq!(open(&said), Some(2), "{}", said.stderr);
    let said = scene.judge(&["--retry-failed", "--max-requests", "8"]).expect(0);
    assert_eq!(open(&said), None, "{}", said.stderr);
}

#[test]
fn comparisons_without_an_answer_are_not_left_to_retry_failed() {
    let scene = Scene::new(5, four_refused);
    scene.judge(&[]).expect(0);
    scene.items(7);
    let said = scene.judge(&["--retry-failed", "--max-requests", "2"]).expect(5);
    assert_eq!(open(&said), Some(5), "three and the new ones: {}", said.stderr);
    assert!(said.stderr.contains("same command again to resume; then"), "{}", said.stderr);
    assert!(said.stderr.contains("2 comparisons without an answer"), "{}", said.stderr);
    scene.server.now(|seen| seen.prefers("beta"));
    let said = scene.judge(&["--retry-failed"]).expect(5);
    assert_eq!(open(&said), Some(2), "the new ones: {}", said.stderr);
    assert!(
        said.stderr.contains("hint: run the command without --retry-failed"),
        "{}",
        said.stderr
    );
    let said = scene.judge(&["--max-requests", "2"]).expect(5);
    assert_eq!(open(&said), Some(1), "without the flag the failed ones stay: {}", said.stderr);
}

#[test]
fn an_endpoint_that_fails_leaves_open_what_it_did_not_answer_in_either_scope() {
    for retry in [false, true] {
        let scene = Scene::new(5, four_refused);
        scene.settings(&[("max_in_flight", "1")]);
        let flags: &[&str] = if retry {
            scene.judge(&[]).expect(0);
            &["--retry-failed"]
        } else {
            &[]
        };
        scene.server.now(|_| Answer::error(429, "Slow down").header("retry-after", "86400"));
        let said = scene.judge(flags);
        let all = if retry { 4 } else { 5 };
        assert_ne!(said.code, 0, "{}", said.stderr);
        if let Some(open) = open(&said) {
            assert_eq!(open, all, "retry {retry}: {}", said.stderr);
        }
        assert!(!said.stderr.contains(" 0 comparisons"), "{}", said.stderr);
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_command_names_what_is_open_in_either_scope() {
    use crate::run::interruption::{heard, signal};
    use std::io::Read as _;

    for retry in [false, true] {
        let scene = Scene::new(5, four_refused);
        scene.settings(&[("max_in_flight", "1")]);
        if retry {
            scene.judge(&[]).expect(0);
        }
        scene.server.now(|seen| seen.prefers("beta").held());
        let before = scene.server.requests();
        let mut child = scene.judge_started(if retry { &["--retry-failed"] } else { &[] });
        scene.server.wait_for(before + 1);
        signal("INT", &child);
        let mut stderr = heard(&mut child, "stopping");
        signal("INT", &child);
        assert_eq!(child.wait().unwrap().code(), Some(130));
        let mut rest = String::new();
        stderr.read_to_string(&mut rest).unwrap();
        let expected = if retry { "4 comparisons still open" } else { "5 comparisons still open" };
        assert!(rest.contains(expected), "retry {retry}: {rest}");
    }
}

#[test]
fn commands_that_retry_a_few_trials_each_get_to_all_of_them() {
    for answer in ["unreadable", "refused"] {
        let scene = Scene::new(5, move |seen| match (seen.id.as_str(), answer) {
            ("q-001", _) => seen.prefers("beta"),
            (_, "refused") => Answer::error(400, "Nobody understands you"),
            _ => Answer::says("I cannot say."),
        });
        scene.settings(&[("max_parse_attempts", "0"), ("max_in_flight", "1")]);
        scene.judge(&[]).expect(0);
        let asked = |scene: &Scene| {
            let count = |line: &serde_json::Value| {
                let orders = line["orders"].as_array().unwrap();
                orders.iter().map(|order| order["replies"].as_array().unwrap().len()).sum::<usize>()
            };
            scene.verdicts().iter().map(count).collect::<Vec<_>>()
        };
        let before = asked(&scene);
        for _ in 0..4 {
            scene.judge(&["--retry-failed", "--max-requests", "2"]);
        }
        let after = asked(&scene);
        let more: Vec<usize> =
            after.iter().zip(&before).map(|(after, before)| after - before).collect();
        assert_eq!(more, [0, 2, 2, 2, 2], "{answer}: {before:?} {after:?}");
    }
}
