//! The paired difference: against statsmodels (`tests/oracle/paired_difference.py`), and at its edges.

use evenhand::stats::{StatError, Weighted, paired_difference, paired_difference_p_value, wilson};
use serde_json::Value;

use super::{assert_close, cases, numbers};

/// Values, weights and clusters.
type Side = (Vec<f64>, Vec<f64>, Vec<u32>);

fn side(rows: &Value) -> Side {
    let mut side = Side::default();
    for row in rows.as_array().unwrap() {
        let row = numbers(row);
        side.0.push(row[1]);
        side.1.push(row[2]);
        side.2.push(row[0] as u32);
    }
    side
}

fn weighted((values, weights, clusters): &Side) -> Weighted<'_, u32> {
    Weighted { values, weights, clusters }
}

/// One value for each cluster, all of weight 1.
fn one_each(values: &[f64]) -> Side {
    (values.to_vec(), vec![1.0; values.len()], (0..values.len() as u32).collect())
}

#[test]
fn differences_intervals_and_p_values_are_those_of_statsmodels() {
    let cases = cases("paired_difference");
    assert_eq!(cases.len(), 11);
    for case in cases {
        let [before, after] = ["before", "after"].map(|name| side(&case["input"][name]));
        let (value, interval) =
            paired_difference(&weighted(&before), &weighted(&after), 0.95).unwrap();
        let expected = |name: &str| case["expected"][name].as_f64().unwrap();
        assert_close(value, expected("difference"), 1e-9);
        assert_close(interval.low, expected("low"), 1e-9);
        assert_close(interval.high, expected("high"), 1e-9);
        let p = paired_difference_p_value(&weighted(&before), &weighted(&after)).unwrap();
        assert_close(p, expected("p_value"), 1e-9);
    }
}

#[test]
fn two_equal_sides_differ_by_exactly_0_with_an_interval_of_some_width() {
    let side = one_each(&[1.0, 0.0, 0.5, 1.0, 0.3]);
    let (value, interval) = paired_difference(&weighted(&side), &weighted(&side), 0.95).unwrap();
    assert_eq!(value.to_bits(), 0.0_f64.to_bits());
    let unlike = wilson(0.0, 5.0, 0.95).unwrap().high;
    assert_close(interval.low, -unlike, 1e-12);
    assert_close(interval.high, unlike, 1e-12);
}

#[test]
fn where_all_clusters_differ_alike_the_interval_has_some_width_too() {
    let (none, all) = (one_each(&[0.0; 10]), one_each(&[1.0; 10]));
    let (value, interval) = paired_difference(&weighted(&none), &weighted(&all), 0.95).unwrap();
    assert_close(value, 1.0, 1e-12);
    assert_close(interval.high, 1.0, 1e-12);
    assert_close(interval.low, 1.0 - 2.0 * wilson(0.0, 10.0, 0.95).unwrap().high, 1e-12);
}

#[test]
fn exchanging_the_sides_changes_the_sign() {
    let (one, other) = (one_each(&[1.0, 0.0, 1.0, 1.0]), one_each(&[0.0, 0.0, 1.0, 0.5]));
    let (value, interval) = paired_difference(&weighted(&one), &weighted(&other), 0.95).unwrap();
    let (back, mirrored) = paired_difference(&weighted(&other), &weighted(&one), 0.95).unwrap();
    assert_close(value, -back, 1e-12);
    assert_close(interval.low, -mirrored.high, 1e-12);
}

#[test]
fn an_empty_side_and_values_that_are_no_shares_are_errors() {
    let (some, none) = (one_each(&[1.0, 0.0]), one_each(&[]));
    let of = |one: &Side, other: &Side| paired_difference(&weighted(one), &weighted(other), 0.95);
    assert_eq!(of(&some, &none), Err(StatError::Empty));
    assert_eq!(of(&some, &one_each(&[2.0])), Err(StatError::OutOfRange));
    let (values, mut weights, clusters) = one_each(&[1.0, 0.0]);
    weights[1] = 0.0;
    assert_eq!(of(&some, &(values, weights, clusters)), Err(StatError::OutOfRange));
}

#[test]
fn an_interval_at_1_minus_the_p_value_ends_at_0() {
    // The second pair has no spread: every cluster says the same.
    let pairs = [
        (one_each(&[0.0, 1.0, 0.0, 0.0, 1.0]), one_each(&[1.0, 1.0, 0.0, 1.0, 1.0])),
        (one_each(&[0.2; 9]), one_each(&[0.7; 9])),
        (one_each(&[0.7; 9]), one_each(&[0.2; 9])),
    ];
    for (one, other) in pairs {
        let p = paired_difference_p_value(&weighted(&one), &weighted(&other)).unwrap();
        let (_, interval) = paired_difference(&weighted(&one), &weighted(&other), 1.0 - p).unwrap();
        assert_close(interval.low.abs().min(interval.high.abs()), 0.0, 1e-9);
        assert!(p > 0.0 && p < 1.0, "{p}");
    }
}

#[test]
fn sides_that_are_equal_or_of_one_cluster_have_no_small_p_value() {
    let side = one_each(&[1.0, 0.0, 0.5]);
    let p = paired_difference_p_value(&weighted(&side), &weighted(&side)).unwrap();
    assert_close(p, 1.0, 1e-12);
    let (none, all) = (one_each(&[0.0]), one_each(&[1.0]));
    let p = paired_difference_p_value(&weighted(&none), &weighted(&all)).unwrap();
    // scipy 1.17.1: 2 * scipy.stats.norm.sf(1).
    assert_close(p, 0.317_310_507_862_914_15, 1e-9);
}
