//! Decides whether a run file contains the run that a command describes.
//!
//! A run is identified by what its requests are: model, endpoint, parameters, what rubric and prompt render
//! to, seed, format. A change there is another run. What the rubric uses only for reading replies (patterns,
//! `take`) is not part of the identity, nor are rates, prices and keys.

use std::path::Path;

use super::manifest::{JudgeRecord, Manifest};
use crate::error::{Error, Remedy, Result};
use crate::input::{Item, LoadedRubric};
use crate::judge::RequestedOutput;

/// Checks that seed and judges are those of a stored run.
///
/// What the prompt renders to is checked request by request: see [`RunFile::check_requests`].
///
/// [`RunFile::check_requests`]: super::RunFile::check_requests
///
/// # Errors
///
/// The seed, the names of the judges, or a judge's model, endpoint or parameter differ; the message names the
/// field and both values.
pub fn check_identity(
    path: &Path,
    stored: &Manifest,
    stored_judges: &[JudgeRecord],
    seed: u64,
    judges: &[JudgeRecord],
) -> Result<()> {
    if stored.seed != seed {
        return Err(differs(path, "seed", &stored.seed.to_string(), &seed.to_string()));
    }
    let names = |judges: &[JudgeRecord]| {
        judges.iter().map(|judge| judge.name.as_str()).collect::<Vec<_>>().join(", ")
    };
    let mut sorted: [Vec<&JudgeRecord>; 2] =
        [stored_judges.iter().collect(), judges.iter().collect()];
    for judges in &mut sorted {
        judges.sort_by(|one, two| one.name.cmp(&two.name));
    }
    let [before, now] = &sorted;
    if before.len() != now.len() || before.iter().zip(now).any(|(one, two)| one.name != two.name) {
        return Err(differs(path, "judge", &names(stored_judges), &names(judges)));
    }
    for (one, two) in before.iter().zip(now) {
        if let Some((field, stored, wanted)) = one.difference(two) {
            return Err(differs(path, &format!("judges.{}.{field}", one.name), &stored, &wanted));
        }
    }
    Ok(())
}

/// Returns the error for an item whose text is not the one that the run was judged on.
pub(super) fn item_changed(path: &Path, item: &Item, field: &str) -> Error {
    Error::identity(format!(
        "{}: {field} of item {} has changed since this run was judged",
        path.display(),
        item.id
    ))
    .detail(format!("it differs in {}", item.place))
    .suggest(Remedy::AnotherRunFileOrItemId(path.to_owned()))
}

/// Returns the name of the first part of two rubrics, or of their prompts, that differs and that requests
/// depend on.
pub(super) fn changed_part(before: &LoadedRubric, now: &LoadedRubric) -> String {
    let (one, two) = (&before.rubric, &now.rubric);
    let form = |rubric| RequestedOutput::of(rubric).describe();
    let parts = [
        ("rubric.name", one.name == two.name),
        ("rubric.version", one.version == two.version),
        ("rubric.description", one.description == two.description),
        ("rubric.ties", one.ties == two.ties),
        ("rubric.criteria", one.criteria == two.criteria),
        ("rubric.reply.format", form(one) == form(two)),
    ];
    if let Some((part, _)) = parts.iter().find(|(_, same)| !same) {
        return (*part).to_owned();
    }
    let changed = now.prompts.iter().find(|source| !before.prompts.contains(source));
    changed.map_or("prompt".to_owned(), |source| format!("prompts/{}", source.name))
}

/// Returns the error for a run whose identity differs in a field.
pub(super) fn differs(path: &Path, field: &str, stored: &str, wanted: &str) -> Error {
    Error::identity(format!("{}: this is another run: {field} differs", path.display()))
        .detail(format!("the run file has {stored}"))
        .detail(format!("this command has {wanted}"))
        .suggest(Remedy::AnotherRunFileReusing(path.to_owned()))
}
