//! `judge --then`: a cheap judge is asked about everything, a strong one about what the rule sends to it.

#![cfg(unix)]

mod costs;
mod identity;
mod kills;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::labelled_run::value;
use crate::support::server::{Answer, ReceivedRequest, Scene};

const CHEAP: &str = "model-of-judge-1";
const STRONG: &str = "model-of-strong";
const FLAGS: [&str; 2] = ["--then", "strong"];

/// Items, and the judges `judge-1` and `strong` with the same settings.
fn scene(
    items: usize,
    changes: &[(&str, &str)],
    script: impl Fn(&ReceivedRequest) -> Answer + Send + Sync + 'static,
) -> Scene {
    let scene = Scene::new(items, script);
    let tables = ["judge-1", "strong"].map(|name| scene.judge_table(name, changes));
    scene.folder.write("evenhand.toml", &tables.concat());
    scene
}

fn number(seen: &ReceivedRequest) -> usize {
    seen.id[2..].parse().unwrap()
}

fn is_strong(seen: &ReceivedRequest) -> bool {
    seen.model() == STRONG
}

/// The cheap judge keeps every sixth for beta and the one before for alpha; of the others one is flipped, one split, one
/// unreadable and one refused for good. The strong judge prefers beta.
fn every_outcome(seen: &ReceivedRequest) -> Answer {
    if is_strong(seen) {
        return seen.prefers("beta");
    }
    match number(seen) % 6 {
        0 => seen.prefers("beta"),
        1 => seen.prefers(seen.first),
        2 => Answer::says("I cannot say."),
        3 => seen.prefers(if seen.first == "alpha" { "tie" } else { "alpha" }),
        4 => Answer::error(400, "Nobody understands you"),
        _ => seen.prefers("alpha"),
    }
}

/// Answers by nothing but the request.
fn by_request(seen: &ReceivedRequest) -> Answer {
    let at = number(seen) * 7 + usize::from(seen.first == "alpha") * 3;
    match (is_strong(seen), at % 10) {
        (true, 0) | (false, 1) => seen.prefers("tie"),
        (true, _) => seen.prefers(if number(seen).is_multiple_of(3) { "alpha" } else { "beta" }),
        (false, 0) => Answer::says("Both are fine."),
        (false, 2..=4) => seen.prefers("alpha"),
        (false, _) => seen.prefers("beta"),
    }
}

/// The ids that a judge was asked about, with how often each order was.
fn asked(scene: &Scene, model: &str) -> BTreeMap<(String, String), usize> {
    let mut asked = BTreeMap::new();
    for seen in scene.server.seen().iter().filter(|seen| seen.model() == model) {
        *asked.entry((seen.id.clone(), seen.first.to_owned())).or_default() += 1;
    }
    asked
}

fn ids(scene: &Scene, model: &str) -> BTreeSet<String> {
    asked(scene, model).into_keys().map(|(id, _)| id).collect()
}

fn id(number: usize) -> String {
    format!("q-{number:03}")
}

fn document(scene: &Scene, flags: &[&str], code: i32) -> Value {
    let flags = [&FLAGS, &["--format", "json"], flags].concat();
    serde_json::from_str(&scene.judge(&flags).expect(code).stdout).unwrap()
}

/// The judge that gave each verdict.
fn given_by(scene: &Scene) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    scene.verdicts().iter().map(|verdict| text(&verdict["judge"])).collect()
}

/// The numbers of one judge of a result.
fn judge<'a>(document: &'a Value, name: &str) -> &'a Value {
    let judges = document["judges"].as_array().unwrap();
    judges.iter().find(|judge| judge["judge"] == name).unwrap()
}

