//! Labels of grades: the lines of the file, which of them stand, and tables of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use evenhand::input::{
    DataFile, Disagreement, Grade, GradeAnswer, GradeDetails, GradeLabel, GradeLabels, GradeLine,
    GradeTask, KnownItems, LabelColumns, Scale, SkipReason, load_rubric, read_grade_labels,
    read_grade_lines,
};
use serde_json::{Value, json};

use crate::support::{Folder, lines_of};

/// Two items with two systems, and one with one.
fn known() -> KnownItems {
    let mut items = KnownItems::default();
    items.add("q1", ["a", "b"]);
    items.add("q2", ["a", "b"]);
    items.add("one", ["a"]);
    items
}

/// The scale of a rubric with these steps.
fn scale(steps: &[&str], cannot_assess: bool) -> Scale {
    let folder = Folder::new();
    let steps: Vec<String> = steps.iter().map(|step| format!("{step:?}")).collect();
    let path = folder.write(
        "r.toml",
        &format!(
            "name = \"r\"\ndescription = \"Is it good?\"\nmode = \"grade\"\nscale = [{}]\n\
             cannot_assess = {cannot_assess}\n",
            steps.join(", ")
        ),
    );
    load_rubric(path.to_str().unwrap(), folder.path()).unwrap().rubric.scale.unwrap()
}

fn three_steps() -> Scale {
    scale(&["poor", "Fair", "good"], false)
}

const FAIR: Grade = Grade::Step(1);
const GOOD: Grade = Grade::Step(2);

fn read_file(file: &DataFile) -> evenhand::Result<GradeLabels> {
    read_grade_labels(file, &known(), &three_steps())
}

pub(super) fn labels_in(name: &str, text: &str) -> evenhand::Result<GradeLabels> {
    let folder = Folder::new();
    let path = folder.write(name, text);
    read_file(&DataFile::labels(path, LabelColumns::default()))
}

/// A line about the response of `a` to `q1` by `ana` with other fields.
pub(super) fn line(fields: &Value) -> Value {
    let mut line = json!({ "id": "q1", "annotator": "ana", "system": "a" });
    for (field, value) in fields.as_object().unwrap() {
        line[field] = value.clone();
    }
    line
}

pub(super) fn read(lines: &[Value]) -> GradeLabels {
    labels_in("labels.jsonl", &lines_of(lines)).unwrap()
}

/// The error with which lines are refused.
pub(super) fn refused(lines: &[Value]) -> evenhand::Error {
    labels_in("labels.jsonl", &lines_of(lines)).unwrap_err()
}

/// Each label in short: its item, system, annotator and grade.
fn short(labels: &[GradeLabel]) -> Vec<(u32, &str, &str, Grade)> {
    labels.iter().map(|one| (one.item, &*one.system, &*one.annotator, one.grade)).collect()
}

#[test]
fn a_label_has_everything_that_its_line_says() {
    let found = read(&[line(&json!({
        "grade": " FAIR ", "probability": 0.25, "criteria": { "tone": "good", "facts": null, "form": "cannot assess" },
        "note": "long", "seconds": 12.5, "at": "2026-01-02T03:04:05Z",
    }))]);
    let [label] = &found.labels[..] else { panic!("{found:?}") };
    assert_eq!((label.item, &*label.system, &*label.annotator), (0, "a", "ana"));
    assert_eq!((label.grade, label.probability, label.seconds), (FAIR, Some(0.25), Some(12.5)));
    let criteria =
        [("tone".to_owned(), GOOD), ("form".to_owned(), Grade::CannotAssess)].into_iter();
    assert_eq!(label.criteria, criteria.collect::<BTreeMap<_, _>>());
    assert_eq!(label.note.as_deref(), Some("long"));
    assert_eq!((found.unmatched_ids, found.blank), (vec![], 0));
    assert_eq!(found.warnings, [] as [String; 0]);
}

