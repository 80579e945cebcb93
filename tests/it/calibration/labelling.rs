//! What is known of annotators: against statsmodels and scipy (`tests/oracle/labelling.py`), by hand, and in words.

use serde_json::{Value, json};

use crate::overview::document_of;
use crate::stats::{assert_close, cases};
use crate::support::annotators::{annotator, assert_differences};
use crate::support::labelled_run::{JudgedRun, RunSpec, interval, rows, unwrapped, value, warning};

const BETWEEN: [&str; 2] = ["alpha", "beta"];

/// So many comparisons with a judge that prefers alpha, and these label lines.
fn judged(comparisons: usize, lines: &[Value]) -> JudgedRun {
    let judged = RunSpec::new(rows(&[(comparisons, "a/a", "")])).judged();
    let text = crate::support::lines_of(lines);
    judged.label(&text);
    judged
}

/// A line about a comparison by an annotator, with other fields.
pub(super) fn line(number: usize, annotator: &str, fields: &Value) -> Value {
    let id = format!("q{number:03}");
    let mut line = json!({ "id": id, "annotator": annotator, "between": BETWEEN, "winner": null });
    for (field, value) in fields.as_object().unwrap() {
        line[field] = value.clone();
    }
    line
}

#[test]
fn annotators_and_their_differences_are_those_of_statsmodels_and_scipy() {
    let cases = cases("labelling");
    assert_eq!(cases.len(), 4);
    for case in cases {
        let lines = case["input"].as_array().unwrap();
        let found = judged(120, lines).found(&[]);
        let expected = &case["expected"];
        assert_eq!(
            found["labelling"]["differences_tested"], expected["tested"],
            "{}",
            case["name"]
        );
        assert_differences(&found, expected);
        for (name, median) in expected["median_seconds"].as_object().unwrap() {
            let one = annotator(&found, name);
            assert_close(
                one["pace"]["median_seconds"].as_f64().unwrap(),
                median.as_f64().unwrap(),
                1e-9,
            );
            for measure in ["self_consistency", "left", "ties"] {
                let expected = expected[measure][name].as_f64().unwrap();
                assert_close(value(&one[measure]), expected, 1e-12);
            }
        }
    }
}

#[test]
fn an_annotator_unlike_all_others_does_not_make_these_unlike_the_others() {
    let case = &cases("labelling")[0];
    let judged = judged(120, case["input"].as_array().unwrap());
    let found = judged.found(&[]);
    let named = found["labelling"]["differences"].as_array().unwrap();
    assert!(named.iter().all(|one| one["annotator"] == "ben"), "{named:?}");
    let table = unwrapped(&judged.calibrate(&[]).expect(0).stdout);
    for part in [
        "ben took a median of 4.7 s over 87 labels, the others 19.2 s over 264 (adjusted p < 0.001).",
        "ben chose the left response in 71.1 % (",
        "ben agrees with another person in 44.8 % (",
    ] {
        assert!(table.contains(part), "no `{part}` in {table}");
    }
}

#[test]
fn each_annotator_is_described_by_hand_counts() {
    let mut lines = Vec::new();
    for number in 0..12 {
        let winner = ["alpha", "beta", "tie"][number % 3];
        let seconds = number as f64 + 1.0;
        lines.push(line(
            number,
            "ana",
            &json!({ "winner": winner, "left": "alpha", "seconds": seconds }),
        ));
        lines.push(line(number, "ben", &json!({ "winner": "alpha" })));
    }
    lines.push(line(12, "ana", &json!({ "skipped": "both-wrong" })));
    lines.push(line(13, "ana", &json!({ "skipped": "unclear" })));
    lines.push(line(0, "ana", &json!({ "winner": "alpha", "repeat": true, "left": "beta" })));
    lines.push(line(1, "ana", &json!({ "winner": "alpha", "repeat": true })));
    lines.push(line(12, "ana", &json!({ "winner": "alpha", "repeat": true })));
    for choice in ["left", "left", "tie"] {
        let number = lines.len() % 7;
        lines.push(line(number, "ana", &json!({ "equal": "alpha", "choice": choice })));
    }
    let found = judged(20, &lines).found(&[]);
    let ana = annotator(&found, "ana");
    assert_eq!(ana["labelled"], 12);
    assert_eq!(ana["skipped"], json!({ "unclear": 1, "both_wrong": 1, "cannot_judge": 0 }));
    assert_eq!(ana["pace"], json!({ "median_seconds": 6.5, "n": 12 }));
    // Four of twelve are for alpha, as ben says.
    assert_eq!((value(&ana["others"]), &ana["others"]["n"]), (4.0 / 12.0, &json!(12)));
    // A repeat of a comparison that was skipped has nothing to be compared with.
    assert_eq!((value(&ana["self_consistency"]), &ana["self_consistency"]["n"]), (0.5, &json!(2)));
    assert_eq!((value(&ana["left"]), &ana["left"]["n"]), (0.5, &json!(8)));
    assert_close(value(&ana["ties"]), 4.0 / 12.0, 1e-12);
    // statsmodels 0.14.6, proportion_confint(4, 8, method="wilson").
    let [low, high] = interval(&ana["left"]);
    assert_close(low, 0.215_216_062_213_877_5, 1e-9);
    assert_close(high, 0.784_783_937_786_122_5, 1e-9);
    assert_eq!(ana["equal_pairs"], json!({ "left": 2, "right": 0, "tie": 1 }));
    assert_eq!(ana["undefined"], json!({}));
}

