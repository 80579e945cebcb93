//! Runs one process of the command: starts it, writes its input, reads its answers, and kills it if necessary.
//!
//! Stdin is written and stdout and stderr are read concurrently, so a program may use them in any order and
//! amount. When the future returned by [`run_process`] is dropped, the process is killed, as
//! [`programs`](crate::programs) describes.

use std::pin::pin;
use std::process::ExitStatus;
use std::time::Duration;

use futures_util::future::{Either, join, select};
use tokio::io::AsyncWriteExt as _;
use tokio::process::ChildStdin;
use tokio::time::timeout;

use super::protocol::{Answer, EXPECTED, InvalidAnswer, SystemResponse, hint, parse_answer};
use crate::error::{Error, Result};
use crate::programs::{
    OutputLines, Process, ReadError, Tail, how_it_ended, one_line, quoted, shell,
};

/// The longest line that is accepted, in bytes.
const MAX_LINE_LENGTH: usize = 1 << 20;
/// How long to wait for the end of stderr after the process has exited: a background process may keep it open.
const STDERR_TIMEOUT: Duration = Duration::from_secs(1);

/// A command with its time limit.
#[derive(Debug)]
pub(super) struct Program {
    /// The command line, which is passed to the shell.
    pub(super) command: String,
    /// The longest time that a process may take until its next answer or its exit.
    pub(super) time_limit: Duration,
}

/// The result of one process.
#[derive(Debug)]
pub(super) struct ProcessResult {
    /// The answers to the first responses, in order; at most one per response.
    pub(super) answers: Vec<Answer>,
    /// How the process ended.
    pub(super) exit: ProcessExit,
}

/// How a process ended, with the end of its stderr.
#[derive(Debug)]
pub(super) struct ProcessExit {
    /// `None` if the process was killed because of the time limit.
    status: Option<ExitStatus>,
    stderr: Tail,
}

impl Program {
    /// Returns a description of the program for messages.
    pub(super) fn description(&self) -> String {
        format!("command `{}`", one_line(&self.command, 120))
    }

    fn time_limit_text(&self) -> String {
        format!("{} s", self.time_limit.as_secs_f64())
    }

    /// Returns why a process gave no answer, with the last line of its stderr.
    pub(super) fn reason(&self, exit: &ProcessExit) -> String {
        let cause = self.cause(exit);
        match exit.last_lines().pop() {
            Some(last) if !exit.is_time_limit() => format!("{cause}: {last}"),
            _ => cause,
        }
    }

    /// Returns why a process gave no answer.
    pub(super) fn cause(&self, exit: &ProcessExit) -> String {
        match exit.status {
            None => format!("no answer within {}", self.time_limit_text()),
            Some(status) if status.success() => "ended without an answer".to_owned(),
            Some(status) => how_it_ended(status),
        }
    }

    /// Returns what went wrong with a process after its last answer.
    pub(super) fn cause_after_answers(&self, exit: &ProcessExit) -> String {
        if exit.is_time_limit() {
            format!("still running {} after its last answer", self.time_limit_text())
        } else {
            self.reason(exit)
        }
    }
}

impl ProcessExit {
    /// Returns whether the process exited with status 0.
    pub(super) fn is_success(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }

    /// Returns whether the process was killed because of the time limit.
    pub(super) fn is_time_limit(&self) -> bool {
        self.status.is_none()
    }

    /// Returns the exit code, or `None` if the process was killed.
    pub(super) fn code(&self) -> Option<i32> {
        self.status.and_then(|status| status.code())
    }

    /// Returns the last lines of stderr that are not blank.
    pub(super) fn last_lines(&self) -> Vec<String> {
        self.stderr.last_lines()
    }
}

