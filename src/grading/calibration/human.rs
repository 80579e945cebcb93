//! People among themselves, and the judge beside each of them, on the responses that several people graded.
//!
//! Both are measured alike: κ of two people, and κ of the judge's replies and one person; of two steps Cohen's κ of all
//! grades, of more the quadratically weighted κ of steps.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::categories::Categories;
use super::coefficients::headline_kappa;
use super::panels::{GradePanel, LabelledGrades};
use crate::calibration::{PairwiseKappa, RESAMPLES, SEED, sampled_estimate};
use crate::stats::{Clusters, Estimate, Metric, alpha_of_cells, bootstrap};
use crate::summary::ItemScores;
use crate::vote::Grade;

/// Most pairs of annotators whose κ is listed: those with the most responses in common.
const MOST_PAIRS: usize = 200;

/// How well people agree among themselves, and the judge with them.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct GradeHumanReport {
    /// κ of each pair of annotators with responses in common.
    pub pairwise_kappa: Vec<PairwiseKappa>,
    /// Krippendorff's ordinal α of all annotators.
    pub krippendorff_alpha: Estimate,
    /// The share of pairs of annotators of one response who give the same grade.
    pub agreement: Estimate,
    /// κ of the judge's replies and each annotator, the mean over annotators.
    pub judge: Estimate,
    /// κ of two annotators, the mean over the pairs that are listed.
    #[serde(skip)]
    pub people: Estimate,
    /// The first minus the second.
    #[serde(skip)]
    pub judge_difference: Estimate,
    /// Pairs of annotators that are not listed, because there are too many.
    #[serde(skip)]
    pub pairs_left_out: usize,
}

/// Where the sums lie in the vector that the bootstrap resamples: coincidences of steps, then a table for each annotator
/// with the judge, then one for each listed pair of annotators.
struct Layout {
    categories: Categories,
    annotators: Vec<u32>,
    pairs: Vec<((u32, u32), u64)>,
}

impl Layout {
    fn coincidences(&self) -> usize {
        self.categories.steps * self.categories.steps
    }

    /// The cells of one table: all categories and unreadable replies.
    fn table(&self) -> usize {
        (self.categories.count + 1) * (self.categories.count + 1)
    }

    fn width(&self) -> usize {
        self.coincidences() + (self.annotators.len() + self.pairs.len()) * self.table()
    }

    /// Returns the sums of one table.
    fn cells<'a>(&self, sums: &'a [f64], number: usize) -> &'a [f64] {
        let start = self.coincidences() + number * self.table();
        &sums[start..start + self.table()]
    }

    fn cell(&self, number: usize, first: usize, second: usize) -> u32 {
        let within = first * (self.categories.count + 1) + second;
        (self.coincidences() + number * self.table() + within) as u32
    }

    /// Returns κ of each annotator with the judge, or of each pair of annotators.
    fn kappas(&self, sums: &[f64], of_pairs: bool) -> Vec<Option<f64>> {
        let numbers = if of_pairs {
            self.annotators.len()..self.annotators.len() + self.pairs.len()
        } else {
            0..self.annotators.len()
        };
        numbers.map(|number| headline_kappa(self.categories, self.cells(sums, number))).collect()
    }

    fn alpha(&self, sums: &[f64]) -> Option<f64> {
        let values: Vec<f64> = (0..self.categories.steps).map(|step| step as f64).collect();
        alpha_of_cells(&values, &sums[..self.coincidences()], Metric::Ordinal).ok()
    }

    /// Adds what people, and the judge, say of one response.
    fn add(&self, labelled: LabelledGrades<'_>, panel: &GradePanel, cells: &mut Vec<(u32, f64)>) {
        let judgements = labelled.labels.judgements(panel);
        let steps: Vec<u8> = judgements.iter().filter_map(|(_, grade)| grade.step()).collect();
        for (at, one) in steps.iter().enumerate() {
            for (_, other) in steps.iter().enumerate().filter(|(other, _)| *other != at) {
                let cell = usize::from(*one) * self.categories.steps + usize::from(*other);
                cells.push((cell as u32, 1.0 / (steps.len() - 1) as f64));
            }
        }
        for (annotator, grade) in judgements {
            let Ok(number) = self.annotators.binary_search(annotator) else { continue };
            for reply in labelled.replies(panel) {
                let judge = self.categories.of_reply(reply);
                cells.push((self.cell(number, judge, self.categories.number(*grade)), 1.0));
            }
        }
        for [one, other] in pairs(judgements) {
            let pair = self.pairs.binary_search_by_key(&(one.0, other.0), |(pair, _)| *pair);
            let Ok(place) = pair else { continue };
            let [first, second] = [one.1, other.1].map(|grade| self.categories.number(grade));
            cells.push((self.cell(self.annotators.len() + place, first, second), 1.0));
        }
    }
}

