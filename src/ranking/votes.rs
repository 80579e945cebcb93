//! What all runs say of every comparison, without any text.

use std::collections::HashMap;

use super::joining::ItemTexts;
use super::results::RankedJudge;
use crate::error::{Error, Result, Warning, listed};
use crate::store::{BallotRecord, JudgeRecord, RunFile};
use crate::trial::{Order, Side};
use crate::verdict::{Ballot, Outcome, single_order};
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
    /// Whether nobody knows which response was shown first, for each of these.
    pub(super) unknown_orders: [bool; 2],
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
    /// What is to know of the runs: those without a chosen judge, and judges of one name that differ.
    pub(super) notes: Vec<Warning>,
}

impl JudgedComparisons {
    /// Reads the chosen judges of runs, all of them if none is named. With a baseline, the wins of the other system of
    /// a pair are counted.
    ///
    /// # Errors
    ///
    /// A run cannot be read, or is not about the same items as the others; no run has one of the judges; a comparison was
    /// judged twice by one judge; there is no such baseline, or no comparison.
    pub(super) fn read(
        runs: &[RunFile],
        judges: &[String],
        baseline: Option<&str>,
    ) -> Result<Self> {
        check_judges(runs, judges)?;
        let mut reader = Reader::default();
        for run in runs {
            let chosen = chosen(run, judges);
            if chosen.is_empty() {
                reader.left_out.push(run.path().display().to_string());
                continue;
            }
            reader.texts.add(run)?;
            reader.add(run, &chosen, baseline)?;
        }
        let comparisons = reader.finish();
        if let Some(baseline) = baseline
            && !comparisons.systems.iter().any(|system| system == baseline)
        {
            return Err(Error::input(format!("the baseline is an unknown system `{baseline}`"))
                .hint(format!("the systems are: {}", escaped(&comparisons.systems))));
        }
        if comparisons.rows.is_empty() {
            return Err(Error::input("the runs have no comparison of these judges")
                .hint("judge the items first, or select more of them"));
        }
        Ok(comparisons)
    }
}

/// Returns the numbers of the judges of a run whose verdicts count: all of them if none is named.
fn chosen(run: &RunFile, wanted: &[String]) -> Vec<usize> {
    let names = run.judges().iter().map(|judge| &judge.record.name).enumerate();
    let is_wanted = |name: &String| wanted.is_empty() || wanted.contains(name);
    names.filter(|(_, name)| is_wanted(name)).map(|(at, _)| at).collect()
}

/// Returns names in a list, without characters that would change how it looks.
fn escaped(names: &[String]) -> String {
    listed(&names.iter().map(|name| name.escape_debug().to_string()).collect::<Vec<_>>())
}

/// Refuses names that no run has.
fn check_judges(runs: &[RunFile], wanted: &[String]) -> Result<()> {
    let judges = runs.iter().flat_map(RunFile::judges);
    let mut known: Vec<&String> = judges.map(|judge| &judge.record.name).collect();
    known.sort();
    known.dedup();
    match wanted.iter().find(|name| !known.contains(name)) {
        None => Ok(()),
        Some(name) => Err(Error::input(format!("no run has a judge `{name}`"))
            .hint(format!("their judges are: {}", listed(&known)))),
    }
}

/// Reads runs one after another, and numbers names as they come.
#[derive(Default)]
struct Reader {
    texts: ItemTexts,
    items: Names,
    systems: Names,
    judges: Vec<KnownJudge>,
    /// The runs without a chosen judge.
    left_out: Vec<String>,
    /// Judges of one name and rubric that differ in a field.
    different: Vec<Warning>,
    rows: Vec<JudgedComparison>,
    /// The run of each row.
    runs: Vec<u32>,
    counted: HashMap<[u32; 2], Side>,
    paths: Vec<String>,
    /// The row of each comparison, by item, systems and judge.
    known: HashMap<(u32, [u32; 2], u32), u32>,
}

