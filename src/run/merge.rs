//! Merging: run files of one identity become one, as if a single command had judged it all.
//!
//! What is there already is not added again, so a merge may be repeated, and run files that have grown since
//! may be merged once more.

use std::collections::{BTreeMap, BTreeSet};

use super::attempt::{Attempt, Ending};
use super::identity::{check_identity, differs};
use super::manifest::{JudgeRecord, Manifest};
use super::read::RunFile;
use super::store::{Database, Store};
use crate::error::Result;
use crate::judge::ServerProfile;
use crate::trial::Order;

/// What a merge has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Merged {
    /// Comparisons that the runs brought and the merged run did not have.
    pub comparisons: u64,
    /// Attempts that were added.
    pub attempts: u64,
    /// Attempts that were there already.
    pub there: u64,
    /// Trials to which several runs have different replies; the first readable one counts.
    pub contested: u64,
}

/// Joins runs into one, all of them or nothing. The first of them says what an empty run file becomes.
///
/// A comparison keeps the number that it has in the plan, so that runs of the shards of one plan become the
/// run that an undivided command would have made.
///
/// # Errors
///
/// Two runs differ in their identity or in the text of an item, or a file cannot be read or written.
pub fn merge(store: &mut Store, runs: &[RunFile]) -> Result<Merged> {
    let Some(first) = runs.first() else { return Ok(Merged::default()) };
    let target = store.manifest()?;
    let held = target.as_ref().map(|_| store.reader()).transpose()?;
    let rubric = held.as_ref().unwrap_or(first).loaded_rubric();
    let (mut manifest, judges) = match target {
        Some((manifest, judges)) => {
            (manifest, judges.into_iter().map(|judge| judge.record).collect())
        }
        None => (first.manifest().clone(), records(first)),
    };
    for run in runs {
        // Of the two that a refusal names, "this command" is what the runs before have in common.
        check_identity(run.path(), run.manifest(), &records(run), manifest.seed, &judges)
            .and_then(|()| run.check_requests(rubric))
            .and_then(|()| join_manifest(run, &mut manifest))
            .map_err(|error| {
                error.hint("leave it out, or merge it elsewhere with runs of its own identity")
            })?;
    }
    store.all_or_nothing(|into| {
        let rows = into.set_manifest(&manifest, &judges)?;
        let mut merged = Merged::default();
        for run in runs {
            let seats: Vec<Seat> = run
                .judges()
                .iter()
                .filter_map(|judge| {
                    let place = judges.iter().position(|known| known.name == judge.record.name)?;
                    let free = judge.record.base_url.is_none();
                    Some(Seat { from: judge.row, into: rows[place], free, learnt: judge.learnt })
                })
                .collect();
            join_learnt(into, &seats)?;
            join(into, run, &seats, &mut merged)?;
        }
        Ok(merged)
    })
}

/// A judge of one of the runs.
struct Seat {
    /// Its row there.
    from: i64,
    /// Its row in the merged run.
    into: i64,
    /// Its replies cost nothing: the same one twice is one, however long it took.
    free: bool,
    learnt: ServerProfile,
}

fn records(run: &RunFile) -> Vec<JudgeRecord> {
    run.judges().iter().map(|judge| judge.record.clone()).collect()
}

/// What is no part of the identity: the earliest of the times, the most of the repeats, the largest of the
/// plans, one baseline.
fn join_manifest(run: &RunFile, manifest: &mut Manifest) -> Result<()> {
    let other = run.manifest();
    manifest.created = manifest.created.min(other.created);
    manifest.repeat = manifest.repeat.max(other.repeat);
    manifest.planned = manifest.planned.max(other.planned);
    match (&manifest.baseline, &other.baseline) {
        (Some(one), Some(two)) if one != two => {
            return Err(differs(run.path(), "baseline", two, one));
        }
        (None, Some(_)) => manifest.baseline.clone_from(&other.baseline),
        _ => {}
    }
    Ok(())
}

/// What any of the runs has learnt about a server is known from now on.
fn join_learnt(into: &Database, seats: &[Seat]) -> Result<()> {
    let known = into.judges()?;
    for seat in seats {
        for known in known.iter().filter(|known| known.row == seat.into) {
            into.set_learnt(seat.into, known.learnt.or(seat.learnt))?;
        }
    }
    Ok(())
}

