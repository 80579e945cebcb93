//! What a forced choice hides: comparisons on which people find both responses acceptable.
//!
//! An annotator who must choose names a winner even where both responses are acceptable. Where annotators marked these
//! comparisons, the win rate is computed twice on the same labels: by the choices, and with every marked label as a tie.
//! The labels of annotators who never marked one are in neither.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::labelled::LabelledComparisons;
use super::part::Part;
use super::weighted_scores::WeightedScores;
use crate::input::Labels;
use crate::stats::Estimate;
use crate::vote::Preference;

/// What a forced choice hides.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ForcedChoiceReport {
    /// How often both responses are acceptable, over the comparisons of which somebody who marks such comparisons said
    /// whether they are; where annotators differ, the share of them.
    pub both_acceptable: Estimate,
    /// How often a winner was chosen nevertheless, over the labels that find both acceptable.
    pub winner_chosen: Estimate,
    /// How often the judge keeps a winner, over the comparisons of which more than half of those asked find both
    /// acceptable.
    pub judge_names_winner: Estimate,
    /// What that does to the win rate, for each pair of systems.
    pub win_rates: Vec<ForcedWinRate>,
}

/// A win rate by forced choices, and with ties where both responses are acceptable.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct ForcedWinRate {
    /// The two systems, in byte order.
    pub between: [String; 2],
    /// The one whose wins are counted.
    pub system: String,
    /// By the choices.
    pub forced: Estimate,
    /// With every label that finds both acceptable as a tie.
    pub as_ties: Estimate,
    /// The second minus the first, paired and clustered by item.
    pub difference: Estimate,
}

/// What those who were asked said of one comparison.
#[derive(Default)]
struct Asked {
    people: f64,
    both: f64,
    /// What their choices are worth to the counted system, and what they are with ties.
    forced: f64,
    as_ties: f64,
}

/// Both win rates of a pair of systems, comparison by comparison.
#[derive(Default)]
struct PairScores {
    forced: WeightedScores,
    as_ties: WeightedScores,
}

/// Measures what a forced choice hides; `None` where nobody marked both responses of a comparison as acceptable.
pub(super) fn forced_choice(
    read: &Labels,
    labelled: LabelledComparisons<'_>,
    part: Option<Part>,
) -> Option<ForcedChoiceReport> {
    let table = labelled.comparisons;
    // Somebody who never says it may not have noticed that it can be said.
    let says_it = read.labels.iter().filter(|label| label.details.both_acceptable == Some(true));
    let annotators: BTreeSet<&str> = says_it.map(|label| &*label.annotator).collect();
    let mut comparisons: BTreeMap<u32, Asked> = BTreeMap::new();
    let mut winner_chosen = WeightedScores::default();
    for label in &read.labels {
        let Some(both) = label.details.both_acceptable else { continue };
        if !annotators.contains(&*label.annotator) {
            continue;
        }
        let row = table.labelled_row((&label.id, &label.between), part);
        let Some(row) = row else { continue };
        let pair = &table.pairs[table.rows[row as usize].pair as usize];
        let choice = Preference::of_winner(label.winner.as_ref(), &label.between);
        let asked = comparisons.entry(row).or_default();
        asked.people += 1.0;
        asked.both += f64::from(both);
        asked.forced += pair.score(choice);
        asked.as_ties += pair.score(if both { Preference::Tie } else { choice });
        if both {
            let is_winner = f64::from(choice != Preference::Tie);
            let item = table.rows[row as usize].item;
            winner_chosen.push(is_winner, item, labelled.weight_of_row(row));
        }
    }
    if comparisons.is_empty() {
        return None;
    }
    let (mut both_acceptable, mut named) = (WeightedScores::default(), WeightedScores::default());
    let mut pairs: BTreeMap<u32, PairScores> = BTreeMap::new();
    for (at, Asked { people, both, forced, as_ties }) in comparisons {
        let row = &table.rows[at as usize];
        let weight = labelled.weight_of_row(at);
        both_acceptable.push(both / people, row.item, weight);
        if both * 2.0 > people {
            let names_winner = row.winner.is_some_and(|winner| winner != Preference::Tie);
            named.push(f64::from(names_winner), row.item, weight);
        }
        let scores = pairs.entry(row.pair).or_default();
        scores.forced.push(forced / people, row.item, weight);
        scores.as_ties.push(as_ties / people, row.item, weight);
    }
    let rates = pairs.into_iter().map(|(number, scores)| {
        let pair = &table.pairs[number as usize];
        ForcedWinRate {
            between: pair.between.clone(),
            system: pair.system().to_owned(),
            forced: scores.forced.share(),
            as_ties: scores.as_ties.share(),
            difference: scores.as_ties.minus(&scores.forced),
        }
    });
    Some(ForcedChoiceReport {
        both_acceptable: both_acceptable.share(),
        winner_chosen: winner_chosen.share(),
        judge_names_winner: named.share(),
        win_rates: rates.collect(),
    })
}
