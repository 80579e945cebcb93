//! The labels with which metrics were compared: of comparisons, or of single responses.

use crate::calibration::PreferenceReport;
use crate::error::Warning;
use crate::grading::{MetricGradeAgreement, MetricGradeReport};
use crate::metrics::MetricReport;

/// Metrics against the labels of people, by what was labelled.
#[derive(Debug, Clone, Copy)]
pub enum MetricLabels<'a> {
    /// Which of two responses people prefer.
    Comparisons(&'a PreferenceReport),
    /// How people grade each response.
    Grades(&'a MetricGradeReport),
}

impl<'a> MetricLabels<'a> {
    pub(super) fn warnings(self) -> &'a [Warning] {
        match self {
            Self::Comparisons(report) => &report.warnings,
            Self::Grades(report) => &report.warnings,
        }
    }

    /// Returns the number by which metrics are ordered that agree with people; `None` if it is undefined.
    pub(super) fn agreement(self, metric: &str) -> Option<f64> {
        match self {
            Self::Comparisons(report) => {
                let of = report.metrics.iter().find(|of| of.metric == metric)?;
                of.agreement.value
            }
            Self::Grades(report) => {
                let of = report.metrics.iter().find(|of| of.metric == metric)?;
                of.agreement.headline().value
            }
        }
    }
}

/// Returns how well a metric agrees with people's grades, if it was compared with them.
pub(super) fn grade_agreement<'a>(
    report: &MetricReport,
    labels: Option<MetricLabels<'a>>,
) -> Option<&'a MetricGradeAgreement> {
    let Some(MetricLabels::Grades(grades)) = labels else { return None };
    grades.metrics.iter().find(|of| of.metric == report.metric)
}
