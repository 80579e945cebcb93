//! Which criterion flips, which one goes with people, which one decides the vote.

use serde::Serialize;

use super::judged::Judged;
use crate::calibration::{ReplyChoice, WeightedScores};
use crate::stats::Estimate;
use crate::store::{
    ComparisonRecord, JudgeChoice, OrderRecord, RunFile, TrialRecord, VerdictRecord,
};
use crate::summary::{ItemScores, PositionCounts};
use crate::verdict::{Ballot, Outcome, majority, reconcile};
use crate::vote::{Reading, Vote};

/// The votes on one criterion.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct CriterionReport {
    /// The criterion.
    pub name: String,
    /// Replies with a readable vote on it.
    pub votes: u64,
    /// Comparisons on which its two orders name different systems.
    pub flipped: u64,
    /// Comparisons on which one of its orders is a tie and the other names a system.
    pub split: u64,
    /// How often both orders prefer the same by this criterion.
    pub consistency: Estimate,
    /// How often it votes as the whole reply does.
    pub with_vote: Estimate,
    /// The same over replies whose criteria do not all vote alike: only these show which criterion decides.
    pub when_divided: Estimate,
    /// How often it agrees with people, over every reply to a labelled comparison, where a reply without a vote
    /// on it is wrong; `None` without labels.
    pub agreement: Option<Estimate>,
    /// How often it agrees with what people chose by this criterion, over every reply to a comparison of which somebody
    /// said that; `None` where nobody said it of any criterion.
    pub by_criterion: Option<Estimate>,
}

/// Counts the votes on the criteria of a rubric, comparison by comparison.
pub(super) struct CriteriaScores {
    choice: JudgeChoice,
    criteria: Vec<CriterionScores>,
}

#[derive(Default)]
struct CriterionScores {
    name: String,
    votes: u64,
    flipped: u64,
    split: u64,
    position: PositionCounts,
    with_vote: ItemScores,
    when_divided: ItemScores,
    agreement: WeightedScores,
    by_criterion: WeightedScores,
}

impl CriteriaScores {
    pub(super) fn new(run: &RunFile, choice: JudgeChoice) -> Self {
        let criteria = run.rubric().criteria.iter().map(|criterion| CriterionScores {
            name: criterion.name.clone(),
            ..CriterionScores::default()
        });
        Self { choice, criteria: criteria.collect() }
    }

    /// Adds the replies to a comparison; one that was added to the run since it was read is left out.
    pub(super) fn add(&mut self, record: &ComparisonRecord, judged: &Judged<'_>) {
        if self.criteria.is_empty() {
            return;
        }
        let Some(row) = judged.row(&record.id, &record.between) else { return };
        let verdicts: &[VerdictRecord] = match self.choice {
            JudgeChoice::One(at) => &record.judged[at..=at],
            JudgeChoice::Jury => &record.judged,
        };
        for orders in verdicts.iter().map(|verdict| &verdict.orders) {
            for criterion in &mut self.criteria {
                criterion.add(orders, row, judged);
            }
        }
    }

    /// Returns the numbers of each criterion, in the order of the rubric; none if no reply votes on any.
    pub(super) fn reports(self, judged: &Judged<'_>) -> Vec<CriterionReport> {
        if self.criteria.iter().all(|criterion| criterion.votes == 0) {
            return Vec::new();
        }
        self.criteria.into_iter().map(|criterion| criterion.report(judged)).collect()
    }
}

impl CriterionScores {
    /// Adds both orders of one judge.
    fn add(&mut self, orders: &[OrderRecord], row: u32, judged: &Judged<'_>) {
        let item = judged.item(row);
        for order in orders {
            for reading in order.trials.iter().filter_map(|trial| trial.reading.as_ref()) {
                self.add_reading(reading, item);
            }
            let ballots = order.trials.iter().map(|trial| self.ballot(trial));
            let choices: Vec<ReplyChoice> =
                ballots.map(|ballot| ReplyChoice::of(ballot, order.order)).collect();
            let of_people = &mut self.by_criterion;
            let same = choices.iter().copied();
            judged.add_agreement_by_criterion(row, &self.name, same, of_people);
            judged.add_agreement_of(row, choices, &mut self.agreement);
        }
        let [a_first, b_first] = orders else { return };
        let both = [a_first, b_first].map(|order| {
            majority(&order.trials.iter().map(|trial| self.ballot(trial)).collect::<Vec<_>>())
        });
        if !a_first.is_unknown() && !b_first.is_unknown() {
            self.position.add_orders(both, item);
        }
        match reconcile(both[0], both[1]).outcome {
            Outcome::Flipped => self.flipped += 1,
            Outcome::Split => self.split += 1,
            _ => {}
        }
    }

    fn add_reading(&mut self, reading: &Reading, item: u32) {
        let Some(vote) = reading.criteria.get(&self.name) else { return };
        self.votes += 1;
        let with_vote = f64::from(*vote == reading.vote);
        self.with_vote.push(with_vote, item);
        let votes: Vec<&Vote> = reading.criteria.values().collect();
        if votes.iter().any(|other| *other != votes[0]) {
            self.when_divided.push(with_vote, item);
        }
    }

    /// Returns the vote on the criterion as a ballot: a reply without it is unreadable.
    fn ballot(&self, trial: &TrialRecord) -> Ballot {
        match (trial.ballot, &trial.reading) {
            (Ballot::Cast(_), Some(reading)) => {
                reading.criteria.get(&self.name).copied().map_or(Ballot::Unreadable, Ballot::Cast)
            }
            (ballot, _) => ballot,
        }
    }

    fn report(self, judged: &Judged<'_>) -> CriterionReport {
        CriterionReport {
            name: self.name,
            votes: self.votes,
            flipped: self.flipped,
            split: self.split,
            consistency: self.position.consistency(),
            with_vote: self.with_vote.estimate(),
            when_divided: self.when_divided.estimate(),
            agreement: judged.by_people(&self.agreement),
            by_criterion: judged.has_criteria().then(|| self.by_criterion.share()),
        }
    }
}
