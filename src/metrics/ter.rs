//! TER: the edits that turn a response into a reference, moves of stretches included, as in sacrebleu.

use std::ops::AddAssign;

use super::shifts;
use super::text::{Vocabulary, is_space, words};
use super::tokenize::{replace, unescape, western};
use super::{SACREBLEU, references_in_signature, yes_or_no};

/// The settings of the translation edit rate.
///
/// `TER = 100 · edits / reference length`. An edit inserts, deletes or replaces a word, or moves a stretch of
/// words. The moves are found one at a time, each the one that saves most, among stretches that the
/// reference has too; the search has the limits of tercom as sacrebleu sets them (stretches of 10 words,
/// 50 words apart, 1,000 moves tried, a beam of 25 words around the diagonal). Of several references the
/// fewest edits count, over the mean of all their lengths. Both are summed over the items.
///
/// The score starts at 0, which is best, and has no upper end: a response that is much too long has more
/// edits than the reference has words. With references that are all empty it is 0 if the responses are,
/// too, else 100.
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
    /// Whether punctuation and a possessive `'s` are words of their own, entities are resolved and lines
    /// joined.
    pub normalized: bool,
    /// Whether `. , ? : ; ! " ( )` are left out.
    pub no_punctuation: bool,
    /// Whether case counts.
    pub case_sensitive: bool,
}

/// What an item contributes to TER.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TerStatistics {
    /// The edits to the closest reference.
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
    /// Returns what one item contributes.
    ///
    /// Without any reference both counts are 0.
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
            let these = shifts::edits(&response, &reference);
            edits = Some(edits.map_or(these, |fewest: usize| fewest.min(these)));
        }
        TerStatistics {
            edits: edits.unwrap_or(0) as u64,
            reference_length: length as f64 / references.len().max(1) as f64,
        }
    }

    /// Returns sacrebleu's signature for these settings and this number of references per item, `None` if
    /// it differs between items.
    pub fn signature(self, references: Option<usize>) -> String {
        format!(
            "nrefs:{}|case:{}|tok:tercom|norm:{}|punct:{}|asian:no|version:{SACREBLEU}",
            references_in_signature(references),
            if self.case_sensitive { "mixed" } else { "lc" },
            yes_or_no(self.normalized),
            yes_or_no(!self.no_punctuation),
        )
    }

    /// Returns a reference with its words parted by white space.
    ///
    /// sacrebleu normalises references twice, which parts a little more the second time: the `'s` of
    /// "it's." only has its space then.
    fn prepare_reference(self, text: &str) -> String {
        let once = self.prepare(text);
        if self.normalized { self.prepare(&once) } else { once }
    }

    /// Returns the text with its words parted by white space.
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
