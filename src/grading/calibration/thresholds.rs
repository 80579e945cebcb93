//! From which step on the judge's grade should be taken as a pass.
//!
//! A judge that is one step stricter than people ranks responses well and still lets too few pass. On a scale of more than
//! two steps this is corrected by reading its grade with another step: the one that is chosen on the dev part by the largest
//! Youden's J, and reported on the test part. A step that is chosen and reported on the same labels looks better than it is.

use serde::Serialize;

use super::panels::{GradePanel, GradeReply, LabelledGrades};
use super::rates::Rates;
use crate::calibration::{CONFIDENCE, RESAMPLES, SEED};
use crate::stats::{Clusters, Estimate, Table, Weights, bootstrap, cohen_kappa_value};

/// The steps from which on the judge's grade may be taken as a pass.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Thresholds {
    /// The name of the step that was chosen on the dev part.
    pub chosen: String,
    /// What it was chosen by: always `youden`.
    pub criterion: &'static str,
    /// Every step but the worst, on the dev part.
    pub dev: Vec<StepRates>,
    /// The chosen step on the test part; `None` unless that part is reported.
    pub test: Option<ChosenStepRates>,
}

/// The errors of every reply to labelled responses, if its grade passes from a step on.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct StepRates {
    /// The name of the step.
    pub from: String,
    /// Replies about responses that pass or fail by people.
    pub n: u64,
    /// The share of replies that let pass what people let pass.
    pub true_positive_rate: Estimate,
    /// The share of replies that let fail what people let fail.
    pub true_negative_rate: Estimate,
    /// The sum of both minus 1.
    pub youden: Estimate,
}

/// The same of the chosen step on the test part.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ChosenStepRates {
    /// The share of replies that let pass what people let pass.
    pub true_positive_rate: Estimate,
    /// The share of replies that let fail what people let fail.
    pub true_negative_rate: Estimate,
    /// The sum of both minus 1.
    pub youden: Estimate,
    /// Cohen's κ of pass and fail, with unreadable replies as a category that people never use.
    pub cohen_kappa: Estimate,
}

/// Measures every step on the dev part, and the best one on the test part if it is given; `None` for a scale of two steps,
/// for a rubric that does not say what passes, and where the labels of the dev part are all passes or all fails.
pub(super) fn thresholds(
    dev: LabelledGrades<'_>,
    test: Option<LabelledGrades<'_>>,
) -> Option<Thresholds> {
    let scale = &dev.table.scale;
    let wanted = scale.pass_from.filter(|_| scale.len() > 2)?;
    let steps = 1..scale.len() as u8;
    let measured: Vec<StepRates> = steps
        .clone()
        .map(|from| {
            let Measured { n, rates, youden, .. } = measure(dev, from);
            StepRates {
                from: scale.steps[usize::from(from)].name.clone(),
                n,
                true_positive_rate: rates.true_positive_rate(),
                true_negative_rate: rates.true_negative_rate(),
                youden,
            }
        })
        .collect();
    let mut best: Option<(u8, f64)> = None;
    for (from, rates) in steps.zip(&measured) {
        let youden = rates.youden.value?;
        let is_better = best.is_none_or(|(other, most)| {
            let nearer = from.abs_diff(wanted) < other.abs_diff(wanted);
            // Equal up to rounding: the step that the rubric names, or the one nearest to it.
            youden > most + 1e-12 || (youden > most - 1e-12 && nearer)
        });
        if is_better {
            best = Some((from, youden));
        }
    }
    let (chosen, _) = best?;
    Some(Thresholds {
        chosen: scale.steps[usize::from(chosen)].name.clone(),
        criterion: "youden",
        dev: measured,
        test: test.map(|test| {
            let Measured { rates, youden, kappa, .. } = measure(test, chosen);
            ChosenStepRates {
                true_positive_rate: rates.true_positive_rate(),
                true_negative_rate: rates.true_negative_rate(),
                youden,
                cohen_kappa: kappa,
            }
        }),
    })
}

/// What there is to say of one step.
struct Measured {
    n: u64,
    rates: Rates,
    youden: Estimate,
    kappa: Estimate,
}

/// Fail, pass, and what cannot be read.
const CATEGORIES: usize = 3;

fn measure(labelled: LabelledGrades<'_>, from: u8) -> Measured {
    let mut rates = Rates::default();
    let mut clusters = Clusters::new(CATEGORIES * CATEGORIES);
    let mut n = 0;
    let panels = &labelled.labels.panels;
    let item = |panel: &GradePanel| labelled.row(panel).item;
    for of_item in panels.chunk_by(|one, other| item(one) == item(other)) {
        let mut cells = Vec::new();
        for panel in of_item {
            rates.push_replies(labelled, panel, |step| step >= from);
            let Some(passes) = panel.passes else { continue };
            for reply in labelled.replies(panel) {
                let judge = match reply {
                    GradeReply::Unreadable => 2,
                    GradeReply::Given(grade) => match grade.step() {
                        Some(step) => usize::from(step >= from),
                        None => continue,
                    },
                };
                n += 1;
                let cell = judge * CATEGORIES + usize::from(passes);
                cells.push((cell as u32, labelled.weight(panel)));
            }
        }
        if !cells.is_empty() {
            clusters.push(&mut cells);
        }
    }
    let sampled = bootstrap(&clusters, RESAMPLES, SEED, |sums| vec![youden(sums), kappa(sums)]);
    let estimate = |statistic: usize| {
        Estimate::of(sampled.value(statistic), sampled.bca(statistic, CONFIDENCE).ok(), n)
    };
    Measured { n, rates, youden: estimate(0), kappa: estimate(1) }
}

fn youden(cells: &[f64]) -> Option<f64> {
    let of_people = |passes: usize| {
        let all: f64 = (0..CATEGORIES).map(|judge| cells[judge * CATEGORIES + passes]).sum();
        // What was added and taken away again, as a jackknife does, may leave rounding.
        (all > 1e-9).then(|| cells[passes * CATEGORIES + passes] / all)
    };
    Some(of_people(1)? + of_people(0)? - 1.0)
}

fn kappa(cells: &[f64]) -> Option<f64> {
    let cells: Vec<f64> = cells.iter().map(|cell| cell.max(0.0)).collect();
    cohen_kappa_value(Table::new(CATEGORIES, &cells).ok()?, Weights::Identity).ok()
}
