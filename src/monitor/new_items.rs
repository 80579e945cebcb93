//! What one entry says of items that the baseline does not have.

use std::collections::{BTreeMap, BTreeSet};

use super::entry::{Entry, EntryUnit};
use super::limits::limit_of_weighted;
use super::matched::{Change, Matched, means_by_item};
use super::one_check::OneCheck;
use super::weights::{WeightedMean, weights};
use crate::stats::CheckedValues;

/// Returns the check of a value of the units of some systems on new items, against the items of the baseline that are no
/// anchors; against all of them if these are fewer than ten. `None` where the probabilities of only some items are known.
pub(super) fn new_items(
    matched: &Matched<'_>,
    is_fresh: &[bool],
    systems: &[String],
    value: impl Fn(&EntryUnit) -> Option<f64>,
) -> Option<OneCheck> {
    const FEWEST: usize = 10;
    let of_systems = |one: &EntryUnit| {
        let value = value(one).filter(|_| one.is_answered() && one.systems == systems)?;
        Some((one.item, value))
    };
    let after = sample_of_new_items(matched, of_systems, None)?;
    let now = WeightedMean::of(&after)?.mean;
    let before = sample_of_baseline(matched, of_systems, FEWEST)?;
    let limit = limit_of_weighted(&before)?;
    let evidence = sample_of_new_items(matched, of_systems, Some(is_fresh))?;
    let most = evidence.iter().map(|(_, weight)| *weight).fold(0.0, f64::max);
    // The mean of these is above the limit exactly if the weighted mean is, and they are in [0, 1].
    let values: Vec<f64> =
        evidence.iter().map(|(value, weight)| limit + weight / most * (value - limit)).collect();
    let mut checked = CheckedValues::default();
    checked.add(&values, limit).ok()?;
    Some(OneCheck {
        entry: matched.after.entry.clone(),
        before: WeightedMean::of(&before)?.mean,
        after: now,
        effective: WeightedMean::of(&evidence).map_or(0.0, |mean| mean.effective),
        values: checked,
        limit,
    })
}

/// Returns values of new items with their weights, by item; only of what is fresh, if that is given. `None`
/// where only some items have a weight.
pub(super) fn sample_of_new_items(
    matched: &Matched<'_>,
    value: impl Fn(&EntryUnit) -> Option<(u32, f64)>,
    is_fresh: Option<&[bool]>,
) -> Option<Vec<(f64, f64)>> {
    let all = matched.after.units.iter().zip(&matched.changes).enumerate();
    let new = all.filter(|(at, (_, (change, _)))| {
        *change == Change::Item && is_fresh.is_none_or(|is_fresh| is_fresh[*at])
    });
    weighted(matched.after, means_by_item(new.filter_map(|(_, (one, _))| value(one))))
}

fn weighted(entry: &Entry, values: BTreeMap<u32, f64>) -> Option<Vec<(f64, f64)>> {
    let weights = weights(values.keys().map(|item| &entry.items[*item as usize]))?;
    Some(values.into_values().zip(weights).collect())
}

/// Returns values of items of the baseline with their weights: of those that the later entry does not have, unless they
/// are fewer than `fewest`; then of all. None if what the judge says cannot be compared. `None` where only some items have a weight.
pub(super) fn sample_of_baseline(
    matched: &Matched<'_>,
    value: impl Fn(&EntryUnit) -> Option<(u32, f64)>,
    fewest: usize,
) -> Option<Vec<(f64, f64)>> {
    let known: BTreeSet<&str> = matched
        .after
        .items
        .iter()
        .zip(&matched.is_known)
        .filter(|(_, known)| **known)
        .map(|(item, _)| item.id.as_str())
        .collect();
    let units = if matched.is_comparable { &matched.before.units[..] } else { &[] };
    let is_other = |one: &&EntryUnit| !known.contains(matched.before.item(one).id.as_str());
    let others = means_by_item(units.iter().filter(is_other).filter_map(&value));
    let chosen = if others.len() >= fewest {
        others
    } else {
        means_by_item(units.iter().filter_map(&value))
    };
    weighted(matched.before, chosen)
}
