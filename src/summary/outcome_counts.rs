//! How many comparisons ended with each outcome.

use serde::{Serialize, Serializer};

use crate::verdict::Outcome;

/// How many comparisons ended with each outcome, in the order of reports.
///
/// It serializes as an object with the outcomes as keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeCounts(Vec<(Outcome, u64)>);

impl OutcomeCounts {
    /// Returns counts of 0 for every outcome of a judge.
    pub fn of_judge() -> Self {
        Self::zero(&Outcome::SINGLE)
    }

    /// Returns counts of 0 for every outcome of the grades of a judge.
    pub fn of_grades() -> Self {
        Self::zero(&Outcome::GRADES)
    }

    /// Returns counts of 0 for every outcome of a jury.
    pub fn of_jury() -> Self {
        Self::zero(&Outcome::JURY)
    }

    fn zero(outcomes: &[Outcome]) -> Self {
        Self(outcomes.iter().map(|outcome| (*outcome, 0)).collect())
    }

    /// Counts a comparison.
    pub fn add(&mut self, outcome: Outcome) {
        match self.0.iter_mut().find(|(known, _)| *known == outcome) {
            Some((_, count)) => *count += 1,
            None => self.0.push((outcome, 1)),
        }
    }

    /// Returns how many comparisons ended with an outcome.
    pub fn get(&self, outcome: Outcome) -> u64 {
        self.iter().find(|(known, _)| *known == outcome).map_or(0, |(_, count)| count)
    }

    /// Returns every outcome that is possible for the judge or the jury, with its count.
    pub fn iter(&self) -> impl Iterator<Item = (Outcome, u64)> + '_ {
        self.0.iter().copied()
    }
}

impl Serialize for OutcomeCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(outcome, count)| (outcome.as_str(), count)))
    }
}
