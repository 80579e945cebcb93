//! How many labels a width or a gate takes: `evenhand plan`.

use serde_json::Value;

use crate::stats::assert_close;
use crate::support::labelled_run::{JudgedRun, Row, RunSpec, rows, unwrapped, warning};
use crate::support::{CommandOutput, Folder};

fn plan(flags: &[&str]) -> CommandOutput {
    Folder::new().run(&[&["plan"], flags].concat())
}

#[track_caller]
fn document(said: &CommandOutput) -> Value {
    assert!(!said.stdout.contains("NaN") && !said.stdout.contains("inf"), "{}", said.stdout);
    serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {}", said.stdout))
}

#[track_caller]
fn planned(flags: &[&str]) -> Value {
    document(&plan(&[flags, &["--format", "json"]].concat()).expect(0))
}

impl JudgedRun {
    fn plan(&self, flags: &[&str]) -> CommandOutput {
        self.folder.run(&[&["plan", "run.db"], flags].concat())
    }

    #[track_caller]
    fn planned(&self, flags: &[&str]) -> Value {
        document(&self.plan(&[flags, &["--format", "json"]].concat()).expect(0))
    }
}

fn number(found: &Value, pointer: &str) -> f64 {
    found.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("{pointer}: {found}"))
}

#[test]
fn numbers_without_a_judge_are_those_of_the_formulas() {
    // The numbers of golden/sample_size.json: half widths of 5 and 3 points, win rates of 0.55 and 0.6 against 0.5.
    for (flags, expected) in [
        (&["--width", "0.1"][..], 385),
        (&["--width", "0.06"], 1068),
        (&["--min-win-rate", "new=0.5", "--win-rate", "0.55"], 783),
        (&["--min-win-rate", "new=0.5", "--win-rate", "0.6"], 194),
    ] {
        assert_eq!(planned(flags)["labels_without_judge"], expected, "{flags:?}");
    }
    // Balanced choices: the variance of κ is (1 − κ²)/n, and 1.96 and 0.8416 are the quantiles.
    let kappa = planned(&["--min-kappa", "0.4"]);
    assert_close(number(&kappa, "/assumptions/kappa/value"), 0.5, 1e-12);
    let expected = ((1.959_964 + 0.841_621_f64) / 0.1).powi(2) * 0.75;
    assert_eq!(kappa["labels"], expected.ceil());
    assert_eq!(
        kappa["labels_without_judge"], kappa["labels"],
        "a judge does not save labels for κ"
    );
}

#[test]
fn the_judge_saves_what_its_correlation_and_the_comparisons_allow() {
    let found = planned(&["--agreement", "0.8", "--coverage", "0.81", "--comparisons", "2000"]);
    let rho = 0.6 / 0.9;
    assert_close(number(&found, "/assumptions/correlation/value"), rho, 1e-12);
    assert_close(number(&found, "/saves_at_most"), rho * rho, 1e-12);
    let alone = 384.145_882_f64;
    let expected = alone * (1.0 - rho * rho) / (1.0 - rho * rho * alone / 2000.0);
    assert_eq!(found["labels"], expected.ceil());
    let last = found["by_comparisons"].as_array().unwrap().last().unwrap();
    assert!(last["comparisons"].is_null());
    assert_eq!(last["labels"], (385.0 * (1.0 - rho * rho)).ceil());
    assert!(warning(&found, "half-at-most").is_none(), "ρ² is below one half");
    let better = planned(&["--agreement", "0.9", "--coverage", "0.9"]);
    assert!(warning(&better, "half-at-most").unwrap().contains("Dorner"));
    // A judge below chance saves nothing, and is not subtracted.
    let worse = planned(&["--agreement", "0.4"]);
    assert_eq!(worse["labels"], worse["labels_without_judge"]);
    let table = plan(&["--agreement", "0.4"]).expect(0).stdout;
    assert!(unwrapped(&table).contains("saves no label"), "{table}");
}

#[test]
fn several_comparisons_of_an_item_take_more_labels() {
    let one = planned(&["--width", "0.1"]);
    let four = planned(&["--width", "0.1", "--per-item", "4", "--item-correlation", "0.4"]);
    let effect = number(&four, "/targets/0/design_effect");
    // Not all four of an item are labelled: the effect lies between 1 and 1 + 3·0.4.
    assert!(effect > 1.2 && effect < 2.2, "{effect}");
    let [one, four] = [&one, &four].map(|found| number(found, "/labels_without_judge"));
    assert_close(four / one, effect, 0.01);
    let alone = planned(&["--width", "0.1", "--per-item", "4", "--item-correlation", "0"]);
    assert_close(number(&alone, "/targets/0/design_effect"), 1.0, 1e-12);
}

