//! Samples of comparisons for labelling, and the win rate corrected with their labels.

use std::collections::{BTreeMap, BTreeSet};

use evenhand::calibration::{SampleDesign, sample};
use evenhand::store::RunFile;
use serde_json::{Value, json};

use crate::support::labelled_run::{
    JudgedRun, Row, RunSpec, interval, is_undefined, rows, value, warning,
};

#[track_caller]
fn assert_close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9, "found {found}, expected {expected}");
}

/// Sixty comparisons without a label: 12 kept for alpha, 20 for beta, 6 ties, 22 not kept.
fn sixty() -> JudgedRun {
    let mut rows = rows(&[(12, "a/a", ""), (22, "a/b", ""), (20, "b/b", ""), (6, "t/t", "")]);
    rows.sort_by_key(|row| row.id.bytes().rev().collect::<Vec<u8>>());
    RunSpec::new(rows).judged()
}

fn ids(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| line["id"].as_str().unwrap()).collect()
}

/// Fills a blank label file in, as `ana`.
fn filled(lines: &[Value], winner: impl Fn(&str) -> &'static str) -> String {
    let fill = |line: &Value| {
        let mut line = line.clone();
        line["annotator"] = json!("ana");
        line["winner"] = json!(winner(line["id"].as_str().unwrap()));
        format!("{line}\n")
    };
    lines.iter().map(fill).collect()
}

#[test]
fn sampled_line_is_a_blank_label_with_its_probability_and_without_the_verdict() {
    let judged = sixty();
    let said = judged.folder.run(&["sample", "run.db", "--n", "15"]).expect(0);
    let lines = said.json_lines();
    assert_eq!(lines.len(), 15);
    for line in &lines {
        let keys: Vec<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["id", "annotator", "between", "winner", "probability"]);
        assert_eq!(line["between"], json!(["alpha", "beta"]));
        assert_eq!((&line["annotator"], &line["winner"]), (&json!(""), &Value::Null));
        assert_eq!(line["probability"], 15.0 / 60.0);
    }
    assert_eq!(ids(&lines).into_iter().collect::<BTreeSet<_>>().len(), 15, "no comparison twice");
    assert!(said.stderr.contains("15 of 60 comparisons drawn"), "{}", said.stderr);
}

#[test]
fn a_sample_depends_on_the_seed_alone() {
    let judged = sixty();
    let drawn = judged.sample(&["--n", "15"]);
    assert_eq!(judged.sample(&["--n", "15"]), drawn);
    assert_eq!(judged.sample(&["--n", "15", "--seed", "0"]), drawn);
    assert_ne!(judged.sample(&["--n", "15", "--seed", "1"]), drawn);
    let by_outcome = judged.sample(&["--n", "15", "--by", "outcome"]);
    assert_eq!(judged.sample(&["--n", "15", "--by", "outcome"]), by_outcome);
}

#[test]
fn a_larger_sample_contains_the_smaller_one() {
    let judged = sixty();
    let all = judged.sample(&["--n", "60"]);
    for n in [1, 2, 7, 30, 59] {
        let some = judged.sample(&["--n", &n.to_string()]);
        assert_eq!(ids(&some), ids(&all)[..n], "n = {n}");
        assert!(some.iter().all(|line| line["probability"] == n as f64 / 60.0));
    }
}

#[test]
fn a_draw_of_more_comparisons_than_there_are_takes_all_with_probability_1() {
    let judged = sixty();
    for flags in [&["--n", "500"][..], &["--n", "500", "--by", "outcome"]] {
        let lines = judged.sample(flags);
        assert_eq!(lines.len(), 60);
        assert!(lines.iter().all(|line| line["probability"] == 1.0));
    }
}

#[test]
fn every_comparison_is_sampled_about_equally_often() {
    let judged = sixty();
    let run = RunFile::open(&judged.folder.path().join("run.db")).unwrap();
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    for seed in 0..120 {
        for drawn in sample(&run, None, 20, seed, SampleDesign::Random).unwrap().comparisons {
            *times.entry(drawn.id).or_default() += 1;
        }
    }
    // 120 draws of a third: 40 with a standard deviation of 5.2.
    assert_eq!(times.len(), 60);
    assert!(times.values().all(|times| (20..=60).contains(times)), "{times:?}");
}

