//! Recalibration: mapping a judge's confidence to the probability that it is right.
//!
//! [`isotonic`] assumes only that higher confidence is not worse, and needs some 200 verdicts; [`platt`]
//! assumes a logistic curve and needs fewer. Neither must be evaluated on the verdicts that it was
//! fitted to.

use super::StatError;

fn checked(confidence: &[f64], correct: &[bool]) -> Result<(), StatError> {
    if confidence.len() != correct.len() || confidence.iter().any(|value| !value.is_finite()) {
        return Err(StatError::OutOfRange);
    }
    if confidence.is_empty() { Err(StatError::Empty) } else { Ok(()) }
}

/// A non-decreasing map from confidence to probability.
#[derive(Debug, Clone, PartialEq)]
pub struct Isotonic {
    knots: Vec<Knot>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Knot {
    at: f64,
    value: f64,
}

impl Isotonic {
    /// Returns the probability, in `[0, 1]`, of being right at a confidence.
    ///
    /// Between two fitted confidences it is interpolated linearly; outside the fitted range it is that of
    /// the nearest.
    ///
    /// # Errors
    ///
    /// [`StatError::OutOfRange`] if `confidence` is not finite.
    pub fn predict(&self, confidence: f64) -> Result<f64, StatError> {
        if !confidence.is_finite() {
            return Err(StatError::OutOfRange);
        }
        let above = self.knots.partition_point(|knot| knot.at < confidence);
        let upper = self.knots.get(above);
        let lower = above.checked_sub(1).and_then(|below| self.knots.get(below));
        match (lower, upper) {
            (Some(lower), Some(upper)) => {
                let along = (confidence - lower.at) / (upper.at - lower.at);
                Ok(lower.value + along * (upper.value - lower.value))
            }
            (Some(only), None) | (None, Some(only)) => Ok(only.value),
            (None, None) => Err(StatError::Empty),
        }
    }
}

struct Block {
    from: f64,
    to: f64,
    right: f64,
    n: f64,
}

impl Block {
    fn value(&self) -> f64 {
        self.right / self.n
    }
}

/// Returns the non-decreasing map from confidence to probability that fits best.
///
/// It minimises `Σ (y − m(x))²` over all such maps `m`, with `y` 1 where a verdict is right and 0 where
/// not, by pooling adjacent violators; verdicts of the same confidence are pooled first. The order of
/// the verdicts does not matter, and confidences need not be probabilities.
///
/// # Errors
///
/// [`StatError::Empty`] without verdicts; [`StatError::OutOfRange`] if the slices differ in length or a
/// confidence is not finite.
///
/// # Examples
///
/// ```
/// let map = evenhand::stats::isotonic(&[0.6, 0.7, 0.8, 0.9], &[false, true, false, true])?;
/// assert_eq!(map.predict(0.75)?, 0.5);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Ayer, M., Brunk, H. D., Ewing, G. M., Reid, W. T. and Silverman, E. (1955). An empirical
/// distribution function for sampling with incomplete information. *Annals of Mathematical Statistics*
/// 26, 641–647. Zadrozny, B. and Elkan, C. (2002). Transforming classifier scores into accurate
/// multiclass probability estimates. *KDD*, 694–699.
pub fn isotonic(confidence: &[f64], correct: &[bool]) -> Result<Isotonic, StatError> {
    checked(confidence, correct)?;
    let mut verdicts: Vec<(f64, bool)> =
        confidence.iter().copied().zip(correct.iter().copied()).collect();
    verdicts.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut blocks: Vec<Block> = Vec::new();
    for tied in verdicts.chunk_by(|a, b| a.0 >= b.0) {
        let Some((at, _)) = tied.first() else { continue };
        let right = tied.iter().filter(|verdict| verdict.1).count() as f64;
        let mut block = Block { from: *at, to: *at, right, n: tied.len() as f64 };
        while let Some(before) = blocks.pop_if(|before| before.value() >= block.value()) {
            block.from = before.from;
            block.right += before.right;
            block.n += before.n;
        }
        blocks.push(block);
    }
    let mut knots: Vec<Knot> = Vec::new();
    for block in blocks {
        knots.push(Knot { at: block.from, value: block.value() });
        if block.to > block.from {
            knots.push(Knot { at: block.to, value: block.value() });
        }
    }
    Ok(Isotonic { knots })
}

/// A logistic curve from confidence to probability.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Platt {
    /// By how much the log odds rise with the confidence.
    pub slope: f64,
    /// The log odds at confidence 0.
    pub intercept: f64,
}

