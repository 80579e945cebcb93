//! The comparisons of the judge that an overview is about, with what people said of them.

use std::sync::Arc;

use crate::calibration::{
    ComparisonTable, LabelPanels, LabelledComparisons, Panel, ReplyChoice, WeightedScores,
};
use crate::stats::Estimate;
use crate::trial::Side;
use crate::verdict::Ballot;
use crate::vote::Preference;

/// The comparisons of one judge or of a jury, with what people said of them.
pub(super) struct Judged<'a> {
    pub(super) table: &'a ComparisonTable,
    pub(super) is_jury: bool,
    people: Option<LabelledComparisons<'a>>,
}

impl<'a> Judged<'a> {
    pub(super) fn new(
        table: &'a ComparisonTable,
        is_jury: bool,
        people: Option<(&'a LabelPanels, &'a [usize])>,
    ) -> Self {
        let people =
            people.map(|(labels, categories)| LabelledComparisons::new(table, labels, categories));
        Self { table, is_jury, people }
    }

    /// Returns the rows of all comparisons.
    pub(super) fn rows(&self) -> std::ops::Range<u32> {
        0..self.table.rows.len() as u32
    }

    /// Returns the item of a comparison.
    pub(super) fn item(&self, row: u32) -> u32 {
        self.table.rows[row as usize].item
    }

    /// Returns the numbers of the pairs of systems, in the order of their names.
    pub(super) fn pairs(&self) -> Vec<u32> {
        let mut pairs: Vec<u32> = (0..self.table.pairs.len() as u32).collect();
        pairs.sort_by_key(|pair| &self.table.pairs[*pair as usize].between);
        pairs
    }

    /// Returns the row of a comparison by the item's id and the two systems.
    pub(super) fn row(&self, id: &str, between: &[String; 2]) -> Option<u32> {
        let item = self.table.items.number(id)?;
        self.table.row(item, between.each_ref().map(String::as_str))
    }

    /// Returns both orders of the judge, each after its repeats; `None` for a jury.
    pub(super) fn orders(&self, row: u32) -> Option<[Ballot; 2]> {
        self.table.orders(row).next().filter(|_| !self.is_jury)
    }

    fn panel(&self, row: u32) -> Option<(LabelledComparisons<'a>, &'a Panel)> {
        let labelled = self.people?;
        Some((labelled, labelled.labels.panel(row)?))
    }

    /// Returns the names of all annotators, which their numbers count; none without labels.
    pub(super) fn annotators(&self) -> &[Arc<str>] {
        self.people.map_or(&[], |labelled| &labelled.labels.annotators)
    }

    /// Returns who chose what on a comparison, with the number of the annotator; nothing if nobody labelled it.
    pub(super) fn judgements(&self, row: u32) -> &[(u32, Preference)] {
        let panel = self.panel(row);
        panel.map_or(&[], |(labelled, panel)| labelled.labels.judgements(panel))
    }

    /// Returns whether people who labelled a comparison made different choices; `None` unless there are two of
    /// them.
    pub(super) fn is_divided(&self, row: u32) -> Option<bool> {
        let (labelled, panel) = self.panel(row)?;
        let judgements = labelled.labels.judgements(panel);
        let (_, first) = judgements.first().filter(|_| judgements.len() > 1)?;
        Some(judgements.iter().any(|(_, choice)| choice != first))
    }

    /// Adds how far each reply to a comparison agrees with people, if they labelled it.
    pub(super) fn add_agreement(&self, row: u32, scores: &mut WeightedScores) {
        self.add_agreement_of(row, self.table.replies(row), scores);
    }

    /// Adds the same for other choices.
    pub(super) fn add_agreement_of(
        &self,
        row: u32,
        choices: impl IntoIterator<Item = ReplyChoice>,
        scores: &mut WeightedScores,
    ) {
        if let Some((labelled, panel)) = self.panel(row) {
            labelled.add_agreement(panel, choices, scores);
        }
    }

    /// Adds how far choices by one criterion agree with what people chose by it, where somebody said that.
    pub(super) fn add_agreement_by_criterion(
        &self,
        row: u32,
        criterion: &str,
        choices: impl IntoIterator<Item = ReplyChoice>,
        scores: &mut WeightedScores,
    ) {
        let Some((labelled, panel)) = self.panel(row) else { return };
        if let Some(weights) = labelled.labels.weights_by_criterion(row, criterion) {
            labelled.add_agreement_with(&weights, panel, choices, scores);
        }
    }

    /// Returns whether anybody chose by criterion.
    pub(super) fn has_criteria(&self) -> bool {
        self.people.is_some_and(|labelled| labelled.labels.has_criteria())
    }

    /// Adds what a comparison is worth to one side by people, if they labelled it.
    pub(super) fn add_worth(&self, row: u32, side: Side, scores: &mut WeightedScores) {
        if let Some((labelled, panel)) = self.panel(row) {
            let weight = labelled.weight(panel);
            scores.push(labelled.labels.worth(panel, side), self.item(row), weight);
        }
    }

    /// Returns the share that scores against people give; `None` without labels.
    pub(super) fn by_people(&self, scores: &WeightedScores) -> Option<Estimate> {
        self.people.is_some().then(|| scores.share())
    }
}
