//! Gates: which numbers the flags are about, what is printed of them, and the exit code that follows.

use std::collections::BTreeSet;
use std::path::Path;

use evenhand::calibration::{Calibration, CorrectionBasis, SliceNumbers, WinRates};
use evenhand::deciding::Decision;
use evenhand::grading::{GradeCalibration, JudgeGrades};
use evenhand::input::Scale;
use evenhand::report::{count, counted};
use evenhand::stats::Estimate;
use evenhand::store::RunFile;
use evenhand::summary::{Gate, GateResult, JudgeSummary, Narrowing};
use evenhand::trial::{Unit, other_system};
use evenhand::verdict::Outcome;
use evenhand::{Error, ExitCode, Result};

use super::arguments::{GateArguments, Inconclusive};
use super::print_error_line;

const COVERAGE: &str = "--min-coverage";
const CONSISTENCY: &str = "--min-consistency";
const WIN_RATE: &str = "--min-win-rate";
const KAPPA: &str = "--min-kappa";
const PASS_RATE: &str = "--min-pass-rate";

const ORDER_AVERAGED: &str = "order-averaged win rate";
const EITHER_WAY: &str = "order-averaged win rate, unreadable replies either way,";
const AT_EVERY_LOOK: &str = "order-averaged win rate, by the interval that holds at every look,";
const KEPT: &str = "win rate over kept verdicts";
const DIRECTION_AVERAGED: &str = "direction-averaged pass rate";
const PASS_EITHER_WAY: &str = "direction-averaged pass rate, unreadable replies either way,";
const KEPT_PASS: &str = "pass rate over kept grades";
const CORRECTED: &str = "win rate corrected with labels";

/// Checks that every system with a gate is compared, before anything is asked.
///
/// # Errors
///
/// One of them is not, or `systems` fails.
pub(super) fn check_systems(
    arguments: &GateArguments,
    systems: impl FnOnce() -> Result<Vec<String>>,
) -> Result<()> {
    let win_rates =
        arguments.min_win_rate.iter().map(|(system, _)| (WIN_RATE, "comparison", system));
    let pass_rates =
        arguments.min_pass_rate.iter().map(|(system, _)| (PASS_RATE, "response", system));
    let mut gated = win_rates.chain(pass_rates).peekable();
    if gated.peek().is_none() {
        return Ok(());
    }
    let systems = systems()?;
    match gated.find(|(.., system)| !systems.contains(system)) {
        None => Ok(()),
        Some((flag, unit, system)) => {
            let message = format!("{flag}: no {unit} has the system `{system}`");
            Err(Error::usage(message).hint(format!("the systems are: {}", systems.join(", "))))
        }
    }
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
    check_systems(arguments, || Ok(systems.into_iter().collect()))
}

