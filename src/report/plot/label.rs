//! Texts of unknown length in places of known width.
//!
//! Nobody knows how wide a text is in the font of the reader's browser. Widths are therefore those of a wide font,
//! and every label is an `<svg>` of its own, which cuts off what still reaches beyond its place. What is shortened
//! has the full text as its `<title>`.

use std::collections::BTreeMap;

use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::svg::Element;
use crate::report::short_names::shorten_unique;
use crate::report::text_report::printable;

/// The size of most text, in units of the view box, which are pixels where there is room for the whole plot.
pub(super) const TEXT: f64 = 13.0;
/// The size of notes and of the numbers at an axis.
pub(super) const SMALL: f64 = 11.5;

/// How much wider a text is in bold.
pub(super) const BOLD: f64 = 1.15;

/// No text is shortened to fewer columns.
const FEWEST_COLUMNS: usize = 3;

/// Returns the distance between the lines of a text.
pub(super) fn line_height(size: f64) -> f64 {
    (size * 1.25).round()
}

/// Returns how wide a text is in a wide font. Control characters are measured as they are written.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    printable(text).chars().map(em_width).sum::<f64>() * size
}

/// Returns the width of a character in ems. The numbers are those of `DejaVu Sans`, the widest of the usual fonts.
///
/// Characters are measured one by one, since a font without the emoji that some of them make up shows each of them.
fn em_width(char: char) -> f64 {
    match char {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' => 0.34,
        'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '-' | '/' | '\\' => 0.42,
        'm' | 'W' | '@' | '%' => 1.0,
        'w' | 'M' | '+' | '=' | '<' | '>' | '#' | '~' => 0.87,
        'A'..='Z' | '&' => 0.75,
        char if char.is_ascii() => 0.64,
        // Whole phrases in one character, and cuneiform.
        '\u{fdfa}'..='\u{fdfd}' => 7.0,
        '\u{12000}'..='\u{1254f}' => 2.5,
        char => match char.width().unwrap_or(0) {
            0 => 0.0,
            // Other scripts are like wide Latin letters.
            1 => 0.75,
            _ => 1.25,
        },
    }
}

/// A text that was made to fit a place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Label {
    lines: Vec<String>,
    /// The whole text, if it was shortened.
    full: Option<String>,
    width: f64,
    size: f64,
}

impl Label {
    /// Returns labels of a width: each text on one line, or on up to `lines` lines that are broken at spaces. Texts
    /// that are still too long are shortened so that they stay different from each other.
    pub(super) fn fit<T: AsRef<str>>(
        texts: &[T],
        width: f64,
        size: f64,
        lines: usize,
    ) -> Vec<Self> {
        let full: Vec<String> = texts.iter().map(|text| printable(text.as_ref())).collect();
        let texts: Vec<String> = full.iter().map(|text| with_few_marks(text)).collect();
        let wrapped: Vec<Option<Vec<String>>> =
            texts.iter().map(|text| wrap(text, width, size, lines)).collect();
        let short = shorten_to_width(&texts, width, size);
        let lines = wrapped.into_iter().zip(short);
        let lines = lines.map(|(wrapped, short)| wrapped.unwrap_or_else(|| vec![short]));
        let fitted = lines.zip(full.into_iter().zip(texts));
        fitted
            .map(|(lines, (full, text))| {
                let is_whole = full == text && lines.join(" ") == text.trim_end();
                Self { lines, full: (!is_whole).then_some(full), width, size }
            })
            .collect()
    }

    /// Returns labels of which any may be in bold, as [`Label::fit`] does.
    pub(super) fn fit_bold<T: AsRef<str>>(
        texts: &[T],
        width: f64,
        size: f64,
        lines: usize,
    ) -> Vec<Self> {
        let fitted = Self::fit(texts, width / BOLD, size, lines);
        fitted.into_iter().map(|label| Self { width, ..label }).collect()
    }

    /// Returns the first line, which is all of it where there is one line.
    pub(super) fn shown(&self) -> &str {
        self.lines.first().map_or("", String::as_str)
    }

    /// Returns the whole text if it was shortened.
    pub(super) fn full(&self) -> Option<&str> {
        self.full.as_deref()
    }

