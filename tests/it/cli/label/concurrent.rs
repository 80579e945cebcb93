//! Several people, and several pages of one, at the same time.

use std::collections::BTreeSet;
use std::thread;

use serde_json::json;

use super::started::Started;
use super::{answers, choice, items, lines, run};

#[test]
fn annotators_who_label_at_once_lose_and_double_nothing() {
    let folder = run(24);
    let names = ["ana", "ben", "cleo"];
    let arguments = ["run.db", "--annotators", "ana,ben,cleo", "--overlap", "24"];
    let started = Started::new(&folder, &arguments);
    thread::scope(|scope| {
        for name in names {
            let page = started.page_of(name);
            scope.spawn(move || {
                assert_eq!(page.total(), 24);
                for place in 0..24 {
                    let side = ["left", "right", "tie"][place % 3];
                    let state = page.answer(place, &choice(side)).expect(200).json();
                    assert_eq!(state["progress"]["answered"], place + 1);
                }
            });
        }
    });
    for name in names {
        let answers = answers(&folder, name);
        let ids: BTreeSet<&str> = answers.iter().map(|line| line["id"].as_str().unwrap()).collect();
        assert_eq!((answers.len(), ids.len()), (24, 24), "{name}");
    }
    let calibrate = ["calibrate", "run.db", "--labels", "labels.jsonl", "--format", "json"];
    let found = &folder.run(&calibrate).expect(0).json_lines()[0];
    assert_eq!((&found["labelled"], &found["annotators"]), (&json!(24), &json!(3)));
}

#[test]
fn of_two_pages_that_answer_the_same_place_one_is_told() {
    let folder = items(20);
    let started = Started::new(&folder, &["items.jsonl"]);
    let page = started.page();
    for place in 0..20 {
        let both: Vec<u16> = thread::scope(|scope| {
            let answer = |side| {
                let page = page.clone();
                scope.spawn(move || page.answer(place, &choice(side)).status)
            };
            [answer("left"), answer("right")].map(|thread| thread.join().unwrap()).to_vec()
        });
        let sorted: BTreeSet<u16> = both.into_iter().collect();
        assert_eq!(sorted, BTreeSet::from([200, 409]));
    }
    assert_eq!(answers(&folder, "annotator").len(), 20);
}

#[test]
fn a_server_killed_between_answers_continues_with_all_of_them() {
    let folder = run(12);
    let arguments = ["run.db", "--annotators", "ana,ben", "--overlap", "12"];
    let mut done = 0;
    for round in 0..4 {
        let started = Started::new(&folder, &arguments);
        let (ana, ben) = (started.page_of("ana"), started.page_of("ben"));
        let progress = ana.state()["progress"].clone();
        assert_eq!(progress["answered"], done, "round {round}");
        for place in done..done + 3 {
            assert_eq!(ana.state()["progress"]["next"], place);
            ana.answer(place, &choice("left")).expect(200);
            ben.answer(place, &choice("right")).expect(200);
        }
        done += 3;
        started.kill();
    }
    let all = lines(&folder);
    assert_eq!(all.iter().filter(|line| super::is_answer(line)).count(), 24);
    let started = Started::new(&folder, &arguments);
    assert!(started.page_of("ana").state()["progress"]["next"].is_null());
    drop(started);
    let calibrate = ["calibrate", "run.db", "--labels", "labels.jsonl", "--format", "json"];
    let found = &folder.run(&calibrate).expect(0).json_lines()[0];
    assert_eq!(found["labelled"], 12);
}

#[test]
fn a_second_start_on_the_same_file_is_refused_or_loses_nothing() {
    let folder = items(6);
    let started = Started::new(&folder, &["items.jsonl", "--annotator", "ana"]);
    let second =
        folder.run(&["label", "items.jsonl", "--annotator", "ana", "--export", "page.html"]);
    assert_ne!(second.code, 1, "{second:?}");
    let page = started.page();
    for place in 0..6 {
        page.answer(place, &choice("tie")).expect(200);
    }
    assert_eq!(answers(&folder, "ana").len(), 6);
}
