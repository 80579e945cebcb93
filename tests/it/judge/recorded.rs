//! Recorded judges on real comparisons, end to end, against numbers computed by other programs.

use std::path::Path;

use evenhand::input::read_items;
use serde_json::Value;

use crate::support::shared_data::{assert_agreement, assert_judge, read_json, set_up, winners};

/// Plays back what the judge said and returns its numbers and its verdicts.
fn judged(data: &Path, judge: &str, reply: &Value, code: i32) -> (Value, Vec<Value>) {
    let folder = set_up(data, judge, reply);
    let items = data.join("items.jsonl").canonicalize().unwrap();
    let run = format!("{judge}.db");
    let task = ["judge", items.to_str().unwrap(), "--rubric", "./r.toml", "--judge", judge];
    let said = folder.run(&[&task[..], &["--run", &run, "--format", "json"]].concat()).expect(code);
    let summary: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(summary["judges"].as_array().unwrap().len(), 1);
    let verdicts = folder.run(&["verdicts", &run, "--all"]).expect(0).json_lines();
    (summary["judges"][0].clone(), verdicts)
}

/// Plays back every judge of a folder of real data against what is expected of it.
fn assert_every_judge(data: &Path, judges: usize) {
    let items = read_items(&data.join("items.jsonl"), &[]).unwrap();
    assert_eq!(items.warnings, []);
    let winners = winners(data, &items.items);
    let expected = read_json(&data.join("expected.json"));
    assert_eq!(expected.len(), judges);
    for (judge, expected) in &expected {
        let (summary, verdicts) = judged(data, judge, &expected["reply"], 0);
        assert_judge(judge, &summary, expected);
        assert_eq!(verdicts.len() as u64, expected["comparisons"], "{judge}");
        assert_agreement(judge, &verdicts, &winners, expected);
        if expected["orders_equals_published"] == true {
            assert_eq!(expected["orders"]["agreement"], expected["published_accuracy"]);
        }
    }
}

/// Tests on `../shared/data`, which is not in this repository.
mod needs_shared_data {
    use evenhand::input::{DataFile, KnownItems, LabelColumns, read_items, read_labels};
    use serde_json::Value;

    use super::{assert_every_judge, judged};
    use crate::support::shared_data::{read_json, rubric, set_up, shared};

    #[test]
    #[ignore = "needs ../shared/data"]
    fn eighteen_recorded_judges_of_llmbar_have_the_expected_numbers() {
        assert_every_judge(&shared("data/llmbar-natural"), 18);
    }

    #[test]
    #[ignore = "needs ../shared/data"]
    fn gpt_4_on_vicuna80_has_the_expected_numbers_with_ties() {
        assert_every_judge(&shared("data/vicuna80"), 1);
    }

    #[test]
    #[ignore = "needs ../shared/data"]
    fn rereading_the_replies_by_other_patterns_sends_no_request() {
        let data = shared("data/vicuna80");
        let expected = read_json(&data.join("expected.json"));
        let right = &expected["gpt-4"]["reply"];
        // With first and second exchanged every winner is the other system, and every outcome stays.
        let mut exchanged = right.clone();
        exchanged["first"] = right["second"].clone();
        exchanged["second"] = right["first"].clone();
        let folder = set_up(&data, "gpt-4", &exchanged);
        folder.write("right.toml", &rubric(right));
        let items = data.join("items.jsonl").canonicalize().unwrap();
        let task = ["judge", items.to_str().unwrap(), "--rubric", "./r.toml", "--judge", "gpt-4"];
        folder.run(&[&task[..], &["--run", "run.db"]].concat()).expect(0);
        let wrong = folder.run(&["verdicts", "run.db", "--all"]).expect(0).json_lines();
        let anew = ["verdicts", "run.db", "--all", "--rubric", "./right.toml"];
        let anew = folder.run(&anew).expect(0).json_lines();
        let (_, verdicts) = judged(&data, "gpt-4", right, 0);
        assert_eq!(anew, verdicts);
        let other = |winner: &Value| match winner.as_str() {
            Some("gpt35") => Value::from("vicuna-13b"),
            Some("vicuna-13b") => Value::from("gpt35"),
            _ => winner.clone(),
        };
        assert_eq!(wrong.len(), anew.len());
        for (wrong, anew) in wrong.iter().zip(&anew) {
            assert_eq!(wrong["outcome"], anew["outcome"]);
            assert_eq!(wrong["winner"], other(&anew["winner"]));
        }
    }

    #[test]
    #[ignore = "needs ../shared/data"]
    fn pandalm_is_read_with_warnings_about_empty_responses() {
        let data = shared("data/pandalm");
        let read = read_items(&data.join("items.jsonl"), &[]).unwrap();
        assert_eq!(read.items.len(), 999);
        assert_eq!(read.warnings.len(), 1, "{:?}", read.warnings);
        assert!(
            read.warnings[0].message.contains("54 ")
                && read.warnings[0].message.contains("empty response"),
            "{:?}",
            read.warnings
        );
        let words = read.items.iter().flat_map(|item| item.responses.values());
        assert_eq!(words.filter(|response| response.to_text() == "true").count(), 6);
        let labels = read_labels(
            &DataFile::labels(data.join("labels.jsonl"), LabelColumns::default()),
            &KnownItems::of(&read.items),
        )
        .unwrap();
        assert_eq!((labels.labels.len(), labels.unmatched), (2997, 0));
        assert!(labels.labels.iter().any(|label| label.winner.is_none()));
    }

    #[test]
    #[ignore = "needs ../shared/data"]
    fn a_recording_of_one_order_leaves_every_comparison_pending() {
        let data = shared("data/pandalm");
        let reply: Value = serde_json::json!({
            "format": "pattern", "take": "first", "first": r"\A1\b", "second": r"\A2\b",
            "tie": r"\ATie\b",
        });
        for (judge, [first, second, ties, unparsed]) in
            [("pandalm-7b", [433, 459, 107, 0]), ("gpt-3.5-turbo", [460, 476, 38, 25])]
        {
            let (summary, verdicts) = judged(&data, judge, &reply, 5);
            assert_eq!(summary["planned"], 999);
            assert_eq!(summary["outcomes"]["pending"], 999, "{judge}");
            assert_eq!(summary["coverage"]["value"], 0.0);
            let position = &summary["position"];
            assert_eq!(position["first_picks"], first, "{judge}");
            assert_eq!(position["second_picks"], second, "{judge}");
            assert_eq!(position["ties"], ties, "{judge}");
            assert_eq!(position["unparsed"], unparsed, "{judge}");
            for verdict in &verdicts {
                assert_eq!(verdict["outcome"], "pending");
                assert!(verdict["winner"].is_null() && verdict["orders"][1]["vote"].is_null());
            }
        }
    }
}
