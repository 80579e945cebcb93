//! Whether the traffic has changed: new items against the anchors.
//!
//! A suite that no longer resembles production says nothing of it. Each feature of the items is compared by category:
//! lengths by quarters of both samples together, languages and tags by value. What is rare is joined, so that at least
//! five items are expected in every category. Several features are several chances of a false alarm, so p-values are
//! adjusted by Holm's method.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::entry::{EntryComparison, EntryItem};
use super::matched::{Change, Matched};
use crate::stats::{
    Difference, Estimate, Homogeneity, fisher_exact, holm, homogeneity, newcombe_independent,
    population_stability,
};

/// The fewest items that are expected in a category of either sample.
const LEAST_EXPECTED: f64 = 5.0;
/// The most categories of a feature; rarer ones are joined.
const MOST_CATEGORIES: usize = 12;
/// Smaller differences raise no alarm, however sure they are.
const LEAST_SIZE: f64 = 0.1;
const CONFIDENCE: f64 = 0.95;

/// What has changed in the traffic.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct InputDrift {
    /// Items of both runs, with the same text: what new items are compared with.
    pub anchors: u64,
    /// Items that are new or have another text.
    pub new: u64,
    /// The features, the surest difference first.
    pub features: Vec<FeatureDrift>,
    /// The adjusted p-value at or below which a difference raises the alarm.
    pub threshold: f64,
    /// Whether a feature raises the alarm.
    pub alarm: bool,
}

/// One feature of anchors and new items.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct FeatureDrift {
    /// The feature: `prompt-length`, `response-length`, `language`, `undecided`, or `tag:NAME`.
    pub feature: String,
    /// How often each category occurs.
    pub categories: Vec<Category>,
    /// Pearson's χ².
    pub chi_squared: Option<f64>,
    /// Its degrees of freedom.
    pub freedom: Option<u64>,
    /// The p-value: of Fisher's exact test for two categories, of χ² for more; `None` if the feature cannot be tested.
    pub p_value: Option<f64>,
    /// The p-value of the likelihood ratio G, which asks the same.
    pub g_p_value: Option<f64>,
    /// The p-value adjusted for the number of features.
    pub p_adjusted: Option<f64>,
    /// Cramér's V: the size of the difference, from 0 to 1.
    pub cramers_v: Option<f64>,
    /// The population stability index: a familiar number with no test of its own.
    pub psi: Option<f64>,
    /// New items minus anchors, for a feature that is a share.
    pub difference: Option<Estimate>,
    /// Whether the difference raises the alarm.
    pub alarm: bool,
}

/// A category of a feature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Category {
    /// What is in it.
    pub category: String,
    /// Anchors in it.
    pub anchors: u64,
    /// New items in it.
    pub new: u64,
}

/// The values of a feature, of anchors and of new items.
type Samples<T> = [Vec<T>; 2];

/// Compares new items with the anchors. `threshold` is the adjusted p-value that raises the alarm.
pub(super) fn input_drift(matched: &Matched<'_>, threshold: f64) -> InputDrift {
    let mut items: [Vec<&EntryItem>; 2] = Default::default();
    for (item, is_known) in matched.after.items.iter().zip(&matched.is_known) {
        items[usize::from(!is_known)].push(item);
    }
    let mut drift = InputDrift {
        anchors: items[0].len() as u64,
        new: items[1].len() as u64,
        threshold,
        ..InputDrift::default()
    };
    if drift.anchors == 0 || drift.new == 0 {
        return drift;
    }
    let lengths = items.each_ref().map(|items| items.iter().map(|item| item.length).collect());
    drift.features.push(by_length("prompt-length", &lengths));
    drift.features.push(by_length("response-length", &response_lengths(matched)));
    let languages =
        items.each_ref().map(|items| items.iter().map(|item| item.language.as_str()).collect());
    drift.features.push(by_value("language", &languages));
    let tags: BTreeSet<&String> =
        items.iter().flatten().flat_map(|item| item.tags.keys()).collect();
    for tag in tags {
        let values =
            items.each_ref().map(|items| items.iter().map(|item| tag_value(item, tag)).collect());
        drift.features.push(by_value(&format!("tag:{tag}"), &values));
    }
    drift.features.extend(undecided(matched));
    adjust(&mut drift);
    drift
}

