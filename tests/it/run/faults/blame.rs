//! Whose fault a refusal is: one prompt's, or the endpoint's.

use serde_json::json;

use crate::support::server::{Answer, ReceivedRequest, Scene, attempts};

/// Items of which a server refuses `q-003` and answers the others.
fn refusing_one(items: usize, refusal: Answer) -> Scene {
    Scene::new(items, move |seen| match seen.id.as_str() {
        "q-003" => refusal.clone(),
        _ => seen.prefers("beta").after(20),
    })
}

/// Fails unless `q-003` has failed and all others are kept.
fn assert_only_one_failed(scene: &Scene, items: usize, what: &str) {
    let mut expected = vec!["kept beta"; items];
    expected[2] = "failed";
    assert_eq!(scene.outcomes(), expected, "{what}");
}

#[test]
fn one_prompt_that_is_always_refused_fails_alone() {
    for (status, sentence) in [
        (400, "The prompt was blocked by the content filter"),
        (401, "You are not permitted to ask that"),
        (403, "Your input was flagged for \"violence\"."),
        (404, "No provider accepts this prompt"),
        (418, "Short and stout"),
        (429, "Request too large for m on tokens per min (TPM): Limit 30000, Requested 39000."),
        (451, "Unavailable for legal reasons"),
    ] {
        let scene = refusing_one(30, Answer::error(status, sentence));
        let said = scene.judge(&[]).expect(0);
        assert_only_one_failed(&scene, 30, sentence);
        for fragment in ["1 of 30 comparisons failed", sentence] {
            assert!(said.stderr.contains(fragment), "`{fragment}` is not in {}", said.stderr);
        }
        let asked = scene.server.seen().iter().filter(|seen| seen.id == "q-003").count();
        assert!(asked <= 2 * 3, "{status}: asked {asked} times");
        let verdicts = scene.verdicts();
        let last = attempts(&verdicts[2], 0).last().unwrap();
        assert_eq!([&last["ending"], &last["status"]], [&json!("refused"), &json!(status)]);
    }
}

#[test]
fn one_prompt_that_is_always_throttled_fails_and_keeps_nobody_waiting() {
    for status in [429, 503] {
        let scene = refusing_one(200, Answer::error(status, "busy"));
        let said = scene.judge(&[]).expect(5);
        assert_only_one_failed(&scene, 200, "throttled");
        assert!(said.stderr.contains("busy"), "{}", said.stderr);
        let asked = scene.server.seen().iter().filter(|seen| seen.id == "q-003").count();
        assert!((6..=16).contains(&asked), "{status}: asked {asked} times");

        scene.server.now(|seen| seen.prefers("beta"));
        scene.judge(&[]).expect(0);
        assert_eq!(scene.outcomes(), vec!["kept beta"; 200], "the same command asks it again");
    }
}

#[test]
fn a_first_item_that_never_succeeds_keeps_nobody_waiting() {
    let scene = Scene::new(20, |seen| match seen.id.as_str() {
        "q-001" => Answer::error(503, "overloaded"),
        _ => seen.prefers("beta"),
    });
    scene.judge(&[]).expect(5);
    let mut expected = vec!["kept beta"; 20];
    expected[0] = "failed";
    assert_eq!(scene.outcomes(), expected);
}

#[test]
fn an_account_without_credit_stops_the_judge_and_the_same_command_resumes() {
    for status in [400, 402, 403, 429] {
        let scene = Scene::new(60, |seen| seen.prefers("beta"));
        scene.items(10);
        scene.judge(&[]).expect(0);
        scene.items(60);
        let sentence = "Your credit balance is too low to access the API.";
        scene.server.now(move |_| Answer::error(status, sentence));
        let before = scene.server.requests();
        let said = scene.judge(&[]).expect(4);
        assert!(said.stderr.contains(sentence), "{}", said.stderr);
        let requests = scene.server.requests() - before;
        assert!(requests <= 10, "{status}: {requests} requests of a new command");
        let outcomes = scene.outcomes();
        assert_eq!(outcomes.iter().filter(|outcome| *outcome == "pending").count(), 50);
        scene.server.now(|seen| seen.prefers("beta"));
        scene.judge(&[]).expect(0);
        assert_eq!(scene.outcomes(), vec!["kept beta"; 60]);
    }
}

