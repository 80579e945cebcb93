//! Opens a run and restricts it to the comparisons that the flags name.

use std::path::Path;

use evenhand::input::{DataFile, ItemColumns, KnownItems, TagFilter, item_names};
use evenhand::report::count;
use evenhand::store::RunFile;
use evenhand::verdict::Outcome;
use evenhand::{Error, Result};

use super::arguments::{SelectionArguments, or_stdin};
use super::{open_any_run, open_run, print_error_line, print_warning};

/// Opens a run, to be read with another rubric where one is named, and selects what the flags name. What `--items`
/// leaves out is counted on stderr.
pub(super) fn open_selected_run(
    path: &Path,
    rubric: Option<&str>,
    config: Option<&Path>,
    selection: &SelectionArguments,
) -> Result<RunFile> {
    selected(open_run(path, rubric, config)?, selection)
}

/// Opens a run of comparisons or of grades like [`open_selected_run`].
pub(super) fn open_selected_any_run(
    path: &Path,
    rubric: Option<&str>,
    config: Option<&Path>,
    selection: &SelectionArguments,
) -> Result<RunFile> {
    selected(open_any_run(path, rubric, config)?, selection)
}

/// Returns a run with the verdicts of the judge that a command names: of a cascade its final verdicts, or those of one of
/// its judges. Warns where that judge was asked about a selection.
pub(super) fn of_judge(run: RunFile, judge: Option<&str>) -> Result<RunFile> {
    let run = run.of_judge(judge)?;
    if let Some(cascade) = run.reads_sent_only() {
        print_warning(&format!(
            "{} was asked only about what {} left to it ({}), and everything here is about that selection",
            cascade.strong, cascade.cheap, cascade.rule
        ));
    }
    Ok(run)
}

fn selected(mut run: RunFile, selection: &SelectionArguments) -> Result<RunFile> {
    if let Some(file) = &selection.items {
        select_items(&mut run, file)?;
    }
    if !selection.tag.is_empty() {
        let items = run.items_with_tags(&TagFilter::new(selection.tag.iter().cloned()))?;
        let rows = run.rows_where(|comparison| items.contains(comparison.item))?;
        run.select(rows);
    }
    Ok(run)
}

fn select_items(run: &mut RunFile, file: &Path) -> Result<()> {
    let items = item_names(&or_stdin(DataFile::items(file, ItemColumns::default())))?;
    let mut left_out = 0;
    let [one, several] = if run.rubric().scale.is_some() {
        ["response", "responses"]
    } else {
        ["comparison", "comparisons"]
    };
    let rows = run.rows_where(|comparison| {
        let is_in_file = contains(&items, &comparison.id, &comparison.between);
        left_out += u64::from(!is_in_file);
        is_in_file
    })?;
    if rows.is_empty() {
        return Err(Error::input(format!(
            "{}: no {one} of {} is in this file",
            file.display(),
            run.path().display()
        ))
        .hint("use the items file that the run was judged on"));
    }
    if left_out > 0 {
        let (what, are) = if left_out == 1 { (one, "is") } else { (several, "are") };
        print_error_line(format_args!(
            "{} {what} of the run {are} not in {} and left out",
            count(left_out),
            file.display()
        ));
    }
    run.select(rows);
    Ok(())
}

/// Returns whether an item is in a file. Its responses must be there too, unless the file has none of them: they may
/// be in files of their own. A graded response has no second system.
fn contains(items: &KnownItems, id: &str, between: &[String; 2]) -> bool {
    let Some(number) = items.number(id) else { return false };
    let systems = items.systems(number);
    let is_there = |system: &String| systems.iter().any(|known| **known == **system);
    let mut needed = between.iter().filter(|system| !system.is_empty());
    systems.len() < needed.clone().count() || needed.all(is_there)
}

/// Every outcome of the default rule, of a judge or a jury.
pub(super) const OUTCOMES: [Outcome; 7] = [
    Outcome::Kept,
    Outcome::Flipped,
    Outcome::Split,
    Outcome::Unparsed,
    Outcome::Failed,
    Outcome::Pending,
    Outcome::Hung,
];

/// Every outcome of grades, of a judge or a jury.
pub(super) const GRADE_OUTCOMES: [Outcome; 6] = [
    Outcome::Kept,
    Outcome::Changed,
    Outcome::Unparsed,
    Outcome::Failed,
    Outcome::Pending,
    Outcome::Hung,
];

/// Checks a word of `--outcome` before it is known whether the run has comparisons or grades: neither has other outcomes.
pub(super) fn check_outcome(word: Option<&str>) -> Result<()> {
    let Some(word) = word else { return Ok(()) };
    let all = [Outcome::Undecided, Outcome::Changed];
    let all: Vec<Outcome> = OUTCOMES.into_iter().chain(all).collect();
    outcome_named(word, &all).map(drop)
}

/// Returns the outcome, one of those that there can be, that a word of `--outcome` names.
pub(super) fn outcome_named(word: &str, possible: &[Outcome]) -> Result<Outcome> {
    possible.iter().copied().find(|outcome| outcome.as_str() == word).ok_or_else(|| {
        let known: Vec<&str> = possible.iter().map(|outcome| outcome.as_str()).collect();
        Error::usage(format!("--outcome: unknown outcome `{word}`"))
            .hint(format!("expected one of {}", known.join(", ")))
    })
}
