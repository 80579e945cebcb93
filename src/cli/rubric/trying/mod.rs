//! `evenhand rubric try`: asks about the labelled comparisons or responses of one half, and shows what has changed since the
//! last try.
//!
//! Each try has a run file of its own in `runs/tries/` of the project, and lines in the history beside the labels: one
//! when it begins, one when it is complete. The same command resumes a try that was interrupted, since its inputs are
//! the same.
//!
//! ```text
//! arguments, history ─plan→ TryPlan ─asking→ Session ─measured→ Measured ─result→ table, JSON
//! ```

mod asking;
mod grades;
mod measured;
mod measuring;
mod plan;
mod result;
mod verdicts;

use std::path::PathBuf;

use evenhand::input::DataFile;
use evenhand::lint::lint;
use evenhand::report::counted;
use evenhand::run::{Judge, Task};
use evenhand::tries::{History, SelectionOptions, TryFacts, TryInputs, TrySelection};
use evenhand::{Error, ExitCode, Result};

use self::asking::ask_open;
use self::measured::measure;
use self::plan::{TryPlan, part, print_plan, reused_runs};
use self::result::print_result;
use crate::cli::arguments::{EncoderArguments, RubricTry, TaskArguments};
use crate::cli::heartbeat::Heartbeat;
use crate::cli::setup::task;
use crate::cli::unit::unit_name;
use crate::cli::{gates, print_note, print_warning};

/// Asks, measures, compares, records and prints.
pub(super) fn run(arguments: &RubricTry) -> Result<ExitCode> {
    let history_path = History::beside(&arguments.labels)?;
    let history = History::read(&history_path)?;
    history.warnings.iter().for_each(|warning| print_warning(&warning.message));
    let mut task = task(&task_arguments(arguments), &arguments.judge, Some(&arguments.labels))?;
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
    let (session, asked, code) = ask_open(arguments, task, &plan, &history_path)?;
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
    print_note(format_args!("{}", next_step(arguments, &plan, &measured.one.facts)));
    let gate_arguments = measuring::no_gates(arguments);
    Ok(gates::conclude_run(&gate_arguments, &[], measured.nothing_kept, session.path()))
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
/// what it shows.
fn next_step(arguments: &RubricTry, plan: &TryPlan, one: &TryFacts) -> String {
    match one.looks {
        Some(looks) => format!(
            "this was look {looks} at the test half with this rubric\nnext: report these numbers; try further changes \
             on the dev half, with the same command without --test"
        ),
        None => format!(
            "next: change the rubric and run the same command\nsingle {}s: evenhand show {} --labels {}",
            unit_name(plan.unit),
            one.run,
            arguments.labels.display()
        ),
    }
}

fn select(arguments: &RubricTry, task: &Task, labels: &DataFile) -> Result<TrySelection> {
    let _busy = Heartbeat::start("reading items and labels");
    let options = SelectionOptions {
        rubric: &task.rubric.rubric,
        part: part(arguments),
        baseline: arguments.baseline.as_deref(),
        unlabelled: arguments.all,
    };
    TrySelection::read(&task.items, labels, options)
}
