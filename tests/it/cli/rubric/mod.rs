//! `rubric check`, `preview`, `try` and `log`.

mod check;
mod graded_scene;
mod graded_tries;
mod graded_tries_and_others;
mod other_folders;
mod preview;
mod tries;
mod unfinished_tries;

use std::fmt::Write as _;

use evenhand::calibration::Part;
use serde_json::{Value, json};

use crate::support::server::{Answer, ReceivedRequest, Scene};
use crate::support::{CommandOutput, Folder};

/// What the judge answers: it prefers what the description names, `alpha` where it names nothing.
fn by_description(seen: &ReceivedRequest) -> Answer {
    let system = seen.body["messages"][0]["content"].as_str().unwrap();
    match system {
        said if said.contains("Prefer beta") => seen.prefers("beta"),
        said if said.contains("Prefer the first") => seen.prefers(seen.first),
        _ => seen.prefers("alpha"),
    }
}

/// Twenty-four items, the rubric `mine`, and labels of all items for `beta`.
fn scene() -> Scene {
    let scene = Scene::new(24, by_description);
    rubric(&scene, "1.0.0", "Prefer alpha.");
    label(&scene, |_| Some("beta"));
    scene
}

fn rubric(scene: &Scene, version: &str, description: &str) {
    let text =
        format!("name = \"mine\"\nversion = \"{version}\"\ndescription = \"{description}\"\n");
    scene.folder.write("rubrics/mine.toml", &text);
}

fn ids() -> impl Iterator<Item = String> {
    (1..=24).map(|number| format!("q-{number:03}"))
}

fn ids_of(part: Part) -> Vec<String> {
    ids().filter(|id| Part::of(id) == part).collect()
}

/// Labels each item by its id, or not.
fn label(scene: &Scene, winner: impl Fn(&str) -> Option<&'static str>) {
    let mut text = String::new();
    for id in ids() {
        if let Some(winner) = winner(&id) {
            writeln!(text, "{}", json!({ "id": id, "annotator": "ana", "winner": winner }))
                .unwrap();
        }
    }
    scene.folder.write("calibration/labels.jsonl", &text);
}

/// Adds a line to a file.
fn append(folder: &Folder, name: &str, line: &Value) {
    let path = folder.path().join(name);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, format!("{text}{line}\n")).unwrap();
}

fn try_it(scene: &Scene, flags: &[&str]) -> CommandOutput {
    let command = [
        "rubric",
        "try",
        "mine",
        "items.jsonl",
        "--labels",
        "calibration/labels.jsonl",
        "--judge",
        "judge-1",
    ];
    scene.run(&[&command[..], flags].concat())
}

/// The JSON document of a try.
fn tried(scene: &Scene, flags: &[&str]) -> Value {
    let said = try_it(scene, &[&["--format", "json"], flags].concat()).expect(0);
    serde_json::from_str(&said.stdout).unwrap()
}

/// The lines of the history.
fn history(folder: &Folder) -> Vec<Value> {
    let path = folder.path().join("calibration/tries.jsonl");
    let Ok(text) = std::fs::read_to_string(path) else { return Vec::new() };
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The numbers of the complete tries in the history.
fn complete(folder: &Folder) -> Vec<u64> {
    history(folder).iter().filter_map(|line| line["try"].as_u64()).collect()
}

fn assert_printable(text: &str) {
    let is_harmful = |char: char| {
        (char.is_control() && char != '\n') || ('\u{202a}'..='\u{202e}').contains(&char)
    };
    assert!(!text.contains(is_harmful), "{text:?}");
}
