//! The numbers of a calibration of grades in rows: those that every reader needs, in the order of their questions.

use crate::calibration::CorrectionBasis;
use crate::grading::{CalibratedSystem, GradeCalibration, GradeFinding, NoErrorCorrection};
use crate::report::calibration::NumberRow;
use crate::report::number_format::NumberFormat;
use crate::report::wording::{HAD_THEY_BEEN_READ, UNREADABLE_EITHER_WAY};

/// Returns the numbers that say how far the judge can be trusted.
pub(in crate::report) fn main_rows(results: &GradeCalibration) -> Vec<NumberRow<'_>> {
    let GradeCalibration { kept, replies, human, .. } = results;
    let share =
        |label, estimate, note| NumberRow { label, format: NumberFormat::Percent, estimate, note };
    let plain =
        |label, estimate, note| NumberRow { label, format: NumberFormat::Plain, estimate, note };
    let is_ordered = results.scale.steps.len() > 2;
    let mut rows = vec![
        share("agreement, every reply", &replies.agreement, "replies"),
        share("agreement, kept grades", &kept.agreement, selected(results)),
        if is_ordered {
            plain("weighted κ, every reply", &replies.weighted_kappa, "0 chance, 1 perfect")
        } else {
            plain("Cohen's κ, every reply", &replies.cohen_kappa, "0 chance, 1 perfect")
        },
    ];
    if results.scale.pass_from.is_some() {
        let found = &replies.true_positive_rate;
        rows.push(share("passes that it finds", found, "of replies"));
        rows.push(share("fails that it finds", &replies.true_negative_rate, "of replies"));
    }
    if let Some(human) = human {
        let kappa = if is_ordered { "weighted κ of people" } else { "κ of people" };
        rows.push(plain(kappa, &human.people, "two with each other"));
        let label =
            if results.is_jury() { "the same of the jury" } else { "the same of the judge" };
        rows.push(plain(label, &human.judge, "with the same people"));
    }
    rows.push(share("directions agree", &results.order.consistency, "of the scale"));
    rows.push(share("coverage", &results.coverage, "kept / planned"));
    rows
}

/// Returns the pass rates of a system, each with what it estimates.
pub(in crate::report) fn pass_rate_rows<'a>(
    system: &'a CalibratedSystem,
    is_jury: bool,
) -> Vec<NumberRow<'a>> {
    let Some(rates) = &system.pass_rate else { return Vec::new() };
    let share =
        |label, estimate, note| NumberRow { label, format: NumberFormat::Percent, estimate, note };
    let mut rows: Vec<NumberRow<'a>> = Vec::new();
    match rates.ppi_basis {
        // It is the mean label then.
        Some(CorrectionBasis::EveryLabel | CorrectionBasis::EveryAnswered) => {
            rows.push(share("labels", &rates.ppi, "what people pass"));
        }
        Some(CorrectionBasis::KnownProbabilities) => {
            rows.push(share("corrected with labels", &rates.ppi, "what people pass"));
        }
        Some(CorrectionBasis::AsIfRandom | CorrectionBasis::IncompleteSample) => {
            rows.push(share("corrected with labels", &rates.ppi, "people, if at random"));
        }
        Some(CorrectionBasis::OnlyKept) | None => {}
    }
    if let Some(corrected) = &rates.rogan_gladen {
        rows.push(share("by error rates", corrected, "people, the unlabelled"));
    }
    let passed = if is_jury { "what its judges pass" } else { "what the judge passes" };
    rows.push(share("direction-averaged", &rates.averaged, passed));
    if rates.unreadable_directions > 0 {
        rows.push(share(UNREADABLE_EITHER_WAY, &rates.unreadable_bounds, HAD_THEY_BEEN_READ));
    }
    let condition = if is_jury { "if most judges agree" } else { "if both agree" };
    rows.push(share("kept grades only", &rates.kept, condition));
    rows.push(share("passes that it finds", &system.true_positive_rate, "on this system"));
    rows.push(share("fails that it finds", &system.true_negative_rate, "on this system"));
    rows
}

/// Returns why a pass rate is not corrected by error rates.
pub(super) fn no_correction(reason: NoErrorCorrection) -> &'static str {
    match reason {
        NoErrorCorrection::TooFewPasses => "fewer than 10 of its labelled responses pass by people",
        NoErrorCorrection::TooFewFails => "fewer than 10 of its labelled responses fail by people",
        NoErrorCorrection::EveryLabel => "every response that was answered is labelled",
        NoErrorCorrection::OnlyKept => "only responses with a kept grade are labelled",
        NoErrorCorrection::UnequalDraw => "labels were drawn with unequal probabilities",
        NoErrorCorrection::NoBetterThanChance => {
            "the labels do not show that the judge is better than a guess on its responses"
        }
        NoErrorCorrection::Contradiction => {
            "the judge errs differently on the responses without a label"
        }
    }
}

/// Returns that kept grades are a selection, where their agreement differs much from that of all replies.
fn selected(results: &GradeCalibration) -> &'static str {
    let is_selection =
        |finding: &GradeFinding| matches!(finding, GradeFinding::KeptSelection { .. });
    if results.findings.iter().any(is_selection) { "a selection" } else { "" }
}
