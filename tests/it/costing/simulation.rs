//! What is promised, against what happens: the widths of intervals, and how many comparisons it takes until decided.

use evenhand::costing::{CostQuestion, SimulatedScores, simulate_until_decided};
use evenhand::stats::{clustered_share, mean_half_width, wilson};
use rand::{RngExt as _, SeedableRng as _};
use rand_pcg::Pcg64;
use serde_json::Value;

use crate::stats::{assert_close, golden};
use crate::support::labelled_run::{RunSpec, rows};

/// Simulated samples of each size.
const RUNS: u64 = 2000;

fn question(margin: f64, error: f64) -> CostQuestion {
    CostQuestion { system: "beta".to_owned(), margin, error }
}

#[test]
fn how_long_an_assumed_win_rate_takes_is_what_the_oracle_simulates() {
    for case in golden("costing")["rates"].as_array().unwrap() {
        let [rate, margin, error] =
            ["win_rate", "margin", "error"].map(|key| case[key].as_f64().unwrap());
        let items = case["items"].as_u64().unwrap();
        let scores = SimulatedScores::WinRate(rate);
        let found = simulate_until_decided(&scores, &question(margin, error), 1, items, 0).unwrap();
        let expected = |key: &str| case["expected"][key].as_f64().unwrap();
        let of_mean = expected("standard_error") * 3_f64.sqrt();
        assert_close(found.comparisons.expected.unwrap(), expected("mean"), 5.0 * of_mean);
        let undecided = expected("undecided");
        let spread = (undecided * (1.0 - undecided) * (1.0 / 4000.0 + 1.0 / 2000.0)).sqrt();
        assert_close(found.undecided.value.unwrap(), undecided, 5.0 * spread);
        // Where fewer than a fifth of the runs are decided, few end near the quantile, so that it varies.
        let few = if undecided > 0.8 { 40.0 } else { 2.0 };
        assert_close(found.comparisons.low, expected("low"), 0.1 * expected("low") + few);
        let high = found.comparisons.high.unwrap();
        assert_close(high, expected("high"), 0.1 * expected("high") + 2.0);
    }
}

#[test]
fn a_simulation_is_the_same_for_the_same_seed_and_another_for_another() {
    let scores = SimulatedScores::Pilot(vec![vec![Some([1.0; 2])], vec![Some([0.5; 2])]]);
    let after = |seed| simulate_until_decided(&scores, &question(0.1, 0.05), 1, 200, seed).unwrap();
    assert_eq!(after(3), after(3));
    assert_ne!(after(3).comparisons, after(4).comparisons);
}

#[test]
fn the_half_width_that_is_promised_is_that_of_the_interval_on_average_and_it_contains_the_rate_as_often()
 {
    // Scores of 1, ½ and 0 with a win rate of 0.6: σ² = 0.5 + 0.2·0.25 − 0.36.
    let deviation = (0.5 + 0.05 - 0.36_f64).sqrt();
    let mut random = Pcg64::seed_from_u64(7);
    for n in [60_usize, 250] {
        let promised = mean_half_width(deviation, n as f64, 0.95).unwrap();
        let items: Vec<usize> = (0..n).collect();
        let (mut widths, mut contained) = (Vec::new(), 0);
        for _ in 0..RUNS {
            let score = |_| match random.random::<f64>() {
                x if x < 0.5 => 1.0,
                x if x < 0.7 => 0.5,
                _ => 0.0,
            };
            let scores: Vec<f64> = (0..n).map(score).collect();
            let found = clustered_share(&scores, &items);
            let (low, high) = (found.low.unwrap(), found.high.unwrap());
            widths.push((high - low) / 2.0);
            contained += u64::from(low <= 0.6 && 0.6 <= high);
        }
        let mean = widths.iter().sum::<f64>() / RUNS as f64;
        assert!((mean / promised - 1.0).abs() < 0.03, "{n}: {mean} is not {promised}");
        // The interval of the simulation for the share that was contained has the promised one.
        let of_share = wilson(contained as f64, RUNS as f64, 0.999).unwrap();
        assert!(of_share.contains(0.95), "{n}: {contained} of {RUNS}");
    }
}

#[test]
fn judging_until_decided_takes_as_many_comparisons_as_expected() {
    // Each run has 200 items of its own, each won with a probability of 70 %.
    let mut random = Pcg64::seed_from_u64(1);
    let asked: Vec<f64> = (0..30)
        .map(|_| {
            let mut reply = || if random.random_bool(0.7) { "b/b" } else { "a/a" };
            let kinds: Vec<_> = (0..200).map(|_| (1, reply(), "")).collect();
            let mut spec = RunSpec::new(rows(&kinds));
            spec.flags = vec!["--until-decided", "beta", "--margin", "0.1"];
            let judged = spec.judged();
            let said = judged.folder.run(&["report", "run.db", "--format", "json"]).expect(0);
            let found: Value = serde_json::from_str(&said.stdout).unwrap();
            let decided = &found["summary"]["until_decided"];
            let counted = decided["pairs"][0]["win_rate"]["n"].as_f64().unwrap();
            // A server that takes its time has as many in flight as there may be.
            let most = (counted + (counted / 8.0).floor().max(8.0) - 1.0).min(200.0);
            let planned = decided["planned"].as_f64().unwrap();
            assert!(counted <= planned && planned <= most, "{counted}, {planned}, {most}");
            most
        })
        .collect();
    let n = asked.len() as f64;
    let mean = asked.iter().sum::<f64>() / n;
    let spread = (asked.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    let scores = SimulatedScores::WinRate(0.7);
    let found = simulate_until_decided(&scores, &question(0.1, 0.05), 1, 200, 0).unwrap();
    let expected = found.comparisons.expected.unwrap();
    let error = spread / n.sqrt();
    assert!(
        (mean - expected).abs() < 3.0 * error,
        "asked {mean} ± {error} on average, expected {expected}"
    );
}