fn tag_value<'a>(item: &'a EntryItem, tag: &str) -> &'a str {
    item.tags.get(tag).map_or("(none)", String::as_str)
}

fn adjust(drift: &mut InputDrift) {
    let tested = |feature: &&mut FeatureDrift| feature.p_value.is_some();
    let p_values: Vec<f64> = drift.features.iter().filter_map(|feature| feature.p_value).collect();
    let adjusted = holm(&p_values).unwrap_or_default();
    for (feature, p) in drift.features.iter_mut().filter(tested).zip(adjusted) {
        feature.p_adjusted = Some(p);
        feature.alarm = p <= drift.threshold && feature.cramers_v.is_some_and(|v| v >= LEAST_SIZE);
        drift.alarm |= feature.alarm;
    }
    let p = |feature: &FeatureDrift| feature.p_value.unwrap_or(2.0);
    drift.features.sort_by(|one, other| p(one).total_cmp(&p(other)));
}

fn response_lengths(matched: &Matched<'_>) -> Samples<u64> {
    let mut lengths: Samples<u64> = Default::default();
    for (sample, changes) in [(0, &[Change::Anchor, Change::Responses][..]), (1, &[Change::Item])] {
        let mut by_item: BTreeMap<u32, Vec<u64>> = BTreeMap::new();
        for change in changes {
            for (one, _) in matched.with(*change) {
                by_item.entry(one.item).or_default().push(one.length);
            }
        }
        let mean = |lengths: Vec<u64>| lengths.iter().sum::<u64>() / lengths.len() as u64;
        lengths[sample] = by_item.into_values().map(mean).collect();
    }
    lengths
}

/// Returns the share of comparisons that the judge does not decide, on unchanged texts and on new items.
fn undecided(matched: &Matched<'_>) -> Option<FeatureDrift> {
    let count = |change: Change| {
        let answered = matched.with(change).map(|(one, _)| one).filter(|one| one.is_answered());
        let answered: Vec<&EntryComparison> = answered.collect();
        let kept = answered.iter().filter(|one| one.is_kept()).count();
        [(answered.len() - kept) as u64, answered.len() as u64]
    };
    let [[anchors, n], [new, new_n]] = [count(Change::Anchor), count(Change::Item)];
    if n == 0 || new_n == 0 {
        return None;
    }
    let counts = [[anchors, new], [n - anchors, new_n - new]];
    let difference = newcombe_independent([new, anchors], [new_n, n], CONFIDENCE).ok();
    let names = ["undecided", "decided"].map(ToOwned::to_owned);
    let mut feature = tested("undecided".to_owned(), names.into_iter().zip(counts).collect());
    feature.difference =
        difference.map(|Difference { value, interval }| Estimate::new(value, interval, new_n));
    Some(feature)
}

/// The sizes of two samples.
#[derive(Clone, Copy)]
struct Sizes([u64; 2]);

impl Sizes {
    /// Returns how many observations of a category are expected in the smaller sample.
    fn expected(self, counts: [u64; 2]) -> f64 {
        let Self([one, other]) = self;
        let share = (counts[0] + counts[1]) as f64 / (one + other).max(1) as f64;
        share * one.min(other) as f64
    }
}

fn by_length(feature: &str, lengths: &Samples<u64>) -> FeatureDrift {
    let sizes = Sizes(lengths.each_ref().map(|lengths| lengths.len() as u64));
    let is_large = |(_, counts): &(String, [u64; 2])| sizes.expected(*counts) >= LEAST_EXPECTED;
    let parts = [4, 3].into_iter().map(|parts| in_parts(lengths, parts));
    let named = parts.into_iter().find(|named| named.iter().all(is_large));
    tested(feature.to_owned(), named.unwrap_or_else(|| in_parts(lengths, 2)))
}

