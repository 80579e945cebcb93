//! What is known of the people who grade: against statsmodels and scipy (`tests/oracle/labelling.py`), by hand, and in
//! words.

use serde_json::{Value, json};

use crate::stats::cases;
use crate::support::annotators::{annotator, assert_differences};
use crate::support::calibrated_grades::{
    CalibratedGrades, FOUR, GradeSpec, assert_near, responses, responses_of,
};
use crate::support::labelled_run::{interval, unwrapped, value};
use crate::support::lines_of;

/// So many responses of both systems that the judge gives the third of four steps, and these label lines.
fn graded(items: usize, lines: &[Value]) -> CalibratedGrades {
    let of = |system| responses(system, &[(items, "2/2", "")]);
    let graded = GradeSpec::four([of("alpha"), of("beta")].concat()).graded();
    label(&graded, lines);
    graded
}

fn label(graded: &CalibratedGrades, lines: &[Value]) {
    graded.folder.write("labels.jsonl", &lines_of(lines));
}

/// A line about a response of alpha by an annotator, with other fields.
fn line(number: usize, annotator: &str, fields: &Value) -> Value {
    let id = format!("q{number:03}");
    let mut line = json!({ "id": id, "annotator": annotator, "system": "alpha", "grade": null });
    for (field, value) in fields.as_object().unwrap() {
        line[field] = value.clone();
    }
    line
}

/// A line with a grade.
fn grade(number: usize, annotator: &str, grade: &str) -> Value {
    line(number, annotator, &json!({ "grade": grade }))
}

/// The label lines of a case of the other programs.
fn lines_of_case(case: &Value) -> &[Value] {
    case["input"].as_array().unwrap()
}

#[test]
fn annotators_and_their_differences_are_those_of_statsmodels_and_scipy() {
    let cases = cases("grade_labelling");
    assert_eq!(cases.len(), 4);
    for case in cases {
        let graded = if case["steps"] == json!(FOUR) {
            graded(90, lines_of_case(&case))
        } else {
            let graded = GradeSpec::two(responses("alpha", &[(90, "1/1", "")])).graded();
            label(&graded, lines_of_case(&case));
            graded
        };
        let found = graded.found(&[]);
        let expected = &case["expected"];
        assert_eq!(
            found["labelling"]["differences_tested"], expected["tested"],
            "{}",
            case["name"]
        );
        assert_differences(&found, expected);
        for (name, expected) in expected["annotators"].as_object().unwrap() {
            let one = annotator(&found, name);
            assert_eq!(one["labelled"], expected["labelled"]);
            let reasons = one["skipped"].as_object().unwrap().values();
            let skipped: u64 = reasons.map(|count| count.as_u64().unwrap()).sum();
            assert_eq!(json!(skipped), expected["skipped"]);
            for share in ["others", "self_consistency", "cannot_assess"] {
                assert_near(value(&one[share]), expected[share].as_f64().unwrap());
            }
            let end = |end: &str| expected["mean_step"][end].as_f64().unwrap();
            assert_near(value(&one["mean_step"]), end("value"));
            let [low, high] = interval(&one["mean_step"]);
            assert_near(low, end("low"));
            assert_near(high, end("high"));
        }
        for (name, median) in expected["median_seconds"].as_object().unwrap() {
            let pace = &annotator(&found, name)["pace"];
            assert_near(pace["median_seconds"].as_f64().unwrap(), median.as_f64().unwrap());
        }
    }
}

