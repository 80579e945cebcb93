//! The most that the mean of a group may be as long as nothing has changed: the upper end of what the baseline shows.
//!
//! An alarm with a stated rate needs a limit that holds. The baseline gives its mean with some error, so the limit is
//! the upper end of a one-sided 99 % interval. Of items that every run has, only the noise of the judge moves the mean:
//! with several runs in the baseline, or repeats, that noise is known and the limit is close. Without, the items are
//! taken as if they were drawn anew each time, which is safe and wide.

use super::weights::WeightedMean;
use crate::stats::wilson;

/// The confidence of the two-sided interval whose upper end is used.
pub(super) const CONFIDENCE: f64 = 0.98;
/// The standard normal quantile of its upper end.
const QUANTILE: f64 = 2.326_347_874_040_841;
/// A limit is no closer to 0 or 1: there a single unit would be an alarm.
const LEAST: f64 = 0.005;

/// How often the judge changes its mind when the same is asked again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Noise {
    /// Not known.
    Unknown,
    /// Never: it is a rule.
    Rule,
    /// In a share of comparisons.
    Share {
        /// In the baseline.
        value: f64,
        /// The most that it may be: the upper end of what the baseline shows.
        high: f64,
    },
}

/// Returns the limit of values that are observed on the same units in several runs of the baseline; `None` without any
/// unit, or where no mean would be above it. `noise` is used where there is one run.
pub(super) fn limit_of_repeated(units: &[Vec<f64>], noise: Noise) -> Option<f64> {
    let runs = units.iter().map(Vec::len).min().filter(|runs| *runs > 0)? as f64;
    let n = units.len() as f64;
    let means: Vec<f64> =
        units.iter().map(|values| values.iter().sum::<f64>() / values.len() as f64).collect();
    let mean = means.iter().sum::<f64>() / n;
    let within = |(values, mean): (&Vec<f64>, &f64)| {
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        squares / (values.len() as f64 - 1.0)
    };
    // Half of the share of pairs of runs that differ, for values of 0 and 1.
    let differing = match noise {
        Noise::Rule => return usable(mean),
        _ if runs >= 2.0 => 2.0 * units.iter().zip(&means).map(within).sum::<f64>(),
        Noise::Share { high, .. } => {
            return usable(mean + QUANTILE * (high / 2.0 / (n * runs)).sqrt());
        }
        Noise::Unknown => return limit_of_sample(&means),
    };
    let variance = wilson(differing.clamp(0.0, n), n, CONFIDENCE).ok()?.high / 2.0;
    usable(mean + QUANTILE * (variance / (n * runs)).sqrt())
}

/// Returns the limit of values of which those of the baseline are a sample.
pub(super) fn limit_of_sample(values: &[f64]) -> Option<f64> {
    let values: Vec<(f64, f64)> = values.iter().map(|value| (*value, 1.0)).collect();
    usable(WeightedMean::of(&values)?.interval(CONFIDENCE)?.high)
}

/// Returns the limit of values with their weights, of which those of the baseline are a sample.
pub(super) fn limit_of_weighted(values: &[(f64, f64)]) -> Option<f64> {
    usable(WeightedMean::of(values)?.interval(CONFIDENCE)?.high)
}

/// Returns a limit that is not too close to 0; `None` where no mean would be above it.
pub(super) fn usable(limit: f64) -> Option<f64> {
    let limit = limit.max(LEAST);
    (limit < 1.0 - LEAST).then_some(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_closer_if_the_baseline_shows_the_noise() {
        let wrong = |every: usize| (0..100).map(move |at| f64::from(u8::from(at % every == 0)));
        let once: Vec<Vec<f64>> = wrong(5).map(|value| vec![value]).collect();
        let twice: Vec<Vec<f64>> = wrong(5).map(|value| vec![value; 2]).collect();
        let (once, twice) =
            (limit_of_repeated(&once, Noise::Unknown), limit_of_repeated(&twice, Noise::Unknown));
        assert!(once.unwrap() > 0.28 && twice.unwrap() < 0.24, "{once:?}, {twice:?}");
    }

    #[test]
    fn a_rule_has_no_noise() {
        let units: Vec<Vec<f64>> = (0..10).map(|at| vec![f64::from(u8::from(at < 2))]).collect();
        assert!((limit_of_repeated(&units, Noise::Rule).unwrap() - 0.2).abs() < 1e-12);
    }

    #[test]
    fn nothing_and_everything_have_no_limit() {
        assert_eq!(limit_of_repeated(&[], Noise::Unknown), None);
        assert_eq!(limit_of_sample(&[]), None);
        assert_eq!(limit_of_sample(&[1.0; 50]), None);
    }
}
