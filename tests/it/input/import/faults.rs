//! Files that contradict themselves or each other, that are given twice, or that say nothing.

use serde_json::{Value, json};

use super::small::{import, read, write};
use crate::support::Folder;

fn said(folder: &Folder, files: &[&str], code: i32) -> String {
    let out = format!("out-{}", files.len());
    let said = folder.run(&[&["import", "--to", &out], files].concat()).expect(code);
    said.stderr
}

fn lines(values: &[Value]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn contains(said: &str, words: &str) {
    assert!(said.contains(words), "no `{words}` in {said}");
}

fn annotation(preference: impl Into<Value>) -> Value {
    json!({
        "instruction": "Do.", "output_1": "old", "generator_1": "base", "output_2": "new", "generator_2": "candidate",
        "annotator": "judge-1", "preference": preference.into(),
    })
}

#[test]
fn an_unknown_order_is_in_the_recording_and_no_command_completes_it() {
    let folder = Folder::new();
    write(&folder, "a.json", &json!([annotation(json!(1.25))]));
    let said = said(&folder, &["a.json"], 0);
    assert_eq!(
        read(&folder, "out-1/replies/judge-1.jsonl"),
        "{\"id\":\"alpaca-0001\",\"first\":\"base\",\"second\":\"candidate\",\"order\":\"unknown\",\
         \"vote\":\"first\",\"probability\":0.75}\n"
    );
    contains(&said, "the order marked as unknown");
    assert!(!said.contains("To ask the other order"), "{said}");
    let mut known = annotation(json!(1.25));
    known["raw_completion"] = json!("m");
    write(&folder, "known.json", &json!([known]));
    let said = folder.run(&["import", "known.json", "--to", "known"]).expect(0).stderr;
    contains(&said, "To ask the other order");
    assert!(!read(&folder, "known/replies/judge-1.jsonl").contains("order"));
}

#[test]
fn no_preference_is_none_however_python_writes_it() {
    let folder = Folder::new();
    let list = json!([annotation(json!(1.25)), annotation(Value::Null)]);
    folder.write("nan.json", &list.to_string().replace("null", "NaN"));
    let said = folder.run(&["import", "nan.json", "--to", "json"]).expect(0).stderr;
    contains(&said, "1 annotation has no preference");
    let table = "instruction,output_1,generator_1,output_2,generator_2,annotator,preference\n\
                 Do.,old,base,new,candidate,j,1.25\nDo it.,old,base,new,candidate,j,\n";
    folder.write("a.csv", table);
    let said = folder.run(&["import", "a.csv", "--to", "csv"]).expect(0).stderr;
    contains(&said, "1 annotation has no preference");
}

#[test]
fn an_annotator_with_an_index_is_a_judge() {
    let folder = Folder::new();
    let mut entry = annotation(json!(2));
    entry["annotator_index"] = json!(3);
    write(&folder, "a.json", &json!([entry]));
    let said = said(&folder, &["a.json"], 0);
    contains(&said, "1 annotation has `annotator` beside `annotator_index`");
    contains(&said, "0 labels, 1 recorded judge");
}

#[test]
fn a_judge_column_beside_probabilities_is_read_by_its_cells() {
    let folder = Folder::new();
    let table = |cells: [&str; 2]| {
        format!(
            "prompt,response_a,response_b,judge,probability\nOne,x,y,{},\nTwo,x,y,{},0.75\n",
            cells[0], cells[1]
        )
    };
    folder.write("choices.csv", &table(["b", "a"]));
    folder.run(&["import", "choices.csv", "--to", "choices"]).expect(0);
    let recorded = read(&folder, "choices/replies/judge.jsonl");
    assert_eq!(recorded.lines().count(), 2, "{recorded}");
    contains(&recorded, r#""vote":"second""#);
    folder.write("names.csv", &table(["gpt-4", "gpt-4"]));
    let said = folder.run(&["import", "names.csv", "--to", "names"]).expect(0).stderr;
    assert_eq!(read(&folder, "names/replies/gpt-4.jsonl").lines().count(), 1);
    contains(&said, "1 row does not say which response is better");
    folder.write("mixed.csv", &table(["b", "A is better"]));
    let said = folder.run(&["import", "mixed.csv", "--to", "mixed"]).expect(3).stderr;
    contains(&said, "judge: `A is better` is neither of the two responses nor a tie");
}

#[test]
fn rows_that_say_nothing_are_counted_and_columns_that_say_the_same_refused() {
    let folder = Folder::new();
    let head = "prompt,response_a,response_b";
    folder.write("some.csv", &format!("{head},human\nOne,x,y,a\nTwo,x,y,\n"));
    contains(&said(&folder, &["some.csv"], 0), "1 row does not say which response is better");
    folder.write("none.csv", &format!("{head},human\nOne,x,y,\nTwo,x,y,\n"));
    contains(&said(&folder, &["none.csv"], 3), "no row says which response is better (of 2 rows)");
    folder.write("two.csv", &format!("{head},human,label\nOne,x,y,a,b\n"));
    contains(&said(&folder, &["two.csv"], 3), "both `human` and `label` say what people chose");
    folder.write("sign.csv", &format!("{head},verdict,first\nOne,x,y,A>B,b\n"));
    contains(&said(&folder, &["sign.csv"], 3), "has two meanings");
    folder.write("named.csv", &format!("{head},model_a,model_b,verdict\nOne,x,y,b,a,a\n"));
    contains(&said(&folder, &["named.csv"], 3), "`a` has two meanings");
}

#[test]
fn a_judge_has_one_judgment_of_an_item_in_an_order() {
    let folder = Folder::new();
    let head = "id,prompt,response_a,response_b,verdict";
    folder.write("one.csv", &format!("{head}\nq,One,x,y,a\nq,One,x,y,a\n"));
    contains(&said(&folder, &["one.csv"], 0), "1 judgment repeats one of the same judge");
    folder.write("both.csv", &format!("{head}\nq,One,x,y,a\nq,One,x,y,b\n"));
    let refused = said(&folder, &["both.csv"], 3);
    contains(&refused, "both.csv:3");
    contains(&refused, "than in both.csv:2");
    // Judges without a name are called like their files.
    folder.write("x.csv", &format!("{head}\nq,One,x,y,a\n"));
    folder.write("y.csv", &format!("{head}\nq,One,x,y,b\n"));
    contains(&said(&folder, &["x.csv", "y.csv"], 0), "2 recorded judges");
    assert!(folder.path().join("out-2/replies/y.jsonl").exists());
    contains(&said(&folder, &["x.csv", "./x.csv"], 2), "is given twice");
}

#[test]
fn labels_of_judgebench_that_contradict_are_refused() {
    let folder = Folder::new();
    let pair = |label: &str| json!({ "pair_id": "p", "question": "q", "response_A": "a", "response_B": "b", "label": label });
    write(&folder, "one.json", &json!([pair("A>B")]));
    write(&folder, "two.json", &json!([pair("B>A")]));
    let said = said(&folder, &["one.json", "two.json"], 3);
    contains(&said, "label: pair p has another label here than in one.json");
}

fn arena(folder: &Folder, asked: &str, judged: &str) {
    let question = json!({ "uid": "u1", "category": "c", "prompt": "Write." });
    folder.write("question.jsonl", &question.to_string());
    for model in ["base", "new"] {
        let messages = json!([
            { "role": "system", "content": "Be brief." }, { "role": "user", "content": asked },
            { "role": "assistant", "content": { "answer": format!("{model} wrote") } },
        ]);
        let answer = json!({ "uid": "u1", "ans_id": "x", "model": model, "messages": messages });
        folder.write(&format!("{model}.jsonl"), &answer.to_string());
    }
    let game = |score: Value| json!({ "score": score, "judgment": { "answer": "I cannot tell." } });
    let games = [game(json!("A>B")), game(Value::Null)];
    let judgment =
        json!({ "uid": "u1", "judge": "j", "model": judged, "baseline": "base", "games": games });
    folder.write("judgment.jsonl", &judgment.to_string());
}

const ARENA: [&str; 4] = ["question.jsonl", "base.jsonl", "new.jsonl", "judgment.jsonl"];

#[test]
fn an_answer_of_arena_hard_belongs_to_its_question() {
    let folder = Folder::new();
    arena(&folder, "Write. \n", "new");
    let notices = said(&folder, &ARENA, 0);
    contains(&notices, "2 answers were given under a system message");
    let recorded = read(&folder, "out-4/replies/j.jsonl");
    contains(&recorded, "I cannot tell.");
    assert_eq!(
        recorded.matches("I cannot tell.").count(),
        2,
        "kept without a score too: {recorded}"
    );
    arena(&folder, "Something else.", "new");
    contains(&said(&folder, &ARENA, 3), "the answer is to another prompt than that of question u1");
}

#[test]
fn of_several_choices_the_first_is_read_and_the_others_counted() {
    let folder = Folder::new();
    let question = json!({ "question_id": 1, "category": "c", "turns": ["Write."] });
    folder.write("question.jsonl", &question.to_string());
    for model in ["one", "two"] {
        let choices = json!([{ "index": 0, "turns": [model] }, { "index": 1, "turns": ["again"] }]);
        let answer =
            json!({ "question_id": 1, "answer_id": "x", "model_id": model, "choices": choices });
        folder.write(&format!("{model}.jsonl"), &answer.to_string());
    }
    let notices =
        import(&folder, "mtbench", &["question.jsonl", "one.jsonl", "two.jsonl"]).expect(0);
    contains(&notices.stderr, "2 answers have several choices, of which the first is read");
}

#[test]
fn many_judges_do_not_make_many_warnings() {
    let folder = Folder::new();
    let rows: Vec<String> = (0..300).map(|at| format!("q,One,x,y,a,judge {at}")).collect();
    let head = "id,prompt,response_a,response_b,verdict,judge_name";
    folder.write("t.csv", &format!("{head}\nr,Two,x,y,a,judge 0\n{}\n", rows.join("\n")));
    let notices = said(&folder, &["t.csv"], 0);
    assert!(notices.matches("warning: ").count() < 20, "{notices}");
    contains(&notices, "294 further judges have replies to some of the items only");
    contains(&notices, "the same holds of 295 further judges");
}

#[test]
fn judgments_that_are_all_left_out_are_an_error() {
    let folder = Folder::new();
    arena(&folder, "Write.", "unknown");
    let refused = said(&folder, &ARENA, 3);
    contains(&refused, "none of the 1 judgments could be used");
    contains(&refused, "answers were given of base, new");
    write(&folder, "a.json", &json!([annotation(json!(1))]));
    let said = folder.run(&["import", "a.json", "--baseline", "base", "--to", "x"]).expect(2);
    contains(&said.stderr, "a baseline is for judgments of Arena-Hard");
}

#[test]
fn items_with_one_response_are_left_out() {
    let folder = Folder::new();
    let output = |instruction: &str, generator: &str| json!({ "instruction": instruction, "output": "x", "generator": generator });
    write(&folder, "one.json", &json!([output("Do.", "one"), output("Only one.", "one")]));
    write(&folder, "two.json", &json!([output("Do.", "two")]));
    let said = said(&folder, &["one.json", "two.json"], 0);
    contains(&said, "1 prompt is left out: only one response to it was given");
    assert_eq!(read(&folder, "out-2/items.jsonl").lines().count(), 1);
}

#[test]
fn rewardbench_pairs_are_counted_before_they_are_made() {
    let folder = Folder::new();
    let many: Vec<String> = (0..21).map(|at| format!("r{at}")).collect();
    let entry = |id: u64, chosen: Value, rejected: Value| json!({ "id": id, "prompt": "p", "chosen": chosen, "rejected": rejected });
    write(&folder, "many.json", &json!([entry(1, json!(many), json!(many))]));
    contains(&said(&folder, &["many.json"], 3), "make 441 pairs of one prompt, more than 400");
    let equal = [entry(1, json!("x"), json!("x")), entry(2, json!("x"), json!("y"))];
    folder.write("equal.jsonl", &lines(&equal));
    let notices = said(&folder, &["equal.jsonl"], 0);
    contains(&notices, "1 pair has a chosen response that equals the rejected one");
    assert_eq!(read(&folder, "out-1/labels.jsonl").lines().count(), 1);
}

#[test]
fn samples_of_reasoning_models_are_their_answers() {
    let folder = Folder::new();
    let log = |model: &str, output: Value, extra: Value| {
        let mut failed = json!({ "id": "s2", "epoch": 1, "input": "Ask.", "target": "", "output": { "choices": [] } });
        failed["error"] = extra;
        let sample =
            json!({ "id": "s1", "epoch": 1, "input": "Ask.", "target": "4", "output": output });
        json!({ "version": 2, "eval": { "task": "t", "model": model }, "samples": [sample, failed] })
    };
    let message = json!({ "role": "assistant", "content": [{ "type": "reasoning", "reasoning": "Hm." }, { "type": "text", "text": "four" }] });
    let error = json!({ "message": "timeout" });
    let output = json!({ "choices": [{ "message": message }], "completion": "four" });
    write(&folder, "one.json", &log("one", output, error.clone()));
    let output = json!({ "choices": [{ "message": message }] });
    write(&folder, "two.json", &log("two", output, error));
    contains(&said(&folder, &["one.json", "two.json"], 0), "2 samples ended in an error");
    let item: Value = serde_json::from_str(&read(&folder, "out-2/items.jsonl")).unwrap();
    assert_eq!(item["responses"]["one"], "four");
    contains(&item["responses"]["two"].to_string(), "four");
}

#[test]
fn columns_of_promptfoo_with_equal_names_are_numbered() {
    let folder = Folder::new();
    let result = |column: u64| {
        json!({
            "testIdx": 0, "promptIdx": column, "vars": { "q": "Ask." }, "provider": { "id": "p" },
            "prompt": { "raw": "Ask.", "label": "Ask." }, "response": { "output": format!("said {column}") },
        })
    };
    let results = [result(0), result(1), result(1)];
    write(
        &folder,
        "r.json",
        &json!({ "evalId": "e", "config": {}, "results": { "results": results } }),
    );
    contains(&said(&folder, &["r.json"], 0), "1 result repeats a test");
    let item: Value = serde_json::from_str(&read(&folder, "out-1/items.jsonl")).unwrap();
    assert_eq!(item["responses"], json!({ "p": "said 0", "p (2)": "said 1" }));
}

#[test]
fn judges_whose_names_become_alike_stay_apart() {
    let folder = Folder::new();
    let names = ["Ä", "../../etc/x", "gpt 4", "gpt/4", "GPT 4"];
    let rows = names.map(|name| format!("q,One,x,y,a,{name}"));
    let table =
        format!("id,prompt,response_a,response_b,verdict,judge_name\n{}\n", rows.join("\n"));
    folder.write("t.csv", &table);
    let notices = said(&folder, &["t.csv"], 0);
    contains(&notices, "5 recorded judges");
    contains(
        &notices,
        "4 judges have another name in the settings than in the files (first: Ä became judge)",
    );
    for name in ["judge", "judge-2", "gpt-4", "gpt-4-2", "gpt-4-3"] {
        assert!(folder.path().join(format!("out-1/replies/{name}.jsonl")).exists(), "{name}");
    }
}

#[test]
fn messages_name_what_helps() {
    let folder = Folder::new();
    write(&folder, "a.json", &json!([annotation(json!(1))]));
    let refused = import(&folder, "judgebench", &["a.json"]).expect(3).stderr;
    contains(&refused, "this looks like alpaca_eval");
    contains(&refused, "name no format");
    folder.write("file.txt", "");
    let refused = folder.run(&["import", "a.json", "--to", "file.txt"]).expect(3).stderr;
    contains(&refused, "file.txt is a file, and an import is written to a folder");
    contains(&refused, "name another folder");
    let said = folder.run(&["import", "a.json", "--to", "a folder"]).expect(0).stderr;
    contains(&said, "next: cd 'a folder'");
}
