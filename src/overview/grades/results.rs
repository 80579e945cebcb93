//! The result: everything that a report on a run of grades shows, and what it is asked for.

use serde::Serialize;

use super::criteria::GradeCriterionReport;
use super::description::GradeRunDescription;
use super::directions::{ChangedGrade, DirectionTable};
use super::lengths::GradeLengthReport;
use super::tags::GradeTagReport;
use crate::calibration::Part;
use crate::grading::{GradeCalibration, GradeSummary, JudgeGrades};
use crate::input::DataFile;
use crate::overview::generated::GeneratedReport;
use crate::overview::requests::RequestReport;

/// What an overview of grades is about; the default is the only judge of the whole run, or its jury, without labels.
#[derive(Debug, Clone, Copy, Default)]
pub struct GradeOverviewOptions<'a> {
    /// One judge of the run; by default the only one, or the jury.
    pub judge: Option<&'a str>,
    /// The labels of people.
    pub labels: Option<&'a DataFile>,
    /// One half of the items; by default all.
    pub part: Option<Part>,
    /// How the responses that the run reads were selected, as `tag=value` and the like; empty for the whole run.
    pub selection: &'a [String],
}

/// Everything that is known of one judge of a run of grades, or of its jury.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct GradeOverview {
    /// The version of the document that it serializes as.
    pub schema: u32,
    /// The version of this program.
    pub evenhand: &'static str,
    /// The run: its rubric, judges, systems and size.
    pub run: GradeRunDescription,
    /// The judge that the numbers are about: its name, or `jury`.
    pub judge: String,
    /// The numbers without labels, of every judge of the run.
    pub summary: GradeSummary,
    /// The judge against people; `None` without labels.
    pub calibration: Option<GradeCalibration>,
    /// What both directions of the scale gave; of a jury, over all its judges.
    pub directions: DirectionTable,
    /// Responses whose grade changed with the direction, those with the largest change first; of a jury, of each of its
    /// judges.
    pub changed: Vec<ChangedGrade>,
    /// Such responses that are not listed.
    pub changed_left_out: u64,
    /// The grades on single criteria; empty where replies have none.
    pub criteria: Vec<GradeCriterionReport>,
    /// The numbers by tag of the items: the values with the most responses first.
    pub tags: Vec<GradeTagReport>,
    /// Tag values that are not listed, because they are too rare or there are too many.
    pub tags_left_out: u64,
    /// Whether longer responses are graded higher.
    pub lengths: GradeLengthReport,
    /// Quality beside price and latency; `None` unless it is known of some system how its responses were generated.
    pub generated: Option<GeneratedReport>,
    /// What was asked: attempts, tokens, cost, latencies.
    pub requests: RequestReport,
}

impl GradeOverview {
    /// Returns whether the numbers are about a jury rather than one judge.
    pub fn is_jury(&self) -> bool {
        self.judge_grades().is_some_and(JudgeGrades::is_jury)
    }

    /// Returns the numbers of the judge that the overview is about.
    pub fn judge_grades(&self) -> Option<&JudgeGrades> {
        self.summary.judges.iter().find(|judge| judge.judge == self.judge)
    }
}
