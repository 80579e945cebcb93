//! `evenhand rubric try`: judges the labelled comparisons of one half, and shows what has changed since the last try.
//!
//! Each try has a run file of its own in `runs/tries/` of the project, and lines in the history beside the labels: one
//! when it begins, one when it is complete. The same command resumes a try that was interrupted, since its inputs are
//! the same.
//!
//! ```text
//! arguments, history ─plan→ TryPlan ─judge→ Session ─measured→ Measured ─result→ table, JSON
//! ```

mod measured;
mod plan;
mod result;

use std::path::{Path, PathBuf};

use evenhand::input::DataFile;
use evenhand::lint::lint;
use evenhand::report::counted;
use evenhand::run::{Judge, OpenComparisons, Session, Task};
use evenhand::store::remove_run;
use evenhand::summary::summarise;
use evenhand::tries::{History, SelectionOptions, Try, TryInputs, TrySelection};
use evenhand::{Error, ExitCode, Result};

use self::measured::measure;
use self::plan::{TryPlan, part, print_plan, reused_runs};
use self::result::print_result;

use crate::cli::arguments::{EncoderArguments, GateArguments, RubricTry, TaskArguments};
use crate::cli::asking::ask;
use crate::cli::budget::{check_budget, check_limits, needs};
use crate::cli::environment::optional_variable;
use crate::cli::heartbeat::Heartbeat;
use crate::cli::input_warnings::input_warning;
use crate::cli::judge_report::{StillOpen, conclude};
use crate::cli::judge_totals::JudgeTotals;
use crate::cli::judge_warnings::{Failures, warn_of_losses, warn_of_requests};
use crate::cli::open_files::raise_limit;
use crate::cli::quota_server::{QUOTA_VARIABLE, print_shared_quotas, quota_server};
use crate::cli::setup::task;
use crate::cli::{gates, print_note, print_warning, seconds_since_1970};

/// Judges, compares, measures, records and prints.
pub(super) fn run(arguments: &RubricTry) -> Result<ExitCode> {
    let history_path = History::beside(&arguments.labels)?;
    let history = History::read(&history_path)?;
    history.warnings.iter().for_each(|warning| print_warning(&warning.message));
    let mut task = task(&task_arguments(arguments), &arguments.judge, Some(&arguments.labels))?;
    if task.rubric.rubric.scale.is_some() {
        let place = task.rubric.path.display();
        return Err(Error::input(format!("{place}: this rubric grades single responses"))
            .detail("a try compares the verdicts of two rubrics")
            .hint("ask for grades with `evenhand grade`, measure them with `evenhand calibrate`, and compare two runs with \
                   `evenhand diff`"));
    }
    warn_of_findings(arguments, &task)?;
    let labels = arguments.table.labels(&arguments.items, Some(&arguments.labels))?;
    let labels = labels.ok_or_else(|| Error::internal("there is no label file"))?;
    let selection = select(arguments, &task, &labels)?;
    let judges = task.judges.iter().map(Judge::settings);
    let asked = (arguments.repeat.unwrap_or(1), arguments.seed);
    let inputs = TryInputs::of(&task.rubric, judges, asked, &selection)?;
    let plan = TryPlan::of(arguments, &history, &task, inputs)?;
    task.run = Some(plan.begun.run.clone().into());
    task.reuse = reused_runs(arguments, &history, &task, &plan);
    task.chosen = Some(selection.chosen.clone());
    print_plan(&plan, &task, &selection);
    let (session, asked, code) = judge(arguments, task, &plan, &history_path)?;
    let (session, asked) = match (session, asked) {
        (session, Some(asked)) if code == ExitCode::Done => (session, asked),
        _ => return Ok(code),
    };
    let _busy = Heartbeat::start("measuring the judge");
    let measured = measure(arguments, &session, &labels, &plan, &history)?;
    let is_new = plan.is_new || asked > 0;
    if is_new {
        History::append(&history_path, &measured.one)?;
    }
    print_result(arguments, &measured)?;
    print_note(format_args!("\nrun: {}\nhistory: {}", plan.begun.run, history_path.display()));
    print_note(format_args!("{}", next_step(arguments, &measured.one)));
    let gate_arguments = GateArguments {
        min_coverage: None,
        min_consistency: None,
        min_win_rate: Vec::new(),
        min_pass_rate: Vec::new(),
        inconclusive: arguments.inconclusive,
    };
    let last = measured.summary.judges.last();
    let nothing_kept = last.and_then(|result| gates::nothing_kept(&gate_arguments, result));
    Ok(gates::conclude_run(&gate_arguments, &[], nothing_kept, session.path()))
}

