//! Calibration of stated confidence, and recalibration.

use evenhand::stats::{
    Binning, StatError, auroc, brier, brier_skill, expected_calibration_error, isotonic, log_loss,
    maximum_calibration_error, platt, reliability_bins, wilson,
};
use proptest::prelude::*;
use serde_json::Value;

use super::{assert_close, cases, numbers};

/// Returns confidences, whether each verdict is right, and what is expected of them.
pub(super) fn verdicts() -> (Vec<f64>, Vec<bool>, Value) {
    let cases = cases("confidence_calibration");
    assert_eq!(cases.len(), 1);
    let confidence = numbers(&cases[0]["input"]["confidence"]);
    let correct: Vec<bool> =
        numbers(&cases[0]["input"]["correct"]).iter().map(|correct| *correct > 0.5).collect();
    assert_eq!((confidence.len(), correct.len()), (200, 200));
    (confidence, correct, cases[0]["expected"].clone())
}

#[test]
fn brier_log_loss_and_auroc_equal_those_of_scikit_learn() {
    let (confidence, correct, expected) = verdicts();
    let number = |key: &str| expected[key].as_f64().unwrap();
    assert_close(brier(&confidence, &correct).unwrap(), number("brier"), 1e-9);
    assert_close(brier_skill(&confidence, &correct).unwrap(), number("brier_skill"), 1e-9);
    assert_close(log_loss(&confidence, &correct).unwrap(), number("log_loss"), 1e-9);
    assert_close(auroc(&confidence, &correct).unwrap(), number("auroc"), 1e-9);
}

#[test]
fn calibration_errors_are_those_of_netcal() {
    let (confidence, correct, expected) = verdicts();
    let bins = reliability_bins(&confidence, &correct, 10, Binning::EqualWidth).unwrap();
    let wanted = expected["bins_idx_n_conf_acc"].as_array().unwrap();
    assert_eq!((bins.len(), wanted.len()), (9, 9));
    for (bin, wanted) in bins.iter().zip(wanted) {
        let wanted = numbers(wanted);
        assert_close(bin.index as f64, wanted[0], 0.0);
        assert_close(bin.n as f64, wanted[1], 0.0);
        assert_close(bin.confidence, wanted[2], 1e-9);
        assert_close(bin.accuracy, wanted[3], 1e-9);
        let interval = wilson(wanted[3] * wanted[1], wanted[1], 0.95).unwrap();
        assert_close(bin.low, interval.low, 1e-9);
        assert_close(bin.high, interval.high, 1e-9);
    }
    let expected_error = expected["ece10_equal_width"].as_f64().unwrap();
    assert_close(expected_calibration_error(&bins).unwrap(), expected_error, 1e-9);
    let maximum = expected["mce10"].as_f64().unwrap();
    assert_close(maximum_calibration_error(&bins).unwrap(), maximum, 1e-9);
}

#[test]
fn recalibrations_are_those_of_scikit_learn() {
    let (confidence, correct, expected) = verdicts();
    let map = isotonic(&confidence, &correct).unwrap();
    let at_inputs = numbers(&expected["isotonic_fit_at_inputs"]);
    assert_eq!(at_inputs.len(), confidence.len());
    for (at, wanted) in confidence.iter().zip(at_inputs) {
        assert_close(map.predict(*at).unwrap(), wanted, 1e-9);
    }
    for (at, wanted) in [0.5, 0.7, 0.9].iter().zip(numbers(&expected["isotonic_at_0.5_0.7_0.9"])) {
        assert_close(map.predict(*at).unwrap(), wanted, 1e-9);
    }
    let curve = platt(&confidence, &correct).unwrap();
    let wanted = numbers(&expected["platt_slope_intercept"]);
    assert_close(curve.slope, wanted[0], 1e-9);
    assert_close(curve.intercept, wanted[1], 1e-9);
}

#[test]
fn a_confidence_at_the_edge_of_a_bin_is_in_the_upper_one() {
    let confidence = [0.0, 0.25, 0.5, 1.0];
    let bins = reliability_bins(&confidence, &[true; 4], 4, Binning::EqualWidth).unwrap();
    let indices: Vec<usize> = bins.iter().map(|bin| bin.index).collect();
    assert_eq!(indices, [0, 1, 2, 3]);
}

#[test]
fn bins_of_equal_mass_keep_equal_confidences_together() {
    let confidence = [0.9, 0.5, 0.8, 0.8, 0.8, 0.6];
    let bins = reliability_bins(&confidence, &[true; 6], 3, Binning::EqualMass).unwrap();
    let found: Vec<(usize, u64)> = bins.iter().map(|bin| (bin.index, bin.n)).collect();
    assert_eq!(found, [(0, 2), (1, 3), (2, 1)]);
}

#[test]
fn confidences_are_probabilities_one_for_each_verdict() {
    type Score = fn(&[f64], &[bool]) -> Result<f64, StatError>;
    let scores: [Score; 4] = [brier, brier_skill, log_loss, auroc];
    for score in scores {
        assert_eq!(score(&[], &[]), Err(StatError::Empty));
        assert_eq!(score(&[0.5], &[true, false]), Err(StatError::OutOfRange));
        assert_eq!(score(&[0.5, f64::NAN], &[true, false]), Err(StatError::OutOfRange));
    }
    for score in [brier, brier_skill, log_loss] {
        assert_eq!(score(&[0.5, 1.1], &[true, false]), Err(StatError::OutOfRange));
    }
    for score in [brier_skill, auroc] {
        assert_eq!(score(&[0.5, 0.7], &[true, true]), Err(StatError::NoVariation));
        assert_eq!(score(&[0.5, 0.7], &[false, false]), Err(StatError::NoVariation));
    }
    let bins = |p: f64, bins| reliability_bins(&[p], &[true], bins, Binning::EqualWidth);
    assert_eq!(bins(0.5, 0), Err(StatError::OutOfRange));
    assert_eq!(bins(-0.5, 10), Err(StatError::OutOfRange));
    assert_eq!(reliability_bins(&[], &[], 10, Binning::EqualMass), Err(StatError::Empty));
    assert_eq!(expected_calibration_error(&[]), Err(StatError::Empty));
    assert_eq!(maximum_calibration_error(&[]), Err(StatError::Empty));
}

