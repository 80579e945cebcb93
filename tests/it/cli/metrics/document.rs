//! The JSON document, whose keys are a contract.

use serde_json::{Value, json};

use super::{
    document, in_tenths, item, metric, number, of_items, pair, score, warning, with_items,
};

/// The keys of an object, in order.
fn keys(value: &Value) -> Vec<&str> {
    let object = value.as_object().unwrap_or_else(|| panic!("no object: {value}"));
    object.keys().map(String::as_str).collect()
}

fn assert_estimate(value: &Value) {
    assert_eq!(keys(value), ["value", "low", "high", "n"]);
    assert!(value["n"].is_u64());
    for key in ["value", "low", "high"] {
        assert!(value[key].is_f64() || value[key].is_null(), "{key}: {value}");
    }
}

fn some_items() -> Vec<Value> {
    let mut items = in_tenths(&[[9, 2], [8, 3], [7, 3], [9, 5]]);
    for (number, item) in items.iter_mut().enumerate() {
        item["tags"] = json!({"half": if number < 2 { "first" } else { "second" }});
    }
    items
}

#[test]
fn json_has_the_documented_keys() {
    let folder = with_items(&some_items());
    folder.write("labels.jsonl", "{\"id\":\"t-0\",\"annotator\":\"ana\",\"winner\":\"a\"}\n");
    let flags = ["--labels", "labels.jsonl", "--metric", "rouge-l", "--metric", "f1-macro"];
    let found = document(&folder, &[&flags[..], &["--per-item"]].concat());
    assert_eq!(
        keys(&found),
        ["metrics", "slices", "classes", "fields", "labels", "grades", "items", "warnings"]
    );
    for metric in found["metrics"].as_array().unwrap() {
        assert_eq!(
            keys(metric),
            ["metric", "signature", "better", "systems", "pairs", "best", "labels", "grades"]
        );
        for system in metric["systems"].as_array().unwrap() {
            assert_eq!(keys(system), ["system", "score"]);
            assert_estimate(&system["score"]);
        }
        for pair in metric["pairs"].as_array().unwrap() {
            assert_eq!(keys(pair), ["between", "difference", "p_value", "p_adjusted"]);
            assert_estimate(&pair["difference"]);
        }
    }
    let labels = &metric(&found, "rouge-l")["labels"];
    assert_eq!(
        keys(labels),
        ["metric", "n", "ties", "coverage", "agreement", "cohen_kappa", "decided_agreement"]
    );
    for key in ["coverage", "agreement", "cohen_kappa", "decided_agreement"] {
        assert_estimate(&labels[key]);
    }
    // Precision, recall and F1 of classes are of no single response, so they prefer none.
    assert_eq!(metric(&found, "f1-macro")["labels"], Value::Null);
    assert_eq!(
        keys(&found["labels"]),
        ["labelled", "annotators", "ties", "no_majority", "labels_unmatched", "labels_blank"]
    );
    assert_eq!(keys(&found["slices"][0]), ["tag", "value", "metric", "systems", "pairs"]);
    assert_eq!(keys(&found["classes"][0]), ["system", "classes", "confusion", "elsewhere"]);
    assert_eq!(
        keys(&found["classes"][0]["classes"][0]),
        ["class", "precision", "recall", "f1", "n"]
    );
    assert_eq!(keys(&found["items"][0]), ["id", "system", "metric", "value"]);
    assert_eq!(keys(&found["warnings"][0]), ["code", "message"]);
}

#[test]
fn json_has_the_documented_keys_about_grades() {
    let folder = with_items(&some_items());
    folder.write(
        "grades.jsonl",
        "{\"id\":\"t-0\",\"annotator\":\"ana\",\"system\":\"a\",\"grade\":\"pass\"}\n",
    );
    let found = document(&folder, &["--labels", "grades.jsonl", "--metric", "rouge-l"]);
    assert_eq!(
        keys(&found["grades"]),
        [
            "labelled",
            "annotators",
            "scale",
            "passes",
            "cannot_assess",
            "labels_unmatched",
            "labels_blank"
        ]
    );
    assert_eq!(keys(&found["grades"]["scale"]), ["steps", "pass_from", "cannot_assess"]);
    assert_eq!(keys(&found["grades"]["passes"]), ["passed", "failed", "no_majority"]);
    let grades = &metric(&found, "rouge-l")["grades"];
    assert_eq!(
        keys(grades),
        ["metric", "describes", "n", "auroc", "spearman", "kendall", "within_items"]
    );
    for key in ["auroc", "spearman", "kendall", "within_items"] {
        assert_estimate(&grades[key]);
    }
    assert_eq!([&found["labels"], &metric(&found, "rouge-l")["labels"]], [&Value::Null; 2]);
}

#[test]
fn blocks_that_do_not_apply_are_empty_or_null_and_items_are_absent() {
    let found = of_items(&in_tenths(&[[9, 2], [8, 3]]), &["--metric", "rouge-1"]);
    assert_eq!(
        keys(&found),
        ["metrics", "slices", "classes", "fields", "labels", "grades", "warnings"]
    );
    for block in ["slices", "classes", "fields"] {
        assert_eq!(found[block], json!([]));
    }
    for block in ["labels", "grades"] {
        assert_eq!(found[block], Value::Null);
        assert_eq!(metric(&found, "rouge-1")[block], Value::Null);
    }
}

