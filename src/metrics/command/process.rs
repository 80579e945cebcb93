//! One process of the command: started, fed, read, and never left behind.
//!
//! Stdin is written and stdout and stderr are read at the same time, so a program may do these in any
//! order and amount. Nothing is held without bound: not a line of its output, not what it says on stderr.
//! Whatever happens to the future returned by [`ask`], the process is gone when it is dropped, and on Unix
//! its children are too: they are a process group of their own.

use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use futures_util::future::{Either, join, select};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use super::protocol::{Answer, EXPECTED, Misfit, Row, advice, one_line, read_answer};
use crate::error::{Error, Result};

/// The longest line that is read, in bytes.
const LINE_LENGTH: usize = 1 << 20;
/// How much of what a process says on stderr is kept, in bytes.
const TAIL_LENGTH: usize = 4 << 10;
/// How many lines of it a message shows.
const TAIL_LINES: usize = 8;
/// How long to wait for the rest of stderr where something that the process started keeps it open.
const LINGER: Duration = Duration::from_secs(1);

/// A command with its time limit.
#[derive(Debug)]
pub(super) struct Program {
    /// What the shell is given.
    pub(super) command: String,
    /// The longest that a process may go without giving an answer or ending.
    pub(super) time_limit: Duration,
}

/// What one process did.
#[derive(Debug)]
pub(super) struct Outcome {
    /// The answers to the first rows, in order: no more than there are rows.
    pub(super) answers: Vec<Answer>,
    /// How it ended.
    pub(super) ending: Ending,
}

/// How a process ended, with the last that it said on stderr.
#[derive(Debug)]
pub(super) struct Ending {
    /// `None`: it was killed because its time was over.
    status: Option<ExitStatus>,
    stderr: Tail,
}

impl Program {
    /// Returns what a message calls this program.
    pub(super) fn shown(&self) -> String {
        format!("command `{}`", one_line(&self.command, 120))
    }

    fn shown_limit(&self) -> String {
        format!("{} s", self.time_limit.as_secs_f64())
    }

    /// Says why a process that ended this way gave no answer, with the last that it said on stderr.
    pub(super) fn reason(&self, ending: &Ending) -> String {
        let happened = self.what_happened(ending);
        match ending.last_lines().pop() {
            Some(last) if !ending.is_time_limit() => format!("{happened}: {last}"),
            _ => happened,
        }
    }

    /// Says what happened to a process that gave no answer.
    pub(super) fn what_happened(&self, ending: &Ending) -> String {
        match ending.status {
            None => format!("no answer within {}", self.shown_limit()),
            Some(status) if status.success() => "ended without an answer".to_owned(),
            Some(status) => match status.code() {
                Some(code) => format!("ended with status {code}"),
                None => format!("ended by {status}"),
            },
        }
    }

    /// Says what happened to a process after its last answer.
    pub(super) fn bad_end(&self, ending: &Ending) -> String {
        if ending.is_time_limit() {
            format!("still running {} after its last answer", self.shown_limit())
        } else {
            self.reason(ending)
        }
    }
}

impl Ending {
    /// Returns whether it ended by itself and says that all went well.
    pub(super) fn is_good(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }

    /// Returns whether it was killed because its time was over.
    pub(super) fn is_time_limit(&self) -> bool {
        self.status.is_none()
    }

    /// Returns the status with which it ended, if it ended by itself.
    pub(super) fn code(&self) -> Option<i32> {
        self.status.and_then(|status| status.code())
    }

    /// Returns the last lines that it said on stderr, blank ones left out.
    pub(super) fn last_lines(&self) -> Vec<String> {
        let text = String::from_utf8_lossy(&self.stderr.0);
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let last = &lines[lines.len().saturating_sub(TAIL_LINES)..];
        last.iter().map(|line| one_line(line, 200)).collect()
    }
}

