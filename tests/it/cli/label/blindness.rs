//! Nothing that a page receives says whose response is which, or what anybody said about it.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::started::{Page, Started};
use super::{JUDGE, SYSTEMS, choice, run};

/// Everything that a page can receive: itself, its state, and every comparison, before and after it is answered.
fn everything(page: &Page) -> String {
    let html = page.get("").expect(200).body;
    // The style is that of every page, with the names of outcomes.
    let (head, rest) = html.split_once("<style>").unwrap();
    let mut all = format!("{head}{}", rest.split_once("</style>").unwrap().1);
    let receive = |text: &mut String, path: &str| {
        writeln!(text, "{}", page.get(path).expect(200).body).unwrap();
    };
    receive(&mut all, "api/state");
    for place in 0..page.total() {
        receive(&mut all, &format!("api/tasks/{place}"));
        all += &page.answer(place, &choice(["left", "right"][place % 2])).expect(200).body;
        receive(&mut all, &format!("api/tasks/{place}"));
    }
    all += &page.answer(0, &choice("tie")).expect(409).body;
    all += &page.answer(1, &json!({ "choice": "sideways" })).expect(400).body;
    receive(&mut all, "api/state");
    all
}

#[test]
fn a_page_receives_no_system_id_judge_verdict_or_other_annotator() {
    let folder = run(12);
    let options = [
        "run.db",
        "--annotators",
        "ana,bartholomew",
        "--overlap",
        "6",
        "--n",
        "10",
        "--by",
        "outcome",
        "--repeats",
        "2",
        "--equal-pairs",
        "2",
    ];
    let started = Started::new(&folder, &options);
    let other = everything(&started.page_of("bartholomew"));
    let received = everything(&started.page_of("ana"));
    assert!(received.contains("Prompt ") && other.contains("one "), "the comparisons are shown");
    let owner = started.owner();
    let secrets = [
        SYSTEMS[0],
        SYSTEMS[1],
        "zebra",
        "quokka",
        "wombat",
        JUDGE,
        "walrus",
        "flipped",
        "outcome",
        "probability",
        "verdict",
        "bartholomew",
        "run.db",
        "labels.jsonl",
        "\"repeat\"",
        "\"equal\"",
        "overlap",
        owner.path.trim_matches('/'),
    ];
    for secret in secrets {
        let at = received.find(secret);
        let around = at.map(|at| {
            let (from, to) = (at.saturating_sub(80), (at + 80).min(received.len()));
            String::from_utf8_lossy(&received.as_bytes()[from..to]).into_owned()
        });
        assert_eq!(around, None, "a page receives {secret:?}");
    }
    assert!(!other.contains("\"ana\""));
}

#[test]
fn which_response_stands_left_differs_by_annotator_and_comparison_and_is_stored() {
    let folder = run(30);
    let started = Started::new(&folder, &["run.db", "--annotators", "ana,ben", "--overlap", "30"]);
    let mut lefts: Vec<Vec<Value>> = Vec::new();
    for name in ["ana", "ben"] {
        let page = started.page_of(name);
        for place in 0..page.total() {
            page.answer(place, &choice("left")).expect(200);
        }
        let mut answers = super::answers(&folder, name);
        for answer in &answers {
            assert_eq!(answer["left"], answer["winner"], "left was chosen: {answer}");
        }
        answers.sort_by_key(|answer| answer["id"].as_str().unwrap().to_owned());
        lefts.push(answers.iter().map(|answer| answer["left"].clone()).collect());
    }
    for sides in &lefts {
        assert_eq!(sides.len(), 30);
        let first = sides.iter().filter(|left| **left == SYSTEMS[0]).count();
        assert!((5..=25).contains(&first), "{first} of 30 show {} left", SYSTEMS[0]);
    }
    assert_ne!(lefts[0], lefts[1], "the annotators see the same sides");
}
