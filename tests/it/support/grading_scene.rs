//! A folder with items, a rubric that grades and a judge, and the server that the settings name.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::server::{Answer, ReceivedRequest, Server};
use super::{CommandOutput, Folder, lines_of};

pub(crate) const RUBRIC: &str = "
name = \"quality\"
description = \"Is the answer good enough to be sent?\"
mode = \"grade\"
scale = [\"fail\", \"pass\"]
";

pub(crate) struct GradingScene {
    pub(crate) folder: Folder,
    pub(crate) server: Server,
}

impl GradingScene {
    /// Items `q-001` and so on with responses of `alpha` and `beta`, and the judge `gpt`.
    pub(crate) fn new(
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
    pub(crate) fn passing(items: usize) -> Self {
        Self::new(items, |_| grades("pass"))
    }

    /// Writes the settings of judges with further keys.
    pub(crate) fn settings(&self, judges: &[(&str, &[(&str, &str)])]) {
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

    /// Runs any command.
    pub(crate) fn run(&self, arguments: &[&str]) -> CommandOutput {
        CommandOutput::of(&self.any_command(arguments).output().unwrap())
    }

    /// Any command; no proxy of the environment receives its requests.
    pub(crate) fn any_command(&self, arguments: &[&str]) -> Command {
        let mut command = self.folder.command(arguments);
        command.env("NO_PROXY", "127.0.0.1").stdin(Stdio::null());
        command
    }

    /// `grade` with the rubric `quality` and the judge `gpt`.
    pub(crate) fn command(&self, flags: &[&str]) -> Command {
        let common = ["grade", "items.jsonl", "--rubric", "quality", "--judge", "gpt"];
        self.any_command(&[&common, flags].concat())
    }

    pub(crate) fn grade(&self, flags: &[&str]) -> CommandOutput {
        CommandOutput::of(&self.command(flags).output().unwrap())
    }

    /// Grades and returns the document.
    pub(crate) fn numbers(&self, flags: &[&str]) -> Value {
        let said = self.grade(&[&["--format", "json"], flags].concat()).expect(0);
        serde_json::from_str(&said.stdout).unwrap()
    }
}

pub(crate) fn item(number: usize) -> Value {
    let id = format!("q-{number:03}");
    json!({
        "id": id,
        "prompt": format!("Question {id} of somebody."),
        "responses": { "alpha": format!("ALPHA answers {id}."), "beta": format!("BETA answers {id}.") },
    })
}

/// The JSON reply with a grade.
pub(crate) fn reply(grade: &str) -> String {
    json!({ "reasoning": "As the script says.", "criteria": {}, "grade": grade }).to_string()
}

pub(crate) fn grades(grade: &str) -> Answer {
    Answer::says(&reply(grade))
}

/// Whether the steps of the scale are shown from the best to the worst.
pub(crate) fn is_reversed(seen: &ReceivedRequest) -> bool {
    let instructions = seen.body["messages"][0]["content"].as_str().unwrap();
    instructions.find("\"pass\"") < instructions.find("\"fail\"")
}

/// The system whose response is shown.
pub(crate) fn system(seen: &ReceivedRequest) -> &'static str {
    let messages = seen.body["messages"].as_array().unwrap();
    let shown = messages.last().unwrap()["content"].as_str().unwrap();
    if shown.contains("ALPHA") { "alpha" } else { "beta" }
}
