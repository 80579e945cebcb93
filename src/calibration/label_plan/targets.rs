//! What is to be known, and how many labels each takes.

use std::collections::BTreeSet;

use serde::Serialize;

use super::assumptions::{Assumptions, PairAssumptions};
use super::{LabelPlanOptions, whole};
use crate::error::{Error, Result};
use crate::stats::{
    StatError, half_width_sample_size, half_width_to_find, inflated_sample_size, kappa_sample_size,
    planned_design_effect, prediction_powered_sample_size, share_sample_size,
};

/// The width that is planned if nothing else is.
const WIDTH: f64 = 0.1;
/// The probability with which a gate is decided.
const POWER: f64 = 0.8;
/// The probability with which it is decided wrongly.
const SIGNIFICANCE: f64 = 0.05;
const CONFIDENCE: f64 = 0.95;
/// Labels above which a gate counts as one that no number decides: its threshold is next to the assumed value.
const MOST_LABELS: f64 = 1e7;

/// What is to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum TargetKind {
    /// A win rate, corrected with labels, to within a width.
    Width,
    /// Whether κ over every reply is at least a threshold.
    MinKappa,
    /// Whether a win rate, corrected with labels, is at least a threshold.
    MinWinRate,
}

/// Something that is to be known, and how many labels it takes.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct PlannedTarget {
    /// What is to be known.
    pub kind: TargetKind,
    /// The pair of systems; `None` for κ, and without a run.
    pub between: Option<[String; 2]>,
    /// The system whose wins are counted; `None` for κ.
    pub system: Option<String>,
    /// The width, or the threshold of the gate.
    pub wanted: f64,
    /// The win rate or κ that is assumed.
    pub assumed: f64,
    /// Whether the gate will be missed if that is true.
    pub is_missed: bool,
    /// How many comparisons must be labelled without a judge, of all pairs of systems; `None` if no number decides the
    /// gate.
    pub without_judge: Option<u64>,
    /// The same with the judge; `None` if no number of these comparisons is enough.
    pub labels: Option<u64>,
    /// How many comparisons must be judged and labelled at least, of all pairs of systems, where those that there are do
    /// not suffice.
    pub comparisons_needed: Option<u64>,
    /// By how much several comparisons of an item increase the number of labels.
    pub design_effect: f64,
}

/// Returns the targets with their labels.
///
/// # Errors
///
/// A gate needs a win rate that nothing tells, names an unknown system, or a number is outside its range.
pub(super) fn targets(
    options: &LabelPlanOptions,
    assumptions: &Assumptions,
) -> Result<Vec<PlannedTarget>> {
    let mut targets = Vec::new();
    let is_open = options.min_kappa.is_none() && options.min_win_rate.is_empty();
    if let Some(width) = options.width.or(is_open.then_some(WIDTH)) {
        for pair in &assumptions.pairs {
            targets.push(width_of(width, pair, assumptions)?);
        }
    }
    for (system, threshold) in &options.min_win_rate {
        let is_of = |pair: &&PairAssumptions| {
            pair.between.as_ref().is_none_or(|between| between.contains(system))
        };
        let pairs: Vec<&PairAssumptions> = assumptions.pairs.iter().filter(is_of).collect();
        if pairs.is_empty() {
            return Err(unknown_system(system, assumptions));
        }
        for pair in pairs {
            targets.push(win_rate(options, system, *threshold, pair, assumptions)?);
        }
    }
    if let Some(threshold) = options.min_kappa {
        targets.push(kappa(options, threshold, assumptions)?);
    }
    Ok(targets)
}

fn unknown_system(system: &str, assumptions: &Assumptions) -> Error {
    let between = assumptions.pairs.iter().filter_map(|pair| pair.between.as_ref());
    let systems: BTreeSet<&str> = between.flatten().map(String::as_str).collect();
    let systems: Vec<&str> = systems.into_iter().collect();
    Error::usage(format!("no comparison has the system `{system}`"))
        .hint(format!("the systems are: {}", systems.join(", ")))
}

fn invalid(what: &'static str) -> impl Fn(StatError) -> Error {
    move |error| Error::usage(format!("{what} cannot be planned: {error}"))
}

/// Returns `None` for a gate that no number of labels decides, since its threshold is the assumed value or next to it.
fn decidable(n: std::result::Result<f64, StatError>, what: &'static str) -> Result<Option<f64>> {
    match n {
        Err(StatError::NoVariation) => Ok(None),
        found => found.map(|n| (n <= MOST_LABELS).then_some(n)).map_err(invalid(what)),
    }
}

fn width_of(
    width: f64,
    pair: &PairAssumptions,
    assumptions: &Assumptions,
) -> Result<PlannedTarget> {
    let rate = pair.win_rate_for_width();
    let n = half_width_sample_size(rate, width / 2.0, CONFIDENCE);
    let n = n.map_err(invalid("the width of a win rate"))?;
    let target = PlannedTarget {
        between: pair.between.clone(),
        system: pair.system.clone(),
        ..empty(TargetKind::Width, width, rate)
    };
    Ok(of_rate(target, Some(n), pair, assumptions))
}

