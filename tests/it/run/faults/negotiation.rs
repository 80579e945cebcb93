//! A server does not accept something that requests contain.

use serde_json::{Value, json};

use crate::support::server::{Answer, ReceivedRequest, Scene};

/// What a server does not accept, by its name, and its answer to a request that contains it.
type Objection = (&'static str, fn(&ReceivedRequest) -> Option<Answer>);

fn in_a_list(status: u16, message: &str) -> Answer {
    Answer::json(status, &json!([{ "error": { "code": status, "message": message } }]))
}

fn has_system(seen: &ReceivedRequest) -> bool {
    seen.body["messages"][0]["role"] == "system"
}

const OBJECTIONS: [Objection; 13] = [
    ("temperature", |seen| {
        seen.has("temperature")
            .then(|| Answer::error(400, "`temperature` is deprecated for this model."))
    }),
    ("temperature other than 1", |seen| {
        let sentence = "The value of temperature must be 1 when thinking is enabled.";
        seen.has("temperature").then(|| Answer::error(422, sentence))
    }),
    ("temperature, by the name of the parameter", |seen| {
        let error = json!({ "error": { "message": "Unsupported value", "param": "temperature" } });
        seen.has("temperature").then(|| Answer::json(400, &error))
    }),
    ("max_tokens, in a list", |seen| {
        let sentence = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.";
        seen.has("max_tokens").then(|| in_a_list(400, sentence))
    }),
    ("any limit", |seen| {
        let named = ["max_tokens", "max_completion_tokens"].into_iter().find(|name| seen.has(name));
        named.map(|name| Answer::error(400, &format!("{name}: Extra inputs are not permitted")))
    }),
    ("a limit as high as that", |seen| {
        let limit = seen.body["max_tokens"].as_u64()?;
        let sentence = "max_tokens must be less than or equal to 2048";
        (limit > 2048).then(|| Answer::error(400, sentence))
    }),
    ("the schema, with 404", |seen| {
        let sentence = "No endpoints found that support response_format";
        seen.has("response_format").then(|| Answer::error(404, sentence))
    }),
    ("the schema, in words of a grammar", |seen| {
        seen.has("response_format").then(|| Answer::error(400, "failed to parse grammar"))
    }),
    ("the system role", |seen| {
        has_system(seen).then(|| Answer::error(400, "System role not supported"))
    }),
    ("the order of roles", |seen| {
        let sentence = "Conversation roles must alternate user/assistant/user/assistant/...";
        has_system(seen).then(|| Answer::error(400, sentence))
    }),
    ("an answer that is no stream", |seen| {
        let sentence = "This model only support stream mode, please enable the stream parameter";
        (seen.body["stream"] != true).then(|| Answer::error(400, sentence))
    }),
    ("a field of extra", |seen| {
        let detail =
            json!({ "detail": [{ "loc": ["body", "reasoning_effort"], "msg": "Extra inputs" }] });
        seen.has("reasoning_effort").then(|| Answer::json(422, &detail))
    }),
    ("several things one after the other", |seen| {
        let named = ["max_tokens", "temperature", "response_format", "reasoning_effort"];
        let named = named.into_iter().find(|name| seen.has(name));
        named.map(|name| Answer::error(400, &format!("'{name}' is not supported")))
    }),
];

#[test]
fn what_a_server_does_not_accept_is_left_out_and_learnt_once() {
    for (what, object) in OBJECTIONS {
        let answer = move |seen: &ReceivedRequest| {
            object(seen).unwrap_or_else(|| {
                if seen.body["stream"] == true { streamed(seen) } else { seen.prefers("beta") }
            })
        };
        let scene = Scene::new(10, answer);
        scene.settings(&[("extra", "{ reasoning_effort = \"low\" }")]);
        scene.judge(&[]).expect(0);
        assert_eq!(scene.outcomes(), vec!["kept beta"; 10], "{what}");
        let refused = scene.server.seen().iter().filter(|seen| object(seen).is_some()).count();
        let most = if what.starts_with("several") { 8 } else { 2 };
        assert!((1..=most).contains(&refused), "{what}: {refused} were refused");

        scene.items(12);
        let before = scene.server.requests();
        scene.judge(&[]).expect(0);
        let later = &scene.server.seen()[before..];
        assert_eq!(later.len(), 4, "{what}: the run remembers it");
    }
}

/// A verdict for `beta` as a stream.
fn streamed(seen: &ReceivedRequest) -> Answer {
    let verdict = seen.verdict("beta");
    let (first, second) = verdict.split_at(verdict.len() / 2);
    let event = |text: &str| {
        format!(
            "data: {}\n\n",
            json!({ "choices": [{ "index": 0, "delta": { "content": text } }] })
        )
    };
    let body = format!("{}{}data: [DONE]\n\n", event(first), event(second));
    Answer::status(200, &body).header("content-type", "text/event-stream")
}

#[test]
fn the_system_text_goes_in_front_of_the_users_where_a_model_has_no_system_role() {
    let scene = Scene::new(2, |seen| {
        if has_system(seen) {
            Answer::error(400, "System role not supported")
        } else {
            seen.prefers("beta")
        }
    });
    let said = scene.judge(&[]).expect(0);
    assert!(said.stderr.contains("has no system role"), "{}", said.stderr);
    let seen = scene.server.seen();
    let text = |seen: &ReceivedRequest, at: usize| {
        seen.body["messages"][at]["content"].as_str().unwrap_or_default().to_owned()
    };
    let whole = seen.iter().find(|seen| has_system(seen)).unwrap();
    let merged =
        seen.iter().find(|other| !has_system(other) && other.first == whole.first).unwrap();
    assert_eq!(merged.body["messages"].as_array().unwrap().len(), 1);
    assert_eq!(text(merged, 0), format!("{}\n\n{}", text(whole, 0), text(whole, 1)));
}

#[test]
fn merge_system_asks_without_a_system_role_from_the_start() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    scene.settings(&[("merge_system", "true")]);
    scene.judge(&[]).expect(0);
    assert!(scene.server.seen().iter().all(|seen| !has_system(seen)));
}

