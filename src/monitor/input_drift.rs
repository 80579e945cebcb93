//! Whether the traffic has changed: new items against the anchors.
//!
//! A suite that no longer resembles production says nothing of it. Each feature of the prompts is compared by category:
//! lengths by quarters of both samples together, languages and tags by value. What is rare is joined, so that at least
//! five items are expected in every category. Several features are several chances of a false alarm, so p-values are
//! adjusted by Holm's method. The share of comparisons that the judge does not decide is tested in the same way, each item
//! with the share of its comparisons, so that those of one item count as one: a share in between varies less than one that
//! is 0 or 1, so the test is right or cautious. It shows the traffic only where judge and systems are known to be as they
//! were. Lengths of responses are those of the systems, and are shown without a test.
//!
//! Items that were drawn with known probabilities count by their inverse, and as so many items of equal weight as say as
//! much (Rao and Scott 1981, with the design effect of Kish). If the probabilities of only some are known, nothing is
//! tested.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::entry::EntryItem;
use super::matched::{Change, Matched, means_by_item};
use super::two_samples::independent;
use super::weights::{WeightedMean, weights};
use crate::calibration::CONFIDENCE;
use crate::stats::{Estimate, Homogeneity, fisher_exact, holm, homogeneity, population_stability};
use crate::traffic::TAGS_OF_SAMPLES;

/// The fewest items that are expected in a category of either sample.
const LEAST_EXPECTED: f64 = 5.0;
/// The most categories of a feature; rarer ones are joined.
const MOST_CATEGORIES: usize = 12;
/// Smaller differences raise no alarm, however sure they are.
const LEAST_SIZE: f64 = 0.1;

/// What has changed in the traffic.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct InputDrift {
    /// Items of both runs, with the same text: what new items are compared with.
    pub anchors: u64,
    /// Items that are new or have another text.
    pub new: u64,
    /// Whether the probabilities with which items were drawn are known for all or for none of the anchors, and for all or
    /// for none of the new items; else nothing is tested.
    pub is_weighted: bool,
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
    /// What it is a feature of.
    pub of: FeatureOf,
    /// How often each category occurs. The comparisons of one item may be undecided in part: it counts in both categories
    /// then, with its shares, and their sums are rounded.
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

impl FeatureDrift {
    /// Returns whether all items are in one category, so that there is nothing to compare.
    pub fn is_constant(&self) -> bool {
        let occurs = |one: &&Category| one.anchors_share + one.new_share > 0.0;
        self.categories.iter().filter(occurs).count() < 2
    }
}

/// What a feature belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeatureOf {
    /// The prompts.
    Prompts,
    /// The responses: it depends on the systems, and has no test.
    Responses,
    /// The verdicts: it depends on systems and judge, too.
    Verdicts,
}

/// A category of a feature.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Category {
    /// What is in it.
    pub category: String,
    /// Anchors in it.
    pub anchors: u64,
    /// New items in it.
    pub new: u64,
    /// The share of the anchors, weighted where their probabilities are known.
    pub anchors_share: f64,
    /// The share of the new items, weighted where their probabilities are known.
    pub new_share: f64,
}

/// The values of a feature with their weights, of anchors and of new items.
type Samples<T> = [Vec<(T, f64)>; 2];

