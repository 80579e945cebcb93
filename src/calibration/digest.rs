//! A run in memory, as small as calibration can do with: numbers and single bytes, no texts.

use std::collections::HashMap;

use super::part::Part;
use crate::error::Result;
use crate::input::Roster;
use crate::store::{BallotRecord, RunFile};
use crate::trial::{Order, Side};
use crate::verdict::{Ballot, Verdict, majority};
use crate::vote::{Preference, Vote};

/// Two systems that were compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    /// Their names, in byte order.
    pub(super) between: [String; 2],
    /// The one whose wins are counted: the later name, or the one that is not the baseline.
    pub(super) counted: Side,
}

impl Pair {
    /// Returns the name of the system whose wins are counted.
    pub(super) fn system(&self) -> &str {
        match self.counted {
            Side::A => &self.between[0],
            Side::B => &self.between[1],
        }
    }

    /// Returns what a preference is worth to the counted system: 1, ½ or 0.
    pub(super) fn score(&self, preference: Preference) -> f64 {
        preference.worth(self.counted)
    }
}

/// How one comparison ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    /// The item's number on the roster.
    pub(super) item: u32,
    /// Which pair of systems.
    pub(super) pair: u32,
    /// What the verdict prefers, if it was kept.
    pub(super) winner: Option<Preference>,
}

/// What is needed of a run: every comparison of the chosen part with every vote of the chosen judge.
#[derive(Debug)]
pub(super) struct Digest {
    /// The judge's name, or `jury`.
    pub(super) judge: String,
    /// Every item of the run, of all parts.
    pub(super) roster: Roster,
    pub(super) pairs: Vec<Pair>,
    pub(super) rows: Vec<Row>,
    /// How many comparisons could have been labelled; more than rows where those without a label were left out.
    pub(super) comparisons: u64,
    /// Comparisons of all parts that some judge answered in both orders.
    pub(super) answered: u64,
    /// How often each order was asked.
    pub(super) repeat: usize,
    /// Whether the rubric allows a tie.
    pub(super) ties: bool,
    /// How many votes each comparison has: for each judge both orders, `AFirst` first, with their repeats.
    stride: usize,
    votes: Vec<Ballot>,
    /// The probability of each vote; empty where no reply carries one.
    confidences: Vec<Option<f32>>,
    /// Item, pair and row of every comparison, sorted.
    numbers: Vec<(u32, u32, u32)>,
}

/// Which of a run's judges is calibrated.
#[derive(Debug, Clone, Copy)]
enum Chosen {
    One(usize),
    Jury,
}

impl Digest {
    /// Reads a run. `judge` names one of its judges; without it that is the only one, or the jury.
    ///
    /// # Errors
    ///
    /// The run cannot be read, or has no such judge.
    pub(super) fn read(run: &RunFile, judge: Option<&str>, part: Option<Part>) -> Result<Self> {
        let names: Vec<&str> =
            run.judges().iter().map(|judge| judge.record.name.as_str()).collect();
        let chosen = choose(run, judge)?;
        let repeat = run.manifest().repeat as usize;
        let judges = if matches!(chosen, Chosen::Jury) { names.len() } else { 1 };
        let name = match chosen {
            Chosen::One(at) => names[at].to_owned(),
            Chosen::Jury => "jury".to_owned(),
        };
        let mut digest = Self {
            ties: run.rubric().ties,
            stride: judges * 2 * repeat,
            ..Self::empty(name, repeat)
        };
        let baseline = run.manifest().baseline.as_deref();
        run.ballots(|ballots| digest.add(&ballots, chosen, part, baseline))?;
        digest.numbers.sort_unstable();
        Ok(digest)
    }

