//! Answers of Label Studio, Argilla and tables. The layouts are those that `label-studio-sdk` 2.1.2 and `argilla` 2.8.0
//! write.

use evenhand::input::LabelSide;
use evenhand::labelling::{MergeOptions, ShownTask};
use serde_json::{Value, json};

use super::answers::{Answering, counts};

/// The winner of a label when the response on this side is better.
fn winner(shown: &ShownTask, side: LabelSide) -> Option<String> {
    let [left, right] = super::sides(shown);
    let content = match side {
        LabelSide::Left => left,
        LabelSide::Right => right,
        LabelSide::Tie => return None,
    };
    let is_first = content.to_text().ends_with("first");
    Some(if is_first { "quail" } else { "zebra" }.to_owned())
}

/// Asserts what somebody says of a place of the form of `owner`.
fn assert_label(scene: &Answering, owner: usize, annotator: &str, place: usize, side: LabelSide) {
    let shown = scene.session().shown(owner, place).unwrap();
    let id = format!("i{}", shown.prompt.to_text().chars().find(char::is_ascii_digit).unwrap());
    let read = scene.read();
    let label = read.labels.iter().find(|label| *label.annotator == *annotator && *label.id == *id);
    let label = label.unwrap_or_else(|| panic!("no label of {annotator} for {id}"));
    assert_eq!(label.winner.as_deref().map(str::to_owned), winner(&shown, side));
}

#[expect(clippy::needless_pass_by_value, reason = "values made in place read better")]
fn annotation(by: Value, result: Value) -> Value {
    json!({"id": 1, "completed_by": by, "result": result, "was_cancelled": false, "ground_truth": false,
        "lead_time": 3.5, "created_at": "2026-11-01T10:00:00.123456Z", "task": 1, "project": 1})
}

fn chosen(control: &str, choice: &str) -> Value {
    json!({"id": "c", "from_name": control, "to_name": "prompt", "type": "choices", "value": {"choices": [choice]}})
}

fn better(side: &str) -> Value {
    json!({"id": "p", "from_name": "winner", "to_name": "winner", "type": "pairwise", "value": {"selected": side}})
}

#[expect(clippy::needless_pass_by_value, reason = "values made in place read better")]
fn task(reference: &str, annotations: Value) -> Value {
    json!({"id": 101, "data": {"evenhand": reference, "prompt": "p", "left": "l", "right": "r"}, "drafts": [],
        "predictions": [], "annotations": annotations, "project": 1})
}

#[test]
fn an_export_of_label_studio_is_merged_and_adds_up() {
    let scene = Answering::new();
    let note = json!({"id": "n", "from_name": "note", "to_name": "prompt", "type": "textarea", "value": {"text": ["=SUM(1)", "[\"x\"]"]}});
    let mut cancelled = annotation(json!(7), json!([better("left")]));
    cancelled["was_cancelled"] = true.into();
    let tasks = json!([
        task(&scene.reference(0, 0), json!([annotation(json!(7), json!([better("right"), note, chosen("both_acceptable", "yes")]))])),
        task(&scene.reference(0, 1), json!([annotation(json!(7), json!([chosen("otherwise", "Tie")]))])),
        task(&scene.reference(0, 2), json!([annotation(json!(7), json!([chosen("otherwise", "cannot judge")]))])),
        task(&scene.reference(0, 3), json!([cancelled])),
        task(&scene.reference(1, 0), json!([annotation(json!({"id": 8, "email": "ben@example.org"}), json!([better("left")]))])),
        task(&scene.reference(1, 1), json!([annotation(json!({"id": 8, "email": "ben@example.org"}), json!([]))])),
        task(&scene.reference(1, 2), json!([])),
        {"id": 9, "data": {"text": "something else"}, "annotations": [annotation(json!(7), json!([]))]},
    ]);
    scene.folder.write("project.json", &tasks.to_string());
    let merged = scene.merge(&["project.json"]).unwrap();
    assert_eq!(counts(&merged), [[4, 1, 0, 2, 1, 1]]);
    assert_eq!(merged.files[0].taken_for.get("7").map(String::as_str), Some("ana"));
    assert_label(&scene, 0, "ana", 0, LabelSide::Right);
    assert_label(&scene, 0, "ana", 1, LabelSide::Tie);
    assert_label(&scene, 1, "ben", 0, LabelSide::Left);
    let read = scene.read();
    let details = &read.labels[0].details;
    assert_eq!(details.note.as_deref(), Some("=SUM(1)\n[\"x\"]"));
    assert_eq!((details.seconds, details.both_acceptable), (Some(3.5), Some(true)));
    assert_eq!(details.at.as_deref(), Some("2026-11-01T10:00:00.123456Z"));
    // One that was cancelled stays open.
    assert_eq!(scene.session().progress(0).next, Some(3));
    assert_eq!(counts(&scene.merge(&["project.json"]).unwrap()), [[0, 0, 4, 2, 1, 1]]);
}

