//! Intraclass correlations: are the scores of one rater interchangeable with those of another?
//!
//! An intraclass correlation is the share of the variation between scores that is due to the subjects.
//! For "interchangeable with a human" use absolute agreement, which is lower if some raters are stricter than
//! others; consistency ignores that. It is low, whatever the raters do, where the subjects are alike. Every
//! rater must have scored every subject, on a scale whose differences have a meaning.

use super::distribution::fisher_inverse;
use super::{Interval, StatError};

/// Which intraclass correlation is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IntraclassModel {
    /// ICC(1): each subject was scored by raters of its own.
    OneWay,
    /// ICC(A,1): absolute agreement of raters who scored all subjects; Shrout and Fleiss' ICC(2,1).
    Agreement,
    /// ICC(C,1): agreement up to a constant for each rater; Shrout and Fleiss' ICC(3,1).
    Consistency,
}

/// An intraclass correlation of single scores, and of the means of all `k` raters' scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Intraclass {
    /// The correlation of single scores; below 0 if subjects differ less than their scores.
    pub single: f64,
    /// Its interval; `None` where the scores fit the model perfectly, so that there is no error to estimate.
    pub single_interval: Option<Interval>,
    /// The correlation of means; `None` if the means of the subjects vary too little to define it.
    pub mean: Option<f64>,
    /// Its interval; `None` as for a single score, or if it has no lower end.
    pub mean_interval: Option<Interval>,
}

/// The mean squares of scores by subject and rater.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanSquares {
    /// Between subjects.
    pub subjects: f64,
    /// Between raters.
    pub raters: f64,
    /// What neither explains.
    pub error: f64,
    /// Within subjects, raters and error together.
    pub within: f64,
}

/// Returns the mean squares of a table of scores, one row for each subject and one column for each rater.
///
/// # Errors
///
/// [`StatError::Empty`] without scores; [`StatError::TooFew`] with one subject or one rater;
/// [`StatError::NoVariation`] if all scores are the same; [`StatError::OutOfRange`] if rows differ in length
/// or a score is not finite.
///
/// # References
///
/// As for [`intraclass`].
#[expect(clippy::float_cmp, reason = "scores are the same if they are equal, not if they are near")]
pub fn mean_squares<R: AsRef<[f64]>>(scores: &[R]) -> Result<MeanSquares, StatError> {
    let rows: Vec<&[f64]> = scores.iter().map(AsRef::as_ref).collect();
    let raters = rows.first().map_or(0, |row| row.len());
    if !rows.iter().all(|row| row.len() == raters && row.iter().all(|score| score.is_finite())) {
        return Err(StatError::OutOfRange);
    }
    match (rows.len(), raters) {
        (0, _) | (_, 0) => return Err(StatError::Empty),
        (1, _) | (_, 1) => return Err(StatError::TooFew),
        _ => (),
    }
    let first = rows[0][0];
    if rows.iter().all(|row| row.iter().all(|score| *score == first)) {
        return Err(StatError::NoVariation);
    }
    let (n, k) = (rows.len() as f64, raters as f64);
    let grand = rows.iter().map(|row| row.iter().sum::<f64>()).sum::<f64>() / (n * k);
    let by_subject: Vec<f64> =
        rows.iter().map(|row| row.iter().map(|score| score - grand).sum::<f64>() / k).collect();
    let by_rater: Vec<f64> = (0..raters)
        .map(|rater| rows.iter().map(|row| row[rater] - grand).sum::<f64>() / n)
        .collect();
    let (mut within, mut error) = (0.0, 0.0);
    for (row, subject) in rows.iter().zip(&by_subject) {
        for (score, rater) in row.iter().zip(&by_rater) {
            within += (score - grand - subject).powi(2);
            error += (score - grand - subject - rater).powi(2);
        }
    }
    let squares = |means: &[f64]| means.iter().map(|mean| mean * mean).sum::<f64>();
    let subjects = k * squares(&by_subject);
    let total = subjects + within;
    if !total.is_finite() || total <= 0.0 {
        return Err(StatError::OutOfRange);
    }
    // A smaller share of the whole is rounding error.
    let clean = |sum: f64| if sum < 1e-24 * total { 0.0 } else { sum };
    Ok(MeanSquares {
        subjects: clean(subjects) / (n - 1.0),
        raters: clean(n * squares(&by_rater)) / (k - 1.0),
        error: clean(error) / ((n - 1.0) * (k - 1.0)),
        within: clean(within) / (n * (k - 1.0)),
    })
}

