//! Cells of a table of labels that is read back without loss.

use std::borrow::Cow;

use crate::input::looks_like_formula;
use crate::report::is_control_or_bidi;

/// Returns a text for a cell of a table of labels that evenhand writes: a spreadsheet does not take it for a formula,
/// and a terminal does not act on it. The reader of such tables restores the text.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    let is_special = |char: char| char == '\\' || (is_control_or_bidi(char) && char != '\n');
    if !text.contains(is_special) && !looks_like_formula(text) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    if looks_like_formula(text) {
        escaped.push('\'');
    }
    for char in text.chars() {
        match char {
            '\\' => escaped.push_str("\\\\"),
            char if is_special(char) => escaped.extend(char.escape_unicode()),
            char => escaped.push(char),
        }
    }
    escaped.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::escaped;
    use crate::input::restored;

    #[test]
    fn a_formula_begins_with_an_apostrophe_and_is_restored() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("'=1+1", "''=1+1"),
            ("'quoted'", "'quoted'"),
            ("\tcell", "'\\u{9}cell"),
            ("a\nb", "a\nb"),
            ("C:\\users", "C:\\\\users"),
            ("\u{202e}evil", "\\u{202e}evil"),
        ] {
            assert_eq!(escaped(text), cell);
            assert_eq!(restored(cell), text);
        }
        assert_eq!(restored("C:\\users"), "C:\\users", "by hand");
    }

    proptest! {
        #[test]
        fn every_text_is_restored(text in "['=+@\\t\\r\\n\\\\u{}9a\u{202e}\u{1b}é-]{0,12}") {
            let cell = escaped(&text).into_owned();
            prop_assert_eq!(restored(&cell), text);
            prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']));
        }
    }
}
