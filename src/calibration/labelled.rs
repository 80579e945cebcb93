//! The labelled comparisons of a run: verdicts and replies joined to what people said.

use super::comparisons::ComparisonTable;
use super::panels::{LabelPanels, Panel};
use super::reply_choice::{ReplyChoice, category};
use super::table_layout::TableLayout;
use super::weighted_scores::WeightedScores;
use crate::vote::Preference;

/// The comparisons that people labelled, with the categories of each pair of systems.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LabelledComparisons<'a> {
    pub(crate) comparisons: &'a ComparisonTable,
    pub(crate) labels: &'a LabelPanels,
    /// By pair: 2, or 3 where a tie may be.
    pub(crate) categories: &'a [usize],
    /// Whether labels count by the inverse of their probability: where all are known and not all equal.
    pub(crate) weighted: bool,
}

impl<'a> LabelledComparisons<'a> {
    pub(crate) fn new(
        comparisons: &'a ComparisonTable,
        labels: &'a LabelPanels,
        categories: &'a [usize],
    ) -> Self {
        let known = || labels.panels.iter().map(|panel| panel.probability);
        let first = known().next().flatten();
        // Where everything is labelled, how it was drawn no longer matters.
        let weighted = (labels.panels.len() as u64) < comparisons.population
            && known().all(|one| one.is_some())
            && known().any(|one| one != first);
        Self { comparisons, labels, categories, weighted }
    }

    /// Returns how many labelled comparisons lack the probability of their draw, where others have one.
    pub(crate) fn without_probability(&self) -> u64 {
        let panels = &self.labels.panels;
        let unknown = panels.iter().filter(|panel| panel.probability.is_none()).count();
        if unknown < panels.len() { unknown as u64 } else { 0 }
    }

    /// Returns how many comparisons of the run a labelled one represents: the inverse of its probability, or 1
    /// where the probabilities are unknown or all equal.
    pub(crate) fn weight(&self, panel: &Panel) -> f64 {
        match panel.probability {
            Some(probability) if self.weighted => 1.0 / probability,
            _ => 1.0,
        }
    }

    /// Returns [`Self::weight`] of a labelled comparison by its row; 1 where nobody labelled it.
    pub(crate) fn weight_of_row(&self, row: u32) -> f64 {
        self.labels.panel(row).map_or(1.0, |panel| self.weight(panel))
    }

    /// Returns the share of the replies to a comparison that agree with its panel. An unreadable reply is
    /// wrong, an absent one is left out; `None` if all are absent.
    pub(crate) fn agreement(&self, panel: &Panel) -> Option<f64> {
        self.agreement_of(panel, self.comparisons.replies(panel.row))
    }

    /// Returns the same for the replies of another judge.
    pub(crate) fn agreement_of(
        &self,
        panel: &Panel,
        replies: impl IntoIterator<Item = ReplyChoice>,
    ) -> Option<f64> {
        let weights = self.labels.weights(panel);
        let (mut right, mut n) = (0.0, 0.0);
        for agreement in replies.into_iter().filter_map(|choice| choice.agreement(&weights)) {
            right += agreement;
            n += 1.0;
        }
        (n > 0.0).then(|| right / n)
    }

    /// Adds how far each reply to a comparison agrees with its panel. An unreadable reply is wrong, an absent one is
    /// left out.
    pub(crate) fn add_agreement(
        &self,
        panel: &Panel,
        replies: impl IntoIterator<Item = ReplyChoice>,
        scores: &mut WeightedScores,
    ) {
        self.add_agreement_with(&self.labels.weights(panel), panel, replies, scores);
    }

    /// Adds the same for other weights of the preferences than those of the panel.
    pub(crate) fn add_agreement_with(
        &self,
        weights: &[f64; 3],
        panel: &Panel,
        replies: impl IntoIterator<Item = ReplyChoice>,
        scores: &mut WeightedScores,
    ) {
        let item = self.comparisons.rows[panel.row as usize].item;
        for agreement in replies.into_iter().filter_map(|choice| choice.agreement(weights)) {
            scores.push(agreement, item, self.weight(panel));
        }
    }

    /// Adds a reply with a weight to the tables that begin at `start`, in which an unreadable one is a category that
    /// people never use. Nothing is added without a reply.
    pub(super) fn add_cells(
        &self,
        cells: &mut Vec<(u32, f64)>,
        (tables, start): (&TableLayout, usize),
        (panel, weight): (&Panel, f64),
        choice: ReplyChoice,
    ) {
        let pair = self.comparisons.rows[panel.row as usize].pair as usize;
        let categories = self.categories[pair];
        let judge = match choice {
            ReplyChoice::Preferred(preference) => category(preference),
            ReplyChoice::Unreadable => categories,
            ReplyChoice::Absent => return,
        };
        let of_people = self.labels.weights(panel);
        for (label, share) in of_people.iter().enumerate().take(categories) {
            let cell = start as u32 + tables.cell(pair, judge, label);
            cells.push((cell, share * weight));
        }
    }

    /// Returns how many people labelled any of the panels.
    pub(crate) fn annotators(&self) -> u64 {
        let mut seen = vec![false; self.labels.annotators.len()];
        for panel in &self.labels.panels {
            for (annotator, _) in self.labels.judgements(panel) {
                seen[*annotator as usize] = true;
            }
        }
        seen.into_iter().filter(|seen| *seen).count() as u64
    }
}

/// Returns the number of categories of each pair: 3 if the rubric allows a tie or someone chose it, else 2.
pub(crate) fn categories(comparisons: &ComparisonTable, labels: &LabelPanels) -> Vec<usize> {
    let mut categories = vec![if comparisons.ties { 3 } else { 2 }; comparisons.pairs.len()];
    for panel in &labels.panels {
        let chosen = labels.judgements(panel).iter().map(|(_, choice)| *choice);
        if chosen.chain(panel.label).any(|choice| choice == Preference::Tie) {
            categories[comparisons.rows[panel.row as usize].pair as usize] = 3;
        }
    }
    categories
}
