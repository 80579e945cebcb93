//! The human ceiling: how well people agree with each other bounds how well a judge can agree with them.
//!
//! Each annotator in turn is removed from the panel. The annotator and the judge are then both compared with
//! the remaining annotators, so with the same labels. Comparing the judge with a majority of three, but a
//! person with the majority of the other two, or with a majority that includes the person, would not be a
//! like-for-like comparison. A ratio above 1 means that the judge is closer to the panel than a typical
//! person, not that it is better than people.

use super::StatError;

/// Returns the score of a label against a panel: 1/m if it is one of the panel's m most frequent, else 0.
fn score(label: usize, panel: &[usize]) -> f64 {
    let count = |of: usize| panel.iter().filter(|other| **other == of).count();
    let largest = panel.iter().map(|other| count(*other)).max().unwrap_or(0);
    if largest == 0 || count(label) < largest {
        return 0.0;
    }
    let on_top = panel.iter().filter(|other| count(**other) == largest).count();
    largest as f64 / on_top as f64
}

/// Returns the contribution of one item to the sums of [`ceiling_from_sums`].
///
/// `annotators` holds the category that each annotator gave the item, `None` for one who did not label
/// it; `judge` the categories of the judge's replies, such as one for each order, `None` for a reply
/// without a category, which scores 0. The result has three numbers for each annotator, one annotator
/// after the other: the annotator's score against the rest of the panel, the judge's mean score against
/// the same rest, and 1; or three zeros for an annotator who did not label it or was the only one. A
/// category scores `1/m` if it is one of the `m` most frequent of the panel, else 0.
///
/// The sums of several items are the sums of these numbers, so items can be resampled without calling this
/// function again.
///
/// # Errors
///
/// [`StatError::Empty`] without annotators or replies.
///
/// # Examples
///
/// ```
/// use evenhand::stats::leave_one_out_sums;
///
/// // The second annotator's rest is tied between 0 and 1.
/// let sums = leave_one_out_sums(&[Some(0), Some(0), Some(1)], &[Some(0)])?;
/// assert_eq!(sums, [0.5, 0.5, 1.0, 0.5, 0.5, 1.0, 0.0, 1.0, 1.0]);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Calderon, N., Reichart, R. and Dror, R. (2025). The alternative annotator test for LLM-as-a-judge.
/// arXiv 2501.10970: annotator and judge against the same remaining annotators. The score is defined here.
pub fn leave_one_out_sums(
    annotators: &[Option<usize>],
    judge: &[Option<usize>],
) -> Result<Vec<f64>, StatError> {
    if annotators.is_empty() || judge.is_empty() {
        return Err(StatError::Empty);
    }
    let mut sums = Vec::with_capacity(3 * annotators.len());
    let mut rest = Vec::with_capacity(annotators.len());
    for (at, label) in annotators.iter().enumerate() {
        rest.clear();
        let others = annotators.iter().enumerate().filter(|(other, _)| *other != at);
        rest.extend(others.filter_map(|(_, label)| *label));
        match label {
            Some(label) if !rest.is_empty() => {
                let replies: f64 = judge.iter().flatten().map(|reply| score(*reply, &rest)).sum();
                sums.extend([score(*label, &rest), replies / judge.len() as f64, 1.0]);
            }
            _ => sums.extend([0.0; 3]),
        }
    }
    Ok(sums)
}

/// The agreement of a judge and of people with the same panels of people.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Ceiling {
    /// The judge's mean score against the panels, in `[0, 1]`.
    pub judge: f64,
    /// The mean score of people against the same panels, in `[0, 1]`: the ceiling.
    pub human: f64,
    /// `judge / human`, undefined where people score 0.
    pub ratio: Option<f64>,
    /// `judge − human`, in `[-1, 1]`.
    pub difference: f64,
}

/// Returns how a judge compares with people, from sums over items of [`leave_one_out_sums`].
///
/// Both scores are means over the annotators of the mean over each annotator's items, so that those who
/// labelled more items do not count more. Annotators without an item are omitted. For intervals, resample
/// items (with all their annotators) and take quantiles of `ratio` and `difference`: the ratio of two
/// intervals is not the interval of the ratio.
///
/// # Errors
///
/// [`StatError::Empty`] if no annotator has an item; [`StatError::OutOfRange`] if there are not
/// `3 · annotators` sums, or one is negative or not finite.
///
/// # Examples
///
/// ```
/// use evenhand::stats::ceiling_from_sums;
///
/// // Two annotators of ten items: they agree with the other on 6 and 8 items, the judge on 7 and 7.
/// let ceiling = ceiling_from_sums(&[6.0, 7.0, 10.0, 8.0, 7.0, 10.0], 2)?;
/// assert!((ceiling.human - 0.7).abs() < 1e-12 && ceiling.difference.abs() < 1e-12);
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// As for [`leave_one_out_sums`]; the ratio is defined here.
pub fn ceiling_from_sums(sums: &[f64], annotators: usize) -> Result<Ceiling, StatError> {
    let usable = |sum: &f64| sum.is_finite() && *sum >= 0.0;
    if Some(sums.len()) != annotators.checked_mul(3) || !sums.iter().all(usable) {
        return Err(StatError::OutOfRange);
    }
    let (mut human, mut judge, mut present) = (0.0, 0.0, 0.0);
    for of_one in sums.chunks_exact(3) {
        if let [by_human, by_judge, items] = of_one
            && *items > 0.0
        {
            human += by_human / items;
            judge += by_judge / items;
            present += 1.0;
        }
    }
    if present <= 0.0 {
        return Err(StatError::Empty);
    }
    let (human, judge) = (human / present, judge / present);
    let ratio = (human > 0.0).then(|| judge / human);
    Ok(Ceiling { judge, human, ratio, difference: judge - human })
}
