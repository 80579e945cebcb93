//! How many labelled comparisons a question would take, judged by those that there are.
//!
//! The numbers are rough, since they take what was estimated for the truth. None is below [`FEW_LABELS`], since
//! intervals of fewer are too narrow; a question that takes more than [`MOST_LABELS`] has no number, since nobody labels
//! so many.

use super::findings::{FEW_LABELS, NeededLabels};
use super::results::Calibration;
use super::win_rates::WinRates;
use crate::stats::{Estimate, inflated_sample_size, kappa_sample_size, pilot_sample_size, wilson};

/// The most labels that are worth recommending.
const MOST_LABELS: f64 = 10_000.0;
/// The probability of a false alarm that the numbers are for.
const SIGNIFICANCE: f64 = 0.05;
/// The probability of finding what is there.
const POWER: f64 = 0.8;
/// How far from ½ a win rate is to be excluded where no winner can be shown.
const SMALL_LEAD: f64 = 0.05;
/// The precision to which κ is to be measured.
const KAPPA_HALF_WIDTH: f64 = 0.1;
/// The κ that is assumed where none was measured.
const ASSUMED_KAPPA: f64 = 0.5;

/// Returns how many labelled comparisons would show that a judge is better than a rule; `difference` is its
/// agreement minus that of the rule. `None` if it is not better so far, or by too little to show.
pub(super) fn to_beat_rule(results: &Calibration, difference: &Estimate) -> Option<NeededLabels> {
    let is_better = difference.value.is_some_and(|value| value > 0.0);
    let pilot = || pilot_sample_size(difference, 0.0, SIGNIFICANCE, POWER).ok();
    is_better.then(pilot)?.and_then(|n| needed(n, difference.n, results.planned))
}

/// Returns how many labelled comparisons of a pair at most would show which system people prefer; `None` if the
/// estimated rate is too near to ½.
///
/// The spread is that of the labels alone: part of that of the corrected rate comes from the judge's score of all
/// comparisons, which more labels do not narrow.
pub(super) fn to_show_winner(rates: &WinRates) -> Option<NeededLabels> {
    let WinRates { labels, ppi, .. } = rates;
    let pilot = Estimate { value: ppi.value, ..*labels };
    let n = pilot_sample_size(&pilot, 0.5, SIGNIFICANCE, POWER).ok()?;
    needed(n, labels.n, rates.comparisons())
}

/// Returns how many labelled comparisons of a pair at most would exclude a win rate outside 45 – 55 %, if people's rate
/// is the estimated one; `None` if the estimate is not inside.
pub(super) fn to_exclude_lead(rates: &WinRates) -> Option<NeededLabels> {
    let WinRates { labels, ppi, .. } = rates;
    let half_width = (labels.high? - labels.low?) / 2.0;
    let wanted = SMALL_LEAD - (ppi.value? - 0.5).abs();
    let n = labels.n as f64 * (half_width / wanted).powi(2);
    (wanted > 0.0).then_some(n).and_then(|n| needed(n, labels.n, rates.comparisons()))
}

/// Returns whether an interval of a win rate excludes that one system leads by more than a little.
pub(super) fn excludes_lead(rate: &Estimate) -> bool {
    let inside = |end: Option<f64>| end.is_some_and(|end| (end - 0.5).abs() <= SMALL_LEAD);
    inside(rate.low) && inside(rate.high)
}

/// Returns how many labelled comparisons would measure κ of kept verdicts to ±0.1.
pub(super) fn to_measure_kappa(results: &Calibration) -> Option<NeededLabels> {
    let pair = results.pairs.iter().max_by_key(|pair| pair.kept.n)?;
    let counts = &pair.confusion.counts;
    let n: u64 = counts.iter().flatten().sum();
    let most = (0..counts.len()).map(|j| counts.iter().map(|row| row[j]).sum::<u64>()).max()?;
    // The rarer choices may be as frequent as the upper end of their interval.
    let rare = wilson((n - most) as f64, n as f64, 0.95).ok()?.high.min(0.5);
    let kappa = results.orders.cohen_kappa.value.unwrap_or(ASSUMED_KAPPA).clamp(0.0, 0.9);
    let kept = kappa_sample_size(kappa, &[1.0 - rare, rare], KAPPA_HALF_WIDTH, 0.95).ok()?;
    let n = inflated_sample_size(kept, 1.0, results.labelled_coverage.value?).ok()?;
    needed(n, results.labelled, results.planned)
}

/// Rounds a rough number up to two digits; `labelled` comparisons have not been enough, of those `in_run`.
fn needed(n: f64, labelled: u64, in_run: u64) -> Option<NeededLabels> {
    let n = n.max(FEW_LABELS as f64).max(labelled as f64 + 1.0);
    let unit = 10_f64.powf((n.log10().floor() - 1.0).max(0.0));
    let labels = (n / unit).ceil() * unit;
    (labels <= MOST_LABELS)
        .then_some(NeededLabels { labels: labels as u64, has_enough: labels <= in_run as f64 })
}
