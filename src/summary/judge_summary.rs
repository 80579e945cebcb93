//! The numbers of one judge, or of the jury.

use std::collections::BTreeMap;

use serde::Serialize;

use super::item_scores::ItemScores;
use super::outcome_counts::OutcomeCounts;
use super::pending::PendingCounts;
use super::position::{PositionCounts, PositionSummary};
use super::replies::{ReplyCounts, TokenCounts, UnreadableFacts};
use super::unreadable::{CutOffSummary, UnreadableCounts, UnreadableExample};
use super::win_rate::{WinRate, WinRateScores};
use crate::stats::Estimate;
use crate::store::{StoredJudge, VerdictRecord};
use crate::trial::{Direction, Side};
use crate::verdict::{Ballot, Outcome};
use crate::vote::Vote;

/// The numbers of one judge, or of the jury.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct JudgeSummary {
    /// The judge's name.
    pub judge: String,
    /// Whether its replies were recorded, so that no server is to be asked about them.
    #[serde(skip)]
    pub is_recording: bool,
    /// Comparisons planned.
    pub planned: u64,
    /// How they ended; the counts add up to `planned`.
    pub outcomes: OutcomeCounts,
    /// Kept of planned.
    pub coverage: Estimate,
    /// One for each pair of systems.
    pub win_rates: Vec<WinRate>,
    /// What the presentation order did; `None` for a jury.
    pub position: Option<PositionSummary>,
    /// Why trials have no readable vote; `None` for a jury. The counts add up to `position.unparsed`.
    pub unreadable: Option<UnreadableCounts>,
    /// Why trials have no answer yet; `None` for a jury.
    pub pending: Option<PendingCounts>,
    /// What the trials have in common that were cut off; `None` if there are none.
    pub cut_off: Option<CutOffSummary>,
    /// A reply that could not be read for the most frequent reason; `None` if there is none with any text.
    pub unreadable_example: Option<UnreadableExample>,
    /// Tokens of all replies that this run paid for; `None` for a jury.
    pub tokens: Option<TokenCounts>,
    /// What the run has cost, in USD; `None` where a price or a token count is not known.
    pub cost_usd: Option<f64>,
    /// Replies stored, copied ones included.
    pub replies: u64,
    /// Of those, copied from another run.
    pub reused: u64,
}

impl JudgeSummary {
    /// Returns how many comparisons ended with an outcome.
    pub fn outcome(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(outcome)
    }

    /// Returns how many trials have been answered, readably or not; a jury has none.
    pub fn answered(&self) -> u64 {
        let answered = |position: &PositionSummary| {
            position.first_share.n + position.order_unknown + position.unparsed
        };
        self.position.as_ref().map_or(0, answered)
    }

    /// Returns how many trials have no readable vote; a jury has none.
    pub fn unreadable(&self) -> u64 {
        self.position.as_ref().map_or(0, |position| position.unparsed)
    }

    /// Returns what is known of the trials without a readable vote; a jury has none.
    pub fn unreadable_facts(&self) -> Option<UnreadableFacts<'_>> {
        Some(UnreadableFacts {
            wanted: "vote",
            answered: self.answered(),
            counts: self.unreadable?,
            cut_off: self.cut_off.as_ref(),
            example: self.unreadable_example.as_ref(),
            is_recording: self.is_recording,
        })
    }

    /// Returns whether these are the numbers of a jury rather than of one judge.
    pub fn is_jury(&self) -> bool {
        self.position.is_none()
    }
}

/// What is added up for one judge, or for the jury.
pub(super) struct JudgeAccumulator {
    is_jury: bool,
    is_recording: bool,
    outcomes: OutcomeCounts,
    kept: ItemScores,
    position: PositionCounts,
    /// For each readable reply, whether it chose the response shown first.
    first_picks: ItemScores,
    win_rates: BTreeMap<[String; 2], WinRateScores>,
    counts: ReplyCounts,
}

