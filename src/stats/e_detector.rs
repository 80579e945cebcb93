//! A sequential alarm with a stated rate of false alarms, for numbers that are looked at again and again.
//!
//! A test at 5 % every night raises an alarm within weeks whatever happens. An e-detector accumulates evidence
//! instead: after each observation `S = L·(S + 1)`, where the factor `L` has a mean of at most 1 as long as nothing has
//! changed. Then `S − t` cannot be expected to grow, so an alarm at `S ≥ N` comes after at least `N` observations on
//! average, and within `T` observations with a probability of at most `T/N`. Evidence since any change counts, which a
//! bet that began long before would have lost.

use super::StatError;
use super::distribution::probability;

/// How much the mean is raised in the alternatives that are bet on, as shares of the room above it.
const RAISED: [f64; 5] = [0.02, 0.05, 0.1, 0.2, 0.4];
/// The standard normal quantile of a power of 80 %.
const POWER_QUANTILE: f64 = 0.841_621_233_572_914_3;
/// Evidence beyond this says no more.
const MOST: f64 = 1e300;

/// An e-detector with one fixed bet: it accumulates evidence that the mean of observations in `[0, 1]` has risen above
/// `limit`.
///
/// # Examples
///
/// ```
/// use evenhand::stats::EDetector;
///
/// let mut detector = EDetector::new(0.15, 1.0)?;
/// detector.observe(0.0)?;
/// assert!((detector.evidence() - 0.85).abs() < 1e-12);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Shin, J., Ramdas, A. and Rinaldo, A. (2023). E-detectors: a nonparametric framework for sequential change
/// detection. *New England Journal of Statistics in Data Science* 2, 229–260.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EDetector {
    limit: f64,
    bet: f64,
    evidence: f64,
}

impl EDetector {
    /// Returns a detector that has seen nothing. The factor of an observation `x` is `1 + bet·(x − limit)`.
    ///
    /// # Errors
    ///
    /// [`StatError::OutOfRange`] if `limit` is not in `(0, 1)`, or `bet` not in `(0, 1/limit]`.
    pub fn new(limit: f64, bet: f64) -> Result<Self, StatError> {
        let limit = probability(limit)?;
        if bet > 0.0 && bet * limit <= 1.0 {
            Ok(Self { limit, bet, evidence: 0.0 })
        } else {
            Err(StatError::OutOfRange)
        }
    }

    /// Adds an observation.
    ///
    /// # Errors
    ///
    /// [`StatError::OutOfRange`] if it is not in `[0, 1]`.
    pub fn observe(&mut self, x: f64) -> Result<(), StatError> {
        if !(0.0..=1.0).contains(&x) {
            return Err(StatError::OutOfRange);
        }
        let factor = 1.0 + self.bet * (x - self.limit);
        self.evidence = (factor * (self.evidence + 1.0)).min(MOST);
        Ok(())
    }

    /// Returns the evidence: the Shiryaev-Roberts statistic.
    pub fn evidence(&self) -> f64 {
        self.evidence
    }
}

/// One check of a group of units: each value with the most that its mean may be as long as nothing has changed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CheckedValues {
    /// By unit, a value in `[0, 1]` and the limit of the mean of its group, in `(0, 1)`.
    values: Vec<(f64, f64)>,
}

impl CheckedValues {
    /// Adds the values of units whose mean over the group is at most `limit` as long as nothing has changed.
    ///
    /// # Errors
    ///
    /// [`StatError::OutOfRange`] if a value is not in `[0, 1]` or `limit` not in `(0, 1)`; nothing is added then.
    pub fn add(&mut self, values: &[f64], limit: f64) -> Result<(), StatError> {
        let limit = probability(limit)?;
        if !values.iter().all(|value| (0.0..=1.0).contains(value)) {
            return Err(StatError::OutOfRange);
        }
        self.values.extend(values.iter().map(|value| (*value, limit)));
        Ok(())
    }

    /// Returns how many units there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Returns whether there is no unit.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Returns the logarithm of the factor by which a check changes evidence for means that are raised by a share of the
    /// room above their limits.
    ///
    /// The units of a check are independent given the past, so the mean of the product is the product of the means,
    /// and by the inequality of arithmetic and geometric means it is at most 1 where the mean over each group is at most
    /// its limit, also if the units of a group differ.
    fn log_factor(&self, raised: f64) -> f64 {
        // (1 + λ(x − m)) with the λ at which it is the likelihood ratio of a share of m + raised·(1 − m) to m.
        self.values.iter().map(|(x, limit)| (1.0 + raised / limit * (x - limit)).ln()).sum()
    }
}