#[test]
fn what_is_not_known_of_an_annotator_is_null_with_the_reason() {
    let mut lines = vec![line(0, "ana", &json!({ "winner": "tie", "left": "alpha" }))];
    lines.push(line(1, "ben", &json!({ "winner": "alpha" })));
    lines.push(line(2, "cyd", &json!({ "skipped": "unclear" })));
    let found = judged(4, &lines).found(&[]);
    let expected = json!({
        "pace": "no label has a time",
        "others": "nobody else labelled any of these comparisons",
        "self_consistency": "no label has a repeat",
        "left": "every label with a side is a tie",
        "equal_pairs": "no pair of equal responses has an answer",
    });
    assert_eq!(annotator(&found, "ana")["undefined"], expected);
    let reasons = &annotator(&found, "ben")["undefined"];
    assert_eq!(reasons["left"], "no label says which response was on the left");
    let cyd = annotator(&found, "cyd");
    assert_eq!(
        (&cyd["labelled"], &cyd["undefined"]["ties"]),
        (&json!(0), &json!("there is no label"))
    );
    for measure in ["pace", "others", "self_consistency", "left", "ties", "equal_pairs"] {
        assert!(cyd[measure].is_null(), "{measure}");
    }
    // Somebody who only skips is no annotator of a label.
    assert_eq!(found["annotators"], 2);
}

#[test]
fn labels_without_details_make_no_section() {
    let judged = RunSpec::new(rows(&[(20, "a/a", "ab"), (20, "b/b", "bb")])).judged();
    let table = judged.calibrate(&["--full"]).expect(0).stdout;
    assert!(!table.contains("people who label"), "{table}");
    let found = judged.found(&[]);
    assert_eq!(found["labelling"]["annotators"].as_array().unwrap().len(), 2);
    for block in ["forced_choice", "adjudication"] {
        assert!(found[block].is_null(), "{block}");
    }
}

#[test]
fn two_annotators_who_differ_are_named_in_one_sentence() {
    let mut lines = Vec::new();
    for number in 0..40 {
        let left = BETWEEN[number % 2];
        let right = BETWEEN[(number + 1) % 2];
        let of_ana = if number % 8 < 4 { left } else { right };
        lines.push(line(number, "ana", &json!({ "winner": of_ana, "left": left })));
        let of_ben = if number == 3 { right } else { left };
        lines.push(line(number, "ben", &json!({ "winner": of_ben, "left": left })));
    }
    let judged = judged(40, &lines);
    let found = judged.found(&[]);
    let differences = found["labelling"]["differences"].as_array().unwrap();
    assert_eq!(differences.len(), 1, "{differences:?}");
    assert_eq!([&differences[0]["annotator"], &differences[0]["other"]], ["ana", "ben"]);
    let table = unwrapped(&judged.calibrate(&[]).expect(0).stdout);
    assert!(table.contains("ana chose the left response in 50.0 % ("), "{table}");
    assert!(table.contains(" of 40 labels, ben in 97.5 % ("), "{table}");
}

#[test]
fn the_choices_by_criterion_are_counted_and_compared_with_the_choices_by_all() {
    let by = |number: usize, annotator: &str, winner: &str, accuracy: &str| {
        let criteria = json!({ "accuracy": accuracy });
        line(number, annotator, &json!({ "winner": winner, "criteria": criteria }))
    };
    let lines = [
        by(0, "ana", "alpha", "alpha"),
        by(1, "ana", "alpha", "tie"),
        by(1, "ben", "beta", "beta"),
        line(2, "ana", &json!({ "winner": "alpha" })),
    ];
    let found = judged(4, &lines).found(&[]);
    let [one] = found["labelling"]["criteria"].as_array().unwrap().as_slice() else {
        panic!("{found}")
    };
    assert_eq!([&one["labels"], &one["ties"]], [3, 1]);
    assert_eq!(one["name"], "accuracy");
    assert_close(value(&one["with_choice"]), 2.0 / 3.0, 1e-12);
}

