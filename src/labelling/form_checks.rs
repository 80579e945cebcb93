//! Whether the options of a session fit the forms that a label file holds.

use std::collections::HashSet;
use std::sync::Arc;

use super::draw::{DrawnComparison, draw, population};
use super::entry::{ComparisonKey, FormEntry, comparisons_of};
use super::material::Material;
use super::options::FormOptions;
use super::state::State;
use crate::calibration::SampleDesign;
use crate::error::{Error, Result, counted};
use crate::input::LabelTask;

/// Checks that options which draw a form would draw what the file holds, so that the same options go on with it.
///
/// # Errors
///
/// They would draw another one.
pub(super) fn check_existing(
    material: &Material,
    state: &State,
    annotators: &[Arc<str>],
    options: &FormOptions,
) -> Result<()> {
    let forms: Vec<(&Arc<str>, &[FormEntry])> = annotators
        .iter()
        .map(|annotator| (annotator, state.form(annotator, false)))
        .filter(|(_, form)| !form.is_empty())
        .collect();
    let has_forms = !state.with_form().is_empty();
    if let Some(n) = options.n
        && !state.sample().is_empty()
    {
        let held = if has_forms { state.sample_of_forms().count() } else { state.sample().len() };
        // All were drawn where there were no more.
        let is_all = held < n && held >= population(material, options.judge.as_deref())?;
        if held != n && !is_all {
            return Err(another(&format!(
                "the label file asks for {}, not {n}",
                counted(held as u64, material.unit()[0], material.unit()[1])
            )));
        }
        // What is drawn by default is not checked, so that a run may have grown meanwhile.
        if options.seed != 0 || options.design != SampleDesign::Random {
            check_draw(material, state, has_forms, n, options)?;
        }
    }
    if let Some(overlap) = options.overlap
        && has_forms
    {
        check_overlap(material, &forms, overlap)?;
    }
    if options.overlap.is_some() && !has_forms && annotators.len() < 2 {
        return Err(Error::usage(format!(
            "{} can be shared only among several annotators",
            material.unit()[1]
        ))
        .hint("name all annotators, or leave out how many they share"));
    }
    for (annotator, form) in forms {
        let count = |is_task: fn(&LabelTask) -> bool| {
            form.iter().filter(|entry| is_task(&entry.task)).count()
        };
        let repeats = count(|task| *task == LabelTask::Repeat);
        let equal = count(|task| matches!(task, LabelTask::Equal(_)));
        for (what, held, wanted) in
            [("repeats", repeats, options.repeats), ("equal pairs", equal, options.equal_pairs)]
        {
            if wanted > 0 && held != wanted {
                return Err(another(&format!(
                    "the label file has a form of `{annotator}` with {held} {what}, not {wanted}"
                )));
            }
        }
    }
    Ok(())
}

/// Checks that a seed and a way of drawing give the sample that the file holds.
fn check_draw(
    material: &Material,
    state: &State,
    has_forms: bool,
    n: usize,
    options: &FormOptions,
) -> Result<()> {
    let held: HashSet<(ComparisonKey, Option<u64>)> = if has_forms {
        state.sample_of_forms().map(hashable).collect()
    } else {
        state.sample().iter().map(hashable).collect()
    };
    let drawn: HashSet<_> = draw(material, n, options)?.iter().map(hashable).collect();
    if held == drawn {
        return Ok(());
    }
    Err(another(
        "the label file has another sample than would be drawn now: the seed or the way of drawing differs, or the run has changed",
    ))
}

/// A drawn comparison with its probability bit by bit.
fn hashable((key, probability): &DrawnComparison) -> (ComparisonKey, Option<u64>) {
    (key.clone(), probability.map(f64::to_bits))
}

fn check_overlap(
    material: &Material,
    forms: &[(&Arc<str>, &[FormEntry])],
    overlap: usize,
) -> Result<()> {
    let keys = |form: &[FormEntry]| -> HashSet<_> {
        comparisons_of(form).map(|entry| entry.key.clone()).collect()
    };
    let [(_, first), others @ ..] = forms else {
        return Err(another(
            "the label file has forms already, and who joins labels all that others were asked",
        ));
    };
    if others.is_empty() {
        return Err(another("only one of the annotators has a form in the label file"));
    }
    let mut shared = keys(first);
    let mut all = shared.clone();
    for (_, form) in others {
        let keys = keys(form);
        shared.retain(|key| keys.contains(key));
        all.extend(keys);
    }
    let wanted = overlap.min(all.len());
    // Somebody who joined has all that others have.
    let joined = others.iter().map(|(_, form)| form).chain([first]);
    let has_joined = joined.clone().any(|form| comparisons_of(form).count() == all.len());
    if shared.len() != wanted && !has_joined {
        return Err(another(&format!(
            "in the label file the annotators share {}, not {overlap}",
            counted(shared.len() as u64, material.unit()[0], material.unit()[1])
        )));
    }
    Ok(())
}

fn another(what: &str) -> Error {
    Error::usage(what).hint(
        "leave out what is drawn, shared and asked twice to go on with the forms of the file, or choose \
         another label file for new ones",
    )
}
