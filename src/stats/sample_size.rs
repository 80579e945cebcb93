//! Sample sizes: how many comparisons, or labels, a study needs.
//!
//! Every function returns a number of independent comparisons with a usable verdict, to be rounded up;
//! [`inflated_sample_size`] turns it into the number to plan. They are for planning, from assumed values, and
//! must not be applied to results that exist already.

use super::distribution::{normal_cdf, normal_inverse};
use super::{Estimate, StatError, normal_quantile};

/// Returns whether a share is in `(0, 1)`.
fn inside(share: f64) -> bool {
    share > 0.0 && share < 1.0
}

/// Returns the normal quantiles of a two-sided test and of its power.
///
/// The formulas ignore rejections on the wrong side, so they are invalid for a power below one half; and a
/// power of `significance` needs no sample at all.
fn quantiles(significance: f64, power: f64) -> Result<(f64, f64), StatError> {
    if power < 0.5 || power <= significance {
        return Err(StatError::OutOfRange);
    }
    Ok((normal_quantile(1.0 - significance)?, normal_inverse(power)?))
}

/// Returns the number of comparisons needed to distinguish a share from a hypothetical one.
///
/// `((z_{α/2}·√(p₀(1 − p₀)) + z_β·√(p(1 − p)))/(p − p₀))²` for a true share `p` and a hypothesis `p₀`,
/// such as a win rate of ½; α is `significance`, two-sided, and 1 − β is `power`.
///
/// # Errors
///
/// [`StatError::NoVariation`] if the two shares are equal; [`StatError::OutOfRange`] if a share or
/// `significance` is not in `(0, 1)`, or `power` not in `[0.5, 1)` and above `significance`.
///
/// # Examples
///
/// ```
/// let n = evenhand::stats::share_sample_size(0.55, 0.5, 0.05, 0.8)?;
/// assert_eq!(n.ceil(), 783.0);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Fleiss, J. L., Levin, B. and Paik, M. C. (2003). *Statistical Methods for Rates and Proportions*, 3rd
/// edition, section 2.5. Wiley.
pub fn share_sample_size(
    share: f64,
    hypothesis: f64,
    significance: f64,
    power: f64,
) -> Result<f64, StatError> {
    if !inside(share) || !inside(hypothesis) {
        return Err(StatError::OutOfRange);
    }
    let (outer, inner) = quantiles(significance, power)?;
    let spread = |p: f64| (p * (1.0 - p)).sqrt();
    squared_ratio(outer * spread(hypothesis) + inner * spread(share), share - hypothesis)
}

/// Returns the number of observations after which an estimate that turns out like a pilot's would differ from a
/// hypothetical value.
///
/// `n·((z_{α/2} + z_β)/z·h/(v − v₀))²`, where the pilot has the value `v`, a 95 % interval of half the width `h` and
/// `n` observations, `z` is 1.96, and `v₀` is the hypothesis; α is `significance`, two-sided, and 1 − β is
/// `power`. It suits every estimate whose interval narrows with `1/√n`, and keeps what the pilot's interval
/// accounts for, such as clusters. A pilot's value is itself uncertain, so the number is a rough one.
///
/// # Errors
///
/// [`StatError::Empty`] if the pilot has no value or no interval; [`StatError::NoVariation`] if its value is the
/// hypothesis; [`StatError::OutOfRange`] if `significance` is not in `(0, 1)`, or `power` as for
/// [`share_sample_size`].
///
/// # Examples
///
/// ```
/// use evenhand::stats::{Estimate, Interval, pilot_sample_size};
///
/// // Half the width of the interval is the effect: (1.96 + 0.84)²/1.96² times as many observations.
/// let pilot = Estimate::new(0.6, Interval { low: 0.5, high: 0.7 }, 100);
/// let n = pilot_sample_size(&pilot, 0.5, 0.05, 0.8)?;
/// assert_eq!(n.ceil(), 205.0);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Lachin, J. M. (1981). Introduction to sample size determination and power analysis for clinical trials.
/// *Controlled Clinical Trials* 2, 93–113.
pub fn pilot_sample_size(
    pilot: &Estimate,
    hypothesis: f64,
    significance: f64,
    power: f64,
) -> Result<f64, StatError> {
    let (Some(value), Some(low), Some(high)) = (pilot.value, pilot.low, pilot.high) else {
        return Err(StatError::Empty);
    };
    let (outer, inner) = quantiles(significance, power)?;
    let half_width = (high - low) / 2.0;
    let spread = (outer + inner) / normal_quantile(0.95)? * half_width;
    Ok(pilot.n as f64 * squared_ratio(spread, value - hypothesis)?)
}

