//! The sign-flip test: against scipy (`tests/oracle/sign_flip.py`), at its edges, and by its properties.

use evenhand::stats::{StatError, sign_flip};
use proptest::prelude::*;
use serde_json::Value;

use super::{assert_close, cases, numbers};

const WIDTH: usize = 2;

fn rows(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().flat_map(numbers).collect()
}

/// The sum of what is first in each row, and its ratio to the sum of what is second.
fn sum_and_ratio(sums: &[f64]) -> Vec<Option<f64>> {
    vec![Some(sums[0]), (sums[1] > 0.0).then(|| sums[0] / sums[1])]
}

fn sum(sums: &[f64]) -> Vec<Option<f64>> {
    vec![Some(sums[0])]
}

/// The p-value of the difference of sums.
fn p_value(first: &[f64], second: &[f64], flips: usize) -> f64 {
    sign_flip(first, second, 1, flips, 0, sum).unwrap()[0].unwrap()
}

/// Five standard errors of the difference between two shares of random exchanges.
fn five_errors(p: f64, tries: f64, other_tries: f64) -> f64 {
    5.0 * (p * (1.0 - p) * (1.0 / tries + 1.0 / other_tries)).sqrt()
}

#[test]
fn p_values_are_those_of_scipy() {
    let cases = cases("sign_flip");
    assert_eq!(cases.len(), 16);
    let mut drawn = 0;
    for case in cases {
        let [first, second] = ["first", "second"].map(|name| rows(&case["input"][name]));
        let found = sign_flip(&first, &second, WIDTH, 100_000, 1, sum_and_ratio).unwrap();
        for (found, name) in found.iter().zip(["mean", "ratio"]) {
            let expected = case["expected"][name].as_f64().unwrap();
            let tolerance = if case["expected"]["exact"] == true {
                1e-12
            } else {
                drawn += 1;
                five_errors(expected, 100_000.0, 200_000.0)
            };
            assert_close(found.unwrap(), expected, tolerance);
        }
    }
    assert_eq!(drawn, 2);
}

#[test]
fn few_items_cannot_have_a_small_p_value() {
    for (n, least) in [(1, 1.0), (2, 0.5), (3, 0.25), (4, 0.125)] {
        let first: Vec<f64> = (1..=n).map(f64::from).collect();
        assert_close(p_value(&first, &vec![0.0; first.len()], 10_000), least, 1e-12);
    }
}

#[test]
fn items_on_which_the_systems_are_equal_leave_the_p_value_exact() {
    let first: Vec<f64> = (0..500).map(f64::from).collect();
    let mut second = first.clone();
    for at in [3, 64, 499] {
        second[at] -= 0.5;
    }
    assert_close(p_value(&first, &second, 8), 0.25, 1e-12);
    assert_close(p_value(&first, &first, 0), 1.0, 1e-12);
    assert_close(p_value(&first, &first, 8), 1.0, 1e-12);
}

#[test]
fn all_exchanges_are_tried_where_they_are_no_more_than_asked_for() {
    let first: Vec<f64> = (1..=10).map(f64::from).collect();
    let exact = p_value(&first, &[0.0; 10], 1024);
    assert_close(exact, 2.0 / 1024.0, 1e-12);
    // None of ten random exchanges of many is as extreme; the data are the eleventh.
    let many = [1.0; 60];
    assert_close(p_value(&many, &[0.0; 60], 10), 1.0 / 11.0, 1e-12);
}

#[test]
fn p_values_of_random_exchanges_approximate_exact_ones() {
    let first = [1.0, 1.0, 1.0, 1.0, 3.0, 2.0, 5.0, 4.0, 2.0, 7.0, 1.0, 2.0];
    let mut second = [0.0; 12];
    second[9] = 12.0;
    let exact = p_value(&first, &second, 4096);
    assert!((0.01..0.99).contains(&exact));
    for seed in 0..20 {
        let found = sign_flip(&first, &second, 1, 4000, seed, sum).unwrap()[0].unwrap();
        assert_close(found, exact, five_errors(exact, 4000.0, f64::INFINITY));
    }
}

#[test]
fn random_exchanges_depend_on_the_seed_and_not_on_threads() {
    let first: Vec<f64> = (0..200).map(|at| f64::from(at * 37 % 101)).collect();
    let second: Vec<f64> = (0..200).map(|at| f64::from(at * 53 % 97)).collect();
    let found = |seed| sign_flip(&first, &second, WIDTH, 2000, seed, sum_and_ratio).unwrap();
    assert_eq!(found(1), found(1));
    assert_ne!(found(1), found(2));
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert_eq!(alone.install(|| found(1)), found(1));
}

