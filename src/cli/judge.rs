//! `evenhand judge`: judges every comparison in both orders.

use evenhand::input::prepare_recording;
use evenhand::report::counted;
use evenhand::run::{OpenComparisons, Session};
use evenhand::store::remove_run;
use evenhand::summary::summarise;
use evenhand::{Error, ExitCode, Result};

use super::arguments::{Judge, JudgeFormat, TaskArguments};
use super::asking::{ask, ask_with_events};
use super::budget::{check_budget, check_limits, needs};
use super::events::print_plan_event;
use super::heartbeat::Heartbeat;
use super::judge_report::{StillOpen, conclude, print_result};
use super::judge_warnings::{Failures, warn_of_losses, warn_of_requests};
use super::open_files::raise_limit;
use super::quota_server::{print_shared_quotas, quota_server};
use super::setup::task;
use super::unplanned::{Unplanned, print_unplanned};
use super::{
    gates, input_warning, print_error_line, print_note, print_warning, seconds_since_1970,
};

/// Validates, plans or resumes, asks, and prints the result.
pub(crate) fn run(arguments: &Judge) -> Result<ExitCode> {
    if arguments.record.is_some() && arguments.judge.len() > 1 {
        return Err(Error::usage("--record needs a single judge")
            .hint("record the judges of a jury one by one"));
    }
    let mut task = task(&arguments.task, &arguments.judge, None)?;
    task.quota_server = quota_server(arguments.quota_from.as_deref())?;
    let task = task.prepare()?;
    print_shared_quotas(&task)?;
    check_limits(&arguments.budget, &task)?;
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
    let planned = session.run()?;
    for warning in session.task().family_warnings(&planned.systems()?, &planned.manifest().models) {
        print_warning(&warning.message);
    }
    let others = if arguments.only_planned { Unplanned::LeftOut } else { Unplanned::Count };
    print_unplanned(session.plan_summary(), &arguments.task.items, others);
    let accepted = gates::check_systems(&arguments.gates, || session.run()?.systems())
        .and_then(|()| check_budget(&arguments.budget, arguments.scope(), &session));
    if let Err(refusal) = accepted {
        drop(session);
        // What was refused leaves no trace.
        new_run.map(|run| remove_run(&run, || Ok(true))).transpose()?;
        return Err(refusal);
    }
    if let Some(record) = &arguments.record {
        prepare_recording(record)?;
    }
    let asked = if arguments.format == JudgeFormat::Jsonl {
        print_plan_event(&session)?;
        ask_with_events(&arguments.budget, arguments.scope(), &mut session)?
    } else {
        ask(&arguments.budget, arguments.scope(), &mut session)?
    };
    let _reading = Heartbeat::start("reading the replies");
    let mut run = session.run()?;
    if let Some(record) = &arguments.record {
        let replies = counted(run.record_replies(record)? as u64, "reply");
        print_note(format_args!("{replies} recorded in {}", record.display()));
    }
    if arguments.only_planned {
        run.select(session.planned_rows().clone());
    }
    let mut open = OpenComparisons::default();
    let mut failures = Failures::of(&run);
    let summary = summarise(&run, |record| {
        open.add(session.count_judges_to_ask(&run, record, arguments.scope()));
        failures.add(record);
    })?;
    let gates = gates::of_judges(&arguments.gates, &summary.judges);
    let open =
        StillOpen { open, needs: needs(&arguments.budget, arguments.scope(), &session, &asked)? };
    let plan = session.plan_summary();
    print_result(arguments, &summary, session.path(), &asked, plan, &gates, &open)?;
    warn_of_requests(session.server_profiles(), &asked);
    warn_of_losses(&summary, &failures, open.count());
    match conclude(&run, &summary, &asked, &open)? {
        ExitCode::Done => {
            Ok(gates::conclude_run(&arguments.gates, &gates, summary.judges.last(), session.path()))
        }
        incomplete => {
            if !gates.is_empty() {
                print_error_line(format_args!(
                    "the gates were not checked: the run is not complete"
                ));
            }
            Ok(incomplete)
        }
    }
}

/// Prints the warnings about the items, and what the run already contains.
fn print_plan(arguments: &TaskArguments, session: &Session) {
    let planned = session.plan_summary();
    planned.warnings.iter().for_each(|warning| print_warning(&input_warning(warning)));
    if let (0, Some(shard)) = (planned.comparisons, arguments.shard) {
        print_note(format_args!(
            "shard {} of {} has none of the comparisons, so there is nothing to ask",
            shard.number(),
            shard.of()
        ));
    }
    for (judge, trials) in session.copied_trials() {
        let trials = counted(trials, "trial");
        print_note(format_args!("{judge}: {trials} answered by copied replies"));
    }
}