#[test]
fn people_and_requests_are_counted() {
    let found = planned(&["--annotators", "3", "--seconds-per-label", "60", "--repeat", "2"]);
    let labels = number(&found, "/labels");
    assert_close(number(&found, "/people/judgements"), labels + 60.0, 1e-9);
    assert_close(number(&found, "/people/hours"), (labels + 60.0) / 60.0, 1e-9);
    assert_close(number(&found, "/people/hours_each"), (labels + 60.0) / 180.0, 1e-9);
    assert_eq!(found["requests"]["planned"], 4000);
    assert!(warning(&found, "one-annotator").is_none());
    assert!(warning(&planned(&[]), "one-annotator").is_some());
}

/// 400 comparisons: 300 kept, 100 flipped; `labels` of every tenth, four of five as the judge where it kept.
fn judged(labels: bool) -> JudgedRun {
    let mut rows = rows(&[(180, "b/b", ""), (120, "a/a", ""), (100, "a/b", "")]);
    for (at, row) in rows.iter_mut().enumerate().filter(|(at, _)| labels && at % 5 == 0) {
        let as_judge = (at / 5) % 5 != 0;
        let is_beta = match at {
            0..180 => as_judge,
            180..300 => !as_judge,
            _ => (at / 5) % 2 == 0,
        };
        row.labels = if is_beta { "b" } else { "a" };
    }
    RunSpec::new(rows).judged()
}

#[test]
fn a_run_tells_coverage_comparisons_and_the_judges_win_rate() {
    let judged = judged(false);
    let found = judged.planned(&["--min-win-rate", "beta=0.5"]);
    assert_eq!(found["judge"], "judge-1");
    assert_close(number(&found, "/assumptions/coverage/value"), 0.75, 1e-12);
    for (name, from) in [
        ("coverage", "run"),
        ("comparisons", "run"),
        ("agreement", "default"),
        ("correlation", "derived"),
    ] {
        assert_eq!(found["assumptions"][name]["from"], from, "{name}");
    }
    // 180 of 400, and half of the 100 that flipped.
    assert_close(number(&found, "/targets/0/assumed"), 0.575, 1e-12);
    assert_eq!(found["requests"]["answered"], 800);
    // The other system of the pair is gated at the other side of the same rate.
    let other = judged.planned(&["--min-win-rate", "alpha=0.5"]);
    assert_close(number(&other, "/targets/0/assumed"), 0.425, 1e-12);
    assert!(warning(&other, "gate-missed-as-assumed").unwrap().contains("alpha"));
    assert_eq!(other["labels_without_judge"], found["labels_without_judge"]);
    // An interval is planned for one half all the same: what the judge prefers is not what people do.
    assert_close(number(&judged.planned(&[]), "/targets/0/assumed"), 0.5, 1e-12);
}

#[test]
fn labels_so_far_tell_agreement_correlation_and_the_win_rate() {
    let judged = judged(true);
    let found = judged.planned(&["--labels", "labels.jsonl", "--width", "0.12"]);
    let calibrated = judged.found(&[]);
    let assumptions = &found["assumptions"];
    assert_eq!(assumptions["agreement"]["value"], calibrated["orders"]["agreement"]["value"]);
    assert_eq!(assumptions["kappa"]["value"], calibrated["orders"]["cohen_kappa"]["value"]);
    assert_eq!(
        assumptions["pairs"][0]["win_rate"]["value"],
        calibrated["win_rates"][0]["ppi"]["value"]
    );
    for name in ["agreement", "kappa", "correlation"] {
        assert_eq!(assumptions[name]["from"], "labels", "{name}");
    }
    let rho = number(&found, "/assumptions/correlation/value");
    assert!(rho > 0.3 && rho < 0.7, "{rho}");
    assert!(number(&found, "/labels") < number(&found, "/labels_without_judge"));
    assert_eq!(found["labelled"], 80);
    // What is given goes before what is measured.
    let given = judged.planned(&["--labels", "labels.jsonl", "--agreement", "0.7"]);
    assert_eq!(given["assumptions"]["agreement"]["from"], "given");
    assert_eq!(given["assumptions"]["correlation"]["from"], "derived");
}

#[test]
fn a_run_with_too_few_comparisons_is_told_how_many_to_judge() {
    let judged = judged(false);
    let said = judged.plan(&["--width", "0.06", "--format", "json"]).expect(0);
    let found = document(&said);
    assert!(found["labels"].is_null() && found["people"].is_null());
    assert_eq!(found["comparisons_needed"], 1068);
    assert_eq!(found["requests"]["further"], 2 * (1068 - 400));
    let table = judged.plan(&["--width", "0.06"]).expect(0).stdout;
    assert!(unwrapped(&table).contains("400 comparisons are too few"), "{table}");
    assert!(unwrapped(&table).contains("judge at least 1,068"), "{table}");
}