#[test]
fn each_annotator_is_described_by_hand_counts() {
    let mut lines = Vec::new();
    for number in 0..10 {
        let step = FOUR[number % 4];
        let seconds = 2.0 * number as f64;
        lines.push(line(number, "ana", &json!({ "grade": step, "seconds": seconds })));
        lines.push(grade(number, "ben", "fair"));
    }
    // Two of three say the same, and of the next three nobody does.
    lines.push(grade(1, "cyd", "fair"));
    lines.push(grade(2, "cyd", "poor"));
    lines.push(grade(10, "ana", "cannot assess"));
    lines.push(grade(11, "ana", "cannot assess"));
    lines.push(line(12, "ana", &json!({ "skipped": "unclear" })));
    lines.push(line(13, "ana", &json!({ "skipped": "cannot-judge" })));
    lines.push(line(14, "ana", &json!({ "skipped": "cannot-judge" })));
    let repeat = |step: &str| json!({ "grade": step, "repeat": true, "seconds": 900 });
    lines.push(line(0, "ana", &repeat("poor")));
    lines.push(line(1, "ana", &repeat("good")));
    lines.push(line(10, "ana", &repeat("cannot assess")));
    // A repeat of a response that was skipped has nothing to be compared with.
    lines.push(line(12, "ana", &repeat("good")));
    // The same item, but a response of the other system.
    lines.push(line(3, "ana", &json!({ "grade": "excellent", "system": "beta", "repeat": true })));
    let found = graded(20, &lines).found(&[]);
    let ana = annotator(&found, "ana");
    assert_eq!(ana["labelled"], 12);
    assert_eq!(ana["skipped"], json!({ "unclear": 1, "cannot_judge": 2 }));
    // 0, 2, 4 and so on up to 18; neither repeats nor labels without a time count.
    assert_eq!(ana["pace"], json!({ "median_seconds": 9.0, "n": 10 }));
    // Of q001, q005 and q009 with ben; q002 has two others, of whom neither gives "good".
    assert_near(value(&ana["others"]), 3.0 / 10.0);
    assert_eq!(ana["others"]["n"], 10);
    let cyd = annotator(&found, "cyd");
    // Of q001 both others give the same; of q002 neither does, and they have no majority.
    assert_near(value(&cyd["others"]), 0.5);
    assert_near(value(&ana["self_consistency"]), 2.0 / 3.0);
    assert_eq!(ana["self_consistency"]["n"], 3);
    // poor, fair and so on: three of the first two, two of the others.
    assert_near(value(&ana["mean_step"]), (3.0 + 6.0 + 6.0 + 8.0) / 10.0);
    assert_eq!(ana["mean_step"]["n"], 10);
    assert_near(value(&ana["cannot_assess"]), 2.0 / 12.0);
    // statsmodels 0.14.6, proportion_confint(2, 12, method="wilson").
    let [low, high] = interval(&ana["cannot_assess"]);
    assert_near(low, 0.046_965_142_183_853_81);
    assert_near(high, 0.448_030_862_252_973_5);
    assert_eq!(ana["undefined"], json!({}));
}

#[test]
fn what_is_not_known_of_an_annotator_is_null_with_the_reason() {
    let mut lines = vec![grade(0, "ana", "cannot assess"), grade(1, "ben", "good")];
    lines.push(line(2, "cyd", &json!({ "skipped": "unclear" })));
    let found = graded(4, &lines).found(&[]);
    let expected = json!({
        "pace": "no label has a time",
        "others": "nobody else labelled any of these responses",
        "self_consistency": "no label has a repeat",
        "mean_step": "every label says that the response cannot be assessed",
    });
    let ana = annotator(&found, "ana");
    assert_eq!(ana["undefined"], expected);
    for number in expected.as_object().unwrap().keys() {
        assert!(ana[number].is_null(), "{number}");
    }
    let cyd = annotator(&found, "cyd");
    assert_eq!(cyd["labelled"], 0);
    for number in ["mean_step", "cannot_assess"] {
        assert_eq!(cyd["undefined"][number], "there is no label");
        assert!(cyd[number].is_null(), "{number}");
    }
    // Somebody who only skips is no annotator of a label.
    assert_eq!(found["annotators"], 2);
}

#[test]
fn grades_without_details_make_no_section() {
    let run = GradeSpec::four(responses("alpha", &[(20, "2/2", "22"), (20, "0/0", "00")])).graded();
    for flags in [&["--full"][..], &["--format", "markdown"]] {
        let said = run.calibrate(flags).expect(0).stdout;
        assert!(!said.contains("people who label") && !said.contains("with others"), "{said}");
        assert!(!said.contains("same grade again"), "{said}");
    }
    let found = run.found(&[]);
    let annotators = found["labelling"]["annotators"].as_array().unwrap();
    assert_eq!(annotators.len(), 2);
    assert_near(value(&annotators[0]["mean_step"]), 2.0);
}

