//! The numbers of a run of grades without labels.

use serde::Serialize;

use super::order::{ScaleOrderEffect, scale_order_effect, stability};
use super::systems::{GradeDifference, SystemGrades, grade_differences, system_grades};
use super::table::GradeTable;
use crate::error::Result;
use crate::input::Scale;
use crate::stats::Estimate;
use crate::store::{GradeRun, GradedResponse, JudgeChoice};
use crate::summary::{
    CutOffSummary, ItemScores, OutcomeCounts, PendingCounts, ReplyCounts, TokenCounts,
    UnreadableCounts, UnreadableExample, UnreadableFacts,
};
use crate::verdict::Outcome;

/// The numbers of a run of grades.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct GradeSummary {
    /// The rubric's name.
    pub rubric: String,
    /// The rubric's version.
    pub version: String,
    /// The grades that the rubric allows.
    pub scale: Scale,
    /// The seed that decides which direction is asked first.
    pub seed: u64,
    /// How often each direction of the scale is asked.
    pub repeat: u32,
    /// Each judge; the last one is the jury, where there are several.
    pub judges: Vec<JudgeGrades>,
}

/// The grades of one judge, or of the jury.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct JudgeGrades {
    /// The judge's name.
    pub judge: String,
    /// Whether its replies were recorded, so that no server is to be asked about them.
    #[serde(skip)]
    pub is_recording: bool,
    /// Responses planned.
    pub planned: u64,
    /// How their grading ended; the counts add up to `planned`.
    pub outcomes: OutcomeCounts,
    /// Kept of planned.
    pub coverage: Estimate,
    /// Each system, in the order of their names.
    pub systems: Vec<SystemGrades>,
    /// How each pair of systems differs.
    pub pairs: Vec<GradeDifference>,
    /// What the direction of the scale did; `None` for a jury.
    pub order: Option<ScaleOrderEffect>,
    /// The share of pairs of repeats in the same direction that give the same grade; `None` without repeats, and for a
    /// jury.
    pub stability: Option<Estimate>,
    /// Trials that were answered, readably or not; a jury has none.
    pub answered: u64,
    /// Why trials have no readable grade; `None` for a jury.
    pub unreadable: Option<UnreadableCounts>,
    /// Why trials have no answer yet; `None` for a jury.
    pub pending: Option<PendingCounts>,
    /// What the trials have in common that were cut off; `None` if there are none.
    pub cut_off: Option<CutOffSummary>,
    /// A reply that could not be read for the most frequent reason; `None` if there is none with any text.
    pub unreadable_example: Option<UnreadableExample>,
    /// Tokens of all replies that this run paid for; `None` for a jury.
    pub tokens: Option<TokenCounts>,
    /// What the run has cost, in USD; `None` where a price or a token count is not known.
    pub cost_usd: Option<f64>,
    /// Replies stored, copied ones included.
    pub replies: u64,
    /// Of those, copied from another run.
    pub reused: u64,
}

impl JudgeGrades {
    /// Returns how many responses ended with an outcome.
    pub fn outcome(&self, outcome: Outcome) -> u64 {
        self.outcomes.get(outcome)
    }

    /// Returns whether these are the numbers of a jury rather than of one judge.
    pub fn is_jury(&self) -> bool {
        self.unreadable.is_none()
    }

    /// Returns how many responses were kept as impossible to assess, and so are in no rate, if that is how the grading of
    /// all ended that has ended; `None` if one ended otherwise, or none has ended.
    pub fn assessed_nothing(&self) -> Option<u64> {
        let ended = self.planned - self.outcome(Outcome::Pending);
        let cannot_assess: u64 = self.systems.iter().map(|system| system.cannot_assess).sum();
        (ended > 0 && cannot_assess == ended).then_some(ended)
    }

    /// Returns how many responses were kept, if all of these are impossible to assess and no response has a step in both
    /// directions of the scale: the rates of the systems are undefined.
    pub fn kept_without_step(&self) -> Option<u64> {
        let kept = self.outcome(Outcome::Kept);
        let cannot_assess: u64 = self.systems.iter().map(|system| system.cannot_assess).sum();
        let has_step = self.systems.iter().any(|system| system.mean_step.value.is_some());
        (kept > 0 && cannot_assess == kept && !has_step).then_some(kept)
    }

