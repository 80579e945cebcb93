//! Conversations in the forms that people have them in: what is kept, compared and counted.

use evenhand::Warning;
use evenhand::input::{Content, Items, Turn, read_items};
use serde_json::{Value, json};

use crate::support::Folder;

/// Reads one item with `messages` as its prompt.
pub(super) fn read(messages: &Value, responses: &Value) -> evenhand::Result<Items> {
    let item = json!({"id": "1", "prompt": messages, "responses": responses});
    let folder = Folder::new();
    read_items(&folder.write("items.jsonl", &item.to_string()), &[])
}

pub(super) fn two_texts() -> Value {
    json!({"a": "one", "b": "two"})
}

/// Reads messages and returns them as a run file stores them.
fn stored(messages: &Value) -> Value {
    let read = read(messages, &two_texts()).unwrap_or_else(|error| panic!("{messages}: {error}"));
    assert_eq!(read.warnings, [], "{messages}");
    serde_json::to_value(&read.items[0].prompt).unwrap()
}

fn content(messages: &Value) -> Content {
    read(messages, &two_texts()).unwrap().items[0].prompt.clone()
}

fn call(id: &str, name: &str, arguments: &Value) -> Value {
    json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
}

/// The turn that calls a search for tea, as a run file stores it.
fn search() -> Value {
    json!({"role": "assistant", "content": "", "tool_calls": [
        {"id": "c1", "name": "search", "arguments": r#"{"q":"tea"}"#}]})
}

/// Fails unless a message is kept as these turns, which can be an item again.
#[track_caller]
fn kept_as(message: &Value, expected: &[Value]) {
    let kept = stored(&json!([message]));
    assert_eq!(kept, json!(expected), "{message}");
    assert_eq!(stored(&kept), kept, "{message}");
    let decoded: Content = serde_json::from_value(kept.clone()).unwrap();
    assert_eq!(decoded, content(&kept), "{message}");
}

#[test]
fn messages_of_openai_are_kept_in_one_form() {
    for (message, expected) in [
        // Null or no content beside calls, arguments as a string or an object.
        (
            json!({"role": "assistant", "content": null,
                   "tool_calls": [call("c1", "search", &json!("{\"q\": \"tea\"}"))]}),
            vec![search()],
        ),
        (
            json!({"role": "assistant",
                   "tool_calls": [call("c1", "search", &json!({"q": "tea"}))]}),
            vec![search()],
        ),
        (
            json!({"role": "assistant", "content": "Let me see.", "refusal": null, "audio": null,
                   "function_call": null, "name": null, "tool_call_id": null,
                   "tool_calls": [call("c1", "a", &json!("")), call("c2", "b", &json!("{"))]}),
            vec![json!({"role": "assistant", "content": "Let me see.", "tool_calls": [
                {"id": "c1", "name": "a", "arguments": ""},
                {"id": "c2", "name": "b", "arguments": "{"}]})],
        ),
        (
            json!({"role": "assistant", "content": null,
                   "tool_calls": [{"function": {"name": "now"}}]}),
            vec![json!({"role": "assistant", "content": "",
                        "tool_calls": [{"name": "now", "arguments": ""}]})],
        ),
        (
            json!({"role": "assistant", "content": null, "tool_calls": [
                {"id": "c1", "type": "custom", "custom": {"name": "run", "input": "x = [ 1 ]"}}]}),
            vec![json!({"role": "assistant", "content": "",
                        "tool_calls": [{"id": "c1", "name": "run", "arguments": "x = [ 1 ]"}]})],
        ),
        (
            json!({"role": "assistant", "content": null,
                   "function_call": {"name": "search", "arguments": "{}"}}),
            vec![json!({"role": "assistant", "content": "",
                        "tool_calls": [{"name": "search", "arguments": "{}"}]})],
        ),
        (
            json!({"role": "function", "name": "search", "content": "found"}),
            vec![json!({"role": "function", "content": "found", "name": "search"})],
        ),
        (
            json!({"role": "tool", "tool_call_id": "c1", "content": "found"}),
            vec![json!({"role": "tool", "content": "found", "tool_call_id": "c1"})],
        ),
        (
            json!({"role": "tool", "tool_call_id": "c1", "content": [
                {"type": "text", "text": "one"}, {"type": "text", "text": "two"}]}),
            vec![json!({"role": "tool", "content": "one\ntwo", "tool_call_id": "c1"})],
        ),
        (
            json!({"role": "user", "name": "ana", "content": "Hi"}),
            vec![json!({"role": "user", "content": "Hi", "name": "ana"})],
        ),
        (
            json!({"role": "user", "content": [
                {"type": "text", "text": "one"}, {"type": "input_text", "text": "two"},
                {"type": "output_text", "text": ""}, {"type": "refusal", "refusal": "no"}]}),
            vec![json!({"role": "user", "content": "one\ntwo\n\nno"})],
        ),
        (
            json!({"role": "assistant", "content": null, "refusal": "I cannot."}),
            vec![json!({"role": "assistant", "content": "I cannot."})],
        ),
        (
            json!({"role": "assistant", "content": []}),
            vec![json!({"role": "assistant", "content": ""})],
        ),
    ] {
        kept_as(&message, &expected);
    }
}

#[test]
fn messages_of_anthropic_are_kept_in_one_form() {
    for (message, expected) in [
        (
            json!({"role": "assistant", "content": [
                {"type": "tool_use", "id": "c1", "name": "search", "input": {"q": "tea"}}]}),
            vec![search()],
        ),
        (
            json!({"role": "assistant", "name": "bot", "content": [
                {"type": "text", "text": "First this."},
                {"type": "tool_use", "id": "c1", "name": "one", "input": {}},
                {"type": "tool_use", "id": "c2", "name": "two", "input": {}},
                {"type": "text", "text": "Then that."},
                {"type": "tool_use", "id": "c3", "name": "three", "input": {}}]}),
            vec![
                json!({"role": "assistant", "content": "First this.", "tool_calls": [
                    {"id": "c1", "name": "one", "arguments": "{}"},
                    {"id": "c2", "name": "two", "arguments": "{}"}], "name": "bot"}),
                json!({"role": "assistant", "content": "Then that.", "tool_calls": [
                    {"id": "c3", "name": "three", "arguments": "{}"}], "name": "bot"}),
            ],
        ),
        (
            json!({"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "c1", "content": "found"},
                {"type": "tool_result", "tool_use_id": "c2",
                 "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
                {"type": "tool_result", "tool_use_id": "c3"},
                {"type": "text", "text": "Go on."}]}),
            vec![
                json!({"role": "tool", "content": "found", "tool_call_id": "c1"}),
                json!({"role": "tool", "content": "a\nb", "tool_call_id": "c2"}),
                json!({"role": "tool", "content": "", "tool_call_id": "c3"}),
                json!({"role": "user", "content": "Go on."}),
            ],
        ),
        (
            json!({"role": "user", "content": [
                {"type": "text", "text": "Here:"},
                {"type": "tool_result", "tool_use_id": "c1", "content": "found"},
                {"type": "text", "text": "Go on."}]}),
            vec![
                json!({"role": "user", "content": "Here:"}),
                json!({"role": "tool", "content": "found", "tool_call_id": "c1"}),
                json!({"role": "user", "content": "Go on."}),
            ],
        ),
    ] {
        kept_as(&message, &expected);
    }
}

#[test]
fn arguments_lose_white_space_between_tokens_and_nothing_else() {
    for (written, kept) in [
        (
            "{ \"a\" : [ 1,\t2 ],\r\n \"b\": \"x  \\\" : y\\\\\" , \"c\": 1 }",
            r#"{"a":[1,2],"b":"x  \" : y\\","c":1}"#,
        ),
        (
            "{\"n\": 12345678901234567890123, \"x\": 1.50}",
            r#"{"n":12345678901234567890123,"x":1.50}"#,
        ),
        ("{\"u\": \"\\u00e9 é\"}", "{\"u\":\"\\u00e9 é\"}"),
        ("{\"unfinished\": \"te", "{\"unfinished\": \"te"),
        ("two words", "two words"),
        (" ", " "),
    ] {
        let message = json!([{"role": "assistant", "content": null,
                              "tool_calls": [call("c", "f", &json!(written))]}]);
        assert_eq!(content(&message).turns()[0].tool_calls[0].arguments, kept);
    }
}

#[test]
fn a_turn_without_tools_is_stored_as_it_always_was() {
    let line = r#"[{"role":"user","content":"Hi"},{"role":"tool","content":"x"}]"#;
    let read = content(&serde_json::from_str(line).unwrap());
    assert_eq!(serde_json::to_string(&read).unwrap(), line);
    assert_eq!(serde_json::from_str::<Content>(line).unwrap(), read);
    assert_eq!(read, vec![Turn::new("user", "Hi"), Turn::new("tool", "x")].into());
}

fn messages(warnings: &[Warning]) -> Vec<&str> {
    warnings.iter().map(|warning| warning.message.as_str()).collect()
}

#[test]
fn ignored_fields_of_messages_are_counted_by_item_with_their_path() {
    let turn = json!({"role": "user", "content": "Hi", "weight": 1});
    let calls = json!({"role": "assistant", "content": [
            {"type": "text", "text": "x", "cache_control": {}},
            {"type": "tool_result", "tool_use_id": "c", "is_error": true}],
        "tool_calls": [{"index": 0, "function": {"name": "f", "strict": true}}], "reasoning_content": "r"});
    let results = json!({"role": "user", "name": "ana",
                         "content": [{"type": "tool_result", "tool_use_id": "c"}]});
    let item = |id: &str, prompt: Value| {
        json!({"id": id, "prompt": prompt, "responses": {"a[0]": [calls], "b": "two"}}).to_string()
    };
    let folder = Folder::new();
    let items = [item("1", json!([turn, turn])), item("2", json!([turn, results]))].join("\n");
    let items = folder.write("items.jsonl", &items);
    let response = json!({"id": "1", "response": [turn, turn]}).to_string();
    let other = folder.write("other.jsonl", &response);
    let read = read_items(&items, &[("c".to_owned(), other.as_path())]).unwrap();
    let ignored: Vec<&str> = messages(&read.warnings)
        .into_iter()
        .filter_map(|message| Some(message.split_once(" is ignored")?.0))
        .collect();
    let other = format!("{}: field `response[].weight` of 1 response", other.display());
    assert_eq!(
        ignored,
        [
            "field `prompt[].name` of 1 item",
            "field `prompt[].weight` of 2 items",
            "field `responses.a[0][].content[].cache_control` of 2 items",
            "field `responses.a[0][].content[].is_error` of 2 items",
            "field `responses.a[0][].reasoning_content` of 2 items",
            "field `responses.a[0][].tool_calls[].function.strict` of 2 items",
            "field `responses.a[0][].tool_calls[].index` of 2 items",
            other.as_str(),
        ]
    );
    let codes = read.warnings.iter().filter(|warning| warning.code == "unused-item-field");
    assert_eq!(codes.count(), 7);
}

/// Whether two responses are said to be equal.
fn are_equal(one: &Value, two: &Value) -> bool {
    let read = read(&json!("p"), &json!({"a": one, "b": two})).unwrap();
    let warnings = messages(&read.warnings);
    assert!(warnings.iter().all(|text| text.contains("two equal responses")), "{warnings:?}");
    !warnings.is_empty()
}

#[test]
fn equal_responses_are_equal_in_calls_and_results_whatever_their_ids() {
    let response = |ids: [&str; 2], name: &str, arguments: &str, results: [(&str, &str); 2]| {
        let calls = ids.map(|id| call(id, name, &json!(arguments)));
        let results =
            results.map(|(id, text)| json!({"role": "tool", "tool_call_id": id, "content": text}));
        json!([{"role": "assistant", "content": null, "tool_calls": calls}, results[0], results[1]])
    };
    let base = response(["c1", "c2"], "f", "{\"a\":1}", [("c1", "x"), ("c2", "y")]);
    for (other, equal) in [
        (base.clone(), true),
        (response(["k", "l"], "f", "{ \"a\": 1 }", [("k", "x"), ("l", "y")]), true),
        (response(["c2", "c1"], "f", "{\"a\":1}", [("c2", "x"), ("c1", "y")]), true),
        (response(["c1", "c2"], "f", "{\"a\":1}", [("c2", "x"), ("c1", "y")]), false),
        (response(["c1", "c1"], "f", "{\"a\":1}", [("c1", "x"), ("c1", "y")]), false),
        (response(["c1", "c2"], "g", "{\"a\":1}", [("c1", "x"), ("c2", "y")]), false),
        (response(["c1", "c2"], "f", "{\"a\":2}", [("c1", "x"), ("c2", "y")]), false),
        (response(["c1", "c2"], "f", "{\"a\":1}", [("c1", "x"), ("c2", "z")]), false),
        (json!([base[0], base[1]]), false),
        (json!([base[0], base[1], {"role": "tool", "content": "y"}]), false),
        (json!("x"), false),
    ] {
        assert_eq!(are_equal(&base, &other), equal, "{other}");
        assert_eq!(are_equal(&other, &base), equal, "{other}");
    }
    let named = |name: &str| json!([{"role": "assistant", "content": "Hi", "name": name}]);
    assert!(are_equal(&named("x"), &named("x")) && !are_equal(&named("x"), &named("y")));
}

#[test]
fn a_response_that_only_calls_a_tool_is_not_empty() {
    let says = |content: Value, calls: Value| {
        let response = json!([{"role": "assistant", "content": content, "tool_calls": calls}]);
        messages(&read(&json!("p"), &json!({"a": response, "b": "two"})).unwrap().warnings)
            .join("\n")
    };
    assert_eq!(says(json!(null), json!([call("c", "f", &json!("{}"))])), "");
    assert!(says(json!(""), json!([])).contains("empty response"));
    assert!(says(json!([]), json!(null)).contains("empty response"));
}

#[test]
fn the_answer_is_the_text_of_the_assistant_and_the_whole_text_has_the_calls() {
    let use_tool = json!([
        {"role": "assistant", "content": "Let me see.",
         "tool_calls": [call("c1", "search", &json!({"q": "tea"}))]},
        {"role": "tool", "tool_call_id": "c1", "content": "found"},
        {"role": "assistant", "content": null, "tool_calls": [call("c2", "now", &json!(""))]},
        {"role": "assistant", "content": "Here."},
    ]);
    let content = content(&use_tool);
    assert_eq!(content.answer(), "Let me see.\nHere.");
    assert_eq!(content.to_text(), "Let me see.\nsearch\n{\"q\":\"tea\"}\nfound\nnow\nHere.");

    let only_call = Content::Turns(content.turns()[2..3].to_vec());
    assert_eq!((&*only_call.answer(), &*only_call.to_text()), ("", "now"));
    let results = Content::Turns(content.turns()[1..2].to_vec());
    assert_eq!(results.answer(), "found");
    let plain =
        vec![Turn::new("assistant", "a"), Turn::new("assistant", ""), Turn::new("user", "")];
    let plain = Content::from(plain);
    assert_eq!((&*plain.answer(), &*plain.to_text()), ("a\n", "a\n\n"));
}
