//! Runs one process of the command: starts it, writes its input, reads its answers, and kills it if necessary.
//!
//! Stdin is written and stdout and stderr are read concurrently, so a program may use them in any order and
//! amount. Memory is bounded for each line of output and for stderr. When the future returned by
//! [`run_process`] is dropped, the process is killed, on Unix together with its child processes, which share
//! its process group.

use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use futures_util::future::{Either, join, select};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::protocol::{
    Answer, EXPECTED, InvalidAnswer, SystemResponse, hint, one_line, parse_answer,
};
use crate::error::{Error, Result};

/// The longest line that is accepted, in bytes.
const MAX_LINE_LENGTH: usize = 1 << 20;
/// How much of the end of stderr is kept, in bytes.
const TAIL_LENGTH: usize = 4 << 10;
/// How many lines of stderr a message shows.
const TAIL_LINES: usize = 8;
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
            Some(status) => match status.code() {
                Some(code) => format!("ended with status {code}"),
                None => format!("ended by {status}"),
            },
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
        let text = String::from_utf8_lossy(&self.stderr.0);
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let last = &lines[lines.len().saturating_sub(TAIL_LINES)..];
        last.iter().map(|line| one_line(line, 200)).collect()
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
    let (mut process, pipes) = Process::start(program)?;
    let mut stderr = Tail::default();
    let (answers, status) = {
        let other_pipes = pin!(join(write_input(pipes.stdin, input), stderr.read(pipes.stderr)));
        let output = OutputLines::new(pipes.stdout);
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
        let line = match next.map_err(|error| error.into_error(program))? {
            Output::Line(line) => line,
            Output::Exited(status) => return Ok((answers, Some(status))),
        };
        let Some(response) = responses.get(answers.len()) else {
            let (program, number, line) = (program.description(), lines.number, quoted(&line));
            return Err(Error::input(format!(
                "{program} gave more answers than the {} responses it was given: line {number} is `{line}`",
                responses.len()
            ))
            .hint("write one line to stdout for each line on stdin, and logs to stderr"));
        };
        let answer = parse_answer(&line, response)
            .map_err(|invalid| invalid_answer(program, response, lines.number, &line, invalid))?;
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

/// Returns a line of output in the form in which messages quote it.
fn quoted(line: &[u8]) -> String {
    one_line(&String::from_utf8_lossy(line), 120)
}

/// Writes the input and closes stdin.
async fn write_input(mut stdin: ChildStdin, input: &[u8]) {
    // A program may close stdin early; if it needed the rest, answers will be missing.
    let _unread = stdin.write_all(input).await.is_err();
}

/// A process that is killed together with its child processes when this is dropped.
struct Process(Child);

/// The pipes of a process.
struct Pipes {
    stdin: ChildStdin,
    stdout: ChildStdout,
    stderr: ChildStderr,
}

/// The next output of a process.
enum Output {
    /// A line that is not blank.
    Line(Vec<u8>),
    /// The process has exited.
    Exited(ExitStatus),
}

impl Process {
    fn start(program: &Program) -> Result<(Self, Pipes)> {
        let failed = |why: &dyn std::fmt::Display| {
            Error::input(format!("{}: cannot start the shell: {why}", program.description()))
        };
        let mut command = shell(&program.command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Python would otherwise buffer some kilobytes of answers.
        command.env("PYTHONUNBUFFERED", "1");
        command.kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| failed(&error))?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let process = Self(child);
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(failed(&"the process has no pipes"));
        };
        Ok((process, Pipes { stdin, stdout, stderr }))
    }

    /// Waits for the next line that is not blank, or for the exit of the process.
    async fn next(&mut self, lines: &mut OutputLines) -> std::result::Result<Output, ReadError> {
        let Some(line) = lines.next().await? else {
            return Ok(Output::Exited(self.0.wait().await.map_err(ReadError::Io)?));
        };
        if line.is_complete {
            return Ok(Output::Line(line.text));
        }
        // A process that crashed may have been interrupted inside a line: `12` may have become `1`.
        let status = self.0.wait().await.map_err(ReadError::Io)?;
        Ok(if status.success() { Output::Line(line.text) } else { Output::Exited(status) })
    }

    /// Kills the process and its child processes unless it has exited.
    fn kill(&mut self) {
        #[cfg(unix)]
        if let Some(group) = self.0.id().and_then(|id| rustix::process::Pid::from_raw(id as i32)) {
            // The process has not been waited for, so its id cannot have been reused. It may just have exited.
            let _already_exited =
                rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        #[cfg(not(unix))]
        let _already_exited = self.0.start_kill();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(unix)]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command).process_group(0);
    shell
}

#[cfg(windows)]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd");
    // With /S, cmd removes the outermost quotation marks and leaves everything else unchanged.
    shell.raw_arg(format!("/S /C \"{command}\""));
    shell
}

/// The lines of a process's stdout.
struct OutputLines {
    output: BufReader<ChildStdout>,
    /// The number of the last line read, counted from 1 and including blank lines.
    number: usize,
}

/// A line without its line break and surrounding white space.
struct Line {
    text: Vec<u8>,
    /// Whether the line ended with a line break.
    is_complete: bool,
}

/// Why the next line cannot be read.
enum ReadError {
    /// The line with this number is too long.
    TooLong(usize),
    Io(std::io::Error),
}

impl ReadError {
    fn into_error(self, program: &Program) -> Error {
        let program = program.description();
        match self {
            Self::TooLong(number) => Error::input(format!(
                "{program}: line {number} of its output is longer than {} MiB",
                MAX_LINE_LENGTH >> 20
            ))
            .detail(EXPECTED)
            .hint("write only answers to stdout, one per line"),
            Self::Io(error) => Error::internal(format!("{program}: {error}")),
        }
    }
}

impl OutputLines {
    fn new(output: ChildStdout) -> Self {
        Self { output: BufReader::new(output), number: 0 }
    }

    /// Waits for the next line that is not blank.
    async fn next(&mut self) -> std::result::Result<Option<Line>, ReadError> {
        loop {
            let mut text = Vec::new();
            let mut bounded = (&mut self.output).take(MAX_LINE_LENGTH as u64 + 1);
            bounded.read_until(b'\n', &mut text).await.map_err(ReadError::Io)?;
            if text.is_empty() {
                return Ok(None);
            }
            self.number += 1;
            let is_complete = text.last() == Some(&b'\n');
            if text.len() > MAX_LINE_LENGTH {
                return Err(ReadError::TooLong(self.number));
            }
            let mark = if self.number == 1 { "\u{feff}".as_bytes() } else { &[] };
            let trimmed = text.strip_prefix(mark).unwrap_or(&text).trim_ascii();
            if !trimmed.is_empty() {
                return Ok(Some(Line { text: trimmed.to_vec(), is_complete }));
            }
        }
    }
}

/// The last bytes of a stream.
#[derive(Debug, Default)]
struct Tail(Vec<u8>);

impl Tail {
    /// Reads a stream to its end and keeps its last bytes.
    async fn read(&mut self, mut stream: ChildStderr) {
        let mut piece = [0; TAIL_LENGTH];
        // A stream with a read error is treated as ended.
        while let Ok(read @ 1..) = stream.read(&mut piece).await {
            let kept = self.0.len().min(TAIL_LENGTH - read);
            self.0.drain(..self.0.len() - kept);
            self.0.extend_from_slice(&piece[..read]);
        }
    }
}
