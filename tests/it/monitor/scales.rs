//! Grades over time by rubrics whose scales differ. The judge is a recording.

use serde_json::{Value, json};

use super::codes;
use crate::support::{Folder, lines_of};

/// What the judge gives with the scale as written and reversed, and what people say, by item modulo 10: of the steps, and
/// that a response cannot be assessed.
const GRADES: [[&str; 3]; 10] = [
    ["good", "good", "good"],
    ["good", "good", "good"],
    ["good", "fair", "good"],
    ["fair", "fair", "fair"],
    ["fair", "fair", "good"],
    ["fair", "fair", "fair"],
    ["fair", "poor", "poor"],
    ["poor", "poor", "poor"],
    ["poor", "poor", "fair"],
    ["good", "good", "good"],
];
const ITEMS: usize = 240;
const STEPS: &str = "scale = [\"poor\", \"fair\", \"good\"]\n";

/// A history of grades of the system `cand`.
struct Nights {
    folder: Folder,
    number: usize,
}

impl Nights {
    fn new() -> Self {
        Self { folder: Folder::new(), number: 0 }
    }

    /// Grades the same responses by a scale and adds the run. `named` gives steps other names.
    fn add(&mut self, scale: &str, named: impl Fn(&str) -> String, flags: &[&str]) {
        let (mut items, mut replies, mut labels) = (Vec::new(), Vec::new(), Vec::new());
        for at in 0..ITEMS {
            let id = format!("q{at}");
            let [written, reversed, label] = GRADES[at % GRADES.len()].map(&named);
            items.push(json!({"id": id, "prompt": "?", "responses": {"cand": format!("x{at}")}}));
            for (direction, grade) in [("written", written), ("reversed", reversed)] {
                let line = json!({"id": id, "system": "cand", "scale": direction, "grade": grade});
                replies.push(line);
            }
            let label = json!({"id": id, "system": "cand", "annotator": "ana", "grade": label});
            labels.push(label);
        }
        let rubric =
            "name = \"r\"\nversion = \"1\"\ndescription = \"Is it good?\"\nmode = \"grade\"\n";
        for (file, text) in [
            ("evenhand.toml", "[judges.one]\nrecorded = \"replies.jsonl\"\n[judges.two]\nrecorded = \"replies.jsonl\"\n".to_owned()),
            ("r.toml", format!("{rubric}{scale}")),
            ("items.jsonl", lines_of(&items)),
            ("replies.jsonl", lines_of(&replies)),
            ("labels.jsonl", lines_of(&labels)),
        ] {
            self.folder.write(file, &text);
        }
        self.number += 1;
        let run = format!("night-{}.db", self.number);
        let (judges, flags): (Vec<&str>, Vec<&str>) =
            flags.iter().copied().partition(|flag| ["--judge", "one", "two"].contains(flag));
        let judges = if judges.is_empty() { vec!["--judge", "one"] } else { judges };
        let grade = ["grade", "items.jsonl", "--rubric", "r.toml", "--run", &run];
        self.folder.run(&[&grade[..], &judges].concat()).expect(0);
        let add = ["monitor", "add", &run, "--history", "monitor"];
        self.folder.run(&[&add[..], &flags].concat()).expect(0);
    }

    fn check(&self, code: i32) -> Value {
        let check = ["monitor", "check", "--history", "monitor", "--format", "json"];
        serde_json::from_str(&self.folder.run(&check).expect(code).stdout).unwrap()
    }

    fn trends(&self) -> Vec<Value> {
        let report = ["monitor", "report", "--history", "monitor", "--format", "json"];
        let said = self.folder.run(&report).expect(0);
        let document: Value = serde_json::from_str(&said.stdout).unwrap();
        document["trends"].as_array().unwrap().clone()
    }

