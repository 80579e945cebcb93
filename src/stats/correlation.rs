//! Correlations of two lists of scores.
//!
//! A correlation ignores offset and scale: a judge that always gives one point too many correlates perfectly.
//! It does not measure agreement, so report the mean difference or an
//! [intraclass correlation](super::intraclass) of absolute agreement beside it. Use Kendall's τ-b for scales of
//! a few points with many ties. Intervals and p-values assume independent pairs.

#![expect(clippy::float_cmp, reason = "values are tied if they are equal, not if they are near")]

use super::distribution::{normal_cdf, student_cdf};
use super::kappa::ROUNDING;
use super::{Interval, StatError, normal_quantile};

/// The largest number of pairs without ties for which the p-value of Kendall's τ is exact.
const EXACT: usize = 33;

/// A correlation with its interval and p-value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correlation {
    /// The coefficient, from −1 to 1.
    pub value: f64,
    /// The interval; `None` with too few pairs or a perfect correlation, whose error cannot be estimated.
    pub interval: Option<Interval>,
    /// The two-sided p-value for no correlation; `None` as for the interval, if it is not exact.
    pub p: Option<f64>,
}

/// Checks that both lists hold finite numbers, are equally long, and neither is constant.
fn check(x: &[f64], y: &[f64]) -> Result<(), StatError> {
    if x.len() != y.len() || !x.iter().chain(y).all(|value| value.is_finite()) {
        return Err(StatError::OutOfRange);
    }
    match x.len() {
        0 => return Err(StatError::Empty),
        1 => return Err(StatError::TooFew),
        _ => (),
    }
    let constant = |values: &[f64]| values.windows(2).all(|pair| pair[0] == pair[1]);
    if constant(x) || constant(y) { Err(StatError::NoVariation) } else { Ok(()) }
}

/// Returns `tanh(atanh r ± z·√variance)`, `None` for a perfect correlation.
fn fisher(value: f64, variance: f64, confidence: f64) -> Result<Option<Interval>, StatError> {
    let z = normal_quantile(confidence)?;
    if !(variance > 0.0 && variance.is_finite()) || 1.0 - value.abs() < ROUNDING {
        return Ok(None);
    }
    let (centre, half) = (value.atanh(), z * variance.sqrt());
    Ok(Some(Interval { low: (centre - half).tanh(), high: (centre + half).tanh() }))
}

/// Returns the p-value of a product-moment correlation by Student's t, `None` for a perfect one.
fn student_p(value: f64, n: f64) -> Result<Option<f64>, StatError> {
    if n <= 2.0 || 1.0 - value.abs() < ROUNDING {
        return Ok(None);
    }
    let t = value * ((n - 2.0) / (1.0 - value * value)).sqrt();
    Ok(Some(2.0 * student_cdf(-t.abs(), n - 2.0)?))
}

/// Returns the product-moment correlation of two lists that [`check`] accepted.
fn product_moment(x: &[f64], y: &[f64]) -> Result<f64, StatError> {
    // Divided by the largest, so that no sum of squares can be too large; the scale does not matter.
    let centred = |values: &[f64]| -> Vec<f64> {
        let largest = values.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        let mean = values.iter().map(|value| value / largest).sum::<f64>() / values.len() as f64;
        values.iter().map(|value| value / largest - mean).collect()
    };
    let (x, y) = (centred(x), centred(y));
    let norm = |values: &[f64]| values.iter().map(|value| value * value).sum::<f64>().sqrt();
    let scale = norm(&x) * norm(&y);
    if scale <= 0.0 {
        return Err(StatError::NoVariation);
    }
    let product: f64 = x.iter().zip(&y).map(|(x, y)| x * y).sum();
    Ok((product / scale).clamp(-1.0, 1.0))
}

