//! What the two orders of a comparison prefer.

use serde::Serialize;

/// What the two orders of the comparisons of a pair of systems prefer.
///
/// The diagonal is kept: both orders prefer the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OrderTable {
    /// The two systems, in byte order.
    pub between: [String; 2],
    /// `counts[i][j]`: the order in which `between[0]` is shown first prefers `i`, the other order `j`; 0 is
    /// `between[0]`, 1 a tie, 2 `between[1]`.
    pub counts: [[u64; 3]; 3],
    /// Comparisons of which an order has no readable vote, or no answer.
    pub left_out: u64,
}
