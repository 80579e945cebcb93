//! What all runs say of every comparison, without any text.

use std::collections::HashMap;

use super::joining::ItemTexts;
use super::results::RankedJudge;
use crate::error::{Error, Result};
use crate::store::{BallotRecord, RunFile};
use crate::trial::{Order, Side};
use crate::verdict::{Ballot, Distribution, Outcome};
use crate::vote::Preference;

/// How a comparison ended, for counting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Ending {
    /// Both orders agree.
    Kept(Preference),
    /// One order has this vote, and the other one was not asked.
    OneOrder(Preference),
    /// Both orders have a vote, not the same.
    Inconsistent,
    /// Neither of these; whether an order is still to be asked.
    Missing { pending: bool },
}

/// One comparison by one judge. Scores are those of side A, whose name comes first in byte order.
#[derive(Debug, Clone, Copy)]
pub(super) struct JudgedComparison {
    /// The place of the item's id among all, in byte order.
    pub(super) item: u32,
    /// The numbers of the two systems, A first: its name comes first in byte order.
    pub(super) between: [u32; 2],
    /// The number of the judge.
    pub(super) judge: u32,
    /// How it ended.
    pub(super) ending: Ending,
    /// What each order that has a vote says, A shown first before the other.
    pub(super) votes: [Option<f64>; 2],
    /// The mean probability over the orders that have one; a tie is one half.
    pub(super) soft: Option<f64>,
    /// By how many characters the response of A is longer.
    pub(super) longer: f64,
}

impl JudgedComparison {
    /// Returns the mean of the votes.
    pub(super) fn score(&self) -> Option<f64> {
        let votes: Vec<f64> = self.votes.into_iter().flatten().collect();
        (!votes.is_empty()).then(|| votes.iter().sum::<f64>() / votes.len() as f64)
    }

    /// Returns the result, if the comparison is decided.
    pub(super) fn decided(&self) -> Option<Preference> {
        match self.ending {
            Ending::Kept(preference) | Ending::OneOrder(preference) => Some(preference),
            Ending::Inconsistent | Ending::Missing { .. } => None,
        }
    }
}

/// Every comparison of several runs, in an order that does not depend on that of the runs.
#[derive(Debug)]
pub(super) struct JudgedComparisons {
    /// In byte order.
    pub(super) systems: Vec<String>,
    pub(super) judges: Vec<RankedJudge>,
    /// How many items there are.
    pub(super) items: u64,
    /// By item, systems and judge.
    pub(super) rows: Vec<JudgedComparison>,
    /// For each pair of systems that was compared, the side whose wins are counted.
    pub(super) counted: HashMap<[u32; 2], Side>,
}

impl JudgedComparisons {
    /// Reads the chosen judges of runs, all of them if none is named. With a baseline, the wins of the other system of
    /// a pair are counted.
    ///
    /// # Errors
    ///
    /// A run cannot be read, has none of the judges, or is not about the same items as the others; a comparison was
    /// judged twice by one judge; there is no such baseline, or no comparison.
    pub(super) fn read(
        runs: &[RunFile],
        judges: &[String],
        baseline: Option<&str>,
    ) -> Result<Self> {
        let mut reader = Reader::default();
        for run in runs {
            reader.texts.add(run)?;
            reader.add(run, judges, baseline)?;
        }
        let comparisons = reader.finish();
        if let Some(baseline) = baseline
            && !comparisons.systems.iter().any(|system| system == baseline)
        {
            return Err(Error::input(format!("the baseline is an unknown system `{baseline}`"))
                .hint(format!("the systems are: {}", listed(&comparisons.systems))));
        }
        if comparisons.rows.is_empty() {
            return Err(Error::input("the runs have no comparison of these judges")
                .hint("judge the items first, or select more of them"));
        }
        Ok(comparisons)
    }
}

