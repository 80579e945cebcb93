//! What a win rate says, in a sentence.

use super::quantities::{count, counted};
use super::text_report::percent;
use crate::stats::Estimate;

/// The most pairs of systems that get a sentence each.
const MOST_PAIRS: usize = 3;

/// A win rate, and who prefers what by it.
pub(super) struct PreferenceSentence<'a> {
    /// Who prefers, with the verb: `People prefer`, `gpt-4o prefers`.
    pub(super) subject: &'a str,
    /// The two systems.
    pub(super) between: &'a [String; 2],
    /// The one whose wins are counted.
    pub(super) system: &'a str,
    /// The win rate.
    pub(super) rate: &'a Estimate,
    /// How many things the rate is a share of.
    pub(super) n: u64,
    /// What they are, in the singular: `comparison`.
    pub(super) of: &'a str,
    /// What follows, such as how many of them are labelled.
    pub(super) of_note: &'a str,
    /// What to say if the interval contains ½.
    pub(super) open: &'a str,
}

impl PreferenceSentence<'_> {
    /// Returns the sentence; `None` if the rate is undefined.
    pub(super) fn text(&self) -> Option<String> {
        let value = self.rate.value?;
        let other = &self.between[usize::from(self.between[0] == self.system)];
        let mut text = format!(
            "{} {} to {other} in {} of {}{}",
            self.subject,
            self.system,
            percent(Some(value)),
            counted(self.n, self.of),
            self.of_note
        );
        match (self.rate.low, self.rate.high) {
            (Some(low), Some(high)) => {
                text += &format!(" (95 % interval {:.1} – {:.1})", low * 100.0, high * 100.0);
                let result = if low > 0.5 {
                    format!("{} is preferred", self.system)
                } else if high < 0.5 {
                    format!("{other} is preferred")
                } else {
                    self.open.to_owned()
                };
                text += &format!(": {result}.");
            }
            _ => text += " (no interval).",
        }
        Some(text)
    }
}

/// Returns the sentences of the first few pairs, and one about the others; `nothing` if no pair has one.
pub(super) fn sentences_of_pairs<'a>(
    sentences: impl ExactSizeIterator<Item = PreferenceSentence<'a>>,
    nothing: &str,
) -> Vec<String> {
    let pairs = sentences.len();
    let mut texts: Vec<String> =
        sentences.filter_map(|sentence| sentence.text()).take(MOST_PAIRS).collect();
    if texts.is_empty() {
        texts.push(nothing.to_owned());
    } else if pairs > texts.len() {
        texts.push(format!(
            "The other {} pairs of systems are below.",
            count((pairs - texts.len()) as u64)
        ));
    }
    texts
}
