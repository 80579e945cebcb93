//! What the lines of a label file say: everybody's form, and the answers that stand.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::entry::{ComparisonKey, FormEntry};
use crate::error::{Error, Result};
use crate::input::{LabelAnswer, LabelLine, LabelPlace, LabelTask};

/// Identifies what an annotator can answer once.
pub(super) type TaskKey = (ComparisonKey, LabelTask);

/// The forms of one annotator, each in the order of the file.
#[derive(Debug, Clone, Default)]
pub(super) struct AnnotatorForms {
    /// What is labelled: comparisons, repeats, equal pairs.
    pub(super) labelling: Vec<FormEntry>,
    /// What is adjudicated.
    pub(super) adjudication: Vec<FormEntry>,
    /// The entries of both, so that none is there twice.
    seen: HashSet<TaskKey>,
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
    answers: HashMap<Arc<str>, HashMap<TaskKey, LabelLine>>,
    /// Whose answer to each comparison came first, in the order of these answers.
    first_answers: Vec<(ComparisonKey, Arc<str>)>,
    with_answer: HashSet<ComparisonKey>,
}

impl State {
    /// Adds the next line of the file.
    ///
    /// # Errors
    ///
    /// The line repeats an annotator's answer, or withdraws one that is not there.
    pub(super) fn apply(&mut self, place: &LabelPlace, line: LabelLine) -> Result<()> {
        let key = ComparisonKey { item: place.item, between: line.between.clone() };
        if line.task == LabelTask::Compare {
            self.add_to_sample(&key, line.probability);
        }
        match line.answer {
            LabelAnswer::Blank => self.add_to_form(key, &line),
            LabelAnswer::Undone => {
                let of_annotator = self.answers.get_mut(&line.annotator);
                let withdrawn = of_annotator.and_then(|answers| answers.remove(&(key, line.task)));
                if withdrawn.is_none() {
                    return Err(Error::input(format!(
                        "{}: `{}` withdraws an answer for `{}` that is not there",
                        place.shown, line.annotator, line.id
                    ))
                    .hint("remove the line"));
                }
            }
            _ => {
                if line.task == LabelTask::Compare && self.with_answer.insert(key.clone()) {
                    self.first_answers.push((key.clone(), Arc::clone(&line.annotator)));
                }
                self.add_answer(place, key, line)?;
            }
        }
        Ok(())
    }

    fn add_to_sample(&mut self, key: &ComparisonKey, probability: Option<f64>) {
        let next = self.sample.len();
        let at = *self.in_sample.entry(key.clone()).or_insert(next);
        match self.sample.get_mut(at) {
            Some((_, known)) => *known = known.or(probability),
            None => self.sample.push((key.clone(), probability)),
        }
    }

    fn add_to_form(&mut self, key: ComparisonKey, line: &LabelLine) {
        if line.annotator.is_empty() {
            return;
        }
        let forms = self.forms.entry(Arc::clone(&line.annotator)).or_default();
        if !forms.seen.insert((key.clone(), line.task.clone())) {
            return;
        }
        if line.task == LabelTask::Compare {
            self.in_forms.insert(key.clone());
        }
        let probability = line.probability;
        let entry = FormEntry { key, task: line.task.clone(), probability };
        if matches!(entry.task, LabelTask::Adjudicate(_)) {
            forms.adjudication.push(entry);
            return;
        }
        if forms.labelling.is_empty() {
            self.with_form.push(Arc::clone(&line.annotator));
        }
        forms.labelling.push(entry);
    }

    fn add_answer(
        &mut self,
        place: &LabelPlace,
        key: ComparisonKey,
        line: LabelLine,
    ) -> Result<()> {
        let answers = self.answers.entry(Arc::clone(&line.annotator)).or_default();
        let task = (key, line.task.clone());
        if let Some(earlier) = answers.get(&task) {
            let was_skipped = matches!(earlier.answer, LabelAnswer::Skipped(_));
            if !was_skipped || earlier.answer == line.answer {
                let what = if earlier.answer == line.answer { "the same" } else { "a different" };
                return Err(Error::input(format!(
                    "{}: `{}` already gave {what} label for `{}`",
                    place.shown, line.annotator, line.id
                ))
                .hint("keep one label of each annotator for a comparison"));
            }
        }
        answers.insert(task, line);
        Ok(())
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
        let answered = self.answers.keys().filter(|name| !self.forms.contains_key(*name));
        self.forms.keys().chain(answered).cloned().collect()
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
    pub(super) fn answer(&self, annotator: &str, entry: &FormEntry) -> Option<&LabelLine> {
        self.answers.get(annotator)?.get(&(entry.key.clone(), entry.task.clone()))
    }

    /// Returns the answers of everybody that stand, in no order.
    pub(super) fn answers(&self) -> impl Iterator<Item = (&Arc<str>, &ComparisonKey, &LabelLine)> {
        self.answers.iter().flat_map(|(annotator, answers)| {
            answers.iter().map(move |((key, _), line)| (annotator, key, line))
        })
    }

    /// Returns what the first answer to each comparison says now, in the order in which these were first given: `None`
    /// where it was withdrawn.
    pub(super) fn first_answers(
        &self,
    ) -> impl Iterator<Item = (&ComparisonKey, Option<&LabelAnswer>)> {
        self.first_answers.iter().map(|(key, annotator)| {
            let task = (key.clone(), LabelTask::Compare);
            let line = self.answers.get(annotator).and_then(|answers| answers.get(&task));
            (key, line.map(|line| &line.answer))
        })
    }
}
