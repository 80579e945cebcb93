//! What the findings of a calibration say about the numbers of a try, which shows only some of them.

use crate::calibration::Finding;
use crate::error::Warning;
use crate::grading::{GradeCalibration, GradeFinding};

/// Returns what a finding says about the numbers of a try; `None` if it is about others, which a try does not show.
pub(super) fn about_try(finding: &Finding) -> Option<Warning> {
    let is_shown = |number: &String| {
        let whole = [
            "orders.agreement",
            "orders.cohen_kappa",
            "human.ceiling",
            "human.judge",
            "position.consistency",
        ];
        whole.contains(&number.as_str()) || number.starts_with("win_rates.ppi")
    };
    let mut finding = finding.clone();
    match &mut finding {
        Finding::SeveralPairs => return None,
        Finding::Undefined { numbers, .. }
        | Finding::NoInterval { numbers, .. }
        | Finding::PerfectAgreement { numbers } => {
            numbers.retain(is_shown);
            if numbers.is_empty() {
                return None;
            }
        }
        _ => {}
    }
    Some(finding.warning())
}

/// Returns what a finding says about the numbers of a try of grades; `None` if it is about others: a try shows neither pass
/// rates of systems nor slices.
pub(super) fn about_grade_try(
    results: &GradeCalibration,
    finding: &GradeFinding,
) -> Option<Warning> {
    let kappa = if results.scale.steps.len() > 2 { "weighted_kappa" } else { "cohen_kappa" };
    let is_shown = |number: &String| match number.split_once('.') {
        Some(
            ("replies", "agreement" | "true_positive_rate" | "true_negative_rate")
            | ("kept", "agreement" | "bias")
            | ("order", "consistency"),
        ) => true,
        Some(("replies", coefficient)) => coefficient == kappa,
        _ => false,
    };
    let mut finding = finding.clone();
    match &mut finding {
        GradeFinding::UnknownSampling
        | GradeFinding::IncompleteSample
        | GradeFinding::NoThreshold
        | GradeFinding::TagTooFine { .. } => return None,
        GradeFinding::Undefined { numbers } | GradeFinding::NoInterval { numbers } => {
            numbers.retain(is_shown);
            if numbers.is_empty() {
                return None;
            }
        }
        _ => {}
    }
    Some(finding.warning())
}
