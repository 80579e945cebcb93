//! From which step on a judge's grade should pass: chosen on the dev part, reported on the test part.

use evenhand::calibration::Part;
use serde_json::{Value, json};

use crate::support::calibrated_grades::{CalibratedGrades, GradeSpec, assert_near, responses_of};
use crate::support::labelled_run::{unwrapped, value, warning};

/// The judge is a step too strict: people pass from `good` on, and its `fair` is their `good`.
const DEV: [(usize, &str, &str); 8] = [
    (6, "3/3", "3"),
    (7, "2/2", "2"),
    (9, "1/1", "2"),
    (1, "1/2", "2"),
    (3, "1/1", "1"),
    (8, "0/0", "1"),
    (5, "0/0", "0"),
    (1, "2/2", "1"),
];
const TEST: [(usize, &str, &str); 9] = [
    (9, "3/3", "3"),
    (4, "2/1", "2"),
    (6, "1/1", "2"),
    (1, "0/0", "2"),
    (4, "1/1", "1"),
    (9, "0/0", "1"),
    (6, "0/0", "0"),
    (2, "1/?", "0"),
    (2, "0/?", "3"),
];

fn ids(part: Part) -> impl Iterator<Item = String> {
    (0..).map(|at| format!("q{at:04}")).filter(move |id| Part::of(id) == part)
}

fn graded() -> CalibratedGrades {
    let dev = responses_of("alpha", ids(Part::Dev), &DEV);
    let test = responses_of("alpha", ids(Part::Test), &TEST);
    GradeSpec::four([dev, test].concat()).graded()
}

#[test]
fn every_step_is_measured_on_the_dev_part_and_the_best_one_is_chosen() {
    let run = graded();
    let found = run.found(&[]);
    let thresholds = &found["thresholds"];
    assert_eq!([&thresholds["chosen"], &thresholds["criterion"]], ["fair", "youden"]);
    // scikit-learn 1.9.1, roc_curve
    let rates = [
        ("fair", 1.0, 0.764_705_882_352_941_1),
        ("good", 0.586_956_521_739_130_5, 0.941_176_470_588_235_3),
        ("excellent", 0.260_869_565_217_391_3, 1.0),
    ];
    for (step, (from, passes, fails)) in thresholds["dev"].as_array().unwrap().iter().zip(rates) {
        assert_eq!([&step["from"], &step["n"]], [&json!(from), &json!(80)]);
        assert_near(value(&step["true_positive_rate"]), passes);
        assert_near(value(&step["true_negative_rate"]), fails);
        assert_near(value(&step["youden"]), passes + fails - 1.0);
        assert_eq!([&step["true_positive_rate"]["n"], &step["true_negative_rate"]["n"]], [46, 34]);
    }
    let message = warning(&found, "other-threshold").unwrap();
    assert!(message.contains("from `fair` on") && message.contains("from `good` on"), "{message}");
    assert_eq!(run.found(&["--part", "dev"])["thresholds"], *thresholds);
}

#[test]
fn the_test_part_is_looked_at_only_where_it_is_reported_and_each_look_is_counted() {
    let run = graded();
    let log = run.folder.path().join("looks.jsonl");
    assert!(run.found(&[])["thresholds"]["test"].is_null());
    assert!(run.found(&["--part", "dev"])["thresholds"]["test"].is_null());
    assert!(!log.exists());
    let found = run.found(&["--part", "test"]);
    let (chosen, test) = (&found["thresholds"]["chosen"], &found["thresholds"]["test"]);
    assert_eq!(chosen, "fair", "it is chosen on the dev part");
    // numpy 1.26.4 and scikit-learn 1.9.1, cohen_kappa_score with unreadable replies as a third category
    assert_near(value(&test["true_positive_rate"]), 0.863_636_363_636_363_6);
    assert_near(value(&test["true_negative_rate"]), 0.714_285_714_285_714_3);
    assert_near(value(&test["youden"]), 0.577_922_077_922_078);
    assert_near(value(&test["cohen_kappa"]), 0.598_547_717_842_323_5);
    assert_eq!([&found["looks"], &found["planned"]], [1, 43]);
    assert!(warning(&found, "repeated-look").is_none());
    let again = run.found(&["--part", "test"]);
    assert_eq!(again["looks"], 2);
    assert!(warning(&again, "repeated-look").unwrap().contains("look 2"));
    assert_eq!(std::fs::read_to_string(log).unwrap().lines().count(), 2);
}

#[test]
fn a_part_is_measured_by_its_own_labels_and_corrected_by_its_own() {
    let run = graded();
    let found = run.found(&["--part", "dev"]);
    assert_eq!([&found["planned"], &found["labelled"], &found["labels_other_part"]], [40, 40, 43]);
    assert_eq!(found["part"], "dev");
    let text = unwrapped(&run.calibrate(&["--part", "dev"]).expect(0).stdout);
    assert!(text.contains("Only the dev part of the items."), "{text}");
    assert!(
        text.contains("the judge's grade passes from `fair` on, and not from `good` on"),
        "{text}"
    );
}

#[test]
fn of_equally_good_steps_the_one_of_the_rubric_is_chosen() {
    // Nothing is graded `fair` or `good`, so that from which of the three on makes no difference.
    let kinds = [(12, "3/3", "3"), (12, "0/0", "0"), (3, "3/3", "1"), (2, "0/0", "2")];
    let dev = responses_of("alpha", ids(Part::Dev), &kinds);
    let found = GradeSpec::four(dev).graded().found(&[]);
    assert_eq!(found["thresholds"]["chosen"], "good");
    assert!(warning(&found, "other-threshold").is_none());
}

#[test]
fn there_is_no_threshold_for_two_steps_without_a_pass_or_with_one_class() {
    let none = |found: &Value| found["thresholds"].is_null();
    let two = [(12, "1/1", "1"), (12, "0/0", "0")];
    let dev = || responses_of("alpha", ids(Part::Dev), &two);
    let found = GradeSpec::two(dev()).graded().found(&[]);
    assert!(none(&found) && warning(&found, "no-threshold").is_none());
    let found = GradeSpec { pass_from: "", ..GradeSpec::four(dev()) }.graded().found(&[]);
    assert!(none(&found) && warning(&found, "no-threshold").is_none());
    assert!(warning(&found, "no-pass-step").is_some());
    // By people all fail.
    let found = GradeSpec::four(dev()).graded().found(&[]);
    assert!(none(&found) && warning(&found, "no-threshold").is_some());
}

#[test]
fn labels_of_the_other_part_are_no_unknown_ids_where_the_run_has_one_part_alone() {
    let both = graded();
    let dev = responses_of("alpha", ids(Part::Dev), &DEV);
    let run = GradeSpec::four(dev).graded();
    let labels = std::fs::read_to_string(both.folder.path().join("labels.jsonl")).unwrap();
    run.folder.write("labels.jsonl", &labels);
    let found = run.found(&["--part", "dev"]);
    assert_eq!([&found["labelled"], &found["labels_other_part"]], [40, 43]);
    assert_eq!(found["labels_unmatched"], 0);
    assert!(warning(&found, "labels-unmatched").is_none());
    // Without a part they are.
    let found = run.found(&[]);
    assert_eq!([&found["labels_unmatched"], &found["labels_other_part"]], [43, 0]);
}
