//! `evenhand calibrate`: judge against people.

use evenhand::calibration::{
    Calibration, CalibrationOptions, ErrorRates, Part, TestLook, calibrate,
};
use evenhand::input::{DataFile, LabelColumns};
use evenhand::report::{
    Wording, calibration_headline, calibration_markdown, calibration_table, conclusion_sentence,
    json_line,
};
use evenhand::store::RunFile;
use evenhand::summary::Gate;
use evenhand::{Error, ExitCode, Remedy, Result, Warning};
use serde_json::{Value, json};

use super::arguments::{
    Calibrate, PartName, ReportFormat, is_stdin, label_columns, or_stdin, stdin_twice,
};
use super::heartbeat::Heartbeat;
use super::remedies::DRAW_LABELS;
use super::selection::open_selected_run;
use super::{gates, open_run, print, seconds_since_1970};

/// Measures the judge, prints the report or the JSON, and checks the gates.
pub(crate) fn run(arguments: &Calibrate) -> Result<ExitCode> {
    let _busy = Heartbeat::start("measuring the judge");
    let (rubric, config) = (arguments.rubric.as_deref(), arguments.config.as_deref());
    let run = open_selected_run(&arguments.run, rubric, config, &arguments.selection)?;
    let part = arguments.part.map(|part| match part {
        PartName::Dev => Part::Dev,
        PartName::Test => Part::Test,
    });
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
    let options =
        CalibrationOptions { judge: arguments.judge.as_deref(), part, error_rates: rates.as_ref() };
    let columns =
        label_columns(arguments.id_column.as_deref(), &arguments.label_column, &arguments.response);
    let labels = or_stdin(DataFile::labels(&arguments.labels, columns));
    let mut results = calibrate(&run, &labels, options)?;
    gates::check_systems_of_calibration(&arguments.gates, &results)?;
    if part == Some(Part::Test) {
        // Log the look before printing anything, so that no look goes uncounted.
        results.record_test_look(log_look(arguments, &run, &results.judge)?);
    }
    let gates = gates::of_calibration(arguments.min_kappa, &arguments.gates, &results);
    match arguments.format {
        ReportFormat::Table => print(&calibration_table(&results, arguments.full, wording()))?,
        ReportFormat::Markdown => print(&calibration_markdown(&results, wording()))?,
        ReportFormat::Json => {
            let json = json(&results, &gates).map_err(|error| {
                Error::internal(format!("cannot write the result as JSON: {error}"))
            })?;
            print(&format!("{}\n", json_line(&json.to_string())))?
        }
    };
    Ok(gates::conclude(&gates, arguments.gates.inconclusive))
}

/// Returns the results as JSON, with the sentences of the report, and warnings in the words of this program.
fn json(results: &Calibration, gates: &[Gate]) -> serde_json::Result<Value> {
    let mut value = serde_json::to_value(results)?;
    let warnings = results.warnings();
    let warnings: Vec<Warning> = warnings.iter().map(|warning| wording().apply(warning)).collect();
    value["warnings"] = serde_json::to_value(warnings)?;
    value["headline"] = calibration_headline(results).join(" ").into();
    value["conclusion"] =
        json!({ "code": results.conclusion, "sentence": conclusion_sentence(results) });
    value["gates"] = gates::json(gates);
    Ok(value)
}

/// Returns how the report refers to flags and commands.
fn wording() -> Wording {
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
