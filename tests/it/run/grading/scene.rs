//! A folder with items, a rubric that grades and a judge, and the server that the settings name.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::server::{Answer, ReceivedRequest, Server};
use crate::support::{CommandOutput, Folder, lines_of};

pub(super) const RUBRIC: &str = "
name = \"quality\"
description = \"Is the answer good enough to be sent?\"
mode = \"grade\"
scale = [\"fail\", \"pass\"]
";

pub(super) struct GradingScene {
    pub(super) folder: Folder,
    pub(super) server: Server,
}

impl GradingScene {
    /// Items `q-001` and so on with responses of `alpha` and `beta`, and the judge `gpt`.
    pub(super) fn new(
        items: usize,
        script: impl Fn(&ReceivedRequest) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let scene = Self { folder: Folder::new(), server: Server::start(script) };
        scene.folder.write("items.jsonl", &lines_of((1..=items).map(item)));
        scene.folder.write("rubrics/quality.toml", RUBRIC);
        scene.settings(&[("gpt", &[])]);
        scene
    }

    /// Passes every response.
    pub(super) fn passing(items: usize) -> Self {
        Self::new(items, |_| grades("pass"))
    }

    /// Writes the settings of judges with further keys.
    pub(super) fn settings(&self, judges: &[(&str, &[(&str, &str)])]) {
        let tables = judges.iter().map(|(name, further)| {
            let lines = further.iter().map(|(key, value)| format!("{key} = {value}\n"));
            format!(
                "[judges.{name}]\nmodel = \"model-of-{name}\"\nbase_url = {:?}\nmax_attempts = 2\n{}\n",
                self.server.base_url(),
                lines.collect::<String>()
            )
        });
        self.folder.write("evenhand.toml", &tables.collect::<String>());
    }

    pub(super) fn command(&self, flags: &[&str]) -> Command {
        let common = ["grade", "items.jsonl", "--rubric", "quality", "--judge", "gpt"];
        let mut command = self.folder.command(&[&common, flags].concat());
        command.env("NO_PROXY", "127.0.0.1").stdin(Stdio::null());
        command
    }

    pub(super) fn grade(&self, flags: &[&str]) -> CommandOutput {
        CommandOutput::of(&self.command(flags).output().unwrap())
    }

    /// Grades and returns the document.
    pub(super) fn numbers(&self, flags: &[&str]) -> Value {
        let said = self.grade(&[&["--format", "json"], flags].concat()).expect(0);
        serde_json::from_str(&said.stdout).unwrap()
    }
}

pub(super) fn item(number: usize) -> Value {
    let id = format!("q-{number:03}");
    json!({
        "id": id,
        "prompt": format!("Question {id} of somebody."),
        "responses": { "alpha": format!("ALPHA answers {id}."), "beta": format!("BETA answers {id}.") },
    })
}

/// The JSON reply with a grade.
pub(super) fn reply(grade: &str) -> String {
    json!({ "reasoning": "As the script says.", "criteria": {}, "grade": grade }).to_string()
}

pub(super) fn grades(grade: &str) -> Answer {
    Answer::says(&reply(grade))
}

/// Whether the steps of the scale are shown from the best to the worst.
pub(super) fn is_reversed(seen: &ReceivedRequest) -> bool {
    let instructions = seen.body["messages"][0]["content"].as_str().unwrap();
    instructions.find("\"pass\"") < instructions.find("\"fail\"")
}

/// The system whose response is shown.
pub(super) fn system(seen: &ReceivedRequest) -> &'static str {
    let messages = seen.body["messages"].as_array().unwrap();
    let shown = messages.last().unwrap()["content"].as_str().unwrap();
    if shown.contains("ALPHA") { "alpha" } else { "beta" }
}
