//! Pearson's, Spearman's and Kendall's correlations.

use evenhand::stats::{Correlation, StatError, kendall_tau_b, pearson, spearman};
use proptest::prelude::*;

use super::{assert_close, cases, numbers};

type Function = fn(&[f64], &[f64], f64) -> Result<Correlation, StatError>;

const ALL: [(Function, &str, &str, &str); 3] = [
    (pearson, "pearson", "pearson_p", "pearson_fisher95"),
    (spearman, "spearman", "spearman_p", "spearman_bonett_wright95"),
    (kendall_tau_b, "kendall_tau_b", "kendall_p", "kendall_bonett_wright95"),
];

#[test]
fn correlations_equal_those_of_scipy() {
    let cases = cases("correlation");
    assert_eq!(cases.len(), 3);
    for case in cases {
        let (x, y) = (numbers(&case["input"]["x"]), numbers(&case["input"]["y"]));
        for (correlation, value, p, interval) in ALL {
            let expected = &case["expected"];
            let Some(value) = expected[value].as_f64() else {
                assert_eq!(correlation(&x, &y, 0.95), Err(StatError::NoVariation));
                assert_eq!(correlation(&y, &x, 0.95), Err(StatError::NoVariation));
                continue;
            };
            let found = correlation(&x, &y, 0.95).unwrap();
            assert_close(found.value, value, 1e-9);
            assert_close(found.p.unwrap() / expected[p].as_f64().unwrap(), 1.0, 1e-7);
            let ends = numbers(&expected[interval]);
            assert_close(found.interval.unwrap().low, ends[0], 1e-9);
            assert_close(found.interval.unwrap().high, ends[1], 1e-9);
        }
    }
}

#[test]
fn correlations_of_too_few_pairs_are_undefined() {
    for (correlation, ..) in ALL {
        assert_eq!(correlation(&[], &[], 0.95), Err(StatError::Empty));
        assert_eq!(correlation(&[1.0], &[2.0], 0.95), Err(StatError::TooFew));
    }
}

#[test]
fn lists_of_unequal_length_or_not_finite_are_out_of_range() {
    for (correlation, ..) in ALL {
        let y = [1.0, 2.0, 3.0];
        assert_eq!(correlation(&[1.0, 2.0], &y, 0.95), Err(StatError::OutOfRange));
        assert_eq!(correlation(&[1.0, 2.0, f64::NAN], &y, 0.95), Err(StatError::OutOfRange));
        assert_eq!(correlation(&y, &[1.0, f64::INFINITY, 0.0], 0.95), Err(StatError::OutOfRange));
        assert_eq!(correlation(&y, &[1.0, 3.0, 2.0], 1.0), Err(StatError::OutOfRange));
    }
}

#[test]
fn few_pairs_have_a_correlation_without_an_interval() {
    let (x, y) = ([1.0, 2.0, 3.0], [1.0, 3.0, 2.0]);
    for (correlation, ..) in ALL {
        let found = correlation(&x, &y, 0.95).unwrap();
        assert_eq!(found.interval, None);
        assert!(found.p.is_some());
    }
    let four = kendall_tau_b(&[1.0, 2.0, 3.0, 4.0], &[1.0, 3.0, 2.0, 4.0], 0.95).unwrap();
    assert_eq!(four.interval, None);
}

#[test]
fn a_perfect_correlation_has_no_interval() {
    let (x, y) = ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [6.0, 5.0, 4.0, 3.0, 2.0, 1.0]);
    for (correlation, ..) in ALL {
        let found = correlation(&x, &y, 0.95).unwrap();
        assert_close(found.value, -1.0, 1e-12);
        assert_eq!(found.interval, None);
    }
    assert_eq!(pearson(&x, &y, 0.95).unwrap().p, None);
    // Two of 720 orders are as extreme.
    assert_close(kendall_tau_b(&x, &y, 0.95).unwrap().p.unwrap(), 2.0 / 720.0, 1e-12);
}

