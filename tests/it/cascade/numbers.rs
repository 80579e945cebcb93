//! The numbers of a small scene, computed by hand.

use serde_json::json;

use super::{SMALL, Scene, rule};
use crate::stats::assert_close;
use crate::support::labelled_run::{interval, unwrapped, value};

#[test]
fn every_rule_on_the_dev_part_has_the_numbers_computed_by_hand() {
    let found = Scene::new(&SMALL).found(&[]);
    let dev = &found["dev"];
    assert_eq!([&dev["comparisons"], &dev["labelled"], &dev["unanswered"]], [10, 10, 0]);
    let names: Vec<_> = dev["rules"].as_array().unwrap().iter().map(|one| &one["rule"]).collect();
    assert_eq!(names, ["cheap-alone", "not-kept", "margin", "margin", "strong-alone"]);
    // Name, threshold, sent, requests, USD of 1,000 comparisons, coverage, agreement, kept verdicts that agree.
    let cases = [
        ("cheap-alone", None, 0.0, [60_u64, 0], 1.0, 0.8, 7.0 + 1.0 / 3.0, [6.0, 8.0]),
        ("not-kept", None, 0.2, [60, 4], 3.0, 0.9, 7.0 + 5.0 / 6.0, [7.0, 9.0]),
        ("margin", Some(0.666_667), 0.4, [60, 8], 5.0, 0.9, 9.0 + 1.0 / 6.0, [9.0, 9.0]),
        ("margin", Some(1.0), 0.6, [60, 12], 7.0, 0.9, 9.5, [9.0, 9.0]),
        ("strong-alone", None, 1.0, [0, 20], 10.0, 0.9, 9.5, [9.0, 9.0]),
    ];
    for (name, threshold, sent, requests, usd, coverage, agree, [right, kept]) in cases {
        let one = rule(&dev["rules"], name, threshold);
        for (key, expected, n) in [
            ("sent", sent, 10.0),
            ("coverage", coverage, 10.0),
            ("agreement", agree / 10.0, 10.0),
            ("kept_agreement", right / kept, kept),
            ("cost_per_comparison_usd", usd / 1000.0, 10.0),
        ] {
            assert_close(value(&one[key]), expected, 1e-12);
            assert_close(one[key]["n"].as_f64().unwrap(), n, 0.0);
        }
        assert_eq!(one["requests"], json!(requests), "{name}");
        assert_close(one["cost_usd"].as_f64().unwrap(), usd / 100.0, 1e-12);
    }
}

#[test]
fn kappa_counts_every_comparison_once_however_often_it_was_asked() {
    // Of 10 comparisons the replies of the deciding judge, those to a comparison sharing its weight: 37/6 say a and people
    // a, 5/6 b and a, 4/3 a and b, 5/3 b and b. So Po = 47/60 and Pe = 0.75·0.7 + 0.25·0.3 = 0.6.
    let found = Scene::new(&SMALL).found(&[]);
    let one = rule(&found["dev"]["rules"], "not-kept", None);
    assert_close(value(&one["cohen_kappa"]), (47.0 / 60.0 - 0.6) / 0.4, 1e-12);
    assert_eq!(one["cohen_kappa"]["n"], 10);
    let [low, high] = interval(&one["cohen_kappa"]);
    assert!(low < value(&one["cohen_kappa"]) && value(&one["cohen_kappa"]) < high);
}

