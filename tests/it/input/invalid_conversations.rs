//! Messages that are refused: each by the field, with what to do about it.

use serde_json::{Value, json};

use super::conversations::{read, two_texts};

/// A message without content and with another field.
fn assistant(field: &str, value: impl Into<Value>) -> Value {
    json!({"role": "assistant", "content": null, field: value.into()})
}

#[test]
fn every_part_that_is_no_text_is_refused_by_name_with_what_to_do() {
    for kind in [
        "image_url",
        "input_image",
        "image",
        "image_file",
        "input_audio",
        "audio",
        "file",
        "input_file",
        "document",
        "video",
        "video_url",
        "input_video",
    ] {
        let message = json!({"role": "user", "content": [
            {"type": "text", "text": "Look:"}, {"type": kind, kind: {"url": "https://h/x.png"}}]});
        refused(
            &message,
            &format!("@.content[1]: a part of type `{kind}` cannot be shown"),
            "describe it in text",
        );
        let result = json!({"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "c", "content": [{"type": kind}]}]});
        refused(
            &result,
            &format!("@.content[0].content[0]: a part of type `{kind}` "),
            "describe it in text",
        );
    }
    for kind in ["thinking", "server_tool_use", "reasoning", "holograph"] {
        let message = json!({"role": "assistant", "content": [{"type": kind}]});
        refused(&message, &format!("@.content[0]: a part of type `{kind}` "), "remove this part");
    }
    let spoken = json!({"role": "assistant", "content": null, "audio": {"id": "a"}});
    refused(&spoken, "@.audio: a part of type `audio` cannot be shown", "describe it in text");
}

#[test]
fn every_invalid_message_is_named_by_its_field() {
    for (message, fragment, hint) in [
        (json!("Hi"), "@: expected a message {\"role\",\"content\"}, found a string", ""),
        (json!({"content": "Hi"}), "@.role is missing", ""),
        (json!({"roel": "user", "content": "Hi"}), "@.role is missing", "`roel` looks like"),
        (json!({"role": null, "content": "Hi"}), "@.role: expected a string, found null", ""),
        (
            json!({"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}),
            "@: an entry of type `function_call` is not a message",
            "`tool_calls`",
        ),
        (json!({"role": "user"}), "@.content is missing", ""),
        (json!({"role": "user", "contnet": "Hi"}), "@.content is missing", "`contnet` looks like"),
        (
            assistant("name", json!("ana")),
            "@.content: expected a string or a list of content parts, found null",
            "null only beside `tool_calls`",
        ),
        (assistant("tool_calls", json!([])), "@.content: expected", "null only beside"),
        (assistant("tool_calls", json!(null)), "@.content: expected", "null only beside"),
        (
            json!({"role": "tool", "tool_call_id": "c", "content": null}),
            "@.content: expected",
            "null only",
        ),
        (
            json!({"role": "user", "content": 3}),
            "@.content: expected a string or a list of content parts, found a number",
            "",
        ),
        (
            json!({"role": "user", "content": "", "name": 3}),
            "@.name: expected a string, found a number",
            "",
        ),
        (
            json!({"role": "tool", "content": "", "tool_call_id": 3}),
            "@.tool_call_id: expected a string",
            "",
        ),
        (assistant("refusal", json!(3)), "@.refusal: expected a string", ""),
        (
            json!({"role": "user", "content": "", "tool_call": []}),
            "unknown field `@.tool_call`",
            "did you mean `tool_calls`?",
        ),
    ] {
        refused(&message, fragment, hint);
    }
}

#[test]
fn every_invalid_part_is_named_by_its_field() {
    let part = |part: Value| json!({"role": "user", "content": [part]});
    for (message, fragment, hint) in [
        (part(json!("Hi")), "@.content[0]: expected a content part", ""),
        (part(json!({"text": "Hi"})), "@.content[0].type is missing", ""),
        (part(json!({"type": "text"})), "@.content[0].text is missing", ""),
        (
            part(json!({"type": "text", "text": null})),
            "@.content[0].text: expected a string, found null",
            "",
        ),
        (
            part(json!({"type": "tool_use", "id": "c", "input": {}})),
            "@.content[0].name is missing",
            "",
        ),
        (
            part(json!({"type": "tool_use", "id": "c", "name": "f", "input": 3})),
            "@.content[0].input: expected an object",
            "",
        ),
        (
            part(json!({"type": "tool_result", "content": "x"})),
            "@.content[0].tool_use_id is missing",
            "",
        ),
        (
            part(json!({"type": "tool_result", "tool_use_id": "c", "content": 3})),
            "@.content[0].content: expected a string",
            "",
        ),
    ] {
        refused(&message, fragment, hint);
    }
}

#[test]
fn every_invalid_tool_call_is_named_by_its_field() {
    let calls = |call: Value| assistant("tool_calls", json!([call]));
    for (message, fragment, hint) in [
        (
            assistant("tool_calls", json!("f")),
            "@.tool_calls: expected a list of tool calls, found a string",
            "",
        ),
        (calls(json!("f")), "@.tool_calls[0]: expected a tool call", ""),
        (calls(json!({"id": "c"})), "@.tool_calls[0].function is missing", ""),
        (
            calls(json!({"type": "web_search"})),
            "@.tool_calls[0]: a tool call of type `web_search`",
            "`function` and `custom`",
        ),
        (
            calls(json!({"function": {"arguments": "{}"}})),
            "@.tool_calls[0].function.name is missing",
            "",
        ),
        (
            calls(json!({"function": {"name": "f", "arguments": [1]}})),
            "@.tool_calls[0].function.arguments: expected an object or a string with JSON, found a list",
            "",
        ),
        (
            calls(json!({"function": {"name": "f", "argumnets": {}}})),
            "unknown field `@.tool_calls[0].function.argumnets`",
            "did you mean `arguments`?",
        ),
        (
            calls(json!({"type": "custom", "custom": {"name": "f"}})),
            "@.tool_calls[0].custom.input is missing",
            "",
        ),
        (assistant("function_call", json!("f")), "@.function_call: expected an object", ""),
    ] {
        refused(&message, fragment, hint);
    }
}

/// Fails unless a message is refused, as a prompt and as a response, with its place, which is `@`, and a hint.
#[track_caller]
fn refused(message: &Value, fragment: &str, hint: &str) {
    let good = json!({"role": "user", "content": "Hi"});
    let as_prompt = read(&json!([message]), &two_texts());
    let response = json!([good, message]);
    let as_response = read(&json!("p"), &json!({"a": response, "b": "two"}));
    let places = ["prompt[0]", "responses.a[1]"].map(|place| fragment.replace('@', place));
    for (read, fragment) in [as_prompt, as_response].into_iter().zip(places) {
        let error = read.expect_err(&format!("{message} is read"));
        let said = error.to_string();
        assert!(said.contains(&format!("items.jsonl:1: {fragment}")), "no `{fragment}` in: {said}");
        let hinted = error.hint_text().unwrap_or_default();
        assert!(hinted.contains(hint), "no `{hint}` in: {hinted}");
    }
}