/// An alarm that is raised by evidence that the mean of a group of units has risen, check by check.
///
/// It averages e-detectors that bet on small and on large changes, which is an e-detector again. Evidence is cut where
/// it is enough for an alarm, so that an alarm ends soon after the change does; cutting can only make it rarer.
///
/// # Examples
///
/// ```
/// use evenhand::stats::{Alarm, CheckedValues};
///
/// let mut alarm = Alarm::new(1000.0)?;
/// let mut night = CheckedValues::default();
/// night.add(&[1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0], 0.2)?;
/// alarm.check(&night);
/// alarm.check(&night);
/// assert!(alarm.is_raised());
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// As for [`EDetector`].
#[derive(Debug, Clone, PartialEq)]
pub struct Alarm {
    threshold: f64,
    evidence: [f64; RAISED.len()],
}

impl Alarm {
    /// Returns an alarm at a threshold: there are at least that many checks between false alarms on average.
    ///
    /// # Errors
    ///
    /// [`StatError::OutOfRange`] if the threshold is not above 1 or not finite.
    pub fn new(threshold: f64) -> Result<Self, StatError> {
        if threshold > 1.0 && threshold < MOST {
            Ok(Self { threshold, evidence: [0.0; RAISED.len()] })
        } else {
            Err(StatError::OutOfRange)
        }
    }

    /// Adds a check.
    pub fn check(&mut self, values: &CheckedValues) {
        let most = self.threshold * RAISED.len() as f64;
        for (evidence, raised) in self.evidence.iter_mut().zip(RAISED) {
            *evidence = (values.log_factor(raised).exp() * (*evidence + 1.0)).min(most);
        }
    }

    /// Returns the evidence; at the threshold it raises the alarm.
    pub fn evidence(&self) -> f64 {
        (self.evidence.iter().sum::<f64>() / RAISED.len() as f64).min(self.threshold)
    }

    /// Returns the threshold.
    pub fn threshold(&self) -> f64 {
        self.threshold
    }

    /// Returns whether there is enough evidence.
    pub fn is_raised(&self) -> bool {
        self.evidence() >= self.threshold
    }
}

/// Returns the smallest mean above `limit` that an [`Alarm`] would have seen by now with a power of 80 %, had it been there
/// in all checks since the first. `None` if no mean would.
///
/// `units` is the number of units in all checks together. The logarithm of the evidence of a bet is a sum over units, which
/// is taken to be normal: with a mean `p` of values that are 0 or 1, which vary most, its mean less 0.84 standard
/// deviations is compared with the logarithm of the threshold times the number of bets that are averaged.
///
/// # Errors
///
/// [`StatError::OutOfRange`] if `limit` is not in `(0, 1)` or the threshold not above 1.
pub fn smallest_visible_mean(
    limit: f64,
    units: f64,
    threshold: f64,
) -> Result<Option<f64>, StatError> {
    let limit = probability(limit)?;
    if !(threshold > 1.0 && threshold.is_finite() && units >= 0.0) {
        return Err(StatError::OutOfRange);
    }
    let needed = (threshold * RAISED.len() as f64).ln();
    let gained = |raised: f64| -> f64 {
        let mean = limit + raised * (1.0 - limit);
        // What the best of the bets, which are on fixed alternatives, gains or more in four of five cases.
        let gain = |bet: f64| {
            let (one, zero) = ((1.0 + bet / limit * (1.0 - limit)).ln(), (1.0 - bet).ln());
            let deviation = (one - zero) * (mean * (1.0 - mean) * units).sqrt();
            (mean * one + (1.0 - mean) * zero) * units - POWER_QUANTILE * deviation
        };
        RAISED.into_iter().map(gain).fold(f64::NEG_INFINITY, f64::max)
    };
    if gained(1.0) < needed {
        return Ok(None);
    }
    let (mut below, mut above) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(below, above);
        if gained(middle) < needed { below = middle } else { above = middle }
    }
    Ok(Some(limit + above * (1.0 - limit)))
}
