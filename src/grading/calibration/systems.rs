//! How often the responses of each system pass, and their mean step: by the judge, by people, and corrected with labels.
//!
//! The judge's score of a response is that averaged over both directions of the scale, kept or not: ½ where only one of
//! them passes. A label counts whatever the judge said: where numbers are corrected with labels, or the judge's errors are
//! counted, a direction that could not be read, or in which the judge could not assess the response, is in the middle.
//! Responses that people could not assess have no score and are left out.

use serde::Serialize;

use super::panels::{GradePanel, LabelledGrades};
use super::rates::Rates;
use super::rogan_gladen::{ErrorCounts, NoErrorCorrection};
use crate::calibration::{
    CorrectionBasis, Draw, RatedLabel, RatedRow, WeightedScores, corrected_rate,
};
use crate::grading::systems::{PassBounds, SystemGrades, scaled, system_grades};
use crate::stats::Estimate;

/// One system, by the judge and by people.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct CalibratedSystem {
    /// The system.
    pub system: String,
    /// Responses planned.
    pub planned: u64,
    /// Of those, with at least one label.
    pub labelled: u64,
    /// Of those that were planned, with a kept grade.
    pub kept_n: u64,
    /// How far the judge lets pass, averaged over both directions, what people let pass. A direction without a step of the
    /// scale is ½.
    pub true_positive_rate: Estimate,
    /// How far the judge lets fail, averaged over both directions, what people let fail.
    pub true_negative_rate: Estimate,
    /// How often a response passes; `None` where the rubric does not say what passes.
    pub pass_rate: Option<CalibratedPassRate>,
    /// The mean step, from 1 for the worst to the number of steps.
    pub mean_step: CalibratedMeanStep,
}

/// How often the responses of a system pass.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct CalibratedPassRate {
    /// By the judge, averaged over both directions of every response.
    pub averaged: Estimate,
    /// The same with the interval that holds whatever the directions without a readable grade would have said.
    pub unreadable_bounds: Estimate,
    /// Directions behind `averaged` without a readable grade.
    pub unreadable_directions: u64,
    /// By kept grades alone.
    pub kept: Estimate,
    /// Bounds of the judge's pass rate over whichever way the responses without a kept step would have gone; `None` without
    /// a response.
    pub bounds: Option<PassBounds>,
    /// By people, of the labelled responses alone.
    pub labels: Estimate,
    /// Corrected with labels (prediction-powered); the mean label where every response has one.
    pub ppi: Estimate,
    /// What `ppi` is based on; `None` without labels.
    pub ppi_basis: Option<CorrectionBasis>,
    /// Corrected by the judge's error rates on this system.
    pub rogan_gladen: Option<Estimate>,
    /// Why it is not.
    pub rogan_gladen_reason: Option<NoErrorCorrection>,
}

/// The mean step of the responses of a system.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct CalibratedMeanStep {
    /// By the judge, averaged over both directions of every response.
    pub averaged: Estimate,
    /// By people, of the labelled responses alone.
    pub labels: Estimate,
    /// Corrected with labels (prediction-powered); the mean label where every response has one.
    pub ppi: Estimate,
}

/// Computes the numbers of every system, in the order of their names.
pub(super) fn calibrated_systems(
    labelled: LabelledGrades<'_>,
    draw: Draw,
) -> Vec<CalibratedSystem> {
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); labelled.table.systems.len()];
    for (at, row) in labelled.table.rows.iter().enumerate() {
        rows[row.system as usize].push(at);
    }
    let by_judge = system_grades(labelled.table);
    let systems = by_judge.into_iter().zip(&rows);
    systems.map(|(grades, rows)| SystemData { labelled, draw, rows }.calibrated(grades)).collect()
}

/// The responses of one system, with their labels.
struct SystemData<'a> {
    labelled: LabelledGrades<'a>,
    draw: Draw,
    rows: &'a [usize],
}