fn win_rate(
    options: &LabelPlanOptions,
    system: &str,
    threshold: f64,
    pair: &PairAssumptions,
    assumptions: &Assumptions,
) -> Result<PlannedTarget> {
    let Some(rate) = pair.win_rate_of(system) else {
        return Err(Error::usage(format!(
            "how often `{system}` wins must be assumed to plan a gate on it"
        ))
        .hint("assume the win rate that you hope for, or plan by a run or labels"));
    };
    let power = options.power.unwrap_or(POWER);
    let n = share_sample_size(rate.value, threshold, SIGNIFICANCE, power);
    let n = decidable(n, "the gate on a win rate")?;
    let target = PlannedTarget {
        between: pair.between.clone(),
        system: Some(system.to_owned()),
        is_missed: rate.value < threshold,
        ..empty(TargetKind::MinWinRate, threshold, rate.value)
    };
    Ok(of_rate(target, n, pair, assumptions))
}

fn empty(kind: TargetKind, wanted: f64, assumed: f64) -> PlannedTarget {
    PlannedTarget {
        kind,
        between: None,
        system: None,
        wanted,
        assumed,
        is_missed: false,
        without_judge: None,
        labels: None,
        comparisons_needed: None,
        design_effect: 1.0,
    }
}

/// Adds the labels of a target that is about a win rate, which takes `n` labels of independent comparisons without ties
/// and without a judge.
fn of_rate(
    target: PlannedTarget,
    n: Option<f64>,
    pair: &PairAssumptions,
    assumptions: &Assumptions,
) -> PlannedTarget {
    let Some(n) = n.map(|n| n * pair.spread.value) else { return target };
    // With a run, an item has one comparison of a pair; without, it may have several.
    let per_item = if pair.between.is_some() { 1.0 } else { assumptions.per_item.value };
    let available = pair.comparisons;
    let (n, effect) = clustered(n, per_item, available, assumptions);
    // Labels are drawn from all pairs, of which this one has its part.
    let all = assumptions.comparisons.value;
    let total = |n: f64| match available {
        0 => n,
        available => n * all as f64 / available as f64,
    };
    let rho = assumptions.correlation.value;
    let with_judge = prediction_powered_sample_size(n, rho, available).ok().flatten();
    PlannedTarget {
        without_judge: Some(whole(total(n), u64::MAX)),
        labels: with_judge.map(|labels| whole(total(labels), all)),
        comparisons_needed: with_judge.is_none().then(|| whole(total(n), u64::MAX)),
        design_effect: effect,
        ..target
    }
}

fn kappa(
    options: &LabelPlanOptions,
    threshold: f64,
    assumptions: &Assumptions,
) -> Result<PlannedTarget> {
    let (kappa, marginals) = (assumptions.kappa.value, assumptions.marginals());
    let power = options.power.unwrap_or(POWER);
    let half_width = half_width_to_find(kappa - threshold, SIGNIFICANCE, power);
    let target = PlannedTarget {
        is_missed: kappa < threshold,
        ..empty(TargetKind::MinKappa, threshold, kappa)
    };
    // An interval is never wider than this, however far the gate is; and a κ below 0 does not spread more than one of 0.
    let n = half_width.and_then(|half_width| {
        kappa_sample_size(kappa.max(0.0), &marginals, half_width.min(0.99), CONFIDENCE)
    });
    let Some(n) = decidable(n, "the gate on κ")? else { return Ok(target) };
    let all = assumptions.comparisons.value;
    let (n, effect) = clustered(n, assumptions.per_item.value, all, assumptions);
    let is_enough = n <= all as f64;
    Ok(PlannedTarget {
        without_judge: Some(whole(n, u64::MAX)),
        labels: is_enough.then(|| whole(n, all)),
        comparisons_needed: (!is_enough).then(|| whole(n, u64::MAX)),
        design_effect: effect,
        ..target
    })
}

/// Returns how many labelled comparisons are worth `n` independent ones, and the design effect, if `available` are drawn
/// from, with so many of each item.
///
/// Of the other comparisons of an item as many are labelled as of all, so the design effect depends on the number:
/// `n·(1 + (m − 1)·(labels/available)·ICC) = labels`. With more labels than there are comparisons all of an item count.
fn clustered(n: f64, per_item: f64, available: u64, assumptions: &Assumptions) -> (f64, f64) {
    let icc = assumptions.item_correlation.value;
    let others = (per_item - 1.0) * icc;
    let partly = n / (1.0 - n * others / available.max(1) as f64);
    let labelled_of_item = match partly {
        partly if partly > 0.0 && partly <= available as f64 => {
            1.0 + (per_item - 1.0) * partly / available as f64
        }
        _ => per_item,
    };
    let effect = planned_design_effect(labelled_of_item, icc).unwrap_or(1.0);
    (inflated_sample_size(n, effect, 1.0).unwrap_or(n), effect)
}
