//! How the outcome of each comparison changed.

use std::collections::BTreeMap;

use serde::Serialize;

use super::agreement::PairedEstimates;
use super::criteria::paired;
use super::matched::{Matched, Pair};
use crate::summary::ItemScores;
use crate::trial::Side;
use crate::verdict::{Outcome, Verdict};
use crate::vote::Preference;

/// How the verdict on a comparison changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// Kept in both runs, for another winner.
    Reversed,
    /// Kept before, and no longer.
    Lost,
    /// Not kept before, and kept now.
    Gained,
    /// Another outcome, kept in neither run.
    Other,
    /// Still to be asked in one of the runs, so that nothing is known of it.
    Pending,
    /// The same outcome and the same winner.
    None,
}

impl Change {
    /// Returns how a verdict changed.
    pub fn of(before: Verdict, after: Verdict) -> Self {
        match (before.outcome, after.outcome) {
            (Outcome::Pending, _) | (_, Outcome::Pending) => Self::Pending,
            _ if before == after => Self::None,
            (Outcome::Kept, Outcome::Kept) => Self::Reversed,
            (Outcome::Kept, _) => Self::Lost,
            (_, Outcome::Kept) => Self::Gained,
            _ => Self::Other,
        }
    }

    /// Returns the word for it in files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reversed => "reversed",
            Self::Lost => "lost",
            Self::Gained => "gained",
            Self::Other => "other",
            Self::Pending => "pending",
            Self::None => "none",
        }
    }

    /// Returns whether the outcome or the winner changed.
    pub fn is_change(self) -> bool {
        !matches!(self, Self::Pending | Self::None)
    }
}

/// How many comparisons went from one outcome to another; `before` and `after` are equal where only the winner changed,
/// or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Transition {
    /// The outcome in the first run.
    pub before: Outcome,
    /// The outcome in the second run.
    pub after: Outcome,
    /// How many comparisons.
    pub comparisons: u64,
}

/// How many outcomes changed. `outcomes_changed`, `unchanged` and `pending` add up to the comparisons; what changed is
/// the sum of the reversed, lost, gained and other ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OutcomeChanges {
    /// Comparisons with another outcome or winner.
    pub outcomes_changed: u64,
    /// Comparisons with the same outcome and winner.
    pub unchanged: u64,
    /// Comparisons that are still to be asked in one of the runs.
    pub pending: u64,
    /// Verdicts kept in both runs, for another winner.
    pub verdicts_reversed: u64,
    /// Verdicts that became kept.
    pub kept_gained: u64,
    /// Verdicts that are no longer kept.
    pub kept_lost: u64,
    /// Other changes between outcomes that are not kept.
    pub other_changed: u64,
    /// For whom the reversed verdicts are now, by system or `tie`.
    pub reversals: BTreeMap<String, u64>,
    /// Every pair of outcomes that occurs, the most frequent first.
    pub transitions: Vec<Transition>,
}

impl Matched {
    /// Returns both verdicts on a comparison.
    pub(super) fn verdicts(&self, pair: Pair) -> [Verdict; 2] {
        [self.before.rows[pair.before].verdict, self.after.rows[pair.after].verdict]
    }

    /// Returns the share of kept verdicts in both runs, over the comparisons that both have answered.
    pub(super) fn coverage(&self) -> PairedEstimates {
        let mut scores = [ItemScores::default(), ItemScores::default()];
        for pair in self.pairs.iter().filter(|pair| !self.is_pending(**pair)) {
            for (verdict, scores) in self.verdicts(*pair).into_iter().zip(&mut scores) {
                scores.push(f64::from(verdict.winner.is_some()), pair.item);
            }
        }
        paired(&scores)
    }

    /// Counts how the outcomes changed.
    pub(super) fn outcomes(&self) -> OutcomeChanges {
        let mut changes = OutcomeChanges::default();
        let mut transitions: BTreeMap<(Outcome, Outcome), u64> = BTreeMap::new();
        for pair in &self.pairs {
            let [before, after] = self.verdicts(*pair);
            *transitions.entry((before.outcome, after.outcome)).or_default() += 1;
            let change = Change::of(before, after);
            *match change {
                Change::Reversed => &mut changes.verdicts_reversed,
                Change::Lost => &mut changes.kept_lost,
                Change::Gained => &mut changes.kept_gained,
                Change::Other => &mut changes.other_changed,
                Change::Pending => &mut changes.pending,
                Change::None => &mut changes.unchanged,
            } += 1;
            changes.outcomes_changed += u64::from(change.is_change());
            if let (Change::Reversed, Some(winner)) = (change, after.winner) {
                let between = &self.before.rows[pair.before].between;
                let name = match winner {
                    Preference::For(Side::A) => &between[0],
                    Preference::For(Side::B) => &between[1],
                    Preference::Tie => "tie",
                };
                *changes.reversals.entry(name.to_owned()).or_default() += 1;
            }
        }
        let counted = transitions.into_iter();
        changes.transitions = counted
            .map(|((before, after), comparisons)| Transition { before, after, comparisons })
            .collect();
        changes.transitions.sort_by_key(|one| std::cmp::Reverse(one.comparisons));
        changes
    }
}
