//! Arena-Hard, MT-bench and `LMArena`.

use serde_json::{Value, json};

use super::small::{follow, import, read};
use crate::support::Folder;

fn lines(values: &[Value]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn records(folder: &Folder, path: &str) -> Vec<Value> {
    read(folder, path).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Each recorded line as its item, the system shown first, and the vote.
fn votes(folder: &Folder, path: &str) -> Vec<String> {
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let line = |line: &Value| [&line["id"], &line["first"], &line["vote"]].map(word).join(" ");
    records(folder, path).iter().map(line).collect()
}

fn arena_hard() -> Folder {
    let folder = Folder::new();
    let question = |uid: &str| json!({ "uid": uid, "category": "hard_prompt", "subcategory": "coding", "prompt": format!("Write {uid}.") });
    folder
        .write("question.jsonl", &lines(&[question("u1"), question("u2"), question("unanswered")]));
    let answer = |uid: &str, model: &str| {
        let messages = json!([
            { "role": "user", "content": format!("Write {uid}.") },
            { "role": "assistant", "content": { "answer": format!("{model} wrote {uid}") } },
        ]);
        json!({ "uid": uid, "ans_id": "x", "model": model, "messages": messages, "tstamp": 1.5, "metadata": { "token_len": 3 } })
    };
    for model in ["base", "new"] {
        folder.write(
            &format!("model_answer/{model}.jsonl"),
            &lines(&[answer("u1", model), answer("u2", model)]),
        );
    }
    let game = |score: Value, said: &str| json!({ "score": score, "judgment": { "answer": said }, "prompt": [] });
    let judgment = |uid: &str, games: [Value; 2]| json!({ "uid": uid, "category": "hard_prompt", "judge": "GPT 4.1", "model": "new", "baseline": "base", "games": games });
    let judgments = [
        judgment("u1", [game(json!("B>>A"), "B is it."), game(json!("A>B"), "A is it.")]),
        judgment("u2", [game(json!("A=B"), "Equal."), game(Value::Null, "No idea.")]),
        judgment("u9", [game(json!("A>B"), "A."), game(json!("A>B"), "A.")]),
    ];
    folder.write("model_judgment/gpt-4.1/new.jsonl", &lines(&judgments));
    folder
}

const ARENA_HARD: [&str; 4] = [
    "model_judgment/gpt-4.1/new.jsonl",
    "question.jsonl",
    "model_answer/base.jsonl",
    "model_answer/new.jsonl",
];

#[test]
fn arena_hard_games_are_votes_in_both_orders_with_the_baseline_first_in_the_first() {
    let folder = arena_hard();
    let said = folder.run(&[&["import", "--to", "out"], &ARENA_HARD[..]].concat()).expect(0);
    assert_eq!(
        votes(&folder, "out/replies/gpt-4.1.jsonl"),
        ["u1 base second", "u1 new first", "u2 base tie", "u2 new -"]
    );
    let items = records(&folder, "out/items.jsonl");
    assert_eq!(items.len(), 2);
    assert_eq!(items[0]["prompt"], "Write u1.");
    assert_eq!(items[0]["responses"], json!({ "base": "base wrote u1", "new": "new wrote u1" }));
    assert_eq!(items[0]["tags"], json!({ "category": "hard_prompt", "subcategory": "coding" }));
    for notice in [
        "1 game has no score and is recorded as an unreadable reply (first: u2)",
        "1 judgment is of a question or model whose answers were not given, and is left out (first: u9, new against base)",
        "1 prompt is left out: no response to it was given",
        "recognised as arena-hard: 2 items, 0 labels, 1 recorded judge",
    ] {
        assert!(said.stderr.contains(notice), "no `{notice}` in {}", said.stderr);
    }
    assert!(!said.stderr.contains("one order only"), "{}", said.stderr);
    follow(&folder, &said, [0, 0, 0]);
    let run = "out/runs/helpfulness-gpt-4.1.db";
    let verdicts = folder.run(&["verdicts", run, "--all"]).expect(0).json_lines();
    let ends = verdicts.iter().map(|verdict| [&verdict["outcome"], &verdict["winner"]]);
    let expected = [[&json!("kept"), &json!("new")], [&json!("unparsed"), &Value::Null]];
    assert_eq!(ends.collect::<Vec<_>>(), expected);
    let shown = folder.run(&["show", run, "--id", "u1"]).expect(0).stdout;
    assert!(shown.contains("B is it."), "the judge's words are kept: {shown}");
}

#[test]
fn the_first_version_of_arena_hard_needs_the_baseline_named() {
    let folder = Folder::new();
    let question = json!({ "question_id": "q1", "category": "arena-hard-v0.1", "cluster": "Own", "turns": [{ "content": "Write." }] });
    folder.write("question.jsonl", &lines(&[question]));
    for model in ["gpt-4-0314", "mine"] {
        let turns = json!([{ "content": format!("{model} wrote"), "token_len": 2 }]);
        let answer = json!({ "question_id": "q1", "answer_id": "x", "model_id": model, "choices": [{ "index": 0, "turns": turns }] });
        folder.write(&format!("{model}.jsonl"), &lines(&[answer]));
    }
    let games = json!([{ "score": "A>B", "judgment": "A.", "user_prompt": "" }, { "score": "B>A", "judgment": "B.", "user_prompt": "" }]);
    let judgment = json!({ "question_id": "q1", "model": "mine", "judge": "gpt-4-1106-preview", "games": games });
    folder.write("judgment.jsonl", &lines(&[judgment]));
    let files = ["question.jsonl", "gpt-4-0314.jsonl", "mine.jsonl", "judgment.jsonl"];
    let said = import(&folder, "arena-hard", &files).expect(3);
    assert!(said.stderr.contains("judgment.jsonl:1: baseline is missing"), "{}", said.stderr);
    assert!(said.stderr.contains("--baseline"), "{}", said.stderr);
    let named = [&["--baseline", "gpt-4-0314"], &files[..]].concat();
    import(&folder, "arena-hard", &named).expect(0);
    assert_eq!(
        votes(&folder, "out/replies/gpt-4-1106-preview.jsonl"),
        ["q1 gpt-4-0314 first", "q1 mine second"]
    );
}

#[test]
fn a_score_or_answers_that_are_none_are_refused() {
    let folder = arena_hard();
    let path = "model_judgment/gpt-4.1/new.jsonl";
    let text = read(&folder, path).replace("A>B", "A is better");
    folder.write(path, &text);
    let said = import(&folder, "arena-hard", &ARENA_HARD).expect(3);
    assert!(said.stderr.contains("new.jsonl:1: games[1].score: expected A>>B"), "{}", said.stderr);
    let said = import(&folder, "arena-hard", &ARENA_HARD[..2]).expect(3);
    assert!(said.stderr.contains("judgments of Arena-Hard without the answers"), "{}", said.stderr);
}

fn mt_bench() -> Folder {
    let folder = Folder::new();
    let question = json!({ "question_id": 81, "category": "writing", "turns": ["Write.", "Shorter."], "reference": ["Written.", "Short."] });
    folder.write("question.jsonl", &lines(&[question]));
    for model in ["alpha", "beta"] {
        let turns = [format!("{model} one"), format!("{model} two")];
        let answer = json!({ "question_id": 81, "answer_id": "x", "model_id": model, "choices": [{ "index": 0, "turns": turns }], "tstamp": 1 });
        folder.write(&format!("model_answer/{model}.jsonl"), &lines(&[answer]));
    }
    let judgment = |turn: u64, winners: [&str; 2]| {
        json!({
            "question_id": 81, "model_1": "beta", "model_2": "alpha", "g1_winner": winners[0], "g2_winner": winners[1],
            "judge": ["gpt-4", "pair-v2"], "g1_user_prompt": "p", "g1_judgment": "one [[A]]", "g2_user_prompt": "p",
            "g2_judgment": "two [[B]]", "turn": turn, "tstamp": 1,
        })
    };
    let judgments = [judgment(1, ["model_1", "model_1"]), judgment(2, ["tie", "error"])];
    folder.write("model_judgment/gpt-4_pair.jsonl", &lines(&judgments));
    folder
}

#[test]
fn mt_bench_turns_are_items_and_both_games_name_the_winner_by_model() {
    let folder = mt_bench();
    let files = [
        "question.jsonl",
        "model_answer/alpha.jsonl",
        "model_answer/beta.jsonl",
        "model_judgment/gpt-4_pair.jsonl",
    ];
    let said = folder.run(&[&["import", "--to", "out"], &files[..]].concat()).expect(0);
    assert!(said.stderr.contains("recognised as mtbench: 2 items"), "{}", said.stderr);
    let items = records(&folder, "out/items.jsonl");
    assert_eq!(items[0]["responses"], json!({ "alpha": "alpha one", "beta": "beta one" }));
    assert_eq!(items[0]["reference"], "Written.");
    let second = json!([
        { "role": "assistant", "content": "alpha one" },
        { "role": "user", "content": "Shorter." },
        { "role": "assistant", "content": "alpha two" },
    ]);
    assert_eq!(items[1]["responses"]["alpha"], second);
    assert_eq!([&items[1]["id"], &items[1]["prompt"]], ["81-2", "Write."]);
    // In the second game model_2 was shown first, and the winner is still model_1.
    assert_eq!(
        votes(&folder, "out/replies/gpt-4.jsonl"),
        ["81-1 beta first", "81-1 alpha second", "81-2 beta tie", "81-2 alpha -"]
    );
    follow(&folder, &said, [0, 0, 0]);
}

#[test]
fn human_judgments_of_mt_bench_are_labels_and_those_of_a_model_are_left_out() {
    let folder = Folder::new();
    let said = |model: &str| {
        json!([
            { "role": "user", "content": "Write." }, { "role": "assistant", "content": format!("{model} one") },
            { "role": "user", "content": "Shorter." }, { "role": "assistant", "content": format!("{model} two") },
        ])
    };
    let judgment = |judge: &str, turn: u64, winner: &str| {
        json!({
            "question_id": 81, "model_a": "alpha", "model_b": "beta", "winner": winner, "judge": judge, "turn": turn,
            "conversation_a": said("alpha"), "conversation_b": said("beta"),
        })
    };
    let judgments = [
        judgment("expert_1", 1, "model_b"),
        judgment("author_2", 2, "tie"),
        judgment("expert_1", 1, "model_a"),
        judgment("gpt4_pair", 1, "model_a"),
    ];
    folder.write("human.jsonl", &lines(&judgments));
    let said = folder.run(&["import", "human.jsonl", "--to", "out"]).expect(0);
    assert_eq!(
        read(&folder, "out/labels.jsonl"),
        "{\"id\":\"81-1\",\"annotator\":\"expert_1\",\"winner\":\"beta\"}\n\
         {\"id\":\"81-2\",\"annotator\":\"author_2\",\"winner\":\"tie\"}\n"
    );
    let items = records(&folder, "out/items.jsonl");
    assert_eq!(items[0]["responses"]["alpha"], "alpha one");
    assert_eq!(items[1]["responses"]["alpha"][2]["content"], "alpha two");
    assert!(said.stderr.contains("1 label repeats one of the same annotator"), "{}", said.stderr);
    assert!(said.stderr.contains("1 judgment among those of people is by a model"));
    follow(&folder, &said, [0, 0, 0]);
}

#[test]
fn preferences_of_lmarena_are_labels_of_conversations() {
    let folder = Folder::new();
    let said = |model: &str, turns: usize| -> Value {
        (0..turns)
            .flat_map(|turn| {
                [
                    json!({ "role": "user", "content": format!("Ask {turn}.") }),
                    json!({ "role": "assistant", "content": [{ "type": "text", "text": format!("{model} {turn}") }] }),
                ]
            })
            .collect()
    };
    let battle = |id: &str, winner: &str, turns: usize| {
        json!({
            "question_id": id, "model_a": "alpha", "model_b": "beta", "winner": winner, "judge": "arena_user_7",
            "conversation_a": said("alpha", turns), "conversation_b": said("beta", turns), "turn": turns,
            "language": "German", "tstamp": 1.0,
        })
    };
    let battles =
        [battle("b1", "model_b", 1), battle("b2", "both_bad", 2), battle("b3", "tie (bothbad)", 1)];
    folder.write("battles.jsonl", &lines(&battles));
    let said = folder.run(&["import", "battles.jsonl", "--to", "out"]).expect(0);
    assert!(said.stderr.contains("recognised as lmarena: 3 items, 3 labels"), "{}", said.stderr);
    assert!(
        said.stderr
            .contains("2 preferences say that both are bad and are imported as ties (first: b2)")
    );
    let items = records(&folder, "out/items.jsonl");
    assert_eq!(items[0]["prompt"], "Ask 0.");
    assert_eq!(items[0]["responses"]["beta"], "beta 0");
    assert_eq!(items[1]["responses"]["beta"].as_array().unwrap().len(), 3);
    assert_eq!(items[1]["tags"], json!({ "language": "German", "turns": "2" }));
    let labels = records(&folder, "out/labels.jsonl");
    let winners: Vec<&Value> = labels.iter().map(|label| &label["winner"]).collect();
    assert_eq!(winners, ["beta", "tie", "tie"]);
    follow(&folder, &said, [0, 0, 0]);
}
