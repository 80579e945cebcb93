//! How much of a change is noise.

use serde_json::{Value, json};

use super::{both, codes};
use crate::support::labelled_run::{interval, value};

fn close(found: &Value, expected: f64) {
    assert!((value(found) - expected).abs() < 1e-9, "{found}, expected {expected}");
}

#[test]
fn repeats_of_a_run_measure_the_noise_and_what_is_beyond_it() {
    // Of three pairs of repeats none differ in the first kind; in the second two do, kept to flipped.
    let runs = both(&[
        (20, "aaa/aaa", "a/a", "a"),
        (10, "aaa/aab", "a/a", "a"),
        (10, "aaa/aaa", "b/b", "a"),
    ]);
    let found = runs.found(&[]);
    let noise = &found["noise"];
    assert_eq!(noise["repeats_of"], json!(["before"]));
    close(&noise["expected"], 10.0 * 2.0 / 3.0);
    // Each repeat of the first run against the only one of the second.
    close(&noise["observed"], 10.0 / 3.0 + 10.0);
    close(&noise["beyond"], 10.0 / 3.0 + 10.0 - 20.0 / 3.0);
    assert_eq!(noise["expected"]["n"], 40);
    let [low, high] = interval(&noise["expected"]);
    assert!(0.0 < low && low < 20.0 / 3.0 && 20.0 / 3.0 < high && high < 40.0);
    assert!(codes(&found).contains(&"different-repeats"));
    assert!(!codes(&found).contains(&"noise-unknown"));
    let said = runs.diff(&[]).expect(0);
    assert!(said.stdout.contains("the repeats of the first run"), "{}", said.stdout);
}

#[test]
fn repeats_of_both_runs_are_averaged() {
    let found = both(&[(10, "aa/ab", "bb/bb", "a"), (10, "aa/aa", "aa/aa", "a")]).found(&[]);
    let noise = &found["noise"];
    assert_eq!(noise["repeats_of"], json!(["before", "after"]));
    // The first kind differs within the first run always, within the second never.
    close(&noise["expected"], 5.0);
    close(&noise["observed"], 10.0);
    close(&noise["beyond"], 5.0);
}

#[test]
fn only_noise_is_nothing_beyond_noise() {
    // Each run flips one of two repeats on half of the items: within and across, half of the pairs differ.
    let found = both(&[(10, "aa/ab", "aa/ab", "a"), (10, "aa/aa", "aa/aa", "a")]).found(&[]);
    close(&found["noise"]["expected"], 10.0);
    close(&found["noise"]["observed"], 5.0);
    assert!(value(&found["noise"]["beyond"]) < 0.0);
}

#[test]
fn without_repeats_the_noise_is_unknown_and_a_command_measures_it() {
    let runs = both(&[(4, "a/a", "b/b", "a")]);
    runs.after.folder.write("other.toml", "");
    let after = runs.after.folder.path();
    let text = crate::support::labelled_run::rubric("r", true).replace("better?", "best?");
    runs.after.folder.write("r.toml", &text);
    let judge =
        ["judge", "items.jsonl", "--rubric", "./r.toml", "--judge", "judge-1", "--run", "new.db"];
    runs.after.folder.run(&judge).expect(0);
    let new = after.join("new.db");
    let said =
        runs.before.folder.run(&["diff", "run.db", new.to_str().unwrap(), "--format", "json"]);
    let found: Value = serde_json::from_str(&said.expect(0).stdout).unwrap();
    assert_eq!(found["changed"], json!(["rubric.description"]));
    assert!(found["noise"].is_null());
    let warnings = found["warnings"].as_array().unwrap();
    let unknown = warnings.iter().find(|warning| warning["code"] == "noise-unknown").unwrap();
    let message = unknown["message"].as_str().unwrap();
    assert!(message.contains("neither run asked an order more than once"), "{message}");
    let command = format!("--rubric r --judge judge-1 --repeat 3 --reuse {}", new.display());
    assert!(message.contains(&command), "{message}");
    assert!(message.contains("new.repeated.db"), "{message}");
}

#[test]
fn the_command_that_measures_the_noise_does() {
    let runs = both(&[(6, "a/a", "b/b", "a")]);
    let folder = &runs.after.folder;
    // A second recording of two more replies to each order.
    let replies = std::fs::read_to_string(folder.path().join("judge-1.jsonl")).unwrap();
    folder.write("judge-1.jsonl", &replies.repeat(3));
    let flags = ["judge", "items.jsonl", "--rubric", "./r.toml", "--judge", "judge-1"];
    let more = ["--repeat", "3", "--reuse", "run.db", "--run", "run.repeated.db"];
    folder.run(&[&flags[..], &more].concat()).expect(0);
    let repeated = folder.path().join("run.repeated.db");
    let said =
        runs.before.folder.run(&["diff", "run.db", repeated.to_str().unwrap(), "--format", "json"]);
    let found: Value = serde_json::from_str(&said.expect(0).stdout).unwrap();
    close(&found["noise"]["expected"], 0.0);
    close(&found["noise"]["beyond"], 6.0);
    // One of three replies of an order was copied: the comparison was asked again.
    assert_eq!([&found["asked"], &found["copied"]], [6, 0]);
}
