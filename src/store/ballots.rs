//! The ballots of a comparison: everything that statistics need of it, without any text.

use super::attempt::{Attempt, read_trial};
use super::comparison_queries::StoredComparison;
use super::manifest::StoredJudge;
use crate::input::Rubric;
use crate::trial::Order;
use crate::verdict::{Ballot, Verdict, jury, verdict_of_repeats};

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
    /// Judge by judge both orders, `AFirst` first, with their repeats; each with the probability of its
    /// vote, where the reply has one.
    ballots: Vec<(Ballot, Option<f32>)>,
}

impl BallotRecord {
    /// Returns every ballot: judge by judge both orders, `AFirst` first, with their repeats; each with the
    /// probability of its vote, where the reply has one.
    pub fn all(&self) -> &[(Ballot, Option<f32>)] {
        &self.ballots
    }

    /// Returns the ballots of one judge, as [`BallotRecord::all`] does.
    ///
    /// # Panics
    ///
    /// There is no such judge.
    pub fn of(&self, judge: usize) -> &[(Ballot, Option<f32>)] {
        &self.ballots[judge * 2 * self.repeat..(judge + 1) * 2 * self.repeat]
    }

    /// Returns the verdict of one judge.
    ///
    /// # Panics
    ///
    /// There is no such judge.
    pub fn verdict(&self, judge: usize) -> Verdict {
        let (a_first, b_first) = self.of(judge).split_at(self.repeat);
        let ballots = |repeats: &[(Ballot, Option<f32>)]| {
            repeats.iter().map(|(ballot, _)| *ballot).collect::<Vec<_>>()
        };
        verdict_of_repeats(&ballots(a_first), &ballots(b_first))
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
    for (judge, rubric) in judges.iter().zip(rubrics) {
        for (order, repeat) in Order::BOTH.iter().flat_map(|o| (0..repeat).map(move |r| (*o, r))) {
            let of_trial = |attempt: &&Attempt| {
                let key = &attempt.key;
                key.judge == judge.row && key.order == order && key.repeat == repeat
            };
            let trial = read_trial(attempts.iter().filter(of_trial), rubric);
            let confidence = trial.decided_by.and_then(|(_, reading)| reading.confidence);
            ballots.push((trial.ballot, confidence.map(|confidence| confidence as f32)));
        }
    }
    BallotRecord { row, id, between, repeat: repeat as usize, ballots }
}
