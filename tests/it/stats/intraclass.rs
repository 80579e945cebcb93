//! Intraclass correlations.

use evenhand::stats::{IntraclassModel, StatError, intraclass, mean_squares};
use proptest::prelude::*;
use serde_json::Value;

use super::{assert_close, cases, numbers};

const MODELS: [(IntraclassModel, &str); 3] = [
    (IntraclassModel::OneWay, "ICC1"),
    (IntraclassModel::Agreement, "ICC2"),
    (IntraclassModel::Consistency, "ICC3"),
];

fn scores(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

#[test]
fn intraclass_correlations_equal_those_of_pingouin() {
    let cases = cases("icc");
    assert_eq!(cases.len(), 2);
    for case in cases {
        let scores = scores(&case["input"]["subjects_by_raters"]);
        let number = |name: &str| case["expected"][name].as_f64().unwrap();
        let squares = mean_squares(&scores).unwrap();
        assert_close(squares.subjects, number("MSR"), 1e-9);
        assert_close(squares.raters, number("MSC"), 1e-9);
        assert_close(squares.error, number("MSE"), 1e-9);
        assert_close(squares.within, number("MSW"), 1e-9);
        for (model, name) in MODELS {
            let found = intraclass(&scores, model, 0.95).unwrap();
            assert_close(found.single, number(name), 1e-9);
            assert_close(found.mean.unwrap(), number(&format!("{name}k")), 1e-9);
            for (interval, name) in [
                (found.single_interval, format!("{name}_ci")),
                (found.mean_interval, format!("{name}k_ci")),
            ] {
                let expected = numbers(&case["expected"][name.as_str()]);
                assert_close(interval.unwrap().low, expected[0], 1e-9);
                assert_close(interval.unwrap().high, expected[1], 1e-9);
            }
        }
    }
}

#[test]
fn raters_who_differ_by_a_constant_are_consistent_but_do_not_agree() {
    let scores = [[1.0, 2.0], [3.0, 4.0], [4.0, 5.0], [8.0, 9.0]];
    let consistent = intraclass(&scores, IntraclassModel::Consistency, 0.95).unwrap();
    assert_close(consistent.single, 1.0, 1e-12);
    assert_eq!(consistent.single_interval, None);
    let agreement = intraclass(&scores, IntraclassModel::Agreement, 0.95).unwrap();
    assert!(agreement.single < 0.96);
    assert!(agreement.single_interval.is_some());
}

#[test]
fn perfect_agreement_has_no_interval() {
    let scores = [[0.1, 0.1], [0.3, 0.3], [0.7, 0.7]];
    for (model, _) in MODELS {
        let found = intraclass(&scores, model, 0.95).unwrap();
        assert_close(found.single, 1.0, 1e-12);
        assert_eq!((found.single_interval, found.mean_interval), (None, None));
    }
}

#[test]
fn the_correlation_of_means_of_subjects_with_equal_means_is_undefined() {
    let scores = [[1.0, 3.0], [3.0, 1.0], [2.0, 2.0]];
    for (model, _) in MODELS {
        let found = intraclass(&scores, model, 0.95).unwrap();
        assert!(found.single < 0.0);
        assert_eq!((found.mean, found.mean_interval), (None, None));
    }
}

#[test]
fn raters_who_differ_on_equal_subjects_have_a_negative_correlation_of_means() {
    let scores = [[1.0, 9.0], [2.0, 8.0], [1.5, 8.5]];
    let found = intraclass(&scores, IntraclassModel::Agreement, 0.95).unwrap();
    assert!(found.mean.is_some_and(|mean| mean < 0.0));
}

#[test]
fn intraclass_correlations_of_too_few_or_equal_scores_are_undefined() {
    for (model, _) in MODELS {
        let error = |scores: &[&[f64]]| intraclass(scores, model, 0.95).unwrap_err();
        assert_eq!(error(&[]), StatError::Empty);
        assert_eq!(error(&[&[], &[]]), StatError::Empty);
        assert_eq!(error(&[&[1.0, 2.0]]), StatError::TooFew);
        assert_eq!(error(&[&[1.0], &[2.0]]), StatError::TooFew);
        assert_eq!(error(&[&[4.0, 4.0], &[4.0, 4.0]]), StatError::NoVariation);
        assert_eq!(error(&[&[4.0, 4.0], &[4.0]]), StatError::OutOfRange);
        assert_eq!(error(&[&[4.0, 4.0], &[4.0, f64::NAN]]), StatError::OutOfRange);
        assert_eq!(error(&[&[4.0, f64::MAX], &[-f64::MAX, 1.0]]), StatError::OutOfRange);
        let scores = [[1.0, 2.0], [3.0, 5.0]];
        assert_eq!(intraclass(&scores, model, 1.0), Err(StatError::OutOfRange));
    }
}

proptest! {
    #[test]
    fn a_correlation_is_at_most_1_and_lies_in_its_interval(
        scores in prop::collection::vec([0_u8..6, 0_u8..6, 0_u8..6], 2..20),
    ) {
        let scores: Vec<[f64; 3]> = scores.into_iter().map(|row| row.map(f64::from)).collect();
        for (model, _) in MODELS {
            let Ok(found) = intraclass(&scores, model, 0.95) else { continue };
            prop_assert!(found.single <= 1.0 + 1e-12);
            prop_assert!(found.mean.is_none_or(|mean| mean <= 1.0 + 1e-12));
            let pairs = [(Some(found.single), found.single_interval), (found.mean, found.mean_interval)];
            for (value, interval) in pairs {
                if let (Some(value), Some(interval)) = (value, interval) {
                    prop_assert!(interval.low <= value + 1e-9 && value <= interval.high + 1e-9);
                }
            }
        }
    }

    #[test]
    fn the_order_of_raters_and_the_scale_do_not_matter(
        scores in prop::collection::vec([0_u8..6, 0_u8..6, 0_u8..6], 2..20),
    ) {
        let scores: Vec<[f64; 3]> = scores.into_iter().map(|row| row.map(f64::from)).collect();
        let changed: Vec<[f64; 3]> =
            scores.iter().map(|[a, b, c]| [c, a, b].map(|score| 2.0 * score - 7.0)).collect();
        for (model, _) in MODELS {
            match (intraclass(&scores, model, 0.95), intraclass(&changed, model, 0.95)) {
                (Ok(one), Ok(other)) => prop_assert!((one.single - other.single).abs() < 1e-9),
                (one, other) => prop_assert_eq!(one.is_ok(), other.is_ok()),
            }
        }
    }
}