/// Returns the task of a try in the words of the commands that judge.
fn task_arguments(arguments: &RubricTry) -> TaskArguments {
    TaskArguments {
        items: arguments.items.clone(),
        rubric: arguments.rubric.clone(),
        responses: arguments.responses.clone(),
        baseline: arguments.baseline.clone(),
        tag: Vec::new(),
        limit: None,
        config: arguments.config.clone(),
        set: Vec::new(),
        table: arguments.table.clone(),
        encoder: EncoderArguments::default(),
        // It follows from the history.
        run: Some(PathBuf::new()),
        seed: arguments.seed,
        repeat: arguments.repeat,
        shard: None,
        reuse: Vec::new(),
    }
}

fn warn_of_findings(arguments: &RubricTry, task: &Task) -> Result<()> {
    let findings = lint(&task.rubric)?.len() as u64;
    if findings > 0 {
        print_warning(&format!(
            "the rubric has {}: see `evenhand rubric check {}`",
            counted(findings, "finding"),
            arguments.rubric
        ));
    }
    Ok(())
}

/// Returns what an author does after a try. Whoever changes a rubric after a look at the test half must not do so by
/// its comparisons.
fn next_step(arguments: &RubricTry, one: &Try) -> String {
    match one.looks {
        Some(looks) => format!(
            "this was look {looks} at the test half with this rubric\nnext: report these numbers; try further changes \
             on the dev half, with the same command without --test"
        ),
        None => format!(
            "next: change the rubric and run the same command\nsingle comparisons: evenhand show {} --labels {}",
            one.run,
            arguments.labels.display()
        ),
    }
}

fn select(arguments: &RubricTry, task: &Task, labels: &DataFile) -> Result<TrySelection> {
    let _busy = Heartbeat::start("reading items and labels");
    let options = SelectionOptions {
        part: part(arguments),
        baseline: arguments.baseline.as_deref(),
        unlabelled: arguments.all,
    };
    TrySelection::read(&task.items, labels, options)
}

/// Judges what is open. Returns the session, the number of requests if it is complete, and the exit code.
fn judge(
    arguments: &RubricTry,
    mut task: Task,
    plan: &TryPlan,
    history: &Path,
) -> Result<(Session, Option<u64>, ExitCode)> {
    let (budget, scope) = (&arguments.budget, arguments.scope());
    let rubric = task.rubric.clone();
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
    let asked = ask(budget, scope, &mut session)?;
    let _reading = Heartbeat::start("reading the replies");
    let mut run = session.run()?;
    run.use_rubric(rubric)?;
    run.select(session.planned_rows().clone());
    let mut open = OpenComparisons::default();
    let mut failures = Failures::of(&run);
    let summary = summarise(&run, |record| {
        open.add(session.count_judges_to_ask(&run, record, scope));
        for (at, judged) in record.judged.iter().enumerate() {
            failures.add(at, &record.id, judged.verdict.outcome, &judged.orders);
        }
    })?;
    let needs = needs(budget, scope, &session, &asked)?;
    let open = StillOpen { open, needs, unit: "comparison" };
    let totals: Vec<JudgeTotals> = summary.judges.iter().map(JudgeTotals::of).collect();
    warn_of_requests(session.server_profiles(), &asked);
    warn_of_losses(&totals, &failures, &open);
    let code = conclude("judge", &run, &totals, &asked, &open)?;
    Ok((session, Some(asked.counts.requests), code))
}
