//! What a difference shows where texts must not be shared.

use serde_json::{Value, json};

use super::html::with_cases;
use crate::support::server::{Answer, Server, completion};
use crate::support::{CommandOutput, Folder};

/// A word in every text, folder and address.
const SECRET: &str = "zebra";

/// Two runs in `zebra-runs` by different rubrics, prompts and models, with labels by three people.
struct SecretRuns {
    folder: Folder,
    _server: Server,
}

impl SecretRuns {
    fn new() -> Self {
        let server = Server::start(|seen| {
            let side = if seen.model().contains("first") { "first" } else { "second" };
            let vote = json!({ "reasoning": SECRET, "criteria": { "tone": side }, "vote": side });
            let mut body = completion(&vote.to_string());
            body["model"] = format!("/srv/{SECRET}-models/served-{side}.gguf").into();
            body["system_fingerprint"] = format!("/srv/{SECRET}-prints/print-{side}").into();
            Answer::json(200, &body)
        });
        let folder = Folder::new();
        for (run, side, ids) in
            [("a.db", "first", ["q1", "q2", "q3"]), ("b.db", "second", ["q1", "q2", "q4"])]
        {
            write_project(&folder, &server, side, &ids);
            let path = path(&folder, run);
            let judge = ["judge", "items.jsonl", "--rubric", "r", "--judge", "j", "--run", &path];
            folder.run(&[&judge[..], &["--inconclusive", "pass"]].concat()).expect(0);
        }
        Self { folder, _server: server }
    }

    fn diff(&self, flags: &[&str]) -> CommandOutput {
        let [before, after] = ["a.db", "b.db"].map(|run| path(&self.folder, run));
        let labels = ["--labels", "labels.jsonl", "--limit", "100"];
        self.folder.run(&[&["diff", &before, &after], &labels[..], flags].concat()).expect(0)
    }

    fn json(&self, flags: &[&str]) -> Value {
        serde_json::from_str(&self.diff(&[&["--format", "json"], flags].concat()).stdout).unwrap()
    }
}

/// The absolute path of a run in a folder whose name is secret.
fn path(folder: &Folder, run: &str) -> String {
    folder.path().join(format!("{SECRET}-runs")).join(run).display().to_string()
}

fn write_project(folder: &Folder, server: &Server, side: &str, ids: &[&str]) {
    let (mut items, mut labels) = (String::new(), String::new());
    for id in ids {
        let text = format!("{SECRET} {id}");
        // Of q2 the texts differ.
        let prompt = if *id == "q2" { format!("{text} {side}") } else { text.clone() };
        let item = json!({ "id": id, "prompt": prompt, "reference": text, "context": { "note": text },
                           "responses": { "alpha": format!("{text} 1"), "beta": format!("{text} 2") } });
        items += &item.to_string();
        items.push('\n');
        for (name, winner) in [("zebra-bea", "beta"), ("zebra-al", "alpha"), ("zebra-cy", "alpha")]
        {
            labels += &crate::support::labelled_run::label(id, name, ["alpha", "beta"], winner);
        }
    }
    folder.write("items.jsonl", &items);
    folder.write("labels.jsonl", &labels);
    std::fs::create_dir_all(folder.path().join(format!("{SECRET}-runs"))).unwrap();
    folder.write(
        "rubrics/r.toml",
        &format!(
            "name = \"r\"\nversion = \"{}.0.0\"\ndescription = \"{SECRET} {side}\"\nprompt = \"{SECRET}-{side}.j2\"\n\
             [[criteria]]\nname = \"tone\"\ndescription = \"{SECRET} {side}\"\n",
            side.len()
        ),
    );
    folder.write(
        &format!("prompts/{SECRET}-{side}.j2"),
        &format!("{{% block system %}}{SECRET} {side}{{% endblock %}}{{% block user %}}{{{{ item.prompt }}}} {{{{ first }}}} {{{{ second }}}}{{% endblock %}}"),
    );
    folder.write(
        "evenhand.toml",
        &format!(
            "[judges.j]\nmodel = \"/srv/{SECRET}-models/{side}.gguf\"\nbase_url = \"{}\"\n\
             extra = {{ top_p = 0.5, adapter = \"/srv/{SECRET}/{side}\", stop = [\"the {SECRET} {side}\"], \
             proxy = \"http://{SECRET}.example/{side}\" }}\n",
            server.base_url().replace("127.0.0.1", if side == "first" { "127.0.0.1" } else { "localhost" })
        ),
    );
}

