//! `evenhand rubric try`: judges the labelled comparisons of one half, and shows what has changed since the last try.
//!
//! Each try has a run file of its own in `runs/tries/` of the project, and lines in the history beside the labels: one when it begins,
//! one when it is complete. The same command resumes a try that was interrupted, since its inputs are the same.

use std::path::{Path, PathBuf};

use evenhand::calibration::{Calibration, CalibrationOptions, Part, TestLook, calibrate};
use evenhand::diff::{ComparedRuns, DiffOptions, compare_runs};
use evenhand::input::{DataFile, JudgeSettings};
use evenhand::lint::lint;
use evenhand::report::{Wording, counted, diff_json, diff_table, json_line, try_table};
use evenhand::run::{Judge, OpenComparisons, Session, Task};
use evenhand::store::{RunFile, remove_run};
use evenhand::summary::{RunSummary, summarise};
use evenhand::tries::{
    BegunTry, History, SelectionOptions, Try, TryChanges, TryInputs, TrySelection,
};
use evenhand::{Error, ExitCode, Result};
use serde_json::{Value, json};

use crate::cli::arguments::{Format, GateArguments, RubricTry, TaskArguments};
use crate::cli::asking::ask;
use crate::cli::budget::{check_budget, check_limits, needs};
use crate::cli::heartbeat::Heartbeat;
use crate::cli::input_warnings::input_warning;
use crate::cli::judge_report::{StillOpen, conclude};
use crate::cli::judge_warnings::{Failures, warn_of_losses, warn_of_requests};
use crate::cli::open_files::raise_limit;
use crate::cli::project::Project;
use crate::cli::setup::task;
use crate::cli::{gates, print, print_note, print_warning, seconds_since_1970};

/// Replies are copied from at most so many earlier tries, the latest first.
const MOST_REUSED: usize = 5;

/// Judges, compares, measures, records and prints.
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
        inconclusive: arguments.inconclusive,
    };
    Ok(gates::conclude_run(&gate_arguments, &[], measured.summary.judges.last(), session.path()))
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
        table: arguments.table.clone(),
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

