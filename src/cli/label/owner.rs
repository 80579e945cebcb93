//! What the owner's page shows: who has done how much, and, if asked for, the numbers so far.
//!
//! Numbers that are seen while people label influence when they stop. They are shown only on request, and every request
//! is logged beside the labels, as a look at the test part is.

use std::path::PathBuf;

use evenhand::calibration::{CalibrationOptions, TestLook, calibrate};
use evenhand::input::{DataFile, KnownItems, LabelColumns, Scale};
use evenhand::labelling::{Session, grade_counts, label_counts};
use evenhand::report::{calibration_headline, grade_counts_sentences, label_counts_sentences};
use evenhand::{Error, Result};
use serde_json::{Value, json};

use crate::cli::{open_run, seconds_since_1970};

/// What the numbers are computed from.
#[derive(Debug)]
pub(super) struct Numbers {
    /// The run file, if it is a run that is labelled.
    pub(super) run: Option<PathBuf>,
    /// The rubric by which its replies are read.
    pub(super) rubric: Option<String>,
    /// The judge whose agreement is measured.
    pub(super) judge: Option<String>,
    /// The items, which labels that no judge has seen are counted by.
    pub(super) items: KnownItems,
    /// The scale, if single responses are graded.
    pub(super) scale: Option<Scale>,
    /// The label file.
    pub(super) labels: PathBuf,
}

/// Returns who has done how much. `paths` are the tokens of the annotators.
pub(super) fn overview(
    session: &Session,
    labels: &str,
    paths: &[String],
    last_answers: &[Option<u64>],
) -> Value {
    let annotators = session.annotators().iter().enumerate().map(|(number, name)| {
        let progress = session.progress(number);
        json!({
            "name": name,
            "path": paths[number],
            "total": progress.total,
            "answered": progress.answered,
            "skipped": progress.skipped,
            "open": progress.total.saturating_sub(progress.answered + progress.skipped),
            "seconds_per_label": progress.seconds_per_label,
            "seconds_left": progress.seconds_left,
            "last_answer": last_answers[number],
        })
    });
    json!({
        "labels": labels,
        "annotators": annotators.collect::<Vec<_>>(),
        "is_decided": session.decision().is_some(),
    })
}

impl Numbers {
    /// Logs that the numbers were looked at, and returns them in sentences.
    ///
    /// # Errors
    ///
    /// A file cannot be read, or there is no label yet.
    pub(super) fn look(&self) -> Result<Value> {
        let file = DataFile::labels(&self.labels, LabelColumns::default());
        if let Some(scale) = &self.scale {
            let counts = grade_counts(&file, &self.items, scale)?;
            if counts.is_empty() {
                return Err(Error::input("there is no label yet"));
            }
            let name = self.rubric.as_deref().unwrap_or_default();
            let look = self.look_of(name, "", "").log(&TestLook::log_beside(&self.labels)?)?;
            let sentences = grade_counts_sentences(&counts, scale);
            return Ok(json!({ "sentences": sentences, "looks": look }));
        }
        let (look, sentences) = if let Some(path) = &self.run {
            let run = open_run(path, self.rubric.as_deref(), None)?;
            let judge = self.judge.as_deref();
            let options = CalibrationOptions { judge, ..CalibrationOptions::default() };
            let results = calibrate(&run, &file, options)?;
            let rubric = run.rubric();
            let look = self.look_of(&rubric.name, &rubric.version, &results.judge);
            (look, calibration_headline(&results))
        } else {
            let counts = label_counts(&file, &self.items)?;
            if counts.is_empty() {
                return Err(Error::input("there is no label yet"));
            }
            let name = self.rubric.as_deref().unwrap_or_default();
            (self.look_of(name, "", ""), label_counts_sentences(&counts))
        };
        // Log the look before showing anything, so that no look goes uncounted.
        let looks = look.log(&TestLook::log_beside(&self.labels)?)?;
        Ok(json!({ "sentences": sentences, "looks": looks }))
    }

    fn look_of(&self, rubric: &str, version: &str, judge: &str) -> TestLook {
        let run = self.run.as_deref().map(|run| run.display().to_string());
        TestLook {
            rubric: rubric.to_owned(),
            version: version.to_owned(),
            judge: judge.to_owned(),
            run: run.unwrap_or_default(),
            at: seconds_since_1970(),
        }
    }
}
