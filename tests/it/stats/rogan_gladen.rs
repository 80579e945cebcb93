//! Shares corrected by error rates.

use evenhand::stats::{Allocation, JudgedShare, StatError, allocate, rogan_gladen};
use proptest::prelude::*;

use super::{assert_close, cases, numbers};

const JUDGED: JudgedShare = JudgedShare {
    share: 0.62,
    n: 1000,
    specificity: 0.85,
    negatives: 100,
    sensitivity: 0.9,
    positives: 100,
};

#[test]
fn corrected_shares_are_those_of_the_authors() {
    let cases = cases("rogan_gladen");
    assert_eq!(cases.len(), 6);
    for case in cases {
        let (input, expected) = (&case["input"], &case["expected"]);
        let judged = JudgedShare {
            share: input["p"].as_f64().unwrap(),
            n: input["n"].as_u64().unwrap(),
            specificity: input["q0_specificity"].as_f64().unwrap(),
            negatives: input["m0"].as_u64().unwrap(),
            sensitivity: input["q1_sensitivity"].as_f64().unwrap(),
            positives: input["m1"].as_u64().unwrap(),
        };
        let found = rogan_gladen(&judged, 1.0 - input["alpha"].as_f64().unwrap()).unwrap();
        assert_close(found.raw, expected["theta_raw"].as_f64().unwrap(), 1e-9);
        assert_close(found.value, expected["theta_clipped"].as_f64().unwrap(), 1e-9);
        assert_close(found.youden, expected["youden_J"].as_f64().unwrap(), 1e-9);
        let interval = numbers(&expected["ci95"]);
        assert_close(found.interval.low, interval[0], 1e-9);
        assert_close(found.interval.high, interval[1], 1e-9);
        let labels = numbers(&expected["alloc_m200_pilot10"]);
        let found = allocate(200, 10, &judged).unwrap();
        assert_close(found.negatives as f64, labels[0], 0.0);
        assert_close(found.positives as f64, labels[1], 0.0);
    }
}

#[test]
fn a_share_of_a_judge_at_chance_cannot_be_corrected() {
    let guessing = JudgedShare { specificity: 0.4, sensitivity: 0.6, ..JUDGED };
    assert_eq!(rogan_gladen(&guessing, 0.95).unwrap_err(), StatError::Uninformative);
    // Its sensitivity is above a third once two observations are added, but they are not observed.
    let few = JudgedShare { specificity: 0.9, sensitivity: 0.1, positives: 1, ..JUDGED };
    assert_eq!(rogan_gladen(&few, 0.95).unwrap_err(), StatError::Uninformative);
    let worse = JudgedShare { specificity: 0.3, sensitivity: 0.3, ..JUDGED };
    assert_eq!(rogan_gladen(&worse, 0.95).unwrap_err(), StatError::Uninformative);
}

#[test]
fn a_correction_needs_labels_of_both_kinds() {
    for empty in [
        JudgedShare { n: 0, ..JUDGED },
        JudgedShare { negatives: 0, ..JUDGED },
        JudgedShare { positives: 0, ..JUDGED },
    ] {
        assert_eq!(rogan_gladen(&empty, 0.95).unwrap_err(), StatError::Empty);
    }
    assert_eq!(allocate(200, 0, &JUDGED).unwrap_err(), StatError::Empty);
}

#[test]
fn shares_outside_the_unit_interval_are_refused() {
    for bad in [
        JudgedShare { share: 1.1, ..JUDGED },
        JudgedShare { specificity: -0.1, ..JUDGED },
        JudgedShare { sensitivity: f64::NAN, ..JUDGED },
    ] {
        assert_eq!(rogan_gladen(&bad, 0.95).unwrap_err(), StatError::OutOfRange);
        assert_eq!(allocate(200, 10, &bad).unwrap_err(), StatError::OutOfRange);
    }
    assert_eq!(rogan_gladen(&JUDGED, 1.0).unwrap_err(), StatError::OutOfRange);
}

#[test]
fn a_pilot_without_positives_allocates_negatives_only() {
    let none = JudgedShare { share: 0.0, ..JUDGED };
    assert_eq!(allocate(50, 10, &none), Ok(Allocation { negatives: 50, positives: 0 }));
}

proptest! {
    #[test]
    fn exchanging_positive_and_negative_mirrors_a_corrected_share(
        share in 0.0..=1.0_f64,
        specificity in 0.6..=1.0_f64,
        sensitivity in 0.6..=1.0_f64,
        negatives in 10_u64..200,
        positives in 10_u64..200,
    ) {
        let judged = JudgedShare { share, n: 500, specificity, negatives, sensitivity, positives };
        let other = JudgedShare {
            share: 1.0 - share,
            n: 500,
            specificity: sensitivity,
            negatives: positives,
            sensitivity: specificity,
            positives: negatives,
        };
        let (here, there) = (rogan_gladen(&judged, 0.95), rogan_gladen(&other, 0.95));
        let (here, there) = (here.unwrap(), there.unwrap());
        prop_assert!((here.raw + there.raw - 1.0).abs() < 1e-9);
        prop_assert!((here.interval.low + there.interval.high - 1.0).abs() < 1e-9);
        prop_assert!(here.interval.low <= here.interval.high);
    }
}