#[test]
fn every_pair_of_systems_has_its_part_of_the_labels() {
    let mut all = Vec::new();
    for (at, between) in
        [["a", "b"], ["a", "c"], ["b", "c"]].into_iter().cycle().take(900).enumerate()
    {
        all.push(Row::new(&format!("q{:03}", at / 3), between, "a/a", ""));
    }
    let judged = RunSpec::new(all).judged();
    let found = judged.planned(&["--width", "0.2"]);
    assert_eq!(found["targets"].as_array().unwrap().len(), 3);
    assert_close(number(&found, "/assumptions/per_item/value"), 3.0, 1e-12);
    // 97 of each of three pairs.
    assert_close(number(&found, "/labels_without_judge"), 3.0 * 96.04, 1.0);
    assert_close(number(&found, "/targets/1/design_effect"), 1.0, 1e-12);
    let gated = judged.planned(&["--min-win-rate", "c=0.4", "--win-rate", "0.6"]);
    assert_eq!(gated["targets"].as_array().unwrap().len(), 2);
    let kappa = judged.planned(&["--min-kappa", "0.2"]);
    assert!(number(&kappa, "/targets/0/design_effect") > 1.0);
}

#[test]
fn a_gate_at_the_assumed_value_is_decided_by_no_number_of_labels() {
    let said = plan(&["--min-win-rate", "new=0.6", "--win-rate", "0.6"]).expect(8);
    assert!(unwrapped(&said.stdout).starts_with("No number of labels decides"), "{}", said.stdout);
    let said = plan(&["--min-win-rate", "new=0.6", "--win-rate", "0.5999999"]).expect(8);
    assert!(!said.stdout.contains("gate-missed-as-assumed"), "{}", said.stdout);
    let said = plan(&["--min-kappa", "0.5", "--format", "json"]).expect(8);
    let found = document(&said);
    assert!(found["labels"].is_null());
    assert!(warning(&found, "undecidable-gate").is_some());
}

#[test]
fn contradicting_missing_and_foreign_assumptions_are_usage_errors() {
    for (flags, says) in [
        (&["--agreement", "0.9", "--coverage", "0.5"][..], "contradicts a coverage"),
        (&["--min-win-rate", "new=0.5"], "must be assumed"),
        (&["--labels", "labels.jsonl"], "--labels is about the comparisons of a run"),
        (&["--tag", "kind=x"], "--tag is about the comparisons of a run"),
        (&["--judge", "j"], "RUN"),
        (&["--width", "0"], "--width"),
        (&["--power", "0.3"], "--power"),
        (&["--seconds-per-label", "inf"], "--seconds-per-label"),
        (&["--coverage", "0"], "--coverage"),
        (&["--min-win-rate", "new=1"], "--min-win-rate"),
    ] {
        let said = plan(flags).expect(2);
        assert!(said.stderr.contains(says), "{flags:?}: {}", said.stderr);
    }
    plan(&["none.db"]).expect(3);
    let judged = judged(false);
    let said = judged.plan(&["--min-win-rate", "gamma=0.5"]).expect(2);
    assert!(said.stderr.contains("gamma"), "{}", said.stderr);
    assert!(said.stderr.contains("alpha, beta"), "{}", said.stderr);
    judged.plan(&["--labels", "none.jsonl"]).expect(3);
}

#[test]
fn the_table_fits_eighty_columns_and_hostile_names_are_escaped() {
    let name: &'static str =
        "system\u{1b}[31m-with-a-name-that-is-much-too-long-for-a-row-of-the-table";
    let all = (0..90).map(|at| Row::new(&format!("q{at:02}"), ["alpha", name], "b/b", ""));
    let judged = RunSpec::new(all.collect()).judged();
    let gate = format!("{name}=0.7");
    for flags in [
        &["--width", "0.3"][..],
        &["--min-win-rate", &gate, "--win-rate", "0.9", "--min-kappa", "0.1", "--annotators", "12"],
        &["--width", "0.0001"],
    ] {
        let table = judged.plan(flags).expect(0).stdout;
        assert!(!table.contains('\u{1b}'), "{table}");
        let longest = table.lines().max_by_key(|line| line.chars().count()).unwrap();
        assert!(longest.chars().count() <= 80, "{longest}\n{table}");
    }
}

#[test]
fn a_run_without_an_answer_is_told_to_go_on() {
    let mut written = RunSpec::new(rows(&[(19, "-/-", ""), (1, "a/a", "")]));
    written.code = 5;
    let judged = written.judged();
    let found = judged.planned(&["--width", "0.2"]);
    assert!(found["labels"].is_null());
    assert!(warning(&found, "unanswered").unwrap().contains("19 of 20"));
}

#[test]
fn every_key_of_the_document_is_explained() {
    let page =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/plan.md")).unwrap();
    let (_, table) = page.split_once("## JSON").unwrap();
    let found = judged(true).planned(&["--labels", "labels.jsonl", "--width", "0.3"]);
    let mut parts = vec![&found, &found["assumptions"], &found["targets"][0], &found["requests"]];
    parts.extend([
        &found["people"],
        &found["by_comparisons"][0],
        &found["assumptions"]["pairs"][0],
    ]);
    for part in parts {
        for key in part.as_object().unwrap().keys() {
            assert!(table.contains(&format!("`{key}`")), "{key}");
        }
    }
}
