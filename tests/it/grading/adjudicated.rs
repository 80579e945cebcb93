//! Responses whose grade was decided once more: which numbers that changes, and which it must not.

use serde_json::{Value, json};

use crate::support::calibrated_grades::{CalibratedGrades, GradeSpec, assert_near, responses};
use crate::support::labelled_run::{unwrapped, value};
use crate::support::lines_of;

/// Sixty graded responses of three people, and these lines after their labels. The judge keeps `good` on all but the first
/// ten, where it keeps `fair`. People agree on `good` in the first forty, have no majority in ten, and are two against one
/// in ten.
fn judged(lines: &[Value]) -> CalibratedGrades {
    let kinds = [(10, "1/1", "222"), (30, "2/2", "222"), (10, "2/2", "013"), (10, "2/2", "112")];
    let judged = GradeSpec::four(responses("alpha", &kinds)).graded();
    let path = judged.folder.path().join("labels.jsonl");
    let labels = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, labels + &lines_of(lines)).unwrap();
    judged
}

fn decided(number: usize, annotator: &str, why: &str, grade: &str) -> Value {
    json!({ "id": format!("q{number:03}"), "annotator": annotator, "grade": grade, "adjudicated": why })
}

fn system(found: &Value) -> &Value {
    &found["systems"][0]
}

#[test]
fn what_is_decided_where_people_disagree_is_the_label_and_people_are_measured_as_before() {
    let before = judged(&[]).found(&[]);
    let mut lines: Vec<Value> = (40..50).map(|at| decided(at, "dov", "people", "good")).collect();
    // Two of three who decided say `good`; two others have no majority.
    lines.push(decided(50, "dov", "people", "good"));
    lines.push(decided(50, "eva", "people", "good"));
    lines.push(decided(50, "fay", "people", "poor"));
    lines.push(decided(51, "dov", "people", "good"));
    lines.push(decided(51, "eva", "people", "excellent"));
    let judged = judged(&lines);
    let after = judged.found(&[]);
    assert_eq!([&before["no_majority"], &after["no_majority"]], [10, 0]);
    assert_eq!([&before["kept"]["n"], &after["kept"]["n"]], [50, 60]);
    assert_near(value(&before["kept"]["agreement"]), 30.0 / 50.0);
    assert_near(value(&after["kept"]["agreement"]), 41.0 / 60.0);
    let people = json!({ "responses": 12, "no_majority": 1, "settled": 10, "changed": 1 });
    assert_eq!(after["adjudication"]["people"], people);
    assert_eq!(before["adjudication"], Value::Null);
    // Before, 40 pass by all, and 20 fail by two of three. `good` passes: eleven more. Where those who decided have no
    // majority, the label stays as it was, and so does whether it passes.
    assert_near(value(&system(&before)["pass_rate"]["labels"]), 40.0 / 60.0);
    assert_near(value(&system(&after)["pass_rate"]["labels"]), 51.0 / 60.0);
    // The mean steps, counted from 1: 40 of 3, 20 of 7/3; then 50 of 3, one of 7/3 by those who decided, and 9 of 7/3.
    let mean = |found: &Value| value(&system(found)["mean_step"]["labels"]);
    assert_near(mean(&before), (40.0 * 3.0 + 20.0 * 7.0 / 3.0) / 60.0);
    assert_near(mean(&after), (50.0 * 3.0 + 10.0 * 7.0 / 3.0) / 60.0);
    // How far people agree, and the judge with each of them, is of the first labels.
    assert_eq!(before["human"], after["human"]);
    assert_eq!([&before["annotators"], &after["annotators"]], [3, 3]);
    assert_eq!(before["labelled"], after["labelled"]);
    let sentence = "12 responses on which people disagreed were decided once more: 10 had no majority before, and 1 \
                    has another label than before; on 1 response those who decided have no majority. How far people \
                    agree is measured by their first labels.";
    let table = unwrapped(&judged.calibrate(&[]).expect(0).stdout);
    assert!(table.contains(sentence), "{table}");
    let markdown = judged.calibrate(&["--format", "markdown"]).expect(0).stdout;
    assert!(markdown.contains(sentence), "{markdown}");
}

#[test]
fn a_response_passes_by_its_label_whoever_gave_that() {
    // Both annotators pass the first ten; of the others, two of three do.
    let kinds = [(10, "2/2", "23"), (10, "2/2", "220")];
    let mut lines: Vec<Value> = (0..4).map(|at| decided(at, "dov", "people", "poor")).collect();
    // Both fail the response, and no grade has most of their voices.
    lines.push(decided(10, "dov", "people", "poor"));
    lines.push(decided(10, "eva", "people", "fair"));
    let judged = GradeSpec::four(responses("alpha", &kinds)).graded();
    let path = judged.folder.path().join("labels.jsonl");
    let labels = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, labels + &lines_of(&lines)).unwrap();
    let found = judged.found(&[]);
    assert_near(value(&system(&found)["pass_rate"]["labels"]), 16.0 / 20.0);
    // The judge passes every response, so that it finds no fail.
    assert_near(value(&system(&found)["true_negative_rate"]), 0.0);
    assert_eq!(system(&found)["true_negative_rate"]["n"], 4);
}

