//! Risk at each coverage, and thresholds with a guarantee.

use evenhand::stats::{
    GuaranteedThreshold, StatError, aurc, fewest_for_guarantee, guaranteed_threshold, risk_coverage,
};
use proptest::prelude::*;
use rand::SeedableRng as _;
use rand_pcg::Pcg64;
use rayon::prelude::*;

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
fn thresholds_are_those_of_a_search_with_the_bound_of_scipy() {
    let (mut found, mut none) = (0, 0);
    for case in cases("guaranteed_threshold") {
        let (input, expected) = (&case["input"], &case["expected"]);
        let scores = numbers(&input["scores"]);
        let correct = input["correct"].as_array().unwrap().iter();
        let correct: Vec<bool> = correct.map(|right| right.as_bool().unwrap()).collect();
        let [risk, level] = ["risk", "level"].map(|name| input[name].as_f64().unwrap());
        let fewest = fewest_for_guarantee(risk, level).unwrap();
        assert_eq!(expected["fewest"], fewest, "{}", case["name"]);
        let wanted = &expected["found"];
        let Some(threshold) = guaranteed_threshold(&scores, &correct, risk, level).unwrap() else {
            assert!(wanted.is_null(), "{}", case["name"]);
            none += 1;
            continue;
        };
        found += 1;
        assert_close(threshold.threshold, wanted["threshold"].as_f64().unwrap(), 0.0);
        assert_eq!(
            [threshold.kept, threshold.wrong],
            ["kept", "wrong"].map(|key| wanted[key].as_u64().unwrap())
        );
        assert_close(threshold.bound, wanted["bound"].as_f64().unwrap(), 1e-9);
    }
    assert_eq!((found, none), (7, 9));
}

#[test]
fn the_fewest_verdicts_of_a_guarantee_are_those_from_which_on_none_may_be_wrong() {
    for (risk, level) in [(0.1, 0.95), (0.05, 0.95), (0.01, 0.99), (0.5, 0.5), (0.9, 0.1)] {
        let fewest = fewest_for_guarantee(risk, level).unwrap() as usize;
        let found = |n: usize| guaranteed_threshold(&vec![1.0; n], &vec![true; n], risk, level);
        assert!(found(fewest).unwrap().is_some(), "{risk} {level}");
        assert!(fewest == 1 || found(fewest - 1).unwrap().is_none(), "{risk} {level}");
    }
    for (risk, level) in [(0.0, 0.95), (1.0, 0.95), (0.1, 0.0), (0.1, 1.0), (f64::NAN, 0.9)] {
        assert_eq!(fewest_for_guarantee(risk, level), Err(StatError::OutOfRange));
    }
}

/// The share of simulated samples of `n` verdicts for which a threshold is found that keeps more wrong verdicts than
/// allowed. Margins are whole percents, equally likely; `error` is the true share of wrong verdicts with a margin.
fn broken_guarantees(n: usize, error: impl Fn(f64) -> f64 + Sync) -> f64 {
    const RISK: f64 = 0.1;
    const SAMPLES: u64 = 4000;
    let errors: Vec<f64> = (0..=100).map(|percent| error(f64::from(percent) / 100.0)).collect();
    let is_broken = |seed: &u64| {
        let mut random = Pcg64::seed_from_u64(*seed);
        let (mut margins, mut correct) = (Vec::new(), Vec::new());
        for _ in 0..n {
            let percent = random.random_range(0..=100_usize);
            margins.push(percent as f64 / 100.0);
            correct.push(random.random_range(0.0..1.0) >= errors[percent]);
        }
        let found = guaranteed_threshold(&margins, &correct, RISK, 0.95).unwrap();
        found.is_some_and(|found| {
            let kept = &errors[(found.threshold * 100.0).round() as usize..];
            kept.iter().sum::<f64>() / kept.len() as f64 > RISK
        })
    };
    (0..SAMPLES).into_par_iter().filter(is_broken).count() as f64 / SAMPLES as f64
}

#[test]
fn the_guarantee_of_a_threshold_is_broken_in_at_most_5_percent_of_samples() {
    // Three standard errors of the simulation: √(0.05·0.95/4000) = 0.0034.
    let most = 0.05 + 3.0 * 0.0034;
    for n in [40, 100, 300] {
        // Just too many wrong verdicts, whatever the margin: every threshold that is found breaks the guarantee.
        let flat = broken_guarantees(n, |_| 0.1001);
        assert!(flat <= most, "{n}: {flat}");
        // The larger the margin the fewer are wrong: the loosest threshold that may be kept is that of 0.6.
        let falling = broken_guarantees(n, |margin| (0.5 * (1.0 - margin)).min(0.5));
        assert!(falling <= most, "{n}: {falling}");
        // The surest verdicts are the worst.
        let rising = broken_guarantees(n, |margin| 0.3 * margin);
        assert!(rising <= most, "{n}: {rising}");
        let noise = broken_guarantees(n, |_| 0.4);
        assert!(noise <= 0.001, "{n}: {noise}");
    }
}

#[test]
fn a_threshold_that_is_chosen_by_the_share_of_wrong_verdicts_alone_would_break_the_guarantee() {
    // What the bound is for: the loosest threshold with at most 10 % wrong among those kept is no guarantee.
    let mut broken = 0;
    for seed in 0..500 {
        let mut random = Pcg64::seed_from_u64(seed);
        let correct: Vec<bool> =
            (0..100).map(|_| random.random_range(0.0..1.0) >= 0.1001).collect();
        let confidence: Vec<f64> = (0..100).map(f64::from).collect();
        let risk = risk_coverage(&confidence, &correct).unwrap();
        broken += usize::from(risk[28..].iter().any(|risk| *risk <= 0.1));
    }
    assert!(broken > 250, "{broken}");
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
