//! TER: the share of edits that turn a response into a reference, including shifts, as in sacrebleu.

mod shift_search;

use std::ops::AddAssign;

use crate::metrics::text::{Vocabulary, is_space, words};
use crate::metrics::tokenize::{replace, unescape, western};
use crate::metrics::{SACREBLEU, references_in_signature, yes_or_no};

/// The settings of the translation edit rate.
///
/// `TER = 100 · edits / reference length`. An edit inserts, deletes or replaces a word, or shifts a sequence of
/// words to another place. Shifts are chosen one at a time, each the one that saves the most edits, among
/// sequences that also occur in the reference; the search has the limits of tercom as set by sacrebleu
/// (sequences of up to 10 words, distances of up to 50 words, 1,000 candidates, a beam of 25 words around the
/// diagonal). Of several references the fewest edits count, divided by the mean length of all references. Both
/// are summed over the items.
///
/// The score is 0 or more, and lower is better. It has no upper bound: a response that is much too long has more
/// edits than the reference has words. If all references are empty, it is 0 if all responses are empty too, and
/// 100 otherwise.
///
/// Agrees with sacrebleu 2.6.0 (`asian:no`).
///
/// # Examples
///
/// ```
/// use evenhand::metrics::Ter;
///
/// let item = Ter::default().statistics("on the mat the cat sat", &["the cat sat on the mat"]);
/// assert_eq!(item.edits, 1);
/// assert!((item.score() - 100.0 / 6.0).abs() < 1e-12);
/// ```
///
/// # References
///
/// Snover, M., Dorr, B., Schwartz, R., Micciulla, L. and Makhoul, J. (2006). A study of translation edit rate
/// with targeted human annotation. *AMTA 2006*, 223–231.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Ter {
    /// Whether punctuation marks and a possessive `'s` are words of their own, XML entities are resolved and
    /// lines are joined.
    pub normalized: bool,
    /// Whether `. , ? : ; ! " ( )` are removed.
    pub no_punctuation: bool,
    /// Whether upper and lower case differ.
    pub case_sensitive: bool,
}

/// The statistics of one item, or their sum over items.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TerStatistics {
    /// The number of edits to the closest reference.
    pub edits: u64,
    /// The mean length of the references, in words.
    pub reference_length: f64,
}

impl AddAssign for TerStatistics {
    fn add_assign(&mut self, other: Self) {
        self.edits += other.edits;
        self.reference_length += other.reference_length;
    }
}

impl TerStatistics {
    /// Returns the score of one item's statistics, or of a sum of them.
    pub fn score(&self) -> f64 {
        if self.reference_length > 0.0 {
            100.0 * (self.edits as f64 / self.reference_length)
        } else if self.edits > 0 {
            100.0
        } else {
            0.0
        }
    }
}

impl Ter {
    /// Returns the statistics of one item. Without references both are 0.
    pub fn statistics(self, response: &str, references: &[&str]) -> TerStatistics {
        let response = self.prepare(response);
        let references: Vec<_> =
            references.iter().map(|reference| self.prepare_reference(reference)).collect();
        let mut vocabulary = Vocabulary::for_bytes(2 * response.len());
        let response = vocabulary.numbers(words(&response));
        let mut edits = None;
        let mut length = 0;
        for reference in &references {
            let reference = vocabulary.numbers(words(reference));
            length += reference.len();
            let these = shift_search::count_edits(&response, &reference);
            edits = Some(edits.map_or(these, |fewest: usize| fewest.min(these)));
        }
        TerStatistics {
            edits: edits.unwrap_or(0) as u64,
            reference_length: length as f64 / references.len().max(1) as f64,
        }
    }

    /// Returns sacrebleu's signature of these settings; `references` is the number of references per item, or
    /// `None` if it differs between items.
    pub fn signature(self, references: Option<usize>) -> String {
        format!(
            "nrefs:{}|case:{}|tok:tercom|norm:{}|punct:{}|asian:no|version:{SACREBLEU}",
            references_in_signature(references),
            if self.case_sensitive { "mixed" } else { "lc" },
            yes_or_no(self.normalized),
            yes_or_no(!self.no_punctuation),
        )
    }

    /// Returns a reference with its words separated by white space.
    ///
    /// sacrebleu normalises references twice, which makes a difference: only the second pass separates the `'s`
    /// of "it's." from its word.
    fn prepare_reference(self, text: &str) -> String {
        let once = self.prepare(text);
        if self.normalized { self.prepare(&once) } else { once }
    }

    /// Returns a text with its words separated by white space.
    fn prepare(self, text: &str) -> String {
        let text = text.trim_end_matches(is_space);
        let mut text = if self.case_sensitive { text.to_owned() } else { text.to_lowercase() };
        if self.normalized {
            text = western(&unescape(replace(text.into(), "\n-", "")), true).join(" ");
        }
        if self.no_punctuation {
            text.retain(|char| !".,?:;!\"()".contains(char));
        }
        text
    }
}
