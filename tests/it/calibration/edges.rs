//! Calibration of perfect, constant and reversed judges, of single labels and of labels of one class.

use serde_json::{Value, json};

use crate::support::labelled_run::{
    Row, RunSpec, confusion, interval, is_undefined, rows, value, warning,
};

const KEPT: [&str; 5] =
    ["cohen_kappa", "gwet_ac1", "krippendorff_alpha", "mcc", "balanced_accuracy"];

fn found(kinds: &[(usize, &'static str, &'static str)]) -> Value {
    RunSpec::new(rows(kinds)).judged().found(&[])
}

#[track_caller]
fn assert_close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9, "found {found}, expected {expected}");
}

/// Fails unless two estimates are the same but for rounding.
#[track_caller]
fn assert_same(one: &Value, other: &Value) {
    assert_eq!(one["n"], other["n"]);
    for key in ["value", "low", "high"] {
        match (one[key].as_f64(), other[key].as_f64()) {
            (Some(one), Some(other)) => assert_close(one, other),
            (one, other) => assert_eq!(one, other, "{key}"),
        }
    }
}

/// Fails unless one estimate is 1 minus the other.
#[track_caller]
fn assert_mirrored(one: &Value, other: &Value) {
    assert_eq!(one["n"], other["n"]);
    for (key, mirrored) in [("value", "value"), ("low", "high"), ("high", "low")] {
        assert_close(one[key].as_f64().unwrap(), 1.0 - other[mirrored].as_f64().unwrap());
    }
}

