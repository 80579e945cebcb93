//! `evenhand budget`: the ways to answer a question about two or more systems, and what each costs.

use std::path::Path;

use evenhand::costing::{
    CostOptions, CostQuestion, CostReport, JudgeTerms, PlannedComparisons, cost_ways,
};
use evenhand::report::{Wording, cost_json, cost_table};
use evenhand::run::{CheckReport, PreparedTask};
use evenhand::store::RunFile;
use evenhand::trial::Unit;
use evenhand::{Error, ExitCode, Result};

use super::arguments::{BudgetWays, Format};
use super::heartbeat::Heartbeat;
use super::setup::prepare_without_run;
use super::{print, print_json, print_note};

/// Prints the ways with their costs. It calls no endpoint and writes nothing.
pub(crate) fn run(mut arguments: BudgetWays) -> Result<ExitCode> {
    check_flags(&arguments)?;
    let busy = Heartbeat::start("counting");
    // Only the comparisons of the question are counted.
    arguments.task.baseline.clone_from(&arguments.system);
    arguments.task.reuse.clone_from(&arguments.pilot);
    let table = &arguments.task.table;
    let labels = table.labels(&arguments.task.items, arguments.labels.as_ref())?;
    let labels = labels.filter(|_| !arguments.pilot.is_empty());
    let mut task =
        prepare_without_run(&arguments.task, &arguments.judge, arguments.labels.as_ref())?;
    if task.unit() == Unit::Response {
        return Err(Error::usage(
            "the rubric grades single responses, and a question is about comparisons",
        )
        .hint("name a rubric that compares responses"));
    }
    let mut items: Vec<(String, Vec<String>)> = Vec::new();
    let checked = task.check(|item| {
        items.push((item.id.clone(), item.responses.keys().cloned().collect()));
    })?;
    let system = system(&arguments, &checked)?;
    let mut comparisons = PlannedComparisons::default();
    for (id, systems) in &items {
        comparisons.add(id, systems, &system, arguments.task.seed);
    }
    let pilots = arguments.pilot.iter().map(|path| open_pilot(path));
    let pilots = pilots.collect::<Result<Vec<RunFile>>>()?;
    let question = CostQuestion { system, margin: arguments.margin, error: arguments.error };
    let given = (&pilots[..], labels.as_ref(), task.rubric());
    let judges = terms(&task, &checked);
    let report =
        cost_ways(&question, &options(&arguments, &checked), &comparisons, &judges, given)?;
    drop(busy);
    let wording = wording();
    match arguments.format {
        Format::Table => print(&cost_table(&report, wording))?,
        Format::Json => print_json(&cost_json(&report, wording)?)?,
    };
    if arguments.format == Format::Table && arguments.pilot.is_empty() {
        print_note(format_args!(
            "\nnext: a pilot makes these numbers those of your items: evenhand judge … --limit 50, then --pilot RUN"
        ));
    }
    Ok(conclude(&report))
}

/// Checks that no flag is given that is about asking, or that the question replaces.
fn check_flags(arguments: &BudgetWays) -> Result<()> {
    let task = &arguments.task;
    let flags = [
        (
            "baseline",
            task.baseline.is_some(),
            "--system names the system that others are compared with",
        ),
        ("reuse", !task.reuse.is_empty(), "--pilot names runs whose replies are there already"),
        ("shard", task.shard.is_some(), "a question is about all items; leave it out"),
    ];
    match flags.into_iter().find(|(_, is_given, _)| *is_given) {
        Some((flag, _, hint)) => {
            Err(Error::usage(format!("--{flag} is about asking, and nothing is asked")).hint(hint))
        }
        None => Ok(()),
    }
}

/// Returns the system of the question.
fn system(arguments: &BudgetWays, checked: &CheckReport) -> Result<String> {
    let systems: Vec<&str> =
        checked.plan.systems.iter().map(|count| count.system.as_str()).collect();
    match (&arguments.system, systems.as_slice()) {
        (Some(system), _) if systems.contains(&system.as_str()) => Ok(system.clone()),
        (Some(system), _) => Err(Error::usage(format!("no item has a response of `{system}`"))
            .hint(format!("the systems are: {}", systems.join(", ")))),
        (None, [_, later]) => Ok((*later).to_owned()),
        (None, _) => Err(Error::usage("which system is the question about?")
            .hint(format!("name it: --system SYSTEM, one of {}", systems.join(", ")))),
    }
}

fn terms(task: &PreparedTask, checked: &CheckReport) -> Vec<JudgeTerms> {
    let trials = 2 * u64::from(checked.repeat);
    let judges = task.judges().zip(&checked.judges);
    let of = |(settings, forecast)| JudgeTerms::of(settings, forecast, checked.plan.tokens, trials);
    judges.map(of).collect()
}

fn options(arguments: &BudgetWays, checked: &CheckReport) -> CostOptions {
    let mut options = CostOptions::default();
    options.repeat = checked.repeat;
    options.seed = arguments.task.seed;
    options.win_rate = arguments.win_rate;
    options.hourly_rate = arguments.hourly_rate;
    options.seconds_per_label = arguments.minutes_per_label * 60.0;
    options
}

fn wording() -> Wording {
    let mut wording = Wording::default();
    wording.format = "--format";
    wording.remedy = |warning| match warning.code {
        "small-pilot" => Some("`evenhand judge` with a larger --limit adds to it"),
        _ => None,
    };
    wording
}

/// Returns the exit code: a question that no way answers stays open.
fn conclude(report: &CostReport) -> ExitCode {
    if report.cheapest.is_some() { ExitCode::Done } else { ExitCode::GateInconclusive }
}

/// Opens a pilot run. Of a cascade it is that of the cheap judge, which was asked about everything.
fn open_pilot(path: &Path) -> Result<RunFile> {
    let run = RunFile::open(path)?;
    let cheap = run.cascade().map(|cascade| cascade.cheap.clone());
    match cheap {
        Some(cheap) => run.of_judge(Some(&cheap)),
        None => Ok(run),
    }
}
