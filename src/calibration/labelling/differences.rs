//! Where one annotator differs from the others, by more than chance explains.
//!
//! Each listed annotator is compared with all others taken together, by each measure on which both sides have enough
//! observations. The difference is paired by item and its interval clustered by item
//! ([`paired_difference`]), since people who label the same comparisons meet the same difficulties. Its test is an
//! approximation that small counts make too bold, so a measure that is 0 or 1 must pass Fisher's exact test as well: the
//! larger p-value counts. The p-values are adjusted for all annotators and measures (Holm).

use serde::Serialize;

use super::observations::{AnnotatorObservations, Observations};
use super::{MOST_ANNOTATORS, pace};
use crate::calibration::intervals::CONFIDENCE;
use crate::calibration::labelled::LabelledComparisons;
use crate::calibration::reply_choice::category;
use crate::stats::{
    Estimate, Weighted, fisher_exact, holm, paired_difference, paired_difference_p_value,
};
use crate::summary::ItemScores;

/// The fewest observations of each side that are compared.
const FEWEST: usize = 10;

/// What annotators are compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LabellingMeasure {
    /// The share of labels that took longer than the median of all labels.
    Pace,
    /// The share of comparisons that were skipped.
    Skipped,
    /// Agreement with each of the others who labelled the comparison.
    Others,
    /// The share of repeated comparisons with the same choice.
    SelfConsistency,
    /// The share of choices for the left response.
    Left,
    /// The share of ties.
    Ties,
}

/// A measure by which an annotator differs from the others.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct LabellingDifference {
    /// The annotator's name.
    pub annotator: String,
    /// The only other one, where there is just one; `None` for several together.
    pub other: Option<String>,
    /// What was compared.
    pub measure: LabellingMeasure,
    /// The share of the annotator.
    pub share: Estimate,
    /// The share of the others.
    pub share_of_others: Estimate,
    /// The first minus the second, paired and clustered by item.
    pub difference: Estimate,
    /// The median seconds of a label of the annotator and of the others, where the pace is compared.
    pub median_seconds: Option<[f64; 2]>,
    /// The p-value of no difference, adjusted for all differences that were looked at.
    pub p_adjusted: f64,
}

/// Scores of two sides, with the medians of what they come from where that is a time.
struct Compared {
    annotator: usize,
    other: Option<usize>,
    measure: LabellingMeasure,
    sides: [ItemScores; 2],
    median_seconds: Option<[f64; 2]>,
}

/// Returns the differences that chance does not explain, the most certain first, and how many were looked at.
pub(super) fn differences(
    found: &Observations,
    labelled: LabelledComparisons<'_>,
    listed: &[usize],
) -> (Vec<LabellingDifference>, u64) {
    let compared: Vec<(Compared, f64)> = compared(found, labelled, listed)
        .into_iter()
        .filter_map(|one| p_value(&one.sides).map(|p| (one, p)))
        .collect();
    let p_values: Vec<f64> = compared.iter().map(|(_, p)| *p).collect();
    let adjusted = holm(&p_values).unwrap_or_default();
    let name = |at: usize| found.annotators[at].name.to_string();
    let named = compared.iter().zip(adjusted).filter(|(_, p)| *p < 1.0 - CONFIDENCE);
    let mut named: Vec<LabellingDifference> = named
        .map(|((one, _), p_adjusted)| LabellingDifference {
            annotator: name(one.annotator),
            other: one.other.map(name),
            measure: one.measure,
            share: one.sides[0].estimate(),
            share_of_others: one.sides[1].estimate(),
            difference: difference(&one.sides),
            median_seconds: one.median_seconds,
            p_adjusted,
        })
        .collect();
    named.sort_by(|one, other| one.p_adjusted.total_cmp(&other.p_adjusted));
    (named, compared.len() as u64)
}

/// Returns every two sides that are compared.
fn compared(
    found: &Observations,
    labelled: LabelledComparisons<'_>,
    listed: &[usize],
) -> Vec<Compared> {
    type Scores = fn(&AnnotatorObservations) -> &ItemScores;
    let shares: [(LabellingMeasure, Scores); 4] = [
        (LabellingMeasure::Skipped, |one| &one.skipped.scores),
        (LabellingMeasure::SelfConsistency, |one| &one.same_again.scores),
        (LabellingMeasure::Left, |one| &one.left.scores),
        (LabellingMeasure::Ties, |one| &one.ties.scores),
    ];
    let mut all = pairs(found, listed, LabellingMeasure::Pace, |one| &one.seconds);
    all.iter_mut().for_each(above_median);
    for (measure, scores) in shares {
        all.extend(pairs(found, listed, measure, scores));
    }
    all.extend(agreement(found, labelled, listed));
    let is_enough = |one: &Compared| one.sides.iter().all(|side| side.values.len() >= FEWEST);
    all.retain(is_enough);
    all
}

