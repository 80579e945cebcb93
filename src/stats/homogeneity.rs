//! Whether two samples have the same distribution over categories.

use statrs::distribution::{ChiSquared, ContinuousCDF as _, Discrete as _, Hypergeometric};

use super::StatError;

/// The fewest observations that are expected in a cell for its chi-squared to be approximately right.
const LEAST_EXPECTED: f64 = 5.0;

/// Two samples compared by category.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Homogeneity {
    /// Pearson's χ².
    pub chi_squared: f64,
    /// Its degrees of freedom: one less than the categories that occur.
    pub freedom: u64,
    /// The p-value of χ².
    pub p_value: f64,
    /// The likelihood ratio statistic G.
    pub g: f64,
    /// The p-value of G.
    pub g_p_value: f64,
    /// Cramér's V, the size of the difference from 0 to 1: `√(χ²/n)` for two samples.
    pub cramers_v: f64,
    /// Whether at least five observations are expected in every cell, so that the p-values are approximately right.
    pub is_approximate: bool,
}

/// Compares how often two samples are in each category: Pearson's χ² and G, each with its p-value, and Cramér's V.
///
/// `counts[i]` is how often each of the two samples is in category `i`. A category that neither is in does not count.
/// `χ² = Σ(o − e)²/e` and `G = 2·Σ o·ln(o/e)` with the counts `e` that are expected if both have the distribution of
/// both together.
///
/// # Errors
///
/// [`StatError::Empty`] if a sample is empty; [`StatError::NoVariation`] if only one category occurs.
///
/// # Examples
///
/// ```
/// let test = evenhand::stats::homogeneity(&[[120, 90], [60, 70], [20, 40]])?;
/// assert!((test.p_value - 0.002_848_946_9).abs() < 1e-9);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Agresti, A. (2013). *Categorical Data Analysis*, third edition, section 3.2. Wiley.
pub fn homogeneity(counts: &[[u64; 2]]) -> Result<Homogeneity, StatError> {
    let used: Vec<[f64; 2]> = counts
        .iter()
        .filter(|cell| cell[0] + cell[1] > 0)
        .map(|cell| cell.map(|n| n as f64))
        .collect();
    let totals = [0, 1].map(|sample: usize| used.iter().map(|cell| cell[sample]).sum::<f64>());
    if totals.contains(&0.0) {
        return Err(StatError::Empty);
    }
    if used.len() < 2 {
        return Err(StatError::NoVariation);
    }
    let n = totals[0] + totals[1];
    let (mut chi_squared, mut g, mut least) = (0.0, 0.0, f64::INFINITY);
    for cell in &used {
        for (observed, total) in cell.iter().zip(totals) {
            let expected = (cell[0] + cell[1]) * total / n;
            least = least.min(expected);
            chi_squared += (observed - expected).powi(2) / expected;
            if *observed > 0.0 {
                g += 2.0 * observed * (observed / expected).ln();
            }
        }
    }
    let freedom = used.len() as u64 - 1;
    let law = ChiSquared::new(freedom as f64).map_err(|_| StatError::OutOfRange)?;
    Ok(Homogeneity {
        chi_squared,
        freedom,
        p_value: law.sf(chi_squared),
        g,
        g_p_value: law.sf(g.max(0.0)),
        cramers_v: (chi_squared / n).sqrt().min(1.0),
        is_approximate: least >= LEAST_EXPECTED,
    })
}

/// Returns the population stability index of two distributions over the same categories: `Σ(a − e)·ln(a/e)`.
///
/// It is a familiar number and no test: it has no null distribution, the usual thresholds (0.1, 0.25) are conventions,
/// and it is undefined where a category is empty in one of the two. [`homogeneity`] tests the same question.
///
/// # Errors
///
/// [`StatError::Empty`] without categories; [`StatError::OutOfRange`] if the two differ in length or a share is not
/// above 0.
///
/// # Examples
///
/// ```
/// let psi = evenhand::stats::population_stability(&[0.6, 0.3, 0.1], &[0.45, 0.35, 0.2])?;
/// assert!((psi - 0.120_174_562_915).abs() < 1e-9);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
pub fn population_stability(expected: &[f64], actual: &[f64]) -> Result<f64, StatError> {
    if expected.is_empty() {
        return Err(StatError::Empty);
    }
    let positive = |shares: &[f64]| shares.iter().all(|share| *share > 0.0 && share.is_finite());
    if expected.len() != actual.len() || !positive(expected) || !positive(actual) {
        return Err(StatError::OutOfRange);
    }
    Ok(expected.iter().zip(actual).map(|(e, a)| (a - e) * (a / e).ln()).sum())
}

/// Returns the two-sided p-value of Fisher's exact test of whether two independent shares are equal.
///
/// The probability, given how many succeeded in both together, of a table at most as likely as the observed one. The
/// two may be exchanged, and so may success and failure. For the same observations twice, [`mcnemar`](super::mcnemar)
/// is the test.
///
/// # Errors
///
/// [`StatError::Empty`] if one of `n` is 0; [`StatError::OutOfRange`] if there are more successes than observations.
///
/// # Examples
///
/// ```
/// let p = evenhand::stats::fisher_exact([56, 48], [70, 80])?;
/// assert!((p - 0.012_521_129_749_2).abs() < 1e-9);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Fisher, R. A. (1935). The logic of inductive inference. *Journal of the Royal Statistical Society* 98, 39–82.
pub fn fisher_exact(successes: [u64; 2], n: [u64; 2]) -> Result<f64, StatError> {
    if n.contains(&0) {
        return Err(StatError::Empty);
    }
    let total = n[0].checked_add(n[1]).ok_or(StatError::OutOfRange)?;
    if successes[0] > n[0] || successes[1] > n[1] {
        return Err(StatError::OutOfRange);
    }
    let succeeded = successes[0] + successes[1];
    let law = Hypergeometric::new(total, succeeded, n[0]).map_err(|_| StatError::OutOfRange)?;
    let observed = law.ln_pmf(successes[0]);
    let possible = succeeded.saturating_sub(n[1])..=succeeded.min(n[0]);
    // Tables that are as likely differ by rounding.
    let as_unlikely = possible.map(|x| law.ln_pmf(x)).filter(|ln| *ln <= observed + 1e-7);
    Ok(as_unlikely.map(f64::exp).sum::<f64>().min(1.0))
}
