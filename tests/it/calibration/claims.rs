//! What calibration claims: every missing number has a warning that explains it, and no warning is wrong.

use serde_json::{Value, json};

use crate::support::labelled_run::{JudgedRun, Row, RunSpec, is_undefined, rows, value, warning};

fn found(kinds: &[(usize, &'static str, &'static str)]) -> Value {
    RunSpec::new(rows(kinds)).judged().found(&[])
}

fn messages(found: &Value) -> String {
    let warnings = found["warnings"].as_array().unwrap();
    let messages: Vec<&str> =
        warnings.iter().map(|warning| warning["message"].as_str().unwrap()).collect();
    messages.join("\n")
}

#[test]
fn a_perfect_judge_of_three_systems_has_an_interval_or_a_warning_that_says_why_not() {
    let mut all = Vec::new();
    for at in 0..40 {
        let right = ["a/a a", "b/b b"][at % 2].split_once(' ').unwrap();
        for between in [["alpha", "beta"], ["alpha", "gamma"], ["beta", "gamma"]] {
            all.push(Row::new(&format!("q{at:02}"), between, right.0, right.1));
        }
    }
    let found = RunSpec::new(all).judged().found(&[]);
    for block in ["kept", "orders"] {
        let kappa = &found[block]["cohen_kappa"];
        assert_eq!(kappa["value"], 1.0);
        let said = warning(&found, "no-interval").is_some_and(|message| message.contains('κ'));
        assert!(!kappa["low"].is_null() || said, "{block}: {kappa}\n{}", messages(&found));
    }
}

#[test]
fn a_jury_of_position_followers_is_not_perfectly_consistent() {
    // Of 60 verdicts 24 were kept and 36 flipped; `primacy` says so beside it.
    let judged = RunSpec::new(rows(&[(4, "b/b b/b a/b", "b"), (16, "a/b b/b a/b", "a")])).judged();
    let found = judged.found(&[]);
    assert_eq!(found["position"]["primacy"], 36);
    let consistency = &found["position"]["consistency"];
    assert_ne!(consistency["value"], 1.0, "{consistency}");
    let code = judged.calibrate(&["--min-consistency", "0.5"]).code;
    assert_ne!(code, 0);
}

#[test]
fn a_pair_of_systems_without_labels_or_kept_verdicts_has_a_warning_for_its_nulls() {
    let mut all = Vec::new();
    for at in 0..12 {
        let id = format!("q{at:02}");
        let (replies, labels) = [("a/a", "a"), ("b/b", "b")][at % 2];
        all.push(Row::new(&id, ["alpha", "beta"], replies, labels));
        all.push(Row::new(&id, ["alpha", "gamma"], "a/b", labels));
        all.push(Row::new(&id, ["beta", "gamma"], replies, ""));
    }
    let found = RunSpec::new(all).judged().found(&[]);
    assert!(is_undefined(&found["pairs"][1]["kept"]["agreement"]));
    assert!(is_undefined(&found["pairs"][2]["orders"]["agreement"]));
    assert!(is_undefined(&found["win_rates"][2]["ppi"]));
    assert!(messages(&found).contains("beta and gamma"), "{}", messages(&found));
}

#[test]
fn people_who_always_chose_one_system_have_undefined_kappas_and_a_warning() {
    let found = found(&[(6, "b/b", "bb"), (6, "a/a", "bb")]);
    assert!(is_undefined(&found["human"]["krippendorff_alpha"]));
    assert!(is_undefined(&found["human"]["fleiss_kappa"]));
    let said = messages(&found);
    assert!(said.contains("human.fleiss_kappa"), "{said}");
}

#[test]
fn undefined_consistency_has_a_warning() {
    let mut spec = RunSpec::new(rows(&[(6, "?/?", "b"), (6, "?/?", "a")]));
    // No reply can be read.
    spec.code = 4;
    let found = spec.judged().found(&[]);
    assert!(is_undefined(&found["position"]["consistency"]));
    assert!(messages(&found).contains("consistency"), "{}", messages(&found));
}

