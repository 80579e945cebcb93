//! The files of an import: what each is, and its records.

use std::collections::HashSet;
use std::path::PathBuf;

use super::ImportFormat;
use super::layouts::{FileKind, recognise};
use super::published::read_with_nan;
use super::yaml::{is_yaml, read_yaml};
use crate::error::{Error, Result};
use crate::input::data_file::DataFile;
use crate::input::jsonl::{self, Lines, Record};

/// A file with its records.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) kind: FileKind,
    /// How messages name the file.
    pub(super) shown: String,
    /// At least one.
    pub(super) records: Vec<Record>,
}

impl Source {
    /// Returns the name of the file without folder and ending, which names a judge that has no other name.
    pub(super) fn stem(&self) -> String {
        let name = std::path::Path::new(&self.shown).file_stem();
        name.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }
}

/// Returns the first record of a file; of data sets that write `NaN` for an empty cell too.
fn first_record(path: &PathBuf) -> Result<Record> {
    if is_yaml(path) {
        let first = read_yaml(path)?.into_iter().next();
        return first.ok_or_else(|| empty(&path.display().to_string()));
    }
    match jsonl::first_record(&DataFile::foreign(path)) {
        Ok(Some(record)) => Ok(record),
        Ok(None) => Err(empty(&path.display().to_string())),
        Err(error) => match read_with_nan(path).map(|records| records.into_iter().next()) {
            Ok(Some(record)) => Ok(record),
            _ => Err(error),
        },
    }
}

fn empty(shown: &str) -> Error {
    Error::input(format!("{shown}: the file has no records"))
}

/// Returns the format of all files, which is the same one.
///
/// # Errors
///
/// A file cannot be read, is not known, or is of another format than the first.
pub(super) fn format_of(paths: &[PathBuf], given: Option<ImportFormat>) -> Result<ImportFormat> {
    // These two say themselves what is wrong with a file of theirs.
    if let Some(format @ (ImportFormat::Llmbar | ImportFormat::Pandalm)) = given {
        return Ok(format);
    }
    let mut first: Option<(ImportFormat, &PathBuf)> = None;
    for path in paths {
        let shown = path.display().to_string();
        let (_, format) = recognise(&first_record(path)?, &shown, given)?;
        match first {
            Some((known, earlier)) if known != format => {
                return Err(Error::input(format!(
                    "{} is of {}, but {} is of {}",
                    earlier.display(),
                    known.as_str(),
                    path.display(),
                    format.as_str()
                ))
                .hint("import the files of each format into a folder of its own"));
            }
            Some(_) => {}
            None => first = Some((format, path)),
        }
    }
    first.map(|(format, _)| format).ok_or_else(|| Error::usage("there is no file to import"))
}

/// Reads the records of a file; in JSON that Python wrote, `NaN` is no value.
fn records_of(path: &PathBuf) -> Result<Vec<Record>> {
    if is_yaml(path) {
        return read_yaml(path);
    }
    let read = || -> Result<Vec<Record>> {
        let mut lines = Lines::open(&DataFile::foreign(path))?;
        let mut records = Vec::new();
        while let Some(line) = lines.next_line()? {
            records.push(line.parse()?);
        }
        Ok(records)
    };
    read().or_else(|error| read_with_nan(path).map_err(|_| error))
}

/// Reads all files.
///
/// # Errors
///
/// A file cannot be read, or a record is not an object.
pub(super) fn read_sources(paths: &[PathBuf], format: ImportFormat) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    let mut given = HashSet::new();
    for path in paths {
        let shown = path.display().to_string();
        if !given.insert(path.canonicalize().unwrap_or_else(|_| path.clone())) {
            return Err(Error::usage(format!("{shown} is given twice")).hint("give each file once"));
        }
        let records = records_of(path)?;
        let first = records.first().ok_or_else(|| empty(&shown))?;
        let (kind, _) = recognise(first, &shown, Some(format))?;
        sources.push(Source { kind, shown, records });
    }
    Ok(sources)
}
