//! Whether two numbers are equal up to rounding.
//!
//! A number that is computed in two ways, or summed in two orders, differs in its last digits. The tolerance
//! is relative to the size of the numbers: no absolute difference is small for numbers of every size.

use std::cmp::Ordering;

/// The largest difference that counts as rounding, relative to the numbers a value is computed from.
const ROUNDING: f64 = 1e-12;

/// Returns whether a difference is at most 10⁻¹² of `scale`, the size of the numbers that were subtracted.
///
/// # Examples
///
/// ```
/// use evenhand::stats::is_rounding;
///
/// assert!(is_rounding(2000.1 - 2000.4 + 0.3, 2000.0));
/// assert!(!is_rounding(2e-13 - 1e-13, 2e-13));
/// ```
pub fn is_rounding(difference: f64, scale: f64) -> bool {
    difference.abs() <= ROUNDING * scale
}

/// Returns whether two numbers differ by at most 10⁻¹² of the larger one.
///
/// # Examples
///
/// ```
/// use evenhand::stats::nearly_equal;
///
/// assert!(nearly_equal(0.1 + 0.2, 0.3) && nearly_equal(0.0, 0.0));
/// assert!(!nearly_equal(1e-13, 2e-13));
/// ```
pub fn nearly_equal(one: f64, other: f64) -> bool {
    is_rounding(one - other, one.abs().max(other.abs()))
}

/// Writes a number with so many decimals, or with as many more as it takes to show that it is not `other`.
///
/// # Examples
///
/// ```
/// use evenhand::stats::rounded_apart;
///
/// assert_eq!(rounded_apart(50.04, 50.0, 1), "50.04");
/// assert_eq!(rounded_apart(50.06, 50.0, 1), "50.1");
/// assert_eq!(rounded_apart(50.0, 50.0, 1), "50.0");
/// ```
pub fn rounded_apart(value: f64, other: f64, decimals: usize) -> String {
    let differs = |number: f64| number.partial_cmp(&other).is_some_and(Ordering::is_ne);
    // No two numbers need more decimals.
    let most = if differs(value) { decimals.max(17) } else { decimals };
    let mut written = (decimals..=most).map(|decimals| format!("{value:.decimals$}"));
    written
        .find(|text| text.parse().is_ok_and(differs))
        .unwrap_or_else(|| format!("{value:.decimals$}"))
}
