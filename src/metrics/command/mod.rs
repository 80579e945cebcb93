//! A metric that another program computes: "does the code compile", "does it refuse".
//!
//! The program is started through the shell, gets one line of JSON for each response on stdin, and
//! answers each with one line on stdout, in order:
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
//! | anything else | the program is no metric: an error |
//!
//! `"id"` and `"system"` may be given and must then be those of the question; all other fields are the
//! program's own. Responses reach it only as JSON on stdin, never on a command line.
//!
//! Responses are shared out to several processes, of which some run at a time. A process that hangs or
//! breaks down costs nothing but time: the responses that it left open are each asked about in a process of
//! their own, and only one that fails there has no score. A program that holds its answers back until it
//! ends, and so seems to hang, is given less to do at a time. Where nothing is ever answered, that is an
//! error, and it comes soon.
//!
//! A process that ends well with too few answers may have passed over some responses, so that it is not
//! known which ones its answers are about: all of them are asked about again.
//!
//! A process that ends by itself may leave something running in the background; one that does not is
//! killed with all that it has started. So is everything else when a future of this module is dropped.

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
use process::{Outcome, Program, ask};

pub use name::name_of;
pub use protocol::{Answer, Row};

/// The most that one process is sent, in bytes, unless a single response is longer.
const BATCH_BYTES: usize = 4 << 20;
/// A metric that another program computes.
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
    /// `name` is what it is called in a table. `time_limit` is the longest that a process may go without
    /// giving an answer or ending, and `processes` how many may run at a time (0 counts as 1).
    pub fn new(name: &str, command: &str, time_limit: Duration, processes: usize) -> Self {
        Self {
            name: name.to_owned(),
            program: Program { command: command.to_owned(), time_limit },
            processes: processes.max(1),
            history: History::default(),
        }
    }

    /// Returns what it is called in a table.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the command line.
    pub fn command(&self) -> &str {
        &self.program.command
    }

    /// Asks the program about `rows` and returns one answer for each, in order.
    ///
    /// It must be called in a tokio runtime with time and input and output, and may be called again and
    /// again; what has been learnt about the program stays. When the future is dropped, every process that
    /// it has started is killed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Input`](crate::ErrorKind::Input), with everything the user needs to know, if
    ///
    /// - the program says something that is no answer, a line of more than 1 MiB, more answers than it was
    ///   asked for, or the answer to another response;
    /// - it has never answered anything, and three responses (or all, if there are fewer) have failed in a
    ///   process of their own;
    /// - the shell cannot be started.
    pub async fn answers(&mut self, rows: &[Row<'_>]) -> Result<Vec<Answer>> {
        let Self { program, processes, history, .. } = self;
        let share = rows.len().div_ceil(*processes).max(1);
        let mut answers: Vec<Option<Answer>> = vec![None; rows.len()];
        let mut next = 0;
        let mut alone = VecDeque::new();
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < *processes {
                let batch = if let Some(index) = alone.pop_front() {
                    Batch::of(rows, index, 1)?
                } else if next < rows.len() {
                    Batch::of(rows, next, history.batch_rows.min(share))?
                } else {
                    break;
                };
                next = next.max(batch.range.end);
                running.push(batch.ask(program, rows));
            }
            let Some(ended) = running.next().await else { break };
            let (range, Outcome { answers: mut given, ending }) = ended?;
            history.record(program, range.len(), range.len() - given.len(), &ending);
            if given.len() < range.len() && ending.is_good() {
                // It may have passed over some: then the answers are not those to the first ones.
                given.clear();
            }
            let open = range.start + given.len()..range.end;
            for (slot, answer) in answers[range.clone()].iter_mut().zip(given) {
                *slot = Some(answer);
            }
            if range.len() > 1 {
                alone.extend(open);
            } else if !open.is_empty() {
                answers[open.start] = Some(Answer::Failed(program.reason(&ending)));
                history.record_failure(program, &rows[open.start], ending, rows.len())?;
            }
        }
        let complete: Option<Vec<Answer>> = answers.into_iter().collect();
        complete.ok_or_else(|| Error::internal("a response was never asked about"))
    }

    /// Returns what is to be warned of at the end, a sentence each; nothing if all went well.
    pub fn finish(self) -> Vec<String> {
        self.history.warnings(&self.program)
    }
}

/// Responses that one process is asked about.
struct Batch {
    range: Range<usize>,
    /// What it gets on stdin.
    input: Vec<u8>,
}

impl Batch {
    /// Takes at least one response from `begin` on, and at most `limit`.
    fn of(rows: &[Row<'_>], begin: usize, limit: usize) -> Result<Self> {
        let mut batch = Self { range: begin..begin, input: Vec::new() };
        for row in rows[begin..].iter().take(limit) {
            let full = batch.input.len();
            row.write_question(&mut batch.input)?;
            if batch.input.len() > BATCH_BYTES && full > 0 {
                batch.input.truncate(full);
                break;
            }
            batch.range.end += 1;
        }
        Ok(batch)
    }

    async fn ask(self, program: &Program, rows: &[Row<'_>]) -> Result<(Range<usize>, Outcome)> {
        let outcome = ask(program, &rows[self.range.clone()], &self.input).await?;
        Ok((self.range, outcome))
    }
}
