//! Calibrations of grades in which a number has no value, and what they say about it.

use serde_json::Value;

use crate::support::calibrated_grades::{GradeSpec, Response, assert_near, responses};
use crate::support::graded_run::{graded, graded_rows};
use crate::support::labelled_run::{interval, is_undefined, unwrapped, value, warning};

fn two(kinds: &[(usize, &'static str, &'static str)]) -> GradeSpec {
    GradeSpec::two(responses("alpha", kinds))
}

fn conclusion(found: &Value) -> &str {
    found["conclusion"]["code"].as_str().unwrap()
}

#[test]
fn labels_of_one_class_define_no_agreement_beyond_chance() {
    let found = two(&[(40, "1/1", "1"), (5, "1/0", "1")]).graded().found(&[]);
    for name in ["cohen_kappa", "weighted_kappa", "krippendorff_alpha", "spearman", "icc"] {
        assert!(is_undefined(&found["kept"][name]), "{name}: {}", found["kept"][name]);
    }
    assert!(is_undefined(&found["kept"]["true_negative_rate"]));
    assert_near(value(&found["kept"]["true_positive_rate"]), 1.0);
    assert!(warning(&found, "one-class-labels").is_some());
    let message = warning(&found, "undefined").unwrap();
    assert!(message.contains("kept.cohen_kappa") && message.contains("kept.icc"), "{message}");
    assert_eq!(conclusion(&found), "may-be-chance");
    // A judge that never varies has the same κ: 0, which is no information.
    let constant = two(&[(30, "1/1", "1"), (30, "1/1", "0")]).graded().found(&[]);
    assert_near(value(&constant["replies"]["cohen_kappa"]), 0.0);
    assert_eq!(conclusion(&constant), "may-be-chance");
}

#[test]
fn a_perfect_judge_has_intervals_with_a_width() {
    let found = two(&[(30, "1/1", "1"), (25, "0/0", "0")]).graded().found(&[]);
    for name in ["agreement", "cohen_kappa", "weighted_kappa", "gwet_ac1", "krippendorff_alpha"] {
        let kept = &found["kept"][name];
        assert_near(value(kept), 1.0);
        assert!(interval(kept)[0] < 0.97, "{name}: {kept}");
    }
    assert_eq!(conclusion(&found), "beyond-chance");
    assert!(warning(&found, "no-interval").unwrap().contains("kept.bias"));
}

#[test]
fn labels_that_match_nothing_are_an_error_with_their_causes() {
    let run = two(&[(5, "1/1", "1")]).graded();
    run.folder
        .write("labels.jsonl", "{\"id\":\"nowhere\",\"annotator\":\"ana\",\"grade\":\"pass\"}\n");
    let said = run.calibrate(&[]).expect(3);
    assert!(said.stderr.contains("no label matches a response in the run"), "{}", said.stderr);
    assert!(said.stderr.contains("1 label is for an id that is not in the run"), "{}", said.stderr);
    assert!(said.stderr.contains("nowhere"), "{}", said.stderr);
    run.folder.write("labels.jsonl", "{\"id\":\"q000\",\"annotator\":\"\",\"grade\":null}\n");
    let said = run.calibrate(&[]).expect(3);
    assert!(said.stderr.contains("1 line has no grade yet"), "{}", said.stderr);
    run.folder.write("labels.jsonl", "");
    let said = run.calibrate(&[]).expect(3);
    assert!(said.stderr.contains("the file has no labels"), "{}", said.stderr);
    let skipped = "{\"id\":\"q000\",\"annotator\":\"ana\",\"skipped\":\"unclear\"}\n";
    run.folder.write("labels.jsonl", skipped);
    let said = run.calibrate(&[]).expect(3);
    assert!(said.stderr.contains("1 response was skipped"), "{}", said.stderr);
    assert!(said.stderr.contains("hint: have somebody else label"), "{}", said.stderr);
    // A number that is none is no number.
    run.folder.write("labels.csv", "id,annotator,grade,seconds\nq000,ana,pass,NaN\n");
    let said = run.folder.run(&["calibrate", "run.db", "--labels", "labels.csv"]).expect(3);
    assert!(said.stderr.contains("seconds: expected a number"), "{}", said.stderr);
}

