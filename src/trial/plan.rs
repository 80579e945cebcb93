//! The plan: which comparisons a set of items makes.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::Comparison;
use crate::error::{Error, Result, nearest};
use crate::input::Item;

/// Every comparison that is to be judged, in the order of the items.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The comparisons.
    pub comparisons: Vec<Comparison>,
    /// How many items the comparisons come from.
    pub items: usize,
    /// How many items `--limit` left out.
    pub left_out: usize,
}

/// Makes the plan: every pair of systems of each item, or the baseline against each other system.
///
/// With a limit, only the `limit` items with the smallest hash of seed and id are planned: a random
/// pilot, and the pilot of a larger limit contains it.
///
/// # Errors
///
/// No item has a response of the baseline, or some item lacks one.
pub fn plan(
    items: Vec<Item>,
    baseline: Option<&str>,
    limit: Option<usize>,
    seed: u64,
) -> Result<Plan> {
    if let Some(baseline) = baseline {
        check_baseline(&items, baseline)?;
    }
    let all = items.len();
    let items = match limit {
        Some(limit) if limit < all => pilot(items, limit, seed),
        _ => items,
    };
    let mut plan =
        Plan { comparisons: Vec::new(), items: items.len(), left_out: all - items.len() };
    for item in items {
        let item = Arc::new(item);
        let systems: Vec<&String> = item.responses.keys().collect();
        for (at, a) in systems.iter().enumerate() {
            for b in &systems[at + 1..] {
                if baseline.is_none_or(|baseline| *a == baseline || *b == baseline) {
                    let between = [(*a).clone(), (*b).clone()];
                    plan.comparisons.push(Comparison { item: Arc::clone(&item), between });
                }
            }
        }
    }
    Ok(plan)
}

fn check_baseline(items: &[Item], baseline: &str) -> Result<()> {
    let Some(without) = items.iter().find(|item| !item.responses.contains_key(baseline)) else {
        return Ok(());
    };
    let systems: BTreeSet<&str> =
        items.iter().flat_map(|item| item.responses.keys().map(String::as_str)).collect();
    if systems.contains(baseline) {
        return Err(Error::input(format!("{}: responses.{baseline} is missing", without.place))
            .hint("every item needs a response of the baseline"));
    }
    let error = Error::input(format!("--baseline: unknown system `{baseline}`"));
    let listed: Vec<&str> = systems.iter().copied().take(20).collect();
    let error = error.detail(format!("the items have responses from: {}", listed.join(", ")));
    Err(match nearest(baseline, systems.iter().copied()) {
        Some(close) => error.hint(format!("did you mean `{close}`?")),
        None => error,
    })
}

/// Returns the `limit` items with the smallest hash, in file order.
fn pilot(items: Vec<Item>, limit: usize, seed: u64) -> Vec<Item> {
    let hash = |item: &Item| {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&seed.to_le_bytes());
        hasher.update(item.id.as_bytes());
        *hasher.finalize().as_bytes()
    };
    let mut ranked: Vec<([u8; 32], usize)> =
        items.iter().enumerate().map(|(at, item)| (hash(item), at)).collect();
    ranked.sort_unstable();
    let chosen: HashSet<usize> = ranked.into_iter().take(limit).map(|(_, at)| at).collect();
    items
        .into_iter()
        .enumerate()
        .filter_map(|(at, item)| chosen.contains(&at).then_some(item))
        .collect()
}