#[test]
fn a_system_may_be_left_out_where_only_one_has_responded() {
    let found = read(&[json!({ "id": "one", "annotator": "ben", "grade": "good" })]);
    assert_eq!(short(&found.labels), [(2, "a", "ben", GOOD)]);
}

#[test]
fn people_may_always_say_that_a_response_cannot_be_assessed() {
    let cannot = ["cannot assess", "Cannot_Assess", "cannot-assess"];
    for word in cannot {
        let found = read(&[line(&json!({ "grade": word }))]);
        assert_eq!(short(&found.labels), [(0, "a", "ana", Grade::CannotAssess)], "{word}");
    }
}

#[test]
fn steps_that_are_numbers_are_read_however_a_program_writes_them() {
    let folder = Folder::new();
    let numbers = scale(&["0", "1", "10"], true);
    for (at, step, name) in [
        (json!("10"), 2, "a text"),
        (json!(10), 2, "a number"),
        (json!(10.0), 2, "a fraction"),
        (json!("1.0"), 1, "a text of a fraction"),
        (json!(0.0), 0, "zero"),
    ]
    .map(|(value, step, name)| (line(&json!({ "grade": value })), step, name))
    {
        let path = folder.write("labels.jsonl", &format!("{at}\n"));
        let file = DataFile::labels(path, LabelColumns::default());
        let found = read_grade_labels(&file, &known(), &numbers).unwrap();
        assert_eq!(found.labels[0].grade, Grade::Step(step), "{name}");
    }
    let path = folder.write("labels.jsonl", &format!("{}\n", line(&json!({ "grade": 1.5 }))));
    let file = DataFile::labels(path, LabelColumns::default());
    let message = read_grade_labels(&file, &known(), &numbers).unwrap_err().to_string();
    assert!(message.ends_with("labels.jsonl:1: unknown grade `1.5` in grade"), "{message}");
}

#[test]
fn unknown_ids_are_counted_and_the_first_is_named() {
    let at = |id: &str, fields: &Value| {
        let mut line = line(fields);
        line["id"] = json!(id);
        line
    };
    let found = read(&[
        at("Q-1", &json!({ "grade": null })),
        at("Q-2", &json!({ "undone": true })),
        at("Q-3", &json!({ "grade": "good", "system": "nobody" })),
        at("Q-1", &json!({ "grade": "good" })),
        at("q2", &json!({ "grade": "poor" })),
    ]);
    assert_eq!((found.labels.len(), found.blank), (1, 0));
    assert_eq!(found.unmatched_ids.len(), 2);
    assert_eq!(found.unmatched_ids[0], "Q-3");
    let alike = found.alike_ids.unwrap();
    assert_eq!((alike.count, &*alike.unknown, &*alike.known), (1, "Q-1", "q1"));
}

#[test]
fn a_form_is_blank_until_somebody_answers_it() {
    let form = line(&json!({ "grade": null, "probability": 0.5 }));
    let missing = line(&json!({ "system": "b" }));
    let answer = line(&json!({ "grade": "good", "probability": 0.5 }));
    assert_eq!(read(&[form.clone(), missing]).blank, 2);
    let found = read(&[form.clone(), answer.clone()]);
    assert_eq!((found.blank, short(&found.labels)), (0, vec![(0, "a", "ana", GOOD)]));
    // Copies that were concatenated have the form after the answer.
    assert_eq!(read(&[answer, form.clone()]).blank, 0);
    // Another annotator, another system and another task leave it open.
    for other in [
        json!({ "annotator": "ben", "grade": "good" }),
        json!({ "system": "b", "grade": "good" }),
        json!({ "repeat": true, "grade": "good" }),
    ] {
        assert_eq!(read(&[form.clone(), line(&other)]).blank, 1, "{other}");
    }
    // A form for anybody is answered by anybody.
    let open = line(&json!({ "annotator": "", "grade": null }));
    let nameless = json!({ "id": "q1", "system": "a" });
    let of_ben = line(&json!({ "annotator": "ben", "skipped": "unclear" }));
    assert_eq!(read(&[open.clone(), nameless.clone()]).blank, 2);
    assert_eq!(read(&[open, nameless, of_ben]).blank, 0);
}

