//! What one run says of its comparisons: a few bytes for each trial, without any text.

use std::sync::Arc;

use crate::calibration::ReplyChoice;
use crate::error::Result;
use crate::input::Item;
use crate::store::{
    AttemptResult, ComparisonRecord, JudgeChoice, RunFile, TrialRecord, VerdictRecord,
};
use crate::trial::Order;
use crate::verdict::{Ballot, Verdict, jury, majority, reconcile};
use crate::vote::Vote;

/// One comparison of a run.
#[derive(Debug)]
pub(crate) struct Row {
    /// Its row in the run file.
    pub(crate) stored: i64,
    pub(crate) id: Arc<str>,
    /// The two systems, in byte order.
    pub(crate) between: [Arc<str>; 2],
    /// A digest of the texts that a judge may be shown.
    pub(crate) texts: [u8; 32],
    /// The verdict of the chosen judge, or of the jury.
    pub(crate) verdict: Verdict,
}

/// The reply that decided a trial, as far as needed to see whether two runs share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Source {
    /// A digest of its text; `None` without a reply.
    text: Option<[u8; 16]>,
    /// Whether it was copied from another run.
    reused: bool,
}

/// Every comparison of a run with every vote of the chosen judge, or of all judges of a jury.
///
/// The trials of a comparison are, judge by judge, both orders, `AFirst` first, with their repeats.
#[derive(Debug)]
pub(crate) struct Answers {
    pub(super) choice: JudgeChoice,
    /// The names of the judges whose votes are here.
    pub(super) judges: Vec<String>,
    /// How often each order was asked.
    pub(super) repeat: usize,
    /// The names of the rubric's criteria.
    pub(super) criteria: Vec<String>,
    pub(crate) rows: Vec<Row>,
    ballots: Vec<Ballot>,
    sources: Vec<Source>,
    /// The votes on criteria, trial by trial.
    criterion_ballots: Vec<Ballot>,
}

impl Answers {
    /// Reads the selected comparisons of a run.
    ///
    /// # Errors
    ///
    /// The run cannot be read, or has no such judge.
    pub(crate) fn read(run: &RunFile, judge: Option<&str>) -> Result<Self> {
        let choice = run.choose_judge(judge)?;
        let judges = run.judges().iter().enumerate().filter(|(at, _)| is_chosen(choice, *at));
        let mut answers = Self {
            choice,
            judges: judges.map(|(_, judge)| judge.record.name.clone()).collect(),
            repeat: run.manifest().repeat as usize,
            criteria: run.rubric().criteria.iter().map(|one| one.name.clone()).collect(),
            rows: Vec::new(),
            ballots: Vec::new(),
            sources: Vec::new(),
            criterion_ballots: Vec::new(),
        };
        run.for_each_with_item(|record, item| {
            answers.add(&record, &item);
            Ok(())
        })?;
        Ok(answers)
    }

    fn add(&mut self, record: &ComparisonRecord, item: &Item) {
        self.rows.push(Row {
            stored: record.row,
            id: record.id.as_str().into(),
            between: record.between.each_ref().map(|system| system.as_str().into()),
            texts: digest_of_texts(item, &record.between),
            verdict: self.choice.verdict(record),
        });
        let chosen = record.judged.iter().enumerate().filter(|(at, _)| is_chosen(self.choice, *at));
        for trial in chosen.flat_map(|(_, judged)| trials(judged)) {
            self.ballots.push(trial.ballot);
            self.sources.push(source(trial));
            let criteria = self.criteria.iter();
            self.criterion_ballots.extend(criteria.map(|name| criterion_ballot(trial, name)));
        }
    }

    /// Returns how many trials a comparison has.
    fn trials(&self) -> usize {
        self.judges.len() * 2 * self.repeat
    }

    fn ballots(&self, at: usize) -> &[Ballot] {
        &self.ballots[at * self.trials()..(at + 1) * self.trials()]
    }

    fn sources(&self, at: usize) -> &[Source] {
        &self.sources[at * self.trials()..(at + 1) * self.trials()]
    }

