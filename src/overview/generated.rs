//! Quality beside price and latency, for systems of which it is known how their responses were generated.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::judged::Judged;
use crate::input::{Generated, ResponseMark};
use crate::stats::{Estimate, clustered_mean, nearly_equal, quantile};
use crate::summary::WinRateScores;
use crate::trial::Side;
use crate::verdict::OrderAveraged;

/// The confidence of the intervals.
const CONFIDENCE: f64 = 0.95;

/// Quality, price and latency of the systems of which it is known how their responses were generated.
///
/// Its quality is its win rate; of a run of grades it is its pass rate, or its mean step where the rubric does not say what
/// passes. A system is **dominated** by another one whose quality is at least as high and whose mean cost (or median latency) is
/// at most as high, if one of the two differs; two systems with equal values dominate neither. The systems that no other
/// one dominates are the **Pareto frontier**. Numbers that differ by rounding alone are equal. The values decide,
/// whatever their intervals: another sample of items may give another frontier.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct GeneratedReport {
    /// These systems, the one with the highest quality first, those without one last.
    pub systems: Vec<GeneratedSystem>,
    /// The other systems of the run, in the order of their names.
    pub unknown: Vec<String>,
    /// Whether every system of the run was compared with every other one; of grades, whether all systems were graded on
    /// the same items. If not, the qualities cannot be compared, and nothing is said about the frontier.
    pub same_opponents: bool,
    /// What the quality of these systems is.
    #[serde(skip)]
    pub quality: Quality,
}

/// What the quality of a system is measured by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Quality {
    /// How often its response is preferred.
    WinRate,
    /// How often its response passes.
    PassRate,
    /// The mean step of its responses, from 1.
    MeanStep,
}

/// What is known of the responses of a system that were compared, beside their text.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct GeneratedSystem {
    /// The system.
    pub system: String,
    /// Responses of which it is known how they were generated.
    pub responses: u64,
    /// Of those, responses that ended at the limit of their length.
    pub cut_off: u64,
    /// Those that ended before their end for another reason.
    pub unfinished: u64,
    /// Responses that the model or a filter of its server refused.
    pub refused: u64,
    /// Responses without text.
    pub empty: u64,
    /// The models that gave the responses, the most frequent first.
    pub models: Vec<GeneratingModel>,
    /// The order-averaged win rate over all comparisons of the system, whatever the other system is; of a jury, the mean
    /// over the judges that answered both orders. Undefined where no reply to any of these comparisons could be read; left
    /// out where responses were graded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub win_rate: Option<Estimate>,
    /// The pass rate, averaged over both directions of the scale; left out where responses were compared, and where the
    /// rubric does not say what passes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pass_rate: Option<Estimate>,
    /// The mean step, averaged over both directions of the scale; left out where responses were compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_step: Option<Estimate>,
    /// The mean cost of a response in USD, of those whose cost is known.
    pub cost_usd: Estimate,
    /// How long responses took; `None` where that is not known.
    pub latency_ms: Option<ResponseLatency>,
    /// The mean number of tokens of a prompt, as the server counted them.
    pub prompt_tokens: Estimate,
    /// The mean number of tokens of a response with those of its reasoning, as the server counted them.
    pub completion_tokens: Estimate,
    /// Whether no other system dominates it by quality and mean cost; `None` if one of them is not known.
    pub on_cost_frontier: Option<bool>,
    /// Whether no other system dominates it by quality and median latency; `None` if one of them is not known.
    pub on_latency_frontier: Option<bool>,
}

impl GeneratedSystem {
    /// Returns its quality: its win rate, its pass rate, or its mean step.
    pub fn quality(&self) -> Estimate {
        let quality = self.win_rate.or(self.pass_rate).or(self.mean_step);
        quality.unwrap_or(Estimate::undefined(0))
    }
}

/// A model that gave responses of a system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct GeneratingModel {
    /// The model that the server named, or the one that it was asked for.
    pub model: String,
    /// How many responses it gave.
    pub responses: u64,
}

/// How long responses took, from the request to the whole answer, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ResponseLatency {
    /// The median.
    pub p50: f64,
    /// Nine in ten took at most so long.
    pub p90: f64,
    /// How many responses were measured.
    pub n: u64,
}

/// The numbers of the responses of a run, by system.
#[derive(Debug, Default)]
pub(super) struct ResponseNumbers {
    systems: BTreeMap<String, SystemNumbers>,
}

/// The numbers of the responses of a system.
#[derive(Debug, Default)]
struct SystemNumbers {
    responses: u64,
    cut_off: u64,
    unfinished: u64,
    refused: u64,
    empty: u64,
    models: BTreeMap<String, u64>,
    costs: ItemValues,
    latencies: Vec<f64>,
    prompt_tokens: ItemValues,
    completion_tokens: ItemValues,
}

