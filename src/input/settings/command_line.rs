//! A command that a settings file contains: the words of a program and its arguments.
//!
//! The command may contain secrets, since people write what works. So its words go to the program that is started and
//! nowhere else: messages show it with what looks like a secret left out, and a run file has the name of the program
//! and a digest of the words.

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use crate::error::{Error, Result};
use crate::keyed_hash::KeyedHash;

/// The option or variable of a secret, and its value: `--api-key VALUE`, `--hf-token=VALUE`, `OPENAI_API_KEY=VALUE`.
static SECRET: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let name = r#"(?:^|[\s"'])-{0,2}(?:[a-z0-9]+[-_])*(?:key|token|secret|password|passwd)"#;
    Regex::new(&format!(r#"(?i)({name}(?:=|\s+))("[^"]*"|'[^']*'|[^\s"']+)"#)).ok()
});

/// A command as it is written in a settings file.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "expected a command: a string, or a list of strings")]
pub(super) enum WrittenCommand {
    /// One text, which is divided into words as a shell does.
    Text(String),
    /// The words.
    Words(Vec<String>),
}

/// The words of a command, of which the first is the program. Never empty.
#[derive(Clone, PartialEq)]
pub(super) struct CommandLine {
    words: Vec<String>,
    /// The command as it was written.
    text: String,
}

/// Why a text is no command.
#[derive(Debug)]
pub(super) enum InvalidCommand {
    /// A quotation mark is not closed, or a backslash is the last character.
    Unclosed,
    /// There is no program.
    Empty,
    /// A word contains a NUL character, which no argument of a program can.
    Nul,
}

impl InvalidCommand {
    /// Returns what is wrong, for a message; `expected` says what the command is.
    pub(super) fn describe(self, expected: &str) -> String {
        match self {
            Self::Unclosed => {
                "a quotation mark is not closed, or a backslash is the last character".to_owned()
            }
            Self::Empty => format!("expected {expected}"),
            Self::Nul => format!("expected {expected} without NUL characters"),
        }
    }
}

impl CommandLine {
    /// Divides a text into words as a shell does; nothing in it is expanded.
    pub(super) fn parse(text: &str) -> std::result::Result<Self, InvalidCommand> {
        let words = shlex::split(text).ok_or(InvalidCommand::Unclosed)?;
        Self::new(words, text.trim().to_owned())
    }

    fn new(words: Vec<String>, text: String) -> std::result::Result<Self, InvalidCommand> {
        if words.first().is_none_or(String::is_empty) {
            return Err(InvalidCommand::Empty);
        }
        if words.iter().any(|word| word.contains('\0')) {
            return Err(InvalidCommand::Nul);
        }
        Ok(Self { words, text })
    }

    /// Returns a command of a settings file.
    ///
    /// # Errors
    ///
    /// It is no command; the message begins with `place`.
    pub(super) fn read(place: &str, written: &WrittenCommand) -> Result<Self> {
        let command = match written {
            WrittenCommand::Text(text) => Self::parse(text),
            WrittenCommand::Words(words) => {
                let text = shlex::try_join(words.iter().map(String::as_str));
                // Only words with NUL characters cannot be joined, and they are no command.
                text.map_err(|_| InvalidCommand::Nul)
                    .and_then(|text| Self::new(words.clone(), text))
            }
        };
        command.map_err(|invalid| {
            let why = invalid.describe("a program and its arguments");
            Error::input(format!("{place}: {why}")).hint("for example: [\"python\", \"judge.py\"]")
        })
    }

    /// Returns its words.
    pub(super) fn words(&self) -> &[String] {
        &self.words
    }

    /// Returns the command for messages, without what looks like a secret.
    pub(super) fn shown(&self) -> String {
        let Some(secret) = &*SECRET else { return self.program().to_owned() };
        secret.replace_all(&self.text, "${1}…").into_owned()
    }

    /// Returns what a run file contains about the command: the name of its program and a digest of all words. The
    /// context says what the command is for.
    pub(super) fn identity(&self, context: &str) -> String {
        let words = self.words.iter().map(String::as_str);
        let digest = KeyedHash::new(context).texts(words).number();
        format!("{}, command {digest:016x}", self.program())
    }

    /// Returns the name of the program without its folder.
    fn program(&self) -> &str {
        let program = self.words.first().map_or("", String::as_str);
        Path::new(program).file_name().and_then(|name| name.to_str()).unwrap_or(program)
    }
}

impl std::fmt::Debug for CommandLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The words are left out.
        f.debug_tuple("CommandLine").field(&self.shown()).finish()
    }
}
