//! Metrics against people's grades: does the response with the better grade have the better score?
//!
//! The counterpart of [`metric_preferences`](crate::calibration::metric_preferences) for labels of single responses. A metric
//! is measured with its sign: where lower scores are better, the lower score counts as the higher one. What only describes a
//! response, such as its length, has no better score, and is measured as it is: that shows whether people's grades rise with
//! it.

use serde::Serialize;

use super::findings::GradeFinding;
use super::no_labels::no_label_matches;
use super::panels::{GradePanel, GradePanels, LabelledGrades};
use super::rank_agreement::{RankAgreement, RankedScores};
use super::results::CalibratedScale;
use crate::calibration::{LabelledIn, MetricLabels};
use crate::error::{Result, Warning, listed};
use crate::grading::table::GradeTable;
use crate::input::{DataFile, GradeLabels, ItemSource, Scale, read_grade_labels};
use crate::metrics::{Better, Metric, Scores};
use crate::stats::{Estimate, incomplete, incomplete_warnings};
use crate::trial::Unit;

/// Metrics against the grades of people.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct MetricGradeReport {
    /// Responses with at least one label.
    pub labelled: u64,
    /// People who labelled any of them.
    pub annotators: u64,
    /// The grades that people could give.
    pub scale: CalibratedScale,
    /// How many responses people pass; `None` if the scale does not say what passes.
    pub passes: Option<PassCounts>,
    /// Labelled responses that nobody could assess, which are in no number.
    pub cannot_assess: u64,
    /// Labels of responses that are not among the items.
    pub labels_unmatched: u64,
    /// Lines of the label file without a grade yet.
    pub labels_blank: u64,
    /// By metric, except those that have no score of a single response.
    #[serde(skip)]
    pub metrics: Vec<MetricGradeAgreement>,
    /// Non-fatal problems with the result.
    #[serde(skip)]
    pub warnings: Vec<Warning>,
}

/// How many labelled responses people pass and fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PassCounts {
    /// Those that more than half of their annotators pass.
    pub passed: u64,
    /// Those that more than half fail.
    pub failed: u64,
    /// Those that some could assess, on which there is no majority.
    pub no_majority: u64,
}

/// One metric against the grades of people.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct MetricGradeAgreement {
    /// Its name.
    pub metric: String,
    /// Whether it only describes responses, so that no score is better than another.
    pub describes: bool,
    /// Labelled responses that have a score.
    pub n: u64,
    /// How well its scores order responses as people's grades do.
    #[serde(flatten)]
    pub agreement: RankAgreement,
}

/// Compares the scores of metrics with the grades in a file.
///
/// # Errors
///
/// The labels cannot be read, or none matches a response. [`check_grade_labels`] finds this before anything is scored.
pub fn metric_grades(
    scores: &Scores,
    label_file: &DataFile,
    scale: &Scale,
) -> Result<MetricGradeReport> {
    let table = table_of(scores, scale)?;
    let (read, labels) = read_panels(&table, label_file)?;
    let labelled = LabelledGrades::of_population(&table, &labels, scores.all_responses);
    let compared = scores.metrics.iter().enumerate();
    let metrics: Vec<MetricGradeAgreement> = compared
        .filter(|(_, metric)| !metric.is_class_average())
        .map(|(at, metric)| compare(metric, at, scores, labelled))
        .collect();
    let (passes, cannot_assess) = (pass_counts(labelled), cannot_assess(labelled));
    Ok(MetricGradeReport {
        warnings: warnings(&metrics, labelled, passes, &read.warnings),
        labelled: labels.panels.len() as u64,
        annotators: labels.people(),
        scale: CalibratedScale::of(scale),
        passes,
        cannot_assess,
        labels_unmatched: labels.unmatched(),
        labels_blank: labels.blank,
        metrics,
    })
}

/// Checks that the grades in a file can be compared with metrics of the items. Call it first where scoring takes long, so
/// that an error in the labels is found before.
///
/// # Errors
///
/// The items cannot be read, and those of [`metric_grades`].
pub fn check_grade_labels(source: &ItemSource, label_file: &DataFile, scale: &Scale) -> Result<()> {
    let table = GradeTable::of_items(scale, |each| {
        let mut reader = source.read()?;
        while let Some(items) = reader.next_batch()? {
            for item in items {
                let systems: Vec<&str> = item.responses.keys().map(String::as_str).collect();
                each(&item.id, &systems);
            }
        }
        reader.finish().map(drop)
    })?;
    read_panels(&table, label_file).map(drop)
}

