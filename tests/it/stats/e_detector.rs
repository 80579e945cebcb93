//! The sequential alarm: against the values of a fixed bet, and its rate of false alarms and delay by simulation.

use evenhand::stats::{Alarm, CheckedValues, EDetector, StatError, smallest_visible_mean};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value;

use super::{assert_close, golden, numbers};

fn case(name: &str) -> Value {
    let drift = golden("drift");
    drift["cases"].as_array().unwrap().iter().find(|case| case["name"] == name).unwrap().clone()
}

#[test]
fn a_fixed_bet_has_the_evidence_of_the_reference() {
    let case = case("one_sided_eprocess_and_edetectors");
    let (input, expected) = (&case["input"], &case["expected"]);
    let limit = input["m0"].as_f64().unwrap();
    let mut detector = EDetector::new(limit, input["fixed_lambda"].as_f64().unwrap()).unwrap();
    let mut first = None;
    let evidence = numbers(&expected["SR_e_detector_fixed"]);
    for (at, (x, expected)) in numbers(&input["x"]).into_iter().zip(evidence).enumerate() {
        detector.observe(x).unwrap();
        assert_close(detector.evidence() / expected, 1.0, 1e-9);
        if detector.evidence() >= 100.0 && first.is_none() {
            first = Some(at as u64 + 1);
        }
    }
    assert_eq!(first, expected["first_SR_ge_100"].as_u64());
}

/// One check of so many units that are 1 with a probability, and else 0.
fn checked(random: &mut StdRng, units: usize, mean: f64, limit: f64) -> CheckedValues {
    let values: Vec<f64> =
        (0..units).map(|_| f64::from(u8::from(random.random_bool(mean)))).collect();
    let mut checked = CheckedValues::default();
    checked.add(&values, limit).unwrap();
    checked
}

/// After how many checks the alarm is raised; at most `most`.
fn run_length(random: &mut StdRng, units: usize, mean: f64, threshold: f64, most: u32) -> u32 {
    let mut alarm = Alarm::new(threshold).unwrap();
    (1..=most)
        .find(|_| {
            alarm.check(&checked(random, units, mean, 0.2));
            alarm.is_raised()
        })
        .unwrap_or(most)
}

/// The stated rate: `1/α = 50` checks between false alarms, and a chance of at most `T/N` within `T` of them.
#[test]
fn false_alarms_are_as_rare_as_stated() {
    let mut random = StdRng::seed_from_u64(5);
    let runs = 300;
    let lengths: Vec<u32> =
        (0..runs).map(|_| run_length(&mut random, 50, 0.2, 50.0, 2_000)).collect();
    let mean = f64::from(lengths.iter().sum::<u32>()) / f64::from(runs);
    assert!(mean >= 50.0, "{mean}");
    let within = |checks: u32| lengths.iter().filter(|length| **length <= checks).count();
    // 300 · 10/50 = 60 and 300 · 25/50 = 150 are the most that is stated.
    assert!(within(10) <= 60 && within(25) <= 150, "{} {}", within(10), within(25));
}

#[test]
fn a_change_is_seen_after_about_as_many_checks_as_its_size_says() {
    let mut random = StdRng::seed_from_u64(6);
    let runs = 200;
    let mean_delay = |random: &mut StdRng, mean: f64| {
        let lengths = (0..runs).map(|_| run_length(random, 100, mean, 1_000.0, 500));
        f64::from(lengths.sum::<u32>()) / f64::from(runs)
    };
    let delays = [0.25, 0.3, 0.4, 0.6].map(|mean| mean_delay(&mut random, mean));
    assert!(delays.is_sorted_by(|one, other| one > other), "{delays:?}");
    for (mean, delay) in [0.3, 0.4].into_iter().zip([delays[1], delays[2]]) {
        let whole = |checks: f64| {
            let visible = smallest_visible_mean(0.2, 100.0 * checks, 1_000.0).unwrap();
            visible.is_some_and(|visible| visible <= mean)
        };
        let stated = (1..500).find(|checks| whole(f64::from(*checks))).unwrap();
        // On average evidence is enough after that many checks; single runs are sooner or later.
        assert!(delay <= f64::from(stated) * 1.3 + 1.0, "{mean}: {delay} of {stated}");
    }
}

/// The stated power of 80 %, over numbers of checks and limits.
#[test]
fn the_smallest_visible_mean_is_seen_four_times_of_five() {
    let mut random = StdRng::seed_from_u64(9);
    for (limit, units, checks) in [(0.2, 100, 1), (0.2, 100, 8), (0.05, 200, 3), (0.5, 50, 5)] {
        let visible =
            smallest_visible_mean(limit, f64::from(units * checks), 1_000.0).unwrap().unwrap();
        let seen = (0..400)
            .filter(|_| {
                let mut alarm = Alarm::new(1_000.0).unwrap();
                (0..checks).any(|_| {
                    alarm.check(&checked(&mut random, units as usize, visible, limit));
                    alarm.is_raised()
                })
            })
            .count();
        // 320 are expected, with a standard deviation of 8.
        assert!(seen >= 296, "{limit} {units} {checks}: {visible}, {seen} of 400");
    }
}

#[test]
fn an_alarm_ends_soon_after_the_change_does() {
    let mut random = StdRng::seed_from_u64(7);
    let mut alarm = Alarm::new(1_000.0).unwrap();
    for _ in 0..30 {
        alarm.check(&checked(&mut random, 100, 0.6, 0.2));
    }
    assert!(alarm.is_raised());
    for _ in 0..10 {
        alarm.check(&checked(&mut random, 100, 0.1, 0.2));
    }
    assert!(!alarm.is_raised(), "{}", alarm.evidence());
}

#[test]
fn a_mean_of_units_that_differ_is_no_change_while_it_is_below_the_limit() {
    let mut random = StdRng::seed_from_u64(8);
    let mut raised = 0;
    for _ in 0..200 {
        let mut alarm = Alarm::new(200.0).unwrap();
        for _ in 0..20 {
            // Half of the units are never 1, the others with a probability of 0.4: the mean is 0.2.
            let values: Vec<f64> = (0..60)
                .map(|at| f64::from(u8::from(at % 2 == 0 && random.random_bool(0.4))))
                .collect();
            let mut checked = CheckedValues::default();
            checked.add(&values, 0.2).unwrap();
            alarm.check(&checked);
        }
        raised += u32::from(alarm.is_raised());
    }
    // 200 · 20/200 are the most that is stated.
    assert!(raised <= 20, "{raised}");
}

#[test]
fn what_is_out_of_range_is_an_error() {
    assert_eq!(EDetector::new(0.0, 1.0), Err(StatError::OutOfRange));
    assert_eq!(EDetector::new(0.5, 3.0), Err(StatError::OutOfRange));
    assert_eq!(EDetector::new(0.5, 1.0).unwrap().observe(2.0), Err(StatError::OutOfRange));
    assert_eq!(Alarm::new(1.0), Err(StatError::OutOfRange));
    assert_eq!(CheckedValues::default().add(&[0.5], 1.0), Err(StatError::OutOfRange));
    assert_eq!(CheckedValues::default().add(&[-0.5], 0.5), Err(StatError::OutOfRange));
    assert_eq!(smallest_visible_mean(0.2, 0.0, 100.0), Ok(None));
}
