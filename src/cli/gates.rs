//! Gates: which numbers the flags are about, what is printed of them, and the exit code that follows.

use std::collections::BTreeSet;
use std::path::Path;

use evenhand::calibration::Calibration;
use evenhand::report::counted;
use evenhand::run::Session;
use evenhand::stats::Estimate;
use evenhand::summary::{Gate, GateResult, JudgeSummary, RunSummary};
use evenhand::verdict::Outcome;
use evenhand::{Error, ExitCode, Result};
use serde_json::{Value, json};

use super::arguments::{GateArguments, Inconclusive};
use super::print_error_line;

const COVERAGE: &str = "--min-coverage";
const CONSISTENCY: &str = "--min-consistency";
const WIN_RATE: &str = "--min-win-rate";
const KAPPA: &str = "--min-kappa";

const ORDER_AVERAGED: &str = "order-averaged win rate";
const KEPT: &str = "win rate over kept verdicts";
const CORRECTED: &str = "win rate corrected with labels";

/// Checks that a run compares every system with a gate, before anything is asked.
///
/// # Errors
///
/// It does not compare one of them, or the run file cannot be read.
pub(super) fn check_systems_of_run(arguments: &GateArguments, session: &Session) -> Result<()> {
    if arguments.min_win_rate.is_empty() {
        return Ok(());
    }
    check_systems(arguments, &session.run()?.systems()?)
}

/// Checks that a calibration, perhaps of a part of a run, has a win rate of every system with a gate.
///
/// # Errors
///
/// It has none of one of them.
pub(super) fn check_systems_of_calibration(
    arguments: &GateArguments,
    results: &Calibration,
) -> Result<()> {
    let compared = results.win_rates.iter().flat_map(|rate| rate.between.iter().cloned());
    let systems: BTreeSet<String> = compared.collect();
    check_systems(arguments, &Vec::from_iter(systems))
}

fn check_systems(arguments: &GateArguments, systems: &[String]) -> Result<()> {
    let mut gated = arguments.min_win_rate.iter().map(|(system, _)| system);
    match gated.find(|system| !systems.contains(system)) {
        None => Ok(()),
        Some(system) => {
            let message = format!("{WIN_RATE}: no comparison has the system `{system}`");
            Err(Error::usage(message).hint(format!("the systems are: {}", systems.join(", "))))
        }
    }
}

/// Returns the gates on a run: those of the jury if there is one, else of the judge. What the judges prefer is
/// gated, since without labels nothing more is known.
pub(super) fn of_run(arguments: &GateArguments, summary: &RunSummary) -> Vec<Gate> {
    let Some(result) = summary.judges.last() else { return Vec::new() };
    let mut gates = Vec::new();
    if let Some(threshold) = arguments.min_coverage {
        gates.push(Gate::new(COVERAGE, "coverage", result.coverage, threshold));
    }
    if let Some(threshold) = arguments.min_consistency {
        // Each judge has a consistency, a jury has none.
        for judge in &summary.judges {
            let Some(position) = &judge.position else { continue };
            let quantity = match summary.judges.len() {
                1 => "position consistency".to_owned(),
                _ => format!("position consistency of {}", judge.judge),
            };
            gates.push(Gate::new(CONSISTENCY, quantity, position.consistency, threshold));
        }
    }
    let rates = result.win_rates.iter().map(|rate| {
        let (kind, estimate) = if result.is_jury() {
            (KEPT, rate.kept)
        } else if rate.unreadable_orders > 0 {
            ("order-averaged win rate, unreadable replies either way,", rate.unreadable_bounds)
        } else {
            (ORDER_AVERAGED, rate.order_averaged)
        };
        GatedRate { kind, between: &rate.between, system: &rate.system, estimate }
    });
    let kind = if result.is_jury() { KEPT } else { ORDER_AVERAGED };
    gates.extend(win_rates(arguments, kind, &Vec::from_iter(rates)));
    gates
}

