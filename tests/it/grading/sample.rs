//! Samples of graded responses for labelling.

use std::collections::{BTreeMap, BTreeSet};

use evenhand::calibration::SampleDesign;
use evenhand::grading::sample_grades;
use evenhand::input::{DataFile, Grade, KnownItems, LabelColumns, read_grade_labels};
use serde_json::{Value, json};

use crate::support::graded_run::{GradedRun, graded, graded_rows};
use crate::support::lines_of;

/// Sixty responses of two systems to thirty items: 20 good, 12 poor, 6 cannot be assessed, 22 not kept.
fn sixty() -> GradedRun {
    let kinds = [(20, "2/2"), (22, "2/0"), (12, "0/0"), (6, "c/c")];
    graded(&graded_rows(&["alpha", "beta"], &kinds))
}

fn sampled(run: &GradedRun, flags: &[&str]) -> Vec<Value> {
    run.folder.run(&[&["sample", "run.db"], flags].concat()).expect(0).json_lines()
}

/// The names of a line's response.
fn names(line: &Value) -> (String, String) {
    let text = |field: &str| line[field].as_str().unwrap().to_owned();
    (text("id"), text("system"))
}

/// Whether the grade of a response of [`sixty`] was kept.
fn is_kept(line: &Value) -> bool {
    let (id, system) = names(line);
    let at = id[1..].parse::<usize>().unwrap() * 2 + usize::from(system == "beta");
    !(20..42).contains(&at)
}

#[test]
fn a_sampled_line_is_a_blank_form_with_its_probability_and_without_the_grade() {
    let run = sixty();
    let said = run.folder.run(&["sample", "run.db", "--n", "15"]).expect(0);
    let lines = said.json_lines();
    assert_eq!(lines.len(), 15);
    for line in &lines {
        let keys: Vec<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["id", "annotator", "system", "grade", "probability"]);
        assert_eq!((&line["annotator"], &line["grade"]), (&json!(""), &Value::Null));
        assert_eq!(line["probability"], 15.0 / 60.0);
    }
    assert_eq!(lines.iter().map(names).collect::<BTreeSet<_>>().len(), 15, "none twice");
    assert!(said.stderr.contains("15 of 60 responses drawn"), "{}", said.stderr);
    let next = "to fill in `annotator` with a name and `grade`\n      with \"poor\", \"fair\", \"good\" or \"cannot assess\"; \
                keep `probability`, but hide it from them";
    assert!(said.stderr.contains(next), "{}", said.stderr);
    assert!(!said.stderr.contains("since it depends"), "{}", said.stderr);
}

#[test]
fn forms_that_are_filled_in_are_read_as_labels() {
    let run = sixty();
    let mut lines = sampled(&run, &["--n", "10", "--by", "outcome"]);
    let path = run.folder.path().join("labels.jsonl");
    let mut items = KnownItems::default();
    run.open()
        .for_each(|response| {
            items.add(&response.id, [response.system.as_str()]);
            Ok(())
        })
        .unwrap();
    let read = |lines: &[Value]| {
        std::fs::write(&path, lines_of(lines)).unwrap();
        let file = DataFile::labels(&path, LabelColumns::default());
        read_grade_labels(&file, &items, run.open().scale()).unwrap()
    };
    let found = read(&lines);
    assert_eq!((found.labels.len(), found.blank, found.unmatched_ids.len()), (0, 10, 0));
    let expected: Vec<f64> =
        lines.iter().map(|line| line["probability"].as_f64().unwrap()).collect();
    for line in &mut lines {
        line["annotator"] = json!("ana");
        line["grade"] = json!("fair");
    }
    let found = read(&lines);
    assert_eq!((found.labels.len(), found.blank, found.unmatched_ids.len()), (10, 0, 0));
    assert!(found.labels.iter().all(|label| label.grade == Grade::Step(1)));
    let kept: Vec<f64> = found.labels.iter().map(|label| label.probability.unwrap()).collect();
    assert_eq!(kept, expected);
}

#[test]
fn a_sample_depends_on_the_seed_alone_and_a_larger_one_contains_it() {
    let run = sixty();
    let drawn = sampled(&run, &["--n", "15"]);
    assert_eq!(sampled(&run, &["--n", "15", "--seed", "0"]), drawn);
    assert_ne!(sampled(&run, &["--n", "15", "--seed", "1"]), drawn);
    let all: Vec<_> = sampled(&run, &["--n", "60"]).iter().map(names).collect();
    for n in [1, 15, 59] {
        let some = sampled(&run, &["--n", &n.to_string()]);
        assert_eq!(some.iter().map(names).collect::<Vec<_>>(), all[..n], "{n}");
        assert!(some.iter().all(|line| line["probability"] == n as f64 / 60.0), "{n}");
    }
    for flags in [&["--n", "500"][..], &["--n", "500", "--by", "outcome"]] {
        let lines = sampled(&run, flags);
        assert_eq!(lines.len(), 60);
        assert!(lines.iter().all(|line| line["probability"] == 1.0));
    }
}

#[test]
fn every_response_is_sampled_about_equally_often() {
    let graded = sixty();
    let (run, mut times) = (graded.open(), BTreeMap::new());
    for seed in 0..120 {
        let drawn = sample_grades(&run, None, 20, seed, SampleDesign::Random).unwrap();
        for one in drawn.responses {
            *times.entry((one.id, one.system)).or_insert(0_u32) += 1;
        }
    }
    // 120 draws of a third: 40 with a standard deviation of 5.2.
    assert_eq!(times.len(), 60);
    assert!(times.values().all(|times| (20..=60).contains(times)), "{times:?}");
}

