//! The alternative annotator test: can the judge replace an annotator?
//!
//! Each annotator in turn is compared with the judge: whose label is closer to those of the others? Because
//! the judge is cheaper, it may be worse by `epsilon`. The result depends on that number more than on
//! anything else, so report the whole [`alternative_annotator_curve`]. The test assumes independent items:
//! with several comparisons of one item its p-values are too small.

use std::cmp::Ordering;

use super::distribution::student_cdf;
use super::{StatError, benjamini_yekutieli};

/// The settings of the test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AlternativeAnnotatorSettings {
    /// By how much the judge may win less often than the annotator, in `[0, 1]`.
    ///
    /// Customary values are 0.2 for expert annotators, 0.15 for trained ones and 0.1 for a crowd.
    pub epsilon: f64,
    /// The expected share of false rejections among all rejections, in `(0, 1)`.
    pub false_discovery_rate: f64,
    /// How many annotators must have labelled an item, the one compared included; at least 2.
    pub minimum_humans_per_item: usize,
    /// How many such items an annotator must have labelled; at least 2.
    pub minimum_items_per_annotator: usize,
}

impl Default for AlternativeAnnotatorSettings {
    /// Returns the authors' settings, with `epsilon` at 0.2.
    fn default() -> Self {
        Self {
            epsilon: 0.2,
            false_discovery_rate: 0.05,
            minimum_humans_per_item: 2,
            minimum_items_per_annotator: 30,
        }
    }
}

/// The comparison of the judge with one annotator.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct AnnotatorTest {
    /// The index of the annotator in the input.
    pub annotator: usize,
    /// The number of items compared.
    pub n: u64,
    /// The share of items on which the judge is at least as close to the others as the annotator.
    pub judge_wins: f64,
    /// The share of items on which the annotator is at least as close to the others as the judge.
    pub human_wins: f64,
    /// The p-value of the judge being worse by `epsilon` or more, before the correction for several
    /// tests.
    ///
    /// `None` where every item differs by exactly `epsilon`.
    pub p_value: Option<f64>,
    /// Whether that hypothesis is rejected, so that the judge wins against this annotator.
    pub rejected: bool,
}

/// The result of the alternative annotator test.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct AlternativeAnnotator {
    /// The `epsilon` that was asked for.
    pub epsilon: f64,
    /// ω: the share of annotators that the judge wins against.
    pub winning_rate: f64,
    /// ρ: the mean over annotators of `judge_wins`. It does not depend on `epsilon`.
    pub advantage_probability: f64,
    /// The annotators that were compared.
    pub annotators: Vec<AnnotatorTest>,
    /// The indices of annotators with too few items.
    pub skipped: Vec<usize>,
}

impl AlternativeAnnotator {
    /// Returns whether the judge can replace an annotator: ω ≥ ½.
    pub fn passes(&self) -> bool {
        self.winning_rate >= 0.5
    }
}

/// Returns whether the judge agrees with people as well as one of them does.
///
/// `humans` holds, for each annotator, a category for each item or `None`; `judge` holds, for each item, the
/// categories of the judge's replies, `None` for a reply without one, and no element for an item that it did
/// not judge. For an item of annotator `j`, a category `x` scores
/// `S(x) = mean_r 1{x = r}` over the labels `r` of the others, a judge with several replies their mean,
/// a reply without a category 0. The difference `d` is `1{S(j) ≥ S(judge)} − 1{S(judge) ≥ S(j)}`, and
/// the hypothesis `mean d ≥ ε` is tested with Student's t, one-sided, with n − 1 degrees of freedom;
/// the p-values of all annotators are adjusted by [`benjamini_yekutieli`]. If all `d` are equal the
/// p-value is 0 below `ε`, 1 above, and undefined, which counts as not rejected, at `ε` itself.
///
/// # Errors
///
/// [`StatError::Empty`] without annotators or items; [`StatError::TooFew`] if no annotator has enough
/// items; [`StatError::OutOfRange`] if an annotator has more or fewer items than the judge, or a
/// setting is out of its range.
///
/// # Examples
///
/// ```
/// use evenhand::stats::{AlternativeAnnotatorSettings, alternative_annotator_test};
///
/// let humans = [vec![Some(1); 30], vec![Some(1); 30]];
/// let judge = vec![vec![Some(1)]; 30];
/// let test = alternative_annotator_test(&humans, &judge, &AlternativeAnnotatorSettings::default())?;
/// assert!(test.passes());
/// # Ok::<(), evenhand::stats::StatError>(())
/// ```
///
/// # References
///
/// Calderon, N., Reichart, R. and Dror, R. (2025). The alternative annotator test for LLM-as-a-judge:
/// how to statistically justify replacing human annotators with LLMs. arXiv 2501.10970.
pub fn alternative_annotator_test(
    humans: &[Vec<Option<usize>>],
    judge: &[Vec<Option<usize>>],
    settings: &AlternativeAnnotatorSettings,
) -> Result<AlternativeAnnotator, StatError> {
    test(&wins(humans, judge, settings)?, settings)
}