/// Comparisons of everything, between two systems by these names; `turned` swaps what is said of them.
fn everything(between: [&'static str; 2], turned: bool) -> Value {
    const KINDS: [[&str; 4]; 8] = [
        ["a/a", "aab", "b/b", "bba"],
        ["b/b", "bbb", "a/a", "aaa"],
        ["a/a", "bb-", "b/b", "aa-"],
        ["t/t", "tta", "t/t", "ttb"],
        ["a/b", "bat", "a/b", "abt"],
        ["b/t", "b", "t/a", "a"],
        ["?/a", "a", "b/?", "b"],
        ["a/a", "", "b/b", ""],
    ];
    let kinds = KINDS.iter().zip([9, 14, 3, 4, 6, 5, 2, 7]);
    let all = kinds.flat_map(|(kind, times)| std::iter::repeat_n(kind, times));
    let row = |(at, kind): (usize, &[&'static str; 4])| {
        let [replies, labels] = if turned { [kind[2], kind[3]] } else { [kind[0], kind[1]] };
        let mut row = Row::new(&format!("q{at:03}"), between, replies, labels);
        row.longer = ['a', 'b'][(at + usize::from(turned)) % 2];
        row.tag = Some(["x", "y"][at % 2].to_owned());
        row
    };
    RunSpec::new(all.enumerate().map(row).collect()).judged().found(&[])
}

#[test]
fn exchanging_the_names_of_two_systems_mirrors_every_number() {
    // The same texts, replies and labels: what was alpha is now zeta, so it comes last.
    let (one, other) = (everything(["alpha", "beta"], false), everything(["beta", "zeta"], true));
    let kept = KEPT.into_iter().chain(["agreement"]);
    for (block, statistic) in
        kept.map(|name| ("kept", name)).chain([("orders", "agreement"), ("orders", "cohen_kappa")])
    {
        assert_same(&one[block][statistic], &other[block][statistic]);
    }
    assert_eq!(one["orders"]["unreadable"], other["orders"]["unreadable"]);
    let (table, turned) = (confusion(&one["pairs"][0]), confusion(&other["pairs"][0]));
    let mirror = [1, 0, 2];
    for (i, row) in table.iter().enumerate() {
        for (j, count) in row.iter().enumerate() {
            assert_close(*count, turned[mirror[i]][mirror[j]]);
        }
    }
    assert!(table[0][1] > table[1][0], "the table is not symmetric");

    let (rates, mirrored) = (&one["win_rates"][0], &other["win_rates"][0]);
    assert_eq!([&rates["system"], &mirrored["system"]], ["beta", "zeta"]);
    for rate in ["order_averaged", "kept", "ppi", "labels"] {
        assert_mirrored(&rates[rate], &mirrored[rate]);
    }
    let (bounds, turned) = (&rates["bounds"], &mirrored["bounds"]);
    for (low, high) in [("low", "high"), ("high", "low"), ("ci_low", "ci_high")] {
        assert_close(bounds[low].as_f64().unwrap(), 1.0 - turned[high].as_f64().unwrap());
    }
    assert_eq!(bounds["robust"], turned["robust"]);

    // What is not about one of the two systems stays as it is.
    for block in ["coverage", "labelled_coverage"] {
        assert_same(&one[block], &other[block]);
    }
    for key in ["primacy", "recency", "first_picks", "second_picks", "ties", "unparsed"] {
        assert_eq!(one["position"][key], other["position"][key], "{key}");
    }
    for key in ["krippendorff_alpha", "judge", "ceiling", "ratio", "difference"] {
        assert_same(&one["human"][key], &other["human"][key]);
    }
    for (baseline, same) in
        one["baselines"].as_array().unwrap().iter().zip(other["baselines"].as_array().unwrap())
    {
        assert_eq!(baseline["name"], same["name"]);
        assert_same(&baseline["agreement"], &same["agreement"]);
        assert_same(&baseline["cohen_kappa"], &same["cohen_kappa"]);
    }
    for (slice, same) in
        one["slices"].as_array().unwrap().iter().zip(other["slices"].as_array().unwrap())
    {
        assert_eq!(slice["value"], same["value"]);
        assert_same(&slice["agreement"], &same["agreement"]);
    }
    assert_eq!(one["slices"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_perfect_judge_has_an_interval_below_1() {
    let found = found(&[(30, "a/a", "a"), (30, "b/b", "b")]);
    for (block, statistic) in
        [("kept", "agreement"), ("kept", "cohen_kappa"), ("orders", "cohen_kappa")]
    {
        let estimate = &found[block][statistic];
        assert_eq!(estimate["value"], 1.0, "{block} {statistic}");
        let [low, high] = interval(estimate);
        assert!(low < 0.999 && high <= 1.0, "{block} {statistic}: {estimate}");
    }
    // Wilson's lower bound of 60 of 60 is 60/(60 + z²), and κ's (that − ½)/½.
    let wilson = 60.0 / (60.0 + 1.959_963_984_540_054_f64.powi(2));
    assert_close(interval(&found["kept"]["agreement"])[0], wilson);
    assert_close(interval(&found["kept"]["cohen_kappa"])[0], (wilson - 0.5) / 0.5);
    for statistic in KEPT {
        let estimate = &found["kept"][statistic];
        assert!(estimate["low"].as_f64().is_none_or(|low| low < 1.0), "{statistic}: {estimate}");
    }
}

#[test]
fn a_judge_that_is_always_wrong_is_below_chance_with_an_interval() {
    let found = found(&[(20, "a/a", "b"), (20, "b/b", "a")]);
    assert_eq!(found["kept"]["agreement"]["value"], 0.0);
    assert!(interval(&found["kept"]["agreement"])[1] > 0.0);
    assert_close(value(&found["kept"]["cohen_kappa"]), -1.0);
    assert_close(value(&found["kept"]["mcc"]), -1.0);
    assert_close(value(&found["orders"]["cohen_kappa"]), -1.0);
}

#[test]
fn a_constant_judge_has_no_agreement_beyond_chance() {
    let found = found(&[(12, "b/b", "a"), (18, "b/b", "b")]);
    assert_close(value(&found["kept"]["agreement"]), 0.6);
    for (block, statistic) in [("kept", "cohen_kappa"), ("kept", "mcc"), ("orders", "cohen_kappa")]
    {
        assert_eq!(found[block][statistic]["value"], 0.0, "{block} {statistic}");
    }
    assert_close(value(&found["kept"]["balanced_accuracy"]), 0.5);
    let message = warning(&found, "no-interval").unwrap();
    for name in ["orders.cohen_kappa", "kept.cohen_kappa", "kept.mcc"] {
        assert!(message.contains(name), "{message}");
    }
}

#[test]
fn labels_of_one_class_leave_kappa_undefined_with_a_warning() {
    let found = found(&[(40, "b/b", "b")]);
    for statistic in ["cohen_kappa", "krippendorff_alpha", "mcc"] {
        assert!(is_undefined(&found["kept"][statistic]), "{statistic}");
    }
    assert!(is_undefined(&found["orders"]["cohen_kappa"]));
    assert_eq!(found["kept"]["agreement"]["value"], 1.0);
    let message = warning(&found, "undefined").unwrap();
    for name in ["orders.cohen_kappa", "kept.cohen_kappa", "kept.krippendorff_alpha", "kept.mcc"] {
        assert!(message.contains(name), "{message}");
    }
    assert!(warning(&found, "one-class-labels").is_some());
    // With one verdict that differs κ is 0, which is no information either.
    let found = self::found(&[(39, "b/b", "b"), (1, "a/a", "b")]);
    assert_eq!(found["kept"]["cohen_kappa"]["value"], 0.0);
    assert_eq!(found["kept"]["mcc"]["value"], 0.0);
    assert!(warning(&found, "one-class-labels").is_some());
}

#[test]
fn one_label_gives_wide_intervals_and_no_conclusion() {
    for (label, agreement) in [("a", 1.0), ("b", 0.0)] {
        let judged = RunSpec::new(rows(&[(1, "a/a", label)])).judged();
        let found = judged.found(&[]);
        assert_eq!([&found["planned"], &found["labelled"], &found["kept"]["n"]], [1, 1, 1]);
        assert_eq!(found["kept"]["agreement"]["value"], agreement);
        let [low, high] = interval(&found["kept"]["agreement"]);
        assert!(high - low > 0.7, "one observation says next to nothing");
        assert_eq!(found["orders"]["n"], 2);
        assert!(warning(&found, "few-labels").is_some());
        let table = judged.calibrate(&[]).expect(0).stdout;
        assert!(
            table.contains("Too few labels to say how far judge-1 can be trusted: 1 of"),
            "{table}"
        );
    }
}

#[test]
fn few_labels_ask_for_more_items_only_where_all_are_labelled() {
    for (unlabelled, what_to_do) in [
        (60, "; label at least 49 more"),
        (3, "; judge more items, and label at least 49 more comparisons"),
    ] {
        let found = found(&[(1, "a/a", "a"), (unlabelled, "b/b", "")]);
        let message = warning(&found, "few-labels").unwrap();
        assert!(message.ends_with(what_to_do), "{message}");
    }
}

#[test]
fn one_label_of_many_comparisons_is_enough_to_calibrate() {
    let found = found(&[(1, "a/a", "a"), (30, "b/b", "")]);
    assert_eq!([&found["planned"], &found["labelled"], &found["kept"]["n"]], [31, 1, 1]);
    assert_close(value(&found["labelled_coverage"]), 1.0);
}

#[test]
fn a_judge_that_keeps_nothing_has_no_number_on_kept_verdicts_and_a_warning_that_says_why() {
    let judged = RunSpec::new(rows(&[(15, "a/b", "a"), (15, "a/b", "b")])).judged();
    let found = judged.found(&[]);
    assert_eq!(found["coverage"]["value"], 0.0);
    assert_eq!(found["kept"]["n"], 0);
    for statistic in KEPT.into_iter().chain(["agreement"]) {
        assert!(is_undefined(&found["kept"][statistic]), "{statistic}");
    }
    assert!(warning(&found, "nothing-kept").is_some());
    assert!(warning(&found, "position-follower").is_some());
    assert_eq!(confusion(&found["pairs"][0]), vec![vec![0.0; 3]; 3]);
    assert_close(value(&found["orders"]["agreement"]), 0.5);
    assert_eq!(found["orders"]["cohen_kappa"]["value"], 0.0);
    let rates = &found["win_rates"][0];
    assert!(is_undefined(&rates["kept"]));
    assert_close(value(&rates["order_averaged"]), 0.5);
    let bounds =
        ["low", "high", "ci_low", "ci_high", "robust"].map(|key| rates["bounds"][key].clone());
    assert_eq!(bounds[..2], [json!(0.0), json!(1.0)]);
    assert_eq!(bounds[4], json!(false));
    let table = judged.calibrate(&[]).expect(0).stdout;
    assert!(table.contains("agreement, kept verdicts       –"), "{table}");
    assert!(!table.contains("NaN") && !table.contains("null"), "{table}");
}

#[test]
fn win_rates_follow_their_definitions() {
    // By hand: 40 wins, 20 losses, 15 ties, 25 dropped.
    let found = found(&[(40, "b/b", "b"), (20, "a/a", "a"), (15, "t/t", "t"), (25, "a/b", "b")]);
    let rates = &found["win_rates"][0];
    assert_eq!(rates["system"], "beta");
    assert_close(value(&rates["kept"]), 47.5 / 75.0);
    assert_close(value(&rates["order_averaged"]), 0.6);
    let bound = |key: &str| rates["bounds"][key].as_f64().unwrap();
    assert_close(bound("low"), 0.475);
    assert_close(bound("high"), 0.725);
    assert_close(bound("ci_low"), 0.398_906_157_130);
    assert_close(bound("ci_high"), 0.791_511_930_018);
    assert_eq!(rates["bounds"]["robust"], false);
    assert_close(value(&rates["ppi"]), (40.0 + 7.5 + 25.0) / 100.0);
    assert_eq!(rates["ppi_basis"], "every-label");
}

#[test]
fn a_win_rate_is_robust_where_no_outcome_of_the_dropped_comparisons_changes_the_winner() {
    let found = found(&[(80, "b/b", "b"), (10, "a/a", "a"), (10, "a/b", "b")]);
    assert_eq!(found["win_rates"][0]["bounds"]["robust"], true);
    let found = self::found(&[(10, "b/b", "b"), (80, "a/a", "a"), (10, "a/b", "b")]);
    assert_eq!(found["win_rates"][0]["bounds"]["robust"], true);
}

#[test]
fn agreement_of_kept_verdicts_far_from_that_of_every_reply_is_a_selection_in_either_direction() {
    let easy = found(&[(30, "a/a", "a"), (30, "b/b", "b"), (40, "a/b", "a")]);
    assert!(warning(&easy, "kept-selection").unwrap().contains("more often"));
    let misleading =
        found(&[(15, "a/a", "b"), (15, "b/b", "a"), (5, "a/a", "a"), (40, "a/b", "a")]);
    assert!(warning(&misleading, "kept-selection").unwrap().contains("less often"));
    let neither = found(&[(40, "a/a", "a"), (40, "b/b", "b"), (4, "a/b", "a")]);
    assert!(warning(&neither, "kept-selection").is_none());
    assert!(warning(&neither, "low-coverage").is_none());
    assert!(warning(&easy, "low-coverage").unwrap().starts_with("40 of 100"));
}

#[test]
fn one_sided_labels_that_leave_the_judge_untested_have_a_warning() {
    // irrCAC and scikit-learn: agreement .90, κ −.0526, AC1 .8895 (of two categories), balanced accuracy .474.
    let kinds = [(90, "a/a", "a"), (5, "a/a", "b"), (5, "b/b", "a")];
    let mut written = RunSpec::new(rows(&kinds));
    written.ties = false;
    let found = written.judged().found(&[]);
    assert_close(value(&found["kept"]["cohen_kappa"]), -1.0 / 19.0);
    let ac1 = value(&found["kept"]["gwet_ac1"]);
    assert!((ac1 - 0.8895).abs() < 5e-5, "{ac1}");
    let balanced = value(&found["kept"]["balanced_accuracy"]);
    assert!((balanced - 0.474).abs() < 5e-4, "{balanced}");
    assert!(warning(&found, "kappa-paradox").is_some());
}

#[test]
fn a_judge_no_better_than_the_longer_response_has_a_warning() {
    let by_length = |right: usize| {
        let mut rows = rows(&[(right, "a/a", "a"), (60 - right, "b/b", "a"), (60, "b/b", "b")]);
        for row in &mut rows {
            row.longer = row.labels.chars().next().unwrap();
        }
        // Length is wrong on every fourth comparison.
        for row in rows.iter_mut().step_by(4) {
            row.longer = if row.longer == 'a' { 'b' } else { 'a' };
        }
        RunSpec::new(rows).judged().found(&[])
    };
    let better = by_length(60);
    let longer = &better["baselines"][0];
    assert_eq!(longer["name"], "longer");
    assert_close(value(&longer["agreement"]), 0.75);
    assert_close(value(&longer["difference"]), 0.25);
    assert!(warning(&better, "no-better-than-longer").is_none());
    let worse = by_length(30);
    assert_close(value(&worse["orders"]["agreement"]), 0.75);
    assert!(warning(&worse, "no-better-than-longer").is_some());
    let names: Vec<&Value> =
        worse["baselines"].as_array().unwrap().iter().map(|baseline| &baseline["name"]).collect();
    assert_eq!(names, ["longer", "first"], "there is no reference to be close to");
    assert_close(value(&worse["baselines"][1]["agreement"]), 0.5);
}
