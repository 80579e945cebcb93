//! Metrics computed by a user's program, for example whether code compiles.
//!
//! The program is started through the shell, reads one line of JSON per response from stdin, and writes one line
//! per response to stdout, in the same order:
//!
//! ```text
//! {"id":"t-017","system":"prompt-v1","prompt":"…","response":"…","reference":"…","context":…,"tags":{…}}
//! ```
//!
//! | answer | means |
//! | --- | --- |
//! | `0.75`, or `{"score": 0.75}` | the score |
//! | `true` or `false`, or as `"score"` | 1 or 0 |
//! | `null`, `{"score": null}`, `{"error": "no compiler"}` | this response has no score |
//! | anything else | an error, which ends the evaluation |
//!
//! An answer may repeat `"id"` and `"system"`, which must then match the response; other fields are ignored.
//! Responses are passed only as JSON on stdin, never on a command line.
//!
//! Responses are distributed in batches over several processes that run in parallel. If a process hangs or
//! crashes, its unanswered responses are retried, each in a process of its own; a response that fails again has no
//! score. If a program buffers its answers until it ends and therefore exceeds the time limit, later batches are
//! smaller. If a program never answers, the evaluation fails after a few responses.
//!
//! A process that exits successfully with too few answers may have skipped some responses, so that its answers
//! cannot be assigned: all of its responses are retried.
//!
//! A process that exits by itself may leave child processes running. A process that is killed, because of its time
//! limit or because a future of this module is dropped, is killed with its child processes (on Unix).

mod history;
mod name;
mod process;
mod protocol;

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use crate::error::{Error, Result};
use history::History;
use process::{ProcessResult, Program, run_process};

pub use name::command_name;
pub use protocol::{Answer, SystemResponse};

/// The most input of one process, in bytes, unless a single response is longer.
const BATCH_BYTES: usize = 4 << 20;

/// A metric that a user's program computes.
#[derive(Debug)]
pub struct CommandMetric {
    name: String,
    program: Program,
    processes: usize,
    history: History,
}

impl CommandMetric {
    /// Returns the metric that `command` computes; no process is started yet.
    ///
    /// `name` is the name of the metric in reports. `time_limit` is the longest time that a process may take until
    /// its next answer or its exit, and `processes` the number of parallel processes (0 counts as 1).
    pub fn new(name: &str, command: &str, time_limit: Duration, processes: usize) -> Self {
        Self {
            name: name.to_owned(),
            program: Program { command: command.to_owned(), time_limit },
            processes: processes.max(1),
            history: History::default(),
        }
    }

    /// Returns the name of the metric in reports.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the command line.
    pub fn command(&self) -> &str {
        &self.program.command
    }

    /// Runs the program on `responses` and returns one answer for each, in order.
    ///
    /// It must be called in a tokio runtime with time and I/O enabled, and can be called repeatedly; what was
    /// learnt about the program (such as the batch size) is kept. When the future is dropped, every process
    /// that it started is killed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Input`](crate::ErrorKind::Input) if
    ///
    /// - the program writes a line that is not an answer or longer than 1 MiB, more answers than there are
    ///   responses, or the answer to another response;
    /// - it has never answered, and three responses (or all, if there are fewer) have failed in a process of their
    ///   own;
    /// - the shell cannot be started.
    pub async fn answers(&mut self, responses: &[SystemResponse<'_>]) -> Result<Vec<Answer>> {
        let Self { program, processes, history, .. } = self;
        let share = responses.len().div_ceil(*processes).max(1);
        let mut answers: Vec<Option<Answer>> = vec![None; responses.len()];
        let mut next = 0;
        let mut retries = VecDeque::new();
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < *processes {
                let batch = if let Some(index) = retries.pop_front() {
                    Batch::new(responses, index, 1)?
                } else if next < responses.len() {
                    Batch::new(responses, next, history.batch_size.min(share))?
                } else {
                    break;
                };
                next = next.max(batch.range.end);
                running.push(batch.run(program, responses));
            }
            let Some(finished) = running.next().await else { break };
            let (range, ProcessResult { answers: mut given, exit }) = finished?;
            history.record(program, range.len(), range.len() - given.len(), &exit);
            if given.len() < range.len() && exit.is_success() {
                // It may have skipped some responses; then its answers are not those to the first ones.
                given.clear();
            }
            let unanswered = range.start + given.len()..range.end;
            for (slot, answer) in answers[range.clone()].iter_mut().zip(given) {
                *slot = Some(answer);
            }
            if range.len() > 1 {
                retries.extend(unanswered);
            } else if !unanswered.is_empty() {
                let response = &responses[unanswered.start];
                answers[unanswered.start] = Some(Answer::Failed(program.reason(&exit)));
                history.record_failure(program, response, exit, responses.len())?;
            }
        }
        let complete: Option<Vec<Answer>> = answers.into_iter().collect();
        complete.ok_or_else(|| Error::internal("a response was passed to no process"))
    }

    /// Returns the warnings about the program, one sentence each.
    pub fn finish(self) -> Vec<String> {
        self.history.warnings(&self.program)
    }
}

/// The responses that one process is given.
struct Batch {
    range: Range<usize>,
    /// Its input on stdin.
    input: Vec<u8>,
}

impl Batch {
    /// Returns a batch of at least one and at most `limit` responses from `begin` on.
    fn new(responses: &[SystemResponse<'_>], begin: usize, limit: usize) -> Result<Self> {
        let mut batch = Self { range: begin..begin, input: Vec::new() };
        for response in responses[begin..].iter().take(limit) {
            let length = batch.input.len();
            response.write_question(&mut batch.input)?;
            if batch.input.len() > BATCH_BYTES && length > 0 {
                batch.input.truncate(length);
                break;
            }
            batch.range.end += 1;
        }
        Ok(batch)
    }

    async fn run(
        self,
        program: &Program,
        responses: &[SystemResponse<'_>],
    ) -> Result<(Range<usize>, ProcessResult)> {
        let result = run_process(program, &responses[self.range.clone()], &self.input).await?;
        Ok((self.range, result))
    }
}
