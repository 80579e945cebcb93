//! Merging grades: of exported pages, other programs, tables and other label files.

use std::path::{Path, PathBuf};

use evenhand::ErrorKind;
use evenhand::input::{
    DataFile, Grade, GradeLabels, Item, LabelColumns, SkipReason, load_rubric, read_grade_labels,
};
use evenhand::labelling::{
    FormOptions, Material, MergeOptions, Merged, PageAnswer, Session, TaskReference, merge_answers,
    tasks_for_anybody,
};
use serde_json::{Value, json};

use super::answers::{counts, sealed};
use crate::support::Folder;
use crate::support::graded_run::grade_rubric;

/// A folder with a label file in which `ana` and `ben` have forms of the same four responses.
struct Grading {
    folder: Folder,
    rubric: String,
}

impl Grading {
    fn new() -> Self {
        Self::with(&grade_rubric())
    }

    fn with(rubric: &str) -> Self {
        let scene = Self { folder: Folder::new(), rubric: rubric.to_owned() };
        drop(scene.session());
        scene
    }

    fn material(&self) -> Material {
        let items = (0..2).map(|at| {
            Item::new(format!("i{at}"), format!("Question {at}?"))
                .with_response("quail", format!("Answer {at}, the first"))
                .with_response("zebra", format!("Answer {at}, the second"))
        });
        let rubric = self.folder.write("r.toml", &self.rubric);
        let rubric = load_rubric(rubric.to_str().unwrap(), Path::new("/nowhere")).unwrap();
        Material::of_items(items.collect(), None, Some(&rubric)).unwrap()
    }

    fn labels(&self) -> PathBuf {
        self.folder.path().join("labels.jsonl")
    }

    fn session(&self) -> Session {
        let annotators = ["ana", "ben"].map(str::to_owned).into();
        let options = FormOptions { annotators, ..FormOptions::default() };
        Session::open(self.material(), &self.labels(), &options).unwrap()
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.labels()).unwrap()
    }

    fn read(&self) -> GradeLabels {
        let material = self.material();
        let file = DataFile::labels(self.labels(), LabelColumns::default());
        read_grade_labels(&file, material.known_items(), material.scale().unwrap()).unwrap()
    }

    fn reference(&self, annotator: usize, place: usize) -> String {
        let session = self.session();
        let digest = session.form_digest(annotator).unwrap();
        TaskReference::new(&digest, &session.annotators()[annotator], place).to_string()
    }

    fn page(&self, annotator: usize, answers: &Value) -> String {
        let session = self.session();
        let name = &session.annotators()[annotator];
        sealed(&session.form_digest(annotator).unwrap(), name, answers)
    }

    fn merge(&self, file: &str, text: &str) -> evenhand::Result<Merged> {
        let files = [self.folder.write(file, text)];
        merge_answers(&self.material(), &self.labels(), &files, &MergeOptions::default())
    }

    /// What stands at a place of the form of an annotator.
    fn standing(&self, annotator: usize, place: usize) -> PageAnswer {
        self.session().standing(annotator, place).unwrap().unwrap_or_default()
    }

    fn grade(&self, annotator: usize, place: usize) -> Option<String> {
        self.standing(annotator, place).grade
    }
}

#[test]
fn the_grades_of_a_page_become_lines_as_a_session_writes_them() {
    let (merged, answered) = (Grading::new(), Grading::new());
    let answers = json!([
        {"place": 0, "answer": {"grade": "good", "seconds": 2.5, "at": "2026-11-29T10:00:00.000Z",
            "grades": {"tone": "poor"}, "note": "close \u{202e}\"call\"\n=1"}},
        {"place": 1, "answer": {"grade": "cannot assess"}},
        {"place": 3, "answer": {"skipped": "unclear"}},
    ]);
    let said = merged.merge("labels-ben.json", &merged.page(1, &answers)).unwrap();
    assert_eq!(counts(&said), [[3, 1, 0, 0, 0, 0]]);
    let mut session = answered.session();
    for answer in answers.as_array().unwrap() {
        let place = answer["place"].as_u64().unwrap() as usize;
        let answer: PageAnswer = serde_json::from_value(answer["answer"].clone()).unwrap();
        session.answer(1, place, answer).unwrap();
    }
    assert_eq!(merged.text(), answered.text());
    let again = merged.merge("labels-ben.json", &merged.page(1, &answers)).unwrap();
    assert_eq!(counts(&again), [[0, 0, 3, 0, 0, 0]]);
}