#[test]
fn the_strong_judge_is_asked_exactly_about_what_the_cheap_one_did_not_keep() {
    let scene = scene(12, &[("max_parse_attempts", "0")], every_outcome);
    let found = document(&scene, &[], 0);
    let sent: BTreeSet<String> = [1, 2, 3, 4, 7, 8, 9, 10].into_iter().map(id).collect();
    assert_eq!(ids(&scene, STRONG), sent);
    assert_eq!(asked(&scene, STRONG).len(), 16, "both orders");
    assert_eq!(ids(&scene, CHEAP).len(), 12);
    let expected = |at: usize| match at % 6 {
        0 => ("kept beta", "judge-1"),
        5 => ("kept alpha", "judge-1"),
        _ => ("kept beta", "strong"),
    };
    let [outcomes, judges] = [scene.outcomes(), given_by(&scene)];
    assert_eq!(outcomes, (1..=12).map(|at| expected(at).0).collect::<Vec<_>>());
    assert_eq!(judges, (1..=12).map(|at| expected(at).1).collect::<Vec<_>>());

    // The result: each judge on what it was asked about, then the final verdicts, which add up to what was planned.
    let names: Vec<&Value> =
        found["judges"].as_array().unwrap().iter().map(|judge| &judge["judge"]).collect();
    assert_eq!(names, ["judge-1", "strong", "cascade"]);
    let planned =
        ["judge-1", "strong", "cascade"].map(|name| judge(&found, name)["planned"].clone());
    assert_eq!(planned, [12, 8, 12]);
    let outcomes = &judge(&found, "judge-1")["outcomes"];
    let counts = ["kept", "flipped", "split", "unparsed", "failed", "pending"];
    assert_eq!(counts.map(|name| outcomes[name].clone()), [4, 2, 2, 2, 2, 0]);
    assert_eq!(judge(&found, "cascade")["outcomes"]["kept"], 12);
    let replies =
        ["judge-1", "strong", "cascade"].map(|name| judge(&found, name)["replies"].clone());
    assert_eq!(replies, [20, 16, 36]);
    let cascade = &found["cascade"];
    assert_eq!([&cascade["cheap"], &cascade["strong"]], ["judge-1", "strong"]);
    assert_eq!([&cascade["rule"], &cascade["threshold"]], [&json!("not-kept"), &Value::Null]);
    assert!((value(&cascade["sent"]) - 8.0 / 12.0).abs() < 1e-12, "{cascade}");
    let headline = found["headline"].as_str().unwrap();
    assert!(headline.contains("The cascade prefers beta"), "{headline}");
    assert!(headline.contains("strong decides 66.7 %"), "{headline}");
    assert!(headline.contains("those that judge-1 did not keep"), "{headline}");

    // The same command again asks nothing, and `flipped` is the same rule.
    let requests = scene.server.requests();
    scene.judge(&[&FLAGS[..], &["--when", "flipped"]].concat()).expect(0);
    assert_eq!(scene.server.requests(), requests);
}

#[test]
fn verdicts_are_the_final_ones_or_those_of_one_judge_on_what_it_was_asked() {
    let scene = scene(6, &[("max_parse_attempts", "0")], every_outcome);
    scene.judge(&FLAGS).expect(0);
    let lines = |flags: &[&str]| {
        let said = scene.run(&[&["verdicts", "run.db", "--all"], flags].concat()).expect(0);
        (said.json_lines(), said.stderr)
    };
    let (all, _) = lines(&[]);
    let by: Vec<&Value> = all.iter().map(|line| &line["given_by"]).collect();
    assert_eq!(by, ["strong", "strong", "strong", "strong", "cheap", "cheap"]);
    assert_eq!(lines(&["--judge", "cascade"]).0, all);
    let (cheap, note) = lines(&["--judge", "judge-1"]);
    let outcomes: Vec<&Value> = cheap.iter().map(|line| &line["outcome"]).collect();
    assert_eq!(outcomes, ["flipped", "unparsed", "split", "failed", "kept", "kept"]);
    assert!(cheap.iter().all(|line| line.get("given_by").is_none()), "{cheap:?}");
    assert_eq!(note, "");
    let (strong, note) = lines(&["--judge", "strong"]);
    assert_eq!(
        json!(strong.iter().map(|line| &line["id"]).collect::<Vec<_>>()),
        json!([1, 2, 3, 4].map(id))
    );
    assert!(
        note.contains("strong was asked only about what judge-1 left to it (not-kept)"),
        "{note}"
    );
    // Every judge that was asked; the line with `given_by` is the final verdict.
    let (every, _) = lines(&["--judge", "all"]);
    assert_eq!(every.len(), 6 + 4);
    let of_first: Vec<(&Value, bool)> =
        every[..2].iter().map(|line| (&line["judge"], line.get("given_by").is_some())).collect();
    assert_eq!(of_first, [(&json!("judge-1"), false), (&json!("strong"), true)]);
    let said = scene.run(&["verdicts", "run.db", "--judge", "nobody"]).expect(3).stderr;
    assert!(said.contains("its judges are: cascade, judge-1, strong"), "{said}");
    let csv = scene.run(&["verdicts", "run.db", "--all", "--format", "csv"]).expect(0).stdout;
    assert!(csv.lines().nth(1).unwrap().starts_with("q-001,alpha,beta,strong,kept,beta"), "{csv}");
}