/// Runs a new process on `responses`, which are serialised in `input`.
///
/// # Errors
///
/// The process cannot be started, or its output is not valid.
pub(super) async fn run_process(
    program: &Program,
    responses: &[SystemResponse<'_>],
    input: &[u8],
) -> Result<ProcessResult> {
    let started = Process::start(shell(&program.command));
    let (mut process, mut pipes) = started.map_err(|error| {
        Error::input(format!("{}: cannot start the shell: {error}", program.description()))
    })?;
    let stderr = Tail::default();
    let (answers, status) = {
        let stderr = stderr.read(&mut pipes.stderr);
        let other_pipes = pin!(join(write_input(pipes.stdin, input), stderr));
        let output = OutputLines::new(pipes.stdout, MAX_LINE_LENGTH);
        let answers = pin!(read_answers(program, responses, &mut process, output));
        match select(answers, other_pipes).await {
            Either::Left((result, other_pipes)) => {
                let result = result?;
                let _still_open = timeout(STDERR_TIMEOUT, other_pipes).await.is_err();
                result
            }
            Either::Right((_, answers)) => answers.await?,
        }
    };
    Ok(ProcessResult { answers, exit: ProcessExit { status, stderr } })
}

/// Reads answers until the process exits; kills it if it exceeds the time limit.
async fn read_answers(
    program: &Program,
    responses: &[SystemResponse<'_>],
    process: &mut Process,
    mut lines: OutputLines,
) -> Result<(Vec<Answer>, Option<ExitStatus>)> {
    let mut answers = Vec::with_capacity(responses.len());
    loop {
        let Ok(next) = timeout(program.time_limit, process.next(&mut lines)).await else {
            process.kill();
            return Ok((answers, None));
        };
        let line = match next.map_err(|error| unreadable(program, error))? {
            Ok(line) => line,
            Err(status) => return Ok((answers, Some(status))),
        };
        let Some(response) = responses.get(answers.len()) else {
            let (program, number, line) = (program.description(), lines.number(), quoted(&line));
            return Err(Error::input(format!(
                "{program} gave more answers than the {} responses it was given: line {number} is `{line}`",
                responses.len()
            ))
            .hint("write one line to stdout for each line on stdin, and logs to stderr"));
        };
        let answer = parse_answer(&line, response)
            .map_err(|invalid| invalid_answer(program, response, lines.number(), &line, invalid))?;
        answers.push(answer);
    }
}

/// Returns the error for a line of output that is not the expected answer.
fn invalid_answer(
    program: &Program,
    response: &SystemResponse<'_>,
    number: usize,
    line: &[u8],
    invalid: InvalidAnswer,
) -> Error {
    let hint = hint(line);
    let (program, line, response) = (program.description(), quoted(line), response.description());
    let expected = |why: String| format!("expected the answer for {response}, but {why}");
    match invalid {
        InvalidAnswer::Malformed(why) => Error::input(format!(
            "{program}: line {number} of its output is not a valid answer: `{line}`"
        ))
        .detail(expected(why))
        .detail(EXPECTED)
        .hint(hint),
        InvalidAnswer::OtherResponse(why) => Error::input(format!(
            "{program}: line {number} of its output answers another response: `{line}`"
        ))
        .detail(expected(why))
        .hint("write one answer for every line, in the order of the lines on stdin"),
    }
}

/// Returns the error for output that cannot be read.
fn unreadable(program: &Program, error: ReadError) -> Error {
    let program = program.description();
    match error {
        ReadError::TooLong(number) => Error::input(format!(
            "{program}: line {number} of its output is longer than {} MiB",
            MAX_LINE_LENGTH >> 20
        ))
        .detail(EXPECTED)
        .hint("write only answers to stdout, one per line"),
        ReadError::Io(error) => Error::internal(format!("{program}: {error}")),
    }
}

/// Writes the input and closes stdin.
async fn write_input(mut stdin: ChildStdin, input: &[u8]) {
    // A program may close stdin early; if it needed the rest, answers will be missing.
    let _unread = stdin.write_all(input).await.is_err();
}
