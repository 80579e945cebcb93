//! What a process writes, and how it ends.

use std::process::ExitStatus;
use std::time::Duration;

use futures_util::future::join;
use tokio::process::{ChildStderr, ChildStdout};
use tokio::time::timeout;

use crate::programs::{Line, OutputLines, Process, ReadError, Tail};

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
    /// The last line, if it has no line break: whether it is whole depends on how the process ends.
    unfinished: Option<Line>,
    /// `None` at its end.
    stderr: Option<ChildStderr>,
    tail: Tail,
}

/// The next thing that happens to a process.
#[derive(Debug)]
pub(super) enum Event {
    /// It has written a line that is not blank.
    Line(Vec<u8>),
    /// Its output cannot be read as lines; the text is the predicate of a sentence about the process.
    Unreadable(String),
    /// It has ended.
    Ended(ExitStatus),
    /// It has closed its stdout without ending.
    Closed,
}

impl Output {
    /// Returns the output of a process; the end of its stderr is kept in `tail`.
    pub(super) fn new(
        process: Process,
        stdout: ChildStdout,
        stderr: ChildStderr,
        tail: Tail,
    ) -> Self {
        let lines = OutputLines::new(stdout, MAX_LINE_LENGTH);
        Self { process, lines, unfinished: None, stderr: Some(stderr), tail }
    }

    /// Waits for the next event. If the future is dropped before that, nothing is lost: the next call goes on.
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
            Ok(line) => {
                // Kept while the process is waited for, since the wait may be dropped.
                self.unfinished = line.or(self.unfinished.take());
                match self.end().await {
                    Event::Ended(status) => {
                        let last = self.unfinished.take().and_then(|line| line.text_after(status));
                        last.map_or(Event::Ended(status), Event::Line)
                    }
                    other => other,
                }
            }
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

    /// Returns whether the process has ended.
    pub(super) fn has_ended(&mut self) -> bool {
        self.process.has_exited()
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::programs::shell;

    #[tokio::test]
    async fn an_unfinished_line_is_kept_when_the_wait_for_the_end_is_dropped() {
        let started = Process::start(shell("printf last; exec >&-; read line; exit 0"));
        let (process, pipes) = started.unwrap();
        let mut output = Output::new(process, pipes.stdout, pipes.stderr, Tail::default());
        while output.unfinished.is_none() {
            let event = timeout(Duration::from_millis(20), output.next()).await;
            assert!(event.is_err(), "{event:?}");
        }
        drop(pipes.stdin);
        let event = output.next().await;
        assert!(matches!(&event, Event::Line(line) if line == b"last"), "{event:?}");
        let event = output.next().await;
        assert!(matches!(event, Event::Ended(status) if status.success()), "{event:?}");
    }
}