#[test]
fn a_constant_judge_on_balanced_labels_is_no_paradox_of_one_sided_labels() {
    let found = found(&[(30, "b/b", "b"), (30, "b/b", "a")]);
    let said = warning(&found, "kappa-paradox").unwrap_or_default();
    assert!(!said.contains("nearly all labels name one side"), "half of them do: {said}");
}

#[test]
fn a_perfect_judge_is_better_than_the_longer_response_where_that_is_always_wrong() {
    let mut rows = rows(&[(30, "a/a", "a"), (30, "b/b", "b")]);
    for row in &mut rows {
        row.longer = if row.labels == "a" { 'b' } else { 'a' };
    }
    let judged = RunSpec::new(rows).judged();
    let found = judged.found(&[]);
    assert_eq!(found["baselines"][0]["agreement"]["value"], 0.0);
    assert_eq!(found["baselines"][0]["difference"]["value"], 1.0);
    assert_eq!(warning(&found, "no-better-than-longer"), None);
    let table = judged.calibrate(&[]).expect(0).stdout;
    assert!(!table.starts_with("Do not rely on"), "{table}");
    // The difference is 1 since nothing varies, not since it agrees with anything.
    let perfect = warning(&found, "perfect-agreement").unwrap();
    assert!(perfect.contains("kept.cohen_kappa") || perfect.contains("kept.mcc"), "{perfect}");
    assert!(!perfect.contains("baselines"), "{perfect}");
    assert!(perfect.ends_with("every observation agrees; see the interval of the agreement"));
    let said = warning(&found, "no-interval").unwrap();
    assert!(said.contains("baselines.longer.difference"), "{said}");
}

#[test]
fn people_who_always_agree_have_a_ceiling_of_1_and_the_ratio_is_defined() {
    let found = found(&[(40, "a/a", "aa"), (40, "b/b", "bb"), (20, "b/b", "aa")]);
    assert_eq!(found["human"]["ceiling"]["value"], 1.0);
    assert_eq!(found["human"]["judge"]["value"], 0.8);
    let said = warning(&found, "no-ratio").unwrap_or_default();
    assert!(!said.contains("may be 0"), "they always agree: {said}");
    assert_eq!(found["human"]["ratio"]["value"], 0.8);
}

fn filled(line: &Value, winner: &str) -> String {
    let mut line = line.clone();
    line["annotator"] = json!("ana");
    line["winner"] = json!(winner);
    format!("{line}\n")
}

fn partly_kept() -> JudgedRun {
    RunSpec::new(rows(&[(15, "a/a", ""), (15, "b/b", ""), (30, "a/b", "")])).judged()
}

#[test]
fn a_blank_winner_is_not_reported_as_an_unused_field() {
    let judged = partly_kept();
    let lines = judged.sample(&["--n", "10"]);
    let blank: Vec<String> = lines[5..].iter().map(ToString::to_string).collect();
    let blank = blank.join("\n");
    let done: String = lines[..5].iter().map(|line| filled(line, "alpha")).collect();
    judged.label(&(done + &blank));
    let found = judged.found(&[]);
    assert_eq!(found["labels_blank"], 5);
    assert_eq!(warning(&found, "unused-label-field"), None);
}

#[test]
fn labels_on_kept_verdicts_alone_leave_the_corrected_win_rate_undefined_despite_probabilities() {
    let judged = partly_kept();
    let outcomes = judged.outcomes();
    let lines = judged.sample(&["--n", "60"]);
    let kept = |line: &&Value| outcomes[line["id"].as_str().unwrap()].starts_with("kept");
    let done: String = lines.iter().filter(kept).map(|line| filled(line, "alpha")).collect();
    judged.label(&done);
    let found = judged.found(&[]);
    assert_eq!(found["labelled"], 30);
    // A comparison that was to be labelled for certain and is not was not left out at random.
    let rates = &found["win_rates"][0];
    assert_ne!(rates["ppi_basis"], "known-probabilities", "{rates}");
    assert!(is_undefined(&rates["ppi"]), "{rates}");
}

