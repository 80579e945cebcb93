//! Agreement of many raters: Fleiss' κ and Krippendorff's α; and properties of all coefficients.

use evenhand::stats::{
    Coincidences, Metric, StatError, Table, Weights, alpha_nominal, cohen_kappa_value,
    fleiss_kappa, gwet_ac1_value, krippendorff_alpha, matthews, quantile, randolph_kappa,
    scott_pi_value,
};
use proptest::prelude::*;
use serde_json::Value;

use super::{assert_close, assert_same, cases, numbers, tables, units_of_table};

const METRICS: [(Metric, &str); 4] = [
    (Metric::Nominal, "alpha_nominal"),
    (Metric::Ordinal, "alpha_ordinal"),
    (Metric::Interval, "alpha_interval"),
    (Metric::Ratio, "alpha_ratio"),
];

fn rows(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

#[test]
fn agreement_of_equally_many_raters_equals_that_of_statsmodels() {
    let cases = cases("multi_rater_agreement");
    let fleiss: Vec<_> =
        cases.iter().filter(|case| case["expected"].get("fleiss_kappa").is_some()).collect();
    assert_eq!(fleiss.len(), 2);
    for case in fleiss {
        let units = rows(&case["input"]["units_by_category_counts"]);
        let expected = case["expected"]["fleiss_kappa"].as_f64().unwrap();
        assert_close(fleiss_kappa(&units).unwrap(), expected, 1e-9);
        if let Some(expected) = case["expected"]["randolph"].as_f64() {
            assert_close(randolph_kappa(&units).unwrap(), expected, 1e-9);
        }
    }
}

#[test]
fn agreement_of_equally_many_raters_equals_published_values() {
    let all = cases("published_agreement");
    assert_eq!(all.len(), 13);
    let fleiss = all.iter().filter(|case| case["stat"].as_str().unwrap().starts_with("fleiss"));
    let mut tested = 0;
    for case in fleiss {
        let mut units = rows(&case["input"]);
        if case["input_kind"] == "subject_x_rater" {
            let count = |unit: &Vec<f64>, category: f64| {
                unit.iter().filter(|rating| (**rating - category).abs() < 0.5).count() as f64
            };
            let categories = [1.0, 2.0, 3.0, 4.0, 5.0];
            units = units.iter().map(|u| categories.map(|c| count(u, c)).to_vec()).collect();
        }
        let found = fleiss_kappa(&units).unwrap();
        assert_close(found, case["full"].as_f64().unwrap(), 1e-9);
        let published = case["published"].as_f64().unwrap();
        let printed = if case["published_randolph"].is_null() { 5e-3 } else { 5.1e-7 };
        assert_close(found, published, printed);
        if let Some(full) = case["full_randolph"].as_f64() {
            let found = randolph_kappa(&units).unwrap();
            assert_close(found, full, 1e-9);
            assert_close(found, case["published_randolph"].as_f64().unwrap(), 5.1e-7);
        }
        tested += 1;
    }
    assert_eq!(tested, 6);
}

/// The ratings of each unit, from one list for each rater in which missing ones are null.
fn units(raters: &Value) -> Vec<Vec<f64>> {
    let raters: Vec<_> = raters.as_array().unwrap().iter().map(|r| r.as_array().unwrap()).collect();
    let unit = |at: usize| raters.iter().filter_map(|rater| rater[at].as_f64()).collect();
    (0..raters[0].len()).map(unit).collect()
}

fn coincidences<'a>(units: impl IntoIterator<Item = &'a Vec<f64>> + Clone) -> Coincidences {
    let mut found =
        Coincidences::new(&units.clone().into_iter().flatten().copied().collect::<Vec<_>>())
            .unwrap();
    for unit in units {
        found.add(unit).unwrap();
    }
    found
}

