//! `evenhand import` on small synthetic sets in the published layouts.

use serde_json::{Value, json};

use crate::support::{CommandOutput, Folder};

pub(crate) fn entry(input: &str, first: &str, second: &str, label: u64) -> Value {
    json!({ "input": input, "output_1": first, "output_2": second, "label": label })
}

fn dataset() -> Value {
    json!([entry("Say NaN.", "NaN", "no", 1), entry("Count to \"two\".", "1 ½", "1, 2", 2)])
}

/// What a judge said to an entry, `a` first and then `b` first, behind notes of its own.
pub(crate) fn told(entry: &Value, replies: [&str; 2]) -> Value {
    let order = |reply: &str| json!({ "completion": [reply, "stop"], "winner": null });
    let orders = json!({ "swap = False": order(replies[0]), "swap = True": order(replies[1]) });
    let mut entry = entry.clone();
    entry["results"] = json!([["Output (b) is better, the notes say.", "stop"], orders]);
    entry
}

fn results() -> Value {
    let data = dataset();
    let explained =
        ["Output (b) has less. Output (a) is better.", "Therefore, Output (b) is better."];
    json!([told(&data[0], explained), told(&data[1], ["Output (a)", "Output (a)"])])
}

const RESULT: &str = "set/Natural/evaluators/GPT-4/Swap_CoT/result.json";

pub(crate) fn write(folder: &Folder, path: &str, value: &Value) {
    folder.write(path, &serde_json::to_string_pretty(value).unwrap());
}

pub(crate) fn read(folder: &Folder, path: &str) -> String {
    std::fs::read_to_string(folder.path().join(path)).unwrap()
}

pub(crate) fn import(folder: &Folder, set: &str, files: &[&str]) -> CommandOutput {
    folder.run(&[&["import", "--from", set, "--to", "out"], files].concat())
}

/// A folder with a dataset and one judge's results.
fn llmbar() -> Folder {
    let folder = Folder::new();
    write(&folder, "set/Natural/dataset.json", &dataset());
    write(&folder, RESULT, &results());
    folder
}

/// A test set as a spreadsheet leaves it, with `NaN` for an empty cell.
const TEST_SET: &str = r#"[
    {"idx": 0, "motivation_app": "x", "cmp_key": "one-7b_two-6.7B", "instruction": "Say \"NaN\": NaN ", "input": NaN,
     "response1": NaN, "response2": true, "annotator1": 0, "annotator2": 1, "annotator3": 2},
    {"idx": 7, "motivation_app": "x", "cmp_key": "two-6.7B_three", "instruction": "Add.", "input": "1, 2",
     "response1": 3, "response2": "NaN", "annotator1": 1, "annotator2": 1, "annotator3": 1}
]"#;

const TEST_SET_JUDGE: &str = r#"[
    {"idx": 0, "some_result": 0, "some_reason": "Both are odd.", "some_reference": NaN},
    {"idx": 7, "some_result": "garbage", "some_reason": "", "some_reference": "3"}
]"#;

fn pandalm() -> Folder {
    let folder = Folder::new();
    folder.write("set/testset-v1.json", TEST_SET);
    folder.write("set/Some-Judge 2-testset-v1.json", TEST_SET_JUDGE);
    folder
}

const PANDALM: [&str; 2] = ["set/Some-Judge 2-testset-v1.json", "set/testset-v1.json"];

#[test]
fn llmbar_is_imported_as_items_labels_and_replies() {
    let folder = llmbar();
    let said = import(&folder, "llmbar", &[RESULT, "set/Natural/dataset.json"]).expect(0);
    assert_eq!(
        read(&folder, "out/items.jsonl"),
        r#"{"id":"Natural-000","prompt":"Say NaN.","responses":{"a":"NaN","b":"no"}}
{"id":"Natural-001","prompt":"Count to \"two\".","responses":{"a":"1 ½","b":"1, 2"}}
"#
    );
    assert_eq!(
        read(&folder, "out/labels.jsonl"),
        r#"{"id":"Natural-000","annotator":"gold","winner":"a"}
{"id":"Natural-001","annotator":"gold","winner":"b"}
"#
    );
    assert_eq!(
        read(&folder, "out/replies/gpt-4-swap-cot.jsonl"),
        r#"{"id":"Natural-000","first":"a","second":"b","reply":"Output (b) has less. Output (a) is better."}
{"id":"Natural-000","first":"b","second":"a","reply":"Therefore, Output (b) is better."}
{"id":"Natural-001","first":"a","second":"b","reply":"Output (a)"}
{"id":"Natural-001","first":"b","second":"a","reply":"Output (a)"}
"#
    );
    for path in said.stdout.lines() {
        assert!(folder.path().join(path).is_file(), "{path}");
    }
    assert_eq!(said.stdout.lines().count(), 8, "{}", said.stdout);
    assert!(said.stderr.contains("\n2 items, 2 labels, 1 recorded judge\n"), "{}", said.stderr);
    assert!(said.stderr.contains("gpt-4-swap-cot  4 replies, --rubric llmbar-cot\n"));
    assert!(!said.stderr.contains("warning"), "{}", said.stderr);
}

