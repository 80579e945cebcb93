//! Prediction-powered inference: the mean that people would give to all comparisons, from their labels of
//! some and the judge's scores of all.
//!
//! The errors of a judge bias its own mean. Labels by people on a random part of the same comparisons
//! measure that bias, and the judge's scores on the rest make the interval narrower than the labels alone
//! would. The result is valid however bad the judge is, as long as the labelled part was drawn at random
//! with known probabilities: it must not be used with labels from another set, nor with labels of only
//! the pairs that the judge found easy.

use super::{Interval, Moments, StatError, normal_quantile, student_quantile};

/// A comparison with the score that people gave it and the judge's score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Labelled {
    /// The score by people, such as 1 for a win, ½ for a tie and 0 for a loss.
    pub human: f64,
    /// The judge's score, on the same scale.
    pub judge: f64,
    /// The reciprocal of the probability that it was selected for labelling, up to a common factor.
    pub weight: f64,
}

impl Labelled {
    /// Returns whether all were selected with the same probability.
    pub(super) fn are_equally_likely(labelled: &[Self]) -> bool {
        labelled.windows(2).all(|pair| pair[0].weight.to_bits() == pair[1].weight.to_bits())
    }
}

/// A mean of the scores of people, estimated with the help of a judge.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct PredictionPowered {
    /// The weight of the judge's scores, in `[0, 1]`: 0 ignores the judge, 1 takes its scores at full value.
    ///
    /// Over several strata it is their weighted mean.
    pub lambda: f64,
    /// The estimate, on the scale of the scores. It may lie outside their range.
    pub value: f64,
    /// Its standard error; 0 stands for unknown, where the residuals of the labels do not vary.
    pub standard_error: f64,
    /// The number of labelled comparisons.
    pub labelled: u64,
    /// The degrees of freedom of the standard error: labelled comparisons minus strata.
    pub freedom: u64,
    /// Whether the residuals of all labels, or of those of one stratum, do not vary.
    ///
    /// Their part of the standard error is then unreliable; use [`wilson`](super::wilson) on the labels of
    /// people alone.
    pub degenerate: bool,
    /// The variance between strata, `Σ_h W_h(θ_h − θ)²`; 0 without strata.
    pub between: f64,
}

impl PredictionPowered {
    /// Returns the estimate for strata whose weights are estimated, as their shares among `n` sampled
    /// comparisons: `between/n` is added to the variance.
    ///
    /// Without this the interval refers to these `n` comparisons alone, and with many of them labelled it
    /// is narrower than that of all labels.
    ///
    /// # References
    ///
    /// Cochran, W. G. (1977). *Sampling Techniques*, 3rd edition, section 12.2 (double sampling for
    /// stratification). Wiley.
    #[must_use]
    pub fn with_sampled_weights(self, n: u64) -> Self {
        if n == 0 || self.standard_error <= 0.0 {
            return self;
        }
        let variance = self.standard_error.powi(2) + self.between / n as f64;
        Self { standard_error: variance.sqrt(), ..self }
    }

    /// Returns the interval `value ± z·standard_error`, not cut to any range.
    ///
    /// With fewer than 30 labelled comparisons it uses Student's t instead of `z`.
    ///
    /// # Errors
    ///
    /// [`StatError::NoVariation`] if the standard error is 0, [`StatError::OutOfRange`] if `confidence`
    /// is not in `(0, 1)`.
    ///
    /// # References
    ///
    /// Angelopoulos, A. N., Bates, S., Fannjiang, C., Jordan, M. I. and Zrnic, T. (2023).
    /// Prediction-powered inference. *Science* 382, 669–674.
    pub fn interval(&self, confidence: f64) -> Result<Interval, StatError> {
        let quantile = if self.labelled < 30 {
            student_quantile(confidence, self.freedom as f64)?
        } else {
            normal_quantile(confidence)?
        };
        if self.standard_error <= 0.0 {
            return Err(StatError::NoVariation);
        }
        let half = quantile * self.standard_error;
        Ok(Interval { low: self.value - half, high: self.value + half })
    }
}

