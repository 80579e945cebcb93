//! Agreement by criterion, where people and replies grade the criteria of the rubric one by one.

use serde::Serialize;

use super::categories::{Categories, Observation};
use super::coefficients::coefficients;
use super::details::Details;
use super::panels::LabelledGrades;
use crate::stats::Estimate;
use crate::vote::{Grade, choice_of_most};

/// Agreement on one criterion.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct CriterionAgreement {
    /// The criterion.
    pub criterion: String,
    /// Replies that grade it, about responses to which more than half of its annotators give one grade by it. Replies
    /// without a readable grade by it are left out.
    pub n: u64,
    /// The share that agrees.
    pub agreement: Estimate,
    /// Cohen's κ of steps with quadratic weights.
    pub weighted_kappa: Estimate,
}

/// Measures every criterion that both sides grade, in the order of the rubric's criteria.
pub(super) fn criteria(
    labelled: LabelledGrades<'_>,
    details: &Details,
    names: &[String],
) -> Vec<CriterionAgreement> {
    let steps = labelled.table.scale.len();
    // "Cannot assess" is always a category here: it does not change the numbers where nobody uses it.
    let categories = Categories { steps, count: steps + 1 };
    let of_criterion = |name: &String| {
        let (given, labels) =
            (details.criteria.get(name)?, labelled.labels.by_criterion.get(name)?);
        let observation = |(row, judge): &(u32, Grade)| {
            let label = choice_of_most(labels.get(row)?)?;
            let panel = labelled.labels.panel(*row)?;
            Some(Observation {
                item: labelled.row(panel).item,
                judge: categories.number(*judge),
                label: categories.number(label),
                weight: labelled.weight(panel),
            })
        };
        let mut observations: Vec<Observation> = given.iter().filter_map(observation).collect();
        observations.sort_by_key(|one| one.item);
        if observations.is_empty() {
            return None;
        }
        let found = coefficients(categories, &observations);
        Some(CriterionAgreement {
            criterion: name.clone(),
            n: observations.len() as u64,
            agreement: found.agreement,
            weighted_kappa: found.weighted_kappa,
        })
    };
    names.iter().filter_map(of_criterion).collect()
}
