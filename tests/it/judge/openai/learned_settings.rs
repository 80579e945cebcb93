//! What a server takes is learnt from its first answers, from its own words alone, and not forgotten.

use serde_json::{Value, json};

use crate::support::server::{Answer, Scene, Seen};

fn with(seen: &[Seen], field: &str) -> usize {
    seen.iter().filter(|seen| seen.has(field)).count()
}

/// What `check` says of `judge-1` for a new run that reuses `run.db`.
fn checked(scene: &Scene) -> Value {
    let check = ["check", "items.jsonl", "--rubric", "helpfulness", "--judge", "judge-1"];
    let flags = ["--run", "new.db", "--reuse", "run.db", "--format", "json"];
    scene.run(&[&check[..], &flags].concat()).expect(0).json_lines()[0]["judges"][0].clone()
}

#[test]
fn a_request_refused_without_a_reason_is_tried_without_the_schema_and_no_other_is() {
    let scene = Scene::new(6, |seen| match seen.id.as_str() {
        "q-001" => Answer::error(400, "Bad request"),
        _ => seen.prefers("beta"),
    });
    scene.judge(&[]).expect(0);
    let mut expected = vec!["kept beta"; 6];
    expected[0] = "failed";
    assert_eq!(scene.outcomes(), expected);
    let (refused, others): (Vec<Seen>, Vec<Seen>) =
        scene.server.seen().into_iter().partition(|seen| seen.id == "q-001");
    assert_eq!([refused.len(), with(&refused, "response_format")], [4, 2]);
    assert_eq!([others.len(), with(&others, "response_format")], [10, 10]);

    scene.items(8);
    let before = scene.server.requests();
    scene.judge(&[]).expect(0);
    assert_eq!(with(&scene.server.seen()[before..], "response_format"), 4);
}

#[test]
fn a_server_without_schemas_is_learnt_by_the_first_success_and_not_by_a_refusal_before_it() {
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
    assert!(with(&of("q-002"), "response_format") >= 1, "q-001 has taught nothing");
    // Another request may be on its way while the first success comes home.
    assert!(with(&seen, "response_format") <= 4, "{} by schema", with(&seen, "response_format"));
}

#[test]
fn what_was_learnt_outlives_a_kill_right_after_the_first_replies() {
    for complaint in ["'response_format' of type 'json_schema' is not supported", "Bad request"] {
        let answer = move |seen: &Seen| {
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
        let deadline = tokio::time::Instant::now() + crate::support::PATIENCE;
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
fn max_completion_tokens_is_learnt_once_and_remembered_by_the_run_and_by_those_that_reuse_it() {
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
    assert!(with(&seen, "max_tokens") <= 2, "only the first two may not know it");
    assert_eq!(seen.len() - with(&seen, "max_tokens"), 8);
    for request in seen.iter().filter(|seen| !seen.has("max_tokens")) {
        assert_eq!(request.body["max_completion_tokens"], 1024);
        assert_eq!(request.body["temperature"], 0.0, "nothing else was given up");
        assert!(request.has("response_format"), "nothing else was given up");
    }

    scene.items(5);
    scene.judge(&[]).expect(0);
    scene.items(6);
    scene.judge(&["--run", "new.db", "--reuse", "run.db"]).expect(0);
    let later = &scene.server.seen()[seen.len()..];
    assert_eq!([later.len(), with(later, "max_tokens")], [4, 0]);
}

/// Fails unless nothing but `q-001`, which is refused with what `echo` makes of it, is any different.
fn assert_teaches_nothing(echo: impl Fn(&Seen) -> Value + Send + Sync + 'static) {
    let scene = Scene::new(4, move |seen| match seen.id.as_str() {
        "q-001" => Answer::json(400, &echo(seen)),
        _ => seen.prefers("beta"),
    });
    let said = scene.judge(&[]).expect(0);
    assert!(!said.stderr.contains("takes no temperature"), "{}", said.stderr);
    assert_eq!(scene.outcomes(), ["failed", "kept beta", "kept beta", "kept beta"]);
    let seen = scene.server.seen();
    assert_eq!(with(&seen, "temperature"), seen.len());
    assert_eq!(with(&seen, "max_tokens"), seen.len());
    let others: Vec<Seen> = seen.into_iter().filter(|seen| seen.id != "q-001").collect();
    assert_eq!(with(&others, "response_format"), 6);
}

#[test]
fn a_refusal_that_echoes_the_request_teaches_nothing() {
    assert_teaches_nothing(|seen| {
        let message = "Invalid input: what the prompt asks for is not supported here.";
        json!({ "error": { "message": message, "request": seen.body }, "request": seen.body })
    });
}

#[test]
fn a_list_of_details_that_echoes_the_request_teaches_nothing() {
    assert_teaches_nothing(|seen| {
        let input = json!({ "temperature": seen.body["temperature"], "max_tokens": 1024 });
        json!({ "detail": [{ "loc": ["body"], "msg": "Invalid input", "input": input }] })
    });
}

#[test]
fn a_refusal_without_a_reason_fails_nobody_whose_request_is_the_same_or_late() {
    // Equal responses make equal requests; with four places, refusals come when others have learnt.
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
fn repeats_of_a_request_that_is_refused_without_a_reason_are_all_tried_without_the_schema() {
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