#[test]
fn somebody_who_grades_higher_is_named_although_labels_have_nothing_but_grades() {
    let run =
        GradeSpec::four(responses("alpha", &[(20, "2/2", "020"), (20, "0/0", "131")])).graded();
    let found = run.found(&[]);
    let differences = found["labelling"]["differences"].as_array().unwrap();
    let named: Vec<[&Value; 2]> =
        differences.iter().map(|one| [&one["annotator"], &one["measure"]]).collect();
    assert!(named.contains(&[&json!("ben"), &json!("steps")]), "{named:?}");
    let said = unwrapped(&run.calibrate(&[]).expect(0).stdout);
    let sentence = "ben grades at 83.3 % (";
    let others = "of the scale on average over 40 labels, the others at 16.7 % (";
    for part in ["the people who label", sentence, others, ") over 80: 0 % is the lowest step"] {
        assert!(said.contains(part), "no `{part}` in {said}");
    }
}

#[test]
fn annotators_who_differ_are_named_in_sentences_about_responses() {
    let [higher, skipping, two] = [0, 1, 2].map(|case| cases("grade_labelling")[case].clone());
    let run = graded(60, lines_of_case(&higher));
    let table = run.calibrate(&[]).expect(0).stdout;
    let said = unwrapped(&table);
    for part in [
        "ben took a median of ",
        "ben agrees with another person in 29.8 % (",
        " on 117 responses, the others with each other in 59.3 % (",
        "ben gave the same grade again in 48.7 % (",
        "of 39 repeats, the others in 94.1 % (",
        "ben grades at 68.8 % (",
        "of the scale on average over 110 labels, the others at 51.2 % (",
        ") over 333: 0 % is the lowest step, 100 % the highest (adjusted p < 0.001).",
    ] {
        assert!(said.contains(part), "no `{part}` in {table}");
    }
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    let run = GradeSpec::two(responses("alpha", &[(90, "1/1", "")])).graded();
    label(&run, lines_of_case(&skipping));
    let said = unwrapped(&run.calibrate(&[]).expect(0).stdout);
    assert!(said.contains("ana skipped 33.3 % ("), "{said}");
    assert!(said.contains(") of 90 responses, the others 2.6 % ("), "{said}");
    let found = graded(80, lines_of_case(&two)).found(&[]);
    let [one] = found["labelling"]["differences"].as_array().unwrap().as_slice() else {
        panic!("{}", found["labelling"])
    };
    assert_eq!([&one["annotator"], &one["other"]], ["ben", "ana"]);
}

#[test]
fn every_format_has_the_numbers_of_the_annotators() {
    let case = &cases("grade_labelling")[0];
    let run = graded(60, lines_of_case(case));
    let full = run.calibrate(&["--full"]).expect(0).stdout;
    let start = full.find("people who label, one by one").unwrap();
    for label in
        ["  ben\n", "agrees with the others", "same grade again", "mean step", "cannot assess"]
    {
        assert!(full[start..].contains(label), "no `{label}` in {full}");
    }
    let markdown = run.calibrate(&["--format", "markdown"]).expect(0).stdout;
    let head = "| annotator | labels | skipped | median time | agrees with the others | same grade again | mean step | cannot assess |";
    assert!(markdown.contains(head), "{markdown}");
    let row = markdown.lines().find(|line| line.starts_with("| ana |")).unwrap();
    let found = run.found(&[]);
    let mean_step = &annotator(&found, "ana")["mean_step"];
    let [low, high] = interval(mean_step);
    let cell = format!("| {:.2} ({low:.2} – {high:.2}) of {} |", value(mean_step), mean_step["n"]);
    assert!(row.contains(&cell), "no `{cell}` in {row}");
    let report = ["report", "run.db", "--labels", "labels.jsonl", "--format"];
    for format in ["html", "markdown", "table"] {
        let said = run.folder.run(&[&report[..], &[format]].concat()).expect(0).stdout;
        assert!(unwrapped(&said).contains("ben grades at 68.8"), "{format}: {said}");
        let redacted =
            run.folder.run(&[&report[..], &[format, "--redact"]].concat()).expect(0).stdout;
        assert!(
            unwrapped(&redacted).contains("annotator 2 grades at 68.8"),
            "{format}: {redacted}"
        );
        for name in ["ana", "ben", "cyd", "dov"] {
            let word =
                redacted.split(|char: char| !char.is_alphanumeric()).any(|word| word == name);
            assert!(!word, "{format}: {name}: {redacted}");
        }
    }
    let document = run.folder.run(&[&report[..], &["json", "--redact"]].concat()).expect(0).stdout;
    let document: Value = serde_json::from_str(&document).unwrap();
    let labelling = &document["calibration"]["labelling"];
    assert_eq!(labelling["differences"][0]["annotator"], "annotator 2");
    assert_eq!(labelling["annotators"][0]["annotator"], "annotator 1");
}

