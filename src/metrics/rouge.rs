//! ROUGE: the overlap of words, pairs of words and common subsequences, as in Google's `rouge_score`.

use std::slice;

use super::ngrams;
use super::porter;
use super::subsequence;
use super::text::{Class, Vocabulary, is_unspaced};

/// Which overlap is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RougeKind {
    /// ROUGE-1: words.
    One,
    /// ROUGE-2: pairs of neighbouring words.
    Two,
    /// ROUGE-L: the longest common subsequence of words, lines ignored.
    L,
    /// ROUGE-Lsum: for each line of the reference the union of its longest common subsequences with all
    /// lines of the response.
    Lsum,
}

/// How a text becomes words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RougeTokenizer {
    /// Runs of `a` to `z` and `0` to `9` after lower-casing, as `rouge_score` has it.
    ///
    /// Everything else separates words: "naïve" is "na" and "ve", and a text in another script has no
    /// words at all and scores 0 ([`unreadable`] tells).
    #[default]
    Ascii,
    /// Runs of letters, marks and digits of any script after lower-casing.
    ///
    /// On ASCII text it is the same as [`RougeTokenizer::Ascii`]. Characters of scripts that put no space
    /// between words (Han, kana, Thai, Lao, Burmese, Khmer) are a word each, with their marks.
    Unicode,
}

/// The settings of ROUGE.
///
/// Of a response with c words or pairs and a reference with r, of which m are in both, precision is m/c,
/// recall m/r and F = 2PR/(P + R), each from 0 to 1 and 0 where its denominator is 0. For ROUGE-1 and
/// ROUGE-2, m counts each word or pair at most as often as the text has it that has it less often; for
/// ROUGE-L it is the length of the longest common subsequence; for ROUGE-Lsum the size of the unions,
/// where no occurrence of a word is used twice. The score of several items is the mean of their F.
///
/// Agrees with `rouge_score` 0.1.2 (`split_summaries` off), with and without the stemmer.
///
/// # Cost
///
/// ROUGE-1 and ROUGE-2 take time linear in the number of words. A longest common subsequence does not: ROUGE-L
/// takes time that grows with the words of the response times those of the reference, ROUGE-Lsum with the
/// sum of such products over the lines that have words in common. Two texts of 300,000 words take seconds,
/// of ten times as many minutes. Memory is linear but for ROUGE-Lsum, which takes about √n · m / 4 bytes for
/// a line of n words in the response and one of m in the reference: 40 MB for 300,000 words in each.
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
    /// How a text becomes words.
    pub tokenizer: RougeTokenizer,
}

/// Precision, recall and their harmonic mean, each from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Overlap {
    /// The share of the response that is in the reference.
    pub precision: f64,
    /// The share of the reference that is in the response.
    pub recall: f64,
    /// `2PR / (P + R)`, 0 where both are 0.
    pub f: f64,
}

impl Overlap {
    /// Returns the overlap of two texts of these sizes that have `matches` in common.
    ///
    /// An empty text has precision and recall 0.
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
    /// Of several references, the one with the highest F counts, for each kind by itself. Without any
    /// reference all scores are 0.
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

    /// Returns what must be said with a score so that others can reproduce it.
    pub fn signature(self) -> String {
        let stem = if self.stem { "yes" } else { "no" };
        match self.tokenizer {
            RougeTokenizer::Ascii => {
                format!("tok:default|stem:{stem}|version:rouge_score-0.1.2")
            }
            // Nobody else's.
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
                // The two others that have an ASCII letter in lower case: the kelvin sign, and the dotted
                // capital I, whose dot becomes a mark of its own and ends the word.
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

/// Returns whether most letters and digits of a text are such that [`RougeTokenizer::Ascii`] does not read them.
///
/// Of such a text little or nothing is compared: one without any that it reads scores 0 against everything,
/// itself included.
///
/// # Examples
///
/// ```
/// use evenhand::metrics::unreadable;
///
/// assert!(unreadable("日本語") && unreadable("Выпуск 2024"));
/// assert!(!unreadable("une idée naïve") && !unreadable("") && !unreadable("…"));
/// ```
pub fn unreadable(text: &str) -> bool {
    let letters = || text.chars().filter(|char| char.is_alphanumeric());
    let read = |char: &char| char.is_ascii() || matches!(char, '\u{212a}' | '\u{130}');
    !text.is_ascii() && 2 * letters().filter(read).count() < letters().count()
}

/// The words of a text one behind the other, and where each word and each line ends.
#[derive(Default)]
struct Tokens {
    text: String,
    ends: Vec<usize>,
    lines: Vec<usize>,
}

impl Tokens {
    fn words(&self) -> impl Iterator<Item = &str> {
        let starts = [0].into_iter().chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.text[start..end])
    }
}

/// A response and one reference, words as numbers.
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
                let length = subsequence::length(&self.reference, &self.response);
                Overlap::new(length as u64, response, reference)
            }
            RougeKind::Lsum => Overlap::new(self.union_of_lines(), response, reference),
        })
    }

    /// Returns how many words of the reference are in the unions of ROUGE-Lsum.
    fn union_of_lines(&self) -> u64 {
        let largest = self.response.iter().chain(&self.reference).copied().max();
        let words = largest.map_or(0, |largest| largest as usize + 1);
        let mut response = vec![0_u64; words];
        for &word in &self.response {
            response[word as usize] += 1;
        }
        let mut others =
            subsequence::Texts::new(lines(&self.response, self.response_lines).collect(), words);
        let mut in_unions = vec![0_u64; words];
        let mut reference: Vec<_> = lines(&self.reference, self.reference_lines).collect();
        reference.sort_unstable();
        for same in reference.chunk_by(|line, next| line == next) {
            let union = others.union(same[0]);
            for (&word, _) in same[0].iter().zip(union).filter(|(_, marked)| *marked) {
                in_unions[word as usize] += same.len() as u64;
            }
        }
        // Each word of the reference is in one line, so only the response's can be used up.
        in_unions.iter().zip(response).map(|(&marked, there)| marked.min(there)).sum()
    }
}

/// Returns the words of each line, given where the lines end.
fn lines<'a>(words: &'a [u32], ends: &'a [usize]) -> impl Iterator<Item = &'a [u32]> {
    let starts = [0].into_iter().chain(ends.iter().copied());
    starts.zip(ends).map(|(start, &end)| &words[start..end]).filter(|line| !line.is_empty())
}
