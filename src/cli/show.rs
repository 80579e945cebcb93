//! `evenhand show`: single comparisons or graded responses with texts, replies and votes.

use std::io::Write;

use evenhand::cases::{Case, CaseFilter, Cases, GradeCase, GradeCases};
use evenhand::report::{
    CaseLayout, cases_json_begin, cases_json_end, cases_markdown_heading, cases_text_heading,
    grade_cases_json_begin, grade_cases_markdown_heading, grade_cases_text_heading, json_case,
    json_grade_case, markdown_case, markdown_grade_case, none_with_outcome, text_case,
    text_grade_case,
};
use evenhand::store::{GradeRun, JudgeChoice, RunFile};
use evenhand::summary::OutcomeCounts;
use evenhand::verdict::Outcome;
use evenhand::{Error, ExitCode, Result};

use super::arguments::{Show, ShowFormat};
use super::heartbeat::Heartbeat;
use super::pager::Pager;
use super::selection::{
    GRADE_OUTCOMES, OUTCOMES, check_outcome, of_judge, open_selected_any_run, outcome_named,
};
use super::terminal::{is_colourful, terminal_columns};
use super::{print_error_line, printed};

/// Prints the selected comparisons or responses one after another, through a pager on a terminal.
pub(crate) fn run(arguments: &Show) -> Result<ExitCode> {
    check_outcome(arguments.outcome.as_deref())?;
    let selecting = Heartbeat::start("selecting what to show");
    let (rubric, config) = (arguments.rubric.as_deref(), arguments.config.as_deref());
    let run = open_selected_any_run(&arguments.run, rubric, config, &arguments.selection)?;
    let run = of_judge(run, arguments.judge.as_deref())?;
    let labels = arguments.labels.file();
    if run.rubric().scale.is_some() {
        let run = GradeRun::of(run)?;
        let cases = GradeCases::select(run, filter(arguments, &GRADE_OUTCOMES)?, labels.as_ref())?;
        drop(selecting);
        return show_grades(arguments, &cases);
    }
    let cases = Cases::select(run, filter(arguments, &OUTCOMES)?, labels.as_ref())?;
    drop(selecting);
    show_comparisons(arguments, &cases)
}

fn filter(arguments: &Show, possible: &[Outcome]) -> Result<CaseFilter> {
    let mut filter = CaseFilter::default();
    filter.outcome =
        arguments.outcome.as_deref().map(|word| outcome_named(word, possible)).transpose()?;
    filter.judge.clone_from(&arguments.judge);
    filter.ids.clone_from(&arguments.id);
    filter.systems.clone_from(&arguments.system);
    filter.limit = arguments.limit;
    Ok(filter)
}

fn show_comparisons(arguments: &Show, cases: &Cases) -> Result<ExitCode> {
    if cases.matching() == 0 {
        let wanted = cases.filter().outcome;
        print_nothing("comparison", wanted, cases.outcomes(), cases.judge(), cases.run());
    }
    write_page(arguments, cases.matching() == 0, |format, layout, page| {
        page.begin(&match format {
            ShowFormat::Text => cases_text_heading(cases, layout),
            ShowFormat::Json => cases_json_begin(cases),
            ShowFormat::Markdown => cases_markdown_heading(cases),
        })?;
        cases.for_each(|case: Case| {
            page.add(&match format {
                ShowFormat::Text => text_case(cases, &case, layout),
                ShowFormat::Json => json_case(cases, &case),
                ShowFormat::Markdown => markdown_case(cases, &case),
            })
        })
    })
}

fn show_grades(arguments: &Show, cases: &GradeCases) -> Result<ExitCode> {
    if cases.matching() == 0 {
        let wanted = cases.filter().outcome;
        print_nothing("response", wanted, cases.outcomes(), cases.judge(), cases.run().file());
    }
    write_page(arguments, cases.matching() == 0, |format, layout, page| {
        page.begin(&match format {
            ShowFormat::Text => grade_cases_text_heading(cases, layout),
            ShowFormat::Json => grade_cases_json_begin(cases),
            ShowFormat::Markdown => grade_cases_markdown_heading(cases),
        })?;
        cases.for_each(|case: GradeCase| {
            page.add(&match format {
                ShowFormat::Text => text_grade_case(cases, &case, layout),
                ShowFormat::Json => json_grade_case(cases, &case),
                ShowFormat::Markdown => markdown_grade_case(cases, &case),
            })
        })
    })
}

/// Writes the document through the pager, unless there is nothing to show.
fn write_page(
    arguments: &Show,
    is_empty: bool,
    write: impl FnOnce(ShowFormat, CaseLayout, &mut Page<'_>) -> Result<()>,
) -> Result<ExitCode> {
    // A program still gets its document.
    if is_empty && arguments.format != ShowFormat::Json {
        return Ok(ExitCode::Done);
    }
    let layout = CaseLayout::new(terminal_columns(), is_colourful(arguments.color));
    let mut pager = Pager::start(!arguments.no_pager)?;
    let mut page = Page { output: &mut pager, is_open: true };
    let written = write(arguments.format, layout, &mut page);
    let end = if arguments.format == ShowFormat::Json { cases_json_end() } else { "" };
    let written = page.end(written, end);
    // The pager restores the terminal, whatever happened.
    pager.finish()?;
    written?;
    Ok(ExitCode::Done)
}

/// What is written; that its reader has closed it is no error.
struct Page<'a> {
    output: &'a mut dyn Write,
    is_open: bool,
}

impl Page<'_> {
    fn begin(&mut self, text: &str) -> Result<()> {
        self.is_open = printed(self.output.write_all(text.as_bytes()))?;
        Ok(())
    }

    /// Writes a case. The reader is gone: an error is what ends the pass early, and is not reported.
    fn add(&mut self, text: &str) -> Result<()> {
        self.is_open = self.is_open && printed(self.output.write_all(text.as_bytes()))?;
        if self.is_open { Ok(()) } else { Err(Error::internal("the output is closed")) }
    }

    fn end(&mut self, written: Result<()>, end: &str) -> Result<()> {
        if self.is_open {
            written?;
            let output = &mut self.output;
            printed(output.write_all(end.as_bytes()).and_then(|()| output.flush()))?;
        }
        Ok(())
    }
}

/// Says what there is instead of the outcome that was asked for.
fn print_nothing(
    unit: &str,
    wanted: Option<Outcome>,
    outcomes: &OutcomeCounts,
    judge: JudgeChoice,
    run: &RunFile,
) {
    let is_any = outcomes.iter().any(|(_, number)| number > 0);
    let Some(wanted) = wanted.filter(|_| is_any) else {
        print_error_line(format_args!("no {unit} of the run is selected"));
        return;
    };
    print_error_line(format_args!("{}", none_with_outcome(wanted, outcomes)));
    if judge == JudgeChoice::Jury && !Outcome::JURY.contains(&wanted) {
        let judges = run.judges().iter().map(|judge| judge.record.name.as_str());
        let judges = judges.collect::<Vec<_>>().join(", ");
        print_error_line(format_args!(
            "hint: these are the outcomes of the jury; --judge NAME is about one of {judges}"
        ));
    }
}
