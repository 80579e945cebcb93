//! Agreement within slices of the items, by tag.
//!
//! Testing many slices finds differences by chance, so p-values are adjusted over all of them. A tag with more
//! than 50 values makes no slices; its name is returned for a warning.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use super::agreement::orders;
use super::item_features::ItemFeatures;
use super::labelled::LabelledComparisons;
use super::panels::Panel;
use super::weighted_scores::WeightedScores;
use crate::stats::{Estimate, compare_means, holm};
use crate::summary::ItemScores;

/// Fewest labelled comparisons, in a slice and in the rest of its tag, for a comparison of the two.
const FEWEST: usize = 10;
/// Most values of a tag that makes slices.
pub(super) const MOST_VALUES: usize = 50;

/// The numbers of the labelled comparisons whose item has a tag with a value.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct TagSlice {
    /// The tag.
    pub tag: String,
    /// Its value.
    pub value: String,
    /// Labelled comparisons in the slice.
    pub labelled: u64,
    /// The share of them with a kept verdict.
    pub coverage: Estimate,
    /// Agreement of kept verdicts with the labels.
    pub kept_agreement: Estimate,
    /// Agreement of every reply with the labels.
    pub agreement: Estimate,
    /// Cohen's κ of every reply.
    pub cohen_kappa: Estimate,
    /// Two-sided p-value of agreement in the slice against agreement in the rest of the tag; `None` where
    /// either has fewer than ten comparisons or neither varies.
    pub p_value: Option<f64>,
    /// The same after Holm's adjustment over all slices.
    pub p_adjusted: Option<f64>,
}

/// Measures every slice; also returns the tags with too many values.
pub(super) fn slices(
    labelled: LabelledComparisons<'_>,
    features: &ItemFeatures,
) -> (Vec<TagSlice>, Vec<String>) {
    let mut values: BTreeMap<&str, usize> = BTreeMap::new();
    for (tag, _) in features.tags.keys() {
        *values.entry(tag).or_default() += 1;
    }
    let means = means(labelled);
    let mut slices: Vec<TagSlice> = Vec::new();
    for ((tag, value), panels) in &features.tags {
        if (2..=MOST_VALUES).contains(&values[tag.as_str()]) {
            slices.push(slice(labelled, tag, value, panels, features, &means));
        }
    }
    let tested: Vec<f64> = slices.iter().filter_map(|slice| slice.p_value).collect();
    if let Ok(adjusted) = holm(&tested) {
        let with_value = slices.iter_mut().filter(|slice| slice.p_value.is_some());
        for (slice, p) in with_value.zip(adjusted) {
            slice.p_adjusted = Some(p);
        }
    }
    let many = values.iter().filter(|(_, count)| **count > MOST_VALUES);
    (slices, many.map(|(tag, _)| (*tag).to_owned()).collect())
}

/// Returns the mean agreement of each panel's replies, with its item; `None` without a reply.
fn means(labelled: LabelledComparisons<'_>) -> Vec<Option<(f64, u32)>> {
    let of_panel = |panel: &Panel| {
        let row = &labelled.comparisons.rows[panel.row as usize];
        labelled.agreement(panel).map(|mean| (mean, row.item))
    };
    labelled.labels.panels.iter().map(of_panel).collect()
}

fn slice(
    labelled: LabelledComparisons<'_>,
    tag: &str,
    value: &str,
    numbers: &[u32],
    features: &ItemFeatures,
    means: &[Option<(f64, u32)>],
) -> TagSlice {
    let mut panels: Vec<Panel> =
        numbers.iter().map(|at| labelled.labels.panels[*at as usize].clone()).collect();
    panels.sort_by_key(|panel| labelled.comparisons.rows[panel.row as usize].item);
    let (mut coverage, mut kept) = (ItemScores::default(), WeightedScores::default());
    for panel in &panels {
        let row = &labelled.comparisons.rows[panel.row as usize];
        coverage.push(f64::from(row.winner.is_some()), row.item);
        if let (Some(winner), Some(label)) = (row.winner, panel.label) {
            let agrees = f64::from(winner == label);
            kept.push(agrees, row.item, labelled.weight(panel));
        }
    }
    let (replies, _) =
        orders(labelled, &panels, |_, panel| labelled.comparisons.replies(panel.row));
    let inside: HashSet<u32> = numbers.iter().copied().collect();
    let tagged =
        features.tags.iter().filter(|((other, _), _)| other == tag).flat_map(|(_, all)| all);
    let (mut within, mut rest) = (ItemScores::default(), ItemScores::default());
    for at in tagged {
        if let Some((mean, item)) = means[*at as usize] {
            let side = if inside.contains(at) { &mut within } else { &mut rest };
            side.push(mean, item);
        }
    }
    let enough = within.values.len() >= FEWEST && rest.values.len() >= FEWEST;
    let compared = || {
        let sides = ((&within.values[..], &within.items[..]), (&rest.values[..], &rest.items[..]));
        compare_means(sides.0, sides.1).ok().map(|compared| compared.p_value)
    };
    TagSlice {
        tag: tag.to_owned(),
        value: value.to_owned(),
        labelled: panels.len() as u64,
        coverage: coverage.estimate(),
        kept_agreement: kept.share(),
        agreement: replies.agreement,
        cohen_kappa: replies.cohen_kappa,
        p_value: if enough { compared() } else { None },
        p_adjusted: None,
    }
}
