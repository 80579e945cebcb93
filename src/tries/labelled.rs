//! Which comparisons or responses have labels, and what these say.

use std::collections::{BTreeSet, HashSet};

use serde_json::json;

use crate::calibration::Part;
use crate::error::Result;
use crate::input::{
    DataFile, Disagreement, GradeLabel, KnownItems, Label, Scale, read_grade_labels, read_labels,
};
use crate::keyed_hash::KeyedHash;
use crate::trial::Subject;

/// A subject by the id of its item and its systems, as [`Subject::systems`] returns them.
type SubjectKey = (String, [String; 2]);

/// The labels in a file, divided into those of one half of the items and the others.
pub(super) struct LabelledSubjects {
    part: Part,
    /// Subjects of the half with a label.
    of_part: HashSet<SubjectKey>,
    /// Subjects of the other half with a label.
    other_part: HashSet<SubjectKey>,
    /// The labels of the half and the decisions about labels on which people disagreed, one JSON text each.
    lines: BTreeSet<String>,
    /// Labels of items that there are not.
    pub(super) unmatched: u64,
}

impl LabelledSubjects {
    /// Reads the labels of comparisons, or those of grades on a scale.
    ///
    /// # Errors
    ///
    /// The labels cannot be read or are invalid.
    pub(super) fn read(
        file: &DataFile,
        known: &KnownItems,
        part: Part,
        scale: Option<&Scale>,
    ) -> Result<Self> {
        let mut all = Self {
            part,
            of_part: HashSet::new(),
            other_part: HashSet::new(),
            lines: BTreeSet::new(),
            unmatched: 0,
        };
        match scale {
            None => all.add_choices(file, known)?,
            Some(scale) => all.add_grades(file, known, scale)?,
        }
        Ok(all)
    }

    fn add_choices(&mut self, file: &DataFile, known: &KnownItems) -> Result<()> {
        let read = read_labels(file, known)?;
        let key = |label: &Label| {
            (label.id.to_string(), label.between.each_ref().map(ToString::to_string))
        };
        for label in &read.labels {
            let winner = label.winner.as_deref().unwrap_or_default();
            self.add(key(label), &label.annotator, winner, label.probability);
        }
        for (decision, why) in &read.adjudicated {
            let winner = decision.winner.as_deref().unwrap_or_default();
            self.add_decision(&key(decision), &decision.annotator, winner, *why);
        }
        self.unmatched = read.unmatched as u64;
        Ok(())
    }

    fn add_grades(&mut self, file: &DataFile, known: &KnownItems, scale: &Scale) -> Result<()> {
        let read = read_grade_labels(file, known, scale)?;
        let key = |label: &GradeLabel| {
            (known.id(label.item).to_string(), [label.system.to_string(), String::new()])
        };
        for label in &read.labels {
            let grade = scale.name_of(label.grade);
            self.add(key(label), &label.annotator, grade, label.probability);
        }
        for (decision, why) in &read.adjudicated {
            let grade = scale.name_of(decision.grade);
            self.add_decision(&key(decision), &decision.annotator, grade, *why);
        }
        self.unmatched = read.unmatched_ids.len() as u64;
        Ok(())
    }

    fn add(&mut self, key: SubjectKey, annotator: &str, answer: &str, probability: Option<f64>) {
        if Part::of(&key.0) != self.part {
            self.other_part.insert(key);
            return;
        }
        // Its text is hashed into a stored digest: it must not change for the same label.
        self.lines.insert(json!([key.0, key.1, annotator, answer, probability]).to_string());
        self.of_part.insert(key);
    }

    /// A decision between people changes what a subject's label is; one between people and a judge does not.
    fn add_decision(&mut self, key: &SubjectKey, annotator: &str, answer: &str, why: Disagreement) {
        if Part::of(&key.0) == self.part && why == Disagreement::People {
            let why = why.as_str();
            self.lines.insert(json!([key.0, key.1, annotator, answer, why]).to_string());
        }
    }

    /// Returns whether a subject of the half has a label.
    pub(super) fn contains(&self, subject: &Subject) -> bool {
        let systems = subject.systems().map(ToOwned::to_owned);
        self.of_part.contains(&(subject.item().id.clone(), systems))
    }

    /// Returns how many subjects of the other half have a label.
    pub(super) fn of_other_part(&self) -> u64 {
        self.other_part.len() as u64
    }

    /// Returns a hash of the labels of the half.
    pub(super) fn digest(&self) -> KeyedHash {
        KeyedHash::new("evenhand: labels of a try").texts(self.lines.iter().map(String::as_str))
    }
}