/// Returns the results of [`alternative_annotator_test`] for several values of `epsilon`, in their
/// order.
///
/// The labels are compared once. `settings.epsilon` is not used.
///
/// # Errors
///
/// As for [`alternative_annotator_test`]; [`StatError::OutOfRange`] if one of `epsilons` is not in
/// `[0, 1]`.
///
/// # References
///
/// Calderon, N., Reichart, R. and Dror, R. (2025). The alternative annotator test for LLM-as-a-judge:
/// how to statistically justify replacing human annotators with LLMs. arXiv 2501.10970.
pub fn alternative_annotator_curve(
    humans: &[Vec<Option<usize>>],
    judge: &[Vec<Option<usize>>],
    settings: &AlternativeAnnotatorSettings,
    epsilons: &[f64],
) -> Result<Vec<AlternativeAnnotator>, StatError> {
    let wins = wins(humans, judge, settings)?;
    let at = |epsilon: &f64| {
        test(&wins, &AlternativeAnnotatorSettings { epsilon: *epsilon, ..*settings })
    };
    epsilons.iter().map(at).collect()
}

/// The numbers of items on which each side was at least as close to the other annotators.
#[derive(Clone, Copy, Default)]
struct Wins {
    items: u64,
    judge: u64,
    human: u64,
}

fn wins(
    humans: &[Vec<Option<usize>>],
    judge: &[Vec<Option<usize>>],
    settings: &AlternativeAnnotatorSettings,
) -> Result<Vec<Wins>, StatError> {
    if humans.is_empty() || judge.is_empty() {
        return Err(StatError::Empty);
    }
    if humans.iter().any(|labels| labels.len() != judge.len()) {
        return Err(StatError::OutOfRange);
    }
    let mut wins = vec![Wins::default(); humans.len()];
    for (item, replies) in judge.iter().enumerate() {
        let labels: Vec<(usize, usize)> = humans
            .iter()
            .enumerate()
            .filter_map(|(who, labels)| Some((who, (*labels.get(item)?)?)))
            .collect();
        if replies.is_empty() || labels.len() < settings.minimum_humans_per_item.max(2) {
            continue;
        }
        for (who, label) in &labels {
            let matches = |category: usize| {
                labels.iter().filter(|(other, by)| other != who && *by == category).count()
            };
            // Whole numbers, since one mean computed in two ways may differ by rounding.
            let by_judge: usize = replies.iter().flatten().map(|reply| matches(*reply)).sum();
            let by_human = matches(*label) * replies.len();
            wins[*who].items += 1;
            wins[*who].judge += u64::from(by_judge >= by_human);
            wins[*who].human += u64::from(by_human >= by_judge);
        }
    }
    Ok(wins)
}

fn test(
    wins: &[Wins],
    settings: &AlternativeAnnotatorSettings,
) -> Result<AlternativeAnnotator, StatError> {
    let AlternativeAnnotatorSettings { epsilon, false_discovery_rate, .. } = *settings;
    let rate = false_discovery_rate > 0.0 && false_discovery_rate < 1.0;
    if !(0.0..=1.0).contains(&epsilon) || !rate {
        return Err(StatError::OutOfRange);
    }
    let minimum = settings.minimum_items_per_annotator.max(2) as u64;
    let mut annotators = Vec::new();
    let mut skipped = Vec::new();
    for (annotator, of_one) in wins.iter().enumerate() {
        if of_one.items < minimum {
            skipped.push(annotator);
            continue;
        }
        let n = of_one.items as f64;
        annotators.push(AnnotatorTest {
            annotator,
            n: of_one.items,
            judge_wins: of_one.judge as f64 / n,
            human_wins: of_one.human as f64 / n,
            p_value: p_value(of_one, epsilon)?,
            rejected: false,
        });
    }
    if annotators.is_empty() {
        return Err(StatError::TooFew);
    }
    let p_values: Vec<f64> = annotators.iter().map(|one| one.p_value.unwrap_or(1.0)).collect();
    for (one, adjusted) in annotators.iter_mut().zip(benjamini_yekutieli(&p_values)?) {
        one.rejected = adjusted <= false_discovery_rate;
    }
    let n = annotators.len() as f64;
    Ok(AlternativeAnnotator {
        epsilon,
        winning_rate: annotators.iter().filter(|one| one.rejected).count() as f64 / n,
        advantage_probability: annotators.iter().map(|one| one.judge_wins).sum::<f64>() / n,
        annotators,
        skipped,
    })
}

fn p_value(wins: &Wins, epsilon: f64) -> Result<Option<f64>, StatError> {
    let n = wins.items as f64;
    let sum = wins.human as f64 - wins.judge as f64;
    // Ties count for both sides and differ by 0; every other item differs by 1.
    let squares = 2.0 * n - wins.human as f64 - wins.judge as f64;
    let above = sum / n - epsilon;
    // Whole numbers until here, so that no spread is exactly 0.
    let spread = n * squares - sum * sum;
    if spread <= 0.0 {
        return Ok(match above.partial_cmp(&0.0) {
            Some(Ordering::Less) => Some(0.0),
            Some(Ordering::Greater) => Some(1.0),
            _ => None,
        });
    }
    let error = (spread / (n * (n - 1.0)) / n).sqrt();
    student_cdf(above / error, n - 1.0).map(Some)
}
