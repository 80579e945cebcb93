//! The numbers by tag of the items.

use serde_json::{Value, json};

use super::assert_estimate;
use crate::support::labelled_run::{Row, RunSpec, rows};

/// Rows of so many comparisons of each kind, with the value of the tag `kind`.
fn tagged(kinds: &[(usize, &'static str, &'static str, &str)]) -> Vec<Row> {
    let counts: Vec<(usize, &'static str, &'static str)> =
        kinds.iter().map(|(n, replies, labels, _)| (*n, *replies, *labels)).collect();
    let values = kinds.iter().flat_map(|(n, _, _, value)| std::iter::repeat_n(*value, *n));
    let with_tag = |(row, value): (Row, &str)| Row {
        tag: (!value.is_empty()).then(|| value.to_owned()),
        ..row
    };
    rows(&counts).into_iter().zip(values).map(with_tag).collect()
}

#[test]
fn each_value_has_the_numbers_of_its_comparisons() {
    let spec = RunSpec::new(tagged(&[
        (4, "b/b", "b", "easy"),
        (1, "a/a", "b", "easy"),
        (2, "a/b", "a", "hard"),
        (2, "t/b", "b", "hard"),
        (1, "?/b", "b", "hard"),
        (1, "a/a", "", "hard"),
        (3, "a/a", "a", ""),
    ]));
    let found = spec.judged().overview();
    let tags = found["tags"].as_array().unwrap();
    let [hard, easy] = tags.as_slice() else { panic!("{tags:?}") };
    // Six comparisons before five.
    assert_eq!([&hard["tag"], &hard["value"], &easy["value"]], ["kind", "hard", "easy"]);
    assert_eq!([&hard["planned"], &easy["planned"]], [6, 5]);
    let outcomes =
        json!({ "kept": 1, "flipped": 2, "split": 2, "unparsed": 1, "failed": 0, "pending": 0 });
    assert_eq!(hard["outcomes"], outcomes);
    assert_estimate(&hard["coverage"], 1.0 / 6.0, 6);
    assert_estimate(&hard["consistency"], 1.0 / 5.0, 5);
    let rate = &hard["win_rates"][0];
    assert_eq!(
        [&rate["system"], &rate["wins"], &rate["ties"]],
        [&json!("beta"), &json!(0), &json!(0)]
    );
    // Two flips of ½, two splits of ¾, one of ½ and 1, one lost.
    assert_estimate(&rate["order_averaged"], (1.0 + 1.5 + 0.75) / 6.0, 6);
    assert_estimate(&rate["kept"], 0.0, 1);
    // Of ten labelled replies: one each of the flips, one each of the splits, one of the last.
    assert_estimate(&hard["agreement"], 5.0 / 10.0, 10);
    assert_estimate(&easy["agreement"], 8.0 / 10.0, 10);
    assert_estimate(&easy["win_rates"][0]["kept"], 4.0 / 5.0, 5);
    assert_eq!(found["tags_left_out"], 0);
    // The same numbers as those of the calibration, where that has them too.
    for slice in found["calibration"]["slices"].as_array().unwrap() {
        let tag = tags.iter().find(|tag| tag["value"] == slice["value"]).unwrap();
        assert_eq!(tag["agreement"], slice["agreement"]);
    }
}

#[test]
fn rare_values_are_counted_and_left_out() {
    let spec = RunSpec::new(tagged(&[
        (4, "a/a", "", "rare"),
        (4, "a/a", "", "rarer"),
        (5, "a/a", "", "frequent"),
    ]));
    let found = spec.judged().overview_without_labels();
    let values: Vec<&Value> =
        found["tags"].as_array().unwrap().iter().map(|tag| &tag["value"]).collect();
    assert_eq!(values, ["frequent"]);
    assert_eq!(found["tags_left_out"], 2);
    assert_eq!(found["tags"][0]["agreement"], Value::Null);
}

#[test]
fn all_tags_may_be_rare() {
    let spec = RunSpec::new(tagged(&[(2, "a/a", "a", "x"), (1, "b/b", "b", "y")]));
    let found = spec.judged().overview();
    assert_eq!([&found["tags"], &found["tags_left_out"]], [&json!([]), &json!(2)]);
}

#[test]
fn at_most_fifty_values_are_listed_the_most_frequent_first() {
    let values: Vec<String> = (0..52).map(|at| format!("v{at:02}")).collect();
    let kinds: Vec<_> = values
        .iter()
        .map(|value| (if value == "v51" { 6 } else { 5 }, "a/a", "", value.as_str()))
        .collect();
    let found = RunSpec::new(tagged(&kinds)).judged().overview_without_labels();
    let tags = found["tags"].as_array().unwrap();
    assert_eq!((tags.len(), &found["tags_left_out"]), (50, &json!(2)));
    assert_eq!([&tags[0]["value"], &tags[1]["value"], &tags[49]["value"]], ["v51", "v00", "v48"]);
}

#[test]
fn a_value_has_a_win_rate_for_each_pair_of_systems() {
    let mut all = Vec::new();
    for at in 0..5 {
        let id = format!("q{at}");
        let pairs = [["alpha", "beta"], ["alpha", "gamma"], ["beta", "gamma"]];
        all.extend(pairs.into_iter().zip(["a/a", "b/b", "a/b"]).map(|(between, replies)| Row {
            tag: Some("x".to_owned()),
            ..Row::new(&id, between, replies, "")
        }));
    }
    let found = RunSpec::new(all).judged().overview_without_labels();
    let tag = &found["tags"][0];
    assert_eq!(tag["planned"], 15);
    let systems: Vec<_> =
        tag["win_rates"].as_array().unwrap().iter().map(|rate| &rate["system"]).collect();
    assert_eq!(systems, ["beta", "gamma", "gamma"]);
    assert_eq!(tag["win_rates"], found["summary"]["judges"][0]["win_rates"]);
}
