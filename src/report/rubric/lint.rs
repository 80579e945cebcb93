//! What is wrong with a rubric.

use serde_json::{Value, json};

use crate::input::LoadedRubric;
use crate::lint::{FindingLevel, RubricFinding};
use crate::report::escape::for_terminal;

/// Returns the findings of a rubric as text: a line each, which begins with the place as compilers write it.
pub fn lint_lines(findings: &[RubricFinding]) -> String {
    let line = |finding: &RubricFinding| {
        let place = match finding.line {
            Some(line) => format!("{}:{line}", finding.file),
            None => finding.file.clone(),
        };
        let level = match finding.level {
            FindingLevel::Error => "error",
            FindingLevel::Warning => "warning",
        };
        let line = format!("{place}: {level}: {} [{}]", finding.message, finding.code);
        format!("{}\n", for_terminal(&line, false))
    };
    findings.iter().map(line).collect()
}

/// Returns the findings of a rubric as JSON.
pub fn lint_json(rubric: &LoadedRubric, findings: &[RubricFinding]) -> Value {
    json!({
        "file": rubric.path.display().to_string(),
        "name": rubric.rubric.name,
        "version": rubric.rubric.version,
        "findings": findings,
    })
}
