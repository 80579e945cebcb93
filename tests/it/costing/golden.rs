//! Pilots of given replies and labels, against an independent recomputation (`tests/oracle/costing.py`).

use serde_json::Value;

use super::{budget, document, number, way};
use crate::stats::{assert_close, cases};
use crate::support::labelled_run::{RunSpec, interval, rows, value};

/// The kinds of a case as rows of a run.
fn pilot(case: &Value) -> RunSpec {
    let leak = |text: &Value| -> &'static str { text.as_str().unwrap().to_owned().leak() };
    let kinds: Vec<(usize, &'static str, &'static str)> = case["kinds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|kind| (kind[0].as_u64().unwrap() as usize, leak(&kind[1]), leak(&kind[2])))
        .collect();
    RunSpec::new(rows(&kinds))
}

/// Compares simulated numbers of 2,000 runs with those of the oracle's 4,000: within five standard errors of the difference.
#[track_caller]
pub(super) fn assert_simulated(way: &Value, expected: &Value) {
    let number_of = |key: &str| expected[key].as_f64().unwrap();
    let error = number_of("standard_error") * 3_f64.sqrt();
    assert_close(number(way, "/comparisons/expected"), number_of("mean"), 5.0 * error.max(0.1));
    let undecided = number_of("undecided");
    let spread = (undecided * (1.0 - undecided)).max(1e-3) * (1.0 / 4000.0 + 1.0 / 2000.0);
    assert_close(value(&way["undecided"]), undecided, 5.0 * spread.sqrt());
    for key in ["low", "high"] {
        let found = way["comparisons"][key].as_f64().unwrap();
        assert_close(found, number_of(key), 0.15 * number_of(key) + 4.0);
    }
}

#[test]
fn widths_sizes_and_decisions_are_those_of_the_oracle() {
    for case in cases("costing") {
        let judged = pilot(&case).judged();
        let name = case["name"].as_str().unwrap();
        let [margin, error] = ["margin", "error"].map(|key| case[key].to_string());
        let items = case["items"].as_u64().unwrap() as usize;
        let has_labels = case["expected"].get("people").is_some();
        let labels: &[&str] = if has_labels { &["--labels", "labels.jsonl"] } else { &[] };
        let flags =
            ["--pilot", "run.db", "--margin", &margin, "--error", &error, "--format", "json"];
        let said = budget(&judged, items, &[&flags[..], labels].concat());
        let found = document(&said);
        let expected = &case["expected"];
        let pilot = &found["judges"][0]["pilot"];
        assert_close(number(pilot, "/pairs/0/deviation"), number(expected, "/deviation"), 1e-12);
        assert_close(value(&pilot["coverage"]), number(expected, "/coverage"), 1e-12);
        let all = way(&found, "all", None, false);
        assert_close(number(all, "/half_width"), number(expected, "/half_width"), 1e-9);
        if let Some(subset) = expected["subset"].as_u64() {
            let found = way(&found, "subset", None, false);
            assert_eq!(found["comparisons"]["expected"], subset as f64, "{name}");
            assert!(number(found, "/half_width") <= case["margin"].as_f64().unwrap() + 1e-9);
        } else {
            assert_eq!(all["needs"], number(expected, "/needed").ceil(), "{name}");
            assert_eq!(all["answers"], "nothing", "{name}");
        }
        assert_simulated(way(&found, "until-decided", None, false), &expected["until_decided"]);
        if has_labels {
            assert_people(&found, &expected["people"], name);
        }
    }
}

fn assert_people(found: &Value, expected: &Value, name: &str) {
    let people = &found["judges"][0]["people"];
    assert_eq!(people["labelled"], expected["labelled"], "{name}");
    let bias = &people["pairs"][0]["bias"];
    assert_close(value(bias), number(expected, "/bias/0"), 1e-12);
    let [low, high] = interval(bias);
    assert_close(low, number(expected, "/bias/1"), 1e-9);
    assert_close(high, number(expected, "/bias/2"), 1e-9);
    assert_close(number(people, "/correlation"), number(expected, "/correlation"), 1e-9);
    assert_close(number(people, "/deviation"), number(expected, "/deviation"), 1e-12);
    let so_far = number(found, "/judges/0/half_width_with_labels");
    assert_close(so_far, number(expected, "/half_width_so_far"), 1e-9);
    let labelled = expected["labelled"].as_u64().unwrap();
    for (kind, key) in [("labels", "labels"), ("labels-alone", "labels_alone")] {
        let found = way(found, kind, None, false);
        let says = if let Some(labels) = expected[key].as_u64() {
            assert_eq!(found["labels"], labels.saturating_sub(labelled), "{name}: {kind}");
            "people"
        } else {
            "nothing"
        };
        assert_eq!(found["answers"], says, "{name}: {kind}");
    }
}
