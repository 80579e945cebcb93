//! Which rule the dev part chooses, and that the test part has no say in it.

use std::fmt::Write as _;

use evenhand::calibration::Part;
use serde_json::{Value, json};

use super::{COSTS, Kind, SMALL, Scene, rule};
use crate::support::Folder;
use crate::support::labelled_run::{Row, label, rubric, value, warning};

fn chosen(found: &Value) -> Value {
    json!([found["chosen"]["rule"], found["chosen"]["threshold"]])
}

#[test]
fn the_cheapest_rule_within_the_loss_of_the_best_is_chosen() {
    let scene = Scene::new(&SMALL);
    for (loss, expected, within) in [
        ("0", json!(["margin", 1.0]), 2),
        ("0.03", json!(["margin", 1.0]), 2),
        ("0.034", json!(["margin", 0.666_667]), 3),
        ("0.17", json!(["not-kept", null]), 4),
        ("0.22", json!(["cheap-alone", null]), 5),
        ("1", json!(["cheap-alone", null]), 5),
    ] {
        let found = scene.found(&["--part", "dev", "--loss", loss]);
        assert_eq!(chosen(&found), expected, "{loss}");
        assert_eq!(found["chosen"]["within_loss"], within, "{loss}");
        assert_eq!(
            [&found["chosen"]["best"], &found["chosen"]["best_threshold"]],
            [&json!("margin"), &json!(1.0)]
        );
    }
}

#[test]
fn a_strong_judge_that_costs_less_than_the_cascade_is_asked_about_everything() {
    let scene = Scene::new(&SMALL);
    let flags = ["cascade", "run.db", "strong.db", "--labels", "labels.jsonl", "--format", "json"];
    let said =
        scene.folder.run(&[&flags[..], &["--cheap-cost", "9", "--strong-cost", "10"]].concat());
    let found: Value = serde_json::from_str(&said.expect(0).stdout).unwrap();
    assert_eq!(chosen(&found), json!(["strong-alone", null]));
    let headline = found["headline"].as_str().unwrap();
    assert!(headline.starts_with("No cascade is cheaper within the loss: judge-1"), "{headline}");
}

#[test]
fn the_labels_of_the_test_part_change_neither_the_rules_nor_the_choice() {
    let mut other = SMALL;
    for kind in &mut other {
        if kind.0 == Part::Test {
            // Now the cheap judge is always right there, and the strong one wrong.
            *kind = (Part::Test, kind.1, "aaa/aaa", "b/b", "a");
        }
    }
    let [one, other] = [SMALL, other].map(|kinds| Scene::new(&kinds).found(&[]));
    assert_eq!(one["dev"], other["dev"]);
    assert_eq!(one["chosen"], other["chosen"]);
    assert_ne!(one["test"]["strong_alone"], other["test"]["strong_alone"]);
}

#[test]
fn margins_of_the_test_part_give_no_thresholds() {
    let kinds: [Kind; 3] = [
        (Part::Dev, 5, "aaa/aaa", "a/a", "a"),
        (Part::Test, 5, "aab/aab", "a/a", "a"),
        (Part::Test, 5, "aab/aaa", "a/a", "a"),
    ];
    let found = Scene::new(&kinds).found(&[]);
    assert_eq!(found["thresholds"], 0);
    assert!(warning(&found, "no-thresholds").unwrap().contains("the same margin"), "{found}");
}

#[test]
fn without_costs_a_rule_is_cheaper_if_it_sends_less() {
    let scene = Scene::new(&SMALL);
    let said = scene.cascade(&["--format", "json", "--loss", "0.04"]).expect(0).stdout;
    let found: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(chosen(&found), json!(["margin", 0.666_667]));
    assert_eq!(found["costs"], json!(["unknown", "unknown"]));
    let numbers = rule(&found["dev"]["rules"], "not-kept", None);
    assert!(numbers["cost_usd"].is_null() && numbers["cost_per_comparison_usd"]["value"].is_null());
    assert!(found["test"]["chosen_against_strong"]["cost_share"]["value"].is_null());
    let message = warning(&found, "unknown-cost-cheap").unwrap();
    assert!(message.contains("(120 replies without tokens or price)"), "{message}");
    assert!(message.contains("--cheap-cost USD"), "{message}");
    assert!(warning(&found, "unknown-cost-strong").unwrap().contains("--strong-cost USD"));
    let headline = found["headline"].as_str().unwrap();
    assert!(headline.contains("about 40.0 % of comparisons, and agrees"), "{headline}");
}