/// Returns the square of a ratio whose denominator is an effect.
fn squared_ratio(spread: f64, effect: f64) -> Result<f64, StatError> {
    let n = (spread / effect).powi(2);
    if n.is_finite() { Ok(n) } else { Err(StatError::NoVariation) }
}

/// Returns the number of comparisons for which the interval of a share reaches `half_width` to each side.
///
/// `z²·p(1 − p)/h²`. A share of ½ is the worst case.
///
/// # Errors
///
/// [`StatError::OutOfRange`] if `share`, `half_width` or `confidence` is not in `(0, 1)`.
///
/// # References
///
/// Cochran, W. G. (1977). *Sampling Techniques*, 3rd edition, section 4.4. Wiley.
pub fn half_width_sample_size(
    share: f64,
    half_width: f64,
    confidence: f64,
) -> Result<f64, StatError> {
    if !inside(share) || !inside(half_width) {
        return Err(StatError::OutOfRange);
    }
    Ok((normal_quantile(confidence)? / half_width).powi(2) * share * (1.0 - share))
}

/// Returns the number of observations for which the interval of a mean reaches `half_width` to each side.
///
/// `z²·σ²/h²` for observations whose standard deviation is σ. Of observations in `[0, 1]` it is at most ½.
///
/// # Errors
///
/// [`StatError::OutOfRange`] if `deviation` is negative or not finite, `half_width` is not above 0, or `confidence` not in
/// `(0, 1)`.
///
/// # References
///
/// As for [`half_width_sample_size`].
pub fn mean_sample_size(
    deviation: f64,
    half_width: f64,
    confidence: f64,
) -> Result<f64, StatError> {
    let n = (normal_quantile(confidence)? * deviation / half_width).powi(2);
    let usable = deviation >= 0.0 && half_width > 0.0 && n.is_finite();
    if usable { Ok(n) } else { Err(StatError::OutOfRange) }
}

/// Returns how far the interval of a mean of `n` observations will reach to each side: [`mean_sample_size`] solved for the
/// half width, `z·σ/√n`.
///
/// # Errors
///
/// [`StatError::Empty`] if `n` is 0; [`StatError::OutOfRange`] if `n` or `deviation` is negative or not finite, or
/// `confidence` not in `(0, 1)`.
///
/// # Examples
///
/// ```
/// use evenhand::stats::{mean_half_width, mean_sample_size};
///
/// let n = mean_sample_size(0.4, 0.05, 0.95)?;
/// assert!((mean_half_width(0.4, n, 0.95)? - 0.05).abs() < 1e-12);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
pub fn mean_half_width(deviation: f64, n: f64, confidence: f64) -> Result<f64, StatError> {
    let quantile = normal_quantile(confidence)?;
    if n == 0.0 {
        return Err(StatError::Empty);
    }
    let usable = deviation >= 0.0 && deviation.is_finite() && n > 0.0 && n.is_finite();
    if usable { Ok(quantile * deviation / n.sqrt()) } else { Err(StatError::OutOfRange) }
}

