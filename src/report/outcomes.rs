//! Counts of outcomes in words.

use super::quantities::count;
use crate::summary::OutcomeCounts;
use crate::verdict::Outcome;

/// Returns that no comparison has an outcome, and what they have instead: `0 kept; 13 flipped, 17 unparsed`.
pub fn none_with_outcome(wanted: Outcome, counts: &OutcomeCounts) -> String {
    format!("0 {}; {}", wanted.as_str(), outcome_list(counts))
}

/// Returns the outcomes that there are, each with its number: `13 flipped, 17 unparsed`.
pub fn outcome_list(counts: &OutcomeCounts) -> String {
    let present = counts.iter().filter(|(_, number)| *number > 0);
    let words: Vec<String> = present
        .map(|(outcome, number)| format!("{} {}", count(number), outcome.as_str()))
        .collect();
    if words.is_empty() { "no comparisons".to_owned() } else { words.join(", ") }
}