#[test]
fn an_unlabelled_dev_part_is_an_error_and_an_unlabelled_test_part_a_warning() {
    let labels = |part: Part| {
        let rows = super::rows(&SMALL, 0);
        let of_part = rows.into_iter().filter(|row| Part::of(&row.id) == part);
        let line = |row: Row| {
            let winner = if row.labels == "a" { "alpha" } else { "beta" };
            label(&row.id, "ana", row.between, winner)
        };
        of_part.map(line).collect::<String>()
    };
    let scene = Scene::new(&SMALL);
    scene.folder.write("labels.jsonl", &labels(Part::Test));
    let said = scene.cascade(&COSTS).expect(3).stderr;
    assert!(said.contains("labels.jsonl: no comparison of the dev part is labelled"), "{said}");
    assert!(said.contains("hint: `evenhand sample`"), "{said}");
    assert!(!scene.folder.path().join("looks.jsonl").exists(), "nothing was looked at");
    scene.folder.write("labels.jsonl", &labels(Part::Dev));
    let found = scene.found(&[]);
    assert_eq!([&found["test"]["comparisons"], &found["test"]["labelled"]], [10, 0]);
    assert!(found["test"]["chosen"]["agreement"]["value"].is_null());
    assert!((value(&found["test"]["chosen"]["sent"]) - 0.4).abs() < 1e-12);
    let message = warning(&found, "no-labels").unwrap();
    assert!(message.contains("no comparison of the test part is labelled"), "{message}");
    let headline = found["headline"].as_str().unwrap();
    assert!(headline.contains("how often it agrees with people is not known"), "{headline}");
}

#[test]
fn only_a_report_on_the_test_part_is_counted_as_a_look() {
    let scene = Scene::new(&SMALL);
    let log = scene.folder.path().join("looks.jsonl");
    let dev = scene.found(&["--part", "dev"]);
    assert!(dev["test"].is_null() && dev["looks"].is_null());
    let headline = dev["headline"].as_str().unwrap();
    assert!(headline.contains("on the dev part, by which it was chosen"), "{headline}");
    scene.cascade(&["--format", "jsonl"]).expect(0);
    assert!(!log.exists(), "neither the dev part nor the verdicts are counted");
    assert_eq!(scene.found(&[])["looks"], 1);
    let again = scene.found(&["--part", "test"]);
    assert_eq!(again["looks"], 2);
    assert!(warning(&again, "repeated-look").unwrap().contains("--part dev"));
    assert_eq!(std::fs::read_to_string(log).unwrap().lines().count(), 2, "one rubric, one look");
}

#[test]
fn the_margin_of_probabilities_is_that_of_the_mean_of_both_orders() {
    let folder = Folder::new();
    let ids: Vec<String> = (0..40).map(|at| format!("q{at}")).collect();
    let (mut items, mut labels) = (String::new(), String::new());
    let [mut cheap, mut strong] = [String::new(), String::new()];
    for (at, id) in ids.iter().enumerate() {
        let responses = json!({ "alpha": "one", "beta": "two" });
        writeln!(items, "{}", json!({ "id": id, "prompt": "p", "responses": responses })).unwrap();
        // That the response shown first is better: alpha is, with 0.8 or 0.575 on average.
        let (of_alpha_first, of_beta_first) = if at % 2 == 0 { (0.9, 0.3) } else { (0.6, 0.45) };
        let right = if at % 2 == 0 { "alpha" } else { "beta" };
        for (first, second, of_first) in
            [("alpha", "beta", of_alpha_first), ("beta", "alpha", of_beta_first)]
        {
            let mut line = json!({ "id": id, "first": first, "second": second });
            line["vote"] = json!(if first == right { "first" } else { "second" });
            writeln!(strong, "{line}").unwrap();
            line["vote"] = json!(if of_first > 0.5 { "first" } else { "second" });
            line["probability"] = json!(of_first);
            writeln!(cheap, "{line}").unwrap();
        }
        labels += &label(id, "ana", ["alpha", "beta"], right);
    }
    for (name, text) in [("items", items), ("labels", labels), ("cheap", cheap), ("strong", strong)]
    {
        folder.write(&format!("{name}.jsonl"), &text);
    }
    folder.write("r.toml", &rubric("r", false));
    let settings =
        ["cheap", "strong"].map(|name| format!("[judges.{name}]\nrecorded = \"{name}.jsonl\"\n"));
    folder.write("evenhand.toml", &settings.concat());
    for judge in ["cheap", "strong"] {
        let run = format!("{judge}.db");
        let command =
            ["judge", "items.jsonl", "--rubric", "./r.toml", "--judge", judge, "--run", &run];
        folder.run(&command).expect(0);
    }
    let command =
        ["cascade", "cheap.db", "strong.db", "--labels", "labels.jsonl", "--format", "json"];
    let said = folder.run(&[&command[..], &COSTS].concat()).expect(0).stdout;
    let found: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(found["thresholds"], 1, "margins of 0.6 and 0.15: {found}");
    assert_eq!(chosen(&found), json!(["margin", 0.6]));
    let unsure = |part: Part| {
        let of_part: Vec<usize> = (0..40).filter(|at| Part::of(&ids[*at]) == part).collect();
        of_part.iter().filter(|at| *at % 2 == 1).count() as f64 / of_part.len() as f64
    };
    let numbers = rule(&found["dev"]["rules"], "margin", Some(0.6));
    assert!((value(&numbers["sent"]) - unsure(Part::Dev)).abs() < 1e-12);
    assert!((value(&found["test"]["chosen"]["sent"]) - unsure(Part::Test)).abs() < 1e-12);
    assert!((value(&numbers["agreement"]) - 1.0).abs() < 1e-12);
}
