//! Several pairs of systems, and items with several comparisons.

use std::collections::BTreeMap;

use evenhand::calibration::Part;
use serde_json::Value;

use super::{Scene, rule};
use crate::diff::spec;
use crate::stats::assert_close;
use crate::support::labelled_run::{Row, beyond_chance, interval, value};

const PAIRS: [[&str; 2]; 3] = [["alpha", "beta"], ["alpha", "gamma"], ["beta", "gamma"]];
/// Replies of both judges and the label, which the comparisons of an item take in turn.
const REPLIES: [(&str, &str, &str); 7] = [
    ("a/a", "a/a", "a"),
    ("a/b", "b/b", "b"),
    ("b/b", "b/a", "b"),
    ("t/a", "t/t", "t"),
    ("b/b", "a/a", "a"),
    ("?/b", "b/b", "b"),
    ("a/a", "a/a", "b"),
];

/// The rows of the cheap run (0) or of the strong one (1).
fn rows(side: usize) -> Vec<Row> {
    let rows = (0..60).map(|at| {
        let (cheap, strong, labels) = REPLIES[(at * at + at / 3) % 7];
        let id = format!("q{:03}", at / 3);
        Row::new(&id, PAIRS[at % 3], [cheap, strong][side], labels)
    });
    rows.collect()
}

fn scene() -> Scene {
    Scene::of(rows(0), rows(1))
}

#[test]
fn kappa_is_stratified_by_pair_as_calibrate_does_it() {
    let scene = scene();
    let found = scene.found(&[]);
    for (run, name) in [("run.db", "cheap-alone"), ("strong.db", "strong-alone")] {
        let alone = scene.calibrated(run);
        let one = rule(&found["dev"]["rules"], name, None);
        for key in ["agreement", "cohen_kappa"] {
            assert_close(value(&one[key]), value(&alone["orders"][key]), 1e-12);
        }
        // Several comparisons of an item are not independent, in either.
        let [found, expected] = [&one["agreement"], &alone["orders"]["agreement"]].map(interval);
        assert_close(found[0], expected[0], 1e-9);
        assert_close(found[1], expected[1], 1e-9);
    }
}

#[test]
fn the_kappa_of_a_cascade_adds_up_over_the_tables_of_the_pairs() {
    let found = scene().found(&[]);
    let mut tables: BTreeMap<usize, Vec<Vec<f64>>> = BTreeMap::new();
    let (mut right, mut n) = (0.0, 0.0);
    for at in (0..60).filter(|at| Part::of(&format!("q{:03}", at / 3)) == Part::Dev) {
        let (cheap, strong, label) = REPLIES[(at * at + at / 3) % 7];
        let is_kept = ["a/a", "b/b"].contains(&cheap);
        let replies = if is_kept { cheap } else { strong };
        let category = |letter: char| "abt?".find(letter).unwrap();
        let label = category(label.chars().next().unwrap());
        for letter in replies.chars().filter(|letter| *letter != '/') {
            let table = tables.entry(at % 3).or_insert_with(|| vec![vec![0.0; 4]; 4]);
            table[category(letter)][label] += 0.5;
            right += if category(letter) == label { 0.5 } else { 0.0 };
        }
        n += 1.0;
    }
    let [mut beyond, mut possible] = [0.0, 0.0];
    for table in tables.values() {
        let [of_table, of_possible] = beyond_chance(table);
        (beyond, possible) = (beyond + of_table, possible + of_possible);
    }
    let one = rule(&found["dev"]["rules"], "not-kept", None);
    assert_close(value(&one["agreement"]), right / n, 1e-12);
    assert_close(value(&one["cohen_kappa"]), beyond / possible, 1e-12);
}

#[test]
fn the_order_of_both_files_does_not_matter() {
    let mut plain = scene().found(&[]);
    let [cheap, strong] = [0, 1].map(|side| {
        let mut spec = spec(rows(side));
        spec.shuffle = Some(if side == 0 { 389 } else { 997 });
        spec.judged()
    });
    let folder = cheap.folder;
    std::fs::copy(strong.folder.path().join("run.db"), folder.path().join("strong.db")).unwrap();
    let mut shuffled = Scene { folder }.found(&[]);
    // The order of the items decides how sums are rounded.
    for found in [&mut plain, &mut shuffled] {
        for numbers in found["dev"]["rules"].as_array_mut().unwrap() {
            for key in ["agreement", "coverage", "sent", "kept_agreement", "cohen_kappa"] {
                let rounded = (value(&numbers[key]) * 1e9).round();
                numbers[key] = rounded.into();
            }
            numbers["cost_per_comparison_usd"] = Value::Null;
            numbers["cost_usd"] = Value::Null;
        }
    }
    assert_eq!(plain["dev"], shuffled["dev"]);
    assert_eq!(plain["chosen"]["rule"], shuffled["chosen"]["rule"]);
}