/// Returns the mean score by people over labelled and unlabelled comparisons, using the judge's scores.
///
/// `λ·f̄ + Σw(y − λf)/Σw`, where `y` is the score by people and `f` the judge's, `f̄` the mean of the
/// judge's scores of the `N` unlabelled comparisons, `w` the weights of the `n` labelled ones. The
/// variance is `λ²·Var(f)/N + Σw²(r − r̄)²/(Σw)²` with `r = y − λf`, so `Var(r)/n` for equal weights;
/// variances divide by N and n. The order of the labelled comparisons does not matter, none of them may
/// be among the unlabelled, and it takes O(n) time.
///
/// Without a `lambda` it is tuned: `Cov(y, f)/((1 + n/N)·Var(f))`, cut to `[0, 1]`, with the variance
/// over all comparisons (divided by n + N − 1), and with `(Σw)²/Σw²` in the place of n. Without
/// unlabelled comparisons, and where the judge's scores do not vary, λ is 0 and the result the mean by
/// people.
///
/// # Errors
///
/// [`StatError::Empty`] without labelled comparisons, [`StatError::TooFew`] with one;
/// [`StatError::OutOfRange`] if a number is not finite or too large to square, a weight not positive,
/// or `lambda` not in `[0, 1]`.
///
/// # Examples
///
/// ```
/// use evenhand::stats::{Labelled, Moments, prediction_powered_mean};
///
/// let pairs = [(1.0, 1.0), (1.0, 0.5), (0.0, 0.0), (0.0, 0.5)];
/// let labelled = pairs.map(|(human, judge)| Labelled { human, judge, weight: 1.0 });
/// let rest = Moments::of(&[1.0, 1.0, 0.0, 1.0, 0.5, 1.0, 0.0, 1.0])?;
/// let estimate = prediction_powered_mean(&labelled, &rest, None)?;
/// assert!(estimate.value > 0.5 && !estimate.degenerate);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Angelopoulos, A. N., Duchi, J. C. and Zrnic, T. (2023). PPI++: efficient prediction-powered
/// inference. arXiv 2311.01453. Hájek, J. (1971). Comment on an essay by D. Basu, in *Foundations of
/// Statistical Inference*, 236: the weighted mean. Kish, L. (1965). *Survey Sampling*: `(Σw)²/Σw²`.
pub fn prediction_powered_mean(
    labelled: &[Labelled],
    unlabelled: &Moments,
    lambda: Option<f64>,
) -> Result<PredictionPowered, StatError> {
    if labelled.is_empty() {
        return Err(StatError::Empty);
    }
    let usable = |one: &Labelled| {
        one.human.is_finite() && one.judge.is_finite() && one.weight.is_finite() && one.weight > 0.0
    };
    if !labelled.iter().all(usable) || lambda.is_some_and(|lambda| !(0.0..=1.0).contains(&lambda)) {
        return Err(StatError::OutOfRange);
    }
    if labelled.len() < 2 {
        return Err(StatError::TooFew);
    }
    let (judge_mean, judge_variance) =
        (unlabelled.mean().unwrap_or(0.0), unlabelled.variance().unwrap_or(0.0));
    let lambda = match lambda {
        _ if unlabelled.n() == 0 => 0.0,
        Some(lambda) => lambda,
        None => tuned_lambda(labelled, unlabelled.n() as f64, judge_mean, judge_variance),
    };
    let residual = |one: &Labelled| one.human - lambda * one.judge;
    let rectifier = weighted_mean(labelled, residual);
    let weights: f64 = labelled.iter().map(|one| one.weight).sum();
    let squares: f64 =
        labelled.iter().map(|one| (one.weight * (residual(one) - rectifier)).powi(2)).sum();
    let spread = squares / weights.powi(2);
    // A smaller spread is rounding error: the scores are of the order of 1.
    let degenerate = spread <= 1e-24 * (1.0 + rectifier * rectifier);
    let from_judge = lambda * lambda * judge_variance / unlabelled.n().max(1) as f64;
    let value = lambda * judge_mean + rectifier;
    let standard_error = if degenerate { 0.0 } else { (from_judge + spread).sqrt() };
    if ![value, spread, from_judge].iter().all(|number| number.is_finite()) {
        return Err(StatError::OutOfRange);
    }
    Ok(PredictionPowered {
        lambda,
        value,
        standard_error,
        labelled: labelled.len() as u64,
        freedom: labelled.len() as u64 - 1,
        degenerate,
        between: 0.0,
    })
}

fn weighted_mean(labelled: &[Labelled], of: impl Fn(&Labelled) -> f64) -> f64 {
    let (mut sum, mut weights) = (0.0, 0.0);
    for one in labelled {
        sum += one.weight * of(one);
        weights += one.weight;
    }
    sum / weights
}

/// Returns the λ with the smallest variance if labelled and unlabelled comparisons have one distribution.
fn tuned_lambda(labelled: &[Labelled], rest: f64, rest_mean: f64, rest_variance: f64) -> f64 {
    let n = labelled.len() as f64;
    let human_mean = weighted_mean(labelled, |one| one.human);
    let judge_mean = weighted_mean(labelled, |one| one.judge);
    let covariance =
        weighted_mean(labelled, |one| (one.human - human_mean) * (one.judge - judge_mean));
    let variance = weighted_mean(labelled, |one| (one.judge - judge_mean).powi(2));
    let between = n * rest / (n + rest) * (judge_mean - rest_mean).powi(2);
    let pooled = (n * variance + rest * rest_variance + between) / (n + rest - 1.0);
    if pooled <= 1e-24 * (1.0 + judge_mean * judge_mean) {
        return 0.0;
    }
    let weights: f64 = labelled.iter().map(|one| one.weight).sum();
    let effective =
        weights.powi(2) / labelled.iter().map(|one| one.weight * one.weight).sum::<f64>();
    (covariance / ((1.0 + effective / rest) * pooled)).clamp(0.0, 1.0)
}

