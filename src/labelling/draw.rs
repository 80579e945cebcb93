//! Which comparisons are labelled, with the probability of each.

use super::entry::ComparisonKey;
use super::material::Material;
use super::options::FormOptions;
use crate::calibration::{SampleDesign, sample};
use crate::error::{Error, Result};
use crate::grading::{SampledResponse, sample_grades};
use crate::keyed_hash::KeyedHash;
use crate::store::GradeRun;

/// The context of the keys by which comparisons are drawn of items that nobody has judged, and by which all of a run are
/// put in order. It must not change, so that drawn forms stay the same.
const DRAWN: &str = "evenhand: comparisons of items drawn for labelling";

/// A comparison with the probability with which it was drawn.
pub(super) type DrawnComparison = (ComparisonKey, Option<f64>);

/// Draws comparisons, in an order that says nothing about them; all of the material where no number is given.
///
/// # Errors
///
/// The run cannot be read, none of its comparisons is answered, or the design needs a run.
pub(super) fn draw(
    material: &Material,
    n: usize,
    options: &FormOptions,
) -> Result<Vec<DrawnComparison>> {
    if options.n == Some(0) {
        return Err(Error::usage("a sample of 0 has nothing to label").hint("draw at least 1"));
    }
    if let (Some(run), Some(_)) = (material.graded_run(), options.n) {
        return draw_responses(material, run, n, options);
    }
    if let (Some(run), Some(_)) = (material.run(), options.n) {
        let sample = sample(run, options.judge.as_deref(), n, options.seed, options.design)?;
        if sample.comparisons.is_empty() {
            return Err(Error::input(format!(
                "{}: nothing can be drawn: no comparison is answered in both orders",
                run.path().display()
            ))
            .hint(
                "judge the items first, or label without drawing: then all comparisons are asked",
            ));
        }
        let key = |one: &crate::calibration::SampledComparison| {
            let key = material.key(&one.id, &one.between);
            let missing = || Error::internal(format!("comparison of {} was drawn unseen", one.id));
            Ok((key.ok_or_else(missing)?, Some(one.probability)))
        };
        return sample.comparisons.iter().map(key).collect();
    }
    if options.design != SampleDesign::Random {
        return Err(Error::usage("items that nobody has judged can only be drawn at random")
            .hint("judge them, and draw from the run"));
    }
    let all = material.comparisons();
    let probability = n.min(all.len()) as f64 / all.len().max(1) as f64;
    let mut keyed: Vec<([u8; 32], &ComparisonKey)> =
        all.iter().map(|key| (order_key(material, options.seed, key), key)).collect();
    keyed.sort_unstable();
    Ok(keyed.into_iter().take(n).map(|(_, key)| (key.clone(), Some(probability))).collect())
}

/// Draws responses of a run of grades.
fn draw_responses(
    material: &Material,
    run: &GradeRun,
    n: usize,
    options: &FormOptions,
) -> Result<Vec<DrawnComparison>> {
    let sample = sample_grades(run, options.judge.as_deref(), n, options.seed, options.design)?;
    if sample.responses.is_empty() {
        return Err(Error::input(format!(
            "{}: nothing can be drawn: no response is graded in both directions of the scale",
            run.file().path().display()
        ))
        .hint("grade the items first, or label without drawing: then all responses are asked"));
    }
    let key = |one: &SampledResponse| {
        let key = material.response_key(&one.id, &one.system);
        let missing = || Error::internal(format!("a response to {} was drawn unseen", one.id));
        Ok((key.ok_or_else(missing)?, Some(one.probability)))
    };
    sample.responses.iter().map(key).collect()
}

/// Returns how many comparisons or responses can be drawn.
///
/// # Errors
///
/// The run cannot be read.
pub(super) fn population(material: &Material, judge: Option<&str>) -> Result<usize> {
    if let Some(run) = material.graded_run() {
        return Ok(sample_grades(run, judge, 0, 0, SampleDesign::Random)?.population);
    }
    match material.run() {
        Some(run) => Ok(sample(run, judge, 0, 0, SampleDesign::Random)?.population),
        None => Ok(material.comparisons().len()),
    }
}

fn order_key(material: &Material, seed: u64, key: &ComparisonKey) -> [u8; 32] {
    let [a, b] = &key.between;
    KeyedHash::new(DRAWN).seed(seed).texts([&**material.id(key), a, b]).digest()
}
