//! What the commands that measure a judge have in common: parts, looks at the test part, and words.

use std::path::Path;

use evenhand::calibration::{Part, TestLook};
use evenhand::diff::RubricVersion;
use evenhand::report::Wording;
use evenhand::store::RunFile;
use evenhand::{Remedy, Result, Warning};

use super::arguments::PartName;
use super::remedies::DRAW_LABELS;
use super::seconds_since_1970;

/// Returns how the report refers to flags and commands.
pub(super) fn wording() -> Wording {
    let mut wording = Wording::default();
    wording.format = "--format";
    wording.full = "(--full: all coefficients, confusion matrix, people, simple rules, slices)";
    wording.remedy = remedy;
    wording
}

/// Returns what to do about a warning on the command line.
pub(super) fn remedy(warning: &Warning) -> Option<&'static str> {
    match warning.code {
        _ if warning.remedy == Some(Remedy::DrawLabels) => Some(DRAW_LABELS),
        "unparsed-replies" => Some("`evenhand verdicts --outcome unparsed --replies`"),
        "absent-replies" | "unanswered" => Some("run the `evenhand judge` command again"),
        "repeated-look" => Some("--part dev"),
        _ => None,
    }
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

/// Counts a look at the test part for the rubric of each run; returns how many that of the second has had.
pub(super) fn log_looks(
    rubrics: &[RubricVersion; 2],
    judges: &[String; 2],
    runs: &[String; 2],
    labels: &Path,
) -> Result<u64> {
    let log = TestLook::log_beside(labels)?;
    let mut looks = 0;
    for (at, rubric) in rubrics.iter().enumerate() {
        // One look at two versions of a rubric is one look.
        if at == 0 && rubric.name == rubrics[1].name {
            continue;
        }
        let look = TestLook {
            rubric: rubric.name.clone(),
            version: rubric.version.clone(),
            judge: judges[at].clone(),
            run: runs[at].clone(),
            at: seconds_since_1970(),
        };
        looks = look.log(&log)?;
    }
    Ok(looks)
}
