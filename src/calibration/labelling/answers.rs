//! The answers of annotators, whatever they label: which category each of them chose, what they skipped, and what they
//! chose when they were asked again.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::observations::{AnnotatorObservations, LabellingMeasure, Observations, ObservedPanel};
use crate::input::SkipReason;

/// What annotators were asked about: a comparison, or a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Asked {
    /// The number of its item.
    pub(crate) item: u32,
    /// Its row in the table.
    pub(crate) row: u32,
}

/// The answers of all annotators.
#[derive(Default)]
pub(crate) struct Answers {
    annotators: BTreeMap<Arc<str>, AnnotatorObservations>,
    /// By what was asked about: the category that each annotator chose first.
    choices: BTreeMap<Asked, BTreeMap<Arc<str>, usize>>,
}

impl Answers {
    /// Adds a label, and returns what is observed of its annotator.
    pub(crate) fn add_label(
        &mut self,
        asked: Asked,
        annotator: &Arc<str>,
        category: usize,
        seconds: Option<f64>,
    ) -> &mut AnnotatorObservations {
        self.choices.entry(asked).or_default().insert(Arc::clone(annotator), category);
        let found = self.of(annotator);
        found.labelled += 1;
        found.add(LabellingMeasure::Skipped, asked.item, 0.0);
        if let Some(seconds) = seconds {
            found.add(LabellingMeasure::Pace, asked.item, seconds);
        }
        found
    }

    /// Adds that an annotator skipped something.
    pub(crate) fn add_skipped(&mut self, asked: Asked, annotator: &Arc<str>, reason: SkipReason) {
        let found = self.of(annotator);
        *found.skipped.entry(reason).or_default() += 1;
        found.add(LabellingMeasure::Skipped, asked.item, 1.0);
    }

    /// Adds what an annotator chose when the same was asked again, after all labels; without a label it has nothing to be
    /// compared with.
    pub(crate) fn add_repeat(&mut self, asked: Asked, annotator: &Arc<str>, category: usize) {
        let first = self.choices.get(&asked).and_then(|chosen| chosen.get(annotator)).copied();
        if let Some(first) = first {
            let is_same = f64::from(first == category);
            self.of(annotator).add(LabellingMeasure::SelfConsistency, asked.item, is_same);
        }
    }

    /// Returns what is observed of an annotator, who is listed from now on.
    pub(crate) fn of(&mut self, annotator: &Arc<str>) -> &mut AnnotatorObservations {
        self.annotators.entry(Arc::clone(annotator)).or_default()
    }

    /// Returns what is observed of all annotators, with how far the others agree with each label.
    pub(crate) fn finish(self) -> Observations {
        let Self { annotators, choices } = self;
        let places: HashMap<Arc<str>, usize> = annotators.keys().cloned().zip(0..).collect();
        let panel = |(asked, chosen): (Asked, BTreeMap<Arc<str>, usize>)| ObservedPanel {
            item: asked.item,
            choices: chosen.iter().map(|(name, category)| (places[name], *category)).collect(),
        };
        Observations::new(
            annotators.into_iter().collect(),
            choices.into_iter().map(panel).collect(),
        )
    }
}
