//! Which parameters a server accepts: learnt from its first answers and its own messages, and stored.

use serde_json::{Value, json};

use crate::support::server::{Answer, ReceivedRequest, Scene};

fn with(seen: &[ReceivedRequest], field: &str) -> usize {
    seen.iter().filter(|seen| seen.has(field)).count()
}

/// Returns what `check` prints about `judge-1` for a new run that reuses `run.db`.
fn checked(scene: &Scene) -> Value {
    let check = ["check", "items.jsonl", "--rubric", "helpfulness", "--judge", "judge-1"];
    let flags = ["--run", "new.db", "--reuse", "run.db", "--format", "json"];
    scene.run(&[&check[..], &flags].concat()).expect(0).json_lines()[0]["judges"][0].clone()
}

#[test]
fn only_a_request_rejected_without_a_reason_is_retried_without_the_schema() {
    let scene = Scene::new(6, |seen| match seen.id.as_str() {
        "q-001" => Answer::error(400, "Bad request"),
        _ => seen.prefers("beta"),
    });
    scene.judge(&[]).expect(0);
    let mut expected = vec!["kept beta"; 6];
    expected[0] = "failed";
    assert_eq!(scene.outcomes(), expected);
    let (refused, others): (Vec<ReceivedRequest>, Vec<ReceivedRequest>) =
        scene.server.seen().into_iter().partition(|seen| seen.id == "q-001");
    assert_eq!([refused.len(), with(&refused, "response_format")], [4, 2]);
    assert_eq!([others.len(), with(&others, "response_format")], [10, 10]);

    scene.items(8);
    let before = scene.server.requests();
    scene.judge(&[]).expect(0);
    assert_eq!(with(&scene.server.seen()[before..], "response_format"), 4);
}

#[test]
fn missing_schema_support_is_learnt_from_the_first_success_without_a_schema() {
    let scene = Scene::new(6, |seen| {
        if seen.id == "q-001" || seen.has("response_format") {
            Answer::error(400, "Bad request")
        } else {
            seen.prefers("beta")
        }
    });
    scene.settings(&[("max_in_flight", "2")]);
    scene.judge(&[]).expect(0);
    let mut expected = vec!["kept beta"; 6];
    expected[0] = "failed";
    assert_eq!(scene.outcomes(), expected);
    let seen = scene.server.seen();
    let of = |id: &str| seen.iter().filter(|seen| seen.id == id).cloned().collect::<Vec<_>>();
    assert_eq!(with(&of("q-001"), "response_format"), 2);
    assert!(with(&of("q-002"), "response_format") >= 1, "the rejection of q-001 changed nothing");
    // Another request may be in flight when the first success arrives.
    assert!(with(&seen, "response_format") <= 4, "{} by schema", with(&seen, "response_format"));
}

#[test]
fn the_server_profile_survives_a_kill_right_after_the_first_replies() {
    for complaint in ["'response_format' of type 'json_schema' is not supported", "Bad request"] {
        let answer = move |seen: &ReceivedRequest| {
            if seen.has("response_format") {
                Answer::error(400, complaint)
            } else {
                seen.prefers("beta")
            }
        };
        let scene = Scene::new(5, move |seen| match seen.id.as_str() {
            "q-001" | "q-002" => answer(seen),
            _ => answer(seen).held(),
        });
        scene.settings(&[("max_in_flight", "2")]);
        let mut child = scene.judge_started(&[]);
        scene.server.wait_for(8);
        let deadline = tokio::time::Instant::now() + crate::support::GENEROUS_TIMEOUT;
        while scene.outcomes().iter().filter(|outcome| *outcome == "kept beta").count() < 2 {
            assert!(tokio::time::Instant::now() < deadline, "{:?}", scene.outcomes());
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let plan = checked(&scene);
        assert_eq!([&plan["reused"], &plan["requests"]], [4, 6], "{complaint}: {plan}");

        let before = scene.server.requests();
        scene.server.now(answer);
        scene.judge(&[]).expect(0);
        assert_eq!(scene.outcomes(), vec!["kept beta"; 5], "{complaint}");
        let resumed = &scene.server.seen()[before..];
        assert_eq!([resumed.len(), with(resumed, "response_format")], [6, 0], "{complaint}");
    }
}

#[test]
fn max_completion_tokens_is_learnt_once_and_kept_by_the_run_and_by_runs_that_reuse_it() {
    let scene = Scene::new(4, |seen| {
        if seen.has("max_tokens") {
            Answer::error(400, "'max_tokens' is too old. Use 'max_completion_tokens' instead.")
        } else {
            seen.prefers("beta")
        }
    });
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 4]);
    let seen = scene.server.seen();
    assert!(with(&seen, "max_tokens") <= 2, "only the first two are sent before it is learnt");
    assert_eq!(seen.len() - with(&seen, "max_tokens"), 8);
    for request in seen.iter().filter(|seen| !seen.has("max_tokens")) {
        assert_eq!(request.body["max_completion_tokens"], 4096);
        assert_eq!(request.body["temperature"], 0.0, "no other parameter is left out");
        assert!(request.has("response_format"), "no other parameter is left out");
    }

    scene.items(5);
    scene.judge(&[]).expect(0);
    scene.items(6);
    scene.judge(&["--run", "new.db", "--reuse", "run.db"]).expect(0);
    let later = &scene.server.seen()[seen.len()..];
    assert_eq!([later.len(), with(later, "max_tokens")], [4, 0]);
}

