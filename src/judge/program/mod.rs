//! A judge that is a program of the user: it gets each trial as a line of JSON on stdin and answers with a line of JSON
//! on stdout.
//!
//! The program knows no more than a model at an endpoint: the messages and the settings of the request. It gets neither
//! the item nor the names of the systems; a trial is named by a hash and the number of its attempt.
//!
//! Processes are started as they are needed, at most as many as the settings allow, and asked again and again. Several
//! trials can be at one process; its answers may come in any order. A process that ends, writes something that is no
//! answer, or does not answer in time is killed, and its trials are asked again at another one. A program of which
//! several processes failed before any has answered is not started again.
//!
//! ```text
//! Trial ─request line→ RunningProgram ─answer line→ Reply | CallError
//!          ProgramJudge: which process is asked, and what its failures mean
//! ```

mod answer;
mod output;
mod request;
mod running;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Map, Value};

use self::request::RequestLine;
use self::running::{Failure, RunningProgram};
use super::{
    CallError, CallErrorKind, ChatModel, EndFuture, Rejection, Reply, ReplyFuture, RequestedOutput,
};
use crate::input::{JudgeProgram, JudgeSettings, Message};
use crate::trial::Trial;

/// A program is given up when so many of its processes have failed before any has answered.
const MAX_FAILURES: u32 = 5;

/// A judge that is a program.
#[derive(Debug)]
pub(super) struct ProgramJudge {
    program: JudgeProgram,
    output: RequestedOutput,
    response_format: Option<Value>,
    temperature: Option<f64>,
    max_tokens: Option<u64>,
    /// How long the answer to one trial may take.
    time_limit: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Every process that may run.
    slots: Vec<Slot>,
    /// Whether the program has ever answered.
    has_answered: bool,
    /// The processes that have failed before the first answer, and what happened to the first.
    failures: u32,
    first_failure: Option<String>,
}

#[derive(Debug, Default)]
struct Slot {
    running: Option<Arc<RunningProgram>>,
    in_flight: usize,
}

/// A process that is asked one trial; it counts as in flight there until this is dropped.
struct Seat<'a> {
    judge: &'a ProgramJudge,
    slot: usize,
    running: Arc<RunningProgram>,
}

impl ProgramJudge {
    /// Returns the judge that a program is; no process is started yet.
    pub(super) fn new(
        settings: &JudgeSettings,
        program: &JudgeProgram,
        output: RequestedOutput,
    ) -> Self {
        let slots = (0..program.processes.max(1)).map(|_| Slot::default()).collect();
        Self {
            program: program.clone(),
            response_format: request::response_format(&output),
            output,
            temperature: settings.temperature,
            max_tokens: settings.max_tokens,
            time_limit: settings.timeout,
            state: Mutex::new(State {
                slots,
                has_answered: false,
                failures: 0,
                first_failure: None,
            }),
        }
    }

    async fn ask(
        &self,
        trial: Trial<'_>,
        messages: &[Message],
        max_tokens: Option<u64>,
    ) -> Result<Reply, CallError> {
        let request = RequestLine {
            id: request::id_of(&trial),
            attempt: trial.attempt,
            model: &self.program.model,
            messages,
            temperature: self.temperature,
            max_tokens: max_tokens.map_or(self.max_tokens, |most| {
                Some(self.max_tokens.map_or(most, |limit| limit.min(most)))
            }),
            response_format: self.response_format.as_ref(),
            logprobs: self.output == RequestedOutput::Token,
        };
        let seat = self.seat()?;
        let answered = seat.running.ask(request, self.time_limit).await;
        match answered {
            Ok(answer) => {
                self.state().has_answered = true;
                let reply = answer.checked_for(&self.output)?;
                let schema_requested = self.response_format.is_some();
                Ok(Reply { schema_requested, ..reply })
            }
            Err(failure) => Err(self.failed(&failure)),
        }
    }

