//! Metrics against people's labels.

use serde_json::{Value, json};

use super::{
    document, in_tenths, item, lines, metric, metrics, number, tickets, warning, with_items,
};
use crate::support::Folder;

const FLAGS: [&str; 4] = ["--metric", "exact-match", "--labels", "labels.jsonl"];

fn label(id: &str, annotator: &str, winner: impl Into<Value>) -> Value {
    json!({"id": id, "annotator": annotator, "winner": winner.into()})
}

/// Items of which exact match prefers `a`, `b` or neither.
fn preferring(preferred: &[&str]) -> Folder {
    let texts = |preferred: &str| match preferred {
        "a" => ["right", "wrong"],
        "b" => ["wrong", "right"],
        _ => ["right", "Right."],
    };
    let item_of = |(at, preferred): (usize, &&str)| {
        let [a, b] = texts(preferred);
        item(&format!("t-{at}"), &[("a", a), ("b", b)], "right")
    };
    with_items(&preferred.iter().enumerate().map(item_of).collect::<Vec<_>>())
}

fn with_labels(preferred: &[&str], labels: &[Value]) -> Value {
    let folder = preferring(preferred);
    folder.write("labels.jsonl", &lines(labels));
    document(&folder, &FLAGS)
}

#[track_caller]
fn assert_values(labels: &Value, expected: [(&str, f64); 4]) {
    for (name, expected) in expected {
        let value = number(&labels[name]["value"]);
        assert!((value - expected).abs() < 1e-12, "{name}: {value}, expected {expected}");
    }
}

#[test]
fn agreement_coverage_and_kappa_equal_values_computed_by_hand() {
    let metrics = ["a", "a", "a", "a", "b", "b", "tie", "tie"];
    let people = ["a", "a", "b", "tie", "b", "a", "tie", "tie"];
    let labels: Vec<Value> =
        (0..).zip(people).map(|(at, winner)| label(&format!("t-{at}"), "ana", winner)).collect();
    let found = with_labels(&metrics, &labels);
    let of = &metric(&found, "exact-match")["labels"];
    assert_eq!([&of["n"], &of["ties"]], [8, 2]);
    // Equal in 5 of 8; by chance (4·3 + 2·2 + 2·3)/64; of the 6 that name a winner 3 are right.
    assert_values(
        of,
        [
            ("agreement", 5.0 / 8.0),
            ("coverage", 6.0 / 8.0),
            ("cohen_kappa", 3.0 / 7.0),
            ("decided_agreement", 0.5),
        ],
    );
    assert_eq!([&of["coverage"]["n"], &of["decided_agreement"]["n"]], [8, 6]);
    assert_eq!(
        found["labels"],
        json!({"labelled": 8, "annotators": 1, "ties": 3, "no_majority": 0, "labels_unmatched": 0, "labels_blank": 0})
    );
}

#[test]
fn several_labels_count_by_majority_or_each() {
    let labels = [
        label("t-0", "ana", "a"),
        label("t-0", "ben", "a"),
        label("t-0", "eva", "b"),
        label("t-1", "ana", "a"),
        label("t-1", "ben", "b"),
        label("t-2", "ana", "b"),
        label("t-2", "eva", "b"),
    ];
    let found = with_labels(&["a", "a", "a"], &labels);
    assert_eq!(found["labels"]["annotators"], 3);
    assert_eq!([&found["labels"]["labelled"], &found["labels"]["no_majority"]], [3, 1]);
    let of = &metric(&found, "exact-match")["labels"];
    // With the majority on the first, with one of two on the second, with no annotator on the third.
    assert!((number(&of["agreement"]["value"]) - 0.5).abs() < 1e-12, "{of}");
    assert!((number(&of["decided_agreement"]["value"]) - 0.5).abs() < 1e-12, "{of}");
}

#[test]
fn labels_of_other_items_and_blank_lines_are_counted() {
    let labels = [
        label("t-0", "ana", "a"),
        label("elsewhere", "ana", "a"),
        label("nowhere", "ana", "b"),
        json!({"id": "t-1", "winner": null}),
    ];
    let found = with_labels(&["a", "b"], &labels);
    assert_eq!(
        found["labels"],
        json!({"labelled": 1, "annotators": 1, "ties": 0, "no_majority": 0, "labels_unmatched": 2, "labels_blank": 1})
    );
    assert_eq!(metric(&found, "exact-match")["labels"]["n"], 1);
}

#[test]
fn labels_that_match_nothing_are_refused_with_counts() {
    let folder = preferring(&["a"]);
    let blank = json!({"id": "t-0", "winner": null});
    folder.write("labels.jsonl", &lines(&[label("elsewhere", "ana", "a"), blank]));
    let said = metrics(&folder, &FLAGS).expect(3);
    assert_eq!(said.stdout, "");
    for part in [
        "labels.jsonl: no label matches a comparison in the items",
        "1 label",
        "1 line has no winner yet",
        "hint: ",
    ] {
        assert!(said.stderr.contains(part), "{}", said.stderr);
    }
}

#[test]
fn a_label_for_an_unknown_system_is_refused_with_its_place() {
    let folder = preferring(&["a"]);
    folder.write("labels.jsonl", &lines(&[label("t-0", "ana", "c")]));
    let said = metrics(&folder, &FLAGS).expect(3);
    assert!(said.stderr.contains("labels.jsonl:1: "), "{}", said.stderr);
}