/// Asserts that only `q-001` fails, which is rejected with the body that `echo` returns, and that all requests
/// keep their parameters.
fn assert_profile_unchanged(echo: impl Fn(&ReceivedRequest) -> Value + Send + Sync + 'static) {
    let scene = Scene::new(4, move |seen| match seen.id.as_str() {
        "q-001" => Answer::json(400, &echo(seen)),
        _ => seen.prefers("beta"),
    });
    let said = scene.judge(&[]).expect(0);
    assert!(!said.stderr.contains("rejects temperature"), "{}", said.stderr);
    assert_eq!(scene.outcomes(), ["failed", "kept beta", "kept beta", "kept beta"]);
    let seen = scene.server.seen();
    assert_eq!(with(&seen, "temperature"), seen.len());
    assert_eq!(with(&seen, "max_tokens"), seen.len());
    let others: Vec<ReceivedRequest> = seen.into_iter().filter(|seen| seen.id != "q-001").collect();
    assert_eq!(with(&others, "response_format"), 6);
}

#[test]
fn a_rejection_that_echoes_the_request_changes_nothing() {
    assert_profile_unchanged(|seen| {
        let message = "Invalid input: what the prompt asks for is not supported here.";
        json!({ "error": { "message": message, "request": seen.body }, "request": seen.body })
    });
}

#[test]
fn a_list_of_details_that_echoes_the_request_changes_nothing() {
    assert_profile_unchanged(|seen| {
        let input = json!({ "temperature": seen.body["temperature"], "max_tokens": 1024 });
        json!({ "detail": [{ "loc": ["body"], "msg": "Invalid input", "input": input }] })
    });
}

#[test]
fn identical_and_late_requests_do_not_fail_after_a_rejection_without_a_reason() {
    // Equal responses make identical requests; with four in flight, some rejections arrive late.
    let scene = Scene::new(30, |seen| {
        if seen.has("response_format") {
            return Answer::error(400, "Bad Request").after(5 + 7 * (seen.before as u64));
        }
        seen.prefers("tie")
    });
    let item = |number: usize| {
        let same = if number.is_multiple_of(3) { "BETA" } else { "ALPHA" };
        let (id, beta) = (format!("q-{number:03}"), format!("{same} on q-{number:03}."));
        let responses = json!({ "alpha": format!("ALPHA on {id}."), "beta": beta });
        json!({ "id": id, "prompt": format!("Question {id} of the exam."), "responses": responses })
    };
    let items: Vec<String> = (1..=30).map(|number| item(number).to_string()).collect();
    scene.folder.write("items.jsonl", &items.join("\n"));
    scene.settings(&[("max_in_flight", "4")]);
    scene.judge(&["--repeat", "2"]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept tie"; 30]);
}

#[test]
fn all_repeats_of_a_request_rejected_without_a_reason_are_retried_without_the_schema() {
    let scene = Scene::new(6, |seen| match seen.id.as_str() {
        "q-001" => Answer::error(413, "too large"),
        _ if seen.has("response_format") => Answer::error(400, "bad request"),
        _ => seen.prefers("beta"),
    });
    scene.judge(&["--repeat", "3"]).expect(0);
    let mut expected = vec!["kept beta"; 6];
    expected[0] = "failed";
    assert_eq!(scene.outcomes(), expected);
}

#[test]
fn a_server_without_schema_support_is_sent_no_schema_after_its_refusal() {
    for complaint in ["'response_format' of type 'json_schema' is not supported", "Bad request"] {
        let scene = Scene::new(4, move |seen| {
            if seen.has("response_format") {
                return Answer::error(400, complaint);
            }
            let verdict = seen.verdict("beta");
            Answer::says(&format!("I have weighed them.\n```json\n{verdict}\n```"))
        });
        scene.judge(&[]).expect(0);
        assert_eq!(scene.outcomes(), vec!["kept beta"; 4], "{complaint}");
        let by_schema =
            |seen: &[ReceivedRequest]| seen.iter().filter(|s| s.has("response_format")).count();
        let seen = scene.server.seen();
        assert!(by_schema(&seen) <= 2, "{complaint}: only the first two may not know it");
        assert_eq!(seen.len() - by_schema(&seen), 8);

        scene.items(6);
        scene.judge(&[]).expect(0);
        let resumed = &scene.server.seen()[seen.len()..];
        assert_eq!([resumed.len(), by_schema(resumed)], [4, 0], "{complaint}");
    }
}

#[test]
fn unsupported_parameters_are_replaced_or_omitted_after_a_refusal() {
    let scene = Scene::new(3, |seen| {
        if seen.has("max_tokens") {
            let message =
                "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.";
            Answer::error(400, message)
        } else if seen.has("temperature") {
            Answer::error(400, "Unsupported value: 'temperature' does not support 0.0.")
        } else if seen.has("response_format") {
            Answer::error(400, "response_format is unavailable")
        } else {
            seen.prefers("beta")
        }
    });
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 3]);
    let seen = scene.server.seen();
    assert_eq!(seen.last().unwrap().body["max_completion_tokens"], 4096);
    assert!(seen.len() <= 6 + 2 * 3, "each is learnt once: {} requests", seen.len());
}
