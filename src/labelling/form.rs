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
use super::session_line::SessionLine;
use super::shares::{deal, form_of, mixed, most_repeats};
use super::state::State;
use crate::calibration::SampleDesign;
use crate::error::{Error, Result, counted};

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
) -> Result<Vec<SessionLine>> {
    if material.scale().is_some() {
        check_of_grades(options)?;
    }
    let forms = if options.adjudicate {
        adjudication(material, state, annotators, options)?
    } else {
        labelling(material, state, annotators, options)?
    };
    let mut lines = Vec::new();
    for (annotator, form) in annotators.iter().zip(forms) {
        lines.extend(form.iter().map(|entry| entry.form_line(material.id(&entry.key), annotator)));
    }
    Ok(lines)
}

/// Checks that nothing is asked for that single responses do not have.
fn check_of_grades(options: &FormOptions) -> Result<()> {
    if options.equal_pairs > 0 {
        return Err(Error::usage(
            "a response that is graded by itself is on no side of the screen",
        )
        .hint("leave out the equal pairs"));
    }
    Ok(())
}

/// Returns what is still to be added to each annotator's form of what others disagree on.
fn adjudication(
    material: &Material,
    state: &State,
    annotators: &[Arc<str>],
    options: &FormOptions,
) -> Result<Vec<Vec<FormEntry>>> {
    if options.draws() {
        return Err(Error::usage(format!(
            "nothing is drawn to adjudicate: it is every {} on which others disagree",
            material.unit()[0]
        ))
        .hint("leave out how many are drawn, shared or asked twice"));
    }
    if state.answers().next().is_none() {
        return Err(Error::input("there is nothing to adjudicate: the label file has no labels")
            .hint("choose the file in which people have labelled"));
    }
    let [one, several] = material.unit();
    let all = disagreements(material, state, options.judge.as_deref())?;
    if all.is_empty() && annotators.iter().all(|annotator| state.form(annotator, true).is_empty()) {
        let judge =
            if material.run().is_some() { " with each other and with the judge" } else { "" };
        return Err(Error::input(format!(
            "there is nothing to adjudicate: people agree{judge} on every {one} that they have labelled"
        ))
        .hint(format!("have more {several} labelled, or some of them by further people")));
    }
    let of_annotator = |annotator: &Arc<str>| {
        let known = state.form(annotator, true);
        // What people came to differ on later is asked again: what was decided about the judge settles nothing.
        let is_new = |entry: &&FormEntry| {
            known.iter().all(|known| known.key != entry.key || known.task != entry.task)
        };
        all.iter().filter(is_new).cloned().collect()
    };
    Ok(annotators.iter().map(of_annotator).collect())
}

/// Checks that a form of so many comparisons has room for what is asked twice.
fn check_asked_twice(material: &Material, comparisons: usize, options: &FormOptions) -> Result<()> {
    for (what, wanted, most) in [
        ("repeats", options.repeats, most_repeats(comparisons)),
        ("equal pairs", options.equal_pairs, comparisons),
    ] {
        if wanted > most {
            return Err(Error::usage(format!(
                "a form of {} has room for {most} {what} at most, not {wanted}",
                counted(comparisons as u64, material.unit()[0], material.unit()[1])
            ))
            .hint(format!("ask for fewer, or label more {}", material.unit()[1])));
        }
    }
    Ok(())
}

/// Returns the form of each annotator who has none; empty for the others.
fn labelling(
    material: &Material,
    state: &State,
    annotators: &[Arc<str>],
    options: &FormOptions,
) -> Result<Vec<Vec<FormEntry>>> {
    if options.n.is_none() && options.design != SampleDesign::Random {
        return Err(Error::usage("how the sample is drawn is given, but not how many")
            .hint("give the number to draw"));
    }
    let (seed, asked) = (options.seed, |annotator: &Arc<str>| state.form(annotator, false));
    let is_new = |annotator: &&Arc<str>| asked(annotator).is_empty();
    check_existing(material, state, annotators, options)?;
    let form = |annotator: &Arc<str>, comparisons: &[DrawnComparison]| {
        // Nothing else of a single response differs between annotators.
        let own = material.scale().map(|_| mixed(material, annotator, comparisons.to_vec(), seed));
        let comparisons = own.as_deref().unwrap_or(comparisons);
        form_of(material, annotator, comparisons, options.repeats, options.equal_pairs, seed)
    };
    if !state.with_form().is_empty() {
        // Who joins labels everything that others were asked.
        let all: Vec<DrawnComparison> = state.sample_of_forms().cloned().collect();
        check_asked_twice(material, all.len(), options)?;
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
    check_asked_twice(material, dealt.iter().map(Vec::len).min().unwrap_or(0), options)?;
    Ok(annotators.iter().zip(dealt).map(|(annotator, share)| form(annotator, &share)).collect())
}
