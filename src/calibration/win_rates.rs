//! How often a system wins: by the judge over all comparisons, on kept verdicts alone, and corrected with
//! labels; and the bounds that hold whichever way the dropped comparisons would have gone.

use serde::Serialize;

use super::comparisons::{ComparisonRow, SystemPair};
use super::corrected_rate::{CorrectionBasis, Draw, RatedLabel, RatedRow, corrected_rate};
use super::error_rates::ErrorRates;
use super::intervals::CONFIDENCE;
use super::labelled::LabelledComparisons;
use super::panels::Panel;
use super::weighted_scores::WeightedScores;
use crate::stats::{
    Estimate, Interval, JudgedShare, StatError, VerdictCounts, imbens_manski, manski,
    manski_errors, rogan_gladen, tipping_share, wilson,
};
use crate::summary::WinRateScores;
use crate::trial::Side;
use crate::vote::Preference;

/// The win rates of one pair of systems; a tie is half a win.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct WinRates {
    /// The two systems, in byte order.
    pub between: [String; 2],
    /// The system whose wins are counted.
    pub system: String,
    /// Over both orders of every comparison that was answered, kept or not; undefined where no reply to any of
    /// them could be read.
    pub order_averaged: Estimate,
    /// The same with the interval that holds whatever the orders without a readable vote would have chosen.
    pub unreadable_bounds: Estimate,
    /// Orders behind `order_averaged` without a readable vote, of all judges.
    pub unreadable_orders: u64,
    /// Over kept verdicts alone.
    pub kept: Estimate,
    /// Bounds of the judge's win rate over whichever way the comparisons that were not kept would have gone.
    pub bounds: Option<WinBounds>,
    /// Corrected with labels (prediction-powered); the mean label where every comparison has one.
    pub ppi: Estimate,
    /// What `ppi` is based on; `None` without labels.
    pub ppi_basis: Option<CorrectionBasis>,
    /// Corrected by the error rates that were measured on another run; `None` without one.
    pub rogan_gladen: Option<Estimate>,
    /// The mean label, over the labelled comparisons alone.
    pub labels: Estimate,
    /// Over comparisons that were asked in one order only, by their votes alone, which no second order confirms; of a
    /// jury, their mean over its judges. `None` without any.
    pub one_order: Option<Estimate>,
}

impl WinRates {
    /// Returns how many comparisons can be labelled: those that the judge answered, or all that are labelled.
    pub(super) fn comparisons(&self) -> u64 {
        self.order_averaged.n.max(self.labels.n)
    }
}

/// Bounds of a win rate over whichever way the comparisons that were not kept would have gone.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct WinBounds {
    /// If all of them went to the other system.
    pub low: f64,
    /// If all of them went to the counted system.
    pub high: f64,
    /// The lower end of the interval that covers the win rate, wherever it lies between the bounds.
    pub ci_low: f64,
    /// The upper end of it.
    pub ci_high: f64,
    /// Whether the interval excludes ½: then the dropped comparisons cannot change which system wins. Verdicts
    /// that the judge gets wrong in both orders still can.
    pub robust: bool,
    /// The share of the dropped comparisons that the counted system must win for a win rate of ½; `None` where
    /// nothing was dropped or no share of them gives ½.
    pub tipping_share: Option<f64>,
}

impl WinBounds {
    /// Bounds the win rate of the system whose wins are counted; `None` without comparisons.
    pub(crate) fn of(counts: &VerdictCounts) -> Option<Self> {
        let bounds = manski(counts).ok()?;
        // Where neither bound has any spread: Wilson's interval of each, whose width is never 0.
        let wilsons = || -> Result<Interval, StatError> {
            let n = counts.total() as f64;
            let low = wilson(bounds.low * n, n, CONFIDENCE)?.low;
            Ok(Interval { low, high: wilson(bounds.high * n, n, CONFIDENCE)?.high })
        };
        let interval = manski_errors(counts)
            .and_then(|errors| imbens_manski(bounds, errors, CONFIDENCE))
            .or_else(|_| wilsons())
            .ok()?
            .within(0.0, 1.0);
        Some(Self {
            low: bounds.low,
            high: bounds.high,
            ci_low: interval.low,
            ci_high: interval.high,
            robust: !interval.contains(0.5),
            tipping_share: tipping_share(counts).ok().flatten(),
        })
    }

    /// Returns whether any comparison was dropped: then the bounds differ.
    pub(crate) fn has_dropped(&self) -> bool {
        self.low < self.high
    }
}

/// Computes the win rates of every pair; `rates` are the judge's error rates on another run.
pub(super) fn win_rates(
    labelled: LabelledComparisons<'_>,
    rates: Option<&ErrorRates>,
) -> Vec<WinRates> {
    let LabelledComparisons { comparisons, labels, .. } = labelled;
    let mut panel_of: Vec<Option<&Panel>> = vec![None; comparisons.rows.len()];
    for panel in &labels.panels {
        panel_of[panel.row as usize] = Some(panel);
    }
    let mut rows: Vec<Vec<u32>> = vec![Vec::new(); comparisons.pairs.len()];
    for (at, row) in comparisons.rows.iter().enumerate() {
        rows[row.pair as usize].push(at as u32);
    }
    let answered = comparisons.answered as f64;
    let represents_run = labels.represent(answered);
    let known = labels.panels.iter().all(|panel| panel.probability.is_some());
    let of_pair = |(pair, rows): (&SystemPair, &Vec<u32>)| {
        let panel_of = &panel_of;
        PairData { labelled, pair, rows, panel_of, represents_run, known }.win_rates(rates)
    };
    comparisons.pairs.iter().zip(&rows).map(of_pair).collect()
}

