//! What is learnt about a program from its processes: the batch size, whether it works at all, and warnings.

use super::process::{ProcessExit, Program};
use super::protocol::SystemResponse;
use crate::error::{Error, Remedy, Result, counted};
use crate::input::Occurrences;

/// The largest batch: the most responses that one process is given.
const MAX_BATCH: usize = 64;
/// A program that has never answered is abandoned after this many responses failed in a process of their own.
const MAX_FAILURES: usize = 3;

/// What is known about a program.
#[derive(Debug)]
pub(super) struct History {
    /// The size of the next batch, in responses.
    pub(super) batch_size: usize,
    /// The largest batch that a process has answered completely.
    proven_batch_size: usize,
    has_answered: bool,
    /// The first response that failed in a process of its own while the program had never answered.
    first_failure: Option<(String, ProcessExit)>,
    failures: usize,
    /// Processes that gave every answer and then failed.
    failed_after_answers: Occurrences,
    /// Responses that were retried.
    retried: Occurrences,
}

impl Default for History {
    fn default() -> Self {
        Self {
            batch_size: MAX_BATCH,
            proven_batch_size: 1,
            has_answered: false,
            first_failure: None,
            failures: 0,
            failed_after_answers: Occurrences::default(),
            retried: Occurrences::default(),
        }
    }
}

impl History {
    /// Records that a process was given `batch` responses and exited with `unanswered` of them unanswered.
    pub(super) fn record(
        &mut self,
        program: &Program,
        batch: usize,
        unanswered: usize,
        exit: &ProcessExit,
    ) {
        self.has_answered |= unanswered < batch;
        if unanswered == 0 {
            self.proven_batch_size = self.proven_batch_size.max(batch);
            if !exit.is_success() {
                self.failed_after_answers.record_many(1, || program.cause_after_answers(exit));
            }
        } else if batch > 1 {
            let retried = if exit.is_success() { batch } else { unanswered };
            self.retried.record_many(retried, || program.reason(exit));
            if exit.is_time_limit() {
                // The program may buffer its answers until it ends. But if a batch of this size was answered in
                // time before, a single response takes long, and smaller batches would only cost time.
                let smaller = self.batch_size.min(batch / 2);
                self.batch_size = smaller.max(self.proven_batch_size);
            }
        }
    }

    /// Records that a response failed in a process of its own; `total` is the number of responses to score.
    ///
    /// # Errors
    ///
    /// The program has never answered, and enough responses have failed to abandon it.
    pub(super) fn record_failure(
        &mut self,
        program: &Program,
        response: &SystemResponse<'_>,
        exit: ProcessExit,
        total: usize,
    ) -> Result<()> {
        if self.has_answered {
            return Ok(());
        }
        self.failures += 1;
        let (response, first) =
            self.first_failure.get_or_insert_with(|| (response.description(), exit));
        if self.failures < MAX_FAILURES.min(total) {
            return Ok(());
        }
        Err(no_answers(program, self.failures, response, first))
    }

    /// Returns the warnings about the program, one sentence each.
    pub(super) fn warnings(&self, program: &Program) -> Vec<String> {
        let program = program.description();
        let mut warnings = Vec::new();
        if let Occurrences { count: count @ 1.., first } = &self.failed_after_answers {
            let processes = counted(*count as u64, "process", "processes");
            warnings.push(format!(
                "{program}: {processes} failed after giving every answer (first: {first}); the answers count"
            ));
        }
        if let Occurrences { count: count @ 1.., first } = &self.retried {
            let responses = counted(*count as u64, "response was", "responses were");
            warnings.push(format!(
                "{program}: {responses} retried, each in a process of its own, because a process did not answer \
                 all of its responses (first: {first})"
            ));
        }
        warnings
    }
}

/// Returns the error for a program that never answered.
fn no_answers(program: &Program, failures: usize, response: &str, first: &ProcessExit) -> Error {
    let responses =
        if failures == 1 { "1 response" } else { &format!("each of {failures} responses") };
    let mut error =
        Error::input(format!("{} gives no answers: {responses} failed", program.description()))
            .detail(format!("the first ({response}): {}", program.cause(first)));
    for line in first.last_lines() {
        error = error.detail(format!("stderr: {line}"));
    }
    match first.code() {
        // 9009 is the code of `cmd` for an unknown program.
        Some(127 | 9009) => {
            error.hint("the shell cannot find the program: check its path and spelling")
        }
        Some(126) => {
            error.hint("the file cannot be executed: make it executable or name its interpreter")
        }
        _ if first.is_time_limit() => error.suggest(Remedy::RaiseTimeLimit),
        _ => error.hint(
            "the program must read lines of JSON from stdin and write one line to stdout for each",
        ),
    }
}
