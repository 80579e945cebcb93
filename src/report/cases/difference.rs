//! Which words of two responses differ.
//!
//! Words are compared, not white space, so that another line break is no difference; a character of a script without
//! spaces is a word of its own. Responses that share few words are not marked: every mark would only say again that
//! they are different texts.

use std::collections::HashMap;
use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};
use unicode_width::UnicodeWidthChar as _;

/// The least share of common words for which differences are marked.
const LEAST_SHARE: f64 = 0.4;
/// The most pairs of words that are compared one by one; the time grows with their number.
const MOST_PAIRS: usize = 16_000_000;

/// A character of a text, and whether it is marked.
pub(in crate::report) type MarkedChar = (char, bool);

/// A text and the characters of it that are marked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::report) struct MarkedText {
    /// Its characters.
    pub(in crate::report) chars: Vec<MarkedChar>,
}

impl MarkedText {
    /// Returns a text without marks.
    pub(in crate::report) fn plain(text: &str) -> Self {
        Self { chars: text.chars().map(|char| (char, false)).collect() }
    }
}

/// What two texts have in common.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::report) enum Difference {
    /// They are equal.
    None,
    /// The words that differ are marked.
    Marked,
    /// The words are the same; white space differs.
    WhiteSpace,
    /// They share so little that nothing is marked: this share of their words.
    FewWords(f64),
    /// They are too long to be compared word by word.
    TooLong,
}

/// Marks the words of two texts that the other one does not have in that place.
pub(in crate::report) fn difference(texts: [&str; 2]) -> ([MarkedText; 2], Difference) {
    let plain = || texts.map(MarkedText::plain);
    if texts[0] == texts[1] {
        return (plain(), Difference::None);
    }
    let words = texts.map(words);
    let share = largest_share(texts, &words);
    if share < LEAST_SHARE {
        return (plain(), Difference::FewWords(share));
    }
    let numbers = numbers(texts, &words);
    if unequal_pairs(&numbers) > MOST_PAIRS {
        return (plain(), Difference::TooLong);
    }
    let ops = capture_diff_slices(Algorithm::Myers, &numbers[0], &numbers[1]);
    let common: usize = ops
        .iter()
        .filter(|op| matches!(op, DiffOp::Equal { .. }))
        .map(|op| op.old_range().len())
        .sum();
    let share = share_of(common, &words);
    if share < LEAST_SHARE {
        return (plain(), Difference::FewWords(share));
    }
    let mut marked = plain();
    for op in ops.iter().filter(|op| !matches!(op, DiffOp::Equal { .. })) {
        mark(&mut marked[0], &words[0][op.old_range()]);
        mark(&mut marked[1], &words[1][op.new_range()]);
    }
    let is_any = marked.iter().any(|text| text.chars.iter().any(|(_, marked)| *marked));
    (marked, if is_any { Difference::Marked } else { Difference::WhiteSpace })
}

/// A word: its bytes and its characters in the text.
#[derive(Debug, Clone)]
struct Word {
    bytes: Range<usize>,
    chars: Range<usize>,
}

/// Marks consecutive words, with the white space between them.
fn mark(text: &mut MarkedText, words: &[Word]) {
    let (Some(first), Some(last)) = (words.first(), words.last()) else { return };
    for (char, marked) in &mut text.chars[first.chars.start..last.chars.end] {
        // A line break has no place for a mark.
        *marked = *char != '\n';
    }
}

/// Splits a text into words: runs of letters and digits, and every other character that is no white space.
fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut extends = false;
    for (at, (byte, char)) in text.char_indices().enumerate() {
        // Wide characters are those of scripts without spaces.
        let is_part = char.is_alphanumeric() && char.width() == Some(1);
        let is_combining = char.width() == Some(0);
        let end = byte + char.len_utf8();
        match words.last_mut() {
            Some(last) if (is_part && extends) || (is_combining && last.chars.end == at) => {
                (last.bytes.end, last.chars.end) = (end, at + 1);
            }
            _ if char.is_whitespace() => extends = false,
            _ => {
                words.push(Word { bytes: byte..end, chars: at..at + 1 });
                extends = is_part;
            }
        }
    }
    words
}

/// Returns which words are the same, as numbers.
fn numbers<'a>(texts: [&'a str; 2], words: &[Vec<Word>; 2]) -> [Vec<u32>; 2] {
    let mut known: HashMap<&'a str, u32> = HashMap::new();
    let mut number = |text: &'a str, word: &Word| {
        let next = known.len() as u32;
        *known.entry(&text[word.bytes.clone()]).or_insert(next)
    };
    let mut of = |at: usize| words[at].iter().map(|word| number(texts[at], word)).collect();
    [of(0), of(1)]
}

