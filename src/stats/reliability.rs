//! Is the judge's confidence calibrated: are 80 % of the verdicts with a confidence of 80 % correct?
//!
//! Confidence is the probability of being right, in `[0, 1]`, one for each verdict. Calibration errors are
//! biased upwards in small samples, so report them with the number of verdicts, and do not compute them on
//! the verdicts to which a [recalibration](super::platt) was fitted.

use super::StatError;
use super::ordered_table::OrderedTable;
use super::proportion::wilson;
use super::risk_coverage::descending;

fn checked(confidence: &[f64], correct: &[bool]) -> Result<f64, StatError> {
    if confidence.len() != correct.len() {
        return Err(StatError::OutOfRange);
    }
    if confidence.is_empty() {
        return Err(StatError::Empty);
    }
    if confidence.iter().all(|p| (0.0..=1.0).contains(p)) {
        Ok(confidence.len() as f64)
    } else {
        Err(StatError::OutOfRange)
    }
}

fn outcome(correct: bool) -> f64 {
    f64::from(correct)
}

/// How confidence is divided into bins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Binning {
    /// Bins of the same width: `p` falls into bin `⌊bins·p⌋`, 1 into the last one.
    EqualWidth,
    /// Bins of about the same number of verdicts; equal confidences stay together.
    EqualMass,
}

/// The verdicts of one range of confidence.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct ReliabilityBin {
    /// The index of the bin, from 0 for the least confident.
    pub index: usize,
    /// The number of verdicts in it.
    pub n: u64,
    /// Their mean confidence.
    pub confidence: f64,
    /// The share of them that is right.
    pub accuracy: f64,
    /// The lower end of Wilson's 95 % interval of this share.
    pub low: f64,
    /// The upper end of it.
    pub high: f64,
}

/// Returns the verdicts by confidence, in ascending order, without empty bins.
///
/// The order of the verdicts does not matter.
///
/// # Errors
///
/// [`StatError::Empty`] without verdicts; [`StatError::OutOfRange`] if the slices differ in length, a
/// confidence is not in `[0, 1]`, or `bins` is 0.
///
/// # References
///
/// Guo, C., Pleiss, G., Sun, Y. and Weinberger, K. Q. (2017). On calibration of modern neural networks.
/// *ICML*, 1321–1330.
pub fn reliability_bins(
    confidence: &[f64],
    correct: &[bool],
    bins: usize,
    binning: Binning,
) -> Result<Vec<ReliabilityBin>, StatError> {
    let n = checked(confidence, correct)?;
    if bins == 0 {
        return Err(StatError::OutOfRange);
    }
    let mut verdicts: Vec<(f64, bool)> =
        confidence.iter().copied().zip(correct.iter().copied()).collect();
    verdicts.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut found: Vec<ReliabilityBin> = Vec::new();
    let mut before = 0.0;
    for tied in verdicts.chunk_by(|a, b| a.0 >= b.0) {
        let share = match (binning, tied.first()) {
            (Binning::EqualWidth, Some((confidence, _))) => *confidence,
            _ => before / n,
        };
        before += tied.len() as f64;
        let index = ((share * bins as f64) as usize).min(bins - 1);
        let total = tied.iter().map(|verdict| verdict.0).sum::<f64>();
        let right = tied.iter().map(|verdict| outcome(verdict.1)).sum::<f64>();
        // Sums until all verdicts are added, means after that.
        match found.last_mut() {
            Some(bin) if bin.index == index => {
                bin.n += tied.len() as u64;
                bin.confidence += total;
                bin.accuracy += right;
            }
            _ => found.push(ReliabilityBin {
                index,
                n: tied.len() as u64,
                confidence: total,
                accuracy: right,
                low: 0.0,
                high: 1.0,
            }),
        }
    }
    for bin in &mut found {
        let interval = wilson(bin.accuracy, bin.n as f64, 0.95)?;
        (bin.low, bin.high) = (interval.low, interval.high);
        bin.confidence /= bin.n as f64;
        bin.accuracy /= bin.n as f64;
    }
    Ok(found)
}

/// Returns the expected calibration error, in `[0, 1]`.
///
/// `Σ_b n_b/n · |accuracy_b − confidence_b|` over the bins of [`reliability_bins`]. It depends on the
/// binning: 10 bins of equal width are customary, bins of equal mass vary less.
///
/// # Errors
///
/// [`StatError::Empty`] without verdicts.
///
/// # Examples
///
/// ```
/// use evenhand::stats::{Binning, expected_calibration_error, reliability_bins};
///
/// let bins = reliability_bins(&[0.9, 0.9, 0.6], &[true, false, true], 10, Binning::EqualWidth)?;
/// assert!((expected_calibration_error(&bins)? - 0.4).abs() < 1e-12);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Naeini, M. P., Cooper, G. F. and Hauskrecht, M. (2015). Obtaining well calibrated probabilities using
/// Bayesian binning. *AAAI*, 2901–2907.
pub fn expected_calibration_error(bins: &[ReliabilityBin]) -> Result<f64, StatError> {
    let n: u64 = bins.iter().map(|bin| bin.n).sum();
    if n == 0 {
        return Err(StatError::Empty);
    }
    let sum: f64 = bins.iter().map(|bin| bin.n as f64 * gap(bin)).sum();
    Ok(sum / n as f64)
}

