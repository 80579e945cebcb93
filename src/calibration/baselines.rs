//! Baselines: how well simple rules agree with the same labels.

use serde::Serialize;

use super::agreement;
use super::item_features::ItemFeatures;
use super::labelled::LabelledComparisons;
use super::trivial_judge::TrivialJudge;
use super::weighted_scores::WeightedScores;
use crate::stats::Estimate;

/// What a simple rule reaches on the same labels.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Baseline {
    /// The rule.
    #[serde(rename = "name")]
    pub judge: TrivialJudge,
    /// Agreement of its replies, by comparison.
    pub agreement: Estimate,
    /// Cohen's κ of its replies.
    pub cohen_kappa: Estimate,
    /// The measured judge's agreement minus this one's, on the same comparisons.
    pub difference: Estimate,
}

impl Baseline {
    /// Returns whether a judge should agree with people more often than this rule.
    pub(super) fn applies_to(&self, judge: &str) -> bool {
        // Agreement with the first position is about ½ by design, and a judge equals itself.
        self.judge != TrivialJudge::First && !self.judge.is_named(judge)
    }
}

/// Measures every trivial judge that can judge all labelled comparisons.
pub(super) fn baselines(
    labelled: LabelledComparisons<'_>,
    features: &ItemFeatures,
) -> Vec<Baseline> {
    features.trivial_judges().map(|judge| baseline(labelled, features, judge)).collect()
}

fn baseline(
    labelled: LabelledComparisons<'_>,
    features: &ItemFeatures,
    judge: TrivialJudge,
) -> Baseline {
    let panels = &labelled.labels.panels;
    let (replies, _) = agreement::orders(labelled, panels, |at, _| features.replies(judge, at));
    let (mut means, mut differences) = (WeightedScores::default(), WeightedScores::default());
    for (at, panel) in panels.iter().enumerate() {
        let item = labelled.comparisons.rows[panel.row as usize].item;
        let weight = labelled.weight(panel);
        let Some(mean) = labelled.agreement_of(panel, features.replies(judge, at)) else {
            continue;
        };
        means.push(mean, item, weight);
        if let Some(measured) = labelled.agreement(panel) {
            differences.push(measured - mean, item, weight);
        }
    }
    Baseline {
        judge,
        agreement: means.share(),
        cohen_kappa: replies.cohen_kappa,
        difference: differences.mean(),
    }
}
