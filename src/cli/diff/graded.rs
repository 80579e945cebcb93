//! What changed between two runs of grades.

use evenhand::calibration::Part;
use evenhand::diff::{ComparedGrades, DiffOptions, compare_grades};
use evenhand::report::{
    grade_diff_json, grade_diff_markdown, grade_diff_table, write_html_grade_diff,
};
use evenhand::store::GradeRun;
use evenhand::{ExitCode, Result};

use super::{MARKDOWN_CASES, TABLE_CASES, wording};
use crate::cli::arguments::{Diff, DiffFormat};
use crate::cli::calibrating::log_looks;
use crate::cli::heartbeat::Heartbeat;
use crate::cli::output_file::write_pieces;

/// Compares the runs and prints or writes the difference.
pub(super) fn diff(
    arguments: &Diff,
    format: DiffFormat,
    [before, after]: [GradeRun; 2],
    options: DiffOptions<'_>,
    busy: Heartbeat,
) -> Result<ExitCode> {
    let mut compared = compare_grades(before, after, options)?;
    drop(busy);
    if let (Some(Part::Test), Some(labels)) = (options.part, &arguments.labels.path) {
        // Log the look before printing anything, so that no look goes uncounted.
        let diff = &compared.diff;
        let looks = log_looks(&diff.rubrics, &diff.judges, &diff.runs, labels)?;
        compared.diff.record_test_look(looks);
    }
    if arguments.redact {
        compared.redact();
    }
    name_commands(&mut compared);
    let (changed, limit) = (compared.changed_cases(), |most: u64| arguments.limit.unwrap_or(most));
    write_pieces(arguments.output.as_deref(), |write| match format {
        DiffFormat::Json => grade_diff_json(&compared, limit(changed), write),
        DiffFormat::Markdown => {
            let limit = limit(MARKDOWN_CASES.min(changed));
            write(&grade_diff_markdown(&compared, limit, wording())?)
        }
        DiffFormat::Html => {
            let mut page = Vec::new();
            write_html_grade_diff(&mut page, &compared, limit(compared.diff.responses))?;
            write(&String::from_utf8_lossy(&page))
        }
        DiffFormat::Table => {
            grade_diff_table(&compared, limit(TABLE_CASES.min(changed)), wording(), write)
        }
    })
}

/// Adds to the warnings which command does what they recommend.
fn name_commands(compared: &mut ComparedGrades) {
    for warning in &mut compared.diff.warnings {
        let command = match warning.code {
            "pending" => "run its `evenhand grade` command again",
            "few-labels" => "`evenhand sample` draws more responses to label",
            "repeated-look" => "--part dev",
            _ => continue,
        };
        warning.message = format!("{} ({command})", warning.message);
    }
}
