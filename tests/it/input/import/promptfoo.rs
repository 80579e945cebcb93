//! Tests and configurations of promptfoo in YAML, and its results in other forms than JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::small::{follow, read, write};
use crate::support::Folder;

fn records(folder: &Folder, path: &str) -> Vec<Value> {
    read(folder, path).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[track_caller]
fn contains(said: &str, words: &str) {
    assert!(said.contains(words), "no `{words}` in {said}");
}

/// What importing a file says, and that it writes nothing.
fn refused(folder: &Folder, file: &str, text: &str) -> String {
    folder.write(file, text);
    let said = folder.run(&["import", file, "--to", "refused"]).expect(3).stderr;
    assert!(!folder.path().join("refused").exists(), "{said}");
    said
}

const TESTS: &str = "
- description: capital
  vars: {country: France, style: &style short}
  providerOutput: It is OUTPUT.
  assert:
    - {type: equals, value: Paris}
- vars:
    style: *style
    country: Peru
  providerOutput: {city: OUTPUT}
  assert:
    - type: llm-rubric
      value: is polite
- vars: {country: Spain, style: yes}
";

#[test]
fn tests_with_outputs_are_items_and_each_file_is_a_system() {
    let folder = Folder::new();
    folder.write("small.yaml", &TESTS.replace("OUTPUT", "Paris"));
    folder.write("large.yml", &TESTS.replace("OUTPUT", "Lima"));
    let said = folder.run(&["import", "small.yaml", "large.yml", "--to", "out"]).expect(0);
    contains(&said.stderr, "recognised as promptfoo: 2 items, 0 labels");
    contains(
        &said.stderr,
        "2 tests hold no output (providerOutput) and are left out (first: small.yaml: [2])",
    );
    contains(&said.stderr, "2 tests have assertions, which are about one output alone");
    assert_eq!(
        records(&folder, "out/items.jsonl"),
        [
            json!({
                "id": "test-0", "prompt": "country: France\nstyle: short",
                "responses": { "large": "It is Lima.", "small": "It is Paris." },
                "reference": "Paris", "context": { "country": "France", "style": "short" },
            }),
            json!({
                "id": "test-1", "prompt": "style: short\ncountry: Peru",
                "responses": { "large": "{\"city\":\"Lima\"}", "small": "{\"city\":\"Paris\"}" },
                "context": { "style": "short", "country": "Peru" },
            }),
        ]
    );
    follow(&folder, &said, [0, 0, 0]);
}

#[test]
fn the_only_prompt_is_filled_in_and_a_test_may_name_its_provider() {
    let folder = Folder::new();
    let config = "
prompts: ['Name the capital of {{ country }}, in {{number}} words.']
providers: [{id: 'openai:small', label: small}]
defaultTest:
  vars: {number: 3}
tests:
  - {vars: {country: Peru}, providerOutput: Lima}
  - {vars: {country: Peru}, providerOutput: Lima it is, provider: 'openai:large'}
  - {vars: {country: Peru}, providerOutput: Lima}
  - {vars: {country: Peru}, providerOutput: Cusco}
  - file://more.yaml
scenarios:
  - config: []
";
    folder.write("promptfooconfig.yaml", config);
    let said = folder.run(&["import", "promptfooconfig.yaml", "--to", "out"]).expect(0).stderr;
    assert_eq!(
        records(&folder, "out/items.jsonl"),
        [json!({
            "id": "test-0", "prompt": "Name the capital of Peru, in 3 words.",
            "responses": { "openai:large": "Lima it is", "small": "Lima", "small (2)": "Cusco" },
            "context": { "number": 3, "country": "Peru" },
        })]
    );
    contains(
        &said,
        "1 test repeats another one with its output and is left out (first: promptfooconfig.yaml: tests[2])",
    );
    contains(&said, "1 test has another output for the same variables and provider");
    contains(&said, "1 reference to tests or variables in another file is not followed");
    contains(&said, "1 test holds no output");
    for prompt in [
        "'{{ country | upper }}'",
        "'{% if x %}{% endif %}'",
        "file://prompt.txt",
        "prompts/one.txt",
        "'{{other}}'",
    ] {
        let text =
            config.replace("'Name the capital of {{ country }}, in {{number}} words.'", prompt);
        folder.write("c.yaml", &text);
        folder.run(&["import", "c.yaml", "--to", &format!("out {}", prompt.len())]).expect(0);
        let item = &records(&folder, &format!("out {}/items.jsonl", prompt.len()))[0];
        assert_eq!(item["prompt"], "number: 3\ncountry: Peru", "{prompt}");
    }
}

#[test]
fn of_several_configurations_each_is_a_system_whatever_its_provider() {
    let folder = Folder::new();
    let config = "providers: openai:same\ntests:\n  - {vars: {sure: yes, zip: 0123}, providerOutput: OUTPUT}\n";
    folder.write("one.yaml", &config.replace("OUTPUT", "1"));
    folder.write("two.yaml", &config.replace("OUTPUT", "deux"));
    folder.run(&["import", "one.yaml", "two.yaml", "--to", "out"]).expect(0);
    let item = &records(&folder, "out/items.jsonl")[0];
    assert_eq!(item["responses"], json!({ "one": "1", "two": "deux" }));
    // The words of YAML 1.2: these two are texts.
    assert_eq!(item["context"], json!({ "sure": "yes", "zip": "0123" }));
}

#[test]
fn tests_without_outputs_say_what_they_are_and_how_outputs_are_had() {
    let folder = Folder::new();
    let config = "prompts: [a, b]\nproviders: openai:x\ntests:\n  - vars: {q: 1}\n  - vars: {q: 2}\n  - vars: {q: 3}\n";
    let said = refused(&folder, "my config.yaml", config);
    contains(
        &said,
        "my config.yaml: this is a configuration of promptfoo (2 prompts, 1 provider, 3 tests), and no test in it holds \
         an output to compare (`providerOutput`)",
    );
    contains(&said, "promptfoo eval -c 'my config.yaml' -o results.json");
    let said = refused(&folder, "tests.yaml", "- vars: {q: 1}\n  assert: []\n");
    contains(&said, "tests.yaml: these are tests of promptfoo (1 test), and none holds an output");
    contains(&said, "promptfoo eval -o results.json");
    let said = refused(
        &folder,
        "config.json",
        &json!({ "prompts": ["a"], "providers": ["x"], "tests": "file://t.csv" }).to_string(),
    );
    contains(&said, "a configuration of promptfoo (1 prompt, 1 provider, 1 test)");
    // One output alone has nothing that it can be compared with.
    let said = refused(&folder, "one.yaml", "- vars: {q: 1}\n  providerOutput: x\n");
    contains(&said, "no prompt has two responses");
    contains(&said, "give the responses of two or more systems");
    let said = refused(&folder, "odd.yaml", "tests: [3]\n");
    contains(
        &said,
        "odd.yaml: tests[0]: expected a test or the name of a file with tests, found a number",
    );
    let said = refused(&folder, "vars.yaml", "tests: [{vars: [1], providerOutput: x}]\n");
    contains(&said, "vars.yaml: tests[0]: vars: expected the variables by their names");
    let said = refused(&folder, "other.yaml", "colour: red\n");
    contains(&said, "other.yaml: the layout of this file is not known");
}

#[test]
fn yaml_that_is_not_one_document_of_plain_values_is_refused_with_its_line() {
    let folder = Folder::new();
    for (text, message) in [
        (
            "tests: []\nprompts: []\ntests: []\n",
            "y.yaml:3: not valid YAML at column 1: duplicate mapping key: tests\n",
        ),
        (
            "- vars: {q: !env HOME}\n",
            "y.yaml:1: not valid YAML at column 18: unsupported tag `!env`\n",
        ),
        (
            "- vars: {q: 1}\n---\n- vars: {q: 1}\n",
            "y.yaml:3: not valid YAML at column 1: multiple YAML documents detected\n",
        ),
        ("- vars: [\n", "y.yaml:"),
        ("- vars: *unknown\n", "y.yaml:1: not valid YAML at column "),
        ("text alone\n", "y.yaml: expected a mapping or a list, found a string"),
        ("- 3\n", "y.yaml: [0]: expected a mapping, found a number"),
        ("# nothing\n", "y.yaml: the file has no records"),
        ("", "y.yaml: the file has no records"),
    ] {
        let said = refused(&folder, "y.yaml", text);
        contains(&said, message);
        assert!(!said.contains("panicked"), "{said}");
    }
    folder.write("y.yaml", "\u{0}\u{1}");
    folder.run(&["import", "y.yaml", "--to", "x"]).expect(3);
}

#[test]
fn yaml_that_would_fill_the_memory_is_refused() {
    let folder = Folder::new();
    let mut laughs = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (one, other) in "abcdefghij".chars().zip("bcdefghijk".chars()) {
        let alias = format!("*{one}");
        writeln!(laughs, "{other}: &{other} [{}]", [alias.as_str(); 10].join(", ")).unwrap();
    }
    let long = format!(
        "long: &long {}\ntests:\n{}",
        "x".repeat(1 << 20),
        "  - {vars: {q: *long}}\n".repeat(1 << 14)
    );
    let deep = format!("tests: {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    let block: String = (0..5_000).map(|depth| " ".repeat(2 * depth) + "- a:\n").collect();
    for (name, text) in [("laughs", laughs), ("long", long), ("deep", deep), ("block", block)] {
        let said = refused(&folder, "bomb.yaml", &text);
        contains(&said, "not valid YAML");
        assert!(said.len() < 2000, "{name}: {said}");
    }
}

fn result(test: u64, column: u64) -> Value {
    json!({
        "testIdx": test, "promptIdx": column, "vars": { "q": format!("Ask {test}.") },
        "prompt": { "raw": format!("Q: Ask {test}."), "label": "Q: {{q}}" },
        "provider": { "id": format!("model-{column}"), "label": "" }, "success": true, "score": 1,
        "response": { "output": format!("{column} on {test}") },
        "testCase": { "vars": {}, "assert": [{ "type": "contains", "value": "no" }, { "type": "similar", "value": "like {{q}}" }] },
        "gradingResult": { "pass": true, "score": 1, "componentResults": [] },
    })
}

#[test]
fn results_are_the_same_in_json_lines_and_yaml() {
    let folder = Folder::new();
    let results: Vec<Value> =
        [[0, 0], [0, 1], [1, 0], [1, 1]].map(|[test, column]| result(test, column)).into();
    let whole =
        json!({ "evalId": "e", "results": { "version": 3, "results": results }, "config": {} });
    write(&folder, "r.json", &whole);
    let lines: Vec<String> = results.iter().map(ToString::to_string).collect();
    folder.write("r.jsonl", &lines.join("\n"));
    // JSON is YAML; its keys and texts in the form that promptfoo writes are tried beside it.
    folder.write("r.yaml", &whole.to_string());
    let plain = "evalId: e\nresults:\n  version: 3\n  results:\n".to_owned()
        + &results.iter().map(yaml_entry).collect::<String>()
        + "config: {}\n";
    folder.write("plain.yml", &plain);
    for name in ["r.json", "r.jsonl", "r.yaml", "plain.yml"] {
        let said = folder.run(&["import", name, "--to", &format!("{name}.out")]).expect(0);
        contains(&said.stderr, "recognised as promptfoo: 2 items");
        assert_eq!(
            read(&folder, &format!("{name}.out/items.jsonl")),
            read(&folder, "r.json.out/items.jsonl"),
            "{name}"
        );
    }
    let items = records(&folder, "r.json.out/items.jsonl");
    assert_eq!(items[1]["reference"], "like Ask 1.");
    assert_eq!(items[1]["responses"]["model-1"], "1 on 1");
    write(&folder, "tests.json", &json!([{ "vars": { "q": "x" }, "providerOutput": "y" }]));
    let said = folder.run(&["import", "r.json", "tests.json", "--to", "mixed"]).expect(3).stderr;
    contains(&said, "some of these files of promptfoo are results, and others are not");
}

/// A result in block style, as promptfoo writes YAML.
fn yaml_entry(result: &Value) -> String {
    let text = |path: &str| result.pointer(path).unwrap().to_string();
    format!(
        "    - testIdx: {}\n      promptIdx: {}\n      vars:\n        q: {}\n      prompt:\n        raw: >-\n          {}\n        \
         label: 'Q: {{{{q}}}}'\n      provider:\n        id: {}\n        label: ''\n      response:\n        output: {}\n      \
         testCase:\n        assert:\n          - type: similar\n            value: like {{{{q}}}}\n",
        result["testIdx"],
        result["promptIdx"],
        text("/vars/q"),
        result["prompt"]["raw"].as_str().unwrap(),
        text("/provider/id"),
        text("/response/output"),
    )
}
