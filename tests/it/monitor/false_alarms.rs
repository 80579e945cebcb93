//! The rate of false alarms of whole checks and how soon they see a change, over entries through `check()`: with limits
//! that are estimated from the baseline, and everything that is watched together. `examples/alarm_rate.rs` prints the rates
//! of more histories.

use std::path::Path;

use evenhand::monitor::{Check, CheckOptions, Drift, Measure, StreamKind, check};

use super::simulated::{Change, Simulation, Sizes, first_alarm};

const SIZES: Sizes = Sizes { anchors: 60, matched: 60, new: 40 };
const LARGE: Sizes = Sizes { anchors: 100, matched: 100, new: 60 };

fn check_of_drawn(simulation: &mut Simulation, nights: usize, every: f64, change: Change) -> Check {
    let history = simulation.history(nights, change);
    let options = CheckOptions { false_alarm_every: every, ..CheckOptions::default() };
    check(Path::new("x"), &history, options).unwrap()
}

/// Returns whether a number that is watched has raised the alarm after any of the checks.
fn was_raised(check: &Check) -> bool {
    let mut points =
        check.streams.iter().flat_map(|one| one.points.iter().map(move |at| (one, at)));
    points.any(|(stream, point)| point.evidence >= stream.threshold)
}

/// With 50 checks between false alarms, within 10 checks there is one in at most a fifth of the histories, given the limits.
#[test]
fn checks_of_what_does_not_change_raise_fewer_alarms_than_stated() {
    let (histories, nights) = (100, 10);
    let mut simulation = Simulation::new(11, SIZES);
    let (mut raised, mut of_traffic) = (0, 0);
    for _ in 0..histories {
        let found = check_of_drawn(&mut simulation, nights, 50.0, Change::default());
        assert_eq!((found.checks, found.streams.len()), (nights as u64, 11));
        assert!(found.streams.iter().all(|one| (one.threshold - 50.0 * 12.0).abs() < 1e-9));
        raised += u32::from(was_raised(&found));
        of_traffic += u32::from(found.input.is_some_and(|input| input.alarm));
    }
    // Of 100, 20 are the most that is stated of all numbers together, and 2 of the traffic at one check.
    assert!(raised <= 20, "{raised} of {histories}");
    assert!(of_traffic <= 2, "{of_traffic} of {histories}");
}

#[track_caller]
fn expect_alarms(change: Change, within: usize, drift: Drift) {
    let (histories, mut seen) = (12, 0);
    let mut simulation = Simulation::new(12, LARGE);
    for _ in 0..histories {
        let history = simulation.history(within, change);
        let Some(found) = first_alarm(&history) else { continue };
        assert_eq!(found.check.drift, [drift], "{:?}", found.check.unattributed);
        assert_eq!(found.check.checks, found.checks as u64);
        seen += 1;
    }
    assert!(seen >= histories - 2, "{seen} of {histories}");
}

#[test]
fn a_judge_that_is_wrong_more_often_is_seen_within_a_few_checks() {
    expect_alarms(Change { judge: 0.25, ..Change::default() }, 4, Drift::Judge);
}

#[test]
fn systems_that_lose_more_often_are_seen_within_a_few_checks() {
    let change = Change { systems: 0.4, ..Change::default() };
    let mut simulation = Simulation::new(13, SIZES);
    let found = check_of_drawn(&mut simulation, 6, 1000.0, change);
    assert!(found.drift.contains(&Drift::System), "{:?} {:?}", found.drift, found.unattributed);
    assert!(!found.drift.contains(&Drift::Judge));
    assert!(found.unattributed.iter().all(|kind| *kind == StreamKind::NewItems));
}

#[test]
fn lower_scores_of_a_metric_are_seen_within_a_few_checks() {
    expect_alarms(Change { metric: 1.0, ..Change::default() }, 4, Drift::System);
}

#[test]
fn traffic_in_another_language_is_seen_within_a_few_checks() {
    expect_alarms(Change { traffic: 0.5, ..Change::default() }, 4, Drift::Input);
}

#[test]
fn the_limit_of_changed_verdicts_is_above_the_noise_of_the_baseline() {
    let found = check_of_drawn(&mut Simulation::new(14, SIZES), 1, 1000.0, Change::default());
    let changed = found.streams.iter().find(|one| one.name.measure == Measure::ChangedVerdicts);
    let changed = changed.unwrap();
    // The upper end of an interval of 60 items: at least two standard errors.
    let error = (changed.before * (1.0 - changed.before) / 60.0).sqrt();
    assert!(changed.limit > changed.before + 2.0 * error, "{changed:?}");
}
