//! Helpers of several tests: a temporary folder, the program run in it, and servers to run it against.

pub(crate) mod annotators;
pub(crate) mod batch_scene;
pub(crate) mod batch_server;
pub(crate) mod browser;
mod browser_tests;
pub(crate) mod calibrated_grades;
pub(crate) mod derived_grades;
pub(crate) mod file_server;
pub(crate) mod graded_run;
pub(crate) mod grading_scene;
mod judging;
pub(crate) mod labelled_run;
pub(crate) mod plan;
pub(crate) mod postgres;
pub(crate) mod raw_server;
pub(crate) mod server;
pub(crate) mod shared_data;
#[cfg(unix)]
pub(crate) mod started_server;
pub(crate) mod ugly_grades;
pub(crate) mod ugly_run;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

/// A timeout for what should happen at once, long enough for a busy machine.
pub(crate) const GENEROUS_TIMEOUT: Duration = Duration::from_mins(3);

/// A temporary folder, deleted with the value.
pub(crate) struct Folder {
    folder: tempfile::TempDir,
}

/// The exit code and the output of a command.
#[derive(Debug)]
pub(crate) struct CommandOutput {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file below the folder and returns its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// A command of the program in this folder, without the API keys, proxies, flags and width of the environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_evenhand"));
        command.current_dir(self.path()).args(arguments);
        for name in
            ["OPENAI_API_KEY", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "COLUMNS"]
        {
            command.env_remove(name);
        }
        let ours = std::env::vars_os().map(|(name, _)| name);
        for name in ours.filter(|name| name.to_string_lossy().starts_with("EVENHAND_")) {
            command.env_remove(name);
        }
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> CommandOutput {
        CommandOutput::of(&self.command(arguments).output().unwrap())
    }
}

impl CommandOutput {
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout.clone()).unwrap(),
            stderr: String::from_utf8(output.stderr.clone()).unwrap(),
        }
    }

    /// Fails with the whole output unless the exit code is `code`.
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\nstdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// The lines of stdout as JSON.
    pub(crate) fn json_lines(&self) -> Vec<serde_json::Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// Returns values as lines of a file.
pub(crate) fn lines_of<T: std::fmt::Display>(values: impl IntoIterator<Item = T>) -> String {
    let lines: Vec<String> = values.into_iter().map(|value| format!("{value}\n")).collect();
    lines.concat()
}
