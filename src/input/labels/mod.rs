//! Labels: one preference of one annotator per line or row.
//!
//! ```text
//! line ─read→ LabelLine ─collect→ Labels: the labels that stand, with what was asked besides and left open
//! ```

mod collect;
mod forms;
mod line;
mod names;
mod read;
mod standing;

pub(crate) use forms::AnsweredForms;
pub(crate) use line::{ComparisonKey, normal_word};
pub use line::{
    Disagreement, LabelAnswer, LabelDetails, LabelLine, LabelSide, LabelTask, SkipReason,
};
pub use read::{LabelPlace, OtherLines, read_label_lines};
pub(crate) use standing::{StandingAnswers, StandingLine, TaskKey};

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::data_file::DataFile;
use super::jsonl::read_records;
use super::known_items::KnownItems;
use super::similar_names::AlikeIds;
use crate::error::Result;

/// The preference of one annotator between two responses to one item.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    /// The id of the item.
    pub id: Arc<str>,
    /// The annotator who gave the label.
    pub annotator: Arc<str>,
    /// The two systems, in byte order of their names.
    pub between: [Arc<str>; 2],
    /// The preferred system, or `None` for a tie.
    pub winner: Option<Arc<str>>,
    /// The probability with which the comparison was drawn for labelling, in `(0, 1]`; `None` if unknown.
    pub probability: Option<f64>,
    /// How the label was given.
    pub details: LabelDetails,
}

/// A comparison that an annotator did not want to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SkippedLabel {
    /// The id of the item.
    pub id: Arc<str>,
    /// The annotator.
    pub annotator: Arc<str>,
    /// The two systems, in byte order of their names.
    pub between: [Arc<str>; 2],
    /// Why it was skipped.
    pub reason: SkipReason,
}

/// An answer to two copies of one response.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EqualPairAnswer {
    /// The id of the item.
    pub id: Arc<str>,
    /// The annotator.
    pub annotator: Arc<str>,
    /// The system whose response was shown twice.
    pub system: Arc<str>,
    /// The side that was chosen.
    pub side: LabelSide,
}

/// The contents of a label file.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Labels {
    /// The labels of known items, in file order: what people said when they were first asked.
    pub labels: Vec<Label>,
    /// The decisions about comparisons on which others disagreed, beside their labels, in file order.
    pub adjudicated: Vec<(Label, Disagreement)>,
    /// What annotators chose when they were asked the same once more, in file order. None of these is a label.
    pub repeats: Vec<Label>,
    /// What annotators chose between two copies of one response, in file order.
    pub equal_pairs: Vec<EqualPairAnswer>,
    /// Comparisons that were skipped and have no label of the same annotator, in file order.
    pub skipped: Vec<SkippedLabel>,
    /// The number of labels whose id is not among the items.
    pub unmatched: usize,
    /// The ids of these labels.
    pub unmatched_ids: Vec<String>,
    /// The number of forms of known items that nobody has filled in yet: lines without an answer that no other line
    /// answers.
    pub blank: usize,
    /// Ids among the unmatched that are probably mistyped.
    pub alike_ids: Option<AlikeIds>,
    /// Two annotators whose names differ only in case or spacing, who are probably one person.
    pub alike_annotators: Option<[Arc<str>; 2]>,
    /// One sentence for each unknown field, with the number of labels that have it.
    pub warnings: Vec<String>,
}

impl Labels {
    /// Returns how many answers stand beside the labels: to repeats, to equal pairs, and about disagreements.
    pub(crate) fn answers_that_are_no_labels(&self) -> u64 {
        (self.repeats.len() + self.equal_pairs.len() + self.adjudicated.len()) as u64
    }

    /// Returns everybody who answered in any way, in byte order.
    pub fn annotator_names(&self) -> Vec<String> {
        let labels = self.labels.iter().chain(&self.repeats);
        let labels = labels.chain(self.adjudicated.iter().map(|(label, _)| label));
        let names: BTreeSet<&str> = labels
            .map(|label| &*label.annotator)
            .chain(self.skipped.iter().map(|skipped| &*skipped.annotator))
            .chain(self.equal_pairs.iter().map(|equal| &*equal.annotator))
            .collect();
        names.into_iter().map(ToOwned::to_owned).collect()
    }
}

/// Reads a label file and checks its labels against the items.
///
/// A label whose id is not in `items` is counted as unmatched; a label of a known item must name systems of
/// that item. A line whose `winner` is null and that answers in no other way is a form that is not filled in yet; it is
/// counted as blank, unless another line answers it. A form without an annotator is answered by anybody's answer to the
/// same task. A form whose id is not in `items` is not counted: it belongs to other items.
///
/// # Errors
///
/// As for [`read_label_lines`]; or a line repeats an annotator's label of a comparison, or withdraws one that is not
/// there.
pub fn read_labels(file: &DataFile, items: &KnownItems) -> Result<Labels> {
    collect::collect(file, items)
}

/// Returns the item ids in a label file, including those of lines that are not filled in yet.
///
/// # Errors
///
/// The file cannot be read, or a line is not a JSON object or has no id.
pub fn labelled_ids(file: &DataFile) -> Result<HashSet<String>> {
    let mut ids = HashSet::new();
    read_records(file, |mut record| {
        ids.insert(record.take_id()?);
        Ok(())
    })?;
    Ok(ids)
}
