//! When two numbers are the same but for rounding.
//!
//! What is computed in two ways, or added up in two orders, differs in its last digits. How much that may be
//! depends on the size of the numbers and on nothing else: there is no difference that is small by itself.

/// The most that rounding changes a number, relative to what it is computed from.
const ROUNDING: f64 = 1e-12;

/// Returns whether a difference is nothing but rounding: at most 10⁻¹² of `scale`, the size of the numbers
/// that it is a difference of.
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

/// Returns whether two numbers are the same but for rounding, by the scale of the larger one.
///
/// # Examples
///
/// ```
/// use evenhand::stats::same;
///
/// assert!(same(0.1 + 0.2, 0.3) && same(0.0, 0.0));
/// assert!(!same(1e-13, 2e-13));
/// ```
pub fn same(one: f64, other: f64) -> bool {
    is_rounding(one - other, one.abs().max(other.abs()))
}
