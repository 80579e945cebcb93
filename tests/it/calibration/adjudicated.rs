//! Comparisons that were decided once more: which numbers that changes, and which it must not.

use super::end_to_end::assert_close;
use serde_json::{Value, json};

use super::labelling::line;
use crate::report::html::unpacked;
use crate::support::labelled_run::{JudgedRun, RunSpec, rows, unwrapped, value};

/// Sixty labelled comparisons of three people, and these lines after them. People agree on alpha in the first forty, of
/// which the judge keeps beta in ten; they have no majority in ten, and two against one in ten.
fn judged(lines: &[Value]) -> JudgedRun {
    let kinds = [(10, "b/b", "aaa"), (30, "a/a", "aaa"), (10, "a/a", "abt"), (10, "a/a", "bba")];
    let spec = RunSpec::new(rows(&kinds));
    let judged = spec.judged();
    let more = crate::support::lines_of(lines);
    judged.label(&(spec.labels() + &more));
    judged
}

fn decided(number: usize, annotator: &str, why: &str, winner: &str) -> Value {
    line(number, annotator, &json!({ "winner": winner, "adjudicated": why }))
}

#[test]
fn what_is_decided_where_people_disagree_is_the_label_and_people_are_measured_as_before() {
    let before = judged(&[]).found(&[]);
    let mut lines: Vec<Value> = (40..50).map(|at| decided(at, "dov", "people", "alpha")).collect();
    // Two of three who decided choose alpha; two others have no majority.
    lines.push(decided(50, "dov", "people", "alpha"));
    lines.push(decided(50, "eva", "people", "alpha"));
    lines.push(decided(50, "fay", "people", "beta"));
    lines.push(decided(51, "dov", "people", "alpha"));
    lines.push(decided(51, "eva", "people", "tie"));
    let judged = judged(&lines);
    let after = judged.found(&[]);
    assert_eq!([&before["no_majority"], &after["no_majority"]], [10, 0]);
    // The judge keeps alpha on all of these: ten have a label now, and one has another.
    assert_eq!([&before["kept"]["n"], &after["kept"]["n"]], [50, 60]);
    assert_close(value(&before["kept"]["agreement"]), 30.0 / 50.0, 1e-12);
    assert_close(value(&after["kept"]["agreement"]), 41.0 / 60.0, 1e-12);
    let people = json!({ "comparisons": 12, "no_majority": 1, "settled": 10, "changed": 1 });
    assert_eq!(after["adjudication"]["people"], people);
    assert_eq!(before["adjudication"], Value::Null);
    // The ceiling, and what the judge is compared with in place of a person, are of the first labels.
    for number in
        ["pairwise_kappa", "fleiss_kappa", "krippendorff_alpha", "ceiling", "judge", "ratio"]
    {
        assert_eq!(before["human"][number], after["human"][number], "{number}");
    }
    assert_eq!([&before["annotators"], &after["annotators"]], [3, 3]);
    assert_eq!(before["labelled"], after["labelled"]);
    let table = unwrapped(&judged.calibrate(&[]).expect(0).stdout);
    let sentence = "12 comparisons on which people disagreed were decided once more: 10 had no majority before, and 1 \
                    has another label than before; on 1 comparison those who decided have no majority. How far people \
                    agree is measured by their first labels.";
    assert!(table.contains(sentence), "{table}");
}

#[test]
fn a_decision_where_people_agree_after_all_changes_no_label() {
    let before = judged(&[]).found(&[]);
    // All three labels of the first comparison are for alpha, and stand.
    let after = judged(&[decided(0, "dov", "people", "beta")]).found(&[]);
    let people = json!({ "comparisons": 1, "no_majority": 0, "settled": 0, "changed": 0 });
    assert_eq!(after["adjudication"]["people"], people);
    for number in ["kept", "orders", "win_rates", "no_majority"] {
        assert_eq!(before[number], after[number], "{number}");
    }
}

