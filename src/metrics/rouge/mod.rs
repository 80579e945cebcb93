//! ROUGE: the overlap of words, word pairs and common subsequences, as in Google's `rouge_score`.

mod lcs;
mod porter;

use std::slice;

use crate::metrics::text::{Class, Vocabulary, is_unspaced};
use crate::metrics::{ngrams, yes_or_no};

/// The variant of ROUGE: which overlap is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RougeKind {
    /// ROUGE-1: words.
    One,
    /// ROUGE-2: pairs of adjacent words.
    Two,
    /// ROUGE-L: the longest common subsequence of words; line breaks are ignored.
    L,
    /// ROUGE-Lsum: for each line of the reference, the union of its longest common subsequences with all lines
    /// of the response.
    Lsum,
}

/// How a text is split into words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RougeTokenizer {
    /// Runs of `a` to `z` and `0` to `9` after lower-casing, as in `rouge_score`.
    ///
    /// Everything else separates words: "naïve" is "na" and "ve", and a text in another script has no words and
    /// scores 0 ([`is_mostly_non_ascii`] detects this).
    #[default]
    Ascii,
    /// Runs of letters, marks and digits of any script after lower-casing.
    ///
    /// On ASCII text it is the same as [`RougeTokenizer::Ascii`]. In scripts without spaces between words (Han,
    /// kana, Thai, Lao, Burmese, Khmer) each character is a word, together with its marks.
    Unicode,
}

/// The settings of ROUGE.
///
/// If a response has c words or pairs and a reference r, and m of them match, precision is m/c, recall m/r and
/// F = 2PR/(P + R), each from 0 to 1, and 0 if its denominator is 0. For ROUGE-1 and ROUGE-2, a word or pair
/// matches as often as it occurs in the text that has it less often; for ROUGE-L, m is the length of the longest
/// common subsequence; for ROUGE-Lsum it is the size of the unions, in which each occurrence of a word is used
/// at most once. The score of several items is the mean of their F.
///
/// Agrees with `rouge_score` 0.1.2 (`split_summaries` off), with and without the stemmer.
///
/// # Cost
///
/// ROUGE-1 and ROUGE-2 take time linear in the number of words. The time of ROUGE-L is proportional to the
/// product of the numbers of words of both texts, that of ROUGE-Lsum to the sum of such products over the pairs
/// of lines with common words. Two texts of 300,000 words take seconds, ten times as many take minutes. Memory
/// is linear except for ROUGE-Lsum, which takes about √n · m / 4 bytes for a line of n words in the response and
/// one of m words in the reference: 40 MB for 300,000 words in each.
///
/// # Examples
///
/// ```
/// use evenhand::metrics::{Rouge, RougeKind};
///
/// let scores = Rouge::default().scores(
///     &[RougeKind::One, RougeKind::L],
///     "the cat sat on a mat",
///     &["a cat sat on the mat"],
/// );
/// assert_eq!(scores[0].f, 1.0);
/// assert_eq!(scores[1].recall, 4.0 / 6.0);
/// ```
///
/// # References
///
/// Lin, C.-Y. (2004). ROUGE: a package for automatic evaluation of summaries. *Text Summarization
/// Branches Out*, 74–81.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rouge {
    /// Whether words of more than three ASCII letters and digits are reduced to their stem
    /// (Porter's stemmer with NLTK's extensions, English only).
    pub stem: bool,
    /// How a text is split into words.
    pub tokenizer: RougeTokenizer,
}

/// Precision, recall and their harmonic mean, each from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Overlap {
    /// The share of the response that is in the reference.
    pub precision: f64,
    /// The share of the reference that is in the response.
    pub recall: f64,
    /// `2PR / (P + R)`; 0 if both are 0.
    pub f: f64,
}

impl Overlap {
    /// Returns the overlap of two texts of these sizes with this number of matches.
    ///
    /// Without matches all three are 0.
    pub fn new(matches: u64, response: u64, reference: u64) -> Self {
        let precision = matches as f64 / response.max(1) as f64;
        let recall = matches as f64 / reference.max(1) as f64;
        let f = if matches == 0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) };
        Self { precision, recall, f }
    }
}

impl Rouge {
    /// Returns the scores of one response, in the order of `kinds`.
    ///
    /// For each kind, the reference with the highest F counts. Without references all scores are 0.
    pub fn scores(self, kinds: &[RougeKind], response: &str, references: &[&str]) -> Vec<Overlap> {
        let response = self.tokens(response);
        let mut best = vec![Overlap::default(); kinds.len()];
        for reference in references {
            let reference = self.tokens(reference);
            let mut vocabulary = Vocabulary::for_bytes(response.text.len() + reference.text.len());
            let pair = Pair {
                response: vocabulary.numbers(response.words()),
                reference: vocabulary.numbers(reference.words()),
                response_lines: &response.lines,
                reference_lines: &reference.lines,
            };
            for (best, score) in best.iter_mut().zip(pair.scores(kinds)) {
                if score.f > best.f {
                    *best = score;
                }
            }
        }
        best
    }

    /// Returns the settings in the form of a signature, which is needed to reproduce a score.
    pub fn signature(self) -> String {
        let stem = yes_or_no(self.stem);
        match self.tokenizer {
            RougeTokenizer::Ascii => {
                format!("tok:default|stem:{stem}|version:rouge_score-0.1.2")
            }
            // No other program splits words like this.
            RougeTokenizer::Unicode => {
                format!("tok:unicode|stem:{stem}|version:evenhand-{}", env!("CARGO_PKG_VERSION"))
            }
        }
    }

