//! Invalid input: every mistake is found before the first request and named with its place.

use crate::support::{CommandOutput, Folder};

pub(super) const ITEMS: &str = r#"{"id":"q1","prompt":"One?","responses":{"a":"yes","b":"no"}}
{"id":"q2","prompt":"Two?","responses":{"a":"no","b":"yes"}}
"#;
const RUBRIC: &str = "name = \"mine\"\ndescription = \"Which?\"\nprompt = \"mine.j2\"\n";
const PROMPT: &str = "{% block user %}\n{{ first }}\n{{ second }}\n{% endblock %}\n";
pub(super) const SETTINGS: &str =
    "[judges.local]\nmodel = \"m\"\nbase_url = \"http://127.0.0.1:9/v1\"\n";

pub(super) fn folder() -> Folder {
    let folder = Folder::new();
    folder.write("items.jsonl", ITEMS);
    folder.write("rubrics/mine.toml", RUBRIC);
    folder.write("prompts/mine.j2", PROMPT);
    folder.write("evenhand.toml", SETTINGS);
    folder
}

/// Fails unless the program ended with `code`, said each fragment, and left no run behind.
pub(super) fn refused(folder: &Folder, said: CommandOutput, code: i32, fragments: &[&str]) {
    let said = said.expect(code);
    assert!(said.stderr.starts_with("error: "), "{}", said.stderr);
    assert_eq!(said.stdout, "");
    for fragment in fragments {
        assert!(said.stderr.contains(fragment), "no `{fragment}` in:\n{}", said.stderr);
    }
    for left in ["runs", "run.db"] {
        assert!(!folder.path().join(left).exists(), "{left} was made");
    }
}

/// One file of the folder replaced, then a command.
pub(super) fn with_file(name: &str, text: &str, arguments: &[&str], code: i32, fragments: &[&str]) {
    let folder = folder();
    folder.write(name, text);
    let said = folder.run(arguments);
    refused(&folder, said, code, fragments);
}

const CHECK: [&str; 4] = ["check", "items.jsonl", "--rubric", "mine"];
pub(super) const JUDGE: [&str; 6] =
    ["judge", "items.jsonl", "--rubric", "mine", "--judge", "local"];

fn with_items(text: &str, fragments: &[&str]) {
    with_file("items.jsonl", text, &CHECK, 3, fragments);
    with_file("items.jsonl", text, &JUDGE, 3, fragments);
}

