//! Agreement with people before and after.

use serde_json::{Value, json};

use super::both;
use crate::stats::cases as golden_cases;
use crate::support::labelled_run::{JudgedRun, interval, value};

const KINDS: [(usize, &str, &str, &str); 6] = [
    (20, "a/a", "a/a", "a"),
    (9, "b/b", "b/b", "aab"),
    (12, "a/b", "b/b", "b"),
    (6, "b/b", "a/b", "b"),
    (5, "?/a", "a/a", "aba"),
    (4, "t/a", "b/b", "ab"),
];

#[test]
fn both_runs_have_the_numbers_that_calibrate_gives_them() {
    let runs = both(&KINDS);
    let found = runs.labelled();
    let of = |run: &JudgedRun| run.found(&[]);
    for (side, run) in [("before", of(&runs.before)), ("after", of(&runs.after))] {
        assert_eq!(found["agreement"][side], run["orders"]["agreement"], "{side}");
        assert_eq!(found["kappa"][side], run["orders"]["cohen_kappa"], "{side}");
        assert_eq!(found["coverage"][side], run["coverage"], "{side}");
        assert_eq!(found["win_rates"][0][side], run["win_rates"][0]["order_averaged"], "{side}");
    }
    for block in [&found["agreement"], &found["kappa"], &found["coverage"], &found["win_rates"][0]]
    {
        let [before, after, difference] =
            ["before", "after", "difference"].map(|name| value(&block[name]));
        assert!((after - before - difference).abs() < 1e-12, "{block}");
        let [low, high] = interval(&block["difference"]);
        assert!(low <= difference && difference <= high, "{block}");
    }
    let agreement = &found["agreement"];
    assert_eq!([&agreement["labelled"], &agreement["no_majority"]], [56, 4]);
    assert_eq!([&agreement["annotators"], &agreement["labels_unmatched"]], [3, 0]);
}

#[test]
fn the_interval_is_that_of_the_mean_difference_of_an_item() {
    // Of 10 items, 3 gain half a point each, 1 loses a whole one.
    let runs = both(&[(3, "a/b", "a/a", "a"), (1, "a/a", "b/b", "a"), (6, "a/a", "a/a", "a")]);
    let found = runs.labelled();
    let differences = [0.5, 0.5, 0.5, -1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    let mean: f64 = differences.iter().sum::<f64>() / 10.0;
    let variance = differences.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / 9.0;
    // The 97.5 % quantile of Student's t with 9 degrees of freedom.
    let half = 2.262_157_162_740_992 * (variance / 10.0).sqrt();
    let [low, high] = interval(&found["agreement"]["difference"]);
    assert!((low - (mean - half)).abs() < 1e-9 && (high - (mean + half)).abs() < 1e-9);
}

#[test]
fn mcnemar_counts_right_verdicts_and_is_that_of_statsmodels() {
    // What was not kept is wrong, and what has no majority has no right verdict.
    let found = both(&[
        (50, "a/a", "a/a", "a"),
        (5, "a/a", "a/b", "a"),
        (4, "a/a", "b/b", "a"),
        (2, "a/t", "b/b", "b"),
        (30, "a/b", "t/b", "b"),
        (9, "a/a", "b/b", "ba-"),
        (9, "b/b", "b/b", "a"),
    ])
    .labelled();
    let correct = &found["agreement"]["correct"];
    assert_eq!(*correct, json!({ "both": 50, "only_before": 9, "only_after": 2, "neither": 39 }));
    let golden = golden_cases("mcnemar_paired");
    let case = golden.iter().find(|case| {
        case["input"]["table_judge1_right_wrong_by_judge2"] == json!([[50, 9], [2, 39]])
    });
    let expected = case.unwrap()["expected"]["midp"].as_f64().unwrap();
    let found = found["agreement"]["mcnemar_mid_p"].as_f64().unwrap();
    assert!((found - expected).abs() < 1e-9, "{found}, {expected}");
}

#[test]
fn without_labels_nothing_is_said_of_people() {
    let found = both(&KINDS).found(&[]);
    for key in ["agreement", "kappa", "noise", "part", "looks"] {
        assert_eq!(found.get(key), Some(&Value::Null), "{key}");
    }
}

#[test]
fn labels_of_other_comparisons_are_counted_and_labels_of_none_are_an_error() {
    let runs = both(&[(4, "a/a", "b/b", "a")]);
    let labels = runs.before.folder.path().join("labels.jsonl");
    let text = std::fs::read_to_string(labels).unwrap();
    let other = "{\"id\":\"q9\",\"annotator\":\"ana\",\"winner\":\"alpha\"}\n";
    runs.before.label(&format!("{text}{other}"));
    let found = runs.labelled();
    assert_eq!(found["agreement"]["labels_unmatched"], 1);
    assert!(super::codes(&found).contains(&"labels-unmatched"));
    assert!(super::codes(&found).contains(&"few-labels"));
    runs.before.label(other);
    let said = runs.diff(&["--labels", "labels.jsonl"]).expect(3);
    assert!(said.stderr.contains("no label matches a comparison"), "{}", said.stderr);
}

#[test]
fn labels_can_come_from_stdin() {
    use std::io::Write as _;
    let runs = both(&[(4, "a/a", "b/b", "a")]);
    let text = std::fs::read(runs.before.folder.path().join("labels.jsonl")).unwrap();
    let after = runs.after.folder.path().join("run.db");
    let flags = ["diff", "run.db", after.to_str().unwrap(), "--labels", "-", "--format", "json"];
    let mut command = runs.before.folder.command(&flags);
    let piped = std::process::Stdio::piped;
    let mut child = command.stdin(piped()).stdout(piped()).stderr(piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&text).unwrap();
    let said = crate::support::CommandOutput::of(&child.wait_with_output().unwrap()).expect(0);
    let found: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(found["agreement"]["labelled"], 4);
    assert_eq!(found["cases"][0]["labels"][0]["winner"], "alpha");
}

#[test]
fn a_look_at_the_test_part_is_counted_and_the_parts_add_up() {
    let runs = both(&[(40, "a/a", "b/b", "a")]);
    let part = |part: &str| runs.found(&["--labels", "labels.jsonl", "--part", part]);
    let dev = part("dev");
    let comparisons = |found: &Value| found["comparisons"].as_u64().unwrap();
    assert!(dev["looks"].is_null());
    let test = part("test");
    assert_eq!([&test["looks"], &test["part"]], [&json!(1), &json!("test")]);
    assert_eq!(comparisons(&dev) + comparisons(&test), 40);
    assert_eq!(dev["agreement"]["labelled"], dev["comparisons"]);
    assert_eq!(dev["agreement"]["labels_unmatched"], 0);
    let again = part("test");
    assert_eq!(again["looks"], 2);
    assert!(super::codes(&again).contains(&"repeated-look"));
    // calibrate counts on.
    let said = runs.before.calibrate(&["--part", "test", "--format", "json"]).expect(0);
    let calibrated: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(calibrated["looks"], 3);
    // Without labels nothing is learnt about the test part.
    assert!(runs.found(&["--part", "test"])["looks"].is_null());
}