    pub(super) fn height(&self) -> f64 {
        self.lines.len() as f64 * line_height(self.size)
    }

    /// Returns the label with its upper left corner at a place.
    pub(super) fn element(&self, x: f64, y: f64, class: &str) -> Element {
        let line_height = line_height(self.size);
        let mut place = Element::new("svg").numbers([
            ("x", x),
            ("y", y),
            ("width", self.width),
            // With room for descenders.
            ("height", self.height() + 2.0),
        ]);
        if let Some(full) = &self.full {
            place.push(Element::new("title").text(full));
        }
        for (number, line) in self.lines.iter().enumerate() {
            let baseline = (number as f64 + 1.0) * line_height - self.size * 0.25;
            place.push(
                text(0.0, baseline, Anchor::Start, class, line).attribute("font-size", self.size),
            );
        }
        place
    }
}

/// Returns a text without the combining marks that would reach into the lines above and below: after the third one on
/// a letter.
fn with_few_marks(text: &str) -> String {
    let mut marks = 0;
    let is_kept = |char: &char| {
        let is_mark = matches!(
            get_general_category(*char),
            GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark
        );
        marks = if is_mark { marks + 1 } else { 0 };
        marks <= 3
    };
    text.chars().filter(is_kept).collect()
}

/// Shortens those texts that are longer than a width. Those that become equal by that are shortened together, so that
/// they stay different.
fn shorten_to_width(texts: &[String], width: f64, size: f64) -> Vec<String> {
    let alone = texts.iter().map(|text| shorten_together(&[text.as_str()], width, size).concat());
    let mut short: Vec<String> = alone.collect();
    let mut equal: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, short) in short.iter().enumerate() {
        equal.entry(short.clone()).or_default().push(at);
    }
    for group in equal.into_values().filter(|group| group.len() > 1) {
        let members: Vec<&str> = group.iter().map(|at| texts[*at].as_str()).collect();
        // What was equal before needs no difference.
        if members.iter().any(|member| *member != members[0]) {
            for (at, text) in group.into_iter().zip(shorten_together(&members, width, size)) {
                short[at] = text;
            }
        }
    }
    short
}

/// Shortens texts to as many columns as make those that were shortened fit a width.
fn shorten_together(texts: &[&str], width: f64, size: f64) -> Vec<String> {
    let is_long = |text: &str| text_width(text, size) > width;
    let per_column = |text: &str| text_width(text, size) / text.width().max(1) as f64;
    let long = texts.iter().filter(|text| is_long(text));
    let Some(widest) = long.map(|text| per_column(text)).reduce(f64::max) else {
        return texts.iter().map(|text| (*text).to_owned()).collect();
    };
    let mut columns = (width / widest) as usize;
    loop {
        let short = shorten_unique(texts, columns.max(FEWEST_COLUMNS));
        if columns <= FEWEST_COLUMNS || !short.iter().any(|text| is_long(text)) {
            return short;
        }
        columns -= 1;
    }
}

/// Breaks a text at spaces into at most `most` lines; `None` if it does not fit them.
fn wrap(text: &str, width: f64, size: f64, most: usize) -> Option<Vec<String>> {
    let mut lines = vec![String::new()];
    for word in text.split_inclusive(' ') {
        let line = lines.last_mut()?;
        if text_width(&format!("{line}{}", word.trim_end()), size) <= width {
            line.push_str(word);
        } else if text_width(word.trim_end(), size) <= width {
            lines.push(word.to_owned());
        } else {
            return None;
        }
    }
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    // A long word after a space begins a line.
    lines.retain(|line| !line.is_empty());
    (lines.len() <= most).then_some(lines)
}

/// Which part of a text is at its place.
#[derive(Debug, Clone, Copy)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// Returns a text on one line.
pub(super) fn text(x: f64, y: f64, anchor: Anchor, class: &str, content: &str) -> Element {
    let element = Element::new("text").class(class).numbers([("x", x), ("y", y)]);
    let element = match anchor {
        Anchor::Start => element,
        Anchor::Middle => element.attribute("text-anchor", "middle"),
        Anchor::End => element.attribute("text-anchor", "end"),
    };
    element.text(content)
}

