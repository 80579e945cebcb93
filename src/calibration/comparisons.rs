//! The comparisons of a run in memory, without any text: a few numbers and one byte per vote.

use std::collections::HashMap;
use std::sync::Arc;

use super::doubt::doubt;
use super::part::Part;
use super::reply_choice::ReplyChoice;
use crate::error::Result;
use crate::input::KnownItems;
use crate::store::{BallotRecord, JudgeChoice, RunFile};
use crate::trial::{Direction, Order, Side};
use crate::verdict::{
    Ballot, Distribution, OrderAveraged, Outcome, Verdict, WeightedBallot, majority, single_order,
};
use crate::vote::Preference;

/// Two systems that were compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SystemPair {
    /// Their names, in byte order.
    pub(crate) between: [String; 2],
    /// The one whose wins are counted.
    pub(crate) counted: Side,
}

impl SystemPair {
    /// Returns the name of the system whose wins are counted.
    pub(crate) fn system(&self) -> &str {
        match self.counted {
            Side::A => &self.between[0],
            Side::B => &self.between[1],
        }
    }

    /// Returns what a preference is worth to the counted system: 1, ½ or 0.
    pub(crate) fn score(&self, preference: Preference) -> f64 {
        preference.worth(self.counted)
    }
}

/// One comparison with its verdict.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ComparisonRow {
    /// The number of the item in `ComparisonTable::items`.
    pub(crate) item: u32,
    /// Which pair of systems.
    pub(crate) pair: u32,
    /// How it ended.
    pub(crate) outcome: Outcome,
    /// What the verdict prefers, if it was kept.
    pub(crate) winner: Option<Preference>,
}

/// Every comparison of the chosen part of a run, with every vote of the chosen judge.
#[derive(Debug)]
pub(crate) struct ComparisonTable {
    /// The judge's name, or `jury`.
    pub(crate) judge: String,
    /// Every item of the run, of all parts.
    pub(crate) items: KnownItems,
    pub(crate) pairs: Vec<SystemPair>,
    pub(crate) rows: Vec<ComparisonRow>,
    /// How many comparisons could have been labelled; more than `rows` where those without a label were left
    /// out.
    pub(crate) population: u64,
    /// Comparisons of all parts that some judge answered in both orders.
    pub(crate) answered: u64,
    /// How often each order was asked.
    pub(crate) repeat: usize,
    /// Whether the rubric allows a tie.
    pub(crate) ties: bool,
    /// How many votes each comparison has: for each judge both orders, `AFirst` first, with their repeats.
    stride: usize,
    votes: Vec<Ballot>,
    /// The probability of the response shown first, of each vote; empty where no reply carries one.
    probabilities: Vec<Option<f64>>,
    /// The places of the votes of which nobody knows which response was shown first, ascending.
    of_unknown_order: Vec<usize>,
    /// Item, pair and row of every comparison, sorted, to find a row.
    row_index: Vec<(u32, u32, u32)>,
    /// The number of a pair by its two systems.
    pair_numbers: HashMap<String, HashMap<String, u32>>,
}

impl ComparisonTable {
    /// Reads a run. `judge` names one of its judges; without it that is the only one, or the jury.
    ///
    /// # Errors
    ///
    /// The run cannot be read, or has no such judge.
    pub(crate) fn read(run: &RunFile, judge: Option<&str>, part: Option<Part>) -> Result<Self> {
        let chosen = run.choose_judge(judge)?;
        let repeat = run.manifest().repeat as usize;
        let judges = if matches!(chosen, JudgeChoice::Jury) { run.judges().len() } else { 1 };
        let name = run.name_of(chosen).to_owned();
        let mut table = Self {
            ties: run.rubric().ties,
            stride: judges * 2 * repeat,
            ..Self::empty(name, repeat)
        };
        let direction = run.manifest().direction();
        run.for_each_ballots(|ballots| table.add(&ballots, chosen, part, direction))?;
        table.items.add_possible_systems(run.systems()?);
        table.row_index.sort_unstable();
        Ok(table)
    }