#[test]
fn an_exchange_that_leaves_a_statistic_undefined_counts_as_extreme() {
    // The exchange of either item alone leaves one system without a sum to divide by.
    let (first, second) = ([4.0, 1.0, 4.0, 0.0], [1.0, 0.0, 2.0, 1.0]);
    let found = sign_flip(&first, &second, WIDTH, 4, 0, sum_and_ratio).unwrap();
    assert_eq!(found, [Some(0.5), Some(1.0)]);
    let not_a_number = |sums: &[f64]| vec![Some(sums[0] / sums[1])];
    let found = sign_flip(&first, &second, WIDTH, 4, 0, not_a_number).unwrap();
    assert_eq!(found, [Some(1.0)]);
}

#[test]
fn a_statistic_that_is_undefined_for_a_system_has_no_p_value() {
    let found = sign_flip(&[1.0, 1.0], &[1.0, 0.0], WIDTH, 100, 0, sum_and_ratio).unwrap();
    assert_eq!(found, [Some(1.0), None]);
    let infinite = |sums: &[f64]| vec![Some(sums[0] / sums[1])];
    assert_eq!(sign_flip(&[1.0, 1.0], &[1.0, 0.0], WIDTH, 100, 0, infinite), Ok(vec![None]));
}

#[test]
fn contributions_must_be_finite_and_of_the_same_clusters() {
    let tested = |first: &[f64], second: &[f64], width| sign_flip(first, second, width, 9, 0, sum);
    assert_eq!(tested(&[], &[], 1), Err(StatError::Empty));
    for (first, second, width) in [
        (&[1.0][..], &[1.0, 2.0][..], 1),
        (&[1.0, 2.0, 3.0], &[1.0, 2.0, 3.0], 2),
        (&[1.0], &[1.0], 0),
        (&[], &[], 0),
        (&[f64::NAN], &[1.0], 1),
        (&[1.0], &[f64::INFINITY], 1),
        (&[f64::INFINITY], &[f64::INFINITY], 1),
        (&[f64::MAX], &[f64::MIN], 1),
        (&[f64::MAX, f64::MAX], &[0.0, 0.0], 1),
    ] {
        assert_eq!(tested(first, second, width), Err(StatError::OutOfRange), "{first:?}");
    }
}

/// Clusters of two systems: small whole numbers, so that ties are common, and tenths, which round.
fn clusters() -> impl Strategy<Value = Vec<[[f64; WIDTH]; 2]>> {
    let row = || (0_u8..6, 0_u8..4, any::<bool>());
    let row = move || {
        row().prop_map(|(one, other, tenths)| {
            let unit = if tenths { 0.1 } else { 1.0 };
            [f64::from(one) * unit, f64::from(other) * unit]
        })
    };
    prop::collection::vec((row(), row()).prop_map(|(first, second)| [first, second]), 1..9)
}

/// The p-values of sum and ratio; exact for up to eight clusters if `flips` are 256.
fn tested(clusters: &[[[f64; WIDTH]; 2]], flips: usize) -> Vec<Option<f64>> {
    let [first, second] =
        [0, 1].map(|at| -> Vec<f64> { clusters.iter().flat_map(|systems| systems[at]).collect() });
    sign_flip(&first, &second, WIDTH, flips, 0, sum_and_ratio).unwrap()
}

proptest! {
    #[test]
    fn a_p_value_is_above_zero_and_at_most_one(clusters in clusters(), flips in 0_usize..300) {
        let found = tested(&clusters, flips);
        prop_assert!(found[0].is_some());
        prop_assert!(found.into_iter().flatten().all(|p| 0.0 < p && p <= 1.0));
    }

    #[test]
    fn exchanging_the_systems_does_not_change_p_values(
        clusters in clusters(), flips in 0_usize..300,
    ) {
        let exchanged: Vec<_> = clusters.iter().map(|[first, second]| [*second, *first]).collect();
        prop_assert_eq!(tested(&exchanged, flips), tested(&clusters, flips));
    }

    #[test]
    fn exact_p_values_do_not_depend_on_the_order_of_clusters(
        (clusters, shuffled) in clusters()
            .prop_flat_map(|clusters| (Just(clusters.clone()), Just(clusters).prop_shuffle())),
    ) {
        prop_assert_eq!(tested(&shuffled, 256), tested(&clusters, 256));
    }
}