#[test]
fn what_the_cheap_judge_failed_on_for_a_passing_reason_is_not_sent_until_it_is_decided() {
    let scene = scene(4, &[("max_attempts", "1")], |seen| match (is_strong(seen), number(seen)) {
        (true, _) => seen.prefers("beta"),
        (false, 2 | 3) => Answer::error(500, "Try again"),
        (false, _) => seen.prefers("alpha"),
    });
    let said = scene.judge(&FLAGS).expect(5);
    assert!(said.stderr.contains("2 comparisons still open"), "{}", said.stderr);
    assert_eq!(scene.outcomes(), ["kept alpha", "pending", "pending", "kept alpha"]);
    assert_eq!(ids(&scene, STRONG), BTreeSet::new());
    let listed = scene.run(&["runs", ".", "--format", "json"]).expect(0).stdout;
    assert!(listed.contains("judge-1") && listed.contains("strong"), "{listed}");
    // Now one is kept, and one is refused for good: that is sent.
    scene.server.now(|seen| match (is_strong(seen), number(seen)) {
        (true, _) => seen.prefers("beta"),
        (false, 3) => Answer::error(400, "Nobody understands you"),
        (false, _) => seen.prefers("alpha"),
    });
    scene.judge(&FLAGS).expect(0);
    assert_eq!(scene.outcomes(), ["kept alpha", "kept alpha", "kept beta", "kept alpha"]);
    assert_eq!(ids(&scene, STRONG), BTreeSet::from([id(3)]));
}

#[test]
fn an_unreadable_reply_is_asked_again_before_it_is_sent() {
    let scene = scene(2, &[("max_parse_attempts", "2")], |seen| {
        if is_strong(seen) {
            seen.prefers("beta")
        } else if number(seen) == 1 && seen.before == 0 {
            Answer::says("I cannot say.")
        } else {
            seen.prefers("alpha")
        }
    });
    scene.judge(&FLAGS).expect(0);
    assert_eq!(scene.outcomes(), ["kept alpha"; 2]);
    assert_eq!(ids(&scene, STRONG), BTreeSet::new());
}

#[test]
fn failed_verdicts_are_asked_again_of_the_judge_that_decides_them() {
    let scene = scene(4, &[("max_parse_attempts", "0")], |seen| {
        match (is_strong(seen), number(seen)) {
            (false, 1) => seen.prefers("alpha"),
            // Flipped, unreadable and refused: all are sent.
            (false, 2) => seen.prefers(seen.first),
            (false, 3) => Answer::says("I cannot say."),
            (true, 2) => seen.prefers("beta"),
            (false, _) | (true, 3) => Answer::error(400, "Nobody understands you"),
            (true, _) => Answer::error(500, "Try again"),
        }
    });
    let said = scene.judge(&FLAGS).expect(5);
    assert_eq!(scene.outcomes(), ["kept alpha", "kept beta", "failed", "failed"]);
    assert_eq!(given_by(&scene), ["judge-1", "strong", "strong", "strong"]);
    assert!(said.stderr.contains("1 comparison still open"), "{}", said.stderr);
    // Resuming asks what failed for a passing reason, of the strong judge alone.
    let before = asked(&scene, CHEAP);
    scene.server.now(|seen| seen.prefers("beta"));
    scene.judge(&FLAGS).expect(0);
    assert_eq!(scene.outcomes(), ["kept alpha", "kept beta", "failed", "kept beta"]);
    scene.judge(&[&FLAGS[..], &["--retry-failed"]].concat()).expect(0);
    assert_eq!(scene.outcomes(), ["kept alpha", "kept beta", "kept beta", "kept beta"]);
    assert_eq!(asked(&scene, CHEAP), before, "the cheap judge was not asked again");
}

#[test]
fn failed_comparisons_that_wait_for_the_strong_judge_are_not_asked_again_by_retries() {
    let changes = [("max_in_flight", "1"), ("max_parse_attempts", "0")];
    let scene = scene(4, &changes, |seen| match (is_strong(seen), number(seen)) {
        (false, 1) => seen.prefers("alpha"),
        (false, _) => seen.prefers(seen.first),
        (true, 3) => Answer::says("I cannot say."),
        (true, _) => seen.prefers("beta"),
    });
    // Eight requests of the cheap judge, four of the strong one.
    scene.judge(&[&FLAGS[..], &["--max-requests", "12"]].concat()).expect(5);
    assert_eq!(scene.outcomes(), ["kept alpha", "kept beta", "unparsed", "pending"]);
    let retry = [&FLAGS[..], &["--retry-failed"]].concat();
    let said = scene.judge(&retry).expect(5);
    assert_eq!(scene.server.requests(), 14);
    assert_eq!(ids(&scene, STRONG), BTreeSet::from([id(2), id(3)]));
    assert!(said.stderr.contains("1 comparison still open"), "{}", said.stderr);
    assert!(said.stderr.contains("without --retry-failed"), "{}", said.stderr);
    scene.judge(&FLAGS).expect(0);
    assert_eq!(scene.outcomes(), ["kept alpha", "kept beta", "unparsed", "kept beta"]);
}