#[test]
fn credit_that_runs_out_in_the_middle_leaves_the_rest_pending() {
    let scene = Scene::new(100, |seen| match seen.id.as_str() {
        "q-001" | "q-002" | "q-003" => seen.prefers("beta"),
        _ => Answer::error(400, "Your credit balance is too low to access the API."),
    });
    scene.settings(&[("max_in_flight", "4")]);
    let said = scene.judge(&[]).expect(5);
    assert!(said.stderr.contains("credit balance"), "{}", said.stderr);
    let requests = scene.server.requests();
    assert!(requests <= 6 + 20 + 4, "{requests} requests");
    let mut expected = vec!["pending"; 100];
    expected[..3].fill("kept beta");
    assert_eq!(scene.outcomes(), expected);
}

#[test]
fn a_wrong_key_or_address_costs_a_handful_of_requests() {
    let google = json!([{ "error": {
        "code": 400, "message": "API key not valid. Please pass a valid API key.",
        "status": "INVALID_ARGUMENT",
    } }]);
    let in_success = json!({ "code": 401, "msg": "token expired or invalid", "success": false });
    for (answer, sentence) in [
        (Answer::error(401, "Incorrect API key provided"), "Incorrect API key provided"),
        (Answer::error(404, "The model `gpt-5o` does not exist"), "does not exist"),
        (Answer::error(403, "Invalid API key"), "Invalid API key"),
        (Answer::json(400, &google), "API key not valid. Please pass a valid API key."),
        (Answer::json(200, &in_success), "token expired or invalid"),
    ] {
        let scene = Scene::new(60, move |_| answer.clone());
        let said = scene.judge(&[]).expect(4);
        assert!(said.stderr.contains(sentence), "{}", said.stderr);
        assert!(scene.server.requests() <= 6, "{sentence}: {}", scene.server.requests());
        assert_eq!(scene.outcomes(), vec!["pending"; 60]);
    }
}

#[test]
fn refusals_in_the_same_words_stop_the_judge_after_twenty_trials() {
    // Numbers in the sentence may differ from trial to trial.
    let scene = Scene::new(60, |seen| {
        Answer::error(
            403,
            &format!("Request {}-17 is not permitted in your country", &seen.id[2..]),
        )
    });
    let said = scene.judge(&[]).expect(4);
    assert!(said.stderr.contains("not permitted in your country"), "{}", said.stderr);
    let requests = scene.server.requests();
    assert!((20..=24).contains(&requests), "{requests} requests");
    assert_eq!(scene.outcomes(), vec!["pending"; 60]);
}

#[test]
fn refusals_in_other_words_each_time_stop_the_judge_after_forty_trials() {
    let scene = Scene::new(60, |seen| {
        let word: String =
            seen.id[2..].chars().map(|digit| (b'a' + digit as u8 - b'0') as char).collect();
        Answer::error(403, &format!("{word} {} is not permitted", seen.first))
    });
    scene.judge(&[]).expect(4);
    let requests = scene.server.requests();
    assert!((40..=44).contains(&requests), "{requests} requests");
    assert_eq!(scene.outcomes(), vec!["pending"; 60]);
}

#[test]
fn a_trial_that_is_refused_in_several_words_counts_once() {
    // A gateway that numbers its pages of errors by letters.
    let counter = std::sync::atomic::AtomicU8::new(0);
    let scene = Scene::new(60, move |_| {
        let number = counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let word: String =
            [number / 26, number % 26].map(|digit| char::from(b'a' + digit)).iter().collect();
        Answer::status(200, &format!("Incident {word}"))
    });
    scene.settings(&[("max_attempts", "20"), ("max_in_flight", "2")]);
    scene.judge(&[]).expect(4);
    let mut asked: Vec<(String, &str)> =
        scene.server.seen().into_iter().map(|seen| (seen.id, seen.first)).collect();
    asked.sort();
    asked.dedup();
    assert!(asked.len() >= 40, "stopped after {} trials", asked.len());
}

#[test]
fn warnings_count_failed_items_and_name_the_first() {
    // Every other item, so that the endpoint is not to blame.
    let scene = Scene::new(0, |seen| {
        let number: usize = seen.id[2..].parse().unwrap();
        if number.is_multiple_of(2) { Answer::error(413, "Too long") } else { seen.prefers("beta") }
    });
    let item = |number: usize| {
        let responses = json!({ "alpha": "ALPHA", "beta": "BETA", "gamma": "GAMMA" });
        let (id, prompt) = (format!("q-{number:03}"), format!("Question q-{number:03} "));
        json!({ "id": id, "prompt": prompt, "responses": responses }).to_string()
    };
    let items: Vec<String> = (1..=16).map(item).collect();
    scene.folder.write("items.jsonl", &items.join("\n"));
    scene.settings(&[("max_in_flight", "1")]);
    let said = scene.judge(&[]).expect(0);
    let named = "24 of 48 comparisons failed: q-002, q-004, q-006, q-008, q-010 and 3 more (first error: \
                 HTTP 413: Too long)";
    assert!(said.stderr.contains(named), "{}", said.stderr);
}

