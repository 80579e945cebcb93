//! The numbers of a run of grades: without labels, and against people.
//!
//! A run of grades has one row for each response and each judge: both directions of the scale with their repeats. Its
//! statistics are of responses and systems, not of pairs, so they have a table of their own beside that of
//! [`calibration`](crate::calibration); the statistics themselves are those of [`stats`](crate::stats).
//!
//! ```text
//! GradeRun ─GradedResponse→ GradeTable ─systems, order→ GradeSummary
//! ```

mod calibration;
mod order;
mod sample;
mod summary;
mod systems;
mod table;

pub use calibration::{
    CalibratedDifference, CalibratedMeanStep, CalibratedPassRate, CalibratedScale,
    CalibratedSystem, ChosenStepRates, CriterionAgreement, FEWEST_OF_EACH, GradeAnnotatorLabelling,
    GradeBaseline, GradeCalibration, GradeCalibrationOptions, GradeFinding, GradeHumanReport,
    GradeLabellingReport, GradeReplies, GradeRule, GradeSlice, KeptGrades, MetricGradeAgreement,
    MetricGradeReport, NoErrorCorrection, PassCounts, PassRateDifference, RankAgreement,
    RankMeasure, SkippedGradeCounts, StepLimits, StepRates, Thresholds, calibrate_grades,
    check_grade_labels, grade_label_warnings, metric_grades,
};
pub(crate) use calibration::{
    Categories, GradeAgreementChange, grade_agreement_change, headline_kappa, labels_of_majorities,
};
pub use order::ScaleOrderEffect;
pub use sample::{GradeSample, SampledResponse, sample_grades};
pub use summary::{GradeSummary, JudgeGrades, summarise_grades};
pub use systems::{GradeDifference, PassBounds, PassRate, SystemGrades};
pub(crate) use systems::{scaled, system_grades_of};
pub(crate) use table::GradeTable;
