//! Selective judging: the error rate if only the most confident verdicts are kept.
//!
//! Confidence is any score that orders verdicts from sure to unsure. A threshold chosen by looking at this
//! curve guarantees nothing; [`guaranteed_threshold`] does. The kept verdicts are not a random sample of all
//! comparisons, so do not compute a win rate from them.

use super::StatError;
use super::distribution::beta_inverse;

/// Returns the verdicts in descending order of confidence.
pub(super) fn descending(
    confidence: &[f64],
    correct: &[bool],
) -> Result<Vec<(f64, bool)>, StatError> {
    if confidence.len() != correct.len() || confidence.iter().any(|value| !value.is_finite()) {
        return Err(StatError::OutOfRange);
    }
    if confidence.is_empty() {
        return Err(StatError::Empty);
    }
    let mut verdicts: Vec<(f64, bool)> =
        confidence.iter().copied().zip(correct.iter().copied()).collect();
    verdicts.sort_by(|a, b| b.0.total_cmp(&a.0));
    Ok(verdicts)
}

/// Returns the share of wrong verdicts among the 1, 2, …, n most confident ones.
///
/// The `i`-th number is the risk at coverage `i/n`, in `[0, 1]`. Verdicts of the same confidence stay
/// in the order of the input, which matters in that case alone.
///
/// # Errors
///
/// [`StatError::Empty`] without verdicts; [`StatError::OutOfRange`] if the slices differ in length or a
/// confidence is not finite.
///
/// # Examples
///
/// ```
/// let risk = evenhand::stats::risk_coverage(&[0.6, 0.9, 0.8], &[false, true, true])?;
/// assert_eq!(risk, [0.0, 0.0, 1.0 / 3.0]);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// El-Yaniv, R. and Wiener, Y. (2010). On the foundations of noise-free selective classification.
/// *Journal of Machine Learning Research* 11, 1605–1641.
pub fn risk_coverage(confidence: &[f64], correct: &[bool]) -> Result<Vec<f64>, StatError> {
    let mut wrong = 0.0;
    let risk = |(at, (_, correct)): (usize, (f64, bool))| {
        wrong += f64::from(!correct);
        wrong / (at + 1) as f64
    };
    Ok(descending(confidence, correct)?.into_iter().enumerate().map(risk).collect())
}

/// Returns the area under the risk-coverage curve, in `[0, 1]`: the mean of [`risk_coverage`].
///
/// Lower is better; an uninformative confidence gives about the share of wrong verdicts.
///
/// # Errors
///
/// As for [`risk_coverage`].
///
/// # References
///
/// Geifman, Y., Uziel, G. and El-Yaniv, R. (2019). Bias-reduced uncertainty estimation for deep neural
/// classifiers. *ICLR*.
pub fn aurc(confidence: &[f64], correct: &[bool]) -> Result<f64, StatError> {
    let risk = risk_coverage(confidence, correct)?;
    Ok(risk.iter().sum::<f64>() / risk.len() as f64)
}

/// A threshold whose error rate is bounded.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct GuaranteedThreshold {
    /// Verdicts with this confidence or more are kept.
    pub threshold: f64,
    /// How many of the verdicts given are kept.
    pub kept: u64,
    /// How many of them are wrong.
    pub wrong: u64,
    /// The upper confidence bound of their share, at most the risk asked for.
    pub bound: f64,
}