/// Names as a list that is not too long to read.
fn listed(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(20).map(String::as_str).collect();
    let more = if names.len() > 20 { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

/// Reads runs one after another, and numbers names as they come.
#[derive(Default)]
struct Reader {
    texts: ItemTexts,
    items: Names,
    systems: Names,
    /// With the text of the rubric, by which judges of the same name differ.
    judges: Vec<(RankedJudge, String)>,
    rows: Vec<JudgedComparison>,
    /// The run of each row.
    runs: Vec<u32>,
    counted: HashMap<[u32; 2], Side>,
    paths: Vec<String>,
    /// The row of each comparison, by item, systems and judge.
    known: HashMap<(u32, [u32; 2], u32), u32>,
}

#[derive(Debug, Default)]
struct Names {
    names: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Names {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.numbers.insert(name.to_owned(), number);
        self.names.push(name.to_owned());
        number
    }

    /// Returns the place that each name has in byte order.
    fn places(&self) -> Vec<u32> {
        let mut order: Vec<usize> = (0..self.names.len()).collect();
        order.sort_by_key(|at| &self.names[*at]);
        let mut places = vec![0; order.len()];
        for (place, at) in order.into_iter().enumerate() {
            places[at] = place as u32;
        }
        places
    }
}

impl Reader {
    fn add(&mut self, run: &RunFile, wanted: &[String], baseline: Option<&str>) -> Result<()> {
        let path = run.path().display().to_string();
        let names = run.judges().iter().map(|judge| judge.record.name.as_str()).enumerate();
        let is_wanted =
            |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
        let chosen: Vec<usize> =
            names.filter(|(_, name)| is_wanted(name)).map(|(at, _)| at).collect();
        if let (true, Some(name)) = (chosen.is_empty(), wanted.first()) {
            run.judge_named(name)?;
        }
        let numbers: Vec<u32> = chosen.iter().map(|at| self.judge(run, *at, &path)).collect();
        let mut direction = run.manifest().direction();
        if baseline.is_some() {
            direction.baseline = baseline;
        }
        let mut result = Ok(());
        self.paths.push(path);
        run.for_each_ballots(|ballots| {
            let side = direction.counted(&ballots.between);
            for (at, judge) in chosen.iter().zip(&numbers) {
                if result.is_ok() {
                    result = self.add_comparison(&ballots, *at, *judge, side);
                }
            }
        })?;
        result
    }

    /// Returns the number of a judge: the same one in two runs if name, model and rubric are equal.
    fn judge(&mut self, run: &RunFile, at: usize, path: &str) -> u32 {
        let (record, rubric) = (&run.judges()[at].record, run.rubric());
        let same = |(known, text): &(RankedJudge, String)| {
            known.judge == record.name && known.model == record.model && text == run.rubric_text()
        };
        if let Some(known) = self.judges.iter().position(same) {
            self.judges[known].0.runs.push(path.to_owned());
            return known as u32;
        }
        let judge = RankedJudge {
            judge: record.name.clone(),
            model: record.model.clone(),
            rubric: rubric.name.clone(),
            version: rubric.version.clone(),
            runs: vec![path.to_owned()],
        };
        self.judges.push((judge, run.rubric_text().to_owned()));
        self.judges.len() as u32 - 1
    }

    fn add_comparison(
        &mut self,
        ballots: &BallotRecord,
        at: usize,
        judge: u32,
        counted: Side,
    ) -> Result<()> {
        let BallotRecord { id, between, .. } = ballots;
        let item = self.items.number(id);
        let numbers = between.each_ref().map(|system| self.systems.number(system));
        let row = self.rows.len() as u32;
        if let Some(earlier) = self.known.insert((item, numbers, judge), row) {
            let [a, b] = between;
            let [before, now] = [self.runs[earlier as usize] as usize, self.paths.len() - 1]
                .map(|run| &self.paths[run]);
            let name = &self.judges[judge as usize].0.judge;
            return Err(Error::input(format!(
                "{now}: item {id}, {a} and {b}: {name} has judged this comparison in {before} too"
            ))
            .detail("the same verdict would count twice")
            .hint(
                "leave out one of the runs; several votes of one judge are repeats within a run",
            ));
        }
        // A side that runs disagree on depends on the names alone, whatever the order of the runs.
        self.counted
            .entry(numbers)
            .and_modify(|side| {
                if *side != counted {
                    *side = Side::B;
                }
            })
            .or_insert(counted);
        let length = |system: &str| f64::from(self.texts.length(id, system).unwrap_or(0));
        let orders = ballots.orders(at);
        self.rows.push(JudgedComparison {
            item,
            between: numbers,
            judge,
            ending: ending(ballots, at, orders),
            votes: [(orders[0], Order::AFirst), (orders[1], Order::BFirst)]
                .map(|(ballot, order)| preference(ballot, order).map(|one| one.worth(Side::A))),
            soft: ballots.distribution_of_known_orders(at).map(soft_score),
            longer: length(&between[0]) - length(&between[1]),
        });
        self.runs.push(self.paths.len() as u32 - 1);
        Ok(())
    }

    /// Numbers items, systems and judges in the order of their names.
    fn finish(mut self) -> JudgedComparisons {
        let (items, systems) = (self.items.places(), self.systems.places());
        for (judge, _) in &mut self.judges {
            judge.runs.sort();
        }
        let mut order: Vec<usize> = (0..self.judges.len()).collect();
        order.sort_by_key(|at| &self.judges[*at]);
        let mut judges = vec![0; order.len()];
        for (place, at) in order.into_iter().enumerate() {
            judges[at] = place as u32;
        }
        let place = |between: [u32; 2]| between.map(|system| systems[system as usize]);
        for row in &mut self.rows {
            row.item = items[row.item as usize];
            row.between = place(row.between);
            row.judge = judges[row.judge as usize];
        }
        self.rows.sort_by_key(|row| (row.item, row.between, row.judge));
        self.judges.sort();
        self.systems.names.sort();
        JudgedComparisons {
            counted: self.counted.iter().map(|(pair, side)| (place(*pair), *side)).collect(),
            items: self.items.names.len() as u64,
            systems: self.systems.names,
            judges: self.judges.into_iter().map(|(judge, _)| judge).collect(),
            rows: self.rows,
        }
    }
}

fn preference(ballot: Ballot, order: Order) -> Option<Preference> {
    match ballot {
        Ballot::Cast(vote) => Some(vote.under(order)),
        Ballot::Unreadable | Ballot::Failed | Ballot::Pending => None,
    }
}

fn ending(ballots: &BallotRecord, judge: usize, orders: [Ballot; 2]) -> Ending {
    let verdict = ballots.verdict(judge);
    let [one, other] =
        [(orders[0], Order::AFirst), (orders[1], Order::BFirst)].map(|(a, b)| preference(a, b));
    match (verdict.winner, one, other) {
        (Some(winner), ..) => Ending::Kept(winner),
        (None, Some(_), Some(_)) => Ending::Inconsistent,
        (None, Some(vote), None) if orders[1] == Ballot::Pending => Ending::OneOrder(vote),
        (None, None, Some(vote)) if orders[0] == Ballot::Pending => Ending::OneOrder(vote),
        _ => Ending::Missing { pending: verdict.outcome == Outcome::Pending },
    }
}

/// Returns the probability of side A; a tie is one half.
fn soft_score(distribution: Distribution) -> f64 {
    distribution.a + distribution.tie / 2.0
}
