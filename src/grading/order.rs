//! What the direction of the scale does to a judge, and how stable its grades are when it is asked again.

use serde::Serialize;

use super::table::GradeTable;
use crate::stats::{Estimate, binomial_test_half};
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
    let (mut consistent, mut differences) = (ItemScores::default(), ItemScores::default());
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
                    // As a share of the whole scale, from 0 for the largest fall to 1 for the largest rise.
                    let difference = (f64::from(other) - f64::from(one)) / table.best_step();
                    differences.push(f64::midpoint(difference, 1.0), row.item);
                }
                (None, None) => {}
                _ => assessed_once += 1,
            }
        }
    }
    let share = differences.estimate();
    let steps = |share: Option<f64>| share.map(|share| (2.0 * share - 1.0) * table.best_step());
    ScaleOrderEffect {
        consistency: consistent.estimate(),
        higher_when_reversed: higher,
        lower_when_reversed: lower,
        assessed_once,
        step_difference: Estimate {
            value: steps(share.value),
            low: steps(share.low),
            high: steps(share.high),
            n: share.n,
        },
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