/// Returns the half width of the interval at which a study with some power finds an effect.
///
/// `|δ|·z/(z_{α/2} + z_β)` for the 95 % interval, `z` = 1.96, of an estimate whose true distance from a hypothesis is
/// `δ`; α is `significance`, two-sided, and 1 − β is `power`. It turns a sample size for an interval into one for a test.
///
/// # Errors
///
/// [`StatError::NoVariation`] if the effect is 0; [`StatError::OutOfRange`] if it is not finite, `significance` is not in
/// `(0, 1)`, or `power` as for [`share_sample_size`].
///
/// # Examples
///
/// ```
/// use evenhand::stats::{half_width_sample_size, half_width_to_find};
///
/// let half_width = half_width_to_find(0.1, 0.05, 0.8)?;
/// let n = half_width_sample_size(0.5, half_width, 0.95)?;
/// assert_eq!(n.ceil(), 197.0);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Lachin, J. M. (1981), as for [`pilot_sample_size`].
pub fn half_width_to_find(effect: f64, significance: f64, power: f64) -> Result<f64, StatError> {
    let (outer, inner) = quantiles(significance, power)?;
    if !effect.is_finite() {
        return Err(StatError::OutOfRange);
    }
    if effect == 0.0 {
        return Err(StatError::NoVariation);
    }
    Ok(effect.abs() * normal_quantile(0.95)? / (outer + inner))
}

/// Returns the number of labels by people that are worth as much as `n` labels without a judge.
///
/// `n·(1 − ρ²)/(1 − ρ²·n/N)` for a judge whose scores have the correlation `ρ` with those of people, and `N`
/// comparisons that it has judged, the labelled ones included: [`prediction_powered_gain`] solved for the labels. A
/// negative correlation saves nothing. `None` if `n` is above `N`: then all labels together are not enough.
///
/// # Errors
///
/// [`StatError::OutOfRange`] if `n` is negative or not finite, or `correlation` not in `[-1, 1]`.
///
/// # Examples
///
/// ```
/// use evenhand::stats::{prediction_powered_gain, prediction_powered_sample_size};
///
/// let labels = prediction_powered_sample_size(385.0, 0.6, 1000)?.unwrap();
/// assert_eq!(labels.ceil(), 287.0);
/// let gain = prediction_powered_gain(0.6, 286, 714)?;
/// assert!((286.0 * gain - 385.0).abs() < 1.0);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// As for [`prediction_powered_gain`].
pub fn prediction_powered_sample_size(
    n: f64,
    correlation: f64,
    comparisons: u64,
) -> Result<Option<f64>, StatError> {
    if !(n >= 0.0 && n.is_finite() && (-1.0..=1.0).contains(&correlation)) {
        return Err(StatError::OutOfRange);
    }
    let all = comparisons as f64;
    if n > all {
        return Ok(None);
    }
    let explained = correlation.max(0.0).powi(2);
    let left = 1.0 - explained * n / all.max(f64::MIN_POSITIVE);
    // A judge that never errs leaves nothing to label, unless all comparisons are needed.
    Ok(Some(if left > 0.0 { n * (1.0 - explained) / left } else { n }))
}

/// Returns the number of items needed to distinguish two judges that both judge all of them.
///
/// `((z_{α/2}·√(b + c) + z_β·√(b + c − (b − c)²))/(b − c))²`, for `McNemar`'s test, where `b` and `c`
/// are the shares of all items that only the first and only the second judge gets right; α is
/// `significance`, two-sided, and 1 − β is `power`.
///
/// # Errors
///
/// [`StatError::NoVariation`] if the two shares are equal; [`StatError::OutOfRange`] if one is
/// negative, their sum is above 1, `significance` is not in `(0, 1)`, or `power` is as for
/// [`share_sample_size`].
///
/// # References
///
/// Connor, R. J. (1987). Sample size for testing differences in proportions for the paired-sample
/// design. *Biometrics* 43, 207–211.
pub fn mcnemar_sample_size(
    only_first: f64,
    only_second: f64,
    significance: f64,
    power: f64,
) -> Result<f64, StatError> {
    let discordant = only_first + only_second;
    if !(only_first >= 0.0 && only_second >= 0.0 && discordant <= 1.0) {
        return Err(StatError::OutOfRange);
    }
    let (outer, inner) = quantiles(significance, power)?;
    let effect = only_first - only_second;
    let spread = (discordant - effect * effect).max(0.0).sqrt();
    squared_ratio(outer * discordant.sqrt() + inner * spread, effect)
}

