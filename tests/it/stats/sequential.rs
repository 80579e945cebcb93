//! Means that are tested after every observation until they are decided.

use evenhand::stats::{MeanFinding, SequentialMeans, betting_interval, one_sided_capital};
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;

use super::cases;

fn decide_all(means: &mut SequentialMeans, observations: &[f64]) {
    for x in observations {
        means.observe(0, [*x; 2]).unwrap();
        means.decide();
    }
}

/// Binary observations of a golden case, whose intervals come from confseq.
fn golden_observations(name: &str) -> Vec<f64> {
    let cases = cases("confidence_sequences");
    let case = cases.iter().find(|case| case["name"] == name).unwrap();
    case["input"]["x"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

#[test]
fn one_mean_is_decided_when_the_confidence_sequence_first_excludes_the_number() {
    let x = golden_observations("binary");
    let mut means = SequentialMeans::new(1, 0.5, None, 0.05).unwrap();
    decide_all(&mut means, &x);
    let decided = means.decided(0).unwrap();
    let at = decided.n as usize;
    assert_eq!(decided.finding, MeanFinding::Above);
    // confseq: the interval contains ½ after 200 observations, and excludes it after 300.
    assert!((201..=300).contains(&at), "{at}");
    for n in 1..=at {
        let interval = betting_interval(&x[..n], 0.05).unwrap();
        assert_eq!(interval.low > 0.5, n == at, "{n}: {interval:?}");
    }
    assert_eq!(means.interval(0).unwrap(), betting_interval(&x[..at], 0.05).unwrap());
    let capital = one_sided_capital(&x, 0.5, 0.025).unwrap();
    assert_eq!(capital.iter().position(|capital| *capital >= 40.0), Some(at - 1));
}

#[test]
fn what_is_below_is_what_is_above_the_other_way_round() {
    let x = golden_observations("binary");
    let mirrored: Vec<f64> = x.iter().map(|x| 1.0 - x).collect();
    let [mut one, mut other] =
        [0, 1].map(|_| SequentialMeans::new(1, 0.5, Some(0.1), 0.05).unwrap());
    decide_all(&mut one, &x);
    decide_all(&mut other, &mirrored);
    assert_eq!(other.decided(0).unwrap().finding, MeanFinding::Below);
    assert_eq!(one.decided(0).unwrap().n, other.decided(0).unwrap().n);
}

#[test]
fn a_mean_near_the_number_is_within_the_margin_and_its_interval_too() {
    let mut means = SequentialMeans::new(1, 0.5, Some(0.1), 0.05).unwrap();
    let mut n = 0;
    while means.decided(0).is_none() {
        // Both orders disagree in every third comparison.
        let x = [1.0, 0.0, 0.5][n % 3];
        means.observe(0, [x; 2]).unwrap();
        means.decide();
        n += 1;
    }
    assert_eq!(means.decided(0).unwrap().finding, MeanFinding::Within);
    let interval = means.interval(0).unwrap();
    assert!(interval.low > 0.4 && interval.high < 0.6, "{interval:?}");
    assert!(n < 300, "{n}");
    // Without a margin it stays open.
    let mut means = SequentialMeans::new(1, 0.5, None, 0.05).unwrap();
    decide_all(&mut means, &[1.0, 0.0, 0.5].repeat(300));
    assert!(means.decided(0).is_none() && means.undecided() == 1);
}

#[test]
fn each_decision_lowers_what_the_others_need() {
    // The second mean has this capital when the first is decided: enough for one mean, and not for two.
    let mut means = SequentialMeans::new(2, 0.5, None, 0.05).unwrap();
    let x: Vec<f64> = (0..60).map(|at| if at % 5 == 4 { 0.0 } else { 1.0 }).collect();
    let capital = one_sided_capital(&x, 0.5, 0.0125).unwrap();
    let [one, two] = [40.0, 80.0].map(|enough| capital.iter().position(|c| *c >= enough).unwrap());
    assert!(one < two, "{one} {two}");
    for x in &x[..=one] {
        means.observe(1, [*x; 2]).unwrap();
        means.decide();
    }
    assert!(means.decided(1).is_none());
    while means.decided(0).is_none() {
        means.observe(0, [1.0; 2]).unwrap();
        means.decide();
    }
    assert_eq!(means.decided(1).unwrap().n, one as u64 + 1);
    assert!(means.interval(1).unwrap().low > 0.5);
    // The first was decided among two.
    assert!(means.interval(0).unwrap().low > 0.5);
}

#[test]
fn what_is_not_known_of_an_observation_decides_nothing() {
    let mut means = SequentialMeans::new(1, 0.5, Some(0.2), 0.05).unwrap();
    for _ in 0..200 {
        means.observe(0, [0.0, 1.0]).unwrap();
        means.decide();
    }
    assert!(means.decided(0).is_none());
    let interval = means.interval(0).unwrap();
    assert!(interval.low < 0.01 && interval.high > 0.99, "{interval:?}");
}

#[test]
fn numbers_out_of_range_are_errors_and_a_decided_mean_is_left_as_it_is() {
    for (number, margin, alpha) in [
        (0.0, None, 0.05),
        (1.0, None, 0.05),
        (f64::NAN, None, 0.05),
        (0.5, Some(0.5), 0.05),
        (0.5, Some(0.0), 0.05),
        (0.5, Some(f64::NAN), 0.05),
        (0.5, None, 0.0),
        (0.5, None, 1.0),
    ] {
        assert!(SequentialMeans::new(1, number, margin, alpha).is_err(), "{number} {margin:?}");
    }
    assert!(SequentialMeans::new(0, 0.5, None, 0.05).is_err());
    let mut means = SequentialMeans::new(1, 0.5, None, 0.05).unwrap();
    assert!(means.observe(0, [-0.1, 0.0]).is_err() && means.interval(0).is_err());
    decide_all(&mut means, &[1.0; 20]);
    assert_eq!((means.decided(0).unwrap().n, means.n(0)), (10, 10));
}

/// How often anything wrong is decided about several means, in so many runs that end after `most` observations each.
fn wrong_decisions(truths: &[f64], margin: Option<f64>, ties: f64, runs: u32, most: usize) -> f64 {
    let mut random = Pcg64::seed_from_u64(20);
    let wrong = (0..runs).filter(|_| {
        let mut means = SequentialMeans::new(truths.len(), 0.5, margin, 0.05).unwrap();
        for _ in 0..most {
            for (at, truth) in truths.iter().enumerate() {
                // A tie is ½; else the system wins so often that the mean is the truth.
                let wins = (truth - ties / 2.0) / (1.0 - ties);
                let x = if random.random_bool(ties) {
                    0.5
                } else {
                    f64::from(random.random_bool(wins))
                };
                means.observe(at, [x; 2]).unwrap();
            }
            means.decide();
            if means.undecided() == 0 {
                break;
            }
        }
        truths.iter().enumerate().any(|(at, truth)| {
            means.decided(at).is_some_and(|decided| match decided.finding {
                MeanFinding::Above => *truth <= 0.5,
                MeanFinding::Below => *truth >= 0.5,
                MeanFinding::Within => (truth - 0.5).abs() >= margin.unwrap_or(0.0),
            })
        })
    });
    wrong.count() as f64 / f64::from(runs)
}

/// `examples/stopping.rs` has more runs and more settings.
#[test]
fn decisions_are_wrong_no_more_often_than_stated_whatever_is_true() {
    const RUNS: u32 = 600;
    // Above 5 % by more than three standard errors of 600 runs.
    let most = 0.05 + 3.0 * (0.05_f64 * 0.95 / f64::from(RUNS)).sqrt();
    for (truths, margin, ties) in [
        (&[0.5][..], None, 0.0),
        (&[0.5], None, 0.4),
        (&[0.5; 4], None, 0.2),
        (&[0.6], Some(0.1), 0.2),
        (&[0.5, 0.6, 0.7, 0.52], Some(0.1), 0.2),
    ] {
        let wrong = wrong_decisions(truths, margin, ties, RUNS, 400);
        assert!(wrong <= most, "{truths:?} {margin:?} {ties}: {wrong}");
    }
}