/// Runs the commands of the message in the new folder, which end with these codes.
pub(crate) fn follow(folder: &Folder, said: &CommandOutput, codes: [i32; 3]) {
    let next = said.stderr.split_once("next: ").unwrap().1;
    let (enter, commands) = next.split_once('\n').unwrap();
    let inside = folder.path().join(enter.strip_prefix("cd ").unwrap());
    assert_eq!(commands.lines().count(), 3, "{next}");
    for (command, code) in commands.lines().zip(codes) {
        let words: Vec<&str> = command.split_whitespace().collect();
        assert_eq!(words[0], "evenhand", "{command}");
        let mut command = folder.command(&words[1..]);
        CommandOutput::of(&command.current_dir(&inside).output().unwrap()).expect(code);
    }
}

#[test]
fn the_commands_that_import_suggests_work_unchanged() {
    let folder = llmbar();
    let said = import(&folder, "llmbar", &[RESULT, "set/Natural/dataset.json"]).expect(0);
    follow(&folder, &said, [0, 0, 0]);
    let run = "out/runs/llmbar-cot-gpt-4-swap-cot.db";
    let verdicts = folder.run(&["verdicts", run, "--all"]).expect(0).json_lines();
    let outcomes = verdicts.iter().map(|verdict| [&verdict["outcome"], &verdict["winner"]]);
    let expected = [[&json!("kept"), &json!("a")], [&json!("flipped"), &Value::Null]];
    assert_eq!(outcomes.collect::<Vec<_>>(), expected);

    let folder = pandalm();
    let said = import(&folder, "pandalm", &PANDALM).expect(0);
    // Asked in one order only, so that the run is not complete.
    follow(&folder, &said, [0, 5, 0]);
}

#[test]
fn results_without_their_dataset_provide_it() {
    let both = llmbar();
    import(&both, "llmbar", &["set/Natural/dataset.json", RESULT]).expect(0);
    let alone = llmbar();
    import(&alone, "llmbar", &[RESULT]).expect(0);
    for path in ["out/items.jsonl", "out/labels.jsonl", "out/replies/gpt-4-swap-cot.jsonl"] {
        assert_eq!(read(&alone, path), read(&both, path), "{path}");
    }
}

#[test]
fn a_subset_is_named_after_its_folder_or_file() {
    let folder = llmbar();
    write(&folder, "set/Natural/other.json", &json!([entry("Q", "x", "y", 2)]));
    let files = ["dataset.json", "other.json", "evaluators/GPT-4/Swap_CoT/result.json"];
    let mut command = folder.command(&["import", "--from", "llmbar", "--to", "../../out"]);
    let command = command.args(files).current_dir(folder.path().join("set/Natural"));
    let said = CommandOutput::of(&command.output().unwrap()).expect(0);
    let items = read(&folder, "out/items.jsonl");
    let ids: Vec<Value> = items.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ids: Vec<&str> = ids.iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["Natural-000", "Natural-001", "other-000"]);
    let notice = "gpt-4-swap-cot has replies to 2 of 3 items";
    assert!(said.stderr.contains(notice), "{}", said.stderr);
}

#[test]
fn the_results_of_a_judge_on_two_subsets_are_one_recording() {
    let folder = llmbar();
    let other = "set/Manual/evaluators/GPT-4/Swap_CoT/result.json";
    write(&folder, other, &json!([results()[1]]));
    import(&folder, "llmbar", &[RESULT, other]).expect(0);
    let replies = read(&folder, "out/replies/gpt-4-swap-cot.jsonl");
    let first = |line: &str| line.split('"').nth(3).unwrap().to_owned();
    let ids: Vec<String> = replies.lines().step_by(2).map(first).collect();
    assert_eq!(ids, ["Natural-000", "Natural-001", "Manual-000"]);
    assert_eq!(read(&folder, "out/evenhand.toml").matches("recorded = ").count(), 1);
}

