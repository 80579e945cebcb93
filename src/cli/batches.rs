//! Batches of `judge` and `grade`: their flags, and what is said of them at the end.

use evenhand::report::{counted, for_terminal};
use evenhand::run::{BatchOptions, BatchReport, PreparedTask};
use evenhand::store::BatchStage;
use evenhand::{Error, Result};

use super::arguments::BatchArguments;
use super::print_warning;

/// Returns how batches are asked; `None` without `--batch`.
pub(super) fn batch_options(arguments: BatchArguments) -> Option<BatchOptions> {
    arguments.batch.then(|| {
        let mut options = BatchOptions::default();
        options.wait = arguments.wait;
        options
    })
}

/// Checks that every judge takes batches, where these are asked for.
pub(super) fn check_batches(arguments: BatchArguments, task: &PreparedTask) -> Result<()> {
    match task.judge_without_batches().filter(|_| arguments.batch) {
        Some(judge) => Err(Error::usage(format!("--batch: judge {judge} takes no batches"))
            .detail("batches need an endpoint with one base_url, whose provider offers them")
            .hint("leave out --batch; a judge that runs on this machine costs nothing")),
        None => Ok(()),
    }
}

/// Returns a line for each batch.
pub(super) fn batch_lines(batches: &[BatchReport]) -> impl Iterator<Item = String> {
    batches.iter().map(|batch| {
        let id = for_terminal(batch.id.as_deref().unwrap_or("(id unknown)"), false);
        let judge = for_terminal(&batch.judge, false);
        format!("  {judge}: batch {id}: {}\n", state(batch))
    })
}

/// Returns how far a batch is, in words.
fn state(batch: &BatchReport) -> String {
    let requests = counted(batch.requests, "request");
    let cancelled = if batch.was_cancelled { ", cancelled" } else { "" };
    match batch.stage {
        BatchStage::Collected => match batch.requests - batch.replies {
            0 => format!("collected, {}{cancelled}", counted(batch.replies, "reply")),
            without => format!(
                "collected, {} to {requests}{cancelled}; {without} without",
                counted(batch.replies, "reply")
            ),
        },
        BatchStage::Submitted => {
            format!("in progress, {} of {requests} answered{cancelled}", batch.answered)
        }
        BatchStage::Refused => format!("refused, {requests}"),
        BatchStage::NotSubmitted => format!("not submitted, {requests}"),
        _ => format!("unknown whether it was submitted, {requests}"),
    }
}

/// Returns that batches are in progress, as a part of a sentence, and what to do; `None` if none are.
pub(super) fn in_progress(batches: &[BatchReport]) -> Option<(String, &'static str)> {
    let hint = "run the same command again to collect what has ended, with --wait to wait for it";
    let sentence = match batches.iter().filter(|batch| batch.stage.is_open()).count() {
        0 => return None,
        1 => "1 batch is in progress".to_owned(),
        open => format!("{open} batches are in progress"),
    };
    Some((sentence, hint))
}

/// Prints what was strange about batches.
pub(super) fn warn_of_batches(batches: &[BatchReport]) {
    for batch in batches {
        let id = for_terminal(batch.id.as_deref().unwrap_or("(id unknown)"), false);
        let judge = for_terminal(&batch.judge, false);
        if let Some(message) = &batch.message {
            print_warning(&format!("{judge}: batch {id}: {}", for_terminal(message, false)));
        }
        if batch.not_processed > 0 {
            print_warning(&format!(
                "{judge}: batch {id}: {} without an answer, since the batch expired or was cancelled before; asked again, \
                 and not paid for",
                counted(batch.not_processed, "request")
            ));
        }
        if batch.missing > 0 {
            print_warning(&format!(
                "{judge}: batch {id}: {} missing and given up, which may have been paid for",
                counted(batch.missing, "answer")
            ));
        }
        if batch.ignored > 0 {
            print_warning(&format!(
                "{judge}: batch {id}: {} to requests that were answered already, or that the batch does not have; ignored",
                counted(batch.ignored, "answer")
            ));
        }
    }
}