#[test]
fn labels_that_cannot_assess_anything_leave_no_step_and_no_pass() {
    let found = two(&[(20, "1/1", "c"), (20, "0/0", "c")]).graded().found(&[]);
    assert_near(value(&found["kept"]["agreement"]), 0.0);
    for name in ["weighted_kappa", "bias", "icc", "true_positive_rate", "true_negative_rate"] {
        assert!(is_undefined(&found["kept"][name]), "{name}");
    }
    let rates = &found["systems"][0]["pass_rate"];
    assert!(is_undefined(&rates["labels"]) && is_undefined(&rates["ppi"]), "{rates}");
    assert!(rates["ppi_basis"].is_null());
    assert_near(value(&rates["averaged"]), 0.5);
    let message = warning(&found, "labels-cannot-assess").unwrap();
    assert!(message.contains("the judge may not say so"), "{message}");
}

#[test]
fn a_system_without_labels_has_no_corrected_number() {
    let alpha = responses("alpha", &[(30, "1/1", "1"), (30, "0/0", "0")]);
    let beta = responses("beta", &[(60, "1/1", "-")]);
    let found = GradeSpec::two([alpha, beta].concat()).graded().found(&[]);
    let beta = &found["systems"][1];
    assert_eq!([&beta["labelled"], &beta["planned"]], [0, 60]);
    for name in ["labels", "ppi"] {
        assert!(is_undefined(&beta["pass_rate"][name]), "{}", beta["pass_rate"]);
    }
    assert_eq!(beta["pass_rate"]["rogan_gladen_reason"], "too-few-passes");
    assert!(is_undefined(&beta["true_positive_rate"]));
    assert!(is_undefined(&found["pairs"][0]["pass_rate_difference"]["ppi"]));
    assert!(!is_undefined(&found["pairs"][0]["pass_rate_difference"]["judge"]));
    assert!(warning(&found, "unlabelled-systems").unwrap().starts_with("beta has no label"));
}

#[test]
fn one_annotator_says_nothing_about_people() {
    let found = two(&[(30, "1/1", "1"), (30, "0/0", "0")]).graded().found(&[]);
    assert!(found["human"].is_null());
    assert_eq!(found["annotators"], 1);
    assert!(warning(&found, "one-annotator").is_some());
    let found = two(&[(30, "1/1", "11"), (30, "0/0", "00")]).graded().found(&[]);
    assert_eq!(found["human"]["pairwise_kappa"].as_array().unwrap().len(), 1);
    assert!(warning(&found, "one-annotator").is_none());
}

#[test]
fn few_labels_conclude_nothing() {
    let found = two(&[(12, "1/1", "1"), (12, "0/0", "0")]).graded().found(&[]);
    assert_eq!(conclusion(&found), "too-few-labels");
    assert!(warning(&found, "few-labels").unwrap().contains("24 responses are labelled"));
}

#[test]
fn a_judge_that_follows_the_scale_is_not_as_good_as_its_kept_grades() {
    let kinds = [(15, "1/1", "1"), (15, "0/0", "0"), (20, "0/1", "1"), (20, "0/1", "0")];
    let found = two(&kinds).graded().found(&[]);
    assert!(warning(&found, "scale-follower").unwrap().starts_with("40 of 70 grades changed"));
    assert!(warning(&found, "kept-selection").is_some());
    assert!(warning(&found, "low-coverage").is_some());
    assert_eq!(conclusion(&found), "not-as-good-as-kept");
    let order = &found["order"];
    assert_near(value(&order["step_difference"]), 40.0 / 70.0);
    assert!(order["p_value"].as_f64().unwrap() < 0.001);
}

