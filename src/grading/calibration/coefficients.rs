//! Agreement of two raters of grades: the share, and the coefficients that correct it for chance.
//!
//! "Cannot assess" is a category in agreement, κ and AC1. The coefficients of an ordered scale, weighted κ and ordinal α,
//! are of steps alone: pairs in which either side could not assess the response are left out. An unreadable reply is a
//! category that people never use, and agrees with no step at all, not even in part.

use super::categories::{Categories, Observation};
use crate::calibration::{
    RESAMPLES, SEED, WeightedScores, chance_corrected, chance_of_ac1, chance_of_alpha,
    chance_of_kappa, sampled_estimate, undefined_share,
};
use crate::stats::{
    Clusters, Estimate, Metric, Table, Weights, alpha_of_cells, bootstrap, cohen_kappa,
    cohen_kappa_by, cohen_kappa_value, gwet_ac1_value,
};

/// The coefficients of observations, clustered by item.
#[derive(Debug)]
pub(super) struct Coefficients {
    pub(super) agreement: Estimate,
    /// Of all categories.
    pub(super) cohen_kappa: Estimate,
    /// Of steps, with quadratic weights.
    pub(super) weighted_kappa: Estimate,
    /// Of steps, with linear weights.
    pub(super) linear_kappa: Estimate,
    /// Of all categories.
    pub(super) gwet_ac1: Estimate,
    /// Of steps, ordinal.
    pub(super) krippendorff_alpha: Estimate,
    /// The share of resamples on which κ was undefined.
    pub(super) undefined_resamples: f64,
}

/// The tables of one set of observations.
struct Tables {
    categories: Categories,
    /// Of all categories and unreadable replies.
    all: Vec<f64>,
}

impl Tables {
    /// Returns the table of some of the categories.
    fn of(&self, chosen: &[usize]) -> Vec<f64> {
        let width = self.categories.count + 1;
        let cells = chosen.iter().flat_map(|i| chosen.iter().map(move |j| (i, j)));
        // Adding and subtracting the same counts, as a jackknife does, may leave a rounding error below 0.
        cells.map(|(i, j)| self.all[i * width + j].max(0.0)).collect()
    }

    /// Returns the table of all categories, with unreadable replies as one more.
    fn with_unreadable(&self) -> Vec<f64> {
        self.of(&(0..=self.categories.count).collect::<Vec<_>>())
    }

    /// Returns the table of all categories.
    fn readable(&self) -> Vec<f64> {
        self.of(&(0..self.categories.count).collect::<Vec<_>>())
    }

    /// Returns the table of steps.
    fn steps(&self) -> Vec<f64> {
        self.of(&(0..self.categories.steps).collect::<Vec<_>>())
    }

    fn kappa(&self) -> Option<f64> {
        let cells = self.with_unreadable();
        cohen_kappa_value(Table::new(self.categories.count + 1, &cells).ok()?, Weights::Identity)
            .ok()
    }

    /// Returns κ of steps by weights, with unreadable replies as one category more that agrees with none.
    fn weighted_kappa(&self, weights: Weights) -> Option<f64> {
        let steps = self.categories.steps;
        let mut chosen: Vec<usize> = (0..steps).collect();
        chosen.push(self.categories.unreadable());
        let cells = self.of(&chosen);
        let weight = |i: usize, j: usize| {
            if i.max(j) < steps { weights.weight(i, j, steps) } else { f64::from(i == j) }
        };
        cohen_kappa_by(Table::new(steps + 1, &cells).ok()?, weight).ok()
    }

    fn ac1(&self) -> Option<f64> {
        gwet_ac1_value(Table::new(self.categories.count, &self.readable()).ok()?).ok()
    }

