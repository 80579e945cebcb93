//! Metrics against people's grades of single responses.

use serde_json::{Value, json};

use super::{
    document, in_tenths, item, lines, metric, metrics, number, tickets, warning, with_items,
};
use crate::stats::{assert_close, cases, numbers};
use crate::support::Folder;

const FLAGS: [&str; 4] = ["--metric", "token-f1", "--labels", "grades.jsonl"];

fn grade(id: &str, annotator: &str, system: &str, grade: impl Into<Value>) -> Value {
    json!({"id": id, "annotator": annotator, "system": system, "grade": grade.into()})
}

/// Items whose responses have so many right words in ten, and labels: `people` has the grade of each response, or none.
fn graded<const SYSTEMS: usize>(right: &[[usize; SYSTEMS]], people: &[[&str; SYSTEMS]]) -> Folder {
    let folder = with_items(&in_tenths(right));
    let mut labels = Vec::new();
    for (at, grades) in people.iter().enumerate() {
        for (system, given) in
            ["a", "b", "c"].iter().zip(grades).filter(|(_, given)| !given.is_empty())
        {
            labels.push(grade(&format!("t-{at}"), "ana", system, *given));
        }
    }
    folder.write("grades.jsonl", &lines(&labels));
    folder
}

fn write_scale(folder: &Folder, more: &str) {
    folder.write(
        "rubrics/three.toml",
        &format!(
            "name = \"three\"\ndescription = \"How good is it?\"\nmode = \"grade\"\nscale = [\"0\", \"1\", \"2\"]\n{more}"
        ),
    );
}

