//! When enough is labelled: as soon as people's labels decide whether a system's win rate is above a limit.
//!
//! The rule can be tested after every label: the probability that it ever decides wrongly is at most `alpha`. It bets
//! against the limit from both sides ([`one_sided_capital`]). It decides when the capital of one side is so large that a
//! win rate at the limit would give it with a probability of at most `alpha/2`. This holds for observations that are
//! independent draws from one population, so the rule requires:
//!
//! - **Comparisons drawn with equal probabilities, in random order.** Those of a draw by outcome or by uncertainty come
//!   from the judge's doubts, and their plain mean is not the win rate.
//! - **One observation for each item**: 1, ½ or 0 of its comparison, for a win, a tie or a loss of the system. Several
//!   comparisons of one item say nearly the same, and counting each would make chance look like evidence. Their mean
//!   counts, at the moment when the last of them is answered; all items must have equally many, or else those with few
//!   would count too much, and too early.
//! - **One value for each comparison.** Its first answer counts, whoever gives it: the answer of a second person is not a
//!   new draw. A skipped comparison is a loss for the lower end and a win for the upper one, since it may have been
//!   skipped because of what the answer would have been. If its annotator corrects the first answer, the correction
//!   counts.

use std::collections::{BTreeSet, HashMap};

use super::entry::ComparisonKey;
use super::material::Material;
use super::state::State;
use crate::error::{Error, Result, nearest};
use crate::input::LabelAnswer;
use crate::stats::{Interval, betting_interval, one_sided_capital};

/// Ends the labelling when it is decided whether a system's win rate is above a limit.
#[derive(Debug, Clone, PartialEq)]
pub struct StoppingRule {
    /// The system whose win rate it is: against all others together.
    pub system: String,
    /// The limit, in `(0, 1)`.
    pub than: f64,
    /// The probability of a wrong decision, at most; usually 0.05.
    pub alpha: f64,
}

/// What a stopping rule has decided.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Decision {
    /// Whether the win rate is above the limit, or else below it.
    pub above: bool,
    /// The interval of the win rate when it was decided, which is valid at every look.
    pub interval: Interval,
    /// After how many items it was decided; usually each has one comparison.
    pub labels: usize,
}

/// What people said of one item: the score of the system, if what was skipped was lost, and if it was won.
type Bounds = [f64; 2];

impl StoppingRule {
    /// Checks that the rule can be used with the comparisons of the forms.
    ///
    /// # Errors
    ///
    /// A number is out of range, there is no such system, or the comparisons do not allow the rule.
    pub(super) fn check(&self, material: &Material, state: &State) -> Result<()> {
        for (what, number) in [("limit", self.than), ("probability of error", self.alpha)] {
            if !(number > 0.0 && number < 1.0) {
                return Err(Error::usage(format!(
                    "the {what} of the stopping rule must be between 0 and 1, not {number}"
                )));
            }
        }
        self.check_systems(state)?;
        let mut probabilities = state.sample().iter().map(|(_, probability)| *probability);
        let first = probabilities.next().flatten();
        if first.is_none() || probabilities.any(|one| one != first) {
            return Err(Error::usage("labelling can stop early only where all comparisons were drawn with the same known probability")
                .detail("comparisons drawn by outcome or by uncertainty have different ones, and their plain mean is not the win rate")
                .hint("draw at random, or label all that were drawn"));
        }
        let of_item = comparisons_by_item(state);
        let mut counts: Vec<usize> = of_item.values().copied().collect();
        counts.sort_unstable();
        if counts.first() != counts.last() {
            let of = |count: Option<&usize>| count.copied().unwrap_or(0);
            return Err(Error::usage(
                "labelling can stop early only where every item has equally many comparisons",
            )
            .detail(format!(
                "the forms have from {} to {} of each item of {}",
                of(counts.first()),
                of(counts.last()),
                material.known_items().len()
            ))
            .hint("label all comparisons of the items, or only those of two systems"));
        }
        Ok(())
    }

    fn check_systems(&self, state: &State) -> Result<()> {
        let systems: BTreeSet<&str> = state
            .sample()
            .iter()
            .flat_map(|(key, _)| key.between.iter().map(|system| &**system))
            .collect();
        if !systems.contains(self.system.as_str()) {
            let error = Error::usage(format!(
                "the stopping rule names `{}`, which no comparison of the forms has",
                self.system
            ));
            return Err(match nearest(&self.system, systems.iter().copied()) {
                Some(close) => error.hint(format!("did you mean `{close}`?")),
                None => error.hint(format!(
                    "the systems are: {}",
                    systems.iter().copied().collect::<Vec<_>>().join(", ")
                )),
            });
        }
        let has_system =
            |key: &ComparisonKey| key.between.iter().any(|system| **system == *self.system);
        if state.sample().iter().all(|(key, _)| has_system(key)) {
            return Ok(());
        }
        Err(Error::usage(format!(
            "the stopping rule is about `{}`, but some comparisons are between other systems",
            self.system
        ))
        .hint("label items of two systems, or judge or label the items with this system as the baseline"))
    }

    /// Returns what the answers decide; once it has decided, further answers change nothing.
    pub(super) fn decision(&self, state: &State) -> Option<Decision> {
        let observations = self.observations(state);
        let lower: Vec<f64> = observations.iter().map(|[lower, _]| *lower).collect();
        let upper: Vec<f64> = observations.iter().map(|[_, upper]| *upper).collect();
        let lost: Vec<f64> = upper.iter().map(|upper| 1.0 - upper).collect();
        // Half of the error for each side: the interval of both excludes the limit when this is reached.
        let (half, enough) = (self.alpha / 2.0, 2.0 / self.alpha);
        let first = |capital: Vec<f64>| capital.iter().position(|capital| *capital >= enough);
        let above = first(one_sided_capital(&lower, self.than, half).ok()?);
        let below = first(one_sided_capital(&lost, 1.0 - self.than, half).ok()?);
        let (above, at) = match (above, below) {
            (Some(above), Some(below)) => (above <= below, above.min(below)),
            (Some(above), None) => (true, above),
            (None, Some(below)) => (false, below),
            (None, None) => return None,
        };
        let low = betting_interval(&lower[..=at], self.alpha).ok()?.low;
        let high = betting_interval(&upper[..=at], self.alpha).ok()?.high;
        Some(Decision { above, interval: Interval { low, high }, labels: at + 1 })
    }

    /// Returns the score of the system on each item, in the order in which the last of its comparisons was first answered.
    fn observations(&self, state: &State) -> Vec<Bounds> {
        let wanted = comparisons_by_item(state);
        let mut begun: HashMap<u32, (usize, Bounds)> = HashMap::new();
        let mut complete = Vec::new();
        for (key, answer) in state.first_answers() {
            let bounds = match answer {
                Some(LabelAnswer::Winner(None)) => [0.5, 0.5],
                Some(LabelAnswer::Winner(Some(winner))) => {
                    [f64::from(u8::from(**winner == *self.system)); 2]
                }
                _ => [0.0, 1.0],
            };
            let (answered, sums) = begun.entry(key.item).or_default();
            *answered += 1;
            sums.iter_mut().zip(bounds).for_each(|(sum, bound)| *sum += bound);
            if wanted.get(&key.item) == Some(answered) {
                complete.push(sums.map(|sum| sum / *answered as f64));
            }
        }
        complete
    }
}

/// Returns how many comparisons of each item are labelled.
fn comparisons_by_item(state: &State) -> HashMap<u32, usize> {
    let mut counts = HashMap::new();
    for (key, _) in state.sample() {
        *counts.entry(key.item).or_default() += 1;
    }
    counts
}
