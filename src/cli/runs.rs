//! `evenhand runs`: lists the runs of a folder. `evenhand runs prune`: deletes old ones.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::time::Duration;

use evenhand::report::{bytes, counted, date, run_list_json, run_table};
use evenhand::run::{ListedRun, RunList, RunState, list_runs, remove_listed_run};
use evenhand::{Error, ExitCode, Result};

use super::arguments::{Format, Prune, Runs, RunsCommand};
use super::environment::optional_variable;
use super::project::{Project, is_same_file};
use super::{now, print, print_json, print_note, print_warning};

/// Lists runs, or deletes old ones.
pub(crate) fn run(arguments: &Runs) -> Result<ExitCode> {
    if let Some(RunsCommand::Prune(prune)) = &arguments.command {
        return self::prune(prune);
    }
    let list = runs_in(arguments.folder.as_deref())?;
    match arguments.format {
        Format::Table => print(&run_table(&list))?,
        Format::Json => print_json(&run_list_json(&list))?,
    };
    Ok(ExitCode::Done)
}

/// Lists the runs of a folder, or those of the project, which may have none yet.
fn runs_in(named: Option<&Path>) -> Result<RunList> {
    if let Some(folder) = named {
        return list_runs(folder);
    }
    let folder = Project::find(None)?.runs();
    if folder.exists() { list_runs(&folder) } else { Ok(RunList::default()) }
}

/// Deletes the complete runs that are old enough, after it has said which and has been told to.
fn prune(arguments: &Prune) -> Result<ExitCode> {
    let list = runs_in(arguments.folder.as_deref())?;
    let (mut old, mut kept) = (Vec::new(), Vec::new());
    for run in &list.runs {
        match reason_to_keep(run, arguments.older_than) {
            None => old.push(run),
            Some(reason) => kept.push(format!("kept: {}: {reason}\n", run.path.display())),
        }
    }
    for line in kept {
        print_note(format_args!("{}", line.trim_end()));
    }
    if old.is_empty() {
        print_note(format_args!("there is nothing to delete"));
        return Ok(ExitCode::Done);
    }
    let will = if arguments.dry_run { "would delete" } else { "to delete" };
    for run in &old {
        let written = run.written.map(date).unwrap_or_default();
        let (path, size) = (run.path.display(), bytes(run.bytes));
        print(&format!("{will}: {path}: complete, {size}, last written {written}\n"))?;
    }
    if arguments.dry_run {
        return Ok(ExitCode::Done);
    }
    let size = bytes(old.iter().map(|run| run.bytes).sum());
    let runs = counted(old.len() as u64, "run");
    if !arguments.yes && !is_confirmed(&format!("Delete {runs} ({size}) for good? [y/N] "))? {
        print_note(format_args!("nothing was deleted"));
        return Ok(ExitCode::Done);
    }
    delete(&old)
}

/// Returns why a run is not deleted; `None` if it is complete and old enough.
fn reason_to_keep(run: &ListedRun, older_than: Duration) -> Option<String> {
    let is_of_job = optional_variable("EVENHAND_RUN")
        .is_some_and(|named| is_same_file(Path::new(&named), &run.path));
    let age = run.written.and_then(|written| now().duration_since(written).ok());
    let reason = match &run.state {
        RunState::Complete if run.is_link => "it is a link".to_owned(),
        RunState::Complete if is_of_job => "EVENHAND_RUN names it".to_owned(),
        RunState::Complete if let Some(link) = &run.linked_from => {
            format!("the link {} leads to it", link.display())
        }
        RunState::Complete => match age {
            Some(age) if age >= older_than => return None,
            Some(_) => format!("last written {}", run.written.map(date).unwrap_or_default()),
            None => "when it was last written is not known".to_owned(),
        },
        RunState::Open(open) => format!("{} still open", counted(*open, "comparison")),
        RunState::Responses => {
            "it has responses that were paid for, which `generate` uses again".to_owned()
        }
        RunState::Running => "a process is writing it".to_owned(),
        RunState::Interrupted => "interrupted, can be resumed".to_owned(),
        RunState::NewerFormat(format) => format!("format {format}, of a newer version"),
        RunState::Unreadable(reason) => format!("cannot be read: {reason}"),
        _ => "its state is not known".to_owned(),
    };
    Some(reason)
}

/// Asks a question on the terminal; only `y` and `yes` are a yes.
fn is_confirmed(question: &str) -> Result<bool> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Err(Error::usage("nothing was deleted: there is no terminal to ask on")
            .hint("--yes deletes without asking; --dry-run only shows what would be deleted"));
    }
    let asked = write!(std::io::stderr().lock(), "{question}");
    let mut answer = String::new();
    let read = asked.and_then(|()| std::io::stdin().read_line(&mut answer));
    let is_yes = matches!(answer.trim().to_lowercase().as_str(), "y" | "yes");
    Ok(read.is_ok() && is_yes)
}

fn delete(runs: &[&ListedRun]) -> Result<ExitCode> {
    let (mut deleted, mut freed) = (0, 0);
    let mut failed = None;
    for run in runs {
        match remove_listed_run(run) {
            Ok(true) => (deleted, freed) = (deleted + 1, freed + run.bytes),
            Ok(false) => print_warning(&format!(
                "{}: kept, since it has changed since it was listed",
                run.path.display()
            )),
            // The others can still be deleted.
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    print_note(format_args!("{} deleted, {} freed", counted(deleted, "run"), bytes(freed)));
    match failed {
        Some(error) => Err(error),
        None => Ok(ExitCode::Done),
    }
}
