//! The running totals over all items and slices.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::family::{Family, Kind, SUMS_PER_CLASS, SUMS_PER_FIELD, Sums};
use super::groups::{Groups, MAX_GROUPS, MAX_GROUPS_OF_SLICE};
use super::interner::Interner;
use super::references::ReferenceCounts;
use super::results::{MissingScore, ResponseScores};
use super::scoring::{ScoredItem, ScoredResponse};
use super::slices::Slices;
use crate::input::Item;
use crate::keyed_hash::KeyedHash;

/// The most classes of references; with more, class metrics are not computed.
const MAX_CLASSES: usize = 200;
/// The most tags whose names are kept.
const MAX_TAGS: usize = 20;
/// The most distinct response classes that are kept, including those that no reference has.
const MAX_RESPONSE_CLASSES: usize = 10_000;
/// Stands for all response classes beyond [`MAX_RESPONSE_CLASSES`].
const OTHER_CLASS: u32 = u32::MAX;
/// The most fields of references.
const MAX_FIELDS: usize = 500;

/// The totals over all items.
#[derive(Debug, Default)]
pub(super) struct Totals {
    pub(super) references: ReferenceCounts,
    /// Texts that are mostly not ASCII, if ROUGE splits words by ASCII.
    pub(super) non_ascii: u64,
    /// Texts in scripts without spaces between words, if a metric splits words at spaces.
    pub(super) unspaced: u64,
    pub(super) systems: Interner,
    /// By system: the number of its responses.
    pub(super) responses: Vec<u64>,
    /// By family.
    pub(super) groups: Vec<Groups>,
    /// `None` if slices are not computed.
    pub(super) slices: Option<Slices>,
    /// The first tags that items have, each with its first value and whether it has another.
    pub(super) tags: BTreeMap<String, (String, bool)>,
    /// The classes of responses and references.
    pub(super) classes: Interner,
    /// By system, class of the response and class of the reference: the number of items.
    pub(super) confusion: HashMap<(u32, u32, u32), u64>,
    /// The classes of references.
    pub(super) reference_classes: BTreeSet<u32>,
    pub(super) too_many_classes: bool,
    /// Whether there were more response classes than are kept.
    response_classes_dropped: bool,
    pub(super) fields: Interner,
    /// Whether there were more fields than are kept.
    pub(super) fields_dropped: bool,
    /// The number of pairs of responses to the same item.
    pub(super) comparisons: u64,
    /// Item ids and the scores of single responses, if they are kept. Systems have their number in `systems`.
    pub(super) kept: Option<(Vec<String>, Vec<ResponseScores>)>,
    /// Metrics with a score outside [0, 1] for some response.
    pub(super) outside_unit: BTreeSet<usize>,
    /// By metric: the number of scores that a program did not give.
    pub(super) missing_counts: BTreeMap<usize, u64>,
    /// Of these scores the first of each metric, and all of items whose scores are kept.
    pub(super) missing: Vec<MissingScore>,
}

impl Totals {
    pub(super) fn new(families: usize, keep: bool) -> Self {
        let groups = std::iter::repeat_with(|| Groups::new(MAX_GROUPS)).take(families);
        Self {
            groups: groups.collect(),
            kept: keep.then(Default::default),
            slices: Some(Slices::default()),
            ..Self::default()
        }
    }

    /// Adds an item; its scores are also kept individually if `keep` is set.
    pub(super) fn add(&mut self, families: &[Family], mut scored: ScoredItem, keep: bool) {
        self.references.add(scored.reference);
        self.non_ascii += scored.non_ascii;
        self.unspaced += scored.unspaced;
        let responses = scored.responses.len() as u64;
        self.comparisons += responses * responses.saturating_sub(1) / 2;
        let systems: Vec<u32> =
            scored.responses.iter().map(|response| self.systems.intern(&response.system)).collect();
        self.responses.resize(self.systems.names.len(), 0);
        for system in &systems {
            self.responses[*system as usize] += 1;
        }
        self.add_tags(&scored.item);
        self.add_sums(families, &systems, &mut scored);
        for response in &scored.responses {
            for (at, value) in response.values.iter().enumerate() {
                if value.is_some_and(|value| !(0.0..=1.0).contains(&value)) {
                    self.outside_unit.insert(at);
                }
            }
        }
        if let Some((items, responses)) = self.kept.as_mut().filter(|_| keep) {
            let item = items.len() as u32;
            items.push(scored.item.id);
            for (system, response) in systems.into_iter().zip(scored.responses) {
                responses.push(ResponseScores { item, system, values: response.values });
            }
        }
    }

    fn add_tags(&mut self, item: &Item) {
        for (tag, value) in &item.tags {
            let has_room = self.tags.len() < MAX_TAGS;
            match self.tags.get_mut(tag) {
                Some((first, several)) => *several |= first != value,
                None if has_room => {
                    self.tags.insert(tag.clone(), (value.clone(), false));
                }
                None => {}
            }
        }
    }