/// Asks a new process about `rows`, of which `input` holds the questions.
///
/// # Errors
///
/// No process can be started, or what it answers is nonsense.
pub(super) async fn ask(program: &Program, rows: &[Row<'_>], input: &[u8]) -> Result<Outcome> {
    let (mut process, pipes) = Process::start(program)?;
    let mut stderr = Tail::default();
    let (answers, status) = {
        let beside = pin!(join(give(pipes.stdin, input), stderr.keep(pipes.stderr)));
        let conversation = pin!(converse(program, rows, &mut process, Lines::of(pipes.stdout)));
        match select(conversation, beside).await {
            Either::Left((ended, beside)) => {
                let ended = ended?;
                let _lingers = timeout(LINGER, beside).await.is_err();
                ended
            }
            Either::Right((_, conversation)) => conversation.await?,
        }
    };
    Ok(Outcome { answers, ending: Ending { status, stderr } })
}

/// Reads answers until the process has ended, or kills it when its time is over.
async fn converse(
    program: &Program,
    rows: &[Row<'_>],
    process: &mut Process,
    mut lines: Lines,
) -> Result<(Vec<Answer>, Option<ExitStatus>)> {
    let mut answers = Vec::with_capacity(rows.len());
    loop {
        let Ok(next) = timeout(program.time_limit, process.next(&mut lines)).await else {
            process.kill();
            return Ok((answers, None));
        };
        let line = match next.map_err(|error| error.about(program))? {
            Next::Line(line) => line,
            Next::Ended(status) => return Ok((answers, Some(status))),
        };
        let Some(row) = rows.get(answers.len()) else {
            let more = format!("gave more than the {} answers it was asked for", rows.len());
            let (program, number, line) = (program.shown(), lines.number, shown(&line));
            return Err(Error::input(format!("{program} {more}: line {number} is `{line}`"))
                .hint("one line on stdout for each line on stdin; logs belong on stderr"));
        };
        let answer = read_answer(&line, row)
            .map_err(|misfit| misfit_error(program, row, lines.number, &line, misfit))?;
        answers.push(answer);
    }
}

fn misfit_error(
    program: &Program,
    row: &Row<'_>,
    number: usize,
    line: &[u8],
    misfit: Misfit,
) -> Error {
    let hint = advice(line);
    let (program, line, place) = (program.shown(), shown(line), row.place());
    match misfit {
        Misfit::Nonsense(why) => {
            Error::input(format!("{program}: line {number} of its output is no answer: `{line}`"))
                .detail(format!("it stands where the answer for {place} is due: {why}"))
                .detail(EXPECTED)
                .hint(hint)
        }
        Misfit::Elsewhere(why) => {
            let message = "answers something else than it was asked";
            Error::input(format!("{program}: line {number} of its output {message}: `{line}`"))
                .detail(format!("it stands where the answer for {place} is due: {why}"))
                .hint("answer every line, in the order of the lines on stdin")
        }
    }
}

/// Returns a line of output as a message shows it.
fn shown(line: &[u8]) -> String {
    one_line(&String::from_utf8_lossy(line), 120)
}

/// Writes the questions and closes stdin.
async fn give(mut stdin: ChildStdin, input: &[u8]) {
    // A program that reads no further has read enough. If it has not, its answers will be missing.
    let _unread = stdin.write_all(input).await.is_err();
}

/// A process that is killed when this is dropped, with what it has started.
struct Process(Child);

/// The pipes of a process.
struct Pipes {
    stdin: ChildStdin,
    stdout: ChildStdout,
    stderr: ChildStderr,
}

/// What comes next from a process.
enum Next {
    /// A line that is not blank.
    Line(Vec<u8>),
    /// Nothing more: it has ended.
    Ended(ExitStatus),
}

impl Process {
    fn start(program: &Program) -> Result<(Self, Pipes)> {
        let failed = |why: &dyn std::fmt::Display| {
            Error::input(format!("{}: the shell cannot be started: {why}", program.shown()))
        };
        let mut command = shell(&program.command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Python would hold answers back until there are some kilobytes of them.
        command.env("PYTHONUNBUFFERED", "1");
        command.kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| failed(&error))?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let process = Self(child);
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(failed(&"it has no pipes"));
        };
        Ok((process, Pipes { stdin, stdout, stderr }))
    }

    /// Waits for the next line that is not blank, or for the end.
    async fn next(&mut self, lines: &mut Lines) -> std::result::Result<Next, Unreadable> {
        let Some(line) = lines.next().await? else {
            return Ok(Next::Ended(self.0.wait().await.map_err(Unreadable::Broken)?));
        };
        if line.is_whole {
            return Ok(Next::Line(line.text));
        }
        // A process that broke down may have been cut off within a line: `12` may have become `1`.
        let status = self.0.wait().await.map_err(Unreadable::Broken)?;
        Ok(if status.success() { Next::Line(line.text) } else { Next::Ended(status) })
    }

    /// Kills the process and its children, unless it has ended.
    fn kill(&mut self) {
        #[cfg(unix)]
        if let Some(group) = self.0.id().and_then(|id| rustix::process::Pid::from_raw(id as i32)) {
            // It has not been waited for, so the number is still its own. It may have just ended.
            let _gone = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        #[cfg(not(unix))]
        let _gone = self.0.start_kill();
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
    // With /S the outermost quotation marks are taken off and everything else is left as it is.
    shell.raw_arg(format!("/S /C \"{command}\""));
    shell
}

/// The lines of the output.
struct Lines {
    output: BufReader<ChildStdout>,
    /// The number of the last one, counted from 1, blank ones too.
    number: usize,
}

/// A line without its line break and without white space around it.
struct Line {
    text: Vec<u8>,
    /// Whether a line break stood at its end.
    is_whole: bool,
}

/// Why there is no next line.
enum Unreadable {
    TooLong(usize),
    Broken(std::io::Error),
}

impl Unreadable {
    fn about(self, program: &Program) -> Error {
        let program = program.shown();
        match self {
            Self::TooLong(number) => Error::input(format!(
                "{program}: line {number} of its output is longer than {} MiB",
                LINE_LENGTH >> 20
            ))
            .detail(EXPECTED)
            .hint("only answers may go to stdout, one a line"),
            Self::Broken(error) => Error::internal(format!("{program}: {error}")),
        }
    }
}

impl Lines {
    fn of(output: ChildStdout) -> Self {
        Self { output: BufReader::new(output), number: 0 }
    }

    /// Waits for the next line that is not blank.
    async fn next(&mut self) -> std::result::Result<Option<Line>, Unreadable> {
        loop {
            let mut text = Vec::new();
            let mut bounded = (&mut self.output).take(LINE_LENGTH as u64 + 1);
            bounded.read_until(b'\n', &mut text).await.map_err(Unreadable::Broken)?;
            if text.is_empty() {
                return Ok(None);
            }
            self.number += 1;
            let is_whole = text.last() == Some(&b'\n');
            if text.len() > LINE_LENGTH {
                return Err(Unreadable::TooLong(self.number));
            }
            let mark = if self.number == 1 { "\u{feff}".as_bytes() } else { &[] };
            let trimmed = text.strip_prefix(mark).unwrap_or(&text).trim_ascii();
            if !trimmed.is_empty() {
                return Ok(Some(Line { text: trimmed.to_vec(), is_whole }));
            }
        }
    }
}

/// The last bytes of a stream.
#[derive(Debug, Default)]
struct Tail(Vec<u8>);

impl Tail {
    /// Reads to the end and keeps what came last.
    async fn keep(&mut self, mut stream: ChildStderr) {
        let mut piece = [0; TAIL_LENGTH];
        // A stream that breaks has ended.
        while let Ok(read @ 1..) = stream.read(&mut piece).await {
            let kept = self.0.len().min(TAIL_LENGTH - read);
            self.0.drain(..self.0.len() - kept);
            self.0.extend_from_slice(&piece[..read]);
        }
    }
}
