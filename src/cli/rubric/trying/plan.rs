//! Which try is made, what it is compared with, and which replies it copies.

use std::path::{Path, PathBuf};

use evenhand::Result;
use evenhand::calibration::Part;
use evenhand::report::counted;
use evenhand::run::Task;
use evenhand::store::{GradeRun, RunFile};
use evenhand::trial::Unit;
use evenhand::tries::{BegunTry, History, TryFacts, TryInputs, TrySelection};

use crate::cli::arguments::RubricTry;
use crate::cli::project::Project;
use crate::cli::unit::unit_name;
use crate::cli::{print_note, print_warning, seconds_since_1970};

/// Replies are copied from at most so many earlier tries, the latest first.
const MOST_REUSED: usize = 5;

/// Returns the half of the items that a try is about.
pub(super) fn part(arguments: &RubricTry) -> Part {
    if arguments.test { Part::Test } else { Part::Dev }
}

/// Which try is made, and what it is compared with.
pub(super) struct TryPlan {
    pub(super) unit: Unit,
    pub(super) begun: BegunTry,
    /// Whether the history has no numbers of it yet.
    pub(super) is_new: bool,
    /// Whether the history has no line of it at all.
    pub(super) is_unknown: bool,
    /// The run that it is compared with, with the number and the inputs of its try.
    pub(super) against: Option<(PathBuf, Option<(u64, TryInputs)>)>,
}

impl TryPlan {
    /// Decides which try this is: one that was begun with the same inputs, the last one if nothing has changed since,
    /// or else a new one.
    pub(super) fn of(
        arguments: &RubricTry,
        history: &History,
        task: &Task,
        inputs: TryInputs,
    ) -> Result<Self> {
        let (rubric, part) = (&task.rubric.rubric.name, part(arguments));
        let unit = Unit::of(&task.rubric.rubric);
        if let Some(against) = &arguments.against {
            check_unit(against, unit)?;
        }
        let is_same = |one: &&BegunTry| one.part == part && one.inputs == inputs;
        let unfinished = history.begun_of(rubric).rfind(is_same);
        let last = history.last(rubric, part).map(|last| &last.facts);
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
                    warn_of_lost_run(lost, "everything is asked again");
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
        let against = against(arguments, history, &begun, unit);
        Ok(Self { unit, begun, is_new, is_unknown, against })
    }
}

/// Checks that a run can be read and is of the kind that a try is compared with.
fn check_unit(run: &Path, unit: Unit) -> Result<()> {
    match unit {
        Unit::Comparison => RunFile::open(run).map(|_| ()),
        Unit::Response => GradeRun::open(run).map(|_| ()),
    }
}

/// Returns the run that a try is compared with: the one that is named, or that of the last try before it. A rubric that
/// once compared and now grades begins anew: its tries of the other kind have no number in common with these.
fn against(
    arguments: &RubricTry,
    history: &History,
    begun: &BegunTry,
    unit: Unit,
) -> Option<(PathBuf, Option<(u64, TryInputs)>)> {
    if begun.part == Part::Test {
        return None;
    }
    if let Some(against) = &arguments.against {
        return Some((against.clone(), None));
    }
    let earlier = history.of(&begun.rubric).filter(|one| one.unit() == unit);
    let mut earlier = earlier.map(|one| &one.facts);
    let last = earlier.rfind(|one| one.part == Part::Dev && one.number < begun.begun)?;
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

fn warn_of_lost_run(lost: &TryFacts, effect: &str) {
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
pub(super) fn reused_runs(
    arguments: &RubricTry,
    history: &History,
    task: &Task,
    plan: &TryPlan,
) -> Vec<PathBuf> {
    if task.judges.iter().all(|judge| judge.settings().is_local()) {
        return Vec::new();
    }
    let rubric = &plan.begun.rubric;
    let complete = history.of(rubric).map(|one| (one.facts.number, &one.facts.run));
    let begun = history.begun_of(rubric).map(|one| (one.begun, &one.run));
    let mut earlier: Vec<(u64, PathBuf)> =
        complete.chain(begun).map(|(number, run)| (number, PathBuf::from(run))).collect();
    earlier.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    let is_usable =
        |run: &PathBuf| *run != Path::new(&plan.begun.run) && check_unit(run, plan.unit).is_ok();
    let earlier = earlier.into_iter().map(|(_, run)| run).filter(is_usable).take(MOST_REUSED);
    arguments.against.iter().cloned().chain(earlier).collect()
}

pub(super) fn print_plan(plan: &TryPlan, task: &Task, selection: &TrySelection) {
    let TryPlan { unit, begun, is_new, is_unknown, .. } = plan;
    let unit = unit_name(*unit);
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
            "; {} without a label left out (--all asks about them too)",
            counted(left_out, unit)
        ),
    };
    print_note(format_args!(
        "{} half of the items: {}, {} labelled{left_out}",
        begun.part.as_str(),
        counted(selection.chosen.len() as u64, unit),
        selection.labelled
    ));
}
