//! Rubrics of earlier runs that have the same name and version as that of a task, and another text.
//!
//! Earlier runs are the run files in the folder of the task's own, and the one whose replies are reused: they are
//! there, and their manifests are read in a millisecond each.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};

use super::prepared::PreparedTask;
use crate::error::{Warning, counted};
use crate::input::LoadedRubric;
use crate::store::{RunFile, changed_parts};

/// The most run files that are read, the latest first.
const MOST_RUNS: usize = 100;

impl PreparedTask {
    /// Returns the warnings about the rubric: a name that is not that of its file, and a text that is not that of an
    /// earlier run with the same version. Call it before [`Session::plan`](super::Session::plan), which stores the
    /// new text. A run file that cannot be read is passed over.
    pub fn rubric_warnings(&self) -> Vec<Warning> {
        let mut warnings: Vec<Warning> = self.rubric.warning.iter().cloned().collect();
        let mut runs = self.run.as_deref().map(run_files).unwrap_or_default();
        runs.extend(self.reuse.iter().filter_map(|reuse| reuse.run_path()).map(Path::to_owned));
        let different = runs.iter().filter_map(|path| {
            let run = RunFile::open_any(path).ok()?;
            let different = difference(run.loaded_rubric(), &self.rubric)?;
            // Without a reply there are no results to tell apart.
            run.has_reply().ok().filter(|has| *has).map(|_| (path, different))
        });
        let different: Vec<(&PathBuf, String)> = different.collect();
        if let Some((path, part)) = different.first() {
            let (name, version) = (&self.rubric.rubric.name, &self.rubric.rubric.version);
            let more = match different.len() - 1 {
                0 => String::new(),
                more => format!(" and {}", counted(more as u64, "other run", "other runs")),
            };
            warnings.push(Warning::new(
                "rubric-version",
                format!(
                    "rubric {name} {version} has another text than in {}{more} ({part} differs); raise `version`, so \
                     that results of both can be told apart",
                    path.display()
                ),
            ));
        }
        warnings
    }
}

/// Returns the run files in the folder of a run file, the latest first.
fn run_files(run: &Path) -> Vec<PathBuf> {
    let folder = run.parent().filter(|folder| !folder.as_os_str().is_empty());
    let Ok(entries) = std::fs::read_dir(folder.unwrap_or(Path::new("."))) else {
        return Vec::new();
    };
    let mut files: Vec<_> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let path = entry.path();
            let is_run = path.extension().is_some_and(|end| end == "db");
            let shown = folder.map_or_else(|| PathBuf::from(entry.file_name()), |_| path);
            let modified = entry.metadata().ok()?.modified().ok()?;
            is_run.then_some((Reverse(modified), shown))
        })
        .collect();
    files.sort();
    files.into_iter().take(MOST_RUNS).map(|(_, path)| path).collect()
}

/// Returns the part of two rubrics of one name and version that differs.
fn difference(before: &LoadedRubric, now: &LoadedRubric) -> Option<String> {
    let (one, two) = (&before.rubric, &now.rubric);
    if one.name != two.name || one.version != two.version {
        return None;
    }
    // The patterns are not part of what is asked, and decide what a reply means.
    let reading = || {
        let same = format!("{:?}", one.reply) == format!("{:?}", two.reply);
        (!same).then(|| "rubric.reply".to_owned())
    };
    changed_parts(before, now).into_iter().next().map(|part| part.field).or_else(reading)
}