/// Returns a name inside of a line of text: letters that are written from right to left do not move what stands
/// beside it.
pub(super) fn isolated(name: &str) -> Element {
    Element::new("tspan").attribute("unicode-bidi", "isolate").text(name)
}

#[cfg(test)]
mod tests {
    use super::{Label, TEXT, text_width};

    fn lines(texts: &[&str], width: f64) -> Vec<String> {
        let labels = Label::fit(texts, width, TEXT, 2);
        labels.into_iter().map(|label| label.lines.join("|")).collect()
    }

    #[test]
    fn a_text_is_broken_at_spaces_before_it_is_shortened() {
        assert_eq!(
            lines(&["kept", "if all dropped comparisons had gone one way"], 220.0),
            ["kept", "if all dropped comparisons had|gone one way"]
        );
    }

    #[test]
    fn long_names_stay_different_and_keep_their_full_text() {
        let names = ["llama-3.1-8b-instruct-fp8-turbo", "llama-3.1-70b-instruct-fp8-turbo"];
        let labels = Label::fit(&names, 120.0, TEXT, 1);
        assert_ne!(labels[0].lines, labels[1].lines);
        for (label, name) in labels.iter().zip(names) {
            assert_eq!(label.full.as_deref(), Some(name));
            assert!(text_width(&label.lines[0], TEXT) <= 120.0, "{label:?}");
            assert!(
                label
                    .element(0.0, 0.0, "c")
                    .to_string()
                    .contains(&format!("<title>{name}</title>"))
            );
        }
    }

    #[test]
    fn names_of_any_script_are_cut_to_the_width_between_graphemes() {
        let family = "👩\u{200d}👩\u{200d}👧";
        for (name, part) in [
            ("x".repeat(500), "x"),
            ("W".repeat(500), "W"),
            ("模".repeat(500), "模"),
            (family.repeat(100), family),
            ("e\u{301}".repeat(200), "e\u{301}"),
            ("\0".repeat(100), "\\u{0}"),
        ] {
            let label = &Label::fit(&[&name], 150.0, TEXT, 2)[0];
            let [line] = &label.lines[..] else { panic!("{label:?}") };
            assert!(text_width(line, TEXT) <= 150.0, "{line}");
            assert!(line.chars().count() >= 5, "{line}");
            let rest = line.replace(part, "").replace('…', "");
            // A visible control character is text like any other.
            assert!(rest.is_empty() || part.starts_with('\\'), "{line}");
        }
    }

    #[test]
    fn a_name_of_wide_letters_does_not_shorten_others() {
        let wide = "\u{fdfd}".repeat(50);
        let labels = Label::fit(&["a-name-of-one-word", &wide], 150.0, TEXT, 1);
        assert_eq!(labels[0].shown(), "a-name-of-one-word");
        let long = "a-name-of-one-word-that-is-too-long-for-its-place";
        let labels = Label::fit(&[long, &wide], 150.0, TEXT, 1);
        assert!(labels[0].shown().len() > 14, "{labels:?}");
        let equal = Label::fit(&[long, long], 150.0, TEXT, 1);
        assert_eq!(equal[0], equal[1]);
    }

    #[test]
    fn marks_stay_within_their_line() {
        let text = format!("Z{}algo, Vi\u{ea}\u{323}t", "\u{341}".repeat(40));
        let label = &Label::fit(&[&text], 300.0, TEXT, 1)[0];
        assert_eq!(label.shown(), "Z\u{341}\u{341}\u{341}algo, Vi\u{ea}\u{323}t");
        assert_eq!(label.full(), Some(text.as_str()));
        let whole = &Label::fit(&["two  spaces "], 300.0, TEXT, 1)[0];
        assert_eq!((whole.shown(), whole.full()), ("two  spaces", None));
    }

    #[test]
    fn an_empty_text_has_no_lines() {
        assert_eq!(lines(&[""], 100.0), [""]);
        assert!(Label::fit(&[""], 100.0, TEXT, 2)[0].height() < 1.0);
    }
}
