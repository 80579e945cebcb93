//! Labels of grades: one grade of one annotator for one response per line or row.
//!
//! ```text
//! line ─read→ GradeLine ─collect→ GradeLabels: the labels that stand, with what was asked besides and left open
//! ```
//!
//! The file is one of [`labels`](super::labels) in everything but what is labelled and how: forms, answers, answers that
//! are withdrawn, and repeats follow one another in the same way.

mod collect;
mod line;
mod read;
mod words;

pub use line::{GradeAnswer, GradeDetails, GradeLine, GradeTask};
pub use read::read_grade_lines;
pub use words::{GradeWords, grade_words};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::data_file::DataFile;
use super::known_items::KnownItems;
use super::labels::{Disagreement, SkipReason};
use super::rubric::{Grade, Scale};
use super::similar_names::AlikeIds;
use crate::error::Result;

/// The grade that one annotator gave to one response.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GradeLabel {
    /// The number of the item among the known ones.
    pub item: u32,
    /// The system that gave the response.
    pub system: Arc<str>,
    /// The annotator who gave the label.
    pub annotator: Arc<str>,
    /// The grade. That the response cannot be assessed is allowed whatever the rubric says.
    pub grade: Grade,
    /// The probability with which the response was drawn for labelling, in `(0, 1]`; `None` if unknown.
    pub probability: Option<f64>,
    /// The grade on each criterion that the annotator graded, by its name.
    pub criteria: BTreeMap<String, Grade>,
    /// A remark of the annotator.
    pub note: Option<String>,
    /// How long the annotator looked at the response, in seconds: at least 0.
    pub seconds: Option<f64>,
}

/// A response that an annotator did not want to grade.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SkippedGrade {
    /// The number of the item among the known ones.
    pub item: u32,
    /// The system that gave the response.
    pub system: Arc<str>,
    /// The annotator.
    pub annotator: Arc<str>,
    /// Why it was skipped.
    pub reason: SkipReason,
}

/// The contents of a label file.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct GradeLabels {
    /// The labels of known items, in file order: what people said when they were first asked.
    pub labels: Vec<GradeLabel>,
    /// The grades that annotators gave when they were asked the same once more, in file order. None of these is a label.
    pub repeats: Vec<GradeLabel>,
    /// What was decided where others disagreed, and who did, in file order. None of these is among the labels.
    pub adjudicated: Vec<(GradeLabel, Disagreement)>,
    /// Responses that were skipped and have no label of the same annotator, in file order.
    pub skipped: Vec<SkippedGrade>,
    /// The id of each label that is not among the items, in file order.
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

impl GradeLabels {
    /// Returns everybody who answered in any way, in byte order.
    pub fn annotator_names(&self) -> Vec<String> {
        let labels = self.labels.iter().chain(&self.repeats);
        let labels = labels.chain(self.adjudicated.iter().map(|(label, _)| label));
        let names: BTreeSet<&str> = labels
            .map(|label| &*label.annotator)
            .chain(self.skipped.iter().map(|skipped| &*skipped.annotator))
            .collect();
        names.into_iter().map(ToOwned::to_owned).collect()
    }
}

/// Reads a file of labels of grades and checks its labels against the items and the scale.
///
/// A label whose id is not in `items` is counted as unmatched; a label of a known item must name a system of that item,
/// which may be left out where only one has responded. A line without a grade that answers in no other way is a form that
/// is not filled in yet; it is counted as blank, unless another line answers it. A form without an annotator is answered
/// by anybody's answer to the same task. A form whose id is not in `items` is not counted: it belongs to other items.
///
/// # Errors
///
/// As for [`read_grade_lines`]; or a line repeats an annotator's label of a response, or withdraws one that is not there.
pub fn read_grade_labels(
    file: &DataFile,
    items: &KnownItems,
    scale: &Scale,
) -> Result<GradeLabels> {
    collect::collect(file, items, scale)
}
