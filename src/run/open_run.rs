//! Opens or resumes a run: checks that it is the same run, and writes the plan into its file.

use std::path::Path;
use std::sync::Arc;

use super::validate::{PlanSummary, ValidationInput, validate};
use crate::error::{Error, ErrorKind, Result};
use crate::input::{Item, LoadedRubric, Rubric};
use crate::judge::ServerProfile;
use crate::store::{
    JudgeCascade, JudgeRecord, Manifest, PlannedItem, RowSet, RunFile, Store, StoredJudge,
    UntilDecided, check_cascade, check_identity, rendering_digest,
};

/// The identity that a task expects of its run file.
#[derive(Debug)]
pub(super) struct ExpectedRun<'a> {
    pub(super) rubric: &'a LoadedRubric,
    pub(super) judges: Vec<JudgeRecord>,
    /// The seed of the orders.
    pub(super) seed: u64,
    /// How often each order is asked; `None` leaves it as it is.
    pub(super) repeat: Option<u32>,
    /// The system that all others are compared with.
    pub(super) baseline: Option<&'a str>,
    /// The question that ends asking as soon as it is answered; `None` asks everything.
    pub(super) until_decided: Option<&'a UntilDecided>,
    /// How two judges are asked one after the other; `None` asks every judge about everything.
    pub(super) cascade: Option<&'a JudgeCascade>,
    /// The systems whose responses are given apart from the items, in that order.
    pub(super) listed: Vec<String>,
}

/// A run whose plan is in its file.
#[derive(Debug)]
pub(super) struct OpenedRun {
    /// The judges' rows and the profiles of their servers, in the order of the judges.
    pub(super) judges: Vec<(i64, ServerProfile)>,
    /// The plan's comparisons in the run file.
    pub(super) rows: Arc<RowSet>,
    /// How often each order is asked.
    pub(super) repeat: u32,
    pub(super) summary: PlanSummary,
}

/// What may be done with a stored run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StoredRun {
    /// It is the expected one and is resumed.
    Same,
    /// It is another one without any reply and may be replaced.
    Replaceable,
}

/// Compares a stored run with the expected one.
///
/// # Errors
///
/// It is another run; the message names the field.
pub(super) fn compare_run(run: &RunFile, path: &Path, spec: &ExpectedRun<'_>) -> Result<StoredRun> {
    let records: Vec<JudgeRecord> =
        run.asked_judges().iter().map(|judge| judge.record.clone()).collect();
    let same = check_unit(path, run.rubric(), &spec.rubric.rubric)
        .and_then(|()| check_identity(path, run.manifest(), &records, spec.seed, &spec.judges))
        .and_then(|()| check_cascade(path, run.cascade(), spec.cascade))
        .and_then(|()| run.check_requests(spec.rubric));
    match same {
        Ok(()) => Ok(StoredRun::Same),
        Err(error) if error.kind() == ErrorKind::Identity && !run.has_replies_or_cost()? => {
            Ok(StoredRun::Replaceable)
        }
        Err(error) => Err(error),
    }
}

/// Checks that the rubric of a stored run and the expected one both compare responses, or both grade them.
fn check_unit(path: &Path, stored: &Rubric, wanted: &Rubric) -> Result<()> {
    if stored.scale.is_some() == wanted.scale.is_some() {
        return Ok(());
    }
    let [stored, wanted] = match wanted.scale {
        None => ["grades of single responses", "compares responses"],
        Some(_) => ["comparisons", "grades single responses"],
    };
    Err(Error::identity(format!(
        "{}: this is another run: it has {stored}, and the rubric {wanted}",
        path.display()
    ))
    .hint("name another run file"))
}