/// Returns the mean score by people over all comparisons, using the judge's scores of all of them.
///
/// For labels drawn with unequal probabilities: the unlabelled comparisons then differ from the labelled
/// ones, so the judge's mean is taken over `all`, the labelled ones included. `θ = λ·f̄_all + Σw(y − λf)/Σw`
/// with variance `λ²·Var(f_all)/N + Σw²(r − r̄)²/(Σw)²`, `r = y − λf`, and λ the weighted slope of `y` on
/// `f`, cut to `[0, 1]`.
///
/// # Errors
///
/// As for [`prediction_powered_mean`]; [`StatError::Empty`] also if `all` is empty.
///
/// # References
///
/// Cochran, W. G. (1977). *Sampling Techniques*, 3rd edition, section 12.6 (double sampling for regression).
/// Wiley.
pub fn double_sampling_mean(
    labelled: &[Labelled],
    all: &Moments,
) -> Result<PredictionPowered, StatError> {
    if all.n() == 0 {
        return Err(StatError::Empty);
    }
    // Refuses invalid arguments before the slope is computed.
    prediction_powered_mean(labelled, all, Some(0.0))?;
    let human = weighted_mean(labelled, |one| one.human);
    let judge = weighted_mean(labelled, |one| one.judge);
    let covariance = weighted_mean(labelled, |one| (one.human - human) * (one.judge - judge));
    let variance = weighted_mean(labelled, |one| (one.judge - judge).powi(2));
    let slope = if variance > 1e-24 * (1.0 + judge * judge) { covariance / variance } else { 0.0 };
    prediction_powered_mean(labelled, all, Some(slope.clamp(0.0, 1.0)))
}

/// A part of all comparisons from which the labelled ones were drawn separately.
#[derive(Debug, Clone, Copy)]
pub struct Stratum<'a> {
    /// Its share of all comparisons; the shares of all strata add up to 1.
    pub weight: f64,
    /// Its labelled comparisons.
    pub labelled: &'a [Labelled],
    /// The judge's scores of its other comparisons.
    pub unlabelled: Moments,
}

/// Returns the mean score by people over all strata, using the judge's scores in each.
///
/// `Σ_h W_h·θ_h` with variance `Σ_h W_h²·Var_h`, where each `θ_h` is that of
/// [`prediction_powered_mean`] with a λ tuned for the stratum, or that of [`double_sampling_mean`] if its labelled
/// comparisons were drawn with unequal probabilities (poststratification by known sizes). The order of the strata does not matter;
/// those of weight 0 are omitted. A stratum whose residuals do not vary adds nothing to the variance and sets
/// `degenerate`; merge it with another one. The standard error is 0 only if no stratum's residuals vary.
///
/// # Errors
///
/// [`StatError::Empty`] without strata, or if one has no labels; [`StatError::TooFew`] if one has a
/// single label; [`StatError::OutOfRange`] if the weights are negative or do not add up to 1 within
/// 1e-9, and as for [`prediction_powered_mean`].
///
/// # References
///
/// Fisch, A., Maynez, J., Hofer, R. A., Dhingra, B., Globerson, A. and Cohen, W. W. (2024). Stratified
/// prediction-powered inference for hybrid language model evaluation. arXiv 2406.04291.
pub fn stratified_prediction_powered(
    strata: &[Stratum<'_>],
) -> Result<PredictionPowered, StatError> {
    if strata.is_empty() {
        return Err(StatError::Empty);
    }
    let total: f64 = strata.iter().map(|stratum| stratum.weight).sum();
    let shares = strata.iter().all(|stratum| (0.0..=1.0).contains(&stratum.weight));
    if !shares || (total - 1.0).abs() > 1e-9 {
        return Err(StatError::OutOfRange);
    }
    let mut all = PredictionPowered {
        lambda: 0.0,
        value: 0.0,
        standard_error: 0.0,
        labelled: 0,
        freedom: 0,
        degenerate: false,
        between: 0.0,
    };
    let (mut variance, mut squares) = (0.0, 0.0);
    for Stratum { weight, labelled, unlabelled } in strata.iter().filter(|s| s.weight > 0.0) {
        let part = if Labelled::are_equally_likely(labelled) {
            prediction_powered_mean(labelled, unlabelled, None)?
        } else {
            let mut whole = *unlabelled;
            for one in *labelled {
                whole.push(one.judge)?;
            }
            double_sampling_mean(labelled, &whole)?
        };
        all.lambda += weight * part.lambda;
        all.value += weight * part.value;
        all.labelled += part.labelled;
        all.freedom += part.freedom;
        all.degenerate |= part.degenerate;
        variance += (weight * part.standard_error).powi(2);
        squares += weight * part.value.powi(2);
    }
    all.standard_error = variance.sqrt();
    all.between = (squares - all.value.powi(2)).max(0.0);
    Ok(all)
}
