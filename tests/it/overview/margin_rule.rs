//! The margin rule in the report: the document satisfies the published schema, and the page shows both rules.

use serde_json::Value;

use super::document::assert_satisfies_schema;
use crate::support::labelled_run::{RunSpec, rows};

#[test]
fn the_report_has_the_margin_rule_in_every_format() {
    let kinds = [(70, "aaaaa/bbbaa", "a"), (70, "aaabb/bbbbb", "b"), (30, "aaabb/aaabb", "b")];
    let judged = RunSpec::new(rows(&kinds)).judged();
    let report = |flags: &[&str]| {
        let command = ["report", "run.db", "--labels", "labels.jsonl", "--decide", "margin"];
        judged.folder.run(&[&command[..], flags].concat()).expect(0).stdout
    };
    let document: Value = serde_json::from_str(&report(&["--format", "json"])).unwrap();
    assert_satisfies_schema(&document);
    let results = &document["calibration"];
    assert_eq!(results["looks"], 1);
    assert_eq!(results["margin_rule"]["test"]["rules"].as_array().unwrap().len(), 2);
    assert_eq!(results["margin_rule"]["dev"]["threshold"]["threshold"], 0.4);

    let dev: Value = serde_json::from_str(&report(&["--part", "dev", "--format", "json"])).unwrap();
    assert_satisfies_schema(&dev);
    assert!(dev["calibration"]["margin_rule"]["test"].is_null());

    for (format, words) in [
        ("table", "wrong, by the margin"),
        ("markdown", "| by the margin | 0.4 |"),
        ("html", "Verdicts by agreement of both orders, or by their mean"),
    ] {
        let page = report(&["--format", format]);
        assert!(page.contains(words), "{format}: {page}");
    }
}

#[test]
fn a_report_without_a_threshold_satisfies_the_schema() {
    let judged = RunSpec::new(rows(&[(40, "aa/aa", "a")])).judged();
    let command = ["report", "run.db", "--labels", "labels.jsonl", "--decide", "margin"];
    let said = judged.folder.run(&[&command[..], &["--format", "json"]].concat()).expect(0);
    let document: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_satisfies_schema(&document);
    assert_eq!(document["calibration"]["margin_rule"]["dev"]["no_threshold"], "too-few-labels");
}
