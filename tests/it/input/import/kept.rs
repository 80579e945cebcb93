//! The words of a judge without a decision, and ids and cells that look alike.

use serde_json::{Value, json};

use super::small::{read, write};
use crate::support::Folder;

fn replies(folder: &Folder, path: &str) -> Vec<Value> {
    let text = read(folder, path);
    text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["reply"].clone()).collect()
}

#[test]
fn a_judgment_without_a_decision_keeps_the_words_of_the_judge() {
    let folder = Folder::new();
    let question = json!({ "question_id": 1, "category": "c", "turns": ["Write."] });
    folder.write("question.jsonl", &question.to_string());
    for model in ["one", "two"] {
        let choices = json!([{ "index": 0, "turns": [model] }]);
        let answer =
            json!({ "question_id": 1, "answer_id": "x", "model_id": model, "choices": choices });
        folder.write(&format!("{model}.jsonl"), &answer.to_string());
    }
    let judgment = json!({
        "question_id": 1, "model_1": "one", "model_2": "two", "g1_winner": "error", "g2_winner": "error", "turn": 1,
        "judge": ["j", "pair-v2"], "g1_judgment": "Neither.", "g2_judgment": "Both.",
    });
    folder.write("pair.jsonl", &judgment.to_string());
    let files = ["question.jsonl", "one.jsonl", "two.jsonl", "pair.jsonl"];
    folder.run(&[&["import", "--to", "mt"], &files[..]].concat()).expect(0);
    assert_eq!(replies(&folder, "mt/replies/j.jsonl"), ["Neither.", "Both."]);

    let said = |words: &str| json!({ "judgment": { "judge_model": "m", "response": words }, "decision": null });
    let pair = json!({
        "pair_id": "p", "question": "q", "response_A": "a", "response_B": "b", "label": "A>B",
        "judge_name": "plain", "judgments": [said("Hm."), said("Well.")],
    });
    folder.write("pairs.jsonl", &pair.to_string());
    folder.run(&["import", "pairs.jsonl", "--to", "jb"]).expect(0);
    assert_eq!(replies(&folder, "jb/replies/plain-m.jsonl"), ["Hm.", "Well."]);

    let annotation = json!({
        "instruction": "Do.", "output_1": "old", "output_2": "new", "annotator": "j", "preference": null,
        "raw_completion": "I cannot say.",
    });
    write(&folder, "a.json", &json!([annotation]));
    folder.run(&["import", "a.json", "--to", "alpaca"]).expect(0);
    assert_eq!(replies(&folder, "alpaca/replies/j.jsonl"), ["I cannot say."]);
}

#[test]
fn ids_of_rewardbench_that_are_made_alike_are_refused() {
    let folder = Folder::new();
    let entry = |id: &str, chosen: Value| json!({ "id": id, "prompt": "p", "chosen": chosen, "rejected": ["x"] });
    let entries = [entry("a", json!(["y", "z"])), entry("a-1", json!("w"))];
    folder.write("r.jsonl", &entries.map(|entry| entry.to_string()).join("\n"));
    let said = folder.run(&["import", "r.jsonl", "--to", "out"]).expect(3).stderr;
    assert!(said.contains("r.jsonl:2: id: a-1 occurs twice"), "{said}");
}

#[test]
fn an_empty_reply_cell_beside_a_choice_is_no_reply() {
    let folder = Folder::new();
    folder
        .write("t.csv", "prompt,response_a,response_b,verdict,reply\nOne,x,y,a,\nTwo,x,y,b,So.\n");
    folder.run(&["import", "t.csv", "--to", "out"]).expect(0);
    assert_eq!(replies(&folder, "out/replies/judge.jsonl"), [Value::Null, json!("So.")]);
}

#[test]
fn a_table_of_lmarena_has_its_conversations_as_json() {
    let folder = Folder::new();
    let conversation = |answer: &str| {
        let turns = json!([{ "role": "user", "content": "Hi, \"you\"" }, { "role": "assistant", "content": answer }]);
        format!("\"{}\"", turns.to_string().replace('"', "\"\""))
    };
    let head = "question_id,model_a,model_b,winner,conversation_a,conversation_b,language";
    let row = format!("7,m1,m2,model_a,{},{},German", conversation("yo"), conversation("hello"));
    folder.write("arena.csv", &format!("{head}\n{row}\n"));
    let said = folder.run(&["import", "arena.csv", "--to", "out"]).expect(0).stderr;
    assert!(said.contains("recognised as lmarena: 1 item, 1 label"), "{said}");
    let item: Value = serde_json::from_str(&read(&folder, "out/items.jsonl")).unwrap();
    assert_eq!(
        [&item["id"], &item["prompt"], &item["responses"]["m1"], &item["tags"]["language"]],
        ["7", "Hi, \"you\"", "yo", "German"]
    );
    // As Python prints a list it is no JSON.
    folder
        .write("python.csv", &format!("{head}\n7,m1,m2,model_a,[{{'role': 'user'}}],[],German\n"));
    let said = folder.run(&["import", "python.csv", "--to", "x"]).expect(3).stderr;
    assert!(
        said.contains("python.csv:2: conversation_a: expected a list of messages, found a text"),
        "{said}"
    );
    assert!(said.contains("the list of messages as JSON"), "{said}");
    // What half of the columns is missing is said, and no column that the file does not have.
    folder.write("half.csv", "question_id,model_a,model_b,winner\n7,m1,m2,model_a\n");
    let said =
        folder.run(&["import", "half.csv", "--from", "lmarena", "--to", "x"]).expect(3).stderr;
    assert!(said.contains("but lacks `conversation_a`, `conversation_b`"), "{said}");
    assert!(
        said.contains(
            "its first record has the fields `question_id`, `model_a`, `model_b`, `winner`\n"
        ),
        "{said}"
    );
}
