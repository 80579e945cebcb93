//! Beginning or resuming a run: is it the same run, and where in the file does the plan stand?

use std::path::Path;

use super::validate::{Planning, Survey, survey};
use crate::error::{ErrorKind, Result};
use crate::input::LoadedRubric;
use crate::judge::ServerProfile;
use crate::store::{
    JudgeRecord, Manifest, RowSet, RunFile, Store, StoredJudge, check_identity, rendering_digest,
};

/// What a command says a run is.
#[derive(Debug)]
pub struct Beginning<'a> {
    /// The version of the program.
    pub evenhand: &'a str,
    /// The time, in seconds since 1970.
    pub now: u64,
    /// What is asked.
    pub rubric: &'a LoadedRubric,
    /// Who is asked.
    pub judges: &'a [JudgeRecord],
    /// The seed of the orders.
    pub seed: u64,
    /// How often each order is asked; `None` leaves it as it is.
    pub repeat: Option<u32>,
    /// The system that all others are compared with.
    pub baseline: Option<&'a str>,
}

/// A run that is ready to be asked.
#[derive(Debug)]
pub struct Begun {
    /// The judges' rows and what was learnt about their servers, in the order they were given.
    pub judges: Vec<(i64, ServerProfile)>,
    /// The plan's comparisons in the run file.
    pub rows: RowSet,
    /// How often each order is asked.
    pub repeat: u32,
    /// What the items are like.
    pub survey: Survey,
}

/// Checks that a run is what the command says; `false` if it is another one that has cost nothing, which
/// may be begun anew.
///
/// # Errors
///
/// It is another run; the message names the field.
pub fn is_same_run(run: &RunFile, path: &Path, beginning: &Beginning<'_>) -> Result<bool> {
    let records: Vec<JudgeRecord> = run.judges().iter().map(|judge| judge.record.clone()).collect();
    let same = check_identity(path, run.manifest(), &records, beginning.seed, beginning.judges)
        .and_then(|()| run.check_requests(beginning.rubric));
    match same {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::Identity && !run.has_cost()? => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes a run file what the command says it is, or checks that it is that already, and puts the plan into
/// it; all of that or nothing.
///
/// More repeats than before extend the run, fewer leave it as it is. A run that holds no reply yet has
/// cost nothing and may become another one.
///
/// # Errors
///
/// The items or prompts are not sound, the file holds another run, an item has changed, or the file cannot
/// be written.
pub fn begin(
    store: &mut Store,
    beginning: &Beginning<'_>,
    planning: &Planning<'_>,
) -> Result<Begun> {
    let mut stored = store.manifest()?;
    if stored.is_some() && !is_same_run(&store.reader()?, store.path(), beginning)? {
        stored = None;
    }
    match put(store, beginning, planning, stored.as_ref()) {
        // It is the text of an item that has changed.
        Err(error)
            if error.kind() == ErrorKind::Identity
                && stored.is_some()
                // What came through a pipe cannot be read again.
                && planning.source.path().is_file()
                && !store.reader()?.has_cost()? =>
        {
            put(store, beginning, planning, None)
        }
        begun => begun,
    }
}

/// Goes on with what is stored, or begins anew.
fn put(
    store: &mut Store,
    beginning: &Beginning<'_>,
    planning: &Planning<'_>,
    stored: Option<&(Manifest, Vec<StoredJudge>)>,
) -> Result<Begun> {
    let former = stored.map(|(manifest, _)| manifest);
    let repeat = beginning.repeat.unwrap_or(1).max(former.map_or(1, |manifest| manifest.repeat));
    let mut manifest = Manifest {
        evenhand: former.map_or(beginning.evenhand, |manifest| &manifest.evenhand).to_owned(),
        created: former.map_or(beginning.now, |manifest| manifest.created),
        rubric: beginning.rubric.text.clone(),
        prompts: beginning.rubric.prompts.clone(),
        rendering: rendering_digest(beginning.rubric),
        seed: beginning.seed,
        repeat,
        baseline: beginning
            .baseline
            .map(ToOwned::to_owned)
            .or_else(|| former.and_then(|manifest| manifest.baseline.clone())),
        planned: 0,
    };
    let learnt = |name: &str| {
        let known =
            stored.and_then(|(_, judges)| judges.iter().find(|judge| judge.record.name == name));
        known.map(|judge| judge.learnt).unwrap_or_default()
    };
    // Where the prompt is the same, what the run holds has been rendered before.
    let anew = former.is_none_or(|former| former.rendering != manifest.rendering);
    let mut rows = RowSet::default();
    let (judges, survey) = store.transaction(|database| {
        if former.is_none() {
            database.clear()?;
        }
        let found =
            survey(planning, |draft| Ok(database.add_planned_item(draft, &mut rows)? || anew))?;
        manifest.planned = found.planned;
        Ok((database.set_manifest(&manifest, beginning.judges)?, found))
    })?;
    let judges = judges
        .into_iter()
        .zip(beginning.judges)
        .map(|(row, judge)| (row, learnt(&judge.name)))
        .collect();
    Ok(Begun { judges, rows, repeat, survey })
}
