//! Rankings of imported annotations against the win rates that `alpaca_eval` computes of them.

use serde_json::{Value, json};

use super::{document, pair, rank};
use crate::stats::cases;
use crate::support::Folder;

/// Returns the annotations of a judge with these preferences.
fn annotations(preferences: &[Value]) -> Value {
    let entries = preferences.iter().enumerate().map(|(at, preference)| {
        json!({
            "instruction": format!("Do {at}."), "output_1": format!("old {at}"), "generator_1": "base",
            "output_2": format!("new {at}"), "generator_2": "candidate", "annotator": "judge",
            "preference": preference,
        })
    });
    entries.collect()
}

#[test]
fn imported_annotations_have_the_win_rates_of_the_leaderboard() {
    for case in cases("leaderboard") {
        let name = case["name"].as_str().unwrap();
        let expected = &case["expected"];
        let number = |key: &str| expected[key].as_f64().unwrap();
        let folder = Folder::new();
        folder
            .write("annotations.json", &annotations(case["input"].as_array().unwrap()).to_string());
        folder.run(&["import", "annotations.json", "--to", "."]).expect(0);
        let task = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "judge"];
        // The second order was never asked.
        folder.run(&[&task[..], &["--run", "run.db"]].concat()).expect(5);
        let found = document(&rank(&folder, &["run.db", "--format", "json"]).expect(0));
        let pair = pair(&found, "pairs", ["base", "candidate"]);
        assert_eq!(pair["system"], "candidate");
        let counts = ["wins", "losses", "ties"].map(|key| pair[key].as_u64().unwrap());
        let expected_counts = ["n_wins", "n_wins_base", "n_draws"].map(|key| number(key) as u64);
        assert_eq!(counts, expected_counts, "{name}");
        for (found, expected) in [
            (&pair["win_rate"]["value"], number("discrete_win_rate")),
            (&pair["soft_win_rate"]["value"], number("win_rate")),
            (&pair["soft_standard_error"], number("standard_error")),
        ] {
            let found = found.as_f64().unwrap() * 100.0;
            assert!((found - expected).abs() < 1e-12, "{name}: {found}, {expected}");
        }
        assert_eq!(pair["soft_win_rate"]["n"], number("n_total") as u64, "{name}");
    }
}