#[test]
fn json_min_and_csv_of_label_studio_say_the_same() {
    let scene = Answering::new();
    let [one, two] = [0, 1].map(|place| scene.reference(1, place));
    let min = json!([
        {"evenhand": one, "question": "Q", "prompt": "p", "left": "l", "right": "r", "id": 101, "winner": [{"selected": "left"}],
            "note": "[\"x\"]", "annotator": "ben@example.org", "annotation_id": 1, "created_at": "2026-11-01T10:00:00Z",
            "updated_at": "2026-11-01T10:00:00Z", "lead_time": 3.5},
        {"evenhand": two, "question": "Q", "prompt": "p", "left": "l", "right": "r", "id": 102, "otherwise": "tie",
            "annotator": "ben@example.org", "annotation_id": 2, "created_at": "2026-11-01T10:01:00Z", "lead_time": 1.0},
    ]);
    scene.folder.write("min.json", &min.to_string());
    let csv = format!(
        "\"annotation_id\",\"annotator\",\"created_at\",\"evenhand\",\"id\",\"lead_time\",\"left\",\"note\",\"otherwise\",\"prompt\",\"question\",\"right\",\"winner\"\n\
         2,\"ben@example.org\",\"2026-11-01T10:01:00Z\",\"{two}\",102,1.0,\"l\",\"\",\"tie\",\"p\",\"Q\",\"r\",\"\"\n\
         1,\"ben@example.org\",\"2026-11-01T10:00:00Z\",\"{one}\",101,3.5,\"l\",\"[\"\"x\"\"]\",\"\",\"p\",\"Q\",\"r\",\"[{{\"\"selected\"\":\"\"left\"\"}}]\"\n"
    );
    scene.folder.write("export.csv", &csv);
    let said = scene.merge(&["min.json", "export.csv"]).unwrap();
    assert_eq!(counts(&said), [[2, 0, 0, 0, 0, 0], [0, 0, 2, 0, 0, 0]]);
    assert_label(&scene, 1, "ben", 0, LabelSide::Left);
    assert_label(&scene, 1, "ben", 1, LabelSide::Tie);
    assert_eq!(scene.read().labels[0].details.note.as_deref(), Some("[\"x\"]"));
}

const ANA: &str = "11111111-1111-4111-8111-111111111111";

fn record(reference: &str, responses: &Value) -> Value {
    json!({"id": "rec-0", "fields": {"prompt": "p", "left": "one", "right": "two"}, "metadata": {"evenhand": reference},
        "suggestions": {}, "responses": responses, "vectors": {}, "status": "pending", "_server_id": null})
}

