//! Votes found by regular expressions.

use regex::Regex;

use super::{Reading, Unreadable, Vote, choose};
use crate::input::Take;

/// Finds every match of every pattern; which one counts is decided by where it starts. Returns also where
/// it ends.
///
/// Where matches of different votes start at the same place and that place counts, the reply is
/// ambiguous.
pub(super) fn read(
    text: &str,
    first: &Regex,
    second: &Regex,
    tie: Option<&Regex>,
    take: Take,
) -> Result<(Reading, usize), Unreadable> {
    let patterns = [(Some(first), Vote::First), (Some(second), Vote::Second), (tie, Vote::Tie)];
    let mut found: Vec<(usize, usize, Vote)> = patterns
        .into_iter()
        .filter_map(|(pattern, vote)| pattern.map(|pattern| (pattern, vote)))
        .flat_map(|(pattern, vote)| {
            pattern.find_iter(text).map(move |hit| (hit.start(), hit.end(), vote))
        })
        .collect();
    found.sort_by_key(|(start, _, _)| *start);
    let (start, end, vote) =
        choose(found.iter().copied().map(Ok).collect(), take, |(_, _, vote)| *vote)?;
    if found.iter().any(|(other, _, different)| *other == start && *different != vote) {
        return Err(Unreadable::Ambiguous);
    }
    Ok((Reading::of(vote), end))
}