#[test]
fn the_corrected_win_rate_is_the_order_averaged_one_where_labels_equal_the_judges_scores() {
    // Kept verdicts agree with people, and what was not kept is a tie to them.
    let judged = RunSpec::new(rows(&[(60, "b/b", ""), (4, "a/a", ""), (36, "a/b", "")])).judged();
    let outcomes = judged.outcomes();
    let lines = judged.sample(&["--n", "40", "--by", "outcome"]);
    let fill = |line: &Value| match outcomes[line["id"].as_str().unwrap()].as_str() {
        "kept alpha" => filled(line, "alpha"),
        "kept beta" => filled(line, "beta"),
        _ => filled(line, "tie"),
    };
    judged.label(&lines.iter().map(fill).collect::<String>());
    let found = judged.found(&[]);
    let rates = &found["win_rates"][0];
    assert_eq!(rates["ppi_basis"], "known-probabilities");
    assert!((value(&rates["order_averaged"]) - 0.78).abs() < 1e-12);
    assert!((value(&rates["ppi"]) - 0.78).abs() < 1e-9, "{}", rates["ppi"]);
}

#[test]
fn a_small_draw_by_outcome_represents_the_run_or_has_no_known_probabilities() {
    let judged = RunSpec::new(rows(&[(10, "a/a", ""), (20, "b/b", ""), (7, "t/t", "")]));
    let mut written = judged;
    written.rows.extend(rows(&[(23, "a/b", "")]).into_iter().map(|mut row| {
        row.id = format!("z{}", row.id);
        row
    }));
    let judged = written.judged();
    let lines = judged.sample(&["--n", "5", "--by", "outcome"]);
    judged.label(&lines.iter().map(|line| filled(line, "alpha")).collect::<String>());
    let found = judged.found(&[]);
    let stands_for: f64 =
        lines.iter().map(|line| 1.0 / line["probability"].as_f64().unwrap()).sum();
    let whole = (stands_for - 60.0).abs() < 1e-9;
    assert!(whole || found["win_rates"][0]["ppi_basis"] != "known-probabilities", "{stands_for}");
}

#[test]
fn the_report_counts_comparisons_rather_than_labels_and_fits_eighty_columns() {
    let kinds = [(20, "a/a", "aaa"), (20, "b/b", "bbb"), (5, "a/?", "abt")];
    let table = RunSpec::new(rows(&kinds)).judged().calibrate(&["--full"]).expect(0).stdout;
    assert!(!table.contains("45 labels of 3 people"), "there are 135 labels");
    let longest = table.lines().max_by_key(|line| line.chars().count()).unwrap();
    assert!(longest.chars().count() <= 80, "{longest}");
}

#[test]
fn error_rates_from_labels_drawn_with_unequal_probabilities_are_not_used() {
    let kinds = [(30, "a/a", ""), (30, "b/b", ""), (40, "a/b", "")];
    let other = RunSpec::new(rows(&kinds)).judged();
    let lines = other.sample(&["--n", "40", "--by", "outcome"]);
    let winner = |at: usize| if at.is_multiple_of(2) { "alpha" } else { "beta" };
    let done = lines.iter().enumerate().map(|(at, line)| filled(line, winner(at)));
    other.label(&done.collect::<String>());
    let path = |name: &str| other.folder.path().join(name).to_str().unwrap().to_owned();
    let judged = RunSpec::new(rows(&[(30, "b/b", "b"), (15, "a/a", "a"), (5, "a/b", "")])).judged();
    let flags = ["--error-rates", &path("run.db"), "--error-labels", &path("labels.jsonl")];
    let found = judged.found(&flags);
    assert!(found["win_rates"][0]["rogan_gladen"].is_null());
    assert!(warning(&found, "no-error-rates").unwrap().contains("unequal"));
}