#[test]
fn a_grade_that_differs_stops_the_merge_unless_its_page_says_that_it_is_newer() {
    let scene = Grading::new();
    let answer =
        |grade: &str, at: &str| json!([{"place": 0, "answer": {"grade": grade, "at": at}}]);
    let early = scene.page(0, &answer("good", "2026-11-29T10:00:00.000Z"));
    scene.merge("early.json", &early).unwrap();
    let late = scene.page(0, &answer("poor", "2026-11-29T11:00:00.000Z"));
    let merged = scene.merge("late.json", &late).unwrap();
    assert_eq!((merged.files[0].merged, merged.files[0].replaced), (1, 1));
    assert_eq!(scene.grade(0, 0), Some("poor".into()));
    let before = scene.text();
    let error = scene.merge("early.json", &early).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);
    let said = &error.details()[0];
    assert!(
        said.contains("`ana` says `good` about `i") && said.contains("`poor` already"),
        "{said}"
    );
    assert_eq!(scene.text(), before);
    // What was skipped takes a grade later.
    let skip = json!([{"place": 1, "answer": {"skipped": "cannot-judge"}}]);
    scene.merge("skip.json", &scene.page(0, &skip)).unwrap();
    let later = json!([{"place": 1, "answer": {"grade": "fair"}}]);
    scene.merge("later.json", &scene.page(0, &later)).unwrap();
    assert_eq!((scene.grade(0, 1), scene.read().skipped.len()), (Some("fair".into()), 0));
}

#[test]
fn a_page_of_another_scale_or_of_comparisons_belongs_to_another_form() {
    let scene = Grading::new();
    let answers = json!([{"place": 0, "answer": {"grade": "good"}}]);
    let page = scene.page(0, &answers);
    let mut other = Grading::with(&grade_rubric().replace("It is fair.", "It is so-so."));
    let error = other.merge("a.json", &page).unwrap_err().to_string();
    assert!(error.contains("belong to another sample than the form of `ana`"), "{error}");
    // What passes is not shown, so that it may change.
    other.rubric = grade_rubric().replace("pass_from = \"good\"", "pass_from = \"fair\"");
    assert_eq!(counts(&other.merge("a.json", &page).unwrap()), [[1, 0, 0, 0, 0, 0]]);
    let comparing = super::answers::Answering::new();
    let page = comparing.page(0, &json!([{"place": 0, "answer": {"choice": "left"}}]));
    let error = scene.merge("a.json", &page).unwrap_err().to_string();
    assert!(error.contains("belong to another sample"), "{error}");
    let page = scene.page(0, &json!([{"place": 0, "answer": {"choice": "left"}}]));
    let error = scene.merge("a.json", &page).unwrap_err().to_string();
    assert!(error.contains("place 1: the answer compares two responses"), "{error}");
}

#[expect(clippy::needless_pass_by_value, reason = "values made in place read better")]
fn annotation(by: &str, result: Value) -> Value {
    json!({"id": 1, "completed_by": by, "result": result, "was_cancelled": false, "lead_time": 3.5,
        "created_at": "2026-11-01T10:00:00.123456Z", "task": 1, "project": 1})
}

fn control(name: &str, kind: &str, value: &Value) -> Value {
    json!({"id": "c", "from_name": name, "to_name": "response", "type": kind, "value": value})
}

fn chosen(name: &str, choice: &str) -> Value {
    control(name, "choices", &json!({"choices": [choice]}))
}

fn task(reference: &str, annotations: &[Value]) -> Value {
    json!({"id": 101, "data": {"evenhand": reference, "prompt": "p", "response": "r"},
        "annotations": annotations, "project": 1})
}

