//! Reference metrics as judges: the response with the better score wins.

use evenhand::judge::{Builtin, builtin_names};
use serde_json::Value;

use crate::support::Folder;

/// One reference, several, equal responses, and two items on which metrics contradict each other.
const ITEMS: &str = r#"{"id":"one","prompt":"?","responses":{"a":"Paris.","b":"The city of London"},"reference":"Paris"}
{"id":"several","prompt":"?","responses":{"a":"Big Apple","b":"NYC"},"reference":["New York City","NYC"]}
{"id":"equal","prompt":"?","responses":{"a":"same words","b":"same words"},"reference":"Yes"}
{"id":"order","prompt":"?","responses":{"a":"today mat the on sat cat the","b":"the cat sat"},"reference":"the cat sat on the mat today"}
{"id":"lines","prompt":"?","responses":{"a":"Line two here.\nLine one.","b":"Line one two."},"reference":"Line one.\nLine two here."}
"#;

/// By metric: who wins each item, and the scores of both responses to the last one, all as `SQuAD`'s script,
/// `rouge_score` 0.1.2 and sacrebleu 2.6.0 have them.
const EXPECTED: [(&str, [&str; 5], [f64; 2]); 10] = [
    ("exact-match", ["a", "b", "tie", "tie", "tie"], [0.0, 0.0]),
    ("token-f1", ["a", "b", "tie", "a", "a"], [1.0, 0.75]),
    ("rouge-1", ["a", "b", "tie", "a", "a"], [1.0, 0.75]),
    ("rouge-2", ["tie", "tie", "tie", "b", "a"], [0.75, 1.0 / 3.0]),
    ("rouge-l", ["a", "b", "tie", "b", "b"], [0.6, 0.75]),
    ("rouge-lsum", ["a", "b", "tie", "b", "a"], [1.0, 0.75]),
    ("bleu", ["a", "b", "tie", "b", "a"], [62.233_297_728_847_84, 17.946_048_174_042_403]),
    ("chrf", ["a", "b", "tie", "a", "a"], [92.491_830_065_359_47, 40.857_878_958_385_21]),
    ("chrf++", ["a", "b", "tie", "a", "a"], [94.368_872_549_019_61, 40.783_307_997_681_74]),
    ("ter", ["a", "b", "tie", "tie", "a"], [20.0, 80.0]),
];

const JUDGE: [&str; 7] =
    ["judge", "items.jsonl", "--rubric", "helpfulness", "--run", "run.db", "--judge"];

/// A folder with items, judged by a built-in judge.
fn judged(name: &str, items: &str) -> Folder {
    let folder = Folder::new();
    folder.write("items.jsonl", items);
    folder.run(&[&JUDGE[..], &[&format!("builtin:{name}")]].concat()).expect(0);
    folder
}

/// Every verdict of the run, with its replies.
fn verdicts(folder: &Folder) -> Vec<Value> {
    folder.run(&["verdicts", "run.db", "--all", "--replies"]).expect(0).json_lines()
}

/// The numbers that the reply in the order of the systems' names gives as its reason.
fn scores(verdict: &Value) -> Vec<f64> {
    let order = &verdict["orders"][0];
    assert_eq!(order["first"], "a");
    let reply: Value =
        serde_json::from_str(order["replies"][0]["reply"].as_str().unwrap()).unwrap();
    let reason = reply["reasoning"].as_str().unwrap();
    let told = reason.split_once(": ").unwrap().1.split(',').next().unwrap();
    told.split(" and ").map(|score| score.parse().unwrap()).collect()
}

#[test]
fn every_metric_prefers_the_response_that_the_original_scores_better() {
    for (name, winners, last) in EXPECTED {
        let verdicts = verdicts(&judged(name, ITEMS));
        let found: Vec<&str> =
            verdicts.iter().map(|verdict| verdict["winner"].as_str().unwrap()).collect();
        assert_eq!(found, winners, "{name}");
        assert!(verdicts.iter().all(|verdict| verdict["outcome"] == "kept"), "{name}");
        let told = scores(&verdicts[4]);
        let close = told.iter().zip(last).all(|(told, last)| (told - last).abs() < 1e-9);
        assert!(close && told.len() == 2, "{name}: {told:?}, expected {last:?}");
    }
}

#[test]
fn every_metric_judge_is_tested_against_its_original() {
    // The one by an encoder is tested where encoders are (tests/encoder).
    let metrics: Vec<&str> =
        builtin_names().skip(4).filter(|name| *name != Builtin::BERT_SCORE).collect();
    assert_eq!(metrics, EXPECTED.map(|(name, ..)| name));
}

