//! Cohen's κ.

use evenhand::stats::{
    Interval, Kappa, StatError, Table, Weights, cohen_kappa, cohen_kappa_by, cohen_kappa_value,
    kappa_interval, stratified_kappa, wilson,
};
use proptest::prelude::*;

use super::{
    assert_close, assert_same, assert_same_with_error, cases, cells, rotated, tables, transposed,
    two_rater_cases,
};

const WEIGHTS: [(Weights, &str); 3] = [
    (Weights::Identity, "kappa_identity"),
    (Weights::Linear, "kappa_linear"),
    (Weights::Quadratic, "kappa_quadratic"),
];

#[test]
fn kappa_equals_that_of_statsmodels() {
    for (k, cells, case) in two_rater_cases() {
        let table = Table::new(k, &cells).unwrap();
        assert_close(table.agreement().unwrap(), case["expected"]["po"].as_f64().unwrap(), 1e-12);
        for (weights, name) in WEIGHTS {
            let expected = &case["expected"][name];
            let Some(value) = expected["kappa"].as_f64() else {
                assert_eq!(cohen_kappa(table, weights), Err(StatError::NoVariation));
                assert_eq!(cohen_kappa_value(table, weights), Err(StatError::NoVariation));
                continue;
            };
            let kappa = cohen_kappa(table, weights).unwrap();
            let number = |name: &str| expected[name].as_f64().unwrap();
            assert_close(kappa.value, value, 1e-9);
            assert_close(cohen_kappa_value(table, weights).unwrap(), value, 1e-9);
            assert_close(kappa.observed, number("po_w"), 1e-9);
            assert_close(kappa.expected, number("pe_w"), 1e-9);
            assert_close(kappa.standard_error, number("se"), 1e-9);
            // The reference's own rounding leaves 2.6e-9 where the error is 0.
            assert_close(kappa.null_standard_error, number("se0"), 1e-8);
            assert_close(
                kappa.value - 1.959_963_984_540_054 * kappa.standard_error,
                expected["ci95"][0].as_f64().unwrap(),
                1e-9,
            );
            assert_eq!(kappa.maximum.is_some(), weights == Weights::Identity);
            if let Some(maximum) = kappa.maximum {
                assert_close(maximum, number("kappa_max"), 1e-9);
            }
        }
    }
}

#[test]
fn kappa_equals_published_values() {
    let all = cases("published_agreement");
    let confusions: Vec<_> = all.iter().filter(|case| case["input_kind"] == "confusion").collect();
    assert_eq!(confusions.len(), 3);
    for case in confusions {
        let (k, cells) = cells(&case["input"]);
        let weights = match case["stat"].as_str().unwrap() {
            "weighted_kappa_linear" => Weights::Linear,
            _ => Weights::Identity,
        };
        let kappa = cohen_kappa(Table::new(k, &cells).unwrap(), weights).unwrap();
        if let Some(full) = case["full"].as_f64() {
            assert_close(kappa.value, full, 1e-9);
            continue;
        }
        for (name, found) in [
            ("kappa", kappa.value),
            ("ase", kappa.standard_error),
            ("ase0", kappa.null_standard_error),
            ("lo", kappa.value - 1.959_963_984_540_054 * kappa.standard_error),
            ("hi", kappa.value + 1.959_963_984_540_054 * kappa.standard_error),
            ("z", kappa.value / kappa.null_standard_error),
        ] {
            assert_close(found, case["full"][name].as_f64().unwrap(), 1e-9);
            assert_close(found, case["published"][name].as_f64().unwrap(), 5.1e-5);
        }
    }
    let vectors: Vec<_> =
        all.iter().filter(|case| case["input_kind"] == "two_label_vectors").collect();
    assert_eq!(vectors.len(), 2);
    for case in vectors {
        let mut cells = vec![0.0; 9];
        let labels = |rater: usize| super::numbers(&case["input"][rater]);
        for (one, other) in labels(0).iter().zip(labels(1)) {
            cells[*one as usize * 3 + other as usize] += 1.0;
        }
        let found = cohen_kappa_value(Table::new(3, &cells).unwrap(), Weights::Identity);
        match case["full"].as_f64() {
            Some(full) => assert_close(found.unwrap(), full, 1e-9),
            None => assert_eq!(found, Err(StatError::NoVariation)),
        }
    }
}

fn kappa(k: usize, cells: &[f64]) -> Kappa {
    cohen_kappa(Table::new(k, cells).unwrap(), Weights::Identity).unwrap()
}

#[test]
fn kappa_of_a_constant_rater_is_zero() {
    let kappa = kappa(2, &[30.0, 20.0, 0.0, 0.0]);
    assert_eq!((kappa.value, kappa.standard_error, kappa.null_standard_error), (0.0, 0.0, 0.0));
    assert_eq!(kappa_interval(&kappa, 50.0, 0.95), Err(StatError::NoVariation));
}

