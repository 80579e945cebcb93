//! How well scores of responses order them as people's grades do: of metrics, of simple rules, or of a judge.
//!
//! A score is not a grade, so it cannot agree with one; but it can be higher where the grade is better. Two questions are
//! asked. Over all responses: does a response that people pass have a higher score than one that they fail, also one to
//! another item? Whoever wants to replace people's grades by a limit on the score asks this. Within items: of two responses
//! to the same item, does the one with the better grade have the higher score? Whoever compares systems asks this, and it is
//! free of what makes all scores of an item high, such as a short reference. It is what agreement with the labels of
//! comparisons is.
//!
//! Intervals are those of a bootstrap over items, of which all numbers are functions of a table: how often each score is
//! there with each grade. Responses count by the inverse of the probability with which they were drawn. Within items each
//! pair of responses counts once, since a pair has no probability of its own.

use serde::Serialize;

use super::panels::{GradePanel, LabelledGrades};
use crate::calibration::{RESAMPLES, SEED, sampled_difference, sampled_estimate};
use crate::stats::{Bootstrap, Clusters, Estimate, OrderedTable, bootstrap, nearly_equal};
use crate::summary::ItemScores;

/// How well scores order responses as people's grades do.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct RankAgreement {
    /// How often a response that people pass has the higher score than one that they fail, an equal score counting half:
    /// the area under the receiver operating characteristic; ½ is chance. `None` if the scale does not say what passes.
    pub auroc: Option<Estimate>,
    /// Spearman's correlation of the score and the mean step of people.
    pub spearman: Estimate,
    /// Kendall's τ-b of the same.
    pub kendall: Estimate,
    /// Of the pairs of responses to one item that people grade differently, the share in which the better grade has the
    /// higher score, an equal score counting half. Its n is the number of these pairs.
    pub within_items: Estimate,
}

impl RankAgreement {
    /// Returns the number that says first how well scores agree with people: the area under the curve where the scale says
    /// what passes, otherwise Spearman's correlation.
    pub fn headline(&self) -> Estimate {
        self.auroc.unwrap_or(self.spearman)
    }

    /// Returns the value that the headline has by chance.
    pub fn chance(&self) -> f64 {
        if self.auroc.is_some() { 0.5 } else { 0.0 }
    }

    /// Returns whether the scores are shown to be higher where people's grades are better.
    pub fn is_beyond_chance(&self) -> bool {
        self.headline().low.is_some_and(|low| low > self.chance())
    }
}

/// The number that says first how well scores agree with people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RankMeasure {
    /// How often a response that people pass has the higher score than one that they fail (AUC).
    Auroc,
    /// Spearman's correlation with people's grades, where the scale does not say what passes.
    Spearman,
}

/// The numbers of one list of scores, in the order of [`Table::values`].
const STATISTICS: usize = 3;

/// Several lists of scores of the same labelled responses, on the same resamples of the items.
pub(super) struct RankedScores {
    sampled: Bootstrap,
    has_passes: bool,
    /// Responses with a score in every list that people pass or fail.
    n_passes: u64,
    /// Responses with a score in every list and a step of people.
    n_steps: u64,
    within_items: Vec<ItemScores>,
}

impl RankedScores {
    /// Computes the numbers of lists of scores, each with one for every panel. Responses without a score in one of the
    /// lists are left out of all.
    pub(super) fn new(labelled: LabelledGrades<'_>, lists: &[Vec<Option<f64>>]) -> Self {
        let panels = &labelled.labels.panels;
        let has_scores = |at: &usize| lists.iter().all(|scores| scores[*at].is_some());
        let scored: Vec<usize> = (0..panels.len()).filter(has_scores).collect();
        let steps = distinct(scored.iter().filter_map(|at| panels[*at].mean_step).collect());
        let mut start = 0;
        let tables: Vec<Table> = lists
            .iter()
            .map(|scores| {
                let levels = distinct(scored.iter().filter_map(|at| scores[*at]).collect());
                let table = Table { start, levels, steps: steps.len() };
                start = table.end();
                table
            })
            .collect();
        let mut clusters = Clusters::new(start);
        let mut within_items = vec![ItemScores::default(); lists.len()];
        let item = |at: usize| labelled.row(&panels[at]).item;
        for of_item in scored.chunk_by(|one, other| item(*one) == item(*other)) {
            let mut cells: Vec<(u32, f64)> = Vec::new();
            for (scores, table) in lists.iter().zip(&tables) {
                for at in of_item {
                    let Some(score) = scores[*at] else { continue };
                    let weight = labelled.weight(&panels[*at]);
                    let of_response = table.cells(score, &panels[*at], &steps);
                    cells.extend(of_response.map(|cell| (cell as u32, weight)));
                }
            }
            clusters.push(&mut cells);
            for (scores, found) in lists.iter().zip(&mut within_items) {
                let graded =
                    of_item.iter().filter_map(|at| Some((scores[*at]?, panels[*at].mean_step?)));
                let graded: Vec<(f64, f64)> = graded.collect();
                for agreement in pair_agreements(&graded) {
                    found.push(agreement, item(of_item[0]));
                }
            }
        }
        let sampled = bootstrap(&clusters, RESAMPLES, SEED, |sums| {
            tables.iter().flat_map(|table| table.values(sums)).collect()
        });
        let number = |is_one: fn(&GradePanel) -> bool| {
            scored.iter().filter(|at| is_one(&panels[**at])).count() as u64
        };
        Self {
            sampled,
            has_passes: labelled.table.scale.pass_from.is_some(),
            n_passes: number(|panel| panel.passes.is_some()),
            n_steps: number(|panel| panel.mean_step.is_some()),
            within_items,
        }
    }

