//! How the command ends, and what it says then.

#![cfg(unix)]

use rustix::process::Signal;

use super::started::Started;
use super::{choice, items, run};

#[test]
fn an_interrupt_says_what_is_left_and_what_is_next() {
    let folder = run(3);
    let started = Started::new(&folder, &["run.db", "--annotator", "ana"]);
    let page = started.page();
    page.answer(0, &choice("left")).expect(200);
    page.answer(1, &serde_json::json!({ "skipped": "unclear" })).expect(200);
    let (code, said) = started.end(Signal::INT);
    assert_eq!(code, 130, "{said}");
    assert!(said.contains("ana: 1 answered, 1 skipped, 1 left"), "{said}");
    assert!(said.contains("next: evenhand calibrate run.db --labels labels.jsonl"), "{said}");
}

#[test]
fn the_end_after_the_last_label_is_success() {
    let folder = items(2);
    let mut started = Started::new(&folder, &["items.jsonl"]);
    let page = started.page();
    for place in 0..2 {
        page.answer(place, &choice("right")).expect(200);
    }
    started.wait_for_line("everything is labelled");
    let (code, said) = started.end(Signal::INT);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("annotator: 2 answered, 0 skipped, 0 left"), "{said}");
}

#[test]
fn a_termination_has_its_own_code_and_loses_nothing() {
    let folder = items(2);
    let started = Started::new(&folder, &["items.jsonl"]);
    started.page().answer(0, &choice("right")).expect(200);
    // A connection that sends nothing does not hold up the end.
    let _silent = started.page().connect();
    let (code, said) = started.end(Signal::TERM);
    assert_eq!(code, 143, "{said}");
    assert_eq!(super::answers(&folder, "annotator").len(), 1);
}

#[test]
fn an_answer_that_was_undone_is_asked_again() {
    let folder = items(2);
    let started = Started::new(&folder, &["items.jsonl"]);
    let page = started.page();
    page.answer(0, &choice("left")).expect(200);
    let state = page.post("api/undo", &serde_json::json!({ "place": 0 })).expect(200).json();
    assert_eq!(state["progress"]["next"], 0);
    page.answer(0, &choice("tie")).expect(200);
    let answers = super::answers(&folder, "annotator");
    assert_eq!(answers.len(), 3);
    assert_eq!((&answers[1]["undone"], &answers[2]["winner"]), (&true.into(), &"tie".into()));
}
