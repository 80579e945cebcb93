//! Kept verdicts as preference pairs.

use serde_json::json;

use super::{json_file, judged};

#[test]
fn kept_verdicts_with_a_winner_are_pairs_of_texts() {
    let folder = judged();
    let said = folder.run(&["export", "run.db", "--to", "preferences"]).expect(0);
    let pair = json!({
        "id": "q-1", "prompt": "One?", "chosen": "=uno", "rejected": "1", "chosen_system": "beta",
        "rejected_system": "alpha",
    });
    assert_eq!(said.json_lines(), [pair]);
    for remark in [
        "1 comparison without a kept verdict: left out",
        "1 comparison with a tie: left out",
        "1 comparison with a conversation: left out",
        "is not known: give labels",
    ] {
        assert!(said.stderr.contains(remark), "no `{remark}` in {}", said.stderr);
    }
}

#[test]
fn messages_hold_conversations_and_the_agreement_lies_beside_them() {
    let folder = judged();
    let flags = ["--labels", "labels.jsonl", "--output", "pairs.jsonl"];
    let said = folder
        .run(&[&["export", "run.db", "--to", "preferences-chat"], &flags[..]].concat())
        .expect(0);
    assert_eq!(said.stdout, "");
    let text = std::fs::read_to_string(folder.path().join("pairs.jsonl")).unwrap();
    let pairs: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(pairs.len(), 2);
    assert_eq!(
        pairs[0],
        json!({
            "id": "q-1",
            "prompt": [{ "role": "user", "content": "One?" }],
            "chosen": [{ "role": "assistant", "content": "=uno" }],
            "rejected": [{ "role": "assistant", "content": "1" }],
            "chosen_system": "beta",
            "rejected_system": "alpha",
        })
    );
    assert_eq!(pairs[1]["prompt"].as_array().unwrap().len(), 3);
    let beside = json_file(&folder.path().join("pairs.jsonl.meta.json"));
    assert_eq!(beside["judge"], "told");
    assert_eq!(beside["rubric"], json!(["helpfulness", "1.0.0"]));
    assert_eq!(beside["counts"]["written"], 2);
    // Of the two labelled kept verdicts, q-1 is what people chose and q-2 is not.
    assert_eq!(beside["agreement"]["kept"]["agreement"]["value"], 0.5);
    assert_eq!(beside["agreement"]["labels"], "labels.jsonl");
    assert!(
        said.stderr.contains("agree with people in 50.0 % of 2 labelled comparisons"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_run_without_a_pair_is_no_success() {
    let folder = judged();
    let flags = ["export", "run.db", "--to", "preferences", "--tag", "topic=sums"];
    folder.run(&flags).expect(0);
    folder.write("votes.jsonl", "");
    let task = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "told"];
    folder.run(&[&task[..], &["--run", "empty.db"]].concat()).expect(4);
    let said = folder.run(&["export", "empty.db", "--to", "preferences"]).expect(8);
    assert!(said.stderr.contains("nothing to export"), "{}", said.stderr);
    assert_eq!(said.stdout, "");
}

#[test]
fn of_two_equal_responses_neither_is_chosen() {
    let folder = judged();
    let text = std::fs::read_to_string(folder.path().join("items.jsonl")).unwrap();
    folder.write("items.jsonl", &text.replace("\"=uno\"", "\"1\""));
    let task = ["judge", "items.jsonl", "--rubric", "helpfulness", "--judge", "told"];
    folder.run(&[&task[..], &["--run", "equal.db"]].concat()).expect(0);
    let said = folder.run(&["export", "equal.db", "--to", "preferences-chat"]).expect(0);
    assert_eq!(said.json_lines().len(), 1, "{}", said.stdout);
    assert!(
        said.stderr.contains("1 comparison of two equal responses: left out"),
        "{}",
        said.stderr
    );
}