    /// Returns every comparison of items, which no judge has answered.
    ///
    /// `items` hands out each item's id and systems.
    ///
    /// # Errors
    ///
    /// What `items` returns.
    pub(super) fn of_items(
        items: impl FnOnce(&mut dyn FnMut(&str, &mut [&str])) -> Result<()>,
    ) -> Result<Self> {
        let mut digest = Self { ties: true, ..Self::empty(String::new(), 1) };
        let mut pairs: HashMap<String, HashMap<String, u32>> = HashMap::new();
        items(&mut |id, systems| {
            systems.sort_unstable();
            let item = digest.roster.add(id, systems.iter().copied());
            for (at, a) in systems.iter().enumerate() {
                for b in &systems[at + 1..] {
                    let known = pairs.get(*a).and_then(|others| others.get(*b)).copied();
                    let pair = known.unwrap_or_else(|| {
                        let names = [*a, *b].map(str::to_owned);
                        let pair = digest.pair(&names, None);
                        let [a, b] = names;
                        pairs.entry(a).or_default().insert(b, pair);
                        pair
                    });
                    digest.push(item, pair, None);
                }
            }
        })?;
        digest.numbers.sort_unstable();
        Ok(digest)
    }

    fn empty(judge: String, repeat: usize) -> Self {
        Self {
            judge,
            roster: Roster::default(),
            pairs: Vec::new(),
            rows: Vec::new(),
            comparisons: 0,
            answered: 0,
            repeat,
            ties: false,
            stride: 0,
            votes: Vec::new(),
            confidences: Vec::new(),
            numbers: Vec::new(),
        }
    }

    /// Returns the number of a pair of systems.
    fn pair(&mut self, between: &[String; 2], baseline: Option<&str>) -> u32 {
        let known = self.pairs.iter().position(|pair| pair.between == *between);
        let at = known.unwrap_or_else(|| {
            let counted = Side::counted(between, baseline);
            self.pairs.push(Pair { between: between.clone(), counted });
            self.pairs.len() - 1
        });
        at as u32
    }

    fn push(&mut self, item: u32, pair: u32, winner: Option<Preference>) {
        self.numbers.push((item, pair, self.rows.len() as u32));
        self.rows.push(Row { item, pair, winner });
        self.comparisons += 1;
    }

    fn add(
        &mut self,
        ballots: &BallotRecord,
        chosen: Chosen,
        part: Option<Part>,
        baseline: Option<&str>,
    ) {
        let BallotRecord { id, between, .. } = ballots;
        let item = self.roster.add(id, between.iter().map(String::as_str));
        let (Verdict { winner, .. }, votes) = match chosen {
            Chosen::One(judge) => (ballots.verdict(judge), ballots.of(judge)),
            Chosen::Jury => (ballots.jury(), ballots.all()),
        };
        let there =
            |vote: &(Ballot, Option<f32>)| !matches!(vote.0, Ballot::Pending | Ballot::Failed);
        let answered = votes.chunks(2 * self.repeat).any(|judge| judge.iter().all(there));
        self.answered += u64::from(answered);
        if part.is_some_and(|part| part != Part::of(id)) {
            return;
        }
        let pair = self.pair(between, baseline);
        self.push(item, pair, winner);
        for (vote, confidence) in votes {
            if confidence.is_some() && self.confidences.is_empty() {
                self.confidences = vec![None; self.votes.len()];
            }
            if confidence.is_some() || !self.confidences.is_empty() {
                self.confidences.push(*confidence);
            }
            self.votes.push(*vote);
        }
    }

    /// Returns the row of a comparison by the item's number and its two systems.
    pub(super) fn row(&self, item: u32, between: [&str; 2]) -> Option<u32> {
        let pair = self
            .pairs
            .iter()
            .position(|pair| pair.between[0] == between[0] && pair.between[1] == between[1])?;
        let key = (item, pair as u32);
        let at = self.numbers.binary_search_by_key(&key, |(item, pair, _)| (*item, *pair));
        at.ok().map(|at| self.numbers[at].2)
    }