#[test]
fn an_export_of_label_studio_is_merged_and_adds_up() {
    let scene = Grading::new();
    let mut cancelled = annotation("ana", json!([chosen("grade", "poor")]));
    cancelled["was_cancelled"] = true.into();
    let note = control("note", "textarea", &json!({"text": ["=SUM(1)"]}));
    let tasks = json!([
        task(&scene.reference(0, 0), &[annotation("ana", json!([chosen("grade", "Good"), note, chosen("criteria.tone", "poor")]))]),
        task(&scene.reference(0, 1), &[annotation("ana", json!([chosen("grade", "cannot-assess")]))]),
        task(&scene.reference(0, 2), &[annotation("ana", json!([chosen("otherwise", "cannot judge")]))]),
        task(&scene.reference(0, 3), &[cancelled]),
        task(&scene.reference(1, 0), &[annotation("ben", json!([control("ranking", "ranker", &json!({}))]))]),
        {"id": 9, "data": {"text": "something else"}, "annotations": [annotation("ana", json!([]))]},
    ]);
    let merged = scene.merge("project.json", &tasks.to_string()).unwrap();
    assert_eq!(counts(&merged), [[3, 1, 0, 1, 1, 1]]);
    let first = scene.standing(0, 0);
    assert_eq!((first.grade, first.note.as_deref()), (Some("good".into()), Some("=SUM(1)")));
    assert_eq!(first.grades, [("tone".to_owned(), "poor".to_owned())].into());
    assert_eq!((first.seconds, scene.grade(0, 1)), (Some(3.5), Some("cannot assess".into())));
    let cannot = scene.read().labels.into_iter().filter(|one| one.grade == Grade::CannotAssess);
    assert_eq!(cannot.count(), 1);
    assert_eq!(scene.session().progress(0).next, Some(3));
}

#[test]
fn a_rating_is_the_step_of_that_name_only() {
    let numbers = grade_rubric()
        .replace("poor", "1")
        .replace("fair", "2")
        .replace("good", "3")
        .replace("name = \"tone\"", "name = \"tune\"");
    let scene = Grading::with(&numbers);
    let rated = |value: Value| {
        json!([task(
            &scene.reference(0, 0),
            &[annotation("ana", json!([control("grade", "rating", &json!({"rating": value}))]))]
        )])
        .to_string()
    };
    assert_eq!(counts(&scene.merge("p.json", &rated(json!(2))).unwrap()), [[1, 0, 0, 0, 0, 0]]);
    assert_eq!(scene.grade(0, 0), Some("2".into()));
    let error = scene.merge("p.json", &rated(json!(4))).unwrap_err().to_string();
    assert!(
        error
            .contains("grade: expected 1, 2, 3, cannot assess, unclear or cannot-judge, found `4`"),
        "{error}"
    );
    // Whether 1 is the best or the worst is not said where the steps have words.
    let words = Grading::new();
    let tasks = json!([task(
        &words.reference(0, 0),
        &[annotation("ana", json!([control("grade", "rating", &json!({"rating": 1}))]))]
    )]);
    let error = words.merge("p.json", &tasks.to_string()).unwrap_err().to_string();
    assert!(error.contains("grade: expected poor, fair, good, cannot assess"), "{error}");
}

#[test]
fn records_of_argilla_are_merged_in_all_three_layouts() {
    let ana = "11111111-1111-4111-8111-111111111111";
    for layout in ["by question", "flattened", "version 1"] {
        let scene = Grading::new();
        let [one, two] = [0, 1].map(|place| scene.reference(0, place));
        let record = |reference: &str, responses: Value| {
            json!({"id": "rec-0", "fields": {"prompt": "p", "response": "one"}, "metadata": {"evenhand": reference},
                "suggestions": {}, "responses": responses, "vectors": {}, "status": "pending"})
        };
        let records = match layout {
            "by question" => json!([
                record(
                    &one,
                    json!({"grade": [{"value": "fair", "user_id": ana}], "criteria-tone": [{"value": "good", "user_id": ana}]})
                ),
                record(&two, json!({"skipped": [{"value": "unclear", "user_id": ana}]})),
            ]),
            "flattened" => json!([
                {"id": "r", "prompt": "p", "evenhand": one, "grade.responses": ["fair"], "grade.responses.users": [ana],
                    "grade.responses.status": ["submitted"], "criteria-tone.responses": ["good"], "criteria-tone.responses.users": [ana]},
                {"id": "s", "prompt": "p", "evenhand": two, "skipped.responses": ["unclear"], "skipped.responses.users": [ana],
                    "skipped.responses.status": ["submitted"]},
            ]),
            _ => json!([
                {"fields": {"prompt": "p"}, "external_id": one, "metadata": {}, "responses": [{"user_id": ana, "status": "submitted",
                    "values": {"grade": {"value": "fair"}, "criteria-tone": {"value": "good"}}}]},
                {"fields": {"prompt": "p"}, "external_id": two, "metadata": {}, "responses": [{"user_id": ana, "status": "submitted",
                    "values": {"grade": {"value": "unclear"}}}]},
            ]),
        };
        let merged = scene.merge("records.json", &records.to_string()).unwrap();
        assert_eq!(counts(&merged), [[2, 1, 0, 0, 0, 0]], "{layout}");
        let first = scene.standing(0, 0);
        assert_eq!(first.grade, Some("fair".into()), "{layout}");
        assert_eq!(first.grades, [("tone".to_owned(), "good".to_owned())].into(), "{layout}");
    }
}

