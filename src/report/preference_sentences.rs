//! What a win rate says, in a sentence.

use super::number_format::percent;
use super::quantities::counted;
use crate::stats::{Estimate, rounded_apart};
use crate::trial::other_system;

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
        let other = other_system(self.between, self.system);
        let (system, share) = (self.system, percent(Some(value)));
        let (subject, of, note) = (self.subject, counted(self.n, self.of), self.of_note);
        let preference = format!("{subject} {system} to {other} in {share} of {of}{note}");
        let (Some(low), Some(high)) = (self.rate.low, self.rate.high) else {
            return Some(format!("{preference} (no interval)."));
        };
        let (result, decided) = if low > 0.5 {
            (format!("{system} is preferred"), true)
        } else if high < 0.5 {
            (format!("{other} is preferred"), true)
        } else {
            (self.open.to_owned(), false)
        };
        // An interval that excludes 50 % must not look as if it ended there.
        let end = |end: f64| match end * 100.0 {
            percent if decided => rounded_apart(percent, 50.0, 1),
            percent => format!("{percent:.1}"),
        };
        let (low, high) = (end(low), end(high));
        Some(format!("{preference} (95 % interval {low} – {high}): {result}."))
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
        let more = (pairs - texts.len()) as u64;
        let are = if more == 1 { "is" } else { "are" };
        texts.push(format!("{} of systems {are} below.", counted(more, "more pair")));
    }
    texts
}
