//! Ties that only people, or only the judge, may choose limit agreement, and the limit is said.

use serde_json::Value;

use crate::support::labelled_run::{RunSpec, rows, warning};

const CODES: [&str; 2] = ["ties-not-allowed", "ties-not-labelled"];

/// The calibration of a run, with a rubric that allows a tie or does not.
fn found(kinds: &[(usize, &'static str, &'static str)], ties: bool) -> Value {
    let mut spec = RunSpec::new(rows(kinds));
    spec.ties = ties;
    spec.judged().found(&[])
}

#[test]
fn ties_of_people_that_the_rubric_does_not_allow_limit_agreement() {
    // A judge that agrees wherever it can reaches exactly the limit.
    let found = found(&[(14, "a/a", "a"), (6, "a/a", "t")], false);
    let message = warning(&found, "ties-not-allowed").unwrap();
    assert!(message.contains("6 of 20 labelled comparisons a tie"), "{message}");
    assert!(message.contains("cannot exceed 70.0 %"), "{message}");
    assert_eq!(found["orders"]["agreement"]["value"], 0.7);
    assert!(warning(&found, "ties-not-labelled").is_none());
}

#[test]
fn the_limit_takes_annotators_without_a_majority_by_their_shares() {
    // A majority for b; a tie by majority; one of three, at best; half, at best.
    let kinds = [(3, "b/b", "bbt"), (3, "a/a", "ttb"), (3, "b/b", "abt"), (3, "a/a", "at-")];
    let found = found(&kinds, false);
    let message = warning(&found, "ties-not-allowed").unwrap();
    // (3 + 0 + 1 + 1.5) / 12
    assert!(message.contains("cannot exceed 45.8 %"), "{message}");
    let agreement = found["orders"]["agreement"]["value"].as_f64().unwrap();
    assert!((agreement - 5.5 / 12.0).abs() < 1e-12, "{agreement}");
}

#[test]
fn ties_of_the_judge_that_no_label_has_limit_agreement() {
    let found = found(&[(30, "a/a", "a"), (5, "t/t", "a"), (5, "a/t", "a")], true);
    let message = warning(&found, "ties-not-labelled").unwrap();
    assert!(message.contains("none of 40 labelled comparisons"), "{message}");
    assert!(message.contains("15 of 80 replies are one"), "{message}");
    assert!(message.contains("cannot exceed 81.2 %"), "{message}");
    assert_eq!(found["orders"]["agreement"]["value"], 0.8125);
    assert!(warning(&found, "ties-not-allowed").is_none());
}

#[test]
fn ties_that_both_or_neither_may_choose_are_no_finding() {
    for (kinds, ties) in [
        (&[(40, "a/a", "a"), (2, "t/t", "a"), (1, "a/a", "t")][..], true),
        (&[(40, "a/a", "a")], true),
        (&[(40, "a/a", "a")], false),
        // Few labels without a tie say nothing.
        (&[(20, "a/a", "a"), (2, "t/t", "a")], true),
    ] {
        let found = found(kinds, ties);
        for code in CODES {
            assert!(warning(&found, code).is_none(), "{code} of {kinds:?}");
        }
    }
}

#[test]
fn check_says_the_same_of_labels_before_anything_is_judged() {
    let check = ["check", "items.jsonl", "--rubric", "./r.toml", "--labels", "labels.jsonl"];
    let mut spec = RunSpec::new(rows(&[(21, "a/a", "a"), (9, "a/a", "t")]));
    spec.ties = false;
    let said = spec.judged().folder.run(&check).expect(0);
    let number = "people called 9 of 30 labelled comparisons a tie";
    assert!(said.stderr.contains(number), "{}", said.stderr);
    assert!(said.stderr.contains("cannot exceed 70.0 %"), "{}", said.stderr);
    spec = RunSpec::new(rows(&[(30, "a/a", "a")]));
    let said = spec.judged().folder.run(&check).expect(0);
    let number = "none of 30 labelled comparisons has a label that is one";
    assert!(said.stderr.contains(number), "{}", said.stderr);
}
