//! Two bodies of replies to the same comparisons, measured against the same labels.
//!
//! The labels are joined to the comparisons once, and the replies of both sides are scored as
//! [`calibrate`](super::calibrate) scores those of one. What is compared is paired: a comparison that is hard for both
//! sides says nothing about their difference.

use serde::Serialize;

use super::agreement::{self, OrderAgreement};
use super::comparisons::ComparisonTable;
use super::intervals::{RESAMPLES, SEED, sampled_difference};
use super::labelled::{LabelledComparisons, categories};
use super::no_labels::{LabelledIn, no_label_matches};
use super::panels::LabelPanels;
use super::part::Part;
use super::reply_choice::ReplyChoice;
use super::table_layout::TableLayout;
use super::weighted_scores::WeightedScores;
use crate::error::Result;
use crate::input::{DataFile, Labels, read_labels};
use crate::stats::{Clusters, Estimate, bootstrap, stratified_kappa};
use crate::store::RunFile;
use crate::vote::Preference;

/// Agreement with people before and after a change, on the same comparisons.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct AgreementChange {
    /// Every reply before the change.
    pub before: OrderAgreement,
    /// Every reply after it.
    pub after: OrderAgreement,
    /// Agreement after minus agreement before, paired; the interval is clustered by item.
    pub difference: Estimate,
    /// Cohen's κ after minus before, on the same resamples of items.
    pub kappa_difference: Estimate,
}

/// How many comparisons each side was right on: those with a label of a majority that both sides have answered.
///
/// A verdict is right if it was kept and names the label. Any other is wrong, those that were not kept among them: to
/// leave these out would grade each side on its own easy comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct CorrectVerdicts {
    /// Both were right.
    pub both: u64,
    /// Only the one before the change was right.
    pub only_before: u64,
    /// Only the one after it was right.
    pub only_after: u64,
    /// Neither was right.
    pub neither: u64,
}

impl CorrectVerdicts {
    /// Returns the numbers of comparisons that both, only the one before, only the one after and neither were right on.
    pub fn new([both, only_before, only_after, neither]: [u64; 4]) -> Self {
        Self { both, only_before, only_after, neither }
    }
}

/// The labels of the comparisons of a run, to score other replies to the same comparisons.
#[derive(Debug)]
pub(crate) struct PairedLabels {
    comparisons: ComparisonTable,
    panels: LabelPanels,
    categories: Vec<usize>,
    /// The labels as they were read.
    pub(crate) read: Labels,
}

impl PairedLabels {
    /// Joins the labels in a file to the selected comparisons of a run, of one part or of both. `ties` says whether
    /// any of the replies may be a tie.
    ///
    /// In what follows a comparison is its place among the selected ones of the part, in the order of the run.
    ///
    /// # Errors
    ///
    /// The run or the labels cannot be read, or no label matches a comparison.
    pub(crate) fn read(
        run: &RunFile,
        part: Option<Part>,
        ties: bool,
        file: &DataFile,
    ) -> Result<Self> {
        let judge = run.judges().first().map(|judge| judge.record.name.as_str());
        let mut comparisons = ComparisonTable::read(run, judge, part)?;
        comparisons.ties = ties;
        let read = read_labels(file, &comparisons.items)?;
        let panels = LabelPanels::join(&read, &comparisons, part);
        if panels.panels.is_empty() {
            let path = file.path();
            return Err(no_label_matches(path, &read, &panels, &comparisons, LabelledIn::Run));
        }
        let categories = categories(&comparisons, &panels);
        Ok(Self { comparisons, panels, categories, read })
    }