    /// Returns how many trials have no readable grade; a jury has none.
    pub fn unreadable_trials(&self) -> u64 {
        let counts = self.unreadable.unwrap_or_default();
        counts.iter().map(|(_, number)| number).sum()
    }

    /// Returns what is known of the trials without a readable grade; a jury has none.
    pub fn unreadable_facts(&self) -> Option<UnreadableFacts<'_>> {
        let cut_off = self.cut_off.as_ref();
        let example = self.unreadable_example.as_ref();
        Some(UnreadableFacts::of_grades(
            self.answered,
            self.unreadable?,
            cut_off,
            example,
            self.is_recording,
        ))
    }
}

/// Computes the numbers of a run of grades in one pass over its responses, each of which is also passed to `inspect`.
///
/// # Errors
///
/// The run file cannot be read.
pub fn summarise_grades(
    run: &GradeRun,
    mut inspect: impl FnMut(&GradedResponse),
) -> Result<GradeSummary> {
    let file = run.file();
    let of_judge = (0..file.judges().len()).map(JudgeChoice::One);
    let jury = (file.judges().len() > 1).then_some(JudgeChoice::Jury);
    let mut tables = of_judge
        .chain(jury)
        .map(|choice| GradeTable::new(run, choice))
        .collect::<Result<Vec<GradeTable>>>()?;
    let mut counts: Vec<ReplyCounts> =
        file.judges().iter().map(|judge| ReplyCounts::of(&judge.record)).collect();
    run.for_each(|record| {
        inspect(&record);
        for (counts, judged) in counts.iter_mut().zip(&record.judged) {
            let trials = judged.orders.iter().flat_map(|order| &order.trials);
            trials.for_each(|trial| counts.add_trial(trial));
        }
        for table in &mut tables {
            table.add(&record);
        }
        Ok(())
    })?;
    let counts = counts.into_iter().map(Some).chain([None]);
    let judges = tables.iter().zip(counts).enumerate().map(|(at, (table, counts))| {
        let is_recording = file.judges().get(at).is_some_and(|judge| judge.record.is_recording());
        judge_grades(table, counts, is_recording)
    });
    Ok(GradeSummary {
        rubric: file.rubric().name.clone(),
        version: file.rubric().version.clone(),
        scale: run.scale().clone(),
        seed: file.manifest().seed,
        repeat: file.manifest().repeat,
        judges: judges.collect(),
    })
}

/// Returns the numbers of a judge, or of the jury, which has no replies of its own.
fn judge_grades(
    table: &GradeTable,
    counts: Option<ReplyCounts>,
    is_recording: bool,
) -> JudgeGrades {
    let mut outcomes =
        if counts.is_some() { OutcomeCounts::of_grades() } else { OutcomeCounts::of_jury() };
    let mut kept = ItemScores::default();
    for row in &table.rows {
        outcomes.add(row.outcome);
        kept.push(f64::from(row.outcome == Outcome::Kept), row.item);
    }
    let of_judge = counts.is_some();
    let counts = counts.unwrap_or_default();
    JudgeGrades {
        judge: table.judge.clone(),
        is_recording,
        planned: table.rows.len() as u64,
        outcomes,
        coverage: kept.estimate(),
        systems: system_grades(table),
        pairs: grade_differences(table),
        order: of_judge.then(|| scale_order_effect(table)),
        stability: if of_judge { stability(table) } else { None },
        answered: counts.answered,
        unreadable: of_judge.then(|| counts.unreadable.counts()),
        pending: of_judge.then_some(counts.pending),
        cut_off: counts.cut_off(),
        unreadable_example: counts.unreadable.example(),
        tokens: of_judge.then_some(counts.tokens),
        cost_usd: counts.cost().filter(|_| of_judge),
        replies: counts.replies,
        reused: counts.reused,
    }
}
