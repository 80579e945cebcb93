//! What a run, and the labels that it has so far, say about the assumptions of a plan.

use std::collections::HashSet;

use super::super::comparisons::ComparisonTable;
use super::super::findings::FEW_LABELS;
use super::super::panels::{LabelPanels, Panel};
use super::super::{CalibrationOptions, calibrate_table, coverage};
use crate::error::Result;
use crate::input::DataFile;
use crate::stats::{design_effect, pearson, planned_design_effect};
use crate::store::{JudgeChoice, RunFile};
use crate::summary::WinRateScores;

/// Fewest labelled comparisons from which a correlation or a spread is taken.
const FEWEST: usize = 20;

/// What a run says.
#[derive(Debug)]
pub(super) struct RunFacts {
    /// The judge's name, or `jury`.
    pub(super) judge: String,
    /// Judges that are asked about each comparison.
    pub(super) judges: u64,
    /// How often each order is asked.
    pub(super) repeat: u64,
    /// Comparisons that were planned.
    pub(super) planned: u64,
    /// Comparisons that the judge has answered in both orders.
    pub(super) answered: u64,
    /// Items with such comparisons.
    items: u64,
    /// Kept of all planned; `None` without a comparison.
    pub(super) coverage: Option<f64>,
    /// What the run has cost so far, in USD.
    pub(super) cost: f64,
    /// Each pair of systems.
    pub(super) pairs: Vec<PairFacts>,
    /// What the labels so far say.
    pub(super) labels: Option<LabelFacts>,
}

/// What a run says about two systems.
#[derive(Debug)]
pub(super) struct PairFacts {
    pub(super) between: [String; 2],
    /// The one whose wins are counted.
    pub(super) system: String,
    /// Comparisons that the judge has answered in both orders.
    pub(super) comparisons: u64,
    /// How often the system wins by the judge, over both orders.
    pub(super) judge_rate: Option<f64>,
    /// How often it wins by people, corrected with the labels so far.
    pub(super) label_rate: Option<f64>,
    /// The variance of what people say, of the variance without ties.
    pub(super) spread: Option<f64>,
}

/// What the labels so far say.
#[derive(Debug)]
pub(super) struct LabelFacts {
    /// Comparisons with a label.
    pub(super) labelled: u64,
    pub(super) agreement: Option<f64>,
    pub(super) kappa: Option<f64>,
    pub(super) correlation: Option<f64>,
    pub(super) item_correlation: Option<f64>,
}

impl RunFacts {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// As for [`calibrate`](super::super::calibrate).
    pub(super) fn read(
        run: &RunFile,
        judge: Option<&str>,
        label_file: Option<&DataFile>,
    ) -> Result<Self> {
        let comparisons = ComparisonTable::read(run, judge, None)?;
        let judges = match run.choose_judge(judge)? {
            JudgeChoice::One(_) => 1,
            JudgeChoice::Jury => run.judges().len() as u64,
        };
        let rows = || 0..comparisons.rows.len() as u32;
        let answered: Vec<u32> =
            rows().filter(|at| comparisons.order_averaged(*at).is_some()).collect();
        let items: HashSet<u32> =
            answered.iter().map(|at| comparisons.rows[*at as usize].item).collect();
        let mut facts = Self {
            judge: comparisons.judge.clone(),
            judges,
            repeat: comparisons.repeat as u64,
            planned: comparisons.rows.len() as u64,
            answered: answered.len() as u64,
            items: items.len() as u64,
            coverage: coverage(&comparisons, rows()).value.filter(|share| *share > 0.0),
            cost: run.cost(|_| None)?,
            pairs: pairs(&comparisons, &answered),
            labels: None,
        };
        if let Some(file) = label_file {
            let options = CalibrationOptions { judge, ..CalibrationOptions::default() };
            let (results, panels) = calibrate_table(run, &comparisons, file, options)?;
            for (pair, rates) in facts.pairs.iter_mut().zip(&results.win_rates) {
                let inside = |rate: &f64| *rate > 0.0 && *rate < 1.0;
                let is_of_pair = rates.between == pair.between;
                pair.label_rate = rates.ppi.value.filter(inside).filter(|_| is_of_pair);
            }
            add_spreads(&mut facts.pairs, &comparisons, &panels);
            facts.labels = Some(LabelFacts {
                labelled: results.labelled,
                agreement: results.orders.agreement.value,
                kappa: results.orders.cohen_kappa.value,
                correlation: correlation(&comparisons, &panels),
                item_correlation: item_correlation(&comparisons, &panels),
            });
        }
        Ok(facts)
    }

    /// Returns how many comparisons an item has.
    pub(super) fn per_item(&self) -> f64 {
        (self.answered as f64 / self.items.max(1) as f64).max(1.0)
    }