impl JudgeAccumulator {
    pub(super) fn of_judge(judge: &StoredJudge) -> Self {
        Self {
            is_recording: judge.record.is_recording(),
            counts: ReplyCounts::of(&judge.record),
            ..Self::new()
        }
    }

    pub(super) fn new() -> Self {
        Self {
            is_jury: false,
            is_recording: false,
            outcomes: OutcomeCounts::of_judge(),
            kept: ItemScores::default(),
            position: PositionCounts::default(),
            first_picks: ItemScores::default(),
            win_rates: BTreeMap::new(),
            counts: ReplyCounts::default(),
        }
    }

    pub(super) fn of_jury() -> Self {
        Self { is_jury: true, outcomes: OutcomeCounts::of_jury(), ..Self::new() }
    }

    pub(super) fn add_verdict(
        &mut self,
        judged: &VerdictRecord,
        between: &[String; 2],
        side: Side,
        item: u32,
    ) {
        let verdict = judged.verdict;
        self.outcomes.add(verdict.outcome);
        self.kept.push(f64::from(verdict.outcome == Outcome::Kept), item);
        let win_rate = self.win_rates.entry(between.clone()).or_default();
        if let Some(winner) = verdict.winner {
            win_rate.add_kept(winner, side, item);
        }
    }

    pub(super) fn add_orders(
        &mut self,
        judged: &VerdictRecord,
        between: &[String; 2],
        side: Side,
        item: u32,
    ) {
        let trials = || judged.orders.iter().flat_map(|order| &order.trials);
        for trial in trials() {
            self.position.add_reply(trial.ballot, trial.is_order_unknown);
            self.counts.add_trial(trial);
            if let (Ballot::Cast(vote), false) = (trial.ballot, trial.is_order_unknown) {
                self.first_picks.push(f64::from(vote == Vote::First), item);
            }
        }
        let [a_first, b_first] = judged.orders.as_slice() else { return };
        let orders = [a_first.ballot, b_first.ballot];
        if !a_first.is_unknown() && !b_first.is_unknown() {
            self.position.add_orders(orders, item);
        }
        let readable = trials().any(|trial| matches!(trial.ballot, Ballot::Cast(_)));
        let win_rate = self.win_rates.entry(between.clone()).or_default();
        win_rate.add_orders(orders, readable, side, item);
    }

    /// Adds the replies of a judge that does not decide.
    pub(super) fn add_replies(&mut self, judged: &VerdictRecord) {
        let trials = judged.orders.iter().flat_map(|order| &order.trials);
        trials.for_each(|trial| self.counts.add_replies(trial));
    }

    pub(super) fn summary(self, name: &str, direction: Direction<'_>) -> JudgeSummary {
        let win_rate = |(between, scores): (&[String; 2], &WinRateScores)| {
            scores.win_rate(between, direction.counted(between))
        };
        let win_rates = self.win_rates.iter().map(win_rate).collect();
        let position = PositionSummary {
            consistency: self.position.consistency(),
            primacy: self.position.primacy,
            recency: self.position.recency,
            p_value: self.position.p_value(),
            first_picks: self.position.picks(Vote::First),
            second_picks: self.position.picks(Vote::Second),
            ties: self.position.picks(Vote::Tie),
            unparsed: self.position.unparsed,
            first_share: self.first_picks.estimate(),
            order_unknown: self.position.order_unknown(),
        };
        let of_judge = !self.is_jury;
        JudgeSummary {
            judge: name.to_owned(),
            is_recording: self.is_recording,
            planned: self.kept.n(),
            outcomes: self.outcomes,
            coverage: self.kept.estimate(),
            win_rates,
            position: of_judge.then_some(position),
            unreadable: of_judge.then(|| self.counts.unreadable.counts()),
            pending: of_judge.then_some(self.counts.pending),
            cut_off: self.counts.cut_off(),
            unreadable_example: self.counts.unreadable.example(),
            tokens: of_judge.then_some(self.counts.tokens),
            cost_usd: self.counts.cost().filter(|_| of_judge),
            replies: self.counts.replies,
            reused: self.counts.reused,
        }
    }
}
