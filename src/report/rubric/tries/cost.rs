//! What a try took.

use crate::report::quantities::{count, counted, usd};
use crate::tries::TryFacts;

/// Returns how many replies a try has, how many of these it did not ask for, and what it cost.
pub(super) fn replies_and_cost(facts: &TryFacts) -> String {
    let cost = facts.cost_usd.map_or("cost unknown".to_owned(), usd);
    let (replies, reused) = (counted(facts.replies, "reply"), count(facts.reused));
    format!("{replies}, of which {reused} copied; {cost}")
}