/// Compares new items with the anchors. `threshold` is the adjusted p-value that raises the alarm.
pub(super) fn input_drift(matched: &Matched<'_>, threshold: f64) -> InputDrift {
    let mut items: [Vec<u32>; 2] = Default::default();
    for (item, is_known) in (0..).zip(&matched.is_known) {
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
    let sides = items.each_ref().map(|items| Side::of(&matched.after.items, items));
    drift.is_weighted = sides.iter().all(|side| side.is_weighted);
    let of_items = |value: &dyn Fn(&EntryItem) -> u64| {
        sides.each_ref().map(|side| side.values(|_, item| Some(value(item))))
    };
    drift.features.push(by_length("prompt-length", &of_items(&|item| item.length)));
    let languages =
        sides.each_ref().map(|side| side.values(|_, item| Some(item.language.as_str())));
    drift.features.push(by_value("language", &languages));
    // A tag that one side lacks says how the items were made, and one of `monitor sample` repeats a feature or names a
    // system.
    let (known, new) = (sides[0].tags(), sides[1].tags());
    for tag in known.intersection(&new).filter(|tag| !TAGS_OF_SAMPLES.contains(*tag)) {
        let values = sides.each_ref().map(|side| side.values(|_, item| Some(tag_value(item, tag))));
        drift.features.push(by_value(&format!("tag:{tag}"), &values));
    }
    drift.features.extend(undecided(matched, &sides));
    drift.features.push(response_lengths(matched, &sides));
    if !drift.is_weighted {
        for feature in &mut drift.features {
            feature.p_value = None;
        }
    }
    adjust(&mut drift);
    drift
}

/// The items of one sample with their weights.
struct Side<'a> {
    /// By item: its place, the item, and its weight; the weights add up to the number of items that say as much.
    items: Vec<(u32, &'a EntryItem, f64)>,
    /// Whether the weight of every item is known, or of none.
    is_weighted: bool,
}

impl<'a> Side<'a> {
    fn of(all: &'a [EntryItem], places: &[u32]) -> Self {
        let items: Vec<&EntryItem> = places.iter().map(|at| &all[*at as usize]).collect();
        let weights = weights(items.iter().copied());
        let is_weighted = weights.is_some();
        let weights = weights.unwrap_or_else(|| vec![1.0; items.len()]);
        let squares: f64 = weights.iter().map(|weight| weight * weight).sum();
        let sum: f64 = weights.iter().sum();
        let weights = weights.into_iter().map(|weight| weight * sum / squares);
        let items = places.iter().copied().zip(items).zip(weights);
        Self {
            items: items.map(|((place, item), weight)| (place, item, weight)).collect(),
            is_weighted,
        }
    }

    /// Returns the names of all tags.
    fn tags(&self) -> BTreeSet<&'a str> {
        self.items.iter().flat_map(|(_, item, _)| item.tags.keys().map(String::as_str)).collect()
    }

    /// Returns a value of each item that has it, with its weight.
    fn values<T>(&self, value: impl Fn(u32, &'a EntryItem) -> Option<T>) -> Vec<(T, f64)> {
        let items = self.items.iter();
        items.filter_map(|(at, item, weight)| Some((value(*at, item)?, *weight))).collect()
    }
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

/// Returns the mean lengths of the responses to each item, which are those of the systems and raise no alarm.
fn response_lengths(matched: &Matched<'_>, sides: &[Side<'_>; 2]) -> FeatureDrift {
    let mut by_item: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
    for one in &matched.after.units {
        let (sum, n) = by_item.entry(one.item).or_default();
        *sum += one.length;
        *n += 1;
    }
    let mean = |at: u32, _: &EntryItem| by_item.get(&at).map(|(sum, n)| sum / n);
    let lengths = by_length("response-length", &sides.each_ref().map(|side| side.values(mean)));
    FeatureDrift {
        of: FeatureOf::Responses,
        chi_squared: None,
        freedom: None,
        p_value: None,
        g_p_value: None,
        ..lengths
    }
}

/// Returns the share of comparisons that the judge does not decide, on unchanged texts and on new items: the mean over items
/// of the share of their comparisons.
fn undecided(matched: &Matched<'_>, sides: &[Side<'_>; 2]) -> Option<FeatureDrift> {
    let answered = [Change::Anchor, Change::Item].map(|change| matched.with(change));
    let answered = answered.into_iter().flatten().filter(|(one, _)| one.is_answered());
    let by_item =
        means_by_item(answered.map(|(one, _)| (one.item, f64::from(u8::from(!one.is_kept())))));
    let shares = sides.each_ref().map(|side| side.values(|at, _| by_item.get(&at).copied()));
    let mean =
        |shares: &[(f64, f64)]| WeightedMean::of(shares).map(|mean| mean.estimate(CONFIDENCE));
    let (before, after) = (mean(&shares[0])?, mean(&shares[1])?);
    let mut cells = [Cell::default(); 2];
    for (sample, shares) in shares.iter().enumerate() {
        for (share, weight) in shares {
            cells[0].add_share(sample, *weight, 1.0 - share);
            cells[1].add_share(sample, *weight, *share);
        }
    }
    let named = ["decided", "undecided"].map(ToOwned::to_owned).into_iter().zip(cells);
    let tested = tested("undecided".to_owned(), named.collect());
    let difference = Some(independent(before, after).difference);
    Some(FeatureDrift { of: FeatureOf::Verdicts, difference, ..tested })
}

/// How many items of each sample are in a category, and as how many of equal weight these count.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    items: [f64; 2],
    weighted: [f64; 2],
}

impl Cell {
    fn add(&mut self, sample: usize, weight: f64) {
        self.add_share(sample, weight, 1.0);
    }

    /// Adds an item of which only a share is in the category.
    fn add_share(&mut self, sample: usize, weight: f64, share: f64) {
        self.items[sample] += share;
        self.weighted[sample] += weight * share;
    }

    fn plus(mut self, other: &Self) -> Self {
        for sample in [0, 1] {
            self.items[sample] += other.items[sample];
            self.weighted[sample] += other.weighted[sample];
        }
        self
    }
}

/// The sizes of two samples.
#[derive(Clone, Copy)]
struct Sizes([f64; 2]);

impl Sizes {
    fn of<T>(samples: &Samples<T>) -> Self {
        Self(samples.each_ref().map(|values| values.iter().map(|(_, weight)| weight).sum()))
    }

