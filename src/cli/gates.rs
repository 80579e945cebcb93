//! Gates: which numbers the flags are about, what is printed of them, and the exit code that follows.

use std::collections::BTreeSet;
use std::path::Path;

use evenhand::calibration::{Calibration, SliceNumbers, WinRates};
use evenhand::report::counted;
use evenhand::stats::Estimate;
use evenhand::store::RunFile;
use evenhand::summary::{Gate, GateResult, JudgeSummary};
use evenhand::verdict::Outcome;
use evenhand::{Error, ExitCode, Result};

use super::arguments::{GateArguments, Inconclusive};
use super::print_error_line;

const COVERAGE: &str = "--min-coverage";
const CONSISTENCY: &str = "--min-consistency";
const WIN_RATE: &str = "--min-win-rate";
const KAPPA: &str = "--min-kappa";

/// Checks that every system with a gate is compared.
///
/// # Errors
///
/// One of them is not, or `systems` fails.
pub(super) fn check_systems(
    arguments: &GateArguments,
    systems: impl FnOnce() -> Result<Vec<String>>,
) -> Result<()> {
    if arguments.min_win_rate.is_empty() {
        return Ok(());
    }
    let systems = systems()?;
    for (system, _) in &arguments.min_win_rate {
        if !systems.contains(system) {
            return Err(Error::usage(format!(
                "{WIN_RATE}: no comparison has the system `{system}`"
            ))
            .hint(format!("the systems are: {}", systems.join(", "))));
        }
    }
    Ok(())
}

/// Returns the systems of the comparisons that a run reads, in byte order.
///
/// # Errors
///
/// The run file cannot be read.
pub(super) fn selected_systems(run: &RunFile) -> Result<Vec<String>> {
    let mut systems = BTreeSet::new();
    run.rows_where(|comparison| {
        for system in &comparison.between {
            if !systems.contains(system) {
                systems.insert(system.clone());
            }
        }
        false
    })?;
    Ok(systems.into_iter().collect())
}

/// Returns the gates on the numbers without labels of the judges of a run, of which the last one is the jury if there
/// is one, or of a single judge. What the judges prefer is gated, since without labels nothing more is known.
pub(super) fn of_judges(arguments: &GateArguments, judges: &[JudgeSummary]) -> Vec<Gate> {
    let Some(result) = judges.last() else { return Vec::new() };
    let mut gates = Vec::new();
    if let Some(threshold) = arguments.min_coverage {
        gates.push(Gate::new(COVERAGE, "coverage", result.coverage, threshold));
    }
    if let Some(threshold) = arguments.min_consistency {
        // Each judge has a consistency, a jury has none.
        for judge in judges {
            let Some(position) = &judge.position else { continue };
            let quantity = match judges.len() {
                1 => "position consistency".to_owned(),
                _ => format!("position consistency of {}", judge.judge),
            };
            gates.push(Gate::new(CONSISTENCY, quantity, position.consistency, threshold));
        }
    }
    let unreadable = match result.answered() {
        0 => 0.0,
        answered => result.unreadable() as f64 / answered as f64,
    };
    let (kind, of_kept) = if result.is_jury() {
        ("win rate over kept verdicts", true)
    } else if unreadable > 0.0 {
        ("order-averaged win rate, unreadable replies either way,", false)
    } else {
        ("order-averaged win rate", false)
    };
    let rates = || {
        result.win_rates.iter().map(|rate| {
            let estimate =
                if of_kept { rate.kept } else { either_way(rate.order_averaged, unreadable) };
            (&rate.between, &rate.system, estimate)
        })
    };
    gates.extend(win_rates(arguments, kind, rates));
    gates
}

/// Returns the gates on a calibration; win rates are corrected with the labels.
pub(super) fn of_calibration(
    min_kappa: Option<f64>,
    arguments: &GateArguments,
    results: &Calibration,
) -> Vec<Gate> {
    let kappa = min_kappa.map(|threshold| {
        Gate::new(KAPPA, "κ over every reply", results.orders.cohen_kappa, threshold)
    });
    let consistency = results.position.consistency;
    let rest = corrected(arguments, results.coverage, consistency, &results.win_rates);
    kappa.into_iter().chain(rest).collect()
}

/// Returns the gates on a slice of a run with labels; win rates are corrected with those of the slice.
pub(super) fn of_slice_numbers(arguments: &GateArguments, slice: &SliceNumbers) -> Vec<Gate> {
    corrected(arguments, slice.coverage, slice.consistency, &slice.win_rates)
}

