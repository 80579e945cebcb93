//! Comparisons with people's labels and recorded judges in `../shared/data`, a folder beside this repository.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use evenhand::input::{DataFile, Item, KnownItems, LabelColumns, read_labels};
use serde_json::Value;

use super::Folder;

/// Returns a file or folder of `../shared`, and fails where it is not there: tests of a folder that may be
/// missing are ignored unless they are asked for.
pub(crate) fn shared(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(name);
    assert!(
        path.exists(),
        "this test needs {}; run it where that is, or without --ignored",
        path.display()
    );
    path
}

pub(crate) fn read_json(path: &Path) -> serde_json::Map<String, Value> {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A rubric that reads replies as the object `reply` says.
pub(crate) fn rubric(reply: &Value) -> String {
    let mut text = format!(
        "name = \"recorded\"\ndescription = \"Which is better?\"\nties = {}\n[reply]\n",
        reply.get("tie").is_some()
    );
    for (key, value) in reply.as_object().unwrap() {
        text.extend([key, " = '", value.as_str().unwrap(), "'\n"]);
    }
    text
}

/// A folder with the settings of one recorded judge and a rubric that reads it.
pub(crate) fn set_up(data: &Path, judge: &str, reply: &Value) -> Folder {
    let folder = Folder::new();
    let replies = data.join("replies").join(format!("{judge}.jsonl")).canonicalize().unwrap();
    let replies = Value::from(replies.to_str().unwrap());
    folder.write("evenhand.toml", &format!("[judges.\"{judge}\"]\nrecorded = {replies}\n"));
    folder.write("r.toml", &rubric(reply));
    folder
}

/// The label of each item: the one winner all its annotators name.
pub(crate) fn winners(data: &Path, items: &[Item]) -> HashMap<String, String> {
    let labels = read_labels(
        &DataFile::labels(data.join("labels.jsonl"), LabelColumns::default()),
        &KnownItems::of(items),
    )
    .unwrap();
    assert_eq!(labels.unmatched, 0);
    let winner = |label: evenhand::input::Label| {
        (label.id.to_string(), label.winner.map_or("tie".to_owned(), |winner| winner.to_string()))
    };
    labels.labels.into_iter().map(winner).collect()
}

#[track_caller]
fn assert_number(found: f64, expected: &Value, what: &str) {
    let expected = expected.as_f64().unwrap();
    assert!((found - expected).abs() < 1e-12, "{what}: found {found}, expected {expected}");
}

/// Fails unless every number of the judge is the one expected.
pub(crate) fn assert_judge(judge: &str, summary: &Value, expected: &Value) {
    assert_eq!(summary["judge"], judge);
    assert_eq!(summary["planned"], expected["comparisons"], "{judge}");
    let outcomes = summary["outcomes"].as_object().unwrap();
    for outcome in ["kept", "flipped", "split", "unparsed", "failed", "pending"] {
        let count = expected["outcomes"][outcome].as_u64().unwrap_or(0);
        assert_eq!(outcomes[outcome], count, "{judge}: {outcome}");
    }
    let known = expected["outcomes"].as_object().unwrap().keys();
    assert!(known.clone().all(|outcome| outcomes.contains_key(outcome)), "{judge}");
    let position = expected["position"].as_object().unwrap();
    assert_eq!(position.len(), 6);
    for (name, count) in position {
        assert_eq!(summary["position"][name], *count, "{judge}: {name}");
    }
    let kept = outcomes["kept"].as_f64().unwrap();
    let planned = summary["planned"].as_f64().unwrap();
    assert_number(kept / planned, &summary["coverage"]["value"], judge);
    let consistent = kept
        / ["kept", "flipped", "split"].map(|o| outcomes[o].as_f64().unwrap()).iter().sum::<f64>();
    assert_number(consistent, &summary["position"]["consistency"]["value"], judge);
}

/// Fails unless the verdicts agree with people as often as expected, kept ones and single replies.
pub(crate) fn assert_agreement(
    judge: &str,
    verdicts: &[Value],
    winners: &HashMap<String, String>,
    expected: &Value,
) {
    let (mut kept, mut orders) = (Vec::new(), Vec::new());
    for verdict in verdicts {
        let Some(label) = winners.get(verdict["id"].as_str().unwrap()) else { continue };
        if verdict["outcome"] == "kept" {
            kept.push(verdict["winner"] == *label);
        } else {
            assert!(verdict["winner"].is_null(), "{verdict}");
        }
        // An unreadable reply has no preference, and so is wrong.
        let orders_of = verdict["orders"].as_array().unwrap();
        orders.extend(orders_of.iter().map(|order| order["preference"] == *label));
    }
    for (name, right) in [("kept", kept), ("orders", orders)] {
        assert_eq!(right.len() as u64, expected[name]["n"], "{judge}: {name}");
        let agreement = right.iter().filter(|right| **right).count() as f64 / right.len() as f64;
        assert_number(agreement, &expected[name]["agreement"], &format!("{judge}: {name}"));
    }
}
