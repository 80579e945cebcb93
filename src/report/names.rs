//! Names that are too long for their columns: shortened together, so that no two of them look alike.
//!
//! Knows nothing of what it names.

use std::collections::{HashMap, HashSet};

use unicode_width::UnicodeWidthStr as _;

use super::columns::{cut, fitting, shortened};

/// Returns the names in at most `most` columns each, in the same order.
///
/// What fits stays whole. A longer name keeps its beginning and its end; of those that would look alike by that,
/// what tells them apart is kept instead; and what still looks alike, or did so from the start, has a number.
pub(super) fn told_apart<T: AsRef<str>>(names: &[T], most: usize) -> Vec<String> {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    let mut looks: Vec<String> = names.iter().map(|name| shortened(name, most)).collect();
    let mut alike: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, look) in looks.iter().enumerate().filter(|(at, look)| names[*at] != *look) {
        alike.entry(look).or_default().push(at);
    }
    let groups: Vec<Vec<usize>> = alike.into_values().filter(|group| group.len() > 1).collect();
    for group in groups {
        let members: Vec<&str> = group.iter().map(|at| names[*at]).collect();
        for (at, look) in group.into_iter().zip(parted(&members, most)) {
            looks[at] = look;
        }
    }
    numbered(&names, looks, most)
}

/// Shortens names that are all too long and begin and end alike.
fn parted(names: &[&str], most: usize) -> Vec<String> {
    let kept = most.saturating_sub(1);
    let half = kept / 2;
    let mut begins: Vec<usize> = (0..=kept).collect();
    begins.sort_by_key(|begin| begin.abs_diff(half));
    let looks = |begin: usize| names.iter().map(|name| cut(name, begin, most)).collect();
    let differing = Differing::of(names);
    // A cut within what tells names apart may make `70b` a `7…`.
    let whole = begins.iter().copied().filter(|begin| differing.is_kept(names, *begin, most));
    let inside = differing.begin;
    let windows = [half / 2, 0].into_iter().map(|begin| {
        names.iter().map(|name| window(name, begin, inside, most)).collect::<Vec<String>>()
    });
    let ways = whole.map(looks).chain(windows).chain(begins.iter().copied().map(looks));
    let mut best = (0, Vec::new());
    for way in ways {
        let different = way.iter().collect::<HashSet<_>>().len();
        if different > best.0 {
            best = (different, way);
        }
        if different == names.len() {
            break;
        }
    }
    best.1
}

/// What lies between the beginning and the end that names share, in characters.
struct Differing {
    /// Characters before it.
    begin: usize,
    /// Characters after it.
    end: usize,
}

impl Differing {
    fn of(names: &[&str]) -> Self {
        let first = names.first().copied().unwrap_or_default();
        let shared = |other: &str| {
            let pairs = first.chars().zip(other.chars());
            pairs.take_while(|(one, other)| one == other).count()
        };
        let shared_at_end = |other: &str| {
            let pairs = first.chars().rev().zip(other.chars().rev());
            pairs.take_while(|(one, other)| one == other).count()
        };
        let shortest = names.iter().map(|name| name.chars().count()).min().unwrap_or(0);
        let begin = names.iter().map(|name| shared(name)).min().unwrap_or(0);
        let end = names.iter().map(|name| shared_at_end(name)).min().unwrap_or(0);
        Self { begin, end: end.min(shortest - begin) }
    }

    /// Whether all of it stays in every name that is cut so.
    fn is_kept(&self, names: &[&str], begin: usize, most: usize) -> bool {
        names.iter().all(|name| {
            let length = name.chars().count();
            let kept = fitting(name.chars(), begin);
            let rest = most.saturating_sub(1).saturating_sub(begin);
            kept.len() >= length - self.end
                || fitting(name.chars().rev(), rest).len() >= length - self.begin
        })
    }
}

/// Returns so many columns of a name's beginning, and from its `inside`th character on as much as fits.
fn window(name: &str, begin: usize, inside: usize, most: usize) -> String {
    let head = fitting(name.chars(), begin);
    let rest = most.saturating_sub(begin + 2);
    let middle = fitting(name.chars().skip(inside.max(head.len())), rest);
    head.into_iter().chain(['…']).chain(middle).chain(['…']).collect()
}

