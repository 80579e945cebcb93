//! What is labelled: the comparisons or the responses of a run, or those of items that no judge has seen.

use evenhand::calibration::SampleDesign;
use evenhand::labelling::{FormOptions, Material};
use evenhand::{Error, Result};

use crate::cli::arguments::{Label, SampleBy};
use crate::cli::label_source::{is_run, read_material};

/// The annotator where none is named.
const ANNOTATOR: &str = "annotator";

/// Reads what is labelled, and the question.
///
/// # Errors
///
/// A file cannot be read or is malformed, or a flag has no meaning for it.
pub(super) fn read(arguments: &Label) -> Result<Material> {
    let path = &arguments.source;
    let needs_run = [("--by", arguments.by.is_some()), ("--judge", arguments.judge.is_some())];
    if let Some((flag, _)) = needs_run.iter().find(|(_, is_given)| *is_given)
        && !is_run(path)?
    {
        return Err(Error::usage(format!("{flag} needs a run, and {} is not one", path.display()))
            .hint("omit it, or judge the items first"));
    }
    read_material(
        path,
        arguments.rubric.as_deref(),
        arguments.baseline.as_deref(),
        arguments.judge.as_deref(),
    )
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
