//! A rate corrected with labels: how often a system wins, or how often its responses pass, if people had said it of all.

use serde::Serialize;

use super::weighted_scores::WeightedScores;
use crate::stats::{Estimate, Labelled, VerdictStratum, corrected_win_rate};

/// The most kinds of kept verdicts.
const KINDS: usize = 3;

/// What a win rate corrected with labels is based on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum CorrectionBasis {
    /// Every comparison is labelled: the win rate is the mean label.
    EveryLabel,
    /// Every comparison that the judge answered is labelled, others are not: the win rate is the mean label of
    /// those.
    EveryAnswered,
    /// The labelled comparisons were drawn with known probabilities: the win rate estimates what people prefer.
    KnownProbabilities,
    /// It is unknown how the labelled comparisons were chosen: the win rate holds only if that was at random.
    AsIfRandom,
    /// The labelled comparisons were drawn with known probabilities, but do not represent the whole run.
    IncompleteSample,
    /// Only kept verdicts are labelled, which says nothing about the others: the win rate is undefined.
    OnlyKept,
}

/// One comparison or response that a rate is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RatedRow {
    /// The number of its item.
    pub(crate) item: u32,
    /// The judge's score, averaged over both orders, from 0 to 1; `None` without an answer.
    pub(crate) judge: Option<f64>,
    /// Which kind of verdict was kept, below 3; `None` if none was.
    pub(crate) stratum: Option<usize>,
    /// What people say of it; `None` where it is not labelled.
    pub(crate) label: Option<RatedLabel>,
}

/// The score that people give.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RatedLabel {
    /// From 0 to 1.
    pub(crate) score: f64,
    /// The probability with which it was drawn, where that is known.
    pub(crate) probability: Option<f64>,
    /// How many rows a labelled one represents; the same for all where the probabilities are unknown or equal.
    pub(crate) weight: f64,
}

/// How the labelled rows were drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Draw {
    /// Whether the probabilities of all labelled rows are known; if some are not, none are used.
    pub(crate) known: bool,
    /// Whether the labelled rows represent the whole run, by their probabilities.
    pub(crate) represents_run: bool,
}

/// Returns a rate corrected with labels, and what it is based on.
pub(crate) fn corrected_rate(rows: &[RatedRow], draw: Draw) -> (Estimate, Option<CorrectionBasis>) {
    if rows.iter().all(|row| row.label.is_some()) {
        return (mean_label(rows, |_| 1.0), Some(CorrectionBasis::EveryLabel));
    }
    // The last stratum is of rows without a kept verdict.
    let mut strata: [VerdictStratum; KINDS + 1] = Default::default();
    let mut answered = Vec::new();
    for row in rows {
        let Some(judge) = row.judge else { continue };
        let stratum = &mut strata[row.stratum.unwrap_or(KINDS).min(KINDS)];
        if let Some(label) = row.label {
            let probability = label.probability.filter(|_| draw.known);
            let weight = probability.map_or(1.0, |probability| 1.0 / probability);
            stratum.labelled.push(Labelled { human: label.score, judge, weight });
            answered.push(*row);
        } else if stratum.unlabelled.push(judge).is_err() {
            return (Estimate::undefined(0), None);
        }
    }
    let n = answered.len() as u64;
    let rest: u64 = strata.iter().map(|stratum| stratum.unlabelled.n()).sum();
    if n == 0 {
        return (Estimate::undefined(0), None);
    }
    if rest == 0 {
        return (mean_label(&answered, |_| 1.0), Some(CorrectionBasis::EveryAnswered));
    }
    let dropped = strata[KINDS].unlabelled.n();
    let expected = n as f64 * dropped as f64 / (rest + n) as f64;
    if strata[KINDS].labelled.is_empty() && expected >= 3.0 {
        return (Estimate::undefined(n), Some(CorrectionBasis::OnlyKept));
    }
    let basis = match draw.known {
        true if draw.represents_run => CorrectionBasis::KnownProbabilities,
        true => CorrectionBasis::IncompleteSample,
        false => CorrectionBasis::AsIfRandom,
    };
    let estimate = corrected_win_rate(&strata).map_or_else(
        || mean_label(&answered, |label| label.weight),
        |(value, interval)| Estimate::of(Some(value), interval, n),
    );
    (estimate, Some(basis))
}

/// Returns the mean label of the labelled rows.
fn mean_label(rows: &[RatedRow], weight: impl Fn(&RatedLabel) -> f64) -> Estimate {
    let mut labels = WeightedScores::default();
    for (row, label) in rows.iter().filter_map(|row| Some((row, row.label?))) {
        labels.push(label.score, row.item, weight(&label));
    }
    labels.share()
}
