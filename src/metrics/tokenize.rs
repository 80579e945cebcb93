//! The tokenizers of machine translation metrics: mteval-v13a, mteval-v14 (international) and characters.
//!
//! The originals are chains of regular expressions that insert spaces around punctuation and change no other
//! character. Here each is a single pass that finds the word boundaries. The treatment of consecutive periods
//! follows from the first expression of the chain, which matches two characters at a time.

use std::borrow::Cow;

use super::text::{Class, is_space, words};

/// How BLEU splits a text into words.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BleuTokenizer {
    /// `13a`, the default: splits off ASCII punctuation, except periods and commas between digits; hyphens only
    /// after a digit. Resolves four XML entities and joins lines.
    #[default]
    V13a,
    /// `intl`: splits off Unicode punctuation, except between digits, and all symbols.
    International,
    /// `char`: each character that is not white space is a word.
    Character,
    /// `none`: splits at white space only; for text that is already tokenized.
    None,
}

impl BleuTokenizer {
    /// Returns sacrebleu's name of the tokenizer.
    pub fn name(self) -> &'static str {
        match self {
            Self::V13a => "13a",
            Self::International => "intl",
            Self::Character => "char",
            Self::None => "none",
        }
    }

    /// Returns the text to be split: with entities resolved and lines joined where the tokenizer does so.
    pub(super) fn prepare(self, text: &str) -> Cow<'_, str> {
        let text = text.trim_end_matches(is_space);
        if self != Self::V13a {
            return Cow::Borrowed(text);
        }
        let text = replace(Cow::Borrowed(text), "<skipped>", "");
        unescape(replace(text, "-\n", ""))
    }

    /// Returns the words of a text that was returned by [`BleuTokenizer::prepare`].
    pub(super) fn split(self, text: &str) -> Vec<&str> {
        match self {
            Self::V13a => western(text, false),
            Self::International => international(text),
            Self::Character => characters(text),
            Self::None => words(text).collect(),
        }
    }
}

/// Replaces all occurrences of `from`; copies the text only if there are any.
pub(super) fn replace<'a>(text: Cow<'a, str>, from: &str, to: &str) -> Cow<'a, str> {
    if text.contains(from) { Cow::Owned(text.replace(from, to)) } else { text }
}

/// Resolves the four XML entities one after the other, so that `&amp;lt;` becomes `<`.
pub(super) fn unescape(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.contains('&') {
        return text;
    }
    [("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")]
        .iter()
        .fold(text, |text, (entity, char)| replace(text, entity, char))
}

/// Collects the words between the boundaries of a text.
struct Splitter<'a> {
    text: &'a str,
    start: usize,
    words: Vec<&'a str>,
}

impl<'a> Splitter<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, start: 0, words: Vec::with_capacity(text.len() / 4) }
    }

    /// Adds a boundary.
    fn cut(&mut self, at: usize) {
        if self.start < at {
            self.words.push(&self.text[self.start..at]);
        }
        self.start = at;
    }

    /// Makes the text between two positions a word of its own.
    fn isolate(&mut self, from: usize, to: usize) {
        self.cut(from);
        self.cut(to);
    }

    /// Leaves out the text between two positions.
    fn skip(&mut self, from: usize, to: usize) {
        self.cut(from);
        self.start = to;
    }

    fn finish(mut self) -> Vec<&'a str> {
        self.cut(self.text.len());
        self.words
    }
}

/// Splits as mteval-v13a does and, with `possessives`, splits off a final `'s` as tercom does.
///
/// The text is treated as if it were surrounded by spaces, and `\n` as a space.
pub(super) fn western(text: &str, possessives: bool) -> Vec<&str> {
    let bytes = text.as_bytes();
    let mut words = Splitter::new(text);
    // Whether the previous character is a period or comma that was matched together with its predecessor.
    let mut paired = false;
    let mut before = b' ';
    for (at, &byte) in bytes.iter().enumerate() {
        // The fast path for most bytes.
        if byte.is_ascii_lowercase() {
            (paired, before) = (false, byte);
            continue;
        }
        let after = bytes.get(at + 1).copied().unwrap_or(b' ');
        match byte {
            b'.' | b',' => {
                paired = !paired && !before.is_ascii_digit();
                // The first expression matches a non-digit followed by a period and separates them; the second
                // separates a period from a following non-digit.
                if paired || !after.is_ascii_digit() {
                    words.isolate(at, at + 1);
                }
            }
            b'-' if before.is_ascii_digit() => words.isolate(at, at + 1),
            b'\'' if possessives && after == b's' && ends_possessive(bytes.get(at + 2)) => {
                words.cut(at);
            }
            b'\'' | b'-' => {}
            b'!'..=b'/' | b':'..=b'@' | b'['..=b'`' | b'{'..=b'~' => words.isolate(at, at + 1),
            b' ' | b'\t'..=b'\r' | b'\x1c'..=b'\x1f' => words.skip(at, at + 1),
            // The first byte of a non-ASCII character, which may be white space.
            0xc0.. => {
                if let Some(char) = text[at..].chars().next().filter(|char| is_space(*char)) {
                    words.skip(at, at + char.len_utf8());
                }
            }
            _ => {}
        }
        paired &= matches!(byte, b'.' | b',');
        before = byte;
    }
    words.finish()
}

/// Returns whether a possessive `'s` ends before `after`: the end, a space, or a character that is split off.
fn ends_possessive(after: Option<&u8>) -> bool {
    match after {
        None | Some(b' ' | b'\n') => true,
        Some(b'\'' | b'-' | b'.' | b',') => false,
        Some(byte) => byte.is_ascii_punctuation(),
    }
}

/// Splits as mteval-v14 does.
fn international(text: &str) -> Vec<&str> {
    let mut words = Splitter::new(text);
    // As in `western`, but the text is not treated as surrounded by spaces.
    let mut paired = false;
    let mut before = Class::Number;
    let mut chars = text.char_indices().map(|(at, char)| (at, char, class(char))).peekable();
    while let Some((at, char, class)) = chars.next() {
        let end = at + char.len_utf8();
        let after = chars.peek().map_or(Class::Number, |&(_, _, class)| class);
        let punctuation = class == Class::Punctuation;
        paired = punctuation && !paired && before != Class::Number;
        if is_space(char) {
            words.skip(at, end);
        } else if class == Class::Symbol || punctuation && (paired || after != Class::Number) {
            words.isolate(at, end);
        }
        before = class;
    }
    words.finish()
}

/// Returns the class of a character, with a fast path for the most frequent ones.
fn class(char: char) -> Class {
    match char {
        'a'..='z' | 'A'..='Z' | ' ' => Class::Letter,
        '0'..='9' => Class::Number,
        '.' | ',' => Class::Punctuation,
        _ => Class::of(char),
    }
}

fn characters(text: &str) -> Vec<&str> {
    let end = |(at, char): (usize, char)| &text[at..at + char.len_utf8()];
    text.char_indices().filter(|(_, char)| !is_space(*char)).map(end).collect()
}
