//! Agreement within slices of the items, by tag.
//!
//! Many slices are many chances to find something, so p-values are adjusted over all of them. A tag with a
//! value of its own for nearly every item is no slice and is passed over, counted.

use std::collections::{BTreeMap, HashSet};

use serde::Serialize;

use super::agreement::{Scope, orders};
use super::people::Panel;
use super::scores::Scores;
use super::texts::Texts;
use crate::stats::{Estimate, compare_means, holm};

/// Fewest labelled comparisons of a slice that is compared with the rest.
const FEWEST: usize = 10;
/// Most values of a tag.
const MOST_VALUES: usize = 50;

/// The numbers of the labelled comparisons whose item has a tag with a value.
#[derive(Debug, Clone, Serialize)]
pub struct Slice {
    /// The tag.
    pub tag: String,
    /// Its value.
    pub value: String,
    /// Labelled comparisons in the slice.
    pub labelled: u64,
    /// The share of them that was kept.
    pub coverage: Estimate,
    /// Agreement of kept verdicts with the labels.
    pub kept_agreement: Estimate,
    /// Agreement of every reply with the labels.
    pub agreement: Estimate,
    /// Cohen's κ of every reply.
    pub cohen_kappa: Estimate,
    /// Two-sided p-value of agreement in the slice against agreement in the rest of the tag; `None` where
    /// either has fewer than ten comparisons or both do not vary.
    pub p_value: Option<f64>,
    /// The same after Holm's adjustment over all slices.
    pub p_adjusted: Option<f64>,
}

/// Computes every slice; also returns the tags with too many values.
pub(super) fn slices(scope: Scope<'_>, texts: &Texts) -> (Vec<Slice>, Vec<String>) {
    let mut values: BTreeMap<&str, usize> = BTreeMap::new();
    for (tag, _) in texts.tags.keys() {
        *values.entry(tag).or_default() += 1;
    }
    let means = means(scope);
    let mut slices: Vec<Slice> = Vec::new();
    for ((tag, value), panels) in &texts.tags {
        if (2..=MOST_VALUES).contains(&values[tag.as_str()]) {
            slices.push(slice(scope, tag, value, panels, texts, &means));
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

/// The mean agreement of each panel's replies, with its item; `None` without a reply.
fn means(scope: Scope<'_>) -> Vec<Option<(f64, u32)>> {
    let of_panel = |panel: &Panel| {
        let row = &scope.digest.rows[panel.row as usize];
        scope.agreement(panel).map(|mean| (mean, row.item))
    };
    scope.people.panels.iter().map(of_panel).collect()
}

fn slice(
    scope: Scope<'_>,
    tag: &str,
    value: &str,
    numbers: &[u32],
    texts: &Texts,
    means: &[Option<(f64, u32)>],
) -> Slice {
    let mut panels: Vec<Panel> =
        numbers.iter().map(|at| scope.people.panels[*at as usize].clone()).collect();
    panels.sort_by_key(|panel| scope.digest.rows[panel.row as usize].item);
    let (mut coverage, mut kept) = (Scores::default(), Scores::default());
    for panel in &panels {
        let row = &scope.digest.rows[panel.row as usize];
        coverage.push(f64::from(u8::from(row.winner.is_some())), row.item);
        if let (Some(winner), Some(label)) = (row.winner, panel.label) {
            let right = f64::from(u8::from(winner == label));
            kept.push_weighted(right, row.item, scope.weight(panel));
        }
    }
    let (replies, _) = orders(scope, &panels, |_, panel| scope.digest.replies(panel.row));
    let inside: HashSet<u32> = numbers.iter().copied().collect();
    let tagged = texts.tags.iter().filter(|((other, _), _)| other == tag).flat_map(|(_, all)| all);
    let (mut within, mut rest) = (Scores::default(), Scores::default());
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
    Slice {
        tag: tag.to_owned(),
        value: value.to_owned(),
        labelled: panels.len() as u64,
        coverage: coverage.estimate(),
        kept_agreement: kept.estimate(),
        agreement: replies.agreement,
        cohen_kappa: replies.cohen_kappa,
        p_value: if enough { compared() } else { None },
        p_adjusted: None,
    }
}
