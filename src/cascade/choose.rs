//! The rule that the dev part chooses.

use std::cmp::Ordering;

use super::results::{CascadeNumbers, ChosenRule};

/// A smaller difference of two agreements is rounding error.
const ROUNDING: f64 = 1e-9;

/// Returns the cheapest of the rules whose agreement is at most `loss` below the best; `None` if none has an agreement.
///
/// Where the cost of any rule is not known, those are cheaper that send less to the strong judge, and of two that send
/// everything the strong judge alone.
pub(super) fn choose(rules: &[CascadeNumbers], loss: f64) -> Option<ChosenRule> {
    let agreement = |numbers: &CascadeNumbers| numbers.agreement.value;
    let most = rules.iter().filter_map(agreement).max_by(f64::total_cmp)?;
    let is_priced = rules.iter().all(|numbers| numbers.cost_usd.is_some());
    let within = |below: f64| {
        let is_within = move |numbers: &&CascadeNumbers| {
            agreement(numbers).is_some_and(|value| value >= most - below - ROUNDING)
        };
        rules.iter().filter(is_within)
    };
    let cheapest = |below: f64| within(below).min_by(|one, other| by_cost(one, other, is_priced));
    let (chosen, best) = (cheapest(loss)?, cheapest(0.0)?);
    Some(ChosenRule {
        rule: chosen.rule,
        threshold: chosen.threshold,
        agreement: chosen.agreement,
        within_loss: within(loss).count() as u64,
        best: best.rule,
        best_threshold: best.threshold,
        best_agreement: best.agreement,
    })
}

/// Compares two rules by what they cost.
fn by_cost(one: &CascadeNumbers, other: &CascadeNumbers, is_priced: bool) -> Ordering {
    let [cost, other_cost] = [one, other].map(|numbers| {
        let cost = numbers.cost_usd.filter(|_| is_priced).unwrap_or(0.0);
        (cost, numbers.sent.value.unwrap_or(0.0), numbers.rule.asks_cheap())
    });
    cost.0
        .total_cmp(&other_cost.0)
        .then(cost.1.total_cmp(&other_cost.1))
        .then(cost.2.cmp(&other_cost.2))
}
