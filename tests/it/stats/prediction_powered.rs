//! Win rates corrected by labels, and the moments they are computed from.

use evenhand::stats::{
    Labelled, Moments, PredictionPowered, StatError, Stratum, prediction_powered_mean,
    stratified_prediction_powered,
};
use proptest::prelude::*;
use serde_json::Value;

use super::{assert_close, cases, numbers};

fn pairs(human: &[f64], judge: &[f64]) -> Vec<Labelled> {
    assert_eq!(human.len(), judge.len());
    human
        .iter()
        .zip(judge)
        .map(|(human, judge)| Labelled { human: *human, judge: *judge, weight: 1.0 })
        .collect()
}

fn labelled(input: &Value) -> Vec<Labelled> {
    pairs(&numbers(&input["Y"]), &numbers(&input["Yhat"]))
}

fn unlabelled(input: &Value) -> Moments {
    Moments::of(&numbers(&input["Yhat_unlabeled"])).unwrap()
}

#[track_caller]
fn assert_estimate(found: &PredictionPowered, expected: &Value) {
    assert_close(found.value, expected["mean"].as_f64().unwrap(), 1e-9);
    if let Some(error) = expected["se"].as_f64() {
        assert_close(found.standard_error, error, 1e-9);
    }
    if let Some(lambda) = expected["lambda"].as_f64() {
        assert_close(found.lambda, lambda, 1e-9);
    }
    let interval = found.interval(0.95).unwrap();
    assert_close(interval.low, expected["ci95"][0].as_f64().unwrap(), 1e-9);
    assert_close(interval.high, expected["ci95"][1].as_f64().unwrap(), 1e-9);
}

#[test]
fn estimates_are_those_of_ppi_py() {
    let cases = cases("ppi_mean");
    assert_eq!(cases.len(), 3);
    for case in cases.iter().filter(|case| case["name"] != "stratified_tuned") {
        let (labelled, rest) = (labelled(&case["input"]), unlabelled(&case["input"]));
        for (lambda, name) in
            [(Some(0.0), "classical"), (Some(1.0), "ppi_lam1"), (None, "ppi_plus_tuned")]
        {
            let found = prediction_powered_mean(&labelled, &rest, lambda).unwrap();
            assert_estimate(&found, &case["expected"][name]);
        }
    }
}

#[test]
fn a_stratified_estimate_is_that_of_ppi_py() {
    let case = cases("ppi_mean").into_iter().find(|case| case["name"] == "stratified_tuned");
    let case = case.unwrap();
    let inputs = case["input"]["strata"].as_array().unwrap();
    let labels: Vec<Vec<Labelled>> = inputs.iter().map(labelled).collect();
    let strata: Vec<Stratum<'_>> = inputs
        .iter()
        .zip(&labels)
        .map(|(input, labelled)| Stratum {
            weight: input["weight"].as_f64().unwrap(),
            labelled,
            unlabelled: unlabelled(input),
        })
        .collect();
    assert_eq!(strata.len(), 3);
    let found = stratified_prediction_powered(&strata).unwrap();
    assert_estimate(&found, &case["expected"]);
    assert_eq!((found.labelled, found.freedom, found.degenerate), (80, 77, false));
}

#[test]
fn with_everything_labelled_the_judge_is_not_used() {
    let labelled = pairs(&[1.0, 0.0, 1.0, 1.0], &[0.0, 0.0, 1.0, 1.0]);
    for lambda in [None, Some(1.0)] {
        let found = prediction_powered_mean(&labelled, &Moments::default(), lambda).unwrap();
        assert_eq!((found.lambda, found.value), (0.0, 0.75));
        assert_close(found.standard_error, (0.75_f64 * 0.25 / 4.0).sqrt(), 1e-12);
    }
}

#[test]
fn a_judge_that_always_says_the_same_is_not_used() {
    let labelled = pairs(&[1.0, 0.0, 1.0, 1.0], &[0.7; 4]);
    let rest = Moments::of(&[0.7; 50]).unwrap();
    let found = prediction_powered_mean(&labelled, &rest, None).unwrap();
    assert_close(found.lambda, 0.0, 0.0);
    assert_close(found.value, 0.75, 1e-12);
}

#[test]
fn labels_that_never_vary_leave_the_standard_error_unknown() {
    let labelled = pairs(&[1.0; 5], &[1.0, 0.0, 0.5, 1.0, 0.0]);
    let rest = Moments::of(&[1.0, 0.0, 0.0]).unwrap();
    let found = prediction_powered_mean(&labelled, &rest, None).unwrap();
    assert!(found.degenerate);
    assert_eq!(found.interval(0.95), Err(StatError::NoVariation));
    // A judge that errs nowhere in the labels is no proof that it never errs.
    let perfect = pairs(&[1.0, 0.0, 0.1], &[1.0, 0.0, 0.1]);
    let found = prediction_powered_mean(&perfect, &rest, Some(1.0)).unwrap();
    assert!(found.degenerate && found.standard_error <= 0.0);
}

#[test]
fn few_labels_use_students_quantile() {
    let labelled = pairs(&[1.0, 0.0, 1.0, 0.0], &[0.5; 4]);
    let found = prediction_powered_mean(&labelled, &Moments::default(), None).unwrap();
    let interval = found.interval(0.95).unwrap();
    // The standard error is ¼, and t(3) at 97.5 % is 3.182446305.
    assert_close(interval.high, 0.5 + 3.182_446_305_283_708 / 4.0, 1e-9);
    assert_eq!(found.interval(1.0), Err(StatError::OutOfRange));
    assert_eq!(found.interval(f64::NAN), Err(StatError::OutOfRange));
}

