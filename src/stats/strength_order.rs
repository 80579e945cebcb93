//! The order of systems by strength, where strengths are finite and where they are not.

use super::bradley_terry::{Contest, Strengths, bradley_terry, wins};
use super::{StatError, win_components};

/// Strengths that differ by less are equal: estimates are computed to about this precision.
const EQUAL: f64 = 1e-6;
/// Steps of a fit that starts from another one, before it is fitted anew.
const MAX_STEPS: usize = 60;
/// The last step of a fit that starts from another one.
const LAST_STEP: f64 = 1e-8;

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
    /// Orders systems by the contests between them. A fit to similar contests is a start that saves time and changes
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`StatError::OutOfRange`] as for [`bradley_terry`].
    pub fn new(
        systems: usize,
        contests: &[Contest],
        similar: Option<&Strengths>,
    ) -> Result<Self, StatError> {
        if contests.iter().any(|contest| contest.first.max(contest.second) >= systems) {
            return Err(StatError::OutOfRange);
        }
        let components = win_components(systems, &wins(contests));
        let mut strengths = vec![None; systems];
        for group in &components.groups {
            if group.len() > 1 {
                let found = within(systems, group, contests, similar)?;
                for (system, strength) in group.iter().zip(found) {
                    strengths[*system] = Some(strength);
                }
            }
        }
        Ok(Self { groups: components.groups, is_chain: components.is_chain, strengths })
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
    similar: Option<&Strengths>,
) -> Result<Vec<f64>, StatError> {
    if group.len() == systems
        && let Some(found) = similar.and_then(|similar| refit(contests, similar))
    {
        return Ok(found);
    }
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
    let clusters = vec![0; contests.len()];
    bradley_terry(group.len(), &contests, &clusters).map(|fit| fit.values)
}

/// Fits strengths from those of similar contests, whose information serves for every step: a step costs a fraction of
/// one of Newton's. `None` if that does not converge.
fn refit(contests: &[Contest], similar: &Strengths) -> Option<Vec<f64>> {
    if similar.coefficient.is_some() {
        return None;
    }
    let mut strengths = similar.values.clone();
    let mut before = f64::INFINITY;
    for _ in 0..MAX_STEPS {
        let mut step = vec![0.0; strengths.len()];
        for Contest { first, second, score, weight } in contests {
            let chance = 1.0 / (1.0 + (strengths[*second] - strengths[*first]).exp());
            let residual = weight * (score - chance);
            step[*first] += residual;
            step[*second] -= residual;
        }
        similar.factor.solve(&mut step);
        let largest = step.iter().fold(0.0, |largest: f64, step| largest.max(step.abs()));
        if !largest.is_finite() || largest > before * 1.5 {
            return None;
        }
        before = largest;
        for (strength, step) in strengths.iter_mut().zip(&step) {
            *strength += step;
        }
        if largest < LAST_STEP {
            let mean = strengths.iter().sum::<f64>() / strengths.len() as f64;
            return Some(strengths.into_iter().map(|strength| strength - mean).collect());
        }
    }
    None
}
