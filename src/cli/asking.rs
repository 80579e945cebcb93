//! Asks judges while showing progress and listening for signals: shared by the commands that ask.

use std::sync::atomic::{AtomicBool, Ordering::Release};
use std::sync::mpsc::channel;
use std::time::Instant;

use evenhand::input::Scale;
use evenhand::report::counted;
use evenhand::run::{
    AskOptions, AskReport, BatchOptions, GenerationSession, Progress, RetryScope, Session,
};
use evenhand::trial::Unit;
use evenhand::{Error, Result};
use tokio_util::sync::CancellationToken;

use super::arguments::BudgetArguments;
use super::events::write_events;
use super::judge_report::Asked;
use super::progress::{AskedFor, ProgressDisplay};
use super::signals::Signals;
use super::{print_error_line, seconds_since_1970};

/// How a command asks, by its flags.
#[derive(Debug, Clone)]
pub(super) struct AskFlags<'a> {
    pub(super) budget: &'a BudgetArguments,
    pub(super) scope: RetryScope,
    /// How further requests are asked in batches; `None` asks them one by one.
    pub(super) batches: Option<BatchOptions>,
}

/// A session that asks models.
pub(super) trait Asks {
    /// Returns what it asks for.
    fn asked_for(&self) -> AskedFor;

    /// Returns the scale of the grades that it asks for, if it does.
    fn scale(&self) -> Option<&Scale> {
        None
    }

    /// Asks what is open.
    async fn ask(
        &mut self,
        options: &AskOptions,
        progress: &Progress,
        cancel: &CancellationToken,
    ) -> Result<AskReport>;

    /// Commits what was received.
    fn finish(&mut self) -> Result<()>;
}

impl Asks for Session {
    fn asked_for(&self) -> AskedFor {
        match self.task().unit() {
            Unit::Comparison => AskedFor::Verdicts,
            Unit::Response => AskedFor::Grades,
        }
    }

    fn scale(&self) -> Option<&Scale> {
        self.task().rubric().rubric.scale.as_ref()
    }

    async fn ask(
        &mut self,
        options: &AskOptions,
        progress: &Progress,
        cancel: &CancellationToken,
    ) -> Result<AskReport> {
        Self::ask(self, options, progress, cancel).await
    }

    fn finish(&mut self) -> Result<()> {
        Self::finish(self)
    }
}

impl Asks for GenerationSession {
    fn asked_for(&self) -> AskedFor {
        AskedFor::Responses
    }

    async fn ask(
        &mut self,
        options: &AskOptions,
        progress: &Progress,
        cancel: &CancellationToken,
    ) -> Result<AskReport> {
        Self::ask(self, options, progress, cancel).await
    }

    fn finish(&mut self) -> Result<()> {
        Self::finish(self)
    }
}

/// Asks what is open as [`ask`] does, and writes an event to stdout for each thing that happens. If the reader of stdout
/// has closed it, no new request is sent.
pub(super) fn ask_with_events<S: Asks + Send>(
    flags: &AskFlags<'_>,
    session: &mut S,
) -> Result<Asked> {
    let (sender, ended) = channel();
    let (progress, signals) = (&Progress::reporting_to(sender), &Signals::default());
    let has_ended = &AtomicBool::new(false);
    let scale = session.scale().cloned();
    std::thread::scope(|threads| {
        let write = move || {
            let written = write_events(&ended, progress, has_ended, scale.as_ref());
            if !matches!(written, Ok(true)) {
                signals.stop.cancel();
            }
            written
        };
        let writer = threads.spawn(write);
        let end = EndOnDrop(has_ended);
        let asked = ask_counting(flags, session, progress, signals);
        drop(end);
        let written = writer.join();
        let asked = asked?;
        written.unwrap_or_else(|_| Err(Error::internal("the writer of events has panicked")))?;
        Ok(asked)
    })
}

/// Records that asking has ended when it is dropped, also by a panic, so that the writer of events ends too.
struct EndOnDrop<'a>(&'a AtomicBool);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Release);
    }
}

/// Asks what is open, shows progress, and listens for signals: the first stops new requests, the second aborts.
pub(super) fn ask(flags: &AskFlags<'_>, session: &mut impl Asks) -> Result<Asked> {
    ask_counting(flags, session, &Progress::default(), &Signals::default())
}

/// Asks as [`ask`] does, and counts in `progress`.
#[expect(
    clippy::disallowed_methods,
    reason = "the binary is what reads the clock and draws the seed of the jitter"
)]
fn ask_counting<S: Asks>(
    flags: &AskFlags<'_>,
    session: &mut S,
    progress: &Progress,
    signals: &Signals,
) -> Result<Asked> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
            Error::internal(format!("cannot start the runtime: {error}")).caused_by(error)
        })?;
    let mut options = AskOptions::default();
    options.scope = flags.scope;
    options.max_cost = flags.budget.max_cost;
    options.max_requests = flags.budget.max_requests;
    options.batches.clone_from(&flags.batches);
    options.now = seconds_since_1970();
    options.jitter_seed = rand::random();
    let start = Instant::now();
    let report: Result<Option<AskReport>> = runtime.block_on(async {
        let mut display = ProgressDisplay::new(session.asked_for());
        let on_first_signal = || {
            let in_flight = progress.snapshot().in_flight;
            print_error_line(format_args!(
                "stopping: waiting for {} in flight; interrupt again to abort",
                counted(in_flight, "request")
            ));
        };
        let report = tokio::select! {
            report = session.ask(&options, progress, &signals.stop) => report.map(Some),
            () = display.watch(progress) => Ok(None),
            watched = signals.watch(on_first_signal) => match watched {
                Ok(()) => Ok(None),
                Err(error) => {
                    let message = format!("cannot listen for signals: {error}");
                    Err(Error::internal(message).caused_by(error))
                }
            },
        };
        display.finish(progress);
        report
    });
    // A lookup at a dead name server can hang after an abort; it is not waited for.
    runtime.shutdown_background();
    // What has been answered is committed before anything else can fail.
    session.finish()?;
    let report = report?;
    Ok(Asked {
        counts: progress.snapshot(),
        report,
        signal: signals.exit_code(),
        seconds: start.elapsed().as_secs_f64(),
    })
}
