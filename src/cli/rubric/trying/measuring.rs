//! What the numbers of a try are made of, and what they are, whatever its rubric asks for.

use evenhand::calibration::{Calibration, Part};
use evenhand::diff::{ComparedGrades, ComparedRuns, DiffOptions};
use evenhand::grading::GradeCalibration;
use evenhand::input::DataFile;
use evenhand::run::Session;
use evenhand::store::RunFile;
use evenhand::tries::Try;
use evenhand::{Error, Result};

use super::asking::tried_run;
use super::plan::TryPlan;
use crate::cli::arguments::{GateArguments, RubricTry};
use crate::cli::print_warning;

/// What a try came to.
pub(super) struct Measured {
    pub(super) one: Try,
    pub(super) numbers: MeasuredNumbers,
    /// That nothing was kept, as a sentence, if so.
    pub(super) nothing_kept: Option<String>,
}

/// The numbers of a try with the comparison with an earlier run, if there is any.
pub(super) enum MeasuredNumbers {
    Verdicts(Box<Calibration>, Option<Box<ComparedRuns>>),
    Grades(Box<GradeCalibration>, Option<Box<ComparedGrades>>),
}

/// What the numbers of a try are made of, whatever its rubric asks for.
pub(super) struct Measuring<'a> {
    pub(super) arguments: &'a RubricTry,
    pub(super) session: &'a Session,
    pub(super) labels: &'a DataFile,
    pub(super) plan: &'a TryPlan,
    /// The try, if the history has numbers of it.
    pub(super) known: Option<&'a Try>,
}

impl Measuring<'_> {
    /// Opens the run of the try for reading.
    pub(super) fn run(&self) -> Result<RunFile> {
        tried_run(self.session)
    }

    /// Returns the half of the items that is measured.
    pub(super) fn part(&self) -> Part {
        self.plan.begun.part
    }

    /// Compares the try with the earlier run that the plan names, if any, by `compare`, which gets both runs and the
    /// options. That they have nothing in common does not undo the try.
    pub(super) fn compare<T>(
        &self,
        compare: impl FnOnce(RunFile, RunFile, DiffOptions<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let Some((before, _)) = &self.plan.against else { return Ok(None) };
        let after = self.run()?;
        let compared = RunFile::open_any(before).and_then(|before| {
            // Two judges of different names are compared as what each run reports.
            let names = [&before, &after].map(|run| match run.judges() {
                [only] => Some(only.record.name.clone()),
                _ => None,
            });
            let [judge, judge_after] = names.each_ref().map(Option::as_deref);
            let (part, labels) = (Some(Part::Dev), Some(self.labels));
            compare(before, after, DiffOptions { judge, judge_after, part, labels })
        });
        if let Err(error) = &compared {
            warn_of_no_comparison(error);
        }
        Ok(compared.ok())
    }

    /// Returns the number of the try that this one is compared with, and whether the labels have changed since; neither of
    /// a run that is named.
    pub(super) fn earlier(&self) -> (Option<u64>, bool) {
        let earlier = self.plan.against.as_ref().and_then(|(_, earlier)| earlier.as_ref());
        let labels = &self.plan.begun.inputs.labels;
        earlier.map_or((None, false), |(number, inputs)| (Some(*number), inputs.labels != *labels))
    }
}

fn warn_of_no_comparison(error: &Error) {
    let details: Vec<String> = error.details().iter().map(|detail| format!("; {detail}")).collect();
    print_warning(&format!("this try is compared with none: {error}{}", details.concat()));
}

/// Returns the gates of a try, which has none.
pub(super) fn no_gates(arguments: &RubricTry) -> GateArguments {
    GateArguments {
        min_coverage: None,
        min_consistency: None,
        min_win_rate: Vec::new(),
        min_pass_rate: Vec::new(),
        inconclusive: arguments.inconclusive,
    }
}
