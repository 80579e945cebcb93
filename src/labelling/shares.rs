//! Who labels which comparisons of a sample, in which order, and what is asked twice.
//!
//! A form does not reveal which of its comparisons are shared, repeats or equal pairs: a keyed hash mixes them with the
//! others.

use std::sync::Arc;

use super::draw::DrawnComparison;
use super::entry::{ComparisonKey, FormEntry};
use super::material::Material;
use crate::input::LabelTask;
use crate::keyed_hash::KeyedHash;

/// How many others lie between a comparison and its repeat, where the form is long enough.
const APART: usize = 10;

/// The contexts of the keys: the order of a form, what is repeated, what is an equal pair, whose response it shows and
/// where it stands. They need not stay the same, since forms are read from the label file.
const ORDER: &str = "evenhand: order of a label form";
const REPEATED: &str = "evenhand: comparisons that are asked again";
const EQUAL: &str = "evenhand: comparisons of which one response is shown twice";
const SHOWN_TWICE: &str = "evenhand: the response that is shown twice";
const PLACE: &str = "evenhand: place of an equal pair";

/// Divides a sample among annotators: the first comparisons go to everybody, the others to one each in turn. One
/// annotator gets all, in the order of the sample; several get theirs mixed, so that shared ones are not to be told from
/// others.
pub(super) fn deal(
    material: &Material,
    annotators: &[Arc<str>],
    sample: Vec<DrawnComparison>,
    overlap: usize,
    seed: u64,
) -> Vec<Vec<DrawnComparison>> {
    if annotators.len() < 2 {
        return vec![sample];
    }
    let overlap = overlap.min(sample.len());
    let (shared, divided) = sample.split_at(overlap);
    let share = |(at, annotator): (usize, &Arc<str>)| {
        let own = divided.iter().skip(at).step_by(annotators.len());
        mixed(material, annotator, shared.iter().chain(own).cloned().collect(), seed)
    };
    annotators.iter().enumerate().map(share).collect()
}

/// Returns what an annotator labels in an order of their own.
pub(super) fn mixed(
    material: &Material,
    annotator: &str,
    mut share: Vec<DrawnComparison>,
    seed: u64,
) -> Vec<DrawnComparison> {
    share.sort_by_cached_key(|(key, _)| keyed(ORDER, seed, annotator, material, key).digest());
    share
}

/// Returns the most comparisons of a form that can be repeated: those of its first half.
pub(super) fn most_repeats(comparisons: usize) -> usize {
    comparisons.div_ceil(2)
}

/// Returns an annotator's form: comparisons in their order, some of the first half again in the second, and some equal
/// pairs anywhere.
pub(super) fn form_of(
    material: &Material,
    annotator: &Arc<str>,
    comparisons: &[DrawnComparison],
    repeats: usize,
    equal_pairs: usize,
    seed: u64,
) -> Vec<FormEntry> {
    let length = comparisons.len();
    let key = |context, at: usize| keyed(context, seed, annotator, material, &comparisons[at].0);
    let chosen = |context, among: usize, count: usize| {
        let mut places: Vec<usize> = (0..among).collect();
        places.sort_by_cached_key(|at| key(context, *at).digest());
        places.truncate(count);
        places
    };
    // Each with the number of comparisons before it.
    let mut inserted: Vec<(usize, FormEntry)> = Vec::new();
    let first_half = most_repeats(length);
    let mut repeated = chosen(REPEATED, first_half, repeats);
    repeated.sort_unstable();
    for (number, at) in repeated.iter().enumerate() {
        let spread = first_half + (number + 1) * (length - first_half) / repeated.len();
        let place = spread.max(at + 1 + APART).min(length);
        inserted.push((place, entry(&comparisons[*at], LabelTask::Repeat)));
    }
    for at in chosen(EQUAL, length, equal_pairs) {
        let [a, b] = &comparisons[at].0.between;
        let system = if key(SHOWN_TWICE, at).bit() { a } else { b };
        let place = (key(PLACE, at).number() % (length as u64 + 1)) as usize;
        inserted.push((place, entry(&comparisons[at], LabelTask::Equal(Arc::clone(system)))));
    }
    inserted.sort_by_key(|(place, _)| *place);
    let mut form = Vec::with_capacity(length + inserted.len());
    let mut inserted = inserted.into_iter().peekable();
    for (at, comparison) in comparisons.iter().enumerate() {
        while let Some((_, entry)) = inserted.next_if(|(place, _)| *place <= at) {
            form.push(entry);
        }
        form.push(entry(comparison, LabelTask::Compare));
    }
    form.extend(inserted.map(|(_, entry)| entry));
    form
}

fn entry((key, probability): &DrawnComparison, task: LabelTask) -> FormEntry {
    FormEntry { key: key.clone(), task, probability: *probability }
}

fn keyed(
    context: &str,
    seed: u64,
    annotator: &str,
    material: &Material,
    key: &ComparisonKey,
) -> KeyedHash {
    let [a, b] = &key.between;
    KeyedHash::new(context).seed(seed).texts([annotator, &**material.id(key), &**a, &**b])
}