    fn labelled(&self) -> LabelledComparisons<'_> {
        LabelledComparisons::new(&self.comparisons, &self.panels, &self.categories)
    }

    /// Returns how many comparisons have a label.
    pub(crate) fn labelled_comparisons(&self) -> u64 {
        self.panels.panels.len() as u64
    }

    /// Returns how many of these have no majority of annotators.
    pub(crate) fn no_majority(&self) -> u64 {
        self.panels.panels.iter().filter(|panel| panel.label.is_none()).count() as u64
    }

    /// Returns how many people labelled them.
    pub(crate) fn annotators(&self) -> u64 {
        self.labelled().annotators()
    }

    /// Returns the names of everybody in the label file, in byte order: also of those who only decided comparisons.
    pub(crate) fn annotator_names(&self) -> Vec<String> {
        self.read.annotator_names()
    }

    /// Returns how many labels are of other comparisons.
    pub(crate) fn unmatched(&self) -> u64 {
        self.panels.unmatched()
    }

    /// Returns what people prefer, by comparison, where there is a majority.
    pub(crate) fn majorities(&self) -> impl Iterator<Item = (u32, Preference)> + '_ {
        self.panels.panels.iter().filter_map(|panel| Some((panel.row, panel.label?)))
    }

    /// Compares two bodies of replies; each function returns those to a comparison.
    pub(crate) fn agreement<R: IntoIterator<Item = ReplyChoice>>(
        &self,
        before: impl Fn(u32) -> R,
        after: impl Fn(u32) -> R,
    ) -> AgreementChange {
        let panels = &self.panels.panels;
        let of = |replies: &dyn Fn(u32) -> R| {
            agreement::orders(self.labelled(), panels, |_, panel| replies(panel.row)).0
        };
        let (of_before, of_after) = (of(&before), of(&after));
        let n = of_before.n.max(of_after.n);
        AgreementChange {
            difference: Estimate { n, ..self.scores(&after).minus(&self.scores(&before)) },
            kappa_difference: self.kappa_difference(n, &before, &after),
            before: of_before,
            after: of_after,
        }
    }

    /// Returns on how many comparisons each side is right; `correct` returns that of a comparison and its label, `None`
    /// where a side has no answer.
    pub(crate) fn correct(
        &self,
        correct: impl Fn(u32, Preference) -> Option<[bool; 2]>,
    ) -> CorrectVerdicts {
        let mut counts = CorrectVerdicts::default();
        for (row, label) in self.majorities() {
            match correct(row, label) {
                Some([true, true]) => counts.both += 1,
                Some([true, false]) => counts.only_before += 1,
                Some([false, true]) => counts.only_after += 1,
                Some([false, false]) => counts.neither += 1,
                None => {}
            }
        }
        counts
    }

    /// Scores every reply to a labelled comparison.
    fn scores<R: IntoIterator<Item = ReplyChoice>>(
        &self,
        replies: impl Fn(u32) -> R,
    ) -> WeightedScores {
        let labelled = self.labelled();
        let mut scores = WeightedScores::default();
        for panel in &self.panels.panels {
            labelled.add_agreement(panel, replies(panel.row), &mut scores);
        }
        scores
    }

    /// Returns κ after minus κ before: the tables of both sides are resampled together, item by item.
    fn kappa_difference<R: IntoIterator<Item = ReplyChoice>>(
        &self,
        n: u64,
        before: impl Fn(u32) -> R,
        after: impl Fn(u32) -> R,
    ) -> Estimate {
        let labelled = self.labelled();
        let tables = TableLayout::new(self.categories.iter().map(|k| k + 1).collect());
        let mut clusters = Clusters::new(2 * tables.width);
        let mut cells = Vec::new();
        for panels in self.panels.by_item(&self.comparisons) {
            cells.clear();
            for panel in panels {
                let weight = labelled.weight(panel);
                let mut add = |start, choice| {
                    labelled.add_cells(&mut cells, (&tables, start), (panel, weight), choice);
                };
                before(panel.row).into_iter().for_each(|choice| add(0, choice));
                after(panel.row).into_iter().for_each(|choice| add(tables.width, choice));
            }
            if !cells.is_empty() {
                clusters.push(&mut cells);
            }
        }
        let sampled = bootstrap(&clusters, RESAMPLES, SEED, |sums| {
            let (before, after) = sums.split_at(tables.width);
            [before, after].map(|side| stratified_kappa(tables.all(side)).ok()).to_vec()
        });
        sampled_difference((&sampled, [1, 0]), n)
    }
}
