//! Asks several models at once, within one budget.

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use super::engine::ask_judge;
use super::pacers::Pacers;
use super::prefetch::Prefetch;
use super::progress::Progress;
use super::report::AskReport;
use super::reservation::Budget;
use super::worker::{AskContext, AskedJudge, AttemptSink};
use crate::error::Result;
use crate::judge::Ports;
use crate::store::AttemptWriter;

/// What models that are asked together share.
#[derive(Debug)]
pub(super) struct Asking<'a> {
    pub(super) writer: &'a AttemptWriter,
    pub(super) budget: &'a Budget,
    pub(super) pacers: &'a Pacers,
    pub(super) progress: &'a Progress,
    pub(super) cancel: &'a CancellationToken,
}

/// The result of each model, and whether a request was not sent because the budget did not allow it.
#[derive(Default)]
pub(super) struct AllAsked {
    models: Vec<Result<super::report::JudgeReport>>,
    budget_exhausted: bool,
}

/// Asks each model what its pages contain.
pub(super) async fn ask_all(
    models: &[AskedJudge<'_>],
    pages: Vec<Prefetch>,
    asking: Asking<'_>,
) -> AllAsked {
    let Asking { writer, budget, pacers, progress, cancel } = asking;
    // A child: a run file that cannot be written stops the session, but does not cancel the caller's token.
    let (sink, cancel) = (AttemptSink::File(writer), cancel.child_token());
    let context = AskContext { sink, budget, progress, ports: Ports::default(), cancel };
    let asked = models.iter().zip(pages);
    let asked = asked.map(|(model, pages)| ask_judge(model, &context, pages));
    let models = tokio::select! {
        biased;
        asked = join_all(asked) => asked,
        never = pacers.book_leases(progress) => match never {},
    };
    AllAsked { models, budget_exhausted: context.budget.is_exhausted() }
}

impl AllAsked {
    /// Adds the results of models that were asked afterwards, within the same budget.
    pub(super) fn extend(&mut self, next: Self) {
        self.models.extend(next.models);
        self.budget_exhausted |= next.budget_exhausted;
    }

    /// Returns whether the run file or the server of a model could not be used, so that nothing more is to be asked.
    pub(super) fn has_error(&self) -> bool {
        self.models.iter().any(Result::is_err)
    }

    /// Returns whether a model was stopped or the budget ended, so that those that are asked afterwards would be asked before
    /// these are done.
    pub(super) fn was_cut_short(&self) -> bool {
        let is_stopped = |report: &super::report::JudgeReport| !report.stops.is_empty();
        self.budget_exhausted || self.models.iter().flatten().any(is_stopped)
    }

    /// Returns the report, and logs the counts.
    ///
    /// # Errors
    ///
    /// The first error of a model.
    pub(super) fn report(self, progress: &Progress) -> Result<AskReport> {
        let judges = self.models.into_iter().collect::<Result<_>>()?;
        let counts = progress.snapshot();
        tracing::info!(
            requests = counts.requests,
            retries = counts.retries,
            done = counts.done,
            failed = counts.failed,
            cost_usd = counts.cost,
            "asked"
        );
        let batches = Vec::new();
        Ok(AskReport { judges, counts, budget_exhausted: self.budget_exhausted, batches })
    }
}
