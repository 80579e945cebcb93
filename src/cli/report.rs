//! `evenhand report`: everything that is known of a run, in one document.

use evenhand::cases::{CaseFilter, Cases};
use evenhand::overview::{Overview, OverviewOptions, Redaction, overview};
use evenhand::report::{
    HtmlReport, Wording, junit_xml, overview_json, overview_markdown, overview_table,
    write_html_report,
};
use evenhand::store::GradeRun;
use evenhand::trial::Unit;
use evenhand::{ExitCode, Result};

use super::arguments::{Report, ReportDocument};
use super::calibrating::{log_look, looks_at_test, part, wording as wording_of_calibrate};
use super::decide::margin_max_error;
use super::gap_commands::GapCommands;
use super::gates;
use super::heartbeat::Heartbeat;
use super::report_checks::{Checks, Labelled, check_gate_by};
use super::report_grades::report_grades;
use super::report_output::{format, selection, write};
use super::selection::{of_judge, open_selected_any_run};

/// Computes the report, writes it, and checks the gates.
pub(crate) fn run(arguments: &Report) -> Result<ExitCode> {
    let format = format(arguments)?;
    let margin_max_error = margin_max_error(arguments.decide, arguments.max_error)?;
    check_gate_by(arguments)?;
    let busy = Heartbeat::start("reading the run");
    let (rubric, config) = (arguments.rubric.as_deref(), arguments.config.as_deref());
    let run = open_selected_any_run(&arguments.run, rubric, config, &arguments.selection)?;
    let mut run = of_judge(run, arguments.judge.as_deref())?;
    if run.rubric().scale.is_some() {
        return report_grades(arguments, format, GradeRun::of(run)?, busy);
    }
    gates::check_unit(&arguments.gates, Unit::Comparison)?;
    gates::check_systems(&arguments.gates, || gates::selected_systems(&run))?;
    let labels = arguments.labels.file();
    let part = arguments.part.map(part);
    let mut overview = overview(
        &mut run,
        OverviewOptions {
            judge: arguments.judge.as_deref(),
            labels: labels.as_ref(),
            part,
            margin_max_error,
            selection: &selection(&arguments.selection),
        },
    )?;
    if let (true, Some(labels)) = (looks_at_test(part, margin_max_error), &arguments.labels.path) {
        // Log the look before writing anything, so that no look goes uncounted.
        overview.record_test_look(log_look(&run, &overview.judge, labels)?);
    }
    GapCommands { run: &run, arguments }.add_to(&mut overview);
    let redaction = arguments.redact.then(|| overview.redact());
    let labelled = labels.as_ref().map(|labels| Labelled { labels, part });
    let checks = Checks::measure(arguments, &mut run, &overview, labelled)?;
    let document = match format {
        ReportDocument::Html => {
            let mut filter = CaseFilter::default();
            filter.judge.clone_from(&arguments.judge);
            let cases = Cases::select(run, filter, labels.as_ref())?;
            let page = page(&overview, &cases, redaction.as_ref(), &checks)?;
            run = cases.into_run();
            page
        }
        ReportDocument::Table => overview_table(&overview, wording()).into_bytes(),
        ReportDocument::Json => {
            format!("{}\n", overview_json(&overview, &checks.gates, wording())?).into_bytes()
        }
        ReportDocument::Markdown => {
            overview_markdown(&overview, &checks.gates, wording()).into_bytes()
        }
        ReportDocument::Junit => {
            junit_xml("evenhand", &checks.junit_cases(&run, &overview.judge)).into_bytes()
        }
    };
    drop(busy);
    write(arguments, format, &document)?;
    Ok(checks.conclude(&run, format == ReportDocument::Junit))
}

/// Returns the report as a page.
fn page(
    overview: &Overview,
    cases: &Cases,
    redaction: Option<&Redaction>,
    checks: &Checks<'_>,
) -> Result<Vec<u8>> {
    let mut report = HtmlReport::of(overview);
    report.cases = Some(cases);
    report.redaction = redaction;
    report.gates = &checks.gates;
    report.wording = wording();
    let mut page = Vec::new();
    write_html_report(&mut page, report)?;
    Ok(page)
}

/// Returns how the report refers to flags and commands.
fn wording() -> Wording {
    let mut wording = wording_of_calibrate();
    wording.full = "";
    wording
}
