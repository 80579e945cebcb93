//! What the direction of the scale does to a judge, and how stable its grades are when it is asked again.

use serde::Serialize;

use super::systems::scaled;
use super::table::GradeTable;
use crate::stats::{Estimate, Weighted, binomial_test_half, paired_difference};
use crate::summary::ItemScores;
use crate::verdict::Ballot;
use crate::vote::Grade;

/// What the direction of the scale did to a judge; of a jury, over all its judges.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ScaleOrderEffect {
    /// Kept of kept and changed.
    pub consistency: Estimate,
    /// Changed grades that are higher with the scale reversed.
    pub higher_when_reversed: u64,
    /// Changed grades that are lower with the scale reversed.
    pub lower_when_reversed: u64,
    /// Changed grades of which one direction could not assess the response.
    pub assessed_once: u64,
    /// The mean step with the scale reversed minus that with the scale as written, over the responses that have a step in
    /// both.
    pub step_difference: Estimate,
    /// Exact two-sided p-value of higher and lower being equally likely; 1 without a changed grade. It assumes that changes
    /// are independent, so with several responses to an item it is somewhat too small.
    pub p_value: f64,
}

/// Returns what the direction of the scale did.
pub(crate) fn scale_order_effect(table: &GradeTable) -> ScaleOrderEffect {
    let mut consistent = ItemScores::default();
    let (mut written_steps, mut reversed_steps, mut items) = (Vec::new(), Vec::new(), Vec::new());
    let (mut higher, mut lower, mut assessed_once) = (0, 0, 0);
    for (at, row) in table.rows.iter().enumerate() {
        for [written, reversed] in table.directions(at) {
            let (Ballot::Cast(written), Ballot::Cast(reversed)) = (written, reversed) else {
                continue;
            };
            consistent.push(f64::from(written == reversed), row.item);
            match (written.step(), reversed.step()) {
                (Some(one), Some(other)) => {
                    higher += u64::from(other > one);
                    lower += u64::from(other < one);
                    // As shares of the way from the worst step to the best.
                    written_steps.push(f64::from(one) / table.best_step());
                    reversed_steps.push(f64::from(other) / table.best_step());
                    items.push(row.item);
                }
                (None, None) => {}
                _ => assessed_once += 1,
            }
        }
    }
    let weights = vec![1.0; items.len()];
    let weighted = |values| Weighted { values, weights: &weights, clusters: &items };
    let difference = paired_difference(&weighted(&written_steps), &weighted(&reversed_steps), 0.95);
    let (value, interval) = difference.ok().unzip();
    let share = Estimate::of(value, interval, items.len() as u64);
    ScaleOrderEffect {
        consistency: consistent.estimate(),
        higher_when_reversed: higher,
        lower_when_reversed: lower,
        assessed_once,
        step_difference: scaled(share, table.best_step(), 0.0),
        p_value: binomial_test_half(higher, higher + lower).unwrap_or(1.0),
    }
}

/// Returns the share of pairs of repeats in the same direction that give the same grade; `None` without repeats.
pub(crate) fn stability(table: &GradeTable) -> Option<Estimate> {
    if table.repeat < 2 {
        return None;
    }
    let mut same = ItemScores::default();
    for (at, row) in table.rows.iter().enumerate() {
        for repeats in table.repeats(at) {
            let cast = repeats.iter().filter_map(|ballot| match ballot {
                Ballot::Cast(grade) => Some(*grade),
                _ => None,
            });
            let grades: Vec<Grade> = cast.collect();
            for (number, one) in grades.iter().enumerate() {
                for other in &grades[number + 1..] {
                    same.push(f64::from(one == other), row.item);
                }
            }
        }
    }
    Some(same.estimate())
}