#[test]
fn pointwise_results_are_left_out_with_a_notice() {
    let folder = llmbar();
    let mut rated = dataset();
    for entry in rated.as_array_mut().unwrap() {
        entry["results"] = json!([{ "score_1": ["6", "stop"], "swap = False": { "winner": "1" } }]);
    }
    let path = "set/Natural/evaluators/GPT-4/Rating/result.json";
    write(&folder, path, &rated);
    let said = import(&folder, "llmbar", &[RESULT, path]).expect(0);
    let notice = format!(
        "warning: 1 file rates each output separately, has no replies to pairs and is left out (first: {path})\n"
    );
    assert!(said.stderr.contains(&notice), "{}", said.stderr);
    assert!(!folder.path().join("out/replies/gpt-4-rating.jsonl").exists());
    let said = import(&folder, "llmbar", &[path]).expect(3);
    assert!(said.stderr.contains("nothing to import"), "{}", said.stderr);
}

#[test]
fn pandalm_is_imported_as_texts_with_notices() {
    let folder = pandalm();
    let said = import(&folder, "pandalm", &PANDALM).expect(0);
    assert_eq!(
        read(&folder, "out/items.jsonl"),
        r#"{"id":"pandalm-0000","prompt":"Say \"NaN\": NaN ","responses":{"a":"","b":"true"},"tags":{"a":"one-7b","b":"two-6.7B"}}
{"id":"pandalm-0007","prompt":"Add.\n\nInput:\n1, 2","responses":{"a":"3","b":"NaN"},"tags":{"a":"two-6.7B","b":"three"}}
"#
    );
    let labels = read(&folder, "out/labels.jsonl");
    let expected = r#"{"id":"pandalm-0000","annotator":"annotator1","winner":"tie"}
{"id":"pandalm-0000","annotator":"annotator2","winner":"a"}
{"id":"pandalm-0000","annotator":"annotator3","winner":"b"}
"#;
    assert!(labels.starts_with(expected), "{labels}");
    assert_eq!(labels.lines().count(), 6);
    assert_eq!(
        read(&folder, "out/replies/some-judge-2.jsonl"),
        r#"{"id":"pandalm-0000","first":"a","second":"b","reply":"Tie\n\n### Reason: Both are odd.\n\n### Reference: "}
{"id":"pandalm-0007","first":"a","second":"b","reply":"garbage\n\n### Reason: \n\n### Reference: 3"}
"#
    );
    for notice in [
        "1 response is NaN in the file and imported as an empty text (first: pandalm-0000)",
        "2 responses are booleans or numbers and imported as their text (first: pandalm-0000)",
        "1 reply of some-judge-2 names neither a response nor a tie and is kept unchanged (first: pandalm-0007)",
        "some-judge-2 was asked in one order only in 2 of 2 comparisons",
    ] {
        assert!(said.stderr.contains(notice), "no `{notice}` in {}", said.stderr);
    }
}

#[test]
fn a_judge_recorded_in_one_order_stays_pending_and_its_ties_are_read() {
    let folder = pandalm();
    import(&folder, "pandalm", &PANDALM).expect(0);
    let judge = ["judge", "items.jsonl", "--rubric", "pandalm", "--judge", "some-judge-2"];
    let mut command = folder.command(&[&judge[..], &["--run", "run.db"]].concat());
    CommandOutput::of(&command.current_dir(folder.path().join("out")).output().unwrap()).expect(5);
    let verdicts = folder.run(&["verdicts", "out/run.db", "--all"]).expect(0).json_lines();
    assert!(verdicts.iter().all(|verdict| verdict["outcome"] == "pending"), "{verdicts:?}");
    assert_eq!(verdicts[0]["orders"][0]["vote"], "tie");
    assert_eq!(verdicts[1]["orders"][0]["vote"], Value::Null);
}

