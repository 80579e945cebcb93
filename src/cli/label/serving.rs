//! Serving the pages until a signal, and what is said at the end.

use std::io::IsTerminal as _;
use std::sync::Arc;

use evenhand::labelling::Session;
use evenhand::report::count;
use evenhand::{Error, ExitCode, Result};
use tokio::task::spawn_blocking;

use super::desk::{Desk, decision_sentence, is_done};
use super::guard::Guard;
use super::links::{Base, open_page, print_exposure, print_links};
use super::owner::Numbers;
use super::server::{listen, serve};
use super::site::{Site, router};
use super::token::{Tokens, Visitor};
use crate::cli::arguments::Label;
use crate::cli::label_source::print_measure_next;
use crate::cli::messages::print_error_line;
use crate::cli::signals::Signals;

/// Serves the pages of a session until Ctrl-C or SIGTERM.
///
/// # Errors
///
/// The address cannot be served.
pub(super) fn run(arguments: &Label, session: Session, numbers: Numbers) -> Result<ExitCode> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
            Error::internal(format!("cannot start the runtime: {error}")).caused_by(error)
        })?;
    let desk = Desk::new(session);
    let signals = Signals::default();
    let served = runtime.block_on(serve_until_signal(arguments, &desk, numbers, &signals));
    runtime.shutdown_background();
    served?;
    let code = signals.exit_code().unwrap_or(ExitCode::Done);
    // After a second signal a request may still hold it; its answer is in the file or was not confirmed.
    let Some(session) = desk.into_session() else { return Ok(code) };
    Ok(if print_result(arguments, &session) { ExitCode::Done } else { code })
}

async fn serve_until_signal(
    arguments: &Label,
    desk: &Arc<Desk>,
    numbers: Numbers,
    signals: &Signals,
) -> Result<()> {
    // Before the first line says how to end it.
    let watched = signals.watch(|| {});
    let (listener, address) = listen(&arguments.host, arguments.port.unwrap_or(0)).await?;
    let annotators = desk.last_answers().len();
    let tokens = Tokens::draw(annotators)?;
    let base = Base::new(&arguments.host, address);
    let shown = desk.with(|session| Ok(session.annotators().to_vec())).await;
    let names = shown.map_err(|_| Error::internal("the session cannot be used"))?;
    print_error_line(format_args!("labels are stored in {}", arguments.labels.display()));
    print_links(&names, &base, &tokens);
    print_exposure(address);
    print_error_line(format_args!("press Ctrl-C to end; the same command continues"));
    let first = if annotators == 1 { Visitor::Annotator(0) } else { Visitor::Owner };
    let opened = base.page(&tokens, first);
    let guard = Guard::new(&arguments.host, address.port());
    let site = Site { guard, tokens, desk: Arc::clone(desk), numbers: Arc::new(numbers) };
    let served = serve(listener, router(Arc::new(site)), &signals.stop);
    // The file that leads the browser to the page is there until the end.
    let browser = async {
        if is_opened(arguments) {
            let file = spawn_blocking(move || open_page(&opened)).await;
            signals.stop.cancelled().await;
            drop(file);
        }
    };
    // Connections without a request are closed at once, so that there is nothing to say while the others end.
    tokio::select! {
        ((), ()) = async { tokio::join!(served, browser) } => Ok(()),
        watched = watched => watched.map_err(|error| {
            Error::internal(format!("cannot listen for signals: {error}")).caused_by(error)
        }),
    }
}

/// Returns whether the browser is opened: somebody is there to see it.
fn is_opened(arguments: &Label) -> bool {
    let is_terminal = std::io::stderr().is_terminal() || std::io::stdout().is_terminal();
    !arguments.no_open && is_terminal
}

/// Prints who has done how much, and what to do next; returns whether no further label is needed.
fn print_result(arguments: &Label, session: &Session) -> bool {
    let mut answered = 0;
    let mut is_all_done = true;
    for (number, name) in session.annotators().iter().enumerate() {
        let progress = session.progress(number);
        answered += progress.answered;
        is_all_done &= is_done(&progress);
        let left = progress.total.saturating_sub(progress.answered + progress.skipped);
        print_error_line(format_args!(
            "{name}: {} answered, {} skipped, {} left",
            count(progress.answered as u64),
            count(progress.skipped as u64),
            count(left as u64)
        ));
    }
    if let Some(decided) = decision_sentence(session) {
        print_error_line(format_args!("{decided}"));
    }
    if answered > 0 {
        let is_graded = session.material().scale().is_some();
        print_measure_next(&arguments.source, &arguments.labels, is_graded);
    }
    is_all_done || session.decision().is_some()
}
