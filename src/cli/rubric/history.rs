//! `evenhand rubric log`: the tries of rubrics, with their numbers.

use std::path::{Path, PathBuf};

use evenhand::report::{history_json, history_table};
use evenhand::tries::History;
use evenhand::{Error, ExitCode, Result};

use crate::cli::arguments::{Format, RubricLog};
use crate::cli::project::Project;
use crate::cli::{print, print_error_line, print_json, print_warning};

/// How many folders below `calibration/` are searched.
const DEPTH: usize = 2;

/// Prints the tries of one rubric, or of all.
pub(super) fn run(arguments: &RubricLog) -> Result<ExitCode> {
    let histories = if let Some(labels) = &arguments.labels {
        vec![History::beside(labels)?]
    } else {
        let project = Project::find(arguments.config.as_deref())?;
        let mut found = Vec::new();
        find(&project.calibration(), DEPTH, &mut found);
        found.sort();
        found
    };
    let read = histories.iter().map(|path| History::read(path)).collect::<Result<Vec<_>>>()?;
    for warning in read.iter().flat_map(|history| &history.warnings) {
        print_warning(&warning.message);
    }
    let is_wanted = |rubric: &str| arguments.name.as_ref().is_none_or(|name| name == rubric);
    let tries = read.iter().flat_map(|history| &history.tries);
    let tries: Vec<_> = tries.filter(|one| is_wanted(&one.facts.rubric)).collect();
    let begun = read.iter().flat_map(|history| &history.begun);
    let begun: Vec<_> = begun.filter(|one| is_wanted(&one.rubric)).collect();
    if tries.is_empty() && begun.is_empty() {
        none(arguments, &read)?;
    }
    match arguments.format {
        Format::Table => print(&history_table(&tries, &begun))?,
        Format::Json => print_json(&history_json(&tries, &begun))?,
    };
    Ok(ExitCode::Done)
}

/// Says that there is no try, or fails if a rubric is named that other tries do not have.
fn none(arguments: &RubricLog, read: &[History]) -> Result<()> {
    let mut known: Vec<&str> = read
        .iter()
        .flat_map(|history| &history.tries)
        .map(|one| one.facts.rubric.as_str())
        .collect();
    known.sort_unstable();
    known.dedup();
    if let (Some(name), false) = (&arguments.name, known.is_empty()) {
        return Err(Error::input(format!("there is no try of a rubric `{name}`"))
            .hint(format!("there are tries of: {}", known.join(", "))));
    }
    let place = match &arguments.labels {
        Some(labels) => format!("beside {}", labels.display()),
        None => "in calibration/".to_owned(),
    };
    print_error_line(format_args!("there is no history of tries {place}"));
    print_error_line(format_args!(
        "hint: `evenhand rubric try` begins one, beside its label file; if that is elsewhere, name it by --labels FILE"
    ));
    Ok(())
}

/// Adds the histories in a folder and in those below it.
fn find(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let history = folder.join(History::FILE);
    if history.is_file() {
        found.push(history);
    }
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
        if depth > 0 && path.is_dir() && !path.is_symlink() {
            find(&path, depth - 1, found);
        }
    }
}