/// Returns Pearson's correlation of pairs `(xᵢ, yᵢ)`.
///
/// `r = Σ(xᵢ − x̄)(yᵢ − ȳ)/√(Σ(xᵢ − x̄)²·Σ(yᵢ − ȳ)²)`: how well a straight line describes them. The interval is
/// Fisher's, `tanh(atanh r ± z/√(n − 3))` for `n > 3`; the p-value that of `r·√((n − 2)/(1 − r²))` as Student's
/// t with `n − 2` degrees of freedom, for `n > 2`. The order of the pairs does not matter, and the two lists
/// may be exchanged.
///
/// # Errors
///
/// [`StatError::Empty`] without pairs, [`StatError::TooFew`] with one; [`StatError::NoVariation`] if a list is
/// constant; [`StatError::OutOfRange`] if the lists differ in length, a value is not finite, or `confidence`
/// is not in `(0, 1)`.
///
/// # Examples
///
/// ```
/// let scores = [1.0, 2.0, 3.0, 4.0, 5.0];
/// let correlation = evenhand::stats::pearson(&scores, &[2.0, 1.0, 4.0, 3.0, 5.0], 0.95)?;
/// assert!((correlation.value - 0.8).abs() < 1e-12);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Fisher, R. A. (1921). On the "probable error" of a coefficient of correlation deduced from a small
/// sample. *Metron* 1, 3–32.
pub fn pearson(x: &[f64], y: &[f64], confidence: f64) -> Result<Correlation, StatError> {
    check(x, y)?;
    let n = x.len() as f64;
    let value = product_moment(x, y)?;
    let interval = fisher(value, 1.0 / (n - 3.0), confidence)?;
    Ok(Correlation { value, interval, p: student_p(value, n)? })
}

/// Returns the ranks of values, from 1; equal values share the mean of their ranks.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for equal in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let rank = f64::midpoint(before as f64 + 1.0, (before + equal.len()) as f64);
        for &at in equal {
            ranks[at] = rank;
        }
        before += equal.len();
    }
    ranks
}

/// Returns Spearman's rank correlation of pairs `(xᵢ, yᵢ)`.
///
/// Pearson's correlation of the ranks, where equal values share the mean of theirs: how well any rising line
/// describes the pairs. The interval is `tanh(atanh r ± z·√((1 + r²/2)/(n − 3)))` for `n > 3`, the p-value that
/// of [`pearson`], which is an approximation here.
///
/// # Errors
///
/// As for [`pearson`].
///
/// # References
///
/// Spearman, C. (1904). The proof and measurement of association between two things. *American Journal of
/// Psychology* 15, 72–101. Bonett, D. G. and Wright, T. A. (2000). Sample size requirements for estimating
/// Pearson, Kendall and Spearman correlations. *Psychometrika* 65, 23–28.
pub fn spearman(x: &[f64], y: &[f64], confidence: f64) -> Result<Correlation, StatError> {
    check(x, y)?;
    let n = x.len() as f64;
    let value = product_moment(&ranks(x), &ranks(y))?;
    let interval = fisher(value, (1.0 + value * value / 2.0) / (n - 3.0), confidence)?;
    Ok(Correlation { value, interval, p: student_p(value, n)? })
}

/// Sums over groups of equal values that enter Kendall's τ-b and its variance.
#[derive(Default)]
struct Ties {
    pairs: f64,
    triples: f64,
    weighted: f64,
}

impl Ties {
    fn of<T>(sorted: &[T], same: impl FnMut(&T, &T) -> bool) -> Self {
        sorted.chunk_by(same).fold(Self::default(), |ties, group| {
            let t = group.len() as f64;
            Self {
                pairs: ties.pairs + t * (t - 1.0) / 2.0,
                triples: ties.triples + t * (t - 1.0) * (t - 2.0),
                weighted: ties.weighted + t * (t - 1.0) * (2.0 * t + 5.0),
            }
        })
    }
}