#[test]
fn annotators_that_are_not_shown_are_counted() {
    let fields = json!({ "grade": "good", "seconds": 3 });
    let lines: Vec<Value> =
        (0..52).map(|at| line(at % 4, &format!("annotator-{at:02}"), &fields)).collect();
    let run = graded(4, &lines);
    let found = run.found(&[]);
    assert_eq!(found["labelling"]["annotators"].as_array().unwrap().len(), 50);
    assert_eq!(found["labelling"]["annotators_left_out"], 2);
    let table = run.calibrate(&[]).expect(0).stdout;
    assert!(table.contains("  … and 38 more with --format json"), "{table}");
    assert!(table.contains("  2 annotators with fewer labels are left out."), "{table}");
    let markdown = run.calibrate(&["--format", "markdown"]).expect(0).stdout;
    for part in
        ["The JSON document has 38 more annotators", "2 annotators with fewer labels are left out"]
    {
        assert!(markdown.contains(part), "no `{part}` in {markdown}");
    }
}

#[test]
fn only_labels_of_the_part_that_is_measured_count() {
    let ids = (0..40).map(|at| format!("q{at:03}"));
    let run = GradeSpec::four(responses_of("alpha", ids, &[(40, "2/2", "2")])).graded();
    let mut lines: Vec<Value> = (0..40).map(|number| grade(number, "ana", "good")).collect();
    lines.extend((0..40).map(|number| line(number, "ben", &json!({ "skipped": "unclear" }))));
    let again = json!({ "grade": "good", "repeat": true });
    lines.extend((0..40).map(|number| line(number, "ana", &again)));
    label(&run, &lines);
    let of = |flags: &[&str], name: &str, number: &str| {
        let found = run.found(flags);
        annotator(&found, name).pointer(number).unwrap().as_u64().unwrap()
    };
    for (name, number) in
        [("ana", "/labelled"), ("ana", "/self_consistency/n"), ("ben", "/skipped/unclear")]
    {
        let parts = ["dev", "test"].map(|part| of(&["--part", part], name, number));
        assert!(parts.iter().all(|part| (5..35).contains(part)), "{number}: {parts:?}");
        assert_eq!(parts[0] + parts[1], of(&[], name, number), "{number}");
    }
}

#[test]
fn names_of_annotators_are_escaped() {
    let name = "<b>a|na\u{1b}[31m";
    let mut lines: Vec<Value> = (0..12).map(|number| grade(number, "ben", "poor")).collect();
    let slow = json!({ "grade": "excellent", "seconds": 4 });
    lines.extend((0..12).map(|number| line(number, name, &slow)));
    let run = graded(12, &lines);
    assert_eq!(annotator(&run.found(&[]), name)["labelled"], 12);
    for flags in [&["--full"][..], &["--format", "markdown"]] {
        let said = run.calibrate(flags).expect(0).stdout;
        assert!(said.contains("grades at 100.0 %"), "{said}");
        assert!(!said.contains('\u{1b}'), "{said}");
        if flags[0] == "--format" {
            assert!(!said.contains("<b>") && !said.contains("a|na"), "{said}");
        }
    }
    let report = ["report", "run.db", "--labels", "labels.jsonl", "--format", "html"];
    let said = run.folder.run(&report).expect(0).stdout;
    assert!(said.contains("grades at 100.0") && !said.contains("<b>a"), "{said}");
}