/// A judge with everything by which another one of the same name may differ.
struct KnownJudge {
    judge: RankedJudge,
    record: JudgeRecord,
    rubric: String,
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
    fn add(&mut self, run: &RunFile, chosen: &[usize], baseline: Option<&str>) -> Result<()> {
        let path = run.path().display().to_string();
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

    /// Returns the number of a judge: the same one in two runs if it was asked the same way by the same rubric.
    fn judge(&mut self, run: &RunFile, at: usize, path: &str) -> u32 {
        let (record, rubric) = (&run.judges()[at].record, run.rubric());
        let has_name = |known: &KnownJudge| {
            known.record.name == record.name && known.rubric == run.rubric_text()
        };
        let mut different = None;
        for (number, known) in self.judges.iter_mut().enumerate() {
            if !has_name(known) {
                continue;
            }
            match known.record.difference(record) {
                None => {
                    known.judge.runs.push(path.to_owned());
                    return number as u32;
                }
                Some((field, ..)) => different = Some((field, known.judge.runs[0].clone())),
            }
        }
        if let Some((field, other)) = different {
            let [one, other] = if *path < *other { [path, &other] } else { [&other, path] };
            self.different.push(Warning::new(
                "different-judges",
                format!(
                    "{} differs in {field} between {one} and {other}: it counts as two judges",
                    record.name
                ),
            ));
        }
        let judge = RankedJudge {
            judge: record.name.clone(),
            model: record.model.clone(),
            rubric: rubric.name.clone(),
            version: rubric.version.clone(),
            runs: vec![path.to_owned()],
        };
        let rubric = run.rubric_text().to_owned();
        self.judges.push(KnownJudge { judge, record: record.clone(), rubric });
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
            let name = &self.judges[judge as usize].judge.judge;
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
            unknown_orders: ballots.unknown_orders(at),
            soft: soft_score(ballots, at),
            longer: length(&between[0]) - length(&between[1]),
        });
        self.runs.push(self.paths.len() as u32 - 1);
        Ok(())
    }

    /// Numbers items, systems and judges in the order of their names.
    fn finish(mut self) -> JudgedComparisons {
        let (items, systems) = (self.items.places(), self.systems.places());
        for known in &mut self.judges {
            known.judge.runs.sort();
        }
        let mut order: Vec<usize> = (0..self.judges.len()).collect();
        order.sort_by_key(|at| &self.judges[*at].judge);
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
        self.judges.sort_by(|one, other| one.judge.cmp(&other.judge));
        self.systems.names.sort();
        self.left_out.sort();
        let mut notes = self.different;
        notes.sort_by(|one, other| one.message.cmp(&other.message));
        if !self.left_out.is_empty() {
            notes.push(Warning::new(
                "runs-without-judge",
                format!(
                    "left out, since none of the judges is in them: {}",
                    listed(&self.left_out)
                ),
            ));
        }
        JudgedComparisons {
            counted: self.counted.iter().map(|(pair, side)| (place(*pair), *side)).collect(),
            items: self.items.names.len() as u64,
            systems: self.systems.names,
            notes,
            judges: self.judges.into_iter().map(|known| known.judge).collect(),
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
    match (verdict.winner, single_order(orders[0], orders[1])) {
        (Some(winner), _) => Ending::Kept(winner),
        (None, Some(vote)) => Ending::OneOrder(vote),
        (None, None) if one.is_some() && other.is_some() => Ending::Inconsistent,
        (None, None) => Ending::Missing { pending: verdict.outcome == Outcome::Pending },
    }
}

/// Returns the probability of side A, a tie as one half; `None` if no reply has one: shares of repeats are votes.
fn soft_score(ballots: &BallotRecord, judge: usize) -> Option<f64> {
    let has_probability = ballots.of(judge).iter().any(|(_, probability)| probability.is_some());
    let distribution = ballots.distribution_of_known_orders(judge).filter(|_| has_probability);
    distribution.map(|found| found.a + found.tie / 2.0)
}
