//! `calibrate` end to end: real judges against people.

use crate::support::labelled_run::{RunSpec, confusion, interval, rows, value};

#[track_caller]
pub(super) fn assert_close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "found {found}, expected {expected}");
}

/// 120 comparisons: rows are the judge, columns people. Values of statsmodels, irrCAC, krippendorff and
/// scikit-learn.
const TABLE: [[usize; 3]; 3] = [[38, 5, 4], [6, 12, 7], [3, 4, 41]];

pub(super) fn published_table() -> RunSpec {
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
