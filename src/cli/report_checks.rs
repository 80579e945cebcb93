//! What a report checks: its gates, also by tag, and for a CI system that the run is complete and kept verdicts.
//!
//! With labels the gates are those of `calibrate`, without them those of `judge`. Neither says anything about a run
//! that is not complete, so its gates are not checked.

use std::collections::BTreeMap;

use evenhand::calibration::{CalibrationOptions, Part, slice_numbers};
use evenhand::input::DataFile;
use evenhand::overview::Overview;
use evenhand::report::{JUnitCase, JUnitResult, count, counted};
use evenhand::store::{RowSet, RunFile};
use evenhand::summary::{Gate, GateResult, JudgeSummary, RunSummary, summarise};
use evenhand::verdict::Outcome;
use evenhand::{Error, ExitCode, Result};

use super::arguments::{GateArguments, Inconclusive, Report};
use super::{gates, print_error_line, print_note};

/// The most values of a tag that are gated by themselves. A tag with more is rather an id.
const MOST_SLICES: usize = 200;

/// The gates of a report, with what else decides its exit code.
pub(super) struct Checks<'a> {
    arguments: &'a GateArguments,
    pub(super) gates: Vec<Gate>,
    /// The numbers without labels of the judge that the report is about.
    result: Option<&'a JudgeSummary>,
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
            None => gates::of_judges(&arguments.gates, judges(&overview.summary, judge)),
        };
        // A tag that is named twice is gated once.
        let mut tags: Vec<&String> = Vec::new();
        for tag in &arguments.gate_by {
            if tags.contains(&tag) {
                continue;
            }
            tags.push(tag);
            let slices = run.rows_by_tag(tag)?;
            check_slices(tag, &slices, run)?;
            for (value, rows) in slices {
                let of_slice =
                    run.within(rows, |run| slice_gates(&arguments.gates, run, judge, labelled))?;
                all.extend(of_slice.into_iter().map(|gate| gate.on_slice(tag, &value)));
            }
        }
        Ok(Self { arguments: &arguments.gates, gates: all, result: overview.judge_summary() })
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
            print_error_line(format_args!(
                "hint: run the `evenhand judge` command again to resume"
            ));
            return ExitCode::Incomplete;
        }
        let nothing_kept =
            self.result.and_then(|result| gates::nothing_kept(self.arguments, result));
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
            incomplete.unwrap_or_else(|| "no comparison is pending".to_owned()),
        );
        let kept = self.kept().map(|(result, message)| {
            let result = if is_complete { result } else { JUnitResult::Skipped };
            case("verdicts were kept".to_owned(), result, message)
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

    /// Returns that comparisons are pending, if so.
    fn incomplete(&self) -> Option<String> {
        let result = self.result?;
        let pending = result.outcome(Outcome::Pending);
        let are = if pending == 1 { "is" } else { "are" };
        let planned = counted(result.planned, "comparison");
        (pending > 0).then(|| format!("{} of {planned} {are} pending", count(pending)))
    }

    /// Returns whether verdicts were kept, with the numbers; `None` where a gate decides how many must be.
    fn kept(&self) -> Option<(JUnitResult, String)> {
        let result = self.result.filter(|_| !gates::decide_what_is_kept(self.arguments))?;
        if let Some(sentence) = gates::nothing_kept(self.arguments, result) {
            return Some((self.junit_result(GateResult::Inconclusive), sentence));
        }
        let kept = count(result.outcome(Outcome::Kept));
        let planned = counted(result.planned, "comparison");
        Some((JUnitResult::Passed, format!("{kept} of {planned} have a kept verdict")))
    }
}

/// Checks that there is a gate to apply to the values of a tag.
///
/// # Errors
///
/// There is none, so that `--gate-by` would check nothing.
pub(super) fn check_gate_by(arguments: &Report) -> Result<()> {
    let GateArguments { min_coverage, min_consistency, min_win_rate, .. } = &arguments.gates;
    let is_gated = min_coverage.is_some() || min_consistency.is_some() || !min_win_rate.is_empty();
    match arguments.gate_by.first().filter(|_| !is_gated) {
        None => Ok(()),
        Some(tag) => Err(Error::usage(format!("--gate-by {tag}: there is no gate to apply"))
            .hint("add --min-coverage, --min-consistency or --min-win-rate")),
    }
}

/// Returns the judges that gates are about: all of a run with its jury, or one.
fn judges<'a>(summary: &'a RunSummary, judge: Option<&str>) -> &'a [JudgeSummary] {
    let Some(judge) = judge else { return &summary.judges };
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
        return Ok(gates::of_judges(arguments, judges(&summary, judge)));
    };
    let options = CalibrationOptions { judge, part, ..CalibrationOptions::default() };
    Ok(gates::of_slice_numbers(arguments, &slice_numbers(run, labels, options)?))
}

/// Refuses a tag with too many values, and says how many comparisons are in no slice.
fn check_slices(tag: &str, slices: &BTreeMap<String, RowSet>, run: &RunFile) -> Result<()> {
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
        let comparisons = counted(untagged, "comparison");
        print_note(format_args!("{comparisons} {have} no tag `{tag}` and {are} in no slice"));
    }
    Ok(())
}
