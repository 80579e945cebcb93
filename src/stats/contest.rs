//! Contests between systems, from which strengths are estimated.

/// One contest between two systems, or several with the same result.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Contest {
    /// The number of the one system.
    pub first: usize,
    /// The number of the other system.
    pub second: usize,
    /// What the first one got: 1 for a win, 0 for a loss, ½ for a tie, or a probability.
    pub score: f64,
    /// How often it counts.
    pub weight: f64,
}

/// Returns the wins among contests, as pairs of winner and loser; a score between is a win for both.
pub(super) fn wins(contests: &[Contest]) -> Vec<(usize, usize)> {
    let of_contest = |contest: &Contest| {
        let Contest { first, second, score, .. } = *contest;
        [(score > 0.0).then_some((first, second)), (score < 1.0).then_some((second, first))]
    };
    contests.iter().flat_map(of_contest).flatten().collect()
}