#[test]
fn one_rejection_that_names_a_parameter_changes_no_other_request() {
    let sentence = "Content policy: text on body temperature control is not supported.";
    let scene = Scene::new(30, move |seen| match seen.id.as_str() {
        "q-003" => Answer::error(400, sentence),
        _ => seen.prefers("beta"),
    });
    scene.judge(&[]).expect(0);
    let mut expected = vec!["kept beta"; 30];
    expected[2] = "failed";
    assert_eq!(scene.outcomes(), expected);
    let others = scene.server.seen().into_iter().filter(|seen| seen.id != "q-003");
    assert!(others.into_iter().all(|seen| seen.has("temperature") && seen.has("response_format")));
    scene.items(32);
    let before = scene.server.requests();
    scene.judge(&[]).expect(0);
    assert!(scene.server.seen()[before..].iter().all(|seen| seen.has("temperature")));
}

#[test]
fn one_prompt_that_leaves_less_room_gets_a_shorter_limit_alone() {
    let scene = Scene::new(30, |seen| {
        let limit = seen.body["max_tokens"].as_u64().unwrap_or(u64::MAX);
        if seen.id == "q-003" && limit > 596 {
            let sentence = "'max_tokens' or 'max_completion_tokens' is too large: 4096. This model's maximum \
                            context length is 4096 tokens and your request has 3500 input tokens.";
            return Answer::error(400, sentence);
        }
        seen.prefers("beta")
    });
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 30]);
    let limits: Vec<(String, Value)> = scene
        .server
        .seen()
        .into_iter()
        .map(|seen| (seen.id.clone(), seen.body["max_tokens"].clone()))
        .collect();
    for (id, limit) in limits {
        assert!(limit == 4096 || (id == "q-003" && limit == 596), "{id}: {limit}");
    }
    assert_eq!(scene.server.requests(), 62, "two refusals");
}

#[test]
fn fewer_log_probabilities_are_asked_for_where_the_server_has_fewer() {
    for (most, sentence) in
        [(5, "top_logprobs must be between 0 and 5"), (0, "logprobs is not supported")]
    {
        let scene = Scene::new(6, move |seen| {
            if seen.body["top_logprobs"].as_u64().unwrap_or(0) > most {
                return Answer::error(400, sentence);
            }
            let letter = if seen.first == "beta" { "A" } else { "B" };
            Answer::says(letter)
        });
        scene.folder.write(
            "rubrics/letter.toml",
            "name = \"letter\"\ndescription = \"Which is better?\"\nprompt = \"pairwise-terse.j2\"\n\
             ties = false\n\n[reply]\nformat = \"logprobs\"\nfirst = \"A\"\nsecond = \"B\"\n",
        );
        let said = scene.judge(&["--rubric", "letter"]).expect(0);
        assert_eq!(scene.outcomes(), vec!["kept beta"; 6], "{sentence}");
        assert_eq!(said.stderr.contains("rejects logprobs"), most == 0, "{}", said.stderr);
        let sent = scene.server.seen().into_iter().map(|seen| seen.body["top_logprobs"].clone());
        let sent: Vec<Value> = sent.collect();
        let expected = if most == 0 { Value::Null } else { json!(most) };
        assert!(sent.iter().filter(|sent| **sent != expected).count() <= 2, "{sent:?}");
    }
}