/// Returns a report without its line breaks.
fn in_one_line(report: &str) -> String {
    report.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn assert_value(of: &Value, name: &str, expected: f64) {
    assert_close(number(&of[name]["value"]), expected, 1e-12);
}

#[test]
fn the_area_and_the_agreement_within_items_equal_values_computed_by_hand() {
    let folder = graded(
        &[[9, 3], [4, 4], [2, 6], [5, 7], [8, 1]],
        &[["pass", "fail"], ["pass", "fail"], ["pass", "fail"], ["pass", "pass"], ["fail", ""]],
    );
    let found = document(&folder, &FLAGS);
    let of = &metric(&found, "token-f1")["grades"];
    // Passes 9 4 2 5 7 against fails 3 4 6 8: 4 + 1½ + 0 + 2 + 3 of 20.
    assert_value(of, "auroc", 10.5 / 20.0);
    assert_eq!([&of["n"], &of["auroc"]["n"]], [9, 9]);
    // Of the three items with different grades: right, equal scores, wrong.
    assert_value(of, "within_items", 0.5);
    assert_eq!(of["within_items"]["n"], 3);
    assert!(number(&of["auroc"]["low"]) < 0.5 && number(&of["auroc"]["high"]) > 0.6, "{of}");
    assert_eq!(
        found["grades"],
        json!({
            "labelled": 9,
            "annotators": 1,
            "scale": {"steps": ["fail", "pass"], "pass_from": "pass", "cannot_assess": false},
            "passes": {"passed": 5, "failed": 4, "no_majority": 0},
            "cannot_assess": 0,
            "labels_unmatched": 0,
            "labels_blank": 0,
        })
    );
    assert_eq!(found["labels"], Value::Null);
    assert_eq!(metric(&found, "token-f1")["labels"], Value::Null);
}

#[test]
fn numbers_of_a_scale_equal_those_of_scikit_learn_and_scipy() {
    let case = cases("ordered_table").into_iter().find(|case| case["name"] == "tenths").unwrap();
    let right: Vec<usize> = numbers(&case["input"]["scores"])
        .iter()
        .map(|score| (score * 10.0).round() as usize)
        .collect();
    let right: Vec<[usize; 2]> = right.chunks(2).map(|pair| [pair[0], pair[1]]).collect();
    let people: Vec<String> =
        numbers(&case["input"]["grades"]).iter().map(ToString::to_string).collect();
    let people: Vec<[&str; 2]> = people.chunks(2).map(|pair| [&*pair[0], &*pair[1]]).collect();
    let folder = graded(&right, &people);
    write_scale(&folder, "pass_from = \"2\"\n");
    let found = document(&folder, &[&FLAGS[..], &["--rubric", "three"]].concat());
    let (of, expected) = (&metric(&found, "token-f1")["grades"], &case["expected"]);
    assert_value(of, "auroc", number(&expected["auroc"]));
    assert_value(of, "spearman", number(&expected["spearman"]));
    assert_value(of, "kendall", number(&expected["kendall_tau_b"]));
    for name in ["auroc", "spearman", "kendall"] {
        let [value, low, high] = ["value", "low", "high"].map(|end| number(&of[name][end]));
        assert!(low < value && value < high, "{name}: {value}, {low} – {high}");
        assert_eq!(of[name]["n"], 60);
    }
}

#[test]
fn a_scale_that_does_not_say_what_passes_has_correlations_only() {
    let folder = graded(&[[9, 3], [4, 6], [2, 8]], &[["2", "0"], ["1", "1"], ["0", "2"]]);
    write_scale(&folder, "");
    let found = document(&folder, &[&FLAGS[..], &["--rubric", "three"]].concat());
    let of = &metric(&found, "token-f1")["grades"];
    assert_eq!([&of["auroc"], &found["grades"]["passes"]], [&Value::Null; 2]);
    assert_value(of, "within_items", 1.0);
    assert!(number(&of["spearman"]["value"]) > 0.8, "{of}");
    let said = metrics(&folder, &[&FLAGS[..], &["--rubric", "three"]].concat()).expect(0);
    assert!(said.stdout.contains(" ρ ") && !said.stdout.contains("AUC"), "{}", said.stdout);
}

#[test]
fn the_lower_error_rate_is_the_better_score_and_descriptors_are_taken_as_they_are() {
    let folder =
        graded(&[[9, 3], [8, 2], [7, 1]], &[["pass", "fail"], ["pass", "fail"], ["pass", "fail"]]);
    let text = std::fs::read_to_string(folder.path().join("items.jsonl"))
        .unwrap()
        .replace("zero one two wrong", "zero one two wrong extra words");
    folder.write("items.jsonl", &text);
    let flags = ["--labels", "grades.jsonl", "--metric", "ter", "--metric", "length-ratio"];
    let found = document(&folder, &flags);
    assert_value(&metric(&found, "ter")["grades"], "auroc", 1.0);
    let length = &metric(&found, "length-ratio")["grades"];
    assert!(number(&length["auroc"]["value"]) < 0.5, "the failed responses are longer: {length}");
    assert_eq!(length["describes"], true);
    let said = in_one_line(&metrics(&folder, &flags).expect(0).stdout);
    assert!(said.contains("length-ratio only describes responses"), "{said}");
}

#[test]
fn averages_over_classes_are_not_compared_with_grades() {
    let items = [item("t-0", &[("a", "yes")], "yes"), item("t-1", &[("a", "no")], "yes")];
    let folder = with_items(&items);
    let labels = [grade("t-0", "ana", "a", "pass"), grade("t-1", "ana", "a", "fail")];
    folder.write("grades.jsonl", &lines(&labels));
    let found = document(
        &folder,
        &["--labels", "grades.jsonl", "--metric", "f1-macro", "--metric", "accuracy"],
    );
    assert_eq!(metric(&found, "f1-macro")["grades"], Value::Null);
    assert_value(&metric(&found, "accuracy")["grades"], "auroc", 1.0);
    assert!(warning(&found, "no-response-score").is_some());
}

#[test]
fn several_labels_count_by_majority_on_passing_and_by_the_mean_step() {
    let folder = with_items(&in_tenths(&[[9, 3], [6, 5]]));
    let labels = [
        grade("t-0", "ana", "a", "pass"),
        grade("t-0", "ben", "a", "fail"),
        grade("t-0", "ana", "b", "fail"),
        grade("t-1", "ana", "a", "pass"),
        grade("t-1", "ben", "a", "pass"),
        grade("t-1", "eva", "a", "fail"),
        grade("t-1", "ana", "b", "cannot assess"),
    ];
    folder.write("grades.jsonl", &lines(&labels));
    let found = document(&folder, &FLAGS);
    let of = &metric(&found, "token-f1")["grades"];
    assert_eq!([&of["auroc"]["n"], &of["spearman"]["n"], &of["within_items"]["n"]], [2, 3, 1]);
    let grades = &found["grades"];
    assert_eq!(grades["passes"], json!({"passed": 1, "failed": 1, "no_majority": 1}));
    assert_eq!([&grades["annotators"], &grades["cannot_assess"], &grades["labelled"]], [3, 1, 4]);
    let said = in_one_line(&metrics(&folder, &FLAGS).expect(0).stdout);
    assert!(said.contains("1 response has no majority on passing"), "{said}");
    assert!(said.contains("1 response could not be assessed"), "{said}");
}

#[test]
fn copies_of_responses_in_their_items_leave_the_interval_as_wide_as_it_was() {
    let right = [9, 7, 3, 4, 6, 2, 8, 5, 5, 1, 7, 6, 3, 9, 2, 4, 8, 6, 5, 3];
    let people = ["pass", "fail"];
    let given: Vec<&str> = right
        .iter()
        .enumerate()
        .map(|(at, right)| people[usize::from((right + at) % 10 < 5)])
        .collect();
    let interval = |of: &Value| ["value", "low", "high"].map(|end| number(&of["auroc"][end]));
    let once: Vec<[usize; 1]> = right.iter().map(|right| [*right]).collect();
    let labels: Vec<[&str; 1]> = given.iter().map(|given| [*given]).collect();
    let once = document(&graded(&once, &labels), &FLAGS);
    let thrice: Vec<[usize; 3]> = right.iter().map(|right| [*right; 3]).collect();
    let labels: Vec<[&str; 3]> = given.iter().map(|given| [*given; 3]).collect();
    let thrice = document(&graded(&thrice, &labels), &FLAGS);
    let [once, thrice] =
        [&once, &thrice].map(|found| interval(&metric(found, "token-f1")["grades"]));
    for (once, thrice) in once.iter().zip(thrice) {
        assert_close(*once, thrice, 1e-9);
    }
}

#[test]
fn undefined_numbers_say_why() {
    let passes = graded(&[[9], [3], [4]], &[["pass"], ["pass"], ["pass"]]);
    let found = document(&passes, &FLAGS);
    let of = &metric(&found, "token-f1")["grades"];
    for name in ["auroc", "spearman", "kendall", "within_items"] {
        assert_eq!(of[name]["value"], Value::Null, "{name}");
    }
    let one_class = warning(&found, "one-class").unwrap();
    assert!(one_class.starts_with("people fail none of the labelled responses"), "{one_class}");
    assert!(warning(&found, "no-pairs").unwrap().contains("within items"));
    let undefined = warning(&found, "undefined").unwrap();
    assert!(undefined.contains("grades.spearman of token-f1"), "{undefined}");
    assert!(!undefined.contains("auroc") && !undefined.contains("within_items"), "{undefined}");

    let constant = graded(&[[5], [5], [5]], &[["pass"], ["fail"], ["pass"]]);
    let found = document(&constant, &FLAGS);
    let of = &metric(&found, "token-f1")["grades"];
    assert_value(of, "auroc", 0.5);
    assert_eq!([&of["spearman"]["value"], &of["auroc"]["low"]], [&Value::Null; 2]);
    let warnings = found["warnings"].to_string();
    assert!(warnings.contains("no interval for grades.auroc of token-f1"), "{warnings}");
}

#[test]
fn responses_without_a_score_are_left_out_and_counted() {
    let mut items = in_tenths(&[[9, 3], [4, 6]]);
    items[1].as_object_mut().unwrap().remove("reference");
    let folder = with_items(&items);
    let labels: Vec<Value> = [("t-0", "a", "pass"), ("t-0", "b", "fail"), ("t-1", "a", "fail")]
        .iter()
        .map(|(id, system, given)| grade(id, "ana", system, *given))
        .chain([
            json!({"id": "t-1", "system": "b", "grade": null}),
            grade("elsewhere", "ana", "a", "pass"),
        ])
        .collect();
    folder.write("grades.jsonl", &lines(&labels));
    let found = document(&folder, &FLAGS);
    assert_eq!(metric(&found, "token-f1")["grades"]["n"], 2);
    let unscored = warning(&found, "unscored-labels").unwrap();
    assert!(
        unscored.contains("3 labelled responses") && unscored.contains("token-f1 (2)"),
        "{unscored}"
    );
    let grades = &found["grades"];
    assert_eq!([&grades["labels_unmatched"], &grades["labels_blank"]], [1, 1]);
}

#[test]
fn labels_that_were_drawn_with_unequal_probabilities_are_weighted() {
    let folder =
        graded(&[[9], [3], [4], [6], [5]], &[["pass"], ["fail"], ["pass"], ["fail"], [""]]);
    let probabilities = ["1.0", "0.5", "0.25", "1.0"];
    let labels = std::fs::read_to_string(folder.path().join("grades.jsonl")).unwrap();
    let labels: Vec<String> = labels
        .lines()
        .zip(probabilities)
        .map(|(line, probability)| {
            line.replacen('{', &format!("{{\"probability\":{probability},"), 1)
        })
        .collect();
    folder.write("grades.jsonl", &labels.join("\n"));
    let found = document(&folder, &FLAGS);
    let of = &metric(&found, "token-f1")["grades"];
    // Passes 9 and four times 4, fails twice 3 and 6: 3 + 8 of 15 pairs.
    assert_value(of, "auroc", 11.0 / 15.0);
    assert!(warning(&found, "weighted-labels").is_some());
    assert!(warning(&found, "mixed-sampling").is_none());
    // Without one of the probabilities none is used.
    let labels = labels.join("\n").replacen("\"probability\":0.25,", "", 1);
    folder.write("grades.jsonl", &labels);
    let found = document(&folder, &FLAGS);
    assert_value(&metric(&found, "token-f1")["grades"], "auroc", 3.0 / 4.0);
    assert!(warning(&found, "weighted-labels").is_none());
    let mixed = warning(&found, "mixed-sampling").unwrap();
    assert!(mixed.starts_with("1 of 4 labelled responses have no `probability`"), "{mixed}");
}

#[test]
fn grades_whose_order_is_not_known_need_a_rubric() {
    let folder = graded(&[[9, 3], [4, 6]], &[["good", "ok"], ["bad", "good"]]);
    let said = metrics(&folder, &FLAGS).expect(3);
    assert_eq!(
        said.stderr,
        "error: grades.jsonl: which of these grades is better is not known: `bad`, `good`, `ok`\n\n\
         hint: name a rubric whose scale has these steps, the worst first: --rubric RUBRIC\n"
    );
    // Whether "yes" is good depends on the question.
    let answers = graded(&[[9, 3]], &[["yes", "no"]]);
    let said = metrics(&answers, &FLAGS).expect(3).stderr;
    assert!(said.contains("better is not known: `no`, `yes`"), "{said}");
    let numbers = graded(&[[9, 3]], &[["1", "5"]]);
    let said = metrics(&numbers, &FLAGS).expect(3);
    assert!(said.stderr.contains("numbers alone do not say it"), "{}", said.stderr);
}

#[test]
fn words_for_pass_and_fail_need_no_rubric() {
    for [worse, better] in
        [["Fail", "PASS"], ["incorrect", "Correct"], ["rejected", "accepted"], ["bad", "good"]]
    {
        let folder = graded(&[[9, 3], [8, 4]], &[[better, worse], [better, "cannot assess"]]);
        let found = document(&folder, &FLAGS);
        assert_value(&metric(&found, "token-f1")["grades"], "auroc", 1.0);
        assert_eq!(found["grades"]["cannot_assess"], 1);
    }
}

#[test]
fn a_rubric_that_says_nothing_about_the_labels_is_refused() {
    let folder = graded(&[[9, 3]], &[["pass", "fail"]]);
    let with = |flags: &[&str]| metrics(&folder, flags).stderr;
    assert!(
        with(&["--rubric", "pass-fail"])
            .contains("--rubric gives the scale of labels, and there are none")
    );
    let compares = with(&["--labels", "grades.jsonl", "--rubric", "helpfulness"]);
    assert!(compares.contains("this rubric compares responses, and has no scale"), "{compares}");
    folder
        .write("labels.jsonl", &lines(&[json!({"id": "t-0", "annotator": "ana", "winner": "a"})]));
    let of_comparisons = with(&["--labels", "labels.jsonl", "--rubric", "pass-fail"]);
    assert!(of_comparisons.contains("labels.jsonl has labels of comparisons"), "{of_comparisons}");
}

#[test]
fn labels_that_match_nothing_are_refused_before_a_program_is_started() {
    let folder = with_items(&in_tenths(&[[9, 3]]));
    let labels = [
        grade("elsewhere", "ana", "a", "pass"),
        json!({"id": "t-0", "system": "a", "grade": null}),
    ];
    folder.write("grades.jsonl", &lines(&labels));
    let said =
        metrics(&folder, &["--labels", "grades.jsonl", "--command", "touch started"]).expect(3);
    assert!(
        said.stderr.contains("grades.jsonl: no label matches a response in the items"),
        "{}",
        said.stderr
    );
    assert!(!folder.path().join("started").exists());
    folder.write("grades.jsonl", &lines(&[grade("t-0", "ana", "c", "pass")]));
    let said = metrics(&folder, &FLAGS).expect(3);
    assert!(said.stderr.contains("grades.jsonl:1: unknown system `c`"), "{}", said.stderr);
}

#[test]
fn a_table_of_grades_is_read_from_csv() {
    let folder = with_items(&in_tenths(&[[9, 3]]));
    folder.write("grades.csv", "id,annotator,system,grade\nt-0,ana,a,pass\nt-0,ana,b,fail\n");
    let found = document(&folder, &["--metric", "token-f1", "--labels", "grades.csv"]);
    assert_value(&metric(&found, "token-f1")["grades"], "auroc", 1.0);
}

/// The tickets with the grades of the sample.
fn graded_tickets() -> Folder {
    let folder = with_items(&tickets(false));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/calibration/tickets/grades.jsonl");
    folder.write("grades.jsonl", &std::fs::read_to_string(path).unwrap());
    folder
}

const TICKETS: [&str; 10] = [
    "--metric",
    "rouge-l",
    "--metric",
    "ter",
    "--metric",
    "length-ratio",
    "--labels",
    "grades.jsonl",
    "--rubric",
    "summary-grade",
];

#[test]
fn the_report_on_the_tickets_shows_agreement_with_grades() {
    insta::assert_snapshot!(metrics(&graded_tickets(), &TICKETS).expect(0).stdout);
}

#[test]
fn markdown_shows_agreement_with_grades() {
    let flags = [&TICKETS[..], &["--format", "markdown"]].concat();
    let said = metrics(&graded_tickets(), &flags).expect(0).stdout;
    let start = said.find("Agreement with the grades").unwrap();
    insta::assert_snapshot!(&said[start..]);
}

#[test]
fn csv_has_a_row_for_each_number_that_the_document_has() {
    let folder = graded_tickets();
    let of = &metric(&document(&folder, &TICKETS), "ter")["grades"].clone();
    let flags = [&TICKETS[..], &["--format", "csv"]].concat();
    let table = metrics(&folder, &flags).expect(0).stdout;
    for kind in ["auroc", "spearman", "kendall", "within_items"] {
        let row = table.lines().find(|line| line.starts_with(&format!("{kind},ter,"))).unwrap();
        let cells: Vec<&str> = row.split(',').collect();
        for (cell, field) in cells[7..11].iter().zip(["value", "low", "high", "n"]) {
            assert_close(cell.parse().unwrap(), number(&of[kind][field]), 1e-15);
        }
    }
}
