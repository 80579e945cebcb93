//! The ballots of a comparison: everything that statistics need of it, without any text.

use std::ops::Range;

use super::attempt::{Attempt, read_trial};
use super::comparison_queries::StoredComparison;
use super::manifest::StoredJudge;
use crate::input::Rubric;
use crate::trial::Order;
use crate::verdict::{
    Ballot, DecisionRule, Distribution, GivenBy, Verdict, WeightedBallot, jury, majority,
};
use crate::vote::Reading;

/// One comparison with every ballot of every judge.
#[derive(Debug)]
pub struct BallotRecord {
    /// Its row in the run file.
    pub row: i64,
    /// The item's id.
    pub id: String,
    /// The two systems, in byte order.
    pub between: [String; 2],
    repeat: usize,
    /// Judge by judge both orders, `AFirst` first, with their repeats.
    ballots: Vec<WeightedBallot>,
    /// The places among the ballots of those whose order nobody knows.
    of_unknown_order: Vec<usize>,
    /// Which judge of a cascade decides it; `None` unless these are the ballots of that judge.
    pub given_by: Option<GivenBy>,
}

impl BallotRecord {
    /// Returns every ballot: judge by judge both orders, `AFirst` first, with their repeats.
    pub fn all(&self) -> &[WeightedBallot] {
        &self.ballots
    }

    /// Returns the ballots of one judge, as [`BallotRecord::all`] does.
    ///
    /// # Panics
    ///
    /// There is no such judge.
    pub fn of(&self, judge: usize) -> &[WeightedBallot] {
        &self.ballots[judge * 2 * self.repeat..(judge + 1) * 2 * self.repeat]
    }

    /// Returns the places of those ballots of some judges, among all of these, of which nobody knows which response was
    /// shown first.
    pub fn of_unknown_order(&self, judges: Range<usize>) -> impl Iterator<Item = usize> {
        let of_judge = 2 * self.repeat;
        let start = judges.start * of_judge;
        let places = self.of_unknown_order.iter().copied();
        places.filter(move |place| judges.contains(&(place / of_judge))).map(move |at| at - start)
    }

    /// Returns for both orders of one judge, `AFirst` first, whether nobody knows of a vote which response was shown
    /// first.
    pub fn unknown_orders(&self, judge: usize) -> [bool; 2] {
        [2 * judge, 2 * judge + 1].map(|order| {
            let places = order * self.repeat..(order + 1) * self.repeat;
            self.of_unknown_order.iter().any(|at| places.contains(at))
        })
    }

    /// Returns the verdict of one judge.
    ///
    /// # Panics
    ///
    /// There is no such judge.
    pub fn verdict(&self, judge: usize) -> Verdict {
        let (a_first, b_first) = self.of(judge).split_at(self.repeat);
        DecisionRule::BothOrders.decide(a_first, b_first)
    }

    /// Returns the mean distribution of both orders of one judge, where there is one.
    ///
    /// # Panics
    ///
    /// There is no such judge.
    pub fn distribution(&self, judge: usize) -> Option<Distribution> {
        let (a_first, b_first) = self.of(judge).split_at(self.repeat);
        Distribution::of_orders(a_first, b_first)
    }

    /// Returns the mean distribution of those orders of one judge that have one.
    ///
    /// # Panics
    ///
    /// There is no such judge.
    pub fn distribution_of_known_orders(&self, judge: usize) -> Option<Distribution> {
        let (a_first, b_first) = self.of(judge).split_at(self.repeat);
        Distribution::of_known_orders(a_first, b_first)
    }

    /// Returns both orders of one judge, `AFirst` first, each after its repeats.
    ///
    /// # Panics
    ///
    /// There is no such judge.
    pub fn orders(&self, judge: usize) -> [Ballot; 2] {
        let (a_first, b_first) = self.of(judge).split_at(self.repeat);
        [a_first, b_first]
            .map(|repeats| majority(&repeats.iter().map(|(ballot, _)| *ballot).collect::<Vec<_>>()))
    }

    /// Returns the ballots of one judge alone, who decides a cascade.
    pub(super) fn decided_by(self, given_by: GivenBy) -> Self {
        let judge = given_by.place();
        let ballots = self.of(judge).to_vec();
        let of_unknown_order = self.of_unknown_order(judge..judge + 1).collect();
        Self { ballots, of_unknown_order, given_by: Some(given_by), ..self }
    }

    /// Returns the verdict of all judges together.
    pub fn jury(&self) -> Verdict {
        let judges = self.ballots.len() / (2 * self.repeat);
        jury(&(0..judges).map(|judge| self.verdict(judge)).collect::<Vec<_>>())
    }
}

/// Reads the replies to one comparison.
pub(super) fn ballots(
    stored: StoredComparison,
    judges: &[StoredJudge],
    rubrics: &[Rubric],
    repeat: u32,
) -> BallotRecord {
    let StoredComparison { row, id, between, attempts, .. } = stored;
    let mut ballots = Vec::with_capacity(judges.len() * 2 * repeat as usize);
    let mut of_unknown_order = Vec::new();
    for (judge, rubric) in judges.iter().zip(rubrics) {
        for (order, repeat) in Order::BOTH.iter().flat_map(|o| (0..repeat).map(move |r| (*o, r))) {
            let of_trial = |attempt: &&Attempt| {
                let key = &attempt.key;
                key.judge == judge.row && key.order == order && key.repeat == repeat
            };
            let trial = read_trial::<Reading>(attempts.iter().filter(of_trial), rubric);
            let probability = trial.decided_by.and_then(|(_, reading)| reading.first_probability);
            if trial.is_order_unknown {
                of_unknown_order.push(ballots.len());
            }
            ballots.push((trial.ballot, probability));
        }
    }
    BallotRecord {
        row,
        id,
        between,
        repeat: repeat as usize,
        ballots,
        of_unknown_order,
        given_by: None,
    }
}