#[test]
fn records_of_argilla_are_merged_in_all_three_layouts() {
    for layout in ["by question", "flattened", "version 1"] {
        let scene = Answering::new();
        let places = [0, 1, 2].map(|place| scene.reference(0, place));
        let records = match layout {
            "by question" => json!([
                record(
                    &places[0],
                    &json!({"winner": [{"value": "left", "user_id": ANA}], "note": [{"value": "=short", "user_id": ANA}]})
                ),
                record(&places[1], &json!({"winner": [{"value": "cannot-judge", "user_id": ANA}]})),
                record(&places[2], &json!({})),
            ]),
            "flattened" => json!([
                {"id": "r", "prompt": "p", "evenhand": places[0], "winner.responses": ["left"], "winner.responses.users": [ANA],
                    "winner.responses.status": ["submitted"], "note.responses": ["=short"], "note.responses.users": [ANA],
                    "note.responses.status": ["submitted"]},
                {"id": "s", "prompt": "p", "evenhand": places[1], "winner.responses": ["cannot-judge"], "winner.responses.users": [ANA],
                    "winner.responses.status": ["submitted"], "note.responses": null, "note.responses.users": null, "note.responses.status": null},
                {"id": "t", "prompt": "p", "evenhand": places[2], "winner.responses": ["right"], "winner.responses.users": [ANA],
                    "winner.responses.status": ["draft"], "note.responses": null, "note.responses.users": null, "note.responses.status": null},
            ]),
            _ => json!([
                {"fields": {"prompt": "p"}, "external_id": places[0], "metadata": {}, "responses": [{"user_id": ANA, "status": "submitted",
                    "values": {"winner": {"value": "left"}, "note": {"value": "=short"}}}]},
                {"fields": {"prompt": "p"}, "external_id": places[1], "metadata": {}, "responses": [{"user_id": ANA, "status": "submitted",
                    "values": {"winner": {"value": "cannot-judge"}}}]},
                {"fields": {"prompt": "p"}, "external_id": places[2], "metadata": {}, "responses": []},
            ]),
        };
        scene.folder.write("records.json", &records.to_string());
        assert_eq!(
            counts(&scene.merge(&["records.json"]).unwrap()),
            [[2, 1, 0, 1, 0, 0]],
            "{layout}"
        );
        assert_label(&scene, 0, "ana", 0, LabelSide::Left);
        assert_eq!(scene.read().labels[0].details.note.as_deref(), Some("=short"));
    }
}

#[test]
fn discarded_responses_leave_their_comparisons_open() {
    let scene = Answering::new();
    let record = json!({"fields": {"prompt": "p"}, "external_id": scene.reference(0, 0), "responses": [
        {"user_id": ANA, "status": "discarded", "values": {"winner": {"value": "left"}}}]});
    let other = json!({"fields": {"prompt": "p"}, "external_id": scene.reference(0, 1), "responses": [
        {"user_id": ANA, "status": "submitted", "values": {"winner": {"value": "left"}}}]});
    scene.folder.write("r.jsonl", &format!("{record}\n{other}\n"));
    assert_eq!(counts(&scene.merge(&["r.jsonl"]).unwrap()), [[1, 0, 0, 0, 1, 0]]);
    assert_eq!(scene.session().progress(0).next, Some(0));
}

#[test]
fn a_table_that_was_filled_in_is_merged_whatever_the_spreadsheet_did() {
    let scene = Answering::new();
    let places = [0, 1, 2, 3].map(|place| scene.reference(0, place));
    let text = format!(
        "\u{feff}evenhand;prompt;left;right;winner;both_acceptable;note;mine\r\n\
         {};\"a\nb\";l;r; LEFT ;YES;\"=1+1; \"\"q\"\"\n\u{202e}\";x\r\n{};p;l;r;tie;;;\r\n{};p;l;r;;;;\r\n{};p;l;r;both wrong;no;;\r\n",
        places[0], places[1], places[2], places[3]
    );
    scene.folder.write("tasks.csv", &text);
    let merged = scene.merge(&["tasks.csv"]).unwrap();
    assert_eq!(counts(&merged), [[3, 1, 0, 1, 0, 0]]);
    assert!(merged.files[0].ignored.contains("mine"));
    assert_label(&scene, 0, "ana", 0, LabelSide::Left);
    let read = scene.read();
    assert_eq!(read.labels[0].details.note.as_deref(), Some("=1+1; \"q\"\n\u{202e}"));
    assert_eq!(read.labels[0].details.both_acceptable, Some(true));
}

