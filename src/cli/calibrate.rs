//! `evenhand calibrate`: judge against people.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use evenhand::calibration::{
    Calibration, CalibrationOptions, ErrorRates, Gate, GateResult, Look, Part, calibrate,
};
use evenhand::input::load_rubric;
use evenhand::report::{json_line, letter};
use evenhand::store::RunFile;
use evenhand::{Error, ExitCode, Result};

use super::arguments::{Calibrate, Format, Inconclusive, PartName};
use super::{print, print_error_line};

/// Measures the judge, prints the letter or the numbers, and holds them against the gates.
pub(crate) fn run(arguments: &Calibrate) -> Result<ExitCode> {
    let run = open(&arguments.run, arguments.rubric.as_deref())?;
    let part = arguments.part.map(|part| match part {
        PartName::Dev => Part::Dev,
        PartName::Test => Part::Test,
    });
    let rates = match (&arguments.error_rates, &arguments.error_labels) {
        (Some(other), Some(labels)) => {
            let other = open(other, arguments.rubric.as_deref())?;
            Some(ErrorRates::measure(&other, labels, arguments.judge.as_deref())?)
        }
        _ => None,
    };
    let options =
        CalibrationOptions { judge: arguments.judge.as_deref(), part, error_rates: rates.as_ref() };
    let mut found = calibrate(&run, &arguments.labels, options)?;
    if part == Some(Part::Test) {
        // Before anything is shown: a look that could not be logged is not taken.
        found.looked(log_look(arguments, &run, &found.judge)?);
    }
    match arguments.format {
        Format::Table => print(&letter(&found))?,
        Format::Json => {
            let json = serde_json::to_string(&found).map_err(|error| {
                Error::internal(format!("the result cannot be written: {error}"))
            })?;
            print(&format!("{}\n", json_line(&json)))?
        }
    };
    Ok(gates(arguments, &found))
}

fn open(path: &Path, rubric: Option<&str>) -> Result<RunFile> {
    let mut run = RunFile::open(path)?;
    if let Some(rubric) = rubric {
        run.use_rubric(load_rubric(rubric, Path::new("."))?)?;
    }
    Ok(run)
}

#[expect(clippy::disallowed_methods, reason = "the binary is what reads the clock")]
fn log_look(arguments: &Calibrate, run: &RunFile, judge: &str) -> Result<u64> {
    let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let look = Look {
        rubric: run.rubric().name.clone(),
        version: run.rubric().version.clone(),
        judge: judge.to_owned(),
        run: arguments.run.display().to_string(),
        at,
    };
    look.log(&Look::log_beside(&arguments.labels)?)
}

/// Says how each gate ended and returns the exit code of the worst.
fn gates(arguments: &Calibrate, found: &Calibration) -> ExitCode {
    let gates = [
        ("--min-kappa", "κ over every reply", found.orders.cohen_kappa, arguments.min_kappa),
        ("--min-coverage", "coverage", found.coverage, arguments.min_coverage),
        (
            "--min-consistency",
            "position consistency",
            found.position.consistency,
            arguments.min_consistency,
        ),
    ];
    let mut worst = GateResult::Passed;
    let mut narrower = Vec::new();
    for (flag, what, estimate, threshold) in gates {
        let Some(threshold) = threshold else { continue };
        let gate = Gate { flag, what, estimate, threshold };
        print_error_line(format_args!("{}", gate.sentence()));
        worst = worst.max(gate.result());
        if gate.result() == GateResult::Inconclusive {
            narrower.push(if flag == "--min-kappa" { "label" } else { "judge" });
        }
    }
    narrower.dedup();
    let pass = arguments.inconclusive == Inconclusive::Pass;
    if worst == GateResult::Inconclusive && !pass {
        print_error_line(format_args!(
            "\nhint: {} more comparisons to narrow the interval, or let it pass with --inconclusive pass",
            narrower.join(" and ")
        ));
    }
    worst.exit_code(pass)
}
