//! chrF and chrF++: the F-score of character n-grams, and of words and word pairs, as in sacrebleu.

use std::borrow::Cow;
use std::ops::AddAssign;
use std::slice;

use super::ngrams;
use super::text::{Vocabulary, is_ascii_space, is_space, words};
use super::{SACREBLEU, references_in_signature};

const CHARACTER_ORDER: usize = 6;
const WORD_ORDER: usize = 2;

/// The settings of chrF.
///
/// `chrF = 100 · (1 + β²) P R / (β² P + R)`, where precision P and recall R are the shares of n-grams that are
/// also in the other text, each averaged over the orders n that both texts have; recall has β times the weight
/// of precision. The n-grams are those of characters without white space and, for chrF++, those of words, from
/// which one punctuation character is split off at the end, or else at the beginning. Of several references the
/// one with the highest score for the item counts. All counts are summed over the items before anything is
/// divided.
///
/// The score is from 0 to 100, and 0 if the texts have no order in common, as with an empty text.
///
/// Agrees with sacrebleu 2.6.0 (`eff:yes`, `space:no`).
///
/// # Examples
///
/// ```
/// use evenhand::metrics::{Chrf, total};
///
/// let chrf = Chrf::PLUS_PLUS;
/// let corpus = total([
///     chrf.statistics("The cat sat.", &["The cat sits.", "A cat sat."]),
///     chrf.statistics("It slept.", &["It slept."]),
/// ]);
/// assert!((chrf.score(&corpus) - 85.644_584).abs() < 1e-6);
/// assert_eq!(chrf.signature(None), "nrefs:var|case:mixed|eff:yes|nc:6|nw:2|space:no|version:2.6.0");
/// ```
///
/// # References
///
/// Popović, M. (2015). chrF: character n-gram F-score for automatic MT evaluation. *WMT 2015*, 392–395.
/// Popović, M. (2017). chrF++: words helping character n-grams. *WMT 2017*, 612–618.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chrf {
    /// The largest character n-gram; values above 6 count as 6.
    pub character_order: usize,
    /// The largest word n-gram; values above 2 count as 2. 0 for chrF, 2 for chrF++.
    pub word_order: usize,
    /// The weight of recall relative to precision.
    pub beta: f64,
    /// Whether case is ignored.
    pub lowercase: bool,
}

impl Default for Chrf {
    fn default() -> Self {
        Self::PLAIN
    }
}

/// The statistics of one item, or their sum over items: six counts for character n-grams, then two for words.
///
/// If the reference is too short for an order, the counts of that order are 0 for the response, too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChrfStatistics {
    /// The number of n-grams of the response.
    pub response: [u64; CHARACTER_ORDER + WORD_ORDER],
    /// The number of n-grams of the reference.
    pub reference: [u64; CHARACTER_ORDER + WORD_ORDER],
    /// The number of n-grams in both, each counted as often as in the text that has it less often.
    pub matches: [u64; CHARACTER_ORDER + WORD_ORDER],
}

impl AddAssign for ChrfStatistics {
    fn add_assign(&mut self, other: Self) {
        for at in 0..CHARACTER_ORDER + WORD_ORDER {
            self.response[at] += other.response[at];
            self.reference[at] += other.reference[at];
            self.matches[at] += other.matches[at];
        }
    }
}

impl Chrf {
    /// chrF2, sacrebleu's default: only characters, β = 2.
    pub const PLAIN: Self =
        Self { character_order: CHARACTER_ORDER, word_order: 0, beta: 2.0, lowercase: false };
    /// chrF2++: characters, words and word pairs, β = 2.
    pub const PLUS_PLUS: Self = Self { word_order: WORD_ORDER, ..Self::PLAIN };

    /// Returns the statistics of one item against the reference with the highest score, the first of several.
    ///
    /// Without references all counts are 0.
    pub fn statistics(&self, response: &str, references: &[&str]) -> ChrfStatistics {
        let response = self.cased(response);
        let mut best: Option<(f64, ChrfStatistics)> = None;
        for reference in references {
            let statistics = self.pair(&response, &self.cased(reference));
            let score = self.score(&statistics);
            if best.is_none_or(|(best, _)| score > best) {
                best = Some((score, statistics));
            }
        }
        best.map(|(_, statistics)| statistics).unwrap_or_default()
    }

