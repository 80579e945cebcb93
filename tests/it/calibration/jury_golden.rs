//! Juries beside their members, against numpy and scipy (`tests/oracle/jury.py`).

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::stats::{assert_close, cases, numbers};
use crate::support::labelled_run::{JudgedRun, Row, RunSpec, interval, value};

/// The run and the label file of a case.
fn judged(case: &Value) -> JudgedRun {
    let text = |value: &Value| -> &'static str { value.as_str().unwrap().to_owned().leak() };
    let lines = case["rows"].as_array().unwrap();
    let row = |line: &Value| Row::new(text(&line[0]), ["alpha", "beta"], text(&line[1]), "");
    let judged = RunSpec::new(lines.iter().map(row).collect()).judged();
    let mut labels = String::new();
    for line in lines {
        for (annotator, letter) in ["ana", "ben", "cyd"].iter().zip(text(&line[2]).chars()) {
            let winner = match letter {
                'a' => "alpha",
                'b' => "beta",
                _ => "tie",
            };
            let mut label = json!({ "id": line[0], "annotator": annotator, "winner": winner });
            if !line[3].is_null() {
                label["probability"] = line[3].clone();
            }
            writeln!(labels, "{label}").unwrap();
        }
    }
    judged.label(&labels);
    judged
}

#[track_caller]
fn assert_estimate(found: &Value, expected: &Value) {
    assert_close(value(found), value(expected), 1e-9);
    let [ends, expected_ends] = [found, expected].map(interval);
    assert_close(ends[0], expected_ends[0], 1e-9);
    assert_close(ends[1], expected_ends[1], 1e-9);
    assert_eq!(found["n"], expected["n"]);
}

/// Fails unless a jury has the judges and the numbers expected.
#[track_caller]
fn assert_jury(found: &Value, expected: &Value, names: &[String]) {
    let judges = numbers(&expected["judges"]);
    let judges: Vec<&String> = judges.iter().map(|at| &names[*at as usize]).collect();
    assert_eq!(found["judges"], json!(judges));
    assert_estimate(&found["agreement"], &expected["agreement"]);
    assert_estimate(&found["coverage"], &expected["coverage"]);
    assert!(found["usd_per_comparison"].is_null());
}

/// Fails unless the block of a run has the numbers of the oracle.
fn assert_case(found: &Value, expected: &Value, names: &[String]) {
    let [found] = found["jury_members"]["pairs"].as_array().unwrap().as_slice() else {
        panic!("{found}")
    };
    let members = found["members"].as_array().unwrap();
    assert_eq!(members.len(), names.len());
    for ((member, expected), name) in
        members.iter().zip(expected["members"].as_array().unwrap()).zip(names)
    {
        assert_eq!(member["judge"], **name);
        assert_estimate(&member["agreement"], &expected["agreement"]);
        assert_estimate(&member["coverage"], &expected["coverage"]);
    }
    let (errors, of_oracle) = (&found["errors"], &expected["errors"]);
    assert_eq!(errors["n"], of_oracle["n"]);
    for (pair, expected) in
        errors["pairs"].as_array().unwrap().iter().zip(numbers(&of_oracle["correlations"]))
    {
        assert_close(value(&pair["correlation"]), expected, 1e-9);
        assert_eq!(pair["correlation"]["n"], of_oracle["n"]);
        let [low, high] = interval(&pair["correlation"]);
        assert!(low < expected && expected < high, "{pair}");
    }
    for name in ["mean_correlation", "effective_judges"] {
        let expected = of_oracle[name].as_f64().unwrap();
        assert_close(value(&errors[name]), expected, 1e-9);
        let [low, high] = interval(&errors[name]);
        assert!(low < expected && expected < high, "{name}: {errors}");
    }
    let (dev, of_oracle) = (&found["dev"], &expected["dev"]);
    assert_eq!(dev["n"], of_oracle["n"]);
    assert_jury(&dev["jury"], &of_oracle["jury"], names);
    if expected["test"].is_null() {
        assert!(found["test"].is_null() && dev["best_member"].is_null(), "{found}");
        return;
    }
    for name in ["best_member", "best", "cheapest"] {
        assert_jury(&dev[name], &of_oracle[name], names);
    }
    let (test, of_oracle) = (&found["test"], &expected["test"]);
    assert_eq!(test["n"], of_oracle["n"]);
    for name in ["jury", "best_member", "cheapest"] {
        assert_jury(&test[name], &of_oracle[name], names);
    }
    let best = "jury_minus_best_member";
    assert_estimate(&test[best], &of_oracle[best]);
    let cheapest = "cheapest_minus_jury";
    if of_oracle[cheapest].is_null() {
        assert!(test[cheapest].is_null(), "{test}");
    } else {
        assert_estimate(&test[cheapest], &of_oracle[cheapest]);
    }
}

#[test]
fn the_numbers_of_simulated_juries_are_those_of_the_oracle() {
    let cases = cases("jury_members");
    let simulated: Vec<&Value> = cases.iter().filter(|case| case["name"].is_string()).collect();
    assert_eq!(simulated.len(), 8);
    for case in simulated {
        let found = judged(case).found(&[]);
        let judges = case["judges"].as_u64().unwrap();
        let names: Vec<String> = (1..=judges).map(|judge| format!("judge-{judge}")).collect();
        assert_case(&found, &case["expected"], &names);
        let search = if judges > 8 { "one-by-one" } else { "every-jury" };
        assert_eq!(found["jury_members"]["search"], search);
        assert_eq!(found["jury_members"]["loss"], 0.02);
    }
}

mod needs_shared_data {
    use std::fmt::Write as _;

    use serde_json::{Value, json};

    use super::{assert_case, cases};
    use crate::support::Folder;
    use crate::support::shared_data::{rubric, shared};

    #[test]
    #[ignore = "needs ../shared/data"]
    fn the_numbers_of_juries_of_recorded_judges_are_those_of_the_oracle() {
        let data = shared("data/llmbar-natural").canonicalize().unwrap();
        let path = |name: &str| data.join(name).to_str().unwrap().to_owned();
        let cases = cases("jury_members");
        let recorded: Vec<&Value> = cases.iter().filter(|case| case["name"].is_null()).collect();
        assert_eq!(recorded.len(), 3);
        for case in recorded {
            let names: Vec<String> = serde_json::from_value(case["llmbar"].clone()).unwrap();
            let folder = Folder::new();
            let reply =
                json!({ "format": "pattern", "first": r"Output \(a\)", "second": r"Output \(b\)" });
            folder.write("r.toml", &rubric(&reply));
            let mut settings = String::new();
            let mut command: Vec<String> =
                ["judge", &path("items.jsonl"), "--rubric", "./r.toml", "--run", "run.db"]
                    .map(str::to_owned)
                    .into();
            for name in &names {
                let replies = json!(path(&format!("replies/{name}.jsonl")));
                writeln!(settings, "[judges.{name}]\nrecorded = {replies}").unwrap();
                command.extend(["--judge".to_owned(), name.clone()]);
            }
            folder.write("evenhand.toml", &settings);
            folder.run(&command.iter().map(String::as_str).collect::<Vec<_>>()).expect(0);
            let labels = path("labels.jsonl");
            let calibrate = ["calibrate", "run.db", "--labels", &labels, "--format", "json"];
            let said = folder.run(&calibrate).expect(0);
            let found: Value = serde_json::from_str(&said.stdout).unwrap();
            assert_case(&found, &case["expected"], &names);
        }
    }
}