#[test]
fn a_wrong_verdict_at_full_confidence_has_a_finite_loss() {
    assert_close(log_loss(&[1.0], &[false]).unwrap(), 52.0 * 2.0_f64.ln(), 1e-9);
}

#[test]
fn recalibration_needs_both_kinds_of_verdicts() {
    assert_eq!(isotonic(&[], &[]).unwrap_err(), StatError::Empty);
    assert_eq!(platt(&[], &[]).unwrap_err(), StatError::Empty);
    assert_eq!(isotonic(&[0.5], &[]).unwrap_err(), StatError::OutOfRange);
    assert_eq!(platt(&[f64::NAN], &[true]).unwrap_err(), StatError::OutOfRange);
    assert_eq!(platt(&[0.5, 0.6], &[true, true]).unwrap_err(), StatError::NoVariation);
    assert_eq!(platt(&[0.5, 0.5], &[true, false]).unwrap_err(), StatError::NoVariation);
    assert_eq!(platt(&[1e300, -1e300], &[true, false]).unwrap_err(), StatError::OutOfRange);
    let map = isotonic(&[0.5, 0.6], &[false, true]).unwrap();
    assert_eq!(map.predict(f64::NAN), Err(StatError::OutOfRange));
    assert_eq!((map.predict(0.0), map.predict(1.0)), (Ok(0.0), Ok(1.0)));
    let curve = platt(&[0.5, 0.6], &[false, true]).unwrap();
    assert_eq!(curve.predict(f64::INFINITY), Err(StatError::OutOfRange));
}

#[test]
fn platt_scaling_of_a_separating_confidence_is_finite() {
    let confidence = [0.1, 0.2, 0.3, 0.7, 0.8, 0.9];
    let correct = [false, false, false, true, true, true];
    let curve = platt(&confidence, &correct).unwrap();
    // The targets are 1/5 and 4/5, and the curve is symmetric about ½.
    assert_close(curve.predict(0.5).unwrap(), 0.5, 1e-9);
    assert!(curve.slope > 0.0 && curve.slope < 100.0);
}

fn any_verdicts() -> impl Strategy<Value = (Vec<f64>, Vec<bool>)> {
    prop::collection::vec((0_u8..=20, any::<bool>()), 1..60).prop_map(|verdicts| {
        verdicts.into_iter().map(|(p, correct)| (f64::from(p) / 20.0, correct)).unzip()
    })
}

proptest! {
    #[test]
    fn every_verdict_is_in_one_bin((confidence, correct) in any_verdicts(), bins in 1_usize..20) {
        for binning in [Binning::EqualWidth, Binning::EqualMass] {
            let found = reliability_bins(&confidence, &correct, bins, binning).unwrap();
            let n: u64 = found.iter().map(|bin| bin.n).sum();
            prop_assert_eq!(n, confidence.len() as u64);
            prop_assert!(found.windows(2).all(|pair| pair[0].index < pair[1].index));
            let expected = expected_calibration_error(&found).unwrap();
            prop_assert!(expected <= maximum_calibration_error(&found).unwrap() + 1e-12);
        }
    }

    #[test]
    fn auroc_is_the_share_of_pairs_in_the_right_order((confidence, correct) in any_verdicts()) {
        let (mut sum, mut pairs) = (0.0, 0.0);
        for (p, _) in confidence.iter().zip(&correct).filter(|(_, correct)| **correct) {
            for (q, _) in confidence.iter().zip(&correct).filter(|(_, correct)| !**correct) {
                pairs += 1.0;
                sum += if p > q { 1.0 } else if p < q { 0.0 } else { 0.5 };
            }
        }
        match auroc(&confidence, &correct) {
            Ok(area) => prop_assert!((area - sum / pairs).abs() < 1e-12),
            Err(error) => prop_assert!(error == StatError::NoVariation && pairs <= 0.0),
        }
    }

    #[test]
    fn an_isotonic_map_never_falls_and_keeps_the_mean((confidence, correct) in any_verdicts()) {
        let map = isotonic(&confidence, &correct).unwrap();
        let along: Vec<f64> =
            (0..=100).map(|at| map.predict(f64::from(at) / 100.0).unwrap()).collect();
        prop_assert!(along.windows(2).all(|pair| pair[0] <= pair[1] + 1e-12));
        let sum: f64 = confidence.iter().map(|p| map.predict(*p).unwrap()).sum();
        let right = correct.iter().filter(|correct| **correct).count() as f64;
        prop_assert!((sum - right).abs() < 1e-9);
    }

    #[test]
    fn platt_scaling_preserves_the_mean_of_its_targets((confidence, correct) in any_verdicts()) {
        if let Ok(curve) = platt(&confidence, &correct) {
            let right = correct.iter().filter(|correct| **correct).count() as f64;
            let wrong = correct.len() as f64 - right;
            let targets = right * (right + 1.0) / (right + 2.0) + wrong / (wrong + 2.0);
            let sum: f64 = confidence.iter().map(|p| curve.predict(*p).unwrap()).sum();
            prop_assert!((sum - targets).abs() < 1e-9);
        }
    }
}
