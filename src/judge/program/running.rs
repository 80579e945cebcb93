//! One process of a program that is asked trials, several at once if need be.
//!
//! Nothing runs beside the trials: of those that wait for answers, one reads the output and passes every answer to the
//! trial that waits for it; when it has its own, the next one goes on reading. While nobody waits, nothing is read.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex as StateMutex, MutexGuard, PoisonError};
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
use crate::programs::{Process, Tail, found_in, how_it_ended, one_line, quoted, stdout_hint};

/// How long a process may take to end after its stdin has been closed.
const GRACE: Duration = Duration::from_secs(5);

/// A process that runs. It is killed when this is dropped.
#[derive(Debug)]
pub(super) struct RunningProgram {
    /// `None` when it has been closed.
    stdin: Mutex<Option<ChildStdin>>,
    /// Held by the trial that reads.
    output: Mutex<Output>,
    /// The end of its stderr.
    tail: Tail,
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
    failure: Option<Arc<Failure>>,
    /// Whether its failure has been counted.
    is_counted: bool,
}

/// Why a trial has no answer: the process can no longer be asked, or answers other trials but not this one.
#[derive(Debug)]
pub(super) struct Failure {
    /// What it means for the trials that were asked.
    pub(super) kind: CallErrorKind,
    /// What happened, as the predicate of a sentence about the program.
    pub(super) cause: String,
    /// The last lines of stderr.
    pub(super) stderr: Vec<String>,
}

type Answered = Result<Answer, Arc<Failure>>;

/// A trial that waits for its answer. When it is dropped before that, the trial is given up.
struct Waiting<'a> {
    running: &'a RunningProgram,
    id: String,
    /// The number of answers of the process before the trial was asked.
    answers_before: u64,
    /// Whether its line is being written, so that a part of it may have been.
    is_writing: bool,
    /// Whether it has received its answer or the failure of the process.
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
        let tail = Tail::default();
        Ok(Self {
            stdin: Mutex::new(Some(pipes.stdin)),
            output: Mutex::new(Output::new(process, pipes.stdout, pipes.stderr, tail.clone())),
            tail,
            state: StateMutex::default(),
        })
    }

    /// Asks one trial and waits for its answer, at most as long as `limit`. The future may be dropped, which gives the
    /// trial up.
    pub(super) async fn ask(&self, mut request: RequestLine<'_>, limit: Duration) -> Answered {
        let mut answered = self.register(&mut request.id)?;
        let line = request.to_line().map_err(|error| {
            self.state().waiting.remove(&request.id);
            let cause = format!("cannot be asked: {error}");
            Failure { kind: CallErrorKind::RequestRejected, cause, stderr: Vec::new() }
        })?;
        let mut waiting = Waiting {
            running: self,
            id: request.id,
            answers_before: self.state().answers,
            is_writing: false,
            has_ended: false,
        };
        let exchange = async {
            let write = async {
                if let Some(stdin) = &mut *self.stdin.lock().await {
                    waiting.is_writing = true;
                    // A program may close stdin early; then its output ends, or the answer is missing.
                    let _closed = stdin.write_all(&line).await.is_err();
                    waiting.is_writing = false;
                }
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
        let what = if is_silent { "" } else { " this trial" };
        let failure = Arc::new(Failure {
            kind: CallErrorKind::Transient,
            cause: format!("has not answered{what} within {} s", limit.as_secs_f64()),
            stderr: self.tail.last_lines(),
        });
        if is_silent {
            self.fail(Arc::clone(&failure));
        }
        Err(failure)
    }

    /// Lets a trial wait for an answer, under its id or under one made from it if that is taken.
    fn register(&self, id: &mut String) -> Result<oneshot::Receiver<Answered>, Arc<Failure>> {
        let mut state = self.state();
        if let Some(failure) = &state.failure {
            return Err(Arc::clone(failure));
        }
        let length = id.len();
        let mut others = 1;
        while state.waiting.contains_key(id) || state.given_up.contains(id) {
            others += 1;
            *id = format!("{}.{others}", &id[..length]);
        }
        let (sender, receiver) = oneshot::channel();
        state.waiting.insert(id.clone(), sender);
        Ok(receiver)
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
            // This does not happen: nothing but an answer or a failure removes a sender while its trial waits.
            Err(Arc::new(Failure {
                kind: CallErrorKind::Transient,
                cause: "was ended".to_owned(),
                stderr: Vec::new(),
            }))
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
                format!("{} and without an answer", how_it_ended(status))
            }
            Event::Closed => {
                kind = CallErrorKind::Transient;
                "closed its stdout without an answer".to_owned()
            }
        };
        self.fail(Arc::new(Failure { kind, cause, stderr: self.tail.last_lines() }));
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
            return Err(format!("no trial with the id \"{id}\" waits for an answer"));
        }
        state.answers += 1;
        if let Some(sender) = sender {
            let _nobody_waits = sender.send(Ok(answer)).is_err();
        }
        Ok(())
    }

    /// Lets every trial that waits know that the process can no longer be asked.
    fn fail(&self, failure: Arc<Failure>) {
        let mut state = self.state();
        for (_, sender) in state.waiting.drain() {
            let _nobody_waits = sender.send(Err(Arc::clone(&failure))).is_err();
        }
        state.failure.get_or_insert(failure);
    }

    /// Returns whether the process has failed and this is the first call since: however many trials a process had, its
    /// failure counts once.
    pub(super) fn count_failure(&self) -> bool {
        let mut state = self.state();
        state.failure.is_some() && !std::mem::replace(&mut state.is_counted, true)
    }

    /// Returns whether the process can no longer be asked.
    pub(super) fn has_failed(&self) -> bool {
        self.state().failure.is_some()
    }

    /// Returns whether the process can no longer be asked or has ended by itself.
    pub(super) fn has_ended(&self) -> bool {
        self.has_failed() || self.output.try_lock().is_ok_and(|mut output| output.has_ended())
    }

    /// Closes stdin and waits until the process has ended, at most for [`GRACE`].
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
    /// Gives the trial up; returns whether the process has answered nothing since it was asked.
    fn give_up(&self) -> bool {
        let mut state = self.running.state();
        if state.waiting.remove(&self.id).is_some() {
            state.given_up.insert(self.id.clone());
        }
        state.answers == self.answers_before
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        let is_silent = !self.has_ended && self.give_up();
        let cause = if self.is_writing {
            // It would take the next line for the rest of this one.
            "was killed, because another trial ended while its line was being written"
        } else if is_silent {
            "was killed, because it had answered nothing when another trial ended"
        } else {
            return;
        };
        self.running.fail(Arc::new(Failure {
            kind: CallErrorKind::Transient,
            cause: cause.to_owned(),
            stderr: Vec::new(),
        }));
    }
}
