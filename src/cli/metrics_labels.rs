//! The labels with which `evenhand metrics` compares metrics: of comparisons, or of single responses.

use evenhand::calibration::{PreferenceReport, check_labels, metric_preferences};
use evenhand::grading::{MetricGradeReport, check_grade_labels, metric_grades};
use evenhand::input::{DataFile, GradeWords, ItemSource, Scale, grade_words};
use evenhand::metrics::Scores;
use evenhand::report::MetricLabels;
use evenhand::{Error, Result};

use super::arguments::Metrics;
use super::print_warning;
use super::project::Project;

/// A label file.
#[derive(Debug)]
pub(super) enum Labels {
    OfComparisons(DataFile),
    /// With the scale of the grades in it.
    OfGrades(DataFile, Scale),
}

/// What comparing metrics with labels has shown.
#[derive(Debug)]
pub(super) enum Compared {
    WithComparisons(PreferenceReport),
    WithGrades(MetricGradeReport),
}

impl Labels {
    /// Returns the labels of the command, if there are any.
    ///
    /// # Errors
    ///
    /// The file or the rubric cannot be read, the scale of grades is not known, or a rubric is given for something else.
    pub(super) fn of(arguments: &Metrics) -> Result<Option<Self>> {
        let Metrics { table, items, labels, rubric, .. } = arguments;
        let Some(file) = table.labels(items, labels.as_ref())? else {
            return match rubric {
                None => Ok(None),
                Some(_) => {
                    Err(Error::usage("--rubric gives the scale of labels, and there are none")
                        .hint("give the grades of people: --labels FILE"))
                }
            };
        };
        let words = grade_words(&file)?;
        Ok(Some(match (words, rubric) {
            (None, None) => Self::OfComparisons(file),
            (None, Some(_)) => {
                let shown = file.path().display();
                let message = format!(
                    "--rubric gives the scale of grades, and {shown} has labels of comparisons"
                );
                return Err(Error::usage(message).hint("omit --rubric"));
            }
            (Some(words), rubric) => {
                let scale = scale(&words, rubric.as_deref())?;
                Self::OfGrades(file, scale)
            }
        }))
    }

    pub(super) fn file(&self) -> &DataFile {
        match self {
            Self::OfComparisons(file) | Self::OfGrades(file, _) => file,
        }
    }

    /// Checks the labels before anything is scored.
    ///
    /// # Errors
    ///
    /// The items or the labels cannot be read, or no label matches.
    pub(super) fn check(&self, source: &ItemSource) -> Result<()> {
        match self {
            Self::OfComparisons(file) => check_labels(source, file),
            Self::OfGrades(file, scale) => check_grade_labels(source, file, scale),
        }
    }

    /// Compares the scores of metrics with the labels.
    ///
    /// # Errors
    ///
    /// As for [`Labels::check`].
    pub(super) fn compare(&self, scores: &Scores) -> Result<Compared> {
        Ok(match self {
            Self::OfComparisons(file) => {
                Compared::WithComparisons(metric_preferences(scores, file)?)
            }
            Self::OfGrades(file, scale) => {
                Compared::WithGrades(metric_grades(scores, file, scale)?)
            }
        })
    }
}

impl Compared {
    pub(super) fn report(&self) -> MetricLabels<'_> {
        match self {
            Self::WithComparisons(report) => MetricLabels::Comparisons(report),
            Self::WithGrades(report) => MetricLabels::Grades(report),
        }
    }
}

/// Returns the scale of a rubric, or the one that the words of the labels imply.
fn scale(words: &GradeWords, rubric: Option<&str>) -> Result<Scale> {
    let Some(name) = rubric else { return words.scale() };
    let rubric = Project::find(None)?.rubric(name)?;
    rubric.warning.iter().for_each(|warning| print_warning(&warning.message));
    rubric.rubric.scale.ok_or_else(|| {
        Error::input(format!(
            "{}: this rubric compares responses, and has no scale",
            rubric.path.display()
        ))
        .hint("name a rubric with mode = \"grade\", whose scale has the steps of the labels")
    })
}
