//! Decides whether a run file contains the run that a command describes.
//!
//! A run is identified by what its requests are: model, endpoint, parameters, what rubric and prompt render
//! to, seed, format. A change there is another run. What the rubric uses only for reading replies (patterns,
//! `take`) is not part of the identity, nor are rates, prices and keys.

use std::path::Path;

use super::manifest::{JudgeCascade, JudgeRecord, Manifest};
use super::text_diff::text_diff;
use crate::error::{Error, Remedy, Result};
use crate::input::{Item, LoadedRubric};

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

/// Checks that a stored run is the wanted cascade, or none if none is wanted.
///
/// # Errors
///
/// It is another one.
pub(crate) fn check_cascade(
    path: &Path,
    stored: Option<&JudgeCascade>,
    wanted: Option<&JudgeCascade>,
) -> Result<()> {
    if stored == wanted {
        return Ok(());
    }
    let field = match (stored, wanted) {
        (Some(one), Some(two)) if one.names() == two.names() => "cascade.when",
        _ => "cascade",
    };
    let shown = |cascade: Option<&JudgeCascade>| match cascade {
        Some(cascade) => format!("a cascade: {cascade}"),
        None => "none: every judge is asked about everything".to_owned(),
    };
    Err(differs(path, field, &shown(stored), &shown(wanted)))
}

/// Returns the error for an item whose text is not the one that the run was judged on.
pub(super) fn item_changed(path: &Path, item: &Item, changed: &ChangedText) -> Error {
    let error = Error::identity(format!(
        "{}: {} of item {} has changed since this run was judged",
        path.display(),
        changed.field,
        item.id
    ))
    .detail(format!("it differs in {}; from the run file (-) to this command (+):", item.place));
    changed.details(error).suggest(Remedy::AnotherRunFileOrItemId(path.to_owned()))
}

/// A text that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ChangedText {
    /// What the text is, such as `rubric.criteria`.
    pub(crate) field: String,
    before: String,
    now: String,
}

impl ChangedText {
    /// Returns a field whose text differs; `None` if it does not.
    pub(crate) fn of(field: impl Into<String>, before: String, now: String) -> Option<Self> {
        (before != now).then(|| Self { field: field.into(), before, now })
    }

    /// Adds to an error what differs.
    fn details(&self, error: Error) -> Error {
        text_diff(&self.before, &self.now).into_iter().fold(error, Error::detail)
    }
}

/// Returns the parts of two rubrics, or of their prompts, that differ and that requests may depend on. The version
/// comes last, since it usually changes with another part.
pub(crate) fn changed_parts(before: &LoadedRubric, now: &LoadedRubric) -> Vec<ChangedText> {
    let criteria = |rubric: &LoadedRubric| -> String {
        let criteria = rubric.rubric.criteria.iter();
        let lines = criteria.map(|one| format!("{}: {}", one.name, one.description));
        lines.collect::<Vec<_>>().join("\n")
    };
    let part = |field: &str, text: &dyn Fn(&LoadedRubric) -> String| {
        ChangedText::of(field, text(before), text(now))
    };
    let mut parts = vec![
        part("rubric.name", &|one| one.rubric.name.clone()),
        part("rubric.description", &|one| one.rubric.description.clone()),
        part("rubric.ties", &|one| one.rubric.ties.to_string()),
        part("rubric.criteria", &criteria),
        part("rubric.reply.format", &|one| one.rubric.reply.name().to_owned()),
    ];
    for source in &now.prompts {
        let stored = before.prompts.iter().find(|stored| stored.name == source.name);
        let stored = stored.map(|stored| stored.text.clone()).unwrap_or_default();
        let field = format!("prompts/{}", source.name);
        parts.push(ChangedText::of(field, stored, source.text.clone()));
    }
    parts.push(part("rubric.version", &|one| one.rubric.version.clone()));
    parts.into_iter().flatten().collect()
}

/// Returns the error for a run whose replies answer other requests than a rubric makes, as for one item.
pub(super) fn rubric_differs(
    path: &Path,
    before: &LoadedRubric,
    now: &LoadedRubric,
    item: &str,
) -> Error {
    /// So many parts are shown.
    const MOST_PARTS: usize = 3;
    let parts = changed_parts(before, now);
    let field = parts.first().map_or("prompt", |part| part.field.as_str());
    let mut error =
        Error::identity(format!("{}: this is another run: {field} differs", path.display()))
            .detail(format!("the run file has replies to its earlier text, as for item {item}"));
    for part in parts.iter().take(MOST_PARTS) {
        error = error.detail(format!("{}, from the run file (-) to this command (+):", part.field));
        error = part.details(error);
    }
    error.suggest(Remedy::AnotherRunFileReusing(path.to_owned()))
}

/// Returns the error for a run whose identity differs in a field.
pub(super) fn differs(path: &Path, field: &str, stored: &str, wanted: &str) -> Error {
    Error::identity(format!("{}: this is another run: {field} differs", path.display()))
        .detail(format!("the run file has {stored}"))
        .detail(format!("this command has {wanted}"))
        .suggest(Remedy::AnotherRunFileReusing(path.to_owned()))
}
