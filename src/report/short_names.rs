//! Shortens names that are too long for their columns so that they stay different from each other.
//!
//! Cutting every name by itself is not enough: names of models often share beginning and end
//! (`llama-3.1-8b-instruct`, `llama-3.1-70b-instruct`) and would then look alike in a table.

use std::collections::{HashMap, HashSet};

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::columns::{shorten, shorten_keeping, take_columns};

/// Shortens names to at most `max` columns each so that no two of them are equal; returns them in the same order.
///
/// A name that fits is unchanged. A longer name keeps its beginning and its end; if several names become equal by
/// that, they keep the part in which they differ. Names that are still equal, or were equal before, are numbered.
pub(super) fn shorten_unique<T: AsRef<str>>(names: &[T], max: usize) -> Vec<String> {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    let mut short: Vec<String> = names.iter().map(|name| shorten(name, max)).collect();
    let mut equal: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, short) in short.iter().enumerate().filter(|(at, short)| names[*at] != *short) {
        equal.entry(short).or_default().push(at);
    }
    let groups: Vec<Vec<usize>> = equal.into_values().filter(|group| group.len() > 1).collect();
    for group in groups {
        let members: Vec<&str> = group.iter().map(|at| names[*at]).collect();
        for (at, distinct) in group.into_iter().zip(disambiguate(&members, max)) {
            short[at] = distinct;
        }
    }
    number_equal(&names, short, max)
}

/// Shortens names that are all too long and share beginning and end: returns the first of several ways that makes
/// them all different, or the one with the most different names.
fn disambiguate(names: &[&str], max: usize) -> Vec<String> {
    let half = max.saturating_sub(1) / 2;
    let mut begins: Vec<usize> = (0..max).collect();
    begins.sort_by_key(|begin| begin.abs_diff(half));
    let keeping =
        |begin: usize| names.iter().map(|name| shorten_keeping(name, begin, max)).collect();
    let difference = Difference::new(names);
    // Cutting inside the difference would turn `70b` into `7…`, so this is only the last resort.
    let whole = begins.iter().copied().filter(|begin| difference.is_kept(names, *begin, max));
    let windows = [half / 2, 0].into_iter().map(|begin| {
        names.iter().map(|name| window(name, begin, difference.start, max)).collect::<Vec<String>>()
    });
    let ways = whole.map(keeping).chain(windows).chain(begins.iter().copied().map(keeping));
    let mut best = (0, Vec::new());
    for way in ways {
        let distinct = way.iter().collect::<HashSet<_>>().len();
        if distinct > best.0 {
            best = (distinct, way);
        }
        if distinct == names.len() {
            break;
        }
    }
    best.1
}

/// The part between the common beginning and the common end of some names, in graphemes.
struct Difference {
    /// The number of graphemes before it.
    start: usize,
    /// The number of graphemes after it.
    after: usize,
}

impl Difference {
    fn new(names: &[&str]) -> Self {
        let first = names.first().copied().unwrap_or_default();
        let prefix = names.iter().map(|name| {
            let pairs = first.graphemes(true).zip(name.graphemes(true));
            pairs.take_while(|(one, other)| one == other).count()
        });
        let suffix = names.iter().map(|name| {
            let pairs = first.graphemes(true).rev().zip(name.graphemes(true).rev());
            pairs.take_while(|(one, other)| one == other).count()
        });
        let shortest = names.iter().map(|name| name.graphemes(true).count()).min().unwrap_or(0);
        let start = prefix.min().unwrap_or(0);
        Self { start, after: suffix.min().unwrap_or(0).min(shortest - start) }
    }

    /// Returns whether the difference is kept in every name that is shortened to `begin` columns of its beginning
    /// and as much of its end as fits.
    fn is_kept(&self, names: &[&str], begin: usize, max: usize) -> bool {
        names.iter().all(|name| {
            let length = name.graphemes(true).count();
            let end = max.saturating_sub(1).saturating_sub(begin);
            take_columns(name.graphemes(true), begin).len() >= length - self.after
                || take_columns(name.graphemes(true).rev(), end).len() >= length - self.start
        })
    }
}

/// Returns `begin` columns of a name's beginning, and as much as fits of the part from grapheme `start` on, or of its
/// end if the name ends before.
fn window(name: &str, begin: usize, start: usize, max: usize) -> String {
    let graphemes: Vec<&str> = name.graphemes(true).collect();
    let head = take_columns(graphemes.iter().copied(), begin);
    let rest = max.saturating_sub(head.concat().width() + 2);
    let end = take_columns(graphemes.iter().rev().copied(), rest).len();
    let start = start.min(graphemes.len() - end).max(head.len());
    let middle = take_columns(graphemes[start..].iter().copied(), rest);
    let is_cut = start + middle.len() < graphemes.len();
    head.into_iter().chain(["…"]).chain(middle).chain(is_cut.then_some("…")).collect()
}