#[test]
fn a_sample_by_outcome_has_more_unkept_comparisons_and_states_the_probability_of_each() {
    let judged = sixty();
    let outcomes = judged.outcomes();
    let mut sizes: BTreeMap<&str, f64> = BTreeMap::new();
    for outcome in outcomes.values() {
        *sizes.entry(outcome).or_default() += 1.0;
    }
    assert_eq!(sizes.values().copied().collect::<Vec<_>>(), [22.0, 12.0, 20.0, 6.0]);
    for n in [10, 24, 45] {
        let lines = judged.sample(&["--n", &n.to_string(), "--by", "outcome"]);
        assert_eq!(lines.len(), n);
        // What was kept shares one probability, whatever it was kept as.
        let kept = |line: &Value| outcomes[line["id"].as_str().unwrap()].starts_with("kept");
        let drawn = lines.iter().filter(|line| kept(line)).count() as f64;
        for line in &lines {
            let probability = if kept(line) { drawn / 38.0 } else { (n as f64 - drawn) / 22.0 };
            assert_eq!(line["probability"].as_f64(), Some(probability), "{line}");
        }
        assert!(drawn >= 2.0 && n as f64 - drawn >= 2.0, "both kinds are drawn");
        // Each line stands for as many comparisons as one over its probability.
        let stands_for =
            lines.iter().map(|line| 1.0 / line["probability"].as_f64().unwrap()).sum::<f64>();
        assert_close(stands_for, 60.0);
        if n > 10 {
            assert!((n as f64 - drawn) / n as f64 > 22.0 / 60.0, "{drawn}");
        }
    }
    // The order of the lines does not give the outcome away.
    let lines = judged.sample(&["--n", "45", "--by", "outcome"]);
    let kinds: Vec<bool> = ids(&lines).iter().map(|id| outcomes[*id] == "flipped ").collect();
    let changes = kinds.windows(2).filter(|two| two[0] != two[1]).count();
    assert!(changes > 8, "{kinds:?}");
}

#[test]
fn pending_comparisons_are_not_drawn() {
    let mut written = RunSpec::new(rows(&[(4, "a/a", ""), (3, "-/b", ""), (2, "?/a", "")]));
    written.code = 5;
    let judged = written.judged();
    let said = judged.folder.run(&["sample", "run.db", "--n", "9"]).expect(0);
    assert_eq!(said.json_lines().len(), 6, "an unreadable reply is an answer");
    assert!(said.stderr.contains("6 of 6 comparisons drawn"), "{}", said.stderr);
    assert!(said.stderr.contains("3 more are pending or failed"), "{}", said.stderr);
}

#[test]
fn a_sample_of_a_jury_is_by_its_own_outcomes_or_by_those_of_one_judge() {
    let kinds = [(10, "a/a a/a a/b", ""), (10, "a/b a/b a/a", "")];
    let judged = RunSpec::new(rows(&kinds)).judged();
    let hung = |lines: &[Value]| ids(lines).iter().filter(|id| **id >= "q010").count();
    let by_jury = judged.sample(&["--n", "10", "--by", "outcome"]);
    let by_third = judged.sample(&["--n", "10", "--by", "outcome", "--judge", "judge-3"]);
    // Neyman: what was not kept gets 5/8 of ten.
    assert!(hung(&by_jury) >= 6, "{by_jury:?}");
    assert!(hung(&by_third) <= 4, "{by_third:?}");
    judged.folder.run(&["sample", "run.db", "--n", "2", "--judge", "judge-9"]).expect(3);
}

#[test]
fn a_sample_of_size_0_is_a_usage_error() {
    let judged = sixty();
    for n in ["0", "-3", "some"] {
        judged.folder.run(&["sample", "run.db", "--n", n]).expect(2);
    }
    judged.folder.run(&["sample", "run.db"]).expect(2);
    judged.folder.run(&["sample", "none.db", "--n", "2"]).expect(3);
}

