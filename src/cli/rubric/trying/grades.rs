//! The numbers of a try of a rubric that grades single responses.

use evenhand::Result;
use evenhand::calibration::Part;
use evenhand::diff::compare_grades;
use evenhand::grading::{GradeCalibrationOptions, calibrate_grades, summarise_grades};
use evenhand::store::GradeRun;
use evenhand::tries::{Try, TryChanges, TryNumbers};

use super::measuring::{Measured, MeasuredNumbers, Measuring, no_gates};
use crate::cli::calibrating::log_look;
use crate::cli::gates;

/// Measures the judge against the labels, and compares the try with an earlier run.
pub(super) fn measure(measuring: &Measuring<'_>) -> Result<Measured> {
    let (run, part) = (GradeRun::of(measuring.run()?)?, measuring.part());
    let options =
        GradeCalibrationOptions { part: Some(part), ..GradeCalibrationOptions::default() };
    let mut results = calibrate_grades(&run, measuring.labels, options)?;
    let file = run.file();
    if part == Part::Test {
        // Log the look before printing anything, so that no look goes uncounted.
        results.record_test_look(log_look(file, &results.judge, &measuring.arguments.labels)?);
    }
    let judges = summarise_grades(&run, |_| ())?.judges;
    let mut one = Try::of_grades(&measuring.plan.begun, &file.rubric().version, &results, &judges);
    let compared = measuring.compare(|before, after, options| {
        compare_grades(GradeRun::of(before)?, GradeRun::of(after)?, options)
    })?;
    let changes = compared.as_ref().map(|compared| {
        let (number, labels_changed) = measuring.earlier();
        TryChanges::of_grades(&compared.diff, number, labels_changed)
    });
    // What the history has of it stays: the try that it was compared with may be gone.
    let known = || match &measuring.known?.numbers {
        TryNumbers::Grades(known) => known.changes.clone(),
        TryNumbers::Verdicts(_) => None,
    };
    if let TryNumbers::Grades(numbers) = &mut one.numbers {
        numbers.changes = changes.or_else(known);
    }
    let last = judges.last();
    let nothing_kept =
        last.and_then(|last| gates::no_grade_kept(&no_gates(measuring.arguments), last));
    let numbers = MeasuredNumbers::Grades(results.into(), compared.map(Box::new));
    Ok(Measured { one, numbers, nothing_kept })
}
