//! What labels are about: the comparisons or the responses of a run, or those of items that no judge has seen.

use std::path::Path;

use evenhand::input::{read_items, read_scored_items};
use evenhand::labelling::Material;
use evenhand::store::{FileKind, file_kind};
use evenhand::{Error, Result};

use super::project::Project;
use super::selection::of_judge;
use super::shell::quoted_path;
use super::{input_warning, open_any_run, print_note, print_warning};

/// Returns whether the command is about a run file; everything else is read as items.
///
/// # Errors
///
/// The file cannot be read.
pub(super) fn is_run(path: &Path) -> Result<bool> {
    match file_kind(path) {
        Ok(kind) => Ok(kind != FileKind::Other),
        Err(error) => Err(Error::input(format!("{}: {error}", path.display()))
            .hint("name a run file, which `evenhand judge` creates, or a file of items")
            .caused_by(error)),
    }
}

/// Reads the comparisons, or the responses where the rubric grades, and the question.
///
/// # Errors
///
/// A file cannot be read or is malformed, or a flag has no meaning for it.
pub(super) fn read_material(
    path: &Path,
    rubric: Option<&str>,
    baseline: Option<&str>,
    judge: Option<&str>,
) -> Result<Material> {
    if is_run(path)? {
        if baseline.is_some() {
            return Err(Error::usage("--baseline is about items, and this is a run")
                .hint("omit it: what can be labelled of a run is what was judged"));
        }
        return Material::of_run(of_judge(open_any_run(path, rubric, None)?, judge)?);
    }
    let rubric = match rubric {
        Some(name) => {
            let rubric = Project::find(None)?.rubric(name)?;
            rubric.warning.iter().for_each(|warning| print_warning(&warning.message));
            Some(rubric)
        }
        None => None,
    };
    let is_graded = rubric.as_ref().is_some_and(|rubric| rubric.rubric.scale.is_some());
    let items = if is_graded { read_scored_items(path)? } else { read_items(path, &[])? };
    items.warnings.iter().for_each(|warning| print_warning(&input_warning(warning)));
    Material::of_items(items.items, baseline, rubric.as_ref())
}

/// Prints which command measures a judge by the labels.
pub(super) fn print_measure_next(source: &Path, labels: &Path, is_graded: bool) {
    let labels = quoted_path(labels);
    if is_run(source).unwrap_or(false) {
        let run = quoted_path(source);
        print_note(format_args!("\nnext: evenhand calibrate {run} --labels {labels}"));
    } else {
        let verb = if is_graded { "grade" } else { "judge" };
        print_note(format_args!(
            "\nnext: {verb} the items (evenhand {verb}), then measure the judge: evenhand calibrate RUN --labels {labels}"
        ));
    }
}