#[test]
fn a_comparison_without_a_score_lowers_coverage_and_not_agreement() {
    let mut items = in_tenths(&[[10, 0], [10, 0], [0, 10]]);
    items[2].as_object_mut().unwrap().remove("reference");
    let folder = with_items(&items);
    let labels = ["t-0", "t-1", "t-2"].map(|id| label(id, "ana", "a"));
    folder.write("labels.jsonl", &lines(&labels));
    let found = document(&folder, &FLAGS);
    let of = &metric(&found, "exact-match")["labels"];
    assert_eq!([&of["n"], &of["ties"]], [2, 0]);
    assert!((number(&of["coverage"]["value"]) - 2.0 / 3.0).abs() < 1e-12, "{of}");
    assert_eq!(of["agreement"]["value"], 1.0);
}

#[test]
fn the_lower_error_rate_is_preferred() {
    let folder = with_items(&in_tenths(&[[9, 3], [8, 2]]));
    folder.write("labels.jsonl", &lines(&["t-0", "t-1"].map(|id| label(id, "ana", "a"))));
    let flags = ["--labels", "labels.jsonl", "--metric", "ter", "--metric", "compression"];
    let found = document(&folder, &flags);
    assert_eq!(metric(&found, "ter")["labels"]["agreement"]["value"], 1.0);
    // What only describes prefers nothing.
    assert_eq!(metric(&found, "compression")["labels"], Value::Null);
}

#[test]
fn a_metric_agrees_with_labels_exactly_as_the_builtin_judge_of_its_name() {
    let items = &tickets(false)[..20];
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/calibration/tickets/labels.jsonl");
    let labels = std::fs::read_to_string(path).unwrap();
    let known = |line: &&str| items.iter().any(|item| line.contains(item["id"].as_str().unwrap()));
    let labels: Vec<&str> = labels.lines().filter(known).collect();
    assert_eq!(labels.len(), 60);
    let folder = with_items(items);
    folder.write("labels.jsonl", &labels.join("\n"));
    for name in ["rouge-l", "ter"] {
        let found = document(&folder, &["--metric", name, "--labels", "labels.jsonl"]);
        let of = &metric(&found, name)["labels"];
        let (run, judge) = (format!("{name}.db"), format!("builtin:{name}"));
        let judged = ["--rubric", "helpfulness", "--judge", &judge, "--run", &run];
        folder.run(&[&["judge", "items.jsonl"], &judged[..]].concat()).expect(0);
        let calibrate = ["calibrate", &run, "--labels", "labels.jsonl", "--format", "json"];
        let said = folder.run(&calibrate).expect(0);
        let calibrated: Value = serde_json::from_str(&said.stdout).unwrap();
        assert_eq!(calibrated["orders"]["n"], 120, "each comparison in both orders");
        for key in ["agreement", "cohen_kappa"] {
            let [one, other] = [of, &calibrated["orders"]].map(|of| number(&of[key]["value"]));
            assert!((one - other).abs() < 1e-12, "{name} {key}: {one} and {other}");
        }
    }
}

#[test]
fn keeping_only_labelled_items_changes_no_result() {
    let preferred = ["a", "b", "tie", "a", "b", "a"];
    let folder = preferring(&preferred);
    // Sampled with probabilities that matter while some comparisons were not sampled.
    let drawn = |id: &str, winner: &str, probability: f64| {
        let mut label = label(id, "ana", winner);
        label["probability"] = json!(probability);
        label
    };
    let labels = [drawn("t-4", "b", 0.5), drawn("t-1", "a", 0.25), drawn("elsewhere", "a", 0.25)];
    folder.write("labels.jsonl", &lines(&labels));
    let found = document(&folder, &FLAGS);
    let mut all = document(&folder, &[&FLAGS[..], &["--per-item"]].concat());
    assert_eq!(all["items"].as_array().unwrap().len(), 12);
    all.as_object_mut().unwrap().remove("items");
    assert_eq!(found, all);
    assert_eq!(found["labels"]["labelled"], 2);
    let agreement = number(&metric(&found, "exact-match")["labels"]["agreement"]["value"]);
    assert!((agreement - 2.0 / (2.0 + 4.0)).abs() < 1e-12, "{agreement}");
}

#[test]
fn problems_with_labels_cause_warnings() {
    let folder = with_items(&[
        item("t-0", &[("a", "{\"x\": 1}"), ("b", "no")], json!({"x": 1})),
        item("t-1", &[("a", "{}"), ("b", "no")], "text"),
        item("t-2", &[("a", "{}"), ("b", "no")], "text"),
    ]);
    let drawn = |id: &str, probability: f64| {
        let mut label = label(id, "ana", "a");
        label["probability"] = json!(probability);
        label["mood"] = json!("good");
        label
    };
    folder.write("labels.jsonl", &lines(&[drawn("t-0", 0.5), drawn("t-1", 0.25)]));
    let flags = ["--metric", "json-fields", "--labels", "labels.jsonl"];
    let found = document(&folder, &flags);
    assert!(warning(&found, "few-labels").unwrap().starts_with("only 2 comparisons are labelled"));
    assert!(warning(&found, "weighted-labels").is_some());
    assert!(warning(&found, "unscored-labels").unwrap().contains("json-fields (1)"));
    let unused = warning(&found, "unused-label-field").unwrap();
    assert!(unused.starts_with("field `mood` of 2 labels is ignored"), "{unused}");
    assert!(warning(&found, "mixed-sampling").is_none());
    folder.write("labels.jsonl", &lines(&[drawn("t-0", 0.5), label("t-1", "ana", "a")]));
    let found = document(&folder, &flags);
    assert!(warning(&found, "weighted-labels").is_none());
    let mixed = warning(&found, "mixed-sampling").unwrap();
    assert!(mixed.starts_with("1 of 2 labelled comparisons have no `probability`"), "{mixed}");
}
