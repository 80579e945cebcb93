//! Merging: run files of one identity become one, as if a single command had judged it all.
//!
//! Attempts that the merged run contains are not added again, so a merge may be repeated after the run files
//! have grown.

use std::collections::{BTreeMap, BTreeSet};

use super::attempt::{Attempt, AttemptResult};
use super::database::Database;
use super::file::Store;
use super::identity::{check_cascade, check_identity, differs};
use super::manifest::{JudgeRecord, Manifest};
use super::run_file::RunFile;
use crate::error::{Error, Result};
use crate::judge::ServerProfile;
use crate::trial::Order;

/// What a merge has added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MergeReport {
    /// Comparisons or graded responses that were added.
    pub comparisons: u64,
    /// Attempts that were added.
    pub attempts: u64,
    /// Attempts that the merged run already contained.
    pub already_present: u64,
    /// Trials with different replies in several runs; the first readable one counts.
    pub conflicting: u64,
}

/// Merges runs into one file, all of them or none. A new file takes its identity from the first of them.
///
/// A comparison keeps the number that it has in the plan, so that runs of the shards of one plan become the
/// run that an undivided command would have made.
///
/// # Errors
///
/// Two runs differ in their identity or in the text of an item, or one of them compares responses and another one grades
/// them; or a file cannot be read or written.
pub fn merge(store: &mut Store, runs: &[RunFile]) -> Result<MergeReport> {
    let Some(first) = runs.first() else { return Ok(MergeReport::default()) };
    let target = store.manifest()?;
    let held = target.as_ref().map(|_| store.reader()).transpose()?;
    let model = held.as_ref().unwrap_or(first);
    check_kinds(model, runs)?;
    check_batches(held.iter().chain(runs))?;
    let rubric = model.loaded_rubric();
    let (mut manifest, mut judges): (_, Vec<JudgeRecord>) = match target {
        Some((manifest, judges)) => {
            (manifest, judges.into_iter().map(|judge| judge.record).collect())
        }
        None => (first.manifest().clone(), records(first)),
    };
    for run in runs {
        // In the error, "this command" stands for what the runs before this one have in common.
        check_identity(run.path(), run.manifest(), &records(run), manifest.seed, &judges)
            .and_then(|()| {
                let other = run.manifest().cascade.as_ref();
                check_cascade(run.path(), other, manifest.cascade.as_ref())
            })
            .and_then(|()| run.check_requests(rubric))
            .and_then(|()| merge_manifest(run, &mut manifest))
            .map_err(|error| {
                error.hint(
                    "leave this run out, or merge it separately with runs of its own identity",
                )
            })?;
        for judge in &mut judges {
            let same = records(run).into_iter().find(|record| record.name == judge.name);
            *judge = same.map_or_else(|| judge.clone(), |record| judge.joined(&record));
        }
    }
    store.transaction(|into| {
        let rows = into.set_manifest(&manifest, &judges)?;
        let mut merged = MergeReport::default();
        for run in runs {
            let mappings: Vec<JudgeMapping> = run
                .asked_judges()
                .iter()
                .filter_map(|judge| {
                    let place = judges.iter().position(|known| known.name == judge.record.name)?;
                    let free = !judge.record.is_external();
                    Some(JudgeMapping {
                        from: judge.row,
                        into: rows[place],
                        free,
                        server_profile: judge.server_profile.clone(),
                    })
                })
                .collect();
            merge_profiles(into, &mappings)?;
            merge_run(into, run, &mappings, &mut merged)?;
        }
        Ok(merged)
    })
}

/// Checks that all runs compare responses, or that all of them grade single ones, as the model does.
fn check_kinds(model: &RunFile, runs: &[RunFile]) -> Result<()> {
    let grades = |run: &RunFile| run.rubric().scale.is_some();
    let Some(other) = runs.iter().find(|run| grades(run) != grades(model)) else { return Ok(()) };
    let (has, lacks) = if grades(other) {
        ("grades of single responses", "comparisons")
    } else {
        ("comparisons", "grades of single responses")
    };
    Err(Error::identity(format!(
        "{}: this run has {has}, and {} has {lacks}",
        other.path().display(),
        model.path().display()
    ))
    .hint("merge runs of comparisons and runs of grades separately"))
}

/// Checks that no run waits for the answers of a batch: they are stored only in the run that has submitted it.
fn check_batches<'a>(runs: impl Iterator<Item = &'a RunFile>) -> Result<()> {
    for run in runs {
        if !run.open_batches()?.is_empty() {
            return Err(Error::input(format!(
                "{}: this run has a batch whose answers are not stored yet",
                run.path().display()
            ))
            .hint("collect it with the command that submitted it, then merge again"));
        }
    }
    Ok(())
}

/// The rows of one judge in a source run and in the merged run.
struct JudgeMapping {
    /// Its row in the source run.
    from: i64,
    /// Its row in the merged run.
    into: i64,
    /// Its replies cost nothing: two equal ones are the same reply, whatever their latency.
    free: bool,
    server_profile: ServerProfile,
}

fn records(run: &RunFile) -> Vec<JudgeRecord> {
    run.asked_judges().iter().map(|judge| judge.record.clone()).collect()
}

/// Merges what is not part of the identity: the earliest time, the most repeats, the largest plan, the first order of
/// systems, and the one baseline.
fn merge_manifest(run: &RunFile, manifest: &mut Manifest) -> Result<()> {
    let other = run.manifest();
    manifest.created = manifest.created.min(other.created);
    manifest.repeat = manifest.repeat.max(other.repeat);
    manifest.planned = manifest.planned.max(other.planned);
    for (system, models) in &other.models {
        manifest.models.entry(system.clone()).or_default().extend(models.iter().cloned());
    }
    if manifest.until_decided.is_none() {
        manifest.until_decided.clone_from(&other.until_decided);
    }
    if manifest.listed.is_empty() {
        manifest.listed.clone_from(&other.listed);
    }
    match (&manifest.baseline, &other.baseline) {
        (Some(one), Some(two)) if one != two => {
            return Err(differs(run.path(), "baseline", two, one));
        }
        (None, Some(_)) => manifest.baseline.clone_from(&other.baseline),
        _ => {}
    }
    Ok(())
}