#[test]
fn a_skipped_comparison_is_a_finding_that_names_who_skipped_it() {
    let drawn = |fields: Value| {
        let mut fields = fields;
        fields["probability"] = json!(0.5);
        fields
    };
    let mut lines: Vec<Value> =
        (0..8).map(|number| line(number, "ana", &drawn(json!({ "winner": "alpha" })))).collect();
    lines.push(line(8, "ana", &drawn(json!({ "skipped": "unclear" }))));
    lines.push(line(9, "ana", &drawn(json!({ "skipped": "unclear" }))));
    lines.push(line(9, "ben", &drawn(json!({ "winner": "beta" }))));
    lines.push(line(10, "ana", &drawn(json!({}))));
    let judged = judged(22, &lines);
    let found = judged.found(&[]);
    assert_eq!(found["skipped"]["comparisons"], 1, "the other one has a label of ben");
    assert_eq!(found["skipped"]["annotators"], json!(["ana"]));
    let skipped = warning(&found, "skipped-comparisons").unwrap();
    assert!(skipped.starts_with("1 comparison has no label because ana skipped it: "), "{skipped}");
    assert!(skipped.ends_with("have somebody else label it"), "{skipped}");
    let incomplete = warning(&found, "incomplete-sample").unwrap();
    let part = "of those that were drawn, 1 comparison was skipped and 1 form is not filled in;";
    assert!(incomplete.contains(part), "{incomplete}");
    // Once the form is answered and the skipped one is labelled, the sample is whole.
    lines.push(line(8, "ben", &drawn(json!({ "winner": "alpha" }))));
    lines.push(line(10, "ana", &drawn(json!({ "winner": "alpha" }))));
    let text = crate::support::lines_of(lines);
    judged.label(&text);
    let found = judged.found(&[]);
    assert_eq!([&found["labels_blank"], &found["labelled"]], [0, 11]);
    for code in ["incomplete-sample", "skipped-comparisons", "labels-blank"] {
        assert!(warning(&found, code).is_none(), "{code}");
    }
}

#[test]
fn annotators_that_are_not_shown_are_counted() {
    let fields = json!({ "winner": "alpha", "left": "alpha" });
    let lines: Vec<Value> =
        (0..52).map(|at| line(at % 4, &format!("annotator-{at:02}"), &fields)).collect();
    let judged = judged(4, &lines);
    let found = judged.found(&[]);
    assert_eq!(found["labelling"]["annotators"].as_array().unwrap().len(), 50);
    assert_eq!(found["labelling"]["annotators_left_out"], 2);
    let table = judged.calibrate(&[]).expect(0).stdout;
    assert!(table.contains("  … and 38 more with --format json"), "{table}");
    assert!(table.contains("  2 annotators with fewer labels are left out."), "{table}");
    let markdown = judged.calibrate(&["--format", "markdown"]).expect(0).stdout;
    for part in
        ["The JSON document has 38 more annotators", "2 annotators with fewer labels are left out"]
    {
        assert!(markdown.contains(part), "no `{part}` in {markdown}");
    }
}

#[test]
fn a_report_has_the_numbers_and_a_redacted_one_no_names() {
    let case = &cases("labelling")[1];
    let judged = judged(120, case["input"].as_array().unwrap());
    let mut overview = crate::overview::overview_of(
        &judged.folder,
        crate::overview::About { labels: true, ..crate::overview::About::default() },
    );
    let document = document_of(&overview);
    assert_eq!(document["calibration"]["labelling"]["differences"][0]["annotator"], "cyd");
    let _redaction = overview.redact();
    let document = document_of(&overview);
    let differences = &document["calibration"]["labelling"]["differences"];
    assert_eq!(differences[0]["annotator"], "annotator 3");
    let text = document.to_string();
    for name in ["\"ana\"", "cyd", "dov"] {
        assert!(!text.contains(name), "{name}");
    }
    for format in ["html", "markdown"] {
        let arguments = ["report", "run.db", "--labels", "labels.jsonl", "--format", format];
        let said = judged.folder.run(&arguments).expect(0).stdout;
        for part in ["cyd chose a tie in 44.1", "ana skipped 25.0"] {
            assert!(said.contains(part), "no `{part}` in {format}");
        }
    }
}
