//! The forms of logs: requests and responses of `OpenAI`'s APIs, spans of OpenTelemetry, tables.

use serde_json::{Value, json};

use super::{items, sample};
use crate::support::Folder;

/// The prompt and the response of the only item of a record.
#[track_caller]
fn only(record: &Value) -> (Value, Value) {
    let items = items("t.jsonl", &format!("{record}\n"), &[]);
    assert_eq!(items.len(), 1, "{record}");
    (items[0]["prompt"].clone(), items[0]["responses"]["production"].clone())
}

#[test]
fn requests_and_responses_of_the_apis_of_openai_are_read() {
    let messages = json!([{"role": "user", "content": "Where is my order?"}]);
    let choices = json!([{"index": 0, "message": {"role": "assistant", "content": "On its way."}}]);
    for record in [
        json!({"request": {"model": "m", "messages": messages}, "response": {"model": "m-1", "choices": choices}}),
        json!({"custom_id": "1", "request": {"body": {"messages": messages}}, "response": {"status_code": 200, "body": {"choices": choices}}}),
        json!({"model": "m", "messages": messages, "choices": choices}),
        json!({"messages": messages, "response": "On its way."}),
        json!({"prompt": "Where is my order?", "completion": "On its way."}),
        json!({"request": {"prompt": "Where is my order?"}, "response": {"choices": [{"text": "On its way."}]}}),
        json!({"request": {"input": "Where is my order?"}, "response": {"output": [
            {"type": "reasoning", "summary": []},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "On its way."}]},
        ]}}),
        json!({"request": {"messages": [{"role": "user", "content": [{"type": "text", "text": "Where is my order?"}]}]}, "response": {"choices": choices}}),
    ] {
        assert_eq!(only(&record), (json!("Where is my order?"), json!("On its way.")), "{record}");
    }
}

#[test]
fn a_conversation_stays_one_and_is_read_as_an_item() {
    let record = json!({
        "request": {"messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Is there tea?"},
            {"role": "assistant", "content": null, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "search", "arguments": "{\"q\":\"tea\"}"}}]},
            {"role": "tool", "tool_call_id": "c1", "content": "2 kinds"},
        ]},
        "response": {"choices": [{"message": {"role": "assistant", "content": "Two kinds."}}]},
    });
    let folder = Folder::new();
    folder.write("t.jsonl", &record.to_string());
    let said = folder.run(&["monitor", "sample", "t.jsonl", "--n", "1"]).expect(0);
    let item = &said.json_lines()[0];
    assert_eq!(item["prompt"].as_array().unwrap().len(), 4);
    folder.write("items.jsonl", &said.stdout);
    folder.write("other.jsonl", &json!({"id": item["id"], "response": "Some."}).to_string());
    let check =
        ["check", "items.jsonl", "--rubric", "helpfulness", "--responses", "other=other.jsonl"];
    folder.run(&check).expect(0);
}

