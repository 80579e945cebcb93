//! The lines of a label file: forms, answers, answers that are withdrawn, and which of them stand.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use evenhand::input::{
    DataFile, Disagreement, KnownItems, Label, LabelAnswer, LabelColumns, LabelDetails, LabelLine,
    LabelSide, LabelTask, Labels, SkipReason, read_label_lines, read_labels,
};
use serde_json::{Value, json};

use crate::support::Folder;

/// Two items with two systems, and one with three.
fn known() -> KnownItems {
    let mut items = KnownItems::default();
    items.add("q1", ["a", "b"]);
    items.add("q2", ["a", "b"]);
    items.add("three", ["a", "b", "c"]);
    items
}

fn file(folder: &Folder) -> DataFile {
    DataFile::labels(folder.path().join("labels.jsonl"), LabelColumns::default())
}

/// A line about `q1` by `ana` with other fields.
fn line(fields: &Value) -> Value {
    let mut line = json!({ "id": "q1", "annotator": "ana", "between": ["a", "b"] });
    for (field, value) in fields.as_object().unwrap() {
        line[field] = value.clone();
    }
    line
}

fn read(lines: &[Value]) -> Labels {
    let folder = written(lines);
    read_labels(&file(&folder), &known()).unwrap()
}

fn written(lines: &[Value]) -> Folder {
    let folder = Folder::new();
    let text = crate::support::lines_of(lines);
    folder.write("labels.jsonl", &text);
    folder
}

/// The message of the error with which lines are refused.
fn refused(lines: &[Value]) -> String {
    let folder = written(lines);
    format!("{:#}", read_labels(&file(&folder), &known()).unwrap_err())
}

/// The annotators and the winners of labels.
fn chosen(labels: &[Label]) -> Vec<(&str, &str)> {
    labels
        .iter()
        .map(|label| (&*label.annotator, label.winner.as_deref().unwrap_or("tie")))
        .collect()
}

#[test]
fn a_form_that_a_later_line_answers_is_not_blank() {
    let form = line(&json!({ "winner": null, "probability": 0.5 }));
    let answer = line(&json!({ "winner": "b", "probability": 0.5 }));
    assert_eq!(read(std::slice::from_ref(&form)).blank, 1);
    let found = read(&[form.clone(), answer.clone()]);
    assert_eq!((found.blank, chosen(&found.labels)), (0, vec![("ana", "b")]));
    assert_eq!(found.labels[0].probability, Some(0.5));
    // Copies that were concatenated have the form after the answer.
    assert_eq!(read(&[answer, form]).blank, 0);
}

#[test]
fn a_form_of_one_annotator_is_not_answered_by_another() {
    let form = line(&json!({ "winner": null }));
    let of_ben = line(&json!({ "annotator": "ben", "winner": "b" }));
    let found = read(&[form, of_ben]);
    assert_eq!((found.blank, found.labels.len()), (1, 1));
}

#[test]
fn a_form_for_anybody_is_answered_by_anybody_who_did_the_same_task() {
    let form = line(&json!({ "annotator": "", "winner": null }));
    let without = json!({ "id": "q1", "winner": null });
    let of_ben = line(&json!({ "annotator": "ben", "winner": "tie" }));
    assert_eq!(read(&[form.clone(), without.clone()]).blank, 2);
    assert_eq!(read(&[form.clone(), without, of_ben]).blank, 0);
    let skipped = line(&json!({ "skipped": "unclear" }));
    assert_eq!(read(&[form.clone(), skipped]).blank, 0);
    // Other tasks about the same comparison are other forms.
    for other in [
        json!({ "repeat": true, "winner": "a" }),
        json!({ "equal": "a", "choice": "left" }),
        json!({ "adjudicated": "people", "winner": "a" }),
    ] {
        assert_eq!(read(&[form.clone(), line(&other)]).blank, 1, "{other}");
        let mut blank = line(&other);
        blank["annotator"] = json!("");
        blank["winner"] = Value::Null;
        blank.as_object_mut().unwrap().remove("choice");
        assert_eq!(read(&[blank, line(&other)]).blank, 0, "{other}");
    }
}

