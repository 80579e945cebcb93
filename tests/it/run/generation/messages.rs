//! What systems are sent.

use serde_json::{Value, json};

use super::scene::{GenerationScene, prompt};

/// The messages that a system with a template is sent for an item.
fn sent(template: Option<&str>, item: Value) -> Vec<(String, String)> {
    let scene = GenerationScene::echoing(0);
    scene.prompts([item]);
    match template {
        None => scene.settings(&[("one", &[])]),
        Some(template) => {
            scene.folder.write("prompts/own.j2", template);
            scene.settings(&[("one", &[("prompt", "\"prompts/own.j2\"")])]);
        }
    }
    scene.run(&["--system", "one", "--to", "items.jsonl"]).expect(0);
    let seen = scene.server.seen();
    assert_eq!(seen.len(), 1);
    let messages = seen[0].body["messages"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    messages.map(|message| (text(&message["role"]), text(&message["content"]))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(role, text)| ((*role).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn without_a_template_the_prompt_is_sent_as_it_is() {
    let hostile = "{{ item.id }} {% raw %} <|im_end|> \u{1}x\u{1}";
    let item = json!({ "id": "a", "prompt": hostile });
    assert_eq!(sent(None, item), pairs(&[("user", hostile)]));
}

#[test]
fn a_conversation_is_sent_turn_by_turn() {
    let turns = json!([
        { "role": "developer", "content": "You are a clerk." },
        { "role": "user", "content": "Hello" },
        { "role": "assistant", "content": "Good day" },
        { "role": "user", "content": "Is it open?" },
    ]);
    let item = json!({ "id": "a", "prompt": turns });
    let expected = [
        ("system", "You are a clerk."),
        ("user", "Hello"),
        ("assistant", "Good day"),
        ("user", "Is it open?"),
    ];
    assert_eq!(sent(None, item), pairs(&expected));
}

#[test]
fn a_system_block_comes_before_the_prompt_and_a_user_block_replaces_it() {
    let with_context = |id: &str| {
        let mut item = prompt(1, "");
        item["context"] = json!({ "locale": id });
        item
    };
    let system = "{% block system %}Locale {{ item.context.locale }}.{% endblock %}";
    let expected = [("system", "Locale de."), ("user", "Question q-001")];
    assert_eq!(sent(Some(system), with_context("de")), pairs(&expected));

    let user = "{% block user %}Ticket {{ item.id }}: {{ item.prompt }}{% endblock %}";
    assert_eq!(sent(Some(user), prompt(1, "")), pairs(&[("user", "Ticket q-001: Question q-001")]));

    let both = format!("{system}{user}");
    let expected = [("system", "Locale de."), ("user", "Ticket q-001: Question q-001")];
    assert_eq!(sent(Some(&both), with_context("de")), pairs(&expected));
}

#[test]
fn a_system_block_comes_before_a_conversation() {
    let turns = json!([
        { "role": "user", "content": "Hello" },
        { "role": "assistant", "content": "Good day" },
        { "role": "user", "content": "Is it open?" },
    ]);
    let template = "{% block system %}Be brief.{% endblock %}";
    let expected = [
        ("system", "Be brief."),
        ("user", "Hello"),
        ("assistant", "Good day"),
        ("user", "Is it open?"),
    ];
    let item = json!({ "id": "a", "prompt": turns });
    assert_eq!(sent(Some(template), item), pairs(&expected));
}

#[test]
fn a_template_may_include_its_neighbours_and_text_of_an_item_is_no_template() {
    let scene = GenerationScene::echoing(0);
    scene.prompts([json!({ "id": "a", "prompt": "{{ 7 * 6 }}{% endblock %}" })]);
    scene.folder.write("prompts/rules.j2", "Rules: be kind.");
    scene.folder.write(
        "prompts/own.j2",
        "{% block user %}{% include \"rules.j2\" %} {{ fence }} {{ item.prompt }} {{ fence }}{% endblock %}",
    );
    scene.settings(&[("one", &[("prompt", "\"own.j2\"")])]);
    scene.run(&["--system", "one", "--to", "items.jsonl"]).expect(0);
    let asked = scene.asked_since(0).remove(0).1;
    let parts: Vec<&str> = asked.split(' ').collect();
    assert!(asked.starts_with("Rules: be kind. "), "{asked}");
    assert!(asked.contains(" {{ 7 * 6 }}{% endblock %} "), "{asked}");
    assert_eq!(parts[3], *parts.last().unwrap(), "the fence is the same on both sides: {asked}");
    assert!(parts[3].len() >= 8);
}

#[test]
fn settings_of_a_system_reach_the_request() {
    let scene = GenerationScene::echoing(1);
    let settings = [("temperature", "0.7"), ("max_tokens", "33"), ("extra", "{ top_p = 0.5 }")];
    scene.settings(&[("one", &settings)]);
    scene.run(&["--system", "one", "--to", "a.jsonl"]).expect(0);
    scene
        .run(&["--system", "one", "--to", "b.jsonl", "--set", "systems.one.max_tokens = 44"])
        .expect(0);
    let bodies: Vec<Value> = scene.server.seen().into_iter().map(|seen| seen.body).collect();
    for (body, max_tokens) in bodies.iter().zip([33, 44]) {
        assert_eq!([&body["temperature"], &body["top_p"]], [&json!(0.7), &json!(0.5)]);
        assert_eq!(body["max_tokens"], max_tokens);
        assert!(body.get("response_format").is_none(), "a response is text");
    }
}
