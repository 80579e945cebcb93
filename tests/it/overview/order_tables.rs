//! What the two orders of a comparison prefer.

use serde_json::json;

use super::{About, found};
use crate::support::labelled_run::{Row, RunSpec, rows};

#[test]
fn the_table_has_the_order_with_the_first_system_first_in_its_rows() {
    let kinds = [(5, "a/a", ""), (4, "a/t", ""), (3, "a/b", ""), (2, "t/a", ""), (1, "b/a", "")];
    let more = [(6, "t/t", ""), (7, "t/b", ""), (8, "b/t", ""), (9, "b/b", ""), (2, "?/a", "")];
    let judged = RunSpec::new(rows(&[&kinds[..], &more].concat())).judged();
    let found = judged.overview_without_labels();
    let expected = json!([{
        "between": ["alpha", "beta"],
        "counts": [[5, 4, 3], [2, 6, 7], [1, 8, 9]],
        "left_out": 2,
    }]);
    assert_eq!(found["order_tables"], expected);
}

#[test]
fn an_order_is_its_majority_over_repeats() {
    let spec = RunSpec::new(rows(&[(2, "aab/bbb", ""), (1, "abt/aaa", "")]));
    let found = spec.judged().overview_without_labels();
    assert_eq!(found["order_tables"][0]["counts"], json!([[0, 0, 2], [0, 0, 0], [0, 0, 0]]));
    assert_eq!(found["order_tables"][0]["left_out"], 1);
}

#[test]
fn there_is_one_table_for_each_pair_in_the_order_of_the_names() {
    // The pair of beta and gamma is the first in the run.
    let more = ["q1", "q2"].map(|id| Row::new(id, ["alpha", "beta"], "a/a", ""));
    let mut all = vec![Row::new("q0", ["beta", "gamma"], "b/b", "")];
    all.extend(more);
    let found = RunSpec::new(all).judged().overview_without_labels();
    let pairs: Vec<_> =
        found["order_tables"].as_array().unwrap().iter().map(|table| &table["between"]).collect();
    assert_eq!(pairs, [&json!(["alpha", "beta"]), &json!(["beta", "gamma"])]);
    assert_eq!(found["order_tables"][0]["counts"], json!([[2, 0, 0], [0, 0, 0], [0, 0, 0]]));
    let margins = found["margins"].as_array().unwrap();
    assert_eq!(margins.len(), 2);
    assert_eq!(margins[0]["between"], json!(["alpha", "beta"]));
}

#[test]
fn a_jury_has_no_table_and_each_of_its_judges_has_one() {
    let judged = RunSpec::new(rows(&[(3, "a/a b/b a/b", "")])).judged();
    assert_eq!(judged.overview_without_labels()["order_tables"], json!([]));
    let about = About { judge: Some("judge-2"), ..About::default() };
    let found = found(&judged.folder, about);
    assert_eq!(found["judge"], "judge-2");
    assert_eq!(found["order_tables"][0]["counts"][2][2], 3);
}