/// Returns the responses that have scores, in the order of these.
fn table_of(scores: &Scores, scale: &Scale) -> Result<GradeTable> {
    let mut of_items = scores.responses.chunk_by(|one, other| one.item == other.item).peekable();
    GradeTable::of_items(scale, |each| {
        for (item, id) in (0..).zip(&scores.items) {
            let responses = of_items.next_if(|responses| responses[0].item == item);
            let system = |of: u32| scores.systems[of as usize].as_str();
            let responses = responses.into_iter().flatten();
            let systems: Vec<&str> = responses.map(|response| system(response.system)).collect();
            each(id, &systems);
        }
        Ok(())
    })
}

/// Reads the labels of some responses.
///
/// # Errors
///
/// The labels cannot be read, or none matches a response.
fn read_panels(table: &GradeTable, file: &DataFile) -> Result<(GradeLabels, GradePanels)> {
    let read = read_grade_labels(file, &table.items, &table.scale)?;
    let labels = GradePanels::join(&read, table, None);
    if labels.panels.is_empty() {
        return Err(no_label_matches(file.path(), &read, &labels, LabelledIn::Items));
    }
    Ok((read, labels))
}

fn compare(
    metric: &Metric,
    at: usize,
    scores: &Scores,
    labelled: LabelledGrades<'_>,
) -> MetricGradeAgreement {
    let sign = if metric.better() == Some(Better::Lower) { -1.0 } else { 1.0 };
    let panels = labelled.labels.panels.iter();
    let of_panels: Vec<Option<f64>> = panels
        .map(|panel| scores.responses[panel.row as usize].values[at].map(|score| sign * score))
        .collect();
    MetricGradeAgreement {
        metric: metric.name(),
        describes: metric.better().is_none(),
        n: of_panels.iter().flatten().count() as u64,
        agreement: RankedScores::new(labelled, &[of_panels]).agreement(0),
    }
}

fn pass_counts(labelled: LabelledGrades<'_>) -> Option<PassCounts> {
    labelled.table.scale.pass_from?;
    let panels = &labelled.labels.panels;
    let number = |passes: Option<bool>| {
        let has = |panel: &&GradePanel| panel.passes == passes && panel.mean_step.is_some();
        panels.iter().filter(has).count() as u64
    };
    let [passed, failed, no_majority] = [Some(true), Some(false), None].map(number);
    Some(PassCounts { passed, failed, no_majority })
}

fn cannot_assess(labelled: LabelledGrades<'_>) -> u64 {
    labelled.labels.panels.iter().filter(|panel| panel.mean_step.is_none()).count() as u64
}

fn warnings(
    metrics: &[MetricGradeAgreement],
    data: LabelledGrades<'_>,
    passes: Option<PassCounts>,
    unused_fields: &[String],
) -> Vec<Warning> {
    let labelled = data.labels.panels.len() as u64;
    let labels = MetricLabels {
        unit: Unit::Response,
        labelled,
        weighted: data.weighted,
        without_probability: data.without_probability(),
    };
    let mut all = labels.warnings();
    let lacking = metrics.iter().filter(|metric| metric.n < labelled);
    let lacking: Vec<String> =
        lacking.map(|metric| format!("{} ({})", metric.metric, metric.n)).collect();
    if !lacking.is_empty() {
        all.push(Warning::new(
            "unscored-labels",
            format!(
                "some of the {labelled} labelled responses have no score, and are left out of the agreement with people: {}",
                listed(&lacking)
            ),
        ));
    }
    let one_class = passes.filter(|counts| counts.passed.min(counts.failed) == 0);
    if let Some(counts) = one_class {
        let which = if counts.passed > 0 { "fail" } else { "pass" };
        all.push(Warning::new(
            "one-class",
            format!(
                "people {which} none of the labelled responses, so that the AUC is undefined; label responses that they {which}"
            ),
        ));
    }
    let without_pairs = metrics.iter().all(|metric| metric.agreement.within_items.n == 0);
    if without_pairs {
        all.push(Warning::new(
            "no-pairs",
            "no item has two labelled responses with different grades, so that agreement within items is undefined; label \
             the responses of several systems to the same items",
        ));
    }
    let mut estimates: Vec<(String, Estimate)> = Vec::new();
    for MetricGradeAgreement { metric, agreement, .. } in metrics {
        let mut add = |what: &str, estimate| {
            estimates.push((format!("grades.{what} of {metric}"), estimate));
        };
        if let (Some(auroc), None) = (agreement.auroc, one_class) {
            add("auroc", auroc);
        }
        add("spearman", agreement.spearman);
        add("kendall", agreement.kendall);
        if !without_pairs {
            add("within_items", agreement.within_items);
        }
    }
    all.extend(incomplete_warnings(&incomplete(&estimates), "label more responses"));
    let unused = |field: &String| GradeFinding::UnusedLabelField { field: field.clone() }.warning();
    all.extend(unused_fields.iter().map(unused));
    all
}