#[test]
fn an_invalid_item_is_named_by_file_line_and_field() {
    let good = ITEMS.lines().next().unwrap();
    let second = |line: &str| format!("{good}\n{line}\n");
    with_items(&second(good), &["items.jsonl:2: ", "id `q1`", "line 1"]);
    let responses = |responses: &str| {
        second(&format!(r#"{{"id":"q2","prompt":"Two?","responses":{responses}}}"#))
    };
    for (text, fragment) in [
        (r#"{"a":"x","b":null}"#, "responses.b: expected a string"),
        (
            r#"{"a":"x","b":3}"#,
            "responses.b: expected a string or a list of messages, found a number",
        ),
        (r#"{"a":"x","b":[]}"#, "responses.b: the list of messages is empty"),
        (r#"{"a":"x","b":[{"role":"user"}]}"#, "responses.b[0].content is missing"),
        (r#"{"a":"x"}"#, "responses: expected two or more systems, found one (`a`)"),
        ("{}", "responses is missing"),
        (r#"["x","y"]"#, "responses: expected an object"),
        (r#"{"a":"x","tie":"y"}"#, "`tie` is a reserved name"),
        (r#"{"a":"x","jury":"y"}"#, "`jury` is a reserved name"),
        (r#"{"a":"x","builtin:longer":"y"}"#, "`builtin:longer` is a reserved name"),
        (r#"{"a":"x","a":"y"}"#, "the key `a` is repeated"),
    ] {
        with_items(&responses(text), &["items.jsonl:2: ", fragment]);
    }
    let rest = r#""responses":{"a":"x","b":"y"}}"#;
    for (text, fragment) in [
        (format!(r#"{{"id":"q2",{rest}"#), "prompt is missing"),
        (format!(r#"{{"id":"q2","prompt":7,{rest}"#), "prompt: expected a string"),
        (format!(r#"{{"prompt":"?",{rest}"#), "id is missing"),
        (
            format!(r#"{{"id":2.0,"prompt":"?",{rest}"#),
            "id: expected a string or a whole number, found 2.0",
        ),
        (
            format!(r#"{{"id":true,"prompt":"?",{rest}"#),
            "id: expected a string or a whole number, found a bool",
        ),
        (
            format!(r#"{{"id":[2],"prompt":"?",{rest}"#),
            "id: expected a string or a whole number, found a list",
        ),
        (format!(r#"{{"id":"","prompt":"?",{rest}"#), "id is empty"),
        (format!(r#"{{"id":"q2","prompt":"?","tags":"x",{rest}"#), "tags: expected an object"),
        (r#"{"id":"q2","prompt""#.to_owned(), "not valid JSON at column"),
        ("[1, 2]".to_owned(), "expected a JSON object, found a list"),
    ] {
        with_items(&second(&text), &["items.jsonl:2: ", fragment]);
    }
    for (reference, fragment) in [
        ("4", "reference: expected a string, a list of strings or an object, found a number"),
        ("[]", "reference: expected a string, a list of strings or an object, found an empty list"),
        (r#"["yes",["no"]]"#, "reference[1]: expected a string, found a list"),
        (r#"["yes",null]"#, "reference[1]: expected a string, found null"),
        (r#"{"total":1,"total":2}"#, "the key `total` is repeated"),
    ] {
        let text = format!(r#"{{"id":"q2","prompt":"?","reference":{reference},{rest}"#);
        with_items(&second(&text), &["items.jsonl:2: ", fragment]);
    }
}

#[test]
fn a_misspelt_field_is_refused_with_a_suggestion() {
    let line = r#"{"id":"q1","prompt":"?","responses":{"a":"x","b":"y"},"refrence":"z"}"#;
    with_items(line, &["items.jsonl:1: unknown field `refrence`", "did you mean `reference`?"]);
    let line = r#"{"id":"q1","promt":"?","responses":{"a":"x","b":"y"}}"#;
    with_items(line, &["items.jsonl:1: prompt is missing", "hint: ", "`promt`"]);
}

#[test]
fn a_file_that_is_not_utf8_empty_or_missing_is_named() {
    with_items("", &["items.jsonl: the file has no items"]);
    with_items("\n  \n\n", &["items.jsonl: the file has no items"]);
    let folder = folder();
    std::fs::write(folder.path().join("items.jsonl"), b"{\"id\":\"\xff\"}\n").unwrap();
    let said = folder.run(&CHECK);
    refused(&folder, said, 3, &["items.jsonl:1: the line is not valid UTF-8"]);
    std::fs::remove_file(folder.path().join("items.jsonl")).unwrap();
    let said = folder.run(&JUDGE);
    refused(&folder, said, 3, &["items.jsonl: "]);
    let said = folder.run(&["judge", ".", "--rubric", "mine", "--judge", "local"]);
    refused(&folder, said, 3, &["error: ."]);
}

#[test]
fn a_label_that_matches_no_item_is_named() {
    let check = [&CHECK[..], &["--labels", "labels.jsonl"]].concat();
    let wrong = |text: &str, fragments: &[&str]| {
        with_file("labels.jsonl", text, &check, 3, fragments);
    };
    let ana = r#"{"id":"q1","annotator":"ana","winner":"a"}"#;
    wrong(
        r#"{"id":"q1","annotator":"ana","winner":"c"}"#,
        &["labels.jsonl:1: unknown system `c`", "a, b", "hint: "],
    );
    wrong(
        r#"{"id":"q1","annotator":"ana","between":["a","c"],"winner":"a"}"#,
        &["labels.jsonl:1: unknown system `c`"],
    );
    let other = ana.replace("\"a\"}", "\"b\"}");
    wrong(
        &format!("{ana}\n{other}\n"),
        &["labels.jsonl:2: `ana` already gave a different", "line 1"],
    );
    wrong(&format!("{ana}\n{ana}\n"), &["labels.jsonl:2: `ana` already gave the same", "line 1"]);
    wrong(
        &ana.replace("annotator", "anotator"),
        &["labels.jsonl:1: annotator is missing", "hint: "],
    );
    wrong(&ana.replace("\"winner\"", "\"between\":[\"a\",\"a\"],\"winner\""), &["between: "]);

    let folder = folder();
    let three = r#"{"id":"q1","prompt":"?","responses":{"a":"x","b":"y","c":"z"}}"#;
    folder.write("items.jsonl", three);
    folder.write("labels.jsonl", ana);
    let said = folder.run(&check);
    refused(&folder, said, 3, &["labels.jsonl:1: between is missing", "a, b, c"]);
    folder
        .write("labels.jsonl", r#"{"id":"q1","annotator":"ana","between":["a","b"],"winner":"c"}"#);
    let said = folder.run(&check);
    refused(&folder, said, 3, &["labels.jsonl:1: winner `c`", "a, b"]);
}

#[test]
fn labels_for_unknown_ids_are_counted() {
    let folder = folder();
    let labels = [("q1", "a"), ("q9", "a"), ("q8", "zzz")];
    let line = |(id, winner)| {
        format!("{{\"id\":\"{id}\",\"annotator\":\"ana\",\"winner\":\"{winner}\"}}\n")
    };
    folder.write("labels.jsonl", &labels.map(line).concat());
    let check = [&CHECK[..], &["--labels", "labels.jsonl", "--format", "json"]].concat();
    let said = folder.run(&check).expect(0);
    let expected = serde_json::json!({ "labels": 1, "unmatched": 2, "blank": 0 });
    assert_eq!(said.json_lines()[0]["labels"], expected);
}

#[test]
fn a_prompt_that_cannot_be_rendered_is_named_with_its_line_and_that_of_the_item() {
    let wrong = |text: &str, fragments: &[&str]| {
        with_file("prompts/mine.j2", text, &CHECK, 3, fragments);
        with_file("prompts/mine.j2", text, &JUDGE, 3, fragments);
    };
    wrong(
        "{% block user %}\n{{ first }}\n{{ item.refrence }}\n{% endblock %}",
        &["prompts/mine.j2:3: ", "items.jsonl:1: item q1", "hint: "],
    );
    wrong("{% block user %}\n{{ fisrt }}\n{% endblock %}", &["prompts/mine.j2:2: "]);
    wrong("{% block user %}\n{% if first %}\n{% endblock %}", &["prompts/mine.j2:3: "]);
    wrong("{{ first }}", &["prompts/mine.j2: ", "{% block user %}", "hint: "]);
    wrong(
        "{% extends \"none.j2\" %}{% block user %}{% endblock %}",
        &["prompts/mine.j2:1", "none.j2"],
    );
    let endless = "{% block user %}{% for i in range(9999) %}{% for j in range(9999) %}x\
                   {% endfor %}{% endfor %}{% endblock %}";
    wrong(endless, &["prompts/mine.j2:1: ", "items.jsonl:1: "]);

    let half = ITEMS.replacen("\"responses\"", "\"reference\":\"yes\",\"responses\"", 1);
    let check = ["check", "items.jsonl", "--rubric", "factual-accuracy"];
    with_file(
        "items.jsonl",
        &half,
        &check,
        3,
        &["prompts/pairwise-reference.j2:", "items.jsonl:2: item q2"],
    );
}

#[test]
fn an_invalid_rubric_is_named_by_file_and_key() {
    let wrong = |text: &str, fragments: &[&str]| {
        with_file("rubrics/mine.toml", &format!("{RUBRIC}{text}"), &CHECK, 3, fragments);
    };
    wrong(
        "criteira = []",
        &["rubrics/mine.toml:4: unknown key `criteira`", "did you mean `criteria`?"],
    );
    wrong("ties = \"yes\"", &["rubrics/mine.toml:4: "]);
    wrong("[reply]\nformat = \"jsn\"", &["rubrics/mine.toml:5: ", "`jsn`", "did you mean `json`?"]);
    let pattern =
        |first: &str| format!("[reply]\nformat = \"pattern\"\nfirst = '{first}'\nsecond = 'B'\n");
    wrong(&pattern("A("), &["rubrics/mine.toml: reply.first: ", "unclosed group"]);
    wrong(&pattern("A?"), &["rubrics/mine.toml: reply.first: ", "empty"]);
    wrong("[reply]\nformat = \"pattern\"\nfirst = 'A'\n", &["reply.second is missing"]);
    wrong("[reply]\nfirst = 'A'\n", &["rubrics/mine.toml: reply.first "]);
    let letters = "[reply]\nformat = \"logprobs\"\nfirst = \"A\"\nsecond = \"B\"\n";
    wrong(letters, &["rubrics/mine.toml: ", "ties = false"]);
    let same = format!("ties = false\n{}", letters.replace("\"B\"", "\" A\""));
    wrong(&same, &["reply.first and reply.second are the same"]);
    wrong("name = \"twice\"", &["rubrics/mine.toml:4: "]);
    let elsewhere = RUBRIC.replace("mine.j2", "nowhere.j2");
    with_file(
        "rubrics/mine.toml",
        &elsewhere,
        &CHECK,
        3,
        &["rubrics/mine.toml: prompt: ", "nowhere.j2"],
    );

    let folder = folder();
    for (name, fragments) in [
        ("helpfulnes", &["there is no rubric `helpfulnes`", "did you mean `helpfulness`?"][..]),
        ("rubrics/other.toml", &["rubrics/other.toml: "]),
        ("other.toml", &["other.toml: "]),
    ] {
        let said = folder.run(&["check", "items.jsonl", "--rubric", name]);
        refused(&folder, said, 3, fragments);
    }
}

#[test]
fn response_files_are_joined_by_id_and_unmatched_ids_reported() {
    let folder = folder();
    let task = ["judge", "items.jsonl", "--rubric", "mine", "--judge", "builtin:longer"];
    let more = [&task[..], &["--run", "run.db", "--responses", "c=c.jsonl"]].concat();
    let line = |id: &str, text: &str| format!("{{\"id\":\"{id}\",\"response\":\"{text}\"}}\n");
    for (text, fragments) in [
        ("{\"id\":\"q1\"}".to_owned(), &["c.jsonl:1: response is missing"][..]),
        (line("q1", "x") + &line("q1", "y"), &["c.jsonl:2: id `q1` is already on line 1"]),
    ] {
        folder.write("c.jsonl", &text);
        let said = folder.run(&more);
        refused(&folder, said, 3, fragments);
    }
    folder.write("c.jsonl", &line("q1", "again"));
    let said = folder.run(&[&task[..], &["--responses", "a=c.jsonl"]].concat());
    refused(&folder, said, 3, &["c.jsonl:1: `a` already has a response to `q1`", "items.jsonl:1"]);
    folder.write("c.jsonl", &(line("q1", "longest of all") + &line("q7", "x") + &line("q8", "y")));
    let said = folder.run(&more).expect(0);
    assert!(
        said.stderr.contains("warning: c.jsonl: 2 ids are not in the items file"),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("1 item has no response of `c`"), "{}", said.stderr);
    let verdicts = folder.run(&["verdicts", "run.db", "--all"]).expect(0).json_lines();
    let pairs: Vec<_> = verdicts.iter().map(|verdict| verdict["between"].to_string()).collect();
    assert_eq!(pairs, ["[\"a\",\"b\"]", "[\"a\",\"c\"]", "[\"b\",\"c\"]", "[\"a\",\"b\"]"]);
}

#[test]
fn invalid_flags_exit_with_2() {
    let folder = folder();
    let judge = |flags: &[&'static str]| [&JUDGE[..], flags].concat();
    for (arguments, fragments) in [
        (judge(&["--judge", "local"]), &["judge local is given twice", "--repeat"][..]),
        (judge(&["--nonsense"]), &["--nonsense"]),
        (judge(&["--limit", "0"]), &["--limit", "above 0"]),
        (judge(&["--repeat", "0"]), &["--repeat", "1..=100"]),
        (judge(&["--repeat", "4000000000"]), &["--repeat", "1..=100"]),
        (judge(&["--max-requests", "none"]), &["--max-requests"]),
        (judge(&["--max-cost=-1"]), &["--max-cost"]),
        (judge(&["--max-cost", "NaN"]), &["--max-cost"]),
        (judge(&["--seed", "x"]), &["--seed"]),
        (judge(&["--responses", "c.jsonl"]), &["--responses", "SYSTEM=FILE"]),
        (
            judge(&["--responses", "tie=items.jsonl"]),
            &["response file items.jsonl: `tie` is a reserved name"],
        ),
        (judge(&["--format", "xml"]), &["--format", "json"]),
        (judge(&["--judge", "builtin:first", "--record", "r.jsonl"]), &["--record"]),
        (JUDGE[..4].to_vec(), &["--judge"]),
        (["judge", "items.jsonl", "--judge", "local"].to_vec(), &["--rubric"]),
        (["verdicts", "run.db", "--outcome", "nonsense"].to_vec(), &["nonsense", "kept, flipped"]),
        (["verdicts", "run.db", "--replies", "--format", "csv"].to_vec(), &["--replies"]),
        (["judgements"].to_vec(), &["judgements"]),
    ] {
        let said = folder.run(&arguments);
        refused(&folder, said, 2, fragments);
    }
    assert_eq!(folder.run(&[]).code, 2);
}
