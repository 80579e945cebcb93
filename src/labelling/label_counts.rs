//! What people prefer by their labels alone, where no judge has been asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::error::Result;
use crate::input::{DataFile, Disagreement, KnownItems, read_labels};
use crate::stats::{Estimate, clustered_share};
use crate::trial::Side;
use crate::vote::Preference;

/// The labels of one pair of systems. A comparison counts once: by what more than half of its annotators chose, or by what
/// was decided where they disagreed.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LabelCounts {
    /// The two systems, in byte order of their names.
    pub between: [String; 2],
    /// How many comparisons the first system, the second, and neither won.
    pub wins: [u64; 3],
    /// Comparisons on which no choice has more than half of the annotators.
    pub no_majority: u64,
    /// How often the second system wins, a tie being half a win, clustered by item.
    pub win_rate: Estimate,
}

/// Returns the labels in a file by pair of systems, in byte order of their names.
///
/// # Errors
///
/// As for [`read_labels`].
pub fn label_counts(file: &DataFile, items: &KnownItems) -> Result<Vec<LabelCounts>> {
    let mut pairs: BTreeMap<[Arc<str>; 2], BTreeMap<Arc<str>, Choices>> = BTreeMap::new();
    let read = read_labels(file, items)?;
    let decided = read.adjudicated.into_iter().filter(|(_, why)| *why == Disagreement::People);
    let labels = read.labels.into_iter().map(|label| (label, false));
    for (label, is_decision) in labels.chain(decided.map(|(label, _)| (label, true))) {
        let choice = Preference::of_winner(label.winner.as_ref(), &label.between);
        let choices = pairs.entry(label.between).or_default().entry(label.id).or_default();
        let of_kind = if is_decision { &mut choices.deciders } else { &mut choices.people };
        of_kind.push(choice);
    }
    Ok(pairs.into_iter().map(|(between, comparisons)| counts(&between, &comparisons)).collect())
}

/// What was said about a comparison.
#[derive(Default)]
struct Choices {
    people: Vec<Preference>,
    /// Of those who decided it where people disagreed.
    deciders: Vec<Preference>,
}

fn counts(between: &[Arc<str>; 2], comparisons: &BTreeMap<Arc<str>, Choices>) -> LabelCounts {
    let (mut wins, mut no_majority) = ([0; 3], 0);
    let (mut scores, mut items) = (Vec::new(), Vec::new());
    for (id, choices) in comparisons {
        let Some(choice) = Preference::settled(&choices.people, &choices.deciders) else {
            no_majority += 1;
            continue;
        };
        let (number, score) = match choice {
            Preference::For(Side::A) => (0, 0.0),
            Preference::For(Side::B) => (1, 1.0),
            Preference::Tie => (2, 0.5),
        };
        wins[number] += 1;
        scores.push(score);
        items.push(&**id);
    }
    LabelCounts {
        between: between.each_ref().map(ToString::to_string),
        wins,
        no_majority,
        win_rate: clustered_share(&scores, &items),
    }
}
