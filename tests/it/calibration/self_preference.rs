//! Judges that compare a system of their own family of models with others.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::labelled_run::{label, warning};
use crate::support::lines_of;
use crate::support::server::Scene;

/// A judge whose model is a GPT, forty items of these systems, and labels. The judge prefers `gpt-4.1` on the first thirty
/// items, and people on the first twenty.
fn judged(systems: [&str; 2]) -> Scene {
    let scene = Scene::new(0, |seen| {
        let number: usize = seen.id[2..].parse().unwrap();
        seen.prefers(if number < 30 { "alpha" } else { "beta" })
    });
    scene.settings(&[("model", "\"openrouter/openai/gpt-4o-mini\"")]);
    let (mut items, mut labels) = (String::new(), String::new());
    for number in 0..40 {
        let id = format!("q-{number}");
        let responses = json!({ (systems[0]): "ALPHA", (systems[1]): "BETA" });
        let prompt = format!("Question {id} of the exam.");
        writeln!(items, "{}", json!({ "id": id, "prompt": prompt, "responses": responses }))
            .unwrap();
        labels += &label(&id, "ana", systems, systems[usize::from(number >= 20)]);
    }
    scene.folder.write("items.jsonl", &items);
    scene.folder.write("labels.jsonl", &labels);
    scene
}

fn calibrated(scene: &Scene) -> Value {
    let said = scene.run(&["calibrate", "run.db", "--labels", "labels.jsonl", "--format", "json"]);
    serde_json::from_str(&said.expect(0).stdout).unwrap()
}

#[test]
fn the_excess_over_people_has_the_interval_of_scipy() {
    // Wins are counted of the first of two systems in byte order; the judge's own is the second, and then the first.
    for systems in [["gpt-4.1", "claude-3"], ["gpt-4.1", "mistral"]] {
        let scene = judged(systems);
        let said = scene.judge(&[]).expect(0);
        let expected =
            "judge-1: its model openrouter/openai/gpt-4o-mini and gpt-4.1 are of one family (GPT)";
        assert!(said.stderr.contains(expected), "{}", said.stderr);
        let found = calibrated(&scene);
        let measured = &found["self_preference"][0];
        assert_eq!((&measured["family"], &measured["system"]), (&json!("GPT"), &json!("gpt-4.1")));
        assert_eq!(measured["other"], systems[1]);
        // scipy.stats.ttest_rel([1] * 30 + [0] * 10, [1] * 20 + [0] * 20).confidence_interval(0.95), scipy 1.16.3
        let excess = ["value", "low", "high"].map(|key| measured["excess"][key].as_f64().unwrap());
        for (found, expected) in
            excess.into_iter().zip([0.25, 0.109_751_618_719_077_49, 0.390_248_381_280_922_54])
        {
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
        let message = warning(&found, "same-family").unwrap();
        let expected = "on 40 labelled comparisons the judge's win rate of gpt-4.1 minus people's is +25.0 points \
                        (+11.0 – +39.0): it prefers its own family";
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn no_warning_where_both_systems_or_none_are_of_the_judges_family() {
    for systems in [["gpt-4.1", "o3"], ["claude-3", "gemini-2.5"], ["short", "long"]] {
        let scene = judged(systems);
        let said = scene.judge(&[]).expect(0);
        assert!(!said.stderr.contains("family"), "{systems:?}: {}", said.stderr);
        let found = calibrated(&scene);
        assert_eq!(found["self_preference"], json!([]), "{systems:?}");
        assert_eq!(warning(&found, "same-family"), None);
    }
}

#[test]
fn without_a_label_of_the_pair_the_excess_is_not_known() {
    let scene = judged(["gpt-4.1", "claude-3"]);
    // The judge answered only the first items; the others are labelled.
    scene.judge(&["--max-requests", "20"]).expect(5);
    let answered = scene.verdicts().into_iter().filter(|verdict| verdict["outcome"] != "pending");
    let ids: Vec<String> =
        answered.map(|verdict| verdict["id"].as_str().unwrap().to_owned()).collect();
    let text = std::fs::read_to_string(scene.folder.path().join("labels.jsonl")).unwrap();
    let others = text.lines().filter(|line| {
        let id = serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned();
        !ids.contains(&id)
    });
    scene.folder.write("labels.jsonl", &lines_of(others));
    let found = calibrated(&scene);
    assert_eq!(found["self_preference"][0]["excess"]["value"], Value::Null);
    let message = warning(&found, "same-family").unwrap();
    assert!(message.contains("no labelled comparison of gpt-4.1 with claude-3 shows"), "{message}");
}

#[test]
fn systems_with_names_of_their_own_are_known_by_the_models_that_gave_their_responses() {
    let scene = judged(["short", "long"]);
    let text = std::fs::read_to_string(scene.folder.path().join("items.jsonl")).unwrap();
    let items = text.lines().map(|line| {
        let mut item: Value = serde_json::from_str(line).unwrap();
        item["generated"] =
            json!({ "long": { "model": "gpt-4.1-2025-04-14" }, "short": { "model": "claude-haiku-4-5" } });
        item
    });
    scene.folder.write("items.jsonl", &lines_of(items));
    let expected = "its model openrouter/openai/gpt-4o-mini and long (model gpt-4.1-2025-04-14) are of one family (GPT)";
    let said =
        scene.run(&["check", "items.jsonl", "--rubric", "helpfulness", "--judge", "judge-1"]);
    assert!(said.stderr.contains(expected), "{}", said.stderr);
    let said = scene.judge(&[]).expect(0);
    assert!(said.stderr.contains(expected), "{}", said.stderr);
    let found = calibrated(&scene);
    let measured = &found["self_preference"][0];
    assert_eq!((&measured["system"], &measured["other"]), (&json!("long"), &json!("short")));
    // The judge prefers the first system, `short`, on thirty items, and people on twenty.
    assert!((measured["excess"]["value"].as_f64().unwrap() + 0.25).abs() < 1e-9, "{measured}");
}
