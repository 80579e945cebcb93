//! A run or a recording whose replies are copied, opened when they are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::reuse::ReusedReplies;
use crate::error::{Error, Result};
use crate::input::{Recording, Scale};
use crate::store::{FileKind, RunFile, StoredJudge, file_kind};

/// A run or a recording whose replies are copied.
#[derive(Debug)]
pub(super) struct ReusedFile {
    path: PathBuf,
    /// The judges of a run; a recording has none.
    pub(super) judges: Vec<StoredJudge>,
    recording: Option<Arc<Recording>>,
}

impl ReusedFile {
    /// Checks that a run can be read and is not the one that replies are copied into, and reads its judges; or reads a
    /// recording, which is every file that is no database. `scale` is that of the rubric, if it grades.
    pub(super) fn read(path: &Path, into: Option<&Path>, scale: Option<&Scale>) -> Result<Self> {
        if path.is_file() && matches!(file_kind(path), Ok(FileKind::Other)) {
            let recording = Recording::read(path, scale)?;
            if let Some((count, first)) = recording.of_unknown_order() {
                return Err(Error::input(format!(
                    "{}: {count} of {} lines do not know which response was shown first (first: {first}), so which order \
                     to ask is not known either",
                    path.display(),
                    recording.len()
                ))
                .hint("remove the lines with \"order\":\"unknown\" to have both orders of them asked"));
            }
            let recording = Some(Arc::new(recording));
            return Ok(Self { path: path.to_owned(), judges: Vec::new(), recording });
        }
        if let (Ok(path), Some(Ok(into))) = (path.canonicalize(), into.map(Path::canonicalize))
            && path == into
        {
            return Err(Error::usage("a run cannot reuse its own replies")
                .detail(format!("both are {}", into.display())));
        }
        let judges = RunFile::open_any(path)?.asked_judges().to_vec();
        Ok(Self { path: path.to_owned(), judges, recording: None })
    }

    /// Returns the path of the run; `None` for a recording.
    pub(super) fn run_path(&self) -> Option<&Path> {
        self.recording.is_none().then_some(&self.path)
    }

    /// Returns whether it is a recording.
    pub(super) fn is_recording(&self) -> bool {
        self.recording.is_some()
    }

    /// Opens what is copied for reading.
    pub(super) fn open(&self) -> Result<ReusedReplies> {
        Ok(match &self.recording {
            Some(recording) => ReusedReplies::Recording(Arc::clone(recording)),
            None => ReusedReplies::Run(Box::new(RunFile::open_any(&self.path)?)),
        })
    }
}