    /// Returns the process that has the fewest trials; one is started if all that run have some and more may run.
    fn seat(&self) -> Result<Seat<'_>, CallError> {
        let mut state = self.state();
        if !state.has_answered && state.failures >= MAX_FAILURES {
            let first = state.first_failure.clone().unwrap_or_default();
            let message = format!(
                "{} of its processes failed before any has answered; the first: {first}",
                state.failures
            );
            return Err(not_asked(message));
        }
        for slot in &mut state.slots {
            // What ended while nobody asked it is no failure.
            if slot.running.as_ref().is_some_and(|running| running.has_ended()) {
                slot.running = None;
            }
        }
        let slots = state.slots.iter_mut().enumerate();
        let fewest = slots.min_by_key(|(_, slot)| (slot.in_flight, slot.running.is_none()));
        let Some((at, slot)) = fewest else { return Err(not_asked("it has no process")) };
        let running = if let Some(running) = &slot.running {
            Arc::clone(running)
        } else {
            let started = RunningProgram::start(&self.program);
            let running = Arc::new(started.map_err(|error| self.not_started(&error))?);
            slot.running.insert(running).clone()
        };
        slot.in_flight += 1;
        drop(state);
        Ok(Seat { judge: self, slot: at, running })
    }

    /// Returns the error of a trial whose process has failed.
    fn failed(&self, failure: &Failure) -> CallError {
        let program = format!("the program `{}`", self.program.shown());
        let mut state = self.state();
        if !state.has_answered && failure.is_first {
            state.failures += 1;
            let sentence = format!("{program} {}", failure.cause);
            let lines: Vec<&str> =
                [&sentence].into_iter().chain(&failure.stderr).map(String::as_str).collect();
            let first = lines.join("\n  ");
            state.first_failure.get_or_insert(first);
        }
        drop(state);
        let said = failure.stderr.last().map(|line| format!("; stderr: {line}"));
        let message = format!("{program} {}{}", failure.cause, said.unwrap_or_default());
        CallError::new(failure.kind, message)
    }

    fn not_started(&self, error: &std::io::Error) -> CallError {
        let program = self.program.shown();
        let folder: PathBuf = self.program.folder.components().collect();
        let folder = folder.display();
        not_asked(format!("cannot start the program `{program}` in the folder {folder}: {error}"))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the error of a trial that was given to no process: no further one has a chance, and it costs nothing.
fn not_asked(message: impl Into<String>) -> CallError {
    let rejection = Some(Box::new(Rejection::default()));
    CallError { rejection, ..CallError::new(CallErrorKind::ProgramFailed, message) }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut state = self.judge.state();
        let slot = &mut state.slots[self.slot];
        slot.in_flight -= 1;
        // The last one who knows a process ends it.
        if self.running.has_failed()
            && slot.running.as_ref().is_some_and(|running| Arc::ptr_eq(running, &self.running))
        {
            slot.running = None;
        }
    }
}

impl ChatModel for ProgramJudge {
    fn complete<'a>(&'a self, trial: Trial<'a>, messages: &'a [Message]) -> ReplyFuture<'a> {
        Box::pin(self.ask(trial, messages, None))
    }

    fn complete_within<'a>(
        &'a self,
        trial: Trial<'a>,
        messages: &'a [Message],
        max_tokens: u64,
    ) -> ReplyFuture<'a> {
        Box::pin(self.ask(trial, messages, Some(max_tokens)))
    }

    fn requests_json_schema(&self) -> bool {
        self.response_format.is_some()
    }

    fn request_fields(&self) -> Option<Map<String, Value>> {
        let request = RequestLine {
            id: String::new(),
            attempt: 1,
            model: &self.program.model,
            messages: &[],
            temperature: self.temperature,
            max_tokens: self.max_tokens,
            response_format: self.response_format.as_ref(),
            logprobs: self.output == RequestedOutput::Token,
        };
        let Ok(Value::Object(mut fields)) = serde_json::to_value(request) else { return None };
        fields.retain(|name, value| {
            let is_of_trial = matches!(name.as_str(), "id" | "attempt" | "messages");
            !is_of_trial && !value.is_null() && *value != false
        });
        Some(fields)
    }

    fn keeps_time_limit(&self) -> bool {
        true
    }

    fn is_program(&self) -> bool {
        true
    }

    fn end(&self) -> EndFuture<'_> {
        let running: Vec<_> =
            self.state().slots.iter_mut().filter_map(|slot| slot.running.take()).collect();
        Box::pin(async move {
            join_all(running.iter().map(|running| running.end())).await;
        })
    }
}