#[test]
fn an_answer_that_is_withdrawn_does_not_stand_and_its_form_is_open_again() {
    let form = line(&json!({ "winner": null }));
    let answer = line(&json!({ "winner": "a" }));
    let undone = line(&json!({ "winner": null, "undone": true }));
    let found = read(&[form.clone(), answer.clone(), undone.clone()]);
    assert_eq!((found.blank, found.labels.len()), (1, 0));
    let again = line(&json!({ "winner": "b" }));
    let found = read(&[form, answer.clone(), undone.clone(), again]);
    assert_eq!((found.blank, chosen(&found.labels)), (0, vec![("ana", "b")]));
    // `winner` may be left out.
    let short = line(&json!({ "undone": true }));
    assert!(read(&[answer.clone(), short]).labels.is_empty());
    // Only the same task of the same annotator is withdrawn.
    let of_ben = line(&json!({ "annotator": "ben", "winner": "a" }));
    let repeat = line(&json!({ "repeat": true, "winner": "a" }));
    let found = read(&[answer.clone(), of_ben, repeat, undone.clone()]);
    assert_eq!((chosen(&found.labels), found.repeats.len()), (vec![("ben", "a")], 1));
    // Nothing is there to withdraw.
    assert!(
        refused(std::slice::from_ref(&undone))
            .contains("labels.jsonl:1: `ana` withdraws an answer for `q1`")
    );
    let message = refused(&[answer, undone.clone(), undone]);
    assert!(message.contains("labels.jsonl:3: `ana` withdraws an answer for `q1`"), "{message}");
}

#[test]
fn a_skipped_comparison_is_no_label_until_the_same_annotator_labels_it() {
    let skipped = line(&json!({ "winner": null, "skipped": "cannot-judge" }));
    let found = read(std::slice::from_ref(&skipped));
    assert_eq!((found.labels.len(), found.blank), (0, 0));
    let [one] = &found.skipped[..] else { panic!("{found:?}") };
    assert_eq!((&*one.id, &*one.annotator, one.reason), ("q1", "ana", SkipReason::CannotJudge));
    let label = line(&json!({ "winner": "a" }));
    let found = read(&[skipped.clone(), label.clone()]);
    assert_eq!((found.labels.len(), found.skipped.len()), (1, 0));
    let of_ben = line(&json!({ "annotator": "ben", "winner": "a" }));
    let found = read(&[skipped.clone(), of_ben]);
    assert_eq!((found.labels.len(), found.skipped.len()), (1, 1));
    // Another reason replaces the first; a label is withdrawn before the comparison is skipped.
    let unclear = line(&json!({ "skipped": "unclear" }));
    let found = read(&[skipped.clone(), unclear.clone()]);
    assert_eq!(
        found.skipped.iter().map(|one| one.reason).collect::<Vec<_>>(),
        [SkipReason::Unclear]
    );
    let undone = line(&json!({ "undone": true }));
    let found = read(&[label.clone(), undone, unclear.clone()]);
    assert_eq!((found.labels.len(), found.skipped.len()), (0, 1));
    assert!(
        refused(&[label, unclear]).contains("already gave a different label for `q1` on line 1")
    );
    // A repeat that is skipped is no skipped comparison.
    let repeat = line(&json!({ "repeat": true, "skipped": "unclear" }));
    assert!(read(&[repeat]).skipped.is_empty());
}

#[test]
fn a_second_answer_to_the_same_task_is_refused_with_both_lines() {
    let (a, b) = (line(&json!({ "winner": "a" })), line(&json!({ "winner": "b" })));
    let message = refused(&[a.clone(), b]);
    assert!(message.contains("labels.jsonl:2: `ana` already gave a different label"), "{message}");
    assert!(message.contains("on line 1"), "{message}");
    // The order of the systems does not matter.
    let turned = line(&json!({ "between": ["b", "a"], "winner": "a" }));
    assert!(refused(&[a.clone(), turned]).contains("already gave the same label"));
    let repeat = line(&json!({ "repeat": true, "winner": "a" }));
    assert!(refused(&[repeat.clone(), repeat.clone()]).contains("already gave the same label"));
    let other = line(&json!({ "id": "q2", "winner": "a" }));
    let found = read(&[a, repeat, other]);
    assert_eq!((found.labels.len(), found.repeats.len()), (2, 1));
}

#[test]
fn repeats_equal_pairs_and_decisions_are_no_labels() {
    let found = read(&[
        line(&json!({ "repeat": true, "winner": "a" })),
        line(&json!({ "equal": "b", "choice": "right" })),
        line(&json!({ "equal": "a", "choice": "tie", "winner": null })),
        line(&json!({ "adjudicated": "people", "winner": "b" })),
        line(&json!({ "annotator": "ben", "adjudicated": "judge", "winner": "tie" })),
    ]);
    assert_eq!((found.labels.len(), found.blank), (0, 0));
    assert_eq!(chosen(&found.repeats), [("ana", "a")]);
    let equal: Vec<_> = found.equal_pairs.iter().map(|one| (&*one.system, one.side)).collect();
    assert_eq!(equal, [("b", LabelSide::Right), ("a", LabelSide::Tie)]);
    let why: Vec<_> =
        found.adjudicated.iter().map(|(label, why)| (&*label.annotator, *why)).collect();
    assert_eq!(why, [("ana", Disagreement::People), ("ben", Disagreement::Judge)]);
    assert_eq!(found.annotator_names(), ["ana", "ben"]);
}

