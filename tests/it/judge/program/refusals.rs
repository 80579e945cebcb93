//! Errors that a program answers: each kind is treated like that of an endpoint.

use std::time::Duration;

use super::{Scene, assert_says};

#[test]
fn a_rate_limit_makes_all_trials_wait_as_long_as_the_program_says() {
    for kind in ["rate-limited", "unavailable"] {
        let limited = format!(
            "if mkdir \"$here/once\" 2>/dev/null; then
               error '\"kind\":\"{kind}\",\"message\":\"slow down\",\"retry_after_s\":2'
             else beta; fi"
        );
        let scene = Scene::answering(2, &limited, "processes = 1\nmax_attempts = 1");
        let began = tokio::time::Instant::now();
        scene.judge(&[]).expect(0);
        assert!(began.elapsed() >= Duration::from_secs(2));
        assert_eq!(scene.outcomes(), vec!["kept beta"; 2]);
        assert_eq!(scene.groups().len(), 1, "an error is an answer: the process goes on");
    }
}

#[test]
fn errors_that_concern_every_trial_stop_the_judge() {
    for (error, words) in [
        (r#""kind":"auth","message":"no key for \u0022m\u0022""#, r#"auth: no key for "m""#),
        (r#""kind":"unavailable","message":"down for today""#, "unavailable: down for today"),
        (
            r#""kind":"rate-limited","message":"tomorrow","retry_after_s":80000"#,
            "rate-limited: tomorrow",
        ),
    ] {
        let scene = Scene::answering(6, &format!("error '{error}'"), "");
        let said = scene.judge(&[]).expect(4);
        assert_says(&said.stderr, &["error: judge-1: ", words, "hint: "]);
        assert!(!said.stderr.contains("base_url"), "{}", said.stderr);
        assert_eq!(scene.outcomes(), vec!["pending"; 6]);
    }
}

#[test]
fn a_refused_trial_fails_alone_and_costs_nothing() {
    for kind in ["refused", "invalid-request"] {
        let body = format!(
            "case $line in *q-002*) error '\"kind\":\"{kind}\",\"message\":\"not this one\"' ;; *) beta \
             ',\"usage\":{{\"input_tokens\":1,\"output_tokens\":1}}' ;; esac"
        );
        let price = "price = { input_per_million = 1.0, output_per_million = 1.0 }";
        let scene = Scene::answering(3, &body, price);
        let said = scene.judge(&[]).expect(0);
        assert_eq!(scene.outcomes(), ["kept beta", "failed", "kept beta"]);
        // Four replies of two tokens each; a request of unknown cost would count as its worst case.
        assert!((scene.cost() - 8e-6).abs() < 1e-12, "{}", scene.cost());
        assert_says(&scene.verdicts()[1].to_string(), &[kind, "not this one"]);
        assert_eq!(scene.log("asked.log").len(), 6, "{}", said.stderr);
    }
}

#[test]
fn a_program_that_refuses_everything_ends_with_4() {
    let scene = Scene::answering(30, r#"error '"kind":"refused","message":"never"'"#, "");
    let said = scene.judge(&[]).expect(4);
    assert_says(&said.stderr, &["judge-1: ", "never"]);
}

#[test]
fn a_temporary_error_is_asked_again() {
    for error in [r#"{"kind":"temporary","message":"hiccup"}"#, r#""hiccup""#] {
        let body = format!(
            "if mkdir \"$here/once\" 2>/dev/null; then printf '{{\"id\":\"%s\",\"error\":%s}}\\n' \"$id\" '{error}'\n\
             else beta; fi"
        );
        let scene = Scene::answering(1, &body, "");
        scene.judge(&[]).expect(0);
        assert_eq!(scene.outcomes(), ["kept beta"]);
        assert_eq!(scene.log("asked.log").len(), 3);
        assert_eq!(scene.log("asked.log").iter().filter(|id| id.ends_with("-2")).count(), 1);
    }
}
