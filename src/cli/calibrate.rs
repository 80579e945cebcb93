//! `evenhand calibrate`: judge against people.

use evenhand::calibration::{CalibrationOptions, ErrorRates, calibrate};
use evenhand::input::{DataFile, LabelColumns};
use evenhand::report::{calibration_json, calibration_markdown, calibration_table};
use evenhand::trial::Unit;
use evenhand::{ExitCode, Result};

use super::arguments::{Calibrate, ReportFormat, is_stdin, or_stdin, stdin_twice};
use super::calibrating::{log_look, looks_at_test, part, wording};
use super::decide::margin_max_error;
use super::heartbeat::Heartbeat;
use super::selection::{of_judge, open_selected_any_run};
use super::{calibrate_grades, gates, open_run, print, print_json};

/// Measures the judge, prints the report or the JSON, and checks the gates.
pub(crate) fn run(arguments: &Calibrate) -> Result<ExitCode> {
    let _busy = Heartbeat::start("measuring the judge");
    let (rubric, config) = (arguments.rubric.as_deref(), arguments.config.as_deref());
    let run = open_selected_any_run(&arguments.run, rubric, config, &arguments.selection)?;
    let run = of_judge(run, arguments.judge.as_deref())?;
    if run.rubric().scale.is_some() {
        return calibrate_grades::run(arguments, run);
    }
    let margin_max_error = margin_max_error(arguments.decide, arguments.max_error)?;
    gates::check_unit(&arguments.gates, Unit::Comparison)?;
    gates::check_systems(&arguments.gates, || gates::selected_systems(&run))?;
    let part = arguments.part.map(part);
    let rates = match (&arguments.error_rates, &arguments.error_labels) {
        (Some(_), Some(labels))
            if [labels, &arguments.labels].iter().all(|file| is_stdin(file)) =>
        {
            return Err(stdin_twice());
        }
        (Some(other), Some(labels)) => {
            let other = open_run(other, rubric, config)?.of_judge(arguments.judge.as_deref())?;
            let labels = or_stdin(DataFile::labels(labels, LabelColumns::default()));
            Some(ErrorRates::measure(&other, &labels, arguments.judge.as_deref())?)
        }
        _ => None,
    };
    let options = CalibrationOptions {
        judge: arguments.judge.as_deref(),
        part,
        error_rates: rates.as_ref(),
        margin_max_error,
    };
    let labels = arguments.columns.of(&arguments.labels);
    let mut results = calibrate(&run, &labels, options)?;
    gates::check_systems_of_calibration(&arguments.gates, &results)?;
    if looks_at_test(part, margin_max_error) {
        // Log the look before printing anything, so that no look goes uncounted.
        results.record_test_look(log_look(&run, &results.judge, &arguments.labels)?);
    }
    let gates = gates::of_calibration(arguments.min_kappa, &arguments.gates, &results);
    match arguments.format {
        ReportFormat::Table => print(&calibration_table(&results, arguments.full, wording()))?,
        ReportFormat::Markdown => print(&calibration_markdown(&results, wording()))?,
        ReportFormat::Json => {
            let json = calibration_json(&results, &gates, wording())?;
            print_json(&json)?
        }
    };
    Ok(gates::conclude(&gates, arguments.gates.inconclusive))
}
