//! `calibrate` end to end: real judges against people, and the keys of its JSON.

use serde_json::{Value, json};

use crate::support::labelled_run::{
    RunSpec, confusion, interval, is_undefined, rows, rubric, value, warning,
};

#[track_caller]
fn assert_close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "found {found}, expected {expected}");
}

/// 120 comparisons: rows are the judge, columns people. Values of statsmodels, irrCAC, krippendorff and scikit-learn.
const TABLE: [[usize; 3]; 3] = [[38, 5, 4], [6, 12, 7], [3, 4, 41]];

fn published_table() -> RunSpec {
    let (replies, labels) = (["a/a", "b/b", "t/t"], ["a", "b", "t"]);
    let cells = (0..9).map(|at| (TABLE[at / 3][at % 3], replies[at / 3], labels[at % 3]));
    RunSpec::new(rows(&cells.collect::<Vec<_>>()))
}

#[test]
fn agreement_statistics_of_three_categories_equal_those_of_other_programs() {
    let found = published_table().judged().found(&[]);
    let table = TABLE.map(|row| row.map(|count| count as f64).to_vec());
    assert_eq!(confusion(&found["pairs"][0]), table);
    // statsmodels 0.15.0, irrCAC 0.4.4, krippendorff 0.9.0, scikit-learn 1.9.1.
    for (statistic, expected) in [
        ("agreement", 91.0 / 120.0),
        ("cohen_kappa", 0.620_501_635_768_811_2),
        ("gwet_ac1", 0.645_585_090_131_378),
        ("krippendorff_alpha", 0.621_752_892_381_576),
        ("mcc", 0.621_629_457_395_677_8),
        ("balanced_accuracy", 0.722_800_249_395_994),
    ] {
        let estimate = &found["kept"][statistic];
        assert_close(value(estimate), expected, 1e-9);
        assert_eq!(estimate["n"], 120, "{statistic}");
        let [low, high] = interval(estimate);
        assert!(low < expected && expected < high, "{statistic}: {estimate}");
    }
    // statsmodels 0.15.0, proportion_confint(91, 120, method="wilson").
    let [low, high] = interval(&found["kept"]["agreement"]);
    assert_close(low, 0.674_498_509_525_689, 1e-9);
    assert_close(high, 0.826_141_587_824_647_4, 1e-9);
    // Both orders of a comparison say the same here, so every reply tells the same as the kept verdicts.
    assert_eq!(found["orders"]["n"], 240);
    assert_close(value(&found["orders"]["cohen_kappa"]), 0.620_501_635_768_811_2, 1e-9);
}

#[test]
fn two_orders_of_a_comparison_are_not_two_independent_observations() {
    let found = published_table().judged().found(&[]);
    let width = |block: &str, statistic: &str| {
        let [low, high] = interval(&found[block][statistic]);
        high - low
    };
    for statistic in ["agreement", "cohen_kappa"] {
        let share = width("orders", statistic) / width("kept", statistic);
        assert!((0.9..1.1).contains(&share), "{statistic}: {share}");
    }
}