#[test]
fn kappa_of_one_observation_is_undefined_or_zero() {
    let agreed = Table::new(2, &[1.0, 0.0, 0.0, 0.0]).unwrap();
    assert_eq!(cohen_kappa(agreed, Weights::Identity), Err(StatError::NoVariation));
    assert_close(kappa(2, &[0.0, 1.0, 0.0, 0.0]).value, 0.0, 0.0);
}

#[test]
fn kappa_without_observations_is_undefined() {
    let empty = Table::new(2, &[0.0; 4]).unwrap();
    for (weights, _) in WEIGHTS {
        assert_eq!(cohen_kappa(empty, weights), Err(StatError::Empty));
        assert_eq!(cohen_kappa_value(empty, weights), Err(StatError::Empty));
    }
    assert_eq!(stratified_kappa([empty, empty]), Err(StatError::Empty));
    let rounding = Table::new(2, &[1e-16, 0.0, 1e-17, 0.0]).unwrap();
    assert_eq!(cohen_kappa_value(rounding, Weights::Identity), Err(StatError::Empty));
    assert_eq!(stratified_kappa([]), Err(StatError::Empty));
}

#[test]
fn kappa_of_a_single_category_is_undefined() {
    let single = Table::new(1, &[7.0]).unwrap();
    for (weights, _) in WEIGHTS {
        assert_eq!(cohen_kappa(single, weights), Err(StatError::NoVariation));
    }
}

#[test]
fn a_table_too_large_to_add_is_out_of_range() {
    let large = Table::new(2, &[f64::MAX; 4]).unwrap();
    assert_eq!(cohen_kappa(large, Weights::Linear), Err(StatError::OutOfRange));
    assert_eq!(stratified_kappa([large]), Err(StatError::OutOfRange));
}

#[test]
fn a_perfect_judge_has_an_interval_with_width() {
    let kappa = kappa(2, &[20.0, 0.0, 0.0, 30.0]);
    assert_eq!((kappa.value, kappa.standard_error), (1.0, 0.0));
    let Interval { low, high } = kappa_interval(&kappa, 50.0, 0.95).unwrap();
    assert_close(low, (wilson(50.0, 50.0, 0.95).unwrap().low - 0.52) / 0.48, 1e-12);
    assert_close(high, 1.0, 0.0);
}

#[test]
fn the_interval_of_a_perfect_judge_ends_at_minus_1() {
    let kappa = kappa(2, &[999.0, 0.0, 0.0, 1.0]);
    assert_close(kappa_interval(&kappa, 1000.0, 0.999).unwrap().low, -1.0, 0.0);
}

#[test]
fn a_perfectly_contrary_judge_has_no_interval() {
    let kappa = kappa(2, &[0.0, 5.0, 5.0, 0.0]);
    assert_close(kappa.value, -1.0, 1e-12);
    assert_eq!(kappa_interval(&kappa, 10.0, 0.95), Err(StatError::NoVariation));
    let invented = Kappa { standard_error: 0.1, ..kappa };
    assert_eq!(kappa_interval(&invented, 10.0, 0.95), Err(StatError::NoVariation));
}

#[test]
fn the_interval_is_symmetric_on_the_scale_of_fisher() {
    let kappa = kappa(2, &[40.0, 6.0, 9.0, 45.0]);
    let Interval { low, high } = kappa_interval(&kappa, 100.0, 0.95).unwrap();
    let half = 1.959_963_984_540_054 * 0.071_393_602_699_988_19 / (1.0 - kappa.value.powi(2));
    assert_close(low.atanh(), kappa.value.atanh() - half, 1e-9);
    assert_close(high.atanh(), kappa.value.atanh() + half, 1e-9);
}

#[test]
fn an_interval_without_observations_or_of_invalid_kappa_is_undefined() {
    let kappa = kappa(2, &[40.0, 6.0, 9.0, 45.0]);
    assert_eq!(kappa_interval(&kappa, 0.0, 0.95), Err(StatError::Empty));
    for (kappa, n, confidence) in [
        (kappa, -1.0, 0.95),
        (kappa, f64::NAN, 0.95),
        (kappa, f64::INFINITY, 0.95),
        (kappa, 100.0, 1.0),
        (Kappa { value: f64::NAN, ..kappa }, 100.0, 0.95),
        (Kappa { value: 1.5, ..kappa }, 100.0, 0.95),
        (Kappa { standard_error: f64::INFINITY, ..kappa }, 100.0, 0.95),
        (Kappa { standard_error: -1.0, ..kappa }, 100.0, 0.95),
    ] {
        assert_eq!(kappa_interval(&kappa, n, confidence), Err(StatError::OutOfRange));
    }
}

#[test]
fn agreement_due_to_strata_is_not_counted() {
    // Within each stratum the two are independent; together they seem to agree.
    let (mostly_first, mostly_second) = ([81.0, 9.0, 9.0, 1.0], [1.0, 9.0, 9.0, 81.0]);
    let strata = [mostly_first, mostly_second];
    let tables = strata.each_ref().map(|cells| Table::new(2, cells).unwrap());
    assert_close(stratified_kappa(tables).unwrap(), 0.0, 1e-12);
    assert!(kappa(2, &[82.0, 18.0, 18.0, 82.0]).value > 0.6);
}