impl Platt {
    /// Returns the probability of being right at a confidence: `1/(1 + exp(−(slope·x + intercept)))`.
    ///
    /// # Errors
    ///
    /// [`StatError::OutOfRange`] if `confidence` is not finite.
    pub fn predict(&self, confidence: f64) -> Result<f64, StatError> {
        let log_odds = self.slope * confidence + self.intercept;
        if log_odds.is_finite() { Ok(logistic(log_odds)) } else { Err(StatError::OutOfRange) }
    }
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Returns the logistic curve that fits best.
///
/// It maximises `Σ t·ln p + (1 − t)·ln(1 − p)`, `p = 1/(1 + exp(−(slope·x + intercept)))`, where the
/// targets `t` are `(N₊ + 1)/(N₊ + 2)` for the `N₊` right verdicts and `1/(N₋ + 2)` for the `N₋` wrong
/// ones: with 1 and 0, a confidence that separates the two would have no best curve. It uses Newton's
/// method. The order of the verdicts does not matter.
///
/// # Errors
///
/// [`StatError::Empty`] without verdicts; [`StatError::NoVariation`] if all are right, all wrong, or
/// all of one confidence; [`StatError::OutOfRange`] if the slices differ in length or a confidence is
/// not finite.
///
/// # References
///
/// Platt, J. C. (1999). Probabilistic outputs for support vector machines and comparisons to
/// regularized likelihood methods. *Advances in Large Margin Classifiers*, 61–74. Lin, H.-T., Lin,
/// C.-J. and Weng, R. C. (2007). A note on Platt's probabilistic outputs for support vector machines.
/// *Machine Learning* 68, 267–276: Newton's method for it.
pub fn platt(confidence: &[f64], correct: &[bool]) -> Result<Platt, StatError> {
    checked(confidence, correct)?;
    let n = confidence.len() as f64;
    let right = correct.iter().filter(|correct| **correct).count() as f64;
    let mean = confidence.iter().sum::<f64>() / n;
    let spread = (confidence.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
    if !spread.is_finite() {
        return Err(StatError::OutOfRange);
    }
    // A smaller number is rounding error.
    if right <= 0.0 || right >= n || spread <= 1e-12 * mean.abs() {
        return Err(StatError::NoVariation);
    }
    let targets = [1.0 / (n - right + 2.0), (right + 1.0) / (right + 2.0)];
    // Confidences of mean 0 and variance 1 keep the equations well-conditioned.
    let points: Vec<(f64, f64)> = confidence
        .iter()
        .zip(correct)
        .map(|(x, correct)| ((x - mean) / spread, targets[usize::from(*correct)]))
        .collect();
    let loss = |slope: f64, intercept: f64| -> f64 {
        let at = |(x, target): &(f64, f64)| {
            let log_odds = slope * x + intercept;
            log_odds.max(0.0) + (-log_odds.abs()).exp().ln_1p() - target * log_odds
        };
        points.iter().map(at).sum()
    };
    let (mut slope, mut intercept) = (0.0, (right / (n - right)).ln());
    let mut now = loss(slope, intercept);
    // The loss is strictly convex, so this ends after few steps; the limit guards against rounding.
    for _ in 0..100 {
        let (mut gradient, mut curvature) = ([0.0; 2], [0.0; 3]);
        for (x, target) in &points {
            let p = logistic(slope * x + intercept);
            gradient[0] += (target - p) * x;
            gradient[1] += target - p;
            curvature[0] += p * (1.0 - p) * x * x;
            curvature[1] += p * (1.0 - p) * x;
            curvature[2] += p * (1.0 - p);
        }
        let determinant = curvature[0] * curvature[2] - curvature[1] * curvature[1];
        let step_slope = (curvature[2] * gradient[0] - curvature[1] * gradient[1]) / determinant;
        let step_intercept =
            (curvature[0] * gradient[1] - curvature[1] * gradient[0]) / determinant;
        let mut share = 1.0;
        let mut next = loss(slope + step_slope, intercept + step_intercept);
        while next > now + 1e-12 * now && share > 1e-6 {
            share /= 2.0;
            next = loss(slope + share * step_slope, intercept + share * step_intercept);
        }
        slope += share * step_slope;
        intercept += share * step_intercept;
        now = next;
        if step_slope.abs().max(step_intercept.abs()) < 1e-13 {
            break;
        }
    }
    let slope = slope / spread;
    let fitted = Platt { slope, intercept: intercept - slope * mean };
    if fitted.slope.is_finite() && fitted.intercept.is_finite() {
        Ok(fitted)
    } else {
        Err(StatError::OutOfRange)
    }
}
