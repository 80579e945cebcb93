//! One process of a program that is asked trials, several at once if need be.
//!
//! Nothing runs beside the trials: of those that wait for answers, one reads the output and passes every answer to the
//! trial that waits for it; when it has its own, the next one goes on reading. While nobody waits, nothing is read.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex as StateMutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::{Either, select};
use tokio::io::AsyncWriteExt as _;
use tokio::process::{ChildStdin, Command};
use tokio::sync::{Mutex, oneshot};
use tokio::time::timeout;

use super::answer::{Answer, EXPECTED, read_answer};
use super::output::{Event, Output};
use super::request::RequestLine;
use crate::input::JudgeProgram;
use crate::judge::CallErrorKind;
use crate::programs::{Process, found_in, one_line, stdout_hint};

/// How long a process may take to end when its stdin has been closed.
const GRACE: Duration = Duration::from_secs(5);
/// How much of a line a message shows, in characters.
const QUOTED: usize = 120;

/// A process that runs. It is killed when this is dropped.
#[derive(Debug)]
pub(super) struct RunningProgram {
    /// `None` when it has been closed.
    stdin: Mutex<Option<ChildStdin>>,
    /// Held by the trial that reads.
    output: Mutex<Output>,
    state: StateMutex<State>,
}

#[derive(Debug, Default)]
struct State {
    waiting: HashMap<String, oneshot::Sender<Answered>>,
    /// Trials whose answer nobody waits for any more.
    given_up: HashSet<String>,
    /// Answers so far.
    answers: u64,
    /// Why the process can no longer be asked.
    failure: Option<Failure>,
}

/// Why a process can no longer be asked.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    /// What it means for the trials that were asked.
    pub(super) kind: CallErrorKind,
    /// What happened, as the rest of a sentence about the program.
    pub(super) cause: String,
    /// The last lines of stderr.
    pub(super) stderr: Vec<String>,
    /// Whether this is the one of its trials by which the failure of the process is counted.
    pub(super) is_first: bool,
}

type Answered = Result<Answer, Failure>;

/// A trial that waits for its answer. When it is dropped before that, the trial is given up.
struct Waiting<'a> {
    running: &'a RunningProgram,
    id: String,
    answers_before: u64,
    is_written: bool,
    has_ended: bool,
}

impl RunningProgram {
    /// Starts a process.
    pub(super) fn start(program: &JudgeProgram) -> std::io::Result<Self> {
        let mut words = program.words().iter();
        let name = words.next().map_or("", String::as_str);
        let mut command = Command::new(found_in(&program.folder, name)?);
        command.args(words).current_dir(&program.folder);
        let (process, pipes) = Process::start(command)?;
        Ok(Self {
            stdin: Mutex::new(Some(pipes.stdin)),
            output: Mutex::new(Output::new(process, pipes.stdout, pipes.stderr)),
            state: StateMutex::default(),
        })
    }

    /// Asks one trial and waits for its answer, at most so long. The future may be dropped, which gives the trial up.
    pub(super) async fn ask(&self, mut request: RequestLine<'_>, limit: Duration) -> Answered {
        let (id, mut answered) = self.register(&request.id)?;
        request.id.clone_from(&id);
        let mut waiting = Waiting {
            running: self,
            id,
            answers_before: self.state().answers,
            is_written: false,
            has_ended: false,
        };
        let exchange = async {
            let line = request.to_line().unwrap_or_default();
            let write = async {
                if let Some(stdin) = &mut *self.stdin.lock().await {
                    // A program may close stdin early; then its output ends, or the answer is missing.
                    let _closed = stdin.write_all(&line).await.is_err();
                }
                waiting.is_written = true;
            };
            let (write, read) = (std::pin::pin!(write), std::pin::pin!(self.read(&mut answered)));
            match select(read, write).await {
                Either::Left((answer, _)) => answer,
                Either::Right(((), read)) => read.await,
            }
        };
        let answer = timeout(limit, exchange).await;
        if let Ok(answer) = answer {
            waiting.has_ended = true;
            return answer;
        }
        let is_silent = waiting.give_up();
        let failure = Failure {
            kind: CallErrorKind::Transient,
            cause: format!("has not answered within {} s", limit.as_secs_f64()),
            stderr: self.output.try_lock().map(|output| output.last_lines()).unwrap_or_default(),
            is_first: true,
        };
        if is_silent {
            self.fail(failure.clone());
        }
        Err(Failure { is_first: is_silent, ..failure })
    }

    /// Lets a trial wait for an answer; returns the id under which it does.
    fn register(&self, id: &str) -> Result<(String, oneshot::Receiver<Answered>), Failure> {
        let mut state = self.state();
        if let Some(failure) = &state.failure {
            return Err(Failure { is_first: false, ..failure.clone() });
        }
        let mut unique = id.to_owned();
        let mut others = 1;
        while state.waiting.contains_key(&unique) || state.given_up.contains(&unique) {
            others += 1;
            unique = format!("{id}.{others}");
        }
        let (sender, receiver) = oneshot::channel();
        state.waiting.insert(unique.clone(), sender);
        Ok((unique, receiver))
    }

