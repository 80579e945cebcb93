//! What all items add up to, slice by slice, as they come by.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::family::{Family, Kind, OF_CLASS, OF_FIELD, Sums};
use super::groups::{Groups, MOST_CLUSTERS, MOST_OF_SLICE};
use super::references::References;
use super::scoring::{Response, Scored};
use super::slices::Slices;
use crate::input::Item;
use crate::keyed_hash::KeyedHash;

/// Most classes of references; an answer with more is no classification.
const MOST_CLASSES: usize = 200;
/// Most tags whose names are kept.
const MOST_TAGS: usize = 20;
/// Most different answers that are told apart, while no reference is one.
const MOST_ANSWERS: usize = 10_000;
/// The class of answers beyond these.
const ELSEWHERE: u32 = u32::MAX;
/// Most fields of references that are told apart.
const MOST_FIELDS: usize = 500;

/// Names with numbers, in the order in which they were first seen.
#[derive(Debug, Default)]
pub(super) struct Names {
    numbers: HashMap<String, u32>,
    pub(super) names: Vec<String>,
}

impl Names {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }

    fn known(&self, name: &str) -> bool {
        self.numbers.contains_key(name)
    }

    /// Returns the numbers in byte order of the names.
    pub(super) fn sorted(&self) -> Vec<u32> {
        let mut numbers: Vec<u32> = (0..self.names.len() as u32).collect();
        numbers.sort_by_key(|at| &self.names[*at as usize]);
        numbers
    }
}

/// The scores of one response, kept.
#[derive(Debug, Clone)]
pub(super) struct KeptResponse {
    pub(super) item: u32,
    pub(super) system: u32,
    /// By metric.
    pub(super) values: Vec<Option<f64>>,
}

/// Why a program gave a response no score.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) item: String,
    pub(super) system: String,
    pub(super) metric: usize,
    pub(super) why: String,
}

/// Everything that is added up.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) references: References,
    pub(super) unreadable: u64,
    pub(super) unspaced: u64,
    pub(super) systems: Names,
    /// By system: items with a response of it.
    pub(super) responses: Vec<u64>,
    /// By family.
    pub(super) groups: Vec<Groups>,
    /// `None` where nobody asks for them.
    pub(super) slices: Option<Slices>,
    /// The first tags that items have, each with its first value and whether it has another.
    pub(super) tags: BTreeMap<String, (String, bool)>,
    pub(super) classes: Names,
    /// By system, class of the response and class of the reference: how many.
    pub(super) confusion: HashMap<(u32, u32, u32), u64>,
    /// The classes of references.
    pub(super) right_classes: BTreeSet<u32>,
    pub(super) too_many_classes: bool,
    /// Whether there were more different answers than are told apart.
    answers_forgotten: bool,
    pub(super) fields: Names,
    pub(super) fields_left_out: bool,
    /// Every two responses to an item.
    pub(super) comparisons: u64,
    /// Items and responses, where they are kept.
    pub(super) kept: Option<(Vec<String>, Vec<KeptResponse>)>,
    /// Metrics that have a score outside of [0, 1] for some response.
    pub(super) open: BTreeSet<usize>,
    /// By metric: responses that a program gave no score.
    pub(super) failed: BTreeMap<usize, u64>,
    /// Of each of them, if they are kept; else the first.
    pub(super) failures: Vec<Failure>,
}

impl Tally {
    pub(super) fn new(families: usize, keep: bool) -> Self {
        let groups = std::iter::repeat_with(|| Groups::of(MOST_CLUSTERS)).take(families);
        Self {
            groups: groups.collect(),
            kept: keep.then(Default::default),
            slices: Some(Slices::default()),
            ..Self::default()
        }
    }

    /// Adds an item with its scores, which are kept by themselves if `keep` says so.
    pub(super) fn add(&mut self, families: &[Family], mut scored: Scored, keep: bool) {
        self.references.add(scored.reference);
        self.unreadable += scored.unreadable;
        self.unspaced += scored.unspaced;
        let responses = scored.responses.len() as u64;
        self.comparisons += responses * responses.saturating_sub(1) / 2;
        let systems: Vec<u32> =
            scored.responses.iter().map(|response| self.systems.number(&response.system)).collect();
        self.responses.resize(self.systems.names.len(), 0);
        for system in &systems {
            self.responses[*system as usize] += 1;
        }
        self.note_tags(&scored.item);
        self.add_sums(families, &systems, &mut scored);
        for response in &scored.responses {
            for (at, value) in response.values.iter().enumerate() {
                if value.is_some_and(|value| !(0.0..=1.0).contains(&value)) {
                    self.open.insert(at);
                }
            }
        }
        if let Some((items, responses)) = self.kept.as_mut().filter(|_| keep) {
            let item = items.len() as u32;
            items.push(scored.item.id);
            for (system, response) in systems.into_iter().zip(scored.responses) {
                responses.push(KeptResponse { item, system, values: response.values });
            }
        }
    }

