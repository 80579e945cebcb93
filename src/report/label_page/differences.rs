//! What differs between both responses, text by text.

use std::ops::Range;

use super::content::Shown;
use crate::report::cases::{Difference, MarkedText, difference, difference_sentence};

/// What stands between two texts when they are compared.
const BETWEEN: &str = "\n\n";
/// The most parts that are marked; each is an element of the page.
const MOST_MARKS: usize = 5_000;

/// The marked parts of each text of a response, as ranges of bytes.
pub(super) type TextMarks = Vec<Vec<Range<usize>>>;

/// Returns the marked parts of both responses, and what there is to say of their difference.
///
/// All texts of a response are compared as one, so that another turn before them does not make every word differ.
pub(super) fn differences(responses: [&Shown; 2]) -> ([TextMarks; 2], Option<String>) {
    let joined = responses.map(|shown| shown.texts().collect::<Vec<_>>().join(BETWEEN));
    let texts = joined.each_ref().map(String::as_str);
    let (marked, found) = difference(texts);
    let sentence = difference_sentence(texts, found).map(|text| capitalised(&text));
    if found != Difference::Marked {
        return (Default::default(), sentence);
    }
    let ranges = marked.each_ref().map(ranges);
    if ranges.iter().any(|ranges| ranges.len() > MOST_MARKS) {
        let sentence = "The responses differ in too many places to mark them.";
        return (Default::default(), Some(sentence.to_owned()));
    }
    let [one, two] = ranges;
    ([split(responses[0], &one), split(responses[1], &two)], sentence)
}

/// Returns the marked parts of a text.
fn ranges(text: &MarkedText) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    for (char, is_marked) in &text.chars {
        let end = at + char.len_utf8();
        match ranges.last_mut() {
            Some(last) if *is_marked && last.end == at => last.end = end,
            _ if *is_marked => ranges.push(at..end),
            _ => {}
        }
        at = end;
    }
    ranges
}

/// Returns the marked parts of each text, given those of all texts as one.
fn split(shown: &Shown, ranges: &[Range<usize>]) -> TextMarks {
    let mut begin = 0;
    let mut rest = ranges;
    let texts = shown.texts().map(|text| {
        let end = begin + text.len();
        let count = rest.partition_point(|range| range.start < end);
        let (mine, others) = rest.split_at(count);
        rest = others;
        // A mark never crosses a line break, so it lies within one text.
        let marks = mine.iter().map(|range| range.start - begin..range.end - begin).collect();
        begin = end + BETWEEN.len();
        marks
    });
    texts.collect()
}

fn capitalised(sentence: &str) -> String {
    let mut chars = sentence.chars();
    let first = chars.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(chars).chain(['.']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{Content, Turn};

    fn shown(texts: &[&str]) -> Shown {
        let turns = texts.iter().map(|text| Turn::new("assistant", *text)).collect();
        Shown::prompt(&Content::Turns(turns))
    }

    #[test]
    fn each_text_has_its_own_marks() {
        let [one, two] = [shown(&["héllo big world", "same"]), shown(&["héllo world", "the same"])];
        let ([one, two], sentence) = differences([&one, &two]);
        let range = |range: std::ops::Range<usize>| Vec::from_iter([range]);
        assert_eq!(one, [range(7..10), vec![]]);
        assert_eq!(two, [vec![], range(0..3)]);
        assert_eq!(sentence, None);
    }

    #[test]
    fn another_turn_before_them_does_not_mark_the_same_texts() {
        let [one, two] = [shown(&["one two three four"]), shown(&["five", "one two three four"])];
        let ([one, two], _) = differences([&one, &two]);
        assert_eq!(one, [Vec::<Range<usize>>::new()]);
        assert_eq!(two.concat(), std::iter::once(0..4).collect::<Vec<_>>());
    }

    #[test]
    fn responses_that_are_equal_or_share_little_are_not_marked_and_a_sentence_says_so() {
        let of = |one: &str, two: &str| differences([&shown(&[one]), &shown(&[two])]);
        assert_eq!(of("a b", "a b").1.unwrap(), "Both responses are equal.");
        let (marks, sentence) = of("a b c d e", "f g h i a");
        assert_eq!(marks, [TextMarks::new(), TextMarks::new()]);
        assert!(sentence.unwrap().starts_with("The responses share 20"));
    }

    #[test]
    fn very_many_differences_are_not_marked() {
        let text = |word: &str| format!("x {word} y z ").repeat(MOST_MARKS + 1);
        let (marks, sentence) = differences([&shown(&[&text("a")]), &shown(&[&text("b")])]);
        assert_eq!(marks, [TextMarks::new(), TextMarks::new()]);
        assert!(sentence.unwrap().contains("too "));
    }
}
