//! By how much more often the responses of one system pass than those of another: by the judge, by people, and corrected
//! with labels, paired by item.

use serde::Serialize;

use super::panels::LabelledGrades;
use super::systems::CalibratedSystem;
use crate::calibration::{CONFIDENCE, CorrectionBasis, Draw, WeightedScores};
use crate::grading::systems::{GradeDifference, grade_differences};
use crate::stats::{Estimate, Labelled, RatedSystem, corrected_difference};

/// How two systems differ.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct CalibratedDifference {
    /// The two systems, in byte order.
    pub between: [String; 2],
    /// The system whose number comes first in the difference: the later one.
    pub system: String,
    /// Its pass rate minus that of the other; `None` where the rubric does not say what passes.
    pub pass_rate_difference: Option<PassRateDifference>,
}

/// The difference of two pass rates.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct PassRateDifference {
    /// By the judge, averaged over both directions, over the items on which it has a grade of both.
    pub judge: Estimate,
    /// By people, of the labelled responses of both, which n counts. These need not be of the same items, and pair only where they
    /// are.
    pub labels: Estimate,
    /// Corrected with labels (prediction-powered): the difference of the pass rates of both, each corrected with λ of its
    /// own; that of the labels where every response is labelled. Kinds of grades are corrected together here, so it can
    /// differ a little from the difference of the corrected rates of both systems. n counts as for the labels.
    pub ppi: Estimate,
}

/// The scores of one system.
#[derive(Debug, Default)]
struct Scores {
    /// By people.
    labels: WeightedScores,
    labelled: Vec<Labelled>,
    labelled_items: Vec<u32>,
    unlabelled: Vec<f64>,
    unlabelled_items: Vec<u32>,
}

impl Scores {
    fn rated(&self) -> RatedSystem<'_, u32> {
        let Self { labelled, labelled_items, unlabelled, unlabelled_items, .. } = self;
        RatedSystem { labelled, labelled_items, unlabelled, unlabelled_items }
    }
}

/// Computes the difference of every pair of systems, in the order of their names; `systems` are those of the table.
pub(super) fn calibrated_differences(
    labelled: LabelledGrades<'_>,
    systems: &[CalibratedSystem],
    draw: Draw,
) -> Vec<CalibratedDifference> {
    let scores = scores(labelled, draw);
    let number = |name: &str| labelled.table.system_number(name).map(|number| number as usize);
    let of_pair = |found: GradeDifference| {
        let [first, second] = found.between.each_ref().map(|name| number(name));
        let rates = found.pass_rate.and_then(|judge| {
            let (first, second) = (first?, second?);
            let (before, after) = (scores.get(first)?, scores.get(second)?);
            let bases = [&systems[first], &systems[second]]
                .map(|system| system.pass_rate.as_ref().and_then(|rate| rate.ppi_basis));
            let n = before.labels.n() + after.labels.n();
            let labels = Estimate { n, ..after.labels.minus(&before.labels) };
            let ppi = corrected(before, after, bases, labels);
            Some(PassRateDifference { judge, labels, ppi })
        });
        CalibratedDifference {
            between: found.between,
            system: found.system,
            pass_rate_difference: rates,
        }
    };
    grade_differences(labelled.table).into_iter().map(of_pair).collect()
}

fn corrected(
    before: &Scores,
    after: &Scores,
    bases: [Option<CorrectionBasis>; 2],
    labels: Estimate,
) -> Estimate {
    let n = labels.n;
    if bases == [Some(CorrectionBasis::EveryLabel); 2] {
        return labels;
    }
    if bases.iter().any(|basis| basis.is_none_or(|basis| basis == CorrectionBasis::OnlyKept)) {
        return Estimate::undefined(n);
    }
    match corrected_difference(&before.rated(), &after.rated(), CONFIDENCE) {
        Ok((value, interval)) => Estimate::new(value, interval, n),
        Err(_) => Estimate::undefined(n),
    }
}

/// Returns the scores of each system.
fn scores(labelled: LabelledGrades<'_>, draw: Draw) -> Vec<Scores> {
    let table = labelled.table;
    let mut systems: Vec<Scores> = Vec::new();
    systems.resize_with(table.systems.len(), Scores::default);
    for (at, row) in table.rows.iter().enumerate() {
        let scores = &mut systems[row.system as usize];
        let panel = labelled.labels.panel(at as u32);
        let judge = table.expected_pass(at);
        match (panel, judge) {
            (None, Some(judge)) => {
                scores.unlabelled.push(judge);
                scores.unlabelled_items.push(row.item);
            }
            (Some(panel), judge) => {
                let Some(human) = panel.pass_share else { continue };
                scores.labels.push(human, row.item, labelled.weight(panel));
                if let Some(judge) = judge {
                    let probability = panel.probability.filter(|_| draw.known);
                    let weight = probability.map_or(1.0, |probability| 1.0 / probability);
                    scores.labelled.push(Labelled { human, judge, weight });
                    scores.labelled_items.push(row.item);
                }
            }
            (None, None) => {}
        }
    }
    systems
}
