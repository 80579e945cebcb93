//! What the lines of a label file say: everybody's form, and the answers that stand.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::entry::{ComparisonKey, FormEntry};
use super::material::Material;
use super::session_line::SessionLine;
use crate::error::Result;
use crate::input::{LabelPlace, LabelTask, StandingAnswers, StandingLine as _, TaskKey};

/// The forms of one annotator, each in the order of the file.
#[derive(Debug, Clone, Default)]
pub(super) struct AnnotatorForms {
    /// What is labelled: comparisons, repeats, equal pairs.
    pub(super) labelling: Vec<FormEntry>,
    /// What is adjudicated.
    pub(super) adjudication: Vec<FormEntry>,
    /// The entries of both, so that none is there twice.
    seen: HashSet<(ComparisonKey, LabelTask)>,
}

/// What the lines of a label file say.
#[derive(Debug, Clone, Default)]
pub(super) struct State {
    forms: HashMap<Arc<str>, AnnotatorForms>,
    /// Whoever has a form to label, in the order of the file.
    with_form: Vec<Arc<str>>,
    /// Every comparison that anybody was asked or labelled, with the probability of its draw, in the order of the file.
    sample: Vec<(ComparisonKey, Option<f64>)>,
    in_sample: HashMap<ComparisonKey, usize>,
    /// The comparisons in the forms of anybody.
    in_forms: HashSet<ComparisonKey>,
    answers: StandingAnswers<SessionLine>,
    /// The first answer to each comparison, by whoever gave it, in the order of these answers.
    first_answers: Vec<TaskKey>,
    with_answer: HashSet<ComparisonKey>,
}

impl State {
    /// Adds the next line of the file. Nobody is asked about a response that its item lacks, although another item has
    /// one of that system.
    ///
    /// # Errors
    ///
    /// The line repeats an annotator's answer, or withdraws one that is not there.
    pub(super) fn apply(
        &mut self,
        material: &Material,
        place: &LabelPlace,
        line: SessionLine,
    ) -> Result<()> {
        let (key, asked) = (line.key(place.item), line.asked());
        if !material.has(&key) {
            return if line.is_blank() { Ok(()) } else { self.answers.add(place, line) };
        }
        if asked == LabelTask::Compare {
            self.add_to_sample(&key, line.probability());
        }
        if line.is_blank() {
            self.add_to_form(key, &line);
            return Ok(());
        }
        let is_first_answer =
            !line.is_undone() && asked == LabelTask::Compare && self.with_answer.insert(key);
        if is_first_answer {
            self.first_answers.push(line.task(place.item));
        }
        self.answers.add(place, line)
    }

    fn add_to_sample(&mut self, key: &ComparisonKey, probability: Option<f64>) {
        let next = self.sample.len();
        let at = *self.in_sample.entry(key.clone()).or_insert(next);
        match self.sample.get_mut(at) {
            Some((_, known)) => *known = known.or(probability),
            None => self.sample.push((key.clone(), probability)),
        }
    }

    fn add_to_form(&mut self, key: ComparisonKey, line: &SessionLine) {
        let (annotator, task) = (line.annotator(), line.asked());
        if annotator.is_empty() {
            return;
        }
        let forms = self.forms.entry(Arc::clone(annotator)).or_default();
        if !forms.seen.insert((key.clone(), task.clone())) {
            return;
        }
        if task == LabelTask::Compare {
            self.in_forms.insert(key.clone());
        }
        let entry = FormEntry { key, task, probability: line.probability() };
        if matches!(entry.task, LabelTask::Adjudicate(_)) {
            forms.adjudication.push(entry);
            return;
        }
        if forms.labelling.is_empty() {
            self.with_form.push(Arc::clone(annotator));
        }
        forms.labelling.push(entry);
    }

    /// Returns an annotator's form: of what is adjudicated, or of what is labelled. Empty if there is none.
    pub(super) fn form(&self, annotator: &str, is_adjudication: bool) -> &[FormEntry] {
        match self.forms.get(annotator) {
            Some(forms) if is_adjudication => &forms.adjudication,
            Some(forms) => &forms.labelling,
            None => &[],
        }
    }

    /// Returns everybody who has a form or has answered, in no order.
    pub(super) fn annotators(&self) -> Vec<Arc<str>> {
        let answered = self.answers.tasks().map(|task| &task.annotator);
        let all: HashSet<&Arc<str>> = self.forms.keys().chain(answered).collect();
        all.into_iter().cloned().collect()
    }

    /// Returns whoever has a form to label, in the order of the file.
    pub(super) fn with_form(&self) -> &[Arc<str>] {
        &self.with_form
    }

    /// Returns every comparison that anybody was asked or labelled, with the probability of its draw, in the order of
    /// the file.
    pub(super) fn sample(&self) -> &[(ComparisonKey, Option<f64>)] {
        &self.sample
    }

    /// Returns the probability with which a comparison was drawn; `None` if it was not, or if that is unknown.
    pub(super) fn probability(&self, key: &ComparisonKey) -> Option<f64> {
        self.in_sample.get(key).and_then(|at| self.sample[*at].1)
    }

    /// Returns those of them that are in somebody's form.
    pub(super) fn sample_of_forms(&self) -> impl Iterator<Item = &(ComparisonKey, Option<f64>)> {
        self.sample.iter().filter(|(key, _)| self.in_forms.contains(key))
    }

    /// Returns the answer of an annotator that stands.
    pub(super) fn answer(&self, annotator: &Arc<str>, entry: &FormEntry) -> Option<&SessionLine> {
        self.answers.get(&entry.task_of(annotator))
    }

    /// Returns the answers of everybody that stand with what each answers, in no order.
    pub(super) fn answers(&self) -> impl Iterator<Item = (&TaskKey, &SessionLine)> {
        self.answers.iter()
    }

    /// Returns what the first answer to each comparison or response says now, in the order in which these were first given:
    /// `None` where it was withdrawn.
    pub(super) fn first_answers(
        &self,
    ) -> impl Iterator<Item = (&ComparisonKey, Option<&SessionLine>)> {
        self.first_answers.iter().map(|task| (&task.comparison, self.answers.get(task)))
    }
}