#[test]
fn the_test_part_has_the_chosen_rule_against_the_strong_judge_alone() {
    let found = Scene::new(&SMALL).found(&[]);
    let test = &found["test"];
    assert_eq!(
        [&test["chosen"]["rule"], &test["chosen"]["threshold"]],
        [&json!("margin"), &json!(1.0)]
    );
    for (which, expected) in [("chosen", 0.9), ("cheap_alone", 0.75), ("strong_alone", 0.8)] {
        assert_close(value(&test[which]["agreement"]), expected, 1e-12);
    }
    // One of ten comparisons gains a whole point, and 2.262 is the 97.5 % quantile of t with 9 degrees of freedom.
    let t = 2.262_157_162_740_992;
    let against = &test["chosen_against_strong"];
    assert_close(value(&against["agreement_difference"]), 0.1, 1e-12);
    let [low, high] = interval(&against["agreement_difference"]);
    let half = t * (0.1_f64 / 10.0).sqrt();
    assert_close(low, 0.1 - half, 1e-9);
    assert_close(high, 0.1 + half, 1e-9);
    // Four comparisons cost 11, six cost 1, and all of them 10 with the strong judge: the share is 0.5 with the residuals
    // 0.6 and −0.4.
    assert_close(value(&against["cost_share"]), 0.5, 1e-12);
    let half = t * ((4.0 * 0.36 + 6.0 * 0.16) / 9.0 / 10.0_f64).sqrt();
    let [low, high] = interval(&against["cost_share"]);
    assert_close(low, 0.5 - half, 1e-9);
    assert_close(high, 0.5 + half, 1e-9);
    assert_close(value(&test["cheap_against_strong"]["agreement_difference"]), -0.05, 1e-12);
    assert_close(value(&test["cheap_against_strong"]["cost_share"]), 0.1, 1e-12);
}

#[test]
fn the_first_sentence_says_what_a_user_should_know() {
    let found = Scene::new(&SMALL).found(&[]);
    let headline = found["headline"].as_str().unwrap();
    let expected = "The cascade asks judge-1 (strong.db) about 40.0 % of comparisons, costs 50.0 % of judge-1 (strong.db) \
                    alone, and agrees with people 10.0 points more often than it (95 %: −12.6 – 32.6), on the test part. \
                    Chosen on the dev part: judge-1 (strong.db) decides what judge-1 (run.db) does not keep, or keeps with \
                    a margin below 1, with an agreement of 95.0 % there: the best, and the cheapest of 2 rules within 2.0 \
                    points of it.";
    assert_eq!(headline, expected);
}

#[test]
fn each_judge_alone_has_the_agreement_and_the_kappa_that_calibrate_gives_it() {
    let scene = Scene::new(&SMALL);
    let found = scene.found(&[]);
    for (run, name) in [("run.db", "cheap-alone"), ("strong.db", "strong-alone")] {
        let alone = scene.calibrated(run);
        let one = rule(&found["dev"]["rules"], name, None);
        for key in ["agreement", "cohen_kappa"] {
            assert_close(value(&one[key]), value(&alone["orders"][key]), 1e-12);
        }
        assert_close(value(&one["kept_agreement"]), value(&alone["kept"]["agreement"]), 1e-12);
        assert_eq!(one["coverage"], alone["coverage"]);
    }
}

#[test]
fn the_table_and_markdown_show_the_same_numbers_in_80_columns() {
    let scene = Scene::new(&SMALL);
    let table = scene.cascade(&super::COSTS).expect(0).stdout;
    for line in table.lines() {
        assert!(line.chars().count() <= 80 && line.trim_end() == line, "{line}");
    }
    let said = unwrapped(&table);
    for words in [
        "test part: 10 comparisons, 10 labelled, look 1 with the rubric of the strong judge",
        "* margin < 1 40.0 % 5.00 100.0 % 90.0 %",
        "agreement, difference 10.0 −12.6 – 32.6 10 to strong alone",
        "cost 50.0 % 13.1 – 86.9 10 of strong alone",
        "margin < 0.666667 40.0 % 5.00 90.0 % 91.7 %",
        "strong: judge-1, rubric r 0.0.0, strong.db, cost as given",
    ] {
        assert!(said.contains(words), "no `{words}` in {table}");
    }
    let markdown = scene.cascade(&[&super::COSTS[..], &["--format", "markdown"]].concat());
    let markdown = markdown.expect(0).stdout;
    let row = markdown.lines().find(|line| line.starts_with("| margin &lt; 0.666667")).unwrap();
    assert!(row.contains("| 40.0 % (") && row.contains("| 91.7 % ("), "{row}");
}
