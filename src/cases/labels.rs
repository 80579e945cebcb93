//! The labels of people, found by comparison.

use std::collections::HashMap;
use std::sync::Arc;

use super::case::CaseLabel;
use crate::error::{Error, Result};
use crate::input::{DataFile, KnownItems, Labels, read_labels};
use crate::store::RunFile;
use crate::vote::Preference;

/// A comparison: the item's id and the two systems.
type ComparisonNames = (Arc<str>, [Arc<str>; 2]);

/// The labels in a file, by comparison.
#[derive(Debug)]
pub(crate) struct CaseLabels(HashMap<ComparisonNames, Vec<CaseLabel>>);

impl CaseLabels {
    /// Reads the labels of the selected comparisons of a run.
    ///
    /// # Errors
    ///
    /// The file cannot be read or is invalid, or none of its labels is about a selected comparison.
    pub(super) fn read(file: &DataFile, run: &RunFile) -> Result<Self> {
        let mut items = KnownItems::default();
        run.rows_where(|comparison| {
            items.add(&comparison.id, comparison.between.iter().map(String::as_str));
            true
        })?;
        items.add_possible_systems(run.systems()?);
        let read = read_labels(file, &items)?;
        if read.labels.is_empty() && !items.is_empty() {
            let error = Error::input(format!(
                "{}: no label is about a comparison that was selected",
                file.shown()
            ));
            return Err(match (read.blank, read.unmatched) {
                (0, unmatched) => error.detail(format!("{unmatched} have other ids")),
                (blank, _) => error
                    .detail(format!("{blank} are not filled in: their `winner` is null"))
                    .hint("write a system or \"tie\" into `winner`, and a name into `annotator`"),
            });
        }
        Ok(Self::new(&read))
    }

    /// Returns labels that were read, by comparison.
    pub(crate) fn new(read: &Labels) -> Self {
        let mut labels: HashMap<ComparisonNames, Vec<CaseLabel>> = HashMap::new();
        let given = read.labels.iter().map(|label| (label, None));
        let decided = read.adjudicated.iter().map(|(label, why)| (label, Some(*why)));
        for (label, adjudicated) in given.chain(decided) {
            let label_of = CaseLabel {
                annotator: Arc::clone(&label.annotator),
                preference: Preference::of_winner(label.winner.as_ref(), &label.between),
                adjudicated,
                note: label.details.note.as_deref().map(Arc::from),
            };
            let comparison = (Arc::clone(&label.id), label.between.clone());
            labels.entry(comparison).or_default().push(label_of);
        }
        Self(labels)
    }

    /// Returns the labels of a comparison.
    pub(crate) fn of(&self, id: &str, between: &[String; 2]) -> Vec<CaseLabel> {
        let key = (Arc::from(id), between.each_ref().map(|system| Arc::from(system.as_str())));
        self.0.get(&key).cloned().unwrap_or_default()
    }
}
