//! `evenhand rubric check`: faults of rubrics, before any judge is asked.

use evenhand::lint::{FindingLevel, lint};
use evenhand::report::{counted, lint_json, lint_lines};
use evenhand::{ExitCode, Result};
use serde_json::{Value, json};

use crate::cli::arguments::{Format, RubricCheck};
use crate::cli::project::Project;
use crate::cli::{json_text, print, print_error_line, print_note};

/// Prints what is wrong with each rubric. Findings are advice unless `--strict` is given.
pub(super) fn run(arguments: &RubricCheck) -> Result<ExitCode> {
    let project = Project::find(arguments.config.as_deref())?;
    let (mut lines, mut documents) = (String::new(), Vec::new());
    let (mut warnings, mut errors) = (0, 0);
    for name in &arguments.rubrics {
        let rubric = project.rubric(name)?;
        let findings = lint(&rubric)?;
        let error_count =
            findings.iter().filter(|finding| finding.level == FindingLevel::Error).count();
        errors += error_count as u64;
        warnings += (findings.len() - error_count) as u64;
        lines += &lint_lines(&findings);
        documents.push(lint_json(&rubric, &findings));
    }
    match arguments.format {
        Format::Table => print(&lines)?,
        Format::Json => print(&document(&documents, warnings, errors))?,
    };
    let rubrics = counted(arguments.rubrics.len() as u64, "rubric");
    if warnings + errors == 0 {
        print_note(format_args!("{rubrics} checked, nothing found"));
        return Ok(ExitCode::Done);
    }
    let (found, wrong) = (counted(warnings, "warning"), counted(errors, "error"));
    print_error_line(format_args!("{rubrics} checked: {wrong}, {found}"));
    Ok(match (errors, arguments.strict) {
        (0, false) => ExitCode::Done,
        (0, true) => ExitCode::GateMissed,
        _ => ExitCode::Input,
    })
}

fn document(rubrics: &[Value], warnings: u64, errors: u64) -> String {
    let document = json!({ "rubrics": rubrics, "warnings": warnings, "errors": errors });
    json_text(&document)
}