#[test]
fn labels_of_a_drawn_sample_correct_the_win_rate_by_known_probabilities() {
    let judged = sixty();
    let said = judged.folder.run(&["sample", "run.db", "--n", "30"]).expect(0);
    // Blank as it is, it says nothing.
    judged.label(&said.stdout);
    judged.calibrate(&[]).expect(3);
    let winner = |id: &str| if id < "q030" { "alpha" } else { "beta" };
    for flags in [&["--n", "30"][..], &["--n", "30", "--by", "outcome"]] {
        judged.label(&filled(&judged.sample(flags), winner));
        let found = judged.found(&[]);
        assert_eq!(found["labelled"], 30);
        let rates = &found["win_rates"][0];
        assert_eq!(rates["ppi_basis"], "known-probabilities");
        let [low, high] = interval(&rates["ppi"]);
        assert!(low < 0.5 && 0.5 < high, "thirty of sixty were won: {rates}");
        assert!(warning(&found, "unknown-sampling").is_none());
        let table = judged.calibrate(&[]).expect(0).stdout;
        assert!(table.contains("corrected with labels"), "{table}");
        assert!(!table.contains("if at random"), "{table}");
    }
}

#[test]
fn several_people_may_label_the_same_sample() {
    let judged = sixty();
    let lines = judged.sample(&["--n", "20"]);
    let ana = filled(&lines, |_| "alpha");
    judged.label(&(ana.clone() + &ana.replace("\"ana\"", "\"ben\"")));
    let found = judged.found(&[]);
    assert_eq!([&found["labelled"], &found["annotators"]], [20, 2]);
    assert_eq!(found["win_rates"][0]["ppi_basis"], "known-probabilities");
}

#[test]
fn the_corrected_win_rate_without_probabilities_has_a_warning_that_it_assumes_random_labels() {
    let judged = sixty();
    let lines = judged.sample(&["--n", "20"]);
    let mut bare = lines.clone();
    for line in &mut bare {
        line.as_object_mut().unwrap().remove("probability");
    }
    let winner = |id: &str| if id < "q030" { "alpha" } else { "beta" };
    // Half of the probabilities are none.
    for labels in [bare.clone(), [&lines[..10], &bare[10..]].concat()] {
        judged.label(&filled(&labels, winner));
        let found = judged.found(&[]);
        assert_eq!(found["win_rates"][0]["ppi_basis"], "as-if-random");
        let codes =
            ["unknown-sampling", "mixed-sampling"].map(|code| warning(&found, code).is_some());
        assert_eq!(codes.iter().filter(|given| **given).count(), 1, "{codes:?}");
        let table = judged.calibrate(&[]).expect(0).stdout;
        assert!(table.contains("corrected with labels"), "{table}");
        assert!(table.contains("if at random"), "{table}");
    }
}

#[test]
fn the_corrected_win_rate_is_the_mean_label_where_every_comparison_is_labelled() {
    let judged = sixty();
    // A third for beta, a third tie: people say ½, whatever the judge says.
    let winner = |id: &str| ["alpha", "beta", "tie"][id[1..].parse::<usize>().unwrap() % 3];
    judged.label(&filled(&judged.sample(&["--n", "60"]), winner));
    let found = judged.found(&[]);
    let rates = &found["win_rates"][0];
    assert_close(value(&rates["ppi"]), 0.5);
    assert_eq!(rates["ppi"], rates["labels"]);
    assert_eq!(rates["ppi_basis"], "every-label");
    for code in ["unknown-sampling", "only-kept-labelled"] {
        assert!(warning(&found, code).is_none(), "{code}");
    }
}

#[test]
fn labels_on_kept_verdicts_alone_leave_the_corrected_win_rate_undefined() {
    let found = RunSpec::new(rows(&[(15, "a/a", "a"), (15, "b/b", "b"), (30, "a/b", "")]))
        .judged()
        .found(&[]);
    let rates = &found["win_rates"][0];
    assert!(is_undefined(&rates["ppi"]), "{rates}");
    assert_eq!(rates["ppi_basis"], "only-kept");
    assert!(warning(&found, "only-kept-labelled").is_some());
    assert_close(value(&rates["labels"]), 0.5);
}

