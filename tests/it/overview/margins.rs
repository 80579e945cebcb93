//! How many verdicts would have to change to change the winner.

use serde_json::{Value, json};

use crate::support::labelled_run::{RunSpec, rows};

fn margins(kinds: &[(usize, &'static str, &'static str)]) -> Value {
    RunSpec::new(rows(kinds)).judged().overview_without_labels()["margins"].take()
}

#[test]
fn the_margin_counts_the_fewest_reversals_that_leave_no_winner() {
    // Beta wins 9, loses 2, ties 1; five flips are worth ½ each and do not matter to the sum. Ahead by 7 wins.
    let mut found = margins(&[(9, "b/b", ""), (2, "a/a", ""), (1, "t/t", ""), (5, "a/b", "")]);
    let bounds = found[0]["bounds"].take();
    let expected = json!([{
        "between": ["alpha", "beta"],
        "system": "beta",
        "order_averaged": { "reversals": 4, "of": 17 },
        "kept": { "reversals": 4, "of": 12 },
        // One half of 17 are 8.5; the 9 wins and the tie are more already.
        "dropped": { "comparisons": 5, "tipping_share": null },
        "comparisons": 17,
        "bounds": null,
    }]);
    assert_eq!(found, expected);
    // The tie is half a win; all five flips go to alpha, or to beta.
    assert_eq!(bounds["low"], json!(9.5 / 17.0));
    assert_eq!(bounds["high"], json!(14.5 / 17.0));
}

#[test]
fn a_split_counts_a_quarter_and_an_unreadable_order_a_half() {
    // Scores of beta: 3 × 1, 4 × ¾ (tie and beta), 1 × ¼ (alpha and unreadable): wins minus losses are 3 + 4·½ − ½.
    // A reversed win takes 2 of these 4.5 away, so it takes three.
    let found = margins(&[(3, "b/b", ""), (4, "t/b", ""), (1, "a/?", "")]);
    assert_eq!(found[0]["order_averaged"], json!({ "reversals": 3, "of": 8 }));
    assert_eq!(found[0]["kept"], json!({ "reversals": 2, "of": 3 }));
    // ½ of 8 are 4: one more win among the five that were dropped.
    assert_eq!(found[0]["dropped"], json!({ "comparisons": 5, "tipping_share": 0.2 }));
}

#[test]
fn without_a_leader_there_is_nothing_to_reverse() {
    let found = margins(&[(3, "b/b", ""), (3, "a/a", "")]);
    assert_eq!(found[0]["order_averaged"], json!({ "reversals": 0, "of": 6 }));
    assert_eq!(found[0]["kept"], json!({ "reversals": 0, "of": 6 }));
    assert_eq!(found[0]["dropped"], Value::Null);
}

#[test]
fn the_margin_is_undefined_where_nothing_is_readable_or_kept() {
    let mut spec = RunSpec::new(rows(&[(4, "?/?", "")]));
    spec.code = 4;
    let found = spec.judged().overview_without_labels();
    assert_eq!(found["margins"][0]["order_averaged"], Value::Null);
    assert_eq!(found["margins"][0]["kept"], Value::Null);
    assert_eq!(found["margins"][0]["dropped"], json!({ "comparisons": 4, "tipping_share": 0.5 }));
}

#[test]
fn a_jury_has_a_margin_of_kept_verdicts_only() {
    let found = margins(&[(3, "b/b b/b a/b", ""), (1, "a/a a/a b/b", ""), (2, "a/b a/a b/b", "")]);
    assert_eq!(found[0]["order_averaged"], Value::Null);
    assert_eq!(found[0]["kept"], json!({ "reversals": 1, "of": 4 }));
    assert_eq!(found[0]["dropped"], json!({ "comparisons": 2, "tipping_share": 0.0 }));
}