/// Sorts values and returns how many pairs of them were in the wrong order.
fn sort_and_count(values: &mut [f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let (left, right) = values.split_at_mut(values.len() / 2);
    let mut wrong = sort_and_count(left) + sort_and_count(right);
    let mut merged = Vec::with_capacity(left.len() + right.len());
    let mut waiting: &[f64] = left;
    for &value in right.iter() {
        let before = waiting.partition_point(|other| *other <= value);
        let (done, rest) = waiting.split_at(before);
        merged.extend_from_slice(done);
        merged.push(value);
        wrong += rest.len() as f64;
        waiting = rest;
    }
    merged.extend_from_slice(waiting);
    values.copy_from_slice(&merged);
    wrong
}

/// Returns the probability that a random permutation of `n` elements has at most `most` inversions.
fn inversions_cdf(n: usize, most: usize) -> f64 {
    let mut probabilities = vec![0.0; most + 1];
    probabilities[0] = 1.0;
    for length in 2..=n {
        // Inserting one more element adds 0 to length − 1 inversions, each equally likely.
        let shifted =
            |at: usize| probabilities[at.saturating_sub(length - 1)..=at].iter().sum::<f64>();
        probabilities = (0..=most).map(|at| shifted(at) / length as f64).collect();
    }
    probabilities.iter().sum()
}

/// Returns Kendall's τ-b of pairs `(xᵢ, yᵢ)`.
///
/// `τ_b = (C − D)/√((P − T_x)(P − T_y))` with `C` concordant and `D` discordant of `P = n(n − 1)/2` pairs of
/// pairs, of which `T_x` are tied in `x` and `T_y` in `y`: ties are corrected for, so it suits scales of a few
/// points. The interval is `tanh(atanh τ ± z·√(0.437/(n − 4)))` for `n > 4`. The p-value is exact without ties
/// up to 33 pairs, otherwise that of the normal approximation with the variance corrected for ties.
///
/// # Errors
///
/// As for [`pearson`].
///
/// # References
///
/// Kendall, M. G. (1945). The treatment of ties in ranking problems. *Biometrika* 33, 239–251. Knight, W. R.
/// (1966). A computer method for calculating Kendall's tau with ungrouped data. *Journal of the American
/// Statistical Association* 61, 436–439. Bonett, D. G. and Wright, T. A. (2000), as for [`spearman`].
pub fn kendall_tau_b(x: &[f64], y: &[f64], confidence: f64) -> Result<Correlation, StatError> {
    check(x, y)?;
    let n = x.len() as f64;
    // Adding 0 turns −0 into 0.
    let mut pairs: Vec<(f64, f64)> = x.iter().zip(y).map(|(x, y)| (x + 0.0, y + 0.0)).collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let in_x = Ties::of(&pairs, |a, b| a.0 == b.0);
    let in_both = Ties::of(&pairs, |a, b| a == b);
    let mut seconds: Vec<f64> = pairs.iter().map(|pair| pair.1).collect();
    // Pairs tied in x are in the order of y, so only discordant pairs are inversions.
    let discordant = sort_and_count(&mut seconds);
    let in_y = Ties::of(&seconds, |a, b| a == b);

    let all = n * (n - 1.0) / 2.0;
    let surplus = all - in_x.pairs - in_y.pairs + in_both.pairs - 2.0 * discordant;
    let scale = (all - in_x.pairs).sqrt() * (all - in_y.pairs).sqrt();
    let value = (surplus / scale).clamp(-1.0, 1.0);
    let p = if in_x.pairs + in_y.pairs == 0.0 && x.len() <= EXACT {
        let fewer = discordant.min(all - discordant) as usize;
        Some((2.0 * inversions_cdf(x.len(), fewer)).min(1.0))
    } else if n > 2.0 {
        let doubled = n * (n - 1.0);
        let variance = (doubled * (2.0 * n + 5.0) - in_x.weighted - in_y.weighted) / 18.0
            + 2.0 * in_x.pairs * in_y.pairs / doubled
            + in_x.triples * in_y.triples / (9.0 * doubled * (n - 2.0));
        Some(2.0 * normal_cdf(-surplus.abs() / variance.sqrt()))
    } else {
        None
    };
    Ok(Correlation { value, interval: fisher(value, 0.437 / (n - 4.0), confidence)?, p })
}
