//! `evenhand merge`: merges run files of one identity.

use evenhand::report::{count, counted};
use evenhand::store::{
    GradeRecord, GradeRun, MergeReport, RunFile, Store, VerdictRecord, merge, missing_comparisons,
};
use evenhand::verdict::Outcome;
use evenhand::{Error, ExitCode, Result};

use super::arguments::Merge;
use super::heartbeat::Heartbeat;
use super::project::is_same_file;
use super::{print_note, print_warning};

/// Merges the runs and reports what was added.
pub(crate) fn run(arguments: &Merge) -> Result<ExitCode> {
    let _busy = Heartbeat::start("merging");
    let into = &arguments.run;
    if arguments.runs.iter().any(|run| is_same_file(run, into)) {
        return Err(Error::usage(format!("{}: given both as RUN and as --run", into.display()))
            .hint("name another file for the merged run"));
    }
    let runs: Vec<RunFile> =
        arguments.runs.iter().map(|path| RunFile::open_any(path)).collect::<Result<_>>()?;
    let mut store = Store::open(into)?;
    let MergeReport { comparisons, attempts, already_present, conflicting } =
        merge(&mut store, &runs)?;
    store.finalize();
    let run = store.reader()?;
    let is_graded = run.rubric().scale.is_some();
    let unit = if is_graded { "response" } else { "comparison" };
    print_note(format_args!(
        "{} merged into {}: {} and {} added, {} already there",
        counted(runs.len() as u64, "run"),
        into.display(),
        counted(comparisons, unit),
        counted(attempts, "attempt"),
        count(already_present)
    ));
    if conflicting > 0 {
        print_warning(&format!(
            "{} {} different replies in several runs; the first readable one counts",
            counted(conflicting, "trial"),
            if conflicting == 1 { "has" } else { "have" }
        ));
    }
    let missing = missing_comparisons(&run)?;
    if missing > 0 {
        print_warning(&format!(
            "at least {} of the plan {} in none of these runs; check that no shard is missing",
            counted(missing, unit),
            if missing == 1 { "is" } else { "are" }
        ));
    }
    let pending = pending(run)?;
    if pending > 0 {
        let into = into.display();
        let ask = if is_graded {
            format!("`evenhand grade --run {into}`, without --shard")
        } else {
            format!("`evenhand judge --run {into}`, without --shard")
        };
        print_warning(&format!("{} still open; ask them with {ask}", counted(pending, unit)));
    }
    let into = into.display();
    print_note(format_args!(
        "\nnext: evenhand verdicts {into}\n      evenhand calibrate {into} --labels FILE"
    ));
    Ok(ExitCode::Done)
}

/// Returns how many comparisons or responses a judge is still to be asked about.
fn pending(run: RunFile) -> Result<u64> {
    let mut pending: u64 = 0;
    if run.rubric().scale.is_some() {
        GradeRun::of(run)?.for_each(|record| {
            let open = |judged: &GradeRecord| judged.verdict.outcome == Outcome::Pending;
            pending += u64::from(record.judged.iter().any(open));
            Ok(())
        })?;
    } else {
        run.for_each(|record| {
            let open = |judged: &VerdictRecord| judged.verdict.outcome == Outcome::Pending;
            pending += u64::from(record.judged.iter().any(open));
            Ok(())
        })?;
    }
    Ok(pending)
}