    /// Returns how many comparisons have a label, and whether these are few.
    pub(super) fn labelled(&self) -> Option<(u64, bool)> {
        self.labels.as_ref().map(|labels| (labels.labelled, labels.labelled < FEW_LABELS))
    }
}

fn pairs(comparisons: &ComparisonTable, answered: &[u32]) -> Vec<PairFacts> {
    let mut scores: Vec<WinRateScores> = Vec::new();
    scores.resize_with(comparisons.pairs.len(), WinRateScores::default);
    for &at in answered {
        let row = &comparisons.rows[at as usize];
        if let Some(score) = comparisons.order_averaged(at) {
            let readable = comparisons.has_readable_reply(at);
            scores[row.pair as usize].add_order_averaged(score, readable, row.item);
        }
    }
    let inside = |rate: &f64| *rate > 0.0 && *rate < 1.0;
    let of_pair = |(pair, scores): (&super::super::comparisons::SystemPair, &WinRateScores)| {
        let rate = scores.order_averaged();
        PairFacts {
            between: pair.between.clone(),
            system: pair.system().to_owned(),
            comparisons: rate.n,
            judge_rate: rate.value.filter(inside),
            label_rate: None,
            spread: None,
        }
    };
    comparisons.pairs.iter().zip(&scores).map(of_pair).collect()
}

/// Returns what people say of a labelled comparison, and what the judge does, for the counted system.
fn scores(comparisons: &ComparisonTable, panels: &LabelPanels, panel: &Panel) -> Option<[f64; 2]> {
    let counted = comparisons.pairs[comparisons.rows[panel.row as usize].pair as usize].counted;
    Some([panels.worth(panel, counted), comparisons.order_averaged(panel.row)?.score])
}

/// Returns the correlation of the judge's scores with those of people over all pairs of systems, each taken from its mean
/// within the pair; without weights, since a plan is rough.
fn correlation(comparisons: &ComparisonTable, panels: &LabelPanels) -> Option<f64> {
    let (mut people, mut judge) = (Vec::new(), Vec::new());
    for pair in 0..comparisons.pairs.len() as u32 {
        let of_pair = |panel: &&Panel| comparisons.rows[panel.row as usize].pair == pair;
        let both: Vec<[f64; 2]> = panels
            .panels
            .iter()
            .filter(of_pair)
            .filter_map(|panel| scores(comparisons, panels, panel))
            .collect();
        let mean = |at: usize| both.iter().map(|both| both[at]).sum::<f64>() / both.len() as f64;
        people.extend(both.iter().map(|both| both[0] - mean(0)));
        judge.extend(both.iter().map(|both| both[1] - mean(1)));
    }
    if people.len() < FEWEST {
        return None;
    }
    pearson(&people, &judge, 0.95).ok().map(|found| found.value)
}

/// Sets how much what people say varies in each pair.
fn add_spreads(pairs: &mut [PairFacts], comparisons: &ComparisonTable, panels: &LabelPanels) {
    for (number, pair) in pairs.iter_mut().enumerate() {
        let of_pair = |panel: &&Panel| comparisons.rows[panel.row as usize].pair as usize == number;
        let people: Vec<f64> = panels
            .panels
            .iter()
            .filter(of_pair)
            .filter_map(|panel| scores(comparisons, panels, panel))
            .map(|[people, _]| people)
            .collect();
        if people.len() < FEWEST {
            continue;
        }
        let n = people.len() as f64;
        let mean = people.iter().sum::<f64>() / n;
        let variance = people.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / n;
        let without_ties = mean * (1.0 - mean);
        pair.spread = (variance > 0.0).then(|| (variance / without_ties).min(1.0));
    }
}

/// Returns the correlation within an item that the design effect of the labels implies; `None` if too few items have
/// several labelled comparisons to tell.
fn item_correlation(comparisons: &ComparisonTable, panels: &LabelPanels) -> Option<f64> {
    let (mut values, mut items) = (Vec::new(), Vec::new());
    for panel in &panels.panels {
        if let Some([people, _]) = scores(comparisons, panels, panel) {
            values.push(people);
            items.push(comparisons.rows[panel.row as usize].item);
        }
    }
    let distinct: HashSet<u32> = items.iter().copied().collect();
    if distinct.len() < FEWEST || distinct.len() == items.len() {
        return None;
    }
    let effect = design_effect(&values, &items).ok()?;
    let size = items.len() as f64 / distinct.len() as f64;
    // The inverse of the planned design effect, which is linear.
    let full = planned_design_effect(size, 1.0).ok()?;
    Some(((effect - 1.0) / (full - 1.0)).clamp(0.0, 1.0))
}
