//! Which system is significantly better than every other one.

use super::issue::EstimateIssue;
use super::results::{PairDifference, SystemScore};
use super::significance::SIGNIFICANCE_LEVEL;
use crate::metrics::metric::Better;
use crate::stats::Estimate;

/// Returns the system that is significantly better than every other one with a score, if there is one.
///
/// The interval of each of its differences must exclude 0, and each adjusted p-value must be at most
/// [`SIGNIFICANCE_LEVEL`].
pub(super) fn best_system(
    better: Better,
    systems: &[SystemScore],
    pairs: &[PairDifference],
) -> Option<String> {
    let has_score =
        |name: &str| systems.iter().any(|one| one.system == name && one.score.value.is_some());
    let beats_all = |system: &str| {
        let scored = pairs.iter().filter(|pair| pair.between.iter().all(|one| has_score(one)));
        let of_system = scored.filter(|pair| pair.between.iter().any(|one| one == system));
        let beats = |pair: &PairDifference| {
            let sign =
                if (pair.between[0] == system) == (better == Better::Higher) { 1.0 } else { -1.0 };
            let Estimate { value, low, high, .. } = pair.difference;
            // If all items have the same difference, the interval is that value. If there is no interval for
            // another reason, nothing is known.
            let ends = match pair.issue {
                Some(EstimateIssue::NoVariation) => [value, value],
                _ => [low, high],
            };
            let excludes_zero = ends.iter().all(|end| end.is_some_and(|end| sign * end > 0.0));
            excludes_zero && pair.p_adjusted.is_some_and(|p| p <= SIGNIFICANCE_LEVEL)
        };
        let mut pairs = of_system.peekable();
        pairs.peek().is_some() && pairs.all(beats)
    };
    systems.iter().find(|system| beats_all(&system.system)).map(|system| system.system.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_an_interval_a_system_is_best_only_if_all_items_have_the_same_difference() {
        let score = |system: &str, value| SystemScore {
            system: system.to_owned(),
            score: Estimate { value: Some(value), low: None, high: None, n: 20 },
            issue: None,
        };
        let systems = [score("a", 0.5), score("b", 0.75)];
        let best_with = |issue| {
            let pair = PairDifference {
                between: ["a", "b"].map(str::to_owned),
                difference: Estimate { value: Some(-0.25), low: None, high: None, n: 20 },
                p_value: Some(0.001),
                p_adjusted: Some(0.001),
                issue,
            };
            best_system(Better::Higher, &systems, &[pair])
        };
        assert_eq!(best_with(Some(EstimateIssue::NoVariation)).as_deref(), Some("b"));
        for issue in [None, Some(EstimateIssue::OneSided), Some(EstimateIssue::Overflow)] {
            assert_eq!(best_with(issue), None, "{issue:?}");
        }
    }
}
