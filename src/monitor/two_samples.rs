//! The difference of two numbers that are of different items.

use crate::diff::PairedEstimates;
use crate::stats::Estimate;

/// Returns two independent estimates with their difference, whose interval is made from theirs: each end is the root of
/// the sum of the squares of how far the ends of both are away.
pub(super) fn independent(before: Estimate, after: Estimate) -> PairedEstimates {
    let n = before.n.min(after.n);
    let difference = (|| {
        let value = after.value? - before.value?;
        let below = (after.value? - after.low?).hypot(before.high? - before.value?);
        let above = (after.high? - after.value?).hypot(before.value? - before.low?);
        let (low, high) = (Some(value - below), Some(value + above));
        Some(Estimate { value: Some(value), low, high, n })
    })();
    PairedEstimates::new(before, after, difference.unwrap_or(Estimate::undefined(n)))
}
