//! What a run file says about comparisons and graded responses: stored replies become votes or grades, and those become
//! verdicts.

use super::attempt::{Attempt, AttemptResult, read_trial};
use super::comparison_queries::{ComparisonKey, StoredComparison};
use super::manifest::StoredJudge;
use crate::input::Rubric;
use crate::judge::Reply;
use crate::trial::Order;
use crate::verdict::{
    Ballot, DecisionRule, Distribution, GivenBy, Verdict, WeightedBallot, jury, majority, reconcile,
};
use crate::vote::{Answer, Preference, Reading, Unreadable};

/// One trial of a run: its attempts and the ballot that they give.
#[derive(Debug)]
pub struct TrialRecord<A: Answer = Reading> {
    /// The ballot.
    pub ballot: Ballot<A::Choice>,
    /// What was read from the deciding reply, where there is an answer.
    pub reading: Option<A>,
    /// The place of the deciding reply among the replies, where there is an answer.
    decided_by: Option<usize>,
    /// For each reply, why it has no readable answer.
    reasons: Vec<Option<Unreadable>>,
    /// Whether nobody knows which response was shown first when the vote was given.
    pub is_order_unknown: bool,
    /// Every stored attempt, in the order they were made.
    pub attempts: Vec<Attempt>,
}

impl<A: Answer> TrialRecord<A> {
    /// Returns the stored replies, readable or not.
    pub fn replies(&self) -> impl Iterator<Item = &Reply> {
        let replies =
            self.attempts.iter().filter(|attempt| attempt.result == AttemptResult::Replied);
        replies.map(|attempt| &attempt.reply)
    }

    /// Returns why the trial has no readable vote: the reason of its last reply. `None` if it has a vote, or if it
    /// is pending or has failed.
    pub fn unreadable(&self) -> Option<Unreadable> {
        let is_unreadable = self.ballot == Ballot::Unreadable;
        self.reasons.last().copied().flatten().filter(|_| is_unreadable)
    }

    /// Returns every stored attempt with the reason why it has no readable vote, if it is a reply without one.
    pub fn attempts_with_reasons(&self) -> impl Iterator<Item = (&Attempt, Option<Unreadable>)> {
        let mut reasons = self.reasons.iter().copied();
        self.attempts.iter().map(move |attempt| match attempt.result {
            AttemptResult::Replied => (attempt, reasons.next().flatten()),
            _ => (attempt, None),
        })
    }

    /// Returns the deciding reply: the first readable one, else the last.
    pub fn deciding_reply(&self) -> Option<&Reply> {
        self.decided_by.and_then(|at| self.replies().nth(at)).or_else(|| self.replies().last())
    }
}

/// One presentation order of a judged comparison.
#[derive(Debug)]
pub struct OrderRecord<A: Answer = Reading> {
    /// The order; of grades, it stands for the direction of the scale.
    pub order: Order,
    /// Its repeats.
    pub trials: Vec<TrialRecord<A>>,
    /// The ballot of all repeats together: their majority.
    pub ballot: Ballot<A::Choice>,
}

impl<A: Answer> OrderRecord<A> {
    /// Returns the first reading among the repeats that has the order's choice; `None` if the order has none.
    pub fn reading(&self) -> Option<&A> {
        let Ballot::Cast(choice) = self.ballot else { return None };
        let mut readings = self.trials.iter().filter_map(|trial| trial.reading.as_ref());
        readings.find(|reading| reading.choice() == choice)
    }
}

impl OrderRecord {
    /// Returns what this order prefers, by system.
    pub fn preference(&self) -> Option<Preference> {
        match self.ballot {
            Ballot::Cast(vote) => Some(vote.under(self.order)),
            _ => None,
        }
    }

    /// Returns whether nobody knows of a vote which response was shown first.
    pub fn is_unknown(&self) -> bool {
        self.trials.iter().any(|trial| trial.is_order_unknown)
    }

    /// Returns the ballots of its repeats.
    fn ballots(&self) -> Vec<WeightedBallot> {
        let ballot = |trial: &TrialRecord| {
            let reading = trial.reading.as_ref();
            (trial.ballot, reading.and_then(|reading| reading.first_probability))
        };
        self.trials.iter().map(ballot).collect()
    }
}