impl SystemData<'_> {
    fn panel(&self, row: usize) -> Option<&GradePanel> {
        self.labelled.labels.panel(row as u32)
    }

    fn calibrated(&self, grades: SystemGrades) -> CalibratedSystem {
        let table = self.labelled.table;
        let (mut rates, mut errors) = (Rates::default(), ErrorCounts::default());
        for &at in self.rows {
            let Some(judge) = table.expected_pass(at) else { continue };
            let Some(panel) = self.panel(at) else {
                errors.unlabelled.push(judge);
                continue;
            };
            let Some(passes) = panel.passes else { continue };
            rates.push(judge, passes, table.rows[at].item, self.labelled.weight(panel));
            let of_class = if passes { &mut errors.of_passes } else { &mut errors.of_fails };
            of_class.push(judge);
        }
        let best = table.best_step();
        let labelled = self.rows.iter().filter(|at| self.panel(**at).is_some()).count() as u64;
        let kind = |at: usize| {
            let grade = table.rows[at].grade?;
            // A kept step that neither passes nor fails is a kind of its own.
            Some(table.scale.passes(grade).map_or(2, usize::from))
        };
        let steps = self.rated(|at| table.expected_step(at), |panel| panel.mean_step, best, kind);
        let mean_step = CalibratedMeanStep {
            averaged: grades.mean_step,
            labels: scaled(labels_of(&steps), best, 1.0),
            ppi: scaled(corrected_rate(&steps, self.draw).0, best, 1.0),
        };
        let pass_rate = grades.pass_rate.map(|by_judge| {
            let rows =
                self.rated(|at| table.expected_pass(at), |panel| panel.pass_share, 1.0, kind);
            let (ppi, ppi_basis) = corrected_rate(&rows, self.draw);
            let by_errors = errors.corrected(ppi_basis, self.labelled.weighted);
            CalibratedPassRate {
                averaged: by_judge.averaged,
                unreadable_bounds: by_judge.unreadable_bounds,
                unreadable_directions: by_judge.unreadable_directions,
                kept: by_judge.kept,
                bounds: by_judge.bounds,
                labels: labels_of(&rows),
                ppi,
                ppi_basis: ppi_basis.filter(|_| ppi.n > 0),
                rogan_gladen: by_errors.as_ref().ok().copied(),
                rogan_gladen_reason: by_errors.err(),
            }
        });
        CalibratedSystem {
            system: grades.system,
            planned: grades.planned,
            labelled,
            kept_n: grades.kept,
            true_positive_rate: rates.true_positive_rate(),
            true_negative_rate: rates.true_negative_rate(),
            pass_rate,
            mean_step,
        }
    }

    /// Returns the scores of the responses, each divided by the largest that there can be. A labelled response to which
    /// people give no score is left out.
    fn rated(
        &self,
        judge: impl Fn(usize) -> Option<f64>,
        people: impl Fn(&GradePanel) -> Option<f64>,
        largest: f64,
        kind: impl Fn(usize) -> Option<usize>,
    ) -> Vec<RatedRow> {
        let of_row = |&at: &usize| {
            let label = match self.panel(at) {
                Some(panel) => Some(RatedLabel {
                    score: people(panel)? / largest,
                    probability: panel.probability,
                    weight: self.labelled.weight(panel),
                }),
                None => None,
            };
            let item = self.labelled.table.rows[at].item;
            let judge = judge(at).map(|score| score / largest);
            Some(RatedRow { item, judge, stratum: kind(at), label })
        };
        self.rows.iter().filter_map(of_row).collect()
    }
}

/// Returns the mean of the scores that people gave.
fn labels_of(rows: &[RatedRow]) -> Estimate {
    let mut scores = WeightedScores::default();
    for (row, label) in rows.iter().filter_map(|row| Some((row, row.label?))) {
        scores.push(label.score, row.item, label.weight);
    }
    scores.share()
}
