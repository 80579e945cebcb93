//! Mistakes in settings, templates, prompts and flags are found before anything is asked, with the place and what to do.

use serde_json::{Value, json};

use super::scene::{GenerationScene, prompt};

/// What is said about a system whose table has further lines, with a template if there is one.
fn refused(code: i32, further: &[(&str, &str)], template: Option<&str>, item: Value) -> String {
    let scene = GenerationScene::echoing(0);
    scene.prompts([item]);
    if let Some(template) = template {
        scene.folder.write("prompts/own.j2", template);
    }
    scene.settings(&[("one", further)]);
    let said = scene.run(&["--system", "one", "--to", "items.jsonl"]).expect(code);
    assert_eq!(scene.server.requests(), 0);
    assert!(!scene.folder.path().join("items.jsonl").exists());
    assert!(!scene.folder.path().join("runs").exists(), "nothing is left behind");
    said.stderr
}

#[test]
fn mistakes_in_the_settings_name_file_line_and_key() {
    type Settings<'a> = &'a [(&'a str, &'a str)];
    let cases: [(Settings<'_>, &[&str]); 6] = [
        (&[("promt", "\"x.j2\"")], &["evenhand.toml", "promt", "`prompt`"]),
        (
            &[("prompt", "\"none.j2\"")],
            &["evenhand.toml:1: systems.one.prompt", "none.j2", "prompts/none.j2"],
        ),
        (&[("temperature", "99")], &["evenhand.toml:1: systems.one.temperature", "0 to 10"]),
        (
            &[("price", "{ input_per_million = -1, output_per_million = 1 }")],
            &["systems.one.price"],
        ),
        (&[("extra", "{ model = \"x\" }")], &["systems.one.extra.model"]),
        (&[("recorded", "\"x.jsonl\"")], &["systems.one", "recorded"]),
    ];
    for (further, expected) in cases {
        let said = refused(3, further, None, prompt(1, ""));
        for part in expected {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}

#[test]
fn mistakes_in_a_template_name_its_line_and_the_item() {
    let own = [("prompt", "\"own.j2\"")];
    let cases: [(&str, &[&str]); 5] = [
        (
            "{% block user %}\n{{ item.reference }}\n{% endblock %}",
            &["prompts/own.j2:2", "q-001", "item.prompt"],
        ),
        ("{% block user %}{{ item.responses }}{% endblock %}", &["prompts/own.j2:1"]),
        ("{% block user %}{{ oops", &["prompts/own.j2:1"]),
        ("No block at all", &["prompts/own.j2: there is neither", "block system"]),
        (
            "{% block user %}{% endblock %}",
            &["prompts/own.j2: item q-001", "prompts.jsonl:1", "item.prompt"],
        ),
    ];
    for (template, expected) in cases {
        let mut item = prompt(1, "");
        item["reference"] = json!("A reference.");
        let said = refused(3, &own, Some(template), item);
        for part in expected {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}

#[test]
fn a_prompt_that_cannot_be_sent_names_its_line_and_the_field() {
    let turn = |role: &str| json!({ "role": role, "content": "x" });
    let calls = json!({ "role": "assistant", "content": "", "tool_calls":
        [{ "id": "1", "type": "function", "function": { "name": "f", "arguments": "{}" } }] });
    let cases = [
        (json!([turn("user"), turn("assistant")]), "the last turn is not the user's"),
        (json!([turn("user"), calls, turn("user")]), "tools cannot be sent"),
        (json!([turn("narrator"), turn("user")]), "a turn of the role `narrator` cannot be sent"),
        (
            json!([turn("user"), turn("developer"), turn("user")]),
            "a system message after the first turn",
        ),
        (json!(""), "the prompt is empty"),
        (json!(" \n"), "the prompt is empty"),
        (
            json!([turn("user"), { "role": "assistant", "content": "" }, turn("user")]),
            "a turn is empty",
        ),
        (json!([turn("system"), { "role": "user", "content": "" }]), "the prompt is empty"),
    ];
    for (turns, why) in cases {
        let said = refused(3, &[], None, json!({ "id": "a", "prompt": turns }));
        assert!(said.contains("prompts.jsonl:1: prompt: ") && said.contains(why), "{said}");
    }
    let turns = json!([turn("system"), turn("user")]);
    let template = "{% block system %}Another.{% endblock %}";
    let said = refused(
        3,
        &[("prompt", "\"own.j2\"")],
        Some(template),
        json!({ "id": "a", "prompt": turns }),
    );
    assert!(said.contains("prompts.jsonl:1: prompt: this has a system message"), "{said}");
}

#[test]
fn an_item_that_has_a_response_of_the_system_is_refused() {
    let mut item = prompt(1, "");
    item["responses"] = json!({ "one": "There already." });
    let said = refused(3, &[], None, item);
    assert!(said.contains("prompts.jsonl:1: responses.one: the item has a response"), "{said}");
}

#[test]
fn what_is_said_of_how_a_response_was_made_is_checked() {
    let cases = [
        (json!({ "one": { "model": 7 } }), "generated.one: "),
        (json!({ "one": { "model": "m", "mark": "odd" } }), "generated.one: "),
        (
            json!({ "one": { "model": "m", "cost": -1 } }),
            "generated.one.cost: expected a number, 0 or more",
        ),
        (json!({ "tie": { "model": "m" } }), "generated: `tie` is a reserved name"),
    ];
    for (generated, expected) in cases {
        let mut item = prompt(1, "");
        item["generated"] = generated;
        let said = refused(3, &[], None, item);
        assert!(said.contains("prompts.jsonl:1") && said.contains(expected), "{said}");
    }
}

#[test]
fn an_unrelated_field_of_that_name_is_ignored_with_a_warning() {
    let scene = GenerationScene::echoing(1);
    let mut item = prompt(1, "");
    item["generated"] = json!("2024-05-01");
    scene.prompts([item]);
    let said = scene.generate(&[]).expect(0);
    assert!(said.stderr.contains("field `generated` of 1 item is ignored"), "{}", said.stderr);
}

#[test]
fn a_system_that_is_a_judge_names_the_settings_of_the_judge() {
    let scene = GenerationScene::echoing(1);
    let table = format!("[judges.j]\nmodel = \"m\"\nbase_url = {:?}\n", scene.server.base_url());
    scene.folder.write("evenhand.toml", &table);
    let flags = ["--system", "x=j", "--to", "o.jsonl"];
    let said = scene.run(&[&flags[..], &["--max-cost", "1"]].concat()).expect(3);
    assert!(said.stderr.contains("judges.j.price is missing"), "{}", said.stderr);
    let price = "judges.j.price = { input_per_million = 1, output_per_million = 1 }";
    scene.run(&[&flags[..], &["--max-cost", "1", "--set", price]].concat()).expect(0);
    assert_eq!(scene.items_in("o.jsonl")[0]["responses"]["x"], "m | user: Question q-001");
}

#[test]
fn mistakes_in_the_flags_say_what_to_do() {
    let scene = GenerationScene::echoing(1);
    scene.folder.write("own.jsonl", "{\"id\":\"a\"}\n");
    let cases: [(i32, &[&str], &str); 16] = [
        (2, &["--system", "plain", "--to", "prompts.jsonl"], "this is the file of the prompts"),
        (
            2,
            &["--system", "plain", "--to", "own.jsonl"],
            "the file exists, and there is no runs/generate-own.db that has written it",
        ),
        (2, &["--system", "plain", "--to", "o.csv"], "items are written as JSONL to a file"),
        (2, &["--system", "plain", "--to", "-"], "items are written as JSONL to a file"),
        (2, &["--system", "plain", "--to", "prompts"], "this is not a file"),
        (2, &["--system", "plain", "--to", "none/o.jsonl"], "its folder does not exist"),
        (2, &["--system", "plain", "--to", "r.db", "--run", "r.db"], "this is the run file"),
        (
            2,
            &["--system", "plain", "--to", "r.jsonl", "--samples", "2", "--run", "./r.2.jsonl"],
            "this is the run file",
        ),
        (
            2,
            &["--system", "plain", "--system", "plain", "--to", "o.jsonl"],
            "system plain is given twice",
        ),
        (2, &["--system", "plain=openai:m", "--to", "o.jsonl"], "this declares the system already"),
        (3, &["--system", "plian", "--to", "o.jsonl"], "did you mean `plain`?"),
        (2, &["--system", "openai:gpt-4o", "--to", "o.jsonl"], "--system gpt-4o=openai:gpt-4o"),
        (3, &["--system", "tie=openai:m", "--to", "o.jsonl"], "`tie` is a reserved name"),
        (3, &["--system", "x=builtin:longer", "--to", "o.jsonl"], "a rule that only judges"),
        (3, &["--system", "x=openai:m", "--to", "o.jsonl"], "OPENAI_API_KEY is not set"),
        (
            2,
            &["--system", "plain", "--samples", "3", "--max-requests", "2", "--to", "o.jsonl"],
            "--max-requests 2 is not enough for the next prompt",
        ),
    ];
    for (code, flags, expected) in cases {
        let said = scene.run(flags).expect(code);
        assert!(said.stderr.contains(expected), "{flags:?}: {}", said.stderr);
    }
    assert_eq!(scene.server.requests(), 0);
}

#[test]
fn a_judge_has_no_prompt_of_its_own() {
    let scene = GenerationScene::echoing(1);
    scene.generate(&[]).expect(0);
    let table =
        "[judges.j]\nmodel = \"m\"\nbase_url = \"http://127.0.0.1:1/v1\"\nprompt = \"p.j2\"\n";
    scene.folder.write("judge.toml", table);
    let judge = [
        "judge",
        "items.jsonl",
        "--rubric",
        "helpfulness",
        "--judge",
        "j",
        "--config",
        "judge.toml",
    ];
    let said = scene.folder.run(&judge).expect(3);
    assert!(
        said.stderr.contains("judge.toml:1: judges.j.prompt: this is a setting of a system"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_run_of_responses_is_not_taken_for_a_run_of_comparisons_nor_the_reverse() {
    let scene = GenerationScene::echoing(2);
    scene.generate(&[]).expect(0);
    for command in ["report", "verdicts", "show", "rank"] {
        let said = scene.folder.run(&[command, "runs/generate-items.db"]).expect(3);
        assert!(
            said.stderr.contains("has generated responses, and no comparisons"),
            "{command}: {}",
            said.stderr
        );
    }
    let judge = [
        "judge",
        "items.jsonl",
        "--rubric",
        "helpfulness",
        "--judge",
        "builtin:longer",
        "--run",
        "judged.db",
    ];
    scene.folder.run(&judge).expect(0);
    let said = scene.generate(&["--run", "judged.db"]).expect(7);
    assert!(said.stderr.contains("has comparisons, and no generated responses"), "{}", said.stderr);
    let listed = scene.folder.run(&["runs"]).expect(0).stdout;
    assert!(listed.contains("generated responses"), "{listed}");
    let prune = scene.folder.run(&["runs", "prune", "--older-than", "0d", "--yes"]);
    assert!(prune.stderr.contains("it has responses that were paid for"), "{}", prune.stderr);
    assert!(scene.folder.path().join("runs/generate-items.db").exists());
}