#[test]
fn alpha_equals_that_of_the_krippendorff_package() {
    let cases = cases("multi_rater_agreement");
    assert_eq!(cases.len(), 7);
    for case in &cases[..3] {
        let found = coincidences(&units(&case["input"]["raters_by_units"]));
        for (metric, name) in METRICS {
            let expected = case["expected"][name].as_f64().unwrap();
            assert_close(krippendorff_alpha(&found, metric).unwrap(), expected, 1e-9);
        }
        let nominal = alpha_nominal(found.values().len(), found.cells()).unwrap();
        assert_close(nominal, case["expected"]["alpha_nominal"].as_f64().unwrap(), 1e-9);
    }
}

#[test]
fn alpha_of_a_single_value_is_undefined() {
    let case = &cases("multi_rater_agreement")[3];
    assert_eq!(case["name"], "all_one_value");
    let found = coincidences(&units(&case["input"]["raters_by_units"]));
    for (metric, _) in METRICS {
        assert_eq!(krippendorff_alpha(&found, metric), Err(StatError::NoVariation));
    }
    assert_eq!(alpha_nominal(1, found.cells()), Err(StatError::NoVariation));
}

#[test]
fn alpha_equals_published_values() {
    let all = cases("published_agreement");
    let mut tested = 0;
    for case in all.iter().filter(|case| case["input_kind"] == "rater_x_unit_with_null") {
        let metric = match case["stat"].as_str().unwrap() {
            "krippendorff_alpha_nominal" => Metric::Nominal,
            _ => Metric::Interval,
        };
        let found = krippendorff_alpha(&coincidences(&units(&case["input"])), metric).unwrap();
        assert_close(found, case["full"].as_f64().unwrap(), 1e-9);
        assert_close(found, case["published"].as_f64().unwrap(), 5e-4);
        tested += 1;
    }
    assert_eq!(tested, 2);
}

#[test]
fn a_bootstrap_sums_the_coincidences_of_units() {
    let case = &cases("multi_rater_agreement")[4];
    assert_eq!(case["name"], "alpha_unit_bootstrap_missing20pct");
    let values = [1.0, 2.0, 3.0];
    let contributions: Vec<Vec<f64>> = units(&case["input"]["raters_by_units"])
        .iter()
        .map(|unit| {
            let mut own = Coincidences::new(&values).unwrap();
            own.add(unit).unwrap();
            own.cells().to_vec()
        })
        .collect();
    let resamples = case["input"]["indices"].as_array().unwrap();
    assert_eq!(resamples.len(), 200);
    let mut alphas: Vec<f64> = resamples
        .iter()
        .map(|drawn| {
            let mut sum = vec![0.0; 9];
            for at in numbers(drawn) {
                for (sum, cell) in sum.iter_mut().zip(&contributions[at as usize]) {
                    *sum += cell;
                }
            }
            alpha_nominal(3, &sum).unwrap()
        })
        .collect();
    alphas.sort_by(f64::total_cmp);
    let expected = numbers(&case["expected"]["percentile95"]);
    assert_close(quantile(&alphas, 0.025).unwrap(), expected[0], 1e-9);
    assert_close(quantile(&alphas, 0.975).unwrap(), expected[1], 1e-9);
    let n = alphas.len() as f64;
    let mean = alphas.iter().sum::<f64>() / n;
    let squares: f64 = alphas.iter().map(|alpha| (alpha - mean).powi(2)).sum();
    let error = case["expected"]["boot_se"].as_f64().unwrap();
    assert_close((squares / (n - 1.0)).sqrt(), error, 1e-9);
}

#[test]
fn units_with_fewer_than_two_ratings_are_excluded_and_counted() {
    let mut found = Coincidences::new(&[2.0, 1.0, 2.0]).unwrap();
    found.add(&[1.0]).unwrap();
    found.add(&[]).unwrap();
    assert_eq!((found.units(), found.skipped()), (0, 2));
    assert_eq!(found.cells(), [0.0; 4]);
    assert_eq!(krippendorff_alpha(&found, Metric::Nominal), Err(StatError::TooFew));
    found.add(&[1.0, 2.0]).unwrap();
    assert_eq!((found.units(), found.skipped()), (1, 2));
    assert_eq!(found.values(), [1.0, 2.0]);
    assert_eq!(found.cells(), [0.0, 1.0, 1.0, 0.0]);
}