#[test]
fn fields_that_contradict_each_other_are_refused() {
    for (fields, message) in [
        (json!({ "winner": "a", "skipped": "unclear" }), "winner and skipped exclude each other"),
        (json!({ "winner": "a", "undone": true }), "winner and undone exclude each other"),
        (json!({ "skipped": "unclear", "undone": true }), "skipped and undone exclude each other"),
        (json!({ "winner": "a", "repeat": true, "equal": "a" }), "repeat and equal exclude"),
        (
            json!({ "winner": "a", "repeat": true, "adjudicated": "people" }),
            "repeat and adjudicated exclude",
        ),
        (json!({ "equal": "a", "winner": "a" }), "winner: both sides show the same response"),
        (json!({ "choice": "left" }), "choice is only for two copies of one response"),
        (json!({ "equal": "a", "choice": "left", "winner": "a" }), "winner and choice exclude"),
    ] {
        let found = refused(&[line(&fields)]);
        assert!(found.contains("labels.jsonl:1: ") && found.contains(message), "{fields}: {found}");
    }
    // A flag that is false says nothing.
    let found = read(&[line(&json!({ "winner": "a", "repeat": false, "undone": false }))]);
    assert_eq!(found.labels.len(), 1);
}

#[test]
fn wrong_words_types_and_names_are_refused_with_the_field() {
    for (fields, message) in [
        (
            json!({ "skipped": "lazy" }),
            r#"skipped: expected "unclear" or "both-wrong" or "cannot-judge", found `lazy`"#,
        ),
        (
            json!({ "equal": "a", "choice": "a" }),
            r#"choice: expected "left" or "right" or "tie", found `a`"#,
        ),
        (
            json!({ "winner": "a", "adjudicated": "me" }),
            r#"adjudicated: expected "people" or "judge""#,
        ),
        (json!({ "winner": "a", "repeat": "yes" }), "repeat: expected true or false"),
        (json!({ "winner": "a", "both_acceptable": 1 }), "both_acceptable: expected true or false"),
        (json!({ "winner": "a", "seconds": -1 }), "seconds: expected at least 0, found -1"),
        (json!({ "winner": "a", "seconds": "12" }), "seconds: expected a number"),
        (json!({ "winner": "a", "left": "c" }), "unknown system `c` in left"),
        (json!({ "winner": "a", "left": "tie" }), "unknown system `tie` in left"),
        (json!({ "equal": "c", "choice": "left" }), "unknown system `c` in equal"),
        (json!({ "winner": "a", "criteria": ["a"] }), "criteria: expected an object"),
        (
            json!({ "winner": "a", "criteria": { "tone": 1 } }),
            "criteria.tone: expected a system or \"tie\"",
        ),
        (
            json!({ "winner": "a", "criteria": { "tone": "c" } }),
            "unknown system `c` in criteria.tone",
        ),
        (json!({ "winner": "a", "note": 1 }), "note: expected"),
        (json!({ "winner": "a", "both_aceptable": true }), "both_aceptable"),
        (json!({ "annotator": "", "skipped": "unclear" }), "annotator"),
        (json!({ "annotator": "", "undone": true }), "annotator"),
        (json!({}), "winner"),
    ] {
        let found = refused(&[line(&fields)]);
        assert!(found.contains("labels.jsonl:1: ") && found.contains(message), "{fields}: {found}");
    }
    let three = json!({ "id": "three", "annotator": "ana", "between": ["a", "b"], "winner": "c" });
    assert!(refused(&[three]).contains("winner `c` is not one of the two systems compared (a, b)"));
}