/// Stores what any of the runs knows about a server.
fn merge_profiles(into: &Database, mappings: &[JudgeMapping]) -> Result<()> {
    let known = into.judges()?;
    for mapping in mappings {
        for known in known.iter().filter(|known| known.row == mapping.into) {
            let profile = known.server_profile.clone().or(&mapping.server_profile);
            into.set_server_profile(mapping.into, &profile)?;
        }
    }
    Ok(())
}

fn merge_run(
    into: &Database,
    run: &RunFile,
    mappings: &[JudgeMapping],
    merged: &mut MergeReport,
) -> Result<()> {
    let from = run.database();
    let (mut after, mut item) = (0, None);
    while let Some(page) = from.comparisons_after(after, None)? {
        let mut attempts = Vec::new();
        for mapping in mappings {
            let mut asked = from.attempts(after + 1..=page.last, mapping.from)?;
            for attempt in &mut asked {
                attempt.key.judge = mapping.into;
            }
            attempts.push(asked.into_iter().peekable());
        }
        after = page.last;
        for pair in page.pairs {
            let into_item = match item {
                Some((from_item, into_item)) if from_item == pair.item => into_item,
                _ => merge_item(into, from, pair.item)?,
            };
            item = Some((pair.item, into_item));
            let stored = into.comparison(into_item, &pair.between)?;
            let row = match stored {
                Some(row) => row,
                None => into.add_comparison(pair.row, into_item, &pair.between)?,
            };
            merged.comparisons += u64::from(stored.is_none());
            for (attempts, mapping) in attempts.iter_mut().zip(mappings) {
                let mut new = Vec::new();
                while let Some(mut attempt) =
                    attempts.next_if(|next| next.key.comparison == pair.row)
                {
                    attempt.key.comparison = row;
                    new.push(attempt);
                }
                let held = if stored.is_some() {
                    into.attempts(row..=row, mapping.into)?
                } else {
                    Vec::new()
                };
                merge_attempts(into, mapping, new, held, merged)?;
            }
        }
    }
    Ok(())
}

/// Adds an item of a run to the merged run and returns its row there.
fn merge_item(into: &Database, from: &Database, row: i64) -> Result<i64> {
    let (id, digest, json) = from.item_row(row)?;
    let mut item = from.decode_item(&json)?;
    item.place = from.path().display().to_string();
    if let Some((row, stored)) = into.item_digest(&id)?
        && stored == digest
    {
        return Ok(row);
    }
    Ok(into.add_item(row, &item, &json, &digest)?.row)
}

/// Adds those attempts at a comparison that the merged run does not contain.
fn merge_attempts(
    into: &Database,
    mapping: &JudgeMapping,
    mut new: Vec<Attempt>,
    held: Vec<Attempt>,
    merged: &mut MergeReport,
) -> Result<()> {
    let before = new.len();
    let mut other = held;
    let mut paid = Vec::new();
    new.retain(|attempt| match other.iter().position(|held| same(held, attempt, mapping.free)) {
        Some(at) => {
            // Of a reply and its copy, the reply was paid for.
            if other.swap_remove(at).reused && !attempt.reused {
                paid.push(attempt.clone());
            }
            false
        }
        None => true,
    });
    into.replace_copies(&paid)?;
    merged.already_present += (before - new.len()) as u64;
    merged.attempts += new.len() as u64;
    merged.conflicting += conflicting(&new, &other);
    into.add_attempts(&new)
}

/// Returns whether two attempts at a trial are the same attempt, or one is a copy of the other. A free judge
/// gives the same reply again, with another latency.
fn same(one: &Attempt, two: &Attempt, free: bool) -> bool {
    let copied = one.reused || two.reused;
    let mut one = one.clone();
    if copied {
        (one.reused, one.number) = (two.reused, two.number);
        (one.cost, one.possible_cost) = (two.cost, two.possible_cost);
    }
    if free {
        one.latency_ms = two.latency_ms;
    }
    one == *two
}

/// Returns how many trials have new replies whose text differs from the stored ones.
fn conflicting(new: &[Attempt], held: &[Attempt]) -> u64 {
    let trials = |attempts: &[Attempt]| {
        let mut trials: BTreeMap<(Order, u32), BTreeSet<_>> = BTreeMap::new();
        for attempt in attempts.iter().filter(|attempt| attempt.result == AttemptResult::Replied) {
            let texts = trials.entry((attempt.key.order, attempt.key.repeat)).or_default();
            let vote = attempt
                .reply
                .recorded_vote
                .map(|recorded| (recorded.vote.as_str(), recorded.probability.map(f64::to_bits)));
            texts.insert((attempt.reply.text.clone(), vote, attempt.reply.recorded_grade.clone()));
        }
        trials
    };
    let (new, held) = (trials(new), trials(held));
    let differs = |(trial, texts)| held.get(trial).is_some_and(|held| held != texts);
    new.iter().filter(|trial| differs(*trial)).count() as u64
}

/// Returns a lower bound of the comparisons, or responses, of the plan that are in none of the runs that a run was merged from.
///
/// # Errors
///
/// The file cannot be read.
pub fn missing_comparisons(run: &RunFile) -> Result<u64> {
    Ok(run.manifest().planned.saturating_sub(run.database().comparison_count()?))
}