/// Adds a number to each shortened name that is equal to an earlier one.
fn number_equal(names: &[&str], mut short: Vec<String>, max: usize) -> Vec<String> {
    // A name that was not shortened keeps its form, so that another name gets the number.
    let mut order: Vec<usize> = (0..short.len()).collect();
    order.sort_by_key(|at| short[*at] != names[*at]);
    let mut taken = HashSet::new();
    order.retain(|at| !taken.insert(short[*at].clone()));
    // The width of the largest number that can be needed.
    let number_width = format!(" ({})", names.len() + 1).width();
    let mut numbers: HashMap<String, usize> = HashMap::new();
    for at in order {
        let base = shorten(names[at], max.saturating_sub(number_width));
        let number = numbers.entry(base.clone()).or_insert(1);
        while !taken.insert(short[at].clone()) {
            *number += 1;
            short[at] = format!("{base} ({number})");
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::shorten_unique;

    const LLAMAS: [&str; 3] =
        ["llama-3.1-8b-instruct", "llama-3.1-70b-instruct", "llama-3.3-70b-instruct"];

    #[test]
    fn the_part_in_which_names_differ_is_kept() {
        assert_eq!(
            shorten_unique(&LLAMAS, 13),
            ["llama-3.1-8b…", "llama-3.1-70…", "llama-3.3-70…"]
        );
        assert_eq!(
            shorten_unique(&LLAMAS, 18),
            ["llama-3.1-8b…truct", "llama-3.1-70…truct", "llama-3.3-70…truct"]
        );
        let invoices = ["topic=billing-eu-invoices", "topic=billing-us-invoices"];
        assert_eq!(shorten_unique(&invoices, 16), ["topi…eu-invoices", "topi…us-invoices"]);
        let ends = ["company/model-2026-01", "company/model-2026-02", "another-company/a-model"];
        assert_eq!(shorten_unique(&ends, 12), ["compa…026-01", "compa…026-02", "anoth…-model"]);
        let middle = |part: &str| format!("{}-{part}-{}", "a".repeat(40), "z".repeat(40));
        assert_eq!(
            shorten_unique(&[middle("one"), middle("two")], 14),
            ["aaa…one-zzzzz…", "aaa…two-zzzzz…"]
        );
    }

    #[test]
    fn a_name_that_fits_is_unchanged_and_a_unique_one_keeps_both_ends() {
        let names = ["gpt-4o", LLAMAS[0], "mistral-7b-instruct-v0.3"];
        assert_eq!(shorten_unique(&names, 13), ["gpt-4o", "llama-…struct", "mistra…t-v0.3"]);
    }

    #[test]
    fn a_name_that_another_one_repeats_shows_its_end() {
        let name = "one-long-name-of-a-model/";
        assert_eq!(
            shorten_unique(&[name.to_owned(), name.repeat(9)], 12),
            ["on…a-model/", "on…one-long…"]
        );
    }

    #[test]
    fn a_name_is_cut_between_graphemes() {
        let family = "👩‍👩‍👧‍👦";
        let name = format!("{}{}", family.repeat(20), "e\u{301}".repeat(20));
        assert_eq!(
            shorten_unique(&[name], 10),
            [format!("{family}{family}…{}", "e\u{301}".repeat(5))]
        );
    }

    #[test]
    fn names_that_are_still_equal_are_numbered() {
        let name = |one: char, other: char| {
            format!("{}{one}{}{other}{}", "a".repeat(30), "m".repeat(30), "z".repeat(30))
        };
        let names = [name('0', '0'), name('0', '1'), name('1', '0'), name('1', '1')];
        let short = shorten_unique(&names, 10);
        assert_eq!(short, ["aa…0mmmmm…", "aa…zzz (2)", "aa…1mmmmm…", "aa…zzz (3)"]);
        assert_eq!(
            shorten_unique(&["same", "same", "same (2)"], 20),
            ["same", "same (3)", "same (2)"]
        );
    }

    #[test]
    fn all_names_are_different_and_none_is_too_wide() {
        let parts = ["alpha", "模型模型", "⚠️⚠️1️⃣", "a-long-part-in-between", "2026"];
        let mut names = Vec::new();
        for one in parts {
            for two in parts {
                names.extend(parts.map(|three| format!("{one}/{two}/{three}")));
            }
        }
        for max in 8..40 {
            let mut short = shorten_unique(&names, max);
            for (name, one) in names.iter().zip(&short) {
                assert!(one.width() <= max, "{one}");
                assert!(name.width() > max || one == name, "{one} of {name}");
            }
            short.sort_unstable();
            short.dedup();
            assert_eq!(short.len(), names.len(), "{max}");
        }
    }
}
