//! The order of systems by strength, where strengths are finite and where they are not.

use super::contest::{Contest, wins};
use super::laplacian::Laplacian;
use super::{StatError, win_components};

/// Strengths that differ by less are equal: estimates are computed to about this precision.
const EQUAL: f64 = 1e-6;
/// Steps of Newton's method before a fit counts as divergent.
const MAX_STEPS: usize = 200;
/// A step that is the last one: the error after it is about its square, and the share of it that [`FORCING`] allows.
const LAST_STEP: f64 = 1e-5;
/// The share of Newton's step that may be missing from a step.
const FORCING: f64 = 1e-4;
/// The size of a rounding error, relative to the sum of the weights.
const ROUNDING: f64 = 1e-14;

/// The order of systems: groups of systems whose strengths can be compared, those that win first.
///
/// Within a group every strength is finite. Between two groups all wins are on one side, so that their order is known
/// if there is any, but not the distance.
#[derive(Debug, Clone)]
pub struct StrengthOrder {
    /// The groups, see [`win_components`].
    pub groups: Vec<Vec<usize>>,
    /// Whether the order of the groups is the only one.
    pub is_chain: bool,
    /// The strength of each system within its group, whose sum is 0 there; `None` for a system alone.
    pub strengths: Vec<Option<f64>>,
}

impl StrengthOrder {
    /// Orders systems by the contests between them. Strengths by similar contests are a start that saves time and changes
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`StatError::OutOfRange`] if there is no such system, or no start for each. [`StatError::Separated`] if a strength
    /// is too large to be computed.
    pub fn new(
        systems: usize,
        contests: &[Contest],
        start: Option<&[f64]>,
    ) -> Result<Self, StatError> {
        if contests.iter().any(|contest| contest.first.max(contest.second) >= systems)
            || start.is_some_and(|start| start.len() != systems)
        {
            return Err(StatError::OutOfRange);
        }
        let components = win_components(systems, &wins(contests));
        let mut order = Self {
            groups: components.groups,
            is_chain: components.is_chain,
            strengths: vec![None; systems],
        };
        order.fit(contests, start)?;
        Ok(order)
    }

    /// Orders the systems anew by contests that differ from the ones of this order in weights and scores only: no score
    /// that was 0 or 1 is another one now, and no other is 0 or 1. That saves looking for the groups.
    ///
    /// # Errors
    ///
    /// [`StatError::Separated`] if a strength is too large to be computed.
    pub fn reweighted(&self, contests: &[Contest]) -> Result<Self, StatError> {
        let start: Vec<f64> =
            self.strengths.iter().map(|strength| strength.unwrap_or(0.0)).collect();
        let mut order = self.clone();
        order.fit(contests, Some(&start))?;
        Ok(order)
    }

    /// Fits the strengths within each group.
    fn fit(&mut self, contests: &[Contest], start: Option<&[f64]>) -> Result<(), StatError> {
        let systems = self.strengths.len();
        for group in self.groups.iter().filter(|group| group.len() > 1) {
            let found = within(systems, group, contests, start)?;
            for (system, strength) in group.iter().zip(found) {
                self.strengths[*system] = Some(strength);
            }
        }
        Ok(())
    }

    /// Returns the rank of each system, 1 for the strongest; systems of equal strength have the same one. `None` if
    /// the order of the groups is not the only one.
    pub fn ranks(&self) -> Option<Vec<usize>> {
        self.is_chain.then(|| {
            let (mut ranks, mut before) = (vec![0; self.strengths.len()], 0);
            for group in &self.groups {
                for (system, rank) in group.iter().zip(self.ranks_within(group)) {
                    ranks[*system] = before + rank;
                }
                before += group.len();
            }
            ranks
        })
    }

    /// Returns the rank of each system of a group within it.
    pub fn ranks_within(&self, group: &[usize]) -> Vec<usize> {
        let strength = |system: &usize| self.strengths[*system].unwrap_or(0.0);
        let mut sorted: Vec<f64> = group.iter().map(strength).collect();
        sorted.sort_by(|one, other| other.total_cmp(one));
        let better =
            |system: &usize| sorted.partition_point(|other| *other > strength(system) + EQUAL);
        group.iter().map(|system| 1 + better(system)).collect()
    }
}