/// Returns the number of items for which the interval of Cohen's κ reaches `half_width` to each side.
///
/// `z²·V/h²`, where `V/n` is the variance of κ after Fleiss, Cohen and Everitt for two raters who both
/// use the categories with the shares `marginals` and agree with the given κ:
/// `P_ij = (1 − κ)·pᵢpⱼ + κ·pᵢ·1{i = j}`. The order of the categories does not matter.
///
/// # Errors
///
/// [`StatError::NoVariation`] if one category has all the share; [`StatError::OutOfRange`] if a
/// marginal is negative, they do not add up to 1 within 1e-9, no such table exists for `kappa` or it is
/// 1, or `half_width` or `confidence` is not in `(0, 1)`.
///
/// # References
///
/// Fleiss, J. L., Cohen, J. and Everitt, B. S. (1969). Large sample standard errors of kappa and
/// weighted kappa. *Psychological Bulletin* 72, 323–327.
pub fn kappa_sample_size(
    kappa: f64,
    marginals: &[f64],
    half_width: f64,
    confidence: f64,
) -> Result<f64, StatError> {
    let total: f64 = marginals.iter().sum();
    let shares = marginals.iter().all(|p| (0.0..=1.0).contains(p)) && (total - 1.0).abs() <= 1e-9;
    if !shares || !kappa.is_finite() || kappa >= 1.0 || !inside(half_width) {
        return Err(StatError::OutOfRange);
    }
    let z = normal_quantile(confidence)?;
    let chance: f64 = marginals.iter().map(|p| p * p).sum();
    if chance >= 1.0 - 1e-9 {
        return Err(StatError::NoVariation);
    }
    let complement = 1.0 - kappa;
    let mut sum = -(kappa - chance * complement).powi(2);
    for (i, first) in marginals.iter().enumerate() {
        for (j, second) in marginals.iter().enumerate() {
            let same = if i == j { 1.0 } else { 0.0 };
            let cell = complement * first * second + kappa * first * same;
            if cell < 0.0 {
                return Err(StatError::OutOfRange);
            }
            sum += cell * (same - (first + second) * complement).powi(2);
        }
    }
    let variance = sum.max(0.0) / (1.0 - chance).powi(2);
    Ok((z / half_width).powi(2) * variance)
}

/// Returns the number of comparisons in each of two groups needed to distinguish their shares.
///
/// `2·(δ/h)²` with `h = 2·arcsin√p₁ − 2·arcsin√p₂`, where `δ` solves
/// `Φ(δ − z_{α/2}) + Φ(−δ − z_{α/2}) = 1 − β`; α is `significance`, two-sided, and 1 − β is `power`.
/// For two groups without items in common.
///
/// # Errors
///
/// [`StatError::NoVariation`] if the two shares are equal; [`StatError::OutOfRange`] if a share or
/// `significance` is not in `(0, 1)`, or `power` not in `[0.5, 1)` and above `significance`.
///
/// # References
///
/// Cohen, J. (1988). *Statistical Power Analysis for the Behavioral Sciences*, 2nd edition, chapter 6.
pub fn two_shares_sample_size(
    first: f64,
    second: f64,
    significance: f64,
    power: f64,
) -> Result<f64, StatError> {
    if !inside(first) || !inside(second) {
        return Err(StatError::OutOfRange);
    }
    let (outer, inner) = quantiles(significance, power)?;
    // Ignoring the wrong side of the test gives a slightly too large number, so the solution is below it.
    let (mut below, mut above) = (0.0, outer + inner);
    for _ in 0..60 {
        let middle = f64::midpoint(below, above);
        if normal_cdf(middle - outer) + normal_cdf(-middle - outer) < power {
            below = middle;
        } else {
            above = middle;
        }
    }
    let effect = 2.0 * (first.sqrt().asin() - second.sqrt().asin());
    Ok(2.0 * squared_ratio(f64::midpoint(below, above), effect)?)
}

