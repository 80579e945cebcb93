//! A rubric that grades, a judge that follows its description, and labels, for tries.

use std::process::Command;

use evenhand::calibration::Part;
use serde_json::{Value, json};

use super::ids_of;
use crate::support::grading_scene::{GradingScene, grades, is_reversed, system};
use crate::support::server::{Answer, ReceivedRequest};
use crate::support::{CommandOutput, lines_of};

/// What the judge answers: it passes the system that the description names, or what is listed first.
pub(super) fn by_description(seen: &ReceivedRequest) -> Answer {
    let said = seen.body["messages"][0]["content"].as_str().unwrap();
    let passes = if said.contains("Pass what is listed first") {
        is_reversed(seen)
    } else {
        said.contains(&format!("Pass {}", system(seen)))
    };
    grades(if passes { "pass" } else { "fail" })
}

/// Passes beta, is wrong about every third item, and drawn to the best step of every fifth where it comes first.
pub(super) fn with_mistakes(seen: &ReceivedRequest) -> Answer {
    let number: usize = seen.id[2..].parse().unwrap();
    let passes = (system(seen) == "beta") != number.is_multiple_of(3);
    let is_drawn = number.is_multiple_of(5) && is_reversed(seen);
    grades(if passes || is_drawn { "pass" } else { "fail" })
}

/// Twenty-four items with two responses each, the rubric `quality`, whose judge passes alpha, and labels of all responses,
/// by which beta passes.
pub(super) fn scene() -> GradingScene {
    let scene = GradingScene::new(24, by_description);
    rubric(&scene, "1.0.0", "Pass alpha.");
    label(&scene, |_, system| Some(if system == "beta" { "pass" } else { "fail" }));
    // With a price, so that a try has a cost.
    scene.settings(&[(
        "gpt",
        &[("price", "{ input_per_million = 1.0, output_per_million = 2.0 }")],
    )]);
    scene
}

pub(super) fn rubric(scene: &GradingScene, version: &str, description: &str) {
    rubric_with(scene, version, description, "scale = [\"fail\", \"pass\"]");
}

/// Writes the rubric with another scale, and whatever else stands with it.
pub(super) fn rubric_with(scene: &GradingScene, version: &str, description: &str, scale: &str) {
    let text = format!(
        "name = \"quality\"\nversion = \"{version}\"\ndescription = \"{description}\"\nmode = \"grade\"\n{scale}\n"
    );
    scene.folder.write("rubrics/quality.toml", &text);
}

/// Labels each response by the id of its item and its system, or not.
pub(super) fn label(scene: &GradingScene, grade: impl Fn(&str, &str) -> Option<&'static str>) {
    let ids: Vec<String> = [Part::Dev, Part::Test].into_iter().flat_map(ids_of).collect();
    let labels: Vec<Value> = ids
        .iter()
        .flat_map(|id| ["alpha", "beta"].map(|system| (id, system)))
        .filter_map(|(id, system)| {
            let grade = grade(id, system)?;
            Some(json!({ "id": id, "annotator": "ana", "system": system, "grade": grade }))
        })
        .collect();
    scene.folder.write("calibration/labels.jsonl", &lines_of(&labels));
}

pub(super) fn command(scene: &GradingScene, flags: &[&str]) -> Command {
    let command =
        ["rubric", "try", "quality", "items.jsonl", "--labels", "calibration/labels.jsonl"];
    let judge: &[&str] = if flags.contains(&"--judge") { &[] } else { &["--judge", "gpt"] };
    scene.any_command(&[&command[..], judge, flags].concat())
}

pub(super) fn try_it(scene: &GradingScene, flags: &[&str]) -> CommandOutput {
    CommandOutput::of(&command(scene, flags).output().unwrap())
}

/// The JSON document of a try.
pub(super) fn tried(scene: &GradingScene, flags: &[&str]) -> Value {
    let said = try_it(scene, &[&["--format", "json"], flags].concat()).expect(0);
    serde_json::from_str(&said.stdout).unwrap()
}

/// How many responses the dev half has.
pub(super) fn dev_responses() -> usize {
    2 * ids_of(Part::Dev).len()
}
