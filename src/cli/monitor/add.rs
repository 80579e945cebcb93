//! `evenhand monitor add`: a run becomes an entry of a history.

use evenhand::monitor::{Added, Entry, EntryOptions, History, read_metrics};
use evenhand::report::counted;
use evenhand::store::GradeRun;
use evenhand::{ExitCode, Result};

use crate::cli::arguments::MonitorAdd;
use crate::cli::heartbeat::Heartbeat;
use crate::cli::selection::of_judge;
use crate::cli::{open_any_run, print_note, print_warning, seconds_since_1970};

/// Adds a run to a history.
pub(super) fn run(arguments: &MonitorAdd) -> Result<ExitCode> {
    let busy = Heartbeat::start("reading the run");
    let run = of_judge(open_any_run(&arguments.run, None, None)?, arguments.judge.as_deref())?;
    let (metrics, warnings) = match &arguments.metrics {
        Some(path) => read_metrics(path, &run)?,
        None => Default::default(),
    };
    for warning in warnings {
        print_warning(&warning.message);
    }
    let labels = arguments.labels.file();
    let options = EntryOptions {
        judge: arguments.judge.as_deref(),
        labels: labels.as_ref(),
        baseline: arguments.baseline,
        begins: arguments.new_baseline,
        now: seconds_since_1970(),
    };
    let entry = match run.rubric().scale {
        None => Entry::of_run(&run, metrics, options)?,
        Some(_) => Entry::of_grades(&GradeRun::of(run)?, metrics, options)?,
    };
    drop(busy);
    let unit = if entry.has_grades() { "response" } else { "comparison" };
    let open = entry.units.iter().filter(|one| one.outcome == "pending").count() as u64;
    if open > 0 {
        let without = if entry.has_grades() { "a grade" } else { "a verdict" };
        print_warning(&format!(
            "{} of the run still to be asked: they are added without {without}",
            counted(open, unit)
        ));
    }
    let (name, all) = (entry.entry.clone(), entry.units.len() as u64);
    let folder = arguments.history.display();
    match History::add(&arguments.history, entry)? {
        Added::New => print_note(format_args!(
            "added to {folder} as {name}: {}{}",
            counted(all, unit),
            if arguments.new_baseline {
                ", the beginning of a new baseline"
            } else if arguments.baseline {
                ", part of the baseline"
            } else {
                ""
            }
        )),
        Added::Replaced => print_note(format_args!(
            "added to {folder} as {name}, in place of the earlier entry of this run"
        )),
        Added::NowBaseline => {
            print_note(format_args!("{name} in {folder} is part of the baseline from now on"));
        }
        Added::Present => print_note(format_args!("{folder} has this run already, as {name}")),
    }
    Ok(ExitCode::Done)
}
