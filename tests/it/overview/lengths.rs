//! Whether the longer response is preferred.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{WITH_LABELS, WITHOUT_LABELS, assert_estimate, assert_undefined, found};
use crate::support::Folder;
use crate::support::labelled_run::{Row, RunSpec, label, rows, rubric};

/// Rows of one kind in which one response is longer.
fn longer(
    which: char,
    n: usize,
    replies: &'static str,
    labels: &'static str,
    from: usize,
) -> Vec<Row> {
    (0..n)
        .map(|at| Row {
            longer: which,
            ..Row::new(&format!("q{:03}", from + at), ["alpha", "beta"], replies, labels)
        })
        .collect()
}

#[test]
fn the_longer_response_is_preferred_so_often() {
    let mut all = longer('a', 4, "a/a", "a", 0);
    all.extend(longer('a', 2, "a/b", "b", 10));
    all.extend(longer('b', 3, "b/b", "a", 20));
    all.extend(longer('b', 1, "t/t", "t", 30));
    all.extend(longer('b', 1, "?/a", "", 40));
    all.extend(longer('=', 5, "b/b", "b", 50));
    let found = RunSpec::new(all).judged().overview();
    // 4 + 2 × ½ + 3 + ½ + (½ + 0)/2 of 11; equal lengths are left out.
    assert_estimate(&found["lengths"]["judge"], 8.75 / 11.0, 11);
    // People: 4 + 0 + 0 + ½ of 10 labelled.
    assert_estimate(&found["lengths"]["people"], 4.5 / 10.0, 10);
}

#[test]
fn with_equal_lengths_nothing_is_known() {
    let judged = RunSpec::new(rows(&[(4, "a/a", "a"), (2, "b/b", "b")])).judged();
    let found = judged.overview();
    assert_undefined(&found["lengths"]["judge"], 0);
    assert_undefined(&found["lengths"]["people"], 0);
    // All have the ratio 1, so there is one band.
    let bands = found["lengths"]["bands"].as_array().unwrap();
    assert_eq!(bands.len(), 1);
    assert_eq!([&bands[0]["low"], &bands[0]["high"]], [1.0, 1.0]);
    assert_eq!(bands[0]["comparisons"], 6);
}

#[test]
fn without_a_readable_reply_the_judge_is_undefined_and_people_are_not() {
    let mut spec = RunSpec::new(longer('a', 3, "?/?", "a", 0));
    spec.code = 4;
    let found = spec.judged().overview();
    assert_undefined(&found["lengths"]["judge"], 3);
    assert_estimate(&found["lengths"]["people"], 1.0, 3);
}

/// A run of texts of these lengths, in which both orders prefer the given system.
fn judged(lengths: &[([usize; 2], &str)]) -> Folder {
    let folder = Folder::new();
    let (mut items, mut replies, mut labels) = (String::new(), String::new(), String::new());
    for (at, ([alpha, beta], winner)) in lengths.iter().enumerate() {
        let id = format!("q{at}");
        // Characters are counted, not bytes.
        let responses = json!({ "alpha": "é".repeat(*alpha), "beta": "x".repeat(*beta) });
        writeln!(items, "{}", json!({ "id": id, "prompt": "Why?", "responses": responses }))
            .unwrap();
        for [first, second] in [["alpha", "beta"], ["beta", "alpha"]] {
            let reply = if first == *winner { "FIRST" } else { "SECOND" };
            writeln!(
                replies,
                "{}",
                json!({ "id": id, "first": first, "second": second, "reply": reply })
            )
            .unwrap();
        }
        labels += &label(&id, "ana", ["alpha", "beta"], "alpha");
    }
    folder.write("items.jsonl", &items);
    folder.write("labels.jsonl", &labels);
    folder.write("r.jsonl", &replies);
    folder.write("r.toml", &rubric("r", true));
    folder.write("evenhand.toml", "[judges.j]\nrecorded = \"r.jsonl\"\n");
    folder
        .run(&["judge", "items.jsonl", "--rubric", "./r.toml", "--judge", "j", "--run", "run.db"])
        .expect(0);
    folder
}

#[test]
fn the_bands_are_of_the_ratio_of_the_counted_system_to_the_other_one() {
    let folder = judged(&[
        ([10, 1], "alpha"),
        ([10, 2], "alpha"),
        ([10, 5], "alpha"),
        ([10, 8], "alpha"),
        ([10, 10], "beta"),
        ([10, 10], "alpha"),
        ([5, 10], "beta"),
        ([4, 10], "beta"),
        ([2, 10], "beta"),
        // An empty response counts as one character.
        ([0, 10], "beta"),
    ]);
    let found = found(&folder, WITH_LABELS);
    let bands = found["lengths"]["bands"].as_array().unwrap();
    let ranges: Vec<(f64, f64, u64, f64)> = bands
        .iter()
        .map(|band| {
            assert_eq!(
                (&band["between"], &band["system"]),
                (&json!(["alpha", "beta"]), &json!("beta"))
            );
            (
                band["low"].as_f64().unwrap(),
                band["high"].as_f64().unwrap(),
                band["comparisons"].as_u64().unwrap(),
                band["judge"]["value"].as_f64().unwrap(),
            )
        })
        .collect();
    let expected = [
        (0.1, 0.2, 2, 0.0),
        (0.5, 0.8, 2, 0.0),
        (1.0, 1.0, 2, 0.5),
        (2.0, 2.5, 2, 1.0),
        (5.0, 10.0, 2, 1.0),
    ];
    assert_eq!(ranges, expected);
    for band in bands {
        assert_estimate(&band["people"], 0.0, 2);
    }
    // The two pairs of equal length are left out; all others go to the longer response.
    assert_estimate(&found["lengths"]["judge"], 1.0, 8);
    assert_estimate(&found["lengths"]["people"], 4.0 / 8.0, 8);
}

#[test]
fn only_the_first_three_pairs_have_bands() {
    let mut all = Vec::new();
    let systems = ["alpha", "beta", "gamma", "theta"];
    for (at, a) in systems.into_iter().enumerate() {
        for b in &systems[at + 1..] {
            all.push(Row::new("q0", [a, b], "a/a", ""));
        }
    }
    let judged = RunSpec::new(all).judged();
    let found = found(&judged.folder, WITHOUT_LABELS);
    let pairs: Vec<&Value> =
        found["lengths"]["bands"].as_array().unwrap().iter().map(|band| &band["between"]).collect();
    let expected = [json!(["alpha", "beta"]), json!(["alpha", "gamma"]), json!(["alpha", "theta"])];
    assert_eq!(pairs, expected.each_ref());
    assert_eq!(found["lengths"]["people"], Value::Null);
}
