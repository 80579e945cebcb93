//! `evenhand models pull`: fetches a model while showing progress and listening for signals.

use evenhand::models::{Manifest, Model, PullEvent, PullOptions, PullSource, Pulled, pull};
use evenhand::report::bytes;
use evenhand::{Error, ExitCode, Result};
use url::Url;

use super::super::arguments::ModelsPull;
use super::super::cache_folder::model_cache;
use super::super::environment::optional_variable;
use super::super::signals::Signals;
use super::super::{print, print_error_line, print_note};
use super::download_display::DownloadDisplay;

/// The variable with the URL of a mirror of the hub, by the name that other tools read.
const ENDPOINT_VARIABLE: &str = "HF_ENDPOINT";

/// Fetches a model, and prints its path.
pub(super) fn run(arguments: &ModelsPull) -> Result<ExitCode> {
    let manifest = Manifest::shipped()?;
    let model = manifest.model(&arguments.name)?;
    let mut options = PullOptions::default();
    options.from.clone_from(&arguments.from);
    options.verify = arguments.verify;
    if let Some(endpoint) = endpoint()? {
        options.hub.endpoint = endpoint;
    }
    match fetch(model, &options)? {
        Fetched::Pulled(Pulled::AlreadyThere(path)) => {
            let how = if arguments.verify { "its checksums are right" } else { "it has all files" };
            print_note(format_args!("{} is installed already: {how}", model.name));
            print(&format!("{}\n", path.display()))?;
            Ok(ExitCode::Done)
        }
        Fetched::Pulled(Pulled::Installed { path, source }) => {
            print_note(format_args!("{}", installed(model, &source)));
            print(&format!("{}\n", path.display()))?;
            Ok(ExitCode::Done)
        }
        Fetched::Pulled(_) => Err(Error::internal("the model was neither fetched nor refused")),
        Fetched::Stopped(code) => {
            print_error_line(format_args!(
                "stopped: what was fetched is kept, and the same command resumes"
            ));
            Ok(code)
        }
    }
}

fn installed(model: &Model, source: &PullSource) -> String {
    let licence = &model.licence;
    format!("{}: {} from {source}, verified; licence: {licence}", model.name, bytes(model.size()))
}

/// Returns the endpoint that the environment names.
///
/// # Errors
///
/// It is not the URL of a server.
fn endpoint() -> Result<Option<Url>> {
    let Some(text) = optional_variable(ENDPOINT_VARIABLE) else { return Ok(None) };
    // The text is not shown: it may hold a password.
    let invalid = || {
        Error::input(format!(
            "the environment variable {ENDPOINT_VARIABLE} is not the URL of a server"
        ))
        .hint("write it like https://huggingface.co")
    };
    let url = Url::parse(&text).map_err(|_| invalid())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(invalid());
    }
    Ok(Some(url))
}

enum Fetched {
    Pulled(Pulled),
    /// By a signal, which has this exit code.
    Stopped(ExitCode),
}

/// Fetches the model; the first signal stops it where what was fetched is kept.
fn fetch(model: &Model, options: &PullOptions) -> Result<Fetched> {
    let cache = model_cache()?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
            Error::internal(format!("cannot start the runtime: {error}")).caused_by(error)
        })?;
    let signals = Signals::default();
    let fetched = runtime.block_on(async {
        let mut display = DownloadDisplay::new(&model.name);
        let mut show = |event: PullEvent<'_>| display.show(&event);
        let fetched = tokio::select! {
            pulled = pull(model, &cache, options, &mut show, &signals.stop) => pulled.map(Some),
            watched = signals.watch(|| ()) => match watched {
                Ok(()) => Ok(None),
                Err(error) => {
                    let message = format!("cannot listen for signals: {error}");
                    Err(Error::internal(message).caused_by(error))
                }
            },
        };
        display.finish();
        fetched
    });
    // A lookup at a dead name server can hang; it is not waited for.
    runtime.shutdown_background();
    match (fetched?, signals.exit_code()) {
        (Some(Pulled::Cancelled) | None, code) => {
            Ok(Fetched::Stopped(code.unwrap_or(ExitCode::Interrupted)))
        }
        (Some(pulled), _) => Ok(Fetched::Pulled(pulled)),
    }
}