/// An attribute as an export writes it.
fn attribute(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

#[test]
fn spans_of_the_current_conventions_are_read_from_an_export() {
    let input =
        json!([{"role": "user", "parts": [{"type": "text", "content": "Where is my order?"}]}]);
    let output = json!([{"role": "assistant", "parts": [{"type": "reasoning", "content": "hm"}, {"type": "text", "content": "On its way."}], "finish_reason": "stop"}]);
    let export = json!({"resourceSpans": [{
        "resource": {"attributes": [attribute("service.name", "shop")]},
        "scopeSpans": [{"scope": {"name": "x"}, "spans": [
            {"traceId": "1", "spanId": "2", "name": "GET /", "attributes": [attribute("http.method", "GET")]},
            {"traceId": "1", "spanId": "3", "name": "chat m", "attributes": [
                attribute("gen_ai.operation.name", "chat"),
                attribute("gen_ai.request.model", "m"),
                attribute("gen_ai.response.model", "m-2026-01-01"),
                attribute("gen_ai.input.messages", &input.to_string()),
                attribute("gen_ai.output.messages", &output.to_string()),
            ]},
            {"traceId": "1", "spanId": "4", "name": "embeddings", "attributes": [attribute("gen_ai.operation.name", "embeddings")]},
        ]}],
    }]});
    for text in [
        export.to_string(),
        serde_json::to_string_pretty(&export).unwrap(),
        format!("{export}\n{export}\n"),
    ] {
        let said = sample("spans.json", &text, &[]).expect(0);
        let items = said.json_lines();
        assert_eq!(items.len(), 1, "{text}");
        assert_eq!(items[0]["prompt"], "Where is my order?");
        assert_eq!(items[0]["responses"]["production"], "On its way.");
        assert_eq!(items[0]["tags"]["model"], "m-2026-01-01");
        assert!(said.stderr.contains("skipped, no request to a language model"), "{}", said.stderr);
    }
}

#[test]
fn spans_of_earlier_conventions_and_of_instrumentations_are_read() {
    for record in [
        json!({"name": "chat", "attributes": {"gen_ai.system": "openai", "gen_ai.prompt": "[{\"role\":\"user\",\"content\":\"Q?\"}]", "gen_ai.completion": "[{\"role\":\"assistant\",\"content\":\"A.\"}]"}}),
        json!({"name": "openai.chat", "attributes": {"gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": "Q?", "gen_ai.completion.0.role": "assistant", "gen_ai.completion.0.content": "A."}}),
        json!({"name": "chat", "attributes": {"gen_ai.request.model": "m"}, "events": [
            {"name": "gen_ai.user.message", "attributes": {"content": "Q?"}},
            {"name": "gen_ai.choice", "attributes": {"index": 0, "message": "{\"role\":\"assistant\",\"content\":\"A.\"}"}},
        ]}),
        json!({"name": "chat", "attributes": {"gen_ai.operation.name": "chat"}, "events": [
            {"name": "gen_ai.content.prompt", "attributes": {"gen_ai.prompt": "[{\"role\":\"user\",\"content\":\"Q?\"}]"}},
            {"name": "gen_ai.content.completion", "attributes": {"gen_ai.completion": "[{\"role\":\"assistant\",\"content\":\"A.\"}]"}},
        ]}),
        json!({"name": "chat", "attributes": [
            {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
            {"key": "gen_ai.input.messages", "value": {"arrayValue": {"values": [{"kvlistValue": {"values": [
                {"key": "role", "value": {"stringValue": "user"}}, {"key": "content", "value": {"stringValue": "Q?"}}]}}]}}},
            {"key": "gen_ai.output.messages", "value": {"stringValue": "[{\"role\":\"assistant\",\"content\":\"A.\"}]"}},
        ]}),
    ] {
        assert_eq!(only(&record), (json!("Q?"), json!("A.")), "{record}");
    }
}

#[test]
fn tables_are_read_by_the_names_of_their_columns() {
    let text = "Question;Answer;tags.product;when\n\"Where is\nmy order?\";\"On its way; soon\";billing;x\n";
    let found = items("t.csv", text, &[]);
    assert_eq!(found[0]["prompt"], "Where is\nmy order?");
    assert_eq!(found[0]["responses"]["production"], "On its way; soon");
    assert_eq!(found[0]["tags"]["product"], "billing");
    let named = items(
        "t.csv",
        "a,b\nQ?,A.\n",
        &["--prompt-column", "a", "--response-column", "b", "--system", "v7"],
    );
    assert_eq!((&named[0]["prompt"], &named[0]["responses"]["v7"]), (&json!("Q?"), &json!("A.")));
}

#[test]
fn what_is_no_exchange_is_counted_with_its_reason_and_place() {
    let text = [
        json!({"prompt": "Q?", "response": "A."}),
        json!({"prompt": "Q?"}),
        json!({"prompt": " ", "response": "A."}),
        json!({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}], "response": "A."}),
    ]
    .map(|line| line.to_string())
    .join("\n");
    let said = sample("t.jsonl", &text, &[]).expect(0);
    assert_eq!(said.json_lines().len(), 1);
    for message in [
        "1 record skipped, without the text of a response; the first at t.jsonl:2",
        "1 record skipped, without the text of a prompt; the first at t.jsonl:3",
        "1 record skipped, with an image, a sound or a file; the first at t.jsonl:4",
    ] {
        assert!(said.stderr.contains(message), "{}", said.stderr);
    }
}

#[test]
fn an_exchange_with_a_list_of_spans_is_an_exchange() {
    for record in [
        json!({"prompt": "Q?", "response": "A.", "spans": [{"name": "search"}]}),
        json!({"spans": [], "prompt": "Q?", "response": "A."}),
        json!({"request": {"messages": [{"role": "user", "content": "Q?"}]}, "response": "A.", "spans": [1, 2]}),
    ] {
        assert_eq!(only(&record), (json!("Q?"), json!("A.")), "{record}");
    }
}
