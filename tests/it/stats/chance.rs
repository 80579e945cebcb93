//! Scott's π, Gwet's coefficients and PABAK.

use evenhand::stats::{
    ChanceCorrected, StatError, Table, Weights, gwet_ac1, gwet_ac1_value, gwet_ac2, gwet_ac2_units,
    pabak, scott_pi, scott_pi_value, wilson,
};
use proptest::prelude::*;

use super::{
    assert_close, assert_same, assert_same_with_error, cases, numbers, rotated, tables, transposed,
    two_rater_cases, units_of_table,
};

#[test]
fn coefficients_of_two_raters_equal_those_of_irrcac() {
    for (k, cells, case) in two_rater_cases() {
        let table = Table::new(k, &cells).unwrap();
        let expected = &case["expected"];
        let number = |name: &str| expected[name].as_f64().unwrap();
        assert_close(pabak(table).unwrap(), number("pabak"), 1e-9);
        assert_close(gwet_ac1_value(table).unwrap(), number("gwet_ac1"), 1e-9);
        assert_close(gwet_ac1(table, 0.95).unwrap().value, number("gwet_ac1"), 1e-9);
        let Some(value) = expected["scott_pi"].as_f64() else {
            assert_eq!(scott_pi(table, 0.95), Err(StatError::NoVariation));
            assert_eq!(scott_pi_value(table), Err(StatError::NoVariation));
            continue;
        };
        let pi = scott_pi(table, 0.95).unwrap();
        assert_close(pi.value, value, 1e-9);
        assert_close(scott_pi_value(table).unwrap(), value, 1e-9);
        assert_close(pi.standard_error, number("scott_pi_se_irrCAC"), 1e-9);
        for (weights, name) in [
            (Weights::Identity, "gwet_identity"),
            (Weights::Linear, "gwet_linear"),
            (Weights::Quadratic, "gwet_quadratic"),
        ] {
            let found = gwet_ac2(table, weights, 0.95).unwrap();
            let number = |field: &str| expected[name][field].as_f64().unwrap();
            assert_close(found.value, number("est"), 1e-9);
            assert_close(found.observed, number("pa"), 1e-9);
            assert_close(found.expected, number("pe"), 1e-9);
            assert_close(found.standard_error, number("se"), 1e-9);
            // irrCAC has an interval without width for a perfect table; ours is Wilson's.
            if case["name"] != "perfect" {
                let interval = numbers(&expected[name]["ci95_t"]);
                assert_close(found.interval.low, interval[0], 1e-9);
                assert_close(found.interval.high, interval[1], 1e-9);
            }
        }
    }
}

/// How many raters gave which of `k` ratings from 1 to each unit.
fn counts(raters: &serde_json::Value, k: usize) -> Vec<Vec<f64>> {
    let raters: Vec<_> = raters.as_array().unwrap().iter().map(|r| r.as_array().unwrap()).collect();
    (0..raters[0].len())
        .map(|unit| {
            let mut counts = vec![0.0; k];
            for rating in raters.iter().filter_map(|rater| rater[unit].as_f64()) {
                counts[rating as usize - 1] += 1.0;
            }
            counts
        })
        .collect()
}

#[test]
fn coefficients_of_many_raters_equal_those_of_irrcac() {
    let cases = cases("multi_rater_agreement");
    assert_eq!(cases.len(), 7);
    for (case, k) in cases.iter().zip([5, 3, 3]) {
        let units = counts(&case["input"]["raters_by_units"], k);
        for (weights, name) in [
            (Weights::Identity, "gwet_identity"),
            (Weights::Linear, "gwet_linear"),
            (Weights::Quadratic, "gwet_quadratic"),
        ] {
            let found = gwet_ac2_units(&units, weights, 0.95).unwrap();
            let expected = &case["expected"][name];
            let number = |field: &str| expected[field].as_f64().unwrap();
            assert_close(found.value, number("est"), 1e-9);
            assert_close(found.observed, number("pa"), 1e-9);
            assert_close(found.expected, number("pe"), 1e-9);
            assert_close(found.standard_error, number("se"), 1e-9);
            let interval = numbers(&expected["ci95_t"]);
            assert_close(found.interval.low, interval[0], 1e-9);
            assert_close(found.interval.high, interval[1], 1e-9);
        }
    }
}

#[test]
fn equal_units_have_wilsons_interval_of_their_agreement() {
    let perfect = [20.0, 0.0, 0.0, 30.0];
    let found = gwet_ac1(Table::new(2, &perfect).unwrap(), 0.95).unwrap();
    assert_eq!((found.value, found.standard_error), (1.0, 0.0));
    let low = wilson(50.0, 50.0, 0.95).unwrap().low;
    assert_close(found.interval.low, (low - 0.48) / 0.52, 1e-12);
    assert_close(found.interval.high, 1.0, 0.0);
    let contrary = scott_pi(Table::new(2, &[0.0, 9.0, 0.0, 0.0]).unwrap(), 0.95).unwrap();
    assert_close(contrary.value, -1.0, 1e-12);
    assert!(contrary.interval.high > contrary.value);
}

