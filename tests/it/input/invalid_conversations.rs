//! Messages that are refused: each by the field, with what to do about it.

use serde_json::{Value, json};

use super::conversations::{read, two_texts};

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
            &format!("[0].content[1]: a part of type `{kind}` cannot be shown"),
            "describe it in text",
        );
        let result = json!({"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "c", "content": [{"type": kind}]}]});
        refused(
            &result,
            &format!("[0].content[0].content[0]: a part of type `{kind}` "),
            "describe it in text",
        );
    }
    for kind in ["thinking", "server_tool_use", "reasoning", "holograph"] {
        let message = json!({"role": "assistant", "content": [{"type": kind}]});
        refused(&message, &format!("[0].content[0]: a part of type `{kind}` "), "remove this part");
    }
    let spoken = json!({"role": "assistant", "content": null, "audio": {"id": "a"}});
    refused(&spoken, "[0].audio: a part of type `audio` cannot be shown", "describe it in text");
}

#[test]
fn every_invalid_message_is_named_by_its_field() {
    let assistant =
        |field: &str, value: Value| json!({"role": "assistant", "content": null, field: value});
    let part = |part: Value| json!({"role": "user", "content": [part]});
    let calls = |call: Value| assistant("tool_calls", json!([call]));
    for (message, fragment, hint) in [
        (json!("Hi"), "[0]: expected a message {\"role\",\"content\"}, found a string", ""),
        (json!({"content": "Hi"}), "[0].role is missing", ""),
        (json!({"roel": "user", "content": "Hi"}), "[0].role is missing", "`roel` looks like"),
        (json!({"role": null, "content": "Hi"}), "[0].role: expected a string, found null", ""),
        (
            json!({"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}),
            "[0]: an entry of type `function_call` is not a message",
            "`tool_calls`",
        ),
        (json!({"role": "user"}), "[0].content is missing", ""),
        (
            json!({"role": "user", "contnet": "Hi"}),
            "[0].content is missing",
            "`contnet` looks like",
        ),
        (
            assistant("name", json!("ana")),
            "[0].content: expected a string or a list of content parts, found null",
            "null only beside `tool_calls`",
        ),
        (assistant("tool_calls", json!([])), "[0].content: expected", "null only beside"),
        (assistant("tool_calls", json!(null)), "[0].content: expected", "null only beside"),
        (
            json!({"role": "tool", "tool_call_id": "c", "content": null}),
            "[0].content: expected",
            "null only",
        ),
        (
            json!({"role": "user", "content": 3}),
            "[0].content: expected a string or a list of content parts, found a number",
            "",
        ),
        (
            json!({"role": "user", "content": "", "name": 3}),
            "[0].name: expected a string, found a number",
            "",
        ),
        (
            json!({"role": "tool", "content": "", "tool_call_id": 3}),
            "[0].tool_call_id: expected a string",
            "",
        ),
        (assistant("refusal", json!(3)), "[0].refusal: expected a string", ""),
        (
            json!({"role": "user", "content": "", "tool_call": []}),
            "unknown field `prompt[0].tool_call`",
            "did you mean `tool_calls`?",
        ),
        (part(json!("Hi")), "[0].content[0]: expected a content part", ""),
        (part(json!({"text": "Hi"})), "[0].content[0].type is missing", ""),
        (part(json!({"type": "text"})), "[0].content[0].text is missing", ""),
        (
            part(json!({"type": "text", "text": null})),
            "[0].content[0].text: expected a string, found null",
            "",
        ),
        (
            part(json!({"type": "tool_use", "id": "c", "input": {}})),
            "[0].content[0].name is missing",
            "",
        ),
        (
            part(json!({"type": "tool_use", "id": "c", "name": "f", "input": 3})),
            "[0].content[0].input: expected an object",
            "",
        ),
        (
            part(json!({"type": "tool_result", "content": "x"})),
            "[0].content[0].tool_use_id is missing",
            "",
        ),
        (
            part(json!({"type": "tool_result", "tool_use_id": "c", "content": 3})),
            "[0].content[0].content: expected a string",
            "",
        ),
        (
            assistant("tool_calls", json!("f")),
            "[0].tool_calls: expected a list of tool calls, found a string",
            "",
        ),
        (calls(json!("f")), "[0].tool_calls[0]: expected a tool call", ""),
        (calls(json!({"id": "c"})), "[0].tool_calls[0].function is missing", ""),
        (
            calls(json!({"type": "web_search"})),
            "[0].tool_calls[0]: a tool call of type `web_search`",
            "`function` and `custom`",
        ),
        (
            calls(json!({"function": {"arguments": "{}"}})),
            "[0].tool_calls[0].function.name is missing",
            "",
        ),
        (
            calls(json!({"function": {"name": "f", "arguments": [1]}})),
            "[0].tool_calls[0].function.arguments: expected an object or a string with JSON, found a list",
            "",
        ),
        (
            calls(json!({"function": {"name": "f", "argumnets": {}}})),
            "unknown field `prompt[0].tool_calls[0].function.argumnets`",
            "did you mean `arguments`?",
        ),
        (
            calls(json!({"type": "custom", "custom": {"name": "f"}})),
            "[0].tool_calls[0].custom.input is missing",
            "",
        ),
        (assistant("function_call", json!("f")), "[0].function_call: expected an object", ""),
    ] {
        refused(&message, fragment, hint);
    }
}

/// Fails unless a message is refused, as a prompt and as a response, with its place and a hint.
#[track_caller]
fn refused(message: &Value, fragment: &str, hint: &str) {
    let good = json!({"role": "user", "content": "Hi"});
    let as_prompt = read(&json!([message]), two_texts());
    let response = json!([good, message]);
    let as_response = read(&json!("p"), json!({"a": response, "b": "two"}));
    let in_response = fragment.replace("prompt[0]", "responses.a[1]");
    let in_response = match in_response.strip_prefix("[0]") {
        Some(rest) => format!("responses.a[1]{rest}"),
        None => in_response,
    };
    let in_prompt =
        if fragment.starts_with('[') { format!("prompt{fragment}") } else { fragment.into() };
    for (read, fragment) in [(as_prompt, in_prompt), (as_response, in_response)] {
        let error = read.expect_err(&format!("{message} is read"));
        let said = error.to_string();
        assert!(said.contains(&format!("items.jsonl:1: {fragment}")), "no `{fragment}` in: {said}");
        let hinted = error.hint_text().unwrap_or_default();
        assert!(hinted.contains(hint), "no `{hint}` in: {hinted}");
    }
}
