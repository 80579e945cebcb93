//! Word boundaries as machine translation has them: mteval-v13a, mteval-v14 (international), characters.
//!
//! The originals are chains of regular expressions that put spaces around punctuation. They never change
//! a character, so here each is one walk that says where the words begin and end. What the chain does
//! with a run of periods follows from its first expression, which takes characters two at a time.

use std::borrow::Cow;

use super::text::{Class, is_space, words};

/// How BLEU splits a text into words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BleuTokenizer {
    /// `13a`, the default: ASCII punctuation apart, but not periods and commas between digits, and
    /// hyphens only after a digit. Resolves four XML entities and joins lines.
    #[default]
    V13a,
    /// `intl`: Unicode punctuation apart, but not between digits; symbols always apart.
    International,
    /// `char`: each character that is no white space.
    Character,
    /// `none`: white space alone. For text that is already split.
    None,
}

impl BleuTokenizer {
    /// Returns the name that sacrebleu has for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::V13a => "13a",
            Self::International => "intl",
            Self::Character => "char",
            Self::None => "none",
        }
    }

    /// Returns the text as it is before it is split.
    pub(super) fn prepare(self, text: &str) -> Cow<'_, str> {
        let text = text.trim_end_matches(is_space);
        if self != Self::V13a {
            return Cow::Borrowed(text);
        }
        let text = replace(Cow::Borrowed(text), "<skipped>", "");
        unescape(replace(text, "-\n", ""))
    }

    /// Returns the words of a text that [`BleuTokenizer::prepare`] has prepared.
    pub(super) fn split(self, text: &str) -> Vec<&str> {
        match self {
            Self::V13a => western(text, false),
            Self::International => international(text),
            Self::Character => characters(text),
            Self::None => words(text).collect(),
        }
    }
}

/// Replaces all occurrences, without a copy where there are none.
pub(super) fn replace<'a>(text: Cow<'a, str>, from: &str, to: &str) -> Cow<'a, str> {
    if text.contains(from) { Cow::Owned(text.replace(from, to)) } else { text }
}

/// Resolves the four entities one after the other: what `&amp;` leaves behind may be another one.
pub(super) fn unescape(text: Cow<'_, str>) -> Cow<'_, str> {
    if !text.contains('&') {
        return text;
    }
    [("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")]
        .iter()
        .fold(text, |text, (entity, char)| replace(text, entity, char))
}

/// Collects the stretches of a text between the boundaries that it is told.
struct Splitter<'a> {
    text: &'a str,
    start: usize,
    words: Vec<&'a str>,
}

impl<'a> Splitter<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, start: 0, words: Vec::with_capacity(text.len() / 4) }
    }

    /// Puts a boundary here.
    fn cut(&mut self, at: usize) {
        if self.start < at {
            self.words.push(&self.text[self.start..at]);
        }
        self.start = at;
    }

    /// Makes a word of its own of what is between the two.
    fn isolate(&mut self, from: usize, to: usize) {
        self.cut(from);
        self.cut(to);
    }

    /// Leaves out what is between the two.
    fn skip(&mut self, from: usize, to: usize) {
        self.cut(from);
        self.start = to;
    }

    fn finish(mut self) -> Vec<&'a str> {
        self.cut(self.text.len());
        self.words
    }
}

/// Splits as mteval-v13a does, and where `possessives` is set a final `'s` too, as tercom does.
///
/// The text is taken to stand between two spaces, and `\n` to be a space.
pub(super) fn western(text: &str, possessives: bool) -> Vec<&str> {
    let bytes = text.as_bytes();
    let mut words = Splitter::new(text);
    // Whether the character before is a period or comma that was taken together with the one before it.
    let mut taken = false;
    let mut before = b' ';
    for (at, &byte) in bytes.iter().enumerate() {
        // Most bytes, and quickly so.
        if byte.is_ascii_lowercase() {
            (taken, before) = (false, byte);
            continue;
        }
        let after = bytes.get(at + 1).copied().unwrap_or(b' ');
        match byte {
            b'.' | b',' => {
                taken = !taken && !before.is_ascii_digit();
                // A pair of a character that is no digit and a period is taken and parts them; the period
                // that begins such a pair, like any before what is no digit, is parted from both sides.
                if taken || !after.is_ascii_digit() {
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
            // The first byte of a character beyond ASCII: it may be white space.
            0xc0.. => {
                if let Some(char) = text[at..].chars().next().filter(|char| is_space(*char)) {
                    words.skip(at, at + char.len_utf8());
                }
            }
            _ => {}
        }
        taken &= matches!(byte, b'.' | b',');
        before = byte;
    }
    words.finish()
}

/// Whether `'s` ends here: at the end, a space, or a character that gets a space in front.
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
    // As in `western`, but the text stands for itself: nothing is before it and nothing behind.
    let mut taken = false;
    let mut before = Class::Number;
    let mut chars = text.char_indices().map(|(at, char)| (at, char, class(char))).peekable();
    while let Some((at, char, class)) = chars.next() {
        let end = at + char.len_utf8();
        let after = chars.peek().map_or(Class::Number, |&(_, _, class)| class);
        let punctuation = class == Class::Punctuation;
        taken = punctuation && !taken && before != Class::Number;
        if is_space(char) {
            words.skip(at, end);
        } else if class == Class::Symbol || punctuation && (taken || after != Class::Number) {
            words.isolate(at, end);
        }
        before = class;
    }
    words.finish()
}

/// The class of a character, quickly for most.
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
