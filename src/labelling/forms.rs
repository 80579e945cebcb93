//! The forms of a label file, found by their digests.

use std::collections::HashMap;
use std::sync::Arc;

use super::entry::FormEntry;
use super::material::Material;
use super::shown::form_digests;
use super::state::State;
use crate::error::Result;
use crate::input::LabelTask;

/// The forms of a label file. A digest is computed when it is first asked for, since it needs all texts of a form.
pub(super) struct Forms<'a> {
    material: &'a Material,
    state: &'a State,
    /// By annotator: of what is labelled, and of what is adjudicated.
    known: HashMap<String, Vec<DigestedForm>>,
}

/// A form with the digests of its beginnings.
type DigestedForm = (Vec<[u8; 32]>, Arc<[FormEntry]>);

impl<'a> Forms<'a> {
    pub(super) fn new(material: &'a Material, state: &'a State) -> Self {
        Self { material, state, known: HashMap::new() }
    }

    /// Returns whether an annotator has a form; the empty name is anybody.
    pub(super) fn has(&self, annotator: &str) -> bool {
        self.entries(annotator).iter().any(|form| !form.is_empty())
    }

    /// Returns the form of an annotator whose digest fits, or that of its beginning: a form may have grown since it was
    /// handed out, and its places stay the same.
    ///
    /// # Errors
    ///
    /// The run cannot be read.
    pub(super) fn with(
        &mut self,
        annotator: &str,
        fits: impl Fn(&[u8; 32]) -> bool,
    ) -> Result<Option<Arc<[FormEntry]>>> {
        if !self.known.contains_key(annotator) {
            let forms = self.entries(annotator).into_iter().filter(|form| !form.is_empty());
            let digested = forms.map(|form| {
                let digests = form_digests(self.material, annotator, &form)?;
                Ok((digests, Arc::from(form)))
            });
            let digested = digested.collect::<Result<_>>()?;
            self.known.insert(annotator.to_owned(), digested);
        }
        let forms = self.known.get(annotator).into_iter().flatten();
        let found = forms.into_iter().find(|(digests, _)| digests.iter().any(&fits));
        Ok(found.map(|(_, form)| Arc::clone(form)))
    }

    fn entries(&self, annotator: &str) -> Vec<Vec<FormEntry>> {
        if annotator.is_empty() {
            return vec![form_of_anybody(self.state)];
        }
        [false, true].map(|adjudicates| self.state.form(annotator, adjudicates).to_vec()).into()
    }
}

/// Returns what anybody may label: every comparison of the sample, in the order of the file.
pub(super) fn form_of_anybody(state: &State) -> Vec<FormEntry> {
    let entries = state.sample().iter().map(|(key, probability)| FormEntry {
        key: key.clone(),
        task: LabelTask::Compare,
        probability: *probability,
    });
    entries.collect()
}
