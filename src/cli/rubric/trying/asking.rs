//! Asking what a try still has to ask, as `judge` and `grade` do.

use std::path::Path;

use evenhand::grading::summarise_grades;
use evenhand::report::counted;
use evenhand::run::{OpenComparisons, RetryScope, Session, Task};
use evenhand::store::{GradeRun, RunFile, remove_run};
use evenhand::summary::summarise;
use evenhand::trial::Unit;
use evenhand::tries::History;
use evenhand::{ExitCode, Result};

use super::plan::TryPlan;
use crate::cli::arguments::RubricTry;
use crate::cli::asking::{AskFlags, ask};
use crate::cli::budget::{check_budget, check_limits, needs};
use crate::cli::environment::optional_variable;
use crate::cli::heartbeat::Heartbeat;
use crate::cli::input_warnings::input_warning;
use crate::cli::judge_report::{StillOpen, conclude};
use crate::cli::judge_totals::JudgeTotals;
use crate::cli::judge_warnings::{Failures, warn_of_losses, warn_of_requests};
use crate::cli::open_files::raise_limit;
use crate::cli::quota_server::{QUOTA_VARIABLE, print_shared_quotas, quota_server};
use crate::cli::unit::unit_name;
use crate::cli::{print_note, print_warning, seconds_since_1970};

/// Asks what is open. Returns the session, the number of requests if it is complete, and the exit code.
pub(super) fn ask_open(
    arguments: &RubricTry,
    mut task: Task,
    plan: &TryPlan,
    history: &Path,
) -> Result<(Session, Option<u64>, ExitCode)> {
    let (budget, scope) = (&arguments.budget, arguments.scope());
    task.quota_server = quota_server(optional_variable(QUOTA_VARIABLE).as_deref())?;
    let task = task.prepare()?;
    print_shared_quotas(&task)?;
    check_limits(budget, &task)?;
    raise_limit(task.judges())?;
    if plan.is_unknown {
        History::append_begun(history, &plan.begun)?;
    }
    let new_run = task.run_path().filter(|run| !run.exists()).map(ToOwned::to_owned);
    let planning = Heartbeat::start("planning");
    let mut session = Session::plan(task, seconds_since_1970())?;
    drop(planning);
    let warnings = &session.plan_summary().warnings;
    for warning in warnings {
        print_warning(&input_warning(warning));
    }
    for (judge, trials) in session.copied_trials() {
        let trials = counted(trials, "trial");
        print_note(format_args!("{judge}: {trials} answered by copied replies"));
    }
    if let Err(refusal) = check_budget(budget, scope, &session) {
        drop(session);
        // What was refused leaves no run file.
        new_run.map(|run| remove_run(&run, || Ok(true))).transpose()?;
        return Err(refusal);
    }
    let asked = ask(&AskFlags { budget, scope, batches: None }, &mut session)?;
    let _reading = Heartbeat::start("reading the replies");
    let reached = Reached::read(&session, scope)?;
    let needs = needs(budget, scope, &session, &asked)?;
    let unit = unit_name(plan.unit);
    let open = StillOpen { open: reached.open, needs, unit };
    warn_of_requests(session.server_profiles(), &asked);
    warn_of_losses(&reached.totals, &reached.failures, &open);
    let command = match plan.unit {
        Unit::Comparison => "judge",
        Unit::Response => "grade",
    };
    let code = conclude(command, &reached.run, &reached.totals, &asked, &open)?;
    Ok((session, Some(asked.counts.requests), code))
}

/// Opens the run of a try for reading: what the try asks about, read with its rubric.
pub(super) fn tried_run(session: &Session) -> Result<RunFile> {
    let mut run = session.any_run()?;
    run.use_rubric(session.task().rubric().clone())?;
    run.select(session.planned_rows().clone());
    Ok(run)
}

/// How far a try has come.
struct Reached {
    run: RunFile,
    totals: Vec<JudgeTotals>,
    failures: Failures,
    open: OpenComparisons,
}

impl Reached {
    fn read(session: &Session, scope: RetryScope) -> Result<Self> {
        let run = tried_run(session)?;
        let mut failures = Failures::of(&run);
        let mut open = OpenComparisons::default();
        let (run, totals) = match session.task().unit() {
            Unit::Comparison => {
                let summary = summarise(&run, |record| {
                    open.add(session.count_judges_to_ask(&run, record, scope));
                    for (at, judged) in record.judged.iter().enumerate() {
                        failures.add(at, &record.id, judged.verdict.outcome, &judged.orders);
                    }
                })?;
                (run, summary.judges.iter().map(JudgeTotals::of).collect())
            }
            Unit::Response => {
                let run = GradeRun::of(run)?;
                let summary = summarise_grades(&run, |record| {
                    open.add(session.count_judges_to_grade(&run, record, scope));
                    for (at, judged) in record.judged.iter().enumerate() {
                        failures.add(at, &record.id, judged.verdict.outcome, &judged.orders);
                    }
                })?;
                let totals = summary.judges.iter().map(JudgeTotals::of_grades).collect();
                (run.into_file(), totals)
            }
        };
        Ok(Self { run, totals, failures, open })
    }
}
