//! The judge's error rates as measured on another labelled run.
//!
//! They carry over only if the judge errs as often here as there. Labels of the run itself need no such
//! belief, and give narrower intervals.

use std::collections::HashMap;
use std::path::Path;

use super::agreement::Scope;
use super::digest::Digest;
use super::nothing_labelled;
use super::people::People;
use crate::error::Result;
use crate::input::read_labels;
use crate::stats::JudgedShare;
use crate::store::RunFile;
use crate::trial::Side;
use crate::vote::Preference;

/// How often verdicts and people named each system of a pair: `counts[people][verdict]`.
type Counts = [[u64; 2]; 2];

/// What a judge got right elsewhere, by pair of systems.
///
/// A verdict counts as positive for a system if both orders name it, and as negative else. Pairs in which
/// anybody said tie are left out: the method knows two outcomes. So is everything if the labelled comparisons
/// were drawn with unequal probabilities.
#[derive(Debug, Clone, Default)]
pub struct ErrorRates {
    /// By pair: for each side how often it was named by people (or not) and by the verdict (or not).
    pairs: HashMap<[String; 2], [Counts; 2]>,
    /// The models that were measured.
    models: Vec<String>,
    /// A digest of what they were asked.
    rendering: String,
}

impl ErrorRates {
    /// Measures error rates on another run with its labels.
    ///
    /// # Errors
    ///
    /// The run or the labels cannot be read, or no label speaks of any comparison of the run.
    pub fn measure(run: &RunFile, path: &Path, judge: Option<&str>) -> Result<Self> {
        let digest = Digest::read(run, judge, None)?;
        let labels = read_labels(path, &digest.roster)?;
        let people = People::join(&labels, &digest, None);
        if people.panels.is_empty() {
            return Err(nothing_labelled(path, &people, None));
        }
        let rendering = run.manifest().rendering.clone();
        let mut rates = Self { models: models(run), rendering, ..Self::default() };
        let mut with_ties = Vec::new();
        let scope = Scope::new(&digest, &people, &[]);
        // Labels that do not stand for the run alike do not show how often it errs.
        let alike = !scope.weighted && scope.drawn_unknown() == 0;
        for panel in people.panels.iter().filter(|_| alike) {
            let row = &digest.rows[panel.row as usize];
            let Some(label) = panel.label else { continue };
            if digest.averaged(panel.row).is_none() {
                continue;
            }
            let between = &digest.pairs[row.pair as usize].between;
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

    /// Returns whether another run asked the same models the same; the rates of others do not carry over.
    pub(super) fn are_of(&self, run: &RunFile) -> bool {
        self.models == models(run) && self.rendering == run.manifest().rendering
    }

    /// Returns the error rates for the wins of one side of a pair; the share itself is left at 0.
    pub(super) fn of(&self, between: &[String; 2], side: Side) -> Option<JudgedShare> {
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
    run.judges().iter().map(|judge| judge.record.model.clone()).collect()
}
