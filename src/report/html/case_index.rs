//! What filters and sorting need of every case, in columns without texts.

use std::collections::HashMap;
use std::hash::Hash;

use serde::Serialize;

use super::page_case::PageCase;
use crate::trial::Side;
use crate::vote::Preference;

/// Values with numbers, in the order in which they appear.
#[derive(Debug)]
pub(super) struct Numbered<T> {
    pub(super) values: Vec<T>,
    numbers: HashMap<T, usize>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { values: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Numbered<T> {
    fn number(&mut self, value: T) -> usize {
        let next = self.values.len();
        let number = *self.numbers.entry(value.clone()).or_insert(next);
        if number == next {
            self.values.push(value);
        }
        number
    }
}

/// One value of each case, case by case; numbers stand for the values of [`CaseIndex`].
#[derive(Debug, Default, Serialize)]
pub(super) struct Columns {
    id: Vec<String>,
    /// The systems of the case: two, or the one whose response was graded.
    pair: Vec<usize>,
    state: Vec<usize>,
    /// 0 and 1 are the systems of the pair, 2 is a tie.
    winner: Vec<Option<usize>>,
    verdict: Vec<usize>,
    people: Vec<Option<usize>>,
    tags: Vec<Vec<usize>>,
    flips: Vec<Vec<usize>>,
    margin: Vec<Option<f64>>,
    length: Vec<usize>,
    /// Judge by judge of a jury.
    judges: Vec<Vec<usize>>,
    openings: Vec<String>,
}

/// The index of the cases, and the values that its numbers stand for.
#[derive(Debug, Default)]
pub(super) struct CaseIndex {
    pub(super) columns: Columns,
    pub(super) pairs: Numbered<Vec<String>>,
    pub(super) states: Numbered<&'static str>,
    pub(super) verdicts: Numbered<String>,
    pub(super) people: Numbered<&'static str>,
    pub(super) tags: Numbered<(String, String)>,
    pub(super) criteria: Numbered<String>,
    pub(super) has_margins: bool,
}

impl CaseIndex {
    /// Adds a case.
    pub(super) fn add(&mut self, case: &PageCase) {
        let columns = &mut self.columns;
        columns.id.push(case.id.clone());
        columns.pair.push(self.pairs.number(case.between.clone()));
        columns.state.push(self.states.number(case.state));
        columns.winner.push(case.winner.map(|winner| match winner {
            Preference::For(Side::A) => 0,
            Preference::For(Side::B) => 1,
            Preference::Tie => 2,
        }));
        columns.verdict.push(self.verdicts.number(case.verdict.clone()));
        columns.people.push(case.people.map(|people| self.people.number(people)));
        let tags =
            case.tags.iter().map(|(tag, value)| self.tags.number((tag.clone(), value.clone())));
        columns.tags.push(tags.collect());
        let flips = case.flips.iter().map(|criterion| self.criteria.number(criterion.clone()));
        columns.flips.push(flips.collect());
        columns.margin.push(case.margin);
        columns.length.push(case.length);
        columns.judges.resize_with(case.outcomes.len(), Vec::new);
        for (column, outcome) in columns.judges.iter_mut().zip(&case.outcomes) {
            column.push(self.states.number(outcome));
        }
        columns.openings.extend(case.opening.clone());
        self.has_margins |= case.margin.is_some();
    }

    /// Returns what a case can prefer: every system by name, and then a tie.
    pub(super) fn preferences(&self) -> Vec<&str> {
        let mut systems: Vec<&str> =
            self.pairs.values.iter().flatten().map(String::as_str).collect();
        systems.sort_unstable();
        systems.dedup();
        systems.push("tie");
        systems
    }

    /// Returns how many cases there are.
    pub(super) fn len(&self) -> usize {
        self.columns.id.len()
    }

    /// Returns whether the index has the beginnings of prompts.
    pub(super) fn has_openings(&self) -> bool {
        !self.columns.openings.is_empty()
    }
}