/// The comparisons of one pair of systems, with their labels.
struct PairData<'a> {
    labelled: LabelledComparisons<'a>,
    pair: &'a SystemPair,
    rows: &'a [u32],
    panel_of: &'a [Option<&'a Panel>],
    /// Whether the labelled comparisons represent the whole run, by their probabilities.
    represents_run: bool,
    /// Whether the probabilities of all labelled comparisons are known; if some are not, none are used.
    known: bool,
}

impl PairData<'_> {
    fn row(&self, at: u32) -> &ComparisonRow {
        &self.labelled.comparisons.rows[at as usize]
    }

    fn win_rates(&self, rates: Option<&ErrorRates>) -> WinRates {
        let (mut scores, mut labels) = (WinRateScores::default(), WeightedScores::default());
        for &at in self.rows {
            let row = self.row(at);
            if let Some(score) = self.labelled.comparisons.order_averaged(at) {
                let readable = self.labelled.comparisons.has_readable_reply(at);
                scores.add_order_averaged(score, readable, row.item);
            } else if let Some(score) = self.labelled.comparisons.one_order(at) {
                scores.add_one_order(score, row.item);
            }
            if let Some(winner) = row.winner {
                scores.add_kept(winner, self.pair.counted, row.item);
            }
            if let Some(panel) = self.panel_of[at as usize] {
                labels.push(self.label_score(panel), row.item, self.labelled.weight(panel));
            }
        }
        let (ppi, ppi_basis) = self.corrected();
        WinRates {
            between: self.pair.between.clone(),
            system: self.pair.system().to_owned(),
            order_averaged: scores.order_averaged(),
            unreadable_bounds: scores.unreadable_bounds(),
            unreadable_orders: scores.unreadable_orders,
            kept: scores.kept(),
            bounds: WinBounds::of(&self.counts()),
            ppi,
            ppi_basis,
            rogan_gladen: rates.and_then(|rates| self.by_error_rates(rates)),
            labels: labels.share(),
            one_order: scores.one_order(),
        }
    }

    /// Returns what a comparison is worth to the counted system by its panel.
    fn label_score(&self, panel: &Panel) -> f64 {
        self.labelled.labels.worth(panel, self.pair.counted)
    }

    fn counts(&self) -> VerdictCounts {
        let mut counts = VerdictCounts::default();
        for &at in self.rows {
            match self.row(at).winner.map(|winner| self.pair.score(winner)) {
                None => counts.dropped += 1,
                Some(score) if score > 0.5 => counts.wins += 1,
                Some(score) if score < 0.5 => counts.losses += 1,
                Some(_) => counts.ties += 1,
            }
        }
        counts
    }

    /// Returns the win rate corrected with labels, and what it is based on.
    fn corrected(&self) -> (Estimate, Option<CorrectionBasis>) {
        let of_row = |&at: &u32| {
            let row = self.row(at);
            let judge = self.labelled.comparisons.order_averaged(at).map(|found| found.score);
            let label = self.panel_of[at as usize].map(|panel| RatedLabel {
                score: self.label_score(panel),
                probability: panel.probability,
                weight: self.labelled.weight(panel),
            });
            RatedRow { item: row.item, judge, stratum: stratum(row), label }
        };
        let rows: Vec<RatedRow> = self.rows.iter().map(of_row).collect();
        corrected_rate(&rows, Draw { known: self.known, represents_run: self.represents_run })
    }

    /// Returns the win rate corrected by error rates from another run; `None` with ties, which the method does not
    /// allow.
    fn by_error_rates(&self, rates: &ErrorRates) -> Option<Estimate> {
        let rates = rates.for_wins(&self.pair.between, self.pair.counted)?;
        let answered = |at: &&u32| self.labelled.comparisons.order_averaged(**at).is_some();
        let n = self.rows.iter().filter(answered).count() as u64;
        let counts = self.counts();
        if counts.ties > 0 || n == 0 {
            return None;
        }
        let judged = JudgedShare { share: counts.wins as f64 / n as f64, n, ..rates };
        let corrected = rogan_gladen(&judged, CONFIDENCE).ok()?;
        Some(Estimate::new(corrected.value, corrected.interval, n))
    }
}

/// Returns the stratum of a comparison: kept for A, for B, kept tie; `None` without a kept verdict.
fn stratum(row: &ComparisonRow) -> Option<usize> {
    match row.winner? {
        Preference::For(Side::A) => Some(0),
        Preference::For(Side::B) => Some(1),
        Preference::Tie => Some(2),
    }
}
