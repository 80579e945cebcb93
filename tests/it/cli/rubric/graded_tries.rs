//! `rubric try` and `rubric log` of rubrics that grade: what is asked, compared and recorded.

use std::collections::BTreeSet;
use std::process::Stdio;

use evenhand::calibration::Part;
use serde_json::{Value, json};

use super::graded_scene::{
    by_description, command, dev_responses, label, rubric, rubric_with, scene, tried, try_it,
    with_mistakes,
};
use super::{append, complete, history, ids_of};
use crate::support::grading_scene::system;
use crate::support::server::Answer;

/// The numbers of a calibration that a try has, by their keys there; the scale has two steps.
fn numbers(calibration: &Value) -> [(&'static str, &Value); 8] {
    let (replies, kept) = (&calibration["replies"], &calibration["kept"]);
    [
        ("agreement", &replies["agreement"]),
        ("kappa", &replies["cohen_kappa"]),
        ("true_positive_rate", &replies["true_positive_rate"]),
        ("true_negative_rate", &replies["true_negative_rate"]),
        ("kept_agreement", &kept["agreement"]),
        ("bias", &kept["bias"]),
        ("coverage", &calibration["coverage"]),
        ("consistency", &calibration["order"]["consistency"]),
    ]
}

#[test]
fn a_try_grades_the_labelled_responses_of_the_dev_half() {
    let scene = scene();
    let dev = ids_of(Part::Dev);
    let without_label = dev[0].clone();
    label(&scene, |id, system| match (id == without_label, system) {
        (true, "alpha") => None,
        (_, "beta") => Some("pass"),
        _ => Some("fail"),
    });
    let document = tried(&scene, &[]);
    let asked: BTreeSet<(String, &str)> =
        scene.server.seen().iter().map(|seen| (seen.id.clone(), system(seen))).collect();
    let all = dev.iter().flat_map(|id| ["alpha", "beta"].map(|system| (id.clone(), system)));
    let labelled: BTreeSet<_> =
        all.filter(|(id, system)| *id != without_label || *system == "beta").collect();
    assert_eq!(asked, labelled);
    assert_eq!(scene.server.requests(), 2 * labelled.len(), "both directions of the scale");
    let (one, calibration) = (&document["try"], &document["calibration"]);
    assert_eq!((&one["try"], &one["part"]), (&json!(1), &json!("dev")));
    assert_eq!(
        (&one["responses"], &one["labelled"]),
        (&json!(labelled.len()), &json!(labelled.len()))
    );
    assert_eq!(one["comparisons"], Value::Null);
    for (key, of) in numbers(calibration) {
        assert_eq!(&one[key], of, "{key}");
    }
    assert_eq!(one["scale"], calibration["scale"]);
    assert_eq!(one["agreement"]["value"], 0.0, "the judge passes alpha, people beta");
    assert_eq!((&one["changes"], &document["diff"]), (&Value::Null, &Value::Null));
    assert!(one["cost_usd"].as_f64().unwrap() > 0.0);
    let said = try_it(&scene, &["--all"]).expect(0);
    assert_eq!(scene.server.requests(), 2 * 2 * dev.len(), "only what is new is asked");
    assert!(said.stderr.contains("try 2 of quality"), "{}", said.stderr);
    assert!(said.stderr.contains(&format!("{} responses", 2 * dev.len())), "{}", said.stderr);
}

#[test]
fn the_numbers_of_a_try_are_those_of_calibrate_on_the_dev_half() {
    let scene = scene();
    scene.server.now(with_mistakes);
    let one = tried(&scene, &[])["try"].clone();
    scene.grade(&["--run", "all.db"]).expect(0);
    let command = [
        "calibrate",
        "all.db",
        "--labels",
        "calibration/labels.jsonl",
        "--part",
        "dev",
        "--format",
        "json",
    ];
    let calibrated: Value = serde_json::from_str(&scene.run(&command).expect(0).stdout).unwrap();
    for (key, of) in numbers(&calibrated) {
        assert_eq!(&one[key], of, "{key}");
        let value = of["value"].as_f64().unwrap();
        assert!(value != 0.0 && value.abs() < 1.0, "{key}: {value} distinguishes too little");
    }
}

#[test]
fn a_try_of_grades_is_compared_with_the_last_one() {
    let scene = scene();
    let first = try_it(&scene, &[]).expect(0);
    assert!(first.stdout.contains("agreement, every reply"), "{}", first.stdout);
    rubric(&scene, "1.1.0", "Pass beta.");
    let second = tried(&scene, &["--cases", "2"]);
    let (responses, changes) = (dev_responses(), &second["try"]["changes"]);
    assert_eq!(changes["against_try"], 1);
    assert_eq!(
        (&changes["responses"], &changes["regraded"]),
        (&json!(responses), &json!(responses))
    );
    assert_eq!(changes["raised"], responses / 2, "those of beta");
    assert_eq!(changes["lowered"], responses / 2, "those of alpha");
    let fields = changes["changed"].as_array().unwrap();
    assert!(fields.contains(&json!("rubric.description")), "{fields:?}");
    assert_eq!(changes["agreement_difference"]["value"], 1.0);
    assert_eq!(changes["kappa_difference"]["value"], 2.0, "from −1 to 1");
    assert_eq!(second["diff"]["grades_changed"], responses);
    assert_eq!(second["diff"]["cases"].as_array().unwrap().len(), 2);
    rubric(&scene, "1.2.0", "Pass what is listed first.");
    let third = try_it(&scene, &[]).expect(8);
    assert!(third.stderr.contains("kept no grade"), "{}", third.stderr);
    assert_eq!(complete(&scene.folder), [1, 2, 3], "it is a try like any other");
    assert_eq!(history(&scene.folder).last().unwrap()["changes"]["lost"], responses);
    try_it(&scene, &["--inconclusive", "pass"]).expect(0);
}

#[test]
fn replies_of_earlier_tries_of_grades_are_copied() {
    let scene = scene();
    tried(&scene, &[]);
    rubric(&scene, "1.1.0", "Pass beta.");
    tried(&scene, &[]);
    let requests = scene.server.requests();
    // Back to the text of the first try, whose replies the second has not copied.
    rubric(&scene, "1.0.0", "Pass alpha.");
    let third = tried(&scene, &[]);
    assert_eq!(scene.server.requests(), requests);
    assert_eq!(third["try"]["try"], 3);
    assert_eq!(third["try"]["reused"], third["try"]["replies"]);
    assert_eq!(third["try"]["replies"], 2 * dev_responses());
}

#[test]
fn another_step_that_passes_makes_a_try_that_asks_nothing() {
    let scene = scene();
    let scale = "scale = [\"fail\", \"fair\", \"pass\"]\npass_from = ";
    rubric_with(&scene, "1.0.0", "Pass beta.", &format!("{scale}\"pass\""));
    label(&scene, |_, system| Some(if system == "beta" { "pass" } else { "fair" }));
    let first = tried(&scene, &[]);
    assert_eq!(first["try"]["true_negative_rate"]["value"], 1.0);
    let requests = scene.server.requests();
    rubric_with(&scene, "1.0.0", "Pass beta.", &format!("{scale}\"fair\""));
    let second = tried(&scene, &[]);
    assert_eq!(scene.server.requests(), requests);
    assert_eq!(
        (&second["try"]["try"], &second["try"]["scale"]["pass_from"]),
        (&json!(2), &json!("fair"))
    );
    assert_eq!(second["try"]["changes"]["changed"], json!(["rubric.pass_from"]));
    // By people everything passes now, and the judge fails one half.
    assert_eq!(second["try"]["true_positive_rate"]["value"], 0.5);
    assert_eq!(second["try"]["true_negative_rate"]["value"], Value::Null);
    assert_eq!(second["try"]["agreement"], first["try"]["agreement"]);
}

#[test]
fn a_scale_without_a_pass_has_no_rates_of_passes() {
    let scene = scene();
    rubric_with(&scene, "1.0.0", "Pass beta.", "scale = [\"fail\", \"fair\", \"pass\"]");
    let said = try_it(&scene, &[]).expect(0);
    for absent in ["that it finds", "it passes"] {
        assert!(!said.stdout.contains(absent), "{absent}: {}", said.stdout);
    }
    assert!(said.stdout.contains("  weighted κ, every reply"), "{}", said.stdout);
    let one = history(&scene.folder).pop().unwrap();
    assert_eq!(
        (&one["true_positive_rate"], &one["true_negative_rate"]),
        (&Value::Null, &Value::Null)
    );
    let log = scene.run(&["rubric", "log"]).expect(0);
    assert!(log.stdout.contains("    weighted κ "), "{}", log.stdout);
    assert!(!log.stdout.contains("that it finds"), "{}", log.stdout);
}

#[test]
fn what_has_not_changed_is_reported_again_and_recorded_once() {
    let scene = scene();
    let first = try_it(&scene, &[]).expect(0);
    let again = try_it(&scene, &[]).expect(0);
    assert!(again.stderr.contains("nothing has changed since"), "{}", again.stderr);
    assert_eq!(again.stdout, first.stdout);
    assert_eq!(complete(&scene.folder), [1]);
}

#[test]
fn a_baseline_is_refused_before_a_try_is_announced() {
    let scene = scene();
    let refused = try_it(&scene, &["--baseline", "alpha"]).expect(2);
    assert!(
        refused
            .stderr
            .starts_with("error: a baseline is given, and the rubric grades single responses"),
        "{}",
        refused.stderr
    );
    assert_eq!((complete(&scene.folder), scene.server.requests()), (vec![], 0));
}

#[test]
fn a_decision_between_people_changes_the_labels_and_one_about_the_judge_does_not() {
    let scene = scene();
    tried(&scene, &[]);
    let id = ids_of(Part::Dev).remove(0);
    let decide = |why: &str| {
        let decision = json!({
            "id": id, "annotator": "ben", "system": "beta", "grade": "fail", "adjudicated": why,
        });
        append(&scene.folder, "calibration/labels.jsonl", &decision);
    };
    decide("judge");
    try_it(&scene, &[]).expect(0);
    assert_eq!(complete(&scene.folder), [1]);
    decide("people");
    let second = tried(&scene, &[]);
    assert_eq!(second["try"]["changes"]["changed"], json!(["labels"]));
}

#[test]
fn changed_labels_make_another_try_that_asks_nothing() {
    let scene = scene();
    tried(&scene, &[]);
    let requests = scene.server.requests();
    label(&scene, |_, system| Some(if system == "alpha" { "pass" } else { "fail" }));
    let second = tried(&scene, &[]);
    assert_eq!(scene.server.requests(), requests);
    assert_eq!(second["try"]["changes"]["changed"], json!(["labels"]));
    assert_eq!(second["try"]["agreement"]["value"], 1.0);
    // Both runs are measured with the labels of today.
    assert_eq!(second["try"]["changes"]["agreement_difference"]["value"], 0.0);
    // Labels of the other half alone change nothing.
    let test = ids_of(Part::Test);
    label(&scene, |id, system| {
        let grade = if system == "alpha" { "pass" } else { "fail" };
        (!test.contains(&id.to_owned())).then_some(grade)
    });
    try_it(&scene, &[]).expect(0);
    assert_eq!(complete(&scene.folder), [1, 2]);
}

#[test]
fn the_test_half_is_graded_only_when_asked_and_each_look_is_counted() {
    let scene = scene();
    tried(&scene, &[]);
    let test = ids_of(Part::Test);
    let seen_of_test = || scene.server.seen().iter().filter(|seen| test.contains(&seen.id)).count();
    assert_eq!(seen_of_test(), 0);
    let looked = tried(&scene, &["--test"]);
    assert_eq!(seen_of_test(), 2 * 2 * test.len());
    assert_eq!((&looked["try"]["part"], &looked["try"]["looks"]), (&json!("test"), &json!(1)));
    assert_eq!(looked["diff"], Value::Null, "single responses of the test half are not shown");
    assert_eq!(looked["calibration"]["part"], "test");
    assert_eq!(tried(&scene, &["--test"])["try"]["looks"], 2);
    // The next try is compared with the last one of the dev half.
    rubric(&scene, "1.1.0", "Pass beta.");
    assert_eq!(tried(&scene, &[])["try"]["changes"]["against_try"], 1);
}

#[test]
fn an_incomplete_try_of_grades_is_resumed_by_the_same_command() {
    let scene = scene();
    let said = try_it(&scene, &["--max-requests", "6"]).expect(5);
    assert!(said.stderr.contains("responses still open"), "{}", said.stderr);
    assert_eq!(said.stdout, "", "there are no numbers yet");
    assert_eq!((complete(&scene.folder), history(&scene.folder).len()), (vec![], 1));
    let log = scene.run(&["rubric", "log"]).expect(0);
    assert!(log.stdout.contains("try 1") && log.stdout.contains("not complete"), "{}", log.stdout);
    assert_eq!(tried(&scene, &[])["try"]["try"], 1);
    assert_eq!(scene.server.requests(), 2 * dev_responses(), "nothing is asked twice");
    assert_eq!(complete(&scene.folder), [1]);
}

#[test]
fn a_try_of_grades_that_is_killed_is_resumed_by_the_same_command() {
    let scene = scene();
    scene.settings(&[("gpt", &[("max_in_flight", "4")])]);
    scene.server.now(|seen| by_description(seen).after(100));
    let mut child = command(&scene, &[]);
    let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    scene.server.wait_for(16);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!((complete(&scene.folder), history(&scene.folder).len()), (vec![], 1));
    scene.server.now(by_description);
    let one = tried(&scene, &[])["try"].clone();
    assert_eq!((&one["try"], &one["replies"]), (&json!(1), &json!(2 * dev_responses())));
    assert_eq!((&one["coverage"]["value"], &one["agreement"]["value"]), (&json!(1.0), &json!(0.0)));
    // A kill costs what is in flight, and what was answered within the interval of a commit: no more than one answer for
    // each place, which takes longer than that.
    let most = 2 * dev_responses() + 2 * 4;
    assert!(scene.server.requests() <= most, "{} of {most} requests", scene.server.requests());
}

#[test]
fn failed_responses_are_retried_in_the_same_try() {
    let scene = scene();
    let failing = ids_of(Part::Dev)[0].clone();
    scene.server.now(move |seen| {
        if seen.id == failing && system(seen) == "beta" {
            Answer::error(400, "this content is refused")
        } else {
            by_description(seen)
        }
    });
    let said = try_it(&scene, &[]).expect(0);
    assert!(said.stderr.contains("1 of"), "{}", said.stderr);
    scene.server.now(by_description);
    let again = tried(&scene, &["--retry-failed"]);
    assert_eq!(again["try"]["try"], 1);
    assert_eq!(again["try"]["coverage"]["value"], 1.0);
    // The line of the history is replaced by a later one.
    assert_eq!(complete(&scene.folder), [1, 1]);
    let log = scene.run(&["rubric", "log"]).expect(0);
    assert_eq!(log.stdout.matches("try 1").count(), 1, "{}", log.stdout);
}

#[test]
fn a_jury_is_tried_like_a_judge_that_grades() {
    let scene = scene();
    scene.settings(&[("one", &[]), ("two", &[]), ("three", &[])]);
    let jury = ["--judge", "one", "--judge", "two", "--judge", "three"];
    let one = tried(&scene, &jury);
    assert_eq!(one["try"]["judge"], "jury");
    assert_eq!(one["try"]["replies"], 3 * 2 * dev_responses());
    rubric(&scene, "1.1.0", "Pass beta.");
    assert_eq!(tried(&scene, &jury)["try"]["changes"]["regraded"], dev_responses());
}
