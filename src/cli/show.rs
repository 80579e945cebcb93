//! `evenhand show`: single comparisons with texts, replies and votes.

use std::io::Write;

use evenhand::cases::{Case, CaseFilter, Cases};
use evenhand::report::{
    CaseLayout, cases_json_begin, cases_json_end, cases_markdown_heading, cases_text_heading,
    json_case, markdown_case, none_with_outcome, text_case,
};
use evenhand::store::JudgeChoice;
use evenhand::verdict::Outcome;
use evenhand::{Error, ExitCode, Result};

use super::arguments::{Show, ShowFormat};
use super::heartbeat::Heartbeat;
use super::pager::Pager;
use super::selection::{OUTCOMES, open_selected_run, outcome_named};
use super::terminal::{is_colourful, terminal_columns};
use super::{print_error_line, printed};

/// Prints the selected comparisons one after another, through a pager on a terminal.
pub(crate) fn run(arguments: &Show) -> Result<ExitCode> {
    let mut filter = CaseFilter::default();
    filter.outcome =
        arguments.outcome.as_deref().map(|word| outcome_named(word, &OUTCOMES)).transpose()?;
    filter.judge.clone_from(&arguments.judge);
    filter.ids.clone_from(&arguments.id);
    filter.systems.clone_from(&arguments.system);
    filter.limit = arguments.limit;
    let selecting = Heartbeat::start("selecting comparisons");
    let (rubric, config) = (arguments.rubric.as_deref(), arguments.config.as_deref());
    let run = open_selected_run(&arguments.run, rubric, config, &arguments.selection)?;
    let labels = arguments.labels.file();
    let cases = Cases::select(run, filter, labels.as_ref())?;
    drop(selecting);
    if cases.matching() == 0 {
        print_nothing(&cases);
        // A program still gets its document.
        if arguments.format != ShowFormat::Json {
            return Ok(ExitCode::Done);
        }
    }
    let layout = CaseLayout::new(terminal_columns(), is_colourful(arguments.color));
    let mut pager = Pager::start(!arguments.no_pager)?;
    let written = write_cases(&cases, arguments.format, layout, &mut pager);
    // The pager restores the terminal, whatever happened.
    pager.finish()?;
    written?;
    Ok(ExitCode::Done)
}

/// Writes the document; that its reader has closed it is no error.
fn write_cases(
    cases: &Cases,
    format: ShowFormat,
    layout: CaseLayout,
    output: &mut impl Write,
) -> Result<()> {
    let begin = match format {
        ShowFormat::Text => cases_text_heading(cases, layout),
        ShowFormat::Json => cases_json_begin(cases),
        ShowFormat::Markdown => cases_markdown_heading(cases),
    };
    let mut is_open = printed(output.write_all(begin.as_bytes()))?;
    let shown = |case: &Case| match format {
        ShowFormat::Text => text_case(cases, case, layout),
        ShowFormat::Json => json_case(cases, case),
        ShowFormat::Markdown => markdown_case(cases, case),
    };
    let result = cases.for_each(|case| {
        is_open = is_open && printed(output.write_all(shown(&case).as_bytes()))?;
        // The reader is gone: an error is what ends the pass early, and is not reported.
        if is_open { Ok(()) } else { Err(Error::internal("the output is closed")) }
    });
    if is_open {
        result?;
        let end = if format == ShowFormat::Json { cases_json_end() } else { "" };
        printed(output.write_all(end.as_bytes()).and_then(|()| output.flush()))?;
    }
    Ok(())
}

/// Says what there is instead of the outcome that was asked for.
fn print_nothing(cases: &Cases) {
    let is_any = cases.outcomes().iter().any(|(_, number)| number > 0);
    let Some(wanted) = cases.filter().outcome.filter(|_| is_any) else {
        print_error_line(format_args!("no comparison of the run is selected"));
        return;
    };
    print_error_line(format_args!("{}", none_with_outcome(wanted, cases.outcomes())));
    if cases.judge() == JudgeChoice::Jury && !Outcome::JURY.contains(&wanted) {
        let judges = cases.run().judges().iter().map(|judge| judge.record.name.as_str());
        let judges = judges.collect::<Vec<_>>().join(", ");
        print_error_line(format_args!(
            "hint: these are the outcomes of the jury; --judge NAME is about one of {judges}"
        ));
    }
}
