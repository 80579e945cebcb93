//! The gates of a calibration of grades, and flags that say nothing about grades.

use crate::support::calibrated_grades::{CalibratedGrades, GradeSpec, assert_near, responses};
use crate::support::labelled_run::{RunSpec, rows, unwrapped, value};

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

/// The last gate that `grade` writes of a complete run.
fn graded_gate(run: &CalibratedGrades, flags: &[&str], code: i32) -> String {
    let command = ["grade", "items.jsonl", "--rubric", "./r.toml", "--run", "run.db"];
    let judges: &[&str] = &["--judge", "judge-1"];
    run.folder.run(&[&command[..], judges, flags].concat()).expect(code).stderr
}

#[test]
fn a_gate_without_labels_covers_whatever_unreadable_replies_would_have_said() {
    // Of 30 readable responses 28 pass; 10 have one unreadable reply, 10 have two.
    let kinds = [(28, "1/1", "-"), (2, "0/0", "-"), (10, "1/?", "-"), (10, "?/?", "-")];
    let run = GradeSpec::two(responses("alpha", &kinds)).graded();
    let said = graded_gate(&run, &["--min-pass-rate", "alpha=0.8"], 8);
    assert!(
        said.contains(
            "direction-averaged pass rate, unreadable replies either way, of alpha is 0.810"
        ),
        "{said}"
    );
    // (28 + 10 · ¾ + 10 · ½)/50; if all had failed (28 + 10 · ½)/50, if all had passed 48/50.
    let report = run.folder.run(&["report", "run.db", "--format", "json"]).expect(0).stdout;
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let rate = &report["summary"]["judges"][0]["systems"][0]["pass_rate"];
    assert_near(value(&rate["averaged"]), 40.5 / 50.0);
    assert_eq!(rate["unreadable_directions"], 30);
    // scipy 1.16.3: the t interval of 28 ones, 10 halves and 12 zeros, and that of 48 ones and 2 zeros
    let low = rate["unreadable_bounds"]["low"].as_f64().unwrap();
    assert!((0.5..0.66).contains(&low), "{rate}");
    assert!(rate["unreadable_bounds"]["high"].as_f64().unwrap() > 0.96, "{rate}");
    graded_gate(&run, &["--min-pass-rate", "alpha=0.3"], 0);
}

#[test]
fn without_a_readable_reply_a_system_has_no_pass_rate() {
    let kinds = [(20, "?/?", "-")];
    let both = [responses("alpha", &kinds), responses("beta", &[(20, "1/1", "-")])].concat();
    let run = GradeSpec::two(both).graded();
    let said = graded_gate(&run, &["--min-pass-rate", "alpha=0.1"], 8);
    assert!(said.contains("of alpha is undefined"), "{said}");
}

#[test]
fn the_gate_of_a_jury_is_about_its_kept_grades() {
    let kinds = [(30, "1/1", "-"), (30, "0/0", "-")];
    let run = GradeSpec::two(responses("alpha", &kinds)).graded();
    let settings = "[judges.one]\nrecorded = \"replies.jsonl\"\n[judges.two]\nrecorded = \"replies.jsonl\"\n\
                    [judges.three]\nrecorded = \"passes.jsonl\"\n";
    run.folder.write("evenhand.toml", settings);
    let replies = std::fs::read_to_string(run.folder.path().join("replies.jsonl")).unwrap();
    run.folder.write("passes.jsonl", &replies.replace("fail", "pass"));
    let grade = ["grade", "items.jsonl", "--rubric", "./r.toml", "--run", "jury.db"];
    let judges = ["--judge", "one", "--judge", "two", "--judge", "three"];
    let gate = ["--min-pass-rate", "alpha=0.8"];
    let said = run.folder.run(&[&grade[..], &judges, &gate].concat()).expect(6);
    // On average the judges pass two of three.
    assert!(
        said.stderr.contains("pass rate over kept grades of alpha is 0.500"),
        "{}",
        said.stderr
    );
    assert!(said.stdout.contains("what its judges pass"), "{}", said.stdout);
}
