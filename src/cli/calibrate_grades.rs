//! `evenhand calibrate` of a run of grades: a judge of single responses against people.

use std::collections::BTreeSet;

use evenhand::calibration::Part;
use evenhand::grading::{GradeCalibration, GradeCalibrationOptions, calibrate_grades};
use evenhand::report::{
    Wording, grade_calibration_json, grade_calibration_markdown, grade_calibration_table,
};
use evenhand::store::{GradeRun, RunFile};
use evenhand::trial::Unit;
use evenhand::{Error, ExitCode, Result};

use super::arguments::{Calibrate, ReportFormat, RuleName};
use super::calibrating::{log_look, part, remedy, wording};
use super::{gates, print, print_json};

/// Measures the judge of a run that was opened already, prints the report or the JSON, and checks the gates.
pub(super) fn run(arguments: &Calibrate, file: RunFile) -> Result<ExitCode> {
    check_flags(arguments)?;
    gates::check_unit(&arguments.gates, Unit::Response)?;
    gates::check_systems(&arguments.gates, || gates::selected_systems(&file))?;
    let run = GradeRun::of(file)?;
    gates::check_scale(&arguments.gates, run.scale())?;
    let part = arguments.part.map(part);
    let options = GradeCalibrationOptions { judge: arguments.judge.as_deref(), part };
    let labels = arguments.columns.of(&arguments.labels);
    let mut results = calibrate_grades(&run, &labels, options)?;
    check_pass_rates(arguments, &results)?;
    if part == Some(Part::Test) {
        // Log the look before printing anything, so that no look goes uncounted.
        results.record_test_look(log_look(run.file(), &results.judge, &arguments.labels)?);
    }
    let gates = gates::of_grade_calibration(arguments.min_kappa, &arguments.gates, &results);
    let wording = wording_of_grades();
    match arguments.format {
        ReportFormat::Table => print(&grade_calibration_table(&results, arguments.full, wording))?,
        ReportFormat::Markdown => print(&grade_calibration_markdown(&results, wording))?,
        ReportFormat::Json => print_json(&grade_calibration_json(&results, &gates, wording)?)?,
    };
    Ok(gates::conclude(&gates, arguments.gates.inconclusive))
}

/// Checks that no flag is given that says nothing about grades.
fn check_flags(arguments: &Calibrate) -> Result<()> {
    let flags = [
        ("--decide margin", arguments.decide != RuleName::BothOrders),
        ("--max-error", arguments.max_error.is_some()),
        ("--error-rates", arguments.error_rates.is_some()),
    ];
    let Some((flag, _)) = flags.iter().find(|(_, is_given)| *is_given) else { return Ok(()) };
    let hint = match *flag {
        "--error-rates" => {
            "the pass rate of each system is corrected by the judge's errors on that system"
        }
        _ => "leave it out: a grade is kept where both directions of the scale agree",
    };
    let message = format!("{flag}: {} has grades of single responses", arguments.run.display());
    Err(Error::usage(message).hint(hint))
}

/// Checks that a calibration, perhaps of a part of a run, has a pass rate of every system with a gate.
fn check_pass_rates(arguments: &Calibrate, results: &GradeCalibration) -> Result<()> {
    let planned = results.systems.iter().filter(|system| system.planned > 0);
    let systems: BTreeSet<String> = planned.map(|system| system.system.clone()).collect();
    gates::check_systems(&arguments.gates, || Ok(systems.into_iter().collect()))
}

/// Returns how the report refers to flags and commands.
pub(super) fn wording_of_grades() -> Wording {
    let mut wording = wording();
    wording.full = "(--full: all coefficients, confusion matrix, people, steps, criteria, slices)";
    wording.remedy = |warning| match warning.code {
        "absent-replies" | "unanswered" => Some("run the `evenhand grade` command again"),
        _ => remedy(warning),
    };
    wording
}
