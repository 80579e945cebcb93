//! The comparisons that two runs have in common.

use std::collections::HashMap;
use std::sync::Arc;

use super::answers::{Answers, Row};
use crate::calibration::{Part, ReplyChoice};
use crate::store::RowSet;
use crate::trial::Order;
use crate::verdict::Outcome;

/// The most ids that are kept for a message.
const MOST_IDS: usize = 20;

/// A comparison that both runs have, by its place in each.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    pub(crate) before: usize,
    pub(crate) after: usize,
    /// The number of its item, counted from 0.
    pub(super) item: u32,
}

/// Two runs with the comparisons that both have.
#[derive(Debug)]
pub(crate) struct Matched {
    pub(crate) before: Answers,
    pub(crate) after: Answers,
    /// In the order of the first run.
    pub(crate) pairs: Vec<Pair>,
    /// The rows in both run files of the common comparisons of the other part.
    other_part: Vec<[i64; 2]>,
    /// How many comparisons only one of the runs has.
    pub(crate) only: [u64; 2],
    /// How many comparisons have other texts in the second run, and the ids of the first few.
    pub(crate) texts_changed: (u64, Vec<Arc<str>>),
}

impl Matched {
    /// Joins two runs; with a part, only comparisons of items in it are compared and counted.
    pub(crate) fn join(before: Answers, after: Answers, part: Option<Part>) -> Self {
        let is_in_part = |row: &Row| part.is_none_or(|part| part == Part::of(&row.id));
        let mut in_after: HashMap<(&str, &[Arc<str>; 2]), usize> = HashMap::new();
        for (at, row) in after.rows.iter().enumerate() {
            in_after.insert((&row.id, &row.between), at);
        }
        let (mut pairs, mut other_part, mut only_before) = (Vec::new(), Vec::new(), 0);
        let (mut changed, mut changed_ids) = (0, Vec::new());
        let mut items: HashMap<&str, u32> = HashMap::new();
        for (at, row) in before.rows.iter().enumerate() {
            let Some(found) = in_after.remove(&(&*row.id, &row.between)) else {
                only_before += u64::from(is_in_part(row));
                continue;
            };
            if !is_in_part(row) {
                other_part.push([row.stored, after.rows[found].stored]);
                continue;
            }
            if after.rows[found].texts != row.texts {
                changed += 1;
                if changed_ids.len() < MOST_IDS && changed_ids.last() != Some(&row.id) {
                    changed_ids.push(Arc::clone(&row.id));
                }
                continue;
            }
            let next = items.len() as u32;
            let item = *items.entry(&row.id).or_insert(next);
            pairs.push(Pair { before: at, after: found, item });
        }
        let only_after = in_after.values().filter(|at| is_in_part(&after.rows[**at])).count();
        let only = [only_before, only_after as u64];
        Self { pairs, other_part, only, texts_changed: (changed, changed_ids), before, after }
    }

    /// Returns the rows of the common comparisons of all parts in the first run.
    pub(super) fn rows_before(&self) -> RowSet {
        let pairs = self.pairs.iter().map(|pair| self.before.rows[pair.before].stored);
        row_set(pairs.chain(self.other_part.iter().map(|[before, _]| *before)))
    }

    /// Returns the rows of the common comparisons of all parts in the second run.
    pub(super) fn rows_after(&self) -> RowSet {
        let pairs = self.pairs.iter().map(|pair| self.after.rows[pair.after].stored);
        row_set(pairs.chain(self.other_part.iter().map(|[_, after]| *after)))
    }

    /// Returns how many items have a common comparison.
    pub(super) fn items(&self) -> u64 {
        self.pairs.iter().map(|pair| u64::from(pair.item) + 1).max().unwrap_or(0)
    }

    /// Returns whether a comparison is still to be asked in one of the runs.
    pub(crate) fn is_pending(&self, pair: Pair) -> bool {
        let verdicts = [self.before.rows[pair.before].verdict, self.after.rows[pair.after].verdict];
        verdicts.iter().any(|verdict| verdict.outcome == Outcome::Pending)
    }

    /// Returns the replies of both runs to a comparison, in those orders in which both have any: on the whole, or on
    /// one criterion of each.
    pub(super) fn replies(
        &self,
        pair: Pair,
        criteria: [Option<usize>; 2],
    ) -> [Vec<ReplyChoice>; 2] {
        let shared = Order::BOTH.into_iter().filter(|order| {
            self.before.has_reply(pair.before, *order) && self.after.has_reply(pair.after, *order)
        });
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for order in shared {
            before.extend(self.before.replies(pair.before, order, criteria[0]));
            after.extend(self.after.replies(pair.after, order, criteria[1]));
        }
        [before, after]
    }

    /// Returns the judges whose votes can be compared one by one: the chosen one of each run, or those of both juries
    /// that have the same name.
    pub(super) fn paired_judges(&self) -> Vec<(usize, usize)> {
        let (before, after) = (&self.before.judges, &self.after.judges);
        if let ([_], [_]) = (before.as_slice(), after.as_slice()) {
            return vec![(0, 0)];
        }
        let place = |name: &String| after.iter().position(|other| other == name);
        let pairs = before.iter().enumerate();
        pairs.filter_map(|(at, name)| Some((at, place(name)?))).collect()
    }
}

fn row_set(rows: impl Iterator<Item = i64>) -> RowSet {
    let mut set = RowSet::default();
    rows.for_each(|row| set.insert(row));
    set
}