#[test]
fn what_was_refused_is_asked_last_by_the_next_command() {
    let scene = Scene::new(30, |_| Answer::error(403, "not now"));
    scene.settings(&[("max_in_flight", "2")]);
    scene.judge(&[]).expect(4);
    let refused: Vec<String> = scene.server.seen().into_iter().map(|seen| seen.id).collect();
    scene.server.now(|seen| seen.prefers("beta"));
    scene.judge(&[]).expect(0);
    let asked: Vec<String> =
        scene.server.seen().into_iter().skip(refused.len()).map(|seen| seen.id).collect();
    let last = asked.iter().rposition(|id| !refused.contains(id)).unwrap();
    let first_again = asked.iter().position(|id| refused.contains(id)).unwrap();
    // Two are in flight at once.
    assert!(last <= first_again + 1, "{asked:?}");
    assert_eq!(scene.outcomes(), vec!["kept beta"; 30]);
}

/// A judge that says something else than a verdict.
fn prose(_: &ReceivedRequest) -> Answer {
    Answer::says("Both have their merits.")
}

#[test]
fn a_judge_without_one_readable_reply_stops_after_about_twenty_trials() {
    let scene = Scene::new(60, prose);
    scene.settings(&[("max_parse_attempts", "1")]);
    let said = scene.judge(&[]).expect(4);
    assert!(said.stderr.contains("could be read"), "{}", said.stderr);
    let requests = scene.server.requests();
    assert!(requests <= 2 * (20 + 8), "{requests} requests");
    let outcomes = scene.outcomes();
    let pending = outcomes.iter().filter(|outcome| *outcome == "pending").count();
    assert!(pending >= 40, "{outcomes:?}");
    assert!(outcomes.iter().all(|outcome| outcome == "pending" || outcome == "unparsed"));
}

#[test]
fn unreadable_replies_stop_no_judge_that_has_given_a_readable_one() {
    let scene = Scene::new(40, |seen| match seen.id.as_str() {
        "q-001" => seen.prefers("beta"),
        _ => prose(seen),
    });
    scene.settings(&[("max_parse_attempts", "0"), ("max_in_flight", "2")]);
    scene.judge(&[]).expect(0);
    let mut expected = vec!["unparsed"; 40];
    expected[0] = "kept beta";
    assert_eq!(scene.outcomes(), expected);
    // Nor does a command that asks only these again.
    scene.judge(&["--retry-failed"]).expect(0);
    assert_eq!(scene.outcomes(), expected);
    assert_eq!(scene.server.requests(), 2 + 2 * 39 * 2);
}

#[test]
fn a_success_that_is_never_a_completion_stops_the_judge() {
    for (body, sentence) in [
        (
            r#"{"error": "Unexpected endpoint or method. (POST /v1/x)"}"#,
            "Unexpected endpoint or method.",
        ),
        (r#"{"detail": "Not the API"}"#, "Not the API"),
        ("<!doctype html><title>Sign in</title>", "an HTML page"),
        ("", "the answer is empty"),
        (r#"{"result": "?"}"#, "JSON but not a completion"),
    ] {
        let scene = Scene::new(60, |_| Answer::status(200, body));
        let said = scene.judge(&[]).expect(4);
        assert!(said.stderr.contains(sentence), "{}", said.stderr);
        let requests = scene.server.requests();
        assert!(requests <= 40, "{sentence}: {requests} requests");
        assert!(scene.outcomes().iter().all(|outcome| outcome != "failed"), "{sentence}");
    }
}

#[test]
fn a_server_that_refuses_a_part_of_all_requests_is_not_left() {
    // Every third request, whatever it asks: one of three servers behind a load balancer is broken. A burst of 64 has 21 of
    // these, which are refused before any reply to a later request.
    let counter = std::sync::atomic::AtomicUsize::new(0);
    let scene = Scene::new(80, move |seen| {
        let number = counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        match number % 3 {
            2 if seen.before < 2 => Answer::error(401, "Incorrect API key provided"),
            // Others answer in the order in which they were asked, over a second.
            _ => seen.prefers("beta").after(200 + 10 * (number as u64 % 64)),
        }
    });
    scene.settings(&[("max_in_flight", "64")]);
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 80]);
}
