//! The win rate that people would give to all comparisons, from their labels of some of them: which estimate and
//! which interval, by how many labels each kind of verdict has.

use super::{
    Interval, Labelled, Moments, Stratum, double_sampling_mean, prediction_powered_mean,
    stratified_prediction_powered,
};

/// Fewest labels of a stratum that is corrected by itself; fewer give no useful estimate of its spread.
const STRATUM_LABELS: usize = 5;
/// Labels of all strata together below which the coverage of the stratified interval is too low.
const FEW_LABELS: u64 = 100;
/// The confidence of the interval.
const CONFIDENCE: f64 = 0.95;

/// The comparisons on which a judge has the same kind of verdict.
#[derive(Debug, Clone, Default)]
pub struct VerdictStratum {
    /// Those that people labelled.
    pub labelled: Vec<Labelled>,
    /// The judge's scores of the others.
    pub unlabelled: Moments,
}

impl VerdictStratum {
    fn size(&self) -> u64 {
        self.labelled.len() as u64 + self.unlabelled.n()
    }

    fn is_large_enough(&self) -> bool {
        self.size() == 0 || self.labelled.len() >= STRATUM_LABELS
    }
}

/// Returns the win rate that people would give to all comparisons, with its 95 % interval: stratified by verdict where
/// each stratum has enough labels, else over all comparisons together. The labels of some comparisons must have been
/// drawn at random, with the probabilities that their weights are the reciprocals of.
///
/// With fewer than 100 labels the interval is also at least that of all comparisons together. For that one, two labels
/// are added, one where people say 1 and the judge 0, and one the other way round: a judge that errs rarely has no error
/// among a few labels, and the interval from these alone covers too rarely.
///
/// The interval is `None` where labels do not vary around the judge's scores; the result is `None` where there are too
/// few labels.
///
/// # References
///
/// Agresti, A. and Caffo, B. (2000). Simple and effective confidence intervals for proportions and differences of
/// proportions result from adding two successes and two failures. *The American Statistician* 54, 280–288.
pub fn corrected_win_rate(strata: &[VerdictStratum]) -> Option<(f64, Option<Interval>)> {
    let total: u64 = strata.iter().map(VerdictStratum::size).sum();
    let filled = strata.iter().filter(|stratum| stratum.size() > 0);
    let parts: Vec<Stratum<'_>> = filled
        .map(|stratum| Stratum {
            weight: stratum.size() as f64 / total as f64,
            labelled: &stratum.labelled,
            unlabelled: stratum.unlabelled,
        })
        .collect();
    let enough = strata.iter().all(VerdictStratum::is_large_enough);
    let stratified = if enough { stratified_prediction_powered(&parts).ok() } else { None };
    // The run is itself a sample, so the shares of its strata vary too.
    let stratified = stratified.map(|found| found.with_sampled_weights(total));
    // A stratum whose labels do not vary would count as certain; pooled, its spread is estimated.
    let Some(found) = stratified.filter(|found| !found.degenerate) else { return pooled(strata) };
    let mut interval = found.interval(CONFIDENCE).ok()?.within(0.0, 1.0);
    if found.labelled < FEW_LABELS
        && let Some((_, Some(wider))) = pooled(strata)
    {
        interval.low = interval.low.min(wider.low);
        interval.high = interval.high.max(wider.high);
    }
    Some((found.value.clamp(0.0, 1.0), Some(interval)))
}

/// Returns the same over all comparisons together.
fn pooled(strata: &[VerdictStratum]) -> Option<(f64, Option<Interval>)> {
    let labelled: Vec<Labelled> =
        strata.iter().flat_map(|stratum| &stratum.labelled).copied().collect();
    let mut rest = Moments::default();
    for stratum in strata {
        rest.join(&stratum.unlabelled);
    }
    let found = if Labelled::are_equally_likely(&labelled) {
        prediction_powered_mean(&labelled, &rest, None).ok()?
    } else {
        // With unequal probabilities the unlabelled comparisons alone do not represent the run; all together do.
        for one in &labelled {
            rest.push(one.judge).ok()?;
        }
        double_sampling_mean(&labelled, &rest).ok()?
    };
    let weight = labelled.iter().map(|one| one.weight).sum::<f64>() / labelled.len() as f64;
    let added = [(1.0, 0.0), (0.0, 1.0)].map(|(human, judge)| Labelled { human, judge, weight });
    let more = [&labelled[..], &added].concat();
    let more = prediction_powered_mean(&more, &rest, Some(found.lambda)).ok()?;
    let value = found.value.clamp(0.0, 1.0);
    let around = |interval: Interval| Interval {
        low: interval.low.clamp(0.0, value),
        high: interval.high.clamp(value, 1.0),
    };
    Some((value, more.interval(CONFIDENCE).ok().map(around)))
}
