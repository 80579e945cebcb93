//! `McNemar`'s test: do two judges differ in how often they are right on the same items?
//!
//! Only the items on which exactly one of them is right are informative. A p-value is not the size of the
//! difference: report [`newcombe_paired`](super::newcombe_paired) beside it. Items must be independent.

use super::distribution::{binomial_cdf, normal_cdf};
use super::{StatError, binomial_test_half};

/// The result of `McNemar`'s test of two paired shares; every p-value is two-sided.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct McNemar {
    /// The exact p-value; it is conservative.
    pub exact: f64,
    /// The p-value that counts half of the probability of what was observed; the recommended one.
    pub mid_p: f64,
    /// `(b − c)²/(b + c)`, chi-squared with one degree of freedom for large counts; `None` if `b + c` is 0.
    pub chi_squared: Option<f64>,
    /// The p-value of `chi_squared`.
    pub chi_squared_p: Option<f64>,
}

/// Returns `McNemar`'s test of whether two paired shares are equal.
///
/// With `b` observations on which only the first succeeded and `c` on which only the second did, `b` is
/// binomial of `b + c` with probability ½ if the two are equal. Exact: `2·P(X ≤ min(b, c))`, at most 1;
/// mid-p: `2·P(X ≤ min(b, c)) − P(X = min(b, c))`. Where no pair is discordant, `b + c = 0`, both are 1. The
/// two counts may be exchanged.
///
/// # Errors
///
/// [`StatError::OutOfRange`] if the counts add up to more than fits.
///
/// # Examples
///
/// ```
/// let test = evenhand::stats::mcnemar(9, 2)?;
/// assert!((test.exact - 0.065_429_687_5).abs() < 1e-12);
/// assert!((test.mid_p - 0.038_574_218_75).abs() < 1e-12);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// `McNemar`, Q. (1947). Note on the sampling error of the difference between correlated proportions or
/// percentages. *Psychometrika* 12, 153–157. Fagerland, M. W., Lydersen, S. and Laake, P. (2013). The
/// `McNemar` test for binary matched-pairs data: mid-p and asymptotic are better than exact conditional.
/// *BMC Medical Research Methodology* 13, 91.
pub fn mcnemar(only_first: u64, only_second: u64) -> Result<McNemar, StatError> {
    let n = only_first.checked_add(only_second).ok_or(StatError::OutOfRange)?;
    if n == 0 {
        return Ok(McNemar { exact: 1.0, mid_p: 1.0, chi_squared: None, chi_squared_p: None });
    }
    let fewer = only_first.min(only_second);
    // 2·P(X ≤ m) − P(X = m) is P(X ≤ m) + P(X ≤ m − 1).
    let below = if fewer == 0 { 0.0 } else { binomial_cdf(fewer - 1, n, 0.5)? };
    let mid_p = (binomial_cdf(fewer, n, 0.5)? + below).min(1.0);
    let root = only_first.abs_diff(only_second) as f64 / (n as f64).sqrt();
    Ok(McNemar {
        exact: binomial_test_half(fewer, n)?,
        mid_p,
        chi_squared: Some(root * root),
        chi_squared_p: Some(2.0 * normal_cdf(-root)),
    })
}
