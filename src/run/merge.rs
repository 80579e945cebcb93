//! Merging: run files of one identity become one, as if a single command had judged it all.
//!
//! What is there already is not added again, so a merge may be repeated, and run files that have grown since
//! may be merged once more.

use std::collections::BTreeSet;

use super::attempt::{Attempt, Ending};
use super::identity::{check_identity, differs};
use super::manifest::{JudgeRecord, Manifest, StoredJudge};
use super::read::RunFile;
use super::store::{Database, Store};
use crate::error::Result;
use crate::judge::Learnt;
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
    if target.is_some() {
        first.check_requests(store.reader()?.loaded_rubric())?;
    }
    let (mut manifest, judges) = match target {
        Some((manifest, judges)) => {
            (manifest, judges.into_iter().map(|judge| judge.record).collect())
        }
        None => (first.manifest().clone(), records(first)),
    };
    for run in runs {
        check_identity(run.path(), &manifest, &judges, run.manifest().seed, &records(run))?;
        run.check_requests(first.loaded_rubric())?;
        join_manifest(run, &mut manifest)?;
    }
    store.all_or_nothing(|into| {
        let rows = into.set_manifest(&manifest, &judges)?;
        let mut merged = Merged::default();
        for run in runs {
            let judges: Vec<(i64, i64)> = run
                .judges()
                .iter()
                .filter_map(|judge| {
                    let place = judges.iter().position(|known| known.name == judge.record.name)?;
                    Some((judge.row, rows[place]))
                })
                .collect();
            join_learnt(into, run, &judges)?;
            join(into, run, &judges, &mut merged)?;
        }
        Ok(merged)
    })
}

fn records(run: &RunFile) -> Vec<JudgeRecord> {
    run.judges().iter().map(|judge| judge.record.clone()).collect()
}

/// What is no part of the identity: the earliest of the times, the most of the repeats, one baseline.
fn join_manifest(run: &RunFile, manifest: &mut Manifest) -> Result<()> {
    let other = run.manifest();
    manifest.created = manifest.created.min(other.created);
    manifest.repeat = manifest.repeat.max(other.repeat);
    match (&manifest.baseline, &other.baseline) {
        (Some(one), Some(two)) if one != two => {
            return Err(differs(run.path(), "baseline", two, one));
        }
        (None, Some(_)) => manifest.baseline.clone_from(&other.baseline),
        _ => {}
    }
    Ok(())
}

/// What was learnt about a server is kept where nothing is known of it yet.
fn join_learnt(into: &Database, run: &RunFile, judges: &[(i64, i64)]) -> Result<()> {
    let known = into.judges()?;
    for (judge, (_, row)) in run.judges().iter().zip(judges) {
        let nothing = |known: &StoredJudge| known.row == *row && known.learnt == Learnt::default();
        if known.iter().any(nothing) && judge.learnt != Learnt::default() {
            into.set_learnt(*row, judge.learnt)?;
        }
    }
    Ok(())
}

fn join(into: &Database, run: &RunFile, judges: &[(i64, i64)], merged: &mut Merged) -> Result<()> {
    let from = run.database();
    let (mut after, mut item) = (0, None);
    while let Some(page) = from.pairs_after(after, None)? {
        let mut attempts = Vec::new();
        for (judge, row) in judges {
            let mut asked = from.attempts(after + 1..=page.last, *judge)?;
            asked.iter_mut().for_each(|attempt| attempt.key.judge = *row);
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
            for (attempts, (_, judge)) in attempts.iter_mut().zip(judges) {
                let mut new = Vec::new();
                while let Some(mut attempt) =
                    attempts.next_if(|next| next.key.comparison == pair.row)
                {
                    attempt.key.comparison = row;
                    new.push(attempt);
                }
                let held =
                    if there.is_some() { into.attempts(row..=row, *judge)? } else { Vec::new() };
                join_attempts(into, new, held, merged)?;
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
    mut new: Vec<Attempt>,
    held: Vec<Attempt>,
    merged: &mut Merged,
) -> Result<()> {
    let before = new.len();
    let mut other = held;
    new.retain(|attempt| match other.iter().position(|held| held == attempt) {
        Some(at) => {
            other.swap_remove(at);
            false
        }
        None => true,
    });
    merged.there += (before - new.len()) as u64;
    merged.attempts += new.len() as u64;
    let replies = |attempts: &[Attempt]| -> BTreeSet<(Order, u32)> {
        let replies = attempts.iter().filter(|attempt| attempt.ending == Ending::Reply);
        replies.map(|attempt| (attempt.key.order, attempt.key.repeat)).collect()
    };
    merged.contested += replies(&new).intersection(&replies(&other)).count() as u64;
    into.add_attempts(&new)
}

/// Returns how many comparisons of the plan are certainly in none of the runs that a run was merged from: rows
/// number the plan, so a gap between them is a comparison that is missing.
///
/// # Errors
///
/// The file cannot be read.
pub fn missing(run: &RunFile) -> Result<u64> {
    run.database().gaps()
}