#[test]
fn an_estimate_needs_two_labels_and_finite_numbers() {
    let rest = Moments::of(&[0.5, 1.0]).unwrap();
    let mean = |labelled: &[Labelled]| prediction_powered_mean(labelled, &rest, None).unwrap_err();
    assert_eq!(mean(&[]), StatError::Empty);
    let one = Labelled { human: 1.0, judge: 0.0, weight: 1.0 };
    assert_eq!(mean(&[one]), StatError::TooFew);
    for bad in [
        Labelled { human: f64::NAN, ..one },
        Labelled { judge: f64::INFINITY, ..one },
        Labelled { human: 1e300, ..one },
        Labelled { weight: 0.0, ..one },
        Labelled { weight: f64::NAN, ..one },
    ] {
        assert_eq!(mean(&[one, bad]), StatError::OutOfRange);
    }
    for lambda in [-0.1, 1.1, f64::NAN] {
        let found = prediction_powered_mean(&[one, one], &rest, Some(lambda));
        assert_eq!(found, Err(StatError::OutOfRange));
    }
    assert_eq!(Moments::of(&[0.0, f64::NAN]), Err(StatError::OutOfRange));
}

#[test]
fn weights_correct_unequal_probabilities_of_being_labelled() {
    // Where people say 1, labels are three times as likely.
    let labelled: Vec<Labelled> = [(1.0, 1.0 / 3.0); 6]
        .into_iter()
        .chain([(0.0, 1.0); 2])
        .map(|(human, weight)| Labelled { human, judge: 0.5, weight })
        .collect();
    let found = prediction_powered_mean(&labelled, &Moments::default(), None).unwrap();
    assert_close(found.value, 0.5, 1e-12);
    // Σw²(y − ½)²/(Σw)² = (6/9 + 2)/4/16.
    assert_close(found.standard_error, ((6.0_f64 / 9.0 + 2.0) / 64.0).sqrt(), 1e-12);
}

#[test]
fn weights_of_strata_must_add_up_to_1() {
    let labelled = pairs(&[1.0, 0.0, 1.0], &[1.0, 0.5, 0.5]);
    let rest = Moments::of(&[0.5, 1.0]).unwrap();
    let stratum = |weight| Stratum { weight, labelled: &labelled, unlabelled: rest };
    let whole = stratified_prediction_powered(&[stratum(1.0)]).unwrap();
    assert_eq!(whole, prediction_powered_mean(&labelled, &rest, None).unwrap());
    assert_eq!(stratified_prediction_powered(&[]), Err(StatError::Empty));
    for weights in [[0.5, 0.6], [1.5, -0.5], [f64::NAN, 1.0]] {
        let strata = weights.map(stratum);
        assert_eq!(stratified_prediction_powered(&strata), Err(StatError::OutOfRange));
    }
    let unlabelled = Stratum { weight: 0.5, labelled: &[], unlabelled: rest };
    assert_eq!(stratified_prediction_powered(&[stratum(0.5), unlabelled]), Err(StatError::Empty));
    let nothing = Stratum { weight: 0.0, ..unlabelled };
    assert_eq!(stratified_prediction_powered(&[stratum(1.0), nothing]), Ok(whole));
}

#[test]
fn a_stratum_without_variation_is_reported() {
    let same = pairs(&[1.0; 4], &[1.0; 4]);
    let mixed = pairs(&[1.0, 0.0, 1.0, 0.0], &[1.0; 4]);
    let rest = Moments::default();
    let strata =
        [&same, &mixed].map(|labelled| Stratum { weight: 0.5, labelled, unlabelled: rest });
    let found = stratified_prediction_powered(&strata).unwrap();
    assert!(found.degenerate);
    assert_close(found.standard_error, 0.5 * 0.25, 1e-12);
}

fn any_labels() -> impl Strategy<Value = Vec<(f64, f64)>> {
    prop::collection::vec((0.0..1.0_f64, 0.0..1.0_f64), 3..20)
}

proptest! {
    #[test]
    fn moments_do_not_depend_on_how_values_are_added(
        values in prop::collection::vec(-10.0..10.0_f64, 1..50),
    ) {
        let moments = Moments::of(&values).unwrap();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        prop_assert_eq!(moments.n(), values.len() as u64);
        prop_assert!((moments.mean().unwrap() - mean).abs() < 1e-9);
        prop_assert!((moments.variance().unwrap() - variance).abs() < 1e-9);
    }

    #[test]
    fn a_common_factor_of_all_weights_changes_nothing(
        labels in any_labels(),
        rest in prop::collection::vec(0.0..1.0_f64, 0..30),
        factor in 0.1..10.0_f64,
    ) {
        let rest = Moments::of(&rest).unwrap();
        let with = |weight: f64| {
            let labelled: Vec<Labelled> =
                labels.iter().map(|(human, judge)| Labelled { human: *human, judge: *judge, weight })
                    .collect();
            prediction_powered_mean(&labelled, &rest, None).unwrap()
        };
        let (one, many) = (with(1.0), with(factor));
        prop_assert!((one.lambda - many.lambda).abs() < 1e-9);
        prop_assert!((one.value - many.value).abs() < 1e-9);
        prop_assert!((one.standard_error - many.standard_error).abs() < 1e-9);
    }

    #[test]
    fn a_tuned_estimate_is_finite_and_relies_on_the_judge_in_part(
        labels in any_labels(),
        rest in prop::collection::vec(0.0..1.0_f64, 1..30),
    ) {
        let (human, judge): (Vec<f64>, Vec<f64>) = labels.into_iter().unzip();
        let labelled = pairs(&human, &judge);
        let found = prediction_powered_mean(&labelled, &Moments::of(&rest).unwrap(), None).unwrap();
        prop_assert!((0.0..=1.0).contains(&found.lambda));
        prop_assert!(found.standard_error.is_finite() && found.value.is_finite());
    }
}
