//! Which graded responses people should label, and with which probability each was drawn.
//!
//! As for comparisons ([`sample`](crate::calibration::sample)), labels correct what a judge says only if it is known how
//! the labelled responses were chosen: they are drawn at random, the probability of each is written into the label file,
//! and the outcome is not, since annotators must not know what the judge said.

use super::table::GradeTable;
use crate::calibration::{Drawable, Drawn, SampleDesign, draw_by_key};
use crate::error::{Error, Result};
use crate::keyed_hash::KeyedHash;
use crate::store::GradeRun;
use crate::verdict::Outcome;

/// The context of the keys by which responses are drawn. It must not change, so that drawn samples stay the same.
const DRAWN: &str = "evenhand: responses drawn for grading";

/// Responses drawn for labelling.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct GradeSample {
    /// In the order in which they should be labelled, which is independent of their outcomes.
    pub responses: Vec<SampledResponse>,
    /// How many responses the sample was drawn from: all that were answered in both directions of the scale.
    pub population: usize,
    /// Responses that are pending or have failed; they are never drawn.
    pub unanswered: usize,
}

/// One response drawn for labelling.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SampledResponse {
    /// The item's id.
    pub id: String,
    /// The system that gave the response.
    pub system: String,
    /// The probability with which it was drawn, in `(0, 1]`.
    pub probability: f64,
}

/// Draws `n` responses of a run of grades without replacement, or all if there are fewer.
///
/// The design decides how likely each is; it follows from the judge's answers alone, and never from a label. In a draw at
/// random, one with the same seed and a larger `n` contains the smaller one; in one by outcome, responses whose grade was
/// not kept are drawn more often. `judge` is as for calibration.
///
/// # Errors
///
/// The run cannot be read or has no such judge, `n` is too small to draw both kept and other responses by outcome, or the
/// design is by uncertainty, which is not defined for grades.
pub fn sample_grades(
    run: &GradeRun,
    judge: Option<&str>,
    n: usize,
    seed: u64,
    design: SampleDesign,
) -> Result<GradeSample> {
    let is_split = match design {
        SampleDesign::Random => false,
        SampleDesign::ByOutcome => true,
        SampleDesign::ByUncertainty => {
            return Err(Error::usage("responses that are graded cannot be drawn by uncertainty")
                .hint("draw them by outcome, or all with the same probability"));
        }
    };
    let table = GradeTable::read(run, judge, None)?;
    let rows: Vec<u32> =
        (0..table.rows.len() as u32).filter(|at| table.is_answered(*at as usize)).collect();
    let drawable = rows.iter().map(|&at| Drawable {
        key: key(&table, seed, at),
        at,
        is_kept: table.rows[at as usize].outcome == Outcome::Kept,
    });
    let mut drawn = draw_by_key(drawable, n, is_split, "responses")?;
    drawn.sort_unstable_by_key(|(key, ..)| *key);
    let of_row = |(_, at, probability): Drawn| {
        let [id, system] = names(&table, at);
        SampledResponse { id: id.to_owned(), system: system.to_owned(), probability }
    };
    Ok(GradeSample {
        responses: drawn.into_iter().map(of_row).collect(),
        population: rows.len(),
        unanswered: table.rows.len() - rows.len(),
    })
}

fn names(table: &GradeTable, at: u32) -> [&str; 2] {
    let row = &table.rows[at as usize];
    [table.items.id(row.item), &table.systems[row.system as usize]]
}

/// Returns the key of a response in an order that depends on nothing but the seed and its names.
fn key(table: &GradeTable, seed: u64, at: u32) -> [u8; 32] {
    KeyedHash::new(DRAWN).seed(seed).texts(names(table, at)).digest()
}