#[test]
fn an_answer_that_is_withdrawn_does_not_stand() {
    let answer = line(&json!({ "grade": "good" }));
    let undone = line(&json!({ "grade": null, "undone": true }));
    let form = line(&json!({}));
    let found = read(&[form.clone(), answer.clone(), undone.clone()]);
    assert_eq!((found.labels.len(), found.blank), (0, 1));
    let again = line(&json!({ "grade": "poor" }));
    let found = read(&[form, answer.clone(), undone.clone(), again]);
    assert_eq!((short(&found.labels), found.blank), (vec![(0, "a", "ana", Grade::Step(0))], 0));
    // Only the same task of the same annotator is withdrawn.
    let repeat = line(&json!({ "grade": "good", "repeat": true }));
    let of_ben = line(&json!({ "grade": "good", "annotator": "ben" }));
    let found = read(&[answer, repeat, of_ben, undone]);
    assert_eq!((short(&found.labels), found.repeats.len()), (vec![(0, "a", "ben", GOOD)], 1));
}

#[test]
fn repeats_decisions_and_skips_are_no_labels_but_name_their_annotators() {
    let found = read(&[
        line(&json!({ "annotator": "cy", "grade": "good" })),
        line(&json!({ "annotator": "ben", "grade": "poor", "repeat": true })),
        line(&json!({ "annotator": "dan", "grade": "Fair", "adjudicated": "people" })),
        line(&json!({ "annotator": "cy", "grade": "poor", "adjudicated": "judge" })),
        line(&json!({ "annotator": "ana", "skipped": "unclear", "adjudicated": "people" })),
        line(&json!({ "annotator": "ana", "skipped": "cannot-judge" })),
        line(&json!({ "annotator": "ana", "skipped": "unclear", "repeat": true })),
        line(&json!({ "annotator": "Ana ", "skipped": "unclear" })),
        line(&json!({ "annotator": "Ana ", "grade": "good" })),
    ]);
    assert_eq!(short(&found.labels), [(0, "a", "cy", GOOD), (0, "a", "Ana ", GOOD)]);
    assert_eq!(short(&found.repeats), [(0, "a", "ben", Grade::Step(0))]);
    let decided: Vec<_> =
        found.adjudicated.iter().map(|(one, why)| (&*one.annotator, one.grade, *why)).collect();
    let expected =
        [("dan", FAIR, Disagreement::People), ("cy", Grade::Step(0), Disagreement::Judge)];
    assert_eq!(decided, expected);
    let [skipped] = &found.skipped[..] else { panic!("{found:?}") };
    assert_eq!((&*skipped.annotator, skipped.reason), ("ana", SkipReason::CannotJudge));
    assert_eq!((skipped.item, &*skipped.system), (0, "a"));
    assert_eq!(found.annotator_names(), ["Ana ", "ana", "ben", "cy", "dan"]);
    assert_eq!(found.alike_annotators.unwrap().map(|name| name.to_string()), ["Ana ", "ana"]);
}

#[test]
fn a_reason_to_skip_in_place_of_a_grade_skips_unless_a_step_has_its_name() {
    let lines = [
        line(&json!({ "annotator": "ana", "grade": "cannot-judge" })),
        line(&json!({ "annotator": "ben", "grade": " Unclear", "skipped": "unclear" })),
        line(&json!({ "annotator": "cy", "grade": "good" })),
    ];
    let found = read(&lines);
    assert_eq!(short(&found.labels), [(0, "a", "cy", GOOD)]);
    let reasons: Vec<_> = found.skipped.iter().map(|one| (&*one.annotator, one.reason)).collect();
    assert_eq!(reasons, [("ana", SkipReason::CannotJudge), ("ben", SkipReason::Unclear)]);
    let folder = Folder::new();
    let path = folder.write("labels.jsonl", &format!("{}\n", lines[0]));
    let file = DataFile::labels(path, LabelColumns::default());
    let scale = scale(&["cannot-judge", "can-judge"], false);
    let found = read_grade_labels(&file, &known(), &scale).unwrap();
    assert_eq!(short(&found.labels), [(0, "a", "ana", Grade::Step(0))]);
}