#[test]
fn what_is_decided_where_the_judge_disagrees_changes_no_number() {
    let before = judged(&[]).found(&[]);
    let mut lines: Vec<Value> = (0..4).map(|at| decided(at, "dov", "judge", "beta")).collect();
    lines.push(decided(4, "dov", "judge", "alpha"));
    lines.push(decided(5, "dov", "judge", "tie"));
    // On this one they do not disagree.
    lines.push(decided(20, "dov", "judge", "beta"));
    let judged = judged(&lines);
    let mut after = judged.found(&[]);
    let found = after["adjudication"]["judge"].take();
    assert_eq!([&found["comparisons"], &found["neither"], &found["not_compared"]], [6, 1, 1]);
    assert_close(value(&found["with_judge"]), 4.0 / 6.0, 1e-12);
    assert_close(value(&found["with_people"]), 1.0 / 6.0, 1e-12);
    let mut before = before;
    for found in [&mut before, &mut after] {
        found["adjudication"].take();
        found["provenance"].take();
    }
    assert_eq!(before, after);
    let table = unwrapped(&judged.calibrate(&[]).expect(0).stdout);
    let sentence = "Of 6 comparisons on which judge and people disagreed, the decision was the judge's verdict in 66.7 % \
                    (30.0 – 90.3) and people's label in 16.7 % (3.0 – 56.4); this changes no number.";
    assert!(table.contains(sentence), "{table}");
}

#[test]
fn a_decision_without_labels_to_decide_between_changes_nothing() {
    let spec = RunSpec::new(rows(&[(10, "a/a", "a"), (5, "a/a", "")]));
    let judged = spec.judged();
    let more = decided(12, "dov", "people", "beta");
    judged.label(&format!("{}{more}\n", spec.labels()));
    let found = judged.found(&[]);
    assert_eq!([&found["labelled"], &found["adjudication"]["without_labels"]], [10, 1]);
    assert_eq!(found["adjudication"]["people"]["comparisons"], 0);
    let table = unwrapped(&judged.calibrate(&[]).expect(0).stdout);
    assert!(table.contains("1 decision of comparisons without a label is ignored."), "{table}");
}

#[test]
fn a_tie_may_be_decided_where_nobody_chose_one_and_the_rubric_has_none() {
    let mut spec = RunSpec::new(rows(&[(20, "a/a", "ab"), (20, "b/b", "bb")]));
    spec.ties = false;
    let judged = spec.judged();
    let more = crate::support::lines_of((0..5).map(|at| decided(at, "dov", "people", "tie")));
    judged.label(&(spec.labels() + &more));
    let found = judged.found(&[]);
    assert_eq!(found["pairs"][0]["confusion"]["labels"], json!(["alpha", "beta", "tie"]));
    assert_eq!(found["adjudication"]["people"]["settled"], 5);
}

#[test]
fn decisions_and_notes_are_shown_beside_the_labels_and_cannot_be_markup() {
    let note = "see <script>alert(1)</script> \u{1b}[31mred | `code` ```\n# heading";
    let mut decision = decided(40, "dov", "people", "beta");
    decision["note"] = json!(note);
    let judged = judged(&[decision, decided(40, "eva", "judge", "alpha")]);
    let show = |flags: &[&str]| {
        let arguments = ["show", "run.db", "--labels", "labels.jsonl", "--id", "q040"];
        judged.folder.run(&[&arguments[..], flags].concat()).expect(0).stdout
    };
    let text = show(&[]);
    let people = "people  ana: alpha, ben: beta, cyd: tie; decided by dov: beta; reviewed by eva: alpha; most: beta";
    assert!(unwrapped(&text).contains(&unwrapped(people)), "{text}");
    assert!(text.contains("note of dov") && !text.contains('\u{1b}'), "{text}");
    let markdown = show(&["--format", "markdown"]);
    assert!(markdown.contains("note of dov") && !markdown.contains('\u{1b}'), "{markdown}");
    // The fence is longer than every one in the note.
    assert!(markdown.contains("\n````text\nsee <script>"), "{markdown}");
    let found: Value = serde_json::from_str(&show(&["--format", "json"])).unwrap();
    let labels = found["cases"][0]["labels"].as_array().unwrap();
    assert_eq!(labels.len(), 5);
    assert_eq!(labels[0], json!({ "annotator": "ana", "winner": "alpha" }));
    let expected =
        json!({ "annotator": "dov", "winner": "beta", "adjudicated": "people", "note": note });
    assert_eq!(labels[3], expected);
    let page = |flags: &[&str]| {
        let arguments = ["report", "run.db", "--labels", "labels.jsonl", "--format", "html"];
        judged.folder.run(&[&arguments[..], flags].concat()).expect(0).stdout
    };
    let html = page(&[]);
    assert!(!html.contains("<script>alert(1)"));
    let cases = |html: &str| format!("{:?}", unpacked(html));
    assert!(cases(&html).contains("alert(1)"));
    // A redacted page has the decision, and no note.
    let redacted = cases(&page(&["--redact"]));
    assert!(redacted.contains("adjudicated") && !redacted.contains("alert(1)"), "{redacted}");
}
