//! A folder with prompts and settings of systems, and the server that the settings name.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::server::{Answer, ReceivedRequest, Server, completion};
use crate::support::{CommandOutput, Folder, lines_of};

pub(super) struct GenerationScene {
    pub(super) folder: Folder,
    pub(super) server: Server,
}

impl GenerationScene {
    /// Prompts `q-001` and so on, and the systems `plain`, which is sent them as they are, and `brief`, which has a
    /// template.
    pub(super) fn new(
        prompts: usize,
        script: impl Fn(&ReceivedRequest) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let scene = Self { folder: Folder::new(), server: Server::start(script) };
        scene.prompts((1..=prompts).map(|number| prompt(number, "")));
        scene.folder.write("prompts/brief.j2", "{% block system %}Be brief.{% endblock %}\n");
        scene.settings(&[("plain", &[]), ("brief", &[("prompt", "\"brief.j2\"")])]);
        scene
    }

    /// Answers with a text that only the request decides.
    pub(super) fn echoing(prompts: usize) -> Self {
        Self::new(prompts, |seen| Answer::says(&echo(seen)))
    }

    pub(super) fn prompts(&self, items: impl IntoIterator<Item = Value>) {
        self.folder.write("prompts.jsonl", &lines_of(items));
    }

    /// Writes the settings of systems, each of whose models is called `model-of-NAME`.
    pub(super) fn settings(&self, systems: &[(&str, &[(&str, &str)])]) {
        let tables: Vec<String> = systems
            .iter()
            .map(|(name, further)| {
                let model = format!("\"model-of-{name}\"");
                let own_model = further.iter().any(|(key, _)| *key == "model");
                let model = (!own_model).then_some(("model", model.as_str()));
                let lines = further.iter().copied().chain(model);
                let lines = lines.map(|(key, value)| format!("{key} = {value}\n"));
                format!(
                    "[systems.{name}]\nbase_url = {:?}\nmax_attempts = 2\n{}\n",
                    self.server.base_url(),
                    lines.collect::<String>()
                )
            })
            .collect();
        self.folder.write("evenhand.toml", &tables.concat());
    }

    pub(super) fn command(&self, flags: &[&str]) -> Command {
        let mut command = self.folder.command(&[&["generate", "prompts.jsonl"], flags].concat());
        command.env("NO_PROXY", "127.0.0.1").stdin(Stdio::null());
        command
    }

    pub(super) fn run(&self, flags: &[&str]) -> CommandOutput {
        CommandOutput::of(&self.command(flags).output().unwrap())
    }

    /// Both systems into `items.jsonl`.
    pub(super) fn generate(&self, flags: &[&str]) -> CommandOutput {
        let both = ["--system", "plain", "--system", "brief", "--to", "items.jsonl"];
        self.run(&[&both, flags].concat())
    }

    /// The items that were written.
    pub(super) fn items(&self) -> Vec<Value> {
        self.items_in("items.jsonl")
    }

    pub(super) fn items_in(&self, name: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.folder.path().join(name)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// What the requests since an earlier number asked: the model and the last message.
    pub(super) fn asked_since(&self, before: usize) -> Vec<(String, String)> {
        let mut asked: Vec<(String, String)> = self.server.seen()[before..]
            .iter()
            .map(|seen| {
                let last = seen.body["messages"].as_array().unwrap().last().unwrap();
                (seen.model().to_owned(), last["content"].as_str().unwrap().to_owned())
            })
            .collect();
        asked.sort();
        asked
    }
}

pub(super) fn prompt(number: usize, more: &str) -> Value {
    json!({ "id": format!("q-{number:03}"), "prompt": format!("Question q-{number:03} {more}").trim_end() })
}

/// The roles and texts of a request, and its model.
pub(super) fn echo(seen: &ReceivedRequest) -> String {
    let messages = seen.body["messages"].as_array().unwrap().iter();
    let shown = messages.map(|message| {
        format!("{}: {}", message["role"].as_str().unwrap(), message["content"].as_str().unwrap())
    });
    format!("{} | {}", seen.model(), shown.collect::<Vec<_>>().join(" | "))
}

/// A completion with a finish reason, and a refusal if there is one.
pub(super) fn ends(text: Option<&str>, finish_reason: &str, refusal: Option<&str>) -> Answer {
    let mut body = completion("");
    body["choices"][0]["message"]["content"] = json!(text);
    body["choices"][0]["message"]["refusal"] = json!(refusal);
    body["choices"][0]["finish_reason"] = json!(finish_reason);
    Answer::json(200, &body)
}
