//! The numbers of a try of a rubric that compares responses.

use evenhand::Result;
use evenhand::calibration::{CalibrationOptions, Part, calibrate};
use evenhand::diff::compare_runs;
use evenhand::summary::summarise;
use evenhand::tries::{Try, TryChanges, TryNumbers};

use super::measuring::{Measured, MeasuredNumbers, Measuring, no_gates};
use crate::cli::calibrating::log_look;
use crate::cli::gates;

/// Measures the judge against the labels, and compares the try with an earlier run.
pub(super) fn measure(measuring: &Measuring<'_>) -> Result<Measured> {
    let (run, part) = (measuring.run()?, measuring.part());
    let options = CalibrationOptions { part: Some(part), ..CalibrationOptions::default() };
    let mut results = calibrate(&run, measuring.labels, options)?;
    if part == Part::Test {
        // Log the look before printing anything, so that no look goes uncounted.
        results.record_test_look(log_look(&run, &results.judge, &measuring.arguments.labels)?);
    }
    let judges = summarise(&run, |_| ())?.judges;
    let mut one = Try::of_verdicts(&measuring.plan.begun, &run.rubric().version, &results, &judges);
    let compared = measuring.compare(compare_runs)?;
    let changes = compared.as_ref().map(|compared| {
        let (number, labels_changed) = measuring.earlier();
        TryChanges::of_verdicts(&compared.diff, number, labels_changed)
    });
    // What the history has of it stays: the try that it was compared with may be gone.
    let known = || match &measuring.known?.numbers {
        TryNumbers::Verdicts(known) => known.changes.clone(),
        TryNumbers::Grades(_) => None,
    };
    if let TryNumbers::Verdicts(numbers) = &mut one.numbers {
        numbers.changes = changes.or_else(known);
    }
    let last = judges.last();
    let nothing_kept =
        last.and_then(|last| gates::nothing_kept(&no_gates(measuring.arguments), last));
    let numbers = MeasuredNumbers::Verdicts(results.into(), compared.map(Box::new));
    Ok(Measured { one, numbers, nothing_kept })
}
