//! The judge's error rates as measured on another labelled run.
//!
//! They hold for this run only if the judge errs as often in both. Labels of this run avoid that assumption
//! and give narrower intervals.

use std::collections::HashMap;

use super::comparisons::ComparisonTable;
use super::labelled::LabelledComparisons;
use super::no_labels::{LabelledIn, no_label_matches};
use super::panels::LabelPanels;
use crate::error::Result;
use crate::input::{DataFile, read_labels};
use crate::stats::JudgedShare;
use crate::store::RunFile;
use crate::trial::Side;
use crate::vote::Preference;

/// How often people, and the verdict, named one side of a pair: `counts[people][verdict]`, each 0 for no and
/// 1 for yes.
type NamedCounts = [[u64; 2]; 2];

/// A judge's error rates on another labelled run, by pair of systems.
///
/// A verdict is positive for a system if both orders name it, else negative. Pairs with any tie are left out,
/// since the method knows two outcomes only. If the labelled comparisons were drawn with unequal probabilities,
/// there are no rates at all.
#[derive(Debug, Clone, Default)]
pub struct ErrorRates {
    /// The counts of each side of each pair.
    pairs: HashMap<[String; 2], [NamedCounts; 2]>,
    /// The models that were measured.
    models: Vec<String>,
    /// A digest of the rubric and prompt they were asked with.
    rendering: String,
}

impl ErrorRates {
    /// Measures error rates on another run with its labels.
    ///
    /// # Errors
    ///
    /// The run or the labels cannot be read, or no label matches a comparison in the run.
    pub fn measure(run: &RunFile, labels: &DataFile, judge: Option<&str>) -> Result<Self> {
        let comparisons = ComparisonTable::read(run, judge, None)?;
        let label_file = read_labels(labels, &comparisons.items)?;
        let panels = LabelPanels::join(&label_file, &comparisons, None);
        if panels.panels.is_empty() {
            let path = labels.path();
            return Err(no_label_matches(
                path,
                &label_file,
                &panels,
                &comparisons,
                LabelledIn::Run,
            ));
        }
        let rendering = run.manifest().rendering.clone();
        let mut rates = Self { models: models(run), rendering, ..Self::default() };
        let mut with_ties = Vec::new();
        let labelled = LabelledComparisons::new(&comparisons, &panels, &[]);
        // Error rates over labels that were drawn unequally are not those of the run.
        let equally_likely = !labelled.weighted && labelled.without_probability() == 0;
        for panel in panels.panels.iter().filter(|_| equally_likely) {
            let row = &comparisons.rows[panel.row as usize];
            let Some(label) = panel.label else { continue };
            if comparisons.order_averaged(panel.row).is_none() {
                continue;
            }
            let between = &comparisons.pairs[row.pair as usize].between;
            if label == Preference::Tie || row.winner == Some(Preference::Tie) {
                with_ties.push(between.clone());
                continue;
            }
            let counts = rates.pairs.entry(between.clone()).or_default();
            for (side, counts) in [Side::A, Side::B].into_iter().zip(counts) {
                let named = |choice: Option<Preference>| choice == Some(Preference::For(side));
                counts[usize::from(named(Some(label)))][usize::from(named(row.winner))] += 1;
            }
        }
        rates.pairs.retain(|between, _| !with_ties.contains(between));
        Ok(rates)
    }

    /// Returns whether a run asked the same models with the same rubric and prompt; the rates hold for no other.
    pub(super) fn apply_to(&self, run: &RunFile) -> bool {
        self.models == models(run) && self.rendering == run.manifest().rendering
    }

    /// Returns the error rates for the wins of one side of a pair, with a share of 0 over 0 comparisons.
    pub(super) fn for_wins(&self, between: &[String; 2], side: Side) -> Option<JudgedShare> {
        let [no, yes] = self.pairs.get(between)?[side as usize];
        let (negatives, positives) = (no[0] + no[1], yes[0] + yes[1]);
        let share = |part: u64, whole: u64| (whole > 0).then(|| part as f64 / whole as f64);
        Some(JudgedShare {
            share: 0.0,
            n: 0,
            specificity: share(no[0], negatives)?,
            negatives,
            sensitivity: share(yes[1], positives)?,
            positives,
        })
    }
}

fn models(run: &RunFile) -> Vec<String> {
    run.asked_judges().iter().map(|judge| judge.record.model.clone()).collect()
}