#[test]
fn alpha_of_no_units_is_undefined() {
    let none = Coincidences::new(&[1.0, 2.0]).unwrap();
    assert_eq!(krippendorff_alpha(&none, Metric::Nominal), Err(StatError::Empty));
    assert_eq!(alpha_nominal(2, none.cells()), Err(StatError::Empty));
    assert_eq!(alpha_nominal(2, &[1e-16, 0.0, -1e-17, 0.0]), Err(StatError::Empty));
    assert_eq!(Coincidences::new(&[]), Err(StatError::Empty));
}

#[test]
fn values_that_alpha_cannot_use_are_out_of_range() {
    assert_eq!(Coincidences::new(&[1.0, f64::NAN]), Err(StatError::OutOfRange));
    let mut found = Coincidences::new(&[-1.0, 0.0, 1.0]).unwrap();
    for rating in [2.0, f64::NAN, f64::INFINITY] {
        assert_eq!(found.add(&[0.0, rating]), Err(StatError::OutOfRange));
    }
    assert_eq!(found.units(), 0);
    found.add(&[-1.0, 1.0]).unwrap();
    assert_eq!(krippendorff_alpha(&found, Metric::Ratio), Err(StatError::OutOfRange));
    let mut negative = Coincidences::new(&[-1.0, 3.0]).unwrap();
    negative.add(&[-1.0, 3.0]).unwrap();
    assert_eq!(krippendorff_alpha(&negative, Metric::Ratio), Err(StatError::OutOfRange));
    assert_eq!(alpha_nominal(2, &[1.0; 3]), Err(StatError::OutOfRange));
    assert_eq!(alpha_nominal(2, &[3.0, 1.0, -1.0, 3.0]), Err(StatError::OutOfRange));
    assert_eq!(alpha_nominal(0, &[]), Err(StatError::OutOfRange));
    assert_eq!(alpha_nominal(1, &[f64::NAN]), Err(StatError::OutOfRange));
    let mut far = Coincidences::new(&[1e300, -1e300]).unwrap();
    far.add(&[1e300, -1e300]).unwrap();
    assert_eq!(krippendorff_alpha(&far, Metric::Interval), Err(StatError::OutOfRange));
}

#[test]
fn a_negative_zero_is_a_zero() {
    let mut found = Coincidences::new(&[0.0, -0.0, 1.0]).unwrap();
    found.add(&[-0.0, 0.0]).unwrap();
    assert_eq!(found.values(), [0.0, 1.0]);
}

#[test]
fn agreement_of_equally_many_raters_needs_two_of_them() {
    assert_eq!(fleiss_kappa::<[f64; 2]>(&[]), Err(StatError::Empty));
    assert_eq!(fleiss_kappa(&[[0.0, 0.0]]), Err(StatError::Empty));
    assert_eq!(fleiss_kappa(&[[1.0, 0.0], [0.0, 1.0]]), Err(StatError::TooFew));
    assert_eq!(randolph_kappa(&[[1.0, 0.0], [0.0, 1.0]]), Err(StatError::TooFew));
}

#[test]
fn agreement_of_equally_many_raters_needs_equally_many() {
    assert_eq!(fleiss_kappa(&[[2.0, 0.0], [2.0, 1.0]]), Err(StatError::OutOfRange));
    let ragged: [&[f64]; 2] = [&[2.0, 0.0], &[2.0]];
    assert_eq!(fleiss_kappa(&ragged), Err(StatError::OutOfRange));
    for wrong in [-1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(fleiss_kappa(&[[2.0 - wrong, wrong]]), Err(StatError::OutOfRange));
    }
}

#[test]
fn fractional_counts_may_add_up_with_rounding() {
    let rounded = fleiss_kappa(&[[1.4, 0.4, 0.2], [2.0, 0.0, 0.0]]);
    assert!(rounded.is_ok());
}

