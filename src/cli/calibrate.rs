//! `evenhand calibrate`: judge against people.

use std::path::Path;

use evenhand::calibration::{CalibrationOptions, ErrorRates, Part, TestLook, calibrate};
use evenhand::input::{DataFile, LabelColumns};
use evenhand::report::{Wording, calibration_json, calibration_markdown, calibration_table};
use evenhand::store::RunFile;
use evenhand::trial::Unit;
use evenhand::{ExitCode, Remedy, Result};

use super::arguments::{Calibrate, PartName, ReportFormat, is_stdin, or_stdin, stdin_twice};
use super::decide::margin_max_error;
use super::heartbeat::Heartbeat;
use super::remedies::DRAW_LABELS;
use super::selection::open_selected_any_run;
use super::{calibrate_grades, gates, open_run, print, print_json, seconds_since_1970};

/// Measures the judge, prints the report or the JSON, and checks the gates.
pub(crate) fn run(arguments: &Calibrate) -> Result<ExitCode> {
    let _busy = Heartbeat::start("measuring the judge");
    let (rubric, config) = (arguments.rubric.as_deref(), arguments.config.as_deref());
    let run = open_selected_any_run(&arguments.run, rubric, config, &arguments.selection)?;
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
            let other = open_run(other, rubric, config)?;
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

/// Returns how the report refers to flags and commands.
pub(super) fn wording() -> Wording {
    let mut wording = Wording::default();
    wording.format = "--format";
    wording.full = "(--full: all coefficients, confusion matrix, people, simple rules, slices)";
    wording.remedy = |warning| match warning.code {
        _ if warning.remedy == Some(Remedy::DrawLabels) => Some(DRAW_LABELS),
        "unparsed-replies" => Some("`evenhand verdicts --outcome unparsed --replies`"),
        "absent-replies" | "unanswered" => Some("run the `evenhand judge` command again"),
        "repeated-look" => Some("--part dev"),
        _ => None,
    };
    wording
}

/// Returns the half of the items that a flag names.
pub(super) fn part(name: PartName) -> Part {
    match name {
        PartName::Dev => Part::Dev,
        PartName::Test => Part::Test,
    }
}

/// Returns whether a report looks at the test part alone: it is about that part, or compares both rules on it.
pub(super) fn looks_at_test(part: Option<Part>, margin_max_error: Option<f64>) -> bool {
    match part {
        Some(part) => part == Part::Test,
        None => margin_max_error.is_some(),
    }
}

/// Logs a look at the test part beside its labels; returns how many there have been with this rubric.
pub(super) fn log_look(run: &RunFile, judge: &str, labels: &Path) -> Result<u64> {
    let look = TestLook {
        rubric: run.rubric().name.clone(),
        version: run.rubric().version.clone(),
        judge: judge.to_owned(),
        run: run.path().display().to_string(),
        at: seconds_since_1970(),
    };
    look.log(&TestLook::log_beside(labels)?)
}