/// Measures how people agree; `None` unless some response has two annotators.
pub(super) fn human(
    labelled: LabelledGrades<'_>,
    categories: Categories,
) -> Option<GradeHumanReport> {
    let judgements = |panel: &GradePanel| labelled.labels.judgements(panel);
    let panels: Vec<&GradePanel> =
        labelled.labels.panels.iter().filter(|panel| judgements(panel).len() > 1).collect();
    if panels.is_empty() {
        return None;
    }
    let (layout, pairs_left_out) = layout(labelled, categories, &panels);
    let mut clusters = Clusters::new(layout.width());
    let mut agreement = ItemScores::default();
    let item = |panel: &&GradePanel| labelled.row(panel).item;
    for of_item in panels.chunk_by(|one, other| item(one) == item(other)) {
        let mut cells = Vec::new();
        for panel in of_item {
            layout.add(labelled, panel, &mut cells);
            for [one, other] in pairs(judgements(panel)) {
                agreement.push(f64::from(one.1 == other.1), item(panel));
            }
        }
        clusters.push(&mut cells);
    }
    let sampled = bootstrap(&clusters, RESAMPLES, SEED, |sums| {
        let (judge, people) = (mean(&layout.kappas(sums, false)), mean(&layout.kappas(sums, true)));
        let difference = judge.zip(people).map(|(judge, people)| judge - people);
        let mut values = vec![layout.alpha(sums), judge, people, difference];
        values.extend(layout.kappas(sums, true));
        values
    });
    let n = panels.len() as u64;
    let estimate = |statistic: usize| sampled_estimate((&sampled, statistic), n);
    let name = |annotator: u32| labelled.labels.annotators[annotator as usize].to_string();
    let listed = layout.pairs.iter().enumerate();
    Some(GradeHumanReport {
        pairwise_kappa: listed
            .map(|(at, ((one, other), shared))| PairwiseKappa {
                annotators: [name(*one), name(*other)],
                kappa: sampled_estimate((&sampled, 4 + at), *shared),
            })
            .collect(),
        krippendorff_alpha: estimate(0),
        agreement: agreement.estimate(),
        judge: estimate(1),
        people: estimate(2),
        judge_difference: estimate(3),
        pairs_left_out,
    })
}

fn layout(
    labelled: LabelledGrades<'_>,
    categories: Categories,
    panels: &[&GradePanel],
) -> (Layout, usize) {
    let mut shared: BTreeMap<(u32, u32), u64> = BTreeMap::new();
    let mut annotators = BTreeSet::new();
    for panel in panels {
        let judgements = labelled.labels.judgements(panel);
        annotators.extend(judgements.iter().map(|(annotator, _)| *annotator));
        for [one, other] in pairs(judgements) {
            *shared.entry((one.0, other.0)).or_default() += 1;
        }
    }
    let mut pairs: Vec<((u32, u32), u64)> = shared.into_iter().collect();
    let left_out = pairs.len().saturating_sub(MOST_PAIRS);
    if left_out > 0 {
        pairs.sort_by_key(|(pair, count)| (std::cmp::Reverse(*count), *pair));
        pairs.truncate(MOST_PAIRS);
        pairs.sort_unstable();
    }
    (Layout { categories, annotators: annotators.into_iter().collect(), pairs }, left_out)
}

/// Returns every two judgements of a response, in the order of the annotators.
fn pairs(judgements: &[(u32, Grade)]) -> impl Iterator<Item = [(u32, Grade); 2]> + '_ {
    let later =
        move |at: usize| judgements[at + 1..].iter().map(move |other| [judgements[at], *other]);
    (0..judgements.len()).flat_map(later)
}

/// Returns the mean of the values that are defined.
fn mean(values: &[Option<f64>]) -> Option<f64> {
    let defined = || values.iter().flatten();
    let n = defined().count();
    (n > 0).then(|| defined().sum::<f64>() / n as f64)
}
