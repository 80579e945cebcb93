//! How many labelled comparisons a question would take, judged by those that there are.
//!
//! The numbers are rough, since they take what was estimated for the truth.

use super::results::Calibration;
use super::win_rates::WinRates;
use crate::stats::{Estimate, inflated_sample_size, kappa_sample_size, pilot_sample_size, wilson};

/// The probability of a false alarm that the numbers are for.
const SIGNIFICANCE: f64 = 0.05;
/// The probability of finding what is there.
const POWER: f64 = 0.8;
/// The precision to which a win rate is to be measured.
const RATE_HALF_WIDTH: f64 = 0.05;
/// The precision to which κ is to be measured.
const KAPPA_HALF_WIDTH: f64 = 0.1;
/// The κ that is assumed where none was measured.
const ASSUMED_KAPPA: f64 = 0.5;

/// Returns how many labelled comparisons would show that a judge is better than a rule; `difference` is its
/// agreement minus that of the rule. `None` if it is not better so far.
pub(super) fn to_beat_rule(difference: &Estimate) -> Option<u64> {
    let is_better = difference.value.is_some_and(|value| value > 0.0);
    is_better.then(|| pilot_sample_size(difference, 0.0, SIGNIFICANCE, POWER).ok())?.map(rounded)
}

/// Returns how many labelled comparisons of a pair would show which system people prefer; `None` if the estimated
/// rate is ½.
pub(super) fn to_show_winner(rates: &WinRates) -> Option<u64> {
    let labelled = Estimate { n: rates.labels.n, ..rates.ppi };
    pilot_sample_size(&labelled, 0.5, SIGNIFICANCE, POWER).ok().map(rounded)
}

/// Returns how many labelled comparisons would narrow an interval of half the width `half_width`, from `labelled`
/// ones, to ±5 points.
pub(super) fn to_narrow(labelled: u64, half_width: f64) -> u64 {
    rounded(labelled as f64 * (half_width / RATE_HALF_WIDTH).powi(2))
}

/// Returns how many labelled comparisons would measure κ of kept verdicts to ±0.1.
pub(super) fn to_measure_kappa(results: &Calibration) -> Option<u64> {
    let pair = results.pairs.iter().max_by_key(|pair| pair.kept.n)?;
    let counts = &pair.confusion.counts;
    let n: u64 = counts.iter().flatten().sum();
    let most = (0..counts.len()).map(|j| counts.iter().map(|row| row[j]).sum::<u64>()).max()?;
    // The rarer choices may be as frequent as the upper end of their interval.
    let rare = wilson((n - most) as f64, n as f64, 0.95).ok()?.high.min(0.5);
    let kappa = results.orders.cohen_kappa.value.unwrap_or(ASSUMED_KAPPA).clamp(0.0, 0.9);
    let kept = kappa_sample_size(kappa, &[1.0 - rare, rare], KAPPA_HALF_WIDTH, 0.95).ok()?;
    inflated_sample_size(kept, 1.0, results.labelled_coverage.value?).ok().map(rounded)
}

/// Rounds a rough number up to two digits.
fn rounded(n: f64) -> u64 {
    let unit = 10_f64.powf((n.max(1.0).log10().floor() - 1.0).max(0.0));
    ((n / unit).ceil() * unit) as u64
}