#[test]
fn two_pairs_have_no_significant_correlation() {
    let found = kendall_tau_b(&[1.0, 2.0], &[3.0, 5.0], 0.95).unwrap();
    assert_eq!((found.value, found.p), (1.0, Some(1.0)));
    assert_eq!(pearson(&[1.0, 2.0], &[3.0, 5.0], 0.95).unwrap().p, None);
}

#[test]
fn values_of_any_size_correlate() {
    let (x, y) = ([1e300, -1e300, 1e299, 5e299], [1.0, 2.0, 0.0, 5.0]);
    let small = [10.0, -10.0, 1.0, 5.0];
    for (correlation, ..) in ALL {
        let (one, other) = (correlation(&x, &y, 0.95), correlation(&small, &y, 0.95));
        assert_close(one.unwrap().value, other.unwrap().value, 1e-12);
    }
}

#[test]
fn a_negative_zero_is_tied_with_a_zero() {
    let y = [5.0, 1.0, 2.0, 3.0, 4.0];
    for (correlation, ..) in ALL {
        let one = correlation(&[-0.0, 0.0, 1.0, 2.0, 5.0], &y, 0.95);
        assert_eq!(one, correlation(&[0.0, 0.0, 1.0, 2.0, 5.0], &y, 0.95));
    }
}

/// The definition, pair of pairs by pair of pairs.
fn tau_by_definition(x: &[f64], y: &[f64]) -> f64 {
    let (mut surplus, mut apart_x, mut apart_y) = (0.0, 0.0, 0.0);
    let sign = |a: f64, b: f64| f64::from(u8::from(a > b)) - f64::from(u8::from(a < b));
    for i in 0..x.len() {
        for j in 0..i {
            let (in_x, in_y) = (sign(x[i], x[j]), sign(y[i], y[j]));
            surplus += in_x * in_y;
            apart_x += in_x.abs();
            apart_y += in_y.abs();
        }
    }
    surplus / f64::sqrt(apart_x * apart_y)
}

fn lists() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    prop::collection::vec((-4_i8..5, -4_i8..5), 2..50)
        .prop_map(|pairs| pairs.into_iter().map(|(x, y)| (f64::from(x), f64::from(y))).unzip())
}

proptest! {
    #[test]
    fn kendalls_tau_equals_its_definition((x, y) in lists()) {
        if let Ok(found) = kendall_tau_b(&x, &y, 0.95) {
            prop_assert!((found.value - tau_by_definition(&x, &y)).abs() < 1e-12);
        }
    }

    #[test]
    fn exchanging_the_lists_does_not_change_a_correlation((x, y) in lists()) {
        for (correlation, ..) in ALL {
            match (correlation(&x, &y, 0.95), correlation(&y, &x, 0.95)) {
                (Ok(one), Ok(other)) => prop_assert!((one.value - other.value).abs() < 1e-12),
                (one, other) => prop_assert_eq!(one, other),
            }
        }
    }

    #[test]
    fn offset_and_scale_do_not_change_a_correlation((x, y) in lists()) {
        let moved: Vec<f64> = x.iter().map(|x| 3.0 * x + 10.0).collect();
        for (correlation, ..) in ALL {
            match (correlation(&x, &y, 0.95), correlation(&moved, &y, 0.95)) {
                (Ok(one), Ok(other)) => prop_assert!((one.value - other.value).abs() < 1e-12),
                (one, other) => prop_assert_eq!(one, other),
            }
        }
    }

    #[test]
    fn a_correlation_lies_in_its_interval((x, y) in lists()) {
        for (correlation, ..) in ALL {
            let Ok(found) = correlation(&x, &y, 0.95) else { continue };
            prop_assert!(found.value.abs() <= 1.0);
            prop_assert!(found.interval.is_none_or(|interval| interval.contains(found.value)));
            prop_assert!(found.p.is_none_or(|p| (0.0..=1.0).contains(&p)));
        }
    }
}
