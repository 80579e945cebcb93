//! What a plan costs: requests to judges, and the time of people.

use serde::Serialize;

use super::LabelPlanOptions;
use super::assumptions::Assumptions;
use super::facts::RunFacts;

/// Comparisons that everybody labels, so that people can be compared with each other.
const OVERLAP: u64 = 30;
/// A hundred comparisons take an hour.
const SECONDS_PER_LABEL: f64 = 36.0;

/// Who labels, and how fast. What is not set has the default that is named.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct LabelEffort {
    /// People who label; 1.
    pub annotators: Option<u64>,
    /// Comparisons that everybody labels; 30, without effect for one person.
    pub overlap: Option<u64>,
    /// Seconds that a label takes; 36, a hundred in an hour.
    pub seconds_per_label: Option<f64>,
    /// How often each order is asked; as in the run, else 1.
    pub repeat: Option<u64>,
}

/// What people have to do.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct LabelWork {
    /// How many people.
    pub annotators: u64,
    /// Comparisons that everybody labels.
    pub overlap: u64,
    /// All labels: each comparison once, those of the overlap once for each person.
    pub judgements: u64,
    /// Seconds that one takes.
    pub seconds_per_label: f64,
    /// Hours of all people together.
    pub hours: f64,
    /// Hours of each of them.
    pub hours_each: f64,
}

impl LabelWork {
    /// Divides labels among people.
    pub(super) fn of(effort: &LabelEffort, labels: u64) -> Self {
        let annotators = effort.annotators.unwrap_or(1).max(1);
        let overlap = match annotators {
            1 => 0,
            _ => effort.overlap.unwrap_or(OVERLAP).min(labels),
        };
        let judgements = labels + overlap.saturating_mul(annotators - 1);
        let seconds_per_label = effort.seconds_per_label.unwrap_or(SECONDS_PER_LABEL);
        let hours = judgements as f64 * seconds_per_label / 3600.0;
        let hours_each = hours / annotators as f64;
        Self { annotators, overlap, judgements, seconds_per_label, hours, hours_each }
    }
}

/// The requests that judging takes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Requests {
    /// For each comparison: both orders, with their repeats, by every judge.
    pub per_comparison: u64,
    /// For the comparisons that the plan assumes.
    pub planned: u64,
    /// Of those, for comparisons that the run has answered.
    pub answered: u64,
    /// Further ones, where more comparisons are needed.
    pub further: u64,
    /// What a comparison of the run has cost on average, in USD; `None` without a run or a price.
    pub usd_per_comparison: Option<f64>,
}

impl Requests {
    pub(super) fn of(
        options: &LabelPlanOptions,
        assumptions: &Assumptions,
        needed: Option<u64>,
        facts: Option<&RunFacts>,
    ) -> Self {
        let repeat = options.effort.repeat.or(facts.map(|facts| facts.repeat)).unwrap_or(1);
        let judges = facts.map_or(1, |facts| facts.judges);
        let per_comparison = 2_u64.saturating_mul(repeat).saturating_mul(judges);
        let comparisons = assumptions.comparisons.value;
        let answered = facts.map_or(0, |facts| facts.answered.min(comparisons));
        let further = needed.map_or(0, |needed| needed.saturating_sub(comparisons));
        let cost = facts.filter(|facts| facts.cost > 0.0 && facts.answered > 0);
        Self {
            per_comparison,
            planned: comparisons.saturating_mul(per_comparison),
            answered: answered.saturating_mul(per_comparison),
            further: further.saturating_mul(per_comparison),
            usd_per_comparison: cost.map(|facts| facts.cost / facts.answered as f64),
        }
    }
}
