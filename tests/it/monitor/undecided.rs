//! Comparisons that the judge cannot decide: with a test by item and the size, and blamed on the traffic only where judge
//! and systems are as they were.

use std::path::Path;

use evenhand::monitor::{CheckOptions, History, check};
use serde_json::{Value, json};

use super::simulated::{Change, Simulation, Sizes};
use super::{Monitored, Night};

const SIZES: Sizes = Sizes { anchors: 100, matched: 100, new: 60 };

fn undecided(found: &Value) -> &Value {
    let features = found["input"]["features"].as_array().unwrap();
    features.iter().find(|one| one["feature"] == "undecided").unwrap()
}

/// New items of which so many are undecided, and anchors on which the judge is wrong so often.
fn checked(undecided: usize, wrong: usize, code: i32) -> Value {
    let mut monitored = Monitored::with_baseline();
    let night = Night { is_fresh: true, undecided, wrong, ..Night::default() };
    monitored.add(&night, &[]);
    monitored.check(code, &["--visible-change", "0.6"])
}

#[test]
fn more_undecided_new_items_are_tested_and_are_other_traffic() {
    let found = checked(40, 15, 6);
    assert_eq!((&found["drift"], &found["unattributed"]), (&json!(["input"]), &json!([])));
    let feature = undecided(&found);
    assert_eq!((&feature["of"], &feature["alarm"]), (&json!("verdicts"), &json!(true)));
    assert!(feature["p_adjusted"].as_f64().unwrap() < 1e-6, "{feature}");
    // 0 of 100 and 40 of 100: χ² is 50.
    assert!((feature["chi_squared"].as_f64().unwrap() - 50.0).abs() < 1e-9, "{feature}");
    assert!((feature["cramers_v"].as_f64().unwrap() - 0.5).abs() < 1e-9, "{feature}");
    assert_eq!(feature["difference"]["value"], 0.4);
    let category = &feature["categories"][1];
    assert_eq!((&category["category"], &category["new"]), (&json!("undecided"), &json!(40)));
    // The other features of the prompts are as before.
    assert!(
        found["input"]["features"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| { one["of"] != "prompts" || one["alarm"] == false })
    );
}

#[test]
fn as_many_undecided_new_items_as_anchors_are_no_alarm() {
    let found = checked(0, 15, 0);
    assert_eq!(undecided(&found)["alarm"], false);
}

#[test]
fn undecided_new_items_are_not_blamed_on_the_traffic_while_the_judge_has_changed() {
    let found = checked(40, 80, 6);
    assert_eq!(
        (&found["drift"], &found["unattributed"]),
        (&json!(["judge"]), &json!(["new-items"]))
    );
    assert_eq!(undecided(&found)["alarm"], true);
}

#[test]
fn undecided_new_items_are_not_blamed_on_the_traffic_while_the_judge_is_asked_otherwise() {
    let mut history = simulated(40);
    history.entries.last_mut().unwrap().judge.models[0].settings = "other".to_owned();
    let found = check(Path::new("x"), &history, CheckOptions::default()).unwrap();
    let found = serde_json::to_value(&found).unwrap();
    assert_eq!((&found["drift"], &found["unattributed"]), (&json!([]), &json!(["new-items"])));
}

/// A history whose last entry leaves so many of its 60 new items undecided.
fn simulated(undecided: usize) -> History {
    let mut history = Simulation::new(3, SIZES).history(1, Change::default());
    let last = history.entries.last_mut().unwrap();
    for one in last.units.iter_mut().rev().take(undecided) {
        "flipped".clone_into(&mut one.outcome);
        one.verdict = None;
        one.score = Some(0.5);
    }
    history
}

/// Repeats each comparison of new items with further systems, so that every item has several.
fn repeated(of: &History, times: usize) -> Value {
    let mut history = History::default();
    history.entries.clone_from(&of.entries);
    let last = history.entries.last_mut().unwrap();
    let new = last.units.split_off(200);
    for one in new {
        for number in 0..times {
            let mut again = one.clone();
            again.systems = vec!["base".to_owned(), format!("cand{number}")];
            last.units.push(again);
        }
    }
    let found = check(Path::new("x"), &history, CheckOptions::default()).unwrap();
    serde_json::to_value(&found).unwrap()
}

#[test]
fn comparisons_of_one_item_are_one_observation() {
    let history = simulated(20);
    let (once, often) = (repeated(&history, 1), repeated(&history, 7));
    assert!(undecided(&once)["p_value"].is_f64());
    assert_eq!(undecided(&once)["p_value"], undecided(&often)["p_value"]);
    assert_eq!(undecided(&once)["difference"], undecided(&often)["difference"]);
}

#[test]
fn an_item_of_which_a_part_is_undecided_counts_with_its_share() {
    let mut history = simulated(0);
    let last = history.entries.last_mut().unwrap();
    let new = last.units.split_off(200);
    for one in new {
        for number in 0..4 {
            let mut again = one.clone();
            again.systems = vec!["base".to_owned(), format!("cand{number}")];
            again.outcome = if number == 0 { "flipped" } else { "kept" }.to_owned();
            last.units.push(again);
        }
    }
    for one in &mut last.units[..100] {
        "kept".clone_into(&mut one.outcome);
    }
    let found = check(Path::new("x"), &history, CheckOptions::default()).unwrap();
    let found = serde_json::to_value(&found).unwrap();
    let feature = undecided(&found);
    // A quarter of the comparisons of each of 60 items.
    assert_eq!(feature["difference"]["value"], 0.25);
    assert_eq!(feature["categories"][1]["new"], 15);
    assert_eq!(feature["categories"][1]["new_share"], 0.25);
}
