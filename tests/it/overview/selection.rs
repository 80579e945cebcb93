//! An overview of a part of a run.

use evenhand::calibration::Part;
use evenhand::store::{RowSet, RunFile};
use serde_json::{Value, json};

use super::{About, WITH_LABELS, WITHOUT_LABELS, document_of, found, overview_of, overview_of_run};
use crate::support::labelled_run::{RunSpec, rows};

fn spec() -> RunSpec {
    RunSpec::new(rows(&[(40, "b/b", "b"), (30, "a/b", "a"), (20, "t/t", "t")]))
}

#[test]
fn a_part_restricts_every_number() {
    let judged = spec().judged();
    let of = |part| found(&judged.folder, About { part, ..WITH_LABELS });
    let [all, dev, test] = [None, Some(Part::Dev), Some(Part::Test)].map(of);
    let planned = |found: &Value| {
        let counts = [
            &found["run"]["comparisons"],
            &found["summary"]["judges"][0]["planned"],
            &found["calibration"]["planned"],
        ];
        assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
        let table = &found["order_tables"][0];
        let counted: u64 = table["counts"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|row| row.as_array().unwrap())
            .map(|n| n.as_u64().unwrap())
            .sum();
        assert_eq!(counted, counts[0].as_u64().unwrap());
        assert_eq!(found["requests"]["replies"], 2 * counted);
        let similar: u64 = found["closeness"][0]["bands"]
            .as_array()
            .unwrap()
            .iter()
            .map(|band| band["comparisons"].as_u64().unwrap())
            .sum();
        assert_eq!(similar, counted);
        counted
    };
    assert_eq!(planned(&all), 90);
    assert_eq!(planned(&dev) + planned(&test), 90);
    assert!(planned(&dev) > 20 && planned(&test) > 20);
    assert_eq!(
        [&all["run"]["part"], &dev["run"]["part"], &test["run"]["part"]],
        [&Value::Null, &json!("dev"), &json!("test")]
    );
    assert_eq!(dev["calibration"]["labels_unmatched"], 0);
}

#[test]
fn a_look_at_the_test_part_is_in_the_checklist_and_among_the_warnings() {
    let judged = spec().judged();
    let mut overview = overview_of(&judged.folder, About { part: Some(Part::Test), ..WITH_LABELS });
    let state = |found: &Value| {
        let entries = found["checklist"].as_array().unwrap();
        entries.iter().find(|entry| entry["code"] == "test-part").unwrap()["state"].clone()
    };
    overview.record_test_look(1);
    assert_eq!(state(&document_of(&overview)), "done");
    overview.record_test_look(3);
    let found = document_of(&overview);
    assert_eq!((state(&found), &found["calibration"]["looks"]), (json!("partly"), &json!(3)));
    let warnings = found["warnings"].as_array().unwrap();
    assert!(warnings.iter().any(|warning| warning["code"] == "repeated-look"), "{warnings:?}");
}

#[test]
fn comparisons_that_were_selected_before_are_those_of_the_overview() {
    let judged = spec().judged();
    let mut run = RunFile::open(&judged.folder.path().join("run.db")).unwrap();
    let rows = run.rows_where(|comparison| comparison.id.as_str() < "q040").unwrap();
    run.select(rows);
    let found = document_of(&overview_of_run(&mut run, &judged.folder, WITHOUT_LABELS));
    assert_eq!([&found["run"]["comparisons"], &found["run"]["items"]], [40, 40]);
    assert_eq!(found["summary"]["judges"][0]["outcomes"]["kept"], 40);
    assert_eq!(found["order_tables"][0]["counts"], json!([[0, 0, 0], [0, 0, 0], [0, 0, 40]]));
    assert_eq!([&found["requests"]["replies"], &found["requests"]["attempts"]], [80, 80]);
}

#[test]
fn an_empty_selection_has_no_numbers() {
    let judged = spec().judged();
    let mut run = RunFile::open(&judged.folder.path().join("run.db")).unwrap();
    run.select(RowSet::default());
    let found = document_of(&overview_of_run(&mut run, &judged.folder, WITHOUT_LABELS));
    assert_eq!([&found["run"]["comparisons"], &found["run"]["items"]], [0, 0]);
    for list in ["margins", "order_tables", "criteria", "closeness", "tags", "headline"] {
        assert_eq!(found[list], json!([]), "{list}");
    }
    assert_eq!(found["lengths"]["judge"]["n"], 0);
}

#[test]
fn the_headline_is_about_the_judge_that_was_named() {
    let judged = RunSpec::new(rows(&[(8, "a/a b/b b/b", "")])).judged();
    let of = |judge| {
        let found = found(&judged.folder, About { judge, ..WITHOUT_LABELS });
        let headline = found["headline"].as_array().unwrap();
        headline.iter().map(|sentence| sentence.as_str().unwrap()).collect::<Vec<_>>().join(" ")
    };
    assert!(of(None).starts_with("The jury prefers beta"), "{}", of(None));
    let first = of(Some("judge-1"));
    assert!(first.starts_with("judge-1 prefers beta to alpha in 0.0 %"), "{first}");
}