#[test]
fn exports_that_name_systems_are_merged_by_these() {
    let scene = Answering::new();
    let text = "id,left_system,right_system,winner,annotator\n\
        i0,zebra,quail,left,dora\ni1,zebra,quail,quail,dora\ni2,quail,zebra,tie,dora\n\
        i9,quail,zebra,left,dora\ni3,quail,heron,left,dora\n";
    scene.folder.write("labels.csv", text);
    let merged = scene.merge(&["labels.csv"]).unwrap();
    assert_eq!(counts(&merged), [[3, 0, 0, 0, 0, 2]]);
    let read = scene.read();
    let winners: Vec<_> =
        read.labels.iter().map(|label| (&*label.id, label.winner.as_deref())).collect();
    assert_eq!(winners, [("i0", Some("zebra")), ("i1", Some("quail")), ("i2", None)]);
    assert!(read.labels.iter().all(|label| &*label.annotator == "dora"));
    assert_eq!(read.labels[0].details.left.as_deref(), Some("zebra"));
    let tasks = json!([{"data": {"id": "i3", "left_system": "zebra", "right_system": "quail"},
        "annotations": [annotation(json!("dora"), json!([better("right")]))]}]);
    scene.folder.write("project.json", &tasks.to_string());
    assert_eq!(counts(&scene.merge(&["project.json"]).unwrap()), [[1, 0, 0, 0, 0, 0]]);
    assert_eq!(scene.read().labels[3].winner.as_deref(), Some("quail"));
}

#[test]
fn somebody_else_than_the_annotator_of_a_form_is_refused_unless_it_is_said_who_that_is() {
    let scene = Answering::new();
    let by = |place: usize, owner: usize, who: &str| {
        task(
            &scene.reference(owner, place),
            json!([annotation(json!(who), json!([better("left")]))]),
        )
    };
    for (tasks, message) in [
        (json!([by(0, 0, "ben")]), "is of the form of `ana`, and `ben` answered it"),
        (json!([by(0, 0, "Ben@example.org")]), "and `Ben@example.org` answered it"),
        (json!([by(0, 0, "7"), by(1, 0, "8")]), "not only `7`, but also `8` answered it"),
        (
            json!([by(0, 0, "7"), by(1, 1, "7")]),
            "`7`, who also answered that of `ana`, answered it",
        ),
    ] {
        scene.folder.write("p.json", &tasks.to_string());
        let error = scene.merge(&["p.json"]).unwrap_err();
        assert!(error.to_string().contains(message), "{message}: {error}");
        assert_eq!(error.remedy(), Some(&evenhand::Remedy::NamePeople));
        assert_eq!(scene.read().labels.len(), 0);
    }
    let mut options = MergeOptions::default();
    options.people.extend([("7".to_owned(), "ana".to_owned()), ("8".to_owned(), "ana".to_owned())]);
    scene.folder.write("p.json", &json!([by(0, 0, "7"), by(1, 0, "8")]).to_string());
    assert_eq!(counts(&scene.merge_with(&["p.json"], &options).unwrap()), [[2, 0, 0, 0, 0, 0]]);
    scene.folder.write("p.json", &json!([by(0, 1, "7")]).to_string());
    let error = scene.merge_with(&["p.json"], &options).unwrap_err().to_string();
    assert!(error.contains("`7`, who is `ana`, answered it"), "{error}");
}

