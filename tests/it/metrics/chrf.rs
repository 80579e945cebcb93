//! chrF, against sacrebleu and by its properties.

use evenhand::metrics::chrf;
use proptest::prelude::*;
use serde_json::Value;

fn texts(golden: &Value, name: &str) -> Vec<String> {
    serde_json::from_value(golden["texts"][name].clone()).unwrap()
}

#[test]
fn chrf_agrees_with_sacrebleu() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/sacrebleu.json");
    let golden: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let (hypotheses, references) = (texts(&golden, "H"), texts(&golden, "R"));
    let cases: Vec<&Value> = golden["cases"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|case| {
            let input = &case["input"];
            case["name"] == "chrf" && input["word_order"] == 0 && input["lowercase"] == false
        })
        .collect();
    assert_eq!(cases.len(), 1);
    let expected: Vec<f64> =
        serde_json::from_value(cases[0]["expected"]["sentences"].clone()).unwrap();
    assert_eq!([hypotheses.len(), references.len()], [expected.len(), expected.len()]);
    for ((hypothesis, reference), expected) in hypotheses.iter().zip(&references).zip(expected) {
        let score = chrf(hypothesis, reference);
        assert!(
            (score - expected).abs() < 1e-9,
            "{score}, expected {expected}: {hypothesis} / {reference}"
        );
    }
}

#[test]
fn chrf_of_a_text_that_shares_nothing_is_0() {
    for (hypothesis, reference) in
        [("", ""), ("", "text"), ("text", ""), (" \n", "text"), ("abc", "xyz")]
    {
        assert!(chrf(hypothesis, reference).abs() < 1e-12, "{hypothesis:?} / {reference:?}");
    }
}

#[test]
fn chrf_weighs_recall_more_than_precision() {
    let (short, long) = ("the cat sat", "the cat sat on the mat and slept");
    assert!(chrf(long, short) > chrf(short, long) + 10.0);
}

proptest! {
    #[test]
    fn chrf_is_between_0_and_100_and_100_for_the_same_text_whatever_its_white_space(
        one in "\\PC{0,30}",
        other in "\\PC{0,30}",
        word in "[a-zä-ü]{1,20}",
    ) {
        let score = chrf(&one, &other);
        prop_assert!((0.0..=100.0 + 1e-9).contains(&score));
        let spaced: String = word.chars().flat_map(|char| [char, ' ', '\u{3000}', '\n']).collect();
        prop_assert!((chrf(&word, &spaced) - 100.0).abs() < 1e-9);
    }
}
