//! What a calibration looks like to a person, and that nobody's name can do more than be shown.

use serde_json::Value;

use crate::support::Said;
use crate::support::labelled_run::{Row, Written, rows};

fn with_length(rows: &mut [Row], right: impl Fn(usize) -> bool) {
    for (at, row) in rows.iter_mut().enumerate() {
        let label = if row.labels.starts_with('b') { 'b' } else { 'a' };
        let other = if label == 'a' { 'b' } else { 'a' };
        row.longer = if right(at) { label } else { other };
        row.tag = Some(["billing", "delivery", "returns"][at % 3].to_owned());
    }
}

#[test]
fn a_trustworthy_judge_gets_a_letter_that_says_so() {
    let kinds = [(38, "a/a", "a"), (2, "a/a", "b"), (36, "b/b", "b"), (3, "a/b", "a")];
    let mut rows = rows(&[&kinds[..], &[(1, "b/a", "b")]].concat());
    with_length(&mut rows, |at| at % 2 == 0);
    let letter = Written::new(rows).judged().calibrate(&[]).expect(0).stdout;
    insta::assert_snapshot!("letter_trustworthy", letter);
}

#[test]
fn a_judge_that_keeps_the_easy_ones_gets_a_letter_that_says_that_first() {
    let kinds = [(20, "a/a", "a"), (19, "b/b", "b"), (1, "b/b", "a")];
    let mut rows =
        rows(&[&kinds[..], &[(30, "a/b", "a"), (28, "a/b", "b"), (2, "a/b", "b")]].concat());
    with_length(&mut rows, |at| at % 2 == 0);
    let letter = Written::new(rows).judged().calibrate(&[]).expect(0).stdout;
    insta::assert_snapshot!("letter_kept_selection", letter);
}

#[test]
fn three_annotators_are_told_about_each_other() {
    let kinds = [(30, "a/a", "aaa"), (28, "b/b", "bbb"), (6, "b/b", "bab"), (5, "a/b", "aab")];
    let more = [(4, "t/t", "tta"), (2, "a/t", "abt")];
    let mut rows = rows(&[&kinds[..], &more].concat());
    with_length(&mut rows, |at| at % 2 == 0);
    let letter = Written::new(rows).judged().calibrate(&[]).expect(0).stdout;
    assert!(letter.contains("Labelled by 3 people: 75 of 75 comparisons"), "{letter}");
    insta::assert_snapshot!("letter_three_annotators", letter);
}

/// Fails where anything is left that a terminal obeys.
fn assert_tame(said: &Said) {
    let active = |char: char| {
        (char.is_control() && char != '\n') || ('\u{202a}'..='\u{202e}').contains(&char)
    };
    for text in [&said.stdout, &said.stderr] {
        assert!(!text.chars().any(active), "{text:?}");
    }
}

#[test]
fn no_name_can_do_anything_to_a_terminal() {
    let [a, b, c] = ["al\u{1b}[31mpha", "be\u{202e}ta\u{7}", "ga\u{9b}2Jmma"];
    let mut all = Vec::new();
    for at in 0..12 {
        let id = format!("q\u{1b}[2J{at:02}");
        for (between, replies, labels) in
            [([a, b], "a/a", "aab"), ([a, c], "b/b", "bb-"), ([b, c], "a/b", "a-b")]
        {
            let mut row = Row::new(&id, between, replies, labels);
            row.tag = Some(format!("\u{1b}]0;title\u{7}{}", at % 2));
            all.push(row);
        }
    }
    let mut written = Written::new(all);
    written.annotators = ["a\u{1b}[1mna", "be\u{85}n", "c\u{200f}\u{202e}yd"];
    let judged = written.judged();
    for flags in [&[][..], &["--format", "json"], &["--part", "test"], &["--min-kappa", "0.9999"]] {
        let said = judged.calibrate(flags);
        assert!([0, 6, 8].contains(&said.code), "{said:?}");
        assert!(said.stdout.contains("31mpha"), "the name is still told");
        assert_tame(&said);
    }
    let found = judged.found(&[]);
    assert_eq!(found["pairs"][0]["between"][0], a, "JSON has the name itself");
    assert_eq!(found["human"]["pairwise_kappa"][0]["annotators"][0], written.annotators[0]);
    assert_tame(&judged.folder.run(&["sample", "run.db", "--n", "5"]).expect(0));

    // Nor in what is wrong with a label.
    let labels = written.labels();
    let first: Value = serde_json::from_str(labels.lines().next().unwrap()).unwrap();
    let mut unknown = first.clone();
    unknown["winner"] = Value::from("\u{1b}[31mnobody");
    unknown["annotator"] = Value::from("new");
    let mut turned = first;
    turned["winner"] = Value::from(b);
    for line in [unknown, turned] {
        judged.label(&format!("{labels}{line}\n"));
        let said = judged.calibrate(&[]).expect(3);
        assert!(said.stderr.contains("labels.jsonl:"), "{}", said.stderr);
        assert_tame(&said);
    }
}