    fn pair(&self, response: &str, reference: &str) -> ChrfStatistics {
        let mut statistics = ChrfStatistics::default();
        let (one, other) = (characters(response), characters(reference));
        let matches = ngrams::matches::<CHARACTER_ORDER>(&one, slice::from_ref(&other));
        statistics.fill(0, &matches, one.len(), other.len());
        if self.word_order > 0 {
            let mut vocabulary = Vocabulary::for_bytes(response.len() + reference.len());
            let mut numbers = |text| vocabulary.numbers(split_punctuation(text));
            let (one, other) = (numbers(response), numbers(reference));
            let matches = ngrams::matches::<WORD_ORDER>(&one, slice::from_ref(&other));
            statistics.fill(CHARACTER_ORDER, &matches, one.len(), other.len());
        }
        statistics
    }

    /// Returns the score of one item's statistics, or of a sum of them.
    pub fn score(&self, statistics: &ChrfStatistics) -> f64 {
        let (mut precision, mut recall, mut orders) = (0.0, 0.0, 0.0);
        let characters = 0..self.character_order.min(CHARACTER_ORDER);
        let words = CHARACTER_ORDER..CHARACTER_ORDER + self.word_order.min(WORD_ORDER);
        for at in characters.chain(words) {
            let (response, reference) = (statistics.response[at], statistics.reference[at]);
            if response > 0 && reference > 0 {
                let matches = statistics.matches[at] as f64;
                precision += matches / response as f64;
                recall += matches / reference as f64;
                orders += 1.0;
            }
        }
        if precision + recall == 0.0 {
            return 0.0;
        }
        let (precision, recall) = (precision / orders, recall / orders);
        let factor = self.beta * self.beta;
        // The order of operations is that of sacrebleu, so that equal references tie in the same cases.
        100.0 * ((1.0 + factor) * precision * recall / (factor * precision + recall))
    }

    /// Returns sacrebleu's signature of these settings; `references` is the number of references per item, or
    /// `None` if it differs between items.
    pub fn signature(&self, references: Option<usize>) -> String {
        format!(
            "nrefs:{}|case:{}|eff:yes|nc:{}|nw:{}|space:no|version:{SACREBLEU}",
            references_in_signature(references),
            if self.lowercase { "lc" } else { "mixed" },
            self.character_order.min(CHARACTER_ORDER),
            self.word_order.min(WORD_ORDER),
        )
    }

    fn cased<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.lowercase { Cow::Owned(text.to_lowercase()) } else { Cow::Borrowed(text) }
    }
}

impl ChrfStatistics {
    /// Sets the counts of the orders from index `start` on, for two texts of these lengths.
    fn fill(&mut self, start: usize, matches: &[u64], response: usize, reference: usize) {
        for (missing, &matches) in matches.iter().enumerate() {
            if reference > missing {
                self.response[start + missing] = response.saturating_sub(missing) as u64;
                self.reference[start + missing] = (reference - missing) as u64;
                self.matches[start + missing] = matches;
            }
        }
    }
}

/// Returns the chrF2 score of one text against one reference, from 0 to 100: [`Chrf::PLAIN`].
///
/// # Examples
///
/// ```
/// assert_eq!(evenhand::metrics::chrf("the same", "the same"), 100.0);
/// assert_eq!(evenhand::metrics::chrf("", "the same"), 0.0);
/// ```
pub fn chrf(response: &str, reference: &str) -> f64 {
    Chrf::PLAIN.score(&Chrf::PLAIN.statistics(response, &[reference]))
}

/// Returns the characters that are not white space.
fn characters(text: &str) -> Vec<u32> {
    if text.is_ascii() {
        without_space(text.len(), text.bytes().map(|byte| (u32::from(byte), is_ascii_space(byte))))
    } else {
        without_space(text.len(), text.chars().map(|char| (u32::from(char), is_space(char))))
    }
}

/// Returns the characters that are not marked as white space; there are at most `max` characters.
fn without_space(max: usize, text: impl Iterator<Item = (u32, bool)>) -> Vec<u32> {
    let mut characters = vec![0; max];
    let mut length = 0;
    // Without a branch, because the positions of spaces are unpredictable.
    for (character, space) in text {
        characters[length] = character;
        length += usize::from(!space);
    }
    characters.truncate(length);
    characters
}

/// Returns the words; from a word of several characters one ASCII punctuation mark is split off, the last
/// character or else the first.
fn split_punctuation(text: &str) -> Vec<&str> {
    let mut parts = Vec::with_capacity(text.len() / 4);
    for word in words(text) {
        let punctuation = |at: usize| word.as_bytes()[at].is_ascii_punctuation();
        let single = word.chars().next().is_none_or(|char| char.len_utf8() == word.len());
        let cut = match word.len() {
            length if single => length,
            length if punctuation(length - 1) => length - 1,
            _ if punctuation(0) => 1,
            length => length,
        };
        let (one, other) = word.split_at(cut);
        parts.push(one);
        if !other.is_empty() {
            parts.push(other);
        }
    }
    parts
}
