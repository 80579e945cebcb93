//! The process of one server, with everything that it starts.

use std::fmt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::time::timeout;

use super::output::{LastLines, OutputStream};
use super::process_group::ProcessGroup;
use crate::input::ServerCommand;
use crate::judge::http::Secrets;
use crate::programs::found_in;

/// How long a server that is asked to end may take.
const GRACE: Duration = Duration::from_secs(10);
/// How long to wait for the rest of the output of a server that has ended: a process outside of its group may keep the
/// stream open.
const OUTPUT_TIMEOUT: Duration = Duration::from_secs(1);
/// So much of a line is shown, in characters.
const SHOWN_LENGTH: usize = 400;

/// The process of one server. It and everything in its process group are killed when this is dropped.
#[derive(Debug)]
pub(super) struct ServerProcess {
    group: ProcessGroup,
    child: Child,
    stdout: OutputStream<ChildStdout>,
    stderr: OutputStream<ChildStderr>,
    last: LastLines,
}

/// How a process ended, as the end of a sentence about it.
#[derive(Debug)]
pub(super) struct Exit(Option<ExitStatus>);

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.map(|status| (status.code(), status)) {
            Some((Some(code), _)) => write!(f, "ended with exit code {code}"),
            Some((None, status)) => write!(f, "was ended by {status}"),
            None => f.write_str("can no longer be watched"),
        }
    }
}

impl ServerProcess {
    /// Starts a server that is to listen on a port.
    pub(super) fn start(command: &ServerCommand, port: u16) -> std::io::Result<Self> {
        let mut words = command.words(port).into_iter();
        let program = words.next().unwrap_or_default();
        let group = ProcessGroup::start().map_err(|error| {
            std::io::Error::other(format!("its guard, which needs the shell `sh`: {error}"))
        })?;
        let mut command_line = Command::new(found_in(&command.folder, &program)?);
        command_line.args(words).current_dir(&command.folder).kill_on_drop(true);
        command_line.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        group.add(&mut command_line);
        let mut child = command_line.spawn()?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (stdout, stderr) = (OutputStream::new(stdout), OutputStream::new(stderr));
        Ok(Self { group, child, stdout, stderr, last: LastLines::default() })
    }

    /// Returns the id of its process group.
    pub(super) fn group_id(&self) -> u32 {
        self.group.id()
    }

    /// Reads its output until it ends, and then ends what it has started. The future may be dropped and called again.
    pub(super) async fn watch(&mut self) -> Exit {
        let status = loop {
            tokio::select! {
                status = self.child.wait() => break status.ok(),
                () = read(&mut self.stdout, &mut self.stderr, &mut self.last) => {}
            }
        };
        self.group.kill();
        let rest = async {
            while !(self.stdout.has_ended() && self.stderr.has_ended()) {
                read(&mut self.stdout, &mut self.stderr, &mut self.last).await;
            }
        };
        let _still_open = timeout(OUTPUT_TIMEOUT, rest).await.is_err();
        Exit(status)
    }

    /// Asks it and what it has started to end, and kills what has not ended in time.
    pub(super) async fn stop(&mut self) {
        self.group.terminate();
        #[cfg(not(unix))]
        let _has_ended = self.child.start_kill().is_err();
        let _too_slow = timeout(GRACE, self.watch()).await.is_err();
        self.group.kill();
    }

    /// Returns a message and below it the last lines of the output.
    pub(super) fn with_last_lines(&self, message: &str, secrets: &Secrets) -> String {
        let shown = |line| secrets.redact(line).chars().take(SHOWN_LENGTH).collect::<String>();
        let mut lines = self.last.lines().map(shown).peekable();
        if lines.peek().is_none() {
            return format!("{message}; it printed nothing");
        }
        lines.fold(format!("{message}; the last lines that it printed:"), |text, line| {
            format!("{text}\n  {line}")
        })
    }

    /// Returns whether its last lines say that its port is taken.
    pub(super) fn says_port_is_taken(&self) -> bool {
        self.last.lines().any(|line| line.to_lowercase().contains("address already in use"))
    }
}

/// Waits for the next output of either stream; never ends if both have ended.
async fn read(
    stdout: &mut OutputStream<ChildStdout>,
    stderr: &mut OutputStream<ChildStderr>,
    last: &mut LastLines,
) {
    tokio::select! {
        length = stdout.read(), if !stdout.has_ended() => stdout.add_to(last, length),
        length = stderr.read(), if !stderr.has_ended() => stderr.add_to(last, length),
        else => std::future::pending().await,
    }
}