#[test]
fn no_text_folder_address_or_annotator_is_left_in_any_format() {
    let runs = SecretRuns::new();
    let folder = runs.folder.path().display().to_string();
    for format in ["table", "markdown", "json", "html"] {
        let text = |flags: &[&str]| {
            let name = format!("out.{format}");
            let file = ["--format", format, "--output", &name];
            runs.diff(&[&file, flags].concat());
            let text = std::fs::read_to_string(runs.folder.path().join(&name)).unwrap();
            if format == "html" { with_cases(&text) } else { text }
        };
        // Otherwise it is there.
        assert!(text(&[]).contains(SECRET), "{format}");
        let redacted = text(&["--redact"]);
        for word in [SECRET, &folder, "/srv", "127.0.0.1", "localhost"] {
            let at = redacted.find(word);
            let around = at.map(|at| {
                redacted
                    .chars()
                    .skip(redacted[..at].chars().count().saturating_sub(200))
                    .take(400)
                    .collect::<String>()
            });
            assert!(around.is_none(), "{format}: {word} in {around:?}");
        }
        // What is no text stays.
        for word in ["a.db", "b.db", "tone", "q1"] {
            // Without texts, Markdown lists no comparisons.
            if word == "q1" && format == "markdown" {
                continue;
            }
            assert!(redacted.contains(word), "{format}: {word}");
        }
    }
}

#[test]
fn what_is_left_of_redacted_fields_is_as_in_a_report() {
    let runs = SecretRuns::new();
    let found = runs.json(&["--redact"]);
    let field = |name: &str| {
        let fields = found["manifest"].as_array().unwrap();
        let change = fields.iter().find(|change| change["field"] == name);
        let change = change.unwrap_or_else(|| panic!("no {name} in {fields:?}"));
        [change["before"].clone(), change["after"].clone()]
    };
    assert_eq!(field("judge.model"), ["first.gguf", "second.gguf"]);
    assert_eq!(field("judge.base_url"), [Value::Null, Value::Null]);
    let extra = |name: &str| json!({ "top_p": 0.5, "adapter": name, "stop": ["(text)"], "proxy": "(text)" });
    assert_eq!(field("judge.extra"), [extra("first"), extra("second")]);
    assert_eq!(found["runs"], json!(["a.db", "b.db"]));
    let message = |code: &str| {
        let warnings = found["warnings"].as_array().unwrap();
        let warning = warnings.iter().find(|warning| warning["code"] == code).unwrap();
        warning["message"].as_str().unwrap().to_owned()
    };
    assert!(
        message("texts-changed").contains("context in b.db: q2"),
        "{}",
        message("texts-changed")
    );
    assert!(
        message("different-items").contains("only in a.db and"),
        "{}",
        message("different-items")
    );
    let unknown = message("noise-unknown");
    assert!(unknown.contains("--judge j --run a.db --repeat 3"), "{unknown}");
}

#[test]
fn annotators_have_the_numbers_that_a_report_gives_them() {
    let runs = SecretRuns::new();
    let annotators = |found: &Value| -> Vec<String> {
        let labels = found["cases"][0]["labels"].as_array().unwrap();
        labels.iter().map(|label| label["annotator"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(annotators(&runs.json(&[])), ["zebra-bea", "zebra-al", "zebra-cy"]);
    let run = path(&runs.folder, "b.db");
    let flags =
        ["report", &run, "--labels", "labels.jsonl", "--format", "html", "--output", "r.html"];
    let page = |flags: &[&str]| {
        runs.folder.run(flags).expect(0);
        with_cases(&std::fs::read_to_string(runs.folder.path().join("r.html")).unwrap())
    };
    let report = page(&[&flags[..], &["--redact"]].concat());
    let found = annotators(&runs.json(&["--redact"]));
    let first = &found[0];
    // bea alone prefers beta.
    assert!(
        report.contains(&format!(r#"{{"annotator":"{first}","winner":"beta"}}"#)),
        "{first}\n{report}"
    );
}
