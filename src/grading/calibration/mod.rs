//! The judge of single responses against people: how far can it be trusted as a grader?
//!
//! [`calibrate_grades`] joins the grades of a run to people's labels and measures how well they agree: on kept grades and on
//! every single reply, by system, by criterion and by tag, beside how well people agree among themselves. It asks no judge
//! anything. Whatever is left out of a number is counted.
//!
//! What counts as the label of a response, and when it passes by people, is decided once, in `panels`. That a response
//! cannot be assessed is a grade like any other in agreement, κ and AC1; in numbers about steps, passes and fails such a
//! response, or such a reply, is left out and counted. An unreadable reply is wrong.
//!
//! ```text
//! GradeRun ─GradedResponse→ GradeTable ┐
//! GradeLabels ───────────→ GradePanels ┴→ LabelledGrades ┬ agreement, systems, pairs, human, thresholds, criteria, slices
//!                                                        └ detect → GradeFinding → Conclusion
//! ```

mod adjudication;
mod agreement;
mod baselines;
mod categories;
mod coefficients;
mod criteria;
mod details;
mod detect;
mod finding_messages;
mod findings;
mod human;
mod label_warnings;
mod labelling;
mod metric_grades;
mod no_labels;
mod paired;
mod pairs;
mod panels;
mod rank_agreement;
mod rates;
mod results;
mod rogan_gladen;
mod slices;
mod steps;
mod systems;
mod thresholds;

pub use agreement::{GradeReplies, KeptGrades};
pub use baselines::{GradeBaseline, GradeRule};
pub(crate) use categories::Categories;
pub(crate) use coefficients::headline_kappa;
pub use criteria::CriterionAgreement;
pub use findings::GradeFinding;
pub use human::GradeHumanReport;
pub use label_warnings::grade_label_warnings;
pub use labelling::{GradeAnnotatorLabelling, GradeLabellingReport, SkippedGradeCounts};
pub use metric_grades::{
    MetricGradeAgreement, MetricGradeReport, PassCounts, check_grade_labels, metric_grades,
};
pub(crate) use paired::{GradeAgreementChange, grade_agreement_change};
pub use pairs::{CalibratedDifference, PassRateDifference};
pub use rank_agreement::{RankAgreement, RankMeasure};
pub use results::{CalibratedScale, GradeCalibration};
pub use rogan_gladen::{FEWEST_OF_EACH, NoErrorCorrection};
pub use slices::GradeSlice;
pub use steps::StepLimits;
pub use systems::{CalibratedMeanStep, CalibratedPassRate, CalibratedSystem};
pub use thresholds::{ChosenStepRates, StepRates, Thresholds};

use std::collections::{BTreeSet, HashSet};

use super::order::{scale_order_effect, stability};
use super::table::GradeTable;
use crate::calibration::{Conclusion, Draw, LabelledIn, Part, Provenance};
use crate::error::Result;
use crate::input::{DataFile, GradeLabels, read_grade_labels};
use crate::stats::Estimate;
use crate::store::GradeRun;
use crate::summary::ItemScores;
use crate::vote::Grade;
use details::Details;
use detect::Context;
use panels::{GradePanels, GradeReply, LabelledGrades};

/// What to calibrate of a run of grades.
#[derive(Debug, Clone, Copy, Default)]
pub struct GradeCalibrationOptions<'a> {
    /// One judge of the run; by default the only one, or the jury.
    pub judge: Option<&'a str>,
    /// One half of the items; by default all.
    pub part: Option<Part>,
}

