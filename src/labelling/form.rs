//! What each annotator of a session is asked, where the label file does not say it yet.
//!
//! A form is drawn once and written to the label file; from then on the file decides. Options that would draw another one
//! are refused, so that no comparison is asked that was not drawn.

use std::sync::Arc;

use super::disagreements::disagreements;
use super::draw::{DrawnComparison, draw};
use super::entry::FormEntry;
use super::form_checks::check_existing;
use super::material::Material;
use super::options::FormOptions;
use super::shares::{deal, form_of};
use super::state::State;
use crate::calibration::SampleDesign;
use crate::error::{Error, Result};
use crate::input::LabelLine;

/// How many comparisons everybody labels, where several annotators share a sample and nothing else is said.
const OVERLAP: usize = 30;

/// Returns the lines that are missing in the label file so that every annotator has a form.
///
/// # Errors
///
/// The options contradict each other or what the file holds, or nothing can be drawn.
pub(super) fn missing_lines(
    material: &Material,
    state: &State,
    annotators: &[Arc<str>],
    options: &FormOptions,
) -> Result<Vec<LabelLine>> {
    let forms = if options.adjudicate {
        adjudication(material, state, annotators, options)?
    } else {
        labelling(material, state, annotators, options)?
    };
    let mut lines = Vec::new();
    for (annotator, form) in annotators.iter().zip(forms) {
        lines.extend(form.iter().map(|entry| entry.blank(material.id(&entry.key), annotator)));
    }
    Ok(lines)
}

/// Returns what is still to be added to each annotator's form of comparisons on which others disagree.
fn adjudication(
    material: &Material,
    state: &State,
    annotators: &[Arc<str>],
    options: &FormOptions,
) -> Result<Vec<Vec<FormEntry>>> {
    if options.draws() {
        return Err(Error::usage(
            "nothing is drawn to adjudicate: it is every comparison on which others disagree",
        )
        .hint("leave out how many are drawn, shared or asked twice"));
    }
    if state.sample().is_empty() {
        return Err(Error::input("there is nothing to adjudicate: the label file has no labels")
            .hint("choose the file in which people have labelled"));
    }
    let all = disagreements(material, state, options.judge.as_deref())?;
    let of_annotator = |annotator: &Arc<str>| {
        let known = state.form(annotator, true);
        // Whyever it was asked before, nobody decides a comparison twice.
        let is_new = |entry: &&FormEntry| known.iter().all(|known| known.key != entry.key);
        all.iter().filter(is_new).cloned().collect()
    };
    Ok(annotators.iter().map(of_annotator).collect())
}

/// Returns the form of each annotator who has none; empty for the others.
fn labelling(
    material: &Material,
    state: &State,
    annotators: &[Arc<str>],
    options: &FormOptions,
) -> Result<Vec<Vec<FormEntry>>> {
    if options.n.is_none() && options.design != SampleDesign::Random {
        return Err(Error::usage("how comparisons are drawn is given, but not how many")
            .hint("give the number of comparisons to draw"));
    }
    let (seed, asked) = (options.seed, |annotator: &Arc<str>| state.form(annotator, false));
    let is_new = |annotator: &&Arc<str>| asked(annotator).is_empty();
    check_existing(material, state, annotators, options)?;
    let form = |annotator: &Arc<str>, comparisons: &[DrawnComparison]| {
        form_of(material, annotator, comparisons, options.repeats, options.equal_pairs, seed)
    };
    if !state.with_form().is_empty() {
        // Who joins labels everything that others were asked.
        let all: Vec<DrawnComparison> = state.sample_of_forms().cloned().collect();
        let join = |annotator: &Arc<str>| {
            if is_new(&annotator) { form(annotator, &all) } else { Vec::new() }
        };
        return Ok(annotators.iter().map(join).collect());
    }
    let sample = match (options.n, state.sample()) {
        (Some(n), []) => draw(material, n, options)?,
        (None, []) => draw(material, material.comparisons().len(), options)?,
        (_, in_file) => in_file.to_vec(),
    };
    let overlap = options.overlap.unwrap_or(OVERLAP);
    let dealt = deal(material, annotators, sample, overlap, seed);
    Ok(annotators.iter().zip(dealt).map(|(annotator, share)| form(annotator, &share)).collect())
}
