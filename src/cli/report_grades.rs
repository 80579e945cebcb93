//! `evenhand report` on a run of grades: the same formats, with what is known of grades.

use evenhand::calibration::Part;
use evenhand::cases::{CaseFilter, GradeCases};
use evenhand::overview::{GradeOverviewOptions, grade_overview};
use evenhand::report::{
    GradeHtmlReport, Wording, grade_overview_json, grade_overview_markdown, grade_overview_table,
    junit_xml, write_html_grades,
};
use evenhand::store::GradeRun;
use evenhand::trial::Unit;
use evenhand::{Error, ExitCode, Result};

use super::arguments::{Report, ReportDocument, RuleName};
use super::calibrate_grades::wording_of_grades;
use super::calibrating::{log_look, part as part_of};
use super::gates;
use super::heartbeat::Heartbeat;

use super::report_checks::Checks;
use super::report_output::{selection, write};

/// Computes the report on the grades that a run reads, writes it, and checks the gates.
pub(super) fn report_grades(
    arguments: &Report,
    format: ReportDocument,
    mut run: GradeRun,
    busy: Heartbeat,
) -> Result<ExitCode> {
    check_flags(arguments)?;
    gates::check_scale(&arguments.gates, run.scale())?;
    gates::check_systems(&arguments.gates, || gates::selected_systems(run.file()))?;
    let labels = arguments.labels.file();
    let part = arguments.part.map(part_of);
    let options = GradeOverviewOptions {
        judge: arguments.judge.as_deref(),
        labels: labels.as_ref(),
        part,
        selection: &selection(&arguments.selection),
    };
    let mut overview = grade_overview(&mut run, options)?;
    if let (Some(calibration), Some(Part::Test), Some(path)) =
        (&mut overview.calibration, part, &arguments.labels.path)
    {
        // Log the look before writing anything, so that no look goes uncounted.
        calibration.record_test_look(log_look(run.file(), &overview.judge, path)?);
    }
    let redaction = arguments.redact.then(|| overview.redact());
    let checks = Checks::measure_grades(arguments, &mut run, &overview)?;
    let document = match format {
        ReportDocument::Html => {
            let mut filter = CaseFilter::default();
            filter.judge.clone_from(&arguments.judge);
            let cases = GradeCases::select(run, filter, labels.as_ref())?;
            let mut report = GradeHtmlReport::of(&overview);
            report.cases = Some(&cases);
            report.redaction = redaction.as_ref();
            report.gates = &checks.gates;
            report.wording = wording();
            let mut page = Vec::new();
            write_html_grades(&mut page, report)?;
            run = cases.into_run();
            page
        }
        ReportDocument::Table => grade_overview_table(&overview, wording()).into_bytes(),
        ReportDocument::Json => {
            format!("{}\n", grade_overview_json(&overview, &checks.gates, wording())?).into_bytes()
        }
        ReportDocument::Markdown => {
            grade_overview_markdown(&overview, &checks.gates, wording()).into_bytes()
        }
        ReportDocument::Junit => {
            junit_xml("evenhand", &checks.junit_cases(run.file(), &overview.judge)).into_bytes()
        }
    };
    drop(busy);
    write(arguments, format, &document)?;
    Ok(checks.conclude(run.file(), format == ReportDocument::Junit))
}

/// Returns how the report refers to flags and commands.
fn wording() -> Wording {
    let mut wording = wording_of_grades();
    wording.full = "";
    wording
}

/// Refuses flags that mean nothing for grades.
fn check_flags(arguments: &Report) -> Result<()> {
    gates::check_unit(&arguments.gates, Unit::Response)?;
    if arguments.decide != RuleName::BothOrders || arguments.max_error.is_some() {
        return Err(Error::usage("--decide and --max-error: grades have no margin")
            .hint("a grade is kept if both directions of the scale give the same"));
    }
    if let (Some(_), Some(tag)) = (&arguments.labels.path, arguments.gate_by.first()) {
        return Err(Error::usage(format!(
            "--gate-by {tag}: with labels only the whole run is gated where responses were graded"
        ))
        .hint("leave out --gate-by, or --labels"));
    }
    Ok(())
}