#[test]
fn values_that_are_no_answer_are_errors_with_their_place() {
    let scene = Answering::new();
    let reference = scene.reference(0, 0);
    let result = |result: Value| {
        json!([task(&reference, json!([annotation(json!(7), result)]))]).to_string()
    };
    for (text, message) in [
        (
            result(json!([chosen("otherwise", "dunno")])),
            "annotation 1: otherwise: expected left, right, tie",
        ),
        (
            result(json!([better("left"), chosen("otherwise", "tie")])),
            "one answer says both `left` and `tie`",
        ),
        (
            result(json!([better("left"), chosen("both_acceptable", "maybe")])),
            "both_acceptable: expected yes or no",
        ),
        (format!("evenhand,winner\n{reference},alpha\n"), "f:2: winner: expected left, right"),
        (format!("evenhand,winner\n{reference},\n"), "no answer to merge: 1 task is open"),
        ("evenhand,winner\nabc,left\n".to_owned(), "nothing was merged: 1 answer cannot be used"),
        ("evenhand,winner\n0000000000000000/ana/0,left\n".to_owned(), "nothing was merged"),
        (
            reference.replace("/ana/", "/dora/").replace(&reference[..0], ""),
            "neither JSON nor a table",
        ),
        (
            "{\"id\":\"i0\",\"annotator\":\"ana\",\"vote\":\"quail\"}\n".to_owned(),
            "neither an export of Label Studio",
        ),
        ("[]".to_owned(), "the file has no tasks"),
        ("[{\"data\":{},\"annotations\":[".to_owned(), "f:1"),
        ("[{\"data\":{},\"annotations\":3}]".to_owned(), "annotations: expected a list"),
        ("[{\"fields\":{},\"responses\":3}]".to_owned(), "responses: expected an object or a list"),
        ("{\"a\":".repeat(5000), "f:1"),
    ] {
        scene.folder.write("f", &text);
        let before = scene.text();
        let error = scene.merge(&["f"]).unwrap_err();
        assert!(error.to_string().contains(message), "{message}: {error}");
        assert_eq!(scene.text(), before);
    }
}

#[test]
fn a_blank_sample_is_labelled_by_whoever_answers_in_the_other_program() {
    let scene = Answering::new();
    let sample = (0..3).map(|at| {
        format!("{{\"id\":\"i{at}\",\"annotator\":\"\",\"between\":[\"quail\",\"zebra\"],\"winner\":null,\"probability\":0.75}}\n")
    });
    let labels = scene.folder.write("sample.jsonl", &sample.collect::<String>());
    let material = super::answers::material();
    let tasks = evenhand::labelling::tasks_for_anybody(&material, &labels).unwrap();
    assert_eq!(tasks.len(), 3);
    let by = |at: usize, who: &str, side: &str| {
        task(
            &tasks[at].reference.to_string(),
            json!([annotation(json!(who), json!([better(side)]))]),
        )
    };
    let text =
        json!([by(0, "eve@x.org", "left"), by(0, "7", "right"), by(1, "7", "left")]).to_string();
    let file = scene.folder.write("p.json", &text);
    let mut options = MergeOptions::default();
    options.people.insert("7".to_owned(), "finn".to_owned());
    let merge = || {
        evenhand::labelling::merge_answers(
            &material,
            &labels,
            std::slice::from_ref(&file),
            &options,
        )
    };
    assert_eq!(counts(&merge().unwrap()), [[3, 0, 0, 0, 0, 0]]);
    assert_eq!(counts(&merge().unwrap()), [[0, 0, 3, 0, 0, 0]], "the form is still the same");
    let data = evenhand::input::DataFile::labels(&labels, evenhand::input::LabelColumns::default());
    let read = evenhand::input::read_labels(&data, material.known_items()).unwrap();
    let said: Vec<_> =
        read.labels.iter().map(|label| (&*label.annotator, label.winner.clone())).collect();
    let [left, right] = [LabelSide::Left, LabelSide::Right]
        .map(|side| winner(&tasks[0].shown, side).map(Into::into));
    assert_eq!(said[..2], [("eve@x.org", left), ("finn", right)]);
    assert_eq!((read.labels[0].probability, read.blank), (Some(0.75), 1));
    assert_eq!(evenhand::labelling::tasks_for_anybody(&material, &labels).unwrap().len(), 1);
}
