//! The labelled comparisons on which a jury and its members can be compared: those that every member has answered.
//!
//! A jury's verdict is scored so that nothing is selected, and so that a member alone, which is a jury of one, has the
//! score that calibration gives its replies:
//!
//! - a kept verdict agrees with the label or not;
//! - where more than half of the judges keep no common winner, the score is the mean agreement of their replies, which is
//!   what a calibration of a jury measures anyway. One half instead would be a reward for replies that cannot be read.
//!
//! So voting can gain only where a majority decides, and a jury of two has the mean of what its two judges have.

use super::labelled::LabelledComparisons;
use super::part::Part;
use super::reply_choice::{ReplyChoice, category};
use super::weighted_scores::WeightedScores;
use crate::verdict::{Verdict, jury, reconcile};

/// A labelled comparison that every judge has answered in both orders.
#[derive(Debug)]
pub(super) struct JuryRow {
    /// The number of the item.
    pub(super) item: u32,
    /// The part that the item belongs to.
    pub(super) part: Part,
    /// How many comparisons it represents.
    pub(super) weight: f64,
    /// By judge: the mean agreement of its replies with people, from 0 to 1.
    pub(super) agreements: Vec<f64>,
    /// By judge: its verdict.
    verdicts: Vec<Verdict>,
    /// The weight of each preference by people.
    labels: [f64; 3],
}

/// Returns the comparisons by pair of systems, those of a pair in the order of the labels: by item.
pub(super) fn jury_rows(labelled: LabelledComparisons<'_>) -> Vec<Vec<JuryRow>> {
    let LabelledComparisons { comparisons, labels, .. } = labelled;
    let mut by_pair: Vec<Vec<JuryRow>> = comparisons.pairs.iter().map(|_| Vec::new()).collect();
    for panel in &labels.panels {
        let replies: Vec<ReplyChoice> = comparisons.replies(panel.row).collect();
        if replies.contains(&ReplyChoice::Absent) {
            continue;
        }
        let of_judges = replies.chunks(2 * comparisons.repeat);
        let agreements =
            of_judges.map(|replies| labelled.agreement_of(panel, replies.iter().copied()));
        let verdicts = comparisons.orders(panel.row).map(|[one, other]| reconcile(one, other));
        let compared = &comparisons.rows[panel.row as usize];
        by_pair[compared.pair as usize].push(JuryRow {
            item: compared.item,
            part: Part::of(comparisons.items.id(compared.item)),
            weight: labelled.weight(panel),
            // No reply is absent, so each judge has an agreement.
            agreements: agreements.flatten().collect(),
            verdicts: verdicts.collect(),
            labels: labels.weights(panel),
        });
    }
    by_pair
}

impl JuryRow {
    /// Returns the score of the jury of some judges from 0 to 1, and whether it keeps a verdict.
    fn score(&self, judges: &[usize]) -> (f64, bool) {
        let verdicts: Vec<Verdict> = judges.iter().map(|judge| self.verdicts[*judge]).collect();
        if let Some(winner) = jury(&verdicts).winner {
            return (self.labels[category(winner)], true);
        }
        let sum: f64 = judges.iter().map(|judge| self.agreements[*judge]).sum();
        // Shares of annotators may add up to a little more than 1.
        ((sum / judges.len() as f64).min(1.0), false)
    }
}

/// Returns the agreement of the jury of some judges with people on every row, and its coverage.
pub(super) fn jury_scores<'a>(
    rows: impl IntoIterator<Item = &'a JuryRow>,
    judges: &[usize],
) -> [WeightedScores; 2] {
    let [mut agreement, mut coverage] = [WeightedScores::default(), WeightedScores::default()];
    for row in rows {
        let (score, is_kept) = row.score(judges);
        agreement.push(score, row.item, row.weight);
        coverage.push(f64::from(is_kept), row.item, row.weight);
    }
    [agreement, coverage]
}