/// Returns the gates on a calibration; win rates are corrected with the labels.
pub(super) fn of_calibration(
    min_kappa: Option<f64>,
    arguments: &GateArguments,
    results: &Calibration,
) -> Vec<Gate> {
    let numbers = [
        (KAPPA, "κ over every reply", results.orders.cohen_kappa, min_kappa),
        (COVERAGE, "coverage", results.coverage, arguments.min_coverage),
        (
            CONSISTENCY,
            "position consistency",
            results.position.consistency,
            arguments.min_consistency,
        ),
    ];
    let mut gates: Vec<Gate> = numbers
        .into_iter()
        .filter_map(|(name, quantity, estimate, threshold)| {
            Some(Gate::new(name, quantity, estimate, threshold?))
        })
        .collect();
    let rates = results.win_rates.iter().map(|rate| GatedRate {
        kind: CORRECTED,
        between: &rate.between,
        system: &rate.system,
        estimate: rate.ppi,
    });
    gates.extend(win_rates(arguments, CORRECTED, &Vec::from_iter(rates)));
    gates
}

/// The win rate of a pair of systems that a gate is about.
struct GatedRate<'a> {
    /// What it is, in words.
    kind: &'static str,
    between: &'a [String; 2],
    /// The system whose wins are counted.
    system: &'a str,
    estimate: Estimate,
}

/// Returns a gate for each win rate of each system that must have one; a system without a win rate, such as one of
/// which nothing was planned this time, has an undefined one, of the kind `missing`.
fn win_rates(
    arguments: &GateArguments,
    missing: &'static str,
    rates: &[GatedRate<'_>],
) -> Vec<Gate> {
    let mut gates = Vec::new();
    for (system, threshold) in &arguments.min_win_rate {
        let before = gates.len();
        for rate in rates.iter().filter(|rate| rate.between.contains(system)) {
            let GatedRate { kind, between, system: counted, estimate } = rate;
            let other = &between[usize::from(between[0] == *system)];
            let estimate = if counted == system { *estimate } else { estimate.complement() };
            let quantity = format!("{kind} of {system} against {other}");
            gates.push(Gate::new(WIN_RATE, quantity, estimate, *threshold));
        }
        if gates.len() == before {
            let quantity = format!("{missing} of {system}");
            gates.push(Gate::new(WIN_RATE, quantity, Estimate::undefined(0), *threshold));
        }
    }
    gates
}

/// Returns the gates as JSON.
pub(super) fn json(gates: &[Gate]) -> Value {
    let gate = |gate: &Gate| {
        json!({
            "gate": gate.name.trim_start_matches('-'),
            "quantity": gate.quantity,
            "estimate": gate.estimate,
            "threshold": gate.threshold,
            "result": gate.result(),
        })
    };
    gates.iter().map(gate).collect()
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
    summary: &RunSummary,
    run: &Path,
) -> ExitCode {
    match conclude(gates, arguments.inconclusive) {
        ExitCode::Done if lacks_verdicts(arguments, summary, run) => ExitCode::GateInconclusive,
        code => code,
    }
}

/// Prints that no verdict was kept, if so; returns whether that is a failure. A gate on coverage or consistency
/// decides by itself whether it is.
fn lacks_verdicts(arguments: &GateArguments, summary: &RunSummary, run: &Path) -> bool {
    let is_decided = arguments.min_coverage.is_some() || arguments.min_consistency.is_some();
    let kept_none = |judge: &&JudgeSummary| judge.planned > 0 && judge.outcome(Outcome::Kept) == 0;
    let Some(result) = summary.judges.last().filter(kept_none).filter(|_| !is_decided) else {
        return false;
    };
    let (judge, planned) = (&result.judge, counted(result.planned, "comparison"));
    print_error_line(format_args!(
        "\ninconclusive: {judge} kept no verdict on {planned}, so this run does not show which system is better"
    ));
    let fails = arguments.inconclusive == Inconclusive::Fail;
    if fails {
        print_error_line(format_args!(
            "hint: `evenhand verdicts {} --all` lists them; revise the rubric, try another judge, or accept this \
             with --inconclusive pass",
            run.display()
        ));
    }
    fails
}
