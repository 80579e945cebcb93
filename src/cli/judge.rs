//! `evenhand judge`: judges every comparison in both orders.

use std::time::Instant;

use evenhand::input::prepare_recording;
use evenhand::report::counted;
use evenhand::run::{AskOptions, AskReport, OpenComparisons, PreparedTask, Progress, Session};
use evenhand::store::remove_run;
use evenhand::summary::summarise;
use evenhand::{Error, ExitCode, Result};

use super::arguments::{Judge, TaskArguments};
use super::budget::{check_budget, needs};
use super::heartbeat::Heartbeat;
use super::judge_report::{Asked, StillOpen, conclude, print_result};
use super::judge_warnings::{Failures, warn_of_losses, warn_of_requests};
use super::open_files::raise_limit;
use super::progress::ProgressDisplay;
use super::setup::prepare;
use super::signals::Signals;
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
    let task = prepare(&arguments.task, &arguments.judge, None)?;
    check_limits(arguments, &task)?;
    raise_limit(task.judges())?;
    for warning in task.rubric_warnings() {
        print_warning(&warning.message);
    }
    let new_run = task.run_path().filter(|run| !run.exists()).map(ToOwned::to_owned);
    let planning = Heartbeat::start("planning");
    let mut session = Session::plan(task, seconds_since_1970())?;
    drop(planning);
    print_plan(&arguments.task, &session);
    let others = if arguments.only_planned { Unplanned::LeftOut } else { Unplanned::Count };
    print_unplanned(session.plan_summary(), &arguments.task.items, others);
    let accepted = gates::check_systems_of_run(&arguments.gates, &session)
        .and_then(|()| check_budget(arguments, &session));
    if let Err(refusal) = accepted {
        drop(session);
        // What was refused leaves no trace.
        new_run.map(|run| remove_run(&run, || Ok(true))).transpose()?;
        return Err(refusal);
    }
    if let Some(record) = &arguments.record {
        prepare_recording(record)?;
    }
    let asked = ask(arguments, &mut session)?;
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
    let gates = gates::of_run(&arguments.gates, &summary);
    let open = StillOpen { open, needs: needs(arguments, &session, &asked)? };
    let plan = session.plan_summary();
    print_result(arguments, &summary, session.path(), &asked, plan, &gates, &open)?;
    warn_of_requests(&session, &asked);
    warn_of_losses(&summary, &failures, open.count());
    match conclude(&run, &summary, &asked, &open)? {
        ExitCode::Done => {
            Ok(gates::conclude_run(&arguments.gates, &gates, &summary, session.path()))
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

/// Checks that every judge has a price and replies of limited length if the cost is limited.
fn check_limits(arguments: &Judge, task: &PreparedTask) -> Result<()> {
    if let Some(judge) = task.unlimited_judge().filter(|_| arguments.max_cost.is_some()) {
        return Err(Error::input(format!("judges.{judge}.max_tokens is \"none\""))
            .detail("--max-cost needs the maximum length of every reply")
            .hint("set max_tokens to a number"));
    }
    match task.unpriced_judge().filter(|_| arguments.max_cost.is_some()) {
        Some(judge) => Err(Error::input(format!("judges.{judge}.price is missing"))
            .detail("--max-cost needs the price of every judge")
            .hint("add price = { input_per_million = …, output_per_million = … } to the judge's settings")),
        None => Ok(()),
    }
}

/// Asks what is open, shows progress, and listens for signals: the first stops new requests, the second aborts.
#[expect(
    clippy::disallowed_methods,
    reason = "the binary is what reads the clock and draws the seed of the jitter"
)]
fn ask(arguments: &Judge, session: &mut Session) -> Result<Asked> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
            Error::internal(format!("cannot start the runtime: {error}")).caused_by(error)
        })?;
    let mut options = AskOptions::default();
    options.scope = arguments.scope();
    options.max_cost = arguments.max_cost;
    options.max_requests = arguments.max_requests;
    options.jitter_seed = rand::random();
    let (progress, signals) = (Progress::default(), Signals::default());
    let start = Instant::now();
    let report: Result<Option<AskReport>> = runtime.block_on(async {
        let mut display = ProgressDisplay::new();
        let on_first_signal = || {
            let in_flight = progress.snapshot().in_flight;
            print_error_line(format_args!(
                "stopping: waiting for {} in flight; interrupt again to abort",
                counted(in_flight, "request")
            ));
        };
        let report = tokio::select! {
            report = session.ask(&options, &progress, &signals.stop) => report.map(Some),
            () = display.watch(&progress) => Ok(None),
            watched = signals.watch(on_first_signal) => match watched {
                Ok(()) => Ok(None),
                Err(error) => {
                    let message = format!("cannot listen for signals: {error}");
                    Err(Error::internal(message).caused_by(error))
                }
            },
        };
        display.finish(&progress);
        report
    });
    // A lookup at a dead name server can hang after an abort; it is not waited for.
    runtime.shutdown_background();
    // What has been answered is committed before anything else can fail.
    session.finish()?;
    let report = report?;
    Ok(Asked {
        counts: progress.snapshot(),
        report,
        signal: signals.exit_code(),
        seconds: start.elapsed().as_secs_f64(),
    })
}