#[test]
fn with_every_comparison_labelled_the_corrected_win_rate_is_the_mean_label_even_if_some_are_unanswered()
 {
    let mut written = RunSpec::new(rows(&[(12, "b/b", "b"), (4, "a/a", "a"), (4, "-/b", "a")]));
    written.code = 5;
    let judged = written.judged();
    let found = judged.found(&[]);
    let rates = &found["win_rates"][0];
    assert_eq!(rates["ppi_basis"], "every-label");
    assert_eq!([&rates["ppi"]["value"], &rates["ppi"]["n"]], [&json!(0.6), &json!(20)]);
    assert!(warning(&found, "unanswered").unwrap().starts_with("4 comparisons are"));
    assert!(
        headline(&found).starts_with("People prefer beta to alpha in 60.0 % of 20 comparisons (95")
    );
    // Without labels of those that were not answered it is that of the others, and says so.
    let text = std::fs::read_to_string(judged.folder.path().join("labels.jsonl")).unwrap();
    let answered: Vec<&str> = text.lines().take(16).collect();
    judged.label(&(answered.join("\n") + "\n"));
    let found = judged.found(&[]);
    let rates = &found["win_rates"][0];
    assert_eq!(rates["ppi_basis"], "every-answered");
    assert_eq!([&rates["ppi"]["value"], &rates["ppi"]["n"]], [&json!(0.75), &json!(16)]);
    let expected =
        "People prefer beta to alpha in 75.0 % of 16 comparisons that the judge answered (95";
    assert!(headline(&found).starts_with(expected), "{}", headline(&found));
}

fn headline(found: &Value) -> &str {
    found["headline"].as_str().unwrap()
}

#[test]
fn labels_of_comparisons_without_an_answer_are_not_counted_behind_the_corrected_win_rate() {
    let kinds = [(12, "b/b", "b"), (4, "a/a", "a"), (4, "-/b", "a"), (14, "b/b", "")];
    let mut written = RunSpec::new(rows(&kinds));
    written.code = 5;
    let found = written.judged().found(&[]);
    let rates = &found["win_rates"][0];
    assert_eq!((&rates["labels"]["n"], &rates["ppi"]["n"]), (&json!(20), &json!(16)));
    let headline = headline(&found);
    assert!(headline.contains(" % of 30 comparisons, 16 of them labelled (95"), "{headline}");
}

#[test]
fn a_sample_is_complete_in_each_part() {
    let judged = RunSpec::new(rows(&[(60, "a/a", ""), (60, "b/b", ""), (80, "a/b", "")])).judged();
    let lines = judged.sample(&["--n", "80"]);
    let winner = |at: usize| if at.is_multiple_of(3) { "alpha" } else { "beta" };
    let done = lines.iter().enumerate().map(|(at, line)| filled(line, winner(at)));
    judged.label(&done.collect::<String>());
    for part in ["dev", "test"] {
        let found = judged.found(&["--part", part]);
        assert_eq!(found["win_rates"][0]["ppi_basis"], "known-probabilities", "{part}");
    }
    // One that was drawn and is not labelled is no random gap.
    judged.label(&lines.iter().take(70).map(|line| filled(line, "beta")).collect::<String>());
    let found = judged.found(&[]);
    assert_eq!(found["win_rates"][0]["ppi_basis"], "incomplete-sample");
    assert!(warning(&found, "incomplete-sample").is_some());
}

#[test]
fn the_judge_is_compared_with_people_only_where_it_answered() {
    let mut written =
        RunSpec::new(rows(&[(20, "a/a", "aa"), (20, "b/b", "bb"), (20, "-/b", "bb")]));
    written.code = 5;
    let human = &written.judged().found(&[])["human"];
    assert_eq!([&human["judge"]["n"], &human["ceiling"]["n"]], [40, 40]);
    assert_eq!(human["krippendorff_alpha"]["n"], 60);
    // Forty that all agree: Wilson's lower end is 40/(40 + z²).
    let z = 1.959_963_984_540_054_f64;
    assert!((value(&human["judge"]) - 1.0).abs() < 1e-12);
    let low = human["judge"]["low"].as_f64().unwrap();
    assert!((low - 40.0 / (40.0 + z * z)).abs() < 1e-9, "{low}");
}
