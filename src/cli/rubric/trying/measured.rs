//! What a try came to: the judge against people, and the difference to an earlier run.

use std::path::Path;

use evenhand::Result;
use evenhand::calibration::{Calibration, CalibrationOptions, Part, TestLook, calibrate};
use evenhand::diff::{ComparedRuns, DiffOptions, compare_runs};
use evenhand::input::{DataFile, JudgeSettings};
use evenhand::run::Session;
use evenhand::store::RunFile;
use evenhand::summary::{RunSummary, summarise};
use evenhand::tries::{History, Try, TryChanges};

use super::plan::TryPlan;
use crate::cli::arguments::RubricTry;
use crate::cli::{print_warning, seconds_since_1970};

/// What a try came to.
pub(super) struct Measured {
    pub(super) one: Try,
    pub(super) results: Calibration,
    pub(super) summary: RunSummary,
    /// The comparison with an earlier run.
    pub(super) compared: Option<ComparedRuns>,
}

/// Measures the judge against the labels, and compares the try with an earlier run.
pub(super) fn measure(
    arguments: &RubricTry,
    session: &Session,
    labels: &DataFile,
    plan: &TryPlan,
    history: &History,
) -> Result<Measured> {
    let open = || -> Result<RunFile> {
        let mut run = session.run()?;
        run.use_rubric(session.task().rubric().clone())?;
        run.select(session.planned_rows().clone());
        Ok(run)
    };
    let run = open()?;
    let part = plan.begun.part;
    let options = CalibrationOptions { part: Some(part), ..CalibrationOptions::default() };
    let mut results = calibrate(&run, labels, options)?;
    let summary = summarise(&run, |_| ())?;
    let version = &run.rubric().version;
    if part == Part::Test {
        let look = TestLook {
            rubric: plan.begun.rubric.clone(),
            version: version.clone(),
            judge: results.judge.clone(),
            run: plan.begun.run.clone(),
            at: seconds_since_1970(),
        };
        // Log the look before printing anything, so that no look goes uncounted.
        results.record_test_look(look.log(&TestLook::log_beside(&arguments.labels)?)?);
    }
    let mut one = Try::new(&plan.begun, version, &results, &summary.judges);
    one.labels = arguments.labels.display().to_string();
    one.at = seconds_since_1970();
    if session.task().judges().all(JudgeSettings::is_local) {
        one.cost_usd = Some(0.0);
    }
    let compared = match &plan.against {
        Some((path, _)) => compare(path, open()?, labels),
        None => None,
    };
    if let (Some(compared), Some((_, earlier))) = (&compared, &plan.against) {
        let labels_changed =
            earlier.as_ref().is_some_and(|(_, inputs)| inputs.labels != plan.begun.inputs.labels);
        let number = earlier.as_ref().map(|(number, _)| *number);
        one.changes = Some(TryChanges::of(&compared.diff, number, labels_changed));
    }
    // What the history has of it stays: the try that it was compared with may be gone.
    if let Some(known) = history.of(&one.rubric).find(|known| known.number == one.number)
        && one.changes.is_none()
    {
        one.changes.clone_from(&known.changes);
    }
    Ok(Measured { one, results, summary, compared })
}

/// Compares a try with an earlier run. That they have nothing in common does not undo the try.
fn compare(before: &Path, after: RunFile, labels: &DataFile) -> Option<ComparedRuns> {
    let options =
        DiffOptions { part: Some(Part::Dev), labels: Some(labels), ..DiffOptions::default() };
    let compared = RunFile::open(before).and_then(|before| {
        // Two judges of different names are compared as what each run reports.
        let names = [&before, &after].map(|run| match run.judges() {
            [only] => Some(only.record.name.clone()),
            _ => None,
        });
        let [judge, judge_after] = names.each_ref().map(Option::as_deref);
        compare_runs(before, after, DiffOptions { judge, judge_after, ..options })
    });
    match compared {
        Ok(compared) => Some(compared),
        Err(error) => {
            let details: Vec<String> =
                error.details().iter().map(|detail| format!("; {detail}")).collect();
            print_warning(&format!("this try is compared with none: {error}{}", details.concat()));
            None
        }
    }
}
