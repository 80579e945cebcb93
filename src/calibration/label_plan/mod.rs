//! How many comparisons people should label, before they begin: for the width of an interval, or for a gate.
//!
//! A plan rests on assumptions: how often judge and people agree, how many comparisons the judge keeps, how often a
//! system wins. Each is given, follows from a run, from the labels that there are so far, or is a default, and the plan
//! says which. It tells how many labels there must be, and is rough: what is assumed may be wrong.
//!
//! ```text
//! RunFile, labels ─→ RunFacts ┐
//! GivenAssumptions ───────────┴→ Assumptions ─→ targets ─→ labels ─→ comparisons, requests, hours → LabelPlan
//! ```
//!
//! - **Without a judge**, a win rate `p` to ±`h` takes `n₀ = z²·p(1 − p)/h²` labels
//!   ([`half_width_sample_size`](crate::stats::half_width_sample_size)); one that is to be found above or below a
//!   threshold with some power, those of [`share_sample_size`](crate::stats::share_sample_size). Both are multiplied by
//!   the design effect of several comparisons of an item.
//! - **With a judge** that has judged `N` comparisons, `n₀(1 − ρ²)/(1 − ρ²·n₀/N)` labels are worth as much
//!   ([`prediction_powered_sample_size`](crate::stats::prediction_powered_sample_size)), where `ρ` is the correlation of
//!   the judge's scores with those of people. However many comparisons are judged, `n₀(1 − ρ²)` remain. Without labels
//!   `ρ = (2a − 1)/√c` is used, for an agreement `a` of every reply and a coverage `c`: two systems that people prefer
//!   equally often, no ties, and every comparison without a kept verdict right in one order and wrong in the other.
//! - **κ** is measured on labelled comparisons alone: the judge saves nothing
//!   ([`kappa_sample_size`](crate::stats::kappa_sample_size)). The two replies to a comparison count as one observation.
//! - **No plan is below 50 labels**, since intervals of fewer are too narrow.
//!
//! # References
//!
//! Dorner, F. E., Nastl, V. Y. and Hardt, M. (2024). Limits to scalable evaluation at the frontier: LLM as judge won't
//! beat twice the data. arXiv 2410.13341: if the judge is no better than the systems that it judges, no method of
//! correcting its scores saves more than half of the labels.

mod assumptions;
mod effort;
mod facts;
mod targets;
mod warnings;

use serde::Serialize;

pub use assumptions::{Assumed, Assumptions, Basis, GivenAssumptions, PairAssumptions};
pub use effort::{LabelEffort, LabelWork, Requests};
pub use targets::{PlannedTarget, TargetKind};

use super::findings::FEW_LABELS;
use crate::error::{Result, Warning};
use crate::input::DataFile;
use crate::stats::prediction_powered_sample_size;
use crate::store::RunFile;
use facts::RunFacts;

/// Multiples of the labels without a judge for which the plan says what judging so many comparisons saves.
const MULTIPLES: [u64; 4] = [1, 2, 5, 20];

/// What is to be known, and what is assumed for it.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct LabelPlanOptions {
    /// The whole width of the 95 % interval of each win rate corrected with labels.
    pub width: Option<f64>,
    /// The least κ over every reply that a gate demands.
    pub min_kappa: Option<f64>,
    /// The least win rate that a gate demands of a system.
    pub min_win_rate: Vec<(String, f64)>,
    /// The probability with which a gate is decided; 0.8 if not given.
    pub power: Option<f64>,
    /// What is assumed in place of what a run, labels or defaults say.
    pub given: GivenAssumptions,
    /// Who labels, and how fast.
    pub effort: LabelEffort,
    /// One judge of the run; by default the only one, or the jury.
    pub judge: Option<String>,
}