/// The verdict of one judge on a comparison, or of a jury.
#[derive(Debug)]
pub struct VerdictRecord {
    /// The verdict by [`DecisionRule::BothOrders`].
    pub verdict: Verdict,
    /// Both orders, `AFirst` first; a jury has none.
    pub orders: Vec<OrderRecord>,
    /// Which judge of a cascade gave it; `None` unless it is the final verdict of one.
    pub given_by: Option<GivenBy>,
}

impl VerdictRecord {
    /// Returns the verdict by a rule. That of a jury is always the one of its judges.
    pub fn verdict_by(&self, rule: DecisionRule) -> Verdict {
        match (rule, self.orders.as_slice()) {
            (DecisionRule::Margin { .. }, [a_first, b_first]) => {
                rule.decide(&a_first.ballots(), &b_first.ballots())
            }
            _ => self.verdict,
        }
    }

    /// Returns the mean distribution of both orders; `None` unless both have one, and for a jury.
    pub fn distribution(&self) -> Option<Distribution> {
        let [a_first, b_first] = self.orders.as_slice() else { return None };
        Distribution::of_orders(&a_first.ballots(), &b_first.ballots())
    }
}

/// One comparison with the verdicts of all judges, in the order of [`RunFile::judges`](super::RunFile::judges).
#[derive(Debug)]
pub struct ComparisonRecord {
    /// Its row in the run file.
    pub row: i64,
    /// The row of its item.
    pub item: i64,
    /// The item's id.
    pub id: String,
    /// The two systems, in byte order.
    pub between: [String; 2],
    /// The verdict of each judge; of a cascade, the final one.
    pub judged: Vec<VerdictRecord>,
    /// Of a cascade, what the other judge said, which does not decide; `None` else.
    pub beside: Option<VerdictRecord>,
}

impl ComparisonRecord {
    /// Returns what identifies the comparison.
    pub(crate) fn key(&self) -> ComparisonKey {
        let Self { row, item, id, between, .. } = self;
        ComparisonKey { row: *row, item: *item, id: id.clone(), between: between.clone() }
    }

    /// Returns the verdict of all judges together.
    pub fn jury(&self) -> VerdictRecord {
        let verdicts: Vec<Verdict> = self.judged.iter().map(|record| record.verdict).collect();
        VerdictRecord { verdict: jury(&verdicts), orders: Vec::new(), given_by: None }
    }
}

pub(super) fn comparison_record(
    stored: StoredComparison,
    judges: &[StoredJudge],
    rubrics: &[Rubric],
    repeat: u32,
) -> ComparisonRecord {
    let StoredComparison { row, item, id, between, mut attempts, .. } = stored;
    let verdicts = judges
        .iter()
        .zip(rubrics)
        .map(|(judge, rubric)| take_verdict_record(&mut attempts, judge.row, rubric, repeat));
    ComparisonRecord { row, item, id, between, judged: verdicts.collect(), beside: None }
}

/// Removes the attempts of one judge from those at a comparison and reads the judge's verdict from them.
pub(crate) fn take_verdict_record(
    attempts: &mut Vec<Attempt>,
    judge: i64,
    rubric: &Rubric,
    repeat: u32,
) -> VerdictRecord {
    let orders = take_orders(attempts, judge, rubric, repeat);
    let verdict = reconcile(orders[0].ballot, orders[1].ballot);
    VerdictRecord { verdict, orders: orders.into(), given_by: None }
}

/// Removes the attempts of one judge from those at a subject and reads both orders from them.
pub(crate) fn take_orders<A: Answer>(
    attempts: &mut Vec<Attempt>,
    judge: i64,
    rubric: &Rubric,
    repeat: u32,
) -> [OrderRecord<A>; 2] {
    Order::BOTH.map(|order| {
        let trials: Vec<TrialRecord<A>> = (0..repeat)
            .map(|repeat| {
                let of_trial = attempts.extract_if(.., |attempt| {
                    let key = &attempt.key;
                    key.judge == judge && key.order == order && key.repeat == repeat
                });
                let attempts: Vec<Attempt> = of_trial.collect();
                let trial = read_trial::<A>(attempts.iter(), rubric);
                let (decided_by, reading) = trial.decided_by.unzip();
                let (ballot, reasons) = (trial.ballot, trial.reasons);
                let is_order_unknown = trial.is_order_unknown;
                TrialRecord { ballot, reading, decided_by, reasons, is_order_unknown, attempts }
            })
            .collect();
        let ballots: Vec<_> = trials.iter().map(|trial| trial.ballot).collect();
        OrderRecord { order, ballot: majority(&ballots), trials }
    })
}
