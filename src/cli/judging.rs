//! What `judge` and `grade` have in common: a task is validated, planned or resumed, and asked.

use std::path::PathBuf;

use evenhand::input::prepare_recording;
use evenhand::report::counted;
use evenhand::run::{PreparedTask, Session};
use evenhand::store::{UntilDecided, remove_run};
use evenhand::trial::Unit;
use evenhand::{Error, Result};

use super::arguments::{Judge, JudgeFormat, TaskArguments};
use super::asking::{AskFlags, ask, ask_with_events};
use super::batches::{batch_options, check_batches};
use super::budget::{check_budget, check_limits};
use super::events::print_plan_event;
use super::heartbeat::Heartbeat;
use super::judge_report::Asked;
use super::open_files::raise_limit;
use super::quota_server::{print_shared_quotas, quota_server};
use super::setup::task_of_cascade;
use super::unit::unit_name;
use super::unplanned::{Unplanned, print_unplanned};
use super::{gates, input_warning, print_note, print_warning, seconds_since_1970};

/// Validates, plans or resumes, and asks what is open.
///
/// # Errors
///
/// The rubric is of the other unit, anything is invalid, or the run file cannot be written. What is refused before
/// anything was asked leaves no new run file.
pub(super) fn plan_and_ask(arguments: &Judge, unit: Unit) -> Result<(Session, Asked)> {
    if arguments.then.is_some() && arguments.judge.len() > 1 {
        return Err(Error::usage("--then needs a single --judge, which is asked about everything")
            .hint("leave out all but one --judge; a jury cannot be part of a cascade"));
    }
    if arguments.record.is_some() && arguments.then.is_some() {
        return Err(Error::usage("--record needs a single judge, and --then names a second one")
            .hint("record each judge by a run of its own"));
    }
    if arguments.record.is_some() && arguments.judge.len() > 1 {
        return Err(Error::usage("--record needs a single judge")
            .hint("record the judges of a jury one by one"));
    }
    let mut task = task_of_cascade(&arguments.task, &arguments.judges(), arguments.cascade())?;
    task.quota_server = quota_server(arguments.quota_from.as_deref())?;
    task.until_decided = question(arguments)?;
    let task = task.prepare()?;
    check_unit(&task, unit)?;
    gates::check_unit(&arguments.gates, unit)?;
    if let Some(scale) = &task.rubric().rubric.scale {
        gates::check_scale(&arguments.gates, scale)?;
    }
    print_shared_quotas(&task)?;
    check_limits(&arguments.budget, &task)?;
    check_batches(arguments.batches, &task)?;
    raise_limit(task.judges())?;
    let order_warnings = task.order_warnings();
    for warning in task.rubric_warnings().into_iter().chain(order_warnings) {
        print_warning(&warning.message);
    }
    let new_run = task.run_path().filter(|run| !run.exists()).map(ToOwned::to_owned);
    let planning = Heartbeat::start("planning");
    let mut session = Session::plan(task, seconds_since_1970())?;
    drop(planning);
    print_plan(&arguments.task, &session);
    if let Err(refusal) = accept(arguments, &session) {
        drop(session);
        // What was refused leaves no trace.
        new_run.map(|run: PathBuf| remove_run(&run, || Ok(true))).transpose()?;
        return Err(refusal);
    }
    if let Some(record) = &arguments.record {
        prepare_recording(record)?;
    }
    let flags = AskFlags {
        budget: &arguments.budget,
        scope: arguments.scope(),
        batches: batch_options(arguments.batches),
    };
    let asked = if arguments.format == JudgeFormat::Jsonl {
        print_plan_event(&session)?;
        ask_with_events(&flags, &mut session)?
    } else {
        ask(&flags, &mut session)?
    };
    Ok((session, asked))
}

/// Returns the question that ends asking as soon as it is answered: on which side of the gate on the system's win rate this
/// lies, or of one half.
///
/// # Errors
///
/// There is a gate on another system, whose win rate is not decided.
fn question(arguments: &Judge) -> Result<Option<UntilDecided>> {
    let Some(system) = &arguments.until_decided else { return Ok(None) };
    let (mut of_system, mut of_others) = (None, None);
    for (gated, threshold) in &arguments.gates.min_win_rate {
        if gated == system {
            of_system = Some(*threshold);
        } else {
            of_others = Some(gated);
        }
    }
    if let Some(other) = of_others {
        return Err(Error::usage(format!(
            "--min-win-rate: asking ends when the win rate of {system} is decided, which leaves that of {other} open"
        ))
        .hint(format!("set a gate on {system}, or name {other} as --until-decided")));
    }
    Ok(Some(UntilDecided {
        system: system.clone(),
        than: of_system.unwrap_or(0.5),
        margin: arguments.margin,
        error: arguments.error,
        available: 0,
    }))
}

/// Checks that a rubric does what the command does.
fn check_unit(task: &PreparedTask, wanted: Unit) -> Result<()> {
    let found = task.unit();
    if found == wanted {
        return Ok(());
    }
    let place = task.rubric().path.display();
    Err(match found {
        Unit::Response => Error::input(format!("{place}: this rubric grades single responses"))
            .hint("`evenhand grade` asks for grades; to compare, use a rubric without mode = \"grade\""),
        Unit::Comparison => Error::input(format!("{place}: this rubric compares responses"))
            .hint("`evenhand judge` compares; to grade, set mode = \"grade\" and a scale in the rubric"),
    })
}

/// Warns of judges of the family of a system, says what the run has beside the plan, and checks that gates and budget
/// can be met.
fn accept(arguments: &Judge, session: &Session) -> Result<()> {
    let planned = session.any_run()?;
    for warning in session.task().family_warnings(&planned.systems()?, &planned.manifest().models) {
        print_warning(&warning.message);
    }
    let others = if arguments.only_planned { Unplanned::LeftOut } else { Unplanned::Count };
    let unit = session.task().unit();
    print_unplanned(session.plan_summary(), &arguments.task.items, others, unit);
    gates::check_systems(&arguments.gates, || planned.systems())?;
    check_budget(&arguments.budget, arguments.scope(), session)
}

/// Prints the warnings about the items, and what the run already contains.
fn print_plan(arguments: &TaskArguments, session: &Session) {
    let planned = session.plan_summary();
    planned.warnings.iter().for_each(|warning| print_warning(&input_warning(warning)));
    if let (0, Some(shard)) = (planned.comparisons, arguments.shard) {
        print_note(format_args!(
            "shard {} of {} has none of the {}s, so there is nothing to ask",
            shard.number(),
            shard.of(),
            unit_name(session.task().unit())
        ));
    }
    for (judge, trials) in session.copied_trials() {
        let trials = counted(trials, "trial");
        print_note(format_args!("{judge}: {trials} answered by copied replies"));
    }
}
