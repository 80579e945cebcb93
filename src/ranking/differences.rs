//! The differences of strengths of all pairs of systems, adjusted for how many there are.

use super::components::Component;
use super::results::PairDifference;
use super::strengths::ComponentStrengths;
use super::votes::JudgedComparisons;
use crate::stats::{Estimate, holm};
use crate::trial::{Direction, Side};

/// Returns the differences of all pairs of systems in byte order, adjusted by Holm's rule.
pub(super) fn differences(
    comparisons: &JudgedComparisons,
    components: &[(Component<'_>, ComponentStrengths)],
    counts: &[u64],
    direction: Direction<'_>,
) -> Vec<PairDifference> {
    let systems = &comparisons.systems;
    let mut place = vec![(0, 0); systems.len()];
    for (number, (component, _)) in components.iter().enumerate() {
        for (at, system) in component.systems.iter().enumerate() {
            place[*system] = (number, at);
        }
    }
    let mut found = Vec::new();
    for a in 0..systems.len() {
        for b in a + 1..systems.len() {
            let between = [systems[a].clone(), systems[b].clone()];
            let known = comparisons.counted.get(&[a as u32, b as u32]).copied();
            let side = known.unwrap_or_else(|| direction.counted(&between));
            let [one, other] = if side == Side::A { [a, b] } else { [b, a] };
            let n = counts[one].min(counts[other]);
            let ((component, one_place), (other_component, other_place)) =
                (place[one], place[other]);
            let (difference, p_value) = if component == other_component {
                components[component].1.difference(one_place, other_place, n)
            } else {
                (Estimate::undefined(n), None)
            };
            found.push(PairDifference {
                system: systems[one].clone(),
                between,
                difference,
                p_value,
                p_adjusted: None,
            });
        }
    }
    let p_values: Vec<f64> = found.iter().filter_map(|pair| pair.p_value).collect();
    if let Ok(adjusted) = holm(&p_values) {
        let tested = found.iter_mut().filter(|pair| pair.p_value.is_some());
        for (pair, p) in tested.zip(adjusted) {
            pair.p_adjusted = Some(p);
        }
    }
    found
}
