//! Names that are probably meant to be the same: they differ in case, spacing, or how a character is encoded.
//!
//! Such names look alike in a table and are different to a program, so that a row silently becomes one of another
//! system, item or annotator. They are never joined, only pointed out.

use std::collections::HashMap;

use icu_normalizer::ComposingNormalizerBorrowed;

/// Returns what is the same in names that look alike: compatibility characters are replaced, case, white space,
/// invisible characters, hyphens and underscores are left out.
pub(crate) fn shape(name: &str) -> String {
    let normal = ComposingNormalizerBorrowed::new_nfkc().normalize(name);
    let is_left_out = |char: char| {
        char.is_whitespace()
            || char.is_control()
            || matches!(char, '-' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}')
            || matches!(char, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
    };
    normal.chars().filter(|char| !is_left_out(*char)).flat_map(char::to_lowercase).collect()
}

/// Returns whether two names look alike, or are the same.
pub(crate) fn look_alike(one: &str, other: &str) -> bool {
    shape(one) == shape(other)
}

/// Returns the same for an id, in which numbers may be padded with zeros.
pub(crate) fn id_shape(id: &str) -> String {
    let mut shape_of_id = String::new();
    let mut in_number = false;
    let of_name = shape(id);
    let mut chars = of_name.chars().peekable();
    while let Some(char) = chars.next() {
        let before_digit = chars.peek().is_some_and(char::is_ascii_digit);
        if char == '0' && !in_number && before_digit {
            continue;
        }
        in_number = char.is_ascii_digit();
        shape_of_id.push(char);
    }
    shape_of_id
}

/// Returns the first of `unknown` ids that has the shape of a known one, with that one, and how many have.
pub(crate) fn alike<'a, 'b>(
    unknown: impl IntoIterator<Item = &'a str>,
    known: impl IntoIterator<Item = &'b str>,
) -> Option<AlikeIds> {
    let mut unknown = unknown.into_iter().peekable();
    unknown.peek()?;
    let shapes: HashMap<String, &str> = known.into_iter().map(|id| (id_shape(id), id)).collect();
    let mut alike: Option<AlikeIds> = None;
    for id in unknown {
        let Some(known) = shapes.get(&id_shape(id)) else { continue };
        let first = || AlikeIds { count: 0, unknown: id.to_owned(), known: (*known).to_owned() };
        alike.get_or_insert_with(first).count += 1;
    }
    alike
}

/// Unknown ids that differ from known ones only in case, spacing or zeros before a number.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AlikeIds {
    /// How many there are.
    pub count: usize,
    /// The first of them.
    pub unknown: String,
    /// The known one that looks like it.
    pub known: String,
}

impl std::fmt::Display for AlikeIds {
    /// Writes the end of a sentence about unknown ids.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { count, unknown, known } = self;
        write!(
            f,
            "{count} of them differ{} only in case, spacing or zeros (`{unknown}`: did you mean `{known}`?)",
            if *count == 1 { "s" } else { "" }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike_have_one_shape() {
        for (one, other) in [
            ("Bot B", "bot b"),
            ("Bot B", " Bot  B"),
            ("Bot B", "Bot\u{a0}B"),
            ("Bot B", "Bot\u{200b} B"),
            ("gpt 4", "gpt-4"),
            ("gpt_4", "gpt\u{2011}4"),
            ("caf\u{e9}", "cafe\u{301}"),
            ("\u{ff22}ot", "Bot"),
        ] {
            assert_eq!(shape(one), shape(other), "{one:?} {other:?}");
        }
        for (one, other) in [("Bot B", "Bot C"), ("prompt-v1", "prompt-v2"), ("a", "b")] {
            assert_ne!(shape(one), shape(other));
        }
    }

    #[test]
    fn ids_that_differ_in_padding_have_one_shape() {
        for (one, other) in [("t-1", "T-001"), ("001", "1"), ("a0", "a00"), ("q10", "Q_0010")] {
            assert_eq!(id_shape(one), id_shape(other), "{one} {other}");
        }
        for (one, other) in [("t-1", "t-10"), ("100", "1"), ("0", "1"), ("t-101", "t-11")] {
            assert_ne!(id_shape(one), id_shape(other), "{one} {other}");
        }
    }

    #[test]
    fn unknown_ids_find_the_known_one_that_looks_like_them() {
        let known = ["t-001", "t-002", "t-003"];
        let alike = alike(["x-9", "T-1", "t-2"], known).unwrap();
        assert_eq!((alike.count, &*alike.unknown, &*alike.known), (2, "T-1", "t-001"));
        assert_eq!(super::alike(["x-9"], known), None);
        assert_eq!(super::alike([], known), None);
    }
}
