//! The items files that `generate` writes: which they are, and that nothing of anybody is lost when they are replaced.

use std::path::{Path, PathBuf};

use evenhand::report::{counted, for_terminal};
use evenhand::run::{GenerationSession, PreparedGeneration};
use evenhand::store::WrittenItems;
use evenhand::{Error, Result};

use super::arguments::{Generate, is_stdin};
use super::output_file::{link_target, write_output};
use super::print_warning;
use super::project::is_same_file;

/// Returns the items file of each sample: `OUT.jsonl`, `OUT.2.jsonl`…
pub(super) fn outputs(to: &Path, samples: u32) -> Vec<PathBuf> {
    let stem = to.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
    let ending = to.extension().map(|ending| format!(".{}", ending.to_string_lossy()));
    let ending = ending.unwrap_or_default();
    let further = (2..=samples).map(|sample| to.with_file_name(format!("{stem}.{sample}{ending}")));
    std::iter::once(to.to_owned()).chain(further).collect()
}

/// Checks that every items file can be written, as far as that is known before anything is asked.
///
/// # Errors
///
/// A path cannot be that of an items file, two lead to one file, or a file must not be replaced.
pub(super) fn check_outputs(
    prompts: &Path,
    outputs: &[PathBuf],
    task: &PreparedGeneration,
) -> Result<()> {
    for output in outputs {
        check_path(prompts, output)?;
        replaced(task, output)?;
    }
    let Some((one, other)) = same_file(outputs) else { return Ok(()) };
    let (one, other) = (one.display(), other.display());
    Err(Error::usage(format!("{one} and {other} are the same file"))
        .hint("each sample needs a file of its own: remove the link"))
}

/// Refuses what cannot be an items file.
fn check_path(prompts: &Path, output: &Path) -> Result<()> {
    let shown = output.display();
    let refused = |why: &str, hint: &str| {
        Err(Error::usage(format!("--to {}: {why}", for_terminal(&shown.to_string(), false)))
            .hint(hint))
    };
    if !is_stdin(prompts) && is_same_file(prompts, output) {
        return refused("this is the file of the prompts", "name another file for the items");
    }
    let is_other = |ending: &std::ffi::OsStr| {
        ["csv", "tsv", "gz", "zst"].iter().any(|other| ending.eq_ignore_ascii_case(other))
    };
    if is_stdin(output) || output.extension().is_some_and(is_other) {
        return refused("items are written as JSONL to a file", "name a file that ends in .jsonl");
    }
    if output.exists() && !output.is_file() {
        return refused("this is not a file", "name a file that ends in .jsonl");
    }
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty());
    if folder.is_some_and(|folder| !folder.is_dir()) || output.file_name().is_none() {
        return refused(
            "its folder does not exist",
            "create the folder, or name a file in another one",
        );
    }
    Ok(())
}

/// Returns what the run file says of the file that is to be replaced; `None` if there is nothing in it.
///
/// # Errors
///
/// It is the run file, or one that the run file does not know as it is.
fn replaced(task: &PreparedGeneration, output: &Path) -> Result<Option<WrittenItems>> {
    let shown = for_terminal(&output.display().to_string(), false).into_owned();
    if real_path(output) == real_path(task.run_path()) {
        return Err(Error::usage(format!(
            "--to {shown}: this is the run file, which keeps the answers"
        ))
        .hint("name another file for the items"));
    }
    let is_empty = output.metadata().is_ok_and(|found| found.len() == 0);
    if !output.exists() || is_empty {
        return Ok(None);
    }
    if let Some(written) = task.written(output)? {
        return Ok(Some(written));
    }
    let run = task.run_path().display();
    let error = if task.run_path().exists() {
        Error::usage(format!("--to {shown}: the file exists and is not as {run} has written it"))
            .detail("it is of another command, or was changed since")
            .hint("name another file, or move this one away: the items are written again without asking")
    } else {
        Error::usage(format!(
            "--to {shown}: the file exists, and there is no {run} that has written it"
        ))
        .hint("name another file, or with --run the run file that keeps its answers")
    };
    Err(error)
}

/// Returns two paths that lead to one file.
fn same_file(paths: &[PathBuf]) -> Option<(&PathBuf, &PathBuf)> {
    let real: Vec<PathBuf> = paths.iter().map(|path| real_path(path)).collect();
    let pairs =
        (0..paths.len()).flat_map(|one| (one + 1..paths.len()).map(move |other| (one, other)));
    let mut same = pairs.filter(|(one, other)| real[*one] == real[*other]);
    same.next().map(|(one, other)| (&paths[one], &paths[other]))
}

/// Returns a path by which a file is known whatever the working folder is, also one that does not exist yet.
fn real_path(path: &Path) -> PathBuf {
    if let Ok(path) = path.canonicalize() {
        return path;
    }
    let target = link_target(path);
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new(".")).canonicalize();
    match (folder, target.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

/// Writes the items of a sample. The run file knows what is written before it is, since the process may be killed between.
pub(super) fn write_items(
    session: &mut GenerationSession,
    sample: u32,
    output: &Path,
) -> Result<()> {
    let items = session.write_items(sample, &mut std::io::sink())?;
    let run = session.task().run_path().display().to_string();
    // Somebody may have written it meanwhile.
    let before = replaced(session.task(), output)
        .map_err(|error| error.detail(format!("every answer is in {run}")))?;
    if let Some(lost) = before.and_then(|before| lost(output, &before, &items)) {
        print_warning(&lost);
    }
    session.record_output(items)?;
    write_output(output, |file| session.write_items(sample, file).map(|_| ())).map_err(|error| {
        error.detail(format!("every answer is in {run}; the same command writes the items again"))
    })
}

/// Returns the warning about systems and items that the file to be replaced has and the new one has not.
fn lost(output: &Path, before: &WrittenItems, now: &WrittenItems) -> Option<String> {
    let shown = output.display();
    let gone = before.systems.iter().filter(|system| !now.systems.contains(system));
    let gone: Vec<&str> = gone.map(String::as_str).collect();
    if let Some(first) = gone.first() {
        return Some(format!(
            "{shown} had responses of {}, which are not written again; name every system of the file (--system {first}), \
             which asks nothing twice",
            gone.join(", ")
        ));
    }
    (now.items < before.items).then(|| {
        format!("{shown} had {}, and has {} now", counted(before.items, "item"), now.items)
    })
}

/// Warns of a file of a further sample that an earlier command has written and this one does not.
pub(super) fn warn_of_further_sample(
    arguments: &Generate,
    task: &PreparedGeneration,
) -> Result<()> {
    let further = outputs(&arguments.to, arguments.samples + 1).pop();
    let Some(further) = further.filter(|further| further.is_file()) else { return Ok(()) };
    if task.written(&further)?.is_some() {
        print_warning(&format!(
            "{} is of an earlier command with more samples, and is not written again",
            further.display()
        ));
    }
    Ok(())
}