#[test]
fn unknown_fields_are_counted_in_a_warning() {
    let one = line(&json!({ "grade": "good", "confidence": 3 }));
    let other = line(&json!({ "grade": "good", "confidence": 4, "system": "b", "mood": "x" }));
    assert_eq!(
        read(&[one, other]).warnings,
        ["field `confidence` of 2 labels is ignored", "field `mood` of 1 label is ignored"]
    );
}

#[test]
fn a_table_of_grades_is_the_same_labels_as_lines() {
    let lines = read(&[
        line(&json!({
            "grade": "good", "probability": 0.5, "criteria": { "tone": "poor" }, "note": "so, so", "seconds": 3.0,
        })),
        line(&json!({ "system": "b", "probability": 0.5 })),
        line(&json!({ "id": "q2", "system": "b", "grade": "cannot assess" })),
        line(&json!({ "id": "q2", "skipped": "unclear" })),
        line(&json!({ "id": "zz", "grade": "good" })),
        line(&json!({ "grade": "Fair", "repeat": true })),
        line(&json!({ "grade": "poor", "adjudicated": "judge" })),
    ]);
    let header = "id,annotator,system,grade,probability,criteria.tone,note,seconds,skipped,repeat,adjudicated";
    let rows = [
        "q1,ana,a,good,0.5,poor,\"so, so\",3,,,",
        "q1,ana,b,,0.5,,,,,,",
        "q2,ana,b,cannot assess,,,,,,,",
        "q2,ana,a,,,,,,unclear,,",
        "zz,ana,a,good,,,,,,,",
        "q1,ana,a,Fair,,,,,,TRUE,",
        "q1,ana,a,poor,,,,,,,judge",
    ];
    let csv = format!("{header}\n{}\n", rows.join("\n"));
    let tsv = csv.replace("\"so, so\"", "so; so").replace(',', "\t").replace("so; so", "so, so");
    for (name, text) in [("l.csv", csv), ("l.tsv", tsv)] {
        let found = labels_in(name, &text).unwrap();
        assert_eq!(found.labels, lines.labels, "{name}");
        assert_eq!(found.repeats, lines.repeats, "{name}");
        assert_eq!(found.skipped, lines.skipped, "{name}");
        assert_eq!(found.adjudicated, lines.adjudicated, "{name}");
        assert_eq!(
            (found.blank, &found.unmatched_ids),
            (lines.blank, &lines.unmatched_ids),
            "{name}"
        );
        assert_eq!(found.warnings, [] as [String; 0], "{name}");
    }
    // A list, which a program that indents has written.
    let list = json!([{ "id": "q1", "annotator": "ana", "system": "a", "grade": "good" }]);
    let text = serde_json::to_string_pretty(&list).unwrap();
    assert_eq!(labels_in("l.json", &text).unwrap().labels.len(), 1);
}

#[test]
fn a_table_may_have_a_column_for_each_annotator() {
    let folder = Folder::new();
    let text = "id,system,ana,ben\nq1,a,good,poor\nq1,b,,2\nq2,a,good,\n";
    let path = folder.write("l.csv", &text.replace(",2\n", ",fair\n"));
    let mut columns = LabelColumns::default();
    columns.winners = vec!["ana".to_owned(), "ben".to_owned()];
    let found = read_file(&DataFile::grade_labels(path, columns.clone())).unwrap();
    assert_eq!(
        short(&found.labels),
        [
            (0, "a", "ana", GOOD),
            (0, "a", "ben", Grade::Step(0)),
            (0, "b", "ben", FAIR),
            (1, "a", "ana", GOOD),
        ]
    );
    let path = folder.write("l.csv", text);
    let message = read_file(&DataFile::grade_labels(path, columns)).unwrap_err().to_string();
    assert!(message.ends_with("l.csv:3: unknown grade `2` in grade"), "{message}");
}

