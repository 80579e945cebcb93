//! Every number that other commands report too is the same in the overview.

use serde_json::Value;

use super::{About, WITH_LABELS, WITHOUT_LABELS, found};
use crate::support::labelled_run::{JudgedRun, RunSpec, rows};

/// A value without the keys that depend on flags: gates, and the words that name them.
fn numbers(mut value: Value) -> Value {
    for key in ["gates", "warnings"] {
        value.as_object_mut().unwrap().remove(key);
    }
    value
}

fn spec(replies: [&'static str; 5]) -> RunSpec {
    let [kept, other, flipped, split, unread] = replies;
    RunSpec::new(rows(&[
        (17, kept, "aab"),
        (9, other, "bbb"),
        (6, flipped, "ab"),
        (3, split, "t"),
        (2, unread, ""),
    ]))
}

fn judge_json(judged: &JudgedRun, judges: &[&str]) -> Value {
    let mut command = vec!["judge", "items.jsonl", "--rubric", "./r.toml", "--run", "run.db"];
    judges.iter().for_each(|judge| command.extend(["--judge", judge]));
    command.extend(["--inconclusive", "pass", "--format", "json"]);
    serde_json::from_str(&judged.folder.run(&command).expect(0).stdout).unwrap()
}

#[test]
fn the_calibration_is_that_of_calibrate() {
    let judged = spec(["a/a", "b/b", "a/b", "t/a", "?/b"]).judged();
    let document = judged.overview();
    assert_eq!(numbers(document["calibration"].clone()), {
        let mut found = numbers(judged.found(&[]));
        // Where the files lie is as it was given.
        for (file, key) in
            [("run.db", "/provenance/run"), ("labels.jsonl", "/provenance/labels/file")]
        {
            let path = judged.folder.path().join(file);
            *found.pointer_mut(key).unwrap() = path.to_str().unwrap().into();
        }
        found
    });
}

#[test]
fn the_calibration_of_one_judge_of_several_is_that_of_calibrate() {
    let replies = ["a/a b/b a/b", "b/b b/b b/b", "a/b a/a b/b", "t/a t/t a/a", "?/b b/b ?/?"];
    let judged = spec(replies).judged();
    for judge in [None, Some("judge-2")] {
        let flags: Vec<&str> = judge.map_or_else(Vec::new, |judge| vec!["--judge", judge]);
        let document = found(&judged.folder, About { judge, ..WITH_LABELS });
        let calibrated = judged.found(&flags);
        for key in ["judge", "orders", "kept", "position", "win_rates", "coverage", "headline"] {
            assert!(!calibrated[key].is_null(), "{key}");
            assert_eq!(document["calibration"][key], calibrated[key], "{key}");
        }
    }
}

#[test]
fn the_summary_is_that_of_judge() {
    let judged = spec(["a/a", "b/b", "a/b", "t/a", "?/b"]).judged();
    let mut printed = judge_json(&judged, &["judge-1"]);
    let document = found(&judged.folder, WITHOUT_LABELS);
    let sentences: Vec<&str> =
        document["headline"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    assert_eq!(printed["headline"], sentences.join(" "));
    let summary = document["summary"].as_object().unwrap();
    printed.as_object_mut().unwrap().retain(|key, _| summary.contains_key(key));
    assert_eq!(printed, document["summary"]);
    assert_eq!(document["calibration"], Value::Null);
}

#[test]
fn the_parts_add_up_to_the_whole() {
    let judged = spec(["a/a", "b/b", "a/b", "t/a", "?/b"]).judged();
    let document = judged.overview();
    let summary = &document["summary"]["judges"][0];
    let table = &document["order_tables"][0];
    let cell = |i: usize, j: usize| table["counts"][i][j].as_u64().unwrap();
    let count = |outcome: &str| summary["outcomes"][outcome].as_u64().unwrap();
    assert_eq!(cell(0, 0) + cell(1, 1) + cell(2, 2), count("kept"));
    assert_eq!(cell(0, 2) + cell(2, 0), count("flipped"));
    assert_eq!(cell(0, 1) + cell(1, 0) + cell(1, 2) + cell(2, 1), count("split"));
    assert_eq!(table["left_out"], count("unparsed"));
    let margin = &document["margins"][0];
    assert_eq!(
        margin["dropped"]["comparisons"],
        summary["planned"].as_u64().unwrap() - count("kept")
    );
    let bounds = &document["calibration"]["win_rates"][0]["bounds"];
    assert_eq!(margin["dropped"]["tipping_share"], bounds["tipping_share"]);
    assert_eq!(margin["kept"]["of"], count("kept"));
    assert_eq!(margin["order_averaged"]["of"], summary["win_rates"][0]["order_averaged"]["n"]);
}

mod needs_shared_data {
    use std::collections::HashMap;

    use serde_json::Value;

    use super::super::{WITH_LABELS, assert_estimate, found};
    use crate::support::shared_data::{read_json, set_up, shared};

    /// Whether each reply of a comparison chose its label; an unreadable one did not.
    fn right(verdict: &Value, label: &Value) -> Vec<f64> {
        let orders = verdict["orders"].as_array().unwrap();
        orders.iter().map(|order| f64::from(order["preference"] == *label)).collect()
    }

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    #[test]
    #[ignore = "needs ../shared/data"]
    fn recorded_judges_have_the_numbers_that_their_verdicts_give() {
        let data = shared("data/llmbar-natural");
        let expected = read_json(&data.join("expected.json"));
        for judge in ["falcon-cot", "gpt-4-cot"] {
            let reply = &expected[judge]["reply"];
            let folder = set_up(&data, judge, reply);
            let items = data.join("items.jsonl");
            let command =
                ["judge", items.to_str().unwrap(), "--rubric", "./r.toml", "--judge", judge];
            folder
                .run(&[&command[..], &["--run", "run.db", "--inconclusive", "pass"]].concat())
                .expect(0);
            std::fs::copy(data.join("labels.jsonl"), folder.path().join("labels.jsonl")).unwrap();
            let verdicts = folder.run(&["verdicts", "run.db", "--all"]).expect(0).json_lines();
            let lines = |name: &str| -> Vec<Value> {
                let text = std::fs::read_to_string(data.join(name)).unwrap();
                text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
            };
            let labels: HashMap<String, Value> = lines("labels.jsonl")
                .into_iter()
                .map(|label| (label["id"].as_str().unwrap().to_owned(), label["winner"].clone()))
                .collect();
            let items: HashMap<String, Value> = lines("items.jsonl")
                .into_iter()
                .map(|item| (item["id"].as_str().unwrap().to_owned(), item))
                .collect();
            let document = found(&folder, WITH_LABELS);

            // The order table.
            let [a, b] = [0, 1].map(|at| document["order_tables"][0]["between"][at].clone());
            let mut table = [[0_u64; 3]; 3];
            let mut left_out = 0;
            for verdict in &verdicts {
                let place = |order: usize| match &verdict["orders"][order]["preference"] {
                    Value::Null => None,
                    one if *one == a => Some(0),
                    one if *one == b => Some(2),
                    _ => Some(1),
                };
                match (place(0), place(1)) {
                    (Some(i), Some(j)) => table[i][j] += 1,
                    _ => left_out += 1,
                }
            }
            let counts = serde_json::to_value(table).unwrap();
            assert_eq!(document["order_tables"][0]["counts"], counts, "{judge}");
            assert_eq!(document["order_tables"][0]["left_out"], left_out, "{judge}");

            // How often the longer response is preferred, by the judge and by people.
            let (mut judged, mut people) = (Vec::new(), Vec::new());
            for verdict in &verdicts {
                let id = verdict["id"].as_str().unwrap();
                let length = |system: &Value| {
                    let text = items[id]["responses"][system.as_str().unwrap()].as_str().unwrap();
                    text.chars().count()
                };
                let longer = match length(&a).cmp(&length(&b)) {
                    std::cmp::Ordering::Greater => &a,
                    std::cmp::Ordering::Less => &b,
                    std::cmp::Ordering::Equal => continue,
                };
                let score = |order: &Value| match &order["preference"] {
                    Value::Null => 0.5,
                    one if one == "tie" => 0.5,
                    one => f64::from(one == longer),
                };
                let orders: Vec<f64> =
                    verdict["orders"].as_array().unwrap().iter().map(score).collect();
                judged.push(mean(&orders));
                people.push(f64::from(labels[id] == *longer));
            }
            let lengths = &document["lengths"];
            assert_estimate(&lengths["judge"], mean(&judged), judged.len() as u64);
            assert_estimate(&lengths["people"], mean(&people), people.len() as u64);

            // Closeness by similarity: the bands are thirds whose agreement adds up to that of all replies.
            let all: Vec<f64> = verdicts
                .iter()
                .flat_map(|verdict| right(verdict, &labels[verdict["id"].as_str().unwrap()]))
                .collect();
            let closeness = document["closeness"].as_array().unwrap();
            let bands = closeness
                .iter()
                .find(|one| one["measure"] == "similarity")
                .and_then(|one| one["bands"].as_array())
                .unwrap();
            assert_eq!(bands.len(), 3);
            let weighted: f64 = bands
                .iter()
                .map(|band| {
                    band["agreement"]["value"].as_f64().unwrap()
                        * band["agreement"]["n"].as_f64().unwrap()
                })
                .sum();
            assert!((weighted - all.iter().sum::<f64>()).abs() < 1e-9, "{judge}");
            assert_estimate(
                &document["calibration"]["orders"]["agreement"],
                mean(&all),
                all.len() as u64,
            );

            // The margin, by brute force: reverse the highest scores of the leader until it no longer leads.
            let system = &document["margins"][0]["system"];
            let mut scores: Vec<f64> = verdicts
                .iter()
                .map(|verdict| {
                    let score = |order: &Value| match &order["preference"] {
                        Value::Null => 0.5,
                        one if one == "tie" => 0.5,
                        one => f64::from(one == system),
                    };
                    mean(
                        &verdict["orders"]
                            .as_array()
                            .unwrap()
                            .iter()
                            .map(score)
                            .collect::<Vec<_>>(),
                    )
                })
                .collect();
            if mean(&scores) < 0.5 {
                scores.iter_mut().for_each(|score| *score = 1.0 - *score);
            }
            scores.sort_by(|one, other| other.total_cmp(one));
            let mut reversals = 0;
            while mean(&scores) > 0.5 + 1e-12 {
                scores[reversals] = 1.0 - scores[reversals];
                reversals += 1;
            }
            assert_eq!(document["margins"][0]["order_averaged"]["reversals"], reversals, "{judge}");
        }
    }
}