    /// Returns every comparison of some items; no judge has answered them.
    ///
    /// `items` passes each item's id and systems to its argument.
    ///
    /// # Errors
    ///
    /// Those of `items`.
    pub(crate) fn of_items(
        items: impl FnOnce(&mut dyn FnMut(&str, &mut [&str])) -> Result<()>,
    ) -> Result<Self> {
        let mut table = Self { ties: true, ..Self::empty(String::new(), 1) };
        items(&mut |id, systems| {
            systems.sort_unstable();
            let item = table.items.add(id, systems.iter().copied());
            for (at, a) in systems.iter().enumerate() {
                for b in &systems[at + 1..] {
                    let pair = table.pair([a, b], Direction::default());
                    table.push(item, pair, Verdict { outcome: Outcome::Pending, winner: None });
                }
            }
        })?;
        table.row_index.sort_unstable();
        Ok(table)
    }

    fn empty(judge: String, repeat: usize) -> Self {
        Self {
            judge,
            items: KnownItems::default(),
            pairs: Vec::new(),
            rows: Vec::new(),
            population: 0,
            answered: 0,
            repeat,
            ties: false,
            stride: 0,
            votes: Vec::new(),
            probabilities: Vec::new(),
            of_unknown_order: Vec::new(),
            row_index: Vec::new(),
            pair_numbers: HashMap::new(),
        }
    }

    /// Returns the number of a pair of systems.
    fn pair(&mut self, between: [&str; 2], direction: Direction<'_>) -> u32 {
        if let Some(known) = self.pair_number(between) {
            return known;
        }
        let number = self.pairs.len() as u32;
        let between = between.map(str::to_owned);
        let counted = direction.counted(&between);
        self.pair_numbers.entry(between[0].clone()).or_default().insert(between[1].clone(), number);
        self.pairs.push(SystemPair { between, counted });
        number
    }

    /// Returns the number of a pair of systems; `None` if they are not compared. Pairs are numbered as they come, so that
    /// one may have another number in another table.
    pub(crate) fn pair_number(&self, between: [&str; 2]) -> Option<u32> {
        self.pair_numbers.get(between[0])?.get(between[1]).copied()
    }

    fn push(&mut self, item: u32, pair: u32, Verdict { outcome, winner }: Verdict) {
        self.row_index.push((item, pair, self.rows.len() as u32));
        self.rows.push(ComparisonRow { item, pair, outcome, winner });
        self.population += 1;
    }

    fn add(
        &mut self,
        ballots: &BallotRecord,
        chosen: JudgeChoice,
        part: Option<Part>,
        direction: Direction<'_>,
    ) {
        let BallotRecord { id, between, .. } = ballots;
        let item = self.items.add(id, between.iter().map(String::as_str));
        let verdict = chosen.verdict_of_ballots(ballots);
        let votes = match chosen {
            JudgeChoice::One(judge) => ballots.of(judge),
            JudgeChoice::Jury => ballots.all(),
        };
        let is_answer = |vote: &WeightedBallot| !matches!(vote.0, Ballot::Pending | Ballot::Failed);
        let answered = votes.chunks(2 * self.repeat).any(|judge| judge.iter().all(is_answer));
        self.answered += u64::from(answered);
        if part.is_some_and(|part| part != Part::of(id)) {
            return;
        }
        let pair = self.pair(between.each_ref().map(String::as_str), direction);
        self.push(item, pair, verdict);
        let unknown = match chosen {
            JudgeChoice::One(judge) => ballots.of_unknown_order(judge..judge + 1),
            JudgeChoice::Jury => ballots.of_unknown_order(0..usize::MAX),
        };
        let start = self.votes.len();
        self.of_unknown_order.extend(unknown.map(|place| start + place));
        for (vote, probability) in votes {
            if probability.is_some() && self.probabilities.is_empty() {
                self.probabilities = vec![None; self.votes.len()];
            }
            if probability.is_some() || !self.probabilities.is_empty() {
                self.probabilities.push(*probability);
            }
            self.votes.push(*vote);
        }
    }

