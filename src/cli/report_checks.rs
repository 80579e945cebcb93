//! What a report checks: its gates, also by tag, and for a CI system that the run is complete and kept verdicts.
//!
//! With labels the gates are those of `calibrate`, without them those of `judge` or `grade`. None of them says anything
//! about a run that is not complete, so its gates are not checked.

use std::collections::BTreeMap;

use evenhand::calibration::{CalibrationOptions, Part, slice_numbers};
use evenhand::grading::{GradeSummary, JudgeGrades, summarise_grades};
use evenhand::input::DataFile;
use evenhand::overview::{GradeOverview, Overview};
use evenhand::report::{JUnitCase, JUnitResult, count, counted};
use evenhand::store::{GradeRun, RowSet, RunFile};
use evenhand::summary::{Gate, GateResult, JudgeSummary, RunSummary, summarise};
use evenhand::trial::Unit;
use evenhand::verdict::Outcome;
use evenhand::{Error, ExitCode, Result};

use super::arguments::{GateArguments, Inconclusive, Report};
use super::unit::unit_name;
use super::{gates, print_error_line, print_note};

/// The most values of a tag that are gated by themselves. A tag with more is rather an id.
const MOST_SLICES: usize = 200;

/// The gates of a report, with what else decides its exit code.
pub(super) struct Checks<'a> {
    arguments: &'a GateArguments,
    pub(super) gates: Vec<Gate>,
    /// How far the judge has come that the report is about.
    progress: Option<Progress>,
    unit: Unit,
}

/// How far a judge has come.
struct Progress {
    planned: u64,
    pending: u64,
    kept: u64,
    /// That nothing was kept, if no gate decides how much must be.
    nothing_kept: Option<String>,
}

impl Progress {
    fn of(arguments: &GateArguments, judge: &JudgeSummary) -> Self {
        Self {
            planned: judge.planned,
            pending: judge.outcome(Outcome::Pending),
            kept: judge.outcome(Outcome::Kept),
            nothing_kept: gates::nothing_kept(arguments, judge),
        }
    }

    fn of_grades(arguments: &GateArguments, judge: &JudgeGrades) -> Self {
        Self {
            planned: judge.planned,
            pending: judge.outcome(Outcome::Pending),
            kept: judge.outcome(Outcome::Kept),
            nothing_kept: gates::no_grade_kept(arguments, judge),
        }
    }
}

/// The labels of a report, and which of its comparisons they are read for.
#[derive(Clone, Copy)]
pub(super) struct Labelled<'a> {
    pub(super) labels: &'a DataFile,
    pub(super) part: Option<Part>,
}

impl<'a> Checks<'a> {
    /// Measures the gates of a report on the whole run and on the slices that the flags name.
    ///
    /// # Errors
    ///
    /// The run or the labels cannot be read, no item has a tag of `--gate-by`, or such a tag has too many values.
    pub(super) fn measure(
        arguments: &'a Report,
        run: &mut RunFile,
        overview: &'a Overview,
        labelled: Option<Labelled<'_>>,
    ) -> Result<Self> {
        let judge = arguments.judge.as_deref();
        let mut all = match &overview.calibration {
            Some(results) => gates::of_calibration(arguments.min_kappa, &arguments.gates, results),
            None => gates::of_judges(
                &arguments.gates,
                judges(&overview.summary, judge),
                overview.summary.until_decided.as_ref(),
            ),
        };
        for tag in different(&arguments.gate_by) {
            let slices = run.rows_by_tag(tag)?;
            check_slices(tag, &slices, run, Unit::Comparison)?;
            for (value, rows) in slices {
                let of_slice =
                    run.within(rows, |run| slice_gates(&arguments.gates, run, judge, labelled))?;
                all.extend(of_slice.into_iter().map(|gate| gate.on_slice(tag, &value)));
            }
        }
        let progress = overview.judge_summary();
        let progress = progress.map(|judge| Progress::of(&arguments.gates, judge));
        Ok(Self { arguments: &arguments.gates, gates: all, progress, unit: Unit::Comparison })
    }

