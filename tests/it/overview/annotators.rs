//! The judge and the other annotators beside each annotator.

use serde_json::json;

use super::{WITH_LABELS, WITHOUT_LABELS, assert_estimate, overview_of};
use crate::support::labelled_run::{RunSpec, rows};

#[test]
fn the_judge_and_the_others_are_compared_with_each_annotator() {
    let kinds =
        [(6, "a/a", "aa"), (2, "a/b", "bb"), (3, "a/b", "aab"), (1, "b/b", "ab"), (4, "a/a", "a")];
    let found = RunSpec::new(rows(&kinds)).judged().overview();
    let [first, second, third] = found["annotators"].as_array().unwrap().as_slice() else {
        panic!("{found}")
    };
    // The one with the most labels comes first.
    assert_eq!([&first["labelled"], &second["labelled"], &third["labelled"]], [16, 12, 3]);
    // Both replies to six comparisons, one of two to five, none to one, both to four.
    assert_estimate(&first["judge"], (12.0 + 2.0 + 3.0 + 8.0) / 32.0, 32);
    assert_estimate(&second["judge"], (12.0 + 2.0 + 3.0 + 2.0) / 24.0, 24);
    assert_estimate(&third["judge"], 3.0 / 6.0, 6);
    // Where the two others differ, one half of them agrees.
    assert_estimate(&first["others"], (6.0 + 2.0 + 1.5) / 12.0, 12);
    assert_estimate(&second["others"], (6.0 + 2.0 + 1.5) / 12.0, 12);
    assert_estimate(&third["others"], 0.0, 3);
    assert_eq!(found["annotators_left_out"], 0);
}

#[test]
fn a_single_annotator_has_no_others_and_without_labels_there_is_none() {
    let judged = RunSpec::new(rows(&[(4, "a/a", "a")])).judged();
    let found = judged.overview();
    assert_eq!(found["annotators"].as_array().unwrap().len(), 1);
    assert_estimate(&found["annotators"][0]["judge"], 1.0, 8);
    assert_eq!(found["annotators"][0]["others"], json!(null));
    assert_eq!(judged.overview_without_labels()["annotators"], json!([]));
}

#[test]
fn redacted_annotators_have_numbers() {
    let judged = RunSpec::new(rows(&[(4, "a/a", "ab")])).judged();
    let mut overview = overview_of(&judged.folder, WITH_LABELS);
    let _redaction = overview.redact();
    let names: Vec<&str> =
        overview.annotators.iter().map(|report| report.annotator.as_str()).collect();
    assert_eq!(names, ["annotator 1", "annotator 2"]);
    let without = overview_of(&judged.folder, WITHOUT_LABELS);
    assert!(without.annotators.is_empty());
}