fn part(arguments: &RubricTry) -> Part {
    if arguments.test { Part::Test } else { Part::Dev }
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

/// Which try is made, and what it is compared with.
struct TryPlan {
    begun: BegunTry,
    /// Whether the history has no numbers of it yet.
    is_new: bool,
    /// Whether the history has no line of it at all.
    is_unknown: bool,
    /// The run that it is compared with, with the number and the inputs of its try.
    against: Option<(PathBuf, Option<(u64, TryInputs)>)>,
}

impl TryPlan {
    /// Decides which try this is: one that was begun with the same inputs, the last one if nothing has changed since,
    /// or else a new one.
    fn of(
        arguments: &RubricTry,
        history: &History,
        task: &Task,
        inputs: TryInputs,
    ) -> Result<Self> {
        if let Some(against) = &arguments.against {
            RunFile::open(against)?;
        }
        let (rubric, part) = (&task.rubric.rubric.name, part(arguments));
        let is_same = |one: &&BegunTry| one.part == part && one.inputs == inputs;
        let unfinished = history.begun_of(rubric).rfind(is_same);
        let last = history.last(rubric, part);
        let unchanged = last.filter(|last| last.inputs == inputs && Path::new(&last.run).exists());
        let (begun, is_new, is_unknown) = match (unfinished, unchanged) {
            (Some(begun), _) => (begun.clone(), true, false),
            (None, Some(last)) => {
                let begun = BegunTry {
                    begun: last.number,
                    rubric: rubric.clone(),
                    part,
                    run: last.run.clone(),
                    inputs,
                    at: last.at,
                };
                (begun, false, false)
            }
            (None, None) => {
                if let Some(lost) = last.filter(|last| last.inputs == inputs) {
                    warn_of_lost_run(lost, "what it judged is judged again");
                }
                let folder = Project::find(arguments.config.as_deref())?.tries();
                let (number, run) = free_file(&folder, rubric, part, history.next_number(rubric));
                let run = run.display().to_string();
                let at = seconds_since_1970();
                (
                    BegunTry { begun: number, rubric: rubric.clone(), part, run, inputs, at },
                    true,
                    true,
                )
            }
        };
        let against = against(arguments, history, &begun);
        Ok(Self { begun, is_new, is_unknown, against })
    }
}

/// Returns the run that a try is compared with: the one that is named, or that of the last try before it.
fn against(
    arguments: &RubricTry,
    history: &History,
    begun: &BegunTry,
) -> Option<(PathBuf, Option<(u64, TryInputs)>)> {
    if begun.part == Part::Test {
        return None;
    }
    if let Some(against) = &arguments.against {
        return Some((against.clone(), None));
    }
    let earlier = history.of(&begun.rubric);
    let mut earlier = earlier.filter(|one| {
        one.part == Part::Dev && one.number != begun.begun && one.number < begun.begun
    });
    let last = earlier.next_back()?;
    let path = PathBuf::from(&last.run);
    if !path.exists() {
        // Where nothing has changed since, it has been said.
        if last.inputs != begun.inputs {
            warn_of_lost_run(last, "this try is compared with none");
        }
        return None;
    }
    Some((path, Some((last.number, last.inputs.clone()))))
}

fn warn_of_lost_run(lost: &Try, effect: &str) {
    // The test half is compared with no run.
    let or_else = if lost.part == Part::Dev { ", or name another run by --against" } else { "" };
    print_warning(&format!(
        "the run of try {} was not found at {}, so that {effect}: put the file back there{or_else}",
        lost.number, lost.run
    ));
}

/// Returns the first number from one on whose run file does not exist, with the path of that file.
fn free_file(folder: &Path, rubric: &str, part: Part, from: u64) -> (u64, PathBuf) {
    let is_plain = |char: char| char.is_alphanumeric() || "-_.+".contains(char);
    let name: String = rubric.chars().map(|char| if is_plain(char) { char } else { '-' }).collect();
    let suffix = if part == Part::Test { "-test" } else { "" };
    let mut number = from;
    loop {
        let file = folder.join(format!("{name}-{number:04}{suffix}.db"));
        if !file.exists() {
            return (number, file);
        }
        number += 1;
    }
}

/// Returns the runs whose replies are copied. Judges that cost nothing are asked again: what they answer may have
/// changed without their requests.
fn reused_runs(
    arguments: &RubricTry,
    history: &History,
    task: &Task,
    plan: &TryPlan,
) -> Vec<PathBuf> {
    if task.judges.iter().all(|judge| judge.settings().is_local()) {
        return Vec::new();
    }
    let rubric = &plan.begun.rubric;
    let complete = history.of(rubric).map(|one| (one.number, &one.run));
    let begun = history.begun_of(rubric).map(|one| (one.begun, &one.run));
    let mut earlier: Vec<(u64, PathBuf)> =
        complete.chain(begun).map(|(number, run)| (number, PathBuf::from(run))).collect();
    earlier.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    let is_usable =
        |run: &PathBuf| *run != Path::new(&plan.begun.run) && RunFile::open(run).is_ok();
    let earlier = earlier.into_iter().map(|(_, run)| run).filter(is_usable).take(MOST_REUSED);
    arguments.against.iter().cloned().chain(earlier).collect()
}

fn print_plan(plan: &TryPlan, task: &Task, selection: &TrySelection) {
    let TryPlan { begun, is_new, is_unknown, .. } = plan;
    let judges: Vec<&str> =
        task.judges.iter().map(|judge| judge.settings().name.as_str()).collect();
    let again = match (is_new, is_unknown) {
        (true, true) => "",
        (true, false) => "; it was begun before and is resumed",
        _ => "; nothing has changed since, so that it is reported again",
    };
    print_note(format_args!(
        "try {} of {} {}, judge {}{again}",
        begun.begun,
        begun.rubric,
        task.rubric.rubric.version,
        judges.join(" + ")
    ));
    let left_out = match selection.left_out {
        0 => String::new(),
        left_out => format!(
            "; {} without a label left out (--all judges them)",
            counted(left_out, "comparison")
        ),
    };
    print_note(format_args!(
        "{} half of the items: {}, {} labelled{left_out}",
        begun.part.as_str(),
        counted(selection.chosen.comparisons(), "comparison"),
        selection.labelled
    ));
}

/// Judges what is open. Returns the session, the number of requests if it is complete, and the exit code.
fn judge(
    arguments: &RubricTry,
    task: Task,
    plan: &TryPlan,
    history: &Path,
) -> Result<(Session, Option<u64>, ExitCode)> {
    let (budget, scope) = (&arguments.budget, arguments.scope());
    let rubric = task.rubric.clone();
    let task = task.prepare()?;
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
        failures.add(record);
    })?;
    let open = StillOpen { open, needs: needs(budget, scope, &session, &asked)? };
    warn_of_requests(&session, &asked);
    warn_of_losses(&summary, &failures, open.count());
    let code = conclude(&run, &summary, &asked, &open)?;
    Ok((session, Some(asked.counts.requests), code))
}

