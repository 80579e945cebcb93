//! Which parts of two responses the page marks as different.

use crate::cases::Case;
use crate::input::Content;
use crate::report::cases::{Difference, MarkedText, difference, difference_sentence};

/// The start and the length of a marked part, in UTF-16 code units, as a browser counts.
pub(super) type MarkedRange = (usize, usize);

/// Returns the marked ranges of both responses, and what there is to say of their difference. Responses that are
/// lists of messages are not marked.
pub(super) fn marks(case: &Case) -> ([Vec<MarkedRange>; 2], Option<String>) {
    let texts =
        case.record.between.each_ref().map(|system| match case.item.responses.get(system) {
            Some(Content::Text(text)) => Some(text.as_str()),
            _ => None,
        });
    let [Some(a), Some(b)] = texts else { return Default::default() };
    let (marked, difference) = difference([a, b]);
    let ranges = match difference {
        Difference::Marked => marked.each_ref().map(ranges),
        _ => Default::default(),
    };
    (ranges, difference_sentence([a, b], difference))
}

/// Returns the ranges of a text that are marked.
fn ranges(text: &MarkedText) -> Vec<MarkedRange> {
    let mut ranges: Vec<MarkedRange> = Vec::new();
    let (mut at, mut continues) = (0, false);
    for (char, is_marked) in &text.chars {
        let length = char.len_utf16();
        match ranges.last_mut() {
            Some((_, marked)) if *is_marked && continues => *marked += length,
            _ if *is_marked => ranges.push((at, length)),
            _ => {}
        }
        continues = *is_marked;
        at += length;
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_counted_as_a_browser_does() {
        let chars = [('a', false), ('😀', true), ('b', true), ('é', false), ('c', true)];
        let text = MarkedText { chars: chars.to_vec() };
        assert_eq!(ranges(&text), [(1, 3), (5, 1)]);
        let text: Vec<u16> = "a😀béc".encode_utf16().collect();
        assert_eq!(String::from_utf16(&text[1..4]).unwrap(), "😀b");
        assert_eq!(String::from_utf16(&text[5..6]).unwrap(), "c");
    }

    #[test]
    fn a_text_without_marks_has_no_range() {
        assert_eq!(ranges(&MarkedText::plain("abc")), []);
    }
}
