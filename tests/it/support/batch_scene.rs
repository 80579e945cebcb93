//! A folder with items and a judge at a provider of batches.

use std::process::{Child, Command, Stdio};

use super::batch_server::{Asked, BatchServer, Ends};
use super::server::KEY;
use super::{CommandOutput, Folder, lines_of};

/// The form of the API that a judge is asked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    OpenAi,
    Messages,
}

/// A folder with items and a judge, `judge-1`, at a provider of batches.
pub(crate) struct BatchScene {
    pub(crate) folder: Folder,
    pub(crate) server: BatchServer,
    form: Form,
}

impl BatchScene {
    pub(crate) fn new(
        form: Form,
        items: usize,
        script: impl Fn(&Asked) -> Ends + Send + Sync + 'static,
    ) -> Self {
        let scene = Self { folder: Folder::new(), server: BatchServer::start(script), form };
        scene.folder.write_items(items);
        scene.settings(&[]);
        scene
    }

    /// Writes the settings of the judge, with these besides the usual ones.
    pub(crate) fn settings(&self, further: &[(&str, &str)]) {
        let base_url = self.server.base_url();
        let api = if self.form == Form::Messages { "api = \"anthropic\"\n" } else { "" };
        let further = lines_of(further.iter().map(|(key, value)| format!("{key} = {value}")));
        let text = format!(
            "[judges.judge-1]\nmodel = \"model-1\"\nbase_url = \"{base_url}\"\n{api}\
             api_key_env = \"TEST_JUDGE_KEY\"\nmax_attempts = 3\n\
             price = {{ input_per_million = 10.0, output_per_million = 50.0 }}\n{further}"
        );
        self.folder.write("evenhand.toml", &text);
    }

    /// Adds a judge that asks another model.
    pub(crate) fn further_judge(&self, name: &str, model: &str) {
        let text = std::fs::read_to_string(self.folder.path().join("evenhand.toml")).unwrap();
        let further = text.replace("judge-1", name).replace("model-1", model);
        self.folder.write("evenhand.toml", &format!("{text}\n{further}"));
    }

    pub(crate) fn command(&self, flags: &[&str]) -> Command {
        let mut command = self.folder.judge_command(flags);
        command.env("TEST_JUDGE_KEY", KEY).env("NO_PROXY", "127.0.0.1");
        command
    }

    /// `judge --batch` with these flags.
    pub(crate) fn batch(&self, flags: &[&str]) -> CommandOutput {
        let flags: Vec<&str> = ["--batch"].iter().chain(flags).copied().collect();
        CommandOutput::of(&self.command(&flags).output().unwrap())
    }

    /// `judge` without batches.
    pub(crate) fn judge(&self, flags: &[&str]) -> CommandOutput {
        CommandOutput::of(&self.command(flags).output().unwrap())
    }

    /// Starts `judge --batch` and returns it while it runs.
    pub(crate) fn batch_started(&self, flags: &[&str]) -> Child {
        let flags: Vec<&str> = ["--batch"].iter().chain(flags).copied().collect();
        self.command(&flags).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }
}
