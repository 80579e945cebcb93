//! What changed in the manifests.

use serde_json::{Value, json};

use super::diff_in;
use crate::support::Folder;
use crate::support::server::{Answer, Server};

const ITEMS: &str =
    "{\"id\":\"x\",\"prompt\":\"p\",\"responses\":{\"alpha\":\"one\",\"beta\":\"two\"}}\n";

const RUBRIC: &str = "name = \"r\"\nversion = \"1.0.0\"\ndescription = \"Which is better?\"\n\
                      prompt = \"p.j2\"\nties = true\n\
                      [[criteria]]\nname = \"tone\"\ndescription = \"Polite?\"\n";

const PROMPT: &str = "{% block system %}judge{% endblock %}{% block user %}{{ item.prompt }} {{ first }} {{ second }}{% endblock %}";

/// Judges with one rubric and flags, changes both, and judges again.
fn changed(change: impl FnOnce(&Folder), flags: [&[&str]; 2]) -> Value {
    let folder = Folder::new();
    folder.write("items.jsonl", ITEMS);
    folder.write("rubrics/r.toml", RUBRIC);
    folder.write("prompts/p.j2", PROMPT);
    folder.write("prompts/unused.j2", "nothing");
    let judge = |run: &str, flags: &[&str]| {
        let command =
            ["judge", "items.jsonl", "--rubric", "r", "--run", run, "--inconclusive", "pass"];
        folder.run(&[&command[..], flags].concat()).expect(0);
    };
    judge("a.db", flags[0]);
    change(&folder);
    judge("b.db", flags[1]);
    diff_in(&folder, &[])
}

const LONGER: &[&str] = &["--judge", "builtin:longer"];

fn names(found: &Value) -> Vec<&str> {
    found["changed"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect()
}

#[test]
fn every_part_of_a_rubric_has_its_name() {
    let rewrite = |from: &'static str, to: &'static str| {
        changed(
            move |folder| {
                assert!(RUBRIC.contains(from));
                folder.write("rubrics/r.toml", &RUBRIC.replace(from, to));
            },
            [LONGER, LONGER],
        )
    };
    for (from, to, field) in [
        ("\"r\"", "\"s\"", "rubric.name"),
        ("1.0.0", "1.1.0", "rubric.version"),
        ("Which", "What", "rubric.description"),
        ("ties = true", "ties = false", "rubric.ties"),
        ("Polite?", "Kind?", "rubric.criteria"),
        ("[[criteria]]", "# a comment\n[[criteria]]", "rubric"),
        (
            "ties = true",
            "ties = true\nreply = { format = \"pattern\", first = \"A\", second = \"B\", tie = \"C\" }",
            "rubric.reply",
        ),
    ] {
        let found = rewrite(from, to);
        assert_eq!(names(&found), [field]);
        let diff = found["rubric_diff"].as_str().unwrap();
        assert!(diff.starts_with("--- before: r 1.0.0\n+++ after: "), "{diff}");
        assert!(diff.contains("\n+"), "{diff}");
        assert!(found["prompt_diff"].is_null());
    }
    let found = rewrite("Polite?", "Kind?");
    assert_eq!(found["manifest"][0]["after"], json!([{ "name": "tone", "description": "Kind?" }]));
}

#[test]
fn a_prompt_is_compared_with_what_it_includes_and_nothing_else() {
    let unused =
        changed(|folder| drop(folder.write("prompts/unused.j2", "else")), [LONGER, LONGER]);
    assert_eq!(names(&unused), [] as [&str; 0]);
    assert!(unused["prompt_diff"].is_null());
    let included = changed(
        |folder| {
            folder.write("prompts/p.j2", &PROMPT.replace("judge", "{% include 'unused.j2' %}"));
            folder.write("prompts/unused.j2", "else");
        },
        [LONGER, LONGER],
    );
    assert_eq!(names(&included), ["prompt"]);
    assert_eq!(included["manifest"][0]["after"], json!(["p.j2", "unused.j2"]));
    let diff = included["prompt_diff"].as_str().unwrap();
    assert!(diff.contains("+++ after: unused.j2\n") && diff.contains("\n+else"), "{diff}");
    // The prompt that a rubric names is compared whatever its file is called.
    let renamed = changed(
        |folder| {
            folder.write("prompts/q.j2", &PROMPT.replace("judge", "referee"));
            folder.write("rubrics/r.toml", &RUBRIC.replace("p.j2", "q.j2"));
        },
        [LONGER, LONGER],
    );
    assert_eq!(names(&renamed), ["rubric", "prompt"]);
    let diff = renamed["prompt_diff"].as_str().unwrap();
    assert!(diff.starts_with("--- before: p.j2\n+++ after: q.j2\n"), "{diff}");
}

#[test]
fn judge_seed_repeat_and_baseline_have_their_names() {
    let same = |_: &Folder| {};
    let flags: &[&str] =
        &["--judge", "builtin:longer", "--seed", "7", "--repeat", "2", "--baseline", "beta"];
    assert_eq!(names(&changed(same, [LONGER, flags])), ["seed", "repeat", "baseline"]);
    let found = changed(same, [LONGER, &["--judge", "builtin:first"]]);
    assert_eq!(names(&found), ["judge", "judge.model"]);
    assert_eq!(found["manifest"][1]["after"], "builtin:first");
}

#[test]
fn the_settings_of_an_endpoint_and_the_model_that_answered_have_their_names() {
    let server = Server::start(|seen| {
        let reply = json!({ "reasoning": "", "criteria": { "tone": "tie" }, "vote": "first" });
        let mut body = crate::support::server::completion(&reply.to_string());
        body["model"] = format!("{}-2026", seen.model()).into();
        Answer::json(200, &body)
    });
    let settings = |model: &str, more: &str| {
        format!("[judges.j]\nmodel = \"{model}\"\nbase_url = \"{}\"\n{more}", server.base_url())
    };
    let flags: &[&str] = &["--judge", "j", "--config", "settings.toml"];
    let folder = Folder::new();
    folder.write("items.jsonl", ITEMS);
    folder.write(
        "r.toml",
        "name = \"r\"\ndescription = \"?\"\n[[criteria]]\nname = \"tone\"\ndescription = \"?\"\n",
    );
    for (run, text) in [
        ("a.db", settings("m", "temperature = 0.0\n")),
        ("b.db", settings("n", "temperature = 1.0\nmax_tokens = 9000\nextra = { top_p = 0.5 }\n")),
    ] {
        folder.write("settings.toml", &text);
        let judge = [
            "judge",
            "items.jsonl",
            "--rubric",
            "./r.toml",
            "--run",
            run,
            "--inconclusive",
            "pass",
        ];
        folder.run(&[&judge[..], flags].concat()).expect(0);
    }
    let found = diff_in(&folder, &[]);
    assert_eq!(
        names(&found),
        ["judge.model", "judge.temperature", "judge.max_tokens", "judge.extra", "judge.served"]
    );
    assert_eq!(
        found["manifest"][1],
        json!({ "field": "judge.temperature", "before": 0.0, "after": 1.0 })
    );
    assert_eq!(found["manifest"][4]["after"], json!(["n-2026 (fp_1)"]));
}
