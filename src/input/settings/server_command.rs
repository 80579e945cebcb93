//! The command that starts a judge's server, such as `llama-server -m model.gguf --port {port}`.

use std::path::PathBuf;
use std::time::Duration;

use super::command_line::CommandLine;
use crate::error::{Error, Result};

/// What is replaced by the number of the port in every word.
const PORT: &str = "{port}";
/// The default of [`ServerCommand::start_timeout`]: a large model takes minutes to load.
const START_TIMEOUT: Duration = Duration::from_mins(10);

/// The command that starts a server of a judge, and how its start is watched.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ServerCommand {
    /// `{port}` in its words stands for the port that the server has to listen on.
    command: CommandLine,
    /// The folder that it is run in.
    pub folder: PathBuf,
    /// How many servers are started, each on a port of its own.
    pub replicas: usize,
    /// How long a server may take until it is ready.
    pub start_timeout: Duration,
}

impl ServerCommand {
    /// Reads a command, which is divided into words as a shell does; nothing in it is expanded. It is run in the
    /// working folder.
    ///
    /// # Errors
    ///
    /// It has no words, a quotation mark is not closed, it contains a NUL character, or `{port}` is missing; the message
    /// begins with `place`.
    pub fn parse(place: &str, text: &str) -> Result<Self> {
        let example = "for example: llama-server -m model.gguf --port {port}";
        let invalid = |why: &str| Error::input(format!("{place}: {why}")).hint(example);
        let command = CommandLine::parse(text)
            .map_err(|error| invalid(&error.describe("the command that starts the server")))?;
        if !command.words().iter().any(|word| word.contains(PORT)) {
            return Err(invalid(
                "{port} is missing; it stands for the port that the server must listen on",
            ));
        }
        Ok(Self { command, folder: PathBuf::from("."), replicas: 1, start_timeout: START_TIMEOUT })
    }

    /// Returns the program and its arguments for a server on this port.
    pub(crate) fn words(&self, port: u16) -> Vec<String> {
        let port = port.to_string();
        self.command.words().iter().map(|word| word.replace(PORT, &port)).collect()
    }

    /// Returns the command for messages, without what looks like a secret.
    pub fn shown(&self) -> String {
        self.command.shown()
    }

    /// Returns what a run file contains about the command: the name of its program and a digest of all words, which is
    /// the same on every port.
    pub fn identity(&self) -> String {
        self.command.identity("evenhand: command of a started server")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_a_shell_and_only_the_port_is_replaced() {
        for (text, words) in [
            (
                "serve -m 'my model.gguf' -p {port}",
                &["serve", "-m", "my model.gguf", "-p", "81"][..],
            ),
            ("  serve url=http://h:{port}/{port} ", &["serve", "url=http://h:81/81"]),
            (
                r#"serve {port} '{"a": {}}' $HOME ~ *"#,
                &["serve", "81", r#"{"a": {}}"#, "$HOME", "~", "*"],
            ),
            ("sh -c \"exec serve $M -p {port}\"", &["sh", "-c", "exec serve $M -p 81"]),
        ] {
            assert_eq!(ServerCommand::parse("start", text).unwrap().words(81), words, "{text}");
        }
    }
}
