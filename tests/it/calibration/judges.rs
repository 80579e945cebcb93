//! Calibration with another rubric, with repeats, and of a jury and its judges.

use super::end_to_end::assert_close;
use crate::support::labelled_run::{RunSpec, confusion, is_undefined, rows, rubric, value};

#[test]
fn another_rubric_rereads_the_stored_replies_and_sends_no_request() {
    let judged = RunSpec::new(rows(&[(6, "a/a", "a"), (5, "b/b", "b"), (3, "t/t", "t")])).judged();
    assert_eq!(judged.found(&[])["kept"]["agreement"]["value"], 1.0);
    let exchanged = rubric("r", true).replace("FIRST", "X").replace("SECOND", "FIRST");
    judged.folder.write("exchanged.toml", &exchanged.replace('X', "SECOND"));
    // Without recording and settings there is no judge to ask.
    std::fs::remove_file(judged.folder.path().join("judge-1.jsonl")).unwrap();
    std::fs::remove_file(judged.folder.path().join("evenhand.toml")).unwrap();
    let run = std::fs::read(judged.folder.path().join("run.db")).unwrap();
    let found = judged.found(&["--rubric", "./exchanged.toml"]);
    assert_eq!(found["kept"]["agreement"]["value"], 3.0 / 14.0);
    let table = [vec![0.0, 5.0, 0.0], vec![6.0, 0.0, 0.0], vec![0.0, 0.0, 3.0]];
    assert_eq!(confusion(&found["pairs"][0]), table);
    assert_eq!(std::fs::read(judged.folder.path().join("run.db")).unwrap(), run);
}

#[test]
fn a_rubric_that_would_send_other_requests_is_refused() {
    let judged = RunSpec::new(rows(&[(2, "a/a", "a")])).judged();
    judged.folder.write("other.toml", &rubric("r", true).replace("better?", "shorter?"));
    let said = judged.calibrate(&["--rubric", "./other.toml"]).expect(7);
    assert!(said.stderr.contains("rubric.description differs"), "{}", said.stderr);
    assert_eq!(said.stdout, "");
}

#[test]
fn repeats_distinguish_flips_from_noise() {
    let kinds = [(10, "aaa/aaa", "a"), (10, "aab/bbb", "b"), (4, "ab?/bbb", "b")];
    let more = [(6, "bba/aab", "b")];
    let found = RunSpec::new(rows(&[&kinds[..], &more].concat())).judged().found(&[]);
    // Pairs of replies that disagree: within an order 0, ⅓, ½, ⅔ for the four kinds, across orders 0, ⅔, ½, 5/9.
    let net = &found["position"]["net_of_noise"];
    let within = (10.0 / 3.0 + 4.0 / 2.0 + 6.0 * 2.0 / 3.0) / 30.0;
    let across = (10.0 * 2.0 / 3.0 + 4.0 / 2.0 + 6.0 * 5.0 / 9.0) / 30.0;
    assert_close(value(&net["within_order"]), within, 1e-12);
    assert_close(value(&net["across_orders"]), across, 1e-12);
    assert_close(value(&net["difference"]), across - within, 1e-12);
    // Every reply counts: 60 of the first kind are right, 4, 4 and 3 of six of the others.
    assert_eq!([&found["orders"]["n"], &found["orders"]["unreadable"]], [180, 4]);
    assert_close(value(&found["orders"]["agreement"]), 134.0 / 180.0, 1e-12);
    // An order without a strict majority has no readable vote: `ab?` ends the comparison as unparsed.
    assert_close(value(&found["coverage"]), 10.0 / 30.0, 1e-12);
    assert_close(value(&found["position"]["consistency"]), 10.0 / 26.0, 1e-12);
    assert_eq!([&found["position"]["primacy"], &found["position"]["recency"]], [10, 6]);
    assert_eq!(found["position"]["unparsed"], 4);
}

/// Ten comparisons by three judges: seven kept, three hung.
fn jury() -> RunSpec {
    let mut rows = rows(&[
        (4, "a/a a/a b/b", "a"),
        (3, "a/b b/b b/b", "b"),
        (2, "a/b a/b b/b", "a"),
        (1, "a/a b/b t/t", "a"),
    ]);
    for row in &mut rows {
        row.longer = 'b';
    }
    RunSpec::new(rows)
}

#[test]
fn a_jury_is_measured_as_one_judge() {
    let found = jury().judged().found(&[]);
    assert_eq!(found["judge"], "jury");
    assert_close(value(&found["coverage"]), 0.7, 1e-12);
    assert_eq!(found["kept"]["n"], 7);
    assert_eq!(found["kept"]["agreement"]["value"], 1.0);
    // Every reply of every judge: 16 of 24, 15 of 18, 4 of 12 and 2 of 6 are right.
    assert_eq!(found["orders"]["n"], 60);
    assert_close(value(&found["orders"]["agreement"]), 37.0 / 60.0, 1e-12);
    let position = &found["position"];
    let picks = ["first_picks", "second_picks", "ties", "unparsed"].map(|key| &position[key]);
    assert_eq!(picks, [36, 22, 2, 0]);
    assert_eq!([&position["primacy"], &position["recency"]], [7, 0]);
    // The mean over judges of their mean over orders.
    let rate = (4.0 / 3.0 + 3.0 * 5.0 / 6.0 + 2.0 * 2.0 / 3.0 + 0.5) / 10.0;
    assert_close(value(&found["win_rates"][0]["order_averaged"]), rate, 1e-12);
    let mut named = jury().judged().found(&["--judge", "jury"]);
    // It was begun at another time.
    named["provenance"] = found["provenance"].clone();
    assert_eq!(named, found);
}

#[test]
fn each_judge_of_a_jury_is_measured_by_its_name() {
    let judged = jury().judged();
    let found = judged.found(&["--judge", "judge-3"]);
    assert_eq!(found["judge"], "judge-3");
    assert_eq!([&found["kept"]["n"], &found["orders"]["n"]], [10, 20]);
    assert_close(value(&found["kept"]["agreement"]), 0.3, 1e-12);
    let first = judged.found(&["--judge", "judge-1"]);
    assert_close(value(&first["coverage"]), 0.5, 1e-12);
    assert_close(value(&first["position"]["consistency"]), 0.5, 1e-12);
    assert_eq!(first["position"]["primacy"], 5);
    let said = judged.calibrate(&["--judge", "judge-4"]).expect(3);
    assert!(said.stderr.contains("no judge `judge-4`"), "{}", said.stderr);
    assert!(said.stderr.contains("judge-1, judge-2, judge-3"), "{}", said.stderr);
    // A single judge is no jury.
    let alone = RunSpec::new(rows(&[(2, "a/a", "a")])).judged();
    alone.calibrate(&["--judge", "jury"]).expect(3);
    assert!(!is_undefined(&alone.found(&["--judge", "judge-1"])["coverage"]));
}
