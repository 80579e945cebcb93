//! The rate of false alarms of whole checks, over entries of a judge that does not change: with limits that are estimated
//! from the baseline, and everything that is watched together.

use std::path::Path;

use evenhand::monitor::{CheckOptions, Entry, History, check};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};

/// One night of 60 anchors and 40 new items. `flips` is the probability with which the judge ends each anchor otherwise.
fn night(random: &mut StdRng, number: usize, flips: &[f64], is_baseline: bool) -> Entry {
    let (mut items, mut comparisons) = (Vec::new(), Vec::new());
    let mut add = |id: String, usual: bool, flip: f64, random: &mut StdRng| {
        let winner = if usual == random.random_bool(flip) { "base" } else { "cand" };
        comparisons.push(json!({
            "item": items.len(), "between": ["base", "cand"], "responses": [id, "r"], "length": 10,
            "outcome": "kept", "winner": winner, "orders": [winner, winner],
            "score": f64::from(u8::from(winner == "cand")),
        }));
        items.push(json!({"id": id, "text": id, "length": random.random_range(20..200_u64), "language": "en"}));
    };
    for (at, flip) in flips.iter().enumerate() {
        add(format!("a{at}"), at % 2 == 0, *flip, random);
    }
    for at in 0..40 {
        add(format!("n{number}-{at}"), true, 0.5, random);
    }
    let entry: Value = json!({
        "format": 1, "entry": format!("{number:016x}"), "seal": "", "added": number, "after": number,
        "baseline": is_baseline, "begins": false,
        "run": {
            "file": "run.db", "begun": number, "manifest": "m", "evenhand": "0", "rubric": "r", "version": "1",
            "rubric_digest": "d", "repeat": 1, "baseline_system": null,
        },
        "judge": {"name": "j", "models": [
            {"judge": "j", "model": "m", "kind": "supplied", "settings": "s", "served": []},
        ]},
        "labels": null, "items": items, "comparisons": comparisons,
    });
    serde_json::from_value(entry).unwrap()
}

/// With 100 checks between false alarms, within 10 checks there is one in at most 10 of 100 histories, beside the limits
/// that are too low, each with a probability of 1 %.
#[test]
fn checks_of_a_judge_that_does_not_change_raise_few_alarms() {
    let (histories, nights, rate) = (20, 10, 100.0);
    let mut random = StdRng::seed_from_u64(11);
    let mut alarms = 0;
    for _ in 0..histories {
        let flips: Vec<f64> = (0..60).map(|_| random.random_range(0.0..0.2)).collect();
        let mut history = History::default();
        history.entries =
            (0..2 + nights).map(|number| night(&mut random, number, &flips, number < 2)).collect();
        let options = CheckOptions { false_alarm_every: rate, ..CheckOptions::default() };
        let found = check(Path::new("x"), &history, options).unwrap();
        assert_eq!(found.checks, nights as u64);
        let is_alarm = found
            .streams
            .iter()
            .any(|one| one.points.iter().any(|point| point.evidence >= one.threshold));
        alarms += u32::from(is_alarm);
    }
    // 2 are the most that is stated of the evidence; seven limits add 1.4 on average.
    assert!(alarms <= 5, "{alarms} of {histories}");
}

/// The same with a judge that does change, so that the first test can fail.
#[test]
fn a_judge_that_changes_is_seen_in_the_same_histories() {
    let mut random = StdRng::seed_from_u64(12);
    let mut alarms = 0;
    for _ in 0..10 {
        let flips: Vec<f64> = (0..60).map(|_| random.random_range(0.0..0.2)).collect();
        let changed: Vec<f64> = flips.iter().map(|flip| flip + 0.4).collect();
        let mut history = History::default();
        history.entries = (0..12)
            .map(|number| {
                let flips = if number < 2 { &flips } else { &changed };
                night(&mut random, number, flips, number < 2)
            })
            .collect();
        let found = check(Path::new("x"), &history, CheckOptions::default()).unwrap();
        alarms += u32::from(found.result == evenhand::monitor::CheckResult::Alarm);
    }
    assert!(alarms >= 9, "{alarms} of 10");
}