#[test]
fn an_import_is_repeatable_and_overwrites_nothing() {
    let folder = llmbar();
    let files = ["set/Natural/dataset.json", RESULT];
    import(&folder, "llmbar", &files).expect(0);
    let items = read(&folder, "out/items.jsonl");
    std::fs::remove_file(folder.path().join("out/labels.jsonl")).unwrap();
    let said = import(&folder, "llmbar", &files).expect(0);
    assert_eq!(said.stdout.replace('\\', "/"), "out/labels.jsonl\n");
    assert!(
        said.stderr.contains("7 files unchanged: already there with the same contents"),
        "{}",
        said.stderr
    );
    assert_eq!(read(&folder, "out/items.jsonl"), items);

    folder.write("out/rubrics/llmbar.toml", "mine now");
    std::fs::remove_file(folder.path().join("out/labels.jsonl")).unwrap();
    let said = import(&folder, "llmbar", &files).expect(3);
    for part in [
        "llmbar.toml: the file already exists with other contents",
        "nothing was written",
        "hint: ",
    ] {
        assert!(said.stderr.contains(part), "{}", said.stderr);
    }
    assert_eq!(read(&folder, "out/rubrics/llmbar.toml"), "mine now");
    assert!(!folder.path().join("out/labels.jsonl").exists(), "not even what was missing");

    folder.write("file", "");
    let said = folder.run(&["import", "--from", "llmbar", "--to", "file", files[0]]).expect(3);
    assert!(said.stderr.contains("file is a file, and an import is written to a folder"));
}

/// Fails unless importing these texts is refused in one sentence with these parts, and writes nothing.
fn assert_refused(set: &str, files: &[(&str, String)], parts: &[&str]) {
    let folder = Folder::new();
    for (path, text) in files {
        folder.write(path, text);
    }
    let paths: Vec<&str> = files.iter().map(|(path, _)| *path).collect();
    let said = import(&folder, set, &paths).expect(3);
    let first = said.stderr.lines().next().unwrap();
    for part in parts {
        assert!(first.contains(part), "no `{part}` in {}", said.stderr);
    }
    assert!(said.stderr.contains("hint: "), "{}", said.stderr);
    assert_eq!(said.stdout, "");
    assert!(!folder.path().join("out").exists());
}

#[test]
fn a_broken_dataset_is_refused_with_file_entry_and_field() {
    let refused = |value: Value, parts: &[&str]| {
        let parts = [&["d/dataset.json: "], parts].concat();
        assert_refused("llmbar", &[("d/dataset.json", value.to_string())], &parts);
    };
    let broken = |field: &str, value: Value| {
        let mut data = dataset();
        data[1][field] = value;
        data
    };
    refused(broken("label", json!(3)), &["[1].label: expected 1 or 2, found 3"]);
    refused(broken("label", json!(1.5)), &["[1].label: expected 1 or 2, found 1.5"]);
    refused(broken("label", json!("1")), &["[1].label: expected 1 or 2, found a string"]);
    refused(broken("output_2", json!(["x"])), &["[1].output_2: expected a string, found a list"]);
    refused(broken("input", Value::Null), &["[1].input is missing"]);
    let data = dataset();
    refused(json!([data[0], data[1], data[0]]), &["[2].input: the same", "entry 0"]);
    refused(json!([data[0], 5]), &["[1]: expected an object, found a number"]);
    refused(json!([]), &["the file has no entries"]);
    refused(json!({ "correct": 1 }), &["expected a list of objects, found an object"]);
    refused(json!([{ "question": "?" }]), &["expected a dataset", "or the results"]);
    let cut = dataset().to_string();
    let cut = cut[..cut.len() / 2].to_owned();
    assert_refused("llmbar", &[("dataset.json", cut)], &["dataset.json: not valid JSON: "]);
    let twice = r#"[{"input":"x","input":"y"}]"#.to_owned();
    assert_refused("llmbar", &[("dataset.json", twice)], &["the key `input` is repeated"]);
    let data = dataset().to_string();
    let files = [("x/Natural/dataset.json", data.clone()), ("y/Natural/dataset.json", data)];
    assert_refused("llmbar", &files, &["y/Natural/dataset.json: subset `Natural` is already in"]);
}

