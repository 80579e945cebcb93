//! Class metrics, against recorded values of scikit-learn (`tests/oracle/classes.py`).

use evenhand::metrics::{Average, ClassCounts, ClassScores, average_scores, class_of, total};
use proptest::prelude::*;
use serde_json::Value;

use crate::metrics::golden::{TOLERANCE, assert_close, number};
use crate::stats::cases;

/// The classes of responses and references, item by item.
fn pairs(case: &Value) -> Vec<(String, String)> {
    let classes = |name: &str| -> Vec<String> {
        let texts: Vec<String> = serde_json::from_value(case[name].clone()).unwrap();
        texts.iter().map(|text| class_of(text)).collect()
    };
    classes("responses").into_iter().zip(classes("references")).collect()
}

fn sums(class: &str, pairs: &[(String, String)]) -> ClassCounts {
    total(
        pairs
            .iter()
            .map(|(response, reference)| ClassCounts::of(response == class, reference == class)),
    )
}

/// The sums of everything that a response or a reference names, as strays must not matter.
fn all_sums(case: &Value) -> Vec<ClassCounts> {
    let (pairs, labels) = (pairs(case), names(&case["confusion_labels"]));
    labels.iter().map(|class| sums(class, &pairs)).collect()
}

fn names(value: &Value) -> Vec<String> {
    serde_json::from_value(value.clone()).unwrap()
}

#[track_caller]
fn assert_scores(found: ClassScores, expected: &Value, what: &str) {
    for (at, value) in [found.precision, found.recall, found.f1].into_iter().enumerate() {
        assert_close(value, number(&expected[at]), what);
    }
}

#[test]
fn scores_of_each_class_equal_those_of_scikit_learn() {
    let mut classes = 0;
    for case in cases("classes") {
        let pairs = pairs(&case);
        for (at, class) in names(&case["labels"]).iter().enumerate() {
            let sums = sums(class, &pairs);
            let scores =
                ClassScores { precision: sums.precision(), recall: sums.recall(), f1: sums.f1() };
            assert_scores(scores, &case["per_class"][at], &format!("{}: {class}", case["name"]));
            classes += 1;
        }
    }
    assert!(classes > 100, "{classes}");
}

#[test]
fn every_average_equals_that_of_scikit_learn_over_the_references_classes() {
    for case in cases("classes") {
        let sums = all_sums(&case);
        for (average, name) in
            [(Average::Micro, "micro"), (Average::Macro, "macro"), (Average::Weighted, "weighted")]
        {
            let found = average_scores(&sums, average).unwrap();
            assert_scores(found, &case["averages"][name], &format!("{}: {name}", case["name"]));
        }
        let recall = average_scores(&sums, Average::Weighted).unwrap().recall;
        assert_close(recall, number(&case["accuracy"]), "accuracy");
    }
}

#[test]
fn the_confusions_of_answers_equal_the_confusion_matrix_of_scikit_learn() {
    for case in cases("classes") {
        let (pairs, labels) = (pairs(&case), names(&case["confusion_labels"]));
        let cell = |actual: &str, predicted: &str| {
            pairs.iter().filter(|pair| pair.0 == predicted && pair.1 == actual).count()
        };
        let row = |actual: &String| labels.iter().map(|name| cell(actual, name)).collect();
        let confusion: Vec<Vec<usize>> = labels.iter().map(row).collect();
        assert_eq!(Value::from(confusion), case["confusion"], "{}", case["name"]);
    }
}

#[test]
fn a_class_is_the_text_without_case_and_extra_white_space() {
    for (text, class) in [
        ("", ""),
        (" \n", ""),
        ("A", "a"),
        ("the A", "the a"),
        ("\u{a0}Very\t \nGOOD\u{3000}", "very good"),
        ("spam.", "spam."),
        ("C++", "c++"),
        ("ΟΔΟΣ", "οδος"),
        ("STRASSE", "strasse"),
        ("Straße", "straße"),
    ] {
        assert_eq!(class_of(text), class);
    }
    assert_ne!(class_of("caf\u{e9}"), class_of("cafe\u{301}"));
}

#[test]
fn without_a_class_there_is_no_average() {
    let stray = ClassCounts { predicted: 3.0, ..ClassCounts::default() };
    for average in [Average::Micro, Average::Macro, Average::Weighted] {
        assert_eq!(average_scores(&[], average), None);
        assert_eq!(average_scores(&[stray], average), None);
    }
    assert_eq!((stray.precision(), stray.recall(), stray.f1()), (0.0, 0.0, 0.0));
    let unused = ClassCounts::default();
    assert_eq!((unused.precision(), unused.recall(), unused.f1()), (0.0, 0.0, 0.0));
}

proptest! {
    #[test]
    fn class_of_is_idempotent(text in any::<String>()) {
        let class = class_of(&text);
        prop_assert_eq!(class_of(&class), class);
    }

    #[test]
    fn micro_and_weighted_recall_are_the_accuracy(
        pairs in proptest::collection::vec((0_u8..6, 0_u8..4), 1..60),
    ) {
        let of = |class| total(pairs.iter().map(|(response, reference)| {
            ClassCounts::of(*response == class, *reference == class)
        }));
        let classes: Vec<ClassCounts> = (0..6).map(of).collect();
        let right = pairs.iter().filter(|(response, reference)| response == reference).count();
        let accuracy = right as f64 / pairs.len() as f64;
        for average in [Average::Micro, Average::Weighted] {
            let recall = average_scores(&classes, average).unwrap().recall;
            prop_assert!((recall - accuracy).abs() < TOLERANCE);
        }
    }
}