    fn note_tags(&mut self, item: &Item) {
        for (tag, value) in &item.tags {
            let room = self.tags.len() < MOST_TAGS;
            match self.tags.get_mut(tag) {
                Some((first, several)) => *several |= first != value,
                None if room => {
                    self.tags.insert(tag.clone(), (value.clone(), false));
                }
                None => {}
            }
        }
    }

    /// Adds what the responses to an item contribute to all items and to its slices.
    fn add_sums(&mut self, families: &[Family], systems: &[u32], scored: &mut Scored) {
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
            let Some(groups) = slices.of(tag, value, families.len()) else { continue };
            for ((family, (of, sums)), groups) in families.iter().zip(&by_family).zip(groups) {
                // Nobody asks for the fields of a slice.
                if family.kind != Kind::Fields {
                    groups.add(hash, of, sums.clone());
                }
            }
        }
        for ((of, sums), groups) in by_family.into_iter().zip(&mut self.groups) {
            groups.add(hash, &of, sums);
        }
        if self.too_many_classes {
            self.forget_classes(families);
        }
    }

    /// Frees what classes take where they are too many to be any.
    fn forget_classes(&mut self, families: &[Family]) {
        self.classes = Names::default();
        self.confusion = HashMap::new();
        self.right_classes = BTreeSet::new();
        for (family, groups) in families.iter().zip(&mut self.groups) {
            if family.kind == Kind::Classes {
                *groups = Groups::of(MOST_CLUSTERS);
            }
        }
        let slices = self.slices.iter_mut().flat_map(Slices::groups);
        for groups in slices {
            for (family, groups) in families.iter().zip(groups) {
                if family.kind == Kind::Classes {
                    *groups = Groups::of(MOST_OF_SLICE);
                }
            }
        }
    }

    /// Notes that a program gave a response no score.
    pub(super) fn failed(&mut self, failure: Failure, keep: bool) {
        let count = self.failed.entry(failure.metric).or_default();
        *count += 1;
        if *count == 1 || keep {
            self.failures.push(failure);
        }
    }

    /// Of several right classes it is the one that was named, else the first: so a class may be right for one
    /// system and not for another.
    fn class_sums(&mut self, system: u32, response: &Response, right: &[String]) -> Option<Sums> {
        if self.too_many_classes {
            return None;
        }
        let said = response.class.as_ref()?;
        let right = right.iter().find(|class| *class == said).or_else(|| right.first())?;
        if !self.classes.known(right) && self.answers_forgotten {
            // It may have been among the answers that nobody counted.
            self.too_many_classes = true;
        }
        let right = self.classes.number(right);
        self.right_classes.insert(right);
        self.too_many_classes |= self.right_classes.len() > MOST_CLASSES;
        let actual = OF_CLASS * right + 2;
        if !self.classes.known(said) && self.classes.names.len() >= MOST_ANSWERS {
            self.answers_forgotten = true;
            *self.confusion.entry((system, ELSEWHERE, right)).or_default() += 1;
            return Some(vec![(actual, 1.0)]);
        }
        let said = self.classes.number(said);
        *self.confusion.entry((system, said, right)).or_default() += 1;
        let predicted = OF_CLASS * said + 1;
        Some(if right == said {
            vec![(OF_CLASS * right, 1.0), (predicted, 1.0), (actual, 1.0)]
        } else if predicted < actual {
            vec![(predicted, 1.0), (actual, 1.0)]
        } else {
            vec![(actual, 1.0), (predicted, 1.0)]
        })
    }

    fn field_sums(&mut self, response: &Response) -> Option<Sums> {
        if response.fields.is_empty() {
            return None;
        }
        let mut sums: BTreeMap<u32, f64> = BTreeMap::new();
        for field in &response.fields {
            if !self.fields.known(&field.field) && self.fields.names.len() >= MOST_FIELDS {
                self.fields_left_out = true;
                continue;
            }
            let at = OF_FIELD * self.fields.number(&field.field);
            if field.right {
                *sums.entry(at).or_default() += 1.0;
            }
            *sums.entry(at + 1).or_default() += 1.0;
            sums.insert(at + 2, 1.0);
        }
        Some(sums.into_iter().collect())
    }
}

fn hash(id: &str) -> u64 {
    KeyedHash::new("evenhand: which group an item is in").bytes(id.as_bytes()).number()
}
