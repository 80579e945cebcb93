//! The rates of an entry, and what is judged is worth in them: the win rate of one system of each pair, or the pass rate or
//! mean step of each system.

use std::collections::BTreeSet;

use serde::Serialize;

use super::entry::{Entry, EntryUnit};
use crate::trial::{Direction, Side};

/// What the rates of a history are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RateKind {
    /// Comparisons: order-averaged win rates.
    WinRate,
    /// Graded responses: the share that passes, averaged over both directions of the scale.
    PassRate,
    /// Graded responses where the rubric does not say what passes: the mean step, averaged over both directions, as a share
    /// of the way from the worst step to the best one.
    MeanStep,
}

impl RateKind {
    /// Returns what the rates of an entry are.
    pub fn of(entry: &Entry) -> Self {
        match &entry.run.scale {
            None => Self::WinRate,
            Some(scale) if scale.pass_from.is_some() => Self::PassRate,
            Some(_) => Self::MeanStep,
        }
    }
}

/// One rate of an entry: the systems that are judged together, and the side that is counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rated {
    /// The two systems of a pair, or a single one.
    pub(super) systems: Vec<String>,
    /// The side whose wins are counted. A single system is on side B, since a score is that of the last system.
    pub(super) side: Side,
}

impl Rated {
    /// Returns the system that the rate is of.
    pub(super) fn system(&self) -> &str {
        match (self.systems.as_slice(), self.side) {
            ([first, _], Side::A) => first,
            (systems, _) => systems.last().map_or("", String::as_str),
        }
    }
}

/// Returns the rates of an entry.
pub(super) fn rates(entry: &Entry) -> BTreeSet<Rated> {
    let direction =
        Direction { baseline: entry.run.baseline_system.as_deref(), listed: &entry.run.listed };
    let all: BTreeSet<&Vec<String>> = entry.units.iter().map(|one| &one.systems).collect();
    let rated = |systems: &Vec<String>| Rated {
        side: pair_of(systems).map_or(Side::B, |pair| direction.counted(&pair)),
        systems: systems.clone(),
    };
    all.into_iter().map(rated).collect()
}

/// Returns the two systems of a pair; `None` of a single system.
pub(super) fn pair_of(systems: &[String]) -> Option<[String; 2]> {
    systems.to_vec().try_into().ok()
}

/// Returns what a unit is worth to a side; to side A of a single response, what it lacks to the best grade.
pub(super) fn worth(unit: &EntryUnit, side: Side) -> Option<f64> {
    let score = unit.score?;
    Some(if side == Side::B { score } else { 1.0 - score })
}