#[test]
fn json_that_the_server_could_not_generate_is_asked_for_again_by_schema() {
    let scene = Scene::new(10, |seen| {
        if seen.before > 0 {
            return seen.prefers("beta");
        }
        let message =
            "Failed to generate JSON. Please adjust your prompt. See 'failed_generation'.";
        let error = json!({ "message": message, "code": "json_validate_failed",
                            "failed_generation": "{\"reasoning\": \"" });
        Answer::json(400, &json!({ "error": error }))
    });
    scene.settings(&[("price", "{ input_per_million = 1.0, output_per_million = 1.0 }")]);
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), vec!["kept beta"; 10]);
    let seen = scene.server.seen();
    assert_eq!(seen.len(), 40, "each once more");
    assert!(seen.iter().all(|seen| seen.has("response_format")));
    let verdicts = scene.verdicts();
    let stored = crate::support::server::attempts(&verdicts[0], 0);
    assert_eq!(stored[0]["reply"], "{\"reasoning\": \"");
    assert_eq!(stored[0]["cost_usd"], 0.0, "error answers are free");
}

#[test]
fn passing_statuses_are_asked_again() {
    for status in [408, 409, 421, 424, 425, 499, 500, 502] {
        let scene = Scene::new(3, move |seen| match seen.before {
            0 => Answer::status(status, "upstream trouble"),
            _ => seen.prefers("beta"),
        });
        scene.judge(&[]).expect(0);
        assert_eq!(scene.outcomes(), vec!["kept beta"; 3], "{status}");
    }
}

#[test]
fn an_unknown_refusal_is_asked_once_more_after_successes() {
    let scene = Scene::new(20, |seen| match (seen.id.as_str(), seen.before) {
        ("q-003", 0) | ("q-004", _) => Answer::status(460, "?"),
        _ => seen.prefers("beta"),
    });
    scene.judge(&[]).expect(0);
    let mut expected = vec!["kept beta"; 20];
    expected[3] = "failed";
    assert_eq!(scene.outcomes(), expected);
    assert_eq!(scene.server.seen().iter().filter(|seen| seen.id == "q-004").count(), 4);
}

#[test]
fn a_run_begun_with_an_earlier_default_of_max_tokens_resumes_with_it() {
    let scene = Scene::new(2, |seen| seen.prefers("beta"));
    scene.settings(&[("max_tokens", "1024")]);
    scene.judge(&[]).expect(0);
    scene.items(4);
    scene.settings(&[]);
    scene.judge(&[]).expect(0);
    assert!(scene.server.seen().iter().all(|seen| seen.body["max_tokens"] == 1024));
    assert_eq!(scene.outcomes(), vec!["kept beta"; 4]);
    scene.judge(&["--run", "new.db"]).expect(0);
    assert_eq!(scene.server.seen().last().unwrap().body["max_tokens"], 4096);
    // A number that no version had as its default is another run.
    scene.settings(&[("max_tokens", "77")]);
    scene.judge(&["--run", "own.db"]).expect(0);
    scene.settings(&[]);
    let said = scene.judge(&["--run", "own.db"]).expect(7);
    assert!(said.stderr.contains("judges.judge-1.max_tokens differs"), "{}", said.stderr);
}

#[test]
fn none_leaves_temperature_and_limit_to_the_server() {
    let scene = Scene::new(1, |seen| seen.prefers("beta"));
    scene.settings(&[("temperature", "\"none\""), ("max_tokens", "\"none\"")]);
    scene.judge(&[]).expect(0);
    for seen in scene.server.seen() {
        let absent = ["temperature", "max_tokens", "max_completion_tokens"];
        assert!(absent.iter().all(|field| !seen.has(field)), "{}", seen.body);
    }
    let price = ("price", "{ input_per_million = 1.0, output_per_million = 1.0 }");
    scene.settings(&[("max_tokens", "\"none\""), price]);
    let said = scene.judge(&["--run", "new.db", "--max-cost", "1"]).expect(3);
    assert!(said.stderr.contains("judges.judge-1.max_tokens is \"none\""), "{}", said.stderr);
}
