//! What is learnt about a program while it is asked: how much it can be given at a time, whether it works
//! at all, and what is to be said about it at the end.

use super::process::{Ending, Program};
use super::protocol::Row;
use crate::error::{Error, Result};

/// The most responses that one process is asked about.
const BATCH_ROWS: usize = 64;
/// After how many responses that failed on their own a program is given up that has never answered.
const PATIENCE: usize = 3;

/// What is known about a program.
#[derive(Debug)]
pub(super) struct History {
    /// How many responses the next process may be asked about.
    pub(super) batch_rows: usize,
    /// The most that any process has answered completely.
    proven_rows: usize,
    has_answered: bool,
    /// The first response that failed on its own while nothing was ever answered.
    first_failure: Option<(String, Ending)>,
    failures: usize,
    ended_badly: Noted,
    asked_again: Noted,
}

/// How often something happened, and how it was the first time.
#[derive(Debug, Default)]
struct Noted {
    count: usize,
    first: String,
}

impl Noted {
    fn add(&mut self, count: usize, what: impl FnOnce() -> String) {
        if self.count == 0 {
            self.first = what();
        }
        self.count += count;
    }
}

impl Default for History {
    fn default() -> Self {
        Self {
            batch_rows: BATCH_ROWS,
            proven_rows: 1,
            has_answered: false,
            first_failure: None,
            failures: 0,
            ended_badly: Noted::default(),
            asked_again: Noted::default(),
        }
    }
}

impl History {
    /// Takes in that a process which was asked about `asked` responses has ended and left `open` of them.
    pub(super) fn record(&mut self, program: &Program, asked: usize, open: usize, ending: &Ending) {
        self.has_answered |= open < asked;
        if open == 0 {
            self.proven_rows = self.proven_rows.max(asked);
            if !ending.is_good() {
                self.ended_badly.add(1, || program.bad_end(ending));
            }
        } else if asked > 1 {
            let again = if ending.is_good() { asked } else { open };
            self.asked_again.add(again, || program.reason(ending));
            if ending.is_time_limit() {
                // It may hold its answers back until it ends. Where that many were answered in time before,
                // it is one response that takes long, and smaller batches would only cost time.
                let smaller = self.batch_rows.min(asked / 2);
                self.batch_rows = smaller.max(self.proven_rows);
            }
        }
    }

    /// Takes in that a response failed in a process of its own; `known` is how many responses there are to
    /// ask about.
    ///
    /// # Errors
    ///
    /// Enough have failed to give the program up.
    pub(super) fn record_failure(
        &mut self,
        program: &Program,
        row: &Row<'_>,
        ending: Ending,
        known: usize,
    ) -> Result<()> {
        if self.has_answered {
            return Ok(());
        }
        self.failures += 1;
        let (place, first) = self.first_failure.get_or_insert_with(|| (row.place(), ending));
        if self.failures < PATIENCE.min(known) {
            return Ok(());
        }
        Err(given_up(program, self.failures, place, first))
    }

    /// Returns what is to be warned of at the end, a sentence each.
    pub(super) fn warnings(&self, program: &Program) -> Vec<String> {
        let program = program.shown();
        let mut warnings = Vec::new();
        if let Noted { count: count @ 1.., first } = &self.ended_badly {
            let processes = if *count == 1 { "1 process" } else { &format!("{count} processes") };
            warnings.push(format!(
                "{program}: {processes} gave every answer and then ended badly ({first}); the answers count"
            ));
        }
        if let Noted { count: count @ 1.., first } = &self.asked_again {
            let responses =
                if *count == 1 { "1 response was" } else { &format!("{count} responses were") };
            warnings.push(format!(
                "{program}: {responses} asked about again, each in a process of its own, because a process \
                 had left them open ({first})"
            ));
        }
        warnings
    }
}

fn given_up(program: &Program, failures: usize, place: &str, first: &Ending) -> Error {
    let responses = if failures == 1 { "response" } else { "responses" };
    let message = format!("gives no answers: each of {failures} {responses} failed on its own");
    let mut error = Error::input(format!("{} {message}", program.shown()))
        .detail(format!("the first ({place}): {}", program.what_happened(first)));
    for line in first.last_lines() {
        error = error.detail(format!("stderr: {line}"));
    }
    error.hint(match first.code() {
        // The second is what cmd says.
        Some(127 | 9009) => "the shell finds no such program: check the path and the spelling",
        Some(126) => "the file cannot be executed: make it executable or name its interpreter",
        _ if first.is_time_limit() => {
            "if it needs longer for one answer, raise --time-limit; it gets lines of JSON on stdin until \
             that is closed, and answers each with one line on stdout"
        }
        _ => "it gets lines of JSON on stdin and has to answer each with one line on stdout",
    })
}
