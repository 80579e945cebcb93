//! Invalid input of `metrics` is refused with a reason and a hint.

use serde_json::json;

use super::{document, in_tenths, item, metrics, with_items};
use crate::support::Folder;

#[test]
fn an_unknown_metric_is_refused_with_a_suggestion() {
    let folder = with_items(&in_tenths(&[[9, 2]]));
    for (name, hint) in [
        ("bleuu", "did you mean `bleu`?"),
        ("Rouge_L", "did you mean `rouge-l`?"),
        ("rougeL", "did you mean `rouge-l`?"),
        ("rougeLsum", "did you mean `rouge-lsum`?"),
        ("exact match", "did you mean `exact-match`?"),
        ("f1", "f1-macro, f1-micro or f1-weighted"),
        ("BERTScore", "did you mean `bertscore`?"),
        ("bert_score", "did you mean `bertscore`?"),
        ("something-else-entirely", "the metrics are: exact-match, "),
    ] {
        let said = metrics(&folder, &["--metric", name]).expect(2);
        assert_eq!(said.stdout, "");
        assert!(said.stderr.contains(&format!("there is no metric `{name}`")), "{}", said.stderr);
        let told = said.stderr.split_once("hint: ").unwrap().1;
        assert!(told.contains(hint), "{name}: {told}");
    }
}

#[test]
fn every_listed_metric_can_be_selected() {
    let folder = with_items(&in_tenths(&[[9, 2], [8, 4]]));
    let said = metrics(&folder, &["--metric", "something-else-entirely"]).expect(2);
    let names = said.stderr.split_once("the metrics are: ").unwrap().1.trim();
    // These need a schema, objects, or an encoder.
    let needs_more = |name: &str| {
        ["json-schema", "json-fields"].contains(&name) || name.starts_with("bertscore")
    };
    let names: Vec<&str> = names.split(", ").filter(|name| !needs_more(name)).collect();
    assert!(names.len() > 20, "{names:?}");
    let flags: Vec<&str> = names.iter().flat_map(|name| ["--metric", name]).collect();
    let found = document(&folder, &flags);
    let found: Vec<&str> = found["metrics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|metric| metric["metric"].as_str().unwrap())
        .collect();
    assert_eq!(found, names);
}

#[test]
fn a_repeated_metric_flag_counts_once() {
    let folder = with_items(&in_tenths(&[[9, 2], [8, 4]]));
    let once = metrics(&folder, &["--metric", "rouge-1"]).expect(0).stdout;
    let twice = metrics(&folder, &["--metric", "rouge-1", "--metric", "rouge-1"]).expect(0).stdout;
    assert_eq!(once, twice);
}

#[test]
fn items_without_any_reference_are_refused_with_a_hint() {
    let item = json!({"id": "1", "prompt": "?", "responses": {"a": "x", "b": "y"}});
    let folder = with_items(&[item]);
    for flags in
        [&[][..], &["--metric", "rouge-l"], &["--metric", "compression", "--metric", "ter"]]
    {
        let said = metrics(&folder, flags).expect(3);
        assert_eq!(said.stdout, "");
        assert!(said.stderr.contains("items.jsonl: no item has a reference"), "{}", said.stderr);
        for part in ["hint: add \"reference\"", "--metric json-valid", "--command"] {
            assert!(said.stderr.contains(part), "{}", said.stderr);
        }
    }
    metrics(&folder, &["--metric", "compression"]).expect(0);
}

#[test]
fn missing_and_empty_files_are_named() {
    let folder = Folder::new();
    let said = metrics(&folder, &[]).expect(3);
    assert!(said.stderr.contains("items.jsonl: "), "{}", said.stderr);
    folder.write("items.jsonl", "\n");
    let said = metrics(&folder, &[]).expect(3);
    assert!(said.stderr.contains("items.jsonl: the file has no items"), "{}", said.stderr);
    let folder = with_items(&[item("1", &[("a", "x"), ("b", "y")], "x")]);
    let said = metrics(&folder, &["--labels", "nowhere.jsonl"]).expect(3);
    assert!(said.stderr.contains("nowhere.jsonl: "), "{}", said.stderr);
}

#[test]
fn an_invalid_item_is_named_with_its_line() {
    let folder = Folder::new();
    let good = item("1", &[("a", "x")], "x");
    folder.write(
        "items.jsonl",
        &format!("{good}\n{}\n", r#"{"id":"2","prompt":"?","responses":{}}"#),
    );
    let said = metrics(&folder, &[]).expect(3);
    assert!(said.stderr.contains("items.jsonl:2: "), "{}", said.stderr);
    folder.write("items.jsonl", &format!("{good}\n{good}\n"));
    let said = metrics(&folder, &[]).expect(3);
    assert!(said.stderr.contains("items.jsonl:2: "), "{}", said.stderr);
}

#[cfg(not(feature = "local"))]
#[test]
fn bertscore_in_a_build_without_encoders_says_how_to_install_one_that_has() {
    let folder = with_items(&[item("a", &[("x", "one"), ("y", "two")], "one")]);
    for flags in [&["--metric", "bertscore"][..], &["--metric", "bertscore", "--encoder", "x"]] {
        let said = metrics(&folder, flags).expect(2);
        assert!(
            said.stderr.contains("cargo install --locked --path . --features local"),
            "{}",
            said.stderr
        );
    }
}