    /// Adds the sums of an item's responses to the groups of all items and of its slices.
    fn add_sums(&mut self, families: &[Family], systems: &[u32], scored: &mut ScoredItem) {
        let hash = hash(&scored.item.id);
        let mut by_family: Vec<(Vec<u32>, Vec<Sums>)> = Vec::with_capacity(families.len());
        for (at, family) in families.iter().enumerate() {
            for (number, response) in systems.iter().zip(&mut scored.responses) {
                match family.kind {
                    Kind::Classes => {
                        response.sums[at] = self.class_sums(*number, response, &scored.classes);
                    }
                    Kind::Fields => response.sums[at] = self.field_sums(response),
                    _ => {}
                }
            }
            let responses = systems.iter().zip(&mut scored.responses);
            let sums = responses
                .filter_map(|(system, response)| Some((*system, response.sums[at].take()?)));
            let mut by_system: Vec<(u32, Sums)> = sums.collect();
            by_system.sort_by_key(|(system, _)| *system);
            by_family.push(by_system.into_iter().unzip());
        }
        for (tag, value) in &scored.item.tags {
            let Some(slices) = &mut self.slices else { break };
            let Some(groups) = slices.groups_of(tag, value, families.len()) else { continue };
            for ((family, (of, sums)), groups) in families.iter().zip(&by_family).zip(groups) {
                // Fields are not reported by slice.
                if family.kind != Kind::Fields {
                    groups.add(hash, of, sums.clone());
                }
            }
        }
        for ((of, sums), groups) in by_family.into_iter().zip(&mut self.groups) {
            groups.add(hash, &of, sums);
        }
        if self.too_many_classes {
            self.drop_classes(families);
        }
    }

    /// Frees the memory of classes after there were too many of them.
    fn drop_classes(&mut self, families: &[Family]) {
        self.classes = Interner::default();
        self.confusion = HashMap::new();
        self.reference_classes = BTreeSet::new();
        for (family, groups) in families.iter().zip(&mut self.groups) {
            if family.kind == Kind::Classes {
                *groups = Groups::new(MAX_GROUPS);
            }
        }
        let slices = self.slices.iter_mut().flat_map(Slices::all_groups);
        for groups in slices {
            for (family, groups) in families.iter().zip(groups) {
                if family.kind == Kind::Classes {
                    *groups = Groups::new(MAX_GROUPS_OF_SLICE);
                }
            }
        }
    }

    /// Records a score that a program did not give.
    pub(super) fn add_missing(&mut self, missing: MissingScore, keep: bool) {
        let count = self.missing_counts.entry(missing.metric as usize).or_default();
        *count += 1;
        if *count == 1 || keep {
            self.missing.push(missing);
        }
    }

    /// Returns the class sums of a response, given the classes of the references.
    ///
    /// Of several references the one that the response named counts, otherwise the first; so the actual class of
    /// an item can differ between systems.
    fn class_sums(
        &mut self,
        system: u32,
        response: &ScoredResponse,
        references: &[String],
    ) -> Option<Sums> {
        if self.too_many_classes {
            return None;
        }
        let predicted = response.class.as_ref()?;
        let actual =
            references.iter().find(|class| *class == predicted).or_else(|| references.first())?;
        if !self.classes.contains(actual) && self.response_classes_dropped {
            // Earlier responses with this class may have been dropped.
            self.too_many_classes = true;
        }
        let actual = self.classes.intern(actual);
        self.reference_classes.insert(actual);
        self.too_many_classes |= self.reference_classes.len() > MAX_CLASSES;
        let actual_index = SUMS_PER_CLASS * actual + 2;
        if !self.classes.contains(predicted) && self.classes.names.len() >= MAX_RESPONSE_CLASSES {
            self.response_classes_dropped = true;
            *self.confusion.entry((system, OTHER_CLASS, actual)).or_default() += 1;
            return Some(vec![(actual_index, 1.0)]);
        }
        let predicted = self.classes.intern(predicted);
        *self.confusion.entry((system, predicted, actual)).or_default() += 1;
        let predicted_index = SUMS_PER_CLASS * predicted + 1;
        Some(if actual == predicted {
            vec![(SUMS_PER_CLASS * actual, 1.0), (predicted_index, 1.0), (actual_index, 1.0)]
        } else if predicted_index < actual_index {
            vec![(predicted_index, 1.0), (actual_index, 1.0)]
        } else {
            vec![(actual_index, 1.0), (predicted_index, 1.0)]
        })
    }

    /// Returns the field sums of a response.
    fn field_sums(&mut self, response: &ScoredResponse) -> Option<Sums> {
        if response.fields.is_empty() {
            return None;
        }
        let mut sums: BTreeMap<u32, f64> = BTreeMap::new();
        for field in &response.fields {
            if !self.fields.contains(&field.field) && self.fields.names.len() >= MAX_FIELDS {
                self.fields_dropped = true;
                continue;
            }
            let at = SUMS_PER_FIELD * self.fields.intern(&field.field);
            if field.right {
                *sums.entry(at).or_default() += 1.0;
            }
            *sums.entry(at + 1).or_default() += 1.0;
            sums.insert(at + 2, 1.0);
        }
        Some(sums.into_iter().collect())
    }
}

/// Returns the hash of an item's id that determines its group.
fn hash(id: &str) -> u64 {
    KeyedHash::new("evenhand: which group an item is in").bytes(id.as_bytes()).number()
}