#[test]
fn agreement_on_one_category_is_undefined() {
    assert_eq!(fleiss_kappa(&[[3.0, 0.0], [3.0, 0.0]]), Err(StatError::NoVariation));
    assert_eq!(randolph_kappa(&[[3.0, 0.0], [3.0, 0.0]]), Ok(1.0));
    assert_eq!(randolph_kappa(&[[3.0], [3.0]]), Err(StatError::NoVariation));
}

/// The coefficients that are 1 for a perfect judge, of a table; α from its observations as units.
fn coefficients(k: usize, cells: &[f64]) -> [Result<f64, StatError>; 5] {
    let table = Table::new(k, cells).unwrap();
    let mut both = vec![0.0; k * k];
    for i in 0..k {
        for j in 0..k {
            both[i * k + j] = table.cell(i, j) + table.cell(j, i);
        }
    }
    let kappa = cohen_kappa_value(table, Weights::Identity);
    [kappa, scott_pi_value(table), gwet_ac1_value(table), matthews(table), alpha_nominal(k, &both)]
}

proptest! {
    #[test]
    fn a_perfect_judge_of_two_used_classes_has_every_coefficient_1(
        counts in prop::collection::vec(1_u8..100, 2..5),
    ) {
        let k = counts.len();
        let mut cells = vec![0.0; k * k];
        for (at, count) in counts.iter().enumerate() {
            cells[at * (k + 1)] = f64::from(*count);
        }
        for found in coefficients(k, &cells) {
            prop_assert!((found.unwrap() - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn a_coefficient_is_finite_or_undefined((k, cells) in tables()) {
        for found in coefficients(k, &cells).into_iter().flatten() {
            prop_assert!((-1.0 - 1e-12..=1.0 + 1e-12).contains(&found));
        }
    }

    #[test]
    fn fleiss_kappa_of_two_raters_is_scotts_pi((k, cells) in tables()) {
        let units = units_of_table(k, &cells);
        assert_same(fleiss_kappa(&units), scott_pi_value(Table::new(k, &cells).unwrap()));
    }

    #[test]
    fn alpha_does_not_depend_on_order_or_on_unused_values(
        mut units in prop::collection::vec(prop::collection::vec(0_u8..4, 0..5), 1..12),
    ) {
        let alpha = |units: &[Vec<u8>], values: &[f64], metric| {
            let mut found = Coincidences::new(values).unwrap();
            for unit in units {
                found.add(&unit.iter().map(|value| f64::from(*value)).collect::<Vec<_>>()).unwrap();
            }
            krippendorff_alpha(&found, metric)
        };
        for (metric, _) in METRICS {
            let one = alpha(&units, &[0.0, 1.0, 2.0, 3.0], metric);
            units.reverse();
            for unit in &mut units {
                unit.reverse();
            }
            match (one, alpha(&units, &[7.0, 3.0, 2.0, 1.0, 0.0], metric)) {
                (Ok(one), Ok(other)) => prop_assert!((one - other).abs() < 1e-9),
                (one, other) => prop_assert_eq!(one, other),
            }
        }
    }

    #[test]
    fn the_two_functions_for_nominal_alpha_agree(
        units in prop::collection::vec(prop::collection::vec(0_u8..4, 0..5), 1..12),
    ) {
        let mut found = Coincidences::new(&[0.0, 1.0, 2.0, 3.0]).unwrap();
        for unit in units {
            found.add(&unit.iter().map(|value| f64::from(*value)).collect::<Vec<_>>()).unwrap();
        }
        match (krippendorff_alpha(&found, Metric::Nominal), alpha_nominal(4, found.cells())) {
            (Ok(one), Ok(other)) => prop_assert!((one - other).abs() < 1e-9),
            (Err(StatError::TooFew), other) => prop_assert_eq!(other, Err(StatError::Empty)),
            (one, other) => prop_assert_eq!(one, other),
        }
    }
}
