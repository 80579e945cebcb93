//! The server answers with something other than a completion, or with one that is hard to read.

use std::fmt::Write as _;

use crate::support::raw_server::{self as raw, Step, good, good_body, head, whole};
use crate::support::server::{Answer, ReceivedRequest, Scene, Server, attempts};

/// An answer that is of no use: for which item, its bytes, the reason that is stored, and what is kept of the
/// body.
type Useless = (&'static str, fn() -> Vec<Step>, &'static str, Option<&'static str>);

const ERROR: &str = "{\"error\":{\"message\":\"backend is gone\",\"type\":\"gateway\"}}";
const HTML: &str = "<!doctype html><title>Sign in</title>";

fn answered(body: &str) -> Vec<Step> {
    vec![Step::Send(whole("200 OK", &[], body.as_bytes()))]
}

/// The item `q-001` is answered well.
const USELESS: [Useless; 8] = [
    ("q-002", || answered(ERROR), "the answer is an error: backend is gone", Some(ERROR)),
    ("q-003", || answered(""), "the answer is empty", None),
    ("q-004", || answered(HTML), "the answer is not valid JSON: an HTML page", Some(HTML)),
    ("q-005", || answered("[1, 2]"), "the answer is JSON but not a completion", Some("[1,2]")),
    ("q-006", noise_for_gzip, "the answer ended early", None),
    ("q-007", two_lengths, "the request failed", None),
    ("q-008", a_header_of_a_megabyte, "the request failed", None),
    ("q-009", without_end, "the answer is larger than 32 MiB", None),
];

fn noise_for_gzip() -> Vec<Step> {
    let noise: Vec<u8> = (0..500_u32).map(|n| (n * n % 251) as u8).collect();
    vec![Step::Send(whole("200 OK", &["content-encoding: gzip"], &noise))]
}

fn two_lengths() -> Vec<Step> {
    let head = head("200 OK", &["content-length: 2", "content-length: 3"]);
    vec![Step::Send([&head[..], b"{} "].concat())]
}

fn a_header_of_a_megabyte() -> Vec<Step> {
    let header = format!("x-padding: {}", "x".repeat(1 << 20));
    vec![Step::Send(whole("200 OK", &[&header], b"{}"))]
}

fn without_end() -> Vec<Step> {
    vec![Step::Send(head("200 OK", &[])), Step::Repeat(vec![b' '; 1 << 16])]
}

#[test]
fn an_unusable_answer_is_retried_and_stored_with_the_reason() {
    let (scene, raw) = raw::scene(1 + USELESS.len(), &[("max_attempts", "1")], |seen| {
        let useless = USELESS.iter().find(|(id, ..)| *id == seen.id);
        useless.map_or_else(|| vec![Step::Send(good(seen))], |(_, steps, ..)| steps())
    });
    let said = scene.judge(&[]).expect(5);
    assert!(said.stderr.contains("8 comparisons still open"), "{}", said.stderr);
    assert_eq!(raw.requests(), 2 + USELESS.len() * 2);
    for (verdict, (id, _, reason, beginning)) in scene.verdicts()[1..].iter().zip(USELESS) {
        assert_eq!([&verdict["id"], &verdict["outcome"]], [id, "failed"]);
        for order in [0, 1] {
            let [attempt] = attempts(verdict, order) else { panic!("{verdict}") };
            assert_eq!(attempt["ending"], "exhausted");
            assert!(attempt["error"].as_str().unwrap().starts_with(reason), "{id}: {attempt}");
            if let Some(beginning) = beginning {
                assert_eq!(attempt["reply"], beginning, "{id}");
            }
        }
    }
}

#[test]
fn a_success_that_carries_an_error_is_treated_as_that_error() {
    for (status, code, outcomes) in [
        (401, 4, ["kept beta", "pending"]),
        (400, 0, ["kept beta", "failed"]),
        (429, 0, ["kept beta", "kept beta"]),
        (502, 0, ["kept beta", "kept beta"]),
    ] {
        let scene = Scene::new(2, move |seen| match (seen.id.as_str(), seen.before) {
            ("q-002", 0) => {
                let error = format!("{{\"error\": {{\"message\": \"no\", \"code\": {status}}}}}");
                Answer::status(200, &error)
            }
            _ => seen.prefers("beta"),
        });
        scene.settings(&[("max_in_flight", "1")]);
        scene.judge(&[]).expect(code);
        assert_eq!(scene.outcomes(), outcomes, "{status}");
    }
}

#[test]
fn interim_answers_are_ignored() {
    let (scene, raw) = raw::scene(1, &[("max_attempts", "1")], |seen| {
        let hints = head("103 Early Hints", &["link: </style.css>; rel=preload"]);
        let interim = [head("100 Continue", &[]), hints].concat();
        vec![Step::Send(interim), Step::Send(good(seen))]
    });
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), ["kept beta"]);
    assert_eq!(raw.requests(), 2);
}

#[test]
fn an_equal_content_length_given_twice_is_accepted() {
    let (scene, _raw) = raw::scene(1, &[("max_attempts", "1")], |seen| {
        let length = format!("content-length: {}", good_body(seen).len());
        vec![Step::Send(whole("200 OK", &[&length], &good_body(seen)))]
    });
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), ["kept beta"]);
}

/// A verdict for `beta` behind ten million characters of reasoning.
fn at_length(seen: &ReceivedRequest) -> String {
    let mut reasoning = String::new();
    while reasoning.len() < 10_000_000 {
        write!(reasoning, "On the {}th hand, … ", reasoning.len()).unwrap();
    }
    seen.verdict("beta").replace("As the script says.", &reasoning)
}

#[test]
fn a_reply_of_ten_megabytes_is_read_and_stored_whole() {
    let scene = Scene::new(1, |seen| Answer::says(&at_length(seen)));
    scene.settings(&[("max_attempts", "1")]);
    scene.judge(&[]).expect(0);
    assert_eq!(scene.outcomes(), ["kept beta"]);
    let verdicts = scene.verdicts();
    let replies = [0, 1].map(|order| attempts(&verdicts[0], order)[0]["reply"].as_str().unwrap());
    let seen = scene.server.seen();
    let sent = |first: &str| at_length(seen.iter().find(|seen| seen.first == first).unwrap());
    assert!(replies == [sent("alpha"), sent("beta")], "it was cut or changed");
}

#[test]
fn a_redirect_is_not_followed_and_the_key_is_sent_nowhere_else() {
    let elsewhere = Server::start(|seen| seen.prefers("beta"));
    let place = elsewhere.base_url();
    for status in [301, 302, 303, 307, 308] {
        let place = format!("{place}/chat/completions");
        let told = format!("HTTP {status}, a redirect to {place}");
        let scene = Scene::new(1, move |_| Answer::status(status, "").header("location", &place));
        let said = scene.judge(&[]).expect(4);
        for fragment in [told.as_str(), "hint: check key, model and base_url"] {
            assert!(said.stderr.contains(fragment), "{}", said.stderr);
        }
        assert_eq!(scene.outcomes(), ["pending"]);
    }
    assert_eq!(elsewhere.requests(), 0);
}