    fn alpha(&self) -> Option<f64> {
        let (steps, cells) = (self.categories.steps, self.steps());
        let both = |at: usize| cells[at] + cells[at % steps * steps + at / steps];
        let coincidences: Vec<f64> = (0..steps * steps).map(both).collect();
        let values: Vec<f64> = (0..steps).map(|step| step as f64).collect();
        alpha_of_cells(&values, &coincidences, Metric::Ordinal).ok()
    }

    fn values(&self) -> Vec<Option<f64>> {
        vec![
            self.kappa(),
            self.weighted_kappa(Weights::Quadratic),
            self.weighted_kappa(Weights::Linear),
            self.ac1(),
            self.alpha(),
        ]
    }
}

/// Returns the headline κ of observations, as a function of sums: of two steps Cohen's κ of all categories, of more the
/// quadratically weighted κ of steps. `sums` is a table of all categories and unreadable replies.
pub(crate) fn headline_kappa(categories: Categories, sums: &[f64]) -> Option<f64> {
    let tables = Tables { categories, all: sums.to_vec() };
    if categories.steps > 2 { tables.weighted_kappa(Weights::Quadratic) } else { tables.kappa() }
}

/// Computes the coefficients of observations, which are in the order of their items.
pub(super) fn coefficients(categories: Categories, observations: &[Observation]) -> Coefficients {
    let width = categories.count + 1;
    let cell = |one: &Observation| (one.judge * width + one.label) as u32;
    let mut clusters = Clusters::new(width * width);
    let (mut shares, mut of_steps) = (WeightedScores::default(), 0);
    let (mut items, mut step_items) = (0, 0);
    for of_item in observations.chunk_by(|one, other| one.item == other.item) {
        clusters.push(&mut of_item.iter().map(|one| (cell(one), one.weight)).collect());
        let has_steps = |one: &&Observation| {
            let is_step = |category: usize| category < categories.steps;
            is_step(one.label) && (is_step(one.judge) || one.judge == categories.unreadable())
        };
        let with_steps = of_item.iter().filter(has_steps).count() as u64;
        of_steps += with_steps;
        step_items += u64::from(with_steps > 0);
        items += 1;
        for one in of_item {
            shares.push(f64::from(one.judge == one.label), one.item, one.weight);
        }
    }
    let tables = Tables { categories, all: clusters.totals() };
    let sampled = bootstrap(&clusters, RESAMPLES, SEED, |sums| {
        Tables { categories, all: sums.to_vec() }.values()
    });
    let n = shares.n();
    let (all, steps) = (tables.with_unreadable(), tables.steps());
    let readable = tables.readable();
    let without_unreadable = readable.iter().sum::<f64>() >= all.iter().sum::<f64>();
    let (all, steps, readable) = (
        Table::new(categories.count + 1, &all).ok(),
        Table::new(categories.steps, &steps).ok().filter(|_| without_unreadable),
        Table::new(categories.count, &readable).ok(),
    );
    let estimate = |statistic: usize, n: u64| sampled_estimate((&sampled, statistic), n);
    let with_n = |estimate: Estimate, n: u64| Estimate { n, ..estimate };
    let by_weights = |statistic: usize, weights: Weights| {
        let chance =
            |table: Table<'_>| cohen_kappa(table, weights).ok().map(|found| found.expected);
        let found = chance_corrected(estimate(statistic, of_steps), steps, step_items, chance);
        with_n(found, of_steps)
    };
    Coefficients {
        agreement: shares.share(),
        cohen_kappa: with_n(chance_corrected(estimate(0, n), all, items, chance_of_kappa), n),
        weighted_kappa: by_weights(1, Weights::Quadratic),
        linear_kappa: by_weights(2, Weights::Linear),
        gwet_ac1: with_n(chance_corrected(estimate(3, n), readable, items, chance_of_ac1), n),
        krippendorff_alpha: with_n(
            chance_corrected(estimate(4, of_steps), steps, step_items, chance_of_alpha),
            of_steps,
        ),
        undefined_resamples: undefined_share((&sampled, 0)),
    }
}