#[test]
fn metrics_are_in_the_given_order_and_systems_in_byte_order() {
    let items = [item("1", &[("b", "x y"), ("B", "x"), ("a", "y")], "x y")];
    let found =
        of_items(&items, &["--metric", "ter", "--metric", "bleu", "--metric", "compression"]);
    let names: Vec<&Value> =
        found["metrics"].as_array().unwrap().iter().map(|metric| &metric["metric"]).collect();
    assert_eq!(names, ["ter", "bleu", "compression"]);
    let ways: Vec<&Value> =
        found["metrics"].as_array().unwrap().iter().map(|metric| &metric["better"]).collect();
    assert_eq!(ways, [&json!("lower"), &json!("higher"), &Value::Null]);
    let systems: Vec<&Value> = found["metrics"][0]["systems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|system| &system["system"])
        .collect();
    assert_eq!(systems, ["B", "a", "b"]);
    let pairs: Vec<&Value> = found["metrics"][0]["pairs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pair| &pair["between"])
        .collect();
    assert_eq!(pairs, [&json!(["B", "a"]), &json!(["B", "b"]), &json!(["a", "b"])]);
}

#[test]
fn a_difference_is_the_first_system_minus_the_second() {
    let found = of_items(&in_tenths(&[[9, 2], [8, 3], [7, 3]]), &["--metric", "rouge-1"]);
    let metric = metric(&found, "rouge-1");
    let [a, b] = ["a", "b"].map(|system| number(&score(metric, system)["value"]));
    assert!((a - 0.8).abs() < 1e-12 && (b - 0.8 / 3.0).abs() < 1e-12, "{a} {b}");
    let difference = &pair(metric, ["a", "b"])["difference"];
    assert!((number(&difference["value"]) - (a - b)).abs() < 1e-12);
    assert!(number(&difference["low"]) > 0.0 && number(&difference["high"]) < 1.0);
}

#[test]
fn every_response_has_its_own_scores_item_by_item() {
    let items = [
        item("2", &[("b", "x y"), ("a", "x z")], "x y"),
        json!({"id": "1", "prompt": "?", "responses": {"a": "x", "b": "y"}}),
        item("3", &[("a", "q")], "q"),
    ];
    let flags = ["--metric", "exact-match", "--metric", "distinct-1", "--metric", "bleu"];
    let found = of_items(&items, &[&flags[..], &["--per-item"]].concat());
    let rows: Vec<String> = found["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let value = row["value"].as_f64().map(|value| format!("{value:.9}"));
            let value = value.unwrap_or_else(|| row["value"].to_string());
            format!("{} {} {} {value}", row["id"], row["system"], row["metric"]).replace('"', "")
        })
        .collect();
    assert_eq!(
        rows,
        [
            "2 a exact-match 0.000000000",
            "2 a distinct-1 1.000000000",
            // Of a single response as sacrebleu's `sentence_score`: 100·exp((ln ½ + ln ½)/2).
            "2 a bleu 50.000000000",
            "2 b exact-match 1.000000000",
            "2 b distinct-1 1.000000000",
            "2 b bleu 100.000000000",
            // Without a reference.
            "1 a exact-match null",
            "1 a distinct-1 1.000000000",
            "1 a bleu null",
            "1 b exact-match null",
            "1 b distinct-1 1.000000000",
            "1 b bleu null",
            "3 a exact-match 1.000000000",
            "3 a distinct-1 1.000000000",
            "3 a bleu 100.000000000",
        ]
    );
}

#[test]
fn class_averages_have_no_response_scores_and_a_warning() {
    let folder = with_items(&in_tenths(&[[9, 2], [8, 3]]));
    folder.write("labels.jsonl", "{\"id\":\"t-0\",\"annotator\":\"ana\",\"winner\":\"a\"}\n");
    let classes = ["--metric", "f1-macro", "--metric", "accuracy", "--metric", "recall-micro"];
    let said = |more: &[&str]| {
        let found = document(&folder, &[&classes[..], more].concat());
        warning(&found, "no-response-score").map(ToOwned::to_owned)
    };
    let are = "f1-macro and recall-micro are averages over classes, so that single responses have no score";
    let labels = ["--labels", "labels.jsonl"];
    assert_eq!(said(&[]), None);
    assert_eq!(said(&["--per-item"]), Some(format!("{are} to list")));
    assert_eq!(said(&labels), Some(format!("{are} to compare with labels")));
    assert_eq!(
        said(&[&labels[..], &["--per-item"]].concat()),
        Some(format!("{are} to list or to compare with labels"))
    );
    let found = document(&folder, &["--metric", "f1-macro", "--per-item"]);
    assert_eq!(found["items"], json!([]));
    let said = warning(&found, "no-response-score").unwrap();
    assert!(
        said.starts_with(
            "f1-macro is an average over classes, so that single responses have no score "
        ),
        "{said}"
    );
    assert_eq!(
        warning(&document(&folder, &["--metric", "accuracy", "--per-item"]), "no-response-score"),
        None
    );
}
