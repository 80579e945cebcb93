//! What a process writes, and how it ends.

use std::process::ExitStatus;
use std::time::Duration;

use futures_util::future::join;
use tokio::process::{ChildStderr, ChildStdout};
use tokio::time::timeout;

use crate::programs::{OutputLines, Process, ReadError, Tail};

/// The longest line that is accepted, in bytes.
const MAX_LINE_LENGTH: usize = 32 << 20;
/// How long a process that has closed its stdout may take to end, and its stderr to be closed: a background process
/// may keep it open.
const END_TIMEOUT: Duration = Duration::from_secs(1);

/// A process and its output.
#[derive(Debug)]
pub(super) struct Output {
    process: Process,
    lines: OutputLines,
    /// `None` at its end.
    stderr: Option<ChildStderr>,
    tail: Tail,
}

/// The next thing that happens to a process.
#[derive(Debug)]
pub(super) enum Event {
    /// It has written a line that is not blank.
    Line(Vec<u8>),
    /// Its output is no lines: the rest of a sentence about the process.
    Unreadable(String),
    /// It has ended.
    Ended(ExitStatus),
    /// It has closed its stdout without ending.
    Closed,
}

impl Output {
    pub(super) fn new(process: Process, stdout: ChildStdout, stderr: ChildStderr) -> Self {
        let lines = OutputLines::new(stdout, MAX_LINE_LENGTH);
        Self { process, lines, stderr: Some(stderr), tail: Tail::default() }
    }

    /// Waits for the next event. The future may be dropped and called again.
    pub(super) async fn next(&mut self) -> Event {
        let line = loop {
            let Self { lines, stderr, tail, .. } = self;
            let read_stderr = async {
                match stderr {
                    Some(stderr) => tail.read(stderr).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                line = lines.next() => break line,
                () = read_stderr => *stderr = None,
            }
        };
        match line {
            Ok(Some(line)) if line.is_complete => Event::Line(line.text),
            Ok(line) => match self.end().await {
                // A process that crashed may have been interrupted inside a line.
                Event::Ended(status) if status.success() => {
                    line.map_or(Event::Ended(status), |line| Event::Line(line.text))
                }
                end => end,
            },
            Err(ReadError::TooLong(number)) => Event::Unreadable(format!(
                "wrote a line (number {number}) that is longer than {} MiB",
                MAX_LINE_LENGTH >> 20
            )),
            Err(ReadError::Io(error)) => {
                Event::Unreadable(format!("writes output that cannot be read: {error}"))
            }
        }
    }

    /// Waits for the end of a process that has closed its stdout.
    async fn end(&mut self) -> Event {
        let Self { process, stderr, tail, .. } = self;
        let read_stderr = async {
            if let Some(stderr) = stderr {
                tail.read(stderr).await;
            }
        };
        let both = join(timeout(END_TIMEOUT, process.wait()), timeout(END_TIMEOUT, read_stderr));
        match both.await.0 {
            Ok(Ok(status)) => Event::Ended(status),
            Ok(Err(error)) => Event::Unreadable(format!("cannot be waited for: {error}")),
            Err(_) => Event::Closed,
        }
    }

    /// Returns the number of the last line.
    pub(super) fn line_number(&self) -> usize {
        self.lines.number()
    }

    /// Returns the last lines of stderr.
    pub(super) fn last_lines(&self) -> Vec<String> {
        self.tail.last_lines()
    }

    /// Returns whether the process has ended.
    pub(super) fn has_ended(&mut self) -> bool {
        self.process.has_exited()
    }
}
