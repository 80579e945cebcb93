//! Adjudicating responses on whose grade others disagree.

use evenhand::input::{Disagreement, Grade, GradeTask};
use evenhand::labelling::{FormOptions, PlaceState};
use serde_json::{Value, json};

use super::grades::{grade, labels, lines, open};
use super::options;
use crate::support::graded_run::{GradedRun, STEPS, graded, graded_rows};
use crate::support::{Folder, lines_of};

/// A run of one system in which each response has these replies, and a label file with the grades of ana, ben and cleo: the
/// place of a step, `c` for "cannot assess", `s` for skipped, `-` for nothing.
fn judged(rows: &[(&'static str, &str)]) -> (GradedRun, Folder, std::path::PathBuf) {
    let kinds: Vec<(usize, &'static str)> = rows.iter().map(|(replies, _)| (1, *replies)).collect();
    let run = graded(&graded_rows(&["alpha"], &kinds));
    let folder = Folder::new();
    let text = rows.iter().enumerate().map(|(at, (_, letters))| label_lines(at, letters));
    let path = folder.write("labels.jsonl", &text.collect::<String>());
    (run, folder, path)
}

fn label_lines(at: usize, letters: &str) -> String {
    let annotators = ["ana", "ben", "cleo"].into_iter().zip(letters.chars());
    let line = |(annotator, letter): (&str, char)| {
        let mut line = json!({ "id": format!("q{at:03}"), "annotator": annotator });
        match letter {
            '-' => return None,
            's' => line["skipped"] = "unclear".into(),
            'c' => line["grade"] = Grade::CANNOT_ASSESS.into(),
            step => line["grade"] = STEPS[step.to_digit(10).unwrap() as usize].into(),
        }
        Some(line)
    };
    lines_of(annotators.filter_map(line))
}

fn adjudicating(annotator: &str) -> FormOptions {
    FormOptions { adjudicate: true, ..options(&[annotator]) }
}

#[test]
fn responses_are_decided_on_which_people_differ_or_the_judge_contradicts_all_of_them() {
    let (run, _folder, path) = judged(&[
        ("2/2", "22-"), // all agree
        ("2/2", "11-"), // the judge contradicts people
        ("1/1", "2--"), // the judge contradicts one person
        ("1/2", "22-"), // the judge keeps no grade
        ("2/2", "12-"), // people differ by a step
        ("2/2", "2c-"), // one of them cannot assess it
        ("c/c", "00-"), // that it cannot be assessed is a grade of the judge
        ("2/2", "2s-"), // who skips it says nothing
        ("2/2", "---"), // nobody has graded it
        ("0/0", "112"), // two against one
    ]);
    let mut session = open(&run, &path, &adjudicating("zoe")).unwrap();
    let form: Vec<_> = lines(&run, &path)
        .into_iter()
        .filter(|line| *line.annotator == *"zoe")
        .map(|line| (line.id.to_string(), line.task))
        .collect();
    let mut sorted = form.clone();
    sorted.sort();
    let [people, judge] = [Disagreement::People, Disagreement::Judge].map(GradeTask::Adjudicate);
    let expected = [
        ("q001", judge),
        ("q002", judge),
        ("q004", people),
        ("q005", people),
        ("q006", judge),
        ("q009", people),
    ];
    assert_eq!(sorted, expected.map(|(id, task)| (id.to_owned(), task)));
    assert_ne!(form, sorted, "the order does not tell why");
    for place in 0..form.len() {
        session.answer(0, place, grade("fair")).unwrap();
    }
    // The decisions are beside the labels, of which there are no more than before.
    let found = labels(&run, &path);
    assert_eq!((found.labels.len(), found.adjudicated.len()), (17, 6));
    assert!(found.adjudicated.iter().all(|(label, _)| *label.annotator == *"zoe"));
    let mut decided: Vec<(String, GradeTask)> = found
        .adjudicated
        .iter()
        .map(|(label, why)| (format!("q{:03}", label.item), GradeTask::Adjudicate(*why)))
        .collect();
    decided.sort();
    assert_eq!(decided, sorted);
}

#[test]
fn a_new_disagreement_is_added_and_who_has_graded_may_decide() {
    let (run, _folder, path) = judged(&[("2/2", "21-"), ("2/2", "2--")]);
    let mut session = open(&run, &path, &adjudicating("ana")).unwrap();
    assert_eq!(session.progress(0).places, [PlaceState::Open]);
    session.answer(0, 0, grade("poor")).unwrap();
    let before = std::fs::read_to_string(&path).unwrap();
    assert_eq!(open(&run, &path, &adjudicating("ana")).unwrap().progress(0).total, 1);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before, "nothing is asked twice");
    std::fs::write(&path, before + &label_lines(1, "-1")).unwrap();
    let session = open(&run, &path, &adjudicating("ana")).unwrap();
    assert_eq!(session.progress(0).places, [PlaceState::Answered, PlaceState::Open]);
    // Her own label stays what it was.
    let found = labels(&run, &path);
    assert_eq!(found.labels[0].grade, Grade::Step(2));
}

#[test]
fn where_all_agree_there_is_nothing_to_decide_and_nothing_is_written() {
    let (run, _folder, path) = judged(&[("2/2", "22-"), ("1/2", "1--")]);
    let before = std::fs::read_to_string(&path).unwrap();
    let error = open(&run, &path, &adjudicating("zoe")).unwrap_err();
    let expected =
        "people agree with each other and with the judge on every response that they have labelled";
    assert!(error.to_string().contains(expected), "{error}");
    assert_eq!(
        error.hint_text().as_deref(),
        Some("have more responses labelled, or some of them by further people")
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), before);
    let options = FormOptions { n: Some(1), ..adjudicating("zoe") };
    let error = open(&run, &path, &options).unwrap_err();
    assert!(error.to_string().contains("every response on which others disagree"), "{error}");
    let fields: Value = serde_json::from_str(before.lines().next().unwrap()).unwrap();
    assert_eq!(fields["id"], "q000");
}
