//! How many outcomes change when the same is asked twice.
//!
//! A judge does not always say the same, also at temperature 0. Where a run asked each order several times, two of its
//! repeats are two askings of the same, so the share of pairs of repeats that give different outcomes estimates the
//! noise. It is compared with the share of pairs of a repeat of one run and a repeat of the other that differ: both
//! are about orders that are asked once, whatever the number of repeats, so if both runs have repeats, the difference
//! between the second share and the mean of the first over both runs is what the change did. If only one run has, its
//! noise says nothing of that of the other, which another prompt or judge may have made larger: the difference is
//! unknown.
//!
//! Comparisons whose replies one run copied from the other cannot differ by noise. They are left out, and so are
//! those that are still to be asked.

use serde::Serialize;

use super::answers::Answers;
use super::matched::{Matched, Pair};
use crate::stats::{Estimate, Interval, clustered_mean};
use crate::summary::ItemScores;

const CONFIDENCE: f64 = 0.95;

/// How many outcomes change by noise, and how many between the runs, if each order is asked once.
///
/// The numbers are numbers of comparisons among those that were asked again; `n` is how many these are. The intervals
/// are clustered by item.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Noise {
    /// Whose repeats measure it: `before`, `after`, or both.
    pub repeats_of: Vec<&'static str>,
    /// How many outcomes are expected to change when the same is asked twice: the mean over the runs with repeats.
    pub expected: Estimate,
    /// How many change between the runs.
    pub observed: Estimate,
    /// The difference: how many more change than by noise alone; `None` if the noise of one run is unknown.
    pub beyond: Option<Estimate>,
}

/// Measures the noise by the repeats of both runs; `None` if neither has any, or nothing was asked again.
pub(super) fn noise(matched: &Matched) -> Option<Noise> {
    let Matched { before, after, .. } = matched;
    let repeated = [before.repeat > 1, after.repeat > 1];
    let (mut expected, mut observed) = (ItemScores::default(), ItemScores::default());
    let mut beyond = Vec::new();
    for pair in matched.pairs.iter().filter(|pair| was_asked_again(matched, **pair)) {
        let within = [(before, pair.before), (after, pair.after)].map(|(run, at)| within(run, at));
        let known: Vec<f64> = within.into_iter().flatten().collect();
        if known.is_empty() {
            return None;
        }
        let within = known.iter().sum::<f64>() / known.len() as f64;
        let across = across(matched, *pair);
        expected.push(within, pair.item);
        observed.push(across, pair.item);
        beyond.push(across - within);
    }
    let n = expected.n();
    if n == 0 {
        return None;
    }
    let names = ["before", "after"].into_iter().zip(repeated);
    let difference = clustered_mean(&beyond, &expected.items, CONFIDENCE).ok();
    let beyond = difference.map_or(Estimate::undefined(n), |(mean, interval)| {
        Estimate::of(Some(mean), interval.map(|found| found.within(-1.0, 1.0)), n)
    });
    Some(Noise {
        repeats_of: names.filter_map(|(name, is_repeated)| is_repeated.then_some(name)).collect(),
        expected: in_comparisons(expected.estimate()),
        observed: in_comparisons(observed.estimate()),
        beyond: (repeated == [true; 2]).then(|| in_comparisons(beyond)),
    })
}

/// Returns whether a comparison has answers in both runs of which one is not a copy of the other.
fn was_asked_again(matched: &Matched, pair: Pair) -> bool {
    let Matched { before, after, .. } = matched;
    !matched.is_pending(pair) && !before.shares_replies(pair.before, after, pair.after)
}

/// Returns the share of pairs of different repeats of one run that give different outcomes; `None` without repeats.
fn within(run: &Answers, at: usize) -> Option<f64> {
    let verdicts: Vec<_> =
        (0..run.repeat).map(|repeat| run.verdict_of_repeat(at, repeat)).collect();
    let pairs = || {
        verdicts.iter().enumerate().flat_map(|(at, one)| {
            verdicts[at + 1..].iter().map(move |other| f64::from(one != other))
        })
    };
    let n = pairs().count();
    (n > 0).then(|| pairs().sum::<f64>() / n as f64)
}

/// Returns the share of pairs of a repeat of each run that give different outcomes.
fn across(matched: &Matched, pair: Pair) -> f64 {
    let Matched { before, after, .. } = matched;
    let pairs = (0..before.repeat).flat_map(|one| (0..after.repeat).map(move |other| (one, other)));
    let differ = pairs.map(|(one, other)| {
        let verdict = before.verdict_of_repeat(pair.before, one);
        f64::from(verdict != after.verdict_of_repeat(pair.after, other))
    });
    differ.sum::<f64>() / (before.repeat * after.repeat) as f64
}

/// Returns an estimated share of `n` comparisons as a number of comparisons.
fn in_comparisons(share: Estimate) -> Estimate {
    let times = |value: f64| value * share.n as f64;
    let interval = share.low.zip(share.high);
    let interval = interval.map(|(low, high)| Interval { low: times(low), high: times(high) });
    Estimate::of(share.value.map(times), interval, share.n)
}