#[test]
fn the_details_of_a_label_are_read_and_null_says_nothing() {
    let found = read(&[line(&json!({
        "winner": "a", "left": "b", "seconds": 12.5, "at": "2026-05-01T03:00:00Z", "both_acceptable": true,
        "criteria": { "accuracy": "b", "tone": "tie", "length": null }, "note": "a <b>note</b>",
    }))]);
    let criteria =
        BTreeMap::from([("accuracy".to_owned(), Some(Arc::from("b"))), ("tone".to_owned(), None)]);
    let expected = LabelDetails {
        left: Some(Arc::from("b")),
        seconds: Some(12.5),
        at: Some("2026-05-01T03:00:00Z".to_owned()),
        both_acceptable: Some(true),
        criteria,
        note: Some("a <b>note</b>".to_owned()),
    };
    assert_eq!(found.labels[0].details, expected);
    let found =
        read(&[line(&json!({ "winner": "a", "left": null, "seconds": null, "note": null }))]);
    assert_eq!(found.labels[0].details, LabelDetails::default());
    assert!(found.warnings.is_empty(), "{:?}", found.warnings);
}

#[test]
fn unknown_ids_are_counted_apart_from_forms_and_withdrawals() {
    let of = |fields: Value| {
        let mut line = line(&fields);
        line["id"] = json!("elsewhere");
        line
    };
    let found = read(&[
        of(json!({ "winner": null })),
        of(json!({ "winner": "a" })),
        of(json!({ "undone": true })),
        of(json!({ "skipped": "unclear" })),
        line(&json!({ "winner": "a", "confidence": 3 })),
    ]);
    // Its form is answered, and would not be a form of these items otherwise.
    assert_eq!((found.labels.len(), found.unmatched, found.blank), (1, 2, 0));
    assert_eq!(found.warnings, ["field `confidence` of 1 label is ignored"]);
}

#[test]
fn a_line_is_written_as_it_is_read() {
    let arc = |name: &str| -> Arc<str> { Arc::from(name) };
    let between = [arc("a"), arc("b")];
    let tasks = [
        LabelTask::Compare,
        LabelTask::Repeat,
        LabelTask::Equal(arc("b")),
        LabelTask::Adjudicate(Disagreement::Judge),
    ];
    let answers = [
        LabelAnswer::Blank,
        LabelAnswer::Winner(Some(arc("a"))),
        LabelAnswer::Winner(None),
        LabelAnswer::Side(LabelSide::Tie),
        LabelAnswer::Skipped(SkipReason::BothWrong),
        LabelAnswer::Undone,
    ];
    let details = LabelDetails {
        left: Some(arc("a")),
        seconds: Some(0.0),
        at: Some("2026-05-01T03:00:00Z".to_owned()),
        both_acceptable: Some(false),
        criteria: BTreeMap::from([("tone".to_owned(), None)]),
        note: Some("\u{1b}[31m\"quoted\"\n".to_owned()),
    };
    let mut lines = Vec::new();
    for task in &tasks {
        for answer in &answers {
            let is_equal = matches!(task, LabelTask::Equal(_));
            let is_choice = match answer {
                LabelAnswer::Winner(_) => !is_equal,
                LabelAnswer::Side(_) => is_equal,
                _ => true,
            };
            if is_choice {
                let blank = LabelLine::blank(
                    arc("q1"),
                    arc("ana"),
                    between.clone(),
                    Some(0.25),
                    task.clone(),
                );
                lines.push(LabelLine { answer: answer.clone(), details: details.clone(), ..blank });
            }
        }
    }
    let folder = written(&lines.iter().map(LabelLine::to_json).collect::<Vec<_>>());
    let mut again = Vec::new();
    let other = read_label_lines(&file(&folder), &known(), |place, line| {
        assert_eq!((place.item, place.line), (0, again.len() + 1));
        again.push(line);
        Ok(())
    });
    assert!(other.unwrap().warnings.is_empty());
    assert_eq!(again, lines);
}

#[test]
fn a_file_is_read_between_two_additions_of_others() {
    let first = line(&json!({ "winner": "b" }));
    let folder = written(std::slice::from_ref(&first));
    let path = folder.path().join("labels.jsonl");
    let second = line(&json!({ "winner": "a", "annotator": "ben" })).to_string();
    let (begin, end) = second.split_at(10);
    let mut adding = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
    adding.lock().unwrap();
    adding.write_all(begin.as_bytes()).unwrap();
    std::thread::scope(|scope| {
        let (sender, receiver) = std::sync::mpsc::channel();
        let folder = &folder;
        scope.spawn(move || {
            let found = read_labels(&file(folder), &known());
            sender.send(found.map(|found| found.labels.len())).unwrap();
        });
        // A reader that does not wait finds a line that is cut off.
        let early = receiver.recv_timeout(Duration::from_millis(200));
        assert!(early.is_err(), "{early:?}");
        writeln!(adding, "{end}").unwrap();
        adding.unlock().unwrap();
        assert_eq!(receiver.recv().unwrap().unwrap(), 2);
    });
}
