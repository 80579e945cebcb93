//! Risk at each coverage, and thresholds with a guarantee.

use evenhand::stats::{GuaranteedThreshold, StatError, aurc, guaranteed_threshold, risk_coverage};
use proptest::prelude::*;

use super::reliability::verdicts;
use super::{assert_close, cases, numbers};

#[test]
fn risk_and_its_area_are_those_of_the_reference() {
    let (confidence, correct, expected) = verdicts();
    let found = risk_coverage(&confidence, &correct).unwrap();
    let wanted = numbers(&expected["risk_at_coverage_stable_order"]);
    assert_eq!((found.len(), wanted.len()), (200, 200));
    for (found, wanted) in found.iter().zip(wanted) {
        assert_close(*found, wanted, 1e-9);
    }
    assert_close(aurc(&confidence, &correct).unwrap(), expected["aurc"].as_f64().unwrap(), 1e-9);
}

#[test]
fn the_bound_of_a_threshold_is_that_of_clopper_and_pearson() {
    // One threshold only, so its bound is the one-sided 97.5 % bound: the upper end of the 95 % interval.
    let mut compared = 0;
    for case in cases("proportion_ci") {
        let (wrong, n) = (&case["input"]["successes"], &case["input"]["n"]);
        let (wrong, n) = (wrong.as_u64().unwrap() as usize, n.as_u64().unwrap() as usize);
        if n == 0 || wrong == n || n > 10_000 {
            continue;
        }
        let correct: Vec<bool> = (0..n).map(|at| at >= wrong).collect();
        let found =
            guaranteed_threshold(&vec![1.0; n], &correct, 0.999_999, 0.975).unwrap().unwrap();
        assert_close(found.bound, case["expected"]["beta"][1].as_f64().unwrap(), 1e-9);
        compared += 1;
    }
    assert!(compared >= 3);
}

#[test]
fn the_search_for_a_threshold_stops_at_the_first_failure() {
    // 40 right at 0.9, then 20 wrong at 0.8, then so many right at 0.7 that they would pass again.
    let confidence: Vec<f64> = [vec![0.7; 900], vec![0.9; 40], vec![0.8; 20]].concat();
    let correct: Vec<bool> = [vec![true; 940], vec![false; 20]].concat();
    let found = guaranteed_threshold(&confidence, &correct, 0.1, 0.95).unwrap().unwrap();
    assert_close(found.bound, 1.0 - 0.05_f64.powf(1.0 / 40.0), 1e-12);
    assert_eq!(
        found,
        GuaranteedThreshold { threshold: 0.9, kept: 40, wrong: 0, bound: found.bound }
    );
}

#[test]
fn too_few_confident_verdicts_do_not_end_the_search_for_a_threshold() {
    // The surest verdict alone could never pass, right or wrong.
    let confidence: Vec<f64> = std::iter::once(1.0).chain([0.5; 199]).collect();
    let correct = vec![true; 200];
    let found = guaranteed_threshold(&confidence, &correct, 0.1, 0.95).unwrap().unwrap();
    assert_eq!((found.threshold, found.kept), (0.5, 200));
    let few = guaranteed_threshold(&confidence[..20], &correct[..20], 0.1, 0.95);
    assert_eq!(few, Ok(None));
}

#[test]
fn arguments_out_of_range_are_refused() {
    assert_eq!(risk_coverage(&[], &[]), Err(StatError::Empty));
    assert_eq!(aurc(&[], &[]), Err(StatError::Empty));
    assert_eq!(risk_coverage(&[0.5], &[]), Err(StatError::OutOfRange));
    assert_eq!(aurc(&[f64::NAN], &[true]), Err(StatError::OutOfRange));
    assert_eq!(guaranteed_threshold(&[], &[], 0.1, 0.95), Err(StatError::Empty));
    for (risk, level) in [(0.0, 0.95), (1.0, 0.95), (0.1, 1.0), (f64::NAN, 0.95), (0.1, f64::NAN)] {
        let found = guaranteed_threshold(&[0.5], &[true], risk, level);
        assert_eq!(found, Err(StatError::OutOfRange));
    }
}

proptest! {
    #[test]
    fn full_coverage_has_the_error_rate_of_all(
        verdicts in prop::collection::vec((0.0..1.0_f64, any::<bool>()), 1..60),
    ) {
        let (confidence, correct): (Vec<f64>, Vec<bool>) = verdicts.into_iter().unzip();
        let risk = risk_coverage(&confidence, &correct).unwrap();
        let wrong = correct.iter().filter(|correct| !**correct).count() as f64;
        prop_assert!((risk[risk.len() - 1] - wrong / risk.len() as f64).abs() < 1e-12);
    }

    #[test]
    fn a_guaranteed_threshold_keeps_the_verdicts_it_counts(
        verdicts in prop::collection::vec((0_u8..10, 0_u8..10), 1..200),
    ) {
        // Surer verdicts are right more often.
        let confidence: Vec<f64> = verdicts.iter().map(|(p, _)| f64::from(*p) / 10.0).collect();
        let correct: Vec<bool> = verdicts.iter().map(|(p, luck)| luck <= p).collect();
        if let Some(found) = guaranteed_threshold(&confidence, &correct, 0.3, 0.9).unwrap() {
            let kept = confidence.iter().filter(|p| **p >= found.threshold).count();
            prop_assert_eq!(found.kept, kept as u64);
            prop_assert!(found.bound <= 0.3);
            prop_assert!(found.wrong as f64 / found.kept as f64 <= found.bound);
        }
    }
}