#[test]
fn strata_are_weighted_by_their_possible_agreement_beyond_chance() {
    let (one, other) = ([40.0, 6.0, 9.0, 45.0], [5.0, 1.0, 1.0, 3.0]);
    let tables = [&one, &other].map(|cells| Table::new(2, cells).unwrap());
    let (first, second) = (kappa(2, &one), kappa(2, &other));
    let (a, b) = (100.0 * (1.0 - first.expected), 10.0 * (1.0 - second.expected));
    let expected = (a * first.value + b * second.value) / (a + b);
    assert_close(stratified_kappa(tables).unwrap(), expected, 1e-12);
}

#[test]
fn a_stratum_of_one_class_does_not_change_the_stratified_kappa() {
    let (one, other) = ([40.0, 6.0, 9.0, 45.0], [50.0, 0.0, 0.0, 0.0]);
    let tables = [&one, &other].map(|cells| Table::new(2, cells).unwrap());
    assert_close(stratified_kappa(tables).unwrap(), kappa(2, &one).value, 1e-12);
    assert_eq!(stratified_kappa([tables[1]]), Err(StatError::NoVariation));
}

proptest! {
    #[test]
    fn exchanging_the_raters_does_not_change_kappa((k, cells) in tables()) {
        let turned = transposed(k, &cells);
        for (weights, _) in WEIGHTS {
            let value_and_error = |kappa: Kappa| (kappa.value, kappa.standard_error);
            let one = cohen_kappa(Table::new(k, &cells).unwrap(), weights).map(value_and_error);
            let other = cohen_kappa(Table::new(k, &turned).unwrap(), weights).map(value_and_error);
            assert_same_with_error(one, other, 1e-12);
        }
    }

    #[test]
    fn renaming_categories_does_not_change_kappa((k, cells) in tables()) {
        let renamed = rotated(k, &cells);
        let value = |cells: &[f64]| cohen_kappa_value(Table::new(k, cells).unwrap(), Weights::Identity);
        assert_same(value(&cells), value(&renamed));
    }

    #[test]
    fn kappa_lies_in_its_interval_and_below_its_maximum((k, cells) in tables()) {
        for (weights, _) in WEIGHTS {
            let table = Table::new(k, &cells).unwrap();
            let Ok(kappa) = cohen_kappa(table, weights) else { continue };
            prop_assert!((cohen_kappa_value(table, weights).unwrap() - kappa.value).abs() < 1e-12);
            prop_assert!(kappa.value.abs() <= 1.0 + 1e-12);
            prop_assert!(kappa.maximum.is_none_or(|maximum| kappa.value <= maximum + 1e-12));
            if let Ok(interval) = kappa_interval(&kappa, table.total(), 0.95) {
                prop_assert!(interval.low - 1e-12 <= kappa.value && kappa.value <= interval.high + 1e-12);
                prop_assert!(-1.0 <= interval.low && interval.high <= 1.0);
                prop_assert!(interval.low < interval.high);
            }
        }
    }

    #[test]
    fn weights_do_not_matter_with_two_categories(cells in prop::collection::vec(1.0_f64..50.0, 4)) {
        let table = Table::new(2, &cells).unwrap();
        let [one, linear, quadratic] =
            WEIGHTS.map(|(weights, _)| cohen_kappa(table, weights).unwrap().standard_error);
        prop_assert!((one - linear).abs() < 1e-12 && (one - quadratic).abs() < 1e-12);
    }
}

#[test]
fn kappa_by_any_weights_equals_that_of_statsmodels() {
    // statsmodels 0.15.0, cohens_kappa(table, weights=…) with a matrix of distances: those of three steps in order, and
    // 1 between a step and the last category, which the second rater never uses.
    let cells = [10.0, 3.0, 1.0, 0.0, 2.0, 12.0, 4.0, 0.0, 0.0, 3.0, 9.0, 0.0, 1.0, 1.0, 2.0, 0.0];
    let table = Table::new(4, &cells).unwrap();
    let weight = |i: usize, j: usize| match i.max(j) {
        3 => f64::from(i == j),
        _ => Weights::Quadratic.weight(i, j, 3),
    };
    assert_close(cohen_kappa_by(table, weight).unwrap(), 0.535_108_958_837_772_4, 1e-9);
    assert_eq!(cohen_kappa_by(table, |_, _| 1.5), Err(StatError::OutOfRange));
    for weights in [Weights::Identity, Weights::Linear, Weights::Quadratic] {
        let by = cohen_kappa_by(table, |i, j| weights.weight(i, j, 4)).unwrap();
        assert_close(by, cohen_kappa_value(table, weights).unwrap(), 1e-12);
    }
}