    /// Measures the same of a report on grades.
    ///
    /// # Errors
    ///
    /// As for [`Checks::measure`].
    pub(super) fn measure_grades(
        arguments: &'a Report,
        run: &mut GradeRun,
        overview: &GradeOverview,
    ) -> Result<Self> {
        let judge = arguments.judge.as_deref();
        let mut all = match &overview.calibration {
            Some(results) => {
                gates::of_grade_calibration(arguments.min_kappa, &arguments.gates, results)
            }
            None => gates::of_grades(&arguments.gates, graders(&overview.summary, judge)),
        };
        for tag in different(&arguments.gate_by) {
            let slices = run.file().rows_by_tag(tag)?;
            check_slices(tag, &slices, run.file(), Unit::Response)?;
            for (value, rows) in slices {
                let summary = run.within(rows, |run| summarise_grades(run, |_| {}))?;
                let of_slice = gates::of_grades(&arguments.gates, graders(&summary, judge));
                all.extend(of_slice.into_iter().map(|gate| gate.on_slice(tag, &value)));
            }
        }
        let progress = overview.judge_grades();
        let progress = progress.map(|judge| Progress::of_grades(&arguments.gates, judge));
        Ok(Self { arguments: &arguments.gates, gates: all, progress, unit: Unit::Response })
    }

    /// Prints the results of the gates, and what else is not as it should be where something is checked; returns the
    /// exit code.
    pub(super) fn conclude(&self, run: &RunFile, is_checked: bool) -> ExitCode {
        if self.gates.is_empty() && !is_checked {
            return ExitCode::Done;
        }
        if let Some(sentence) = self.incomplete() {
            print_error_line(format_args!("\nincomplete: {sentence}"));
            if !self.gates.is_empty() {
                print_error_line(format_args!(
                    "the gates were not checked: the run is not complete"
                ));
            }
            let command = match self.unit {
                Unit::Comparison => "judge",
                Unit::Response => "grade",
            };
            print_error_line(format_args!(
                "hint: run the `evenhand {command}` command again to resume"
            ));
            return ExitCode::Incomplete;
        }
        let nothing_kept =
            self.progress.as_ref().and_then(|progress| progress.nothing_kept.clone());
        gates::conclude_run(self.arguments, &self.gates, nothing_kept, run.path())
    }

    /// Returns the test cases of a CI system: that the run is complete and kept verdicts, and each gate.
    pub(super) fn junit_cases(&self, run: &RunFile, judge: &str) -> Vec<JUnitCase> {
        let file = run.path().file_stem().unwrap_or(run.path().as_os_str()).to_string_lossy();
        let class = format!("{file}.{judge}");
        let case = |name: String, result, message| JUnitCase {
            class: class.clone(),
            name,
            result,
            message,
        };
        let incomplete = self.incomplete();
        let is_complete = incomplete.is_none();
        let complete = case(
            "run complete".to_owned(),
            if is_complete { JUnitResult::Passed } else { JUnitResult::Failed("incomplete") },
            incomplete.unwrap_or_else(|| format!("no {} is pending", unit_name(self.unit))),
        );
        let kept = self.kept().map(|(result, message)| {
            let result = if is_complete { result } else { JUnitResult::Skipped };
            case(format!("{}s were kept", self.kept_name()), result, message)
        });
        let gates = self.gates.iter().map(|gate| {
            let name = format!("{} {}", gate.name.trim_start_matches('-'), gate.measured());
            if is_complete {
                case(name, self.junit_result(gate.result()), gate.sentence())
            } else {
                let message = "not checked: the run is not complete".to_owned();
                case(name, JUnitResult::Skipped, message)
            }
        });
        [Some(complete), kept].into_iter().flatten().chain(gates).collect()
    }

    fn junit_result(&self, result: GateResult) -> JUnitResult {
        match result {
            GateResult::Passed => JUnitResult::Passed,
            GateResult::Missed => JUnitResult::Failed("missed"),
            GateResult::Inconclusive if self.arguments.inconclusive == Inconclusive::Pass => {
                JUnitResult::Skipped
            }
            GateResult::Inconclusive => JUnitResult::Failed("inconclusive"),
        }
    }

    /// Returns that something is pending, if so.
    fn incomplete(&self) -> Option<String> {
        let Progress { planned, pending, .. } = *self.progress.as_ref()?;
        let are = if pending == 1 { "is" } else { "are" };
        let planned = counted(planned, unit_name(self.unit));
        (pending > 0).then(|| format!("{} of {planned} {are} pending", count(pending)))
    }