/// Returns the systems of the comparisons that a run reads, in byte order.
///
/// # Errors
///
/// The run file cannot be read.
pub(super) fn selected_systems(run: &RunFile) -> Result<Vec<String>> {
    let mut systems = BTreeSet::new();
    run.rows_where(|comparison| {
        // A graded response is of one system; the other name is empty.
        for system in comparison.between.iter().filter(|system| !system.is_empty()) {
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
pub(super) fn of_judges(
    arguments: &GateArguments,
    judges: &[JudgeSummary],
    decision: Option<&Decision>,
) -> Vec<Gate> {
    let Some(result) = judges.last() else { return Vec::new() };
    let mut gates = Vec::new();
    if let Some(threshold) = arguments.min_coverage {
        let narrowing = Narrowing::Comparisons;
        gates.push(Gate::new(COVERAGE, "coverage", result.coverage, threshold, narrowing));
    }
    if let Some(threshold) = arguments.min_consistency {
        // Each judge has a consistency, a jury has none.
        for judge in judges {
            let Some(position) = &judge.position else { continue };
            let quantity = match judges.len() {
                1 => "position consistency".to_owned(),
                _ => format!("position consistency of {}", judge.judge),
            };
            let (consistency, narrowing) = (position.consistency, Narrowing::Comparisons);
            gates.push(Gate::new(CONSISTENCY, quantity, consistency, threshold, narrowing));
        }
    }
    let rates = result.win_rates.iter().map(|rate| {
        let decided = decision.and_then(|decision| Some((decision, decision.pair(&rate.between)?)));
        let decided = decided.filter(|_| rate.at_every_look.is_some());
        let (kind, estimate, narrowing) = if let Some((decision, pair)) = decided {
            let narrowing = match pair.finding {
                Some(_) => Narrowing::ComparisonsAfterDecision,
                None => Narrowing::Comparisons,
            };
            (AT_EVERY_LOOK, pair.win_rate_of(&rate.system, decision), narrowing)
        } else if result.is_jury() {
            (KEPT, rate.kept, Narrowing::Comparisons)
        } else if rate.unreadable_orders > 0 {
            (EITHER_WAY, rate.unreadable_bounds, Narrowing::ReadableReplies)
        } else {
            (ORDER_AVERAGED, rate.order_averaged, Narrowing::Comparisons)
        };
        GatedRate { kind, between: &rate.between, system: &rate.system, estimate, narrowing }
    });
    let kind = if result.is_jury() { KEPT } else { ORDER_AVERAGED };
    let rates: Vec<GatedRate<'_>> = rates.collect();
    gates.extend(win_rates(arguments, kind, &rates));
    gates
}

/// Returns the gates on the grades of the judges of a run, of which the last one is the jury if there is one. What the
/// judges pass is gated, since without labels nothing more is known.
pub(super) fn of_grades(arguments: &GateArguments, judges: &[JudgeGrades]) -> Vec<Gate> {
    let Some(result) = judges.last() else { return Vec::new() };
    let mut gates = Vec::new();
    if let Some(threshold) = arguments.min_coverage {
        let narrowing = Narrowing::Responses;
        gates.push(Gate::new(COVERAGE, "coverage", result.coverage, threshold, narrowing));
    }
    if let Some(threshold) = arguments.min_consistency {
        // Each judge has a consistency, a jury has none.
        for judge in judges {
            let Some(order) = &judge.order else { continue };
            let quantity = match judges.len() {
                1 => "consistency of both directions".to_owned(),
                _ => format!("consistency of both directions of {}", judge.judge),
            };
            let (consistency, narrowing) = (order.consistency, Narrowing::Responses);
            gates.push(Gate::new(CONSISTENCY, quantity, consistency, threshold, narrowing));
        }
    }
    for (system, threshold) in &arguments.min_pass_rate {
        let found = result.systems.iter().find(|grades| grades.system == *system);
        let rate = found.and_then(|grades| grades.pass_rate.as_ref());
        let (kind, estimate, narrowing) = match rate {
            None => (DIRECTION_AVERAGED, Estimate::undefined(0), Narrowing::Responses),
            Some(rate) if result.is_jury() => (KEPT_PASS, rate.kept, Narrowing::Responses),
            Some(rate) if rate.unreadable_directions > 0 => {
                // Readable replies help only if the others decide without them.
                let is_open =
                    rate.averaged.low <= Some(*threshold) && rate.averaged.high >= Some(*threshold);
                let narrowing =
                    if is_open { Narrowing::Responses } else { Narrowing::ReadableReplies };
                (PASS_EITHER_WAY, rate.unreadable_bounds, narrowing)
            }
            Some(rate) => (DIRECTION_AVERAGED, rate.averaged, Narrowing::Responses),
        };
        let quantity = format!("{kind} of {system}");
        gates.push(Gate::new(PASS_RATE, quantity, estimate, *threshold, narrowing));
    }
    gates
}

/// Checks that the gates are on numbers that a command has.
///
/// # Errors
///
/// One of them is on the numbers of comparisons where responses are graded, or the other way round.
pub(super) fn check_unit(arguments: &GateArguments, unit: Unit) -> Result<()> {
    let (flag, is_given, other, what) = match unit {
        Unit::Comparison => {
            (PASS_RATE, !arguments.min_pass_rate.is_empty(), WIN_RATE, "responses are compared")
        }
        Unit::Response => {
            (WIN_RATE, !arguments.min_win_rate.is_empty(), PASS_RATE, "single responses are graded")
        }
    };
    if is_given {
        return Err(Error::usage(format!("{flag}: there is no such rate where {what}"))
            .hint(format!("the gate on a system is {other} here")));
    }
    Ok(())
}

/// Checks that a rubric with a scale says what passes, where there is a gate on a pass rate.
///
/// # Errors
///
/// It does not.
pub(super) fn check_scale(arguments: &GateArguments, scale: &Scale) -> Result<()> {
    if scale.pass_from.is_some() || arguments.min_pass_rate.is_empty() {
        return Ok(());
    }
    Err(Error::usage(format!("{PASS_RATE}: the rubric does not say what passes"))
        .hint("name the lowest step that passes as pass_from in the rubric"))
}

/// Returns the gates on a calibration; win rates are corrected with the labels.
pub(super) fn of_calibration(
    min_kappa: Option<f64>,
    arguments: &GateArguments,
    results: &Calibration,
) -> Vec<Gate> {
    let narrowing = if results.labelled < results.planned {
        Narrowing::Labels
    } else {
        Narrowing::LabelledComparisons
    };
    let kappa = min_kappa.map(|threshold| {
        Gate::new(KAPPA, "κ over every reply", results.orders.cohen_kappa, threshold, narrowing)
    });
    let consistency = results.position.consistency;
    let rest = corrected(arguments, results.coverage, consistency, &results.win_rates);
    kappa.into_iter().chain(rest).collect()
}

/// Returns the gates on a calibration of grades; pass rates are corrected with the labels, and κ is that of every reply:
/// the weighted one of more than two steps.
pub(super) fn of_grade_calibration(
    min_kappa: Option<f64>,
    arguments: &GateArguments,
    results: &GradeCalibration,
) -> Vec<Gate> {
    let of_labels = if results.labelled < results.planned {
        Narrowing::LabelsOfResponses
    } else {
        Narrowing::LabelledResponses
    };
    let kappa = if results.scale.steps.len() > 2 { "weighted κ" } else { "κ" };
    let judged = Narrowing::Responses;
    let numbers = [
        (
            KAPPA,
            format!("{kappa} over every reply"),
            results.headline_kappa(),
            min_kappa,
            of_labels,
        ),
        (COVERAGE, "coverage".to_owned(), results.coverage, arguments.min_coverage, judged),
        (
            CONSISTENCY,
            "consistency of both directions".to_owned(),
            results.order.consistency,
            arguments.min_consistency,
            judged,
        ),
    ];
    let of_number = |(name, quantity, estimate, threshold, narrowing): (_, String, _, _, _)| {
        Some(Gate::new(name, quantity, estimate, threshold?, narrowing))
    };
    let mut gates: Vec<Gate> = numbers.into_iter().filter_map(of_number).collect();
    for (system, threshold) in &arguments.min_pass_rate {
        let found = results.systems.iter().find(|found| found.system == *system);
        let rate = found.and_then(|found| found.pass_rate.as_ref());
        let estimate = rate.map_or(Estimate::undefined(0), |rate| rate.ppi);
        let quantity = format!("pass rate corrected with labels of {system}");
        gates.push(Gate::new(PASS_RATE, quantity, estimate, *threshold, of_labels));
    }
    gates
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
            Some(Gate::new(name, quantity, estimate, threshold?, Narrowing::Comparisons))
        })
        .collect();
    let rates = rates.iter().map(|rate| GatedRate {
        kind: CORRECTED,
        between: &rate.between,
        system: &rate.system,
        estimate: rate.ppi,
        narrowing: match rate.ppi_basis {
            Some(CorrectionBasis::EveryLabel | CorrectionBasis::EveryAnswered) => {
                Narrowing::LabelledComparisons
            }
            _ => Narrowing::Labels,
        },
    });
    let rates: Vec<GatedRate<'_>> = rates.collect();
    gates.extend(win_rates(arguments, CORRECTED, &rates));
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
    narrowing: Narrowing,
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
            let GatedRate { kind, between, system: counted, estimate, narrowing } = rate;
            let other = other_system(between, system);
            let estimate = if counted == system { *estimate } else { estimate.complement() };
            let quantity = format!("{kind} of {system} against {other}");
            gates.push(Gate::new(WIN_RATE, quantity, estimate, *threshold, *narrowing));
        }
        if gates.len() == before {
            let quantity = format!("{missing} of {system}");
            let (undefined, narrowing) = (Estimate::undefined(0), Narrowing::Comparisons);
            gates.push(Gate::new(WIN_RATE, quantity, undefined, *threshold, narrowing));
        }
    }
    gates
}

