//! Labels of single responses: grades by people. (Stub until the reader is merged.)

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::data_file::DataFile;
use super::jsonl::read_records;
use super::known_items::KnownItems;
use super::rubric::{Grade, Scale};
use crate::error::{Error, Result};

/// One grade by one person.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GradeLabel {
    /// Number in the known items.
    pub item: u32,
    /// The system.
    pub system: Arc<str>,
    /// Who graded.
    pub annotator: Arc<str>,
    /// The grade.
    pub grade: Grade,
    /// The probability of the draw.
    pub probability: Option<f64>,
    /// Grades on criteria.
    pub criteria: BTreeMap<String, Grade>,
    /// A note.
    pub note: Option<String>,
    /// Seconds.
    pub seconds: Option<f64>,
}

/// The labels of a file.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct GradeLabels {
    /// The labels.
    pub labels: Vec<GradeLabel>,
    /// Unknown ids.
    pub unmatched: usize,
    /// Blank forms.
    pub blank: usize,
    /// The first unknown id.
    pub first_unmatched: Option<String>,
}

impl GradeLabels {
    /// Returns the names of all annotators.
    pub fn annotator_names(&self) -> Vec<String> {
        let names: std::collections::BTreeSet<&str> =
            self.labels.iter().map(|label| &*label.annotator).collect();
        names.into_iter().map(str::to_owned).collect()
    }
}

/// Reads labels.
///
/// # Errors
///
/// The file cannot be read.
pub fn read_grade_labels(
    file: &DataFile,
    items: &KnownItems,
    scale: &Scale,
) -> Result<GradeLabels> {
    let mut found = GradeLabels::default();
    let any = Scale { cannot_assess: true, ..scale.clone() };
    read_records(file, |mut record| {
        let id = record.take_id()?;
        let text = |value: Option<Value>| match value {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        let annotator = text(record.take("annotator")).unwrap_or_default();
        let system = text(record.take("system"));
        let grade = text(record.take("grade"));
        let probability = record.take("probability").and_then(|value| value.as_f64());
        let mut criteria = BTreeMap::new();
        if let Some(Value::Object(given)) = record.take("criteria") {
            for (name, word) in given {
                if let Some(grade) = word.as_str().and_then(|word| any.grade_named(word)) {
                    criteria.insert(name, grade);
                }
            }
        }
        let Some(item) = items.number(&id) else {
            found.unmatched += 1;
            found.first_unmatched.get_or_insert(id.to_string());
            return Ok(());
        };
        let Some(grade) = grade else {
            found.blank += 1;
            return Ok(());
        };
        let grade = any.grade_named(&grade).ok_or_else(|| Error::input("no such grade"))?;
        let system: Arc<str> =
            system.map_or_else(|| Arc::clone(&items.systems(item)[0]), |system| system.into());
        found.labels.push(GradeLabel {
            item,
            system,
            annotator: annotator.into(),
            grade,
            probability,
            criteria,
            note: None,
            seconds: None,
        });
        Ok(())
    })?;
    Ok(found)
}
