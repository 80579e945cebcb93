//! The forms of a label file, and the answers that stand.

use std::collections::HashSet;
use std::sync::Arc;

use super::read::LabelPlace;
use super::standing::{StandingAnswers, StandingLine};
use crate::error::Result;
use crate::input::similar_names::shape;

/// The answers that stand after the lines so far, and the forms.
#[derive(Debug)]
pub(crate) struct AnsweredForms<L: StandingLine> {
    answers: StandingAnswers<L>,
    /// Forms of one annotator.
    forms: Vec<L::Task>,
    /// Forms that anybody may fill in: their annotator is empty.
    open_forms: Vec<L::Task>,
    annotators: HashSet<Arc<str>>,
}

impl<L: StandingLine> Default for AnsweredForms<L> {
    fn default() -> Self {
        Self {
            answers: StandingAnswers::default(),
            forms: Vec::new(),
            open_forms: Vec::new(),
            annotators: HashSet::new(),
        }
    }
}

impl<L: StandingLine> AnsweredForms<L> {
    /// Adds the next line of the file.
    ///
    /// # Errors
    ///
    /// As for [`StandingAnswers::add`].
    pub(crate) fn add(&mut self, place: &LabelPlace, line: L) -> Result<()> {
        if line.is_blank() {
            let is_open = line.annotator().is_empty();
            let forms = if is_open { &mut self.open_forms } else { &mut self.forms };
            forms.push(line.task(place.item));
            return Ok(());
        }
        if !line.is_undone() {
            self.annotators.insert(Arc::clone(line.annotator()));
        }
        self.answers.add(place, line)
    }

    /// Returns how many forms nobody has filled in.
    pub(crate) fn open(&self) -> usize {
        let answered: HashSet<L::Task> = self.answers.tasks().map(L::of_anybody).collect();
        let open = self.open_forms.iter().filter(|form| !answered.contains(form));
        let of_annotators = self.forms.iter().filter(|form| self.answers.get(form).is_none());
        open.count() + of_annotators.count()
    }

    /// Returns the first two annotators, by name, whose names look alike.
    pub(crate) fn alike_annotators(&self) -> Option<[Arc<str>; 2]> {
        let named = |name: &Arc<str>| (shape(name), Arc::clone(name));
        let mut annotators: Vec<_> = self.annotators.iter().map(named).collect();
        annotators.sort();
        let alike = annotators.windows(2).find(|pair| pair[0].0 == pair[1].0)?;
        Some([Arc::clone(&alike[0].1), Arc::clone(&alike[1].1)])
    }

    /// Returns for each answer, in the order of the file, the number of its line there.
    pub(crate) fn line_numbers(&self) -> Vec<u32> {
        self.answers.line_numbers()
    }

    /// Returns the answers in the order of the file.
    pub(crate) fn into_lines(self) -> impl Iterator<Item = L> {
        self.answers.into_lines()
    }
}