#[test]
fn the_corrected_win_rate_equals_that_of_other_programs() {
    // Too few ties have a label for a stratum of their own, so it is one PPI++ estimate of everything.
    let unstratified = [
        (12, "a/a", "a"),
        (3, "a/a", "b"),
        (10, "b/b", "b"),
        (2, "b/b", "a"),
        (3, "t/t", "t"),
        (6, "a/b", "b"),
        (4, "a/b", "a"),
        (20, "a/a", ""),
        (25, "b/b", ""),
        (3, "t/t", ""),
        (12, "a/b", ""),
    ];
    let found = RunSpec::new(rows(&unstratified)).judged().found(&[]);
    let ppi = &found["win_rates"][0]["ppi"];
    // ppi-python 0.2.3, ppi_mean_pointestimate; its interval after two more labels, numpy 2.4.6.
    assert_close(value(ppi), 0.540_395_771_088_104_4);
    let [low, high] = interval(ppi);
    assert_close(low, 0.401_840_985_137_930_2);
    assert_close(high, 0.676_501_625_009_241_4);

    // Strata: kept for alpha, for beta, not kept. Of the first two the judge's score is constant.
    let stratified = [
        (36, "a/a", "a"),
        (9, "a/a", "b"),
        (30, "b/b", "b"),
        (6, "b/b", "a"),
        (18, "a/b", "b"),
        (12, "a/b", "a"),
        (9, "b/t", "b"),
        (3, "b/t", "a"),
        (60, "a/a", ""),
        (75, "b/b", ""),
        (36, "a/b", ""),
        (12, "b/t", ""),
    ];
    let found = RunSpec::new(rows(&stratified)).judged().found(&[]);
    let ppi = &found["win_rates"][0]["ppi"];
    // ppi-python 0.2.3 within each stratum, numpy 2.4.6 for the weighted sum and the spread between strata.
    assert_close(value(ppi), 0.559_123_432_922_952_7);
    let [low, high] = interval(ppi);
    assert_close(low, 0.479_897_196_159_354_1);
    assert_close(high, 0.638_349_669_686_551_4);
}

#[test]
fn a_label_is_weighted_by_the_inverse_of_its_probability() {
    // A judge that follows the order adds nothing, so the labels alone decide: ten for beta that were drawn
    // with ½ stand for twenty, ten for alpha that were drawn with ⅒ for a hundred.
    let judged = RunSpec::new(rows(&[(120, "a/b", "")])).judged();
    let line = |at: usize| {
        let (winner, probability) = if at < 10 { ("beta", 0.5) } else { ("alpha", 0.1) };
        let id = format!("q{at:03}");
        let label =
            json!({ "id": id, "annotator": "ana", "winner": winner, "probability": probability });
        format!("{label}\n")
    };
    judged.label(&(0..20).map(line).collect::<String>());
    let found = judged.found(&[]);
    let rates = &found["win_rates"][0];
    assert_eq!(rates["ppi_basis"], "known-probabilities");
    assert_close(value(&rates["ppi"]), 20.0 / 120.0);
    assert_close(value(&rates["labels"]), 20.0 / 120.0);
}

/// A run whose error rates are known: 34 of 40 that people give to alpha are not given to beta, and 37 of 45 that
/// people give to beta are.
fn elsewhere() -> JudgedRun {
    let people_alpha = [(30, "a/a", "a"), (6, "b/b", "a"), (4, "a/b", "a")];
    let people_beta = [(37, "b/b", "b"), (2, "a/a", "b"), (6, "a/b", "b")];
    RunSpec::new(rows(&[&people_alpha[..], &people_beta].concat())).judged()
}

fn by_error_rates(judged: &JudgedRun, other: &JudgedRun) -> Value {
    let path = |name: &str| other.folder.path().join(name).to_str().unwrap().to_owned();
    let (run, labels) = (path("run.db"), path("labels.jsonl"));
    judged.found(&["--error-rates", &run, "--error-labels", &labels])
}

