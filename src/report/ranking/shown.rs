//! Which systems a page has room for, and under which names.

use crate::ranking::{RankRange, Ranking};
use crate::report::short_names::shorten_unique;
use crate::report::text_report::printable;

/// The most systems that are all shown.
const MOST: usize = 20;
/// How many of the first systems are shown if there are more.
const FIRST: usize = 10;
/// How many systems before and after a named one are shown.
const NEIGHBOURS: usize = 2;

/// The systems that are shown, by their places in [`Ranking::systems`], ascending: all of up to 20, else the first ten,
/// those around the ones that are named, and the last.
pub(super) fn shown(ranking: &Ranking, named: &[&str]) -> Vec<usize> {
    let systems = &ranking.systems;
    let is_named = |at: usize| named.contains(&systems[at].system.as_str());
    let is_shown = |at: usize| {
        let around = at.saturating_sub(NEIGHBOURS)..(at + NEIGHBOURS + 1).min(systems.len());
        systems.len() <= MOST || at < FIRST || at + 1 == systems.len() || { around }.any(is_named)
    };
    (0..systems.len()).filter(|at| is_shown(*at)).collect()
}

/// Returns the names of all systems for a column of `max` columns, all different.
pub(super) fn names(ranking: &Ranking, max: usize) -> Vec<String> {
    let names: Vec<String> =
        ranking.systems.iter().map(|system| printable(&system.system)).collect();
    shorten_unique(&names, max)
}

/// Returns a rank with its range, such as `2 (1–3)`.
pub(super) fn rank(rank: &RankRange) -> String {
    let value = rank.value.map_or("–".to_owned(), |value| value.to_string());
    match (rank.low, rank.high) {
        (Some(low), Some(high)) => format!("{value} ({low}–{high})"),
        _ => value,
    }
}
