//! Whether what a merge adds was drawn with what the label file holds.
//!
//! Labels count by the inverse of the probability with which their comparison or response was drawn. That is right within one
//! sample; labels of two samples that are weighted together count for the wrong number of comparisons each. A file does not
//! name its sample, so two signs of another one are looked for: the same comparison has another probability, or one that the
//! label file does not hold has a probability that nothing in it has.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::entry::ComparisonKey;
use super::session_line::SessionLine;
use super::state::State;
use crate::error::{Error, Result};
use crate::input::StandingLine as _;

/// What the label file holds and the files that were merged so far, with the probability of the draw of each.
#[derive(Debug, Default)]
pub(super) struct MergeDraws {
    of_unit: HashMap<ComparisonKey, Option<f64>>,
    /// All probabilities, by their bits.
    probabilities: HashSet<u64>,
}

impl MergeDraws {
    /// Returns what a label file holds.
    pub(super) fn of(state: &State) -> Self {
        let mut draws = Self::default();
        draws.extend(state.sample().iter().cloned());
        draws
    }

    /// Adds what another file holds.
    pub(super) fn extend(&mut self, drawn: impl IntoIterator<Item = (ComparisonKey, Option<f64>)>) {
        for (key, probability) in drawn {
            self.probabilities.extend(probability.map(f64::to_bits));
            let known = self.of_unit.entry(key).or_default();
            *known = known.or(probability);
        }
    }

    /// Returns the probability of what a line is about, by the label file or by the line.
    ///
    /// # Errors
    ///
    /// The line belongs to another sample.
    pub(super) fn probability(
        &self,
        labels: &Path,
        shown: &str,
        key: &ComparisonKey,
        line: &SessionLine,
    ) -> Result<Option<f64>> {
        let known = self.of_unit.get(key);
        let Some(drawn) = line.probability() else { return Ok(known.copied().flatten()) };
        let labels = labels.display();
        let what = format!(
            "{shown}: probability: {} was drawn with the probability {drawn}",
            line.labelled()
        );
        let error = match known {
            Some(Some(known)) if known.to_bits() != drawn.to_bits() => {
                format!("{what}, and with {known} in {labels} or in a file before this one")
            }
            None if !self.probabilities.is_empty()
                && !self.probabilities.contains(&drawn.to_bits()) =>
            {
                format!("{what}, and nothing in {labels} or in a file before this one was")
            }
            _ => return Ok(Some(drawn)),
        };
        Err(Error::input(error).at(shown).in_field("probability").hint(
            "merge labels of one sample only, into the label file that was written when it was drawn: what two samples \
             drew cannot be weighted together",
        ))
    }
}