#[test]
fn a_wrong_table_is_an_error_that_names_the_column() {
    for (text, message, hint) in [
        (
            "id,annotator,system,grad\nq1,ana,a,good\n",
            "l.csv:1: there is no column `grade`",
            "did you mean `grad`?",
        ),
        ("ident,annotator,grade\nq1,ana,good\n", "l.csv:1: there is no column `id`", ""),
        (
            "id,system,grade\nq1,a,good\n",
            "l.csv:1: there is no column `annotator`",
            "call the column of the grades `grade`, and that of who gave them `annotator`",
        ),
        ("id,annotator,grade\none,,good\n", "l.csv:2: column `annotator` is empty", ""),
        ("id,annotator,grade\n,ana,good\n", "l.csv:2: column `id` is empty", ""),
        (
            "id,annotator,grade,probability\none,ana,good,half\n",
            "l.csv:2: probability: expected a number, found a string",
            "",
        ),
        ("id,annotator,grade\nq1,ana,good\n", "l.csv:2: system is missing", ""),
    ] {
        let folder = Folder::new();
        let path = folder.write("l.csv", text);
        let error = read_file(&DataFile::grade_labels(path, LabelColumns::default())).unwrap_err();
        assert!(error.to_string().ends_with(message), "{error}");
        let found = error.hint_text().unwrap_or_default();
        assert!(hint.is_empty() || found == hint, "{found}");
    }
    // Without a column of grades it is taken for a table of winners.
    let message = labels_in("l.csv", "id,annotator\nq1,ana\n").unwrap_err().to_string();
    assert!(message.ends_with("there is no column `winner`"), "{message}");
}

#[test]
fn what_is_written_is_read_again() {
    let (scale, items, folder) = (three_steps(), known(), Folder::new());
    let arc = |text: &str| -> Arc<str> { Arc::from(text) };
    let blank = GradeLine::blank(arc("q1"), arc("ana"), arc("a"), Some(0.5), GradeTask::Grade);
    let details = GradeDetails {
        seconds: Some(2.5),
        at: Some("2026-01-02T03:04:05Z".to_owned()),
        criteria: [("tone".to_owned(), GOOD), ("facts".to_owned(), Grade::CannotAssess)].into(),
        note: Some("<b>\n".to_owned()),
    };
    let answer = |answer| GradeLine { answer, details: details.clone(), ..blank.clone() };
    let lines = [
        blank.clone(),
        answer(GradeAnswer::Grade(FAIR)),
        answer(GradeAnswer::Undone),
        answer(GradeAnswer::Skipped(SkipReason::CannotJudge)),
        GradeLine { task: GradeTask::Repeat, ..answer(GradeAnswer::Grade(Grade::CannotAssess)) },
        GradeLine { task: GradeTask::Adjudicate(Disagreement::Judge), ..blank.clone() },
        GradeLine {
            task: GradeTask::Adjudicate(Disagreement::People),
            ..answer(GradeAnswer::Grade(GOOD))
        },
    ];
    let written = lines.iter().map(|line| line.to_json(&scale));
    let path = folder.write("labels.jsonl", &lines_of(written));
    let mut read = Vec::new();
    let file = DataFile::labels(path, LabelColumns::default());
    read_grade_lines(&file, &items, &scale, |_, line| {
        read.push(line);
        Ok(())
    })
    .unwrap();
    assert_eq!(read, lines);
    assert_eq!(
        blank.to_json(&scale).to_string(),
        r#"{"id":"q1","annotator":"ana","system":"a","grade":null,"probability":0.5}"#
    );
}