/// Prints the result of each gate and returns the exit code of the worst.
pub(super) fn conclude(gates: &[Gate], inconclusive: Inconclusive) -> ExitCode {
    let pass = inconclusive == Inconclusive::Pass;
    for gate in gates {
        print_error_line(format_args!("{}", gate.sentence()));
    }
    let worst = gates.iter().map(Gate::result).max().unwrap_or(GateResult::Passed);
    if worst == GateResult::Inconclusive && !pass {
        let open = gates.iter().filter(|gate| gate.result() == GateResult::Inconclusive);
        let narrowing: BTreeSet<Narrowing> = open.map(|gate| gate.narrowing).collect();
        let advice: Vec<&str> = narrowing.into_iter().map(advice).collect();
        print_error_line(format_args!(
            "\nhint: {}, to narrow the interval; or accept it with --inconclusive pass",
            advice.join(" and ")
        ));
    }
    worst.exit_code(pass)
}

/// Returns what to do to narrow an interval.
fn advice(narrowing: Narrowing) -> &'static str {
    match narrowing {
        Narrowing::ReadableReplies => "settle first why replies could not be read",
        Narrowing::Labels => "label more comparisons",
        Narrowing::LabelledComparisons => "judge and label more comparisons",
        Narrowing::LabelsOfResponses => "label more responses",
        Narrowing::LabelledResponses => "grade and label more responses",
        Narrowing::Responses => "grade more responses",
        Narrowing::ComparisonsAfterDecision => {
            "ask the other comparisons too, by the same command without --until-decided"
        }
        _ => "judge more comparisons",
    }
}