/// Creates the run, or checks that the file contains the expected one, and writes the plan into it; all of that or
/// nothing. `now` is the time in seconds since 1970.
///
/// More repeats than before extend the run, fewer leave it as it is. A run without any reply may be replaced
/// by another one.
///
/// # Errors
///
/// Items or prompts are invalid, the file contains another run, an item has changed, or the file cannot be
/// written.
pub(super) fn open_or_resume(
    store: &mut Store,
    spec: &ExpectedRun<'_>,
    validation: &ValidationInput<'_>,
    now: u64,
) -> Result<OpenedRun> {
    let mut stored = store.manifest()?;
    if stored.is_some()
        && compare_run(&store.reader()?, store.path(), spec)? == StoredRun::Replaceable
    {
        stored = None;
    }
    match write_plan(store, spec, validation, now, stored.as_ref()) {
        // The text of an item has changed.
        Err(error)
            if error.kind() == ErrorKind::Identity
                && stored.is_some()
                && !store.reader()?.has_replies_or_cost()? =>
        {
            write_plan(store, spec, validation, now, None)
        }
        opened => opened,
    }
}

/// Writes the plan into the stored run, or into a new one if there is none.
fn write_plan(
    store: &mut Store,
    spec: &ExpectedRun<'_>,
    validation: &ValidationInput<'_>,
    now: u64,
    stored: Option<&(Manifest, Vec<StoredJudge>)>,
) -> Result<OpenedRun> {
    let previous = stored.map(|(manifest, _)| manifest);
    let repeat = spec.repeat.unwrap_or(1).max(previous.map_or(1, |previous| previous.repeat));
    let version = env!("CARGO_PKG_VERSION");
    let mut manifest = Manifest {
        evenhand: previous.map_or(version, |previous| &previous.evenhand).to_owned(),
        created: previous.map_or(now, |previous| previous.created),
        rubric: spec.rubric.text.clone(),
        prompts: spec.rubric.prompts.clone(),
        rendering: rendering_digest(spec.rubric),
        seed: spec.seed,
        repeat,
        baseline: spec
            .baseline
            .map(ToOwned::to_owned)
            .or_else(|| previous.and_then(|previous| previous.baseline.clone())),
        listed: match previous {
            Some(previous) if spec.listed.is_empty() => previous.listed.clone(),
            _ => spec.listed.clone(),
        },
        models: previous.map(|previous| previous.models.clone()).unwrap_or_default(),
        planned: 0,
        until_decided: None,
        cascade: spec.cascade.cloned(),
    };
    let profile = |name: &str| {
        let known =
            stored.and_then(|(_, judges)| judges.iter().find(|judge| judge.record.name == name));
        known.map(|judge| judge.server_profile.clone()).unwrap_or_default()
    };
    // Where the prompt is unchanged, items that the run contains were rendered before.
    let render_all = previous.is_none_or(|previous| previous.rendering != manifest.rendering);
    let mut rows = RowSet::default();
    let (judges, summary) = store.transaction(|database| {
        if previous.is_none() {
            database.clear()?;
        }
        let mut in_files = RowSet::default();
        let store_item = |planned: &PlannedItem| {
            Ok(database.add_planned_item(planned, &mut rows)? || render_all)
        };
        let leave_out = |item: &Item| match previous {
            Some(_) => database.add_rows_of(item, &mut in_files),
            None => Ok(()),
        };
        let mut summary = validate(validation, store_item, leave_out)?;
        summary.count_others(&rows, in_files, database.comparison_count()?);
        manifest.planned = summary.all_shards;
        if let Some(question) = spec.until_decided {
            let available = summary.comparisons + summary.left_out_comparisons;
            manifest.until_decided = Some(UntilDecided { available, ..question.clone() });
        }
        for (system, models) in &summary.models {
            manifest.models.insert(system.clone(), models.clone());
        }
        Ok((database.set_manifest(&manifest, &spec.judges)?, summary))
    })?;
    let judges = judges.into_iter().zip(&spec.judges);
    let judges = judges.map(|(row, judge)| (row, profile(&judge.name))).collect();
    Ok(OpenedRun { judges, rows: Arc::new(rows), repeat, summary })
}
