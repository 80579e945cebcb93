//! The gates of a calibration of grades, and flags that say nothing about grades.

use crate::support::calibrated_grades::{CalibratedGrades, GradeSpec, responses};
use crate::support::labelled_run::{RunSpec, rows, unwrapped};

/// A judge that is right in 9 of 10; people pass half.
fn graded() -> CalibratedGrades {
    let kinds = [(54, "1/1", "1"), (6, "0/0", "1"), (54, "0/0", "0"), (6, "1/1", "0")];
    GradeSpec::two(responses("alpha", &kinds)).graded()
}

#[test]
fn each_gate_passes_is_missed_or_stays_open() {
    let run = graded();
    for (flag, passed, open, missed) in [
        ("--min-kappa", "0.5", "0.8", "0.97"),
        ("--min-coverage", "0.9", "0.99", "1"),
        ("--min-consistency", "0.9", "0.99", "1"),
        ("--min-pass-rate", "alpha=0.3", "alpha=0.5", "alpha=0.7"),
    ] {
        let said = run.calibrate(&[flag, passed]).expect(0);
        assert!(said.stderr.starts_with("gate passed: "), "{}", said.stderr);
        let said = run.calibrate(&[flag, open]).expect(8);
        assert!(said.stderr.starts_with("gate inconclusive: "), "{}", said.stderr);
        let advice = match flag {
            "--min-coverage" | "--min-consistency" => "hint: grade more responses, to narrow",
            _ => "hint: grade and label more responses, to narrow",
        };
        assert!(said.stderr.contains(advice), "{}", said.stderr);
        run.calibrate(&[flag, open, "--inconclusive", "pass"]).expect(0);
        if missed != "1" {
            let said = run.calibrate(&[flag, missed]).expect(6);
            assert!(said.stderr.starts_with("gate missed: "), "{}", said.stderr);
        }
    }
    let said = run.calibrate(&["--min-pass-rate", "alpha=0.7"]).expect(6);
    assert!(
        said.stderr.contains("pass rate corrected with labels of alpha is 0.500"),
        "{}",
        said.stderr
    );
    let found = run.found(&["--min-kappa", "0.5"]);
    assert_eq!([&found["gates"][0]["gate"], &found["gates"][0]["result"]], ["min-kappa", "passed"]);
}

#[test]
fn kappa_of_more_than_two_steps_is_the_weighted_one() {
    let run = graded();
    let said = run.calibrate(&["--min-kappa", "0.1"]).expect(0);
    assert!(said.stderr.contains("passed: κ over every reply is 0.800"), "{}", said.stderr);
    let kinds = [(30, "3/3", "2"), (30, "0/0", "1"), (30, "2/2", "2")];
    let run = GradeSpec::four(responses("alpha", &kinds)).graded();
    let said = run.calibrate(&["--min-kappa", "0.1"]).expect(0);
    assert!(said.stderr.contains("weighted κ over every reply is"), "{}", said.stderr);
}

#[test]
fn a_gate_on_a_system_that_is_not_graded_is_refused() {
    let said = graded().calibrate(&["--min-pass-rate", "beta=0.5"]).expect(2);
    assert!(said.stderr.contains("no response has the system `beta`"), "{}", said.stderr);
    assert!(said.stderr.contains("the systems are: alpha"), "{}", said.stderr);
}

#[test]
fn flags_that_say_nothing_about_grades_are_refused() {
    let run = graded();
    for flags in [
        &["--decide", "margin"][..],
        &["--max-error", "0.1"],
        &["--error-rates", "run.db", "--error-labels", "labels.jsonl"],
        &["--min-win-rate", "alpha=0.5"],
    ] {
        let said = run.calibrate(flags).expect(2);
        assert!(said.stderr.contains(flags[0]), "{}", said.stderr);
    }
    let compared = RunSpec::new(rows(&[(30, "a/a", "a"), (30, "b/b", "b")])).judged();
    let said = compared.calibrate(&["--min-pass-rate", "alpha=0.5"]).expect(2);
    assert!(said.stderr.contains("--min-pass-rate"), "{}", said.stderr);
}

#[test]
fn a_pass_rate_needs_a_step_that_passes() {
    let kinds = [(30, "3/3", "3"), (30, "0/0", "0")];
    let spec = GradeSpec { pass_from: "", ..GradeSpec::four(responses("alpha", &kinds)) };
    let said = spec.graded().calibrate(&["--min-pass-rate", "alpha=0.5"]).expect(2);
    assert!(said.stderr.contains("the rubric does not say what passes"), "{}", said.stderr);
}

#[test]
fn people_who_only_pass_or_only_fail_leave_one_rate_unknown() {
    let run = GradeSpec::two(responses("alpha", &[(12, "1/1", "1"), (3, "0/0", "1")])).graded();
    let text = unwrapped(&run.calibrate(&[]).expect(0).stdout);
    let expected =
        "of what people pass, and what it does with responses that people fail is not known";
    assert!(text.contains("it passes 80.0 %") && text.contains(expected), "{text}");
}

#[test]
fn labels_of_the_other_kind_are_refused_with_the_field() {
    let run = graded();
    let compared = RunSpec::new(rows(&[(4, "a/a", "a")])).judged();
    let [labels, forms] = ["\"pass\"", "null"].map(|grade| {
        format!(
            "{{\"id\":\"q000\",\"system\":\"alpha\",\"annotator\":\"ana\",\"grade\":{grade}}}\n"
        )
    });
    for text in [labels, forms] {
        compared.folder.write("labels.jsonl", &text);
        let said = compared.calibrate(&[]).expect(3);
        let expected = "labels.jsonl:1: `grade` belongs to a label of a single response";
        assert!(said.stderr.contains(expected), "{}", said.stderr);
    }
    run.folder.write("t.csv", "id,annotator,system\nq000,ana,alpha\n");
    let said = run.folder.run(&["calibrate", "run.db", "--labels", "t.csv"]).expect(3);
    assert!(said.stderr.contains("there is no column `grade`"), "{}", said.stderr);
    assert!(said.stderr.contains("call the column of the grades `grade`"), "{}", said.stderr);
}
