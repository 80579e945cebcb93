//! The difference of two systems' shares that people would find, from their labels of some responses of each: two
//! prediction-powered means over the same items.
//!
//! Both systems answer the same items, so that their shares are not independent. Each mean is a sum over responses, up to
//! terms that vanish, so the spread of the difference is that of what each item contributes to both, whether or not the
//! same items are labelled for both.

use super::{
    Interval, Labelled, Moments, StatError, clustered_standard_error, double_sampling_mean,
    prediction_powered_mean, student_quantile,
};

/// The responses of a system: those that people labelled, and the judge's scores of the others. Scores are in `[0, 1]`.
#[derive(Debug, Clone, Copy)]
pub struct RatedSystem<'a, C> {
    /// Those that people labelled.
    pub labelled: &'a [Labelled],
    /// The item of each of these.
    pub labelled_items: &'a [C],
    /// The judge's scores of the others.
    pub unlabelled: &'a [f64],
    /// The item of each of these.
    pub unlabelled_items: &'a [C],
}

/// Returns the mean that people would give to all responses of the second system minus that of the first, with its
/// interval.
///
/// Each mean is that of [`prediction_powered_mean`], or that of [`double_sampling_mean`] where the labelled responses were
/// drawn with unequal probabilities. With its λ, a labelled response contributes `w(r − r̄)/Σw` for `r = y − λf`, and one
/// without a label, or there all of them, `λ(f − f̄)/N`. The interval is `± t(g − 1)·√(G/(G − 1)·Σ e²)` for what each of
/// `G` items contributes to the difference, `e`, and `g` items with a label, cut to `[−1, 1]`. For it, two labels are
/// added to each system, one where people say 1 and the judge 0, and one the other way round: as for
/// [`corrected_win_rate`](super::corrected_win_rate), a judge that errs rarely has no error among a few labels.
///
/// # Errors
///
/// As for [`prediction_powered_mean`]; [`StatError::OutOfRange`] also if slices differ in length or a score is not in
/// `[0, 1]`.
///
/// # References
///
/// Angelopoulos, A. N., Duchi, J. C. and Zrnic, T. (2023), as for [`prediction_powered_mean`]. Cameron, A. C. and Miller,
/// D. L. (2015), as for [`clustered_standard_error`]. Agresti, A. and Caffo, B. (2000), as for
/// [`corrected_win_rate`](super::corrected_win_rate).
pub fn corrected_difference<C: Ord>(
    before: &RatedSystem<'_, C>,
    after: &RatedSystem<'_, C>,
    confidence: f64,
) -> Result<(f64, Interval), StatError> {
    let items = Items::of(before, after);
    let (mut value, mut centre) = (0.0, 0.0);
    let (mut residuals, mut clusters, mut with_label) = (Vec::new(), Vec::new(), Vec::new());
    for (system, sign, added) in [(before, -1.0, items.count), (after, 1.0, items.count + 2)] {
        let found = Mean::of(system)?;
        let more = found.with_errors(system);
        value += sign * found.value;
        centre += sign * more.value;
        let labelled = system.labelled_items.iter().map(|item| items.number(item));
        let labelled = labelled.chain([added, added + 1]);
        with_label.extend(labelled.clone());
        let others = system.unlabelled_items.iter().map(|item| items.number(item));
        let again = system.labelled_items.iter().map(|item| items.number(item));
        let judged = others.chain(again.take(if found.is_weighted { usize::MAX } else { 0 }));
        residuals.extend(more.residuals.iter().map(|residual| sign * residual));
        clusters.extend(labelled.chain(judged));
    }
    let n = residuals.len() as f64;
    // What is divided by n again is a sum.
    for residual in &mut residuals {
        *residual *= n;
    }
    let error = clustered_standard_error(&residuals, &clusters)?;
    with_label.sort_unstable();
    with_label.dedup();
    let half = student_quantile(confidence, with_label.len() as f64 - 1.0)? * error;
    let interval = Interval { low: (centre - half).min(value), high: (centre + half).max(value) };
    Ok((value, interval.within(-1.0, 1.0)))
}

/// The items of both systems, by their order.
struct Items<'a, C> {
    sorted: Vec<&'a C>,
    count: usize,
}

impl<'a, C: Ord> Items<'a, C> {
    fn of(before: &RatedSystem<'a, C>, after: &RatedSystem<'a, C>) -> Self {
        let of = [before, after]
            .map(|system| system.labelled_items.iter().chain(system.unlabelled_items));
        let mut sorted: Vec<&C> = of.into_iter().flatten().collect();
        sorted.sort_unstable();
        sorted.dedup();
        let count = sorted.len();
        Self { sorted, count }
    }

    fn number(&self, item: &C) -> usize {
        self.sorted.partition_point(|known| *known < item)
    }
}

/// A prediction-powered mean, and what each response contributes to its error: labelled ones first.
struct Mean {
    value: f64,
    lambda: f64,
    /// Whether the judge's mean is over all responses, the labelled ones included.
    is_weighted: bool,
    residuals: Vec<f64>,
}

impl Mean {
    fn of<C>(system: &RatedSystem<'_, C>) -> Result<Self, StatError> {
        let RatedSystem { labelled, labelled_items, unlabelled, unlabelled_items } = *system;
        let is_share = |score: f64| (0.0..=1.0).contains(&score);
        let in_range = labelled.iter().all(|one| is_share(one.human) && is_share(one.judge))
            && unlabelled.iter().all(|score| is_share(*score));
        let equal =
            labelled.len() == labelled_items.len() && unlabelled.len() == unlabelled_items.len();
        if !in_range || !equal {
            return Err(StatError::OutOfRange);
        }
        let mut rest = Moments::of(unlabelled)?;
        let is_weighted = !Labelled::are_equally_likely(labelled);
        let found = if is_weighted {
            for one in labelled {
                rest.push(one.judge)?;
            }
            double_sampling_mean(labelled, &rest)?
        } else {
            prediction_powered_mean(labelled, &rest, None)?
        };
        let lambda = found.lambda;
        Ok(Self { value: found.value, lambda, is_weighted, residuals: Vec::new() })
    }

    /// Returns the mean with two errors of the judge more, with the same λ.
    fn with_errors<C>(&self, system: &RatedSystem<'_, C>) -> Self {
        let Self { lambda, is_weighted, .. } = *self;
        let labelled = system.labelled;
        let weight = labelled.iter().map(|one| one.weight).sum::<f64>() / labelled.len() as f64;
        let added =
            [(1.0, 0.0), (0.0, 1.0)].map(|(human, judge)| Labelled { human, judge, weight });
        let of_label = |one: &Labelled| (one.human - lambda * one.judge, one.weight);
        let labels: Vec<(f64, f64)> = labelled.iter().chain(&added).map(of_label).collect();
        let total: f64 = labels.iter().map(|(_, weight)| weight).sum();
        let rectifier = labels.iter().map(|(of, weight)| of * weight).sum::<f64>() / total;
        let again = labelled.iter().take(if is_weighted { usize::MAX } else { 0 });
        let judged: Vec<f64> =
            system.unlabelled.iter().copied().chain(again.map(|one| one.judge)).collect();
        let n = judged.len().max(1) as f64;
        let judge = judged.iter().sum::<f64>() / n;
        let of_labels = labels.iter().map(|(of, weight)| weight * (of - rectifier) / total);
        let of_judge = judged.iter().map(|score| lambda * (score - judge) / n);
        Self {
            value: lambda * judge + rectifier,
            lambda,
            is_weighted,
            residuals: of_labels.chain(of_judge).collect(),
        }
    }
}