/// Returns the lowest threshold that keeps at most a share of `risk` wrong verdicts, with
/// `confidence_level`.
///
/// The thresholds are the confidences that occur. They are tested from strict to loose, as long as the
/// upper bound of Clopper and Pearson for the share of wrong verdicts among those kept,
/// `Beta⁻¹(level; wrong + 1, kept − wrong)`, is at most `risk`; the last threshold that passes is returned.
/// Because the first failure ends the sequence, each is tested at the full level. The sequence starts at
/// the first threshold that could pass if no kept verdict were wrong: at least
/// `ln(1 − level)/ln(1 − risk)` verdicts, a number that does not depend on which ones are right. `None` if
/// the first threshold fails, or none keeps enough verdicts.
///
/// The guarantee is for verdicts from the same distribution. The order of the input does not matter.
///
/// # Errors
///
/// [`StatError::Empty`] without verdicts; [`StatError::OutOfRange`] if the slices differ in length, a
/// confidence is not finite, or `risk` or `confidence_level` is not in `(0, 1)`.
///
/// # Examples
///
/// ```
/// use evenhand::stats::guaranteed_threshold;
///
/// let confidence: Vec<f64> = (0..100).map(|i| f64::from(i) / 100.0).collect();
/// let correct: Vec<bool> = (0..100).map(|i| i >= 40).collect();
/// let found = guaranteed_threshold(&confidence, &correct, 0.1, 0.95)?.expect("60 verdicts are right");
/// assert!(found.kept > 60 && found.bound <= 0.1);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Angelopoulos, A. N., Bates, S., Candès, E. J., Jordan, M. I. and Lei, L. (2021). Learn then test:
/// calibrating predictive algorithms to achieve risk control. arXiv 2110.01052. Clopper, C. J. and
/// Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated in the case of the
/// binomial. *Biometrika* 26, 404–413.
pub fn guaranteed_threshold(
    confidence: &[f64],
    correct: &[bool],
    risk: f64,
    confidence_level: f64,
) -> Result<Option<GuaranteedThreshold>, StatError> {
    let verdicts = descending(confidence, correct)?;
    let inside = |x: f64| x > 0.0 && x < 1.0;
    if !inside(risk) || !inside(confidence_level) {
        return Err(StatError::OutOfRange);
    }
    let mut found = None;
    let (mut kept, mut wrong) = (0_u64, 0_u64);
    for tied in verdicts.chunk_by(|a, b| a.0 <= b.0) {
        kept += tied.len() as u64;
        wrong += tied.iter().filter(|verdict| !verdict.1).count() as u64;
        let Some((threshold, _)) = tied.first() else { continue };
        if upper_bound(0, kept, confidence_level)? > risk {
            continue;
        }
        let bound = upper_bound(wrong, kept, confidence_level)?;
        if bound > risk {
            break;
        }
        found = Some(GuaranteedThreshold { threshold: *threshold, kept, wrong, bound });
    }
    Ok(found)
}

/// Returns the fewest verdicts with which [`guaranteed_threshold`] finds a threshold if none of them is wrong:
/// the least whole number that is at least `ln(1 − level)/ln(1 − risk)`.
///
/// # Errors
///
/// [`StatError::OutOfRange`] if `risk` or `confidence_level` is not in `(0, 1)`.
///
/// # Examples
///
/// ```
/// assert_eq!(evenhand::stats::fewest_for_guarantee(0.1, 0.95)?, 29);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// As for [`guaranteed_threshold`].
pub fn fewest_for_guarantee(risk: f64, confidence_level: f64) -> Result<u64, StatError> {
    let inside = |x: f64| x > 0.0 && x < 1.0;
    if !inside(risk) || !inside(confidence_level) {
        return Err(StatError::OutOfRange);
    }
    // `ln_1p` keeps a small risk from being rounded away.
    let fewest = (-confidence_level).ln_1p() / (-risk).ln_1p();
    let mut n = (fewest.ceil() as u64).max(1);
    // Rounding may put the quotient on the wrong side of a whole number; the bound decides.
    while n > 1 && upper_bound(0, n - 1, confidence_level)? <= risk {
        n -= 1;
    }
    while upper_bound(0, n, confidence_level)? > risk && n < u64::MAX {
        n += 1;
    }
    Ok(n)
}

/// Returns the one-sided upper bound of Clopper and Pearson.
fn upper_bound(successes: u64, n: u64, level: f64) -> Result<f64, StatError> {
    if successes >= n {
        return Ok(1.0);
    }
    if successes == 0 {
        return Ok(1.0 - (1.0 - level).powf(1.0 / n as f64));
    }
    beta_inverse(level, successes as f64 + 1.0, (n - successes) as f64)
}