fn corrected(
    arguments: &GateArguments,
    coverage: Estimate,
    consistency: Estimate,
    rates: &[WinRates],
) -> Vec<Gate> {
    let numbers = [
        (COVERAGE, "coverage", coverage, arguments.min_coverage),
        (CONSISTENCY, "position consistency", consistency, arguments.min_consistency),
    ];
    let mut gates: Vec<Gate> = numbers
        .into_iter()
        .filter_map(|(name, quantity, estimate, threshold)| {
            Some(Gate::new(name, quantity, estimate, threshold?))
        })
        .collect();
    let rates = || rates.iter().map(|rate| (&rate.between, &rate.system, rate.ppi));
    gates.extend(win_rates(arguments, "win rate corrected with labels", rates));
    gates
}

/// Returns a win rate with the interval that holds whichever system the unreadable replies would have chosen; they
/// are the share `unreadable` of all replies, and count as one half each.
fn either_way(rate: Estimate, unreadable: f64) -> Estimate {
    let wider = unreadable / 2.0;
    Estimate {
        low: rate.low.map(|low| (low - wider).max(0.0)),
        high: rate.high.map(|high| (high + wider).min(1.0)),
        ..rate
    }
}

/// Returns a gate for each win rate of each system that has one.
fn win_rates<'a, R: Iterator<Item = (&'a [String; 2], &'a String, Estimate)>>(
    arguments: &GateArguments,
    kind: &str,
    rates: impl Fn() -> R,
) -> Vec<Gate> {
    let mut gates = Vec::new();
    for (system, threshold) in &arguments.min_win_rate {
        for (between, counted, estimate) in rates().filter(|(between, ..)| between.contains(system))
        {
            let other = &between[usize::from(between[0] == *system)];
            let estimate = if counted == system { estimate } else { estimate.complement() };
            let quantity = format!("{kind} of {system} against {other}");
            gates.push(Gate::new(WIN_RATE, quantity, estimate, *threshold));
        }
    }
    gates
}

/// Prints the result of each gate and returns the exit code of the worst.
pub(super) fn conclude(gates: &[Gate], inconclusive: Inconclusive) -> ExitCode {
    let pass = inconclusive == Inconclusive::Pass;
    let mut remedies = Vec::new();
    for gate in gates {
        print_error_line(format_args!("{}", gate.sentence()));
        if gate.result() == GateResult::Inconclusive {
            let remedy = if gate.name == KAPPA { "label" } else { "judge" };
            if !remedies.contains(&remedy) {
                remedies.push(remedy);
            }
        }
    }
    let worst = gates.iter().map(Gate::result).max().unwrap_or(GateResult::Passed);
    if worst == GateResult::Inconclusive && !pass {
        print_error_line(format_args!(
            "\nhint: {} more comparisons to narrow the interval, or accept it with --inconclusive pass",
            remedies.join(" and ")
        ));
    }
    worst.exit_code(pass)
}

/// Prints the results of the gates on a complete run, and whether it has no kept verdict; returns the exit code.
pub(super) fn conclude_run(
    arguments: &GateArguments,
    gates: &[Gate],
    result: Option<&JudgeSummary>,
    run: &Path,
) -> ExitCode {
    let code = conclude(gates, arguments.inconclusive);
    let Some(sentence) = result.and_then(|result| nothing_kept(arguments, result)) else {
        return code;
    };
    if code != ExitCode::Done {
        return code;
    }
    print_error_line(format_args!("\ninconclusive: {sentence}"));
    if arguments.inconclusive == Inconclusive::Pass {
        return code;
    }
    print_error_line(format_args!(
        "hint: `evenhand verdicts {} --all` lists them; revise the rubric, try another judge, or accept this with \
         --inconclusive pass",
        run.display()
    ));
    ExitCode::GateInconclusive
}

/// Returns that a judge kept no verdict, if so. A gate on coverage or consistency decides by itself whether that is a
/// failure.
pub(super) fn nothing_kept(arguments: &GateArguments, result: &JudgeSummary) -> Option<String> {
    let is_decided = arguments.min_coverage.is_some() || arguments.min_consistency.is_some();
    let kept_none = result.planned > 0 && result.outcome(Outcome::Kept) == 0;
    (kept_none && !is_decided).then(|| {
        let (judge, planned) = (&result.judge, counted(result.planned, "comparison"));
        format!(
            "{judge} kept no verdict on {planned}, so this run does not show which system is better"
        )
    })
}
