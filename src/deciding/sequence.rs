//! The comparisons of one system with the others, in random order of the items, and what their ballots decide.

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::stats::{SequentialMeans, StatError};
use crate::store::{ComparisonKey, UntilDecided};
use crate::trial::{Side, sample_rank};
use crate::verdict::{Ballot, OrderAveraged};

/// The score of a system, if it had lost whatever is not known, and if it had won it.
type Bounds = [f64; 2];

/// The comparisons of one system with the others, in random order of the items.
#[derive(Debug)]
pub(crate) struct ComparisonSequence {
    /// The systems that it is compared with, in byte order.
    others: Vec<String>,
    comparisons: Vec<Comparison>,
    /// The place of each comparison by its row.
    places: HashMap<i64, usize>,
    judges: usize,
    /// For each comparison, what each judge says.
    bounds: Vec<Option<Bounds>>,
    /// For each other system, the scores of the comparisons that were looked at, without those that failed.
    scores: Vec<Vec<f64>>,
    /// The first comparison of the first item that has not been looked at.
    next: usize,
    /// How many items have been looked at.
    items: u64,
    means: SequentialMeans,
}

/// One comparison of the sequence.
#[derive(Debug)]
struct Comparison {
    row: i64,
    /// The row of its item.
    item: i64,
    /// The place of the other system.
    other: usize,
    /// The side of the system.
    side: Side,
}

impl ComparisonSequence {
    /// Returns the sequence of those comparisons that the question is about, without any ballot. `judges` is how many
    /// judges are asked, `seed` that of the run.
    ///
    /// # Errors
    ///
    /// None of the comparisons has the system, or a number of the question is out of range.
    pub(crate) fn new(
        keys: Vec<ComparisonKey>,
        question: &UntilDecided,
        judges: usize,
        seed: u64,
    ) -> Result<Self> {
        let mut others: Vec<String> = Vec::new();
        let mut found: Vec<([u8; 32], ComparisonKey, Side)> = Vec::new();
        for key in keys {
            let [a, b] = &key.between;
            let (side, other) = match (*a == question.system, *b == question.system) {
                (true, _) => (Side::A, b),
                (_, true) => (Side::B, a),
                _ => continue,
            };
            if let Err(place) = others.binary_search(other) {
                others.insert(place, other.clone());
            }
            found.push((sample_rank(seed, &key.id), key, side));
        }
        if others.is_empty() {
            return Err(Error::usage(format!(
                "no comparison has the system `{}`, whose win rate is to be decided",
                question.system
            )));
        }
        found.sort_by(|(rank, key, _), (other_rank, other, _)| {
            (rank, &key.between).cmp(&(other_rank, &other.between))
        });
        let comparisons: Vec<Comparison> = found
            .into_iter()
            .filter_map(|(_, key, side)| {
                let [a, b] = &key.between;
                let other = if side == Side::A { b } else { a };
                let other = others.binary_search(other).ok()?;
                Some(Comparison { row: key.row, item: key.item, other, side })
            })
            .collect();
        let places = comparisons.iter().enumerate().map(|(at, found)| (found.row, at)).collect();
        let UntilDecided { than, margin, error, .. } = *question;
        let means = SequentialMeans::new(others.len(), than, margin, error).map_err(|_| {
            Error::usage("the number, the margin around it and the error must lie between 0 and 1")
        })?;
        let bounds = vec![None; comparisons.len() * judges];
        let scores = vec![Vec::new(); others.len()];
        let (next, items) = (0, 0);
        Ok(Self { others, comparisons, places, judges, bounds, scores, next, items, means })
    }

    /// Returns the rows of the comparisons, in the order in which they are to be asked.
    pub(crate) fn rows(&self) -> impl Iterator<Item = i64> {
        self.comparisons.iter().map(|comparison| comparison.row)
    }

    /// Returns the other systems, in byte order.
    pub(crate) fn others(&self) -> &[String] {
        &self.others
    }

