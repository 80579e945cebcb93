//! Bootstrap intervals, and the fallback for numbers that are equal in every resample.

use crate::stats::{
    Bootstrap, Estimate, Interval, Table, Weights, cohen_kappa, gwet_ac1, scott_pi, wilson,
};

/// Resamples behind every bootstrap interval.
pub(crate) const RESAMPLES: usize = 2000;
/// The seed of every bootstrap: the same run and labels give the same intervals.
pub(crate) const SEED: u64 = 0;
/// The confidence of every interval.
pub(crate) const CONFIDENCE: f64 = 0.95;

/// Returns a bootstrapped statistic with its `BCa` interval; the interval is undefined where there is none.
pub(crate) fn sampled_estimate((sampled, at): (&Bootstrap, usize), n: u64) -> Estimate {
    Estimate::of(sampled.value(at), sampled.bca(at, CONFIDENCE).ok(), n)
}

/// Returns the first of two bootstrapped statistics minus the second, on the same resamples.
pub(crate) fn sampled_difference((sampled, of): (&Bootstrap, [usize; 2]), n: u64) -> Estimate {
    let interval = sampled.bca_of_difference(of, CONFIDENCE).ok();
    Estimate::of(sampled.difference(of), interval, n)
}

/// Returns the share of resamples on which a statistic that is defined on the data was not.
pub(crate) fn undefined_share((sampled, at): (&Bootstrap, usize)) -> f64 {
    if sampled.value(at).is_some() { sampled.undefined(at) } else { 0.0 }
}

/// Returns a chance-corrected statistic with its interval, given its bootstrapped estimate.
///
/// Where all resamples are equal, as with a perfect table, the bootstrap gives no interval. If agreement is
/// perfect, its Wilson interval for `n` observations is then transformed by the statistic's chance agreement.
pub(crate) fn chance_corrected<'a>(
    estimate: Estimate,
    tables: impl IntoIterator<Item = Table<'a>>,
    n: u64,
    chance: impl Fn(Table<'a>) -> Option<f64>,
) -> Estimate {
    if estimate.value.is_none() || estimate.low.is_some() {
        return estimate;
    }
    let (mut total, mut agreed, mut by_chance) = (0.0, 0.0, 0.0);
    for table in tables {
        // In a table of one category the statistic is undefined; it must not change that of the others.
        let Some(chance) = chance(table) else { continue };
        total += table.total();
        agreed += table.diagonal();
        by_chance += table.total() * chance;
    }
    if total == 0.0 || agreed < total {
        return estimate;
    }
    let chance = by_chance / total;
    let perfect = wilson(n as f64, n as f64, CONFIDENCE).ok().map(|interval| Interval {
        low: ((interval.low - chance) / (1.0 - chance)).max(-1.0),
        high: 1.0,
    });
    Estimate::of(estimate.value, perfect, n)
}

pub(crate) fn chance_of_kappa(table: Table<'_>) -> Option<f64> {
    cohen_kappa(table, Weights::Identity).ok().map(|kappa| kappa.expected)
}

pub(crate) fn chance_of_ac1(table: Table<'_>) -> Option<f64> {
    gwet_ac1(table, CONFIDENCE).ok().map(|found| found.expected)
}

/// Returns the chance agreement of Scott's π. That of α differs by a correction that vanishes with n.
pub(crate) fn chance_of_alpha(table: Table<'_>) -> Option<f64> {
    scott_pi(table, CONFIDENCE).ok().map(|found| found.expected)
}
