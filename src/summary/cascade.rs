//! The numbers of a cascade: of each judge on what it was asked about, and of the final verdicts.

use serde::Serialize;

use super::item_scores::ItemScores;
use super::judge_summary::{JudgeAccumulator, JudgeSummary};
use crate::error::Result;
use crate::stats::Estimate;
use crate::store::{ComparisonRecord, JudgeCascade, RunFile, VerdictRecord};
use crate::verdict::{CascadeRule, GivenBy, Outcome};

/// What was sent to the strong judge of a cascade.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct CascadeSummary {
    /// The name of the judge that is asked about everything.
    pub cheap: String,
    /// The name of the judge that is asked about the rest.
    pub strong: String,
    /// Which comparisons the strong judge decides.
    pub rule: CascadeRule,
    /// The threshold of the rule; `None` for one without.
    pub threshold: Option<f64>,
    /// The share of comparisons that the strong judge decides, of those that the cheap one has answered or failed on.
    pub sent: Estimate,
    /// How many verdicts the cheap judge kept.
    pub cheap_kept: u64,
    /// Of those, how many have a margin: by a rule of the margin the others stay with the cheap judge.
    pub cheap_with_margin: u64,
}

/// Computes the numbers of the cheap judge, of the strong one on what was sent to it, and of the final verdicts, whose
/// replies are those of both.
pub(super) fn summarise_cascade(
    run: &RunFile,
    cascade: &JudgeCascade,
    mut inspect: impl FnMut(&ComparisonRecord),
) -> Result<(Vec<JudgeSummary>, CascadeSummary)> {
    let mut judges: Vec<JudgeAccumulator> =
        run.asked_judges().iter().map(JudgeAccumulator::of_judge).collect();
    let mut result = JudgeAccumulator::new();
    let mut sent = ItemScores::default();
    let (mut cheap_kept, mut cheap_with_margin) = (0, 0);
    let direction = run.manifest().direction();
    run.for_each(|record| {
        inspect(&record);
        let ([decided], Some(beside)) = (record.judged.as_slice(), &record.beside) else {
            return Ok(());
        };
        let given_by = decided.given_by.unwrap_or(GivenBy::Cheap);
        let [cheap, strong] = match given_by {
            GivenBy::Cheap => [decided, beside],
            GivenBy::Strong => [beside, decided],
        };
        let (item, side) = (record.item as u32, direction.counted(&record.between));
        let add = |numbers: &mut JudgeAccumulator, judged: &VerdictRecord| {
            numbers.add_verdict(judged, &record.between, side, item);
            numbers.add_orders(judged, &record.between, side, item);
        };
        add(&mut judges[0], cheap);
        match given_by {
            GivenBy::Cheap => judges[1].add_replies(strong),
            GivenBy::Strong => add(&mut judges[1], strong),
        }
        add(&mut result, decided);
        result.add_replies(beside);
        if cheap.verdict.outcome != Outcome::Pending {
            sent.push(f64::from(given_by == GivenBy::Strong), item);
        }
        if cheap.verdict.winner.is_some() {
            cheap_kept += 1;
            cheap_with_margin += u64::from(cheap.distribution().is_some());
        }
        Ok(())
    })?;
    let names = cascade.names().into_iter().chain([JudgeCascade::NAME]);
    let numbers = judges.into_iter().chain([result]).zip(names);
    let judges = numbers.map(|(numbers, name)| numbers.summary(name, direction)).collect();
    let summary = CascadeSummary {
        cheap: cascade.cheap.clone(),
        strong: cascade.strong.clone(),
        rule: cascade.rule,
        threshold: cascade.rule.threshold(),
        sent: sent.estimate(),
        cheap_kept,
        cheap_with_margin,
    };
    Ok((judges, summary))
}