#[test]
fn a_decision_that_no_annotator_gave_is_a_category_of_its_own() {
    let kinds = [(40, "2/2", "222"), (10, "?/?", "013")];
    let judged = GradeSpec::four(responses("alpha", &kinds)).graded();
    let path = judged.folder.path().join("labels.jsonl");
    let labels = std::fs::read_to_string(&path).unwrap();
    let decision = decided(40, "dov", "people", "cannot assess");
    std::fs::write(path, format!("{labels}{decision}\n")).unwrap();
    let found = judged.found(&[]);
    // The two unreadable replies to the decided response agree with nobody.
    assert_eq!([&found["replies"]["n"], &found["replies"]["unreadable"]], [82, 2]);
    assert_near(value(&found["replies"]["agreement"]), 80.0 / 82.0);
    judged.calibrate(&[]).expect(0);
}

#[test]
fn a_decision_where_people_agree_after_all_changes_no_label() {
    let before = judged(&[]).found(&[]);
    let after = judged(&[decided(0, "dov", "people", "poor")]).found(&[]);
    let people = json!({ "responses": 1, "no_majority": 0, "settled": 0, "changed": 0 });
    assert_eq!(after["adjudication"]["people"], people);
    for number in ["kept", "replies", "systems", "no_majority"] {
        assert_eq!(before[number], after[number], "{number}");
    }
}

#[test]
fn what_is_decided_where_the_judge_disagrees_changes_no_number() {
    let mut before = judged(&[]).found(&[]);
    let mut lines: Vec<Value> = (0..4).map(|at| decided(at, "dov", "judge", "fair")).collect();
    lines.push(decided(4, "dov", "judge", "good"));
    lines.push(decided(5, "dov", "judge", "cannot assess"));
    // On this one they do not disagree.
    lines.push(decided(20, "dov", "judge", "poor"));
    let judged = judged(&lines);
    let mut after = judged.found(&[]);
    let found = after["adjudication"]["judge"].take();
    assert_eq!([&found["responses"], &found["neither"], &found["not_compared"]], [6, 1, 1]);
    assert_near(value(&found["with_judge"]), 4.0 / 6.0);
    assert_near(value(&found["with_people"]), 1.0 / 6.0);
    for found in [&mut before, &mut after] {
        found["adjudication"].take();
        found["provenance"].take();
    }
    assert_eq!(before, after);
    let table = unwrapped(&judged.calibrate(&[]).expect(0).stdout);
    let sentence = "Of 6 responses on which judge and people disagreed, the decision was the judge's grade in 66.7 % \
                    (30.0 – 90.3) and people's label in 16.7 % (3.0 – 56.4); this changes no number.";
    assert!(table.contains(sentence), "{table}");
}

#[test]
fn a_decision_about_a_response_without_a_label_is_counted_and_changes_nothing() {
    let mut all = responses("alpha", &[(10, "2/2", "2"), (5, "2/2", "-")]);
    all[14].labels = "-";
    let judged = GradeSpec::four(all).graded();
    let path = judged.folder.path().join("labels.jsonl");
    let labels = std::fs::read_to_string(&path).unwrap();
    std::fs::write(path, labels + &lines_of([decided(12, "dov", "people", "poor")])).unwrap();
    let found = judged.found(&[]);
    assert_eq!([&found["labelled"], &found["adjudication"]["without_labels"]], [10, 1]);
    assert_eq!(found["adjudication"]["people"]["responses"], 0);
    let table = unwrapped(&judged.calibrate(&[]).expect(0).stdout);
    assert!(table.contains("1 decision of responses without a label is ignored."), "{table}");
}

#[test]
fn decisions_are_shown_beside_the_labels_and_are_not_exported_as_labels() {
    let note = "see <script>alert(1)</script> \u{1b}[31mred | `code` ```\n# heading";
    let mut decision = decided(40, "dov", "people", "good");
    decision["note"] = json!(note);
    let judged = judged(&[decision, decided(40, "eva", "judge", "poor")]);
    let show = |flags: &[&str]| {
        let arguments = ["show", "run.db", "--labels", "labels.jsonl", "--id", "q040"];
        judged.folder.run(&[&arguments[..], flags].concat()).expect(0).stdout
    };
    let text = show(&[]);
    let people = "people  ana: poor, ben: fair, cyd: excellent; decided by dov: good; reviewed by eva: poor; most: good";
    assert!(unwrapped(&text).contains(&unwrapped(people)), "{text}");
    assert!(text.contains("note of dov") && !text.contains('\u{1b}'), "{text}");
    let document: Value = serde_json::from_str(&show(&["--format", "json"])).unwrap();
    let labels = &document["cases"][0]["labels"];
    assert_eq!([&labels[3]["adjudicated"], &labels[4]["adjudicated"]], ["people", "judge"]);
    assert_eq!(labels[0].get("adjudicated"), None);
    let flags = ["export", "run.db", "--to", "csv", "--output", "out", "--labels", "labels.jsonl"];
    judged.folder.run(&flags).expect(0);
    let table = std::fs::read_to_string(judged.folder.path().join("out/labels.csv")).unwrap();
    assert_eq!(table.lines().count(), 1 + 180, "{table}");
    assert!(!table.contains("dov") && !table.contains("eva"), "{table}");
}
