//! `evenhand calibrate`: judge against people.

use evenhand::calibration::{
    Calibration, CalibrationOptions, ErrorRates, Gate, GateResult, Part, TestLook, calibrate,
};
use evenhand::report::{Wording, calibration_table, json_line};
use evenhand::store::RunFile;
use evenhand::{Error, ExitCode, Result, Warning};

use super::arguments::{Calibrate, Format, Inconclusive, PartName};
use super::{open_run, print, print_error_line, seconds_since_1970};

/// Measures the judge, prints the report or the JSON, and checks the gates.
pub(crate) fn run(arguments: &Calibrate) -> Result<ExitCode> {
    let run = open_run(&arguments.run, arguments.rubric.as_deref())?;
    let part = arguments.part.map(|part| match part {
        PartName::Dev => Part::Dev,
        PartName::Test => Part::Test,
    });
    let rates = match (&arguments.error_rates, &arguments.error_labels) {
        (Some(other), Some(labels)) => {
            let other = open_run(other, arguments.rubric.as_deref())?;
            Some(ErrorRates::measure(&other, labels, arguments.judge.as_deref())?)
        }
        _ => None,
    };
    let options =
        CalibrationOptions { judge: arguments.judge.as_deref(), part, error_rates: rates.as_ref() };
    let mut results = calibrate(&run, &arguments.labels, options)?;
    if part == Some(Part::Test) {
        // Log the look before printing anything, so that no look goes uncounted.
        results.record_test_look(log_look(arguments, &run, &results.judge)?);
    }
    match arguments.format {
        Format::Table => print(&calibration_table(&results, wording()))?,
        Format::Json => {
            let json = json(&results).map_err(|error| {
                Error::internal(format!("cannot write the result as JSON: {error}"))
            })?;
            print(&format!("{}\n", json_line(&json.to_string())))?
        }
    };
    Ok(gates(arguments, &results))
}

/// Returns the results as JSON, with warnings in the words of this program.
fn json(results: &Calibration) -> serde_json::Result<serde_json::Value> {
    let mut value = serde_json::to_value(results)?;
    let warnings = results.warnings();
    let warnings: Vec<Warning> = warnings.iter().map(|warning| wording().apply(warning)).collect();
    value["warnings"] = serde_json::to_value(warnings)?;
    Ok(value)
}

/// Returns how the report refers to flags and commands.
fn wording() -> Wording {
    let mut wording = Wording::default();
    wording.format = "--format";
    wording.remedy = |warning| match warning.code {
        "no-better-than-longer"
        | "no-better-than-first"
        | "no-better-than-lexical"
        | "one-class-labels"
        | "kappa-paradox"
        | "unstable-interval"
        | "undefined"
        | "no-interval"
        | "unknown-sampling"
        | "only-kept-labelled" => Some("`evenhand sample`"),
        "unparsed-replies" => Some("`evenhand verdicts --outcome unparsed --replies`"),
        "absent-replies" | "unanswered" => Some("run the `evenhand judge` command again"),
        "repeated-look" => Some("--part dev"),
        _ => None,
    };
    wording
}

fn log_look(arguments: &Calibrate, run: &RunFile, judge: &str) -> Result<u64> {
    let look = TestLook {
        rubric: run.rubric().name.clone(),
        version: run.rubric().version.clone(),
        judge: judge.to_owned(),
        run: arguments.run.display().to_string(),
        at: seconds_since_1970(),
    };
    look.log(&TestLook::log_beside(&arguments.labels)?)
}

/// Prints the result of each gate and returns the exit code of the worst.
fn gates(arguments: &Calibrate, results: &Calibration) -> ExitCode {
    let gates = [
        ("--min-kappa", "κ over every reply", results.orders.cohen_kappa, arguments.min_kappa),
        ("--min-coverage", "coverage", results.coverage, arguments.min_coverage),
        (
            "--min-consistency",
            "position consistency",
            results.position.consistency,
            arguments.min_consistency,
        ),
    ];
    let mut worst = GateResult::Passed;
    let mut remedies = Vec::new();
    for (name, quantity, estimate, threshold) in gates {
        let Some(threshold) = threshold else { continue };
        let gate = Gate { name, quantity, estimate, threshold };
        print_error_line(format_args!("{}", gate.sentence()));
        worst = worst.max(gate.result());
        if gate.result() == GateResult::Inconclusive {
            remedies.push(if name == "--min-kappa" { "label" } else { "judge" });
        }
    }
    remedies.dedup();
    let pass = arguments.inconclusive == Inconclusive::Pass;
    if worst == GateResult::Inconclusive && !pass {
        print_error_line(format_args!(
            "\nhint: {} more comparisons to narrow the interval, or accept it with --inconclusive pass",
            remedies.join(" and ")
        ));
    }
    worst.exit_code(pass)
}
