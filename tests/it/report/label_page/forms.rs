//! Forms to label: a few simple comparisons, and comparisons with everything that is hard to show.

use std::path::Path;

use evenhand::labelling::{FormOptions, Material, Session};
use evenhand::report::{ExportedForm, task_json};
use serde_json::{Value, json};

use crate::support::Folder;

/// The systems of every form: names that no page may contain.
pub(super) const SYSTEMS: [&str; 2] = ["secret-system-one", "zz-secret-system-two"];
/// The key of every seal.
pub(super) const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
/// The digest of every form.
pub(super) const FORM: &str = "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff00000000000000000000000000000000";

const RUBRIC: &str = r#"name = "r"
description = "Which reply helps the customer more?"
ties = true
[[criteria]]
name = "accuracy"
description = "Is everything right?"
[[criteria]]
name = "tone"
description = "Is it <b>polite</b>?"
"#;

/// Returns an item with a prompt and the responses of both systems.
pub(super) fn item(id: &str, prompt: &Value, responses: [&Value; 2]) -> Value {
    let [one, two] = SYSTEMS;
    json!({ "id": id, "prompt": prompt, "responses": { one: responses[0], two: responses[1] } })
}

/// Returns some comparisons that differ in a number.
pub(super) fn simple_items(count: usize) -> Vec<Value> {
    let item = |number: usize| {
        let response = |word: &str| json!(format!("The {word} answer to **{number}**, in `code`."));
        let prompt = json!(format!("Question number {number}?"));
        item(&format!("secret-id-{number}"), &prompt, [&response("first"), &response("second")])
    };
    (0..count).map(item).collect()
}

/// Opens a session of one annotator on some items.
pub(super) fn session(folder: &Folder, items: &[Value], rubric: Option<&str>) -> Session {
    folder.write("items.jsonl", &crate::support::lines_of(items));
    let items = evenhand::input::read_items(&folder.path().join("items.jsonl"), &[]).unwrap();
    let rubric = rubric.map(|text| {
        folder.write("rubric.toml", text);
        let file = folder.path().join("rubric.toml");
        evenhand::input::load_rubric(file.to_str().unwrap(), Path::new(".")).unwrap()
    });
    let material = Material::of_items(items.items, None, rubric.as_ref()).unwrap();
    let options = FormOptions { annotators: vec!["ana".into()], ..FormOptions::default() };
    Session::open(material, &folder.path().join("labels.jsonl"), &options).unwrap()
}

/// Returns the form of the annotator of a session.
pub(super) fn exported(session: &Session) -> ExportedForm {
    let total = session.progress(0).total;
    let tasks = (0..total).map(|place| task_json(&session.shown(0, place).unwrap()).unwrap());
    ExportedForm {
        annotator: "ana".into(),
        question: session.question().clone(),
        tasks: tasks.collect(),
        form: blake3::Hash::from_hex(FORM).unwrap().into(),
        seal_key: blake3::Hash::from_hex(KEY).unwrap().into(),
    }
}

/// Returns a form of simple comparisons with a rubric of two criteria.
pub(super) fn simple_form(folder: &Folder, count: usize) -> ExportedForm {
    exported(&session(folder, &simple_items(count), Some(RUBRIC)))
}