#[test]
fn results_that_contradict_the_dataset_are_refused_with_file_entry_and_field() {
    let refused = |path: &str, value: &Value, parts: &[&str]| {
        let data = ("set/Natural/dataset.json", dataset().to_string());
        assert_refused("llmbar", &[data, (path, value.to_string())], parts);
    };
    let broken = |change: fn(&mut Value)| {
        let mut results = results();
        change(&mut results[1]);
        results
    };
    for (change, field) in [
        ((|entry| entry["input"] = json!("?")) as fn(&mut Value), "input"),
        (|entry| entry["output_1"] = json!("?"), "output_1"),
        (|entry| entry["output_2"] = json!("?"), "output_2"),
        (|entry| entry["label"] = json!(1), "label"),
    ] {
        let part = format!("{RESULT}: [1].{field}: differs from the same entry in");
        refused(RESULT, &broken(change), &[&part, "dataset.json"]);
    }
    let shorter = json!([results()[0]]);
    refused(RESULT, &shorter, &["found 1 entries, but", "has 2"]);
    let no_object = broken(|entry| entry["results"] = json!([["notes", "stop"]]));
    refused(RESULT, &no_object, &["[1].results: expected a list that ends with an object"]);
    let no_order = broken(|entry| entry["results"][1]["swap = True"] = Value::Null);
    refused(RESULT, &no_order, &[r#"[1].results[1]."swap = True".completion: expected a list"#]);
    let reply = |entry: &mut Value| entry["results"][1]["swap = False"]["completion"][0] = json!(1);
    let part = r#"[1].results[1]."swap = False".completion[0]: expected a string, found a number"#;
    refused(RESULT, &broken(reply), &[part]);
    refused("set/result.json", &results(), &["the path does not name the judge"]);
    let data = results().to_string();
    let other = "other/Natural/evaluators/GPT-4/Swap_CoT/result.json";
    let files = [(RESULT, data.clone()), (other, data)];
    assert_refused("llmbar", &files, &[other, "`gpt-4-swap-cot` on `Natural` is already in"]);
}

#[test]
fn a_broken_test_set_is_refused_with_file_entry_and_field() {
    let refused = |from: &str, to: &str, parts: &[&str]| {
        assert!(TEST_SET.contains(from), "{from}");
        let text = TEST_SET.replace(from, to);
        assert_refused("pandalm", &[("testset-v1.json", text)], parts);
    };
    let place = "testset-v1.json: [1]";
    let part = |rest: &str| format!("{place}{rest}");
    refused(r#""idx": 7"#, r#""idx": 0"#, &[&part(".idx: 0 is already the index of entry 0")]);
    refused(r#""idx": 7"#, r#""idx": -7"#, &[&part(".idx: expected a whole number, found -7")]);
    let label = r#""annotator1": 1"#;
    let range = part(".annotator1: expected 0 (a tie), 1 or 2, found 3");
    refused(label, r#""annotator1": 3"#, &[&range]);
    refused(label, r#""annotator1": NaN"#, &[&part(".annotator1 is missing")]);
    refused(
        r#""response1": 3"#,
        r#""response1": {}"#,
        &[&part(".response1: expected a string, found an object")],
    );
    refused(r#""response1": 3"#, r#""other": 3"#, &[&part(".response1 is missing")]);
    refused(
        r#""two-6.7B_three""#,
        r#""two_three_four""#,
        &[&part(".cmp_key: expected two system names")],
    );
    refused(
        r#""instruction": "Add.""#,
        r#""instruction": NaN"#,
        &[&part(".instruction is missing")],
    );

    let set = || ("testset-v1.json", TEST_SET.to_owned());
    let judge = |text: &str| ("some-testset-v1.json", text.to_owned());
    let strange = TEST_SET_JUDGE.replace(r#""idx": 7"#, r#""idx": 8"#);
    let parts = ["some-testset-v1.json: [1].idx: testset-v1.json has no entry of this index"];
    assert_refused("pandalm", &[set(), judge(&strange)], &parts);
    let vote = TEST_SET_JUDGE.replace(r#""some_result": 0"#, r#""some_result": 4"#);
    let parts = ["[0].some_result: expected 0 (a tie), 1 or 2, or a text, found 4"];
    assert_refused("pandalm", &[set(), judge(&vote)], &parts);
    assert_refused("pandalm", &[judge(TEST_SET_JUDGE)], &["none of the files is the test set"]);
    let prompts = r#"[{"instruction": "x", "input": ""}]"#.to_owned();
    assert_refused("pandalm", &[("p.json", prompts)], &["p.json: expected the test set"]);
    let again = ("again.json", TEST_SET.to_owned());
    assert_refused("pandalm", &[set(), again], &["again.json: the test set is already given"]);
    let all = ("all.json", TEST_SET_JUDGE.to_owned());
    assert_refused(
        "pandalm",
        &[set(), all],
        &["all.json: no judge's name can be derived from the file's name"],
    );
    let data = ("dataset.json", dataset().to_string());
    assert_refused("pandalm", &[data], &["dataset.json: expected the test set"]);
}
