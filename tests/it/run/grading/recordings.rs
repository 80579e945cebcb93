//! Grades that were recorded: by this program, or by others.

use serde_json::json;

use crate::support::grading_scene::{GradingScene, grades, is_reversed, system};
use crate::support::{CommandOutput, lines_of};

fn recorded(scene: &GradingScene) {
    scene.folder.write("evenhand.toml", "[judges.gpt]\nrecorded = \"grades.jsonl\"\n");
}

#[test]
fn a_run_is_recorded_and_replayed_with_the_same_numbers() {
    let scene = GradingScene::new(5, |seen| {
        grades(if system(seen) == "alpha" && is_reversed(seen) { "fail" } else { "pass" })
    });
    let first = scene.numbers(&["--record", "grades.jsonl"]);
    recorded(&scene);
    let before = scene.server.requests();
    let second = scene.numbers(&["--run", "replayed.db"]);
    assert_eq!(scene.server.requests(), before);
    for part in ["outcomes", "systems", "pairs", "order"] {
        assert_eq!(first["judges"][0][part], second["judges"][0][part], "{part}");
    }
}

#[test]
fn grades_of_one_direction_keep_nothing_and_are_said_to_be_unconfirmed() {
    let scene = GradingScene::passing(4);
    let lines = (1..=4).flat_map(|number| {
        ["alpha", "beta"].map(|system| {
            let grade = if system == "alpha" || number == 1 { "pass" } else { "fail" };
            json!({"id": format!("q-{number:03}"), "system": system, "grade": grade})
        })
    });
    scene.folder.write("grades.jsonl", &lines_of(lines));
    recorded(&scene);
    let said = scene.grade(&["--format", "json"]).expect(5);
    let numbers: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    let judge = &numbers["judges"][0];
    assert_eq!(judge["outcomes"]["pending"], 8);
    assert_eq!(judge["systems"][0]["pass_rate"]["one_direction"]["value"], 1.0);
    assert_eq!(judge["systems"][1]["pass_rate"]["one_direction"]["value"], 0.25);
    let headline = numbers["headline"].as_str().unwrap();
    assert!(
        headline.contains("8 of 8 responses were graded in one direction of the scale only"),
        "{headline}"
    );
    // The other direction is asked of a judge of one's own.
    scene.settings(&[("gpt", &[])]);
    scene.grade(&["--run", "completed.db", "--reuse", "grades.jsonl"]).expect(0);
    assert_eq!(scene.server.requests(), 8);
    assert!(scene.server.seen().iter().all(is_reversed));
}

#[test]
fn lines_of_a_recording_name_what_is_wrong() {
    let scene = GradingScene::passing(1);
    recorded(&scene);
    for (line, expected) in [
        (json!({"id": "q-001", "system": "alpha"}), "a line holds `reply` or `grade`"),
        (
            json!({"id": "q-001", "system": "alpha", "scale": "up", "grade": "pass"}),
            "scale: expected \"written\" or \"reversed\", found `up`",
        ),
        (
            json!({"id": "q-001", "system": "alpha", "grade": true}),
            "grade: expected the name of a step",
        ),
        (
            json!({"id": "q-001", "system": "alpha", "grade": "Passed"}),
            "unknown grade `Passed` in grade\n  the grades are: fail, pass",
        ),
        (json!({"id": "q-001", "system": "", "grade": "pass"}), "system"),
        (json!({"id": "q-001", "system": "alpha", "reply": 5}), "reply: expected a string"),
    ] {
        scene.folder.write("grades.jsonl", &lines_of([line]));
        let said = scene.grade(&[]).expect(3);
        assert!(
            said.stderr.contains("grades.jsonl:1") && said.stderr.contains(expected),
            "{}",
            said.stderr
        );
    }
}

#[test]
fn a_recording_without_any_reply_names_itself_and_no_address() {
    let scene = GradingScene::passing(1);
    recorded(&scene);
    let other = json!({"id": "q-999", "system": "alpha", "grade": "pass"});
    scene.folder.write("grades.jsonl", &lines_of([other]));
    let said = CommandOutput::of(&scene.command(&[]).output().unwrap());
    assert!(said.stderr.contains("on item q-001 with the scale "), "{}", said.stderr);
    assert!(!said.stderr.contains("scale as reversed"), "{}", said.stderr);
    assert!(!said.stderr.contains("base_url"), "{}", said.stderr);
}