    /// Returns every vote of a comparison with the order it was given under.
    pub(super) fn votes(&self, row: u32) -> impl Iterator<Item = (Order, Ballot)> + '_ {
        let (start, repeat) = (row as usize * self.stride, self.repeat);
        let votes = &self.votes[start..start + self.stride];
        votes.iter().enumerate().map(move |(at, ballot)| (Order::BOTH[at / repeat % 2], *ballot))
    }

    /// Returns what every reply to a comparison prefers.
    pub(super) fn replies(&self, row: u32) -> impl Iterator<Item = Heard> + '_ {
        self.votes(row).map(|(order, ballot)| Heard::of(ballot, order))
    }

    /// Returns both orders of a comparison, each after its repeats, judge by judge.
    pub(super) fn orders(&self, row: u32) -> impl Iterator<Item = [Ballot; 2]> + '_ {
        let start = row as usize * self.stride;
        let of = |votes: &[Ballot]| if votes.len() == 1 { votes[0] } else { majority(votes) };
        self.votes[start..start + self.stride].chunks(2 * self.repeat).map(move |votes| {
            let (a_first, b_first) = votes.split_at(self.repeat);
            [of(a_first), of(b_first)]
        })
    }

    /// Returns the votes of each order's repeats, judge by judge.
    pub(super) fn repeats(&self, row: u32) -> impl Iterator<Item = &[Ballot]> + '_ {
        let start = row as usize * self.stride;
        self.votes[start..start + self.stride].chunks(self.repeat)
    }

    /// Returns the probability that side B is preferred, averaged over both orders; `None` unless a reply in
    /// each of them carries one.
    pub(super) fn probability_of_b(&self, row: u32) -> Option<f64> {
        let start = row as usize * self.stride;
        let confidences = self.confidences.get(start..start + self.stride)?;
        let of_b = |((order, ballot), confidence): ((Order, Ballot), &Option<f32>)| {
            let confidence = f64::from((*confidence)?);
            match Heard::of(ballot, order) {
                Heard::Preference(Preference::For(Side::A)) => Some((order, 1.0 - confidence)),
                Heard::Preference(Preference::For(Side::B)) => Some((order, confidence)),
                _ => None,
            }
        };
        let known: Vec<(Order, f64)> = self.votes(row).zip(confidences).filter_map(of_b).collect();
        let mean = |order| {
            let of_order = || known.iter().filter(|(of, _)| *of == order).map(|(_, of_b)| of_b);
            let n = of_order().count();
            (n > 0).then(|| of_order().sum::<f64>() / n as f64)
        };
        Some(f64::midpoint(mean(Order::AFirst)?, mean(Order::BFirst)?))
    }

    /// Returns the win of the counted system in a comparison, averaged over its orders; an unreadable
    /// one is half a win. Only judges that answered both orders count; `None` if there is none.
    pub(super) fn averaged(&self, row: u32) -> Option<f64> {
        let pair = &self.pairs[self.rows[row as usize].pair as usize];
        let score = |ballot, order| match Heard::of(ballot, order) {
            Heard::Preference(preference) => Some(pair.score(preference)),
            Heard::Unreadable => Some(0.5),
            Heard::Nothing => None,
        };
        let of_judge = |[a_first, b_first]: [Ballot; 2]| {
            Some(f64::midpoint(score(a_first, Order::AFirst)?, score(b_first, Order::BFirst)?))
        };
        let (mut sum, mut judges) = (0.0, 0.0);
        for mean in self.orders(row).filter_map(of_judge) {
            sum += mean;
            judges += 1.0;
        }
        (judges > 0.0).then(|| sum / judges)
    }
}

/// What one reply says of the two systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    Preference(Preference),
    Unreadable,
    /// The trial is pending or has failed.
    Nothing,
}

impl Heard {
    pub(super) fn of(ballot: Ballot, order: Order) -> Self {
        match ballot {
            Ballot::Cast(vote) => Self::Preference(Vote::under(vote, order)),
            Ballot::Unreadable => Self::Unreadable,
            Ballot::Failed | Ballot::Pending => Self::Nothing,
        }
    }
}

/// Returns the number of a preference among the categories of its pair: A, B, tie.
pub(super) fn category(preference: Preference) -> usize {
    match preference {
        Preference::For(Side::A) => 0,
        Preference::For(Side::B) => 1,
        Preference::Tie => 2,
    }
}

fn choose(run: &RunFile, judge: Option<&str>) -> Result<Chosen> {
    let several = run.judges().len() > 1;
    match judge {
        None | Some("jury") if several => Ok(Chosen::Jury),
        None => Ok(Chosen::One(0)),
        Some(name) => run.judge_named(name).map(Chosen::One),
    }
}
