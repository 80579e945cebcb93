//! The command that starts a judge's server, such as `llama-server -m model.gguf --port {port}`.
//!
//! The command may contain secrets, since people write what works. So its words go to the program that is started and
//! nowhere else: messages show it with what looks like a secret left out, and a run file has the name of the program
//! and a digest of the words.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use regex::Regex;

use crate::error::{Error, Result};
use crate::keyed_hash::KeyedHash;

/// What is replaced by the number of the port in every word.
const PORT: &str = "{port}";
/// The default of [`ServerCommand::start_timeout`]: a large model takes minutes to load.
const START_TIMEOUT: Duration = Duration::from_mins(10);

/// The option or variable of a secret, and its value: `--api-key VALUE`, `--hf-token=VALUE`, `OPENAI_API_KEY=VALUE`.
static SECRET: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let name = r#"(?:^|[\s"'])-{0,2}(?:[a-z0-9]+[-_])*(?:key|token|secret|password|passwd)"#;
    Regex::new(&format!(r#"(?i)({name}(?:=|\s+))("[^"]*"|'[^']*'|[^\s"']+)"#)).ok()
});

/// The command that starts a server of a judge, and how its start is watched.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct ServerCommand {
    /// Its words; `{port}` in them stands for the port that the server has to listen on. Never empty.
    words: Vec<String>,
    /// The command as it was written.
    text: String,
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
    /// It has no words, a quotation mark is not closed, or `{port}` is missing; the message begins with `place`.
    pub fn parse(place: &str, text: &str) -> Result<Self> {
        let example = "for example: llama-server -m model.gguf --port {port}";
        let invalid = |why: &str| Err(Error::input(format!("{place}: {why}")).hint(example));
        let Some(words) = shlex::split(text) else {
            return invalid("a quotation mark is not closed, or a backslash is the last character");
        };
        if words.first().is_none_or(String::is_empty) {
            return invalid("expected the command that starts the server");
        }
        if !words.iter().any(|word| word.contains(PORT)) {
            return invalid(
                "{port} is missing; it stands for the port that the server must listen on",
            );
        }
        Ok(Self {
            words,
            text: text.trim().to_owned(),
            folder: PathBuf::from("."),
            replicas: 1,
            start_timeout: START_TIMEOUT,
        })
    }

    /// Returns the program and its arguments for a server on this port.
    pub(crate) fn words(&self, port: u16) -> Vec<String> {
        let port = port.to_string();
        self.words.iter().map(|word| word.replace(PORT, &port)).collect()
    }

    /// Returns the command for messages, without what looks like a secret.
    pub fn shown(&self) -> String {
        let Some(secret) = &*SECRET else { return self.program().to_owned() };
        secret.replace_all(&self.text, "${1}…").into_owned()
    }

    /// Returns what a run file contains about the command: the name of its program and a digest of all words, which is
    /// the same on every port.
    pub fn identity(&self) -> String {
        let words = self.words.iter().map(String::as_str);
        let digest = KeyedHash::new("evenhand: command of a started server").texts(words).number();
        format!("{}, command {digest:016x}", self.program())
    }

    /// Returns the name of the program without its folder.
    fn program(&self) -> &str {
        let program = self.words.first().map_or("", String::as_str);
        Path::new(program).file_name().and_then(|name| name.to_str()).unwrap_or(program)
    }
}

impl std::fmt::Debug for ServerCommand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerCommand")
            .field("command", &self.shown())
            .field("folder", &self.folder)
            .field("replicas", &self.replicas)
            .field("start_timeout", &self.start_timeout)
            // The words are left out.
            .finish_non_exhaustive()
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