    /// Returns the ballots of the repeats of one judge in one order: on the whole, or on one criterion.
    pub(super) fn repeats(
        &self,
        at: usize,
        judge: usize,
        order: Order,
        criterion: Option<usize>,
    ) -> impl Iterator<Item = Ballot> + '_ {
        let start = at * self.trials() + (judge * 2 + number(order)) * self.repeat;
        (start..start + self.repeat).map(move |trial| match criterion {
            None => self.ballots[trial],
            Some(criterion) => self.criterion_ballots[trial * self.criteria.len() + criterion],
        })
    }

    /// Returns the ballot of one judge in one order after its repeats: on the whole, or on one criterion.
    pub(super) fn order(
        &self,
        at: usize,
        judge: usize,
        order: Order,
        criterion: Option<usize>,
    ) -> Ballot {
        majority(&self.repeats(at, judge, order, criterion).collect::<Vec<_>>())
    }

    /// Returns whether a judge has replied in an order of a comparison.
    pub(super) fn has_reply(&self, at: usize, order: Order) -> bool {
        let judges = 0..self.judges.len();
        let mut ballots = judges.flat_map(|judge| self.repeats(at, judge, order, None));
        ballots.any(|ballot| matches!(ballot, Ballot::Cast(_) | Ballot::Unreadable))
    }

    /// Returns whether any reply to a comparison has a readable vote.
    pub(super) fn has_readable_reply(&self, at: usize) -> bool {
        self.ballots(at).iter().any(|ballot| matches!(ballot, Ballot::Cast(_)))
    }

    /// Returns what every reply in one order says: on the whole, or on one criterion.
    pub(super) fn replies(
        &self,
        at: usize,
        order: Order,
        criterion: Option<usize>,
    ) -> impl Iterator<Item = ReplyChoice> + '_ {
        let judges = 0..self.judges.len();
        let ballots = judges.flat_map(move |judge| self.repeats(at, judge, order, criterion));
        ballots.map(move |ballot| ReplyChoice::of(ballot, order))
    }

    /// Returns the verdict that one repeat of every trial gives, as if each order had been asked once.
    pub(super) fn verdict_of_repeat(&self, at: usize, repeat: usize) -> Verdict {
        let ballots = self.ballots(at);
        let of_judge = |judge: usize| {
            let ballot = |order| ballots[(judge * 2 + number(order)) * self.repeat + repeat];
            reconcile(ballot(Order::AFirst), ballot(Order::BFirst))
        };
        match self.choice {
            JudgeChoice::One(_) => of_judge(0),
            JudgeChoice::Jury => jury(&(0..self.judges.len()).map(of_judge).collect::<Vec<_>>()),
        }
    }

    /// Returns whether every trial of a comparison has a reply that was copied from another run.
    pub(super) fn is_copied(&self, at: usize) -> bool {
        self.sources(at).iter().all(|source| source.text.is_some() && source.reused)
    }

    /// Returns whether any trial of a comparison has a reply that was asked for in this run.
    pub(super) fn is_asked(&self, at: usize) -> bool {
        self.sources(at).iter().any(|source| source.text.is_some() && !source.reused)
    }

    /// Returns whether all replies to a comparison are those of another run, because one of the two copied them.
    pub(super) fn shares_replies(&self, at: usize, other: &Self, other_at: usize) -> bool {
        let (ours, theirs) = (self.sources(at), other.sources(other_at));
        let is_shared = |(one, two): (&Source, &Source)| {
            one.text.is_some() && one.text == two.text && (one.reused || two.reused)
        };
        ours.len() == theirs.len() && ours.iter().zip(theirs).all(is_shared)
    }
}

fn is_chosen(choice: JudgeChoice, judge: usize) -> bool {
    match choice {
        JudgeChoice::One(chosen) => chosen == judge,
        JudgeChoice::Jury => true,
    }
}

fn number(order: Order) -> usize {
    usize::from(order == Order::BFirst)
}

fn trials(judged: &VerdictRecord) -> impl Iterator<Item = &TrialRecord> {
    judged.orders.iter().flat_map(|order| &order.trials)
}

fn source(trial: &TrialRecord) -> Source {
    let mut replies =
        trial.attempts.iter().filter(|attempt| attempt.result == AttemptResult::Replied);
    let reused = replies.clone().next().is_some() && replies.all(|attempt| attempt.reused);
    let text = trial.deciding_reply().map(|reply| {
        let digest = blake3::hash(reply.text.as_deref().unwrap_or_default().as_bytes());
        std::array::from_fn(|at| digest.as_bytes()[at])
    });
    Source { text, reused }
}

/// Returns the vote of a trial on a criterion; a reply without one is unreadable there.
fn criterion_ballot(trial: &TrialRecord, criterion: &str) -> Ballot {
    let vote: Option<Vote> =
        trial.reading.as_ref().and_then(|reading| reading.criteria.get(criterion).copied());
    match (vote, trial.ballot) {
        (Some(vote), _) => Ballot::Cast(vote),
        (None, Ballot::Cast(_) | Ballot::Unreadable) => Ballot::Unreadable,
        (None, absent) => absent,
    }
}

/// Returns a digest of the texts of an item that a judge of two of its responses may be shown.
fn digest_of_texts(item: &Item, between: &[String; 2]) -> [u8; 32] {
    let responses = between.each_ref().map(|system| item.responses.get(system));
    let texts = serde_json::json!([item.prompt, item.reference, item.context, responses]);
    *blake3::hash(texts.to_string().as_bytes()).as_bytes()
}