    fn text(&self, command: &str) -> String {
        let said = self.folder.run(&["monitor", command, "--history", "monitor"]);
        said.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// The baseline of two nights by one scale, and a night with the same grades by another one.
fn between(before: &str, after: &str) -> Nights {
    let mut nights = Nights::new();
    for _ in 0..2 {
        nights.add(before, ToOwned::to_owned, &["--baseline", "--labels", "labels.jsonl"]);
    }
    nights.add(after, ToOwned::to_owned, &["--labels", "labels.jsonl"]);
    nights
}

fn passing(step: &str) -> String {
    format!("{STEPS}pass_from = \"{step}\"\n")
}

fn value(found: &Value) -> f64 {
    found["value"].as_f64().unwrap_or_else(|| panic!("{found}"))
}

#[test]
fn the_same_grades_are_no_alarm_when_another_step_passes() {
    let found = between(&passing("fair"), &passing("good")).check(0);
    assert_eq!((&found["drift"], &found["scale_change"]), (&json!([]), &json!("passes")));
    let rate = &found["judge"]["pass_rates"][0];
    // By what passes now: three in ten are good in both directions, and one in one of them.
    for when in ["before", "after"] {
        assert!((value(&rate[when]) - 0.35).abs() < 1e-12, "{rate}");
    }
    assert_eq!(codes(&found), ["different-pass"]);
    let message = found["warnings"][0]["message"].as_str().unwrap();
    assert!(message.contains("(from `fair` on before, from `good` on now)"), "{message}");
}

#[test]
fn grades_without_a_step_that_passes_get_pass_rates_when_one_is_named() {
    let found = between(STEPS, &passing("good")).check(0);
    assert_eq!((&found["rate"], &found["scale_change"]), (&json!("pass-rate"), &json!("passes")));
    let rate = &found["judge"]["pass_rates"][0];
    for when in ["before", "after"] {
        assert!((value(&rate[when]) - 0.35).abs() < 1e-12, "{rate}");
    }
    let message = found["warnings"][0]["message"].as_str().unwrap();
    assert!(message.contains("(not said before, from `good` on now)"), "{message}");
}

/// What `evenhand grade` records of the same grades by the same rubric.
#[test]
fn scores_by_another_scale_are_those_that_a_run_by_it_has() {
    for (before, after) in [(passing("fair"), passing("good")), (passing("good"), STEPS.to_owned())]
    {
        let [mixed, alike] = [&before, &after].map(|first| between(first, &after).check(0));
        let rates = |found: &Value| {
            let judge = &found["judge"];
            let rates = judge.get("pass_rates").or_else(|| judge.get("mean_steps")).unwrap();
            value(&rates[0]["before"])
        };
        assert!((rates(&mixed) - rates(&alike)).abs() < 1e-12, "{mixed}");
        let streams = |found: &Value| -> Vec<(Value, f64)> {
            let streams = found["streams"].as_array().unwrap();
            streams
                .iter()
                .map(|one| (one["measure"].clone(), one["limit"].as_f64().unwrap()))
                .collect()
        };
        for ((measure, limit), (other, expected)) in streams(&mixed).iter().zip(streams(&alike)) {
            assert_eq!(*measure, other);
            assert!((limit - expected).abs() < 1e-12, "{measure}: {limit}, {expected}");
        }
    }
}

#[test]
fn grades_by_other_steps_are_not_compared() {
    let mut nights = Nights::new();
    for _ in 0..2 {
        nights.add(
            &passing("fair"),
            ToOwned::to_owned,
            &["--baseline", "--labels", "labels.jsonl"],
        );
    }
    let other = |step: &str| format!("very {step}");
    let scale =
        "scale = [\"very poor\", \"very fair\", \"very good\"]\npass_from = \"very fair\"\n";
    // Labels of the baseline are names of its own steps.
    nights.add(scale, other, &[]);
    let found = nights.check(8);
    assert_eq!((&found["drift"], &found["unattributed"]), (&json!([]), &json!([])), "{found}");
    assert_eq!((&found["scale_change"], &found["streams"]), (&json!("steps"), &json!([])));
    assert_eq!(
        (&found["unseen"], &found["responses"]["anchors"]),
        (&json!(["judge"]), &json!(ITEMS))
    );
    let judge = &found["judge"];
    assert_eq!((&judge["responses"], &judge["pass_rates"]), (&json!(0), &json!([])));
    assert_eq!((&judge["agreement"], &judge["reversed"]), (&Value::Null, &json!(0)));
    assert_eq!(codes(&found), ["scale-changed", "judge-settings-changed"]);
    for (command, words) in [
        (
            "check",
            "the scale has other steps than in the baseline (poor < fair < good before, very poor < very fair < very good now), so grades are not compared; begin a new baseline with this run (`evenhand monitor add RUN --new-baseline`)",
        ),
        (
            "check",
            "The scale has other steps than in the baseline, so nothing is known of the judge.",
        ),
        ("check", "so pass rates on other responses are not compared."),
    ] {
        let text = nights.text(command);
        assert!(text.contains(words), "{words}: {text}");
    }
    let names: Vec<String> = nights.trends().iter().map(|one| one["name"].to_string()).collect();
    for name in [
        "pass rate of cand",
        "pass rate of cand, earlier scale poor < fair < good, passes from fair",
    ] {
        assert!(names.contains(&format!("\"{name}\"")), "{name}: {names:?}");
    }
}

#[test]
fn a_run_in_between_by_other_steps_is_left_out_and_counted() {
    let mut nights = Nights::new();
    let labels = ["--labels", "labels.jsonl"];
    nights.add(&passing("fair"), ToOwned::to_owned, &[&["--baseline"][..], &labels].concat());
    let scale =
        "scale = [\"very poor\", \"very fair\", \"very good\"]\npass_from = \"very fair\"\n";
    nights.add(scale, |step| format!("very {step}"), &labels);
    nights.add(&passing("fair"), ToOwned::to_owned, &labels);
    let found = nights.check(8);
    assert!(codes(&found).contains(&"runs-of-other-scale"), "{found}");
    let disagreement = &found["streams"][0];
    assert_eq!(
        (&disagreement["measure"], &disagreement["checks"]),
        (&json!("disagreement"), &json!(1))
    );
    assert_eq!(found["judge"]["verdicts_changed"]["value"], 0.0);
}

#[test]
fn rates_of_a_jury_are_not_compared_when_another_step_passes() {
    let mut nights = Nights::new();
    let jury = ["--judge", "one", "--judge", "two"];
    for _ in 0..2 {
        nights.add(&passing("fair"), ToOwned::to_owned, &[&jury[..], &["--baseline"]].concat());
    }
    nights.add(&passing("good"), ToOwned::to_owned, &jury);
    let found = nights.check(0);
    let rate = &found["judge"]["pass_rates"][0];
    assert_eq!((&rate["responses"], &rate["left_out"]), (&json!(ITEMS), &json!(ITEMS)), "{rate}");
    assert_eq!(rate["before"]["value"], Value::Null);
    let streams = found["streams"].as_array().unwrap();
    assert!(streams.iter().all(|one| one["system"].is_null()), "{found}");
    let message = found["warnings"][0]["message"].as_str().unwrap();
    assert!(
        message.contains("of the jury of the baseline only kept grades are known"),
        "{message}"
    );
}

#[test]
fn rates_over_time_are_those_by_the_newest_scale() {
    let nights = between(&passing("fair"), &passing("good"));
    let trends = nights.trends();
    let rates: Vec<&Value> =
        trends.iter().filter(|one| one["name"].as_str().unwrap().contains("of cand")).collect();
    assert_eq!((rates.len(), &rates[0]["name"]), (1, &json!("pass rate of cand")));
    for point in rates[0]["points"].as_array().unwrap() {
        assert!((value(point) - 0.35).abs() < 1e-12, "{point}");
    }
}
