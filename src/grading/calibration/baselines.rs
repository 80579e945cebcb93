//! Baselines: how well simple rules order responses as people's grades do, on the same responses as the judge.
//!
//! A rule gives no grades, so it cannot agree with people; but it can be compared with the judge by what both do: put better
//! responses above worse ones. The judge's score is the mean step of its readable replies, in whatever directions of the
//! scale and repeats they are, so that a recording of one direction has one, too.

use serde::Serialize;

use super::panels::LabelledGrades;
use super::rank_agreement::{RankMeasure, RankedScores};
use crate::error::Result;
use crate::input::{Item, Reference};
use crate::metrics::SentenceMetric;
use crate::stats::Estimate;
use crate::store::GradeRun;

/// A simple rule that a judge of single responses must beat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum GradeRule {
    /// The longer response is better.
    Longer,
    /// The response that is more similar to the reference is better.
    Lexical,
}

impl GradeRule {
    const ALL: [Self; 2] = [Self::Longer, Self::Lexical];

    /// Returns the rule in words.
    pub fn rule(self) -> &'static str {
        match self {
            Self::Longer => "the longer response is better",
            Self::Lexical => "the response nearer to the reference is better",
        }
    }

    /// Returns the score of a system's response to an item; `None` without a response, or without what it is compared with.
    fn score(self, item: &Item, system: &str) -> Option<f64> {
        let response = item.responses.get(system)?;
        match self {
            Self::Longer => Some(response.to_text().chars().count() as f64),
            Self::Lexical => {
                let references: Vec<&str> =
                    item.reference.iter().flat_map(Reference::texts).collect();
                let score = || SentenceMetric::Chrf.score(&response.answer(), &references);
                (!references.is_empty()).then(score)
            }
        }
    }
}

/// What a simple rule reaches on the same responses.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct GradeBaseline {
    /// The rule.
    #[serde(rename = "name")]
    pub rule: GradeRule,
    /// What is measured.
    pub measure: RankMeasure,
    /// How well the rule orders all labelled responses that it has a score of.
    pub value: Estimate,
    /// How well the judge orders those of them to which it gave a step.
    pub judge: Estimate,
    /// The judge's number minus the rule's, both on these.
    pub difference: Estimate,
}

impl GradeBaseline {
    /// Returns whether the interval does not show that the judge is better.
    pub(super) fn is_unbeaten(&self) -> bool {
        // Without an interval all resamples are equal, and only the sign is known.
        self.difference.low.or(self.difference.value).is_some_and(|least| least <= 0.0)
    }
}

/// Measures every simple rule that has a score of some labelled response.
///
/// # Errors
///
/// The run cannot be read.
pub(super) fn baselines(
    run: &GradeRun,
    labelled: LabelledGrades<'_>,
) -> Result<Vec<GradeBaseline>> {
    let rules = rule_scores(run, labelled)?;
    let panels = &labelled.labels.panels;
    let judge: Vec<Option<f64>> =
        panels.iter().map(|panel| labelled.mean_step_of_replies(panel)).collect();
    let measured = GradeRule::ALL.into_iter().zip(rules);
    let measured = measured.filter(|(_, scores)| scores.iter().any(Option::is_some));
    let baseline = |(rule, scores): (GradeRule, Vec<Option<f64>>)| {
        let of_both = RankedScores::new(labelled, &[judge.clone(), scores.clone()]);
        let of_rule = RankedScores::new(labelled, &[scores]);
        GradeBaseline {
            rule,
            measure: of_rule.measure(),
            value: of_rule.agreement(0).headline(),
            judge: of_both.agreement(0).headline(),
            difference: of_both.difference([0, 1]),
        }
    };
    Ok(measured.map(baseline).collect())
}

/// Returns the scores of each rule for every panel.
fn rule_scores(
    run: &GradeRun,
    labelled: LabelledGrades<'_>,
) -> Result<[Vec<Option<f64>>; GradeRule::ALL.len()]> {
    let (table, panels) = (labelled.table, &labelled.labels.panels);
    let mut panels_of = vec![0..0; table.items.len()];
    let mut start = 0;
    for of_item in panels.chunk_by(|one, other| labelled.row(one).item == labelled.row(other).item)
    {
        let end = start + of_item.len();
        panels_of[labelled.row(&of_item[0]).item as usize] = start..end;
        start = end;
    }
    let of_id =
        |id: &str| table.items.number(id).map_or(0..0, |number| panels_of[number as usize].clone());
    let mut all = GradeRule::ALL.map(|_| vec![None; panels.len()]);
    run.file().map_items(
        |id| !of_id(id).is_empty(),
        |item| {
            let of_panel = |at: usize| {
                let system = &table.systems[labelled.row(&panels[at]).system as usize];
                (at, GradeRule::ALL.map(|rule| rule.score(&item, system)))
            };
            of_id(&item.id).map(of_panel).collect::<Vec<_>>()
        },
        |scored| {
            for (at, scores) in scored {
                for (of_rule, score) in all.iter_mut().zip(scores) {
                    of_rule[at] = score;
                }
            }
        },
    )?;
    Ok(all)
}
