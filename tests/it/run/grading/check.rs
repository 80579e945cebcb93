//! `check` with a rubric that grades.

use serde_json::{Value, json};

use crate::support::grading_scene::GradingScene;

#[test]
fn check_counts_responses_and_both_directions_and_sends_nothing() {
    let scene = GradingScene::passing(3);
    let flags = ["check", "items.jsonl", "--rubric", "quality", "--judge", "gpt"];
    let said = scene.folder.run(&flags).expect(0);
    assert!(
        said.stdout.contains(
            "plan: 3 items, 6 responses, 12 trials (both directions of the scale), rubric quality"
        ),
        "{}",
        said.stdout
    );
    assert!(said.stdout.contains("<<<") && said.stdout.contains("response>>>"), "{}", said.stdout);
    let said = scene.folder.run(&[&flags[..], &["--format", "json"]].concat()).expect(0);
    let plan: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!((&plan["responses"], plan.get("comparisons")), (&json!(6), None));
    assert_eq!(plan["judges"][0]["requests"], 12);
    assert_eq!(scene.server.requests(), 0);
    scene.grade(&["--limit", "1"]).expect(0);
    let said = scene.folder.run(&[&flags[..], &["--format", "json"]].concat()).expect(0);
    let plan: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(
        (&plan["judges"][0]["stored"], &plan["judges"][0]["requests"]),
        (&json!(4), &json!(8))
    );
}

#[test]
fn runs_list_grades_as_responses() {
    let scene = GradingScene::passing(2);
    scene.grade(&[]).expect(0);
    let said = scene.folder.run(&["runs"]).expect(0);
    assert!(
        said.stdout.contains("4 responses") && said.stdout.contains("complete"),
        "{}",
        said.stdout
    );
    let said = scene.folder.run(&["runs", "--format", "json"]).expect(0);
    let list: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(
        (&list["runs"][0]["graded_responses"], &list["runs"][0]["comparisons"]),
        (&json!(4), &Value::Null)
    );
}