/// Returns how many pairs there are of the words between the common beginning and the common end.
fn unequal_pairs([one, two]: &[Vec<u32>; 2]) -> usize {
    let begin = one.iter().zip(two).take_while(|(one, two)| one == two).count();
    let rest = [&one[begin..], &two[begin..]];
    let end = rest[0].iter().rev().zip(rest[1].iter().rev()).take_while(|(a, b)| a == b).count();
    (rest[0].len() - end).saturating_mul(rest[1].len() - end)
}

/// Returns the share of words that can be common at most, whatever their order.
fn largest_share(texts: [&str; 2], words: &[Vec<Word>; 2]) -> f64 {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in &words[0] {
        *counts.entry(&texts[0][word.bytes.clone()]).or_default() += 1;
    }
    let mut common = 0;
    for word in &words[1] {
        if let Some(count) =
            counts.get_mut(&texts[1][word.bytes.clone()]).filter(|count| **count > 0)
        {
            *count -= 1;
            common += 1;
        }
    }
    share_of(common, words)
}

/// Returns the share of common words among all.
fn share_of(common: usize, words: &[Vec<Word>; 2]) -> f64 {
    let all = words[0].len() + words[1].len();
    if all == 0 { 1.0 } else { 2.0 * common as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both texts with brackets around what is marked, and what the difference is.
    fn compared(one: &str, two: &str) -> (String, String, Difference) {
        let ([one, two], difference) = difference([one, two]);
        (bracketed(&one), bracketed(&two), difference)
    }

    fn bracketed(text: &MarkedText) -> String {
        let mut shown = String::new();
        let mut inside = false;
        for (char, marked) in text.chars.iter().chain([&('\0', false)]) {
            if inside != *marked {
                shown.push(if *marked { '[' } else { ']' });
                inside = *marked;
            }
            shown.push(*char);
        }
        shown.trim_end_matches('\0').to_owned()
    }

    #[track_caller]
    fn assert_marked(texts: [&str; 2], marked: [&str; 2]) {
        let (one, two, difference) = compared(texts[0], texts[1]);
        assert_eq!([one.as_str(), two.as_str()], marked);
        assert_eq!(difference, Difference::Marked);
    }

    #[test]
    fn the_words_that_differ_are_marked_with_the_space_between_them() {
        assert_marked(
            ["The capital of France is Paris.", "The capital of France is not Lyon."],
            ["The capital of France is [Paris].", "The capital of France is [not Lyon]."],
        );
    }

    #[test]
    fn a_word_that_only_one_text_has_is_marked_there_alone() {
        assert_marked(["one two three", "one three"], ["one [two] three", "one three"]);
    }

    #[test]
    fn characters_of_a_script_without_spaces_are_words() {
        assert_marked(
            ["东京是日本的首都", "东京是中国的首都"],
            ["东京是[日本]的首都", "东京是[中国]的首都"],
        );
    }

    #[test]
    fn a_combining_mark_belongs_to_its_letter() {
        assert_marked(
            ["the cafe\u{301} is here", "the cafe is here"],
            ["the [cafe\u{301}] is here", "the [cafe] is here"],
        );
    }

    #[test]
    fn a_mark_does_not_cross_a_line_break() {
        assert_marked(
            ["same a\nb same same", "same same same"],
            ["same [a]\n[b] same same", "same same same"],
        );
    }

    #[test]
    fn equal_texts_and_other_white_space_have_no_marks() {
        assert_eq!(compared("a b", "a b").2, Difference::None);
        assert_eq!(
            compared("a b", "a\n b"),
            ("a b".into(), "a\n b".into(), Difference::WhiteSpace)
        );
        assert_eq!(compared("", " ").2, Difference::WhiteSpace);
    }

    #[test]
    fn texts_that_share_few_words_are_not_marked() {
        let (one, _, difference) = compared("one two three four", "one five six seven");
        assert_eq!((one.as_str(), difference), ("one two three four", Difference::FewWords(0.25)));
        assert_eq!(compared("", "something").2, Difference::FewWords(0.0));
        // The same words in another order have little in common either.
        let words: Vec<String> = (0..40).map(|word| word.to_string()).collect();
        let back: Vec<String> = words.iter().rev().cloned().collect();
        assert!(matches!(compared(&words.join(" "), &back.join(" ")).2, Difference::FewWords(_)));
    }

    #[test]
    fn very_long_texts_are_compared_only_where_that_takes_no_time() {
        let words = |step: usize| -> String {
            let words = (0..20_000).map(|word| (word * step % 20_011).to_string());
            words.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(compared(&words(1), &words(7)).2, Difference::TooLong);
        let long = words(1);
        assert_eq!(compared(&long, &format!("{long} end")).2, Difference::Marked);
    }
}
