//! Agreement with people in which every comparison counts once, whichever judge replied to it and however often.
//!
//! Where one judge decides some comparisons and another one the rest, they may have been asked differently often. If
//! every reply counted, the judge with more repeats would count for more. So the replies to a comparison share its weight.
//! For one judge that has answered every trial, the values are those of every reply
//! ([`OrderAgreement`](super::OrderAgreement)).

use super::intervals::{
    RESAMPLES, SEED, chance_corrected, chance_of_kappa, sampled_difference, sampled_estimate,
};
use super::labelled::LabelledComparisons;
use super::panels::Panel;
use super::reply_choice::ReplyChoice;
use super::table_layout::TableLayout;
use super::weighted_scores::WeightedScores;
use crate::stats::{Clusters, Estimate, bootstrap, stratified_kappa};

/// Cohen's κ of several bodies of replies to the same comparisons, on the same resamples of items.
#[derive(Debug)]
pub(crate) struct KappasByComparison {
    /// One for each body; its n is the number of comparisons.
    pub(crate) kappas: Vec<Estimate>,
    /// Each κ minus that of the last body.
    pub(crate) minus_last: Vec<Estimate>,
}

impl LabelledComparisons<'_> {
    /// Returns for each of some labelled comparisons with a reply the share of its replies that agree with people, as
    /// [`LabelledComparisons::agreement_of`] does; `replies` returns those to the comparison of a row.
    pub(crate) fn agreement_by_comparison(
        &self,
        panels: &[&Panel],
        replies: impl Fn(u32) -> Vec<ReplyChoice>,
    ) -> WeightedScores {
        let mut scores = WeightedScores::default();
        for panel in panels {
            if let Some(agreement) = self.agreement_of(panel, replies(panel.row)) {
                let item = self.comparisons.rows[panel.row as usize].item;
                scores.push(agreement, item, self.weight(panel));
            }
        }
        scores
    }

    /// Returns κ of each of several bodies of replies to some labelled comparisons, which are sorted by item; over
    /// several pairs of systems the stratified one. `replies` returns those of a body to the comparison of a row.
    pub(crate) fn kappas_by_comparison(
        &self,
        panels: &[&Panel],
        bodies: usize,
        replies: impl Fn(usize, u32) -> Vec<ReplyChoice>,
    ) -> KappasByComparison {
        let tables = TableLayout::new(self.categories.iter().map(|k| k + 1).collect());
        let mut clusters = Clusters::new(bodies * tables.width);
        let (mut n, mut items) = (vec![0_u64; bodies], 0);
        let mut cells = Vec::new();
        let item = |panel: &&Panel| self.comparisons.rows[panel.row as usize].item;
        for of_item in panels.chunk_by(|one, other| item(one) == item(other)) {
            for panel in of_item {
                for (body, n) in n.iter_mut().enumerate() {
                    *n += u64::from(self.add_shared(&mut cells, (&tables, body), panel, &replies));
                }
            }
            if !cells.is_empty() {
                items += 1;
                clusters.push(&mut cells);
                cells.clear();
            }
        }
        let table_of = |sums: &[f64], body: usize| {
            stratified_kappa(tables.all(&sums[body * tables.width..(body + 1) * tables.width])).ok()
        };
        let sampled = bootstrap(&clusters, RESAMPLES, SEED, |sums| {
            (0..bodies).map(|body| table_of(sums, body)).collect()
        });
        let totals = clusters.totals();
        let kappa = |body: usize| {
            let totals = &totals[body * tables.width..(body + 1) * tables.width];
            let estimate = sampled_estimate((&sampled, body), n[body]);
            let found = chance_corrected(estimate, tables.all(totals), items, chance_of_kappa);
            Estimate { n: n[body], ..found }
        };
        let minus_last = |body| sampled_difference((&sampled, [body, bodies - 1]), n[body]);
        KappasByComparison {
            kappas: (0..bodies).map(kappa).collect(),
            minus_last: (0..bodies).map(minus_last).collect(),
        }
    }

    /// Adds the replies of a body to a comparison, which share its weight; returns whether there are any.
    fn add_shared(
        &self,
        cells: &mut Vec<(u32, f64)>,
        (tables, body): (&TableLayout, usize),
        panel: &Panel,
        replies: &impl Fn(usize, u32) -> Vec<ReplyChoice>,
    ) -> bool {
        let mut replies = replies(body, panel.row);
        replies.retain(|choice| *choice != ReplyChoice::Absent);
        let weight = self.weight(panel) / replies.len() as f64;
        for choice in &replies {
            self.add_cells(cells, (tables, body * tables.width), (panel, weight), *choice);
        }
        !replies.is_empty()
    }
}