fn join(into: &Database, run: &RunFile, seats: &[Seat], merged: &mut Merged) -> Result<()> {
    let from = run.database();
    let (mut after, mut item) = (0, None);
    while let Some(page) = from.pairs_after(after, None)? {
        let mut attempts = Vec::new();
        for seat in seats {
            let mut asked = from.attempts(after + 1..=page.last, seat.from)?;
            for attempt in &mut asked {
                attempt.key.judge = seat.into;
            }
            attempts.push(asked.into_iter().peekable());
        }
        after = page.last;
        for pair in page.pairs {
            let placed = match item {
                Some((there, placed)) if there == pair.item => placed,
                _ => join_item(into, from, pair.item)?,
            };
            item = Some((pair.item, placed));
            let there = into.comparison(placed, &pair.between)?;
            let row = match there {
                Some(row) => row,
                None => into.add_comparison(pair.row, placed, &pair.between)?,
            };
            merged.comparisons += u64::from(there.is_none());
            for (attempts, seat) in attempts.iter_mut().zip(seats) {
                let mut new = Vec::new();
                while let Some(mut attempt) =
                    attempts.next_if(|next| next.key.comparison == pair.row)
                {
                    attempt.key.comparison = row;
                    new.push(attempt);
                }
                let held =
                    if there.is_some() { into.attempts(row..=row, seat.into)? } else { Vec::new() };
                join_attempts(into, seat, new, held, merged)?;
            }
        }
    }
    Ok(())
}

/// Returns the row that an item of a run has in the merged one.
fn join_item(into: &Database, from: &Database, row: i64) -> Result<i64> {
    let (id, digest, json) = from.item_row(row)?;
    let mut item = from.decode_item(&json)?;
    item.place = from.path().display().to_string();
    let there = into.item_digest(&id)?;
    if let Some((placed, known)) = &there
        && *known == digest
    {
        return Ok(*placed);
    }
    Ok(into.add_item(row, &item, &json, &digest)?.row)
}

/// Adds those attempts at a comparison that are not held yet.
fn join_attempts(
    into: &Database,
    seat: &Seat,
    mut new: Vec<Attempt>,
    held: Vec<Attempt>,
    merged: &mut Merged,
) -> Result<()> {
    let before = new.len();
    let mut other = held;
    let mut paid = Vec::new();
    new.retain(|attempt| match other.iter().position(|held| same(held, attempt, seat.free)) {
        Some(at) => {
            // Of a reply and its copy, the reply is what was paid for.
            if other.swap_remove(at).reused && !attempt.reused {
                paid.push(attempt.clone());
            }
            false
        }
        None => true,
    });
    into.replace_copies(&paid)?;
    merged.there += (before - new.len()) as u64;
    merged.attempts += new.len() as u64;
    merged.contested += contested(&new, &other);
    into.add_attempts(&new)
}

/// Returns whether two attempts at a trial are one and the same, or one is a copy of the other. A free judge
/// gives the same reply twice, however long that takes.
fn same(one: &Attempt, two: &Attempt, free: bool) -> bool {
    let copied = one.reused || two.reused;
    let mut one = one.clone();
    if copied {
        (one.reused, one.number) = (two.reused, two.number);
        (one.cost, one.unsettled) = (two.cost, two.unsettled);
    }
    if free {
        one.latency_ms = two.latency_ms;
    }
    one == *two
}

/// Returns how many trials have replies of which one text is new and another was held.
fn contested(new: &[Attempt], held: &[Attempt]) -> u64 {
    let trials = |attempts: &[Attempt]| {
        let mut trials: BTreeMap<(Order, u32), BTreeSet<Option<String>>> = BTreeMap::new();
        for attempt in attempts.iter().filter(|attempt| attempt.ending == Ending::Reply) {
            let texts = trials.entry((attempt.key.order, attempt.key.repeat)).or_default();
            texts.insert(attempt.reply.text.clone());
        }
        trials
    };
    let (new, held) = (trials(new), trials(held));
    let differs = |(trial, texts)| held.get(trial).is_some_and(|held| held != texts);
    new.iter().filter(|trial| differs(*trial)).count() as u64
}

/// Returns how many comparisons of the plan are certainly in none of the runs that a run was merged from.
///
/// # Errors
///
/// The file cannot be read.
pub fn missing(run: &RunFile) -> Result<u64> {
    Ok(run.manifest().planned.saturating_sub(run.database().comparison_count()?))
}
