//! What changes how a plan may be used.

use super::facts::RunFacts;
use super::{LabelPlan, LabelPlanOptions, PlannedTarget, TargetKind};
use crate::error::Warning;

/// The share of the labels above which the judge must be better than the systems to save it.
const HALF: f64 = 0.5;

pub(super) fn warnings(
    plan: &LabelPlan,
    options: &LabelPlanOptions,
    facts: Option<&RunFacts>,
) -> Vec<Warning> {
    let mut all = Vec::new();
    let mut warn = |code, message: String| all.push(Warning::new(code, message));
    for target in plan.targets.iter().filter(|target| target.without_judge.is_none()) {
        let (what, assumed) = match target.kind {
            TargetKind::MinKappa => ("κ", format!("{:.3}", target.assumed)),
            _ => ("the win rate", format!("{:.1} %", target.assumed * 100.0)),
        };
        warn(
            "undecidable-gate",
            format!(
                "{what} is assumed to be {assumed}, too near to the threshold of its gate: no number of labels decides \
                 it; lower the threshold by what you can tolerate"
            ),
        );
    }
    let is_missed = |target: &&PlannedTarget| target.is_missed && target.without_judge.is_some();
    for target in plan.targets.iter().filter(is_missed) {
        let what = match (target.kind, &target.system) {
            (TargetKind::MinKappa, _) => "κ".to_owned(),
            (_, Some(system)) => format!("the win rate of {system}"),
            (_, None) => "the win rate".to_owned(),
        };
        warn(
            "gate-missed-as-assumed",
            format!("{what} is assumed to be below its gate: these labels show that it is missed"),
        );
    }
    if let Some(needed) = plan.comparisons_needed {
        warn(
            "too-few-comparisons",
            format!(
                "the {} comparisons are not enough even if all are labelled; judge at least {needed}, and more to \
                 label fewer of them",
                plan.assumptions.comparisons.value
            ),
        );
    }
    let is_about_rate = plan.targets.iter().any(|target| target.kind != TargetKind::MinKappa);
    if is_about_rate && plan.saves_at_most > HALF {
        warn(
            "half-at-most",
            "a judge that is no better than the systems it judges saves at most half of the labels (Dorner et al. \
             2024); the assumptions say that this one is better"
                .to_owned(),
        );
    }
    if let Some((labelled, true)) = facts.and_then(RunFacts::labelled) {
        warn(
            "few-labels",
            format!(
                "agreement and win rate are those of {labelled} labelled comparisons and may be far off; plan again \
                 with more"
            ),
        );
    }
    if let Some(facts) = facts.filter(|facts| facts.answered < facts.planned) {
        warn(
            "unanswered",
            format!(
                "{} of {} comparisons are not answered in both orders, and cannot be drawn",
                facts.planned - facts.answered,
                facts.planned
            ),
        );
    }
    if options.effort.annotators.unwrap_or(1) == 1 {
        warn(
            "one-annotator",
            "one person labels, so that it will not be known how far people agree with each other; have at least 30 \
             comparisons labelled by two more people"
                .to_owned(),
        );
    }
    all
}