/// Returns how many lengths of each sample are in each of some parts, which are equally large for both together but for
/// equal lengths, which stay together.
fn in_parts(lengths: &Samples<u64>, parts: usize) -> Vec<(String, [u64; 2])> {
    let mut all: Vec<u64> = lengths.iter().flatten().copied().collect();
    all.sort_unstable();
    let mut ends: Vec<u64> =
        (1..parts).filter_map(|part| all.get(all.len() * part / parts).copied()).collect();
    ends.dedup();
    ends.retain(|end| all.first() != Some(end));
    let name = |at: usize| match (at, ends.get(at)) {
        (0, None) => "all".to_owned(),
        (0, Some(end)) => format!("below {end}"),
        (at, Some(end)) => format!("{} to {}", ends[at - 1], end - 1),
        (at, None) => format!("{} or more", ends[at - 1]),
    };
    let mut named: Vec<(String, [u64; 2])> =
        (0..=ends.len()).map(|at| (name(at), [0, 0])).collect();
    for (sample, lengths) in lengths.iter().enumerate() {
        for length in lengths {
            named[ends.iter().filter(|end| length >= end).count()].1[sample] += 1;
        }
    }
    named
}

fn by_value(feature: &str, values: &Samples<&str>) -> FeatureDrift {
    let sizes = Sizes(values.each_ref().map(|values| values.len() as u64));
    let mut counts: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
    for (sample, values) in values.iter().enumerate() {
        for value in values {
            counts.entry(value).or_default()[sample] += 1;
        }
    }
    let mut named: Vec<(String, [u64; 2])> =
        counts.into_iter().map(|(value, counts)| (value.to_owned(), counts)).collect();
    named.sort_by_key(|(_, [anchors, new])| std::cmp::Reverse(anchors + new));
    let frequent = named.iter().take(MOST_CATEGORIES);
    let mut kept = frequent.take_while(|(_, n)| sizes.expected(*n) >= LEAST_EXPECTED).count();
    let rest = |from: usize| {
        named[from..].iter().fold([0, 0], |sum, (_, n)| [sum[0] + n[0], sum[1] + n[1]])
    };
    // Two categories are tested exactly, whatever is expected; of more, a small rest is joined with the next rarest.
    while kept > 2 && kept < named.len() && sizes.expected(rest(kept)) < LEAST_EXPECTED {
        kept -= 1;
    }
    let kept = kept.max(1);
    if kept + 1 < named.len() {
        let other = ("other".to_owned(), rest(kept));
        named.truncate(kept);
        named.push(other);
    }
    tested(feature.to_owned(), named)
}

/// Tests one feature.
fn tested(feature: String, named: Vec<(String, [u64; 2])>) -> FeatureDrift {
    let totals = [0, 1].map(|sample: usize| named.iter().map(|(_, n)| n[sample]).sum::<u64>());
    let counts: Vec<[u64; 2]> = named.iter().map(|(_, counts)| *counts).collect();
    let test = homogeneity(&counts).ok();
    let p_value = match (test, counts.as_slice()) {
        (Some(_), [one, _]) => fisher_exact(*one, totals).ok(),
        (Some(Homogeneity { is_approximate: true, p_value, .. }), _) => Some(p_value),
        _ => None,
    };
    let k = counts.len() as f64;
    // An empty category would make the index infinite.
    let share = |sample: usize| -> Vec<f64> {
        let n = totals[sample] as f64;
        counts.iter().map(|cell| (cell[sample] as f64 + 0.5) / (n + 0.5 * k)).collect()
    };
    FeatureDrift {
        feature,
        categories: named
            .into_iter()
            .map(|(category, [anchors, new])| Category { category, anchors, new })
            .collect(),
        chi_squared: test.map(|test| test.chi_squared),
        freedom: test.map(|test| test.freedom),
        p_value,
        g_p_value: test.map(|test| test.g_p_value),
        p_adjusted: None,
        cramers_v: test.map(|test| test.cramers_v),
        psi: test.and_then(|_| population_stability(&share(0), &share(1)).ok()),
        difference: None,
        alarm: false,
    }
}
