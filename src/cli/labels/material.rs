//! What labels are about: the comparisons of a run, or of items.

use evenhand::input::read_items;
use evenhand::labelling::Material;
use evenhand::store::{FileKind, file_kind};
use evenhand::{Error, Result};

use crate::cli::arguments::LabelSource;
use crate::cli::project::Project;
use crate::cli::{input_warning, open_run, print_warning};

/// Returns whether the command is about a run file; everything else is read as items.
///
/// # Errors
///
/// The file cannot be read.
pub(super) fn is_run(source: &LabelSource) -> Result<bool> {
    let path = &source.source;
    match file_kind(path) {
        Ok(kind) => Ok(kind != FileKind::Other),
        Err(error) => Err(Error::input(format!("{}: {error}", path.display()))
            .hint("name the run file or the items that were labelled")
            .caused_by(error)),
    }
}

/// Reads the comparisons and the question.
///
/// # Errors
///
/// A file cannot be read or is malformed, or a flag has no meaning for it.
pub(super) fn read(source: &LabelSource) -> Result<Material> {
    let path = &source.source;
    if is_run(source)? {
        if source.baseline.is_some() {
            return Err(Error::usage("--baseline is about items, and this is a run")
                .hint("omit it: the comparisons of a run are those that were judged"));
        }
        return Material::of_run(open_run(path, source.rubric.as_deref(), None)?);
    }
    let rubric = match source.rubric.as_deref() {
        Some(name) => {
            let rubric = Project::find(None)?.rubric(name)?;
            rubric.warning.iter().for_each(|warning| print_warning(&warning.message));
            Some(rubric)
        }
        None => None,
    };
    let items = read_items(path, &[])?;
    items.warnings.iter().for_each(|warning| print_warning(&input_warning(warning)));
    Material::of_items(items.items, source.baseline.as_deref(), rubric.as_ref())
}