    /// Returns how well the scores of one list agree with people.
    pub(super) fn agreement(&self, list: usize) -> RankAgreement {
        let estimate =
            |at: usize, n: u64| sampled_estimate((&self.sampled, list * STATISTICS + at), n);
        RankAgreement {
            auroc: self.has_passes.then(|| estimate(0, self.n_passes)),
            spearman: estimate(1, self.n_steps),
            kendall: estimate(2, self.n_steps),
            within_items: self.within_items[list].estimate(),
        }
    }

    /// Returns what the headline is.
    pub(super) fn measure(&self) -> RankMeasure {
        if self.has_passes { RankMeasure::Auroc } else { RankMeasure::Spearman }
    }

    /// Returns the headline of the first of two lists minus that of the second.
    pub(super) fn difference(&self, [first, second]: [usize; 2]) -> Estimate {
        let (at, n) = if self.has_passes { (0, self.n_passes) } else { (1, self.n_steps) };
        let of = [first, second].map(|list| list * STATISTICS + at);
        sampled_difference((&self.sampled, of), n)
    }
}

/// Where the table of one list of scores is among the sums: how often each score is there with each step, then how often
/// with a fail and with a pass.
struct Table {
    start: usize,
    /// The different scores, ascending.
    levels: Vec<f64>,
    /// How many different steps there are.
    steps: usize,
}

impl Table {
    /// Returns where the fails and passes begin.
    fn passes(&self) -> usize {
        self.start + self.levels.len() * self.steps
    }

    fn end(&self) -> usize {
        self.passes() + self.levels.len() * 2
    }

    /// Returns the cells in which a response with a score is counted.
    fn cells(&self, score: f64, panel: &GradePanel, steps: &[f64]) -> impl Iterator<Item = usize> {
        let level = place(&self.levels, score);
        let of_step =
            panel.mean_step.map(|step| self.start + level * self.steps + place(steps, step));
        let of_pass = panel.passes.map(|passes| self.passes() + level * 2 + usize::from(passes));
        of_step.into_iter().chain(of_pass)
    }

    /// Returns the area under the curve, Spearman's and Kendall's correlation, each where it is defined.
    fn values(&self, sums: &[f64]) -> [Option<f64>; STATISTICS] {
        let by_step = OrderedTable::new(self.steps, &sums[self.start..self.passes()]);
        let by_pass = OrderedTable::new(2, &sums[self.passes()..self.end()]);
        [
            by_pass.and_then(|table| table.auroc()).ok(),
            by_step.and_then(|table| table.spearman()).ok(),
            by_step.and_then(|table| table.kendall_tau_b()).ok(),
        ]
    }
}

/// Returns different values, ascending; values that differ by rounding are one, the least of them.
fn distinct(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values.dedup_by(|later, first| nearly_equal(*later, *first));
    values
}

/// Returns the place of a value among different values.
fn place(values: &[f64], value: f64) -> usize {
    values.partition_point(|known| *known <= value).saturating_sub(1)
}

/// Returns for each pair of responses to one item with different grades whether the better one has the higher score;
/// responses are scores with steps.
fn pair_agreements(responses: &[(f64, f64)]) -> impl Iterator<Item = f64> + '_ {
    let pairs = responses
        .iter()
        .enumerate()
        .flat_map(|(at, one)| responses[at + 1..].iter().map(move |other| (*one, *other)));
    pairs.filter(|(one, other)| !nearly_equal(one.1, other.1)).map(|(one, other)| {
        if nearly_equal(one.0, other.0) {
            0.5
        } else {
            f64::from((one.0 > other.0) == (one.1 > other.1))
        }
    })
}