    /// Returns the word for what is kept.
    fn kept_name(&self) -> &'static str {
        match self.unit {
            Unit::Comparison => "verdict",
            Unit::Response => "grade",
        }
    }

    /// Returns whether verdicts or grades were kept, with the numbers; `None` where a gate decides how many must be.
    fn kept(&self) -> Option<(JUnitResult, String)> {
        let progress = self.progress.as_ref();
        let progress = progress.filter(|_| !gates::decide_what_is_kept(self.arguments))?;
        if let Some(sentence) = &progress.nothing_kept {
            return Some((self.junit_result(GateResult::Inconclusive), sentence.clone()));
        }
        let (kept, planned) =
            (count(progress.kept), counted(progress.planned, unit_name(self.unit)));
        Some((JUnitResult::Passed, format!("{kept} of {planned} have a kept {}", self.kept_name())))
    }
}

/// Returns the tags without those that are named twice.
fn different(tags: &[String]) -> Vec<&String> {
    let mut once: Vec<&String> = Vec::new();
    for tag in tags {
        if !once.contains(&tag) {
            once.push(tag);
        }
    }
    once
}

/// Checks that there is a gate to apply to the values of a tag.
///
/// # Errors
///
/// There is none, so that `--gate-by` would check nothing.
pub(super) fn check_gate_by(arguments: &Report) -> Result<()> {
    let GateArguments { min_coverage, min_consistency, min_win_rate, min_pass_rate, .. } =
        &arguments.gates;
    let is_gated = min_coverage.is_some()
        || min_consistency.is_some()
        || !min_win_rate.is_empty()
        || !min_pass_rate.is_empty();
    match arguments.gate_by.first().filter(|_| !is_gated) {
        None => Ok(()),
        Some(tag) => Err(Error::usage(format!("--gate-by {tag}: there is no gate to apply"))
            .hint("add --min-coverage, --min-consistency, --min-win-rate or --min-pass-rate")),
    }
}

/// Returns the judges of grades that gates are about, like [`judges`].
fn graders<'a>(summary: &'a GradeSummary, judge: Option<&str>) -> &'a [JudgeGrades] {
    let Some(judge) = judge.filter(|judge| *judge != "jury") else { return &summary.judges };
    let one = summary.judges.iter().find(|one| one.judge == judge);
    one.map_or(&[], std::slice::from_ref)
}

/// Returns the judges that gates are about: all of a run with its jury, or one.
fn judges<'a>(summary: &'a RunSummary, judge: Option<&str>) -> &'a [JudgeSummary] {
    let Some(judge) = judge.filter(|judge| *judge != "jury") else { return summary.results() };
    let one = summary.judges.iter().find(|one| one.judge == judge);
    one.map_or(&[], std::slice::from_ref)
}

/// Returns the gates on the comparisons that a run reads. κ is left out: its interval needs more labels than a slice
/// usually has.
fn slice_gates(
    arguments: &GateArguments,
    run: &RunFile,
    judge: Option<&str>,
    labelled: Option<Labelled<'_>>,
) -> Result<Vec<Gate>> {
    let Some(Labelled { labels, part }) = labelled else {
        let summary = summarise(run, |_| {})?;
        // What was decided is about the whole run, and not about a part of it.
        return Ok(gates::of_judges(arguments, judges(&summary, judge), None));
    };
    let options = CalibrationOptions { judge, part, ..CalibrationOptions::default() };
    Ok(gates::of_slice_numbers(arguments, &slice_numbers(run, labels, options)?))
}

/// Refuses a tag with too many values, and says how many comparisons or responses are in no slice.
fn check_slices(
    tag: &str,
    slices: &BTreeMap<String, RowSet>,
    run: &RunFile,
    unit: Unit,
) -> Result<()> {
    if slices.len() > MOST_SLICES {
        let values = counted(slices.len() as u64, "value");
        return Err(Error::usage(format!(
            "--gate-by {tag}: the tag has {values}, and at most {MOST_SLICES} are gated"
        ))
        .hint("use a tag that groups the items"));
    }
    let mut all = 0;
    run.rows_where(|_| {
        all += 1;
        false
    })?;
    let untagged = all - slices.values().map(RowSet::len).sum::<u64>();
    let [have, are] = if untagged == 1 { ["has", "is"] } else { ["have", "are"] };
    if untagged > 0 {
        let units = counted(untagged, unit_name(unit));
        print_note(format_args!("{units} {have} no tag `{tag}` and {are} in no slice"));
    }
    Ok(())
}
