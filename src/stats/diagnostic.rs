//! Two classes, positive and negative: how often does a judge find each?
//!
//! The share of positives that a judge finds and the share of negatives that it finds are two numbers, since a judge
//! that is lenient has more of the one and less of the other. Neither depends on how common the classes are, but both
//! depend on how hard the cases are: those of one system need not be those of another.

use super::difference::{arms, combine};
use super::{Difference, Interval, StatError, Table, wilson};

/// The errors of a judge on two classes, with people taken as correct.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Diagnostic {
    /// The share of positives that the judge calls positive (sensitivity), with Wilson's interval; `None` without
    /// positives.
    pub true_positive_rate: Option<(f64, Interval)>,
    /// The share of negatives that the judge calls negative (specificity), with Wilson's interval; `None` without
    /// negatives.
    pub true_negative_rate: Option<(f64, Interval)>,
    /// Youden's J, the sum of both minus 1, from −1 to 1: 0 for a judge that guesses. `None` without either class.
    pub youden: Option<Difference>,
    /// The mean of both, from 0 to 1: ½ for a judge that guesses. `None` without either class.
    pub balanced_accuracy: Option<(f64, Interval)>,
    /// The number of positives.
    pub positives: f64,
    /// The number of negatives.
    pub negatives: f64,
}

/// Returns how often a judge finds each of two classes.
///
/// The first category of the table is negative, the second positive; rows are the judge's, columns those of people.
/// Youden's J is `TPR + TNR − 1 = TPR − FPR`, the difference of two shares of different observations; its interval is
/// Newcombe's for these ([`newcombe_independent`](super::newcombe_independent)). The balanced accuracy is `(J + 1)/2`.
/// Cells may be fractional. The observations must be independent.
///
/// # Errors
///
/// [`StatError::Empty`] without observations; [`StatError::OutOfRange`] if the table has not two categories, or
/// `confidence` is not in `(0, 1)`.
///
/// # Examples
///
/// ```
/// use evenhand::stats::{Table, diagnostic};
///
/// // 8 fails and 18 passes are found, 2 fails are called a pass, 2 passes a fail.
/// let found = diagnostic(Table::new(2, &[8.0, 2.0, 2.0, 18.0])?, 0.95)?;
/// assert!((found.true_positive_rate.unwrap().0 - 0.9).abs() < 1e-12);
/// assert!((found.youden.unwrap().value - 0.7).abs() < 1e-12);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Youden, W. J. (1950). Index for rating diagnostic tests. *Cancer* 3, 32–35. Newcombe, R. G. (1998), as for
/// [`newcombe_independent`](super::newcombe_independent).
pub fn diagnostic(table: Table<'_>, confidence: f64) -> Result<Diagnostic, StatError> {
    if table.categories() != 2 {
        return Err(StatError::OutOfRange);
    }
    let (negatives, positives) = (table.column(0), table.column(1));
    if negatives + positives <= 0.0 {
        return Err(StatError::Empty);
    }
    let rate = |found: f64, of: f64| {
        if of <= 0.0 {
            return Ok(None);
        }
        wilson(found, of, confidence).map(|interval| Some((found / of, interval)))
    };
    let youden = if negatives > 0.0 && positives > 0.0 {
        let found = arms(table.cell(1, 1), positives, confidence)?;
        Some(combine(&found, &arms(table.cell(1, 0), negatives, confidence)?, 0.0))
    } else {
        None
    };
    let half = |value: f64| f64::midpoint(value, 1.0);
    Ok(Diagnostic {
        true_positive_rate: rate(table.cell(1, 1), positives)?,
        true_negative_rate: rate(table.cell(0, 0), negatives)?,
        youden,
        balanced_accuracy: youden.map(|Difference { value, interval }| {
            (half(value), Interval { low: half(interval.low), high: half(interval.high) })
        }),
        positives,
        negatives,
    })
}
