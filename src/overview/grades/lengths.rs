//! Whether longer responses are graded higher.

use serde::Serialize;

use super::texts::ResponseTexts;
use crate::grading::{GradeTable, scaled};
use crate::overview::bands::equal_count_bands;
use crate::stats::{Estimate, spearman};
use crate::summary::ItemScores;

/// The bands of lengths.
const BANDS: usize = 5;
/// The confidence of the intervals.
const CONFIDENCE: f64 = 0.95;

/// How the length of a response, in characters, goes with its grade: the step averaged over both directions of the scale.
/// Responses without a step in one of them are left out.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct GradeLengthReport {
    /// Over the responses of all systems.
    pub all: LengthCorrelation,
    /// Over those of each system, in the order of their names: a system may write long and be graded high for another
    /// reason.
    pub systems: Vec<LengthCorrelation>,
    /// Grades by length, the shortest first.
    pub bands: Vec<GradeLengthBand>,
}

/// How far the order of lengths is that of grades.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct LengthCorrelation {
    /// The system; `None` for all.
    pub system: Option<String>,
    /// Spearman's rank correlation of length and step. Undefined with fewer than two responses, or where all have one
    /// length or one step. Its interval and the p-value take responses to be independent, so with several to an item the
    /// interval is somewhat too short.
    pub correlation: Estimate,
    /// Two-sided p-value of no correlation; `None` with fewer than three responses.
    pub p_value: Option<f64>,
}

/// Responses of about the same length.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct GradeLengthBand {
    /// The length of the shortest, in characters.
    pub low: u64,
    /// The length of the longest.
    pub high: u64,
    /// How many responses there are.
    pub responses: u64,
    /// How often they pass, averaged over both directions; `None` where the rubric does not say what passes.
    pub pass_rate: Option<Estimate>,
    /// Their mean step, from 1, averaged over both directions.
    pub mean_step: Estimate,
}

/// Computes how length goes with grades.
pub(super) fn lengths(table: &GradeTable, texts: &ResponseTexts) -> GradeLengthReport {
    let known = |row: usize| Some((f64::from(texts.lengths[row]?), table.averaged_step(row)?));
    let rows: Vec<usize> = (0..table.rows.len()).filter(|row| known(*row).is_some()).collect();
    let of = |system: Option<usize>| {
        let is_of = |row: &&usize| system.is_none_or(|at| table.rows[**row].system as usize == at);
        let pairs = rows.iter().filter(is_of).filter_map(|row| known(*row));
        let (lengths, steps): (Vec<f64>, Vec<f64>) = pairs.unzip();
        correlation(system.map(|at| table.systems[at].clone()), &lengths, &steps)
    };
    let mut sorted: Vec<(f64, usize)> =
        rows.iter().filter_map(|row| Some((known(*row)?.0, *row))).collect();
    sorted.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let bands = equal_count_bands(&sorted, BANDS).into_iter().map(|rows| band(table, rows));
    let several = table.systems.len() > 1;
    GradeLengthReport {
        all: of(None),
        systems: (0..table.systems.len()).filter(|_| several).map(|at| of(Some(at))).collect(),
        bands: bands.collect(),
    }
}

fn correlation(system: Option<String>, lengths: &[f64], steps: &[f64]) -> LengthCorrelation {
    let n = lengths.len() as u64;
    match spearman(lengths, steps, CONFIDENCE) {
        Ok(found) => LengthCorrelation {
            system,
            correlation: Estimate::of(Some(found.value), found.interval, n),
            p_value: found.p,
        },
        Err(_) => LengthCorrelation { system, correlation: Estimate::undefined(n), p_value: None },
    }
}

fn band(table: &GradeTable, rows: &[(f64, usize)]) -> GradeLengthBand {
    let (mut passes, mut steps) = (ItemScores::default(), ItemScores::default());
    for (_, row) in rows {
        let item = table.rows[*row].item;
        if let Some(pass) = table.averaged_pass(*row) {
            passes.push(pass, item);
        }
        if let Some(step) = table.averaged_step(*row) {
            steps.push(step / table.best_step(), item);
        }
    }
    GradeLengthBand {
        low: rows[0].0 as u64,
        high: rows[rows.len() - 1].0 as u64,
        responses: rows.len() as u64,
        pass_rate: table.scale.pass_from.map(|_| passes.estimate()),
        mean_step: scaled(steps.estimate(), table.best_step(), 1.0),
    }
}