    /// Waits for an answer, and reads the output while nobody else does.
    async fn read(&self, answered: &mut oneshot::Receiver<Answered>) -> Answered {
        let received = tokio::select! {
            biased;
            received = &mut *answered => received,
            mut output = self.output.lock() => loop {
                tokio::select! {
                    biased;
                    received = &mut *answered => break received,
                    event = output.next() => self.handle(event, &output),
                }
            },
        };
        received.unwrap_or_else(|_| {
            Err(Failure {
                kind: CallErrorKind::Transient,
                cause: "was ended".to_owned(),
                stderr: Vec::new(),
                is_first: false,
            })
        })
    }

    fn handle(&self, event: Event, output: &Output) {
        let mut kind = CallErrorKind::NoCompletion;
        let cause = match event {
            Event::Line(line) => match self.pass_on(&line) {
                Ok(()) => return,
                Err(why) => {
                    let (number, line) = (output.line_number(), quoted(&line));
                    format!("wrote something that is no answer: line {number} is `{line}`: {why}")
                }
            },
            Event::Unreadable(cause) => cause,
            Event::Ended(status) => {
                // It may have ended just as it was asked again.
                let is_in_order = status.success() && self.state().answers > 0;
                kind = if is_in_order {
                    CallErrorKind::ConnectionDropped
                } else {
                    CallErrorKind::Transient
                };
                match status.code() {
                    Some(code) => format!("ended with exit code {code} and without an answer"),
                    None => format!("was ended by {status}"),
                }
            }
            Event::Closed => {
                kind = CallErrorKind::Transient;
                "closed its stdout without an answer".to_owned()
            }
        };
        self.fail(Failure { kind, cause, stderr: output.last_lines(), is_first: true });
    }

    /// Passes an answer to the trial that waits for it; an error says why the line is none.
    fn pass_on(&self, line: &[u8]) -> Result<(), String> {
        let (id, answer) = read_answer(line).map_err(|why| {
            let python = "write answers by print(json.dumps(answer)), and logs to stderr";
            format!("{why}; {EXPECTED}; {}", stdout_hint(line, python))
        })?;
        let mut state = self.state();
        let sender = state.waiting.remove(&id);
        if sender.is_none() && !state.given_up.remove(&id) {
            let id = one_line(&id, 40);
            return Err(format!("nothing was asked under the id \"{id}\", or it is answered"));
        }
        state.answers += 1;
        if let Some(sender) = sender {
            let _nobody_waits = sender.send(Ok(answer)).is_err();
        }
        Ok(())
    }

    /// Lets every trial that waits know that the process can no longer be asked.
    fn fail(&self, failure: Failure) {
        let mut state = self.state();
        let mut is_first = state.failure.is_none();
        for (_, sender) in state.waiting.drain() {
            let failure = Failure { is_first, ..failure.clone() };
            is_first &= sender.send(Err(failure)).is_err();
        }
        state.failure.get_or_insert(failure);
    }

    /// Returns whether the process can no longer be asked.
    pub(super) fn has_failed(&self) -> bool {
        self.state().failure.is_some()
    }

    /// Returns whether the process can no longer be asked or has ended by itself.
    pub(super) fn has_ended(&self) -> bool {
        self.has_failed() || self.output.try_lock().is_ok_and(|mut output| output.has_ended())
    }

    /// Closes stdin and waits for the end of the process, as long as that may take.
    pub(super) async fn end(&self) {
        let ended = async {
            drop(self.stdin.lock().await.take());
            let mut output = self.output.lock().await;
            // Nobody waits for what it still writes.
            while matches!(output.next().await, Event::Line(_)) {}
        };
        let _is_killed = timeout(GRACE, ended).await.is_err();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting<'_> {
    /// Gives the trial up unless it has ended; returns whether the process has answered nothing meanwhile.
    fn give_up(&self) -> bool {
        let mut state = self.running.state();
        if !self.has_ended && state.waiting.remove(&self.id).is_some() {
            state.given_up.insert(self.id.clone());
        }
        state.answers == self.answers_before
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.has_ended && self.is_written {
            return;
        }
        let is_silent = self.give_up();
        // It hangs, or would take the rest of the line that it was given for the next one.
        if !self.is_written || is_silent {
            self.running.fail(Failure {
                kind: CallErrorKind::Transient,
                cause: "was ended, since it did not answer another trial in time".to_owned(),
                stderr: Vec::new(),
                is_first: false,
            });
        }
    }
}

/// Returns a line of output in the form in which messages quote it.
fn quoted(line: &[u8]) -> String {
    let beginning = &line[..line.len().min(QUOTED * 4)];
    one_line(&String::from_utf8_lossy(beginning), QUOTED)
}