    /// Returns how many comparisons there are with another system.
    pub(crate) fn comparisons_with(&self, other: usize) -> u64 {
        self.comparisons.iter().filter(|comparison| comparison.other == other).count() as u64
    }

    /// Returns how many items have been looked at.
    pub(crate) fn items(&self) -> u64 {
        self.items
    }

    /// Returns what is known of the win rate against each other system.
    pub(crate) fn means(&self) -> &SequentialMeans {
        &self.means
    }

    /// Returns the scores against another system of the comparisons that were looked at, without those that failed or of
    /// which nothing could be read.
    pub(crate) fn scores(&self, other: usize) -> &[f64] {
        &self.scores[other]
    }

    /// Returns whether every pair of systems is decided.
    pub(crate) fn is_decided(&self) -> bool {
        self.means.undecided() == 0
    }

    /// Returns whether the comparison in a row may still decide something.
    pub(crate) fn is_open(&self, row: i64) -> bool {
        let place = self.places.get(&row);
        place.is_some_and(|at| self.means.decided(self.comparisons[*at].other).is_none())
    }

    /// Returns how many comparisons stand between the first one that has not been looked at and the one in a row.
    pub(crate) fn places_ahead(&self, row: i64) -> u64 {
        let place = self.places.get(&row).copied().unwrap_or_default();
        place.saturating_sub(self.next) as u64
    }

    /// Records how both orders of a comparison ended for a judge, the order with A first before the other; once, and
    /// only where neither is pending. Call [`ComparisonSequence::look`] afterwards.
    pub(crate) fn record(&mut self, row: i64, judge: usize, orders: [Ballot; 2]) {
        let Some(at) = self.places.get(&row).copied() else { return };
        if orders.contains(&Ballot::Pending) {
            return;
        }
        let bounds = OrderAveraged::of(orders, self.comparisons[at].side)
            .map_or([0.0, 1.0], |found| [found.score - found.slack, found.score + found.slack]);
        self.bounds[at * self.judges + judge] = Some(bounds);
    }

    /// Looks at the items whose comparisons have ended, one after the other.
    ///
    /// # Errors
    ///
    /// A score is not in `[0, 1]`, which cannot be.
    pub(crate) fn look(&mut self) -> Result<()> {
        while self.means.undecided() > 0
            && let Some(first) = self.comparisons.get(self.next)
        {
            let of_item = self.comparisons[self.next..].iter();
            let end = self.next + of_item.take_while(|found| found.item == first.item).count();
            let places = self.next..end;
            let is_open = |at: &usize| self.means.decided(self.comparisons[*at].other).is_none();
            let open: Vec<usize> = places.filter(is_open).collect();
            let Some(scores) = open.iter().map(|at| self.score(*at)).collect::<Option<Vec<_>>>()
            else {
                break;
            };
            for (at, score) in open.into_iter().zip(scores) {
                let impossible = |error: StatError| Error::internal(format!("a score: {error}"));
                let other = self.comparisons[at].other;
                self.means.observe(other, score).map_err(impossible)?;
                // A comparison that failed lies anywhere between 0 and 1.
                if score[1] - score[0] < 1.0 {
                    self.scores[other].push(f64::midpoint(score[0], score[1]));
                }
            }
            self.means.decide();
            (self.next, self.items) = (end, self.items + 1);
        }
        Ok(())
    }

    /// Returns the mean over the judges; `None` unless all of them have ended.
    fn score(&self, at: usize) -> Option<Bounds> {
        let of_judges = &self.bounds[at * self.judges..(at + 1) * self.judges];
        let mut sums = [0.0, 0.0];
        for bounds in of_judges {
            let [lower, upper] = (*bounds)?;
            sums = [sums[0] + lower, sums[1] + upper];
        }
        Some(sums.map(|sum| sum / self.judges as f64))
    }
}
