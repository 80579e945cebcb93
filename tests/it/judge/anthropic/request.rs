//! What is sent, and the settings behind it.

use evenhand::input::{Api, Settings};

use super::{prefers_beta, scene};
use crate::support::server::KEY;

#[test]
fn the_request_is_that_of_the_messages_api_byte_by_byte() {
    let scene = scene(
        1,
        &[("headers", "{ x-team = \"eval\" }"), ("extra", "{ top_k = 1 }"), ("max_tokens", "100")],
        prefers_beta,
    );
    let rubric = "name = \"mine\"\ndescription = \"Which is better?\"\nprompt = \"mine.j2\"\nties = false\n\n\
        [[criteria]]\nname = \"accuracy\"\ndescription = \"It is true.\"\n\n[reply]\nformat = \"json\"\n";
    scene.folder.write("rubrics/mine.toml", rubric);
    let prompt = "{% block system %}Judge in JSON.{% endblock %}\
        {% block user %}{{ item.prompt }}|{{ first }}|{{ second }}{% endblock %}";
    scene.folder.write("prompts/mine.j2", prompt);
    scene.judge(&["--rubric", "mine"]).expect(0);

    let seen = scene.server.seen();
    let request = seen.iter().find(|seen| seen.first == "alpha").unwrap();
    assert_eq!(request.path, "/v1/messages");
    let vote = r#"{"type":"string","enum":["first","second"]}"#;
    let schema = format!(
        r#"{{"type":"object","properties":{{"reasoning":{{"type":"string"}},"criteria":{{"type":"object","properties":{{"accuracy":{vote}}},"required":["accuracy"],"additionalProperties":false}},"vote":{vote}}},"required":["reasoning","criteria","vote"],"additionalProperties":false}}"#
    );
    let expected = [
        r#"{"model":"model-of-judge-1","max_tokens":100"#,
        r#""system":[{"type":"text","text":"Judge in JSON.","cache_control":{"type":"ephemeral"}}]"#,
        r#""messages":[{"role":"user","content":"Question q-001 of the exam.|ALPHA on q-001.|BETA on q-001."}]"#,
        r#""temperature":0.0"#,
        &format!(
            r#""tools":[{{"name":"verdict","description":"Gives the verdict: the reasoning first, then the votes.","input_schema":{schema}}}]"#
        ),
        r#""tool_choice":{"type":"tool","name":"verdict"}"#,
        r#""top_k":1}"#,
    ];
    assert_eq!(request.body.to_string(), expected.join(","));
    for (name, value) in [
        ("x-api-key", KEY),
        ("anthropic-version", "2023-06-01"),
        ("content-type", "application/json"),
        ("x-team", "eval"),
    ] {
        assert_eq!(request.headers[name], value, "{name}");
    }
    assert!(!request.headers.contains_key("authorization"), "{:?}", request.headers);
    assert_eq!(scene.outcomes(), ["kept beta"]);
}

#[test]
fn a_header_of_the_user_can_name_another_version() {
    let headers = "{ anthropic-version = \"2099-01-01\", anthropic-beta = \"new\" }";
    let scene = scene(1, &[("headers", headers)], prefers_beta);
    scene.judge(&[]).expect(0);
    let sent = &scene.server.seen()[0].headers;
    let versions: Vec<_> = sent.get_all("anthropic-version").iter().collect();
    assert_eq!(versions, ["2099-01-01"]);
    assert_eq!(sent["anthropic-beta"], "new");
}

#[test]
fn check_shows_the_fields_of_the_messages_api() {
    let scene = scene(1, &[], prefers_beta);
    let check = ["check", "items.jsonl", "--rubric", "helpfulness", "--judge", "judge-1"];
    let said = scene.run(&check).expect(0);
    assert!(said.stdout.contains("Messages API"), "{}", said.stdout);
    let fields = "max_tokens = 4096, temperature = 0.0, tools, tool_choice, messages";
    assert!(said.stdout.contains(fields), "{}", said.stdout);
}

#[test]
fn a_model_is_named_without_a_settings_file() {
    let judge = Settings::default().judge("anthropic:model-x").unwrap();
    let endpoint = judge.endpoint().unwrap();
    assert_eq!(endpoint.api, Api::Anthropic);
    assert_eq!(endpoint.model, "model-x");
    assert_eq!(endpoint.base_urls(), ["https://api.anthropic.com/v1"]);
    assert_eq!(endpoint.api_key_env.as_deref(), Some("ANTHROPIC_API_KEY"));

    let scene = scene(1, &[], prefers_beta);
    let said = scene.judge(&["--judge", "anthropic:model-x"]).expect(3);
    assert!(said.stderr.contains("ANTHROPIC_API_KEY is not set"), "{}", said.stderr);
}

#[test]
fn settings_that_the_messages_api_does_not_allow_are_refused_before_the_first_request() {
    let thinking = "{ thinking = { type = \"enabled\", budget_tokens = 4096 } }";
    for (setting, fragment) in [
        (
            ("max_tokens", "\"none\""),
            "evenhand.toml:1: judges.judge-1.max_tokens: the Messages API",
        ),
        (("extra", thinking), "judges.judge-1.max_tokens: 4096 is not more than"),
        (("extra", "{ tools = [] }"), "judges.judge-1.extra.tools"),
    ] {
        let scene = scene(1, &[setting], prefers_beta);
        let said = scene.judge(&[]).expect(3);
        assert!(said.stderr.contains(fragment), "{}", said.stderr);
        assert_eq!(scene.server.requests(), 0);
    }
}

#[test]
fn another_api_is_another_run() {
    let scene = scene(1, &[], prefers_beta);
    scene.judge(&[]).expect(0);
    scene.settings(&[]);
    let said = scene.judge(&[]).expect(7);
    assert!(said.stderr.contains("api"), "{}", said.stderr);
    assert_eq!(scene.server.requests(), 2);
}