#[test]
fn gwets_ac1_is_defined_where_kappa_is_not() {
    let found = gwet_ac1(Table::new(2, &[50.0, 0.0, 0.0, 0.0]).unwrap(), 0.95).unwrap();
    assert_close(found.value, 1.0, 0.0);
    assert_close(found.interval.low, wilson(50.0, 50.0, 0.95).unwrap().low, 1e-12);
}

#[test]
fn coefficients_without_observations_are_undefined() {
    let empty = Table::new(2, &[0.0; 4]).unwrap();
    assert_eq!(pabak(empty), Err(StatError::Empty));
    assert_eq!(scott_pi(empty, 0.95), Err(StatError::Empty));
    assert_eq!(scott_pi_value(empty), Err(StatError::Empty));
    assert_eq!(gwet_ac1(empty, 0.95), Err(StatError::Empty));
    assert_eq!(gwet_ac1_value(empty), Err(StatError::Empty));
    assert_eq!(gwet_ac2_units::<[f64; 2]>(&[], Weights::Linear, 0.95), Err(StatError::Empty));
    assert_eq!(gwet_ac2_units(&[[0.0, 0.0]], Weights::Linear, 0.95), Err(StatError::Empty));
}

#[test]
fn one_unit_is_too_few_for_a_standard_error() {
    let one = Table::new(2, &[0.0, 1.0, 0.0, 0.0]).unwrap();
    assert_eq!(scott_pi(one, 0.95), Err(StatError::TooFew));
    assert_eq!(gwet_ac1(one, 0.95), Err(StatError::TooFew));
    assert_eq!(scott_pi_value(one), Ok(-1.0));
    assert!(gwet_ac1_value(one).is_ok());
    assert_eq!(gwet_ac2_units(&[[1.0, 1.0]], Weights::Identity, 0.95), Err(StatError::TooFew));
    let single_ratings = [[1.0, 0.0], [0.0, 1.0]];
    assert_eq!(gwet_ac2_units(&single_ratings, Weights::Identity, 0.95), Err(StatError::TooFew));
}

#[test]
fn coefficients_of_a_single_category_are_undefined() {
    let single = Table::new(1, &[5.0]).unwrap();
    assert_eq!(pabak(single), Err(StatError::NoVariation));
    assert_eq!(scott_pi(single, 0.95), Err(StatError::NoVariation));
    assert_eq!(gwet_ac1(single, 0.95), Err(StatError::NoVariation));
    assert_eq!(gwet_ac1_value(single), Err(StatError::NoVariation));
    assert_eq!(
        gwet_ac2_units(&[[2.0], [2.0]], Weights::Identity, 0.95),
        Err(StatError::NoVariation)
    );
}

#[test]
fn negative_and_infinite_counts_are_out_of_range() {
    let ragged: [&[f64]; 2] = [&[1.0, 1.0], &[2.0]];
    assert_eq!(gwet_ac2_units(&ragged, Weights::Identity, 0.95), Err(StatError::OutOfRange));
    for wrong in [-1.0, f64::NAN, f64::INFINITY] {
        let units = [[1.0, 1.0], [1.0, wrong]];
        assert_eq!(gwet_ac2_units(&units, Weights::Identity, 0.95), Err(StatError::OutOfRange));
    }
    let large = Table::new(2, &[f64::MAX; 4]).unwrap();
    assert_eq!(gwet_ac1(large, 0.95), Err(StatError::OutOfRange));
    assert_eq!(pabak(large), Err(StatError::OutOfRange));
    let table = Table::new(2, &[3.0, 1.0, 1.0, 3.0]).unwrap();
    assert_eq!(gwet_ac1(table, 1.0), Err(StatError::OutOfRange));
    let perfect = Table::new(2, &[3.0, 0.0, 0.0, 3.0]).unwrap();
    assert_eq!(scott_pi(perfect, 1.0), Err(StatError::OutOfRange));
}

proptest! {
    #[test]
    fn exchanging_raters_or_renaming_categories_changes_nothing((k, cells) in tables()) {
        for changed in [transposed(k, &cells), rotated(k, &cells)] {
            for value in [scott_pi_value, gwet_ac1_value, pabak] {
                assert_same(value(Table::new(k, &cells).unwrap()), value(Table::new(k, &changed).unwrap()));
            }
        }
    }

    #[test]
    fn units_of_two_ratings_give_the_coefficients_of_a_table((k, cells) in tables()) {
        let units = units_of_table(k, &cells);
        let table = Table::new(k, &cells).unwrap();
        let value_and_error = |found: ChanceCorrected| (found.value, found.standard_error);
        let of_table = gwet_ac2(table, Weights::Linear, 0.9).map(value_and_error);
        let of_units = gwet_ac2_units(&units, Weights::Linear, 0.9).map(value_and_error);
        assert_same_with_error(of_table, of_units, 1e-9);
    }

    #[test]
    fn a_coefficient_lies_in_its_interval((k, cells) in tables()) {
        let table = Table::new(k, &cells).unwrap();
        let quadratic = gwet_ac2(table, Weights::Quadratic, 0.95);
        for found in [scott_pi(table, 0.95), gwet_ac1(table, 0.95), quadratic].into_iter().flatten() {
            let interval = found.interval;
            prop_assert!(interval.low - 1e-12 <= found.value && found.value <= interval.high + 1e-12);
            prop_assert!(interval.low < interval.high && -1.0 <= interval.low && interval.high <= 1.0);
        }
    }
}
