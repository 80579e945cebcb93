//! Quantiles of observed values.

use super::StatError;

/// Returns the quantile of values that are sorted in ascending order, by linear interpolation.
///
/// With `h = (n − 1)·at` it is `x[⌊h⌋] + (h − ⌊h⌋)·(x[⌊h⌋ + 1] − x[⌊h⌋])`: type 7 of Hyndman and Fan, the
/// default of R and numpy.
///
/// # Errors
///
/// [`StatError::Empty`] without values, [`StatError::OutOfRange`] if `at` is not in `[0, 1]`.
///
/// # References
///
/// Hyndman, R. J. and Fan, Y. (1996). Sample quantiles in statistical packages.
/// *The American Statistician* 50, 361–365.
pub fn quantile(sorted: &[f64], at: f64) -> Result<f64, StatError> {
    let Some(last) = sorted.len().checked_sub(1) else { return Err(StatError::Empty) };
    if !(0.0..=1.0).contains(&at) {
        return Err(StatError::OutOfRange);
    }
    let position = last as f64 * at;
    let below = position.floor() as usize;
    let above = (below + 1).min(last);
    Ok(sorted[below] + (position - position.floor()) * (sorted[above] - sorted[below]))
}