/// Gives each look that another name has already a number.
fn numbered(names: &[&str], mut looks: Vec<String>, most: usize) -> Vec<String> {
    // A name that stands whole is not the one to get a number.
    let mut order: Vec<usize> = (0..looks.len()).collect();
    order.sort_by_key(|at| looks[*at] != names[*at]);
    let mut taken = HashSet::new();
    order.retain(|at| !taken.insert(looks[*at].clone()));
    // No number is larger than this.
    let room = format!(" ({})", names.len() + 1).width();
    let mut numbers: HashMap<String, usize> = HashMap::new();
    for at in order {
        let short = shortened(names[at], most.saturating_sub(room));
        let number = numbers.entry(short.clone()).or_insert(1);
        while !taken.insert(looks[at].clone()) {
            *number += 1;
            looks[at] = format!("{short} ({number})");
        }
    }
    looks
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::told_apart;

    const LLAMAS: [&str; 3] =
        ["llama-3.1-8b-instruct", "llama-3.1-70b-instruct", "llama-3.3-70b-instruct"];

    #[test]
    fn what_tells_names_apart_stays_whole_wherever_it_stands() {
        assert_eq!(told_apart(&LLAMAS, 13), ["llama-3.1-8b…", "llama-3.1-70…", "llama-3.3-70…"]);
        assert_eq!(
            told_apart(&LLAMAS, 18),
            ["llama-3.1-8b…truct", "llama-3.1-70…truct", "llama-3.3-70…truct"]
        );
        let invoices = ["topic=billing-eu-invoices", "topic=billing-us-invoices"];
        assert_eq!(told_apart(&invoices, 16), ["topi…eu-invoices", "topi…us-invoices"]);
        let ends = ["company/model-2026-01", "company/model-2026-02", "another-company/a-model"];
        assert_eq!(told_apart(&ends, 12), ["compa…026-01", "compa…026-02", "anoth…-model"]);
        let middle = |part: &str| format!("{}-{part}-{}", "a".repeat(40), "z".repeat(40));
        assert_eq!(
            told_apart(&[middle("one"), middle("two")], 14),
            ["aaa…one-zzzzz…", "aaa…two-zzzzz…"]
        );
    }

    #[test]
    fn a_name_that_fits_stays_whole_and_one_that_no_other_resembles_keeps_both_ends() {
        let names = ["gpt-4o", LLAMAS[0], "mistral-7b-instruct-v0.3"];
        assert_eq!(told_apart(&names, 13), ["gpt-4o", "llama-…struct", "mistra…t-v0.3"]);
    }

    #[test]
    fn what_looks_alike_all_the_same_is_numbered() {
        let name = |one: char, other: char| {
            format!("{}{one}{}{other}{}", "a".repeat(30), "m".repeat(30), "z".repeat(30))
        };
        let names = [name('0', '0'), name('0', '1'), name('1', '0'), name('1', '1')];
        let looks = told_apart(&names, 10);
        assert_eq!(looks, ["aa…0mmmmm…", "aa…zzz (2)", "aa…1mmmmm…", "aa…zzz (3)"]);
        assert_eq!(told_apart(&["same", "same", "same (2)"], 20), ["same", "same (3)", "same (2)"]);
    }

    #[test]
    fn no_two_names_look_alike_and_none_is_too_wide() {
        let parts = ["alpha", "模型模型", "⚠️⚠️1️⃣", "a-long-part-in-between", "2026"];
        let mut names = Vec::new();
        for one in parts {
            for two in parts {
                names.extend(parts.map(|three| format!("{one}/{two}/{three}")));
            }
        }
        for most in 8..40 {
            let mut looks = told_apart(&names, most);
            for (name, look) in names.iter().zip(&looks) {
                assert!(look.width() <= most, "{look}");
                assert!(name.width() > most || look == name, "{look} of {name}");
            }
            looks.sort_unstable();
            looks.dedup();
            assert_eq!(looks.len(), names.len(), "{most}");
        }
    }
}
