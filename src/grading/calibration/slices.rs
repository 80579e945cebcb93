//! Agreement within slices of the items, by tag. A tag with one value, or with more than 50, makes no slices.

use std::collections::BTreeMap;

use serde::Serialize;

use super::categories::{Categories, reply_observations};
use super::details::Details;
use super::panels::{GradePanel, LabelledGrades};
use super::rates::reply_rates;
use crate::calibration::WeightedScores;
use crate::stats::Estimate;

/// Most values of a tag that makes slices.
pub(super) const MOST_VALUES: usize = 50;

/// The numbers of the labelled responses whose item has a tag with a value.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct GradeSlice {
    /// The tag.
    pub tag: String,
    /// Its value.
    pub value: String,
    /// Labelled responses in the slice.
    pub n: u64,
    /// Agreement of every reply with the labels.
    pub agreement: Estimate,
    /// The share of replies that let pass what people let pass.
    pub true_positive_rate: Estimate,
    /// The share of replies that let fail what people let fail.
    pub true_negative_rate: Estimate,
}

/// Measures every slice; also returns the tags with too many values.
pub(super) fn slices(
    labelled: LabelledGrades<'_>,
    categories: Categories,
    details: &Details,
) -> (Vec<GradeSlice>, Vec<String>) {
    let mut values: BTreeMap<&str, usize> = BTreeMap::new();
    for (tag, _) in details.tags.keys() {
        *values.entry(tag).or_default() += 1;
    }
    let slice = |((tag, value), places): (&(String, String), &Vec<u32>)| {
        if !(2..=MOST_VALUES).contains(&values[tag.as_str()]) {
            return None;
        }
        let panels = || -> Vec<&GradePanel> {
            places.iter().map(|place| &labelled.labels.panels[*place as usize]).collect()
        };
        let mut agreement = WeightedScores::default();
        for one in reply_observations(labelled, categories, panels().into_iter()) {
            agreement.push(f64::from(one.judge == one.label), one.item, one.weight);
        }
        let rates = reply_rates(labelled, panels().into_iter());
        Some(GradeSlice {
            tag: tag.clone(),
            value: value.clone(),
            n: places.len() as u64,
            agreement: agreement.share(),
            true_positive_rate: rates.true_positive_rate(),
            true_negative_rate: rates.true_negative_rate(),
        })
    };
    let slices = details.tags.iter().filter_map(slice).collect();
    let many = values.iter().filter(|(_, count)| **count > MOST_VALUES);
    (slices, many.map(|(tag, _)| (*tag).to_owned()).collect())
}
