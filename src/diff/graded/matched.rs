//! The responses that two runs of grades have in common.

use std::collections::HashMap;
use std::sync::Arc;

use crate::calibration::Part;
use crate::error::Result;
use crate::grading::GradeTable;
use crate::input::Item;
use crate::store::{AttemptResult, GradeRun, GradedResponse, JudgeChoice, RowSet};

/// The most ids that are kept for a message.
const MOST_IDS: usize = 20;

/// One response of a run.
#[derive(Debug)]
struct Row {
    /// Its row in the run file.
    stored: i64,
    id: Arc<str>,
    system: Arc<str>,
    /// A digest of the texts that a judge may be shown.
    texts: [u8; 32],
    /// Whether a reply was asked for in this run, and whether every reply was copied from another run.
    asked: bool,
    copied: bool,
}

/// A response that both runs have.
#[derive(Debug)]
pub(super) struct MatchedResponse {
    /// Its row in both run files.
    pub(super) rows: [i64; 2],
    pub(super) id: Arc<str>,
    pub(super) system: Arc<str>,
    /// What the second run did: whether it asked for any reply, and whether it copied them all.
    pub(super) asked: bool,
    pub(super) copied: bool,
}

/// Two runs with the responses that both have.
#[derive(Debug)]
pub(super) struct MatchedGrades {
    /// The grades of both runs, row by row those of `responses`.
    pub(super) tables: [GradeTable; 2],
    pub(super) choices: [JudgeChoice; 2],
    /// The names of the judges whose grades are compared.
    pub(super) judges: [Vec<String>; 2],
    /// In the order of the first run.
    pub(super) responses: Vec<MatchedResponse>,
    /// How many responses only one of the runs has.
    pub(super) only: [u64; 2],
    /// How many responses have other texts in the second run, and the ids of the first few.
    pub(super) texts_changed: (u64, Vec<Arc<str>>),
}

/// The grades of one run.
struct Side {
    table: GradeTable,
    choice: JudgeChoice,
    judges: Vec<String>,
    rows: Vec<Row>,
}

impl Side {
    fn read(run: &GradeRun, judge: Option<&str>) -> Result<Self> {
        let choice = run.file().choose_judge(judge)?;
        let is_chosen = |at: usize| match choice {
            JudgeChoice::One(chosen) => chosen == at,
            JudgeChoice::Jury => true,
        };
        let judges = run.file().judges().iter().enumerate().filter(|(at, _)| is_chosen(*at));
        let mut side = Self {
            table: GradeTable::new(run, choice)?,
            choice,
            judges: judges.map(|(_, judge)| judge.record.name.clone()).collect(),
            rows: Vec::new(),
        };
        run.for_each_with_item(|record, item| {
            side.table.add(&record);
            let chosen = record.judged.iter().enumerate().filter(|(at, _)| is_chosen(*at));
            let orders = chosen.flat_map(|(_, judged)| &judged.orders);
            let attempts = orders.flat_map(|order| &order.trials).flat_map(|trial| &trial.attempts);
            let replies: Vec<bool> = attempts
                .filter(|attempt| attempt.result == AttemptResult::Replied)
                .map(|attempt| attempt.reused)
                .collect();
            side.rows.push(Row {
                stored: record.row,
                id: record.id.as_str().into(),
                system: record.system.as_str().into(),
                texts: digest_of_texts(&item, &record),
                asked: replies.contains(&false),
                copied: !replies.is_empty() && !replies.contains(&false),
            });
            Ok(())
        })?;
        Ok(side)
    }
}

/// Returns a digest of the texts of an item that a judge of one of its responses may be shown.
fn digest_of_texts(item: &Item, record: &GradedResponse) -> [u8; 32] {
    let response = item.responses.get(&record.system);
    let texts = serde_json::json!([item.prompt, item.reference, item.context, response]);
    *blake3::hash(texts.to_string().as_bytes()).as_bytes()
}

impl MatchedGrades {
    /// Joins two runs; with a part, only responses to items in it are compared and counted.
    ///
    /// # Errors
    ///
    /// A run cannot be read, or has no such judge.
    pub(super) fn join(
        runs: [&GradeRun; 2],
        judges: [Option<&str>; 2],
        part: Option<Part>,
    ) -> Result<Self> {
        let [before, after] = [Side::read(runs[0], judges[0])?, Side::read(runs[1], judges[1])?];
        let is_in_part = |row: &Row| part.is_none_or(|part| part == Part::of(&row.id));
        let mut in_after: HashMap<(&str, &str), usize> = HashMap::new();
        for (at, row) in after.rows.iter().enumerate().filter(|(_, row)| is_in_part(row)) {
            in_after.insert((&row.id, &row.system), at);
        }
        let (mut responses, mut places, mut only_before) = (Vec::new(), Vec::new(), 0);
        let (mut changed, mut changed_ids) = (0, Vec::new());
        for (at, row) in before.rows.iter().enumerate().filter(|(_, row)| is_in_part(row)) {
            let Some(found) = in_after.remove(&(&*row.id, &*row.system)) else {
                only_before += 1;
                continue;
            };
            let other = &after.rows[found];
            if other.texts != row.texts {
                changed += 1;
                if changed_ids.len() < MOST_IDS && changed_ids.last() != Some(&row.id) {
                    changed_ids.push(Arc::clone(&row.id));
                }
                continue;
            }
            places.push([at, found]);
            responses.push(MatchedResponse {
                rows: [row.stored, other.stored],
                id: Arc::clone(&row.id),
                system: Arc::clone(&row.system),
                asked: other.asked,
                copied: other.copied,
            });
        }
        let only = [only_before, in_after.len() as u64];
        let rows = |side: usize| places.iter().map(move |places| places[side]);
        Ok(Self {
            tables: [before.table.of_rows(rows(0)), after.table.of_rows(rows(1))],
            choices: [before.choice, after.choice],
            judges: [before.judges, after.judges],
            responses,
            only,
            texts_changed: (changed, changed_ids),
        })
    }

    /// Returns the rows of the common responses in one of the run files.
    pub(super) fn rows(&self, side: usize) -> RowSet {
        let mut rows = RowSet::default();
        self.responses.iter().for_each(|response| rows.insert(response.rows[side]));
        rows
    }

    /// Returns the number of the item of a response, among those of the first run.
    pub(super) fn item(&self, at: usize) -> u32 {
        self.tables[0].rows[at].item
    }

    /// Returns how many items have a common response.
    pub(super) fn items(&self) -> u64 {
        let mut items: Vec<u32> = self.tables[0].rows.iter().map(|row| row.item).collect();
        items.sort_unstable();
        items.dedup();
        items.len() as u64
    }
}