#[test]
fn error_rates_of_another_run_correct_the_win_rate_by_the_formula_of_rogan_and_gladen() {
    let judged = RunSpec::new(rows(&[(30, "b/b", "b"), (15, "a/a", "a"), (5, "a/b", "")])).judged();
    assert!(judged.found(&[])["win_rates"][0]["rogan_gladen"].is_null());
    let found = by_error_rates(&judged, &elsewhere());
    let corrected = &found["win_rates"][0]["rogan_gladen"];
    // Of 50 comparisons 30 were won. Then the formula of Lee et al. (2025).
    let (share, specificity, sensitivity) = (30.0 / 50.0, 34.0 / 40.0, 37.0 / 45.0);
    let youden = specificity + sensitivity - 1.0;
    assert_close(value(corrected), (share + specificity - 1.0) / youden);
    let quantile = 1.959_963_984_540_054_f64;
    let added = quantile.powi(2);
    let share = (30.0 + added / 2.0) / (50.0 + added);
    let (specificity, sensitivity) = ((34.0 + 1.0) / (40.0 + 2.0), (37.0 + 1.0) / (45.0 + 2.0));
    let youden = specificity + sensitivity - 1.0;
    let theta = (share + specificity - 1.0) / youden;
    let of_negatives = specificity * (1.0 - specificity) / 42.0;
    let of_positives = sensitivity * (1.0 - sensitivity) / 47.0;
    let shift = 2.0 * added * (theta * of_positives - (1.0 - theta) * of_negatives);
    let variance = share * (1.0 - share) / (50.0 + added)
        + (1.0 - theta).powi(2) * of_negatives
        + theta.powi(2) * of_positives;
    let half = quantile * variance.sqrt() / youden;
    let [low, high] = interval(corrected);
    assert_close(low, theta + shift - half);
    assert_close(high, theta + shift + half);
    assert_eq!(corrected["n"], 50);
    assert!(warning(&found, "no-error-rates").is_none());
}

#[test]
fn error_rates_are_not_used_with_ties() {
    let with_ties =
        RunSpec::new(rows(&[(30, "b/b", "b"), (15, "a/a", "a"), (5, "t/t", "")])).judged();
    let found = by_error_rates(&with_ties, &elsewhere());
    assert!(found["win_rates"][0]["rogan_gladen"].is_null());
    assert!(warning(&found, "no-error-rates").unwrap().contains("tie"));
    // Nor where the tie is in the other run, by its judge or its people.
    for tie in ["t/t", "b/b"] {
        let label = if tie == "t/t" { "b" } else { "t" };
        let kinds = [(20, "a/a", "a"), (20, "b/b", "b"), (1, tie, label)];
        let other = RunSpec::new(rows(&kinds)).judged();
        let found = by_error_rates(&elsewhere(), &other);
        assert!(found["win_rates"][0]["rogan_gladen"].is_null());
        assert!(warning(&found, "no-error-rates").is_some());
    }
}

#[test]
fn error_rates_no_better_than_chance_or_of_other_systems_are_not_used() {
    let chance = [(10, "a/a", "a"), (10, "b/b", "a"), (10, "a/a", "b"), (10, "b/b", "b")];
    let one_sided = [(20, "a/a", "a"), (5, "b/b", "a")];
    for kinds in [&chance[..], &one_sided] {
        let found = by_error_rates(&elsewhere(), &RunSpec::new(rows(kinds)).judged());
        assert!(found["win_rates"][0]["rogan_gladen"].is_null(), "{kinds:?}");
        assert!(warning(&found, "no-error-rates").is_some());
    }
    let others = ["gamma", "zeta"];
    let rows = [Row::new("q1", others, "a/a", "a"), Row::new("q2", others, "b/b", "b")];
    let found = by_error_rates(&elsewhere(), &RunSpec::new(rows.to_vec()).judged());
    assert!(found["win_rates"][0]["rogan_gladen"].is_null());
}

#[test]
fn error_rates_need_the_labels_of_their_run() {
    let judged = elsewhere();
    for flag in ["--error-rates", "--error-labels"] {
        let said = judged.calibrate(&[flag, "run.db"]).expect(2);
        assert!(said.stderr.contains("--error-"), "{}", said.stderr);
    }
}