/// How many comparisons people should label.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct LabelPlan {
    /// The judge of the run, or `jury`; `None` without a run.
    pub judge: Option<String>,
    /// Comparisons of the run that have a label so far; `None` without labels.
    pub labelled: Option<u64>,
    /// What it rests on.
    pub assumptions: Assumptions,
    /// Each width and gate, for each pair of systems.
    pub targets: Vec<PlannedTarget>,
    /// How many comparisons must have a label for all targets; `None` if no number of these comparisons is enough for one
    /// of them.
    pub labels: Option<u64>,
    /// The same without a judge; `None` if no number decides one of them.
    pub labels_without_judge: Option<u64>,
    /// How many comparisons must be judged and labelled at least where those that there are do not suffice.
    pub comparisons_needed: Option<u64>,
    /// What judging more comparisons saves, for the win rate that takes the most labels; empty without one.
    pub by_comparisons: Vec<JudgedAndLabelled>,
    /// The share of the labels for a win rate that the judge saves if it judges any number of comparisons.
    pub saves_at_most: f64,
    /// The requests that judging takes.
    pub requests: Requests,
    /// What people have to do; `None` without a number of labels.
    pub people: Option<LabelWork>,
    /// What changes how the plan may be used.
    pub warnings: Vec<Warning>,
}

/// How many labels are enough if so many comparisons are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct JudgedAndLabelled {
    /// Comparisons judged; `None` for any number.
    pub comparisons: Option<u64>,
    /// Of these, labelled.
    pub labels: u64,
}

/// Plans the labels of a run, with those that it may have already, or from assumptions alone. Without a target, the width
/// of each win rate is planned to be 0.1.
///
/// # Errors
///
/// The run or the labels cannot be read, no label matches, or the run has no such judge or system; an assumption is missing
/// or outside its range, or two of them contradict each other.
pub fn plan_labels(
    options: &LabelPlanOptions,
    run: Option<&RunFile>,
    labels: Option<&DataFile>,
) -> Result<LabelPlan> {
    let facts = run.map(|run| RunFacts::read(run, options.judge.as_deref(), labels)).transpose()?;
    let assumptions = Assumptions::of(&options.given, facts.as_ref())?;
    let targets = targets::targets(options, &assumptions)?;
    let most = |of: fn(&PlannedTarget) -> Option<u64>| {
        let all: Option<Vec<u64>> = targets.iter().map(of).collect();
        all.and_then(|all| all.into_iter().max())
    };
    let labels = most(|target| target.labels);
    let labels_without_judge = most(|target| target.without_judge);
    let comparisons_needed = targets.iter().filter_map(|target| target.comparisons_needed).max();
    let requests = Requests::of(options, &assumptions, comparisons_needed, facts.as_ref());
    let mut plan = LabelPlan {
        judge: facts.as_ref().map(|facts| facts.judge.clone()),
        labelled: facts.as_ref().and_then(RunFacts::labelled).map(|(labelled, _)| labelled),
        by_comparisons: by_comparisons(&targets, &assumptions),
        saves_at_most: assumptions.explained(),
        assumptions,
        targets,
        labels,
        labels_without_judge,
        comparisons_needed,
        requests,
        people: labels.map(|labels| LabelWork::of(&options.effort, labels)),
        warnings: Vec::new(),
    };
    plan.warnings = warnings::warnings(&plan, options, facts.as_ref());
    Ok(plan)
}

/// Returns a number of labels, rounded up, none below what is worth an interval.
fn whole(labels: f64, of: u64) -> u64 {
    // What is a whole number but for rounding stays that number.
    let labels = (labels * (1.0 - 1e-9)).ceil() as u64;
    labels.max(FEW_LABELS).min(of.max(labels))
}

fn by_comparisons(targets: &[PlannedTarget], assumptions: &Assumptions) -> Vec<JudgedAndLabelled> {
    let of_rates = targets.iter().filter(|target| target.kind != TargetKind::MinKappa);
    let Some(alone) = of_rates.filter_map(|target| target.without_judge).max() else {
        return Vec::new();
    };
    let rho = assumptions.correlation.value;
    let of = |comparisons: u64| {
        let labels = prediction_powered_sample_size(alone as f64, rho, comparisons).ok()??;
        let labels = whole(labels, comparisons);
        Some(JudgedAndLabelled { comparisons: Some(comparisons), labels })
    };
    let mut all: Vec<JudgedAndLabelled> =
        MULTIPLES.iter().filter_map(|multiple| of(multiple.saturating_mul(alone))).collect();
    let labels = whole(alone as f64 * (1.0 - assumptions.explained()), u64::MAX);
    all.push(JudgedAndLabelled { comparisons: None, labels });
    all
}