/// Returns the design effect that clusters of equal size will have.
///
/// `1 + (m − 1)·ICC` for `m` comparisons of each item, whose results have the intraclass correlation
/// ICC. [`design_effect`](super::design_effect) is that of comparisons already judged.
///
/// # Errors
///
/// [`StatError::OutOfRange`] if `cluster_size` is below 1 or `correlation` not in `[0, 1]`.
///
/// # References
///
/// Kish, L. (1965). *Survey Sampling*, section 5.4. Wiley.
pub fn planned_design_effect(cluster_size: f64, correlation: f64) -> Result<f64, StatError> {
    if cluster_size.is_finite() && cluster_size >= 1.0 && (0.0..=1.0).contains(&correlation) {
        Ok(1.0 + (cluster_size - 1.0) * correlation)
    } else {
        Err(StatError::OutOfRange)
    }
}

/// Returns the number of comparisons to plan in order to obtain `n` independent ones with a verdict.
///
/// `n·d/c` for the design effect `d` and the coverage `c`, the share of comparisons with a usable
/// verdict.
///
/// # Errors
///
/// [`StatError::OutOfRange`] if `n` is negative, `design_effect` is not above 0, one of them is not
/// finite, or `coverage` is not in `(0, 1]`.
///
/// # References
///
/// Kish, L. (1965). *Survey Sampling*, section 8.2. Wiley.
pub fn inflated_sample_size(n: f64, design_effect: f64, coverage: f64) -> Result<f64, StatError> {
    let usable = n >= 0.0 && design_effect > 0.0 && coverage > 0.0 && coverage <= 1.0;
    let planned = n * design_effect / coverage;
    if usable && planned.is_finite() { Ok(planned) } else { Err(StatError::OutOfRange) }
}

/// Returns how many labels by people one label is worth when it is combined with a judge.
///
/// `1/(1 − ρ²·N/(n + N))`, where `ρ` is the correlation of the judge's scores with those of people, `n`
/// the number of comparisons that people label and `N` that of the others, which only the judge sees.
/// At ρ = 0.6 it is at most 1.56: a mediocre judge saves little. The gain of
/// [`prediction_powered_mean`](super::prediction_powered_mean) with a tuned λ.
///
/// # Errors
///
/// [`StatError::Empty`] if `labelled` is 0; [`StatError::OutOfRange`] if `correlation` is not in
/// `[-1, 1]`.
///
/// # Examples
///
/// ```
/// let gain = evenhand::stats::prediction_powered_gain(0.6, 100, 900)?;
/// assert!((gain - 1.0 / (1.0 - 0.36 * 0.9)).abs() < 1e-12);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Angelopoulos, A. N., Duchi, J. C. and Zrnic, T. (2023). PPI++: efficient prediction-powered
/// inference. arXiv 2311.01453.
pub fn prediction_powered_gain(
    correlation: f64,
    labelled: u64,
    unlabelled: u64,
) -> Result<f64, StatError> {
    if labelled == 0 {
        return Err(StatError::Empty);
    }
    if !(-1.0..=1.0).contains(&correlation) {
        return Err(StatError::OutOfRange);
    }
    let rest = unlabelled as f64 / (labelled as f64 + unlabelled as f64);
    Ok(1.0 / (1.0 - correlation * correlation * rest))
}