/// Returns the scores of each listed annotator beside those of all others; of two annotators, only the first.
fn pairs(
    found: &Observations,
    listed: &[usize],
    measure: LabellingMeasure,
    scores: impl Fn(&AnnotatorObservations) -> &ItemScores,
) -> Vec<Compared> {
    let with_scores: Vec<usize> = listed
        .iter()
        .copied()
        .filter(|at| !scores(&found.annotators[*at]).values.is_empty())
        .collect();
    if with_scores.len() < 2 {
        return Vec::new();
    }
    let of_two = with_scores.len() == 2;
    let compared = with_scores.iter().take(if of_two { 1 } else { MOST_ANNOTATORS });
    let compare = |annotator: &usize| {
        let mut others = ItemScores::default();
        for other in with_scores.iter().filter(|other| *other != annotator) {
            let ItemScores { values, items } = scores(&found.annotators[*other]);
            others.values.extend(values);
            others.items.extend(items);
        }
        Compared {
            annotator: *annotator,
            other: of_two.then(|| with_scores[1]),
            measure,
            sides: [scores(&found.annotators[*annotator]).clone(), others],
            median_seconds: None,
        }
    };
    compared.map(compare).collect()
}

/// Replaces times by whether they are above the median of both sides.
fn above_median(compared: &mut Compared) {
    let medians = compared.sides.each_ref().map(|side| pace(&side.values));
    let both: Vec<f64> =
        compared.sides.iter().flat_map(|side| side.values.iter().copied()).collect();
    let [Some(one), Some(other)] = medians else { return };
    let Some(median) = pace(&both) else { return };
    compared.median_seconds = Some([one.median_seconds, other.median_seconds]);
    for value in compared.sides.iter_mut().flat_map(|side| &mut side.values) {
        *value = f64::from(*value > median.median_seconds);
    }
}

/// Returns how far each listed annotator agrees with two or more others, beside how far these agree with each other, on
/// the same comparisons. Both are shares of pairs of people, which do not depend on how many there are.
fn agreement(
    found: &Observations,
    labelled: LabelledComparisons<'_>,
    listed: &[usize],
) -> Vec<Compared> {
    let numbers = found.numbers(labelled);
    let mut sides: Vec<[ItemScores; 2]> =
        found.annotators.iter().map(|_| <[ItemScores; 2]>::default()).collect();
    for panel in &labelled.labels.panels {
        let judgements = labelled.labels.judgements(panel);
        if judgements.len() < 3 {
            continue;
        }
        let item = labelled.comparisons.rows[panel.row as usize].item;
        let mut counts = [0.0_f64; 3];
        for (_, choice) in judgements {
            counts[category(*choice)] += 1.0;
        }
        let others = judgements.len() as f64 - 1.0;
        for (annotator, choice) in judgements {
            let Some(at) = numbers[*annotator as usize] else { continue };
            let own = category(*choice);
            let same = counts[own] - 1.0;
            let among = (0..3).map(|one| counts[one] - f64::from(u8::from(one == own)));
            let equal: f64 = among.map(|n| n * (n - 1.0)).sum();
            sides[at][0].push(same / others, item);
            sides[at][1].push(equal / (others * (others - 1.0)), item);
        }
    }
    let compare = |annotator: &usize| Compared {
        annotator: *annotator,
        other: None,
        measure: LabellingMeasure::Others,
        sides: std::mem::take(&mut sides[*annotator]),
        median_seconds: None,
    };
    listed.iter().take(MOST_ANNOTATORS).map(compare).collect()
}

/// Returns the p-value that both sides are equal; `None` where it is undefined.
fn p_value(sides: &[ItemScores; 2]) -> Option<f64> {
    let [own, others] = sides;
    let weights = sides.each_ref().map(|side| vec![1.0; side.values.len()]);
    let p = paired_difference_p_value(
        &Weighted { values: &others.values, weights: &weights[1], clusters: &others.items },
        &Weighted { values: &own.values, weights: &weights[0], clusters: &own.items },
    )
    .ok()?;
    let is_count = |side: &ItemScores| side.values.iter().all(|value| [0.0, 1.0].contains(value));
    if !sides.iter().all(is_count) {
        return Some(p);
    }
    let successes = sides
        .each_ref()
        .map(|side| side.values.iter().filter(|value| **value > 0.5).count() as u64);
    let n = sides.each_ref().map(|side| side.values.len() as u64);
    Some(fisher_exact(successes, n).ok()?.max(p))
}

/// Returns the first mean minus the second.
fn difference([own, others]: &[ItemScores; 2]) -> Estimate {
    let n = own.values.len() as u64;
    let [own_weights, other_weights] = [own, others].map(|side| vec![1.0; side.values.len()]);
    let found = paired_difference(
        &Weighted { values: &others.values, weights: &other_weights, clusters: &others.items },
        &Weighted { values: &own.values, weights: &own_weights, clusters: &own.items },
        CONFIDENCE,
    );
    found.map_or_else(
        |_| Estimate::undefined(n),
        |(value, interval)| Estimate::new(value, interval, n),
    )
}