/// A run with every block: three people, kept and dropped verdicts.
fn every_block() -> Value {
    let kinds = [(16, "a/a", "aaa"), (14, "b/b", "bbb"), (4, "b/b", "aab"), (3, "a/b", "bab")];
    let more = [(2, "t/a", "tta"), (1, "a/?", "abt")];
    RunSpec::new(rows(&[&kinds[..], &more].concat())).judged().found(&[])
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// Fails unless an object has all documented keys, in the documented order; it may have others between them.
#[track_caller]
fn assert_keys(value: &Value, documented: &[&str]) {
    let known: Vec<&str> = keys(value).into_iter().filter(|key| documented.contains(key)).collect();
    assert_eq!(known, documented);
}

const KEPT: [&str; 7] =
    ["n", "agreement", "cohen_kappa", "gwet_ac1", "krippendorff_alpha", "mcc", "balanced_accuracy"];
const ORDERS: [&str; 4] = ["n", "unreadable", "agreement", "cohen_kappa"];

#[test]
fn the_json_has_every_documented_key_in_the_documented_order() {
    let found = every_block();
    assert_keys(
        &found,
        &[
            "judge",
            "part",
            "planned",
            "labelled",
            "annotators",
            "no_majority",
            "labels_unmatched",
            "coverage",
            "labelled_coverage",
            "kept",
            "orders",
            "pairs",
            "position",
            "human",
            "win_rates",
            "baselines",
            "slices",
            "warnings",
        ],
    );
    assert_eq!((&found["part"], &found["slices"]), (&Value::Null, &json!([])));
    let pair = &found["pairs"][0];
    assert_keys(pair, &["between", "confusion", "kept", "orders"]);
    assert_keys(&pair["confusion"], &["labels", "counts"]);
    for block in [&found, pair] {
        assert_keys(&block["kept"], &KEPT);
        assert_keys(&block["orders"], &ORDERS);
    }
    let position = ["consistency", "primacy", "recency", "p_value"];
    let counts = ["first_picks", "second_picks", "ties", "unparsed", "shi"];
    assert_keys(&found["position"], &[&position[..], &counts].concat());
    let human = ["pairwise_kappa", "fleiss_kappa", "krippendorff_alpha"];
    let judge = ["judge", "ceiling", "ratio", "alt_test"];
    assert_keys(&found["human"], &[&human[..], &judge].concat());
    assert_keys(&found["human"]["pairwise_kappa"][0], &["annotators", "kappa"]);
    assert_keys(&found["human"]["alt_test"], &["curve", "rho"]);
    assert_keys(&found["human"]["alt_test"]["curve"][0], &["epsilon", "omega"]);
    let rates = ["between", "system", "order_averaged", "kept", "bounds", "ppi", "rogan_gladen"];
    assert_keys(&found["win_rates"][0], &rates);
    let bounds = ["low", "high", "ci_low", "ci_high", "robust"];
    assert_keys(&found["win_rates"][0]["bounds"], &bounds);
    assert_keys(&found["baselines"][0], &["name", "agreement", "cohen_kappa"]);
    assert_keys(&found["warnings"][0], &["code", "message"]);
}

#[test]
fn every_estimate_is_the_object_of_value_low_high_and_n() {
    fn walk(value: &Value, estimates: &mut usize) {
        match value {
            Value::Object(fields) if fields.contains_key("value") && fields.contains_key("n") => {
                *estimates += 1;
                assert_eq!(keys(value), ["value", "low", "high", "n"]);
                assert!(value["n"].is_u64());
                let [value, low, high] = ["value", "low", "high"].map(|key| fields[key].as_f64());
                if let (Some(value), Some(low), Some(high)) = (value, low, high) {
                    assert!(low <= value && value <= high, "{fields:?}");
                }
            }
            Value::Object(fields) => fields.values().for_each(|field| walk(field, estimates)),
            Value::Array(all) => all.iter().for_each(|one| walk(one, estimates)),
            _ => {}
        }
    }
    let found = every_block();
    let mut estimates = 0;
    walk(&found, &mut estimates);
    assert!(estimates >= 40, "{estimates}");
    for place in [
        "/coverage",
        "/labelled_coverage",
        "/kept/agreement",
        "/kept/balanced_accuracy",
        "/orders/cohen_kappa",
        "/position/consistency",
        "/human/pairwise_kappa/0/kappa",
        "/human/judge",
        "/human/ceiling",
        "/human/ratio",
        "/win_rates/0/order_averaged",
        "/win_rates/0/kept",
        "/win_rates/0/ppi",
        "/baselines/0/agreement",
        "/baselines/0/cohen_kappa",
    ] {
        assert!(found.pointer(place).is_some_and(|found| found["n"].is_u64()), "{place}");
    }
}

#[test]
fn blocks_that_do_not_apply_are_null() {
    let found = RunSpec::new(rows(&[(6, "a/a", "a"), (6, "b/b", "b")])).judged().found(&[]);
    assert!(found["human"].is_null(), "one annotator alone");
    assert!(found["position"]["net_of_noise"].is_null(), "no repeats");
    assert!(found["win_rates"][0]["rogan_gladen"].is_null(), "no other run");
    assert!(warning(&found, "one-annotator").is_some());
}

#[test]
fn the_same_run_and_labels_give_the_same_bytes() {
    let judged = published_table().judged();
    let first = judged.calibrate(&["--format", "json"]).expect(0).stdout;
    assert_eq!(judged.calibrate(&["--format", "json"]).expect(0).stdout, first);
    assert_eq!(published_table().judged().calibrate(&["--format", "json"]).stdout, first);
}

#[test]
fn the_order_of_the_label_file_does_not_matter() {
    let kinds = [(9, "a/a", "aab"), (7, "b/b", "bb-"), (5, "a/b", "abt"), (4, "t/t", "-tt")];
    let written = RunSpec::new(rows(&kinds));
    let judged = written.judged();
    let found = judged.found(&[]);
    let backwards: Vec<&str> = written.labels().leak().lines().rev().collect();
    judged.label(&(backwards.join("\n") + "\n"));
    assert_eq!(judged.found(&[]), found);
}

#[test]
fn another_rubric_rereads_the_stored_replies_and_sends_no_request() {
    let judged = RunSpec::new(rows(&[(6, "a/a", "a"), (5, "b/b", "b"), (3, "t/t", "t")])).judged();
    assert_eq!(judged.found(&[])["kept"]["agreement"]["value"], 1.0);
    let exchanged = rubric("r", true).replace("FIRST", "X").replace("SECOND", "FIRST");
    judged.folder.write("exchanged.toml", &exchanged.replace('X', "SECOND"));
    // Without recording and settings there is no judge to ask.
    std::fs::remove_file(judged.folder.path().join("judge-1.jsonl")).unwrap();
    std::fs::remove_file(judged.folder.path().join("evenhand.toml")).unwrap();
    let run = std::fs::read(judged.folder.path().join("run.db")).unwrap();
    let found = judged.found(&["--rubric", "./exchanged.toml"]);
    assert_eq!(found["kept"]["agreement"]["value"], 3.0 / 14.0);
    let table = [vec![0.0, 5.0, 0.0], vec![6.0, 0.0, 0.0], vec![0.0, 0.0, 3.0]];
    assert_eq!(confusion(&found["pairs"][0]), table);
    assert_eq!(std::fs::read(judged.folder.path().join("run.db")).unwrap(), run);
}

#[test]
fn a_rubric_that_would_send_other_requests_is_refused() {
    let judged = RunSpec::new(rows(&[(2, "a/a", "a")])).judged();
    judged.folder.write("other.toml", &rubric("r", true).replace("better?", "shorter?"));
    let said = judged.calibrate(&["--rubric", "./other.toml"]).expect(7);
    assert!(said.stderr.contains("rubric.description differs"), "{}", said.stderr);
    assert_eq!(said.stdout, "");
}

#[test]
fn repeats_distinguish_flips_from_noise() {
    let kinds = [(10, "aaa/aaa", "a"), (10, "aab/bbb", "b"), (4, "ab?/bbb", "b")];
    let more = [(6, "bba/aab", "b")];
    let found = RunSpec::new(rows(&[&kinds[..], &more].concat())).judged().found(&[]);
    // Pairs of replies that disagree: within an order 0, ⅓, ½, ⅔ for the four kinds, across orders 0, ⅔, ½, 5/9.
    let net = &found["position"]["net_of_noise"];
    let within = (10.0 / 3.0 + 4.0 / 2.0 + 6.0 * 2.0 / 3.0) / 30.0;
    let across = (10.0 * 2.0 / 3.0 + 4.0 / 2.0 + 6.0 * 5.0 / 9.0) / 30.0;
    assert_close(value(&net["within_order"]), within, 1e-12);
    assert_close(value(&net["across_orders"]), across, 1e-12);
    assert_close(value(&net["difference"]), across - within, 1e-12);
    // Every reply counts: 60 of the first kind are right, 4, 4 and 3 of six of the others.
    assert_eq!([&found["orders"]["n"], &found["orders"]["unreadable"]], [180, 4]);
    assert_close(value(&found["orders"]["agreement"]), 134.0 / 180.0, 1e-12);
    // An order without a strict majority has no readable vote: `ab?` ends the comparison as unparsed.
    assert_close(value(&found["coverage"]), 10.0 / 30.0, 1e-12);
    assert_close(value(&found["position"]["consistency"]), 10.0 / 26.0, 1e-12);
    assert_eq!([&found["position"]["primacy"], &found["position"]["recency"]], [10, 6]);
    assert_eq!(found["position"]["unparsed"], 4);
}

/// Ten comparisons by three judges: seven kept, three hung.
fn jury() -> RunSpec {
    let mut rows = rows(&[
        (4, "a/a a/a b/b", "a"),
        (3, "a/b b/b b/b", "b"),
        (2, "a/b a/b b/b", "a"),
        (1, "a/a b/b t/t", "a"),
    ]);
    for row in &mut rows {
        row.longer = 'b';
    }
    RunSpec::new(rows)
}

#[test]
fn a_jury_is_measured_as_one_judge() {
    let found = jury().judged().found(&[]);
    assert_eq!(found["judge"], "jury");
    assert_close(value(&found["coverage"]), 0.7, 1e-12);
    assert_eq!(found["kept"]["n"], 7);
    assert_eq!(found["kept"]["agreement"]["value"], 1.0);
    // Every reply of every judge: 16 of 24, 15 of 18, 4 of 12 and 2 of 6 are right.
    assert_eq!(found["orders"]["n"], 60);
    assert_close(value(&found["orders"]["agreement"]), 37.0 / 60.0, 1e-12);
    let position = &found["position"];
    let picks = ["first_picks", "second_picks", "ties", "unparsed"].map(|key| &position[key]);
    assert_eq!(picks, [36, 22, 2, 0]);
    assert_eq!([&position["primacy"], &position["recency"]], [7, 0]);
    // The mean over judges of their mean over orders.
    let rate = (4.0 / 3.0 + 3.0 * 5.0 / 6.0 + 2.0 * 2.0 / 3.0 + 0.5) / 10.0;
    assert_close(value(&found["win_rates"][0]["order_averaged"]), rate, 1e-12);
    assert_eq!(jury().judged().found(&["--judge", "jury"]), found);
}

#[test]
fn each_judge_of_a_jury_is_measured_by_its_name() {
    let judged = jury().judged();
    let found = judged.found(&["--judge", "judge-3"]);
    assert_eq!(found["judge"], "judge-3");
    assert_eq!([&found["kept"]["n"], &found["orders"]["n"]], [10, 20]);
    assert_close(value(&found["kept"]["agreement"]), 0.3, 1e-12);
    let first = judged.found(&["--judge", "judge-1"]);
    assert_close(value(&first["coverage"]), 0.5, 1e-12);
    assert_close(value(&first["position"]["consistency"]), 0.5, 1e-12);
    assert_eq!(first["position"]["primacy"], 5);
    let said = judged.calibrate(&["--judge", "judge-4"]).expect(3);
    assert!(said.stderr.contains("no judge `judge-4`"), "{}", said.stderr);
    assert!(said.stderr.contains("judge-1, judge-2, judge-3"), "{}", said.stderr);
    // A single judge is no jury.
    let alone = RunSpec::new(rows(&[(2, "a/a", "a")])).judged();
    alone.calibrate(&["--judge", "jury"]).expect(3);
    assert!(!is_undefined(&alone.found(&["--judge", "judge-1"])["coverage"]));
}

/// Tests on `../shared/data`, which is not in this repository.
mod needs_shared_data {
    use std::collections::HashMap;
    use std::path::{Path, PathBuf};

    use serde_json::{Value, json};

    use super::assert_close;
    use crate::support::Folder;
    use crate::support::labelled_run::{beyond_chance, confusion, value};
    use crate::support::shared_data::{read_json, set_up, shared};

    /// A judge's recorded replies, compared with the labels: its folder, the labels and the numbers.
    fn recorded(data: &Path, judge: &str, reply: &Value) -> (Folder, PathBuf, Value) {
        let folder = set_up(data, judge, reply);
        let path = |name: &str| data.join(name).canonicalize().unwrap();
        let (items, labels) = (path("items.jsonl"), path("labels.jsonl"));
        let task = ["judge", items.to_str().unwrap(), "--rubric", "./r.toml", "--run", "run.db"];
        folder.run(&[&task[..], &["--judge", judge]].concat()).expect(0);
        let calibrate = ["calibrate", "run.db", "--labels", labels.to_str().unwrap()];
        let said = folder.run(&[&calibrate[..], &["--format", "json"]].concat()).expect(0);
        let found = serde_json::from_str(&said.stdout).unwrap();
        (folder, labels, found)
    }

    /// κ of every reply, from what `verdicts` says; an unreadable reply is a category that no human uses.
    fn kappa_of_replies(folder: &Folder, labels: &Path, systems: [&str; 3]) -> f64 {
        let text = std::fs::read_to_string(labels).unwrap();
        let of_line = |line: &str| -> (String, String) {
            let line: Value = serde_json::from_str(line).unwrap();
            let word = |key: &str| line[key].as_str().unwrap().to_owned();
            (word("id"), word("winner"))
        };
        let labels: HashMap<String, String> = text.lines().map(of_line).collect();
        let category = |name: &Value| systems.iter().position(|system| name == system).unwrap_or(3);
        let mut table = vec![vec![0.0; 4]; 4];
        for verdict in folder.run(&["verdicts", "run.db", "--all"]).expect(0).json_lines() {
            let Some(label) = labels.get(verdict["id"].as_str().unwrap()) else { continue };
            for order in verdict["orders"].as_array().unwrap() {
                table[category(&order["preference"])][category(&Value::from(label.as_str()))] +=
                    1.0;
            }
        }
        let [beyond, possible] = beyond_chance(&table);
        beyond / possible
    }

    /// Fails unless a judge's numbers are those of `expected.json`; returns the share of replies that agree.
    fn assert_expected(judge: &str, found: &Value, expected: &Value) -> f64 {
        assert_eq!(found["judge"], judge);
        assert_eq!(found["planned"], expected["comparisons"], "{judge}");
        for block in ["kept", "orders"] {
            assert_eq!(found[block]["n"], expected[block]["n"], "{judge}: {block}");
            let agreement = expected[block]["agreement"].as_f64().unwrap();
            assert_close(value(&found[block]["agreement"]), agreement, 1e-12);
        }
        // Agreement is a count over a count, so it is the very number.
        assert_eq!(found["kept"]["agreement"]["value"], expected["kept"]["agreement"], "{judge}");
        for statistic in ["cohen_kappa", "mcc"] {
            let expected = expected["kept"][statistic].as_f64().unwrap();
            assert_close(value(&found["kept"][statistic]), expected, 1e-12);
        }
        let position = expected["position"].as_object().unwrap();
        assert_eq!(position.len(), 6);
        for (name, count) in position {
            assert_eq!(found["position"][name], *count, "{judge}: {name}");
        }
        let count = |outcome: &str| expected["outcomes"][outcome].as_f64().unwrap_or(0.0);
        let consistent = count("kept") / (count("kept") + count("flipped") + count("split"));
        assert_close(value(&found["position"]["consistency"]), consistent, 1e-12);
        let coverage = count("kept") / expected["comparisons"].as_f64().unwrap();
        assert_close(value(&found["coverage"]), coverage, 1e-12);
        value(&found["orders"]["agreement"])
    }

    #[test]
    #[ignore = "needs ../shared/data"]
    fn eighteen_recorded_judges_agree_with_people_as_expected_and_as_published() {
        let data = shared("data/llmbar-natural");
        let expected = read_json(&data.join("expected.json"));
        let mut as_published = 0;
        for (judge, expected) in &expected {
            let (folder, labels, found) = recorded(&data, judge, &expected["reply"]);
            let agreement = assert_expected(judge, &found, expected);
            let kappa = kappa_of_replies(&folder, &labels, ["a", "b", "tie"]);
            assert_close(value(&found["orders"]["cohen_kappa"]), kappa, 1e-12);
            assert_eq!(found["orders"]["unreadable"], expected["position"]["unparsed"], "{judge}");
            if expected["orders_equals_published"] == true {
                assert_close(agreement, expected["published_accuracy"].as_f64().unwrap(), 1e-12);
                as_published += 1;
            }
        }
        assert_eq!((expected.len(), as_published), (18, 16));
    }

    #[test]
    #[ignore = "needs ../shared/data"]
    fn gpt_4_on_vicuna80_agrees_with_people_as_expected() {
        let data = shared("data/vicuna80");
        let expected = read_json(&data.join("expected.json"));
        let expected = &expected["gpt-4"];
        let (folder, labels, found) = recorded(&data, "gpt-4", &expected["reply"]);
        assert_expected("gpt-4", &found, expected);
        assert_eq!([&found["planned"], &found["labelled"]], [80, 66]);
        // Position counts every trial of the run, the fourteen comparisons without a label too.
        let trials =
            ["first_picks", "second_picks", "ties"].map(|key| found["position"][key].as_u64());
        assert_eq!(trials.into_iter().flatten().sum::<u64>(), 160);
        let kappa = kappa_of_replies(&folder, &labels, ["gpt35", "vicuna-13b", "tie"]);
        assert_close(value(&found["orders"]["cohen_kappa"]), kappa, 1e-12);
    }

    #[test]
    #[ignore = "needs ../shared/data"]
    fn three_people_of_pandalm_agree_as_published() {
        let data = shared("data/pandalm");
        let path = |name: &str| data.join(name).canonicalize().unwrap();
        let (items, labels) = (path("items.jsonl"), path("labels.jsonl"));
        let folder = Folder::new();
        let task = ["judge", items.to_str().unwrap(), "--rubric", "helpfulness", "--run", "run.db"];
        folder.run(&[&task[..], &["--judge", "builtin:longer"]].concat()).expect(0);
        let calibrate = ["calibrate", "run.db", "--labels", labels.to_str().unwrap()];
        let said = folder.run(&[&calibrate[..], &["--format", "json"]].concat()).expect(0);
        let found: Value = serde_json::from_str(&said.stdout).unwrap();
        let counts =
            ["planned", "labelled", "annotators", "no_majority"].map(|key| found[key].as_u64());
        assert_eq!(counts, [Some(999), Some(999), Some(3), Some(0)]);

        let human = &found["human"];
        let pairs = human["pairwise_kappa"].as_array().unwrap();
        let rounded = |pair: &Value| (value(&pair["kappa"]) * 100.0).round() / 100.0;
        assert_eq!(pairs.iter().map(rounded).collect::<Vec<_>>(), [0.85, 0.88, 0.86]);
        assert_eq!(pairs[0]["annotators"], json!(["annotator1", "annotator2"]));
        assert_eq!(pairs[2]["annotators"], json!(["annotator2", "annotator3"]));
        assert_close(value(&human["fleiss_kappa"]), 0.864_175, 1e-6);
        assert_close(value(&human["krippendorff_alpha"]), 0.864_221, 1e-6);

        // This judge keeps everything, so the columns of its table are all labels.
        let table = confusion(&found["pairs"][0]);
        let label = |at: usize| table.iter().map(|row| row[at]).sum::<f64>();
        assert_eq!(found["pairs"][0]["confusion"]["labels"], json!(["a", "b", "tie"]));
        assert_eq!(vec![label(0), label(1), label(2)], [422.0, 472.0, 105.0]);
    }
}