#[test]
fn the_reason_says_which_way_is_better() {
    for (name, way) in [("ter", "lower"), ("bleu", "higher")] {
        let replies = verdicts(&judged(name, ITEMS))[0].to_string();
        assert!(replies.contains(&format!("the {way} the better")), "{replies}");
    }
}

#[test]
fn equal_scores_flip_where_the_rubric_allows_no_tie() {
    let folder = Folder::new();
    folder.write("items.jsonl", ITEMS);
    let rubric = "name = \"mine\"\ndescription = \"?\"\nprompt = \"pairwise.j2\"\nties = false\n";
    folder.write("mine.toml", rubric);
    for name in ["rouge-l", "ter"] {
        let run = format!("{name}.db");
        let judge = format!("builtin:{name}");
        let task = ["judge", "items.jsonl", "--rubric", "./mine.toml", "--judge", &judge];
        folder.run(&[&task[..], &["--run", &run]].concat()).expect(0);
        let verdicts = folder.run(&["verdicts", &run, "--all"]).expect(0).json_lines();
        let outcomes: Vec<&str> =
            verdicts.iter().map(|verdict| verdict["outcome"].as_str().unwrap()).collect();
        let order = if name == "ter" { "flipped" } else { "kept" };
        assert_eq!(outcomes, ["kept", "kept", "flipped", order, "kept"], "{name}");
    }
}

#[test]
fn the_lexical_judge_compares_with_the_nearest_of_several_references() {
    // The first reference alone would have it the other way round.
    let item = r#"{"id":"1","prompt":"?","responses":{"a":"Big Apple","b":"NYC"},"reference":["Big Apple City","NYC"]}"#;
    assert_eq!(verdicts(&judged("lexical", item))[0]["winner"], "b");
}

#[test]
fn calibration_measures_a_metric_against_people_like_any_judge() {
    let folder = judged("rouge-l", ITEMS);
    let label = |id: &str| format!(r#"{{"id":"{id}","annotator":"ana","winner":"a"}}"#);
    let labels = ["one", "order", "lines"].map(label).join("\n");
    folder.write("labels.jsonl", &labels);
    let calibrate = ["calibrate", "run.db", "--labels", "labels.jsonl", "--format", "json"];
    let said = folder.run(&calibrate).expect(0);
    let found: Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(found["judge"], "builtin:rouge-l");
    assert_eq!(found["kept"]["n"], 3);
    // It is with ana on the first item alone, and nearness in characters on all three.
    assert_eq!(found["kept"]["agreement"]["value"].as_f64(), Some(1.0 / 3.0));
    let baselines = found["baselines"].as_array().unwrap();
    let lexical = baselines.iter().find(|baseline| baseline["name"] == "lexical").unwrap();
    assert_eq!(lexical["agreement"]["value"].as_f64(), Some(1.0));
}

#[test]
fn an_item_without_a_reference_is_named_before_anything_is_judged() {
    let first = ITEMS.lines().next().unwrap();
    for (reference, why) in [
        ("", "reference is missing"),
        (
            r#","reference":{"city":"Paris"}"#,
            "reference: expected a string or a list of strings, found an object",
        ),
    ] {
        let second = r#"{"id":"q2","prompt":"?","responses":{"a":"x","b":"y"}"#;
        let folder = Folder::new();
        folder.write("items.jsonl", &format!("{first}\n{second}{reference}}}\n"));
        for name in builtin_names().filter(|name| *name != Builtin::BERT_SCORE) {
            let judge = format!("builtin:{name}");
            let task = ["items.jsonl", "--rubric", "helpfulness", "--judge", &judge];
            let needs = !["first", "longer", "random"].contains(&name);
            for command in ["check", "judge"] {
                // The first position keeps nothing.
                let accept: &[&str] =
                    if command == "judge" { &["--inconclusive", "pass"] } else { &[] };
                let said = folder.run(&[&[command], &task[..], accept].concat());
                let said = said.expect(if needs { 3 } else { 0 });
                if needs {
                    let place = format!("items.jsonl:2: {why}");
                    let detail = format!("{judge} compares both responses with");
                    assert!(said.stderr.contains(&place), "{}", said.stderr);
                    assert!(said.stderr.contains(&detail), "{}", said.stderr);
                }
            }
        }
    }
}
