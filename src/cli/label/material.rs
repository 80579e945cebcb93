//! What is labelled: the comparisons of a run, or those of items that no judge has seen.

use evenhand::calibration::SampleDesign;
use evenhand::input::read_items;
use evenhand::labelling::{FormOptions, Material};
use evenhand::store::{FileKind, file_kind};
use evenhand::{Error, Result};

use crate::cli::arguments::{Label, SampleBy};
use crate::cli::project::Project;
use crate::cli::{input_warning, open_run, print_warning};

/// The annotator where none is named.
const ANNOTATOR: &str = "annotator";

/// Returns whether the command is about a run file; everything else is read as items.
///
/// # Errors
///
/// The file cannot be read.
pub(super) fn is_run(arguments: &Label) -> Result<bool> {
    let path = &arguments.source;
    match file_kind(path) {
        Ok(kind) => Ok(kind != FileKind::Other),
        Err(error) => Err(Error::input(format!("{}: {error}", path.display()))
            .hint("name a run file, which `evenhand judge` creates, or a file of items")
            .caused_by(error)),
    }
}

/// Reads the comparisons and the question.
///
/// # Errors
///
/// A file cannot be read or is malformed, or a flag has no meaning for it.
pub(super) fn read(arguments: &Label) -> Result<Material> {
    let path = &arguments.source;
    if is_run(arguments)? {
        if arguments.baseline.is_some() {
            return Err(Error::usage("--baseline is about items, and this is a run")
                .hint("omit it: the comparisons of a run are those that were judged"));
        }
        return Material::of_run(open_run(path, arguments.rubric.as_deref(), None)?);
    }
    let needs_run = [("--by", arguments.by.is_some()), ("--judge", arguments.judge.is_some())];
    if let Some((flag, _)) = needs_run.iter().find(|(_, is_given)| *is_given) {
        return Err(Error::usage(format!("{flag} needs a run, and {} is not one", path.display()))
            .hint("omit it, or judge the items first"));
    }
    let rubric = match arguments.rubric.as_deref() {
        Some(name) => {
            let rubric = Project::find(None)?.rubric(name)?;
            rubric.warning.iter().for_each(|warning| print_warning(&warning.message));
            Some(rubric)
        }
        None => None,
    };
    let items = read_items(path, &[])?;
    items.warnings.iter().for_each(|warning| print_warning(&input_warning(warning)));
    Material::of_items(items.items, arguments.baseline.as_deref(), rubric.as_ref())
}

/// Returns who labels.
///
/// # Errors
///
/// Somebody is named twice.
pub(super) fn annotators(arguments: &Label) -> Result<Vec<String>> {
    let named = &arguments.annotators;
    if let Some((_, name)) = named.iter().enumerate().find(|(at, name)| named[..*at].contains(name))
    {
        return Err(Error::usage(format!("--annotators names {name} twice")));
    }
    if named.is_empty() {
        return Ok(vec![arguments.annotator.clone().unwrap_or_else(|| ANNOTATOR.to_owned())]);
    }
    Ok(named.clone())
}

/// Returns what the forms are made by.
///
/// # Errors
///
/// As for [`annotators`].
pub(super) fn form_options(arguments: &Label) -> Result<FormOptions> {
    let design = match arguments.by {
        None => SampleDesign::Random,
        Some(SampleBy::Outcome) => SampleDesign::ByOutcome,
        Some(SampleBy::Uncertainty) => SampleDesign::ByUncertainty,
    };
    Ok(FormOptions {
        n: arguments.n.map(|n| n as usize),
        seed: arguments.seed,
        design,
        judge: arguments.judge.clone(),
        annotators: annotators(arguments)?,
        overlap: arguments.overlap.map(|overlap| overlap as usize),
        repeats: arguments.repeats as usize,
        equal_pairs: arguments.equal_pairs as usize,
        adjudicate: arguments.adjudicate,
        stopping: None,
    })
}
