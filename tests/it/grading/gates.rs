//! The gates of a calibration of grades, and flags that say nothing about grades.

use crate::support::calibrated_grades::{CalibratedGrades, GradeSpec, responses};
use crate::support::labelled_run::{RunSpec, rows};

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
