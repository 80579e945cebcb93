//! `evenhand diff`: what changed between two runs, of comparisons or of grades.

mod graded;

use std::path::Path;

use evenhand::calibration::Part;
use evenhand::diff::{ComparedRuns, DiffOptions, compare_runs};
use evenhand::report::{Wording, diff_json, diff_markdown, diff_table, write_html_diff};
use evenhand::store::{GradeRun, RunFile};
use evenhand::{Error, ExitCode, Result};

use super::arguments::{Diff, DiffFormat};
use super::calibrating::{log_looks, part};
use super::gap_commands::repeat_command;
use super::heartbeat::Heartbeat;
use super::output_file::{chosen_format, write_pieces};
use super::selection::{of_judge, open_selected_any_run};
use super::terminal::refuse_terminal;

/// Cases that the table shows by default.
const TABLE_CASES: u64 = 3;
/// Cases that Markdown shows by default.
const MARKDOWN_CASES: u64 = 10;

/// The endings of files by format, the default format first.
const ENDINGS: [(&str, DiffFormat); 6] = [
    ("txt", DiffFormat::Table),
    ("html", DiffFormat::Html),
    ("htm", DiffFormat::Html),
    ("json", DiffFormat::Json),
    ("md", DiffFormat::Markdown),
    ("markdown", DiffFormat::Markdown),
];

/// Compares the runs and prints or writes the difference.
pub(crate) fn run(arguments: &Diff) -> Result<ExitCode> {
    let format = format(arguments)?;
    let busy = Heartbeat::start("comparing the runs");
    let open = |path: &Path, judge: Option<&str>| {
        of_judge(open_selected_any_run(path, None, None, &arguments.selection)?, judge)
    };
    let judge = arguments.judge.as_deref();
    let judge_after = arguments.judge_b.as_deref().or(judge);
    let labels = arguments.labels.file();
    let part = arguments.part.map(part);
    let options = DiffOptions {
        judge: arguments.judge.as_deref(),
        judge_after: arguments.judge_b.as_deref(),
        part,
        labels: labels.as_ref(),
    };
    let (before, after) = (open(&arguments.before, judge)?, open(&arguments.after, judge_after)?);
    match [&before, &after].map(|run| run.rubric().scale.is_some()) {
        [false, false] => {}
        [true, true] => {
            let runs = [GradeRun::of(before)?, GradeRun::of(after)?];
            return graded::diff(arguments, format, runs, options, busy);
        }
        [grades_before, _] => {
            let (grades, pairs) = if grades_before { (&before, &after) } else { (&after, &before) };
            return Err(Error::input(format!(
                "{} has grades of single responses, and {} has comparisons",
                grades.path().display(),
                pairs.path().display()
            ))
            .hint(
                "compare two runs of one kind; `evenhand rank GRADES --against PAIRS --labels FILE` says what grades lose",
            ));
        }
    }
    let mut compared = compare_runs(before, after, options)?;
    drop(busy);
    if let (Some(Part::Test), Some(labels)) = (part, &arguments.labels.path) {
        // Log the look before printing anything, so that no look goes uncounted.
        let diff = &compared.diff;
        let looks = log_looks(&diff.rubrics, &diff.judges, &diff.runs, labels)?;
        compared.diff.record_test_look(looks);
    }
    if arguments.redact {
        compared.redact();
    }
    name_commands(&mut compared);
    write_pieces(arguments.output.as_deref(), |write| {
        write_document(&compared, arguments.limit, format, write)
    })
}

/// Returns the format that is asked for, or that of the file's ending.
fn format(arguments: &Diff) -> Result<DiffFormat> {
    let format = chosen_format(arguments.format, arguments.output.as_deref(), &ENDINGS)?;
    if format == DiffFormat::Html && arguments.output.is_none() {
        refuse_terminal("write it to a file: --output FILE.html")?;
    }
    Ok(format)
}

fn write_document(
    compared: &ComparedRuns,
    limit: Option<u64>,
    format: DiffFormat,
    write: &mut dyn FnMut(&str) -> Result<()>,
) -> Result<()> {
    let changed = compared.changed_cases();
    let limit = |most: u64| limit.unwrap_or(most);
    match format {
        DiffFormat::Html => {
            let mut page = Vec::new();
            write_html_diff(&mut page, compared, limit(compared.diff.comparisons))?;
            write(&String::from_utf8_lossy(&page))
        }
        DiffFormat::Table => {
            diff_table(compared, limit(TABLE_CASES.min(changed)), wording(), write)
        }
        DiffFormat::Json => diff_json(compared, limit(changed), write),
        DiffFormat::Markdown => {
            write(&diff_markdown(compared, limit(MARKDOWN_CASES.min(changed)), wording())?)
        }
    }
}

fn wording() -> Wording {
    let mut wording = Wording::default();
    wording.format = "--format";
    wording
}

/// Adds to the warnings which command does what they recommend, with the names of these runs.
fn name_commands(compared: &mut ComparedRuns) {
    let noise = noise_commands(compared.runs(), compared.diff.redacted);
    for warning in &mut compared.diff.warnings {
        let command = match warning.code {
            "noise-unknown" => noise.clone(),
            "pending" => "run its `evenhand judge` command again".to_owned(),
            "few-labels" => "`evenhand sample` draws more comparisons to label".to_owned(),
            "repeated-look" => "--part dev".to_owned(),
            _ => continue,
        };
        warning.message = format!("{} ({command})", warning.message);
    }
}

/// Says how the noise of both runs is measured, or that it cannot be.
fn noise_commands(runs: &[RunFile; 2], only_names: bool) -> String {
    let commands = runs.iter().map(|run| repeat_command(run, only_names));
    match commands.collect::<Vec<_>>().as_slice() {
        [Some(before), Some(after)] if before != after => {
            format!("to measure it, run `{before}` and `{after}`, and compare again")
        }
        [Some(command), Some(_)] => format!("to measure it, run `{command}` and compare again"),
        [Some(command), None] | [None, Some(command)] => format!(
            "to measure that of one run, run `{command}` and compare again; a recording cannot be asked again"
        ),
        _ => "a recording cannot be asked again".to_owned(),
    }
}
