//! An overview without texts.

use serde_json::{Value, json};

use super::{WITH_LABELS, document_of, overview_of};
use crate::support::labelled_run::{RunSpec, label, rows};
use crate::support::server::Scene;

#[test]
fn texts_names_of_annotators_folders_and_addresses_are_left_out() {
    let scene = Scene::new(40, |seen| match seen.id.as_str() {
        "q-001" => crate::support::server::Answer::says("The secret text of a reply."),
        _ => seen.prefers("beta"),
    });
    scene.settings(&[
        (
            "extra",
            "{ grammar = \"a secret grammar of several words\", reasoning_effort = \"low\" }",
        ),
        ("model", "\"/home/somebody/models/judge.gguf\""),
    ]);
    scene.judge(&[]).expect(0);
    let people = ["Zoe Quimby", "Bartholomew"];
    let labels = (1..=40).flat_map(|at| {
        people.map(|name| label(&format!("q-{at:03}"), name, ["alpha", "beta"], "beta"))
    });
    scene.folder.write("labels.jsonl", &labels.collect::<String>());
    let mut overview = overview_of(&scene.folder, WITH_LABELS);
    for entry in &mut overview.checklist {
        entry.command = Some(format!(
            "program {} --labels {}",
            overview.run.file,
            scene.folder.path().join("labels.jsonl").display()
        ));
    }
    let before = document_of(&overview).to_string();
    let folder = scene.folder.path().to_str().unwrap().to_owned();
    let secrets = [people[0], people[1], "secret", &folder, "/home/somebody", "127.0.0.1"];
    for secret in secrets {
        assert!(before.contains(secret), "the test must be able to fail: {secret}");
    }
    let redaction = overview.redact();
    let document = document_of(&overview);
    let after = document.to_string();
    for secret in secrets {
        assert!(!after.contains(secret), "{secret}: {after}");
    }
    assert_eq!(document["run"]["file"], "run.db");
    assert_eq!(document["run"]["judges"][0]["model"], "judge.gguf");
    assert_eq!(document["run"]["judges"][0]["extra"]["reasoning_effort"], "low");
    assert_eq!(document["checklist"][0]["command"], "program run.db --labels labels.jsonl");
    let annotators = &document["calibration"]["human"]["pairwise_kappa"][0]["annotators"];
    assert_eq!(*annotators, serde_json::json!(["annotator 1", "annotator 2"]));
    // In the order of the names, as in lists that the caller makes.
    assert_eq!(redaction.annotator("Bartholomew"), "annotator 1");
    assert_eq!(redaction.annotator("Zoe Quimby"), "annotator 2");
    assert_eq!(redaction.annotator("somebody else"), "annotator");
}

#[test]
fn whoever_skipped_a_comparison_and_the_only_other_annotator_are_numbered() {
    let judged = RunSpec::new(rows(&[(41, "a/a", "")])).judged();
    let between = ["alpha", "beta"];
    let line = |number: usize, annotator: &str, fields: [(&str, &str); 2]| {
        let id = format!("q{number:03}");
        let mut line = json!({ "id": id, "annotator": annotator, "between": between });
        for (field, value) in fields {
            line[field] = json!(value);
        }
        line
    };
    let people = ["Bartholomew", "Ursula Kent", "Zoe Quimby"];
    let mut lines = Vec::new();
    for number in 0..40 {
        let [left, right] = [between[number % 2], between[(number + 1) % 2]];
        // The first chooses the left response half of the time, the second always.
        let of_first = if number % 4 < 2 { left } else { right };
        lines.push(line(number, people[0], [("winner", of_first), ("left", left)]));
        lines.push(line(number, people[1], [("winner", left), ("left", left)]));
    }
    lines.push(line(40, people[2], [("skipped", "unclear"), ("left", "alpha")]));
    judged.label(&crate::support::lines_of(&lines));
    let mut overview = overview_of(&judged.folder, WITH_LABELS);
    let names = |document: &Value| {
        let results = &document["calibration"];
        let difference = &results["labelling"]["differences"][0];
        let names =
            [&difference["annotator"], &difference["other"], &results["skipped"]["annotators"][0]];
        names.map(|name| name.as_str().unwrap().to_owned())
    };
    let before = document_of(&overview);
    assert_eq!(names(&before), people, "the test must be able to fail");
    assert!(before.to_string().contains("because Zoe Quimby skipped it"));
    let _redaction = overview.redact();
    let after = document_of(&overview);
    assert_eq!(names(&after), ["annotator 1", "annotator 2", "annotator 3"]);
    let text = after.to_string();
    assert!(text.contains("because annotator 3 skipped it"), "{text}");
    for name in people {
        assert!(!text.contains(name), "{name}: {text}");
    }
}

#[test]
fn names_that_are_no_texts_and_all_numbers_stay() {
    let judged =
        RunSpec::new(rows(&[(6, "a/a", "aab"), (6, "b/b", "bab"), (2, "?/a", "aaa")])).judged();
    let mut overview = overview_of(&judged.folder, WITH_LABELS);
    let mut before = document_of(&overview);
    overview.redact();
    let mut after = document_of(&overview);
    for key in ["order_tables", "margins", "closeness", "lengths", "requests", "judge"] {
        assert_eq!(before[key], after[key], "{key}");
    }
    for document in [&mut before, &mut after] {
        document["summary"]["judges"][0]["unreadable_example"] = Value::Null;
    }
    assert_eq!(before["summary"], after["summary"]);
    assert_eq!(after["calibration"]["annotators"], 3);
    assert_eq!(after["run"]["rubric"]["description"], Value::Null);
    assert_eq!(after["run"]["systems"], before["run"]["systems"]);
}
