//! What the owner's page shows: who has done how much, and, if asked for, the numbers so far.
//!
//! Numbers that are seen while people label influence when they stop. They are shown only on request, and every request
//! is logged beside the labels, as a look at the test part is.

use std::path::{Path, PathBuf};

use evenhand::calibration::{CalibrationOptions, TestLook, calibrate};
use evenhand::grading::{GradeCalibrationOptions, calibrate_grades};
use evenhand::input::{DataFile, KnownItems, LabelColumns, Scale};
use evenhand::labelling::{Session, grade_counts, label_counts};
use evenhand::report::{
    calibration_headline, grade_calibration_headline, grade_counts_sentences,
    label_counts_sentences,
};
use evenhand::store::GradeRun;
use evenhand::{Error, Result};
use serde_json::{Value, json};

use crate::cli::{open_any_run, open_run, seconds_since_1970};

/// What the numbers are computed from.
#[derive(Debug)]
pub(super) struct Numbers {
    /// The run file, if it is a run that is labelled.
    pub(super) run: Option<PathBuf>,
    /// The rubric by which its replies are read.
    pub(super) rubric: Option<String>,
    /// The judge whose agreement is measured.
    pub(super) judge: Option<String>,
    /// The items, by which the labels are counted of what no judge has seen.
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
    let unit = match session.material().scale() {
        None => ["comparison", "comparisons"],
        Some(_) => ["response", "responses"],
    };
    json!({
        "labels": labels,
        "unit": unit,
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
        let (look, sentences) = match (&self.run, &self.scale) {
            (Some(run), None) => self.of_run(run)?,
            (Some(run), Some(_)) => self.of_graded_run(run)?,
            (None, scale) => self.of_labels(scale.as_ref())?,
        };
        // Log the look before showing anything, so that no look goes uncounted.
        let looks = look.log(&TestLook::log_beside(&self.labels)?)?;
        Ok(json!({ "sentences": sentences, "looks": looks }))
    }

    /// Returns how far the judge of a run can be trusted, and how often systems win by people.
    fn of_run(&self, path: &Path) -> Result<(TestLook, Vec<String>)> {
        let judge = self.judge.as_deref();
        let run = open_run(path, self.rubric.as_deref(), None)?.of_judge(judge)?;
        let options = CalibrationOptions { judge, ..CalibrationOptions::default() };
        let results = calibrate(&run, &self.file(), options)?;
        let rubric = run.rubric();
        let look = self.look_of(&rubric.name, &rubric.version, &results.judge);
        Ok((look, calibration_headline(&results)))
    }

    /// Returns the same of a run of grades: how often responses pass by people.
    fn of_graded_run(&self, path: &Path) -> Result<(TestLook, Vec<String>)> {
        let run = GradeRun::of(open_any_run(path, self.rubric.as_deref(), None)?)?;
        let judge = self.judge.as_deref();
        let options = GradeCalibrationOptions { judge, part: None };
        let results = calibrate_grades(&run, &self.file(), options)?;
        let rubric = run.file().rubric();
        let look = self.look_of(&rubric.name, &rubric.version, &results.judge);
        Ok((look, grade_calibration_headline(&results)))
    }

    /// Returns what the labels alone say.
    fn of_labels(&self, scale: Option<&Scale>) -> Result<(TestLook, Vec<String>)> {
        let (is_empty, sentences) = if let Some(scale) = scale {
            let counts = grade_counts(&self.file(), &self.items, scale)?;
            (counts.is_empty(), grade_counts_sentences(&counts, scale))
        } else {
            let counts = label_counts(&self.file(), &self.items)?;
            (counts.is_empty(), label_counts_sentences(&counts))
        };
        if is_empty {
            return Err(Error::input("there is no label yet"));
        }
        let name = self.rubric.as_deref().unwrap_or_default();
        Ok((self.look_of(name, "", ""), sentences))
    }

    fn file(&self) -> DataFile {
        DataFile::labels(&self.labels, LabelColumns::default())
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