/// Prints the results of the gates on a complete run, and that it has no kept verdict or grade, if so; returns the exit
/// code.
pub(super) fn conclude_run(
    arguments: &GateArguments,
    gates: &[Gate],
    nothing_kept: Option<String>,
    run: &Path,
) -> ExitCode {
    let code = conclude(gates, arguments.inconclusive);
    let Some(sentence) = nothing_kept else { return code };
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
    let kept_none = result.planned > 0 && result.outcome(Outcome::Kept) == 0;
    (kept_none && !decide_what_is_kept(arguments)).then(|| {
        let (judge, planned) = (&result.judge, counted(result.planned, "comparison"));
        format!(
            "{judge} kept no verdict on {planned}, so this run does not show which system is better"
        )
    })
}

/// Returns that a judge kept no grade, or could assess nothing, if so, as [`nothing_kept`] does.
pub(super) fn no_grade_kept(arguments: &GateArguments, result: &JudgeGrades) -> Option<String> {
    let (judge, planned) = (&result.judge, counted(result.planned, "response"));
    if let Some(ended) = result.assessed_nothing() {
        let ended = counted(ended, "response");
        return Some(format!(
            "{judge} could assess none of {ended}, so this run says nothing about the systems"
        ));
    }
    if let Some(kept) = result.kept_without_step() {
        return Some(format!(
            "{judge} gave no step of the scale in both directions to any of {planned} and could not assess {}, so this run \
             says nothing about the systems",
            count(kept)
        ));
    }
    let kept_none = result.planned > 0 && result.outcome(Outcome::Kept) == 0;
    (kept_none && !decide_what_is_kept(arguments))
        .then(|| format!("{judge} kept no grade of {planned}, so this run has no grade to rely on"))
}

/// Returns whether the gates say how many verdicts must be kept.
pub(super) fn decide_what_is_kept(arguments: &GateArguments) -> bool {
    arguments.min_coverage.is_some() || arguments.min_consistency.is_some()
}
