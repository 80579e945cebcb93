//! Texts that a regular expression matches, made from the expression itself.
//!
//! A few short texts for each alternative are enough to compare two patterns and to see which words a reply must
//! contain. Assertions such as `\b` are left out, so that a text need not match: the caller tries it.

use regex_syntax::hir::{Class, Hir, HirKind};

/// The most texts that are made of a pattern.
const MOST: usize = 64;

/// A text that a pattern may match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct PatternSample {
    /// Each character, and whether the pattern asks for this one (in any case) rather than for one of many.
    chars: Vec<(char, bool)>,
}

impl PatternSample {
    /// Returns the text.
    pub(super) fn text(&self) -> String {
        self.chars.iter().map(|(char, _)| *char).collect()
    }

    /// Returns the words that the pattern asks for.
    pub(super) fn words(&self) -> Vec<String> {
        let literal: String =
            self.chars.iter().map(|(char, asked)| if *asked { *char } else { ' ' }).collect();
        let words = literal.split(|char: char| !char.is_alphanumeric());
        words.filter(|word| !word.is_empty()).map(ToOwned::to_owned).collect()
    }

    fn followed_by(&self, next: &Self) -> Self {
        Self { chars: self.chars.iter().chain(&next.chars).copied().collect() }
    }
}

/// Returns texts that a pattern may match; none for a pattern that cannot be parsed.
pub(super) fn pattern_samples(pattern: &str) -> Vec<PatternSample> {
    regex_syntax::parse(pattern).map(|hir| samples(&hir)).unwrap_or_default()
}

/// Returns texts that a pattern may match before its first group, and after it; `None` for a pattern whose first group is
/// itself a part of an alternative, a repetition or another group.
pub(super) fn around_first_group(pattern: &str) -> Option<[Vec<PatternSample>; 2]> {
    let hir = regex_syntax::parse(pattern).ok()?;
    let parts = match hir.kind() {
        HirKind::Concat(parts) => parts.as_slice(),
        _ => std::slice::from_ref(&hir),
    };
    let is_first =
        |part: &Hir| matches!(part.kind(), HirKind::Capture(capture) if capture.index == 1);
    let at = parts.iter().position(is_first)?;
    let around = [&parts[..at], &parts[at + 1..]];
    Some(around.map(|parts| samples(&Hir::concat(parts.to_vec()))))
}

fn samples(hir: &Hir) -> Vec<PatternSample> {
    let mut all = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => vec![PatternSample::default()],
        HirKind::Literal(literal) => {
            let text = String::from_utf8_lossy(&literal.0);
            vec![PatternSample { chars: text.chars().map(|char| (char, true)).collect() }]
        }
        HirKind::Class(class) => {
            let one = |char| PatternSample { chars: vec![char] };
            class_chars(class).into_iter().map(one).collect()
        }
        HirKind::Repetition(repetition) => {
            let inside = samples(&repetition.sub);
            let least = repetition.min.min(4);
            let more = repetition.max.is_none_or(|max| max > least);
            let mut repeated = vec![PatternSample::default()];
            for _ in 0..least {
                repeated = products(&repeated, &inside);
            }
            if more {
                let longer = products(&repeated, &inside);
                repeated.extend(longer);
            }
            repeated
        }
        HirKind::Capture(capture) => samples(&capture.sub),
        HirKind::Concat(parts) => {
            let empty = vec![PatternSample::default()];
            parts.iter().fold(empty, |all, part| products(&all, &samples(part)))
        }
        HirKind::Alternation(parts) => {
            // Each alternative has its share.
            let share = (MOST / parts.len().max(1)).max(1);
            parts.iter().flat_map(|part| samples(part).into_iter().take(share)).collect()
        }
    };
    all.truncate(MOST);
    all
}

fn products(before: &[PatternSample], after: &[PatternSample]) -> Vec<PatternSample> {
    let pairs = before.iter().flat_map(|one| after.iter().map(move |two| one.followed_by(two)));
    pairs.take(MOST).collect()
}

/// Returns characters that stand for a class: all if there are few, else typical ones.
fn class_chars(class: &Class) -> Vec<(char, bool)> {
    const FEW: usize = 4;
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => {
            class.ranges().iter().map(|range| (range.start(), range.end())).collect()
        }
        Class::Bytes(class) => {
            class.ranges().iter().map(|range| (range.start().into(), range.end().into())).collect()
        }
    };
    let few: Vec<char> = ranges.iter().flat_map(|(from, to)| *from..=*to).take(FEW + 1).collect();
    if few.len() <= FEW {
        // The same letter in several cases is one letter.
        let is_one = few.iter().all(|char| char.to_lowercase().eq(few[0].to_lowercase()));
        let kept = if is_one { &few[..few.len().min(1)] } else { &few[..] };
        return kept.iter().map(|char| (*char, true)).collect();
    }
    let contains = |char: &char| ranges.iter().any(|(from, to)| (*from..=*to).contains(char));
    let mut typical: Vec<char> =
        ['x', '7', ' ', '.'].into_iter().filter(contains).take(2).collect();
    if typical.is_empty() {
        typical.extend(ranges.first().map(|(from, _)| *from));
    }
    typical.into_iter().map(|char| (char, false)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_texts_that_the_pattern_matches() {
        for pattern in [
            r"Output \(a\) is better|\A *Output \(a\)\W*\z",
            r"(?i)verdict:\s*(first|1st)",
            r"[A-Z]{2,3}-\d+",
            r"\A\s*(?:Tie|0)\b",
            "x{9}",
        ] {
            let regex = regex::Regex::new(pattern).unwrap();
            let samples = pattern_samples(pattern);
            let matched = samples.iter().filter(|sample| regex.is_match(&sample.text())).count();
            let least = if pattern == "x{9}" { 0 } else { samples.len().div_ceil(2) };
            assert!(!samples.is_empty() && matched >= least, "{pattern}: {samples:?}");
        }
    }

    #[test]
    fn words_are_those_that_the_pattern_asks_for() {
        let words = |pattern: &str| -> Vec<Vec<String>> {
            let mut words: Vec<_> =
                pattern_samples(pattern).iter().map(PatternSample::words).collect();
            words.dedup();
            words
        };
        assert_eq!(words(r"Output \(a\) is better"), [["Output", "a", "is", "better"]]);
        assert_eq!(words("(?i)tie"), [["TIE"]]);
        assert_eq!(words(r"VERDICT: (?:A|one)"), [["VERDICT", "A"], ["VERDICT", "one"]]);
        assert_eq!(words(r"\d+"), [[] as [String; 0]]);
    }

    #[test]
    fn a_pattern_of_many_alternatives_makes_few_samples() {
        let many: Vec<String> = (0..500).map(|number| format!("word{number}")).collect();
        assert_eq!(pattern_samples(&many.join("|")).len(), MOST);
        assert!(pattern_samples("(a|b|c){4}(a|b|c){4}(a|b|c){40}").len() <= MOST);
    }
}
