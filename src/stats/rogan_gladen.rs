//! The Rogan–Gladen correction: a share corrected for the error rates of the judge.
//!
//! Use it where people labelled another set of comparisons, to which the judge's sensitivity and
//! specificity carry over. Where the labels are a random part of the comparisons themselves,
//! [`prediction_powered_mean`](super::prediction_powered_mean) is narrower and assumes less; this
//! interval is often wider than that of the labels alone. "Positive" must be a candidate, never a slot.

use super::{Interval, StatError, normal_quantile};

/// The share of positives by a judge, with its error rates on comparisons that people labelled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JudgedShare {
    /// The share of comparisons that the judge calls positive, in `[0, 1]`.
    pub share: f64,
    /// The number of comparisons it judged.
    pub n: u64,
    /// The share of negatives (by people) that it calls negative, in `[0, 1]`.
    pub specificity: f64,
    /// The number of negatives that people labelled.
    pub negatives: u64,
    /// The share of positives (by people) that it calls positive, in `[0, 1]`.
    pub sensitivity: f64,
    /// The number of positives that people labelled.
    pub positives: u64,
}

/// A share corrected for the judge's errors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CorrectedShare {
    /// The corrected share as the formula gives it; it may lie outside `[0, 1]`.
    pub raw: f64,
    /// The corrected share, cut to `[0, 1]`.
    pub value: f64,
    /// Its interval, cut to `[0, 1]`. An interval close to `[0, 1]` means that the judge is too weak.
    pub interval: Interval,
    /// `sensitivity + specificity − 1`: 1 for a judge without errors, 0 for one that guesses.
    pub youden: f64,
}

/// Returns the share of positives that people would find, with its interval.
///
/// `θ = (p + q₀ − 1)/(q₀ + q₁ − 1)`, where `p` is the judge's share, `q₀` its specificity and `q₁` its
/// sensitivity. The interval is `θ̃ + d ± z·s`, from shares with a few observations added:
/// `p̃ = (np + z²/2)/(n + z²)` and `q̃ = (mq + 1)/(m + 2)`, with `ñ = n + z²` and `m̃ = m + 2`. With
/// `e₀ = q̃₀(1 − q̃₀)/m̃₀` and `e₁ = q̃₁(1 − q̃₁)/m̃₁` it is `d = 2z²·(θ̃·e₁ − (1 − θ̃)·e₀)` and
/// `s = √(p̃(1 − p̃)/ñ + (1 − θ̃)²·e₀ + θ̃²·e₁)/(q̃₀ + q̃₁ − 1)`.
///
/// # Errors
///
/// [`StatError::Empty`] if a number of observations is 0; [`StatError::Uninformative`] if
/// `q₀ + q₁ ≤ 1`, before or after observations are added; [`StatError::OutOfRange`] if a share is not in
/// `[0, 1]` or `confidence` not in `(0, 1)`.
///
/// # Examples
///
/// ```
/// use evenhand::stats::{JudgedShare, rogan_gladen};
///
/// let judged = JudgedShare {
///     share: 0.62, n: 1000, specificity: 0.85, negatives: 100, sensitivity: 0.9, positives: 100,
/// };
/// let corrected = rogan_gladen(&judged, 0.95)?;
/// assert!((corrected.value - 0.47 / 0.75).abs() < 1e-12);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Rogan, W. J. and Gladen, B. (1978). Estimating prevalence from the results of a screening test.
/// *American Journal of Epidemiology* 107, 71–76. Lee, C., Zeng, T., Jeong, J., Sohn, J. and Lee, K.
/// (2025). How to correctly report LLM-as-a-judge evaluations. arXiv 2511.21140: the interval.
pub fn rogan_gladen(judged: &JudgedShare, confidence: f64) -> Result<CorrectedShare, StatError> {
    let JudgedShare { share, n, specificity, negatives, sensitivity, positives } = *judged;
    if n == 0 || negatives == 0 || positives == 0 {
        return Err(StatError::Empty);
    }
    if [share, specificity, sensitivity].iter().any(|x| !(0.0..=1.0).contains(x)) {
        return Err(StatError::OutOfRange);
    }
    let z = normal_quantile(confidence)?;
    let youden = specificity + sensitivity - 1.0;
    let raw = (share + specificity - 1.0) / youden;

    let smooth = |of: f64, n: f64, add: f64| (n * of + add / 2.0) / (n + add);
    let added = z * z;
    let judged_n = n as f64 + added;
    let p = smooth(share, n as f64, added);
    let q0 = smooth(specificity, negatives as f64, 2.0);
    let q1 = smooth(sensitivity, positives as f64, 2.0);
    let smoothed_youden = q0 + q1 - 1.0;
    // A rounding error of 1 − 1 is not information either.
    if youden <= 1e-12 || smoothed_youden <= 1e-12 {
        return Err(StatError::Uninformative);
    }
    let theta = (p + q0 - 1.0) / smoothed_youden;
    let from_negatives = q0 * (1.0 - q0) / (negatives as f64 + 2.0);
    let from_positives = q1 * (1.0 - q1) / (positives as f64 + 2.0);
    let shift = 2.0 * added * (theta * from_positives - (1.0 - theta) * from_negatives);
    let variance = p * (1.0 - p) / judged_n
        + (1.0 - theta).powi(2) * from_negatives
        + theta.powi(2) * from_positives;
    let half = z * variance.sqrt() / smoothed_youden;
    let centre = theta + shift;
    Ok(CorrectedShare {
        raw,
        value: raw.clamp(0.0, 1.0),
        interval: Interval { low: centre - half, high: centre + half }.within(0.0, 1.0),
        youden,
    })
}

/// The number of comparisons of each kind to label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Allocation {
    /// Comparisons that people would call negative.
    pub negatives: u64,
    /// Comparisons that people would call positive.
    pub positives: u64,
}

/// Returns how to divide `labels` between negatives and positives for the narrowest interval.
///
/// `m₁ = m/(1 + (1/p − 1)·√κ)` positives with `κ = (m_p(1 − q₀) + 1)/(m_p(1 − q₁) + 1)`, rounded to the
/// nearest whole number, where `p`, `q₀` and `q₁` are those of a pilot with `m_p` labels of each kind.
/// The pilot's other numbers are not used.
///
/// # Errors
///
/// [`StatError::Empty`] if `pilot_labels` is 0; [`StatError::OutOfRange`] if a share is not in `[0, 1]`.
///
/// # References
///
/// Lee, C., Zeng, T., Jeong, J., Sohn, J. and Lee, K. (2025). How to correctly report LLM-as-a-judge
/// evaluations. arXiv 2511.21140.
pub fn allocate(
    labels: u64,
    pilot_labels: u64,
    pilot: &JudgedShare,
) -> Result<Allocation, StatError> {
    let JudgedShare { share, specificity, sensitivity, .. } = *pilot;
    if [share, specificity, sensitivity].iter().any(|x| !(0.0..=1.0).contains(x)) {
        return Err(StatError::OutOfRange);
    }
    if pilot_labels == 0 {
        return Err(StatError::Empty);
    }
    let errors = |rate: f64| pilot_labels as f64 * (1.0 - rate) + 1.0;
    let ratio = (errors(specificity) / errors(sensitivity)).sqrt();
    // The same as m/(1 + (1/p − 1)·√κ), and defined for p = 0 too.
    let positives = labels as f64 * share / (share + (1.0 - share) * ratio);
    let positives = (positives.round() as u64).min(labels);
    Ok(Allocation { negatives: labels - positives, positives })
}
