//! A judge that is a program of the user: it gets each trial as a line of JSON on stdin and answers with a line of JSON
//! on stdout.
//!
//! The program knows no more than a model at an endpoint: the messages and the settings of the request. It gets neither
//! the item nor the names of the systems; a trial is named by a hash and the number of its attempt.
//!
//! Processes are started as they are needed, at most as many as the settings allow, and asked again and again. Several
//! trials can be at one process; its answers may come in any order. A process that writes something that is no answer,
//! or answers nothing within the time limit of a trial, is killed. The trials of a process that was killed or has ended
//! are asked again at another one. A program of which several processes failed before the first answer is not started
//! again.
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
    Sample,
};
use crate::input::{JudgeProgram, JudgeSettings, Message};
use crate::trial::{GradeTrial, Trial};

/// A program is given up when this many of its processes have failed before the first answer.
const MAX_FAILURES: u32 = 5;

/// A judge that is a program.
#[derive(Debug)]
pub(super) struct ProgramJudge {
    program: JudgeProgram,
    output: RequestedOutput,
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
    /// The number of processes that have failed before the first answer.
    failures: u32,
    /// What happened to the first of them.
    first_failure: Option<String>,
}

#[derive(Debug, Default)]
struct Slot {
    running: Option<Arc<RunningProgram>>,
    in_flight: usize,
}

/// A process that is asked once; it counts as in flight there until this is dropped.
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
        (id, attempt): (String, u32),
        messages: &[Message],
        max_tokens: Option<u64>,
    ) -> Result<Reply, CallError> {
        let seat = self.seat()?;
        let mut request = self.request(id, attempt, messages);
        request.max_tokens = self.max_tokens.into_iter().chain(max_tokens).min();
        match seat.running.ask(request, self.time_limit).await {
            Ok(answer) => {
                self.state().has_answered = true;
                let reply = answer.checked_for(&self.output)?;
                Ok(Reply { schema_requested: self.requests_json_schema(), ..reply })
            }
            Err(failure) => Err(self.failed(&seat.running, &failure)),
        }
    }

    /// Returns a request with the settings of the judge.
    fn request<'a>(&'a self, id: String, attempt: u32, messages: &'a [Message]) -> RequestLine<'a> {
        RequestLine {
            id,
            attempt,
            model: &self.program.model,
            messages,
            temperature: self.temperature,
            max_tokens: self.max_tokens,
            response_format: self.output.response_format(),
            logprobs: self.output == RequestedOutput::Token,
        }
    }

    /// Returns the process that has the fewest trials; one is started if all that run have some and more may run.
    fn seat(&self) -> Result<Seat<'_>, CallError> {
        let mut state = self.state();
        if !state.has_answered && state.failures >= MAX_FAILURES {
            let first = state.first_failure.clone().unwrap_or_default();
            let message = format!(
                "{} of its processes failed before the first answer; the first: {first}",
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
        let slots = state.slots.iter().enumerate();
        let fewest = slots.min_by_key(|(_, slot)| (slot.in_flight, slot.running.is_none()));
        let at = fewest.map_or(0, |(at, _)| at);
        let slot = &mut state.slots[at];
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

    /// Returns the error of a trial without an answer, and counts the failure of its process if it has failed.
    fn failed(&self, running: &RunningProgram, failure: &Failure) -> CallError {
        let sentence = format!("the program `{}` {}", self.program.shown(), failure.cause);
        let mut state = self.state();
        if !state.has_answered && running.count_failure() {
            state.failures += 1;
            state.first_failure.get_or_insert_with(|| {
                let lines = [&sentence].into_iter().chain(&failure.stderr);
                lines.map(String::as_str).collect::<Vec<_>>().join("\n  ")
            });
        }
        drop(state);
        let message = match failure.stderr.last() {
            Some(line) => format!("{sentence}; stderr: {line}"),
            None => sentence,
        };
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

/// Returns the error of a trial that no process was asked, which costs nothing: further trials have no chance either.
fn not_asked(message: impl Into<String>) -> CallError {
    let rejection = Some(Box::new(Rejection::default()));
    CallError { rejection, ..CallError::new(CallErrorKind::ProgramFailed, message) }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut state = self.judge.state();
        let slot = &mut state.slots[self.slot];
        slot.in_flight -= 1;
        // A process is killed when its last trial lets go of it.
        if self.running.has_failed()
            && slot.running.as_ref().is_some_and(|running| Arc::ptr_eq(running, &self.running))
        {
            slot.running = None;
        }
    }
}

impl ChatModel for ProgramJudge {
    fn complete<'a>(
        &'a self,
        trial: Trial<'a>,
        messages: &'a [Message],
        max_tokens: Option<u64>,
    ) -> ReplyFuture<'a> {
        let named = (request::id_of(&trial), trial.attempt);
        Box::pin(self.ask(named, messages, max_tokens))
    }

    fn grade<'a>(
        &'a self,
        trial: GradeTrial<'a>,
        messages: &'a [Message],
        max_tokens: Option<u64>,
    ) -> ReplyFuture<'a> {
        let named = (request::id_of_grade(&trial), trial.attempt);
        Box::pin(self.ask(named, messages, max_tokens))
    }

    fn respond<'a>(
        &'a self,
        sample: Sample<'a>,
        messages: &'a [Message],
        max_tokens: Option<u64>,
    ) -> ReplyFuture<'a> {
        let named = (request::id_of_sample(&sample), sample.attempt);
        Box::pin(self.ask(named, messages, max_tokens))
    }

    fn requests_json_schema(&self) -> bool {
        matches!(self.output, RequestedOutput::Json(_))
    }

    fn request_fields(&self) -> Option<Map<String, Value>> {
        let request = self.request(String::new(), 1, &[]);
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

    fn end(&self) -> EndFuture<'_> {
        let running: Vec<_> =
            self.state().slots.iter_mut().filter_map(|slot| slot.running.take()).collect();
        Box::pin(async move {
            join_all(running.iter().map(|running| running.end())).await;
        })
    }
}
