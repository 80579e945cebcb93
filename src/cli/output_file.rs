//! Writing a document to a file that someone may be reading: complete or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use evenhand::{Error, ExitCode, Result};

use super::printed;

/// Returns the format that a flag names, else that of the output file's ending; the first one where there is no file, or
/// where its name has no ending.
///
/// # Errors
///
/// No format has this ending.
pub(super) fn chosen_format<T: Copy>(
    named: Option<T>,
    output: Option<&Path>,
    endings: &[(&str, T)],
) -> Result<T> {
    let ending = output.and_then(Path::extension).map(|ending| ending.to_string_lossy());
    let ending = ending.as_deref().unwrap_or(endings[0].0);
    let found = endings.iter().find(|(known, _)| ending.eq_ignore_ascii_case(known));
    named.or(found.map(|(_, format)| *format)).ok_or_else(|| {
        let known: Vec<String> = endings.iter().map(|(ending, _)| format!(".{ending}")).collect();
        let path = output.map(|path| path.display().to_string()).unwrap_or_default();
        Error::usage(format!("--output {path}: no format has this ending"))
            .hint(format!("use {}, or name a format with --format", known.join(", ")))
    })
}

/// Writes a document to a file. A file that is there is replaced once the new one is complete, and keeps its
/// permissions; a link still points to the same place. What is no file (a pipe, a device) is written as it is.
///
/// # Errors
///
/// The file cannot be written.
pub(super) fn write_output(
    path: &Path,
    document: impl FnOnce(&mut (dyn Write + Send)) -> Result<()>,
) -> Result<()> {
    let failed = |error: io::Error| Error::unwritable(path, error);
    // A link is followed, so that it is not itself replaced, even if it leads to a file that does not exist yet.
    let target = path.canonicalize().unwrap_or_else(|_| {
        // A device such as /dev/stdout can be a link to what has no path.
        if path.exists() { path.to_owned() } else { link_target(path) }
    });
    let before = match fs::metadata(&target) {
        Ok(metadata) if !metadata.is_file() => {
            let device = OpenOptions::new().write(true).open(&target).map_err(failed)?;
            return document(&mut NamedWriter { path, inner: device });
        }
        Ok(metadata) => Some(metadata.permissions()),
        Err(_) => None,
    };
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    // As any other program creates a file: the default of `tempfile` is for secrets.
    let create = |path: &Path| File::create_new(path);
    let file = tempfile::Builder::new().prefix(".evenhand-").make_in(folder, create);
    let mut writer = NamedWriter { path, inner: BufWriter::new(file.map_err(failed)?) };
    document(&mut writer)?;
    let file = writer.inner.into_inner().map_err(|error| failed(error.into_error()))?;
    if let Some(permissions) = before {
        file.as_file().set_permissions(permissions).map_err(failed)?;
    }
    file.as_file().sync_all().map_err(failed)?;
    file.persist(&target).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Prints a document, or writes it to a file where one is named; `document` calls its argument with one piece after
/// another.
///
/// # Errors
///
/// The file or stdout cannot be written, and those of `document`.
pub(super) fn write_pieces(
    path: Option<&Path>,
    document: impl Fn(&mut dyn FnMut(&str) -> Result<()>) -> Result<()>,
) -> Result<ExitCode> {
    if let Some(path) = path {
        write_output(path, |output| {
            document(&mut |piece| output.write_all(piece.as_bytes()).map_err(Error::unwritten))
        })?;
        return Ok(ExitCode::Done);
    }
    let mut stdout = std::io::stdout().lock();
    let mut is_open = true;
    let result = document(&mut |piece| {
        is_open = printed(stdout.write_all(piece.as_bytes()))?;
        // The reader is gone: an error is what ends the pass early, and is not reported.
        if is_open { Ok(()) } else { Err(Error::internal("the output is closed")) }
    });
    if is_open {
        result?;
        printed(stdout.flush())?;
    }
    Ok(ExitCode::Done)
}

/// So many links are followed, as by the system.
const MOST_LINKS: usize = 40;

/// Returns where a link leads whose file does not exist; any other path as it is.
pub(super) fn link_target(path: &Path) -> PathBuf {
    let mut target = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(next) = target.read_link() else { break };
        target = target.parent().unwrap_or(Path::new("")).join(next);
    }
    target
}

fn named(path: &Path, error: &io::Error) -> String {
    format!("{}: the output cannot be written: {error}", path.display())
}

/// A writer whose errors name its file.
struct NamedWriter<'a, W> {
    path: &'a Path,
    inner: W,
}

impl<W: Write> Write for NamedWriter<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes);
        // An interrupted write is repeated by the caller, which knows it by its kind.
        written.map_err(|error| io::Error::new(error.kind(), named(self.path, &error)))
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.inner.flush();
        flushed.map_err(|error| io::Error::new(error.kind(), named(self.path, &error)))
    }
}

/// Writes a document to a new temporary file that stays, and returns its path.
///
/// # Errors
///
/// The file cannot be written.
pub(super) fn write_temporary(ending: &str, document: &[u8]) -> Result<PathBuf> {
    let kept = || {
        let mut file = tempfile::Builder::new().prefix("evenhand-").suffix(ending).tempfile()?;
        file.write_all(document)?;
        Ok(file.keep()?.1)
    };
    kept().map_err(|error: io::Error| {
        let folder = std::env::temp_dir();
        let message = format!("no temporary file can be written in {}", folder.display());
        Error::run(format!("{message}: {error}"))
            .hint("name a file: --output FILE")
            .caused_by(error)
    })
}