/// Returns an intraclass correlation of scores, one row for each subject and one column for each rater.
///
/// With the mean squares of subjects `S`, raters `R`, error `E` and within subjects `W`, for `n` subjects and
/// `k` raters, of single scores and of means:
///
/// - one way: `(S − W)/(S + (k − 1)W)` and `(S − W)/S`;
/// - agreement: `(S − E)/(S + (k − 1)E + k(R − E)/n)` and `(S − E)/(S + (R − E)/n)`;
/// - consistency: `(S − E)/(S + (k − 1)E)` and `(S − E)/S`.
///
/// At most 1; a negative value is reported as it is. The intervals are by Fisher's F, those of agreement with
/// Satterthwaite's degrees of freedom. The order of subjects and of raters does not matter.
///
/// # Errors
///
/// As for [`mean_squares`]; [`StatError::OutOfRange`] if `confidence` is not in `(0, 1)`.
///
/// # Examples
///
/// ```
/// use evenhand::stats::{IntraclassModel, intraclass};
///
/// let scores = [[9.0, 2.0, 5.0, 8.0], [6.0, 1.0, 3.0, 2.0], [8.0, 4.0, 6.0, 8.0],
///               [7.0, 1.0, 2.0, 6.0], [10.0, 5.0, 6.0, 9.0], [6.0, 2.0, 4.0, 7.0]];
/// let agreement = intraclass(&scores, IntraclassModel::Agreement, 0.95)?;
/// assert!((agreement.single - 0.29).abs() < 0.005);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Shrout, P. E. and Fleiss, J. L. (1979). Intraclass correlations: uses in assessing rater reliability.
/// *Psychological Bulletin* 86, 420–428. `McGraw`, K. O. and Wong, S. P. (1996). Forming inferences about some
/// intraclass correlation coefficients. *Psychological Methods* 1, 30–46.
pub fn intraclass<R: AsRef<[f64]>>(
    scores: &[R],
    model: IntraclassModel,
    confidence: f64,
) -> Result<Intraclass, StatError> {
    if !(confidence > 0.0 && confidence < 1.0) {
        return Err(StatError::OutOfRange);
    }
    let squares = mean_squares(scores)?;
    let (n, k) = (scores.len() as f64, scores.first().map_or(0, |row| row.as_ref().len()) as f64);
    let MeanSquares { subjects, raters, error, within } = squares;
    let (noise, freedom, offset) = match model {
        IntraclassModel::OneWay => (within, n * (k - 1.0), 0.0),
        IntraclassModel::Agreement => (error, (n - 1.0) * (k - 1.0), (raters - error) / n),
        IntraclassModel::Consistency => (error, (n - 1.0) * (k - 1.0), 0.0),
    };
    let whole = subjects + (k - 1.0) * noise + k * offset;
    if whole <= 0.0 {
        return Err(StatError::NoVariation);
    }
    let single = (subjects - noise) / whole;
    let averaged = subjects + offset;
    let mean = (averaged > 0.0).then(|| (subjects - noise) / averaged);
    let at = f64::midpoint(1.0, confidence);
    let single_interval = match model {
        IntraclassModel::Agreement => agreement_interval(squares, single, n, k, at),
        _ => ratio_interval(subjects / noise, n - 1.0, freedom, k, at)?,
    };
    let mean_interval = single_interval.and_then(|single| {
        let Interval { low, high } = single;
        let steps = |of: f64| k * of / (1.0 + (k - 1.0) * of);
        let defined = 1.0 + (k - 1.0) * low > 0.0;
        defined.then(|| Interval { low: steps(low), high: steps(high) })
    });
    Ok(Intraclass { single, single_interval, mean, mean_interval })
}

/// Returns the interval where the correlation depends on one ratio of mean squares, by its F distribution.
fn ratio_interval(
    ratio: f64,
    numerator: f64,
    denominator: f64,
    k: f64,
    at: f64,
) -> Result<Option<Interval>, StatError> {
    if !(ratio > 0.0 && ratio.is_finite()) {
        return Ok(None);
    }
    let least = ratio / fisher_inverse(at, numerator, denominator)?;
    let most = ratio * fisher_inverse(at, denominator, numerator)?;
    let single = |ratio: f64| (ratio - 1.0) / (ratio + k - 1.0);
    Ok(Some(Interval { low: single(least), high: single(most) }))
}

/// Returns the interval of absolute agreement, after `McGraw` and Wong; `None` where the scores fit perfectly.
fn agreement_interval(
    squares: MeanSquares,
    single: f64,
    n: f64,
    k: f64,
    at: f64,
) -> Option<Interval> {
    let MeanSquares { subjects, raters, error, .. } = squares;
    if error <= 0.0 && raters <= 0.0 {
        return None;
    }
    let odds = k * single / (n * (1.0 - single));
    let (by_rater, by_error) = (odds * raters, (1.0 + odds * (n - 1.0)) * error);
    let freedom = (by_rater + by_error).powi(2)
        / (by_rater.powi(2) / (k - 1.0) + by_error.powi(2) / ((n - 1.0) * (k - 1.0)));
    let least = fisher_inverse(at, n - 1.0, freedom).ok()?;
    let most = fisher_inverse(at, freedom, n - 1.0).ok()?;
    let noise = k * raters + (k * n - k - n) * error;
    let interval = Interval {
        low: n * (subjects - least * error) / (least * noise + n * subjects),
        high: n * (most * subjects - error) / (noise + n * most * subjects),
    };
    (interval.low.is_finite() && interval.high.is_finite()).then_some(interval)
}
