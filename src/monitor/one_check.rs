//! What one entry adds to a watched number.

use super::entry::Entry;
use crate::stats::CheckedValues;

/// What one check adds to a stream.
pub(super) struct OneCheck {
    pub(super) entry: String,
    /// The values of items that add evidence: none if all responses were judged before.
    pub(super) values: CheckedValues,
    /// How many items of equal weight say as much as these.
    pub(super) effective: f64,
    pub(super) before: f64,
    pub(super) after: f64,
    pub(super) limit: f64,
}

impl OneCheck {
    /// Returns what an entry adds by values of equal weight; `None` if one of them, or the limit, is out of range.
    pub(super) fn of(
        entry: &Entry,
        values: &[f64],
        limit: f64,
        [before, after]: [f64; 2],
    ) -> Option<Self> {
        let mut checked = CheckedValues::default();
        checked.add(values, limit).ok()?;
        let effective = values.len() as f64;
        Some(Self { entry: entry.entry.clone(), values: checked, effective, before, after, limit })
    }
}

/// Returns the mean of values, 0 without any.
pub(super) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut n) = (0.0, 0.0);
    for value in values {
        sum += value;
        n += 1.0;
    }
    if n > 0.0 { sum / n } else { 0.0 }
}