#[test]
fn tables_and_label_files_are_merged_by_the_names_of_systems() {
    let scene = Grading::new();
    let text = "{\"id\":\"i0\",\"system\":\"zebra\",\"grade\":\"good\",\"annotator\":\"dora\",\"note\":\"n\"}\n\
        {\"id\":\"i0\",\"system\":\"quail\",\"grade\":\"poor\",\"annotator\":\"dora\"}\n\
        {\"id\":\"i0\",\"system\":\"quail\",\"undone\":true,\"annotator\":\"dora\"}\n\
        {\"id\":\"i1\",\"system\":\"quail\",\"grade\":null,\"annotator\":\"\"}\n\
        {\"id\":\"i9\",\"system\":\"quail\",\"grade\":\"fair\",\"annotator\":\"dora\"}\n";
    assert_eq!(counts(&scene.merge("other.jsonl", text).unwrap()), [[1, 0, 0, 1, 0, 1]]);
    let table = "id,system,grade,annotator,criteria.tone\ni0,zebra,good,eve,\ni1,zebra,,eve,\ni1,quail,fair,eve,poor\n";
    assert_eq!(counts(&scene.merge("other.csv", table).unwrap()), [[2, 0, 0, 1, 0, 0]]);
    let read = scene.read();
    let said: Vec<_> =
        read.labels.iter().map(|one| (&*one.annotator, &*one.system, one.grade)).collect();
    let expected = [
        ("dora", "zebra", Grade::Step(2)),
        ("eve", "zebra", Grade::Step(2)),
        ("eve", "quail", Grade::Step(1)),
    ];
    assert_eq!(said, expected);
    assert_eq!(read.labels[0].note.as_deref(), Some("n"));
    // Label tables and tables of tasks have reasons to skip in the column of the grade.
    for (column, place) in [("id", "i1"), ("item_id", "i0")] {
        let table = format!("{column},system,grade,annotator\n{place},zebra,Cannot Judge,gus\n");
        assert_eq!(
            counts(&scene.merge("skips.csv", &table).unwrap()),
            [[1, 1, 0, 0, 0, 0]],
            "{column}"
        );
    }
    let skipped = scene.read().skipped;
    assert_eq!(skipped.len(), 2);
    assert!(skipped.iter().all(|one| one.reason == SkipReason::CannotJudge));
    // A project of another program that names the system.
    let tasks = json!([{"data": {"item_id": "i1", "system": "zebra"},
        "annotations": [annotation("fay", json!([chosen("grade", "poor")]))]}]);
    assert_eq!(counts(&scene.merge("p.json", &tasks.to_string()).unwrap()), [[1, 0, 0, 0, 0, 0]]);
    assert_eq!(scene.read().labels[3].grade, Grade::Step(0));
}

#[test]
fn a_table_of_tasks_that_was_filled_in_is_merged() {
    let scene = Grading::new();
    let [one, two, three] = [0, 1, 2].map(|place| scene.reference(0, place));
    let text = format!(
        "\u{feff}evenhand;prompt;response;grade;criteria.tone;note;mine\r\n\
         {one};\"a\nb\";r; GOOD ;poor;\"=1+1; \"\"q\"\"\n\u{202e}\";x\r\n{two};p;r;cannot assess;;;\r\n{three};p;r;;;;\r\n"
    );
    let merged = scene.merge("tasks.csv", &text).unwrap();
    assert_eq!(counts(&merged), [[2, 0, 0, 1, 0, 0]]);
    assert!(merged.files[0].ignored.contains("mine"));
    let first = scene.standing(0, 0);
    assert_eq!(first.note.as_deref(), Some("=1+1; \"q\"\n\u{202e}"));
    assert_eq!(
        (first.grade, scene.grade(0, 1)),
        (Some("good".into()), Some("cannot assess".into()))
    );
}

