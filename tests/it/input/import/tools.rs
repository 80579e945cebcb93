//! Tables of verdicts, results of promptfoo, and logs of Inspect.

use serde_json::{Value, json};

use super::small::{follow, read, write};
use crate::support::{CommandOutput, Folder};

fn records(folder: &Folder, path: &str) -> Vec<Value> {
    read(folder, path).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_table_holds_what_a_judge_and_people_chose() {
    let folder = Folder::new();
    let table = "id,prompt,response_a,response_b,model_a,model_b,first,judge_name,verdict,probability,human,annotator,reason\n\
                 1,Say hi.,hi,hello,v1,v2,a,GPT-5,v2,0.25,v2,ana,Warmer\n\
                 1,Say hi.,hi,hello,v1,v2,b,GPT-5,v2,,v1,ben,\n\
                 2,Count.,\"1, 2\",one,v1,v2,,GPT-5,tie,,tie,ana,\n\
                 3,Stop.,ok,no,v1,v2,,,,,,,\n";
    folder.write("verdicts.csv", table);
    let said = folder.run(&["import", "verdicts.csv", "--to", "out"]).expect(0);
    assert!(
        said.stderr.contains("recognised as csv: 3 items, 3 labels, 1 recorded judge"),
        "{}",
        said.stderr
    );
    assert_eq!(
        read(&folder, "out/replies/gpt-5.jsonl"),
        "{\"id\":\"1\",\"first\":\"v1\",\"second\":\"v2\",\"vote\":\"second\",\"probability\":0.25,\"reply\":\"Warmer\"}\n\
         {\"id\":\"1\",\"first\":\"v2\",\"second\":\"v1\",\"vote\":\"first\"}\n\
         {\"id\":\"2\",\"first\":\"v1\",\"second\":\"v2\",\"vote\":\"tie\"}\n"
    );
    assert_eq!(
        read(&folder, "out/labels.jsonl"),
        "{\"id\":\"1\",\"annotator\":\"ana\",\"winner\":\"v2\"}\n\
         {\"id\":\"1\",\"annotator\":\"ben\",\"winner\":\"v1\"}\n\
         {\"id\":\"2\",\"annotator\":\"ana\",\"winner\":\"tie\"}\n"
    );
    follow(&folder, &said, [0, 5, 0]);
}

#[test]
fn the_shortest_table_has_a_prompt_two_outputs_and_a_winner() {
    for (header, cell, winner) in [
        ("input,output_1,output_2,winner", "2", "b"),
        ("question,answer_a,answer_b,judge", "A", "a"),
        ("prompt,response_a,response_b,probability", "0.75", "a"),
        ("instruction,response_1,response_2,judge_label", "first", "a"),
    ] {
        let folder = Folder::new();
        folder.write("t.csv", &format!("{header}\nAsk,x,y,{cell}\n"));
        folder.run(&["import", "t.csv", "--to", "out"]).expect(0);
        let line = &records(&folder, "out/replies/judge.jsonl")[0];
        let vote = if winner == "a" { "first" } else { "second" };
        assert_eq!([&line["id"], &line["first"], &line["vote"]], ["row-1", "a", vote], "{header}");
    }
    // Beside an annotator, the winner is a label.
    let folder = Folder::new();
    folder.write("t.tsv", "prompt\tresponse_a\tresponse_b\twinner\tannotator\nAsk\tx\ty\tb\tana\n");
    folder.run(&["import", "t.tsv", "--to", "out"]).expect(0);
    assert_eq!(records(&folder, "out/labels.jsonl")[0]["winner"], "b");
    assert!(!folder.path().join("out/evenhand.toml").exists());
}

#[test]
fn a_cell_that_chooses_nothing_is_refused() {
    for (header, cells, message) in [
        ("winner", "c", "winner: `c` is neither of the two responses nor a tie"),
        ("winner,probability", "a,0.2", "probability: it contradicts what the judge chose"),
        ("winner,probability", "a,2", "probability: expected a number from 0 to 1, found `2`"),
        ("winner,first", "a,neither of them", "first: `neither of them` is neither"),
        ("winner,model_a,model_b", "a,same,same", "both responses are of the system same"),
    ] {
        let folder = Folder::new();
        folder.write("t.csv", &format!("prompt,response_a,response_b,{header}\nAsk,x,y,{cells}\n"));
        let said = folder.run(&["import", "t.csv", "--to", "out"]).expect(3);
        assert!(
            said.stderr.contains(message) && said.stderr.contains("t.csv:2"),
            "{}",
            said.stderr
        );
    }
}

/// Results of promptfoo: tests by prompt and provider.
fn promptfoo(select_best: bool) -> Value {
    let mut results = Vec::new();
    for test in 0..2 {
        for (column, provider) in ["openai:small", "openai:large"].into_iter().enumerate() {
            let components = if select_best {
                json!([{ "pass": column == 1 - test, "score": 1, "reason": "the best", "assertion": { "type": "select-best", "value": "the best" } }])
            } else {
                json!([{ "pass": true, "score": 1, "assertion": { "type": "llm-rubric", "value": "polite" } }])
            };
            results.push(json!({
                "testIdx": test, "promptIdx": column, "vars": { "question": format!("Ask {test}.") },
                "prompt": { "raw": format!("Answer: Ask {test}."), "label": "Answer: {{question}}" },
                "provider": { "id": provider, "label": "" }, "success": true, "score": 1,
                "response": { "output": format!("{provider} on {test}") },
                "gradingResult": { "pass": true, "score": 1, "componentResults": components },
            }));
        }
    }
    results.push(json!({ "testIdx": 1, "promptIdx": 2, "provider": { "id": "openai:down" }, "error": "503" }));
    json!({ "evalId": "eval-1", "results": { "version": 3, "results": results, "stats": {} }, "config": {} })
}

#[test]
fn results_of_promptfoo_are_items_and_a_choice_of_two_is_a_vote() {
    let folder = Folder::new();
    write(&folder, "results.json", &promptfoo(true));
    let said = folder.run(&["import", "results.json", "--to", "out"]).expect(0);
    assert!(said.stderr.contains("recognised as promptfoo: 2 items"), "{}", said.stderr);
    assert!(said.stderr.contains("1 result has no output and is left out"), "{}", said.stderr);
    let items = records(&folder, "out/items.jsonl");
    assert_eq!(items[0]["id"], "test-0");
    assert_eq!(items[0]["prompt"], "Answer: Ask 0.");
    assert_eq!(items[0]["context"], json!({ "question": "Ask 0." }));
    assert_eq!(items[0]["responses"]["openai:large"], "openai:large on 0");
    let recorded = records(&folder, "out/replies/select-best.jsonl");
    let votes = recorded.iter().map(|line| [&line["first"], &line["vote"]]);
    let expected = [["openai:small", "second"], ["openai:small", "first"]];
    assert_eq!(votes.collect::<Vec<_>>(), expected);
    follow(&folder, &said, [0, 5, 0]);
}

#[test]
fn results_do_without_votes_but_not_without_the_number_of_their_test() {
    let folder = Folder::new();
    write(&folder, "results.json", &promptfoo(false));
    folder.run(&["import", "results.json", "--to", "out"]).expect(0);
    assert!(!folder.path().join("out/replies/select-best.jsonl").exists());
    let mut old = promptfoo(false);
    old["results"]["results"][0].as_object_mut().unwrap().remove("testIdx");
    write(&folder, "old.json", &old);
    let said = folder.run(&["import", "old.json", "--to", "old"]).expect(3);
    assert!(said.stderr.contains("results[0].testIdx is missing"), "{}", said.stderr);
}

fn log(model: &str) -> Value {
    let sample = |id: &str, epoch: u64| {
        json!({
            "id": id, "epoch": epoch, "input": [{ "role": "user", "content": format!("Ask {id}.") }], "target": "42",
            "output": { "model": model, "choices": [{ "message": { "role": "assistant", "content": format!("{model} {id}") } }] },
            "scores": { "match": { "value": "C" } },
        })
    };
    json!({
        "version": 2, "status": "success", "eval": { "task": "maths", "model": model },
        "samples": [sample("s1", 1), sample("s2", 1), sample("s1", 2)],
    })
}

#[test]
fn logs_of_inspect_are_systems_on_the_same_samples() {
    let folder = Folder::new();
    write(&folder, "one.json", &log("openai/small"));
    write(&folder, "two.json", &log("openai/large"));
    let said = folder.run(&["import", "one.json", "two.json", "--to", "out"]).expect(0);
    assert!(said.stderr.contains("recognised as inspect: 2 items"), "{}", said.stderr);
    assert!(said.stderr.contains("2 samples are of later epochs"), "{}", said.stderr);
    assert!(said.stderr.contains("4 scores are not by model graders"), "{}", said.stderr);
    assert_eq!(
        records(&folder, "out/items.jsonl")[0],
        json!({
            "id": "s1", "prompt": "Ask s1.",
            "responses": { "openai/large": "openai/large s1", "openai/small": "openai/small s1" },
            "reference": "42", "tags": { "task": "maths" },
        })
    );
    follow(&folder, &said, [0, 0, 0]);
    let alone = folder.run(&["import", "one.json", "--to", "alone"]).expect(3);
    assert!(alone.stderr.contains("no prompt has two responses"), "{}", alone.stderr);
    let mut other = log("openai/large");
    other["samples"][0]["input"] = json!("Another question.");
    write(&folder, "two.json", &other);
    let said: CommandOutput =
        folder.run(&["import", "one.json", "two.json", "--to", "x"]).expect(3);
    assert!(
        said.stderr.contains("item s1 has another prompt here than in one.json"),
        "{}",
        said.stderr
    );
}

/// A log with one sample of multiple choice.
fn multiple_choice(model: &str, input: &Value, choices: &Value) -> Value {
    let mut log = log(model);
    log["samples"] = json!([{
        "id": 1, "epoch": 1, "input": input, "choices": choices, "target": "B",
        "output": { "model": model, "choices": [], "completion": "ANSWER: B" },
    }]);
    log
}

#[test]
fn what_there_is_to_choose_from_belongs_to_the_prompt() {
    let folder = Folder::new();
    let many: Vec<String> = (1..=28).map(|at| format!("choice {at}")).collect();
    let turns = json!([{ "role": "system", "content": "Be brief." }, { "role": "user", "content": "Which?" }]);
    for (at, (input, choices)) in [
        (json!("Which?"), json!(["red", "green"])),
        (turns, json!(["red", "green"])),
        (json!("Which?"), json!(many)),
    ]
    .iter()
    .enumerate()
    {
        let mut files = Vec::new();
        for model in ["one", "two"] {
            let name = format!("{model}-{at}.json");
            let mut log = multiple_choice(model, input, choices);
            log["samples"][0]["output"]["completion"] = json!(format!("{model} says B"));
            write(&folder, &name, &log);
            files.push(name);
        }
        let out = format!("out-{at}");
        folder.run(&["import", &files[0], &files[1], "--to", &out]).expect(0);
    }
    let prompt = |at: usize| records(&folder, &format!("out-{at}/items.jsonl"))[0].clone();
    assert_eq!(prompt(0)["prompt"], "Which?\n\nA) red\nB) green");
    assert_eq!(prompt(0)["reference"], "B");
    assert_eq!(prompt(1)["prompt"][1]["content"], "Which?\n\nA) red\nB) green");
    let letters = prompt(2)["prompt"].as_str().unwrap().to_owned();
    assert!(letters.contains("\nZ) choice 26\n1) choice 27\n2) choice 28"), "{letters}");
    for (choices, message) in [
        (json!("red"), "choices: expected a list of texts, found a string"),
        (json!(["red", 2]), "choices[1]: expected a text, found a number"),
    ] {
        write(&folder, "bad.json", &multiple_choice("one", &json!("Which?"), &choices));
        let said = folder.run(&["import", "bad.json", "--to", "bad"]).expect(3);
        assert!(said.stderr.contains(message), "{}", said.stderr);
    }
}
