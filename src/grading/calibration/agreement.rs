//! Agreement of the judge with people: of kept grades, and of every single reply.
//!
//! The two are always reported together: keeping only the grades that do not depend on the direction of the scale selects
//! the easy responses, so agreement on those alone says little about the judge.

use serde::Serialize;

use super::categories::{Categories, Observation, reply_observations};
use super::coefficients::coefficients;
use super::panels::LabelledGrades;
use super::rates::{Rates, reply_rates};
use super::steps::{StepLimits, step_numbers};
use crate::calibration::Confusion;
use crate::stats::Estimate;
use crate::vote::Grade;

/// Agreement of kept grades with the labels.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct KeptGrades {
    /// Kept grades of responses with a label.
    pub n: u64,
    /// The share that agrees.
    pub agreement: Estimate,
    /// Cohen's κ of all grades, that a response cannot be assessed included.
    pub cohen_kappa: Estimate,
    /// Cohen's κ of steps with quadratic weights.
    pub weighted_kappa: Estimate,
    /// Cohen's κ of steps with linear weights.
    pub linear_kappa: Estimate,
    /// Gwet's AC1 of all grades.
    pub gwet_ac1: Estimate,
    /// Krippendorff's ordinal α of steps.
    pub krippendorff_alpha: Estimate,
    /// The intraclass correlation ICC(A,1) of the kept step and the mean step of people.
    pub icc: Estimate,
    /// Spearman's correlation of the same.
    pub spearman: Estimate,
    /// Kendall's τ-b of the same.
    pub kendall: Estimate,
    /// The mean of the kept step minus the mean step of people: above 0 for a lenient judge.
    pub bias: Estimate,
    /// Bland and Altman's limits of agreement of that difference.
    pub limits: StepLimits,
    /// The share of responses that pass by people whose kept grade passes.
    pub true_positive_rate: Estimate,
    /// The share of responses that fail by people whose kept grade fails.
    pub true_negative_rate: Estimate,
    /// `counts[i][j]`: the kept grade is `labels[i]`, that of people `labels[j]`.
    pub confusion: Confusion,
    /// The share of resamples on which κ was undefined; above 0.05 its interval is too narrow.
    #[serde(skip)]
    pub undefined_resamples: f64,
}

/// Agreement of every single reply with the labels: free of the selection that kept grades are.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct GradeReplies {
    /// Replies about responses with a label: both directions, all repeats, all judges of a jury.
    pub n: u64,
    /// Of those, without a readable grade; they count as wrong.
    pub unreadable: u64,
    /// The share that agrees.
    pub agreement: Estimate,
    /// Cohen's κ of all grades, with unreadable replies as a category that people never use.
    pub cohen_kappa: Estimate,
    /// Cohen's κ of steps with quadratic weights; an unreadable reply agrees with none, not even in part.
    pub weighted_kappa: Estimate,
    /// The share of replies that let pass what people let pass.
    pub true_positive_rate: Estimate,
    /// The share of replies that let fail what people let fail.
    pub true_negative_rate: Estimate,
    /// Trials without a reply: pending or failed. They are left out.
    #[serde(skip)]
    pub absent: u64,
    /// The share of resamples on which κ was undefined; above 0.05 its interval is too narrow.
    #[serde(skip)]
    pub undefined_resamples: f64,
}

impl GradeReplies {
    /// Returns the κ that says how far a judge can be trusted on a scale of so many steps: Cohen's of two, the weighted
    /// one of more.
    pub fn headline_kappa(&self, steps: usize) -> Estimate {
        if steps > 2 { self.weighted_kappa } else { self.cohen_kappa }
    }
}

/// Computes agreement of kept grades.
pub(super) fn kept_grades(labelled: LabelledGrades<'_>, categories: Categories) -> KeptGrades {
    let scale = &labelled.table.scale;
    let mut counts = vec![vec![0; categories.count]; categories.count];
    let (mut observations, mut rates) = (Vec::new(), Rates::default());
    for panel in &labelled.labels.panels {
        let (row, weight) = (labelled.row(panel), labelled.weight(panel));
        let Some(grade) = row.grade else { continue };
        if let (Some(judge), Some(people)) = (scale.passes(grade), panel.passes) {
            rates.push(f64::from(judge), people, row.item, weight);
        }
        let Some(label) = panel.label else { continue };
        let (judge, label) = (categories.number(grade), categories.number(label));
        counts[judge][label] += 1;
        observations.push(Observation { item: row.item, judge, label, weight });
    }
    let steps = (0..scale.len()).map(|step| Grade::Step(step as u8));
    let labels = steps.chain((categories.count > categories.steps).then_some(Grade::CannotAssess));
    let labels = labels.map(|grade| scale.name_of(grade).to_owned()).collect();
    let found = coefficients(categories, &observations);
    let numbers = step_numbers(labelled);
    KeptGrades {
        n: observations.len() as u64,
        agreement: found.agreement,
        cohen_kappa: found.cohen_kappa,
        weighted_kappa: found.weighted_kappa,
        linear_kappa: found.linear_kappa,
        gwet_ac1: found.gwet_ac1,
        krippendorff_alpha: found.krippendorff_alpha,
        icc: numbers.intraclass,
        spearman: numbers.spearman,
        kendall: numbers.kendall,
        bias: numbers.bias,
        limits: numbers.limits,
        true_positive_rate: rates.true_positive_rate(),
        true_negative_rate: rates.true_negative_rate(),
        confusion: Confusion { labels, counts },
        undefined_resamples: found.undefined_resamples,
    }
}

/// Computes agreement of every reply.
pub(super) fn grade_replies(labelled: LabelledGrades<'_>, categories: Categories) -> GradeReplies {
    let panels = || labelled.labels.panels.iter();
    let observations = reply_observations(labelled, categories, panels());
    let is_unreadable = |one: &&Observation| one.judge == categories.unreadable();
    let rates = reply_rates(labelled, panels());
    let found = coefficients(categories, &observations);
    GradeReplies {
        n: observations.len() as u64,
        unreadable: observations.iter().filter(is_unreadable).count() as u64,
        agreement: found.agreement,
        cohen_kappa: found.cohen_kappa,
        weighted_kappa: found.weighted_kappa,
        true_positive_rate: rates.true_positive_rate(),
        true_negative_rate: rates.true_negative_rate(),
        absent: labelled.absent(),
        undefined_resamples: found.undefined_resamples,
    }
}
