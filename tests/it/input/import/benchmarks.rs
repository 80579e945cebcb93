//! `JudgeBench` and `RewardBench`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::small::{follow, read};
use crate::support::Folder;

fn lines(values: &[Value]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn records(folder: &Folder, path: &str) -> Vec<Value> {
    read(folder, path).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn pair(id: &str, label: &str) -> Value {
    json!({
        "pair_id": id, "original_id": 7, "source": "own-maths", "question": format!("Solve {id}."),
        "response_model": "gpt-x", "response_A": "four", "response_B": "five", "label": label,
    })
}

/// A pair with what a judge decided in both orders.
fn judged(id: &str, label: &str, decisions: &[Value; 2]) -> Value {
    let mut pair = pair(id, label);
    pair["judge_name"] = json!("vanilla");
    let judgment = |decision: &Value| json!({ "judgment": { "judge_model": "o-small", "prompt": "p", "response": "So." }, "decision": decision });
    pair["judgments"] = decisions.iter().map(judgment).collect();
    pair
}

#[test]
fn the_second_judgment_of_judgebench_saw_response_b_first() {
    let folder = Folder::new();
    folder.write("pairs.jsonl", &lines(&[pair("p1", "A>B"), pair("p2", "B>A"), pair("p3", "A>B")]));
    let mut third = judged("p3", "A>B", &[json!("A>B"), Value::Null]);
    third["judgments"][1] = Value::Null;
    let outputs = [
        judged("p1", "A>B", &[json!("A>B"), json!("B>A")]),
        judged("p2", "B>A", &[json!("A>B"), json!("A>B")]),
        third,
    ];
    folder.write("outputs.jsonl", &lines(&outputs));
    let said = folder.run(&["import", "pairs.jsonl", "outputs.jsonl", "--to", "out"]).expect(0);
    assert!(said.stderr.contains("recognised as judgebench: 3 items, 3 labels"), "{}", said.stderr);
    assert!(said.stderr.contains("1 judgment has no decision"), "{}", said.stderr);
    let items = records(&folder, "out/items.jsonl");
    assert_eq!(items[0]["responses"], json!({ "a": "four", "b": "five" }));
    assert_eq!(items[0]["tags"], json!({ "response_model": "gpt-x", "source": "own-maths" }));
    let recorded = records(&folder, "out/replies/vanilla-o-small.jsonl");
    let order = |line: &Value| {
        [&line["first"], &line["vote"]].map(|v| v.as_str().unwrap_or("-").to_owned())
    };
    let orders: Vec<_> = recorded.iter().map(order).collect();
    let expected = [
        ["a", "first"],
        ["b", "second"],
        ["a", "first"],
        ["b", "first"],
        ["a", "first"],
        ["b", "-"],
    ];
    assert_eq!(orders, expected);
    follow(&folder, &said, [0, 0, 0]);
    let run = "out/runs/helpfulness-vanilla-o-small.db";
    let verdicts = folder.run(&["verdicts", run, "--all"]).expect(0).json_lines();
    let ends = verdicts.iter().map(|verdict| [&verdict["outcome"], &verdict["winner"]]);
    let expected = [
        [&json!("kept"), &json!("a")],
        [&json!("flipped"), &Value::Null],
        [&json!("unparsed"), &Value::Null],
    ];
    assert_eq!(ends.collect::<Vec<_>>(), expected);
}

#[test]
fn a_label_or_decision_that_is_none_is_refused() {
    let refused = |value: Value, message: &str| {
        let folder = Folder::new();
        folder.write("p.jsonl", &lines(&[value]));
        let said = folder.run(&["import", "p.jsonl", "--to", "out"]).expect(3);
        assert!(said.stderr.contains(message), "{}", said.stderr);
    };
    refused(pair("p", "A"), "p.jsonl:1: label: expected A>B or B>A, found `A`");
    refused(
        judged("p", "A>B", &[json!("A>B"), json!("B")]),
        "p.jsonl:1: judgments[1].decision: expected",
    );
    let mut three = judged("p", "A>B", &[json!("A>B"), json!("B>A")]);
    three["judgments"] = json!([1, 2, 3]);
    refused(three, "judgments: expected one or two, found 3");
}

#[test]
fn the_chosen_response_of_rewardbench_has_either_name() {
    let folder = Folder::new();
    let pairs: Vec<Value> = (0..40)
        .map(|id| {
            json!({
                "id": id, "prompt": format!("Ask {id}."), "chosen": "good", "chosen_model": "x", "rejected": "bad",
                "rejected_model": "y", "subset": if id % 2 == 0 { "even" } else { "odd" },
            })
        })
        .collect();
    folder.write("rb.jsonl", &lines(&pairs));
    let said = folder.run(&["import", "rb.jsonl", "--to", "out"]).expect(0);
    assert!(
        said.stderr.contains("recognised as rewardbench: 40 items, 40 labels"),
        "{}",
        said.stderr
    );
    let items = records(&folder, "out/items.jsonl");
    let labels = records(&folder, "out/labels.jsonl");
    let mut winners: BTreeMap<&str, usize> = BTreeMap::new();
    for (item, label) in items.iter().zip(&labels) {
        let winner = label["winner"].as_str().unwrap();
        assert_eq!(item["id"], label["id"]);
        assert_eq!(item["responses"][winner], "good");
        *winners.entry(winner).or_default() += 1;
    }
    assert_eq!(items[0]["id"], "even-0");
    assert_eq!(items[0]["tags"], json!({ "subset": "even" }));
    assert!(winners.values().all(|count| *count >= 10), "{winners:?}");
    follow(&folder, &said, [0, 0, 0]);
}

#[test]
fn several_responses_of_rewardbench_2_are_pairs_of_one_prompt() {
    let folder = Folder::new();
    let record = json!({
        "id": "t-1", "prompt": "Name a colour.", "chosen": ["red", "blue"], "rejected": ["seven", "dog", "up"],
        "subset": "Ties", "num_correct": 2, "num_incorrect": 3, "total_completions": 5, "models": [],
    });
    folder.write("rb2.jsonl", &lines(&[record]));
    let said = folder.run(&["import", "rb2.jsonl", "--to", "out"]).expect(0);
    let items = records(&folder, "out/items.jsonl");
    let labels = records(&folder, "out/labels.jsonl");
    assert_eq!((items.len(), labels.len()), (6, 6));
    assert_eq!(items[5]["id"], "Ties-t-1-6");
    assert_eq!(items[5]["tags"], json!({ "prompt": "Ties-t-1", "subset": "Ties" }));
    let winner = labels[5]["winner"].as_str().unwrap();
    let loser = if winner == "a" { "b" } else { "a" };
    assert_eq!([&items[5]["responses"][winner], &items[5]["responses"][loser]], ["blue", "up"]);
    assert!(said.stderr.contains("each pair is an item of its own"), "{}", said.stderr);
}
