//! `evenhand rubric preview`: what judges are asked about one item, and what they answered.

use std::sync::Arc;

use evenhand::cases::{GradePreview, Preview, PreviewedRun};
use evenhand::error::nearest;
use evenhand::input::{Item, ItemSource, LoadedRubric};
use evenhand::prompt::Prompt;
use evenhand::report::{grade_preview_json, grade_preview_text, preview_json, preview_text};
use evenhand::store::RunFile;
use evenhand::trial::{Comparison, Plan, SystemResponse};
use evenhand::{Error, ExitCode, Result};

use crate::cli::arguments::{Format, RubricPreview};
use crate::cli::project::Project;
use crate::cli::{print, print_json, print_warning};

/// Prints the messages of every comparison of the item.
pub(super) fn run(arguments: &RubricPreview) -> Result<ExitCode> {
    let rubric = Project::find(arguments.config.as_deref())?.rubric(&arguments.rubric)?;
    let prompt = Prompt::compile(&rubric)?;
    let source = arguments.table.source(&arguments.items, &arguments.responses, None)?;
    let source =
        if rubric.rubric.scale.is_some() { source.with_single_responses() } else { source };
    let item = Arc::new(find(&source, &arguments.id)?);
    if rubric.rubric.scale.is_some() {
        return preview_grades(arguments, &rubric, &prompt, &item);
    }
    let comparisons = chosen(arguments, &item)?;
    let mut run = match &arguments.run {
        Some(path) => Some(PreviewedRun::new(RunFile::open(path)?, rubric.clone())),
        None => None,
    };
    let mut previews = Vec::new();
    for comparison in &comparisons {
        previews.push(Preview::of(&prompt, comparison, run.as_mut())?);
    }
    let note = run.as_ref().and_then(|run| run.note.as_deref());
    if let Some(note) = note {
        print_warning(note);
    }
    if let (Some(path), true) = (&arguments.run, previews.iter().any(|one| one.verdicts.is_none()))
    {
        print_warning(&format!(
            "{}: the run has not every comparison of item {}",
            path.display(),
            arguments.id
        ));
    }
    match arguments.format {
        Format::Table => {
            let texts: Vec<String> = previews.iter().map(preview_text).collect();
            print(&texts.join("\n"))?
        }
        Format::Json => {
            let document = preview_json(&rubric, &previews, note);
            print_json(&document)?
        }
    };
    Ok(ExitCode::Done)
}

/// Prints the messages about every response of the item, or about those of the systems that are named.
fn preview_grades(
    arguments: &RubricPreview,
    rubric: &LoadedRubric,
    prompt: &Prompt,
    item: &Arc<Item>,
) -> Result<ExitCode> {
    if let Some(path) = &arguments.run {
        return Err(Error::usage("--run: answers are not shown beside the messages of grades")
            .hint(format!("`evenhand show {} --id {}` shows them", path.display(), item.id)));
    }
    check_systems(arguments, item)?;
    let is_wanted = |system: &&String| {
        arguments.system.is_empty() || arguments.system.iter().any(|named| named == *system)
    };
    let previews = item.responses.keys().filter(is_wanted).map(|system| {
        let response = SystemResponse { item: Arc::clone(item), system: system.clone() };
        GradePreview::of(prompt, &response)
    });
    let previews = previews.collect::<Result<Vec<GradePreview>>>()?;
    match arguments.format {
        Format::Table => {
            let texts: Vec<String> = previews.iter().map(grade_preview_text).collect();
            print(&texts.join("\n"))?
        }
        Format::Json => print_json(&grade_preview_json(rubric, &previews))?,
    };
    Ok(ExitCode::Done)
}

/// Returns the item with an id; all are read, so that a repeated id is an error here too.
fn find(source: &ItemSource, id: &str) -> Result<Item> {
    let mut reader = source.read()?;
    let (mut found, mut close) = (None, None);
    while let Some(batch) = reader.next_batch()? {
        for item in batch {
            if close.is_none() {
                close = nearest(id, [item.id.as_str()]).map(ToOwned::to_owned);
            }
            if item.id == id {
                found = Some(item);
            }
        }
    }
    reader.finish()?;
    found.ok_or_else(|| {
        let error = Error::input(format!("{}: there is no item `{id}`", source.path().display()));
        match close {
            Some(close) => error.hint(format!("did you mean `{close}`?")),
            None => error.hint("--id is the id of an item in this file"),
        }
    })
}

/// Checks that the item has the systems that are named.
fn check_systems(arguments: &RubricPreview, item: &Item) -> Result<()> {
    let mut unknown =
        arguments.system.iter().filter(|system| !item.responses.contains_key(*system));
    let Some(system) = unknown.next() else { return Ok(()) };
    let known: Vec<&str> = item.responses.keys().map(String::as_str).collect();
    Err(Error::usage(format!("--system: item {} has no `{system}`", item.id))
        .hint(format!("its systems are: {}", known.join(", "))))
}

/// Returns the comparisons of the item between the systems that are named.
fn chosen(arguments: &RubricPreview, item: &Arc<Item>) -> Result<Vec<Comparison>> {
    check_systems(arguments, item)?;
    let mut comparisons = Plan::default().comparisons(item);
    comparisons.retain(|comparison| {
        arguments.system.iter().all(|system| comparison.between.contains(system))
    });
    if comparisons.is_empty() {
        return Err(Error::usage("--system: no comparison has all of these systems")
            .hint("a comparison has two systems"));
    }
    Ok(comparisons)
}