    /// Returns the row of a comparison by the item's number and its two systems.
    pub(crate) fn row(&self, item: u32, between: [&str; 2]) -> Option<u32> {
        let key = (item, self.pair_number(between)?);
        let at = self.row_index.binary_search_by_key(&key, |(item, pair, _)| (*item, *pair));
        at.ok().map(|at| self.row_index[at].2)
    }

    /// Returns the row of the comparison that something in a label file is about, if it is in the chosen part.
    pub(crate) fn labelled_row(
        &self,
        (id, between): (&str, &[Arc<str>; 2]),
        part: Option<Part>,
    ) -> Option<u32> {
        if part.is_some_and(|part| part != Part::of(id)) {
            return None;
        }
        self.row(self.items.number(id)?, between.each_ref().map(|system| &**system))
    }

    /// Returns the rows of the comparisons of an item.
    pub(crate) fn rows_of(&self, item: u32) -> impl Iterator<Item = u32> + '_ {
        let start = self.row_index.partition_point(|(other, ..)| *other < item);
        let rows = self.row_index[start..].iter().take_while(move |(other, ..)| *other == item);
        rows.map(|(_, _, row)| *row)
    }

    /// Returns every vote of a comparison with the order it was given under.
    pub(crate) fn votes(&self, row: u32) -> impl Iterator<Item = (Order, Ballot)> + '_ {
        let (start, repeat) = (row as usize * self.stride, self.repeat);
        let votes = &self.votes[start..start + self.stride];
        votes.iter().enumerate().map(move |(at, ballot)| (Order::BOTH[at / repeat % 2], *ballot))
    }

    /// Returns what every reply to a comparison prefers.
    pub(crate) fn replies(&self, row: u32) -> impl Iterator<Item = ReplyChoice> + '_ {
        self.votes(row).map(|(order, ballot)| ReplyChoice::of(ballot, order))
    }

    /// Returns both orders of a comparison, each after its repeats, judge by judge.
    pub(crate) fn orders(&self, row: u32) -> impl Iterator<Item = [Ballot; 2]> + '_ {
        let start = row as usize * self.stride;
        self.votes[start..start + self.stride].chunks(2 * self.repeat).map(move |votes| {
            let (a_first, b_first) = votes.split_at(self.repeat);
            [majority(a_first), majority(b_first)]
        })
    }

    /// Returns [`Self::orders`] of the judges of which it is known which response was shown first.
    pub(crate) fn known_orders(&self, row: u32) -> impl Iterator<Item = [Ballot; 2]> + '_ {
        let judges = self.orders(row).zip(0..);
        judges.filter(move |(_, judge)| self.is_order_known(row, *judge)).map(|(orders, _)| orders)
    }

    /// Returns whether it is known of every vote of a judge on a comparison which response was shown first.
    pub(super) fn is_order_known(&self, row: u32, judge: usize) -> bool {
        let start = row as usize * self.stride + judge * 2 * self.repeat;
        let first = self.of_unknown_order.partition_point(|place| *place < start);
        self.of_unknown_order.get(first).is_none_or(|place| *place >= start + 2 * self.repeat)
    }

    /// Returns [`Self::votes`], each with whether nobody knows which response was shown first.
    pub(crate) fn votes_with_unknown(&self, row: u32) -> impl Iterator<Item = (Ballot, bool)> + '_ {
        let start = row as usize * self.stride;
        let is_unknown = move |at| self.of_unknown_order.binary_search(&(start + at)).is_ok();
        self.votes(row).enumerate().map(move |(at, (_, ballot))| (ballot, is_unknown(at)))
    }

    /// Returns the votes of each order's repeats, judge by judge.
    pub(crate) fn repeats(&self, row: u32) -> impl Iterator<Item = &[Ballot]> + '_ {
        let start = row as usize * self.stride;
        self.votes[start..start + self.stride].chunks(self.repeat)
    }

    /// Returns the probability that side B is preferred, averaged over both orders; `None` unless a reply in
    /// each of them carries one.
    pub(crate) fn probability_of_b(&self, row: u32) -> Option<f64> {
        let start = row as usize * self.stride;
        let probabilities = self.probabilities.get(start..start + self.stride)?;
        let of_b = |((order, _), of_first): ((Order, Ballot), &Option<f64>)| {
            let of_first = (*of_first)?;
            Some((order, if order.first() == Side::B { of_first } else { 1.0 - of_first }))
        };
        let known: Vec<(Order, f64)> =
            self.votes(row).zip(probabilities).filter_map(of_b).collect();
        let mean = |order| {
            let of_order = || known.iter().filter(|(of, _)| *of == order).map(|(_, of_b)| of_b);
            let n = of_order().count();
            (n > 0).then(|| of_order().sum::<f64>() / n as f64)
        };
        Some(f64::midpoint(mean(Order::AFirst)?, mean(Order::BFirst)?))
    }

    /// Returns the mean distribution of both orders of a comparison, where there is one; a jury has none.
    pub(crate) fn distribution(&self, row: u32) -> Option<Distribution> {
        if self.stride != 2 * self.repeat {
            return None;
        }
        let ballots = self.weighted_ballots(row);
        let (a_first, b_first) = ballots.split_at(self.repeat);
        Distribution::of_orders(a_first, b_first)
    }

    /// Returns how far the judge's score of a comparison may be from what people would say; `None` unless a judge has
    /// answered both orders.
    pub(crate) fn doubt(&self, row: u32) -> Option<f64> {
        let ballots = self.weighted_ballots(row);
        let judges = ballots.chunks(2 * self.repeat).map(|judge| {
            let (a_first, b_first) = judge.split_at(self.repeat);
            [a_first, b_first]
        });
        doubt(&judges.collect::<Vec<_>>())
    }

    /// Returns the votes of a comparison, each with the probability that its reply gave, if any.
    fn weighted_ballots(&self, row: u32) -> Vec<WeightedBallot> {
        let start = row as usize * self.stride;
        let votes = &self.votes[start..start + self.stride];
        let probability = |at| self.probabilities.get(start + at).copied().flatten();
        votes.iter().enumerate().map(|(at, vote)| (*vote, probability(at))).collect()
    }

    /// Returns what a comparison is worth to the counted system, averaged over the two orders and then over
    /// the judges that answered both of them; `None` if there is none.
    pub(crate) fn order_averaged(&self, row: u32) -> Option<OrderAveraged> {
        let side = self.pairs[self.rows[row as usize].pair as usize].counted;
        OrderAveraged::mean(self.orders(row).filter_map(|ballots| OrderAveraged::of(ballots, side)))
    }

    /// Returns what the votes of a comparison that was asked in one order only are worth to the counted system, averaged
    /// over the judges; `None` if there is none.
    pub(crate) fn one_order(&self, row: u32) -> Option<f64> {
        let pair = &self.pairs[self.rows[row as usize].pair as usize];
        let votes = self.orders(row).filter_map(|[one, other]| single_order(one, other));
        let (mut sum, mut n) = (0.0, 0.0);
        for vote in votes {
            (sum, n) = (sum + pair.score(vote), n + 1.0);
        }
        (n > 0.0).then(|| sum / n)
    }

    /// Returns whether any reply to a comparison has a readable vote.
    pub(crate) fn has_readable_reply(&self, row: u32) -> bool {
        self.votes(row).any(|(_, ballot)| matches!(ballot, Ballot::Cast(_)))
    }
}