/// Returns the largest calibration error of any bin, in `[0, 1]`.
///
/// `max_b |accuracy_b − confidence_b|` over the bins of [`reliability_bins`], however few verdicts a bin
/// has: it is noise where there are few.
///
/// # Errors
///
/// [`StatError::Empty`] without verdicts.
///
/// # References
///
/// Naeini, M. P., Cooper, G. F. and Hauskrecht, M. (2015). Obtaining well calibrated probabilities using
/// Bayesian binning. *AAAI*, 2901–2907.
pub fn maximum_calibration_error(bins: &[ReliabilityBin]) -> Result<f64, StatError> {
    bins.iter().filter(|bin| bin.n > 0).map(gap).reduce(f64::max).ok_or(StatError::Empty)
}

fn gap(bin: &ReliabilityBin) -> f64 {
    (bin.accuracy - bin.confidence).abs()
}

/// Returns the Brier score, in `[0, 1]`: the mean squared difference of confidence and correctness.
///
/// `Σ (p − y)²/n` with `y` 1 where the verdict is right and 0 where not. Lower is better; always saying
/// ½ gives ¼. The order of the verdicts does not matter.
///
/// # Errors
///
/// [`StatError::Empty`] without verdicts; [`StatError::OutOfRange`] if the slices differ in length or a
/// confidence is not in `[0, 1]`.
///
/// # References
///
/// Brier, G. W. (1950). Verification of forecasts expressed in terms of probability. *Monthly Weather
/// Review* 78, 1–3.
pub fn brier(confidence: &[f64], correct: &[bool]) -> Result<f64, StatError> {
    let n = checked(confidence, correct)?;
    let squares =
        confidence.iter().zip(correct).map(|(p, correct)| (p - outcome(*correct)).powi(2));
    Ok(squares.sum::<f64>() / n)
}

/// Returns the Brier skill score: how much better than a constant the confidence is, at most 1.
///
/// `1 − B/(ȳ(1 − ȳ))`, where `B` is [`brier`] and `ȳ` the share of right verdicts: the score of always
/// saying that share. 0 is no better than a constant, below 0 worse.
///
/// # Errors
///
/// As for [`brier`], and [`StatError::NoVariation`] if all verdicts are right or all wrong.
///
/// # References
///
/// Murphy, A. H. (1973). A new vector partition of the probability score. *Journal of Applied
/// Meteorology* 12, 595–600.
pub fn brier_skill(confidence: &[f64], correct: &[bool]) -> Result<f64, StatError> {
    let found = brier(confidence, correct)?;
    let right = correct.iter().filter(|correct| **correct).count();
    if right == 0 || right == correct.len() {
        return Err(StatError::NoVariation);
    }
    let share = right as f64 / correct.len() as f64;
    Ok(1.0 - found / (share * (1.0 - share)))
}

/// Returns the logarithmic loss, in nats, at least 0.
///
/// `−Σ ln(p if right, 1 − p if not)/n`, with `p` cut to `[ε, 1 − ε]` for `ε = 2⁻⁵²`, without which one
/// wrong verdict at full confidence would make it infinite. Lower is better; always saying ½ gives ln
/// 2.
///
/// # Errors
///
/// As for [`brier`].
///
/// # References
///
/// Good, I. J. (1952). Rational decisions. *Journal of the Royal Statistical Society B* 14, 107–114.
pub fn log_loss(confidence: &[f64], correct: &[bool]) -> Result<f64, StatError> {
    let n = checked(confidence, correct)?;
    let losses = confidence.iter().zip(correct).map(|(p, correct)| {
        let p = p.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
        -(if *correct { p } else { 1.0 - p }).ln()
    });
    Ok(losses.sum::<f64>() / n)
}

/// Returns how well confidence separates right verdicts from wrong ones, in `[0, 1]`.
///
/// The share of pairs of a right and a wrong verdict in which the right one has the higher confidence,
/// a tie counting half: the area under the receiver operating characteristic. ½ is chance. It depends
/// on the order of the confidences alone, so they need not be probabilities.
///
/// # Errors
///
/// [`StatError::Empty`] without verdicts; [`StatError::NoVariation`] if all are right or all wrong;
/// [`StatError::OutOfRange`] if the slices differ in length or a confidence is not finite.
///
/// # References
///
/// Bamber, D. (1975). The area above the ordinal dominance graph and the area below the receiver
/// operating characteristic graph. *Journal of Mathematical Psychology* 12, 387–415.
pub fn auroc(confidence: &[f64], correct: &[bool]) -> Result<f64, StatError> {
    let verdicts = descending(confidence, correct)?;
    let mut cells: Vec<f64> = Vec::new();
    for tied in verdicts.chunk_by(|a, b| a.0 <= b.0) {
        let right = tied.iter().filter(|verdict| verdict.1).count() as f64;
        cells.extend([right, tied.len() as f64 - right]);
    }
    // From the lowest confidence to the highest, wrong verdicts before right ones.
    cells.reverse();
    OrderedTable::new(2, &cells)?.auroc()
}