impl ResponseNumbers {
    /// Adds how responses to an item were generated.
    pub(super) fn add(&mut self, item: u32, generated: Vec<(String, Generated)>) {
        for (system, generated) in generated {
            self.systems.entry(system).or_default().add(item, generated);
        }
    }
}

impl SystemNumbers {
    fn add(&mut self, item: u32, generated: Generated) {
        self.responses += 1;
        match generated.mark {
            Some(ResponseMark::CutOff) => self.cut_off += 1,
            Some(ResponseMark::Unfinished) => self.unfinished += 1,
            Some(ResponseMark::Refused) => self.refused += 1,
            Some(ResponseMark::Empty) => self.empty += 1,
            None => {}
        }
        *self.models.entry(generated.model).or_default() += 1;
        self.costs.push(generated.cost, item);
        self.latencies.extend(generated.latency_ms);
        let tokens = |number: Option<u64>| number.map(|number| number as f64);
        self.prompt_tokens.push(tokens(generated.prompt_tokens), item);
        self.completion_tokens.push(tokens(generated.completion_tokens), item);
    }

    /// Returns the models, the most frequent first.
    fn models(&self) -> Vec<GeneratingModel> {
        let model = |(model, responses): (&String, &u64)| GeneratingModel {
            model: model.clone(),
            responses: *responses,
        };
        let mut models: Vec<GeneratingModel> = self.models.iter().map(model).collect();
        models.sort_by_key(|model| Reverse(model.responses));
        models
    }

    fn latency(&self) -> Option<ResponseLatency> {
        let mut sorted = self.latencies.clone();
        sorted.sort_by(f64::total_cmp);
        let at = |share| quantile(&sorted, share).ok();
        Some(ResponseLatency { p50: at(0.5)?, p90: at(0.9)?, n: sorted.len() as u64 })
    }
}

/// Amounts of at least 0, each with the number of its item.
#[derive(Debug, Default)]
struct ItemValues {
    values: Vec<f64>,
    items: Vec<u32>,
}

impl ItemValues {
    fn push(&mut self, value: Option<f64>, item: u32) {
        if let Some(value) = value {
            self.values.push(value);
            self.items.push(item);
        }
    }

    /// Returns the mean; its interval has no negative amounts.
    fn mean(&self) -> Estimate {
        let n = self.values.len() as u64;
        match clustered_mean(&self.values, &self.items, CONFIDENCE) {
            // A sum of finite amounts can be infinite.
            Ok((mean, interval)) if mean.is_finite() => {
                let interval = interval.filter(|interval| interval.high.is_finite());
                Estimate::of(Some(mean), interval.map(|one| one.within(0.0, f64::MAX)), n)
            }
            _ => Estimate::undefined(n),
        }
    }
}

/// Computes quality, price and latency; `None` unless it is known of some system how its responses were generated.
pub(super) fn generated(judged: &Judged<'_>, numbers: &ResponseNumbers) -> Option<GeneratedReport> {
    if numbers.is_empty() {
        return None;
    }
    let win_rates = win_rates(judged);
    let of_win_rate = |system: GeneratedSystem| {
        let scores = win_rates.get(system.system.as_str());
        let win_rate = scores.map_or(Estimate::undefined(0), WinRateScores::order_averaged);
        GeneratedSystem { win_rate: Some(win_rate), ..system }
    };
    // Win rates against different opponents cannot be compared.
    let names: BTreeSet<&str> = of_run(judged).collect();
    let same_opponents = judged.table.pairs.len() == names.len() * (names.len() - 1) / 2;
    let systems = numbers.systems().into_iter().map(of_win_rate).collect();
    Some(GeneratedReport::of(Quality::WinRate, systems, &names, same_opponents))
}

impl ResponseNumbers {
    /// Returns whether nothing is known of any system.
    pub(super) fn is_empty(&self) -> bool {
        self.systems.is_empty()
    }

    /// Returns what is known of each system, in the order of their names, without its quality.
    pub(super) fn systems(&self) -> Vec<GeneratedSystem> {
        let report = |(system, numbers): (&String, &SystemNumbers)| GeneratedSystem {
            system: system.clone(),
            responses: numbers.responses,
            cut_off: numbers.cut_off,
            unfinished: numbers.unfinished,
            refused: numbers.refused,
            empty: numbers.empty,
            models: numbers.models(),
            win_rate: None,
            pass_rate: None,
            mean_step: None,
            cost_usd: numbers.costs.mean(),
            latency_ms: numbers.latency(),
            prompt_tokens: numbers.prompt_tokens.mean(),
            completion_tokens: numbers.completion_tokens.mean(),
            on_cost_frontier: None,
            on_latency_frontier: None,
        };
        self.systems.iter().map(report).collect()
    }
}