    /// Returns how many observations of a category are expected in the smaller sample.
    fn expected(self, cell: &Cell) -> f64 {
        let Self([one, other]) = self;
        let share = (cell.weighted[0] + cell.weighted[1]) / (one + other).max(1.0);
        share * one.min(other)
    }
}

fn by_length(feature: &str, lengths: &Samples<u64>) -> FeatureDrift {
    let sizes = Sizes::of(lengths);
    let is_large = |(_, cell): &(String, Cell)| sizes.expected(cell) >= LEAST_EXPECTED;
    let parts = [4, 3].into_iter().map(|parts| in_parts(lengths, parts));
    let named = parts.into_iter().find(|named| named.iter().all(is_large));
    tested(feature.to_owned(), named.unwrap_or_else(|| in_parts(lengths, 2)))
}

/// Returns how many lengths of each sample are in each of some parts, which have equally many items of both together but
/// for equal lengths, which stay together.
fn in_parts(lengths: &Samples<u64>, parts: usize) -> Vec<(String, Cell)> {
    let mut all: Vec<u64> = lengths.iter().flatten().map(|(length, _)| *length).collect();
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
    let mut named: Vec<(String, Cell)> =
        (0..=ends.len()).map(|at| (name(at), Cell::default())).collect();
    for (sample, lengths) in lengths.iter().enumerate() {
        for (length, weight) in lengths {
            let part = ends.iter().filter(|end| length >= end).count();
            named[part].1.add(sample, *weight);
        }
    }
    named
}

fn by_value(feature: &str, values: &Samples<&str>) -> FeatureDrift {
    let sizes = Sizes::of(values);
    let mut cells: BTreeMap<&str, Cell> = BTreeMap::new();
    for (sample, values) in values.iter().enumerate() {
        for (value, weight) in values {
            cells.entry(value).or_default().add(sample, *weight);
        }
    }
    let mut named: Vec<(String, Cell)> =
        cells.into_iter().map(|(value, cell)| (value.to_owned(), cell)).collect();
    let size = |cell: &Cell| cell.weighted[0] + cell.weighted[1];
    named.sort_by(|(_, one), (_, other)| size(other).total_cmp(&size(one)));
    let frequent = named.iter().take(MOST_CATEGORIES);
    let mut kept = frequent.take_while(|(_, cell)| sizes.expected(cell) >= LEAST_EXPECTED).count();
    let rest =
        |from: usize| named[from..].iter().fold(Cell::default(), |sum, (_, cell)| sum.plus(cell));
    // Two categories are tested exactly, whatever is expected; of more, a small rest is joined with the next rarest.
    while kept > 2 && kept < named.len() && sizes.expected(&rest(kept)) < LEAST_EXPECTED {
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
fn tested(feature: String, named: Vec<(String, Cell)>) -> FeatureDrift {
    let counts: Vec<[u64; 2]> =
        named.iter().map(|(_, cell)| cell.weighted.map(|n| n.round() as u64)).collect();
    let totals = [0, 1].map(|sample: usize| counts.iter().map(|n| n[sample]).sum::<u64>());
    let test = homogeneity(&counts).ok();
    let p_value = match (test, counts.as_slice()) {
        (Some(_), [one, _]) => fisher_exact(*one, totals).ok(),
        (Some(Homogeneity { is_approximate: true, p_value, .. }), _) => Some(p_value),
        _ => None,
    };
    let sizes = [0, 1].map(|at: usize| named.iter().map(|(_, n)| n.weighted[at]).sum::<f64>());
    let k = named.len() as f64;
    // An empty category would make the index infinite.
    let smoothed = |sample: usize| -> Vec<f64> {
        let share =
            |(_, cell): &(String, Cell)| (cell.weighted[sample] + 0.5) / (sizes[sample] + 0.5 * k);
        named.iter().map(share).collect()
    };
    let psi = test.and_then(|_| population_stability(&smoothed(0), &smoothed(1)).ok());
    let category = |(category, cell): (String, Cell)| {
        let [anchors, new] = cell.items.map(|n| n.round() as u64);
        let shares = [0, 1].map(|at: usize| {
            if sizes[at] > 0.0 { (cell.weighted[at] / sizes[at]).min(1.0) } else { 0.0 }
        });
        Category { category, anchors, new, anchors_share: shares[0], new_share: shares[1] }
    };
    FeatureDrift {
        feature,
        of: FeatureOf::Prompts,
        categories: named.into_iter().map(category).collect(),
        chi_squared: test.map(|test| test.chi_squared),
        freedom: test.map(|test| test.freedom),
        p_value,
        g_p_value: test.map(|test| test.g_p_value),
        p_adjusted: None,
        cramers_v: test.map(|test| test.cramers_v),
        psi,
        difference: None,
        alarm: false,
    }
}