    fn tokens(self, text: &str) -> Tokens {
        let mut tokens = Tokens::default();
        let mut word = String::new();
        for line in text.split('\n') {
            match self.tokenizer {
                RougeTokenizer::Ascii => self.ascii_words(line, &mut word, &mut tokens),
                RougeTokenizer::Unicode => self.unicode_words(line, &mut word, &mut tokens),
            }
            self.end_word(&mut word, &mut tokens);
            tokens.lines.push(tokens.ends.len());
        }
        tokens
    }

    fn ascii_words(self, line: &str, word: &mut String, tokens: &mut Tokens) {
        for char in line.chars() {
            match char {
                'a'..='z' | '0'..='9' => word.push(char),
                'A'..='Z' => word.push(char.to_ascii_lowercase()),
                // The only other characters whose lower case is an ASCII letter: the kelvin sign, and the dotted
                // capital I, whose dot becomes a separate mark and ends the word.
                '\u{212a}' => word.push('k'),
                '\u{130}' => {
                    word.push('i');
                    self.end_word(word, tokens);
                }
                _ => self.end_word(word, tokens),
            }
        }
    }

    fn unicode_words(self, line: &str, word: &mut String, tokens: &mut Tokens) {
        let mut alone = false;
        for char in line.to_lowercase().chars() {
            match Class::of(char) {
                Class::Mark => word.push(char),
                Class::Letter | Class::Number => {
                    let before = std::mem::replace(&mut alone, is_unspaced(char));
                    if before || alone {
                        self.end_word(word, tokens);
                    }
                    word.push(char);
                }
                _ => self.end_word(word, tokens),
            }
        }
    }

    fn end_word(self, word: &mut String, tokens: &mut Tokens) {
        if self.stem && word.len() > 3 && word.is_ascii() {
            porter::stem(word);
        }
        if !word.is_empty() {
            tokens.text.push_str(word);
            tokens.ends.push(tokens.text.len());
            word.clear();
        }
    }
}

/// Returns whether [`RougeTokenizer::Ascii`] ignores most letters and digits of a text.
///
/// Such a text has few words or none, and without words it scores 0 even against itself. A text without letters
/// and digits is not counted.
///
/// # Examples
///
/// ```
/// use evenhand::metrics::is_mostly_non_ascii;
///
/// assert!(is_mostly_non_ascii("日本語") && is_mostly_non_ascii("Выпуск 2024"));
/// assert!(!is_mostly_non_ascii("une idée naïve") && !is_mostly_non_ascii("") && !is_mostly_non_ascii("…"));
/// ```
pub fn is_mostly_non_ascii(text: &str) -> bool {
    let letters = || text.chars().filter(|char| char.is_alphanumeric());
    let is_read = |char: &char| char.is_ascii() || matches!(char, '\u{212a}' | '\u{130}');
    !text.is_ascii() && 2 * letters().filter(is_read).count() < letters().count()
}

/// The words of a text, concatenated, with the ends of words and lines.
#[derive(Default)]
struct Tokens {
    text: String,
    /// By word, its end in `text` in bytes.
    ends: Vec<usize>,
    /// By line, the number of words up to its end.
    lines: Vec<usize>,
}

impl Tokens {
    fn words(&self) -> impl Iterator<Item = &str> {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.text[start..end])
    }
}

/// A response and one reference; words are replaced by numbers.
struct Pair<'a> {
    response: Vec<u32>,
    reference: Vec<u32>,
    response_lines: &'a [usize],
    reference_lines: &'a [usize],
}

impl Pair<'_> {
    fn scores(&self, kinds: &[RougeKind]) -> impl Iterator<Item = Overlap> {
        let n_grams = kinds.iter().any(|kind| matches!(kind, RougeKind::One | RougeKind::Two));
        let [words, pairs] = if n_grams {
            ngrams::matches(&self.response, slice::from_ref(&self.reference))
        } else {
            [0, 0]
        };
        let (response, reference) = (self.response.len() as u64, self.reference.len() as u64);
        kinds.iter().map(move |kind| match kind {
            RougeKind::One => Overlap::new(words, response, reference),
            RougeKind::Two => {
                Overlap::new(pairs, response.saturating_sub(1), reference.saturating_sub(1))
            }
            RougeKind::L => {
                let length = lcs::length(&self.reference, &self.response);
                Overlap::new(length as u64, response, reference)
            }
            RougeKind::Lsum => Overlap::new(self.union_of_lines(), response, reference),
        })
    }

    /// Returns the number of words of the reference in the unions of ROUGE-Lsum.
    fn union_of_lines(&self) -> u64 {
        let largest = self.response.iter().chain(&self.reference).copied().max();
        let words = largest.map_or(0, |largest| largest as usize + 1);
        let mut response = vec![0_u64; words];
        for &word in &self.response {
            response[word as usize] += 1;
        }
        let mut response_set =
            lcs::TextSet::new(lines(&self.response, self.response_lines).collect(), words);
        let mut in_unions = vec![0_u64; words];
        let mut reference: Vec<_> = lines(&self.reference, self.reference_lines).collect();
        reference.sort_unstable();
        for same in reference.chunk_by(|line, next| line == next) {
            let union = response_set.union(same[0]);
            for (&word, _) in same[0].iter().zip(union).filter(|(_, marked)| *marked) {
                in_unions[word as usize] += same.len() as u64;
            }
        }
        // A word of the reference is in one line only, so just the occurrences in the response limit the count.
        in_unions.iter().zip(response).map(|(&marked, available)| marked.min(available)).sum()
    }
}

/// Returns the words of each line that is not empty, given the ends of the lines.
fn lines<'a>(words: &'a [u32], ends: &'a [usize]) -> impl Iterator<Item = &'a [u32]> {
    let starts = [0].into_iter().chain(ends.iter().copied());
    starts.zip(ends).map(|(start, &end)| &words[start..end]).filter(|line| !line.is_empty())
}
