//! White space, words and character classes as defined by the programs whose scores are reproduced here.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use unicode_general_category::{GeneralCategory, get_general_category};

/// Returns whether Python's `str.split` treats a character as white space: Unicode white space and the four ASCII
/// separators.
pub(super) fn is_space(char: char) -> bool {
    match char {
        ' ' | '\t'..='\r' | '\u{1c}'..='\u{1f}' => true,
        '\0'..='\u{7f}' => false,
        _ => char.is_whitespace(),
    }
}

/// Returns the same for an ASCII byte, without a branch.
pub(super) fn is_ascii_space(byte: u8) -> bool {
    (byte.wrapping_sub(b'\t') < 5) | (byte.wrapping_sub(b'\x1c') < 5)
}

/// Returns the words between white space.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|word| !word.is_empty())
}

/// The major class of a character's Unicode general category, as far as metrics need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Letter,
    Mark,
    Number,
    Punctuation,
    Symbol,
    Other,
}

impl Class {
    pub(super) fn of(char: char) -> Self {
        use GeneralCategory as G;
        match get_general_category(char) {
            G::UppercaseLetter
            | G::LowercaseLetter
            | G::TitlecaseLetter
            | G::ModifierLetter
            | G::OtherLetter => Self::Letter,
            G::NonspacingMark | G::SpacingMark | G::EnclosingMark => Self::Mark,
            G::DecimalNumber | G::LetterNumber | G::OtherNumber => Self::Number,
            G::ConnectorPunctuation
            | G::DashPunctuation
            | G::OpenPunctuation
            | G::ClosePunctuation
            | G::InitialPunctuation
            | G::FinalPunctuation
            | G::OtherPunctuation => Self::Punctuation,
            G::MathSymbol | G::CurrencySymbol | G::ModifierSymbol | G::OtherSymbol => Self::Symbol,
            _ => Self::Other,
        }
    }
}

/// Numbers the distinct words of some texts, so that numbers can be compared instead of words.
///
/// The hash function is not the standard library's, which dominated the run time. This one is faster and is also
/// seeded differently in every process, so that texts cannot be constructed whose words collide.
#[derive(Default)]
pub(super) struct Vocabulary<'a>(HashMap<&'a str, u32, RandomState>);

impl<'a> Vocabulary<'a> {
    /// Returns an empty vocabulary with capacity for the words of this many bytes of text.
    pub(super) fn for_bytes(bytes: usize) -> Self {
        // A word and its space take five bytes or more, and about half of the words are repetitions.
        Self(HashMap::with_capacity_and_hasher(bytes / 10, RandomState::default()))
    }

    /// Returns the number of a word; a new word gets the next free number.
    pub(super) fn number(&mut self, word: &'a str) -> u32 {
        let next = self.0.len() as u32;
        *self.0.entry(word).or_insert(next)
    }

    /// Returns the numbers of several words, in order.
    pub(super) fn numbers(&mut self, words: impl IntoIterator<Item = &'a str>) -> Vec<u32> {
        words.into_iter().map(|word| self.number(word)).collect()
    }
}

/// Returns whether most letters of a text belong to scripts without spaces between words.
pub(super) fn is_unspaced_text(text: &str) -> bool {
    let letters = || text.chars().filter(|char| char.is_alphabetic());
    !text.is_ascii() && letters().count() < 2 * letters().filter(|char| is_unspaced(*char)).count()
}

/// Returns whether a character belongs to a script without spaces between words.
pub(super) fn is_unspaced(char: char) -> bool {
    matches!(char,
        '\u{e00}'..='\u{eff}' // Thai, Lao
        | '\u{1000}'..='\u{109f}' // Burmese
        | '\u{1780}'..='\u{17ff}' // Khmer
        | '\u{3005}'..='\u{3007}' // ideographic iteration mark, closing mark and zero
        | '\u{3040}'..='\u{30ff}' // hiragana, katakana
        | '\u{31f0}'..='\u{31ff}' // small katakana
        | '\u{3400}'..='\u{4dbf}' // Han
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ff9f}' // katakana of half width
        | '\u{20000}'..='\u{3ffff}')
}