#[test]
fn a_sample_by_outcome_has_more_unkept_grades_and_states_the_probability_of_each() {
    let run = sixty();
    // Neyman's allocation of n to 38 kept with a spread of 3 and 22 others with one of 5: n·114/224, rounded.
    for (n, expected) in [(10, 5), (24, 12), (45, 23)] {
        let lines = sampled(&run, &["--n", &n.to_string(), "--by", "outcome"]);
        assert_eq!(lines.len(), n);
        let kept = lines.iter().filter(|line| is_kept(line)).count();
        assert_eq!(kept, expected, "{n}");
        for line in &lines {
            let share = if is_kept(line) { kept as f64 / 38.0 } else { (n - kept) as f64 / 22.0 };
            assert_eq!(line["probability"].as_f64(), Some(share), "{line}");
        }
        // Each line stands for as many responses as one over its probability.
        let stands_for: f64 =
            lines.iter().map(|line| 1.0 / line["probability"].as_f64().unwrap()).sum();
        assert!((stands_for - 60.0).abs() < 1e-9, "{stands_for}");
    }
    // The order of the lines does not give the outcome away.
    let lines = sampled(&run, &["--n", "45", "--by", "outcome"]);
    let kinds: Vec<bool> = lines.iter().map(is_kept).collect();
    assert!(kinds.windows(2).filter(|two| two[0] != two[1]).count() > 8, "{kinds:?}");
    let said = run.folder.run(&["sample", "run.db", "--n", "10", "--by", "outcome"]).expect(0);
    assert!(said.stderr.contains("since it depends on the judge's verdict"), "{}", said.stderr);
}

#[test]
fn responses_that_are_pending_are_not_drawn() {
    let kinds = [(4, "1/1"), (3, "-/1"), (2, "?/1"), (1, "-/-")];
    let run = graded(&graded_rows(&["alpha"], &kinds));
    let said = run.folder.run(&["sample", "run.db", "--n", "9"]).expect(0);
    assert_eq!(said.json_lines().len(), 6, "an unreadable reply is an answer");
    assert!(said.stderr.contains("6 of 6 responses drawn"), "{}", said.stderr);
    assert!(said.stderr.contains("4 more are pending or failed"), "{}", said.stderr);
    let run = graded(&graded_rows(&["alpha"], &[(2, "-/1")]));
    let said = run.folder.run(&["sample", "run.db", "--n", "9"]).expect(0);
    assert_eq!(said.stdout, "");
    let expected =
        "nothing to label: none of 2 responses is graded in both directions of the scale";
    assert!(said.stderr.contains(expected), "{}", said.stderr);
}

#[test]
fn the_outcome_may_be_that_of_one_judge_of_a_jury() {
    let rows = graded_rows(&["alpha"], &[(10, "1/1 1/1"), (10, "1/1 0/2"), (10, "1/1 -/-")]);
    let run = graded(&rows);
    // Whatever one judge has answered can be drawn.
    let of = |flags: &[&str]| sampled(&run, &[&["--n", "30"], flags].concat()).len();
    assert_eq!(of(&[]), 30);
    assert_eq!(of(&["--judge", "judge-1"]), 30);
    assert_eq!(of(&["--judge", "judge-2"]), 20);
    let kept = |judge: &str| {
        let lines = sampled(&run, &["--n", "8", "--by", "outcome", "--judge", judge]);
        lines.iter().filter(|line| line["id"].as_str().unwrap() < "q010").count()
    };
    // Ten were kept of 20, so that 3 of 8 are drawn of them.
    assert_eq!(kept("judge-2"), 3);
}

#[test]
fn selected_responses_are_drawn() {
    let run = sixty();
    let items = std::fs::read_to_string(run.folder.path().join("items.jsonl")).unwrap();
    let some: Vec<&str> = items.lines().take(3).collect();
    run.folder.write("some.jsonl", &(some.join("\n") + "\n"));
    let flags = ["sample", "run.db", "--n", "60", "--items", "some.jsonl"];
    let said = run.folder.run(&flags).expect(0);
    assert_eq!(said.json_lines().len(), 6);
    let expected = "54 responses of the run are not in some.jsonl and left out";
    assert!(said.stderr.contains(expected), "{}", said.stderr);
    assert!(said.json_lines().iter().all(|line| line["probability"] == 1.0));
    // Without the response of one system, only the other is there.
    run.folder
        .write("one.jsonl", "{\"id\":\"q000\",\"prompt\":\"?\",\"responses\":{\"beta\":\"B\"}}\n");
    let flags = ["sample", "run.db", "--n", "60", "--items", "one.jsonl"];
    let lines = run.folder.run(&flags).expect(0).json_lines();
    assert_eq!(lines.iter().map(names).collect::<Vec<_>>(), [("q000".into(), "beta".into())]);
}

#[test]
fn what_cannot_be_drawn_is_refused_with_its_exit_code() {
    let run = sixty();
    let said = run.folder.run(&["sample", "run.db", "--n", "9", "--by", "uncertainty"]).expect(2);
    let expected = "responses that are graded cannot be drawn by uncertainty";
    assert!(said.stderr.contains(expected), "{}", said.stderr);
    let said = run.folder.run(&["sample", "run.db", "--n", "3", "--by", "outcome"]).expect(2);
    let expected = "a sample of 3 cannot hold both kept and other responses";
    assert!(said.stderr.contains(expected), "{}", said.stderr);
    run.folder.run(&["sample", "run.db", "--n", "0"]).expect(2);
    run.folder.run(&["sample", "run.db", "--n", "9", "--judge", "nobody"]).expect(3);
    run.folder.run(&["sample", "missing.db", "--n", "9"]).expect(3);
}