#[test]
fn missing_replies_are_left_out_and_counted() {
    let kinds = [(20, "1/1", "1"), (20, "0/0", "0"), (3, "1/-", "1")];
    let spec = GradeSpec { code: 5, ..two(&kinds) };
    let found = spec.graded().found(&[]);
    assert_eq!(found["replies"]["n"], 83);
    assert!(warning(&found, "absent-replies").unwrap().starts_with("3 replies to labelled"));
    assert!(warning(&found, "unanswered").unwrap().starts_with("3 responses are"));
}

#[test]
fn a_run_without_a_passing_step_has_steps_alone() {
    let kinds = [(20, "3/3", "3"), (20, "1/1", "1"), (10, "0/0", "1")];
    let spec = GradeSpec { pass_from: "", ..GradeSpec::four(responses("alpha", &kinds)) };
    let found = spec.graded().found(&[]);
    assert!(found["systems"][0]["pass_rate"].is_null());
    assert!(found["scale"]["pass_from"].is_null());
    assert!(is_undefined(&found["replies"]["true_positive_rate"]));
    let undefined = warning(&found, "undefined").unwrap_or_default();
    assert!(!undefined.contains("true_positive_rate"), "{undefined}");
    assert!(value(&found["replies"]["weighted_kappa"]) > 0.8);
}

#[test]
fn unequal_probabilities_weight_what_people_and_the_judge_say() {
    let mut all = responses("alpha", &[(20, "1/1", "1"), (20, "0/0", "1"), (40, "0/0", "-")]);
    for (at, response) in all.iter_mut().enumerate() {
        response.probability = Some(if at < 20 { 0.8 } else { 0.4 });
    }
    let found = GradeSpec::two(all).graded().found(&[]);
    // 20 at 1/0.8 that agree, 20 at 1/0.4 that do not
    assert_near(value(&found["replies"]["agreement"]), 25.0 / 75.0);
    assert_near(value(&found["kept"]["bias"]), -50.0 / 75.0);
    assert!(warning(&found, "weighted-labels").is_some());
}

#[test]
fn slices_are_by_tag() {
    let mut all: Vec<Response> =
        responses("alpha", &[(20, "1/1", "1"), (10, "0/0", "1"), (20, "0/0", "0")]);
    for (at, response) in all.iter_mut().enumerate() {
        response.tag = Some(if at < 25 { "billing" } else { "other" });
    }
    let found = GradeSpec::two(all).graded().found(&[]);
    let slices = found["slices"].as_array().unwrap();
    assert_eq!(slices.len(), 2);
    assert_eq!([&slices[0]["tag"], &slices[0]["value"]], ["kind", "billing"]);
    assert_eq!([&slices[0]["n"], &slices[1]["n"]], [25, 25]);
    assert_near(value(&slices[0]["agreement"]), 20.0 / 25.0);
    assert_near(value(&slices[0]["true_positive_rate"]), 20.0 / 25.0);
    assert!(is_undefined(&slices[0]["true_negative_rate"]));
    assert_near(value(&slices[1]["true_negative_rate"]), 1.0);
}

#[test]
fn what_could_not_be_assessed_is_counted_among_what_was_graded() {
    let said = |kinds: &[(usize, &'static str)]| {
        let run = graded(&graded_rows(&["s"], kinds));
        unwrapped(&run.folder.run(&["report", "run.db"]).stdout)
    };
    let pending = said(&[(3, "c/c"), (2, "-/-")]);
    assert!(pending.contains("judge-1 could assess none of 3 responses"), "{pending}");
    let unreadable = said(&[(1, "c/c"), (7, "?/?"), (2, "-/-")]);
    assert!(unreadable.contains("could not assess 1"), "{unreadable}");
    assert!(!unreadable.contains("could assess none"), "{unreadable}");
}
