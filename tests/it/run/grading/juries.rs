//! Several judges grade together.

use serde_json::json;

use crate::support::grading_scene::{GradingScene, grades, system};

#[test]
fn a_jury_keeps_the_grade_of_more_than_half_of_its_judges() {
    let scene = GradingScene::new(3, |seen| {
        let passes = match (seen.model(), system(seen), seen.id.as_str()) {
            ("model-of-strict", "alpha", _) => false,
            ("model-of-gpt" | "model-of-strict", ..) => true,
            (_, "alpha", id) => id == "q-001",
            _ => false,
        };
        grades(if passes { "pass" } else { "fail" })
    });
    scene.settings(&[("gpt", &[]), ("strict", &[]), ("third", &[])]);
    let numbers = scene.numbers(&["--judge", "strict", "--judge", "third"]);
    let judges = numbers["judges"].as_array().unwrap();
    let names: Vec<&str> = judges.iter().map(|judge| judge["judge"].as_str().unwrap()).collect();
    assert_eq!(names, ["gpt", "strict", "third", "jury"]);
    let jury = &judges[3];
    assert_eq!(jury["outcomes"], json!({"kept": 6, "hung": 0, "pending": 0}));
    // alpha: two of three pass q-001 and fail the others; beta: two of three pass.
    assert_eq!(jury["systems"][0]["steps"], json!([2, 1]));
    assert_eq!(jury["systems"][1]["steps"], json!([0, 3]));
    // Averaged over the judges: (1 + 0 + 1)/3 on q-001, (1 + 0 + 0)/3 on the others.
    let averaged = jury["systems"][0]["pass_rate"]["averaged"]["value"].as_f64().unwrap();
    assert!((averaged - (2.0 + 1.0 + 1.0) / 9.0).abs() < 1e-12, "{averaged}");
    assert!(jury["order"].is_null() && jury["tokens"].is_null());
    assert!(
        numbers["headline"]
            .as_str()
            .unwrap()
            .starts_with("On average the judges of the jury pass beta")
    );
}

#[test]
fn a_jury_without_a_majority_is_hung() {
    let scene = GradingScene::new(2, |seen| {
        grades(if seen.model() == "model-of-gpt" { "pass" } else { "fail" })
    });
    scene.settings(&[("gpt", &[]), ("strict", &[])]);
    let said = scene.grade(&["--judge", "strict", "--format", "json"]).expect(8);
    assert!(said.stderr.contains("jury kept no grade of 4 responses"), "{}", said.stderr);
    let numbers: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(numbers["judges"][2]["outcomes"], json!({"kept": 0, "hung": 4, "pending": 0}));
}
