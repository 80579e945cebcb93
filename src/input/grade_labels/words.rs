//! What the labels of a file are about, and the words for grades in it, before a scale is known.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use crate::error::{Error, Remedy, Result, listed};
use crate::input::data_file::DataFile;
use crate::input::jsonl::read_records;
use crate::input::labels::SkipReason;
use crate::input::rubric::{KnownSteps, Scale, is_cannot_assess};

/// The words for grades in a label file.
#[derive(Debug, Clone)]
pub struct GradeWords {
    path: PathBuf,
    /// Each word as it is first written, by its lower case.
    words: BTreeMap<String, String>,
}

impl GradeWords {
    /// Returns the scale that the words imply, such as that of "fail" and "pass"; a file of which no line has a grade has
    /// the scale of these two. Words such as "yes" and "true" imply none, since it depends on the question whether they
    /// are good.
    ///
    /// # Errors
    ///
    /// The order of the words is not known, so that a scale must be given.
    pub fn scale(&self) -> Result<Scale> {
        let words: Vec<&str> = self.words.keys().map(String::as_str).collect();
        if let Some(known) = KnownSteps::of(&words).filter(|known| !known.depends_on_question) {
            return Ok(known.scale());
        }
        let written: Vec<String> = self.words.values().map(|word| format!("`{word}`")).collect();
        let error = Error::input(format!(
            "{}: which of these grades is better is not known: {}",
            self.path.display(),
            listed(&written)
        ))
        .in_field("grade");
        let is_number = |word: &String| word.parse::<f64>().is_ok();
        let error = if self.words.keys().all(is_number) {
            error.detail("numbers alone do not say it: in some places 1 is the best grade, in others the worst")
        } else {
            error
        };
        Err(error.suggest(Remedy::SupplyScale))
    }
}

/// Returns the words for grades in a label file; `None` if its labels are of comparisons.
///
/// The first line that names a winner or a grade decides what the labels are about.
///
/// # Errors
///
/// The file cannot be read, or a line is not a JSON object.
pub fn grade_words(file: &DataFile) -> Result<Option<GradeWords>> {
    let mut of_grades = None;
    let mut words: BTreeMap<String, String> = BTreeMap::new();
    let _locked = file.lock_for_reading();
    read_records(file, |mut record| {
        let has = |fields: [&str; 2]| fields.into_iter().any(|field| record.has(field));
        if of_grades.is_none() {
            of_grades = if has(["winner", "between"]) {
                Some(false)
            } else {
                has(["grade", "system"]).then_some(true)
            };
        }
        let word = match record.take("grade") {
            Some(Value::String(word)) => word.trim().to_owned(),
            Some(Value::Number(number)) => number.to_string(),
            _ => return Ok(()),
        };
        let is_skipped = SkipReason::named(&word, &SkipReason::OF_RESPONSE).is_some();
        if !word.is_empty() && !is_cannot_assess(&word) && !is_skipped {
            words.entry(word.to_lowercase()).or_insert(word);
        }
        Ok(())
    })?;
    let path = file.path().to_owned();
    Ok((of_grades == Some(true)).then_some(GradeWords { path, words }))
}
