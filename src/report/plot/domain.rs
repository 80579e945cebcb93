//! The scale on which some estimates are drawn.

use super::scale::{Scale, Ticks, extent};
use crate::stats::Estimate;

/// Returns the estimate without what is no number.
pub(super) fn finite(estimate: Estimate) -> Estimate {
    let finite = |value: Option<f64>| value.filter(|value| value.is_finite());
    let Estimate { value, low, high, n } = estimate;
    let [value, low, high] = [value, low, high].map(finite);
    match (low, high) {
        (Some(low), Some(high)) => Estimate { value, low: Some(low), high: Some(high), n },
        _ => Estimate { value, low: None, high: None, n },
    }
}

/// Returns the domain of a scale for estimates and other values: round numbers around all of them, or the ends that
/// were asked for.
pub(super) fn scale_and_ticks<'a>(
    estimates: impl Iterator<Item = &'a Estimate>,
    others: impl IntoIterator<Item = f64>,
    domain: Option<[f64; 2]>,
    pixels: [f64; 2],
) -> (Scale, Ticks) {
    // A number at the axis needs some 44 pixels.
    let most = ((pixels[1] - pixels[0]) / 44.0) as usize + 1;
    let all = estimates.flat_map(|estimate| [estimate.value, estimate.low, estimate.high]);
    let all = all.flatten().chain(others);
    if let Some(domain) = domain {
        return (Scale::new(domain, pixels), Ticks::inside(domain, most));
    }
    let ticks = Ticks::around(extent(all).unwrap_or([0.0, 1.0]), most);
    (Scale::new(ticks.ends(), pixels), ticks)
}