/// Measures a judge of single responses against the labels in a file.
///
/// # Errors
///
/// The run or the labels cannot be read, the run has no such judge, or no label matches a response in it.
pub fn calibrate_grades(
    run: &GradeRun,
    label_file: &DataFile,
    options: GradeCalibrationOptions<'_>,
) -> Result<GradeCalibration> {
    let GradeCalibrationOptions { judge, part } = options;
    let whole = GradeTable::read(run, judge, None)?;
    let read = read_grade_labels(label_file, &whole.items, &whole.scale)?;
    let of_part = part.map(|part| whole.of_part(part));
    let table = of_part.as_ref().unwrap_or(&whole);
    let labels = GradePanels::join(&read, table, part);
    if labels.panels.is_empty() {
        return Err(no_labels::no_label_matches(
            label_file.path(),
            &read,
            &labels,
            LabelledIn::Run,
        ));
    }
    let labelled = LabelledGrades::new(table, &labels);
    let categories = Categories::of(labelled);
    let details = Details::read(run, labelled)?;
    let (slices, fine_tags) = slices::slices(labelled, categories, &details);
    let draw = draw(&whole, &labels);
    let systems = systems::calibrated_systems(labelled, draw);
    let pairs = pairs::calibrated_differences(labelled, &systems, draw);
    let criteria: Vec<String> =
        run.file().rubric().criteria.iter().map(|criterion| criterion.name.clone()).collect();
    let mut results = GradeCalibration {
        provenance: Provenance::of(run.file(), label_file.path())?,
        judge: table.judge.clone(),
        conclusion: Conclusion::BeyondChance,
        part,
        looks: None,
        planned: table.rows.len() as u64,
        labelled: labels.panels.len() as u64,
        annotators: labels.people(),
        annotator_names: read.annotator_names(),
        no_majority: labels.panels.iter().filter(|panel| panel.label.is_none()).count() as u64,
        labels_unmatched: labels.unmatched(),
        labels_other_part: labels.other_part,
        labels_blank: labels.blank,
        labels_cannot_assess: panels_with(&labels, Grade::CannotAssess),
        replies_cannot_assess: replies_cannot_assess(labelled),
        coverage: coverage(table, 0..table.rows.len() as u32),
        labelled_coverage: coverage(table, labels.panels.iter().map(|panel| panel.row)),
        scale: CalibratedScale::of(&table.scale),
        kept: agreement::kept_grades(labelled, categories),
        replies: agreement::grade_replies(labelled, categories),
        systems,
        pairs,
        order: scale_order_effect(table),
        stability: stability(table),
        human: human::human(labelled, categories),
        adjudication: adjudication::adjudication(labelled),
        labelling: labelling::labelling(&read, labelled, categories),
        baselines: baselines::baselines(run, labelled)?,
        criteria: criteria::criteria(labelled, &details, &criteria),
        thresholds: part_thresholds(&whole, &read, labelled, part),
        slices,
        findings: Vec::new(),
    };
    let different: HashSet<Grade> = labels.panels.iter().filter_map(|panel| panel.label).collect();
    let of_class = |passes: bool| {
        labels.panels.iter().filter(|panel| panel.passes == Some(passes)).count() as u64
    };
    let unanswered = (0..table.rows.len()).filter(|row| !table.is_answered(*row)).count() as u64;
    let context = Context {
        read: &read,
        first_unknown_id: labels.first_unknown_id.as_deref(),
        skipped: skipped(&read, table, &labels),
        different_labels: different.len(),
        of_each_class: [true, false].map(of_class),
        fine_tags: &fine_tags,
        weighted: labelled.weighted,
        without_probability: labelled.without_probability(),
        unanswered,
        has_thresholds: table.scale.len() > 2 && table.scale.pass_from.is_some(),
    };
    results.findings = detect::findings(&results, &context);
    results.conclusion = detect::conclusion(&results);
    Ok(results)
}

/// Reads the labels in a file and returns the grade of more than half of the annotators of each response that has one, by row
/// of the table.
///
/// # Errors
///
/// The labels cannot be read, or none is about a response of the table.
pub(crate) fn labels_of_majorities(
    file: &DataFile,
    table: &GradeTable,
) -> Result<Vec<(u32, Grade)>> {
    let read = read_grade_labels(file, &table.items, &table.scale)?;
    let labels = GradePanels::join(&read, table, None);
    if labels.panels.is_empty() {
        return Err(no_labels::no_label_matches(file.path(), &read, &labels, LabelledIn::Run));
    }
    Ok(labels.panels.iter().filter_map(|panel| Some((panel.row, panel.label?))).collect())
}

/// Returns how the labelled responses of a part were drawn from the whole run.
fn draw(whole: &GradeTable, labels: &GradePanels) -> Draw {
    let answered = (0..whole.rows.len()).filter(|row| whole.is_answered(*row)).count();
    Draw {
        known: labels.panels.iter().all(|panel| panel.probability.is_some()),
        represents_run: labels.drawn.represent(answered as f64),
    }
}

/// Measures the steps from which on a grade may be taken as a pass. They are chosen on the dev part, whatever part is
/// reported; the test part is looked at only where it is reported.
fn part_thresholds(
    whole: &GradeTable,
    read: &GradeLabels,
    labelled: LabelledGrades<'_>,
    part: Option<Part>,
) -> Option<Thresholds> {
    if part == Some(Part::Dev) {
        return thresholds::thresholds(labelled, None);
    }
    let table = whole.of_part(Part::Dev);
    let labels = GradePanels::join(read, &table, Some(Part::Dev));
    let test = (part == Some(Part::Test)).then_some(labelled);
    thresholds::thresholds(LabelledGrades::new(&table, &labels), test)
}

/// Returns who skipped responses of the table that nobody labelled, and how many there are.
fn skipped(read: &GradeLabels, table: &GradeTable, labels: &GradePanels) -> (Vec<String>, u64) {
    let rows = table.row_index();
    let (mut responses, mut annotators) = (BTreeSet::new(), BTreeSet::new());
    for skipped in &read.skipped {
        let system = table.system_number(&skipped.system);
        let row = system.and_then(|system| rows.get(&(skipped.item, system)).copied());
        if let Some(row) = row.filter(|row| labels.panel(*row).is_none()) {
            responses.insert(row);
            annotators.insert(skipped.annotator.to_string());
        }
    }
    (annotators.into_iter().collect(), responses.len() as u64)
}

fn panels_with(labels: &GradePanels, grade: Grade) -> u64 {
    labels.panels.iter().filter(|panel| panel.label == Some(grade)).count() as u64
}

fn replies_cannot_assess(labelled: LabelledGrades<'_>) -> u64 {
    let replies = labelled.labels.panels.iter().flat_map(|panel| labelled.replies(panel));
    replies.filter(|reply| *reply == GradeReply::Given(Grade::CannotAssess)).count() as u64
}

/// Returns the share of some responses that have a kept grade.
fn coverage(table: &GradeTable, rows: impl Iterator<Item = u32>) -> Estimate {
    let mut kept = ItemScores::default();
    for at in rows {
        let row = &table.rows[at as usize];
        kept.push(f64::from(row.grade.is_some()), row.item);
    }
    kept.estimate()
}