/// Returns the strengths of the systems of a group by the contests among them.
fn within(
    systems: usize,
    group: &[usize],
    contests: &[Contest],
    start: Option<&[f64]>,
) -> Result<Vec<f64>, StatError> {
    let mut place = vec![usize::MAX; systems];
    for (at, system) in group.iter().enumerate() {
        place[*system] = at;
    }
    let of_group = |contest: &Contest| {
        let (first, second) = (place[contest.first], place[contest.second]);
        let is_inside = first != usize::MAX && second != usize::MAX;
        is_inside.then_some(Contest { first, second, ..*contest })
    };
    let contests: Vec<Contest> = contests.iter().filter_map(of_group).collect();
    let start = group.iter().map(|system| start.map_or(0.0, |start| start[*system])).collect();
    Values { contests: &contests, strengths: start }.solve().ok_or(StatError::Separated)
}

/// A fit of strengths alone, without their covariance.
///
/// The equations of each of Newton's steps are solved by conjugate gradients, whose effort is that of the pairs that met. The length of a step follows from its largest change `d` of a difference: with `ln(1 + d)/d` of it
/// the likelihood never falls, and near the solution that is the whole step.
///
/// # References
///
/// Sun, T. and Tran-Dinh, Q. (2019). Generalized self-concordant functions: a recipe for Newton-type methods.
/// *Mathematical Programming* 178, 145–213.
struct Values<'a> {
    contests: &'a [Contest],
    strengths: Vec<f64>,
}

impl Values<'_> {
    fn solve(mut self) -> Option<Vec<f64>> {
        for _ in 0..MAX_STEPS {
            let step = self.step();
            let change = |contest: &Contest| (step[contest.first] - step[contest.second]).abs();
            let largest = self.contests.iter().map(change).fold(0.0, f64::max);
            if !largest.is_finite() {
                return None;
            }
            let share = if largest > 0.0 { largest.ln_1p() / largest } else { 1.0 };
            for (strength, step) in self.strengths.iter_mut().zip(&step) {
                *strength += share * step;
            }
            if largest < LAST_STEP {
                let mean = self.strengths.iter().sum::<f64>() / self.strengths.len() as f64;
                return Some(self.strengths.into_iter().map(|strength| strength - mean).collect());
            }
        }
        None
    }

    /// Returns Newton's step, to a small share of its size.
    fn step(&self) -> Vec<f64> {
        let systems = self.strengths.len();
        let mut residual = vec![0.0; systems];
        let mut edges = Vec::with_capacity(self.contests.len());
        for Contest { first, second, score, weight } in self.contests {
            let odds = self.strengths[*first] - self.strengths[*second];
            // The smaller chance, so that the spread is not 0 by rounding.
            let rare = 1.0 / (1.0 + odds.abs().exp());
            let chance = if odds > 0.0 { 1.0 - rare } else { rare };
            let slope = weight * (score - chance);
            residual[*first] += slope;
            residual[*second] -= slope;
            edges.push((*first, *second, weight * rare * (1.0 - rare)));
        }
        let information = Laplacian::new(systems, edges);
        let scaled = |residual: &[f64]| -> Vec<f64> {
            residual
                .iter()
                .zip(information.diagonal())
                .map(|(value, scale)| value / scale)
                .collect()
        };
        let dot = |one: &[f64], other: &[f64]| -> f64 {
            one.iter().zip(other).map(|(one, other)| one * other).sum()
        };
        let mut step = vec![0.0; systems];
        let mut direction = scaled(&residual);
        let mut size = dot(&residual, &direction);
        // Below this the residuals are rounding errors, whose sum is not 0, so that no step answers them.
        let total: f64 = self.contests.iter().map(|contest| contest.weight).sum();
        let enough = (size * FORCING * FORCING).max(ROUNDING * ROUNDING * total);
        let mut image = vec![0.0; systems];
        for _ in 0..4 * systems + 20 {
            if size <= enough {
                break;
            }
            information.multiply(&direction, &mut image);
            let curvature = dot(&direction, &image);
            if curvature <= 0.0 {
                break;
            }
            let length = size / curvature;
            for at in 0..systems {
                step[at] += length * direction[at];
                residual[at] -= length * image[at];
            }
            let next = scaled(&residual);
            let left = dot(&residual, &next);
            let kept = left / size;
            for (direction, next) in direction.iter_mut().zip(next) {
                *direction = next + kept * *direction;
            }
            size = left;
        }
        step
    }
}