/// What a try came to.
struct Measured {
    one: Try,
    results: Calibration,
    summary: RunSummary,
    /// The comparison with an earlier run.
    compared: Option<ComparedRuns>,
}

fn measure(
    arguments: &RubricTry,
    session: &Session,
    labels: &DataFile,
    plan: &TryPlan,
    history: &History,
) -> Result<Measured> {
    let open = || -> Result<RunFile> {
        let mut run = session.run()?;
        run.use_rubric(session.task().rubric().clone())?;
        run.select(session.planned_rows().clone());
        Ok(run)
    };
    let run = open()?;
    let part = plan.begun.part;
    let options = CalibrationOptions { judge: None, part: Some(part), error_rates: None };
    let mut results = calibrate(&run, labels, options)?;
    let summary = summarise(&run, |_| ())?;
    let version = &run.rubric().version;
    if part == Part::Test {
        let look = TestLook {
            rubric: plan.begun.rubric.clone(),
            version: version.clone(),
            judge: results.judge.clone(),
            run: plan.begun.run.clone(),
            at: seconds_since_1970(),
        };
        // Log the look before printing anything, so that no look goes uncounted.
        results.record_test_look(look.log(&TestLook::log_beside(&arguments.labels)?)?);
    }
    let mut one = Try::new(&plan.begun, version, &results, &summary.judges);
    one.labels = arguments.labels.display().to_string();
    one.at = seconds_since_1970();
    if session.task().judges().all(JudgeSettings::is_local) {
        one.cost_usd = Some(0.0);
    }
    let compared = match &plan.against {
        Some((path, _)) => compare(path, open()?, labels),
        None => None,
    };
    if let (Some(compared), Some((_, earlier))) = (&compared, &plan.against) {
        let labels_changed =
            earlier.as_ref().is_some_and(|(_, inputs)| inputs.labels != plan.begun.inputs.labels);
        let number = earlier.as_ref().map(|(number, _)| *number);
        one.changes = Some(TryChanges::of(&compared.diff, number, labels_changed));
    }
    // What the history has of it stays: the try that it was compared with may be gone.
    if let Some(known) = history.of(&one.rubric).find(|known| known.number == one.number)
        && one.changes.is_none()
    {
        one.changes.clone_from(&known.changes);
    }
    Ok(Measured { one, results, summary, compared })
}

/// Compares a try with an earlier run. That they have nothing in common does not undo the try.
fn compare(before: &Path, after: RunFile, labels: &DataFile) -> Option<ComparedRuns> {
    let options =
        DiffOptions { part: Some(Part::Dev), labels: Some(labels), ..DiffOptions::default() };
    let compared = RunFile::open(before).and_then(|before| {
        // Two judges of different names are compared as what each run reports.
        let names = [&before, &after].map(|run| match run.judges() {
            [only] => Some(only.record.name.clone()),
            _ => None,
        });
        let [judge, judge_after] = names.each_ref().map(Option::as_deref);
        compare_runs(before, after, DiffOptions { judge, judge_after, ..options })
    });
    match compared {
        Ok(compared) => Some(compared),
        Err(error) => {
            let details: Vec<String> =
                error.details().iter().map(|detail| format!("; {detail}")).collect();
            print_warning(&format!("this try is compared with none: {error}{}", details.concat()));
            None
        }
    }
}

fn print_result(arguments: &RubricTry, measured: &Measured) -> Result<()> {
    let Measured { one, results, compared, .. } = measured;
    let mut wording = Wording::default();
    wording.format = "--format";
    let mut text = String::new();
    match arguments.format {
        Format::Table => {
            if let Some(compared) = compared {
                diff_table(
                    compared,
                    arguments.cases.min(compared.changed_cases()),
                    wording,
                    |piece| {
                        text.push_str(piece);
                        Ok(())
                    },
                )?;
                text.push('\n');
            }
            text.push_str(&try_table(one, results, wording));
        }
        Format::Json => {
            let mut diff = String::new();
            if let Some(compared) = compared {
                diff_json(compared, arguments.cases.min(compared.changed_cases()), |piece| {
                    diff.push_str(piece);
                    Ok(())
                })?;
            }
            let failed =
                |error| Error::internal(format!("cannot write the result as JSON: {error}"));
            let diff = match diff.as_str() {
                "" => Value::Null,
                diff => serde_json::from_str(diff).map_err(failed)?,
            };
            let calibration = serde_json::to_value(results).map_err(failed)?;
            let document = json!({ "try": one, "calibration": calibration, "diff": diff });
            text = format!("{}\n", json_line(&document.to_string()));
        }
    }
    print(&text).map(|_| ())
}
