//! Whether a judge prefers a system of its own family of models more often than people do.
//!
//! The family is that of the models' names ([`shared_family`](crate::judge::shared_family)): of the judge's model, and of
//! the system, which is often named after its model, or of the models that gave its responses, where a run knows them.
//! Where both systems of a comparison are of the judge's family, or neither, nothing is measured.

use serde::Serialize;

use super::labelled::LabelledComparisons;
use super::weighted_scores::WeightedScores;
use crate::judge::shared_family_of_any;
use crate::stats::Estimate;
use crate::store::{JudgeChoice, RunFile, names_of};

/// A judge that compares a system of its own family with one of another.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SelfPreference {
    /// The family.
    pub family: &'static str,
    /// The system that is of the family.
    pub system: String,
    /// The system that is not.
    pub other: String,
    /// How often the judge prefers `system` minus how often people do, from −1 to 1, a tie being half: over the labelled
    /// comparisons that it answered in both orders, of which each has one value, the mean of the orders. Paired, with
    /// items as clusters. Undefined without such a comparison.
    pub excess: Estimate,
}

/// Returns every pair of systems of which one alone is of the judge's family; of a jury, of the family to which more than
/// half of its judges belong.
pub(super) fn self_preferences(
    run: &RunFile,
    judge: JudgeChoice,
    labelled: LabelledComparisons<'_>,
) -> Vec<SelfPreference> {
    let models: Vec<&str> =
        run.judges_of(judge).iter().map(|judge| judge.record.model.as_str()).collect();
    let pairs = labelled.comparisons.pairs.iter().enumerate();
    let found = pairs.filter_map(|(number, pair)| {
        let [one, other] = pair.between.each_ref().map(|system| {
            let names: Vec<&str> = names_of(system, &run.manifest().models).collect();
            family_of(&names, &models)
        });
        let (at, family) = match (one, other) {
            (Some(family), None) => (0, family),
            (None, Some(family)) => (1, family),
            _ => return None,
        };
        Some(SelfPreference {
            family,
            system: pair.between[at].clone(),
            other: pair.between[1 - at].clone(),
            excess: excess(labelled, number as u32, &pair.between[at]),
        })
    });
    found.collect()
}

/// Returns the family that a system of one of these names shares with more than half of the models.
fn family_of(names: &[&str], models: &[&str]) -> Option<&'static str> {
    let shared = |model: &&str| shared_family_of_any(model, names.iter().copied());
    let shared: Vec<&str> = models.iter().filter_map(shared).collect();
    let first = *shared.first()?;
    let alike = shared.iter().filter(|family| **family == first).count();
    (2 * alike > models.len()).then_some(first)
}

/// Returns how much more often the judge prefers a system of a pair than people do.
fn excess(labelled: LabelledComparisons<'_>, pair: u32, system: &str) -> Estimate {
    let LabelledComparisons { comparisons, labels, .. } = labelled;
    let counted = comparisons.pairs[pair as usize].counted;
    let (mut by_judge, mut by_people) = (WeightedScores::default(), WeightedScores::default());
    for panel in &labels.panels {
        let row = &comparisons.rows[panel.row as usize];
        let Some(judged) = comparisons.order_averaged(panel.row).filter(|_| row.pair == pair)
        else {
            continue;
        };
        let weight = labelled.weight(panel);
        by_judge.push(judged.score, row.item, weight);
        by_people.push(labels.worth(panel, counted), row.item, weight);
    }
    // Both scores are of the counted system, and those of the other one are 1 minus them.
    if comparisons.pairs[pair as usize].system() == system {
        by_judge.minus(&by_people)
    } else {
        by_people.minus(&by_judge)
    }
}

#[cfg(test)]
mod tests {
    use super::family_of;

    #[test]
    fn a_jury_has_the_family_of_more_than_half_of_its_judges() {
        for (models, family) in [
            (&["gpt-4o"][..], Some("GPT")),
            (&["gpt-4o", "o3", "claude-3"], Some("GPT")),
            (&["gpt-4o", "claude-3"], None),
            (&["claude-3", "claude-4", "gpt-4o"], None),
            (&["builtin:longer"], None),
        ] {
            assert_eq!(family_of(&["gpt-4.1"], models), family, "{models:?}");
        }
    }
}