#[test]
fn labels_of_comparisons_are_not_mixed_with_grades() {
    let scene = Grading::new();
    let reference = scene.reference(0, 0);
    let comparing = super::answers::Answering::new();
    let of_comparisons = comparing.reference(0, 0);
    let before = (scene.text(), comparing.text());
    for (text, message) in [
        (
            "{\"id\":\"i0\",\"annotator\":\"ana\",\"between\":[\"quail\",\"zebra\"],\"winner\":\"quail\"}\n".to_owned(),
            "belongs to a label of a comparison, and grades are expected",
        ),
        ("id,annotator,winner\ni0,ana,quail\n".to_owned(), "belongs to a label of a comparison"),
        (
            format!("evenhand,winner\n{of_comparisons},left\n"),
            "`winner` compares two responses, and single responses are graded here",
        ),
        (
            "id,left_system,right_system,winner,annotator\ni0,quail,zebra,left,dora\n".to_owned(),
            "`winner` compares two responses",
        ),
        (
            json!([{"data": {"id": "i0", "left_system": "zebra", "right_system": "quail"},
                "annotations": [annotation("dora", json!([chosen("grade", "good")]))]}]).to_string(),
            "the task compares two responses, and single responses are graded here",
        ),
        (
            json!([task(&reference, &[annotation("ana", json!([
                control("winner", "pairwise", &json!({"selected": "left"}))]))])]).to_string(),
            "`winner` compares two responses",
        ),
    ] {
        let error = scene.merge("f", &text).unwrap_err();
        assert!(error.to_string().contains(message), "{message}: {error}");
        assert!(error.hint_text().is_some(), "{error}");
    }
    for (text, message) in [
        (
            "{\"id\":\"i0\",\"annotator\":\"ana\",\"system\":\"quail\",\"grade\":\"good\"}\n".to_owned(),
            "`grade` belongs to a label of a single response, and comparisons are expected",
        ),
        (
            format!("evenhand,grade\n{reference},good\n"),
            "`grade` grades a single response, and responses are compared here",
        ),
        (
            json!([{"data": {"id": "i0", "system": "zebra"},
                "annotations": [annotation("dora", json!([control("winner", "pairwise", &json!({"selected": "left"}))]))]}]).to_string(),
            "the task grades a single response, and responses are compared here",
        ),
    ] {
        comparing.folder.write("f", &text);
        let error = comparing.merge(&["f"]).unwrap_err();
        assert!(error.to_string().contains(message), "{message}: {error}");
    }
    assert_eq!((scene.text(), comparing.text()), before);
}

#[test]
fn a_step_that_is_called_like_a_reason_to_skip_is_a_grade() {
    let rubric = "name = \"r\"\ndescription = \"Is it clear?\"\nmode = \"grade\"\nscale = [\"unclear\", \"clear\"]\n";
    let scene = Grading::with(rubric);
    let tasks = json!([
        task(&scene.reference(0, 0), &[annotation("ana", json!([chosen("grade", "unclear")]))]),
        task(&scene.reference(0, 1), &[annotation("ana", json!([chosen("otherwise", "unclear")]))]),
    ]);
    assert_eq!(counts(&scene.merge("p.json", &tasks.to_string()).unwrap()), [[2, 1, 0, 0, 0, 0]]);
    assert_eq!((scene.grade(0, 0), scene.grade(0, 1)), (Some("unclear".into()), None));
}

#[test]
fn a_blank_sample_of_responses_is_graded_by_whoever_answers() {
    let scene = Grading::new();
    let sample = ["quail", "zebra"].map(|system| {
        format!("{{\"id\":\"i0\",\"annotator\":\"\",\"system\":\"{system}\",\"grade\":null,\"probability\":0.5}}\n")
    });
    let labels = scene.folder.write("sample.jsonl", &sample.concat());
    let material = scene.material();
    let tasks = tasks_for_anybody(&material, &labels).unwrap();
    assert_eq!(tasks.len(), 2);
    let text = json!([task(
        &tasks[1].reference.to_string(),
        &[annotation("eve", json!([chosen("grade", "good")]))]
    )]);
    let files = [scene.folder.write("p.json", &text.to_string())];
    let merged = merge_answers(&material, &labels, &files, &MergeOptions::default()).unwrap();
    assert_eq!(counts(&merged), [[1, 0, 0, 0, 0, 0]]);
    let file = DataFile::labels(&labels, LabelColumns::default());
    let read = read_grade_labels(&file, material.known_items(), material.scale().unwrap()).unwrap();
    assert_eq!((&*read.labels[0].system, read.labels[0].probability), ("zebra", Some(0.5)));
    assert_eq!((read.blank, tasks_for_anybody(&material, &labels).unwrap().len()), (1, 1));
}