impl GeneratedReport {
    /// Finds the frontiers of systems with their qualities, which can be compared only if `same_opponents` says so;
    /// `names` are all systems of the run.
    pub(super) fn of(
        quality: Quality,
        mut systems: Vec<GeneratedSystem>,
        names: &BTreeSet<&str>,
        same_opponents: bool,
    ) -> Self {
        let by_cost = frontier(&systems, |system| system.cost_usd.value);
        let by_latency = frontier(&systems, |system| Some(system.latency_ms?.p50));
        for (system, (by_cost, by_latency)) in
            systems.iter_mut().zip(by_cost.into_iter().zip(by_latency))
        {
            system.on_cost_frontier = by_cost.filter(|_| same_opponents);
            system.on_latency_frontier = by_latency.filter(|_| same_opponents);
        }
        // No quality is below 0.
        let value = |system: &GeneratedSystem| system.quality().value.unwrap_or(-1.0);
        systems.sort_by(|one, other| value(other).total_cmp(&value(one)));
        let is_known = |name: &str| systems.iter().any(|system| system.system == name);
        let unknown = names.iter().filter(|name| !is_known(name));
        let unknown = unknown.map(|name| (*name).to_owned()).collect();
        Self { systems, unknown, same_opponents, quality }
    }
}

/// Returns the systems of every pair.
fn of_run<'a>(judged: &Judged<'a>) -> impl Iterator<Item = &'a str> {
    judged.table.pairs.iter().flat_map(|pair| &pair.between).map(String::as_str)
}

/// Returns the scores of each system over all its comparisons.
fn win_rates<'a>(judged: &Judged<'a>) -> BTreeMap<&'a str, WinRateScores> {
    let table = judged.table;
    let mut scores: BTreeMap<&str, WinRateScores> = BTreeMap::new();
    for row in judged.rows() {
        let Some(found) = table.order_averaged(row) else { continue };
        let pair = &table.pairs[table.rows[row as usize].pair as usize];
        let readable = table.has_readable_reply(row);
        for (system, side) in pair.between.iter().zip([Side::A, Side::B]) {
            let score = if side == pair.counted { found.score } else { 1.0 - found.score };
            let scores = scores.entry(system.as_str()).or_default();
            let found = OrderAveraged { score, ..found };
            scores.add_order_averaged(found, readable, judged.item(row));
        }
    }
    scores
}

/// Returns which systems no other one dominates by quality and an amount of which less is better; `None` for those of
/// which one of the two is not known.
fn frontier(
    systems: &[GeneratedSystem],
    amount: impl Fn(&GeneratedSystem) -> Option<f64>,
) -> Vec<Option<bool>> {
    let place = |system: &GeneratedSystem| Some([system.quality().value?, amount(system)?]);
    let places: Vec<Option<[f64; 2]>> = systems.iter().map(place).collect();
    let is_dominated =
        |place: [f64; 2]| places.iter().flatten().any(|other| dominates(*other, place));
    places.iter().map(|place| place.map(|place| !is_dominated(place))).collect()
}

/// Returns whether a quality and an amount are better than others: neither is worse, and one is better.
fn dominates([rate, amount]: [f64; 2], [other_rate, other_amount]: [f64; 2]) -> bool {
    let equal = [nearly_equal(rate, other_rate), nearly_equal(amount, other_amount)];
    let better = [rate > other_rate && !equal[0], amount < other_amount && !equal[1]];
    (better[0] || equal[0]) && (better[1] || equal[1]) && (better[0] || better[1])
}

#[cfg(test)]
mod tests {
    use super::dominates;

    #[test]
    fn a_system_dominates_one_that_is_nowhere_better_and_somewhere_worse() {
        assert!(dominates([0.6, 1.0], [0.5, 2.0]));
        assert!(dominates([0.6, 1.0], [0.6, 2.0]));
        assert!(dominates([0.6, 1.0], [0.5, 1.0]));
        assert!(!dominates([0.6, 1.0], [0.6, 1.0]));
        assert!(!dominates([0.6, 2.0], [0.5, 1.0]));
        assert!(!dominates([0.5, 1.0], [0.6, 2.0]));
        assert!(dominates([0.6, 0.0], [0.5, 0.0]));
    }

    #[test]
    fn numbers_that_differ_by_rounding_are_equal() {
        assert!(!dominates([0.1 + 0.2, 1.0], [0.3, 1.0]));
        assert!(!dominates([0.3, 0.1 + 0.2], [0.3, 0.3]));
        assert!(dominates([0.3, 1.0], [0.1 + 0.2, 1.1]));
    }
}
